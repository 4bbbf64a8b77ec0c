"""Pooling over one to three dimensions; missing ones have size 1. Planes are (N C, d, h, w)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit
from .maths import where

Array = NDArray[Any]


def _three(values: Sequence[int], missing: int) -> tuple[int, ...]:
    return (*(missing,) * (3 - len(values)), *values)


def output_size(size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil_mode: bool = False) -> int:
    """How many windows fit; with `ceil_mode` also one that starts inside but ends outside."""
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    n = -(-room // stride) + 1 if ceil_mode else room // stride + 1
    return n - 1 if ceil_mode and (n - 1) * stride >= size + padding else n


def _planes(x: Array, dims: int) -> Array:
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[: x.ndim - dims]), *_three(x.shape[x.ndim - dims :], 1))


def _outputs(size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> tuple[int, ...]:
    return tuple([output_size(*args, ceil_mode) for args in zip(size, kernel, stride, padding, dilation, strict=True)])


# ---------------------------------------------------------------- max


def _max_python(start: int, stop: int, x: Any, y: Any, at: Any, g: Any) -> None:
    kd, kh, kw, sd, sh, sw, pd, ph, pw, dd, dh, dw = g
    x, y, at = x[start:stop], y[start:stop], at[start:stop]
    depth, height, width = x.shape[1:]
    for i in range(x.shape[0]):
        for p in range(y.shape[1]):
            for q in range(y.shape[2]):
                for r in range(y.shape[3]):
                    best, where = -np.inf, -1
                    for a in range(kd):
                        u = p * sd - pd + a * dd
                        if u < 0 or u >= depth:
                            continue
                        for b in range(kh):
                            v = q * sh - ph + b * dh
                            if v < 0 or v >= height:
                                continue
                            for c in range(kw):
                                w = r * sw - pw + c * dw
                                if w < 0 or w >= width:
                                    continue
                                value = x[i, u, v, w]
                                if where < 0 or value > best or value != value:
                                    best = value
                                    where = (u * height + v) * width + w
                    y[i, p, q, r] = best
                    at[i, p, q, r] = where


_max = jit(twin=_max_python)(_max_python)  # replaced below by a vectorised twin


def _max_numpy(start: int, stop: int, x: Array, y: Array, at: Array, g: Any) -> None:
    """The same with one pass over the planes per kernel point."""
    kernel, stride, padding, dilation = g[:3], g[3:6], g[6:9], g[9:]
    part = x[start:stop]
    size, output = part.shape[1:], y.shape[1:]
    reach = [(o - 1) * s + (k - 1) * d + 1 for o, s, k, d in zip(output, stride, kernel, dilation, strict=True)]
    pads = [(p, max(e - n - p, 0)) for p, e, n in zip(padding, reach, size, strict=True)]
    padded = np.pad(part.astype(np.result_type(part, np.float32)), [(0, 0), *pads], constant_values=-np.inf)
    places = np.pad(np.arange(math.prod(size)).reshape(size), pads, constant_values=-1)
    best = np.full((len(part), *output), -np.inf)
    where = np.full((len(part), *output), -1)
    for point in np.ndindex(*kernel):
        window = tuple(
            [
                slice(k * d, k * d + (o - 1) * s + 1, s)
                for k, d, o, s in zip(point, dilation, output, stride, strict=True)
            ]
        )
        value, place = padded[(slice(None), *window)], places[window]
        better = (place >= 0) & ((where < 0) | (value > best) | np.isnan(value))
        best, where = np.where(better, value, best), np.where(better, place, where)
    y[start:stop], at[start:stop] = best, where


_max.twin = _max_numpy


def _max_of_four_numpy(start: int, stop: int, x: Array, places: Array, y: Array, at: Array) -> None:
    _max_numpy(start, stop, x[:, None], y[:, None], at[:, None], (1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1))


@jit(twin=_max_of_four_numpy)
def _max_of_four(start: int, stop: int, x: Any, places: Any, y: Any, at: Any) -> None:
    """Windows of 2x2 side by side: planes x (n, h, w), `places` the index of each window's first element.

    The rows of a plane are first laid end to end, the even and the odd ones: then one long loop serves all windows.
    """
    x, y, at = x[start:stop], y[start:stop], at[start:stop]
    height, width, down = y.shape[1], 2 * y.shape[2], x.shape[2]
    even, odd = np.empty(height * width, x.dtype), np.empty(height * width, x.dtype)
    one, two = np.uint64(1), np.uint64(2)
    for i in range(x.shape[0]):
        for q in range(height):
            above, below = x[i, 2 * q], x[i, 2 * q + 1]
            first, second = even[q * width : (q + 1) * width], odd[q * width : (q + 1) * width]
            for j in range(width):
                first[j] = above[j]
            for j in range(width):
                second[j] = below[j]
        high, where_ = y[i].reshape(-1), at[i].reshape(-1)
        for t in range(places.size):
            k = np.uint64(t) * two
            best, place = even[k], places[t]
            value = even[k + one]
            better = (value > best) | (value != value)
            best, place = where(better, value, best), where(better, places[t] + 1, place)
            value = odd[k]
            better = (value > best) | (value != value)
            best, place = where(better, value, best), where(better, places[t] + down, place)
            value = odd[k + one]
            better = (value > best) | (value != value)
            high[t], where_[t] = where(better, value, best), where(better, places[t] + down + 1, place)


def _side_by_side(x: Array, output: tuple[int, ...]) -> tuple[Array, Array]:
    planes = np.ascontiguousarray(x).reshape(-1, *x.shape[-2:])
    y = np.empty((len(planes), *output), x.dtype)
    at = np.empty(y.shape, np.int64)
    places = (2 * x.shape[-1] * np.arange(output[0])[:, None] + 2 * np.arange(output[1])).reshape(-1)
    _max_of_four.split(len(planes), y[0].size * 1.5 if len(y) else 1, planes, places, y, at)
    return y, at


def max_pool(
    x: Array,
    kernel: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
) -> tuple[Array, Array]:
    """The largest value of each window (NaN above all), and its index in the flattened plane."""
    dims = len(kernel)
    output = _outputs(x.shape[x.ndim - dims :], kernel, stride, padding, dilation, ceil_mode)
    shape = (*x.shape[: x.ndim - dims], *output)
    if (*kernel, *stride, *padding, *dilation) == (2, 2, 2, 2, 0, 0, 1, 1) and not ceil_mode:
        y, at = _side_by_side(x, output)
        return y.reshape(shape), at.reshape(shape)
    planes = _planes(x, dims)
    y = np.empty((len(planes), *_three(output, 1)), x.dtype)
    at = np.empty(y.shape, np.int64)
    geometry = (
        *_three(tuple(kernel), 1),
        *_three(tuple(stride), 1),
        *_three(tuple(padding), 0),
        *_three(tuple(dilation), 1),
    )
    _max.split(len(planes), math.prod(output) * math.prod(kernel) * 1.5, planes, y, at, geometry)
    return y.reshape(shape), at.reshape(shape)


@np.errstate(all="ignore")
def _put_numpy(start: int, stop: int, g: Array, at: Array, x: Array) -> None:
    x[start:stop] = 0
    for i in range(start, stop):
        np.add.at(x[i], at[i], g[i])


@jit(twin=_put_numpy)
def _put(start: int, stop: int, g: Any, at: Any, x: Any) -> None:
    """g added at indices, plane by plane: each is cleared just before, while the cache is about to hold it anyway."""
    g, at, x = g[start:stop], at[start:stop], x[start:stop]
    for i in range(g.shape[0]):
        plane = x[i]
        plane[:] = 0
        for j in range(g.shape[1]):
            plane[at[i, j]] += g[i, j]


def put_at(g: Array, at: Array, shape: Sequence[int], dims: int) -> Array:
    """Zeros of `shape` with g added at indices of the flattened planes: the gradient of max pooling."""
    planes = math.prod(shape[: len(shape) - dims])
    x = np.empty((planes, math.prod(shape[len(shape) - dims :])), g.dtype)
    if g.size:
        grads, places = [np.ascontiguousarray(t).reshape(planes, -1) for t in (g, at)]
        _put.split(planes, 1.5 * grads.shape[1] + 0.1 * x.shape[1], grads, places, x)
    else:
        x[...] = 0
    return x.reshape(tuple(shape))


def get_at(x: Array, at: Array, dims: int) -> Array:
    """The elements at indices of the flattened planes."""
    count, shape = math.prod(x.shape[: x.ndim - dims]), at.shape
    planes = np.ascontiguousarray(x).reshape(count, math.prod(x.shape[x.ndim - dims :]))
    return np.take_along_axis(planes, at.reshape(count, math.prod(shape[at.ndim - dims :])), 1).reshape(shape)


# ---------------------------------------------------------------- average: windows given by their bounds


@np.errstate(all="ignore")
def _average_numpy(start: int, stop: int, x: Array, y: Array, d: Array, h: Array, w: Array, scale: Array) -> None:
    for p, q, r in np.ndindex(*y.shape[1:]):
        window = x[start:stop, d[p, 0] : d[p, 1], h[q, 0] : h[q, 1], w[r, 0] : w[r, 1]]
        y[start:stop, p, q, r] = window.sum((1, 2, 3)) * scale[p, q, r]


@jit(twin=_average_numpy)
def _average(start: int, stop: int, x: Any, y: Any, d: Any, h: Any, w: Any, scale: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    for i in range(x.shape[0]):
        for p in range(y.shape[1]):
            for q in range(y.shape[2]):
                for r in range(y.shape[3]):
                    total = x.dtype.type(0)
                    for a in range(d[p, 0], d[p, 1]):
                        for b in range(h[q, 0], h[q, 1]):
                            for c in range(w[r, 0], w[r, 1]):
                                total += x[i, a, b, c]
                    y[i, p, q, r] = total * scale[p, q, r]


@np.errstate(all="ignore")
def _share_numpy(start: int, stop: int, g: Array, x: Array, d: Array, h: Array, w: Array, scale: Array) -> None:
    for p, q, r in np.ndindex(*g.shape[1:]):
        window = x[start:stop, d[p, 0] : d[p, 1], h[q, 0] : h[q, 1], w[r, 0] : w[r, 1]]
        window += (g[start:stop, p, q, r] * scale[p, q, r])[:, None, None, None]


@jit(twin=_share_numpy)
def _share(start: int, stop: int, g: Any, x: Any, d: Any, h: Any, w: Any, scale: Any) -> None:
    g, x = g[start:stop], x[start:stop]
    for i in range(g.shape[0]):
        for p in range(g.shape[1]):
            for q in range(g.shape[2]):
                for r in range(g.shape[3]):
                    part = g[i, p, q, r] * scale[p, q, r]
                    for a in range(d[p, 0], d[p, 1]):
                        for b in range(h[q, 0], h[q, 1]):
                            for c in range(w[r, 0], w[r, 1]):
                                x[i, a, b, c] += part


def sliding_windows(
    size: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], ceil_mode: bool,
    count_include_pad: bool, divisor: int | None,
) -> Any:  # fmt: skip
    """The bounds of every window in each dimension, cut to the plane, and 1 / the number it is divided by."""
    output = _outputs(size, kernel, stride, padding, (1,) * len(size), ceil_mode)
    bounds, counts = [], []
    for n, k, s, p, o in zip(size, kernel, stride, padding, output, strict=True):
        start = np.arange(o) * s - p
        end = np.minimum(start + k, n + p)
        inside = np.stack([np.clip(start, 0, n), np.clip(end, 0, n)], 1)
        bounds.append(inside)
        counts.append(end - start if count_include_pad else inside[:, 1] - inside[:, 0])
    return bounds, counts, divisor


def adaptive_windows(size: Sequence[int], output: Sequence[int]) -> Any:
    """Windows that share a plane out evenly: from floor(i n / o) to ceil((i + 1) n / o)."""
    bounds = [
        np.stack([np.arange(o) * n // o, -(-(np.arange(o) + 1) * n // o)], 1) for n, o in zip(size, output, strict=True)
    ]
    return bounds, [b[:, 1] - b[:, 0] for b in bounds], None


def _prepared(windows: Any, dtype: Any) -> tuple[Array, ...]:
    bounds, counts, divisor = windows
    one = np.array([[0, 1]])
    bounds3 = [*[one] * (3 - len(bounds)), *bounds]
    counts3 = [*[np.ones(1, np.int64)] * (3 - len(counts)), *counts]
    count = counts3[0][:, None, None] * counts3[1][:, None] * counts3[2]
    with np.errstate(all="ignore"):
        scale = 1 / (np.full(count.shape, divisor) if divisor else count)
    return (*[np.ascontiguousarray(b, np.int64) for b in bounds3], scale.astype(dtype))


def average(x: Array, windows: Any) -> Array:
    """The mean over each window."""
    dims = len(windows[0])
    if x.dtype.kind in "iu":  # integers are divided as in C: a part of a millionth makes good what 1 / count rounded
        mean = average(x.astype(np.float64), windows)
        return np.trunc(mean + np.sign(mean) * 1e-6).astype(x.dtype)
    *bounds, scale = _prepared(windows, x.dtype)
    planes = _planes(x, dims)
    y = np.empty((len(planes), *scale.shape), x.dtype)
    _average.split(len(planes), planes[0].size if len(planes) else 1, planes, y, *bounds, scale)
    return y.reshape(*x.shape[: x.ndim - dims], *scale.shape[3 - dims :])


def share(g: Array, windows: Any, shape: Sequence[int]) -> Array:
    """Every gradient shared evenly among the elements of its window: the gradient of `average`."""
    dims = len(windows[0])
    *bounds, scale = _prepared(windows, g.dtype)
    size = _three(tuple(shape[len(shape) - dims :]), 1)
    x = np.zeros((math.prod(shape[: len(shape) - dims]), *size), g.dtype)
    _share.split(len(x), math.prod(size), _planes(g, dims), x, *bounds, scale)
    return x.reshape(tuple(shape))


def _last_nan_or_largest(rows: Array) -> Array:
    """The index of the last NaN of each row, else of the first of the largest."""
    found, nan = rows.argmax(1), np.isnan(rows)
    return np.where(nan.any(1), rows.shape[1] - 1 - nan[:, ::-1].argmax(1), found) if nan.any() else found


def window_max(x: Array, windows: Any) -> tuple[Array, Array]:
    """The largest value of each window (NaN above all) and its index in the flattened plane;
    windows by their bounds.
    """
    bounds = windows[0]
    dims = len(bounds)
    size = x.shape[x.ndim - dims :]
    planes = np.ascontiguousarray(x).reshape(math.prod(x.shape[: x.ndim - dims]), *size)
    places = np.arange(math.prod(size)).reshape(size)
    y = np.empty((len(planes), *[len(b) for b in bounds]), x.dtype)
    at = np.empty(y.shape, np.int64)
    for point in np.ndindex(*y.shape[1:]):
        window = tuple([slice(b[i, 0], b[i, 1]) for b, i in zip(bounds, point, strict=True)])
        inside = planes[(slice(None), *window)]
        part = inside.reshape(len(planes), math.prod(inside.shape[1:]))
        best = _last_nan_or_largest(part)
        y[(slice(None), *point)] = part[np.arange(len(part)), best]
        at[(slice(None), *point)] = places[window].reshape(-1)[best]
    shape = (*x.shape[: x.ndim - dims], *y.shape[1:])
    return y.reshape(shape), at.reshape(shape)
