"""Errors a person can act on, each one sentence on the command line."""

import sys
from collections.abc import Callable


class UserError(Exception):
    """Something the person running Headroom can mend; its text names the file or setting and the fix."""


def command_line(main: Callable[[], None]) -> None:
    """Run a stage; a UserError becomes one sentence on standard error and exit status 2."""
    try:
        main()
    except UserError as error:
        sys.exit(_say(error))
    except MemoryError:
        sys.exit(_say("out of memory: close other programs, or lower the batch or the number of classes"))
    except KeyboardInterrupt:
        sys.exit(130)


def _say(error: object) -> int:
    print(f"headroom: {error}", file=sys.stderr, flush=True)
    return 2
