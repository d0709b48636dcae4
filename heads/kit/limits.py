"""Which numbers and names an option may be, to annotate a constructor's argument with.

A config is held to the annotations of a head before anything runs: to these names, to `float`, `int`, `bool`, `str`,
`list[...]`, `Literal[...]`, and to what `|` joins of them. To Python and to type checkers these are plain numbers and
texts. This file imports nothing, so that a config can be checked without torch.
"""

Positive = float
"""above 0"""
NotNegative = float
"""at least 0"""
Share = float
"""from 0 to 1"""
ShareAboveZero = float
"""above 0, at most 1"""
ShareBelowOne = float
"""at least 0, below 1"""
Count = int
"""a whole number, at least 1"""
KindName = str
"""a name of the table in kit/batches.py"""
