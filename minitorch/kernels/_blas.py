"""numpy's BLAS inside kernels: with one thread, while the pool of `_jit` shares large products.

OpenBLAS has threads of its own, which look for work in a loop for a while after each product: they take the cores from
the threads of other kernels, and beside a busy neighbour a small network was 10 to 30 times slower than with one
thread. So OpenBLAS is told to use one thread while a kernel runs, and what it was told before afterwards. Another BLAS
is left alone.
"""

from __future__ import annotations

import ctypes
import functools
import re
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ._jit import PART_NS, calls_sgemm, load, share

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

# BLAS meets infinities in silence, but numpy looks at the processor's flags afterwards. To ignore them call by call
# (`np.errstate`) takes 0.4 microseconds, nearly half of a small product; so the warnings of this file are ignored.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=re.escape(__name__))

SMALL = 1 << 18  # multiplications; OpenBLAS uses one thread for fewer
ROWS = 24  # a multiple of the rows of most of BLAS's inner loops: they compute a row in one way, shared or not
NS_A_MULTIPLICATION = 0.01  # about 100 thousand million a second on one core
ALONE = int(2 * PART_NS / NS_A_MULTIPLICATION)  # multiplications; fewer are not worth a second thread


def _libraries() -> list[Path]:
    """The OpenBLAS that numpy brought along."""
    home = Path(np.__file__).parent
    return [*home.parent.glob("numpy.libs/*openblas*"), *home.glob(".dylibs/*openblas*")]


def _thread_setters() -> tuple[Any, Any] | None:
    """OpenBLAS's functions that get and set the number of its threads."""
    for path in _libraries():
        for prefix, suffix in (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", "")):
            try:
                library = ctypes.CDLL(str(path))
                names = [f"{prefix}openblas_{verb}_num_threads{suffix}" for verb in ("get", "set")]
                return getattr(library, names[0]), getattr(library, names[1])
            except (OSError, AttributeError):
                continue
    return None


@functools.cache
def sgemm_address() -> int:
    """Where numpy's OpenBLAS has its `cblas_sgemm` with 64-bit integers; 0: nowhere, or no kernel is compiled."""
    for path in _libraries() if load() else ():
        for name in ("scipy_cblas_sgemm64_", "cblas_sgemm64_"):
            try:
                return ctypes.cast(getattr(ctypes.CDLL(str(path)), name), ctypes.c_void_p).value or 0
            except (OSError, AttributeError):
                continue
    return 0


@calls_sgemm
def sgemm(
    address: Any, turn_a: Any, turn_b: Any, m: Any, n: Any, k: Any, a: Any, lda: Any, b: Any, ldb: Any, more: Any,
    c: Any, ldc: Any,
) -> None:  # fmt: skip
    """For kernels: c (m, n) = a (m, k) b (k, n) + more c; see `calls_sgemm`."""
    raise RuntimeError("sgemm: only inside kernels")


class _OneThread:
    """A context in which OpenBLAS uses one thread; it may be entered by several Python threads at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.depth = self.before = 0
        self.setters: Any = None

    def __enter__(self) -> None:
        with self.lock:
            if self.setters is None:
                self.setters = _thread_setters() or (lambda: 1, lambda count: None)
            if self.depth == 0:
                self.before = self.setters[0]()
                if self.before != 1:
                    self.setters[1](1)
            self.depth += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.depth -= 1
            if self.depth == 0 and self.before != 1:
                self.setters[1](self.before)


one_thread = _OneThread()


def with_one_blas_thread(function: F) -> F:
    """Let a kernel that shares its own work call BLAS with one thread."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with one_thread:
            return function(*args, **kwargs)

    return run  # type: ignore[return-value]


def product(a: Array, b: Array) -> Array:
    """a @ b of two matrices; the rows of a large one are shared among threads."""
    work = a.size * b.shape[1]
    if work < SMALL:
        return np.asarray(np.dot(a, b))
    y = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    with one_thread:
        share(_rows, -(-len(a) // ROWS), work / len(a) * ROWS * NS_A_MULTIPLICATION, a, b, y)
    return y


def _rows(start: int, stop: int, a: Array, b: Array, y: Array) -> None:
    part = slice(start * ROWS, stop * ROWS)
    np.matmul(a[part], b, out=y[part])  # np.dot would copy some columns of a transposed matrix


def products(a: Array, b: Array, out: Array | None = None) -> Array:
    """a @ b of stacks of matrices that broadcast; a large stack of matrices b is shared among threads."""
    if min(a.ndim, b.ndim) < 2 or b.ndim < 3 or b.ndim < a.ndim or a.shape[-2] * b.size < SMALL:
        return np.asarray(np.matmul(a, b, out=out))
    if out is None:
        stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        out = np.empty((*stack, a.shape[-2], b.shape[-1]), np.result_type(a, b))
    if len(out) != len(b):
        with one_thread:
            return np.asarray(np.matmul(a, b, out=out))
    each = out[0].size * a.shape[-1] * NS_A_MULTIPLICATION
    with one_thread:
        share(_stack, len(out), each, a, b, out, a.ndim == b.ndim and len(a) == len(b))
    return out


def _stack(start: int, stop: int, a: Array, b: Array, y: Array, both: bool) -> None:
    np.matmul(a[start:stop] if both else a, b[start:stop], out=y[start:stop])
