"""Data: fetch fonts or read a folder, build one memory-mapped set, split it, deliver batches."""
