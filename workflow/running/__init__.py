"""A run of the workflow as a person meets it: what is refused before it starts, and one line a finished job."""
