"""Max pooling over windows at random distances, of two or three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def starts(size: int, kernel: int, count: int, samples: Array) -> Array:
    """(planes, count): where windows begin, ⌊(i + u) α⌋ - ⌊u α⌋ with α = (size - kernel) / (count - 1); the last at
    the end.
    """
    step = samples.dtype.type((size - kernel) / max(count - 1, 1))
    i = np.arange(count, dtype=samples.dtype)
    found = ((i + samples[:, None]) * step).astype(np.int64) - (samples[:, None] * step).astype(np.int64)
    found[:, -1] = size - kernel
    return found


def fractional_max(x: Array, kernel: Sequence[int], count: Sequence[int], samples: Array) -> tuple[Array, Array]:
    """The largest value of each window and its place in the plane, the last NaN where there is one.

    x (N, C, *size); samples (N, C, dims), of planes in the order columns, rows, of blocks depth, rows, columns.
    """
    size, dims = x.shape[2:], len(kernel)
    planes = math.prod(x.shape[:2])
    order = samples.reshape(planes, dims)[:, ::-1] if dims == 2 else samples.reshape(planes, dims)
    at: Array = np.zeros((planes, *(1,) * 2 * dims), np.int64)
    for d in range(dims):
        begin = starts(size[d], kernel[d], count[d], np.ascontiguousarray(order[:, d]))
        where = begin[:, :, None] + np.arange(kernel[d])  # (planes, windows, elements)
        shape = [1] * (2 * dims)
        shape[d], shape[dims + d] = count[d], kernel[d]
        at = at * size[d] + where.reshape(planes, *shape)
    at = at.reshape(planes, *count, math.prod(kernel))
    flat = x.reshape(planes, 1, math.prod(size))
    inside = np.take_along_axis(flat, at.reshape(planes, 1, math.prod(at.shape[1:])), 2).reshape(at.shape)
    places = np.take_along_axis(at, _largest(inside)[..., None], -1)[..., 0]
    values = np.take_along_axis(flat, places.reshape(planes, 1, math.prod(count)), 2)
    shape_out = (*x.shape[:2], *count)
    return values.reshape(shape_out), places.reshape(shape_out)


def _largest(x: Array) -> Array:
    """Where in the last dimension the largest is: the first of them, or the last NaN."""
    is_nan = np.isnan(x)
    last = x.shape[-1] - 1 - is_nan[..., ::-1].argmax(-1)
    return np.where(is_nan.any(-1), last, x.argmax(-1))
