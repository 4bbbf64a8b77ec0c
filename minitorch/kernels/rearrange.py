"""Elements moved to other places: joined, flipped, rolled, cut to a triangle. numpy copies memory as fast as anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def concatenate(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays one behind the other along an axis."""
    return np.concatenate(arrays, axis)


def stack(arrays: Sequence[Array], axis: int) -> Array:
    """Arrays of one shape along a new axis."""
    return np.stack(arrays, axis)


def flip(x: Array, axes: tuple[int, ...]) -> Array:
    """The elements in reverse order along the axes, in fresh memory."""
    return np.ascontiguousarray(np.flip(x, axes)).reshape(x.shape)


def roll(x: Array, shifts: tuple[int, ...], axes: tuple[int, ...] | None) -> Array:
    """The elements shifted along the axes (all flattened for None); what falls off one end enters at the other."""
    return np.roll(x, shifts, axes) if axes is not None else np.roll(x, shifts[0])


def tril(x: Array, diagonal: int) -> Array:
    """The lower triangle of the last two axes, zeros above."""
    return np.tril(x, diagonal)


def triu(x: Array, diagonal: int) -> Array:
    """The upper triangle of the last two axes, zeros below."""
    return np.triu(x, diagonal)


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
