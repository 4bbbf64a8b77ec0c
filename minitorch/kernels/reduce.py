"""Reductions: ndarrays in, ndarrays out, never numpy scalars.

Sums, the reduction that training spends its time in, are jitted over a canonical (outer, n, inner) array; numpy's own
reductions serve for small arrays and for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import jit

Array = NDArray[Any]
Axes = tuple[int, ...]

SMALL = 4096  # elements; below it the call costs more than the work
BLOCK = 1024  # elements summed into one float before it is added to the total: keeps the error of long sums small


# ---------------------------------------------------------------- canonical form


def _canonical(x: Array, axes: Axes) -> Array:
    """x as a C-contiguous (outer, n, inner) array, reduced over n."""
    rest = [d for d in range(x.ndim) if d not in axes]
    n = math.prod([x.shape[a] for a in axes])
    ordered = sorted(axes)
    if ordered == list(range(ordered[0], ordered[-1] + 1)):
        outer = math.prod(x.shape[: ordered[0]])
        return np.ascontiguousarray(x).reshape(outer, n, math.prod(x.shape[ordered[-1] + 1 :]))
    return np.ascontiguousarray(x.transpose(*rest, *ordered)).reshape(-1, n, 1)


def _shape(x: Array, axes: Axes, keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple([1 if d in axes else n for d, n in enumerate(x.shape)])
    return tuple([n for d, n in enumerate(x.shape) if d not in axes])


def _numpy(reduction: Callable[..., Any], x: Array, axes: Axes, keepdims: bool, **options: Any) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(reduction(x, axis=axes, keepdims=keepdims, **options))


# ---------------------------------------------------------------- sums


def _sum_rows_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = x[start:stop].sum(1)


@jit(twin=_sum_rows_numpy)
def _sum_rows(start: int, stop: int, x: Any, out: Any) -> None:
    """Each row of (outer, n), in blocks."""
    x, out = x[start:stop], out[start:stop]
    for i in range(x.shape[0]):
        row = x[i]
        total = row.dtype.type(0)
        for b in range(0, row.size, BLOCK):
            part = row[b : b + BLOCK]
            s = part.dtype.type(0)
            for j in range(part.size):
                s += part[j]
            total += s
        out[i] = total


def _sum_columns_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = x[start:stop].sum(1)


@jit(twin=_sum_columns_numpy)
def _sum_columns(start: int, stop: int, x: Any, out: Any) -> None:
    """Over n of (outer, n, inner): row after row is added, so memory is read in order; 32 rows at a time into a buffer."""
    x, out = x[start:stop], out[start:stop]
    inner = x.shape[2]
    part = np.zeros(inner, x.dtype)
    for i in range(x.shape[0]):
        y = out[i]
        y[:] = 0
        for b in range(0, x.shape[1], 32):
            part[:] = 0
            block = x[i, b : b + 32]
            for k in range(block.shape[0]):
                row = block[k]
                for j in range(inner):
                    part[j] += row[j]
            for j in range(inner):
                y[j] += part[j]


def sum(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Σ over the axes; integers and bools in int64."""
    if dtype is None and x.dtype.kind in "biu":
        dtype = np.int64
    if x.size < SMALL or x.dtype.kind not in "f" or dtype is not None or not axes:
        return _numpy(np.sum, x, axes, keepdims, dtype=dtype)
    canonical = _canonical(x, axes)
    outer, n, inner = canonical.shape
    out = np.empty((outer, inner), x.dtype)
    if inner == 1:
        _sum_over_rows(canonical.reshape(outer, n), out.reshape(-1))
    else:
        _sum_columns.split(outer, n * inner * 0.2, canonical, out)
    return out.reshape(_shape(x, axes, keepdims))


def _sum_over_rows(x: Array, out: Array) -> None:
    outer, n = x.shape
    if outer > 8 or n < 1 << 19 or n % 8:
        _sum_rows.split(outer, n * 0.1 + 2, x, out)
        return
    parts = np.empty((outer, 8), x.dtype)  # a few very long rows: in eighths, for the threads
    _sum_rows.split(outer * 8, n / 8 * 0.1, x.reshape(outer * 8, n // 8), parts.reshape(-1))
    out[:] = parts.sum(1)


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Undo a broadcast: the sum over the axes that `shape` lacks or has as 1."""
    front = x.ndim - len(shape)
    stretched = tuple([front + i for i, n in enumerate(shape) if n == 1 and x.shape[front + i] != 1])
    axes = (*range(front), *stretched)
    return sum(x, axes, False, x.dtype if x.dtype.kind != "f" else None).reshape(shape) if axes else x.reshape(shape)


def mean(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Σ / n over the axes."""
    total = sum(x, axes, keepdims)
    n = math.prod([x.shape[a] for a in axes])
    with np.errstate(all="ignore"):
        return np.asarray(total / total.dtype.type(n))


# ---------------------------------------------------------------- other reductions (numpy is the kernel)


def prod(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Π over the axes; integers and bools in int64."""
    if dtype is None and x.dtype.kind in "biu":
        dtype = np.int64
    return _numpy(np.prod, x, axes, keepdims, dtype=dtype)


def amax(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """The largest value over the axes; NaN if there is one."""
    return _numpy(np.max, x, axes, keepdims)


def amin(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """The smallest value over the axes; NaN if there is one."""
    return _numpy(np.min, x, axes, keepdims)


def all(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Whether every value is not zero."""
    return _numpy(np.all, x, axes, keepdims)


def any(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Whether some value is not zero."""
    return _numpy(np.any, x, axes, keepdims)


def argmax(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """The first index of the largest value (of NaN, if there is one)."""
    return np.asarray(np.argmax(x, axis, keepdims=keepdims))


def argmin(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """The first index of the smallest value (of NaN, if there is one)."""
    return np.asarray(np.argmin(x, axis, keepdims=keepdims))


def _with_index(find: Callable[..., Any], x: Array, axis: int, keepdims: bool) -> tuple[Array, Array]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    indices = np.asarray(find(x, axis, keepdims=True))
    values = np.take_along_axis(x, indices, axis)
    return (values, indices) if keepdims else (values.squeeze(axis), indices.squeeze(axis))


def max_with_index(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """The largest value along an axis, and its first index."""
    return _with_index(np.argmax, x, axis, keepdims)


def min_with_index(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """The smallest value along an axis, and its first index."""
    return _with_index(np.argmin, x, axis, keepdims)


# ---------------------------------------------------------------- variance


def _var_rows_numpy(start: int, stop: int, x: Array, mean: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = np.square(x[start:stop] - mean[start:stop, None]).sum(1)


@jit(twin=_var_rows_numpy)
def _var_rows(start: int, stop: int, x: Any, mean: Any, out: Any) -> None:
    """Σ (x - mean)² of each row."""
    x, mean, out = x[start:stop], mean[start:stop], out[start:stop]
    for i in range(x.shape[0]):
        row, m = x[i], mean[i]
        total = row.dtype.type(0)
        for b in range(0, row.size, BLOCK):
            part = row[b : b + BLOCK]
            s = part.dtype.type(0)
            for j in range(part.size):
                d = part[j] - m
                s += d * d
            total += s
        out[i] = total


def var_mean(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> tuple[Array, Array]:
    """Σ (x - mean)² / (n - correction) and the mean, in two passes."""
    if x.dtype.kind == "c":
        var, m = var_mean(x.real, axes, correction, keepdims), var_mean(x.imag, axes, correction, keepdims)
        return var[0] + m[0], var[1] + 1j * m[1]
    n = math.prod([x.shape[a] for a in axes])
    freedom = max(n - correction, 0)
    with np.errstate(all="ignore"):
        centre = mean(x, axes, True)
        if x.size < SMALL or not axes:
            squares = np.asarray(np.square(x - centre).sum(axes, keepdims=keepdims))
        else:
            rest = [d for d in range(x.ndim) if d not in axes]
            rows = np.ascontiguousarray(x.transpose(*rest, *sorted(axes))).reshape(-1, n)
            squares = np.empty(len(rows), x.dtype)
            _var_rows.split(len(rows), n * 0.2 + 2, rows, centre.reshape(-1), squares)
            squares = squares.reshape(_shape(x, axes, keepdims))
        return np.asarray(squares / x.dtype.type(freedom)), centre.reshape(_shape(x, axes, keepdims))


def std(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> Array:
    """The square root of the variance."""
    return np.asarray(np.sqrt(var_mean(x, axes, correction, keepdims)[0]))


# ---------------------------------------------------------------- logarithms of sums, norms


def logsumexp(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """ln Σ eˣ, stable; -inf for nothing but -inf."""
    if not x.size:
        return np.full(_shape(x, axes, keepdims), -np.inf, x.dtype)
    with np.errstate(all="ignore"):
        top = np.max(x, axis=axes, keepdims=True)
        top = np.where(np.isfinite(top), top, x.dtype.type(0))
        total = np.log(sum(np.exp(x - top), axes, True)) + top
    return np.asarray(total).reshape(_shape(x, axes, keepdims))


def norm(x: Array, p: float, axes: Axes, keepdims: bool = False) -> Array:
    """(Σ |x|ᵖ)^(1/p); p = 0 counts, inf takes the largest, -inf the smallest."""
    real = np.abs(x) if x.dtype.kind == "c" or p != 2 else x
    with np.errstate(all="ignore"):
        if p == 2:
            return np.asarray(np.sqrt(sum(real * real, axes, keepdims)))
        if p == 0:
            return _numpy(np.count_nonzero, x, axes, keepdims).astype(real.dtype)
        if math.isinf(p):
            initial = {"initial": 0} if p > 0 and not real.size else {}
            return _numpy(np.max if p > 0 else np.min, real, axes, keepdims, **initial)
        if p == 1:
            return sum(real, axes, keepdims)
        return np.asarray(sum(real**p, axes, keepdims) ** (1 / p)).astype(real.dtype, copy=False)


# ---------------------------------------------------------------- running


def cumsum(x: Array, axis: int) -> Array:
    """The running sum; integers and bools in int64."""
    if not x.ndim:
        return x.astype(np.int64) if x.dtype.kind in "biu" else x.copy()
    with np.errstate(all="ignore"):
        return np.cumsum(x, axis, dtype=np.int64 if x.dtype.kind in "biu" else x.dtype)


def cumprod(x: Array, axis: int) -> Array:
    """The running product; integers and bools in int64."""
    if not x.ndim:
        return x.astype(np.int64) if x.dtype.kind in "biu" else x.copy()
    with np.errstate(all="ignore"):
        return np.cumprod(x, axis, dtype=np.int64 if x.dtype.kind in "biu" else x.dtype)


def _running_numpy(x: Array, sign: int, values: Array, indices: Array) -> None:
    for r in range(x.shape[0]):
        for c in range(x.shape[2]):
            best, at = x[r, 0, c], 0
            for k in range(x.shape[1]):
                v = x[r, k, c]
                if v != v or not (best != best) and (v >= best if sign > 0 else v <= best):
                    best, at = v, k
                values[r, k, c], indices[r, k, c] = best, at


@jit(twin=_running_numpy)
def _running(x: Any, sign: int, values: Any, indices: Any) -> None:
    """The largest (sign > 0) or smallest value so far along n of (outer, n, inner); the last of equals, NaN above all."""
    for r in range(x.shape[0]):
        for c in range(x.shape[2]):
            best, at = x[r, 0, c], 0
            for k in range(x.shape[1]):
                v = x[r, k, c]
                if v != v or (not (best != best) and ((sign > 0 and v >= best) or (sign < 0 and v <= best))):
                    best, at = v, k
                values[r, k, c] = best
                indices[r, k, c] = at


def _cumulative(x: Array, axis: int, sign: int) -> tuple[Array, Array]:
    if not x.size or not x.ndim:
        return x.copy(), np.zeros(x.shape, np.int64)
    canonical = _canonical(x, (axis,))
    values, indices = np.empty_like(canonical), np.empty(canonical.shape, np.int64)
    _running(canonical, sign, values, indices)
    return values.reshape(x.shape), indices.reshape(x.shape)


def cummax(x: Array, axis: int) -> tuple[Array, Array]:
    """The largest value so far, and its last index."""
    return _cumulative(x, axis, 1)


def cummin(x: Array, axis: int) -> tuple[Array, Array]:
    """The smallest value so far, and its last index."""
    return _cumulative(x, axis, -1)


def _logcumsumexp_numpy(x: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[...] = np.logaddexp.accumulate(x, axis=1)


@jit(twin=_logcumsumexp_numpy)
def _logcumsumexp(x: Any, out: Any) -> None:
    """Along n of (outer, n, inner)."""
    for r in range(x.shape[0]):
        for c in range(x.shape[2]):
            y = x[r, 0, c]
            out[r, 0, c] = y
            for k in range(1, x.shape[1]):
                v = x[r, k, c]
                top, low = max(y, v), min(y, v)
                if v != v or y != y:
                    y = v + y
                elif top == low:
                    y = top + maths.log1p(x.dtype.type(1)) if abs(top) != np.inf else top
                else:
                    y = top + maths.log1p(maths.exp(low - top))
                out[r, k, c] = y


def logcumsumexp(x: Array, axis: int) -> Array:
    """ln of the running sum of eˣ."""
    if not x.size or not x.ndim:
        return x.copy()
    canonical = _canonical(x, (axis,))
    out = np.empty_like(canonical)
    _logcumsumexp(canonical, out)
    return out.reshape(x.shape)
