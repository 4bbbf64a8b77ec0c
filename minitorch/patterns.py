"""Tensors of a pattern: windows of signal processing, indices of triangles, ranges; and memory from elsewhere."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dtypes as dt
from .creation import _cast, _made, _numpy_dtype, _plain
from .device import check_device
from .errors import DtypeError
from .kernels import random as draws
from .kernels import stats as kernels
from .kernels.cast import widened
from .ops import random as ops
from .tensor import Tensor


def range(
    start: Any = 0, end: Any = None, step: Any = 1, *, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from start to end, which is not left out. Deprecated, as in PyTorch: use `arange`."""
    warnings.warn(
        "torch.range is deprecated and will be removed in a future release because its behavior is inconsistent with "
        "Python's range builtin. Instead, use torch.arange, which produces values in [start, end).",
        stacklevel=2,
    )
    check_device(device)
    first, last, by = (0, _plain(start), step) if end is None else (_plain(start), _plain(end), _plain(step))
    if by == 0 or (last - first) * by < 0:
        raise RuntimeError(
            f"range: upper bound and lower bound inconsistent with step {by} (start {first}, end {last})"
        )
    count = int(np.floor((last - first) / by)) + 1
    return _cast(first + np.arange(count) * by, _numpy_dtype(dtype), requires_grad)


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dt.int64, device: Any = "cpu", layout: Any = None
) -> Tensor:
    """(2, count): the row and column of every element of the lower triangle of a matrix, row by row."""
    return _triangle(row, col, offset, dtype, device, True)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = dt.int64, device: Any = "cpu", layout: Any = None
) -> Tensor:
    """(2, count): the row and column of every element of the upper triangle of a matrix, row by row."""
    return _triangle(row, col, offset, dtype, device, False)


def _triangle(row: int, col: int, offset: int, dtype: Any, device: Any, lower: bool) -> Tensor:
    check_device(device)
    if row < 0 or col < 0:
        raise RuntimeError(f"{'tril' if lower else 'triu'}_indices: row and col must be non-negative, got {row}, {col}")
    return _cast(kernels.triangle(row, col, offset, lower), _numpy_dtype(dtype))


def frombuffer(buffer: Any, *, dtype: Any, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A vector on the memory of an object with a buffer: a write to one is seen in the other."""
    view = memoryview(buffer)
    if not view.nbytes:
        raise ValueError("both buffer length and count must not be 0")
    if not 0 <= offset < view.nbytes:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer length ({view.nbytes} bytes) - 1"
        )
    return _made(np.frombuffer(buffer, _numpy_dtype(dtype), count, offset), requires_grad)


def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory of the shape and the strides given (in elements), whatever is in it."""
    check_device(device)
    d = _numpy_dtype(dtype)
    count = 0 if 0 in size else sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1
    steps = tuple([s * d.itemsize for s in stride])
    x = _made(np.empty(count, d))
    made = x._share(np.lib.stride_tricks.as_strided(x.array, tuple(size), steps))
    return made.requires_grad_() if requires_grad else made


def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Memory without gaps of the shape `size`, whose dimensions lie in this order, the outermost first.

    >>> torch.empty_permuted((2, 3, 4), (0, 2, 1)).stride()
    (12, 1, 3)
    """
    order = [int(d) for d in physical_layout]
    if sorted(order) != [d for d, _ in enumerate(size)]:
        raise RuntimeError(f"empty_permuted: expected each dimension of size {tuple(size)} once, got {tuple(order)}")
    x = _made(np.empty([size[d] for d in order], _numpy_dtype(dtype)))
    check_device(device)
    return x.permute([order.index(d) for d, _ in enumerate(order)]).detach().requires_grad_(requires_grad)


def from_file(
    filename: str, shared: bool | None = None, size: int = 0, *, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """A vector of `size` elements on the memory of a file: `shared`, a write goes to the file, which is made if needed.

    RuntimeError where the file is not `shared` and too small.
    """
    check_device(device)
    d = _numpy_dtype(dtype)
    if size and shared:
        with open(filename, "ab") as file:
            file.truncate(max(file.tell(), size * d.itemsize))
    have = os.path.getsize(filename)
    if have < size * d.itemsize:
        raise RuntimeError(f"from_file: {filename!r} has {have} bytes, but {size} elements of {d.name} were asked for")
    if not size:
        return _made(np.empty(0, d)).requires_grad_(requires_grad)
    mapped = np.memmap(filename, np.uint8, "r+" if shared else "c", 0, (size * d.itemsize,))
    return _made(np.asarray(mapped).view(d)).requires_grad_(requires_grad)


# ---------------------------------------------------------------- windows


def _cosines(length: int, periodic: bool, *weights: float) -> NDArray[Any]:
    """Σ (-1)ᵏ aₖ cos(2π k i / n), for n the length, of a symmetric window one less."""
    if length < 0:
        raise RuntimeError(f"window requires a non-negative window_length, got window_length={length}")
    turn = 2 * np.pi * np.arange(length) / max(length if periodic else length - 1, 1)
    total = sum((-1) ** k * a * np.cos(k * turn) for k, a in enumerate(weights)) + np.zeros(length)
    return total if length > 1 else np.ones(length)


def _window(array: NDArray[Any], dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    check_device(device)
    d = _numpy_dtype(dtype)
    if d.kind not in "fV":
        raise RuntimeError(f"window functions expect floating point dtypes, got: {dt.of(d)}")
    return _cast(array, d, requires_grad)


def hann_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """sin²(π i / n), `periodic`: for n the length, else one less."""
    return _window(_cosines(window_length, periodic, 0.5, 0.5), dtype, device, requires_grad)


def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """α - β cos(2π i / n)."""
    return _window(_cosines(window_length, periodic, alpha, beta), dtype, device, requires_grad)


def blackman_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """0.42 - 0.5 cos(2π i / n) + 0.08 cos(4π i / n)."""
    return _window(_cosines(window_length, periodic, 0.42, 0.5, 0.08), dtype, device, requires_grad)


def bartlett_window(
    window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """1 - |2 i / n - 1|."""
    n = max(window_length if periodic else window_length - 1, 1)
    array = 1 - np.abs(2 * np.arange(window_length) / n - 1) if window_length > 1 else np.ones(window_length)
    return _window(array, dtype, device, requires_grad)


def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """I₀(β √(1 - (2 i / n - 1)²)) / I₀(β), I₀ the modified Bessel function."""
    whole = np.kaiser(window_length + 1, beta)[:-1] if periodic else np.kaiser(window_length, beta)
    return _window(whole if window_length > 1 else np.ones(window_length), dtype, device, requires_grad)


# ---------------------------------------------------------------- counts


def poisson(input: Tensor, generator: Any = None) -> Tensor:
    """For each rate in input the number of events in a unit of time, as PyTorch draws it."""
    if not input.is_floating_point():
        raise DtypeError("poisson", "expected floating rates", input)
    if input.numel() and input.min().item() < 0:
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return _made(draws.poisson(ops.stream_of(generator), input.array))


def binomial(count: Tensor, prob: Tensor, generator: Any = None) -> Tensor:
    """How many of `count` trials of probability `prob` succeed; not the numbers PyTorch draws."""
    if not count.is_floating_point() or count.dtype is not prob.dtype:
        raise RuntimeError(
            f"binomial: expected count and prob of one floating dtype, got {count.dtype} and {prob.dtype}"
        )
    n, p = np.broadcast_arrays(widened(count.array), widened(prob.array))
    if n.size and (n.min() < 0 or p.min() < 0 or p.max() > 1):
        raise RuntimeError("binomial: expected counts of 0 or more, and probabilities from 0 to 1")
    drawn = np.random.default_rng(ops.stream_of(generator).words(4)).binomial(n.astype(np.int64), p)
    return _cast(np.asarray(drawn), count.array.dtype)


__all__ = [
    "bartlett_window", "binomial", "blackman_window", "empty_permuted", "empty_strided", "from_file", "frombuffer",
    "hamming_window", "hann_window", "kaiser_window", "poisson", "range", "tril_indices", "triu_indices",
]  # fmt: skip
