"""Convolution over one to three dimensions, by the way that suits the filters: 3x3 filters of stride 1 by `winograd`,
one filter per channel by shifted lines, kernels of one point as plain products of matrices, all others by `columns`.

Everything is computed with three spatial dimensions; missing ones have size 1. Padding is a pair (before, after) per
dimension. `x` is (N, C, *size), `w` (O, C / groups, *kernel), the result (N, O, *output).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import columns, winograd
from ._blas import products, with_one_blas_thread
from ._jit import jit, jitable
from .columns import Plan, copy_evens, copy_row, copy_to_evens, filters_of, plan, windows

Array = NDArray[Any]

# ---------------------------------------------------------------- one filter per channel

# Here products of matrices would be products of vectors. A padded plane is taken as one long line instead, in which
# each kernel point is a shift: so every loop is long, at the price of values between the rows that nobody asked for.


def _depthwise_numpy(start: int, stop: int, x: Array, w: Array, b: Array, y: Array, geometry: Any) -> None:
    per_channel = len(y) // len(x)
    for i in range(start, stop):
        o = i % len(w)
        view = windows(x[i // per_channel][None], geometry)[0]
        y[i] = np.tensordot(w[o].reshape(geometry[:3]), view, 3) + b[o]


@jitable
def _starts(points: Any, height: Any, width: Any, geometry: Any) -> Any:
    """Where the line under each kernel point begins in a padded plane."""
    _, kh, kw, _, _, _, dd, dh, dw, _, _, _ = geometry
    starts = np.empty(points, np.int64)
    for point in range(points):
        starts[point] = (point // (kh * kw) * dd * height + point // kw % kh * dh) * width + point % kw * dw
    return starts


@jitable
def _length(height: Any, width: Any, geometry: Any) -> Any:
    """From the first output point to the last, on the long line."""
    _, _, _, sd, sh, sw, _, _, _, od, oh, ow = geometry
    return (((od - 1) * sd * height) + (oh - 1) * sh) * width + (ow - 1) * sw + 1


@jitable
def _add_shifted(line: Any, source: Any, starts: Any, factors: Any) -> None:
    """line[j] += the sum of factors[p] source[starts[p] + j]; three points at a time, to pass less often."""
    n, whole = line.size, starts.size // 3 * 3
    for p in range(0, whole, 3):
        a, b, c = source[starts[p] :], source[starts[p + 1] :], source[starts[p + 2] :]
        s, t, u = factors[p], factors[p + 1], factors[p + 2]
        for j in range(n):
            line[j] += s * a[j] + t * b[j] + u * c[j]
    for p in range(whole, starts.size):
        a, s = source[starts[p] :], factors[p]
        for j in range(n):
            line[j] += s * a[j]


@jitable
def _spread_out(values: Any, line: Any, height: Any, width: Any, geometry: Any) -> None:
    """Output points to their places on the line."""
    _, _, _, sd, sh, sw, _, _, _, od, oh, ow = geometry
    source = values.reshape(-1)
    for p in range(od):
        for q in range(oh):
            at, u = (p * sd * height + q * sh) * width, (p * oh + q) * ow
            if sw == 1:
                copy_row(line, at, source, u, ow)
            elif sw == 2:
                copy_to_evens(line, at, source, u, ow)
            else:
                for r in range(ow):
                    line[at + r * sw] = source[u + r]


@jitable
def _gathered(line: Any, values: Any, height: Any, width: Any, geometry: Any) -> None:
    """Output points from their places on the line."""
    _, _, _, sd, sh, sw, _, _, _, od, oh, ow = geometry
    target = values.reshape(-1)
    for p in range(od):
        for q in range(oh):
            at, v = (p * sd * height + q * sh) * width, (p * oh + q) * ow
            if sw == 1:
                copy_row(target, v, line, at, ow)
            elif sw == 2:
                copy_evens(target, v, line, at, ow)
            else:
                for r in range(ow):
                    target[v + r] = line[at + r * sw]


@jit(twin=_depthwise_numpy)
def _depthwise(start: int, stop: int, x: Any, w: Any, b: Any, y: Any, geometry: Any) -> None:
    """Padded planes x (n C, d, h, w) with filters w (C m, points), plus b: y (n C m, *output)."""
    _, _, height, width = x.shape
    line, starts = np.empty(_length(height, width, geometry), x.dtype), _starts(w.shape[1], height, width, geometry)
    per_channel = y.shape[0] // x.shape[0]
    for i in range(start, stop):
        line[:] = b[i % w.shape[0]]
        _add_shifted(line, x[i // per_channel].reshape(-1), starts, w[i % w.shape[0]])
        _gathered(line, y[i], height, width, geometry)


def _depthwise_input_numpy(start: int, stop: int, g: Array, w: Array, x: Array, geometry: Any) -> None:
    per_channel, kernel = len(g) // len(x), geometry[:3]
    x[start:stop] = 0
    for i in range(start * per_channel, stop * per_channel):
        view = windows(x[i // per_channel][None], geometry)[0]
        for point in np.ndindex(*kernel):
            view[point] += w[i % len(w)].reshape(kernel)[point] * g[i]


@jit(twin=_depthwise_input_numpy)
def _depthwise_input(start: int, stop: int, g: Any, w: Any, x: Any, geometry: Any) -> None:
    """The gradient of x in `_depthwise`, from that of y: the line between zeros, and each kernel point shifted back."""
    _, _, height, width = x.shape
    starts, n = _starts(w.shape[1], height, width, geometry), _length(height, width, geometry)
    reach = starts[-1]
    line = np.zeros(reach + n + reach, x.dtype)
    per_channel = g.shape[0] // x.shape[0]
    for c in range(start, stop):
        target = x[c].reshape(-1)
        target[:] = 0
        for i in range(c * per_channel, (c + 1) * per_channel):
            _spread_out(g[i], line[reach:], height, width, geometry)
            _add_shifted(target[: n + reach], line, reach - starts, w[i % w.shape[0]])


def _depthwise_weight_numpy(start: int, stop: int, x: Array, g: Array, w: Array, geometry: Any) -> None:
    per_channel = len(g) // len(x)
    w[start:stop] = 0
    for i in range(len(g)):
        o = i % len(w)
        if start <= o < stop:
            view = windows(x[i // per_channel][None], geometry)[0]
            w[o] += np.tensordot(view, g[i], 3).reshape(-1)


@jitable
def _exact_sums(source: Any, values: Any, sums: Any, starts: Any, height: Any, width: Any, geometry: Any) -> None:
    """sums[p] += the products of the inputs under kernel point p with the values, and of nothing else."""
    _, _, _, sd, sh, sw, _, _, _, _, oh, ow = geometry
    for j in range(values.size):
        at = (j // (oh * ow) * sd * height + j // ow % oh * sh) * width + j % ow * sw
        for p in range(starts.size):
            sums[p] += source[starts[p] + at] * values[j]


@jit(twin=_depthwise_weight_numpy)
def _depthwise_weight(start: int, stop: int, x: Any, g: Any, w: Any, geometry: Any) -> None:
    """The gradient of w in `_depthwise`, for the filters from start to stop."""
    _, _, height, width = x.shape
    starts, n = _starts(w.shape[1], height, width, geometry), _length(height, width, geometry)
    line, zero = np.zeros(n, x.dtype), x.dtype.type(0)
    per_channel, whole = g.shape[0] // x.shape[0], starts.size // 3 * 3
    for o in range(start, stop):
        sums = w[o]
        sums[:] = 0
        for i in range(o, g.shape[0], w.shape[0]):
            _spread_out(g[i], line, height, width, geometry)
            source = x[i // per_channel].reshape(-1)
            for p in range(0, whole, 3):
                a, b, c = source[starts[p] :], source[starts[p + 1] :], source[starts[p + 2] :]
                s, t, u = zero, zero, zero
                for j in range(n):
                    s += a[j] * line[j]
                    t += b[j] * line[j]
                    u += c[j] * line[j]
                sums[p] += s
                sums[p + 1] += t
                sums[p + 2] += u
            for p in range(whole, starts.size):
                a, s = source[starts[p] :], zero
                for j in range(n):
                    s += a[j] * line[j]
                sums[p] += s
        # Between the outputs, zeros were multiplied by inputs that nobody asked for: not even if they are NaN.
        if not np.isfinite(sums.sum()):
            sums[:] = 0
            for i in range(o, g.shape[0], w.shape[0]):
                source, values = x[i // per_channel].reshape(-1), g[i].reshape(-1)
                _exact_sums(source, values, sums, starts, height, width, geometry)


def _depthwise_cost(p: Plan) -> float:
    """Nanoseconds for a plane."""
    return math.prod(p.padded) * (0.1 * math.prod(p.kernel) + 0.3)


# ---------------------------------------------------------------- the ways


def _planes(x: Array, plan: Plan) -> Array:
    """Images (N, C, d, h, w) with their padding, in memory of their own if there is any."""
    if plan.padded == plan.size:
        return np.ascontiguousarray(x)
    padded = np.zeros((*x.shape[:2], *plan.padded), x.dtype)
    _inside(padded, plan)[...] = x
    return padded


def _inside(padded: Array, plan: Plan) -> Array:
    parts = tuple([slice(a, a + n) for (a, _), n in zip(plan.pads, plan.size, strict=True)])
    return padded[(slice(None), slice(None), *parts)]


def _of_size(x: Array, size: Sequence[int]) -> Array:
    """The spatial dimensions as three."""
    return x.reshape(*x.shape[:2], *(1,) * (3 - len(size)), *size)


def _by_tiles(p: Plan, dtype: Any, n: int, outs: int, ins: int, size: Sequence[int]) -> bool:
    """Whether Winograd's algorithm applies and pays; float64 asks for the accuracy of plain sums."""
    return dtype == np.float32 and p.square and p.pads[0] == (0, 0) and winograd.pays(n, outs, ins, size)


def _squares(w: Array) -> Array:
    return w.reshape(*w.shape[:2], 3, 3)


def _grouped(x: Array, groups: int) -> Array:
    """(n, groups, channels / groups, points)."""
    return np.ascontiguousarray(x).reshape(x.shape[0], groups, x.shape[1] // groups, math.prod(x.shape[2:]))


def _forward_by_product(images: Array, w: Array, b: Array | None, p: Plan) -> Array:
    y = products(filters_of(w, p.groups), _grouped(images, p.groups))
    if b is not None:
        y += b.reshape(p.groups, -1, 1)
    return y


def _weight_by_product(images: Array, g: Array, p: Plan) -> Array:
    return products(_grouped(g, p.groups), _grouped(images, p.groups).transpose(0, 1, 3, 2)).sum(0)


def _forward_by_channel(images: Array, w: Array, b: Array | None, p: Plan) -> Array:
    planes = _planes(images, p).reshape(-1, *p.padded)
    y = np.empty((len(images) * len(w), *p.output), images.dtype)
    bias = np.zeros(len(w), w.dtype) if b is None else np.ascontiguousarray(b)
    _depthwise.split(len(y), _depthwise_cost(p), planes, filters_of(w, len(w))[:, 0], bias, y, p.geometry)
    return y


def _input_by_channel(g: Array, w: Array, channels: int, p: Plan) -> Array:
    planes = np.empty((len(g), channels, *p.padded), g.dtype)
    grads, target = np.ascontiguousarray(g).reshape(-1, *p.output), planes.reshape(-1, *p.padded)
    _depthwise_input.split(len(target), _depthwise_cost(p), grads, filters_of(w, len(w))[:, 0], target, p.geometry)
    return np.ascontiguousarray(_inside(planes, p))


def _weight_by_channel(images: Array, g: Array, p: Plan) -> Array:
    planes, grads = _planes(images, p).reshape(-1, *p.padded), np.ascontiguousarray(g).reshape(-1, *p.output)
    filters = np.empty((g.shape[1], math.prod(p.kernel)), g.dtype)
    _depthwise_weight.split(len(filters), len(images) * _depthwise_cost(p), planes, grads, filters, p.geometry)
    return filters


# ---------------------------------------------------------------- what the operations call


@with_one_blas_thread
@np.errstate(all="ignore")
def forward(x: Array, w: Array, b: Array | None, stride: Any, padding: Any, dilation: Any, groups: int) -> Array:
    """The convolution (a correlation, as in all of deep learning) of x with w, plus b per channel."""
    p = plan(x.shape[2:], w.shape[2:], stride, padding, dilation, groups)
    images = _of_size(x, x.shape[2:])
    if _by_tiles(p, x.dtype, len(x), len(w), x.shape[1], p.output[1:]):
        y = winograd.convolve(images[:, :, 0], _squares(w), b, p.output[1:], p.before[1:], False)
    elif w.shape[1] == 1 < groups and x.size:
        y = _forward_by_channel(images, w, b, p)
    elif p.plain:
        y = _forward_by_product(images, w, b, p)
    else:
        y = columns.forward(images, w, b, p)
    return y.reshape(x.shape[0], w.shape[0], *p.output[5 - x.ndim :])


@with_one_blas_thread
@np.errstate(all="ignore")
def grad_input(
    g: Array, w: Array, shape: Sequence[int], stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    """The gradient of the input of `shape`, from that of the output: also the forward of a transposed convolution."""
    p = plan(shape[2:], w.shape[2:], stride, padding, dilation, groups)
    n, channels = shape[:2]
    if _by_tiles(p, g.dtype, n, channels, len(w), p.size[1:]):
        _, top, left = p.before
        grads = g.reshape(n, len(w), *p.output[1:])
        dx = winograd.convolve(grads, _squares(w), None, p.size[1:], (2 - top, 2 - left), True)
    elif w.shape[1] == 1 < groups and g.size:
        dx = _input_by_channel(g, w, channels, p)
    elif p.plain:
        dx = products(filters_of(w, p.groups).transpose(0, 2, 1), _grouped(g, p.groups))
    else:
        dx = columns.grad_input(g, w, channels, p)
    return dx.reshape(tuple(shape))


@with_one_blas_thread
@np.errstate(all="ignore")
def grad_weight(
    x: Array, g: Array, shape: Sequence[int], stride: Any, padding: Any, dilation: Any, groups: int
) -> Array:
    """The gradient of the weight of `shape`, from the input and the gradient of the output."""
    p = plan(x.shape[2:], shape[2:], stride, padding, dilation, groups)
    images = _of_size(x, x.shape[2:])
    if _by_tiles(p, g.dtype, len(x), shape[0], shape[1], p.output[1:]):
        dw = winograd.correlate(images[:, :, 0], g.reshape(*g.shape[:2], *p.output[1:]), p.before[1:])
    elif shape[1] == 1 < groups and g.size:
        dw = _weight_by_channel(images, g, p)
    elif p.plain:
        dw = _weight_by_product(images, g, p)
    else:
        dw = columns.grad_weight(images, g, p)
    return dw.reshape(tuple(shape))


def add_bias(y: Array, b: Array | None) -> Array:
    """y plus b per channel, in place."""
    if b is not None:
        y += b.reshape(-1, *(1,) * (y.ndim - 2))
    return y
