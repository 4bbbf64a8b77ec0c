"""3x3 convolution of stride 1 by Winograd's algorithm F(4x4, 3x3): 36 products for each 4x4 tile of the result, not
144.

A tile of 6x6 inputs d and the filter w give the 4x4 results  Y = Aᵀ [(G w Gᵀ) ⊙ (Bᵀ d B)] A  (Winograd, 1980; Lavin and
Gray, 2016). Summed over channels, ⊙ becomes 36 matrix products, (O, C) times (C, tiles), which BLAS computes. The
points of evaluation are 0, ±√½, ±√2 and infinity: symmetric in x -> 1/x, with a third of the usual points' (0, ±1, ±2,
∞) rounding error: 6e-6 of the result's deviation at most with 256 channels, where they have 3e-5.

Everything is done for a block of up to 64 tiles, whole rows of them: the images' rows are copied side by side into a
scratch of constant width, transformed down the columns, then along the rows, where four interleaved columns are read at
once. The formulas of one dimension are written for numbers, and become loops over vectors by `on_rows`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._blas import ROWS, sgemm, sgemm_address
from ._jit import jit, jitable, on_rows, parts_of, share
from .columns import add_row, copy_row

Array = NDArray[Any]

A, B = math.sqrt(0.5), math.sqrt(2.0)
AT = np.array([[1, 1, 1, 1, 1, 0], [0, A, -A, B, -B, 0], [0, 0.5, 0.5, 2, 2, 0], [0, A**3, -(A**3), B**3, -(B**3), 1]])
BT = np.array(
    [
        [1, 0, -2.5, 0, 1, 0],
        [0, -2 * A, -2, A, 1, 0],
        [0, 2 * A, -2, -A, 1, 0],
        [0, -B / 2, -0.5, B, 1, 0],
        [0, B / 2, -0.5, -B, 1, 0],
        [0, 1, 0, -2.5, 0, 1],
    ]
)
G = np.array([[1, 0, 0], [-1, -A, -0.5], [-1, A, -0.5], [0.25, B / 4, 0.5], [0.25, -B / 4, 0.5], [0, 0, 1]])
G *= np.array([1, 2 / 3, 2 / 3, 2 / 3, 2 / 3, 1])[:, None]
FILTER = np.kron(G, G).astype(np.float32)  # (36, 9): a filter's transform is one matrix product

# OpenBLAS computes a product of at most 2¹⁸ multiplications in the calling thread, without its lock. Where the
# products are
# so small, or can be cut so at little cost, several threads of ours each take blocks of their own.

TILES = 64  # of a block: its products are as fast as larger ones, and its 36 (C + O) 64 numbers stay in the cache
COLUMNS = 4 * TILES
BEYOND = 6 * COLUMNS + 2


class Block(NamedTuple):
    """Some rows of tiles, counted through all images; each image has `down` rows of `along` tiles."""

    first: int
    last: int
    down: int
    along: int


# ---------------------------------------------------------------- one dimension, all tiles of a block at once


def _inner(d0: Any, d1: Any, d2: Any, d3: Any, d4: Any, d5: Any) -> Any:
    """Bᵀ d."""
    p, q = d4 - 2 * d2, A * (d3 - 2 * d1)
    s, t = d4 - 0.5 * d2, B * (d3 - 0.5 * d1)
    return d0 - 2.5 * d2 + d4, p + q, p - q, s + t, s - t, d1 - 2.5 * d3 + d5


def _spread(d0: Any, d1: Any, d2: Any, d3: Any) -> Any:
    """A d."""
    p, q = d0 + 0.5 * d2, A * (d1 + 0.5 * d3)
    s, t = d0 + 2 * d2, B * (d1 + 2 * d3)
    return d0, p + q, p - q, s + t, s - t, d3


def _gathered(m0: Any, m1: Any, m2: Any, m3: Any, m4: Any, m5: Any) -> Any:
    """Aᵀ m."""
    p, q, s, t = m1 + m2, A * (m1 - m2), m3 + m4, B * (m3 - m4)
    return m0 + p + s, q + t, 0.5 * p + 2 * s, 0.5 * q + 2 * t + m5


def _gathered_plus(m0: Any, m1: Any, m2: Any, m3: Any, m4: Any, m5: Any, more: Any) -> Any:
    """Aᵀ m + more."""
    return [y + more for y in _gathered(m0, m1, m2, m3, m4, m5)]


def _wide(d0: Any, d1: Any, d2: Any) -> Any:
    """G d."""
    p, q = 1 / 3 * d2, 2 / 3 * d0
    u, v, s, t = -2 / 3 * d0 - p, 2 / 3 * A * d1, 0.25 * q + p, B / 6 * d1
    return d0, u - v, u + v, s + t, s - t, d2


def _narrow(m0: Any, m1: Any, m2: Any, m3: Any, m4: Any, m5: Any) -> Any:
    """Gᵀ m."""
    p, s = m1 + m2, m3 + m4
    return m0 - 2 / 3 * p + 1 / 6 * s, 2 / 3 * A * (m2 - m1) + B / 6 * (m3 - m4), 1 / 3 * (s - p) + m5


# Of whole rows of tiles; "along" reads or writes four columns of the images as one row of each tile.
inner_down, inner_along = on_rows(_inner), on_rows(_inner, gather=True)
spread_down, spread_along = on_rows(_spread), on_rows(_spread, gather=True)
gathered_along, gathered_down = on_rows(_gathered, scatter=True), on_rows(_gathered_plus)
wide, narrow = on_rows(_wide), on_rows(_narrow)


# ---------------------------------------------------------------- filters


def _points_numpy(start: int, stop: int, w: Array, u: Array, turned: bool) -> None:
    part = slice(start * TILES, stop * TILES)
    u[:, part] = (FILTER[:, ::-1] if turned else FILTER) @ w[part].T


@jit(twin=_points_numpy)
def _points(start: int, stop: int, w: Any, u: Any, turned: Any) -> None:
    """G w Gᵀ of filters w (n, 9), 64 at a time: u (36, n). `turned`: each by half a turn."""
    flat, points = w.reshape(-1), u.reshape(-1)
    rows, down, out = np.zeros(9 * TILES, w.dtype), np.empty(18 * TILES, w.dtype), np.empty(36 * TILES, w.dtype)
    for first in range(start * TILES, min(stop * TILES, w.shape[0]), TILES):
        count = min(TILES, w.shape[0] - first)
        for k in range(9):
            source, row = flat[first * 9 + (8 - k if turned else k) :], rows[k * TILES :]
            for i in range(count):
                row[i] = source[9 * i]
        for c in range(3):
            wide(down, c * TILES, 3 * TILES, rows, c * TILES, 3 * TILES, TILES)
        for r in range(6):
            wide(out, 6 * r * TILES, TILES, down, 3 * r * TILES, TILES, TILES)
        for k in range(36):
            copy_row(points, k * w.shape[0] + first, out, k * TILES, count)


def _unpoints_numpy(start: int, stop: int, sums: Array, w: Array) -> None:
    part = slice(start * TILES, stop * TILES)
    w[part] = sums[:, :, part].sum(0).T @ FILTER


@jit(twin=_unpoints_numpy)
def _unpoints(start: int, stop: int, sums: Any, w: Any) -> None:
    """The transpose of `_points`, of the sum of the parts in sums (parts, 36, n): w (n, 9)."""
    flat, points, n = w.reshape(-1), sums.reshape(-1), w.shape[0]
    total, up, out = np.empty(36 * TILES, w.dtype), np.empty(18 * TILES, w.dtype), np.empty(9 * TILES, w.dtype)
    for first in range(start * TILES, min(stop * TILES, n), TILES):
        count = min(TILES, n - first)
        total[:] = 0
        for k in range(36 * sums.shape[0]):
            add_row(total, k % 36 * TILES, points, k * n + first, count)
        for r in range(6):
            narrow(up, 3 * r * TILES, TILES, total, 6 * r * TILES, TILES, TILES)
        for c in range(3):
            narrow(out, c * TILES, 3 * TILES, up, c * TILES, 3 * TILES, TILES)
        for k in range(9):
            to, row = flat[first * 9 + k :], out[k * TILES :]
            for i in range(count):
                to[9 * i] = row[i]


def _transformed(w: Array, turned: bool) -> Array:
    """G w Gᵀ of filters (O, C, 3, 3): (36, O, C)."""
    filters = np.ascontiguousarray(w).reshape(-1, 9)
    u = np.empty((36, *w.shape[:2]), w.dtype)
    _points.split(-(-len(filters) // TILES), TILES * 7.0, filters, u.reshape(36, -1), turned)
    return u


# ---------------------------------------------------------------- images to tiles


def pays(n: int, outs: int, ins: int, size: Sequence[int]) -> bool:
    """Whether this is faster than columns:
    not for few channels, few tiles, or tiles that reach far beyond the result.
    """
    tiles = -(-size[0] // 4) * -(-size[1] // 4)
    fits = 0 < size[1] <= COLUMNS and 16 * tiles < 2.6 * size[0] * size[1]
    return fits and ins >= 4 and outs >= 8 and n * tiles >= 24


def _padded(x: Array, top: int, left: int, height: int, width: int) -> Array:
    """The images at (top, left) of larger, empty ones, cut where they reach beyond."""
    y = np.zeros((*x.shape[:2], height, width), x.dtype)
    part = x[:, :, : height - top, : width - left]
    y[:, :, top : top + part.shape[2], left : left + part.shape[3]] = part
    return y


def _to_block(tiles: Array, v: Array, start: int, stop: int, block: Any) -> None:
    """Tiles (n, C, down, along, 6, 6) of all images to those of the block: (C, 36, 64), the rest 0."""
    first, last, _, along = block
    rows = tiles.transpose(1, 4, 5, 0, 2, 3).reshape(stop - start, 36, -1, along)[:, :, first:last]
    v[start:stop] = 0
    v[start:stop, :, : (last - first) * along] = rows.reshape(stop - start, 36, -1)


def _inputs_numpy(start: int, stop: int, x: Array, v: Array, top: int, left: int, block: Any) -> None:
    _, _, down, along = block
    y = _padded(x[:, start:stop], top, left, 4 * down + 2, 4 * along + 2)
    tiles = np.lib.stride_tricks.sliding_window_view(y, (6, 6), (2, 3))[:, :, ::4, ::4]
    m = BT.astype(x.dtype)
    with np.errstate(all="ignore"):
        _to_block(m @ tiles @ m.T, v, start, stop, block)


@jitable
def _lay_out(x: Any, c: int, top: int, left: int, block: Any, rows: Any, ends: Any) -> None:
    """Six rows of the images for each row of tiles: the columns they share with no other row, and the two beyond."""
    first, last, down, along = block
    _, channels, height, width = x.shape
    line, flat = 4 * along, x.reshape(-1)
    wide, more = min(width, line - left), min(max(width - line + left, 0), 2)
    image, q = first // down, first % down
    for r in range(last - first):
        up = 4 * q - top
        for k in range(max(0, -up), min(6, height - up)):
            source = ((image * channels + c) * height + up + k) * width
            copy_row(rows, k * COLUMNS + r * line + left, flat, source, wide)
            for i in range(more):
                ends[(k * TILES + r) * 2 + i] = flat[source + wide + i]
        q += 1
        if q == down:
            image, q = image + 1, 0


@jitable
def _inputs_loop(start: int, stop: int, x: Any, v: Any, top: int, left: int, block: Any) -> None:
    """Bᵀ d B of the overlapping tiles of images (n, C, h, w): v (C, 36, 64), for the channels from start to stop."""
    first, last, _, along = block
    # Of `turned`, the last two rows of 64 are the columns beyond each tile.
    rows, turned = np.zeros(6 * COLUMNS, x.dtype), np.zeros(BEYOND + 2 * TILES, x.dtype)
    ends, turned_ends = np.zeros(12 * TILES, x.dtype), np.empty(12 * TILES, x.dtype)
    for c in range(start, stop):
        _lay_out(x, c, top, left, block, rows, ends)
        inner_down(turned, 0, COLUMNS, rows, 0, COLUMNS, COLUMNS)
        inner_down(turned_ends, 0, 2 * TILES, ends, 0, 2 * TILES, 2 * TILES)
        tiles = v[c].reshape(-1)
        for k in range(6):
            for i in range(TILES):
                turned[BEYOND + i] = turned[k * COLUMNS + 4 * i + 4]
                turned[BEYOND + TILES + i] = turned[k * COLUMNS + 4 * i + 5]
            for r in range(last - first):
                turned[BEYOND + (r + 1) * along - 1] = turned_ends[(k * TILES + r) * 2]
                turned[BEYOND + TILES + (r + 1) * along - 1] = turned_ends[(k * TILES + r) * 2 + 1]
            inner_along(tiles, 6 * k * TILES, TILES, turned, k * COLUMNS, BEYOND - k * COLUMNS, TILES)


def _grads_numpy(start: int, stop: int, g: Array, v: Array, block: Any) -> None:
    _, _, down, along = block
    y = _padded(g[:, start:stop], 0, 0, 4 * down, 4 * along)
    tiles = y.reshape(*y.shape[:2], down, 4, along, 4).transpose(0, 1, 2, 4, 3, 5)
    m = AT.T.astype(g.dtype)
    with np.errstate(all="ignore"):
        _to_block(m @ tiles @ m.T, v, start, stop, block)


@jitable
def _grads_loop(start: int, stop: int, g: Any, v: Any, block: Any) -> None:
    """A g Aᵀ of the 4x4 tiles of gradients (n, O, h, w): v (O, 36, 64), for the channels from start to stop."""
    first, last, down, along = block
    _, channels, height, width = g.shape
    rows, turned, flat = np.zeros(4 * COLUMNS, g.dtype), np.empty(6 * COLUMNS, g.dtype), g.reshape(-1)
    for c in range(start, stop):
        for r in range(last - first):
            image, q = (first + r) // down, 4 * ((first + r) % down)
            for k in range(min(4, height - q)):
                source = ((image * channels + c) * height + q + k) * width
                copy_row(rows, k * COLUMNS + r * 4 * along, flat, source, width)
        spread_down(turned, 0, COLUMNS, rows, 0, COLUMNS, COLUMNS)
        tiles = v[c].reshape(-1)
        for k in range(6):
            spread_along(tiles, 6 * k * TILES, TILES, turned, k * COLUMNS, 0, TILES)


_inputs, _grads = jit(twin=_inputs_numpy)(_inputs_loop), jit(twin=_grads_numpy)(_grads_loop)


# ---------------------------------------------------------------- tiles to images


def _outputs_numpy(start: int, stop: int, m: Array, b: Array, y: Array, block: Any) -> None:
    first, last, down, along = block
    t = AT.astype(y.dtype)
    with np.errstate(all="ignore"):
        tiles = (
            t @ m[start:stop, :, : (last - first) * along].reshape(stop - start, 6, 6, -1).transpose(0, 3, 1, 2) @ t.T
        )
        tiles += b[start:stop, None, None, None]
    tiles = tiles.reshape(stop - start, last - first, along, 4, 4).transpose(1, 0, 3, 2, 4)
    rows = tiles.reshape(last - first, stop - start, 4, 4 * along)[..., : y.shape[3]]
    for r in range(first, last):
        to = y[r // down, start:stop, 4 * (r % down) : 4 * (r % down) + 4]
        to[...] = rows[r - first, :, : to.shape[1]]


@jitable
def _outputs_loop(start: int, stop: int, m: Any, b: Any, y: Any, block: Any) -> None:
    """Aᵀ m A + b of products m (O, 36, 64): images y (n, O, h, w), for the channels from start to stop."""
    first, last, down, along = block
    _, channels, height, width = y.shape
    rows, turned, flat = np.empty(7 * COLUMNS, y.dtype), np.empty(4 * COLUMNS, y.dtype), y.reshape(-1)
    for c in range(start, stop):
        tiles = m[c].reshape(-1)
        for k in range(6):
            gathered_along(rows, k * COLUMNS, 0, tiles, 6 * k * TILES, TILES, TILES)
        rows[6 * COLUMNS :] = b[c]
        gathered_down(turned, 0, COLUMNS, rows, 0, COLUMNS, COLUMNS)
        for r in range(last - first):
            image, q = (first + r) // down, 4 * ((first + r) % down)
            for k in range(min(4, height - q)):
                to = ((image * channels + c) * height + q + k) * width
                copy_row(flat, to, turned, k * COLUMNS + r * 4 * along, width)


_outputs = jit(twin=_outputs_numpy)(_outputs_loop)


# ---------------------------------------------------------------- a block at a time

# A part of the blocks is one compiled loop, which calls BLAS itself: threads that go back to Python for each product
# wait for each other there, and two were as slow as one (180 us for 8 x 16 x 32 x 32). Where BLAS cannot be called so,
# the same is done call by call.


@jitable
def _rows(n: int, size: Any) -> tuple[int, int, int, int]:
    """How many rows of tiles there are in n images of this size, in one image, and in a block;
    how many tiles in a row.
    """
    down, along = -(-size[0] // 4), -(-size[1] // 4)
    return n * down, down, TILES // along, along


@jitable
def _width(rows: Any, along: Any) -> Any:
    """How many tiles of a block are multiplied: all, where hardly any is empty."""
    tiles = rows * along
    return tiles if tiles < TILES * 3 // 4 else TILES


def _blocks(start: int, stop: int, n: int, size: Any) -> Iterator[tuple[Block, int]]:
    """The blocks from start to stop, with how many tiles of each must be multiplied."""
    count, down, rows, along = _rows(n, size)
    for first in range(start * rows, min(stop * rows, count), rows):
        last = min(first + rows, count)
        yield Block(first, last, down, along), _width(last - first, along)


@jitable
def _count(n: Any, size: Any) -> Any:
    """How many blocks there are."""
    count, _, rows, _ = _rows(n, size)
    return -(-count // rows)


@jitable
def _range_of(start: Any, stop: Any, by_channel: Any, blocks: Any, channels: Any) -> Any:
    """The blocks and the channels of a part: some blocks, or all and some channels (where there is one block)."""
    if by_channel:
        return 0, blocks, start * ROWS, min(stop * ROWS, channels)
    return start, stop, 0, channels


def _convolve_by_calls(
    start: int, stop: int, gemm: int, by_channel: bool, n: int, size: Any, x: Array, u: Array, turned: bool, b: Array,
    y: Array, pad: Any,
) -> None:  # fmt: skip
    u = u.transpose(0, 2, 1) if turned else u
    _, outs, ins = u.shape
    v, m = np.empty((ins, 36, TILES), x.dtype), np.empty((outs, 36, TILES), x.dtype)
    by_point, products = v.transpose(1, 0, 2), m.transpose(1, 0, 2)
    start, stop, a, z = _range_of(start, stop, by_channel, _count(n, size), outs)
    for block, tiles in _blocks(start, stop, n, size):
        _inputs(0, ins, x, v, *pad, block)
        np.matmul(u[:, a:z], by_point[:, :, :tiles], out=products[:, a:z, :tiles])
        _outputs(a, z, m, b, y, block)


@jit(twin=_convolve_by_calls)
def _convolve(
    start: int, stop: int, gemm: Any, by_channel: Any, n: Any, size: Any, x: Any, u: Any, turned: Any, b: Any, y: Any,
    pad: Any,
) -> None:  # fmt: skip
    """Blocks of images: to tiles, 36 products with the filters, back to images."""
    ins, outs, each = x.shape[1], y.shape[1], 36 * TILES
    v, m, filters = np.empty((ins, 36, TILES), x.dtype), np.empty((outs, 36, TILES), x.dtype), u.reshape(-1)
    tiles, products = v.reshape(-1), m.reshape(-1)
    count, down, rows, along = _rows(n, size)
    start, stop, a, z = _range_of(start, stop, by_channel, _count(n, size), outs)
    row, begin = (outs, a) if turned else (ins, a * ins)
    for first in range(start * rows, min(stop * rows, count), rows):
        last = min(first + rows, count)
        block, width = (first, last, down, along), _width(last - first, along)
        _inputs_loop(0, ins, x, v, pad[0], pad[1], block)
        for p in range(36):
            w, source, to = filters[p * outs * ins + begin :], tiles[p * TILES :], products[a * each + p * TILES :]
            sgemm(gemm, turned, 0, z - a, width, ins, w, row, source, each, 0, to, each)
        _outputs_loop(a, z, m, b, y, block)


def convolve(x: Array, w: Array, b: Array | None, size: Sequence[int], pad: Sequence[int], turned: bool) -> Array:
    """The correlation of x (n, C, h, w) with w (O, C, 3, 3), plus b: (n, O, *size); `pad` empty rows above, columns
    left.

    `turned`: with w (C, O, 3, 3), each filter turned by half a turn: the gradient of a convolution's input.
    """
    u = _transformed(w, turned)
    outs, ins = w.shape[1::-1] if turned else w.shape[:2]
    y = np.empty((len(x), outs, *size), x.dtype)
    bias = np.zeros(outs, x.dtype) if b is None else np.ascontiguousarray(b)
    blocks, size = _count(len(x), size), (size[0], size[1])
    by_channel, cost = int(blocks == 1), blocks * TILES * (14 * ins + 5 * outs + 0.36 * ins * outs)
    items = -(-outs // ROWS) if by_channel else blocks
    work = _convolve if sgemm_address() else _convolve_by_calls
    args = np.ascontiguousarray(x), u, int(turned), bias, y, tuple(pad)
    share(work, items, cost / items, sgemm_address(), by_channel, len(x), size, *args)
    return y


def _correlate_by_calls(
    start: int, stop: int, gemm: int, by_channel: bool, n: int, size: Any, x: Array, g: Array, sums: Array, pad: Any
) -> None:
    outs, ins = g.shape[1], x.shape[1]
    v, z = np.empty((ins, 36, TILES), x.dtype), np.empty((outs, 36, TILES), x.dtype)
    count, parts = _count(n, size), len(sums)
    start, stop, a, e = _range_of(start, stop, by_channel, parts, outs)
    for i in range(start, stop):
        for block, tiles in _blocks(count * i // parts, count * (i + 1) // parts, n, size):
            _inputs(0, ins, x, v, *pad, block)
            _grads(a, e, g, z, block)
            sums[i, :, a:e] += np.matmul(z.transpose(1, 0, 2)[:, a:e, :tiles], v.transpose(1, 2, 0)[:, :tiles])


@jit(twin=_correlate_by_calls)
def _correlate(
    start: int, stop: int, gemm: Any, by_channel: Any, n: Any, size: Any, x: Any, g: Any, sums: Any, pad: Any
) -> None:
    """Blocks of images and of gradients: both to tiles, 36 products. The blocks are cut into as many parts as there is
    room for sums.
    """
    ins, outs, apart = x.shape[1], g.shape[1], 36 * TILES
    v, z = np.empty((ins, 36, TILES), x.dtype), np.empty((outs, 36, TILES), x.dtype)
    tiles, grads = v.reshape(-1), z.reshape(-1)
    total, down, rows, along = _rows(n, size)
    count, parts = _count(n, size), sums.shape[0]
    start, stop, a, e = _range_of(start, stop, by_channel, parts, outs)
    for i in range(start, stop):
        to, end = sums[i].reshape(-1), min(count * (i + 1) // parts * rows, total)
        for first in range(count * i // parts * rows, end, rows):
            last = min(first + rows, total)
            block, width = (first, last, down, along), _width(last - first, along)
            _inputs_loop(0, ins, x, v, pad[0], pad[1], block)
            _grads_loop(a, e, g, z, block)
            for p in range(36):
                left, right, out = grads[a * apart + p * TILES :], tiles[p * TILES :], to[(p * outs + a) * ins :]
                sgemm(gemm, 0, 1, e - a, ins, width, left, apart, right, apart, 1, out, ins)


def correlate(x: Array, g: Array, pad: Sequence[int]) -> Array:
    """The gradient of the filters (O, C, 3, 3),
    from the input (n, C, h, w) and the result's gradient (n, O, h', w').
    """
    outs, ins = g.shape[1], x.shape[1]
    blocks = _count(len(x), g.shape[2:])
    by_channel, cost = int(blocks == 1), blocks * TILES * (14 * ins + 5 * outs + 0.6 * ins * outs)
    sums = np.zeros((parts_of(blocks, cost / blocks), 36, outs, ins), g.dtype)
    items = -(-outs // ROWS) if by_channel else len(sums)
    work = _correlate if sgemm_address() else _correlate_by_calls
    args = np.ascontiguousarray(x), np.ascontiguousarray(g), sums, tuple(pad)
    share(work, items, cost / items, sgemm_address(), by_channel, len(x), (*g.shape[2:],), *args)
    filters = np.empty((outs * ins, 9), g.dtype)
    _unpoints.split(-(-len(filters) // TILES), TILES * 7.0, sums.reshape(len(sums), 36, -1), filters)
    return filters.reshape(outs, ins, 3, 3)
