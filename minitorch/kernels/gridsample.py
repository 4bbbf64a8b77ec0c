"""Images and volumes read at the places of a grid:
every output a weighted sum of the pixels around its place, its taps.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit, jitable
from .maths import where

Array = NDArray[Any]

NEAREST, LINEAR, CUBIC = 1, 2, 4  # modes, by their taps along an axis
ZEROS, BORDER, REFLECTION = 0, 1, 2

# The next functions mean the same on numbers and on arrays: the loops and their twins share them.


@jitable
def _kept(p: Any, n: Any, padding: Any, corners: Any) -> Any:
    """(place, slope): moved inside as the padding says."""
    slope = where(p == p, 1.0, 0.0)
    if padding == REFLECTION:
        low, span = (0.0, n - 1.0) if corners else (-0.5, n * 1.0)
        away = abs(p - low)
        flips = np.floor(away / max(span, 1.0)) if span > 0 else away * 0
        rest = away - flips * span if span > 0 else away * 0
        odd = flips - 2 * np.floor(flips / 2)
        slope = where(p < low, -1.0, 1.0) * (1.0 - 2.0 * odd) * (1.0 if span > 0 else 0.0)
        p = where(odd > 0, span - rest, rest) + low
    if padding != ZEROS:
        slope = where((p >= 0) & (p <= n - 1), slope, 0.0)
        p = where(p > 0, where(p < n - 1, p, n - 1.0), 0.0)
    return p, slope


@jitable
def _keys(t: Any, far: Any) -> Any:
    """(weight, slope) of the cubic of Keys (1981) with a = -3/4 at distance t, which is from 1 to 2 where `far`."""
    a = -0.75
    if far:
        return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a, (3 * a * t - 10 * a) * t + 8 * a
    return ((a + 2) * t - (a + 3)) * t * t + 1, (3 * (a + 2) * t - 2 * (a + 3)) * t


@jitable
def _tap(p: Any, n: Any, k: Any, mode: Any, padding: Any, corners: Any) -> Any:
    """(index, weight, slope of the weight) of tap k of a place along an axis of n pixels; weight 0 outside."""
    slope = where(p == p, 1.0, 0.0)
    if mode != CUBIC:
        p, slope = _kept(p, n, padding, corners)
    low = np.rint(p) if mode == NEAREST else np.floor(p)
    t = p - low
    if mode == NEAREST:
        index, w, dw = low, slope * 0 + 1.0, slope * 0
    elif mode == LINEAR:
        index, w, dw = low + k, (t if k else 1.0 - t), t * 0 + (1.0 if k else -1.0)
    else:
        t = abs(t - (k - 1))
        w, dw = _keys(t, k == 0 or k == 3)
        dw = dw if k < 2 else -dw
        index, _ = _kept(low + (k - 1), n, padding, corners)
    inside = (index >= 0) & (index <= n - 1)
    return where(inside, index, 0.0), where(inside, w, 0.0), where(inside, dw * slope, 0.0)


def _taps_numpy(
    start: int,
    stop: int,
    p: Array,
    sizes: Array,
    mode: int,
    padding: int,
    corners: bool,
    at: Array,
    w: Array,
    dw: Array,
) -> None:
    dims, part = p.shape[1], p[start:stop]
    at, w, dw = at[start:stop], w[start:stop], dw[start:stop]
    w[:], dw[:] = 1, 1
    for tap, ks in enumerate(np.ndindex(*[mode] * dims)):
        for d, k in enumerate(ks):
            index, weight, slope = _tap(part[:, d], int(sizes[d]), k, mode, padding, corners)
            at[:, tap] = at[:, tap] * sizes[d] + index.astype(np.int64)
            w[:, tap] *= weight
            for e in range(dims):
                dw[:, tap, e] *= slope if e == d else weight


@jit(twin=_taps_numpy)
def _taps(
    start: int, stop: int, p: Any, sizes: Any, mode: Any, padding: Any, corners: Any, at: Any, w: Any, dw: Any
) -> None:  # fmt: skip
    dims = p.shape[1]
    deep, deepest = dims == 3, mode if dims == 3 else 1
    height, width = sizes[dims - 2], sizes[dims - 1]
    places, weight, slope = np.zeros((3, 4), np.int64), np.ones((3, 4)), np.zeros((3, 4))
    for i in range(start, stop):
        for d in range(dims):
            axis = d + 3 - dims  # an image is a volume of one layer
            for k in range(mode):
                index, weight[axis, k], slope[axis, k] = _tap(p[i, d], sizes[d], k, mode, padding, corners)
                places[axis, k] = np.int64(index)
        tap = 0
        for a in range(deepest):
            for b in range(mode):
                for c in range(mode):
                    wa, wb, wc = weight[0, a], weight[1, b], weight[2, c]
                    at[i, tap] = (places[0, a] * height + places[1, b]) * width + places[2, c]
                    w[i, tap] = wa * wb * wc
                    if deep:
                        dw[i, tap, 0] = slope[0, a] * wb * wc
                    dw[i, tap, dims - 2] = wa * slope[1, b] * wc
                    dw[i, tap, dims - 1] = wa * wb * slope[2, c]
                    tap += 1


def _collect_numpy(start: int, stop: int, x: Array, at: Array, w: Array, y: Array) -> None:
    for n in range(start, stop):
        y[n] = (x[n][:, at[n]] * w[n]).sum(-1)


@jit(twin=_collect_numpy)
def _collect(start: int, stop: int, x: Any, at: Any, w: Any, y: Any) -> None:
    for n in range(start, stop):
        for c in range(x.shape[1]):
            row, new = x[n, c], y[n, c]
            for i in range(new.size):
                total = row[at[n, i, 0]] * w[n, i, 0]
                for k in range(1, at.shape[2]):
                    total += row[at[n, i, k]] * w[n, i, k]
                new[i] = total


def _scatter_numpy(start: int, stop: int, g: Array, at: Array, w: Array, x: Array) -> None:
    for n in range(start, stop):
        for c in range(x.shape[1]):
            np.add.at(x[n, c], at[n], g[n, c][:, None] * w[n])


@jit(twin=_scatter_numpy)
def _scatter(start: int, stop: int, g: Any, at: Any, w: Any, x: Any) -> None:
    for n in range(start, stop):
        for c in range(x.shape[1]):
            row, old = x[n, c], g[n, c]
            for i in range(old.size):
                for k in range(at.shape[2]):
                    row[at[n, i, k]] += old[i] * w[n, i, k]


def _lean_numpy(start: int, stop: int, g: Array, x: Array, at: Array, dw: Array, out: Array) -> None:
    for n in range(start, stop):
        along = np.einsum("cp,cpk->pk", g[n], x[n][:, at[n]])
        out[n] = np.einsum("pk,pkd->pd", along, dw[n])


@jit(twin=_lean_numpy)
def _lean(start: int, stop: int, g: Any, x: Any, at: Any, dw: Any, out: Any) -> None:
    for n in range(start, stop):
        for i in range(at.shape[1]):
            for k in range(at.shape[2]):
                index, along = at[n, i, k], x.dtype.type(0)
                for c in range(x.shape[1]):
                    along += g[n, c, i] * x[n, c, index]
                for d in range(out.shape[2]):
                    out[n, i, d] += along * dw[n, i, k, d]


# ---------------------------------------------------------------- what operations call


def taps(grid: Array, sizes: tuple[int, ...], mode: int, padding: int, corners: bool) -> tuple[Array, Array, Array]:
    """(at, w, slopes) of shapes (N, P, taps), (N, P, taps), (N, P, taps, D),
    for a grid (N, ..., D) over pixels of `sizes`.
    """
    d = grid.dtype.type
    n, dims = grid.shape[0], len(sizes)
    extent = np.array(sizes[::-1], grid.dtype)
    one, half = d(1), d(0.5)
    places = (grid + one) * ((extent - one) * half) if corners else ((grid + one) * extent - one) * half
    p = np.ascontiguousarray(places.reshape(-1, dims)[:, ::-1])
    count = mode**dims
    at = np.zeros((len(p), count), np.int64)
    w, dw = np.empty((len(p), count), grid.dtype), np.empty((len(p), count, dims), grid.dtype)
    with np.errstate(all="ignore"):
        _taps.split(len(p), 20.0 * count, p, np.array(sizes, np.int64), mode, padding, corners, at, w, dw)
    per = len(p) // n if n else 0
    scale = (np.array(sizes, np.float64) - bool(corners)) / 2
    dw *= scale.astype(grid.dtype)
    return at.reshape(n, per, count), w.reshape(n, per, count), dw.reshape(n, per, count, dims)


def _rows(x: Array) -> Array:
    return np.ascontiguousarray(x).reshape(*x.shape[:2], math.prod(x.shape[2:]))


def _taps_of_one(at: Array) -> int:
    """How many taps one image has: what its work is in proportion to."""
    return at[0].size if len(at) else 0


def collect(x: Array, at: Array, w: Array, shape: tuple[int, ...]) -> Array:
    """(N, C, *shape): for each position the weighted sum of its taps."""
    y = np.empty((*x.shape[:2], at.shape[1]), x.dtype)
    _collect.split(x.shape[0], 1.5 * _taps_of_one(at) * x.shape[1], _rows(x), at, w, y)
    return y.reshape(*x.shape[:2], *shape)


def scatter(g: Array, at: Array, w: Array, shape: tuple[int, ...]) -> Array:
    """The transpose: (N, C, *shape), the gradients given back to the taps."""
    x = np.zeros((*g.shape[:2], math.prod(shape)), g.dtype)
    _scatter.split(g.shape[0], 1.5 * _taps_of_one(at) * g.shape[1], _rows(g), at, w, x)
    return x.reshape(*g.shape[:2], *shape)


def lean(g: Array, x: Array, at: Array, dw: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of the grid, of its shape."""
    out = np.zeros((at.shape[0], at.shape[1], dw.shape[3]), x.dtype)
    _lean.split(x.shape[0], 2.0 * _taps_of_one(at) * x.shape[1], _rows(g), _rows(x), at, dw, out)
    return np.ascontiguousarray(out[:, :, ::-1]).reshape(shape)
