"""From records to numbers: tables, statistics, verdicts on claims, answers and gaps. No prose, no layout."""
