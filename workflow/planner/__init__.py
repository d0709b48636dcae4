"""What a training step would take before anything is run: memory of each GPU, time, bytes on the wire, limits.

Memory is what the heads declare and what the backbone was counted to hold; times are composed from a machine's records
as the report composes them. `python -m heads cost` asks.
"""
