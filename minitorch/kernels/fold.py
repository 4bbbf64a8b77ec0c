"""Folds: how reductions are computed.

A `Fold` brings an array to (outer, n, inner), C-contiguous, and reduces it over n: along rows where inner is 1, else
row after row into the tile of columns that is being summed. Separated axes go one after the other, from the last. Long
sums are cut into blocks, by the shape alone: the same numbers come out whatever the number of threads. numpy's own
reductions serve for small arrays, rare dtypes, and where there is no Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import Kernel, jitable, load
from .layout import in_rows
from .maths import of_sort_key, sort_key, weak

Array = NDArray[Any]
Axes = tuple[int, ...]
Function = Callable[..., Any]

SMALL = 4096  # elements; below it numpy's call costs less
NAIVE = 1024  # elements; numpy may add fewer without care
BLOCK = 1024  # elements of a row summed before they are added to the total: keeps the error of float32 small
DEPTH = 32  # the same for columns
TILE = 1024  # columns whose sums stay in the first cache
CHUNK = 1 << 16  # elements; a single long reduction is cut into parts of this size, for the threads


# ---------------------------------------------------------------- the loops of a fold

_ROWS = """
def {name}_rows(start, stop, x, c, out):
    x, c, out = x[start:stop], c[start:stop], out[start:stop]
    first = out.dtype.type({first})
    for i in range(out.size):
        row, k, total = x[i], c[i], first
        apart = row.size // (4 * BLOCK) * BLOCK
        for at in range(0, apart, BLOCK):  # memory answers faster when it is read in four places
            part0, part1 = row[at : at + BLOCK], row[apart + at : apart + at + BLOCK]
            part2, part3 = row[2 * apart + at : 2 * apart + at + BLOCK], row[3 * apart + at : 3 * apart + at + BLOCK]
            a0, a1, a2, a3 = first, first, first, first
            for j in range(part0.size):
                a, b = a0, each(part0[j], k)
                a0 = {join}
                a, b = a1, each(part1[j], k)
                a1 = {join}
                a, b = a2, each(part2[j], k)
                a2 = {join}
                a, b = a3, each(part3[j], k)
                a3 = {join}
            for b in (a0, a1, a2, a3):
                a = total
                total = {join}
        row = row[4 * apart :]
        even = row.size // BLOCK * BLOCK
        for at in range(0, even, BLOCK):
            part, a = row[at : at + BLOCK], first
            for j in range(part.size):
                b = each(part[j], k)
                a = {join}
            b = total
            total = {join}
        part, a = row[even:], first
        for j in range(part.size):
            b = each(part[j], k)
            a = {join}
        b = total
        out[i] = {join}
"""

# An item is a tile of columns of one of the outer arrays.
_COLUMNS = """
def {name}_columns(start, stop, x, c, out):
    first = out.dtype.type({first})
    tiles = (x.shape[2] + TILE - 1) // TILE
    buffer = np.empty(min(TILE, x.shape[2]), out.dtype)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        y, k = out[i, at : at + TILE], c[i, at : at + TILE]
        part = buffer[: y.size]
        for top in range(0, x.shape[1], DEPTH):
            block = x[i, top : top + DEPTH]
            for j in range(part.size):
                part[j] = first
            even = block.shape[0] // 4 * 4
            for r in range(0, even, 4):
                row0, row1 = block[r, at : at + TILE], block[r + 1, at : at + TILE]
                row2, row3 = block[r + 2, at : at + TILE], block[r + 3, at : at + TILE]
                for j in range(part.size):
                    a, b = part[j], each(row0[j], k[j])
                    a, b = {join}, each(row1[j], k[j])
                    a, b = {join}, each(row2[j], k[j])
                    a, b = {join}, each(row3[j], k[j])
                    part[j] = {join}
            for r in range(even, block.shape[0]):
                row = block[r, at : at + TILE]
                for j in range(part.size):
                    a, b = part[j], each(row[j], k[j])
                    part[j] = {join}
            for j in range(y.size):
                a, b = y[j] if top else first, part[j]
                y[j] = {join}
"""

_EXTREME_ROWS = """
def {name}_of(row):
    best, missing = sort_key(row[0]), 0
    for j in range(row.size):
        key = sort_key(row[j])
        best = key if key {beats} best else best
        missing += row[j] != row[j]
    return row.dtype.type(np.nan) if missing else of_sort_key(best, row[0])

def {name}_rows(start, stop, x, c, out):
    x, out = x[start:stop], out[start:stop]
    for i in range(out.size):
        out[i] = of(x[i])
"""


def _write(template: str, **texts: Any) -> dict[str, Any]:
    """The functions of a template, under names of their own: the cache on disk goes by them."""
    names = {"np": np, "BLOCK": BLOCK, "DEPTH": DEPTH, "TILE": TILE, "__name__": __name__, **texts}
    exec(template.format(**texts), names)
    return names


# ---------------------------------------------------------------- folds


class Fold:
    """The reduction of each(v, c) by a ufunc; c is a number per result, `join` the ufunc as a text of a and b.

    `cost` is a guess of nanoseconds an element, for threading.
    """

    def __init__(
        self, name: str, each: Function, ufunc: Any, join: str, first: str, then: Fold | None = None, cost: float = 0.1
    ) -> None:
        self.each, self.ufunc, self.cost = weak(each), ufunc, cost
        self.then = then or self  # joins partial results
        texts = {"name": name, "each": self.each, "join": join, "first": first}
        self.rows = Kernel(_write(_ROWS, **texts)[f"{name}_rows"], self._rows_numpy)
        self.columns = Kernel(_write(_COLUMNS, **texts)[f"{name}_columns"], self._columns_numpy)

    def _rows_numpy(self, start: int, stop: int, x: Array, c: Array, out: Array) -> None:
        part = slice(start, stop)
        with np.errstate(all="ignore"):
            out[part] = self.ufunc.reduce(self.each(x[part], c[part, None]), 1, out.dtype)

    def _columns_numpy(self, start: int, stop: int, x: Array, c: Array, out: Array) -> None:
        tiles = -(-x.shape[2] // TILE)
        for item in range(start, stop):
            i, at = item // tiles, item % tiles * TILE
            part = slice(at, at + TILE)
            with np.errstate(all="ignore"):
                out[i, part] = self.ufunc.reduce(self.each(x[i, :, part], c[i, part]), 0, out.dtype)

    def __call__(self, x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None, c: Any = None) -> Array:
        """Over the axes, in `dtype` or that of x; c has the shape that keepdims gives."""
        dtype = dtype or x.dtype
        kept = x.ndim - len(axes)
        last = axes == (0, 1, 2, 3, 4, 5)[kept : x.ndim]
        if last and 0 < x.size < CHUNK and x.flags.c_contiguous and self.jitted(x.dtype):  # rows of a small array
            shape = x.shape[:kept]
            out = np.empty(shape + (1,) * len(axes) if keepdims else shape, dtype)
            flat = out.reshape(-1)
            self.rows.run(0, flat.size, x.reshape(flat.size, -1), flat if c is None else c.reshape(-1), flat)
            return out
        if x.size < SMALL or not axes or not self.jitted(x.dtype):
            return self._numpy(x, axes, keepdims, dtype, c)
        if last and not kept and c is None and x.flags.c_contiguous:
            return self._whole(x.reshape(-1), dtype).reshape((1,) * x.ndim if keepdims else ())
        y, c, inside, order = _in_order_of_memory(x, c, axes)
        y = self._by_steps(y, c, inside, dtype)
        if order is not None:
            y = np.ascontiguousarray(y.transpose(np.argsort(order)))
        return y.reshape(reduced_shape(x, axes, keepdims))

    @staticmethod
    def jitted(dtype: Any) -> bool:
        """Whether there is a loop for this dtype."""
        return dtype.kind in "fbi" and bool(load())

    def _numpy(self, x: Array, axes: Axes, keepdims: bool, dtype: Any, c: Any) -> Array:
        """numpy adds columns one after the other: in float64, where they may be long."""
        naive = dtype == np.float32 and self.ufunc is np.add and x.size > NAIVE
        with np.errstate(all="ignore"):
            total = self.ufunc.reduce(self.each(x, c), axes, np.float64 if naive else dtype, keepdims=keepdims)
            return in_rows(np.asarray(total, dtype))

    def _whole(self, x: Array, dtype: Any) -> Array:
        """All of a long vector, in chunks for the threads."""
        count = x.size // CHUNK
        rest = x[count * CHUNK :]
        parts = np.empty(count + (rest.size > 0), dtype)
        self.rows.split(count, CHUNK * self.cost, x[: count * CHUNK].reshape(count, CHUNK), parts, parts)
        if rest.size:
            self.rows.run(0, 1, rest.reshape(1, -1), parts[count:], parts[count:])
        return self.then(parts, (0,))

    def _by_steps(self, x: Array, c: Array | None, axes: Axes, dtype: Any) -> Array:
        """One run of adjacent axes after the other, from the last. Each is joined by `then` but the first."""
        fold = self
        for first, last in reversed(_runs(x.shape, axes)):
            outer, inner = x.shape[:first], x.shape[last:]
            if c is not None:
                c = np.broadcast_to(c, (*outer, *[1] * (last - first), *inner))
                c = np.ascontiguousarray(c).reshape(math.prod(outer), math.prod(inner))
            x = fold._flat(x.reshape(math.prod(outer), -1, math.prod(inner)), c, dtype).reshape((*outer, *inner))
            fold, c = self.then, None
        return x

    def _flat(self, x: Array, c: Array | None, dtype: Any) -> Array:
        """(outer, n, inner), and c (outer, inner), to (outer, inner)."""
        outer, n, inner = x.shape
        if outer == 1:
            wide, chunk = 64 // inner, max(CHUNK // inner, DEPTH)
            if inner > 1 and wide > 1 and n >= 4 * wide:  # few columns: several rows side by side
                return self._in_parts(x, c, dtype, (1, n // wide, wide * inner))
            if n >= 2 * chunk and inner <= 4 * TILE:
                return self._in_parts(x, c, dtype, (n // chunk, chunk, inner))
        out = np.empty((outer, inner), dtype)
        c = out if c is None else c  # not looked at
        if inner == 1:
            self.rows.split(outer, n * self.cost + 2, x.reshape(outer, n), c.reshape(-1), out.reshape(-1))
        else:
            tiles = -(-inner // TILE)
            self.columns.split(outer * tiles, n * inner / tiles * self.cost + 5, x, c, out)
        return out

    def _in_parts(self, x: Array, c: Array | None, dtype: Any, shape: tuple[int, int, int]) -> Array:
        """(1, n, inner) in another shape, what is left over behind it, and their join."""
        inner, cut = x.shape[2], math.prod(shape) // x.shape[2]
        spread = None if c is None else np.tile(c, (shape[0], shape[2] // inner))
        parts = [self._flat(x[:, :cut].reshape(shape), spread, dtype).reshape(-1, inner)]
        if cut < x.shape[1]:
            parts.append(self._flat(x[:, cut:], c, dtype))
        with np.errstate(all="ignore"):
            return np.asarray(self.then.ufunc.reduce(np.concatenate(parts), 0, dtype, keepdims=True))


class ExtremeFold(Fold):
    """The largest or smallest number; NaN, if there is one."""

    def __init__(self, name: str, ufunc: Any, beats: str, first: str) -> None:
        super().__init__(name, lambda v, c: v, ufunc, f"b if (b {beats} a) | (b != b) else a", first, None, 0.2)
        loops = _write(_EXTREME_ROWS, name=name, beats=beats, sort_key=sort_key, of_sort_key=of_sort_key)
        self.of = loops["of"] = jitable(loops[f"{name}_of"])
        self.rows = Kernel(loops[f"{name}_rows"], self._rows_numpy)


def reduced_shape(x: Array, axes: Axes, keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple([1 if d in axes else n for d, n in enumerate(x.shape)])
    return tuple([n for d, n in enumerate(x.shape) if d not in axes])


def _in_order_of_memory(x: Array, c: Array | None, axes: Axes) -> tuple[Array, Array | None, Axes, list[int] | None]:
    """x C-contiguous: by permuting it, where that does without a copy. Then also the new order of the kept axes."""
    if x.flags.c_contiguous:
        return x, c, axes, None
    order = sorted(range(x.ndim), key=lambda d: -x.strides[d])
    y = x.transpose(order)
    if not y.flags.c_contiguous:
        return np.ascontiguousarray(x), c, axes, None
    kept = [d for d in order if d not in axes and x.shape[d] != 1]
    return y, None if c is None else c.transpose(order), tuple([order.index(a) for a in axes]), kept


def _runs(shape: tuple[int, ...], axes: Axes) -> list[tuple[int, int]]:
    """(first, last + 1) of adjacent axes; an axis of size 1 counts as reduced."""
    runs: list[tuple[int, int]] = []
    for d, n in enumerate(shape):
        if d not in axes and n != 1:
            continue
        if runs and runs[-1][1] == d:
            runs[-1] = runs[-1][0], d + 1
        else:
            runs.append((d, d + 1))
    return runs


def canonical(x: Array, axis: int) -> Array:
    """x as a C-contiguous (outer, n, inner) array."""
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :]))
