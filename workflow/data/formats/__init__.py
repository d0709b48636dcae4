"""Readers of the files that image sets are published in: one module a format, none of which decodes an image."""
