"""Errors a person can act on, each one sentence on the command line."""

import io
import sys
from collections.abc import Callable


class UserError(Exception):
    """Something the person running Headroom can mend; its text names the file or setting and the fix."""


def command_line(main: Callable[[], None]) -> None:
    """Run a stage; a UserError becomes one sentence on standard error and exit status 2."""
    _speak_utf8()
    try:
        main()
    except UserError as error:
        sys.exit(_say(error))
    except MemoryError:
        sys.exit(_say("out of memory: close other programs, or lower the batch or the number of classes"))
    except KeyboardInterrupt:
        sys.exit(130)


def _speak_utf8() -> None:
    """Whatever the locale; a name that is not UTF-8 passes as the bytes that it is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def _say(error: object) -> int:
    print(f"headroom: {error}", file=sys.stderr, flush=True)
    return 2
