"""What minitorch runs on: `print(torch.__config__.show())`."""

from __future__ import annotations

import os
import platform

import numpy as np

from .kernels import _jit
from .version import minitorch as _version


def show() -> str:
    """Versions and threads, one a line: for reports of faults."""
    numba = _jit.load()
    kernels = f"compiled by Numba {numba.__version__}" if numba else "numpy's, not compiled"
    lines = [
        f"minitorch {_version} runs on:",
        f"  - Python {platform.python_version()}, {platform.platform()}",
        f"  - NumPy {np.__version__}, with its LAPACK and BLAS",
        f"  - kernels: {kernels}",
        f"  - {_jit.get_num_threads()} of {os.cpu_count()} threads",
    ]
    return "\n".join(lines) + "\n"


def parallel_info() -> str:
    """The number of threads that kernels share work between, and of those that the machine has."""
    return (
        "ATen/Parallel:\n"
        f"\tat::get_num_threads() : {_jit.get_num_threads()}\n"
        "\tat::get_num_interop_threads() : 1\n"
        f"std::thread::hardware_concurrency() : {os.cpu_count()}\n"
        "ATen parallel backend: minitorch's own threads\n"
    )


__all__ = ["parallel_info", "show"]
