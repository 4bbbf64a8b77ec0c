"""Elements at indices. Every index is checked before a loop reads or writes with it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import OutOfRange
from ._jit import Kernel, jit
from .layout import in_rows

Array = NDArray[Any]


def _all_below_numpy(index: Array, size: int) -> bool:
    return bool(index.min() >= 0 and index.max() < size)


@jit(twin=_all_below_numpy)
def _all_below(index: Any, size: Any) -> Any:
    """Whether all of a vector of indices lie in 0 .. size - 1."""
    bad = False
    for i in range(index.size):
        bad |= index[i] < 0 or index[i] >= size
    return not bad


def check_range(index: Array, size: int, axis: int, name: str = "index") -> None:
    """OutOfRange (an IndexError) for the first index outside of 0 .. size - 1."""
    if not index.size:
        return
    plain = index.dtype == np.int64 and index.flags.c_contiguous
    if not (_all_below.run(index.ravel(), size) if plain else _all_below_numpy(index, size)):
        bad = index[(index < 0) | (index >= size)].flat[0]
        raise OutOfRange(f"{name} {bad} is out of bounds for dimension {axis} with size {size}")


def _pick_numpy(start: int, stop: int, x: Array, index: Array, out: Array, n: int, m: int, inner: int) -> None:
    planes, at, to = x.reshape(-1, n, inner), index.reshape(-1, m, inner), out.reshape(-1, m, inner)
    to[start:stop] = np.take_along_axis(planes[start:stop], at[start:stop], 1)


@jit(twin=_pick_numpy)
def _pick(start: int, stop: int, x: Any, index: Any, out: Any, n: Any, m: Any, inner: Any) -> None:
    """out[o, j, i] = x[o, index[o, j, i], i], of flat (outer, n, inner) and (outer, m, inner)."""
    for o in range(start, stop):
        row, at, to = x[o * n * inner :], index[o * m * inner :], out[o * m * inner :]
        if inner == 1:
            for j in range(m):
                to[j] = row[at[j]]
        else:
            for j in range(m):
                for i in range(inner):
                    to[j * inner + i] = row[at[j * inner + i] * inner + i]


def _put_numpy(start: int, stop: int, y: Array, index: Array, values: Array, n: int, m: int, inner: int) -> None:
    planes, at, given = y.reshape(-1, n, inner), index.reshape(-1, m, inner), values.reshape(-1, m, inner)
    for o in range(start, stop):
        np.add.at(planes[o], (at[o], np.arange(inner)), given[o])


@jit(twin=_put_numpy)
def _put(start: int, stop: int, y: Any, index: Any, values: Any, n: Any, m: Any, inner: Any) -> None:
    """y[o, index[o, j, i], i] += values[o, j, i], of flat (outer, n, inner) and (outer, m, inner)."""
    for o in range(start, stop):
        row, at, given = y[o * n * inner :], index[o * m * inner :], values[o * m * inner :]
        if inner == 1:
            for j in range(m):
                row[at[j]] += given[j]
        else:
            for j in range(m):
                for i in range(inner):
                    row[at[j * inner + i] * inner + i] += given[j * inner + i]


PICK_NS = 1.0  # an element


def _goes_along(axis: int, x: Array, index: Array) -> bool:
    """Whether `_pick` and `_put` may run: on plain arrays, with an index that spans the axes beside its own."""
    return (
        x.ndim > 1
        and index.size > 0
        and x.dtype.char in "fdlq"
        and index.dtype == np.int64
        and (index.shape[:axis], index.shape[axis + 1 :]) == (x.shape[:axis], x.shape[axis + 1 :])
        and x.flags.c_contiguous
        and index.flags.c_contiguous
    )


def _along(kernel: Kernel, axis: int, x: Array, index: Array, others: Array) -> None:
    """Run `_pick` or `_put` over an axis; `others`, of the shape of the index, is written or read."""
    n, m, inner = x.shape[axis], index.shape[axis], math.prod(x.shape[axis + 1 :])
    flat = x.reshape(-1), index.reshape(-1), others.reshape(-1)
    kernel.split(math.prod(x.shape[:axis]), m * inner * PICK_NS, *flat, n, m, inner)


def gather(x: Array, axis: int, index: Array) -> Array:
    """y[i, j] = x[index[i, j], j] along axis 0, and so on; `index` may be smaller than x in the other axes."""
    lines, at = _lines(x), _lines(index)
    check_range(at, lines.shape[axis], axis)
    if _goes_along(axis, lines, at):
        out = np.empty(index.shape, x.dtype)
        _along(_pick, axis, lines, at, out)
        return out
    if lines.flags.c_contiguous:
        return lines.reshape(-1).take(_flat(at, axis, lines.shape)).reshape(index.shape)
    return in_rows(lines[_positions(at, axis)]).reshape(index.shape)


def _lines(x: Array) -> Array:
    """A 0-d array as a vector of one, in the same memory; others as they are."""
    return x if x.ndim else x.reshape(1)


def _positions(index: Array, axis: int) -> tuple[Any, ...]:
    """`index` along its axis, and in every other axis the position itself."""
    sizes = index.shape
    return tuple(
        [index if d == axis else np.arange(n).reshape(n, *(1,) * (len(sizes) - d - 1)) for d, n in enumerate(sizes)]
    )


def _flat(index: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """`_positions` in an array of this shape as positions in its memory."""
    others: Any = 0  # where the element would be at index 0 of the axis
    for d, n in enumerate(index.shape):
        if d != axis:
            steps = np.arange(n) * math.prod(shape[d + 1 :])
            others = others + steps.reshape(n, *(1,) * (len(shape) - d - 1))
    return np.asarray(index * math.prod(shape[axis + 1 :]) + others)


def scatter(y: Array, axis: int, index: Array, src: Any) -> None:
    """y[index[i, j], j] = src[i, j] along axis 0, and so on, in place; of repeated indices one wins."""
    y, index = _lines(y), _lines(index)
    check_range(index, y.shape[axis], axis)
    y[_positions(index, axis)] = _cut(src, index)


def _cut(src: Any, index: Array) -> Any:
    return src[tuple([slice(n) for n in index.shape])] if isinstance(src, np.ndarray) and src.ndim else src


def scatter_add(y: Array, axis: int, index: Array, src: Any) -> None:
    """y[index[i, j], j] += src[i, j] along axis 0, and so on, in place."""
    y, index = _lines(y), _lines(index)
    check_range(index, y.shape[axis], axis)
    if not index.size:
        return
    values = _cut(src, index)
    if not isinstance(values, np.ndarray) or values.shape != index.shape:
        values = np.broadcast_to(values, index.shape)
    values = np.ascontiguousarray(values)
    if values.dtype == y.dtype and _goes_along(axis, y, index):
        _along(_put, axis, y, index, values)
    else:
        add_at(y, _flat(index, axis, y.shape).ravel(), values.ravel())


def _add_at_numpy(y: Array, at: Array, values: Array) -> None:
    np.add.at(y, at, values)


@jit(twin=_add_at_numpy)
def _add_at(y: Any, at: Any, values: Any) -> None:
    for i in range(at.size):
        y[at[i]] += values[i]


def add_at(y: Array, at: Array, values: Array) -> None:
    """y.flat[at] += values, also where an index is repeated."""
    if y.flags.c_contiguous and y.dtype.kind != "b":
        _add_at(y.reshape(-1), at, values.astype(y.dtype, copy=False))
    else:
        whole = np.ascontiguousarray(y)
        if whole.dtype.kind == "b":
            np.logical_or.at(whole.reshape(-1), at, values)
        else:
            _add_at(whole.reshape(-1), at, values.astype(y.dtype, copy=False))
        y[...] = whole


def scatter_reduce(y: Array, axis: int, index: Array, src: Array, how: str, include_self: bool) -> None:
    """y[index] = reduction of what src puts there (and of y itself, with include_self), in place."""
    y, index = _lines(y), _lines(index)
    check_range(index, y.shape[axis], axis)
    positions = _positions(index, axis)
    values = _cut(src, index)
    start = {"sum": 0, "mean": 0, "prod": 1, "amax": _lowest(y.dtype), "amin": _highest(y.dtype)}[how]
    if not include_self:
        y[positions] = start
    at = {"sum": np.add, "mean": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[how]
    at.at(y, positions, values)
    if how == "mean":
        count = np.ones(y.shape, y.dtype) if include_self else np.zeros(y.shape, y.dtype)
        np.add.at(count, positions, 1)
        count[count == 0] = 1
        y[...] = y // count if y.dtype.kind in "iu" else y / count


def _lowest(d: np.dtype[Any]) -> Any:
    return -np.inf if d.kind == "f" else np.iinfo(d).min if d.kind in "iu" else False


def _highest(d: np.dtype[Any]) -> Any:
    return np.inf if d.kind == "f" else np.iinfo(d).max if d.kind in "iu" else True


def index_select(x: Array, axis: int, index: Array) -> Array:
    """The entries of an axis at the indices."""
    if not x.ndim:
        check_range(index, 1, 0)
        return x.copy()
    check_range(index, x.shape[axis], axis)
    return np.take(x, index, axis)


def _rows_add_numpy(y: Array, index: Array, values: Array) -> None:
    np.add.at(y, index, values)


@jit(twin=_rows_add_numpy)
def _rows_add(y: Any, index: Any, values: Any) -> None:
    for i in range(index.size):
        row, new = y[index[i]], values[i]
        for j in range(row.size):
            row[j] += new[j]


def index_add(y: Array, axis: int, index: Array, values: Array) -> None:
    """Entry index[i] of an axis += entry i of values, in place."""
    if not y.ndim:
        y, values = y.reshape(1), values.reshape(1, -1).sum(1)
    check_range(index, y.shape[axis], axis)
    if axis == 0 and y.flags.c_contiguous and y.dtype.kind in "iuf":
        rows = y.reshape(y.shape[0], math.prod(y.shape[1:]))
        _rows_add(
            rows, np.ascontiguousarray(index), np.ascontiguousarray(values, y.dtype).reshape(index.size, rows.shape[1])
        )
    else:
        key: Any = (*(slice(None),) * axis, index)
        np.add.at(y, key, values)


def index_copy(y: Array, axis: int, index: Array, values: Array) -> None:
    """Entry index[i] of an axis = entry i of values, in place."""
    y = _lines(y)
    check_range(index, y.shape[axis], axis)
    y[(slice(None),) * axis + (index,)] = values


def advanced_get(x: Array, key: tuple[Any, ...]) -> Array:
    """x[key] for a key with arrays among it; always a copy."""
    return in_rows(np.asarray(_indexed(x, key)))


def _indexed(x: Array, key: tuple[Any, ...]) -> Any:
    try:
        return x[key]
    except IndexError as error:
        raise IndexError(_index_message(x, key, str(error))) from None


def _index_message(x: Array, key: tuple[Any, ...], problem: str) -> str:
    shapes = [list(k.shape) if isinstance(k, np.ndarray) else k for k in key]
    return f"{problem} (tensor of shape {list(x.shape)}, index {shapes})"


def _picks_rows(k: Any) -> bool:
    return isinstance(k, np.ndarray) and k.ndim > 0 and k.dtype.kind == "i"


def advanced_put(y: Array, key: tuple[Any, ...], values: Any, accumulate: bool) -> None:
    """y[key] = values, or += (also where an index is repeated), in place."""
    by_rows = accumulate and len(key) == 1 and _picks_rows(key[0])
    if by_rows and np.shape(values) == (*key[0].shape, *y.shape[1:]):
        index = np.where(key[0] < 0, key[0] + len(y), key[0]).ravel()
        index_add(y, 0, index, values.reshape(index.size, *y.shape[1:]))
        return
    place = _indexed(np.arange(y.size).reshape(y.shape), key) if accumulate else None
    try:
        if place is None:
            y[key] = values
        elif not y.flags.c_contiguous:
            np.add.at(y, key, values)
        else:
            add_at(y, np.ravel(place), np.broadcast_to(values, np.shape(place)).ravel())
    except IndexError as error:
        raise IndexError(_index_message(y, key, str(error))) from None
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(np.shape(values))} cannot be broadcast to indexing result of "
            f"shape {list(np.shape(y[key]))}"
        ) from None


def nonzero(x: Array) -> tuple[Array, ...]:
    """The indices of the elements that are not zero, an array an axis."""
    return tuple([in_rows(i) for i in np.nonzero(_lines(x))])


def nonzero_rows(x: Array) -> Array:
    """The same as (count, axes), an axis after the other in memory, as PyTorch has it."""
    return np.argwhere(x)


def range_of(index: Array) -> tuple[int, int]:
    """The smallest and the largest index; (0, -1) of none."""
    return (int(index.min()), int(index.max())) if index.size else (0, -1)


def one_hot(index: Array, classes: int) -> Array:
    """A row for each index, which must be in range: 1 there, and 0 elsewhere."""
    out = np.zeros((index.size, classes), np.int64)
    out[np.arange(index.size), index.ravel()] = 1
    return out.reshape(*index.shape, classes)


def embedding(table: Array, index: Array) -> Array:
    """The rows of a table at the indices."""
    check_range(index, table.shape[0], 0, "index out of range in self: index")
    return np.take(table, index, 0)


def embedding_grad(grad: Array, index: Array, rows: int, padding: int = -1) -> Array:
    """(rows, dim): for each row the sum of the gradients of its uses; the padding row stays zero."""
    dim = grad.shape[-1]
    y = np.zeros((rows, dim), grad.dtype)
    _rows_add(y, np.ascontiguousarray(index).reshape(-1), np.ascontiguousarray(grad).reshape(-1, dim))
    if padding >= 0:
        y[padding] = 0
    return y


def inverse_frequencies(index: Array, rows: int, dtype: Any) -> Array:
    """For every index one over how often it occurs."""
    return np.asarray(1 / np.bincount(index.reshape(-1), minlength=rows)[index]).astype(dtype)


def bag_numbers(starts: list[int], size: int) -> Array:
    """(size,) the number of the bag that each element lies in, where bag i begins at starts[i]."""
    ends = np.array([*starts[1:], size], np.int64)[: len(starts)]
    return np.repeat(np.arange(len(starts)), ends - np.array(starts, np.int64))


def bag_shares(bag: Array, count: int, dtype: Any) -> Array:
    """(count, 1) one over the number of elements in each bag; 1 for an empty one."""
    return np.asarray(1 / np.maximum(np.bincount(bag, minlength=count), 1)).astype(dtype).reshape(-1, 1)


def _bag_largest_numpy(rows: Array, bag: Array, at: Array) -> None:
    for i in range(len(bag)):
        best = at[bag[i]]
        better = (best < 0) | (rows[i] > rows[best, np.arange(len(best))])
        best[better] = i


@jit(twin=_bag_largest_numpy)
def _bag_largest(rows: Any, bag: Any, at: Any) -> None:
    for i in range(bag.size):
        row, best = rows[i], at[bag[i]]
        for j in range(row.size):
            if best[j] < 0 or row[j] > rows[best[j], j]:
                best[j] = i


def bag_largest(rows: Array, bag: Array, count: int) -> tuple[Array, Array]:
    """(count, dim) for each bag and column which row is the largest, the first of equal ones;
    (count, 1) which are empty.
    """
    at = np.full((count, rows.shape[1]), -1, np.int64)
    _bag_largest(np.ascontiguousarray(rows), np.ascontiguousarray(bag), at)
    return np.maximum(at, 0), np.bincount(bag, minlength=count).reshape(-1, 1) == 0


def flat_index(index: Array, size: int) -> Array:
    """Indices into a flattened array of `size`, counted from 0; IndexError if one is out of range."""
    if index.size and (index.min() < -size or index.max() >= size):
        raise OutOfRange(f"out of range: tried to access an index outside of a tensor of {size} elements")
    return np.ascontiguousarray(np.where(index < 0, index + size, index)).reshape(-1)
