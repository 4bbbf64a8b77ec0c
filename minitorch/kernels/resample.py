"""An axis resampled: every output a weighted sum of a few inputs, its taps. And patches of planes as columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit

Array = NDArray[Any]
Taps = tuple[Array, Array]  # (outputs, taps): the indices, and the weights


def _collect_numpy(start: int, stop: int, x: Array, y: Array, at: Array, w: Array) -> None:
    for k in range(at.shape[1]):
        y[start:stop] += w[:, k, None] * x[start:stop][:, at[:, k]]


@jit(twin=_collect_numpy)
def _collect(start: int, stop: int, x: Any, y: Any, at: Any, w: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    for o in range(y.shape[0]):
        for i in range(y.shape[1]):
            for k in range(at.shape[1]):
                row, new, scale = x[o, at[i, k]], y[o, i], w[i, k]
                for j in range(new.size):
                    new[j] += scale * row[j]


def _scatter_numpy(start: int, stop: int, g: Array, x: Array, at: Array, w: Array) -> None:
    part = x[start:stop]
    for k in range(at.shape[1]):
        key: Any = (slice(None), at[:, k])
        np.add.at(part, key, w[:, k, None] * g[start:stop])


@jit(twin=_scatter_numpy)
def _scatter(start: int, stop: int, g: Any, x: Any, at: Any, w: Any) -> None:
    g, x = g[start:stop], x[start:stop]
    for o in range(g.shape[0]):
        for i in range(g.shape[1]):
            for k in range(at.shape[1]):
                row, new, scale = g[o, i], x[o, at[i, k]], w[i, k]
                for j in range(new.size):
                    new[j] += scale * row[j]


# The last axis has no rows to add: its elements are summed one by one.


def _collect_last_numpy(start: int, stop: int, x: Array, y: Array, at: Array, w: Array) -> None:
    for k in range(at.shape[1]):
        y[start:stop] += w[:, k] * x[start:stop][:, at[:, k]]


@jit(twin=_collect_last_numpy)
def _collect_last(start: int, stop: int, x: Any, y: Any, at: Any, w: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    for o in range(y.shape[0]):
        row, new = x[o], y[o]
        for i in range(new.size):
            total = w[i, 0] * row[at[i, 0]]
            for k in range(1, at.shape[1]):
                total += w[i, k] * row[at[i, k]]
            new[i] = total


def _scatter_last_numpy(start: int, stop: int, g: Array, x: Array, at: Array, w: Array) -> None:
    part = x[start:stop]
    for k in range(at.shape[1]):
        key: Any = (slice(None), at[:, k])
        np.add.at(part, key, w[:, k] * g[start:stop])


@jit(twin=_scatter_last_numpy)
def _scatter_last(start: int, stop: int, g: Any, x: Any, at: Any, w: Any) -> None:
    g, x = g[start:stop], x[start:stop]
    for o in range(g.shape[0]):
        row, new = g[o], x[o]
        for i in range(row.size):
            for k in range(at.shape[1]):
                new[at[i, k]] += w[i, k] * row[i]


def _along(kernel: Any, x: Array, axis: int, size: int, taps: Taps) -> Array:
    """Run one of the loops over an axis, which gets `size` entries."""
    shape = (*x.shape[:axis], size, *x.shape[axis + 1 :])
    outer, inner = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    y = np.zeros((outer, size, inner), x.dtype)
    at, w = taps
    if y.size and x.size:
        rows = np.ascontiguousarray(x).reshape(outer, x.shape[axis], inner)
        if inner == 1:
            kernel, rows, y = _LAST[kernel], rows[:, :, 0], y[:, :, 0]
        kernel.split(outer, at.size * inner * 1.5, rows, y, at, w)
    return y.reshape(shape)


_LAST = {_collect: _collect_last, _scatter: _scatter_last}


def resample(x: Array, taps: Sequence[tuple[int, int, Taps]]) -> Array:
    """Axes resampled one after the other: `(axis, its size before, taps)` each. Numbers in between are floating."""
    d = x.dtype
    y = x if d.kind == "f" else x.astype(np.float64)
    for axis, _, (at, w) in taps:
        y = _along(_collect, y, axis, len(at), (at, w.astype(y.dtype)))
    return y if d.kind == "f" else np.clip(np.rint(y), 0, 255).astype(d)


def resample_grad(g: Array, taps: Sequence[tuple[int, int, Taps]]) -> Array:
    """The transpose of `resample`: every output's gradient goes to its taps."""
    for axis, size, (at, w) in reversed(taps):
        g = _along(_scatter, g, axis, size, (at, w.astype(g.dtype)))
    return g


# ---------------------------------------------------------------- where an output looks


def _step(n: int, o: int, factor: float | None, corners: bool, d: Any) -> Any:
    """How far apart in the input two neighbouring outputs look."""
    if corners:
        return d((n - 1) / (o - 1)) if o > 1 else d(0)
    return d(1 / factor) if factor is not None and factor > 0 else d(n) / d(o)


def _places(n: int, o: int, factor: float | None, corners: bool, d: Any) -> Array:
    i, step = np.arange(o).astype(d), _step(n, o, factor, corners, d)
    return i * step if corners else (i + d(0.5)) * step - d(0.5)


def nearest(n: int, o: int, factor: float | None, d: Any, centred: bool) -> Taps:
    """The one input at floor(i step), or at floor((i + 1/2) step) where `centred`."""
    i, step = np.arange(o).astype(d), _step(n, o, factor, False, d)
    at = np.floor((i + d(0.5)) * step if centred else i * step)
    at = np.arange(o) if n == o and not centred else np.minimum(at.astype(np.int64), n - 1)
    return at.reshape(-1, 1), np.ones((o, 1), d)


def linear(n: int, o: int, factor: float | None, d: Any, corners: bool) -> Taps:
    """The two neighbours, the nearer one the heavier."""
    place = np.maximum(_places(n, o, factor, corners, d), 0) if n != o else np.arange(o).astype(d)
    low = np.minimum(place.astype(np.int64), n - 1)
    right = np.clip(place - low.astype(d), 0, 1).astype(d)
    return np.stack([low, np.minimum(low + 1, n - 1)], 1), np.stack([1 - right, right], 1)


def _keys(t: Array, a: float) -> Array:
    """The cubic convolution kernel of Keys (1981)."""
    t = np.abs(t)
    inner = ((a + 2) * t - (a + 3)) * t * t + 1
    outer = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, inner, np.where(t < 2, outer, 0))


def cubic(n: int, o: int, factor: float | None, d: Any, corners: bool) -> Taps:
    """The four neighbours, by the cubic of Keys with a = -3/4; beyond the edge the edge itself."""
    place = _places(n, o, factor, corners, d)
    low = np.floor(place)
    reach = np.arange(-1, 3)
    w = _keys((place - low)[:, None] - reach.astype(d), -0.75)
    return np.clip(low.astype(np.int64)[:, None] + reach, 0, n - 1), w.astype(d)


def smooth(n: int, o: int, factor: float | None, d: Any, corners: bool, width: int) -> Taps:
    """All inputs under a kernel as wide as an output: a triangle (width 2) or the cubic of Keys with a = -1/2 (4)."""
    step = _step(n, o, factor, corners, d)
    stretch = max(step, d(1))
    support = d(width / 2) * stretch
    centre = step * (np.arange(o).astype(d) + d(0.5))
    first = np.maximum((centre - support + d(0.5)).astype(np.int64), 0)
    last = np.minimum((centre + support + d(0.5)).astype(np.int64), n)
    reach = np.arange(max(int((last - first).max(initial=1)), 1))
    t = ((reach + first[:, None]).astype(d) - centre[:, None] + d(0.5)) / stretch
    w = np.maximum(1 - np.abs(t), 0) if width == 2 else _keys(t, -0.5)
    w = np.where(reach < (last - first)[:, None], w, 0)
    total = w.sum(1, keepdims=True)
    return np.minimum(first[:, None] + reach, n - 1), (w / np.where(total == 0, 1, total)).astype(d)


# ---------------------------------------------------------------- patches


def patch_counts(size: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> list[int]:
    """How many patches fit along each axis."""
    geometry = zip(size, kernel, dilation, padding, stride, strict=True)
    return [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in geometry]


def _patches(x: Array, counts: Any, kernel: Any, dilation: Any, stride: Any) -> Array:
    """(N, C, kh, kw, patches down, patches across): a view of padded planes."""
    down, across = x.strides[2:]
    strides = (down * dilation[0], across * dilation[1], down * stride[0], across * stride[1])
    return np.lib.stride_tricks.as_strided(x, (*x.shape[:2], *kernel, *counts), (*x.strides[:2], *strides))


def columns(x: Array, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Array:
    """(N, C, H, W) → (N, C kh kw, patches): every patch as a column."""
    counts = patch_counts(x.shape[2:], kernel, dilation, padding, stride)
    (top, left), (n, c, h, w) = padding, x.shape
    padded = np.zeros((n, c, h + 2 * top, w + 2 * left), x.dtype) if top or left else x
    if padded is not x:
        padded[:, :, top : top + h, left : left + w] = x
    return _patches(padded, counts, kernel, dilation, stride).reshape(n, c * math.prod(kernel), math.prod(counts))


def from_columns(y: Array, size: Any, kernel: Any, dilation: Any, padding: Any, stride: Any) -> Array:
    """(N, C kh kw, patches) → (N, C, H, W): columns added where their patches lie."""
    counts = patch_counts(size, kernel, dilation, padding, stride)
    n, c = y.shape[0], y.shape[1] // math.prod(kernel)
    whole = np.zeros((n, c, *[m + 2 * p for m, p in zip(size, padding, strict=True)]), y.dtype)
    parts, places = y.reshape(n, c, *kernel, *counts), _patches(whole, counts, kernel, dilation, stride)
    for i, j in np.ndindex(*kernel):
        places[:, :, i, j] += parts[:, :, i, j]
    (top, left), (h, w) = padding, size
    return np.ascontiguousarray(whole[:, :, top : top + h, left : left + w])


def windows(x: Array, axis: int, size: int, step: int) -> Array:
    """Windows of an axis, `step` apart, as a view: their elements lie in a new last axis."""
    count = (x.shape[axis] - size) // step + 1
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
    strides = (*x.strides[:axis], x.strides[axis] * step, *x.strides[axis + 1 :], x.strides[axis])
    return np.lib.stride_tricks.as_strided(x, shape, strides)


def from_windows(y: Array, shape: Sequence[int], axis: int, step: int) -> Array:
    """Zeros of `shape` with windows added where they lie: the transpose of `windows`."""
    x = np.zeros(tuple(shape), y.dtype)
    places = windows(x, axis, y.shape[-1], step)
    for i in range(y.shape[-1]):
        places[..., i] += y[..., i]
    return x


def coordinates(n: int, corners: bool, dtype: Any) -> Array:
    """n places from -1 to 1; without `corners` the outermost lie half a pixel inside."""
    line = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return (line if corners else line * (n - 1) / n).astype(dtype)
