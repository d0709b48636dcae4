"""One process trains a cell, of all that share its folder: on this machine, and on the nodes of a cluster."""

import json
import os
import secrets
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from filelock import FileLock, Timeout

from workflow.cells.paths import HOLDER, LOCK
from workflow.console import log
from workflow.errors import UserError
from workflow.node import boot

PATIENCE = 60.0
"""seconds to wait for a process that may just be saving: one that its time limit ends, while the next is there"""
BEAT, MISSED = 5.0, 3
"""seconds between the signs of life of who holds a folder, and how many fail to come from one that has died"""


class Claim:
    """A cell's folder, held until `close` or the end of this process; UserError if another one keeps it.

    Processes of a machine are kept apart by a lock, which ends with them. File systems do not always extend locks to
    other machines, so who holds a folder also rewrites a file in it again and again. Clocks of machines differ: whether
    that file is kept up is seen by reading it twice.
    """

    def __init__(self, folder: Path):
        self.folder, self.file, self.new = folder, folder / HOLDER, folder / f"{HOLDER}.new"
        self.lock, until = FileLock(folder / LOCK, thread_local=False), time.monotonic() + PATIENCE
        try:
            self._lock(until)
            self._outwait_other_machines(until)
        except Timeout as error:
            self.lock.release()
            raise UserError(f"another process is training in {folder}: wait until it ends, or stop it") from error
        self.released = Event()
        self._beat()
        self.beating = Thread(target=self._keep_beating, daemon=True)
        self.beating.start()

    def close(self) -> None:
        """Let others into the folder."""
        self.released.set()
        self.beating.join()
        for path in (self.file, self.new):
            path.unlink(missing_ok=True)
        self.lock.release()

    def _lock(self, until: float) -> None:
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            log(f"another process is training in {self.folder}: waiting up to {PATIENCE:.0f} s for it to end")
            self.lock.acquire(timeout=max(0.0, until - time.monotonic()))
        except OSError:  # the file system has no locks: signs of life must do
            pass

    def _outwait_other_machines(self, until: float) -> None:
        """Return once no process of another machine shows that it lives; Timeout if one still does at `until`."""
        sign = _sign(self.file)
        if sign is None or _who(sign).get("boot") == boot():
            return
        host = _who(sign).get("host")
        log(f"{self.folder} was last held by another machine, {host}: watching whether it is still at work")
        while time.monotonic() < until:
            time.sleep(BEAT * MISSED)
            before, sign = sign, _sign(self.file)
            if sign is None or sign == before:
                return
        raise Timeout(str(self.file))

    def _beat(self) -> None:
        sign = {"host": socket.gethostname(), "boot": boot(), "process": os.getpid(), "sign": secrets.token_hex(4)}
        with suppress(OSError):  # a full disk is told of by what has to be written
            self.new.write_text(json.dumps(sign), encoding="utf-8")
            self.new.replace(self.file)

    def _keep_beating(self) -> None:
        while not self.released.wait(BEAT):
            sign = _sign(self.file)
            if sign is not None and _who(sign).get("boot", boot()) > boot():  # both began at once: one of them stops
                log(f"{_who(sign).get('host')} holds {self.folder}, too: stopping here")
                os.kill(os.getpid(), signal.SIGTERM)
                return
            self._beat()


def held_elsewhere(folder: Path) -> bool:
    """Whether a process of another machine keeps up its sign of life in a folder; to see it takes BEAT * MISSED
    seconds, where there is one."""
    sign = _sign(folder / HOLDER)
    if sign is None or _who(sign).get("boot") == boot():
        return False
    time.sleep(BEAT * MISSED)
    return _sign(folder / HOLDER) not in (None, sign)


def _sign(file: Path) -> str | None:
    """The last sign of life; None where there is none."""
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        return None


def _who(sign: str) -> dict[str, Any]:
    """What a sign of life says: host, boot, process; empty of a file that is not ours."""
    try:
        return dict(json.loads(sign))
    except (ValueError, TypeError):
        return {}
