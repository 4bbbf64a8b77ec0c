"""Softmax, log-softmax and their derivatives, stable: every exponent is taken relative to the largest.

Where the axis is the last, arrays are (rows, n) and worked on in strips of rows that stay in the first cache: the
exponentials of a strip are one flat loop, so that short rows are vectorised too. Else arrays are (outer, n, inner), and
a tile of columns is worked on at a time. A row with NaN, with +inf or with nothing but -inf gives NaN, as in PyTorch.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import Kernel, jit, jitable, word
from .reduce import largest_of_row

Array = NDArray[Any]


STRIP = 2048  # elements of the rows that are worked on together
TILE = 512  # columns that are worked on together


# Sums may be added up in any order here (`FASTMATH`), but not these: top + shift would swallow a small shift.
@word(lambda x, top, shift: lambda x, top, shift: (x - top) - shift, maths.EXACT)
def log_share(x: Any, top: Any, shift: Any) -> Any:
    """The logarithm of a probability: x less the largest, then less the logarithm of the sum."""
    return (x - top) - shift


@word(lambda x, top, shift: lambda x, top, shift: shift - (x - top), maths.EXACT)
def cost(x: Any, top: Any, shift: Any) -> Any:
    """The same with the other sign. (Negated outside, the sum would be free to be reordered again.)"""
    return shift - (x - top)


# ---------------------------------------------------------------- canonical form


def canonical(x: Array, axis: int) -> Array:
    """x as C-contiguous (rows, n) where the axis is the last, else as (outer, n, inner)."""
    if x.ndim == 2 and axis == 1 and x.flags.c_contiguous:  # mostly
        return x
    if not x.ndim:
        return x.reshape(1, 1)
    if axis == x.ndim - 1 and x.size and x.flags.c_contiguous:
        return x.reshape(-1, x.shape[axis])
    outer, n, inner = math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :])
    shape: tuple[int, ...] = (outer, n) if inner == 1 else (outer, n, inner)
    return np.ascontiguousarray(x).reshape(shape)


def _map(rows: Kernel, columns: Kernel, cost: float, axis: int, *arrays: Array) -> Array:
    """A kernel from arrays of one shape to an array of that shape."""
    x = arrays[0]
    out = np.empty(x.shape, x.dtype)
    if not x.size:
        return out
    axis = axis % max(x.ndim, 1)
    flat = [canonical(a, axis) for a in (*arrays, out)]
    shape: tuple[int, ...] = flat[0].shape
    if len(shape) == 2:
        rows.split(shape[0], shape[1] * cost + 10, *flat)
    else:
        outer, n, inner = shape
        tiles = -(-inner // TILE)
        columns.split(outer * tiles, n * inner / tiles * cost + 10, *flat)
    return out


def tiles_numpy(start: int, stop: int, inner: int) -> list[tuple[int, slice]]:
    """(outer index, columns) of the items of a kernel that goes by tiles."""
    tiles = -(-inner // TILE)
    return [(item // tiles, slice(item % tiles * TILE, item % tiles * TILE + TILE)) for item in range(start, stop)]


def shifted_numpy(x: Array, axis: int) -> tuple[Array, Array]:
    """x less the largest, and the sum of their exponentials."""
    shifted = x - x.max(axis, keepdims=True)
    return shifted, np.exp(shifted).sum(axis, keepdims=True)


@jitable
def exponentials(x: Any, e: Any, top: Any, total: Any) -> None:
    """For a strip x of rows: top, the largest of each; e = e^(x - top); total = Σ e."""
    for i in range(x.shape[0]):
        row, out = x[i], e[i]
        t = largest_of_row(row)
        top[i] = t
        for j in range(row.size):
            out[j] = row[j] - t
    flat = e.reshape(e.size)
    for j in range(flat.size):
        flat[j] = maths.exp_below(flat[j])
    for i in range(x.shape[0]):
        out, s = e[i], x.dtype.type(0)
        for j in range(out.size):
            s += out[j]
        total[i] = s


@jitable
def column_exponentials(x: Any, at: int, top: Any, total: Any) -> None:
    """For a tile, from column `at`, of x (n, inner): top, the largest of each column; total = Σ e^(x - top)."""
    for j in range(top.size):
        top[j], total[j] = -np.inf, 0
    for r in range(x.shape[0]):
        row = x[r, at : at + TILE]
        for j in range(top.size):
            top[j] = row[j] if row[j] > top[j] else top[j]
    for r in range(x.shape[0]):
        row = x[r, at : at + TILE]
        for j in range(top.size):
            total[j] += maths.exp_below(row[j] - top[j])


# ---------------------------------------------------------------- softmax


def _softmax_rows_numpy(start: int, stop: int, x: Array, y: Array) -> None:
    with np.errstate(all="ignore"):
        shifted, total = shifted_numpy(x[start:stop], 1)
        y[start:stop] = np.exp(shifted) / total


@jit(twin=_softmax_rows_numpy)
def _softmax_rows(start: int, stop: int, x: Any, y: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    step = max(1, STRIP // x.shape[1])
    top, total = np.empty(step, x.dtype), np.empty(step, x.dtype)
    for at in range(0, x.shape[0], step):
        ys = y[at : at + step]
        exponentials(x[at : at + step], ys, top, total)
        for i in range(ys.shape[0]):
            out, scale = ys[i], x.dtype.type(1) / total[i]
            for j in range(out.size):
                out[j] *= scale


def _softmax_columns_numpy(start: int, stop: int, x: Array, y: Array) -> None:
    for i, part in tiles_numpy(start, stop, x.shape[2]):
        with np.errstate(all="ignore"):
            shifted, total = shifted_numpy(x[i, :, part], 0)
            y[i, :, part] = np.exp(shifted) / total


@jit(twin=_softmax_columns_numpy)
def _softmax_columns(start: int, stop: int, x: Any, y: Any) -> None:
    tiles = (x.shape[2] + TILE - 1) // TILE
    tops, scales = np.empty(TILE, x.dtype), np.empty(TILE, x.dtype)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        size = min(TILE, x.shape[2] - at)
        top, scale = tops[:size], scales[:size]
        for j in range(size):
            top[j], scale[j] = -np.inf, 0
        for r in range(x.shape[1]):
            row = x[i, r, at : at + TILE]
            for j in range(top.size):
                top[j] = row[j] if row[j] > top[j] else top[j]
        for r in range(x.shape[1]):
            row, out = x[i, r, at : at + TILE], y[i, r, at : at + TILE]
            for j in range(top.size):
                e = maths.exp_below(row[j] - top[j])
                out[j] = e
                scale[j] += e
        for j in range(top.size):
            scale[j] = x.dtype.type(1) / scale[j]
        for r in range(x.shape[1]):
            out = y[i, r, at : at + TILE]
            for j in range(top.size):
                out[j] *= scale[j]


def softmax(x: Array, axis: int) -> Array:
    """eˣ / Σ eˣ along the axis."""
    return _map(_softmax_rows, _softmax_columns, 0.5, axis, x)


def _softmax_grad_rows_numpy(start: int, stop: int, g: Array, y: Array, dx: Array) -> None:
    g, y = g[start:stop], y[start:stop]
    with np.errstate(all="ignore"):
        dx[start:stop] = y * (g - (g * y).sum(1, keepdims=True))


@jit(twin=_softmax_grad_rows_numpy)
def _softmax_grad_rows(start: int, stop: int, g: Any, y: Any, dx: Any) -> None:
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    for i in range(g.shape[0]):
        a, b, out = g[i], y[i], dx[i]
        dot = g.dtype.type(0)
        for j in range(out.size):
            dot += a[j] * b[j]
        for j in range(out.size):
            out[j] = b[j] * (a[j] - dot)


def _softmax_grad_columns_numpy(start: int, stop: int, g: Array, y: Array, dx: Array) -> None:
    for i, part in tiles_numpy(start, stop, g.shape[2]):
        with np.errstate(all="ignore"):
            dot = (g[i, :, part] * y[i, :, part]).sum(0)
            dx[i, :, part] = y[i, :, part] * (g[i, :, part] - dot)


@jit(twin=_softmax_grad_columns_numpy)
def _softmax_grad_columns(start: int, stop: int, g: Any, y: Any, dx: Any) -> None:
    tiles = (g.shape[2] + TILE - 1) // TILE
    dots = np.empty(TILE, g.dtype)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        dot = dots[: min(TILE, g.shape[2] - at)]
        for j in range(dot.size):
            dot[j] = 0
        for r in range(g.shape[1]):
            a, b = g[i, r, at : at + TILE], y[i, r, at : at + TILE]
            for j in range(dot.size):
                dot[j] += a[j] * b[j]
        for r in range(g.shape[1]):
            a, b, out = g[i, r, at : at + TILE], y[i, r, at : at + TILE], dx[i, r, at : at + TILE]
            for j in range(dot.size):
                out[j] = b[j] * (a[j] - dot[j])


def softmax_grad(g: Array, y: Array, axis: int) -> Array:
    """y (g - Σ g y)."""
    return _map(_softmax_grad_rows, _softmax_grad_columns, 0.3, axis, g, y)


# ---------------------------------------------------------------- log-softmax


def _log_softmax_rows_numpy(start: int, stop: int, x: Array, y: Array) -> None:
    with np.errstate(all="ignore"):
        shifted, total = shifted_numpy(x[start:stop], 1)
        y[start:stop] = shifted - np.log(total)


@jit(twin=_log_softmax_rows_numpy)
def _log_softmax_rows(start: int, stop: int, x: Any, y: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    step = max(1, STRIP // x.shape[1])
    top, total = np.empty(step, x.dtype), np.empty(step, x.dtype)
    for at in range(0, x.shape[0], step):
        xs, ys = x[at : at + step], y[at : at + step]
        exponentials(xs, ys, top, total)
        for i in range(total.size):
            total[i] = maths.log(total[i])
        for i in range(xs.shape[0]):
            row, out, t, s = xs[i], ys[i], top[i], total[i]
            for j in range(out.size):
                out[j] = log_share(row[j], t, s)


def _log_softmax_columns_numpy(start: int, stop: int, x: Array, y: Array) -> None:
    for i, part in tiles_numpy(start, stop, x.shape[2]):
        with np.errstate(all="ignore"):
            shifted, total = shifted_numpy(x[i, :, part], 0)
            y[i, :, part] = shifted - np.log(total)


@jit(twin=_log_softmax_columns_numpy)
def _log_softmax_columns(start: int, stop: int, x: Any, y: Any) -> None:
    tiles = (x.shape[2] + TILE - 1) // TILE
    tops, totals = np.empty(TILE, x.dtype), np.empty(TILE, x.dtype)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        size = min(TILE, x.shape[2] - at)
        top, total = tops[:size], totals[:size]
        column_exponentials(x[i], at, top, total)
        for j in range(size):
            total[j] = maths.log(total[j])
        for r in range(x.shape[1]):
            row, out = x[i, r, at : at + TILE], y[i, r, at : at + TILE]
            for j in range(top.size):
                out[j] = log_share(row[j], top[j], total[j])


def log_softmax(x: Array, axis: int) -> Array:
    """x - ln Σ eˣ along the axis."""
    return _map(_log_softmax_rows, _log_softmax_columns, 0.5, axis, x)


def _log_softmax_grad_rows_numpy(start: int, stop: int, g: Array, y: Array, dx: Array) -> None:
    g, y = g[start:stop], y[start:stop]
    with np.errstate(all="ignore"):
        dx[start:stop] = g - np.exp(y) * g.sum(1, keepdims=True)


@jit(twin=_log_softmax_grad_rows_numpy)
def _log_softmax_grad_rows(start: int, stop: int, g: Any, y: Any, dx: Any) -> None:
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    step = max(1, STRIP // g.shape[1])
    for at in range(0, g.shape[0], step):
        gs, ys, out = g[at : at + step], y[at : at + step], dx[at : at + step]
        a, b = ys.reshape(ys.size), out.reshape(out.size)
        for j in range(b.size):
            b[j] = maths.exp(a[j])
        for i in range(gs.shape[0]):
            a, b, total = gs[i], out[i], g.dtype.type(0)
            for j in range(b.size):
                total += a[j]
            for j in range(b.size):
                b[j] = a[j] - b[j] * total


def _log_softmax_grad_columns_numpy(start: int, stop: int, g: Array, y: Array, dx: Array) -> None:
    for i, part in tiles_numpy(start, stop, g.shape[2]):
        with np.errstate(all="ignore"):
            dx[i, :, part] = g[i, :, part] - np.exp(y[i, :, part]) * g[i, :, part].sum(0)


@jit(twin=_log_softmax_grad_columns_numpy)
def _log_softmax_grad_columns(start: int, stop: int, g: Any, y: Any, dx: Any) -> None:
    tiles = (g.shape[2] + TILE - 1) // TILE
    totals = np.empty(TILE, g.dtype)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        total = totals[: min(TILE, g.shape[2] - at)]
        for j in range(total.size):
            total[j] = 0
        for r in range(g.shape[1]):
            a = g[i, r, at : at + TILE]
            for j in range(total.size):
                total[j] += a[j]
        for r in range(g.shape[1]):
            a, b, out = g[i, r, at : at + TILE], y[i, r, at : at + TILE], dx[i, r, at : at + TILE]
            for j in range(total.size):
                out[j] = a[j] - maths.exp(b[j]) * total[j]


def log_softmax_grad(g: Array, y: Array, axis: int) -> Array:
    """g - eʸ Σ g."""
    return _map(_log_softmax_grad_rows, _log_softmax_grad_columns, 0.5, axis, g, y)
