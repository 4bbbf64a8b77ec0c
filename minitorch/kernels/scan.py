"""Running sums, products, extremes and logsumexp along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import jit
from .fold import canonical

Array = NDArray[Any]


# ---------------------------------------------------------------- running sums and products


def _running_numpy(start: int, stop: int, x: Array, like: Array, product: bool, out: Array) -> None:
    running = np.cumprod if product else np.cumsum
    with np.errstate(all="ignore"):
        out[start:stop] = running(x[start:stop], 1, like.dtype)


@jit(twin=_running_numpy)
def _running(start: int, stop: int, x: Any, like: Any, product: bool, out: Any) -> None:
    """Along n of (outer, n, inner), in the dtype of `like`."""
    inner = x.shape[2]
    total = np.empty(inner, like.dtype)
    for i in range(start, stop):
        for j in range(inner):
            total[j] = 1 if product else 0
        for r in range(x.shape[1]):
            row, y = x[i, r], out[i, r]
            for j in range(inner):
                total[j] = total[j] * row[j] if product else total[j] + row[j]
                y[j] = total[j]


@jit(twin=_running_numpy)
def _running_rows(start: int, stop: int, x: Any, like: Any, product: bool, out: Any) -> None:
    """The same along rows (outer, n)."""
    x, out = x[start:stop], out[start:stop]
    for i in range(x.shape[0]):
        row, y = x[i], out[i]
        total = like.dtype.type(1 if product else 0)
        for j in range(row.size):
            total = total * row[j] if product else total + row[j]
            y[j] = total


def _run(x: Array, axis: int, product: bool) -> Array:
    whole = x.dtype.kind in "biu"
    if x.dtype.kind == "c" or not x.ndim or not x.size:
        with np.errstate(all="ignore"):
            running = np.cumprod if product else np.cumsum
            return running(x, axis if x.ndim else None, np.int64 if whole else x.dtype).reshape(x.shape)
    flat = canonical(x, axis)
    like, out = np.empty(0, np.int64 if whole else np.float64), np.empty(flat.shape, np.int64 if whole else x.dtype)
    outer, n, inner = flat.shape
    if inner == 1:
        _running_rows.split(outer, n * 1.3, flat.reshape(outer, n), like, product, out.reshape(outer, n))
    else:
        _running.split(outer, n * inner * 0.5, flat, like, product, out)
    return out.reshape(x.shape)


def cumsum(x: Array, axis: int) -> Array:
    """The running sum, float32 summed in float64; integers and bools give int64."""
    return _run(x, axis, False)


def cumprod(x: Array, axis: int) -> Array:
    """The running product, float32 multiplied in float64; integers and bools give int64."""
    return _run(x, axis, True)


# ---------------------------------------------------------------- running extremes, running logsumexp


def _rows_along(x: Array, axis: int) -> Array:
    """x as C-contiguous rows along the axis."""
    return np.ascontiguousarray(np.moveaxis(x, axis, -1)).reshape(-1, x.shape[axis])


def _rows_back(rows: Array, x: Array, axis: int) -> Array:
    """Such rows in the shape of x."""
    shape = (*x.shape[:axis], *x.shape[axis + 1 :], x.shape[axis])
    return np.ascontiguousarray(np.moveaxis(rows.reshape(shape), -1, axis))


def _running_extreme_numpy(start: int, stop: int, x: Array, up: bool, values: Array, indices: Array) -> None:
    x, values, indices = x[start:stop], values[start:stop], indices[start:stop]
    (np.maximum if up else np.minimum).accumulate(x, 1, out=values)
    changed = (x == values) | (x != x)
    np.maximum.accumulate(np.where(changed, np.arange(x.shape[1]), 0), 1, out=indices)


@jit(twin=_running_extreme_numpy)
def _running_extreme(start: int, stop: int, x: Any, up: bool, values: Any, indices: Any) -> None:
    """The extreme so far along rows, NaN above all; and where it, or its equal, was last met."""
    for i in range(start, stop):
        row, y, where = x[i], values[i], indices[i]
        best, last = row[0], 0
        if up:
            for r in range(row.size):
                best = row[r] if (row[r] > best) | (row[r] != row[r]) else best
                y[r] = best
        else:
            for r in range(row.size):
                best = row[r] if (row[r] < best) | (row[r] != row[r]) else best
                y[r] = best
        for r in range(row.size):
            last = r if (row[r] == y[r]) | (row[r] != row[r]) else last
            where[r] = last


def _run_extreme(x: Array, axis: int, up: bool) -> tuple[Array, Array]:
    if not x.size or not x.ndim:
        return x.copy(), np.zeros(x.shape, np.int64)
    rows = _rows_along(x, axis)
    values, indices = np.empty(rows.shape, x.dtype), np.empty(rows.shape, np.int64)
    _running_extreme.split(len(rows), rows.shape[1] * 2.0, rows, up, values, indices)
    return _rows_back(values, x, axis), _rows_back(indices, x, axis)


def cummax(x: Array, axis: int) -> tuple[Array, Array]:
    """The largest value so far, and its last index."""
    return _run_extreme(x, axis, True)


def cummin(x: Array, axis: int) -> tuple[Array, Array]:
    """The smallest value so far, and its last index."""
    return _run_extreme(x, axis, False)


def _logcumsumexp_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = np.logaddexp.accumulate(x[start:stop], 1)


@jit(twin=_logcumsumexp_numpy)
def _logcumsumexp(start: int, stop: int, x: Any, out: Any) -> None:
    """Along rows: sums of e^(x - the largest so far), rescaled as that grows. All is vectorised but the sum itself."""
    x, out = x[start:stop], out[start:stop]
    low, zero = x.dtype.type(-np.inf), x.dtype.type(0)
    top, share, scale = np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype)
    for i in range(x.shape[0]):
        row, y, best, total = x[i], out[i], low, 0.0
        for r in range(row.size):
            scale[r] = best
            best = row[r] if row[r] > best else best
            top[r] = best
        for r in range(row.size):
            origin = top[r] if np.isfinite(top[r]) else zero
            share[r], scale[r], top[r] = maths.exp(row[r] - origin), maths.exp(scale[r] - origin), origin
        for r in range(row.size):
            total = total * scale[r] + share[r]
            y[r] = total
        for r in range(row.size):
            y[r] = top[r] + maths.log(y[r])


def logcumsumexp(x: Array, axis: int) -> Array:
    """ln of the running sum of eˣ."""
    if not x.size or not x.ndim:
        return x.copy()
    rows = _rows_along(x, axis)
    out = np.empty(rows.shape, x.dtype)
    _logcumsumexp.split(len(rows), rows.shape[1] * 4.0, rows, out)
    return _rows_back(out, x, axis)
