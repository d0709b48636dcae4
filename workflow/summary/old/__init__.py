"""The collection that the report still reads, until it reads workflow.summary."""
