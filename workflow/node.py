"""Which machine this is, among those of a cluster."""

import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """A name of this machine since it was started, the same in all its containers; else its host name."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()
