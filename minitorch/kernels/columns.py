"""Convolution by columns: the patches under the kernel are laid out as the columns of a matrix, a block of them at a
time, and multiplied with the filters while they are in the cache.

A block is some rows of the output, of one image or of several: few enough for the cache, enough for BLAS. Padding is
never stored: what lies outside of the image is written as zeros. As in `winograd`, a part of the blocks is one compiled
loop that calls BLAS itself; where BLAS cannot be called so, the same is done call by call.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._blas import sgemm, sgemm_address
from ._jit import jit, jitable, moves_rows, parts_of, share

Array = NDArray[Any]
Three = tuple[int, int, int]

BLOCK = 1 << 17  # entries of the columns of a block
NARROW, WIDE = 96, 1024  # how many columns a block has at least, and at most


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
    def before(self) -> Three:
        """The empty planes in front, the empty rows above and columns to the left."""
        front, top, left = [before for before, _ in self.pads]
        return front, top, left

    @property
    def geometry(self) -> tuple[int, ...]:
        """What the loops need."""
        return (*self.kernel, *self.stride, *self.dilation, *self.output)


def _three(values: Sequence[Any], missing: Any) -> Any:
    return (*(missing,) * (3 - len(values)), *values)


@functools.lru_cache(maxsize=1024)
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


def windows(x: Array, geometry: Any) -> Array:
    """A view (..., kd, kh, kw, od, oh, ow) of padded planes (..., d, h, w)."""
    kernel, stride, dilation, output = geometry[:3], geometry[3:6], geometry[6:9], geometry[9:]
    steps = x.strides[-3:]
    strides = (
        *x.strides[:-3],
        *[s * d for s, d in zip(steps, dilation, strict=True)],
        *[s * t for s, t in zip(steps, stride, strict=True)],
    )
    return np.lib.stride_tricks.as_strided(x, (*x.shape[:-3], *kernel, *output), strides)


# ---------------------------------------------------------------- a block of columns

# The rows of the output are counted through all images; a block is those from `start` to `stop`.


def _places(start: int, stop: int, geometry: Any) -> tuple[Array, Array, Array]:
    """For each row of a block: its image, counted from the first one, its plane, and its place there."""
    rows, (od, oh) = np.arange(start, stop), geometry[9:11]
    return rows // (od * oh) - start // (od * oh), rows // oh % od, rows % oh


def _padded(shape: Any, dtype: Any, before: Any, geometry: Any) -> tuple[Array, Array]:
    """Zeros (images, channels, ...) as far as the windows reach, and the part of them inside of the images."""
    spans = zip(shape[2:], before, *[geometry[i : i + 3] for i in (0, 3, 6, 9)], strict=True)
    size = [max(n + b, (k - 1) * d + (o - 1) * s + 1) for n, b, k, s, d, o in spans]
    padded = np.zeros((*shape[:2], *size), dtype)
    inside = [slice(b, b + n) for b, n in zip(before, shape[2:], strict=True)]
    return padded, padded[(slice(None), slice(None), *inside)]


def _part(x: Array, first: int, columns: Array, start: int, stop: int, geometry: Any) -> Array:
    """The images and the channels that a block needs."""
    lines, points = math.prod(geometry[9:11]), math.prod(geometry[:3])
    return x[start // lines : -(-stop // lines), first : first + len(columns) // points]


def _lay_out_numpy(x: Array, first: int, columns: Array, start: int, stop: int, before: Any, geometry: Any) -> None:
    part = _part(x, first, columns, start, stop, geometry)
    padded, inside = _padded(part.shape, x.dtype, before, geometry)
    inside[...] = part
    i, p, q = _places(start, stop, geometry)
    rows = windows(padded, geometry)[i, :, :, :, :, p, q]  # (row, channel, *kernel, ow)
    columns[:, : len(i) * geometry[11]] = np.moveaxis(rows, 0, -2).reshape(len(columns), -1)


def _add_back_numpy(x: Array, first: int, columns: Array, start: int, stop: int, before: Any, geometry: Any) -> None:
    part = _part(x, first, columns, start, stop, geometry)
    padded, inside = _padded(part.shape, x.dtype, before, geometry)
    i, p, q = _places(start, stop, geometry)
    rows = columns[:, : len(i) * geometry[11]].reshape(part.shape[1], -1, len(i), geometry[11])
    for point, at in enumerate(np.ndindex(*geometry[:3])):
        windows(padded, geometry)[:, :, *at][i, :, p, q] += rows[:, point].swapaxes(0, 1)
    part += inside


@moves_rows()
def copy_row(target: Any, v: Any, source: Any, u: Any, n: Any) -> None:
    """target[v : v + n] = source[u : u + n], for kernels."""


@moves_rows(gather=2)
def copy_evens(target: Any, v: Any, source: Any, u: Any, n: Any) -> None:
    """target[v : v + n] = source[u : u + 2 n : 2], for kernels."""


@moves_rows(scatter=2)
def copy_to_evens(target: Any, v: Any, source: Any, u: Any, n: Any) -> None:
    """target[v : v + 2 n : 2] = source[u : u + n], with zeros between them, for kernels."""


@moves_rows(add=True)
def add_row(target: Any, v: Any, source: Any, u: Any, n: Any) -> None:
    """target[v : v + n] += source[u : u + n], for kernels."""


@moves_rows(scatter=2, add=True)
def add_to_evens(target: Any, v: Any, source: Any, u: Any, n: Any) -> None:
    """target[v : v + 2 n : 2] += source[u : u + n], for kernels."""


@jitable
def _reach(shift: Any, step: Any, size: Any, count: Any) -> Any:
    """From where to where, of `count` positions r, the points r step + shift are inside of a row of this size."""
    low = min(count, max(0, -(shift // step)))
    return low, min(count, max(low, (size - 1 - shift) // step + 1))


@jitable
def _shifts(point: Any, before: Any, geometry: Any) -> Any:
    """How far a kernel point is from the first point of the image: planes, rows, columns."""
    _, kh, kw, _, _, _, dd, dh, dw, _, _, _ = geometry
    front, top, left = before
    return point // (kh * kw) * dd - front, point // kw % kh * dh - top, point % kw * dw - left


@jitable
def _lay_out_loop(x: Any, first: Any, columns: Any, start: Any, stop: Any, before: Any, geometry: Any) -> None:
    kd, kh, kw, sd, sh, sw, _, _, _, od, oh, ow = geometry
    _, channels, depth, height, width = x.shape
    source, target = x.reshape(-1), columns.reshape(-1)
    for k in range(columns.shape[0]):
        c, (back, down, right) = first + k // (kd * kh * kw), _shifts(k % (kd * kh * kw), before, geometry)
        low, high = _reach(right, sw, width, ow)
        i, p, q = start // (od * oh), start // oh % od, start % oh
        columns[k, :] = 0  # what lies outside of the image
        v = k * columns.shape[1] + low
        for _ in range(start, stop):
            z, y = p * sd + back, q * sh + down
            if 0 <= z < depth and 0 <= y < height:
                u = (((i * channels + c) * depth + z) * height + y) * width + right + low * sw
                if sw == 1:
                    copy_row(target, v, source, u, high - low)
                elif sw == 2:
                    copy_evens(target, v, source, u, high - low)
                else:
                    for r in range(high - low):
                        target[v + r] = source[u + r * sw]
            v += ow
            q += 1
            if q == oh:
                q, p = 0, p + 1
                if p == od:
                    p, i = 0, i + 1


@jit(twin=_lay_out_numpy)
def _lay_out(x: Any, first: Any, columns: Any, start: Any, stop: Any, before: Any, geometry: Any) -> None:
    """The columns (channel x kernel point, output point) of a block, of the channels from `first` of x."""
    _lay_out_loop(x, first, columns, start, stop, before, geometry)


@jitable
def _add_back_loop(x: Any, first: Any, columns: Any, start: Any, stop: Any, before: Any, geometry: Any) -> None:
    kd, kh, kw, sd, sh, sw, _, _, _, od, oh, ow = geometry
    _, channels, depth, height, width = x.shape
    source, target = columns.reshape(-1), x.reshape(-1)
    for k in range(columns.shape[0]):
        c, (back, down, right) = first + k // (kd * kh * kw), _shifts(k % (kd * kh * kw), before, geometry)
        low, high = _reach(right, sw, width, ow)
        i, p, q = start // (od * oh), start // oh % od, start % oh
        v = k * columns.shape[1] + low
        for _ in range(start, stop):
            z, y = p * sd + back, q * sh + down
            if 0 <= z < depth and 0 <= y < height:
                u = (((i * channels + c) * depth + z) * height + y) * width + right + low * sw
                if sw == 1:
                    add_row(target, u, source, v, high - low)
                elif sw == 2:
                    add_to_evens(target, u, source, v, high - low)
                else:
                    for r in range(high - low):
                        target[u + r * sw] += source[v + r]
            v += ow
            q += 1
            if q == oh:
                q, p = 0, p + 1
                if p == od:
                    p, i = 0, i + 1


@jit(twin=_add_back_numpy)
def _add_back(x: Any, first: Any, columns: Any, start: Any, stop: Any, before: Any, geometry: Any) -> None:
    """The transpose of `_lay_out`: every entry is added to the point of x that it came from."""
    _add_back_loop(x, first, columns, start, stop, before, geometry)


def _copy_rows_numpy(y: Array, first: int, rows: Array, start: int, stop: int, geometry: Any, back: bool) -> None:
    lines, ow = math.prod(geometry[9:11]), geometry[11]
    at = 0
    while start < stop:  # as far as one image goes
        end = min(stop, (start // lines + 1) * lines)
        width = (end - start) * ow
        part = y[start // lines, first : first + len(rows), start % lines * ow :][:, :width]
        if back:
            part[...] = rows[:, at : at + width]
        else:
            rows[:, at : at + width] = part
        start, at = end, at + width


@jitable
def _copy_rows_loop(y: Any, first: Any, rows: Any, start: Any, stop: Any, geometry: Any, back: Any) -> None:
    lines, ow, at = geometry[9] * geometry[10], geometry[11], 0
    while start < stop:
        end = min(stop, (start // lines + 1) * lines)
        width = (end - start) * ow
        for o in range(rows.shape[0]):
            u = ((start // lines * y.shape[1] + first + o) * lines + start % lines) * ow
            if back:
                copy_row(y.reshape(-1), u, rows.reshape(-1), o * rows.shape[1] + at, width)
            else:
                copy_row(rows.reshape(-1), o * rows.shape[1] + at, y.reshape(-1), u, width)
        start, at = end, at + width


@jit(twin=_copy_rows_numpy)
def _copy_rows(y: Any, first: Any, rows: Any, start: Any, stop: Any, geometry: Any, back: Any) -> None:
    """A block of results y (image, channel, output point), of the channels from `first`: to rows, or `back`."""
    _copy_rows_loop(y, first, rows, start, stop, geometry, back)


# ---------------------------------------------------------------- a part of the blocks


def _forward_by_calls(
    start: int, stop: int, gemm: int, x: Array, w: Array, b: Array, y: Array, wide: int, before: Any, geometry: Any
) -> None:
    groups, outs, ins = w.shape
    columns, products = np.empty((ins, wide), x.dtype), np.empty((outs, wide), x.dtype)
    rows, total = wide // geometry[11], len(x) * math.prod(geometry[9:11])
    for first in range(start * rows, min(stop * rows, total), rows):
        last = min(first + rows, total)
        for group in range(groups):
            _lay_out(x, group * (x.shape[1] // groups), columns, first, last, before, geometry)
            np.matmul(w[group], columns, out=products)
            products += b[group * outs : (group + 1) * outs, None]
            _copy_rows(y, group * outs, products, first, last, geometry, True)


@jit(twin=_forward_by_calls)
def _forward(
    start: int, stop: int, gemm: Any, x: Any, w: Any, b: Any, y: Any, wide: Any, before: Any, geometry: Any
) -> None:
    """Blocks of the results y (n, O, output points) of filters w (groups, O / groups, C / groups x kernel points)."""
    groups, outs, ins = w.shape
    columns, products = np.empty((ins, wide), x.dtype), np.empty((outs, wide), x.dtype)
    rows, total = wide // geometry[11], x.shape[0] * geometry[9] * geometry[10]
    for first in range(start * rows, min(stop * rows, total), rows):
        last = min(first + rows, total)
        width = (last - first) * geometry[11]
        for group in range(groups):
            _lay_out_loop(x, group * (x.shape[1] // groups), columns, first, last, before, geometry)
            for o in range(outs):
                products[o, :width] = b[group * outs + o]
            filters, source, to = w[group].reshape(-1), columns.reshape(-1), products.reshape(-1)
            sgemm(gemm, 0, 0, outs, width, ins, filters, ins, source, wide, 1, to, wide)
            _copy_rows_loop(y, group * outs, products, first, last, geometry, True)


def _input_by_calls(
    start: int, stop: int, gemm: int, g: Array, w: Array, x: Array, wide: int, before: Any, geometry: Any
) -> None:
    groups, outs, ins = w.shape
    columns, grads = np.empty((ins, wide), x.dtype), np.empty((outs, wide), x.dtype)
    rows, lines = wide // geometry[11], math.prod(geometry[9:11])
    for first in range(start * lines, stop * lines, rows):
        last = min(first + rows, stop * lines)
        for group in range(groups):
            _copy_rows(g, group * outs, grads, first, last, geometry, False)
            np.matmul(w[group].T, grads, out=columns)
            _add_back(x, group * (x.shape[1] // groups), columns, first, last, before, geometry)


@jit(twin=_input_by_calls)
def _input(start: int, stop: int, gemm: Any, g: Any, w: Any, x: Any, wide: Any, before: Any, geometry: Any) -> None:
    """The gradients of the images x from start to stop, which are zeros, from those of the results."""
    groups, outs, ins = w.shape
    columns, grads = np.empty((ins, wide), x.dtype), np.empty((outs, wide), x.dtype)
    rows, lines = wide // geometry[11], geometry[9] * geometry[10]
    for first in range(start * lines, stop * lines, rows):
        last = min(first + rows, stop * lines)
        width = (last - first) * geometry[11]
        for group in range(groups):
            _copy_rows_loop(g, group * outs, grads, first, last, geometry, False)
            filters, source, to = w[group].reshape(-1), grads.reshape(-1), columns.reshape(-1)
            sgemm(gemm, 1, 0, ins, width, outs, filters, ins, source, wide, 0, to, wide)
            _add_back_loop(x, group * (x.shape[1] // groups), columns, first, last, before, geometry)


def _weight_by_calls(
    start: int, stop: int, gemm: int, x: Array, g: Array, sums: Array, wide: int, before: Any, geometry: Any
) -> None:
    parts, groups, outs, ins = sums.shape
    columns, grads = np.empty((ins, wide), x.dtype), np.empty((outs, wide), x.dtype)
    rows, total = wide // geometry[11], len(x) * math.prod(geometry[9:11])
    blocks = -(-total // rows)
    for i in range(start, stop):
        for block in range(blocks * i // parts, blocks * (i + 1) // parts):
            first, last = block * rows, min((block + 1) * rows, total)
            width = (last - first) * geometry[11]
            for group in range(groups):
                _lay_out(x, group * (x.shape[1] // groups), columns, first, last, before, geometry)
                _copy_rows(g, group * outs, grads, first, last, geometry, False)
                sums[i, group] += np.matmul(grads[:, :width], columns[:, :width].T)


@jit(twin=_weight_by_calls)
def _weight(start: int, stop: int, gemm: Any, x: Any, g: Any, sums: Any, wide: Any, before: Any, geometry: Any) -> None:
    """The gradients of the filters. The blocks are cut into as many parts as there is room for sums."""
    parts, groups, outs, ins = sums.shape
    columns, grads = np.empty((ins, wide), x.dtype), np.empty((outs, wide), x.dtype)
    rows, total = wide // geometry[11], x.shape[0] * geometry[9] * geometry[10]
    blocks = -(-total // rows)
    for i in range(start, stop):
        for block in range(blocks * i // parts, blocks * (i + 1) // parts):
            first, last = block * rows, min((block + 1) * rows, total)
            width = (last - first) * geometry[11]
            for group in range(groups):
                _lay_out_loop(x, group * (x.shape[1] // groups), columns, first, last, before, geometry)
                _copy_rows_loop(g, group * outs, grads, first, last, geometry, False)
                left, right, to = grads.reshape(-1), columns.reshape(-1), sums[i, group].reshape(-1)
                sgemm(gemm, 0, 1, outs, ins, width, left, wide, right, wide, 1, to, ins)


# ---------------------------------------------------------------- all of them


def _width(n: int, ins: int, p: Plan) -> int:
    """How many columns a block has: whole rows of the output."""
    od, oh, ow = p.output
    rows = min(max(BLOCK // ins, NARROW), WIDE) // ow
    return max(1, min(rows, n * od * oh)) * ow


def _cost(ins: int, outs: int) -> float:
    """Nanoseconds a column, of one group."""
    return ins * (0.3 + 0.012 * outs) + 0.3 * outs


def forward(images: Array, w: Array, b: Array | None, p: Plan) -> Array:
    """The convolution of images (n, C, d, h, w) with w (O, C / groups, *kernel), plus b: (n, O, output points)."""
    filters = filters_of(w, p.groups)
    _, outs, ins = filters.shape
    y = np.empty((len(images), len(w), math.prod(p.output)), images.dtype)
    bias = np.zeros(len(w), w.dtype) if b is None else np.ascontiguousarray(b)
    if not (y.size and w.size):
        y[...] = bias[:, None]
        return y
    wide = _width(len(images), ins, p)
    blocks = -(-len(images) * math.prod(p.output) // wide)
    args = np.ascontiguousarray(images), filters, bias, y, wide, p.before, p.geometry
    _share(_forward, _forward_by_calls, y.dtype, blocks, p.groups * wide * _cost(ins, outs), *args)
    return y


def grad_input(g: Array, w: Array, channels: int, p: Plan) -> Array:
    """The gradient of the images (n, C, d, h, w), from that of the result g (n, O, *output)."""
    filters, points = filters_of(w, p.groups), math.prod(p.output)
    _, outs, ins = filters.shape
    x = np.zeros((len(g), channels, *p.size), g.dtype)
    if not (g.size and x.size):
        return x
    grads = np.ascontiguousarray(g).reshape(*g.shape[:2], points)
    args = grads, filters, x, _width(len(g), ins, p), p.before, p.geometry
    _share(_input, _input_by_calls, g.dtype, len(g), p.groups * points * _cost(ins, outs), *args)
    return x


def grad_weight(images: Array, g: Array, p: Plan) -> Array:
    """The gradient of the filters (groups, O / groups, C / groups x kernel points)."""
    grads = np.ascontiguousarray(g).reshape(*g.shape[:2], math.prod(p.output))
    outs, ins = g.shape[1] // p.groups, images.shape[1] // p.groups * math.prod(p.kernel)
    if not (g.size and images.size):
        return np.zeros((p.groups, outs, ins), g.dtype)
    wide = _width(len(g), ins, p)
    blocks, cost = -(-len(g) * grads.shape[2] // wide), p.groups * wide * _cost(ins, outs)
    sums = np.zeros((parts_of(blocks, cost), p.groups, outs, ins), g.dtype)
    args = np.ascontiguousarray(images), grads, sums, wide, p.before, p.geometry
    _share(_weight, _weight_by_calls, g.dtype, len(sums), blocks * cost / len(sums), *args)
    return sums[0] if len(sums) == 1 else np.asarray(sums.sum(0))


def filters_of(w: Array, groups: int) -> Array:
    """(groups, O / groups, C / groups x kernel points)."""
    return np.ascontiguousarray(w).reshape(groups, w.shape[0] // groups, math.prod(w.shape[1:]))


def _share(compiled: Any, by_calls: Any, dtype: Any, count: int, cost: float, *args: Any) -> None:
    """The loop that calls BLAS, where it can; over nothing, nothing."""
    address = sgemm_address() if dtype == np.float32 else 0
    share(compiled if address else by_calls, count, cost, address, *args)
