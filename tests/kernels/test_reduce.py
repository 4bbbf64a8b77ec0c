"""Reductions against plain numpy in float64, and every jitted loop against its numpy twin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import reduce, scan
from minitorch.kernels._jit import Kernel, load
from minitorch.kernels.fold import TILE, Fold

Array = NDArray[Any]
INF, NAN = math.inf, math.nan

FOLDS = {name: fold for name, fold in vars(reduce).items() if isinstance(fold, Fold)}
LOOPS = {name: kernel for name, kernel in (vars(reduce) | vars(scan)).items() if isinstance(kernel, Kernel)}
# Each shape with axes whose reduction takes another way: rows, columns, few columns, long, in steps, of size 1.
WAYS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3, 5), (1,)),
    ((70, 90), (1,)),
    ((9, 1100), (1,)),
    ((2, 3000), (1,)),
    ((90, 70), (0,)),
    ((5, 2100), (0,)),
    ((3, 40, 50), (1,)),
    ((2000, 3), (0,)),
    ((3001, 21), (0,)),
    ((200001,), (0,)),
    ((4001, 40), (0,)),
    ((4, 5, 30, 12), (0, 2, 3)),
    ((4, 5, 30, 12), (1, 3)),
    ((6, 1, 40, 1, 30), (0, 1)),
    ((6, 1, 40, 1, 30), (1, 4)),
    ((5, 1000), (0, 1)),
    ((70, 80), ()),
    ((), ()),
]


def _numbers(dtype: Any, *shape: int) -> Array:
    rng = np.random.default_rng(len(shape))
    if np.dtype(dtype).kind == "f":
        return np.asarray(rng.normal(size=shape)).astype(dtype)
    return np.asarray(rng.integers(0, 2 if dtype is np.bool_ else 9, shape)).astype(dtype)


def _layouts(x: Array) -> list[Array]:
    """The same numbers in C order, in Fortran's, and with gaps."""
    gaps = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)[..., ::2] if x.ndim else x.copy()
    gaps[...] = x
    return [x, x.copy(order="F"), gaps]


def _close(got: Any, want: Any, dtype: Any, rtol: float | None = None) -> None:
    assert type(got) is np.ndarray
    assert got.dtype == dtype
    assert got.shape == np.shape(want)
    rtol = rtol or (1e-6 if got.dtype == np.float32 else 1e-12)
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * 100)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, axes, keepdims: function(x, axis=axes, keepdims=keepdims)


SUMS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sum": (reduce.sum, _plain(np.sum)),
    "nansum": (reduce.nansum, _plain(np.nansum)),
    "count_nonzero": (reduce.count_nonzero, _plain(np.count_nonzero)),
    "amax": (reduce.amax, _plain(np.max)),
    "amin": (reduce.amin, _plain(np.min)),
    "all": (reduce.all, _plain(np.all)),
    "any": (reduce.any, _plain(np.any)),
}
MEANS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "mean": (reduce.mean, _plain(np.mean)),
    "var": (lambda x, a, k: reduce.var_mean(x, a, 0, k)[0], _plain(np.var)),
    "mean of var_mean": (lambda x, a, k: reduce.var_mean(x, a, 0, k)[1], _plain(np.mean)),
    "std": (lambda x, a, k: reduce.std(x, a, 0, k), _plain(np.std)),
    "logsumexp": (reduce.logsumexp, lambda x, a, k: np.log(np.exp(x).sum(a, keepdims=k))),
    "norm 0": (lambda x, a, k: reduce.norm(x, 0, a, k), _plain(np.count_nonzero)),
    "norm 1": (lambda x, a, k: reduce.norm(x, 1, a, k), lambda x, a, k: np.abs(x).sum(a, keepdims=k)),
    "norm 2": (lambda x, a, k: reduce.norm(x, 2, a, k), lambda x, a, k: np.sqrt((x * x).sum(a, keepdims=k))),
    "norm 3": (lambda x, a, k: reduce.norm(x, 3, a, k), lambda x, a, k: np.cbrt((np.abs(x) ** 3).sum(a, keepdims=k))),
    "norm inf": (lambda x, a, k: reduce.norm(x, INF, a, k), lambda x, a, k: np.abs(x).max(a, keepdims=k)),
    "norm -inf": (lambda x, a, k: reduce.norm(x, -INF, a, k), lambda x, a, k: np.abs(x).min(a, keepdims=k)),
}


def _check(kernel: Callable[..., Any], plain: Callable[..., Any], x: Array, axes: tuple[int, ...], dtype: Any) -> None:
    wide = x.astype(np.float64) if x.dtype == np.float32 else x
    for keepdims in (False, True):
        want = plain(wide, axes, keepdims)
        for layout in _layouts(x):
            _close(kernel(layout, axes, keepdims), want, dtype)


@pytest.mark.parametrize(("shape", "axes"), WAYS)
@pytest.mark.parametrize("name", SUMS)
def test_reductions_of_every_dtype(name: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    kernel, plain = SUMS[name]
    for dtype in (np.float32, np.float64, np.int64, np.int32, np.bool_):
        result: Any = dtype
        if name in ("all", "any"):
            result = np.bool_
        elif name == "count_nonzero" or (name in ("sum", "nansum") and np.dtype(dtype).kind != "f"):
            result = np.int64
        _check(kernel, plain, _numbers(dtype, *shape), axes, result)


@pytest.mark.parametrize(("shape", "axes"), WAYS)
@pytest.mark.parametrize("name", MEANS)
def test_reductions_of_floats(name: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    kernel, plain = MEANS[name]
    for dtype in (np.float32, np.float64):
        _check(kernel, plain, _numbers(dtype, *shape), axes, dtype)


@pytest.mark.parametrize(("shape", "axes"), WAYS)
def test_products(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    for dtype in (np.float64, np.float32):
        x = (1 + _numbers(dtype, *shape) / 1000).astype(dtype)
        want = np.prod(x.astype(np.float64), axis=axes)
        _close(reduce.prod(x, axes), want, dtype, 1e-4 if dtype is np.float32 else 1e-10)
    whole = np.where(_numbers(np.int64, *shape) > 4, -1, 1)
    _close(reduce.prod(whole, axes), np.prod(whole, axis=axes), np.int64)
    assert reduce.prod(np.ones(5000, np.bool_), (0,)).dtype == np.int64


def test_a_dtype_may_be_asked_for() -> None:
    x = np.full((100, 100), 100, np.int8)
    _close(reduce.sum(x, (0,), False, np.float64), np.full(100, 1e4), np.float64)
    _close(reduce.prod(np.full(3, 100, np.int8), (0,), False, np.float32), 1e6, np.float32)


def test_complex_numbers() -> None:
    x = _numbers(np.float64, 60, 90) + 1j * _numbers(np.float64, 90, 60).T
    _close(reduce.sum(x, (1,)), x.sum(1), np.complex128)
    _close(reduce.norm(x, 2, (0, 1)), np.linalg.norm(x), np.float64)
    var, mean = reduce.var_mean(x, (0,), 0)
    _close(var, x.var(0), np.float64)
    _close(mean, x.mean(0), np.complex128)


# ---------------------------------------------------------------- sum_to

TARGETS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((64, 100), (100,)),
    ((64, 100), (64, 1)),
    ((64, 100), ()),
    ((64, 100), (1, 1)),
    ((4, 6, 15, 20), (1, 6, 1, 1)),
    ((4, 6, 15, 20), (6, 1, 1)),
    ((4, 6, 15, 20), (4, 6, 15, 20)),
    ((3, 1, 5), (1, 5)),
    ((0, 3), (1, 3)),
]


@pytest.mark.parametrize(("shape", "target"), TARGETS)
def test_sum_to_undoes_a_broadcast(shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    x = _numbers(np.float32, *shape)
    lifted = (1,) * (len(shape) - len(target)) + target
    axes = tuple(d for d, n in enumerate(lifted) if n != shape[d])
    want = x.astype(np.float64).sum(axes, keepdims=True).reshape(target)
    for layout in _layouts(x):
        _close(reduce.sum_to(layout, target), want, np.float32)


# ---------------------------------------------------------------- special values


@pytest.mark.parametrize("size", [3, 300, 7000])
@pytest.mark.parametrize("axis", [0, 1])
def test_extremes_hand_on_nan_and_infinity(size: int, axis: int) -> None:
    x = _numbers(np.float32, size, size if size < 1000 else 3)
    x[0, 0], x[1, 1], x[2, 2] = NAN, INF, -INF
    x[:, 0] = NAN
    for ours, plain in ((reduce.amax, np.max), (reduce.amin, np.min)):
        np.testing.assert_array_equal(ours(x, (axis,)), plain(x, axis=axis))
        np.testing.assert_array_equal(ours(x.T, (axis,)), plain(x.T, axis=axis))
        np.testing.assert_array_equal(ours(x, (0, 1)), np.float32(NAN))


@pytest.mark.parametrize("at", [0, 1, 255, 256, 700, 4999])
def test_a_nan_is_found_wherever_it_is(at: int) -> None:
    x = _numbers(np.float64, 2, 5000)
    x[1, at] = NAN
    assert np.isnan(reduce.amax(x, (1,))).tolist() == [False, True]
    assert reduce.max_with_index(x, 1)[1][1] == at
    x[1, at] = 9
    assert reduce.amax(x, (1,))[1] == 9
    assert reduce.amin(-x, (1,))[1] == -9


@pytest.mark.parametrize("repeat", [1, 2000])
def test_logsumexp_of_infinities(repeat: int) -> None:
    rows = np.array([[-INF, -INF, -INF], [INF, 0, -INF], [NAN, 0, INF], [0, -INF, 0], [1e4, 1e4, -1e4]])
    want = np.array([-INF, INF, NAN, math.log(2), 1e4 + math.log(2)])
    _close(reduce.logsumexp(np.tile(rows, (repeat, 1)), (1,)), np.tile(want, repeat), np.float64)


def test_norms_of_no_numbers_and_of_infinities() -> None:
    assert reduce.norm(np.zeros((2, 0)), INF, (1,)).tolist() == [0, 0]
    assert reduce.norm(np.zeros((2, 0)), 2, (1,)).tolist() == [0, 0]
    assert reduce.norm(np.array([INF, 1.0]), 2, (0,)) == INF
    assert np.isnan(reduce.norm(np.array([NAN, 1.0]), INF, (0,)))


def test_nansum_leaves_nan_out() -> None:
    x = _numbers(np.float32, 100, 100)
    x[::3] = NAN
    _close(reduce.nansum(x, (0,)), np.nansum(x.astype(np.float64), 0), np.float32)


def test_variance_of_too_few() -> None:
    x = np.array([[1.0], [2.0]])
    assert np.isnan(reduce.var_mean(x, (1,), 1)[0]).all()
    assert reduce.var_mean(x, (0,), 3)[0].tolist() == [INF]
    assert np.isnan(reduce.mean(np.zeros((0, 2)), (0,))).all()


def test_variance_far_from_zero() -> None:
    x = (1e4 + _numbers(np.float32, 100, 100)).astype(np.float32)
    _close(reduce.var_mean(x, (0, 1))[0], x.astype(np.float64).var(ddof=1), np.float32, 1e-3)


@pytest.mark.parametrize("name", SUMS)
def test_empty_arrays(name: str) -> None:
    kernel, plain = SUMS[name]
    for dtype in (np.float32, np.int64):
        x = np.zeros((3, 0, 2), dtype)
        _close(kernel(x, (0,), False), plain(x, (0,), False), kernel(x, (0,), False).dtype)
        if name not in ("amax", "amin"):
            np.testing.assert_array_equal(kernel(x, (1,), True), plain(x, (1,), True))


def test_long_float32_sums_are_accurate() -> None:
    x = np.full(3_000_001, 0.1, np.float32)
    want = x.astype(np.float64).sum()
    assert abs(reduce.sum(x, (0,)) - want) < want * 1e-6
    assert abs(reduce.sum(x[:3_000_000].reshape(-1, 3), (0,))[1] - want / 3) < want * 1e-6


# ---------------------------------------------------------------- indices


@pytest.mark.parametrize("shape", [(7,), (40, 50), (5, 60, 70), (2, 9, 1100), (3, 4, 5, 6)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.bool_])
def test_indices_are_those_of_the_first(shape: tuple[int, ...], dtype: Any) -> None:
    x = np.round(_numbers(dtype, *shape) * 2).astype(dtype)  # many are equal
    if np.dtype(dtype).kind == "f":
        x.reshape(-1)[::37] = NAN
    pairs = ((reduce.argmax, reduce.max_with_index, np.argmax), (reduce.argmin, reduce.min_with_index, np.argmin))
    for arg, with_index, plain in pairs:
        _close(arg(x, None), plain(x), np.int64)
        for axis in range(x.ndim):
            for layout in _layouts(x):
                for keepdims in (False, True):
                    found = plain(x, axis, keepdims=keepdims)
                    _close(arg(layout, axis, keepdims), found, np.int64)
                    values, indices = with_index(layout, axis, keepdims)
                    _close(indices, found, np.int64)
                    best = np.take_along_axis(x, plain(x, axis, keepdims=True), axis)
                    np.testing.assert_array_equal(values, best if keepdims else best.squeeze(axis))


def test_indices_of_a_number() -> None:
    x = np.array(3.0, np.float32)
    assert reduce.argmax(x, None).shape == ()
    assert [a.tolist() for a in reduce.max_with_index(x, 0)] == [3.0, 0]
    assert [a.tolist() for a in scan.cummin(x, 0)] == [3.0, 0]
    assert [f(x, 0).tolist() for f in (scan.cumsum, scan.cumprod, scan.logcumsumexp)] == [3.0, 3.0, 3.0]


# ---------------------------------------------------------------- running


@pytest.mark.parametrize("shape", [(11,), (30, 40), (6, 50, 40), (2, 0, 3)])
def test_running_sums_and_products(shape: tuple[int, ...]) -> None:
    for dtype in (np.float32, np.float64, np.int32, np.bool_, np.complex128):
        x = _numbers(np.float64 if dtype is np.complex128 else dtype, *shape).astype(dtype)
        wide = x.astype(np.float64) if dtype is np.float32 else x
        result = np.int64 if np.dtype(dtype).kind in "bi" else dtype
        for axis in range(x.ndim):
            for layout in _layouts(x):
                _close(scan.cumsum(layout, axis), np.cumsum(wide, axis), result)
                _close(scan.cumprod(layout, axis), np.cumprod(wide, axis), result)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_running_extremes_give_the_last_index(dtype: Any) -> None:
    x = np.round(_numbers(dtype, 3, 50, 4)).astype(dtype)
    if dtype is np.float32:
        x[0, 9, 0], x[0, 30, 0], x[1, 0, 1] = NAN, NAN, -INF
    for kernel, ufunc in ((scan.cummax, np.maximum), (scan.cummin, np.minimum)):
        for axis in range(3):
            want = ufunc.accumulate(x, axis)
            values, indices = kernel(x, axis)
            np.testing.assert_array_equal(values, want)
            np.testing.assert_array_equal(np.take_along_axis(x, indices, axis), want)
            again = np.where(
                (x == want) | (x != x), np.arange(x.shape[axis]).reshape([-1 if d == axis else 1 for d in range(3)]), 0
            )
            np.testing.assert_array_equal(indices, np.maximum.accumulate(again, axis))


def test_logcumsumexp() -> None:
    x = _numbers(np.float64, 20, 30) * 50
    x[0, :5], x[1, 3], x[2, 4], x[3, 5] = -INF, -INF, INF, NAN
    with np.errstate(invalid="ignore"):
        want = np.logaddexp.accumulate(x, 1)
        want32 = np.logaddexp.accumulate(x.astype(np.float32).astype(np.float64), 1)
    _close(scan.logcumsumexp(x, 1), want, np.float64)
    _close(scan.logcumsumexp(x.T, 0), want.T, np.float64)
    _close(scan.logcumsumexp(x.astype(np.float32), 1), want32, np.float32)


# ---------------------------------------------------------------- loops and twins


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FOLDS)
def test_the_loops_of_a_fold_do_what_their_twins_do(name: str, dtype: Any) -> None:
    fold = FOLDS[name]
    for shape in ((40, 300), (3, 1100)):
        x, c = _numbers(dtype, *shape) + 0.5, np.full(shape[0], 2, dtype)
        outs = np.zeros((2, shape[0]), dtype)
        fold.rows(0, shape[0], x, c, outs[0])
        fold.rows.twin(0, shape[0], x, c, outs[1])
        np.testing.assert_allclose(outs[0], outs[1], rtol=1e-4)
    for columns in ((2, 70, 30), (3, 5, 1100)):
        x, c = _numbers(dtype, *columns) + 0.5, np.full((columns[0], columns[2]), 2, dtype)
        tops = np.zeros((2, *c.shape), dtype)
        items = columns[0] * -(-columns[2] // TILE)
        fold.columns(1, items, x, c, tops[0])
        fold.columns.twin(1, items, x, c, tops[1])
        np.testing.assert_allclose(tops[0], tops[1], rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(not load(), reason="there are only the twins")
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("name", LOOPS)
def test_other_loops_do_what_their_twins_do(name: str, up: bool) -> None:
    kernel = LOOPS[name]
    outs = []
    for run in (kernel, kernel.twin):
        rows, x = _numbers(np.float64, 20, 40), _numbers(np.float64, 3, 20, 1200)
        values, indices = np.zeros((2, *rows.shape))
        arguments: dict[str, tuple[Any, ...]] = {
            "_columns_with_index": (x, up, np.zeros((3, 1200)), np.zeros((3, 1200), np.int64)),
            "_running": (x, np.zeros(0), up, np.zeros(x.shape)),
            "_running_rows": (rows, np.zeros(0), up, values),
            "_running_extreme": (rows, up, values, indices.astype(np.int64)),
            "_logcumsumexp": (rows, values),
        }
        run(1, 3, *arguments[name])
        outs.append(arguments[name][-2:] if "index" in name or "extreme" in name else arguments[name][-1:])
    for got, want in zip(*outs, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10)
