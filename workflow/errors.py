"""Errors a person can act on, each one sentence on the command line."""

import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from workflow.endings import Ending, memory_kills, named
from workflow.lifeline import follow_workflow

TO_MEND = 2
"""exit status after a sentence that says what a person must mend"""
WORKER = "HEADROOM_WORKER"
"""set in the environment of a process that a supervisor has started: the status that it is to end with instead"""
DIED, KILLS = "HEADROOM_DIED", "HEADROOM_KILLS"
"""set by the shell of a stage that died (workflow/rules/logged.sh), for the one that speaks for it: with which status,
128 and more for a signal, and memory_kills() before"""


class UserError(Exception):
    """Something the person running Headroom can mend; its text names the file or setting and the fix."""

    status: int | None = None
    """exit status, where it is not the usual one"""


def reason(error: BaseException) -> str:
    """What a library says went wrong: its first sentence, or the kind of error; not what it advises, such as to load
    a file unsafely."""
    return " ".join(str(error).split()).split(". ")[0] or type(error).__name__


def command_line(main: Callable[[], None], leaves_record: bool = False) -> None:
    """Run a stage; a UserError, or an error of the file system, is one sentence on standard error and exit status 2.

    Speaking for one that died, only a stage that `leaves_record`s runs, to write that; of any other it is said here.
    """
    fill_closed_streams()
    speak_utf8()
    if DIED in os.environ and not leaves_record:
        sys.exit(_last_words(int(os.environ[DIED])))
    follow_workflow()
    try:
        main()
    except UserError as error:
        sys.exit(_say(error))
    except MemoryError:
        sys.exit(_say("out of memory: close other programs, or lower the batch or the number of classes"))
    except OSError as error:
        sys.exit(_say(_unforeseen(error)))
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # as where it was closed
                _let_go(stream)


def fill_closed_streams() -> None:
    """Let nothing take the place of a standard stream that was closed: what is said would go into the next file that
    is opened."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def speak_utf8() -> None:
    """Print UTF-8 in any locale; a name that is not UTF-8 passes as the bytes that it is."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def how_it_died() -> Ending:
    """How the stage ended that this process speaks for."""
    status, kills = int(os.environ[DIED]), str(memory_kills())
    return named([status if status < 128 else 128 - status], kills != (os.environ.get(KILLS) or kills))


def _last_words(status: int) -> int:
    """Say how a stage ended that was killed; another has said it. Returns its exit status."""
    if status > 128:
        _say(f"{how_it_died().reason}: run again, with less beside it (--cores) if memory was short")
    return status


def _say(error: object) -> int:
    with suppress(OSError):  # the disk that is full may hold the log, too: then the status must do
        print(f"headroom: {error}", file=sys.stderr, flush=True)
    return getattr(error, "status", None) or int(os.environ.get(WORKER, TO_MEND))


def _unforeseen(error: OSError) -> str:
    """A sentence about a file that no stage expected to fail."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    subject = error.filename2 or error.filename or "the file system"
    reason = error.strerror or str(error) or type(error).__name__
    return f"{subject}: {reason} (at line {place.lineno} of {Path(place.filename).name}); mend that and run again"


def _let_go(stream: TextIO) -> None:
    """Give up what `stream` could not write, or the interpreter would end with a status of its own."""
    if stream.closed:
        return
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
