"""Reductions: ndarrays of any strides in, ndarrays out, never numpy scalars. `fold.py` is how they are computed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import jit
from .elementwise import quietly
from .fold import TILE, Axes, ExtremeFold, Fold, canonical, reduced_shape
from .layout import in_rows

Array = NDArray[Any]


_SUM = Fold("sum", lambda v, c: v, np.add, "a + b", "0")
_PROD = Fold("prod", lambda v, c: v, np.multiply, "a * b", "1")
_SQUARES = Fold("squares", lambda v, c: v * v, np.add, "a + b", "0", _SUM)
_ABSOLUTES = Fold("absolutes", lambda v, c: abs(v), np.add, "a + b", "0", _SUM)
_POWERS = Fold("powers", lambda v, c: maths.power(abs(v), c), np.add, "a + b", "0", _SUM, 3.0)
_SPREADS = Fold("spreads", lambda v, c: (v - c) * (v - c), np.add, "a + b", "0", _SUM)
_EXPS = Fold("exps", lambda v, c: maths.exp(v - c), np.add, "a + b", "0", _SUM, 0.3)
_KNOWN = Fold("known", lambda v, c: maths.where(v == v, v, 0), np.add, "a + b", "0", _SUM)
_NONZERO = Fold("nonzero", lambda v, c: maths.where(v != 0, 1, 0), np.add, "a + b", "0", _SUM)
_MAX = ExtremeFold("amax", np.maximum, ">", "-np.inf")
_MIN = ExtremeFold("amin", np.minimum, "<", "np.inf")

largest_of_row = _MAX.of  # for other kernels


# ---------------------------------------------------------------- sums and products


def _count(x: Array, axes: Axes) -> int:
    return math.prod([x.shape[a] for a in axes])


def _summed_in(x: Array, dtype: Any) -> Any:
    return np.int64 if dtype is None and x.dtype.kind in "biu" else dtype


def sum(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Σ over the axes; integers and bools in int64."""
    return _SUM(x, axes, keepdims, _summed_in(x, dtype))


def nansum(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Σ over the axes of what is not NaN."""
    if x.dtype.kind not in "fc":
        return sum(x, axes, keepdims, dtype)
    return _KNOWN(x, axes, keepdims, dtype)


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Undo a broadcast: the sum, in the dtype of x, over the axes that `shape` lacks or has as 1."""
    front = x.ndim - len(shape)
    stretched = [front + i for i, n in enumerate(shape) if n == 1 and x.shape[front + i] != 1]
    axes = (*range(front), *stretched)
    total = _SUM(x, axes, keepdims=not front) if axes else x.copy()
    return total if total.shape == shape else total.reshape(shape)  # a view would not be kept as a `.grad`


def spread(x: Array, shape: tuple[int, ...]) -> Array:
    """x broadcast to `shape`, in memory of its own."""
    out = np.empty(shape, x.dtype)
    if x.size == 1:
        out.fill(x.item())
    else:
        out[...] = x
    return out


def mean(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Σ / n over the axes."""
    total, count = sum(x, axes, keepdims), _count(x, axes)
    if not count:
        return np.full_like(total, np.nan)
    return np.divide(total, total.dtype.type(count), out=total)


def prod(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Π over the axes; integers and bools in int64."""
    return _PROD(x, axes, keepdims, _summed_in(x, dtype))


def count_nonzero(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """How many are not zero, in int64."""
    return _NONZERO(x, axes, keepdims, np.int64)


def var_mean(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> tuple[Array, Array]:
    """Σ (x - mean)² / (n - correction) and the mean, in two passes."""
    if x.dtype.kind == "c":
        real, imaginary = [var_mean(part, axes, correction, keepdims) for part in (x.real, x.imag)]
        return np.asarray(real[0] + imaginary[0]), np.asarray(real[1] + 1j * imaginary[1]).astype(x.dtype)
    freedom = x.dtype.type(max(_count(x, axes) - correction, 0))
    centre = mean(x, axes, True)
    var = quietly(np.divide, _SPREADS(x, axes, keepdims, None, centre), freedom)
    return var, centre.reshape(var.shape)


def std(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> Array:
    """The square root of the variance."""
    return std_mean(x, axes, correction, keepdims)[0]


def std_mean(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> tuple[Array, Array]:
    """The standard deviation and the mean."""
    var, mean = var_mean(x, axes, correction, keepdims)
    return quietly(np.sqrt, var), mean


def logsumexp(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """ln Σ eˣ, stable; -inf for nothing but -inf."""
    if not x.size:
        return np.full(reduced_shape(x, axes, keepdims), -np.inf, x.dtype)
    top = amax(x, axes, True)
    top = np.where(np.isfinite(top), top, top.dtype.type(0))
    total = quietly(np.log, _EXPS(x, axes, True, None, top)) + top
    return np.asarray(total).reshape(reduced_shape(x, axes, keepdims))


def norm(x: Array, p: float, axes: Axes, keepdims: bool = False) -> Array:
    """(Σ |x|ᵖ)^(1/p); p = 0 counts, inf takes the largest, -inf the smallest."""
    if x.dtype.kind == "c":
        with np.errstate(all="ignore"):
            return norm(np.abs(x), p, axes, keepdims)
    if p == 0:
        return count_nonzero(x, axes, keepdims).astype(x.dtype)
    if p == 1:
        return _ABSOLUTES(x, axes, keepdims)
    if math.isinf(p):
        return _extreme_norm(x, p, axes, keepdims)
    if p == 2:
        return quietly(np.sqrt, _SQUARES(x, axes, keepdims))
    with np.errstate(all="ignore"):
        exponent = np.full(reduced_shape(x, axes, True), p, x.dtype)
        return np.asarray(_POWERS(x, axes, keepdims, None, exponent) ** x.dtype.type(1 / p))


def total_norm(arrays: list[Array], p: float) -> Array:
    """The norm of all elements of several arrays."""
    norms = [norm(x, p, tuple(range(x.ndim))) for x in arrays]
    return norm(np.array(norms), p, (0,))


def _extreme_norm(x: Array, p: float, axes: Axes, keepdims: bool) -> Array:
    if p > 0 and not x.size:
        return np.zeros(reduced_shape(x, axes, keepdims), x.dtype)
    return (amax if p > 0 else amin)(np.abs(x), axes, keepdims)


# ---------------------------------------------------------------- truth


def _truth(reduction: Callable[..., Any], x: Array, axes: Axes, keepdims: bool) -> Array:
    with np.errstate(all="ignore"):
        return in_rows(np.asarray(reduction(x, axis=axes, keepdims=keepdims), np.bool_))


def all(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Whether every value is not zero."""
    return _truth(np.all, x, axes, keepdims)


def any(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Whether some value is not zero."""
    return _truth(np.any, x, axes, keepdims)


# ---------------------------------------------------------------- extremes


def amax(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """The largest value over the axes; NaN if there is one."""
    return _extreme(_MAX, x, axes, keepdims)


def amin(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """The smallest value over the axes; NaN if there is one."""
    return _extreme(_MIN, x, axes, keepdims)


def _extreme(fold: Fold, x: Array, axes: Axes, keepdims: bool) -> Array:
    if x.dtype.kind == "f":
        return fold(x, axes, keepdims)
    return in_rows(np.asarray(fold.ufunc.reduce(x, axes, keepdims=keepdims)))


def _columns_with_index_numpy(start: int, stop: int, x: Array, up: bool, values: Array, indices: Array) -> None:
    tiles = -(-x.shape[2] // TILE)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        part = x[i, :, at : at + TILE]
        found = (np.argmax if up else np.argmin)(part, 0)
        indices[i, at : at + TILE] = found
        values[i, at : at + TILE] = part[found, np.arange(found.size)]


@jit(twin=_columns_with_index_numpy)
def _columns_with_index(start: int, stop: int, x: Any, up: bool, values: Any, indices: Any) -> None:
    """Over n of (outer, n, inner), a tile of columns at a time; the first of equals, NaN above all."""
    tiles = (x.shape[2] + TILE - 1) // TILE
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        best, where = values[i, at : at + TILE], indices[i, at : at + TILE]
        row = x[i, 0, at : at + TILE]
        for j in range(best.size):
            best[j], where[j] = row[j], 0
        for r in range(1, x.shape[1]):
            row = x[i, r, at : at + TILE]
            if up:
                for j in range(best.size):
                    better = (row[j] > best[j]) | ((row[j] != row[j]) & (best[j] == best[j]))
                    best[j], where[j] = (row[j], r) if better else (best[j], where[j])
            else:
                for j in range(best.size):
                    better = (row[j] < best[j]) | ((row[j] != row[j]) & (best[j] == best[j]))
                    best[j], where[j] = (row[j], r) if better else (best[j], where[j])


def _with_index(x: Array, axis: int, keepdims: bool, up: bool) -> tuple[Array, Array]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    shape = reduced_shape(x, (axis,), keepdims)
    flat = canonical(x, axis)
    outer, n, inner = flat.shape
    if inner == 1 or not x.size:
        rows = flat.reshape(outer * inner, n)
        found = (np.argmax if up else np.argmin)(rows, 1)
        return rows[np.arange(len(rows)), found].reshape(shape), found.reshape(shape)
    values, indices = np.empty((outer, inner), x.dtype), np.empty((outer, inner), np.int64)
    tiles = -(-inner // TILE)
    _columns_with_index.split(outer * tiles, n * inner / tiles * 0.3 + 5, flat, up, values, indices)
    return values.reshape(shape), indices.reshape(shape)


def max_with_index(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """The largest value along an axis, and its first index."""
    return _with_index(x, axis, keepdims, True)


def min_with_index(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """The smallest value along an axis, and its first index."""
    return _with_index(x, axis, keepdims, False)


def _arg(x: Array, axis: int | None, keepdims: bool, up: bool) -> Array:
    if axis is not None and x.ndim and axis % x.ndim < x.ndim - 1:
        return _with_index(x, axis % x.ndim, keepdims, up)[1]
    return np.asarray((np.argmax if up else np.argmin)(x, axis, keepdims=keepdims))


def argmax(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """The first index of the largest value (of NaN, if there is one); axis None: in the flattened array."""
    return _arg(x, axis, keepdims, True)


def argmin(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """The first index of the smallest value (of NaN, if there is one); axis None: in the flattened array."""
    return _arg(x, axis, keepdims, False)
