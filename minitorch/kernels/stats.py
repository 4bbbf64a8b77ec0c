"""The most frequent of a row, distances of rows, bins of a histogram, membership in a set, common divisors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._blas import products
from ._jit import jit

Array = NDArray[Any]


def _mode_python(start: int, stop: int, rows: Any, order: Any, at: Any) -> None:
    for i in range(start, stop):
        row, own = rows[i], order[i]
        best, count, run = 0, 0, 0
        for j in range(own.size):
            run = run + 1 if j > 0 and row[own[j]] == row[own[j - 1]] else 1
            if run > count:
                best, count = j, run
        at[i] = own[best]


# A scan of sorted rows, whose twin is the same text.
_mode = jit(twin=_mode_python)(_mode_python)


def mode(x: Array, axis: int) -> Array:
    """Where the most frequent value of an axis stands last; of several the smallest value. The axis keeps size 1."""
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    flat = rows.reshape(-1, rows.shape[-1])
    at = np.empty(len(flat), np.int64)
    _mode.split(len(flat), flat.shape[1] * 3.0, flat, np.argsort(flat, 1, kind="stable"), at)
    return np.moveaxis(at.reshape(*rows.shape[:-1], 1), -1, axis)


@np.errstate(all="ignore")
def distances(a: Array, b: Array) -> Array:
    """The Euclidean distances of the rows of a (..., n, k) from those of b (..., m, k), by one product of matrices."""
    y = products(a, b.swapaxes(-1, -2) * a.dtype.type(-2))
    y += np.square(a).sum(-1)[..., :, None]
    y += np.square(b).sum(-1)[..., None, :]
    return np.asarray(np.sqrt(np.maximum(y, 0, out=y), out=y))


def isin(x: Array, values: Array, invert: bool) -> Array:
    """Whether each element is among the values."""
    return np.isin(x, values, invert=invert)


def edges(x: Array, bins: Any, span: Sequence[float] | None) -> Array:
    """The edges of equal bins over a span, or of the data; or the edges as they are given."""
    if isinstance(bins, np.ndarray):
        return bins
    low, high = (x.min(), x.max()) if span is None and x.size else span or (0.0, 1.0)
    low, high = (low - 0.5, high + 0.5) if low == high else (low, high)
    return np.linspace(low, high, bins + 1, dtype=x.dtype)


def histogram(x: Array, ends: Array, weight: Array | None, density: bool) -> Array:
    """How much falls between neighbouring edges; the last bin holds its upper edge too."""
    flat = None if weight is None else weight.ravel()
    found, _ = np.histogram(x.ravel(), ends, weights=flat, density=density)
    return found.astype(x.dtype)


def gcd(a: Array, b: Array) -> Array:
    """The greatest common divisor."""
    return np.asarray(np.gcd(a, b))


def lcm(a: Array, b: Array) -> Array:
    """The least common multiple."""
    return np.asarray(np.lcm(a, b))


def frexp(x: Array) -> tuple[Array, Array]:
    """Mantissa in [1/2, 1) and exponent, x = m 2ᵉ."""
    m, e = np.frexp(x)
    return np.asarray(m), np.asarray(e, np.int32)


def triangle(rows: int, columns: int, offset: int, lower: bool) -> Array:
    """(2, count): the indices of a triangle of a matrix, row by row."""
    found = np.tril_indices(rows, offset, columns) if lower else np.triu_indices(rows, offset, columns)
    return np.stack(found)
