"""Training of one cell: a backbone under a head, for a ratio and a seed."""
