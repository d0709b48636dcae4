"""What a head costs: time, memory and energy of its steps, each cell measured alone in a fresh process."""
