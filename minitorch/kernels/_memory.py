"""Freed memory is kept for the next arrays, instead of going back to the system with every large array.

A training step frees what it allocated, and the next one allocates the same again. By default the C library of Linux
returns the memory in between, and the system clears every page anew when it is touched: a third of a step of the
LSTM, the GPT and the convnet of `benchmarks/` went there (11.4 to 8.0 ms, 40 to 28, 32 to 25). With two threads it
is worse: one that touches a page while the other has it cleared waits for 4 ms. Up to KEPT bytes at the end of the heap
are therefore kept. Whoever sets glibc's own variables, or MINITORCH_KEEP_MEMORY=0, has it as they say.
"""

from __future__ import annotations

import ctypes
import os

KEPT = 256 << 20
LARGE = 32 << 20  # larger arrays come from the system each on their own, as always: glibc allows no more
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # names of glibc's <malloc.h>


def keep_memory() -> bool:
    """Tell the C library, if it is glibc and nobody has told it otherwise; whether it was done."""
    told = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
    if os.environ.get("MINITORCH_KEEP_MEMORY") == "0" or any(name in os.environ for name in told):
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 another C library's numbers may mean something else
        return bool(library.mallopt(MMAP_THRESHOLD, LARGE) and library.mallopt(TRIM_THRESHOLD, KEPT))
    except (OSError, AttributeError, TypeError):
        return False
