"""What an experiment is: its config, its cells, where their records lie and what these say."""
