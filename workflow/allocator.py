"""The host's memory allocator, told to keep what a training step frees for the next step."""

import ctypes
import platform

M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4


def keep_freed_memory() -> bool:
    """Stop glibc from returning large blocks to the system; True where that was possible.

    By default every activation of more than 32 MiB is mapped, touched page by page, and unmapped again at each step.
    Keeping the pages shortens a step of the small backbone on a CPU by about a fifth. Results do not change.
    """
    if platform.system() != "Linux":
        return False
    try:
        libc = ctypes.CDLL("libc.so.6")
        return bool(libc.mallopt(M_MMAP_MAX, 0)) and bool(libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
    except (OSError, AttributeError):
        return False
