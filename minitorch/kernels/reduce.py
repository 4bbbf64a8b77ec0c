"""Reductions and running reductions: ndarrays of any strides in, ndarrays out, never numpy scalars.

A `Fold` brings an array to (outer, n, inner), C-contiguous, and reduces it over n: along rows where inner is 1, else
row after row into the tile of columns that is being summed. Separated axes go one after the other, from the last.
Long sums are cut into blocks, by the shape alone: the same numbers come out whatever the number of threads.
numpy's own reductions serve for small arrays, rare dtypes, and where there is no Numba.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import Kernel, jit, jitable, load
from .layout import in_rows
from .maths import weak

Array = NDArray[Any]
Axes = tuple[int, ...]
Function = Callable[..., Any]

SMALL = 4096  # elements; below it numpy's call costs less
NAIVE = 1024  # elements; numpy may add fewer without care
BLOCK = 1024  # elements of a row summed before they are added to the total: keeps the error of float32 small
DEPTH = 32  # the same for columns
TILE = 1024  # columns whose sums stay in the first cache
CHUNK = 1 << 16  # elements; a single long reduction is cut into parts of this size, for the threads
LONG = 256  # elements of a row whose extremes are found one after the other


# ---------------------------------------------------------------- the loops of a fold

_ROWS = """
def {name}_rows(start, stop, x, c, out):
    x, c, out = x[start:stop], c[start:stop], out[start:stop]
    first = out.dtype.type({first})
    for i in range(out.size):
        row, k, total = x[i], c[i], first
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

# A chain of comparisons is not vectorised: a long row is folded in four until little is left. `chain` loses NaN.
_EXTREME = """
def {name}_chain(row):
    best = row[0]
    for j in range(row.size):
        best = row[j] if row[j] {beats} best else best
    return best

def {name}_tree(row, buffer):
    size = (row.size + 3) // 4
    fold(row, buffer[:size])
    at = 0
    while size > 16:
        end, size = at + size, (size + 3) // 4
        fold(buffer[at:end], buffer[end : end + size])
        at = end
    rest = buffer[at : at + size]
    best = rest[0]
    for j in range(rest.size):
        best = rest[j] if (rest[j] {beats} best) | (rest[j] != rest[j]) else best
    return best

def {name}_fold(row, y):
    rest = row.size - y.size
    a, b, c, d = row[: y.size], row[rest // 3 :], row[2 * rest // 3 :], row[rest:]
    for j in range(y.size):
        p = a[j] if (a[j] {beats} b[j]) | (a[j] != a[j]) else b[j]
        q = c[j] if (c[j] {beats} d[j]) | (c[j] != c[j]) else d[j]
        y[j] = p if (p {beats} q) | (p != p) else q
"""

_EXTREME_ROWS = """
def {name}_rows(start, stop, x, c, out):
    x, out = x[start:stop], out[start:stop]
    buffer = np.empty(x.shape[1], x.dtype)
    for i in range(out.size):
        row, missing = x[i], 0
        if row.size > LONG:
            out[i] = tree(row, buffer)
        else:
            for j in range(row.size):
                missing += row[j] != row[j]
            out[i] = np.nan if missing else chain(row)
"""


def _write(template: str, **texts: Any) -> dict[str, Any]:
    """The functions of a template, under names of their own: the cache on disk goes by them."""
    names = {"np": np, "BLOCK": BLOCK, "DEPTH": DEPTH, "TILE": TILE, "LONG": LONG, "__name__": __name__, **texts}
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
        last = c is None and axes == (0, 1, 2, 3, 4, 5)[kept : x.ndim]
        if last and 0 < x.size < CHUNK and x.flags.c_contiguous and self.jitted(x.dtype):  # rows of a small array
            shape = x.shape[:kept]
            out = np.empty(shape + (1,) * len(axes) if keepdims else shape, dtype)
            flat = out.reshape(-1)
            self.rows.run(0, flat.size, x.reshape(flat.size, -1), flat, flat)
            return out
        if x.size < SMALL or not axes or not self.jitted(x.dtype):
            return self._numpy(x, axes, keepdims, dtype, c)
        y, c, inside, order = _in_order_of_memory(x, c, axes)
        y = self._by_steps(y, c, inside, dtype)
        if order is not None:
            y = np.ascontiguousarray(y.transpose(np.argsort(order)))
        return y.reshape(_shape(x, axes, keepdims))

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
        helpers = _write(_EXTREME, name=name, beats=beats)
        for part in ("chain", "fold", "tree"):
            helpers[part] = jitable(helpers[f"{name}_{part}"])
        self.chain, self.tree = helpers["chain"], helpers["tree"]
        loops = _write(_EXTREME_ROWS, name=name, chain=self.chain, tree=self.tree)
        self.rows = Kernel(loops[f"{name}_rows"], self._rows_numpy)


def _shape(x: Array, axes: Axes, keepdims: bool) -> tuple[int, ...]:
    if keepdims:
        return tuple([1 if d in axes else n for d, n in enumerate(x.shape)])
    return tuple([n for d, n in enumerate(x.shape) if d not in axes])


def _count(x: Array, axes: Axes) -> int:
    return math.prod([x.shape[a] for a in axes])


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


def _canonical(x: Array, axis: int) -> Array:
    """x as a C-contiguous (outer, n, inner) array."""
    return np.ascontiguousarray(x).reshape(math.prod(x.shape[:axis]), x.shape[axis], math.prod(x.shape[axis + 1 :]))


_SUM = Fold("sum", lambda v, c: v, np.add, "a + b", "0")
_PROD = Fold("prod", lambda v, c: v, np.multiply, "a * b", "1")
_SQUARES = Fold("squares", lambda v, c: v * v, np.add, "a + b", "0", _SUM)
_ABSOLUTES = Fold("absolutes", lambda v, c: abs(v), np.add, "a + b", "0", _SUM)
_POWERS = Fold("powers", lambda v, c: maths.power(abs(v), c), np.add, "a + b", "0", _SUM, 3.0)
_SPREADS = Fold("spreads", lambda v, c: (v - c) * (v - c), np.add, "a + b", "0", _SUM)
_EXPS = Fold("exps", lambda v, c: maths.exp(v - c), np.add, "a + b", "0", _SUM, 0.3)
_KNOWN = Fold("known", lambda v, c: maths.where(v == v, v, 0), np.add, "a + b", "0", _SUM)
_NONZERO = Fold("nonzero", lambda v, c: maths.where(v != 0, 1, 0), np.add, "a + b", "0", _SUM)
_MAX = ExtremeFold("amax", np.maximum, ">", "-np.inf")
_MIN = ExtremeFold("amin", np.minimum, "<", "np.inf")

# For other kernels: the largest of a row of up to LONG (NaN is lost) and of a longer one, the buffer half as long.
largest_of_few, largest_of_many = _MAX.chain, _MAX.tree


# ---------------------------------------------------------------- sums and products


def _summed_in(x: Array, dtype: Any) -> Any:
    return np.int64 if dtype is None and x.dtype.kind in "biu" else dtype


def sum(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Σ over the axes; integers and bools in int64."""
    return _SUM(x, axes, keepdims, _summed_in(x, dtype))


def nansum(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Σ over the axes of what is not NaN."""
    if x.dtype.kind not in "fc":
        return sum(x, axes, keepdims, dtype)
    return _KNOWN(x, axes, keepdims, dtype)


def sum_to(x: Array, shape: tuple[int, ...]) -> Array:
    """Undo a broadcast: the sum, in the dtype of x, over the axes that `shape` lacks or has as 1."""
    front = x.ndim - len(shape)
    stretched = [front + i for i, n in enumerate(shape) if n == 1 and x.shape[front + i] != 1]
    axes = (*range(front), *stretched)
    return _SUM(x, axes).reshape(shape) if axes else x.reshape(shape)


def spread(x: Array, shape: tuple[int, ...]) -> Array:
    """x broadcast to `shape`, in memory of its own."""
    out = np.empty(shape, x.dtype)
    if x.size == 1:
        out.fill(x.item())
    else:
        out[...] = x
    return out


def mean(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Σ / n over the axes."""
    total, count = sum(x, axes, keepdims), _count(x, axes)
    if not count:
        return np.full_like(total, np.nan)
    return np.divide(total, total.dtype.type(count), out=total)


def prod(x: Array, axes: Axes, keepdims: bool = False, dtype: Any = None) -> Array:
    """Π over the axes; integers and bools in int64."""
    return _PROD(x, axes, keepdims, _summed_in(x, dtype))


def count_nonzero(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """How many are not zero, in int64."""
    return _NONZERO(x, axes, keepdims, np.int64)


def var_mean(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> tuple[Array, Array]:
    """Σ (x - mean)² / (n - correction) and the mean, in two passes."""
    if x.dtype.kind == "c":
        real, imaginary = [var_mean(part, axes, correction, keepdims) for part in (x.real, x.imag)]
        return np.asarray(real[0] + imaginary[0]), np.asarray(real[1] + 1j * imaginary[1]).astype(x.dtype)
    freedom = x.dtype.type(max(_count(x, axes) - correction, 0))
    centre = mean(x, axes, True)
    with np.errstate(all="ignore"):
        if x.size < SMALL:
            gap = x - centre
            var = _SUM(gap * gap, axes, keepdims) / freedom
        else:
            var = _SPREADS(x, axes, keepdims, None, centre) / freedom
    return np.asarray(var), centre.reshape(np.shape(var))


def std(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> Array:
    """The square root of the variance."""
    return std_mean(x, axes, correction, keepdims)[0]


def std_mean(x: Array, axes: Axes, correction: float = 1, keepdims: bool = False) -> tuple[Array, Array]:
    """The standard deviation and the mean."""
    var, mean = var_mean(x, axes, correction, keepdims)
    return np.asarray(np.sqrt(var)), mean


def logsumexp(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """ln Σ eˣ, stable; -inf for nothing but -inf."""
    if not x.size:
        return np.full(_shape(x, axes, keepdims), -np.inf, x.dtype)
    top = amax(x, axes, True)
    with np.errstate(all="ignore"):
        top = np.where(np.isfinite(top), top, top.dtype.type(0))
        total = np.log(_EXPS(x, axes, True, None, top)) + top
    return np.asarray(total).reshape(_shape(x, axes, keepdims))


def norm(x: Array, p: float, axes: Axes, keepdims: bool = False) -> Array:
    """(Σ |x|ᵖ)^(1/p); p = 0 counts, inf takes the largest, -inf the smallest."""
    if x.dtype.kind == "c":
        with np.errstate(all="ignore"):
            return norm(np.abs(x), p, axes, keepdims)
    if p == 0:
        return count_nonzero(x, axes, keepdims).astype(x.dtype)
    if p == 1:
        return _ABSOLUTES(x, axes, keepdims)
    if math.isinf(p):
        return _extreme_norm(x, p, axes, keepdims)
    with np.errstate(all="ignore"):
        if p == 2:
            return np.asarray(np.sqrt(_SQUARES(x, axes, keepdims)))
        exponent = np.full(_shape(x, axes, True), p, x.dtype)
        return np.asarray(_POWERS(x, axes, keepdims, None, exponent) ** x.dtype.type(1 / p))


def total_norm(arrays: list[Array], p: float) -> Array:
    """The norm of all elements of several arrays."""
    norms = [norm(x, p, tuple(range(x.ndim))) for x in arrays]
    return norm(np.array(norms), p, (0,))


def _extreme_norm(x: Array, p: float, axes: Axes, keepdims: bool) -> Array:
    if p > 0 and not x.size:
        return np.zeros(_shape(x, axes, keepdims), x.dtype)
    return (amax if p > 0 else amin)(np.abs(x), axes, keepdims)


# ---------------------------------------------------------------- truth


def _truth(reduction: Callable[..., Any], x: Array, axes: Axes, keepdims: bool) -> Array:
    with np.errstate(all="ignore"):
        return in_rows(np.asarray(reduction(x, axis=axes, keepdims=keepdims), np.bool_))


def all(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Whether every value is not zero."""
    return _truth(np.all, x, axes, keepdims)


def any(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """Whether some value is not zero."""
    return _truth(np.any, x, axes, keepdims)


# ---------------------------------------------------------------- extremes


def amax(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """The largest value over the axes; NaN if there is one."""
    return _extreme(_MAX, x, axes, keepdims)


def amin(x: Array, axes: Axes, keepdims: bool = False) -> Array:
    """The smallest value over the axes; NaN if there is one."""
    return _extreme(_MIN, x, axes, keepdims)


def _extreme(fold: Fold, x: Array, axes: Axes, keepdims: bool) -> Array:
    if x.dtype.kind == "f":
        return fold(x, axes, keepdims)
    return in_rows(np.asarray(fold.ufunc.reduce(x, axes, keepdims=keepdims)))


def _columns_with_index_numpy(start: int, stop: int, x: Array, up: bool, values: Array, indices: Array) -> None:
    tiles = -(-x.shape[2] // TILE)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        part = x[i, :, at : at + TILE]
        found = (np.argmax if up else np.argmin)(part, 0)
        indices[i, at : at + TILE] = found
        values[i, at : at + TILE] = part[found, np.arange(found.size)]


@jit(twin=_columns_with_index_numpy)
def _columns_with_index(start: int, stop: int, x: Any, up: bool, values: Any, indices: Any) -> None:
    """Over n of (outer, n, inner), a tile of columns at a time; the first of equals, NaN above all."""
    tiles = (x.shape[2] + TILE - 1) // TILE
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        best, where = values[i, at : at + TILE], indices[i, at : at + TILE]
        row = x[i, 0, at : at + TILE]
        for j in range(best.size):
            best[j], where[j] = row[j], 0
        for r in range(1, x.shape[1]):
            row = x[i, r, at : at + TILE]
            if up:
                for j in range(best.size):
                    better = (row[j] > best[j]) | ((row[j] != row[j]) & (best[j] == best[j]))
                    best[j], where[j] = (row[j], r) if better else (best[j], where[j])
            else:
                for j in range(best.size):
                    better = (row[j] < best[j]) | ((row[j] != row[j]) & (best[j] == best[j]))
                    best[j], where[j] = (row[j], r) if better else (best[j], where[j])


def _with_index(x: Array, axis: int, keepdims: bool, up: bool) -> tuple[Array, Array]:
    if not x.ndim:
        return x.copy(), np.zeros((), np.int64)
    shape = _shape(x, (axis,), keepdims)
    flat = _canonical(x, axis)
    outer, n, inner = flat.shape
    if inner == 1 or not x.size:
        rows = flat.reshape(outer * inner, n)
        found = (np.argmax if up else np.argmin)(rows, 1)
        return rows[np.arange(len(rows)), found].reshape(shape), found.reshape(shape)
    values, indices = np.empty((outer, inner), x.dtype), np.empty((outer, inner), np.int64)
    tiles = -(-inner // TILE)
    _columns_with_index.split(outer * tiles, n * inner / tiles * 0.3 + 5, flat, up, values, indices)
    return values.reshape(shape), indices.reshape(shape)


def max_with_index(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """The largest value along an axis, and its first index."""
    return _with_index(x, axis, keepdims, True)


def min_with_index(x: Array, axis: int, keepdims: bool = False) -> tuple[Array, Array]:
    """The smallest value along an axis, and its first index."""
    return _with_index(x, axis, keepdims, False)


def _arg(x: Array, axis: int | None, keepdims: bool, up: bool) -> Array:
    if axis is not None and x.ndim and axis % x.ndim < x.ndim - 1:
        return _with_index(x, axis % x.ndim, keepdims, up)[1]
    return np.asarray((np.argmax if up else np.argmin)(x, axis, keepdims=keepdims))


def argmax(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """The first index of the largest value (of NaN, if there is one); axis None: in the flattened array."""
    return _arg(x, axis, keepdims, True)


def argmin(x: Array, axis: int | None, keepdims: bool = False) -> Array:
    """The first index of the smallest value (of NaN, if there is one); axis None: in the flattened array."""
    return _arg(x, axis, keepdims, False)


# ---------------------------------------------------------------- running sums and products


def _running_numpy(start: int, stop: int, x: Array, like: Array, product: bool, out: Array) -> None:
    running = np.cumprod if product else np.cumsum
    with np.errstate(all="ignore"):
        out[start:stop] = running(x[start:stop], 1, like.dtype)


@jit(twin=_running_numpy)
def _running(start: int, stop: int, x: Any, like: Any, product: bool, out: Any) -> None:
    """Along n of (outer, n, inner), in the dtype of `like`."""
    inner = x.shape[2]
    total = np.empty(inner, like.dtype)
    for i in range(start, stop):
        for j in range(inner):
            total[j] = 1 if product else 0
        for r in range(x.shape[1]):
            row, y = x[i, r], out[i, r]
            for j in range(inner):
                total[j] = total[j] * row[j] if product else total[j] + row[j]
                y[j] = total[j]


@jit(twin=_running_numpy)
def _running_rows(start: int, stop: int, x: Any, like: Any, product: bool, out: Any) -> None:
    """The same along rows (outer, n)."""
    x, out = x[start:stop], out[start:stop]
    for i in range(x.shape[0]):
        row, y = x[i], out[i]
        total = like.dtype.type(1 if product else 0)
        for j in range(row.size):
            total = total * row[j] if product else total + row[j]
            y[j] = total


def _run(x: Array, axis: int, product: bool) -> Array:
    whole = x.dtype.kind in "biu"
    if x.dtype.kind == "c" or not x.ndim or not x.size:
        with np.errstate(all="ignore"):
            running = np.cumprod if product else np.cumsum
            return running(x, axis if x.ndim else None, np.int64 if whole else x.dtype).reshape(x.shape)
    flat = _canonical(x, axis)
    like, out = np.empty(0, np.int64 if whole else np.float64), np.empty(flat.shape, np.int64 if whole else x.dtype)
    outer, n, inner = flat.shape
    if inner == 1:
        _running_rows.split(outer, n * 1.3, flat.reshape(outer, n), like, product, out.reshape(outer, n))
    else:
        _running.split(outer, n * inner * 0.5, flat, like, product, out)
    return out.reshape(x.shape)


def cumsum(x: Array, axis: int) -> Array:
    """The running sum, float32 summed in float64; integers and bools give int64."""
    return _run(x, axis, False)


def cumprod(x: Array, axis: int) -> Array:
    """The running product, float32 multiplied in float64; integers and bools give int64."""
    return _run(x, axis, True)


# ---------------------------------------------------------------- running extremes, running logsumexp


def _rows_along(x: Array, axis: int) -> Array:
    """x as C-contiguous rows along the axis."""
    return np.ascontiguousarray(np.moveaxis(x, axis, -1)).reshape(-1, x.shape[axis])


def _rows_back(rows: Array, x: Array, axis: int) -> Array:
    """Such rows in the shape of x."""
    shape = (*x.shape[:axis], *x.shape[axis + 1 :], x.shape[axis])
    return np.ascontiguousarray(np.moveaxis(rows.reshape(shape), -1, axis))


def _running_extreme_numpy(start: int, stop: int, x: Array, up: bool, values: Array, indices: Array) -> None:
    x, values, indices = x[start:stop], values[start:stop], indices[start:stop]
    (np.maximum if up else np.minimum).accumulate(x, 1, out=values)
    changed = (x == values) | (x != x)
    np.maximum.accumulate(np.where(changed, np.arange(x.shape[1]), 0), 1, out=indices)


@jit(twin=_running_extreme_numpy)
def _running_extreme(start: int, stop: int, x: Any, up: bool, values: Any, indices: Any) -> None:
    """The extreme so far along rows, NaN above all; and where it, or its equal, was last met."""
    for i in range(start, stop):
        row, y, where = x[i], values[i], indices[i]
        best, last = row[0], 0
        if up:
            for r in range(row.size):
                best = row[r] if (row[r] > best) | (row[r] != row[r]) else best
                y[r] = best
        else:
            for r in range(row.size):
                best = row[r] if (row[r] < best) | (row[r] != row[r]) else best
                y[r] = best
        for r in range(row.size):
            last = r if (row[r] == y[r]) | (row[r] != row[r]) else last
            where[r] = last


def _run_extreme(x: Array, axis: int, up: bool) -> tuple[Array, Array]:
    if not x.size or not x.ndim:
        return x.copy(), np.zeros(x.shape, np.int64)
    rows = _rows_along(x, axis)
    values, indices = np.empty(rows.shape, x.dtype), np.empty(rows.shape, np.int64)
    _running_extreme.split(len(rows), rows.shape[1] * 2.0, rows, up, values, indices)
    return _rows_back(values, x, axis), _rows_back(indices, x, axis)


def cummax(x: Array, axis: int) -> tuple[Array, Array]:
    """The largest value so far, and its last index."""
    return _run_extreme(x, axis, True)


def cummin(x: Array, axis: int) -> tuple[Array, Array]:
    """The smallest value so far, and its last index."""
    return _run_extreme(x, axis, False)


def _logcumsumexp_numpy(start: int, stop: int, x: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = np.logaddexp.accumulate(x[start:stop], 1)


@jit(twin=_logcumsumexp_numpy)
def _logcumsumexp(start: int, stop: int, x: Any, out: Any) -> None:
    """Along rows: sums of e^(x - the largest so far), rescaled as that grows. All is vectorised but the sum itself."""
    x, out = x[start:stop], out[start:stop]
    low, zero = x.dtype.type(-np.inf), x.dtype.type(0)
    top, share, scale = np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype)
    for i in range(x.shape[0]):
        row, y, best, total = x[i], out[i], low, 0.0
        for r in range(row.size):
            scale[r] = best
            best = row[r] if row[r] > best else best
            top[r] = best
        for r in range(row.size):
            origin = top[r] if np.isfinite(top[r]) else zero
            share[r], scale[r], top[r] = maths.exp(row[r] - origin), maths.exp(scale[r] - origin), origin
        for r in range(row.size):
            total = total * scale[r] + share[r]
            y[r] = total
        for r in range(row.size):
            y[r] = top[r] + maths.log(y[r])


def logcumsumexp(x: Array, axis: int) -> Array:
    """ln of the running sum of eˣ."""
    if not x.size or not x.ndim:
        return x.copy()
    rows = _rows_along(x, axis)
    out = np.empty(rows.shape, x.dtype)
    _logcumsumexp.split(len(rows), rows.shape[1] * 4.0, rows, out)
    return _rows_back(out, x, axis)
