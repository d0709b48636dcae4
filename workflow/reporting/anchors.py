"""Names of places in the report that others point at: the entry of a record, or of all records behind a number."""

import hashlib
import re


def anchor(kind: str, *parts: str | int) -> str:
    """The identifier of the entry of the records of one `kind` (evaluation, run, cost, split) that `parts` name.

    Letters, digits and dashes; where that loses something of a name, a few digits keep two names apart.
    """
    plain = "-".join((kind, *map(str, parts)))
    safe = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    told = re.sub(r"[ ._]", "-", plain)
    mark = "" if told == safe else "-" + hashlib.sha256(plain.encode()).hexdigest()[:6]
    return f"record-{safe}{mark}"
