"""From records to a report: one summary (`collect`), then figures, HTML, PDF and CSV drawn from it and nothing else."""
