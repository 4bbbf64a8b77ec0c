"""Memory seen with other strides, elements at linear places of it, and calls of Python functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .index import add_at

Array = NDArray[Any]
Geometry = tuple[tuple[int, ...], tuple[int, ...], int]  # size, strides and offset, in elements


def memory(whole: Array, d: np.dtype[Any]) -> Array:
    """All elements between the first and the last of an array, as one row of a dtype: a view may have another."""
    low, high = np.lib.array_utils.byte_bounds(whole)
    row = np.lib.stride_tricks.as_strided(whole, ((high - low) // whole.itemsize,), (whole.itemsize,))
    return row if d is whole.dtype else row.view(np.uint8)[: row.nbytes // d.itemsize * d.itemsize].view(d)


def geometry(x: Array, row: Array) -> Geometry:
    """How an array lies in the memory that `row` shows."""
    offset = (x.__array_interface__["data"][0] - row.__array_interface__["data"][0]) // x.itemsize
    return x.shape, tuple([s // x.itemsize for s in x.strides]), offset


def reach(size: Sequence[int], stride: Sequence[int], offset: int) -> int:
    """How many elements of memory a geometry needs."""
    if 0 in size:
        return 0
    return offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) + 1


def strided(row: Array, size: Sequence[int], stride: Sequence[int], offset: int) -> Array:
    """A view of memory with this geometry, which must fit."""
    part = row[offset:] if math.prod(size) else row[:0]
    return np.lib.stride_tricks.as_strided(part, tuple(size), tuple([s * row.itemsize for s in stride]))


def moved(x: Array, source: Geometry, target: Geometry, count: int, share: bool) -> Array:
    """Elements put into zeros by one geometry, where they overlap added, and read by another.

    `share`: of what several elements read from one place each gets an equal part.
    """
    row = np.zeros(count, x.dtype)
    places = np.arange(count)
    add_at(row, strided(places, *source).ravel(), np.ascontiguousarray(x).ravel())
    size, stride, offset = target
    if share:
        at = strided(places, *target)
        row = row / np.maximum(np.bincount(at.ravel(), minlength=count), 1).astype(row.dtype)
    return np.array(strided(row, size, stride, offset))


def grown(x: Array, shape: tuple[int, ...]) -> Array:
    """The elements in row-major order in another shape: cut off, or with room at the end."""
    y = np.empty(shape, x.dtype)
    count = min(x.size, y.size)
    y.reshape(-1)[:count] = x.reshape(-1)[:count]
    return y


def applied(function: Callable[..., Any], *arrays: Array) -> Array:
    """A Python function called on every element."""
    values = [function(*numbers) for numbers in zip(*[a.ravel().tolist() for a in arrays], strict=True)]
    return np.asarray(values, arrays[0].dtype).reshape(arrays[0].shape)
