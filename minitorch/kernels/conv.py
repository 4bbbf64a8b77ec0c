"""Convolution over one to three dimensions: patches laid out as columns, a few images at a time, and a matrix product.
For 3x3 filters of stride 1, `winograd` instead.

Everything is computed with three spatial dimensions; missing ones have size 1. Padding is a pair (before, after) per
dimension. `x` is (N, C, *size), `w` (O, C / groups, *kernel), the result (N, O, *output).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import winograd
from ._blas import products, with_one_blas_thread
from ._jit import jit

Array = NDArray[Any]
Three = tuple[int, int, int]

TWO = np.uint64(2)  # unsigned: for a signed index Numba asks each time whether it counts from the end
CHUNK_BYTES = 1 << 21  # of columns at a time: they should stay in the cache until the product has read them


class Plan(NamedTuple):
    """The geometry of one convolution, in three dimensions."""

    kernel: Three
    stride: Three
    dilation: Three
    pads: tuple[tuple[int, int], ...]
    size: Three
    output: Three
    groups: int

    @property
    def padded(self) -> Three:
        """The size with its padding."""
        d, h, w = [n + a + b for n, (a, b) in zip(self.size, self.pads, strict=True)]
        return d, h, w

    @property
    def plain(self) -> bool:
        """Whether the columns are the input itself: a kernel of one point, without stride or padding."""
        return self.padded == self.size == self.output and self.kernel == (1, 1, 1)

    @property
    def square(self) -> bool:
        """Whether the kernel is 3x3, of stride 1, and with no more padding than it can reach."""
        plain = self.kernel == (1, 3, 3) and self.stride == self.dilation == (1, 1, 1) and self.size[0] == 1
        return plain and self.groups == 1 and all(0 <= before <= 2 for before, _ in self.pads[1:])

    @property
    def before(self) -> tuple[int, int]:
        """The empty rows above and columns to the left."""
        return self.pads[1][0], self.pads[2][0]

    @property
    def geometry(self) -> tuple[int, ...]:
        """What the loops need."""
        return (*self.kernel, *self.stride, *self.dilation, *self.output)


def _three(values: Sequence[Any], missing: Any) -> Any:
    return (*(missing,) * (3 - len(values)), *values)


def plan(size: Sequence[int], kernel: Sequence[int], stride: Any, padding: Any, dilation: Any, groups: int) -> Plan:
    """The geometry, from the spatial sizes and the arguments that users give."""
    pads = [(p, p) if isinstance(p, int) else tuple(p) for p in padding]
    size3, kernel3 = _three(tuple(size), 1), _three(tuple(kernel), 1)
    stride3, dilation3, pads3 = _three(tuple(stride), 1), _three(tuple(dilation), 1), _three(tuple(pads), (0, 0))
    output = tuple(
        [
            (n + a + b - d * (k - 1) - 1) // s + 1
            for n, (a, b), d, k, s in zip(size3, pads3, dilation3, kernel3, stride3, strict=True)
        ]
    )
    return Plan(kernel3, stride3, dilation3, pads3, size3, output, groups)


# ---------------------------------------------------------------- columns


def _windows(x: Array, geometry: tuple[int, ...]) -> Array:
    """A view (image, kd, kh, kw, od, oh, ow) of padded planes (image, d, h, w)."""
    kernel, stride, dilation, output = geometry[:3], geometry[3:6], geometry[6:9], geometry[9:]
    steps = x.strides[1:]
    strides = (
        x.strides[0],
        *[s * d for s, d in zip(steps, dilation, strict=True)],
        *[s * t for s, t in zip(steps, stride, strict=True)],
    )
    return np.lib.stride_tricks.as_strided(x, (x.shape[0], *kernel, *output), strides)


def _columns_numpy(start: int, stop: int, x: Array, columns: Array, geometry: Any) -> None:
    part = _windows(x[start:stop], geometry)
    columns[start:stop] = part.reshape(part.shape[0], math.prod(geometry[:3]), -1)


@jit(twin=_columns_numpy)
def _columns(start: int, stop: int, x: Any, columns: Any, geometry: Any) -> None:
    """Planes (image, d, h, w) as columns (image, kernel points, output points)."""
    kd, kh, kw, sd, sh, sw, dd, dh, dw, od, oh, ow = geometry
    _, depth, height, width = x.shape
    source, target, step = x.reshape(-1), columns.reshape(-1), np.uint64(sw)
    for i in range(start, stop):
        for point in range(kd * kh * kw):
            a, b, c = point // (kh * kw), point // kw % kh, point % kw
            for p in range(od):
                for q in range(oh):
                    u = np.uint64(((i * depth + p * sd + a * dd) * height + q * sh + b * dh) * width + c * dw)
                    v = np.uint64(((i * kd * kh * kw + point) * od + p) * oh * ow + q * ow)
                    if sw == 1:
                        for r in range(ow):
                            target[v + np.uint64(r)] = source[u + np.uint64(r)]
                    elif sw == 2:  # with a constant stride LLVM reads whole vectors
                        for r in range(ow):
                            target[v + np.uint64(r)] = source[u + np.uint64(r) * TWO]
                    else:
                        for r in range(ow):
                            target[v + np.uint64(r)] = source[u + np.uint64(r) * step]


def _add_columns_numpy(start: int, stop: int, x: Array, columns: Array, geometry: Any) -> None:
    kd, kh, kw = geometry[:3]
    view = _windows(x[start:stop], geometry)
    parts = columns[start:stop].reshape(view.shape)
    for a in range(kd):
        for b in range(kh):
            for c in range(kw):
                view[:, a, b, c] += parts[:, a, b, c]


@jit(twin=_add_columns_numpy)
def _add_columns(start: int, stop: int, x: Any, columns: Any, geometry: Any) -> None:
    """The transpose of `_columns`: every column entry is added where it came from."""
    kd, kh, kw, sd, sh, sw, dd, dh, dw, od, oh, ow = geometry
    _, depth, height, width = x.shape
    source, target, step = columns.reshape(-1), x.reshape(-1), np.uint64(sw)
    for i in range(start, stop):
        for point in range(kd * kh * kw):
            a, b, c = point // (kh * kw), point // kw % kh, point % kw
            for p in range(od):
                for q in range(oh):
                    u = np.uint64(((i * depth + p * sd + a * dd) * height + q * sh + b * dh) * width + c * dw)
                    v = np.uint64(((i * kd * kh * kw + point) * od + p) * oh * ow + q * ow)
                    if sw == 1:
                        for r in range(ow):
                            target[u + np.uint64(r)] += source[v + np.uint64(r)]
                    else:
                        for r in range(ow):
                            target[u + np.uint64(r) * step] += source[v + np.uint64(r)]


# ---------------------------------------------------------------- one filter per channel

# Here products of matrices would be products of vectors. A padded plane is taken as one long line instead, in which
# each
# kernel point is a shift: so every loop is long, at the price of values between the rows that nobody asked for.


def _depthwise_numpy(start: int, stop: int, x: Array, w: Array, b: Array, y: Array, geometry: Any) -> None:
    per_channel = len(y) // len(x)
    for i in range(start, stop):
        o = i % len(w)
        view = _windows(x[i // per_channel][None], geometry)[0]
        y[i] = np.tensordot(w[o].reshape(geometry[:3]), view, 3) + b[o]


@jit(twin=_depthwise_numpy)
def _depthwise(start: int, stop: int, x: Any, w: Any, b: Any, y: Any, geometry: Any) -> None:
    """Padded planes x (n C, d, h, w) with filters w (C m, points), plus b: y (n C m, *output)."""
    kd, kh, kw, sd, sh, sw, dd, dh, dw, od, oh, ow = geometry
    _, _, height, width = x.shape
    line = np.empty((((od - 1) * sd * height) + (oh - 1) * sh) * width + (ow - 1) * sw + 1, x.dtype)
    per_channel, n = y.shape[0] // x.shape[0], line.size
    for i in range(start, stop):
        o, source = i % w.shape[0], x[i // per_channel].reshape(-1)
        line[:] = b[o]
        for point in range(kd * kh * kw):
            at = (point // (kh * kw) * dd * height + point // kw % kh * dh) * width + point % kw * dw
            shifted, factor = source[at : at + n], w[o, point]
            for j in range(n):
                line[j] += factor * shifted[j]
        for p in range(od):
            for q in range(oh):
                row, to = line[(p * sd * height + q * sh) * width :], y[i, p, q]
                for r in range(ow):
                    to[r] = row[r * sw]


def _depthwise_input_numpy(start: int, stop: int, g: Array, w: Array, x: Array, geometry: Any) -> None:
    per_channel, kernel = len(g) // len(x), geometry[:3]
    x[start:stop] = 0
    for i in range(start * per_channel, stop * per_channel):
        view = _windows(x[i // per_channel][None], geometry)[0]
        for point in np.ndindex(*kernel):
            view[point] += w[i % len(w)].reshape(kernel)[point] * g[i]


@jit(twin=_depthwise_input_numpy)
def _depthwise_input(start: int, stop: int, g: Any, w: Any, x: Any, geometry: Any) -> None:
    """The gradient of x in `_depthwise`, from that of y."""
    kd, kh, kw, sd, sh, sw, dd, dh, dw, od, oh, ow = geometry
    _, _, height, width = x.shape
    line = np.zeros((((od - 1) * sd * height) + (oh - 1) * sh) * width + (ow - 1) * sw + 1, x.dtype)
    per_channel, n = g.shape[0] // x.shape[0], line.size
    for c in range(start, stop):
        target = x[c].reshape(-1)
        target[:] = 0
        for i in range(c * per_channel, (c + 1) * per_channel):
            for p in range(od):
                for q in range(oh):
                    row, source = line[(p * sd * height + q * sh) * width :], g[i, p, q]
                    for r in range(ow):
                        row[r * sw] = source[r]
            for point in range(kd * kh * kw):
                at = (point // (kh * kw) * dd * height + point // kw % kh * dh) * width + point % kw * dw
                shifted, factor = target[at : at + n], w[i % w.shape[0], point]
                for j in range(n):
                    shifted[j] += factor * line[j]


def _depthwise_weight_numpy(start: int, stop: int, x: Array, g: Array, w: Array, geometry: Any) -> None:
    per_channel = len(g) // len(x)
    w[start:stop] = 0
    for i in range(len(g)):
        o = i % len(w)
        if start <= o < stop:
            view = _windows(x[i // per_channel][None], geometry)[0]
            w[o] += np.tensordot(view, g[i], 3).reshape(-1)


@jit(twin=_depthwise_weight_numpy)
def _depthwise_weight(start: int, stop: int, x: Any, g: Any, w: Any, geometry: Any) -> None:
    """The gradient of w in `_depthwise`, for the filters from start to stop."""
    kd, kh, kw, sd, sh, sw, dd, dh, dw, od, oh, ow = geometry
    _, _, height, width = x.shape
    line = np.zeros((((od - 1) * sd * height) + (oh - 1) * sh) * width + (ow - 1) * sw + 1, x.dtype)
    per_channel, n = g.shape[0] // x.shape[0], line.size
    for o in range(start, stop):
        w[o] = 0
        for i in range(o, g.shape[0], w.shape[0]):
            for p in range(od):
                for q in range(oh):
                    row, values = line[(p * sd * height + q * sh) * width :], g[i, p, q]
                    for r in range(ow):
                        row[r * sw] = values[r]
            source = x[i // per_channel].reshape(-1)
            for point in range(kd * kh * kw):
                at = (point // (kh * kw) * dd * height + point // kw % kh * dh) * width + point % kw * dw
                shifted, total = source[at : at + n], x.dtype.type(0)
                for j in range(n):
                    total += shifted[j] * line[j]
                w[o, point] += total


def _depthwise_cost(p: Plan) -> float:
    """Nanoseconds for a plane."""
    return math.prod(p.padded) * (0.1 * math.prod(p.kernel) + 0.3)


# ---------------------------------------------------------------- chunks of images


def _chunks(count: int, channels: int, plan: Plan, itemsize: int) -> Iterator[slice]:
    per_image = channels * math.prod(plan.kernel) * math.prod(plan.output) * itemsize
    step = max(1, CHUNK_BYTES // max(per_image, 1))
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))


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


def _as_columns(x: Array, plan: Plan) -> Array:
    """(n, groups, C / groups x kernel points, output points) of images (n, C, d, h, w)."""
    n, channels = x.shape[:2]
    points, outputs = math.prod(plan.kernel), math.prod(plan.output)
    if plan.plain:
        return np.ascontiguousarray(x).reshape(n, plan.groups, channels // plan.groups, outputs)
    planes = _planes(x, plan).reshape(n * channels, *plan.padded)
    columns = np.empty((n * channels, points, outputs), x.dtype)
    _columns.split(n * channels, points * outputs * 0.3, planes, columns, plan.geometry)
    return columns.reshape(n, plan.groups, channels // plan.groups * points, outputs)


def _of_size(x: Array, size: Sequence[int]) -> Array:
    """The spatial dimensions as three."""
    return x.reshape(*x.shape[:2], *_three(tuple(size), 1))


def _by_tiles(p: Plan, dtype: Any, n: int, outs: int, ins: int, size: Sequence[int]) -> bool:
    """Whether Winograd's algorithm applies and pays; float64 asks for the accuracy of plain sums."""
    return dtype == np.float32 and p.square and p.pads[0] == (0, 0) and winograd.pays(n, outs, ins, size)


def _squares(w: Array) -> Array:
    return w.reshape(*w.shape[:2], 3, 3)


def _filters(w: Array, groups: int) -> Array:
    """(groups, O / groups, C / groups x kernel points)."""
    return np.ascontiguousarray(w).reshape(groups, w.shape[0] // groups, -1)


def _grads(g: Array, groups: int) -> Array:
    """(n, groups, O / groups, output points)."""
    return np.ascontiguousarray(g).reshape(g.shape[0], groups, g.shape[1] // groups, math.prod(g.shape[2:]))


def _zeros_if_none(b: Array | None, w: Array) -> Array:
    return np.zeros(len(w), w.dtype) if b is None else np.ascontiguousarray(b)


def _forward_by_columns(images: Array, w: Array, b: Array | None, p: Plan) -> Array:
    n, groups = len(images), p.groups
    y = np.empty((n, groups, w.shape[0] // groups, math.prod(p.output)), images.dtype)
    filters = _filters(w, groups)
    for part in _chunks(n, images.shape[1], p, images.itemsize):
        products(filters, _as_columns(images[part], p), y[part])
    if b is not None:
        y += b.reshape(groups, -1, 1)
    return y


def _forward_by_channel(images: Array, w: Array, b: Array | None, p: Plan) -> Array:
    planes = _planes(images, p).reshape(-1, *p.padded)
    y = np.empty((len(images) * len(w), *p.output), images.dtype)
    bias, filters = _zeros_if_none(b, w), _filters(w, len(w))[:, 0]
    _depthwise.split(len(y), _depthwise_cost(p), planes, filters, bias, y, p.geometry)
    return y


def _input_by_columns(g: Array, w: Array, channels: int, p: Plan) -> Array:
    n, points, outputs = len(g), math.prod(p.kernel), math.prod(p.output)
    filters, grads = _filters(w, p.groups).transpose(0, 2, 1), _grads(g, p.groups)
    if p.plain:
        return products(filters, grads)
    planes = np.zeros((n, channels, *p.padded), g.dtype)
    for part in _chunks(n, channels, p, g.itemsize):
        columns = products(filters, grads[part])
        count = (part.stop - part.start) * channels
        target = planes[part].reshape(count, *p.padded)
        _add_columns.split(count, points * outputs * 0.4, target, columns.reshape(count, points, outputs), p.geometry)
    return np.ascontiguousarray(_inside(planes, p))


def _input_by_channel(g: Array, w: Array, channels: int, p: Plan) -> Array:
    planes = np.empty((len(g), channels, *p.padded), g.dtype)
    grads, target = np.ascontiguousarray(g).reshape(-1, *p.output), planes.reshape(-1, *p.padded)
    _depthwise_input.split(len(target), _depthwise_cost(p), grads, _filters(w, len(w))[:, 0], target, p.geometry)
    return np.ascontiguousarray(_inside(planes, p))


def _weight_by_columns(images: Array, g: Array, p: Plan) -> Array:
    grads = _grads(g, p.groups)
    channels = images.shape[1]
    total = np.zeros((p.groups, grads.shape[2], channels // p.groups * math.prod(p.kernel)), g.dtype)
    for part in _chunks(len(images), channels, p, images.itemsize):
        total += products(grads[part], _as_columns(images[part], p).transpose(0, 1, 3, 2)).sum(0)
    return total


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
        y = winograd.convolve(images[:, :, 0], _squares(w), b, p.output[1:], p.before, False)
    elif w.shape[1] == 1 < groups and x.size:
        y = _forward_by_channel(images, w, b, p)
    else:
        y = _forward_by_columns(images, w, b, p)
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
        top, left = p.before
        grads = g.reshape(n, len(w), *p.output[1:])
        dx = winograd.convolve(grads, _squares(w), None, p.size[1:], (2 - top, 2 - left), True)
    elif w.shape[1] == 1 < groups and g.size:
        dx = _input_by_channel(g, w, channels, p)
    else:
        dx = _input_by_columns(g, w, channels, p)
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
        dw = winograd.correlate(images[:, :, 0], g.reshape(*g.shape[:2], *p.output[1:]), p.before)
    elif shape[1] == 1 < groups and g.size:
        dw = _weight_by_channel(images, g, p)
    else:
        dw = _weight_by_columns(images, g, p)
    return dw.reshape(tuple(shape))


def add_bias(y: Array, b: Array | None) -> Array:
    """y plus b per channel, in place."""
    if b is not None:
        y += b.reshape(-1, *(1,) * (y.ndim - 2))
    return y
