"""Pooling kernels: plain loops, twins, threads, NaN, ties, bounds."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from kernels.twins import Array, Calls, check_threads, check_twins, close
from ops.rows_pool import adaptive_average, adaptive_largest, averaged, largest

from minitorch.kernels import pool

DTYPES = [np.float32, np.float64]
# size of the planes, kernel, stride, padding, dilation, ceil_mode
CASES: list[tuple[tuple[int, ...], Any, Any, Any, Any, bool]] = [
    ((9,), (3,), (2,), (1,), (1,), False),
    ((9,), (2,), (3,), (0,), (2,), True),
    ((8, 6), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((9, 7), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((9, 7), (2, 2), (2, 2), (0, 0), (1, 1), True),
    ((9, 8), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((9, 8), (3, 2), (1, 3), (1, 0), (2, 1), True),
    ((5, 6, 7), (2, 3, 2), (2, 1, 3), (1, 1, 0), (1, 1, 2), True),
    ((5, 6, 4), (2, 2, 2), (2, 2, 2), (0, 0, 0), (1, 1, 1), False),
]
cases = pytest.mark.parametrize("case", CASES, ids=str)
dtypes = pytest.mark.parametrize("dtype", DTYPES)
ADAPTIVE = [((9,), (4,)), ((8, 7), (3, 7)), ((8, 7), (1, 1)), ((4, 5), (9, 2)), ((4, 5, 3), (2, 3, 3))]


def _numbers(dtype: Any, *shape: int) -> Array:
    """Few values, so that there are ties."""
    return np.random.default_rng(len(shape)).integers(-9, 9, shape).astype(dtype)


@dtypes
@cases
def test_max(case: Any, dtype: Any) -> None:
    size, *how = case
    x = _numbers(dtype, 2, 3, *size)
    values, places = pool.max_pool(x, *how)
    want, at = largest(len(size))(x, *how, return_indices=True)
    assert values.dtype == dtype
    assert places.dtype == np.int64
    np.testing.assert_array_equal(values, want)
    np.testing.assert_array_equal(places, at)  # of equal ones the first


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8])
def test_max_of_integers(dtype: Any) -> None:
    x = np.abs(_numbers(np.int64, 2, 3, 9, 7)).astype(dtype)
    for how in (case[1:] for case in CASES[3:6]):
        values, places = pool.max_pool(x, *how)
        want, at = largest(2)(x, *how, return_indices=True)
        assert values.dtype == dtype
        np.testing.assert_array_equal(values, want)
        np.testing.assert_array_equal(places, at)


@dtypes
@cases
def test_nan_is_above_all(case: Any, dtype: Any) -> None:
    size, *how = case
    x = _numbers(dtype, 4, 2, *size)
    x[0].reshape(2, -1)[:, ::3] = np.nan
    x[1].reshape(2, -1)[:, ::2] = np.inf
    x[2] = -np.inf
    x[3].reshape(2, -1)[:, ::4] = -np.inf
    values, places = pool.max_pool(x, *how)
    want, at = largest(len(size))(x, *how, return_indices=True)
    np.testing.assert_array_equal(values, want)
    np.testing.assert_array_equal(places, at)


@dtypes
@cases
def test_putting_back(case: Any, dtype: Any) -> None:
    """What was taken is put back where it was, and added where windows share an element; and it is taken again."""
    size, *how = case
    x = _numbers(dtype, 2, 3, *size)
    _, places = pool.max_pool(x, *how)
    g = np.random.default_rng(3).normal(size=places.shape).astype(dtype)
    want = np.zeros((6, x[0, 0].size))
    for plane, at, values in zip(want, places.reshape(6, -1), g.reshape(6, -1), strict=True):
        np.add.at(plane, at, values)
    close(pool.put_at(g, places, x.shape, len(size)), want.reshape(x.shape).astype(dtype))
    taken = np.take_along_axis(x.reshape(6, -1), places.reshape(6, -1), 1)
    np.testing.assert_array_equal(pool.get_at(x, places, len(size)), taken.reshape(places.shape))


def _windows(case: Any, count_include_pad: bool, divisor: int | None) -> Any:
    size, kernel, stride, padding, _, ceil_mode = case
    return pool.sliding_windows(size, kernel, stride, padding, ceil_mode, count_include_pad, divisor)


@dtypes
@pytest.mark.parametrize("how", [(True, None), (False, None), (True, 3), (False, -2)])
@cases
def test_average(case: Any, how: Any, dtype: Any) -> None:
    size, kernel, stride, padding, _, ceil_mode = case
    x = np.random.default_rng(1).normal(size=(2, 3, *size)).astype(dtype)
    want = averaged(len(size))(x.astype(np.float64), kernel, stride, padding, ceil_mode, *how)
    y = pool.average(x, _windows(case, *how))
    assert y.dtype == dtype
    close(y, want.astype(dtype))
    _check_shared(x, y, _windows(case, *how))


def _check_shared(x: Array, y: Array, windows: Any) -> None:
    """Sharing is the transpose of averaging: <y, g> = <x, share(g)>."""
    g = np.random.default_rng(2).normal(size=y.shape).astype(x.dtype)
    shared = pool.share(g, windows, x.shape)
    assert (shared.shape, shared.dtype) == (x.shape, x.dtype)
    lost = (1e-5 if x.dtype == np.float32 else 1e-12) * (1 + np.abs(y * g).sum())
    assert abs((y * g).sum() - (x * shared).sum()) < lost


@dtypes
@pytest.mark.parametrize(("size", "output"), ADAPTIVE)
def test_windows_that_share_a_plane_out(size: tuple[int, ...], output: tuple[int, ...], dtype: Any) -> None:
    x, windows = _numbers(dtype, 2, 3, *size), pool.adaptive_windows(size, output)
    y = pool.average(x, windows)
    close(y, adaptive_average(len(size))(x.astype(np.float64), output).astype(dtype))
    _check_shared(x, y, windows)
    x[0].reshape(3, -1)[:, ::5] = np.nan
    values, places = pool.window_max(x, windows)
    want, at = adaptive_largest(len(size))(x, output, return_indices=True)
    np.testing.assert_array_equal(values, want)
    np.testing.assert_array_equal(places, at)


def test_averages_of_integers_are_cut_off_as_in_c() -> None:
    x = np.array([[[7, -7, 1, 1, -1, -1, 3, 0]]])
    windows = pool.sliding_windows((8,), (2,), (2,), (0,), False, True, None)
    assert pool.average(x, windows).tolist() == [[[0, 1, -1, 1]]]
    x = np.arange(-50, 50).reshape(1, 1, 100)
    windows = pool.sliding_windows((100,), (3,), (1,), (0,), False, True, None)
    sums = x[..., :-2] + x[..., 1:-1] + x[..., 2:]
    np.testing.assert_array_equal(pool.average(x, windows), np.trunc(sums / 3).astype(int))


def test_layouts() -> None:
    x = _numbers(np.float64, 4, 5, 8, 6)
    windows = _windows(CASES[2], True, None)
    for view in (np.asfortranarray(x), np.repeat(x, 2, -1)[..., ::2]):
        close(pool.max_pool(view, *CASES[2][1:]), pool.max_pool(x, *CASES[2][1:]))
        close(pool.average(view, windows), pool.average(x, windows))
        larger = pool.adaptive_windows((16, 12), (8, 6)), (4, 5, 16, 12)
        close(pool.share(view, *larger), pool.share(x, *larger))


# ---------------------------------------------------------------- twins and threads


def _largest(x: Array, case: Any) -> Any:
    values, places = pool.max_pool(x, *case[1:])
    return values, places, pool.put_at(values, places, x.shape, len(case[0]))


def _averages(x: Array, windows: Any) -> Any:
    y = pool.average(x, windows)
    return y, pool.share(y, windows, x.shape)


def _calls(dtype: Any) -> Calls:
    calls: dict[str, Callable[[], Any]] = {}
    for case in CASES:
        x = _numbers(dtype, 3, 5, *case[0])
        x[0, 0].reshape(-1)[::3] = np.nan
        calls[f"max {case}"] = partial(_largest, x, case)
        calls[f"average {case}"] = partial(_averages, x[1:], _windows(case, False, None))
    for size, output in ADAPTIVE:
        windows = pool.adaptive_windows(size, output)
        calls[f"share {size} {output}"] = partial(_averages, _numbers(dtype, 3, 5, *size), windows)
    return calls


@dtypes
def test_twins(dtype: Any) -> None:
    check_twins(pool, _calls(dtype))


@dtypes
def test_threads(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    check_threads(monkeypatch, _calls(dtype))
