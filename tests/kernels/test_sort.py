"""Order: the kernels against Python's own sort."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import sort

Array = NDArray[Any]


def _numbers(dtype: Any, *shape: int) -> Array:
    return np.random.default_rng(sum(shape)).integers(0, 9, shape).astype(dtype)


def _python_order(row: Array, descending: bool) -> list[int]:
    """Stable; NaN is the largest."""
    keys = [(x != x, 0 if x != x else x) for x in row.tolist()]
    if descending:
        keys = [(not broken, -x) for broken, x in keys]
    return sorted(range(len(row)), key=keys.__getitem__)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("axis", [0, 1])
def test_argsort_is_stable(dtype: Any, descending: bool, axis: int) -> None:
    x = _numbers(dtype, 30, 40)
    if np.dtype(dtype).kind == "f":
        x[::7, ::5] = math.nan
    for laid in (x, np.asfortranarray(x)):
        got = np.moveaxis(sort.argsort(laid, axis, descending), axis, -1)
        for row, order in zip(np.moveaxis(x, axis, -1), got, strict=True):
            assert order.tolist() == _python_order(row, descending)


@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("k", [0, 1, 5, 12])
def test_topk(k: int, largest: bool) -> None:
    x = _numbers(np.float64, 20, 12)
    x[3, 4] = math.nan
    for row, order in zip(x, sort.topk(x, k, 1, largest, True), strict=True):
        assert order.tolist() == _python_order(row, largest)[:k]


def test_medians_and_places() -> None:
    x = _numbers(np.float64, 20, 9)
    x[5, 2], x[5, 7] = math.nan, math.nan
    for i, (row, at) in enumerate(zip(x, sort.median(x, 1)[:, 0], strict=True)):
        assert at == (2 if i == 5 else _python_order(row, False)[4])
    assert sort.kth(x, 0, 0).shape == (1, 9)
    assert sort.median(np.array(3.0), 0).shape == ()


def test_unique_and_runs() -> None:
    x = _numbers(np.int64, 5, 6)
    values, inverse, counts = sort.unique(x, None)
    assert values.tolist() == sorted(set(x.ravel().tolist()))
    np.testing.assert_array_equal(values[inverse], x)
    assert counts.tolist() == [int((x == v).sum()) for v in values]
    values, inverse, counts = sort.unique_consecutive(np.array([2, 2, 1, 2, 2, 2]), None)
    assert (values.tolist(), inverse.tolist(), counts.tolist()) == ([2, 1, 2], [0, 0, 1, 2, 2, 2], [2, 1, 3])


@pytest.mark.parametrize("right", [False, True])
def test_searchsorted(right: bool) -> None:
    edges, values = np.sort(_numbers(np.float64, 4, 7)), _numbers(np.float64, 4, 5)
    found = sort.searchsorted(edges, values, right)
    for row, wanted, places in zip(edges, values, found, strict=True):
        assert places.tolist() == [sum(e < v or (right and e == v) for e in row) for v in wanted]


def test_counts_keep_the_dtype_of_weights() -> None:
    x = np.array([0, 2, 2])
    assert sort.bincount(x, None, 5).tolist() == [1, 0, 2, 0, 0]
    for dtype in (np.float32, np.float64):
        counts = sort.bincount(x, np.array([0.5, 1, 2], dtype), 0)
        assert (counts.dtype, counts.tolist()) == (dtype, [0.5, 0, 3])
    assert sort.histogram(np.array([0.0, 0.1, 0.9, 5.0]), 2, 0, 1).tolist() == [2, 1]
