"""The report's figures, one file each: PLOT says how it is called and read, `draw` draws it from the tables."""
