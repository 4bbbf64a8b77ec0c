"""Elements moved to other places: joined, flipped, rolled, cut to a triangle.

numpy copies memory as fast as anything, where neighbours stay neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit
from .layout import empty_like, in_rows, order_of, turned, turned_back

Array = NDArray[Any]


# ---------------------------------------------------------------- copies

BLOCK = 16  # both sides of a block of 16 x 16 elements stay in the first cache
MANY = 1 << 14  # elements; fewer are in the cache anyhow


def copy_of(x: Array) -> Array:
    """The elements in fresh memory, in the order of a result of x."""
    order = order_of((x,), x.shape)
    return contiguous_copy(x) if order is None else turned_back(contiguous_copy(turned(x, order)), order)


def cast_of(x: Array, dtype: Any) -> Array:
    """The same in another dtype, as C converts."""
    order = order_of((x,), x.shape)
    return x.astype(dtype, order="C") if order is None else turned_back(turned(x, order).astype(dtype, "C"), order)


def contiguous_copy(x: Array) -> Array:
    """The elements in fresh memory, row after row.

    numpy reads a transposed matrix with a miss of the cache for each.
    """
    return reshaped(x, x.shape)


def expanded(x: Array, shape: tuple[int, ...]) -> Array:
    """x with new axes in front, and those of size 1 repeated, on the same memory, which stays writable."""
    front = len(shape) - x.ndim
    steps = [0 if n == 1 != m else s for n, m, s in zip(x.shape, shape[front:], x.strides, strict=True)]
    strides = (*(0,) * front, *steps)
    if x.flags.c_contiguous and x.size:  # in a tenth of the time
        return np.ndarray(shape, x.dtype, x, 0, strides)
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def reshaped(x: Array, shape: tuple[int, ...]) -> Array:
    """The elements in another shape, in fresh memory."""
    if x.size >= MANY and x.dtype.char in "eV":
        return reshaped(x.view(np.uint16), shape).view(x.dtype)
    out = np.empty(shape, x.dtype)
    if x.size >= MANY and x.strides[-1] == 0 and x.dtype.kind in "fiub":
        numbers = x[..., 0].reshape(-1)
        _repeat.split(numbers.size, x.shape[-1] * 0.06, numbers, out.reshape(numbers.size, -1))
        return out
    planes = _planes(x) if x.size >= MANY and x.dtype.kind in "fiu" else None
    if planes is None:
        out.reshape(x.shape)[...] = x
        return out
    strips = planes.shape[0] * -(-planes.shape[1] // BLOCK)
    _transpose.split(strips, BLOCK * planes.shape[2] * 0.5, planes, out.reshape(planes.shape))
    return out


def _planes(x: Array) -> Array | None:
    """x as a stack of transposed matrices; None if it is none."""
    merged: list[list[int]] = []
    for n, step in zip(x.shape, x.strides, strict=True):
        if n == 1:
            continue
        if merged and merged[-1][1] == n * step:
            merged[-1] = [merged[-1][0] * n, step]
        else:
            merged.append([n, step])
    if not 2 <= len(merged) <= 3 or merged[-2][1] != x.itemsize or merged[-1][1] == 0:
        return None
    whole = [[1, 0], *merged][-3:]
    return np.lib.stride_tricks.as_strided(x, [n for n, _ in whole], [step for _, step in whole])


def _repeat_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    out[start:stop] = x[start:stop, None]


@jit(twin=_repeat_numpy)
def _repeat(start: int, stop: int, x: Any, out: Any) -> None:
    """Rows of one number each, such as the gradient of a sum."""
    for i in range(start, stop):
        row, value = out[i], x[i]
        for j in range(row.size):
            row[j] = value


def _transpose_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    strips = -(-x.shape[1] // BLOCK)
    for item in range(start, stop):
        rows = slice(item % strips * BLOCK, item % strips * BLOCK + BLOCK)
        out[item // strips, rows] = x[item // strips, rows]


@jit(twin=_transpose_numpy)
def _transpose(start: int, stop: int, x: Any, out: Any) -> None:
    """Strips of BLOCK rows of the results; x is read along its second axis."""
    strips = (x.shape[1] + BLOCK - 1) // BLOCK
    block = np.empty((BLOCK, BLOCK), x.dtype)  # between the two, so that both sides go by whole lines of the cache
    for item in range(start, stop):
        i, top = item // strips, item % strips * BLOCK
        height = min(BLOCK, x.shape[1] - top)
        for left in range(0, x.shape[2], BLOCK):
            width = min(BLOCK, x.shape[2] - left)
            for c in range(width):
                source = x[i, top : top + height, left + c]
                for r in range(height):
                    block[r, c] = source[r]
            for r in range(height):
                target = out[i, top + r, left : left + width]
                for c in range(width):
                    target[c] = block[r, c]


# ---------------------------------------------------------------- joining


def concatenate(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays one behind the other along an axis."""
    return in_rows(np.concatenate(arrays, axis))


def stack(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays of one shape along a new axis."""
    shape = arrays[0].shape
    shape = (*shape[:axis], 1, *shape[axis:])
    return in_rows(np.concatenate([x.reshape(shape) for x in arrays], axis))


def flip(x: Array, axes: tuple[int, ...]) -> Array:
    """The elements in reverse order along the axes, laid out like x."""
    if x.dtype.char in "eV":
        return flip(x.view(np.uint16), axes).view(x.dtype)
    kept = x.ndim  # the axes from here on are all reversed: numpy goes through those one element at a time
    while kept - 1 in axes:
        kept -= 1
    if kept == x.ndim or x.size < MANY or x.dtype.kind not in "fiub" or not x.flags.c_contiguous:
        out = empty_like(x)
        out[...] = _flipped(x, axes)
        return out
    x = np.ascontiguousarray(_flipped(x, [d for d in axes if d < kept]))
    rows = x.reshape(math.prod(x.shape[:kept]), -1)
    out = np.empty(x.shape, x.dtype)
    _reverse.split(len(rows), rows.shape[1] * 0.1, rows, out.reshape(rows.shape))
    return out


def _flipped(x: Array, axes: Sequence[int]) -> Array:
    """A view that goes backward along the axes."""
    return x[tuple([slice(None, None, -1) if d in axes else slice(None) for d in range(x.ndim)])]


def _reverse_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    out[start:stop] = x[start:stop, ::-1]


@jit(twin=_reverse_numpy)
def _reverse(start: int, stop: int, x: Any, out: Any) -> None:
    """Each row from its end. An index without a sign is not checked, so that the loop is vectorised."""
    for i in range(start, stop):
        row, y = x[i], out[i]
        last = np.uint64(row.size - 1)
        for j in range(y.size):
            y[j] = row[last - np.uint64(j)]


def roll(x: Array, shifts: tuple[int, ...], axes: tuple[int, ...] | None) -> Array:
    """The elements shifted along the axes (all flattened for None); what falls off one end enters at the other."""
    return in_rows(np.roll(x, shifts, axes) if axes is not None else np.roll(x, shifts[0]))


def tril(x: Array, diagonal: int) -> Array:
    """The lower triangle of the last two axes, zeros above."""
    return in_rows(np.tril(x, diagonal))


def triu(x: Array, diagonal: int) -> Array:
    """The upper triangle of the last two axes, zeros below."""
    return in_rows(np.triu(x, diagonal))


def repeat(x: Array, counts: Any, axis: int) -> Array:
    """Every entry of an axis several times, one behind the other."""
    return np.repeat(x, counts, axis)


def tile(x: Array, counts: tuple[int, ...]) -> Array:
    """The whole array several times along each axis."""
    return np.tile(x, counts)


def place(shape: tuple[int, ...], dtype: Any, keys: Sequence[Any], parts: Sequence[Array]) -> Array:
    """Zeros, with each part at its basic index."""
    y = np.zeros(shape, dtype)
    for key, part in zip(keys, parts, strict=True):
        y[key] = part
    return y


def surround(x: Array, pairs: Sequence[tuple[int, int]], value: Any) -> Array:
    """x with so many elements of a value before and behind it, for each axis; negative numbers cut off."""
    shape = [n + before + after for n, (before, after) in zip(x.shape, pairs, strict=True)]
    y = np.full(shape, value, x.dtype) if value else np.zeros(shape, x.dtype)
    ends = list(zip(x.shape, y.shape, pairs, strict=True))
    to = tuple([slice(max(before, 0), m - max(after, 0)) for _, m, (before, after) in ends])
    of = tuple([slice(max(-before, 0), n - max(-after, 0)) for n, _, (before, after) in ends])
    y[to] = x[of]
    return y


def diagonal(x: Array, offset: int, a: int, b: int) -> Array:
    """The diagonal of two axes as the last one: a view that can be written to."""
    part = np.diagonal(x, offset, a, b)
    corner: list[Any] = [slice(None)] * x.ndim
    corner[a], corner[b] = slice(max(-offset, 0), None), slice(max(offset, 0), None)
    return np.lib.stride_tricks.as_strided(x[tuple(corner)], part.shape, part.strides)


def place_diagonal(x: Array, shape: tuple[int, ...], offset: int, a: int, b: int) -> Array:
    """Zeros, with x on a diagonal."""
    y = np.zeros(shape, x.dtype)
    diagonal(y, offset, a, b)[...] = x
    return y


def indices(count: int) -> Array:
    """0, 1, ..., count - 1."""
    return np.arange(count)


def broadcast_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The shape that all broadcast to, or None."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        return None
