"""Elements moved: the kernels against plain indexing, and the jitted loop against its numpy twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import _jit, rearrange

Array = NDArray[Any]


def _numbers(dtype: Any, *shape: int) -> Array:
    return np.random.default_rng(sum(shape)).integers(0, 99, shape).astype(dtype)


def _layouts(x: Array) -> list[Array]:
    gaps = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)[..., ::2]
    gaps[...] = x
    return [x, np.asfortranarray(x), gaps, np.broadcast_to(x[:1], x.shape)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(7, 5), (190, 170), (3, 90, 110), (5, 90, 110, 2), (0, 3)])
def test_copies_are_contiguous_and_their_own(dtype: Any, shape: tuple[int, ...]) -> None:
    x = _numbers(dtype, *shape)
    for laid in [*_layouts(x), np.swapaxes(np.swapaxes(x, -1, -2).copy(), -1, -2), np.swapaxes(x, 0, -1)]:
        for copy in (rearrange.contiguous_copy, rearrange.copy_of):
            got = copy(laid)
            np.testing.assert_array_equal(got, laid)
            assert not np.shares_memory(got, laid)
        assert rearrange.contiguous_copy(laid).flags.c_contiguous


def test_several_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = _numbers(np.float32, 300, 210).T
    monkeypatch.setattr(_jit, "PART_NS", 10)
    monkeypatch.setattr(_jit, "_threads", 4)
    np.testing.assert_array_equal(rearrange.contiguous_copy(x), np.ascontiguousarray(x))


@pytest.mark.parametrize("shape", [(1, 16, 16), (2, 37, 50), (3, 5, 100)])
def test_transposing_does_what_its_twin_does(shape: tuple[int, ...]) -> None:
    x = np.swapaxes(_numbers(np.float64, shape[0], shape[2], shape[1]), 1, 2)
    items = shape[0] * -(-shape[1] // rearrange.BLOCK)
    outs = np.zeros((2, *shape))
    for out, run in zip(outs, (rearrange._transpose, rearrange._transpose.twin), strict=True):
        run(0, items, x, out)
    np.testing.assert_array_equal(outs[0], x)
    np.testing.assert_array_equal(outs[1], x)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.bool_])
@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (1, 2), (0, 2), (0, 1, 2)])
def test_many_elements_reversed(axes: tuple[int, ...], dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As numpy does, also in threads, and in the memory order of the operand."""
    x = _numbers(dtype, 20, 30, 33)
    monkeypatch.setattr(_jit, "PART_NS", 10)
    monkeypatch.setattr(_jit, "_threads", 4)
    for laid in _layouts(x):
        got = rearrange.flip(laid, axes)
        assert got.dtype == dtype
        np.testing.assert_array_equal(got, np.flip(laid, axes))
    assert rearrange.flip(np.asfortranarray(x), axes).flags.f_contiguous


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(170, 1), (1, 1), (1,), (130, 2, 1)])
def test_expanded_numbers_are_copied(shape: tuple[int, ...], dtype: Any) -> None:
    """Rows of one number each, in another shape too."""
    x = np.broadcast_to(_numbers(dtype, *shape), (*shape[:-1], 20000 // max(shape[0], 20)))
    x = np.broadcast_to(x, (20, *x.shape[1:])) if shape == (1, 1) else x
    for got in (rearrange.contiguous_copy(x), rearrange.reshaped(x, (x.size,))):
        assert got.flags.c_contiguous
        assert not np.shares_memory(got, x)
        np.testing.assert_array_equal(got.reshape(x.shape), x)


def test_reversing_does_what_its_twin_does() -> None:
    x, outs = _numbers(np.float64, 5, 40), np.zeros((2, 5, 40))
    for out, run in zip(outs, (rearrange._reverse, rearrange._reverse.twin), strict=True):
        run(1, 4, x, out)
    np.testing.assert_array_equal(outs[0], outs[1])
    np.testing.assert_array_equal(outs[0, 1:4], x[1:4, ::-1])


def test_joined() -> None:
    x, y = _numbers(np.int64, 2, 3), _numbers(np.int64, 4, 3)
    joined = rearrange.concatenate([x, y], 0)
    assert joined[:2].tolist() == x.tolist()
    assert joined[2:].tolist() == y.tolist()
    stacked = rearrange.stack([x, x + 1], 1)
    assert stacked[:, 0].tolist() == x.tolist()
    assert stacked[:, 1].tolist() == (x + 1).tolist()


def test_moved() -> None:
    x = _numbers(np.int64, 3, 4)
    assert rearrange.flip(x, (0,)).tolist() == x.tolist()[::-1]
    assert rearrange.flip(x, ()).tolist() == x.tolist()
    assert rearrange.roll(x, (1,), None).ravel().tolist() == [x[-1, -1], *x.ravel()[:-1]]
    assert rearrange.roll(x, (1, -1), (0, 1)).tolist() == [[*row[1:], row[0]] for row in (x[2], x[0], x[1])]
    for d in (-1, 0, 2):
        for i, j in np.ndindex(x.shape):
            assert rearrange.tril(x, d)[i, j] == (x[i, j] if j - i <= d else 0)
            assert rearrange.triu(x, d)[i, j] == (x[i, j] if j - i >= d else 0)


@pytest.mark.parametrize("offset", [-2, 0, 1, 9])
def test_diagonals_can_be_written_to(offset: int) -> None:
    x = _numbers(np.int64, 3, 4, 2)
    part = rearrange.diagonal(x, offset, 0, 1)
    np.testing.assert_array_equal(part, np.diagonal(x, offset, 0, 1))
    placed = rearrange.place_diagonal(part, x.shape, offset, 0, 1)
    np.testing.assert_array_equal(np.diagonal(placed, offset, 0, 1), part)
    assert placed.sum() == part.sum()
    part[...] = -1
    assert (x == -1).sum() == part.size


def test_shapes_that_broadcast() -> None:
    assert rearrange.broadcast_shape([(2, 1), (3,)]) == (2, 3)
    assert rearrange.broadcast_shape([(2,), (3,)]) is None
