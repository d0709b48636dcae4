"""Facts that travel with every number: machine, versions, commit, command, time."""

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from workflow.checkout import lock_hash, origin
from workflow.libraries import blas, off_lock, versions
from workflow.names import text_of


def provenance() -> dict[str, Any]:
    """Who measured: machine, libraries, commit with what was changed since, pins, command. Every record carries it."""
    return {
        "start": now(),
        "command": text_of(shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]])),
        **origin()._asdict(),
        "machine": machine(),
        "versions": {"python": platform.python_version(), **versions()},
        "blas": blas(),
        "lock_hash": lock_hash(),
        "off_lock": off_lock(),
    }


def now() -> str:
    """UTC time to the second, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def machine() -> dict[str, Any]:
    """The host: name of the processor, cores, memory, system."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
    }


def processor() -> str:
    """The processor's marketing name where the system tells it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
