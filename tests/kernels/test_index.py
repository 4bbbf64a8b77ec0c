"""Elements at indices: the kernels against plain loops, and every jitted loop against its numpy twin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kernels.twins import compared
from numpy.typing import NDArray

from minitorch.errors import OutOfRange
from minitorch.kernels import index
from minitorch.kernels._jit import Kernel

Array = NDArray[Any]
ELSEWHERE = {"_bag_largest", "_all_below", "_pick", "_put"}  # the bags are tested in test_sequences.py
LOOPS = {name: k for name, k in vars(index).items() if isinstance(k, Kernel) and name not in ELSEWHERE}
DTYPES = [np.float32, np.float64, np.int64, np.int32, np.uint8]


def _numbers(dtype: Any, *shape: int) -> Array:
    return np.random.default_rng(sum(shape)).integers(1, 9, shape).astype(dtype)


def _places(index_: Array, axis: int) -> Iterator[tuple[Any, Any]]:
    """Each position of an index, and the place it means."""
    for at in np.ndindex(index_.shape):
        yield at, (*at[:axis], int(index_[at]), *at[axis + 1 :])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gather_and_scatter(dtype: Any, axis: int) -> None:
    rng = np.random.default_rng(axis)
    x = _numbers(dtype, 4, 5, 3)
    at = rng.integers(0, x.shape[axis], (3, 4, 2))
    want = np.zeros(at.shape, dtype)
    for here, there in _places(at, axis):
        want[here] = x[there]
    np.testing.assert_array_equal(index.gather(x, axis, at), want)
    np.testing.assert_array_equal(index.gather(np.asfortranarray(x), axis, at), want)

    src, added = _numbers(dtype, 3, 4, 2), x.copy()
    for here, there in _places(at, axis):
        added[there] += src[here]
    for y in (x.copy(), np.asfortranarray(x)):
        index.scatter_add(y, axis, at, src)
        np.testing.assert_array_equal(y, added)


@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize(
    ("how", "fold"), [("sum", np.sum), ("prod", np.prod), ("amax", np.max), ("amin", np.min), ("mean", np.mean)]
)
def test_scatter_reduce(how: str, fold: Any, include_self: bool) -> None:
    x, src = _numbers(np.float64, 4, 3), _numbers(np.float64, 5, 3) + 0.5
    at = np.random.default_rng(0).integers(0, 4, (5, 3))
    met: dict[Any, list[float]] = {}
    for here, there in _places(at, 0):
        met.setdefault(there, [x[there]] if include_self else []).append(src[here])
    want = x.copy()
    for there, items in met.items():
        want[there] = fold(items)
    y = x.copy()
    index.scatter_reduce(y, 0, at, src, how, include_self)
    np.testing.assert_allclose(y, want)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axis", [0, 1])
def test_entries(dtype: Any, axis: int) -> None:
    x, at = _numbers(dtype, 6, 7), np.array([3, 0, 3, 5])
    entries = np.moveaxis(x, axis, 0)[at]
    np.testing.assert_array_equal(np.moveaxis(index.index_select(x, axis, at), axis, 0), entries)
    new = _numbers(dtype, *index.index_select(x, axis, at).shape)
    want, y = x.copy(), x.copy()
    for i, k in enumerate(at):
        np.moveaxis(want, axis, 0)[k] += np.moveaxis(new, axis, 0)[i]
    index.index_add(y, axis, at, new)
    np.testing.assert_array_equal(y, want)


def test_embedding_and_its_gradient() -> None:
    table, at = _numbers(np.float32, 50, 8), np.random.default_rng(1).integers(0, 50, (4, 30))
    np.testing.assert_array_equal(index.embedding(table, at), table[at])
    grad = _numbers(np.float32, 4, 30, 8)
    want = np.zeros_like(table)
    for here in np.ndindex(at.shape):
        want[at[here]] += grad[here]
    np.testing.assert_array_equal(index.embedding_grad(grad, at, 50), want)
    want[7] = 0
    np.testing.assert_array_equal(index.embedding_grad(grad, at, 50, 7), want)


@pytest.mark.parametrize("bad", [-1, 4, 99])
def test_no_index_out_of_range_gets_into_a_loop(bad: int) -> None:
    x, at = np.zeros((4, 2)), np.array([[0, bad]])
    calls: list[Any] = [
        lambda: index.gather(x, 0, at),
        lambda: index.scatter(x, 0, at, 1.0),
        lambda: index.scatter_add(x, 0, at, np.ones((1, 2))),
        lambda: index.scatter_reduce(x, 0, at, np.ones((1, 2)), "amax", True),
        lambda: index.index_select(x, 0, at[0]),
        lambda: index.index_add(x, 0, at[0], np.ones((2, 2))),
        lambda: index.index_copy(x, 0, at[0], np.ones((2, 2))),
        lambda: index.embedding(x, at),
    ]
    for call in calls:
        with pytest.raises(OutOfRange, match=f"{bad} is out of bounds"):
            call()
    assert not x.any()
    with pytest.raises(IndexError):
        index.advanced_put(x, (np.array([99]),), 1.0, True)


@pytest.mark.parametrize("strided", [False, True])
def test_advanced_put(strided: bool) -> None:
    y = np.zeros((4, 6))[:, ::2] if strided else np.zeros((4, 3))
    rows, columns = np.array([1, 1, 3]), np.array([0, 0, 2])
    index.advanced_put(y, (rows, columns), np.array([1.0, 2.0, 3.0]), True)
    assert (y[1, 0], y[3, 2], y.sum()) == (3, 3, 6)
    index.advanced_put(y, (rows,), np.float64(5), False)
    assert y.sum() == 30
    with pytest.raises(RuntimeError, match=r"\[2\] cannot be broadcast to indexing result of shape \[3, 3\]"):
        index.advanced_put(y, (rows,), np.ones(2), False)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("name", LOOPS)
def test_loops_do_what_their_twins_do(name: str, dtype: Any) -> None:
    kernel, at = LOOPS[name], np.random.default_rng(2).integers(0, 30, 200)
    shape = () if name == "_add_at" else (8,)
    outs = []
    for run in (kernel, kernel.twin):
        y = _numbers(dtype, 30, *shape)
        run(y, at, _numbers(dtype, 200, *shape))
        outs.append(y)
    np.testing.assert_array_equal(*outs)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("shape", [(6, 5), (4, 5, 3), (2, 1, 3, 2)])
def test_loops_along_an_axis(shape: tuple[int, ...], dtype: Any) -> None:
    rng = np.random.default_rng(0)
    with compared(index) as met:
        for axis, n in enumerate(shape):
            at = rng.integers(0, n, (*shape[:axis], 7, *shape[axis + 1 :]))
            x, src = _numbers(dtype, *shape), _numbers(dtype, *at.shape)
            np.testing.assert_array_equal(index.gather(x, axis, at), np.take_along_axis(x, at, axis))
            y, want = x.copy(), x.copy()
            index.scatter_add(y, axis, at, src)
            for here, there in _places(at, axis):
                want[there] += src[here]
            np.testing.assert_array_equal(y, want)
            for bad in (n, -1):
                at[-1] = bad
                with pytest.raises(OutOfRange, match=f"index {bad} is out of bounds for dimension {axis}"):
                    index.scatter_add(y, axis, at, src)
            np.testing.assert_array_equal(y, want)  # nothing was written
    assert met == {"_all_below", "_pick", "_put"}
