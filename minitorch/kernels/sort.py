"""Order: sorting, selection and counting. numpy's sorts are the kernels.

numpy's stable sorts are merge sorts, but it has vectorised sorts of plain integers. So a number of at most 32 bits and
its position become one integer of 64 bits, the position below: all are different, and their order is the stable one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def argsort(x: Array, axis: int, descending: bool, stable: bool = True) -> Array:
    """The indices that put an axis into order; NaN is the largest."""
    if not x.ndim:
        return np.zeros((), np.int64)
    keys = _keys(x, axis, descending)
    if keys is not None:
        keys.sort(-1)
        return _places(keys, axis)
    if not descending:
        return np.argsort(x, axis, kind="stable")
    # reversed twice, so that equal elements keep their order
    back = np.argsort(np.flip(x, axis), axis, kind="stable")
    return np.ascontiguousarray(np.flip(x.shape[axis] - 1 - back, axis))


def _keys(x: Array, axis: int, descending: bool) -> Array | None:
    """Integers in the order of the numbers, those of `axis` along the last; None for numbers of 64 bits."""
    if x.dtype.itemsize > 4 or x.dtype.kind not in "fiub":
        return None
    x = x if axis == x.ndim - 1 else np.moveaxis(x, axis, -1)
    if x.dtype.kind == "f":
        bits = (x.astype(np.float32) + np.float32(0)).view(np.int32)  # -0 becomes 0, which it equals
        bits ^= (bits >> 31) & 0x7FFFFFFF  # of negative numbers the larger bits are the smaller number
        bits[np.isnan(x)] = 0x7FFFFFFF
        x = bits
    keys = x.astype(np.int64)
    if descending:
        np.invert(keys, keys)
    keys <<= 32
    keys |= np.arange(x.shape[-1])
    return keys


def _places(keys: Array, axis: int) -> Array:
    places = keys & 0xFFFFFFFF
    return places if axis == places.ndim - 1 else np.ascontiguousarray(np.moveaxis(places, -1, axis))


def entry(x: Array, position: int, axis: int) -> Array:
    """One entry of an axis, which stays with size 1; a 0-d array as it is."""
    return np.take(x, [position], axis) if x.ndim else x


def kth(x: Array, position: int, axis: int) -> Array:
    """The index of the element at a position of the order; the axis stays with size 1."""
    keys = _keys(x, axis, False) if x.ndim else None
    if keys is not None:
        keys.partition(position, -1)
        return _places(keys[..., position : position + 1], axis)
    return entry(argsort(x, axis, False), position, axis)


def median(x: Array, axis: int) -> Array:
    """The index of the lower median, or of the first NaN; the axis stays with size 1."""
    found = kth(x, ((x.shape[axis] if x.ndim else 1) - 1) // 2, axis)
    if not x.ndim or x.dtype.kind != "f":
        return found
    broken = np.isnan(x)
    return np.where(broken.any(axis, keepdims=True), np.argmax(broken, axis, keepdims=True), found)


def topk(x: Array, k: int, axis: int, largest: bool, ordered: bool) -> Array:
    """The indices of the k largest or smallest of an axis, in order."""
    keys = _keys(x, axis, largest) if x.ndim else None
    if keys is not None and 0 < k < x.shape[axis]:
        keys.partition(k - 1, -1)
        first = keys[..., :k]
        first.sort(-1)
        return _places(first, axis)
    order = argsort(x, axis, largest)
    return np.ascontiguousarray(np.take(order, np.arange(k), axis)) if x.ndim else order


def searchsorted(edges: Array, values: Array, right: bool) -> Array:
    """Where values would stand in sorted edges; the edges of each row for itself."""
    side: Any = "right" if right else "left"
    if edges.ndim == 1:
        return np.asarray(np.searchsorted(edges, values, side))
    flat_edges, flat = [x.reshape(math.prod(x.shape[:-1]), x.shape[-1]) for x in (edges, values)]  # -1 fails if empty
    found = np.empty(flat.shape, np.int64)
    for row, e, v in zip(found, flat_edges, flat, strict=True):
        row[...] = np.searchsorted(e, v, side)
    return found.reshape(values.shape)


def unique(x: Array, axis: int | None) -> tuple[Array, Array, Array]:
    """The distinct values (or entries of an axis) in order, where each element went, and how often each occurs.

    Each NaN is a value of its own.
    """
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=axis, equal_nan=False)
    return values, inverse.reshape(x.shape if axis is None else -1), counts


def unique_consecutive(x: Array, axis: int | None) -> tuple[Array, Array, Array]:
    """Runs of equal neighbours as one: the values, where each element went, and how long each run is."""
    rows = x.reshape(-1, 1) if axis is None else np.moveaxis(x, axis, 0)
    rows = rows.reshape(len(rows), math.prod(rows.shape[1:]))  # -1 fails if empty
    new = np.ones(len(rows), bool)
    new[1:] = (rows[1:] != rows[:-1]).any(1)
    starts = np.nonzero(new)[0]
    inverse = np.cumsum(new) - 1
    values = x.reshape(-1)[starts] if axis is None else np.take(x, starts, axis)
    return values, inverse.reshape(x.shape if axis is None else -1), np.diff(np.append(starts, len(rows)))


def bincount(x: Array, weights: Array | None, minlength: int) -> Array:
    """How often each integer occurs, or the sum of its weights, in their floating dtype (else float64)."""
    counts = np.bincount(x, weights, minlength)
    return counts.astype(weights.dtype) if weights is not None and weights.dtype.kind == "f" else counts


def histogram(x: Array, bins: int, low: float, high: float) -> Array:
    """How many elements fall into each of `bins` equal intervals; those outside do not count."""
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)
