"""Kernels of normalisation: plain formulas in float64, twins, threads, long and many rows, constant rows, NaN."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from kernels.twins import Array, Calls, arrays_in, check_threads, check_twins, close

from minitorch.kernels import norm

DTYPES = [np.float32, np.float64]
ROWS = [(1, 1), (4, 7), (300, 5), (3, 2000), (64, 65), (1, 40), (5, 1)]
CHANNELS = [(4, 3, 1), (5, 1, 7), (16, 9, 25), (2, 40, 3), (1, 3, 500), (3, 2, 1000)]
EPS = 1e-5
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def _numbers(dtype: Any, *shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0.5, 2, shape).astype(dtype)


def _weights(dtype: Any, n: int) -> tuple[Array, Array]:
    return _numbers(dtype, n, seed=1), _numbers(dtype, n, seed=2)


def _near(got: Any, want: Any) -> None:
    """Within what a division by a small standard deviation may lose."""
    for a, b in zip(arrays_in(got), arrays_in(want), strict=True):
        assert a.shape == b.shape
        scale = np.abs(b).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=0, atol=scale * (3e-5 if a.dtype == np.float32 else 1e-11))


# ---------------------------------------------------------------- rows


def _normal_rows(x: Array, w: Any, b: Any, centred: bool) -> tuple[Array, Array, Array]:
    x = x.astype(np.float64)
    mean = x.mean(1) if centred else np.zeros(len(x))
    rstd = 1 / np.sqrt(np.square(x - mean[:, None]).mean(1) + EPS)
    hat = (x - mean[:, None]) * rstd[:, None]
    return (hat if w is None else hat * w) + (0 if b is None else b), mean, rstd


@dtypes
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("shape", ROWS)
def test_rows(shape: tuple[int, int], centred: bool, dtype: Any) -> None:
    x = _numbers(dtype, *shape)
    w, b = _weights(dtype, shape[1])
    for weight, bias in itertools.product((None, w), (None, b)):
        got = norm.normalise_rows(x, weight, bias, EPS, centred)
        assert {a.dtype for a in got} == {np.dtype(dtype)}
        _near(got, _normal_rows(x, weight, bias, centred))


@dtypes
@pytest.mark.parametrize("centred", [True, False])
@pytest.mark.parametrize("shape", ROWS)
def test_gradients_of_rows(shape: tuple[int, int], centred: bool, dtype: Any) -> None:
    """Along a direction of x, w and b, against the difference quotient in float64."""
    x, g, steps = _numbers(dtype, *shape), _numbers(dtype, *shape, seed=3), np.random.default_rng(4)
    w, b = _weights(dtype, shape[1])
    _, mean, rstd = norm.normalise_rows(x, w, b, EPS, centred)
    found = norm.normalise_rows_grad(g, x, w, mean, rstd, centred)
    step = [steps.normal(size=a.shape) for a in (x, w, b)]
    near = [
        (_normal_rows(*[a + h * s for a, s in zip((x, w, b), step, strict=True)], centred)[0] * g).sum()
        for h in (1e-6, -1e-6)
    ]
    parts = [d * s for d, s in zip(found, step, strict=True)]
    scale = 1 + sum(np.abs(p).sum() for p in parts)
    lost = scale * (1e-4 if dtype is np.float32 else 1e-6)
    assert abs(sum(p.sum() for p in parts) - (near[0] - near[1]) / 2e-6) < lost
    without = norm.normalise_rows_grad(g, x, None, mean, rstd, centred)
    _near(without, norm.normalise_rows_grad(g, x, np.ones_like(w), mean, rstd, centred))


# ---------------------------------------------------------------- channels


@dtypes
@pytest.mark.parametrize("shape", CHANNELS)
def test_statistics(shape: tuple[int, ...], dtype: Any) -> None:
    x = _numbers(dtype, *shape)
    mean, var = norm.channel_statistics(x)
    wide = x.astype(np.float64)
    _near((mean, var), (wide.mean((0, 2)), wide.var((0, 2))))
    count = shape[0] * shape[2]
    _near(norm.unbiased(var, count), wide.var((0, 2), ddof=1) if count > 1 else var)


def test_statistics_far_from_zero() -> None:
    """The variance is that of the differences from the mean, not a difference of two squares."""
    x = (1000 + _numbers(np.float64, 30, 4, 50)).astype(np.float32)
    mean, var = norm.channel_statistics(x)
    np.testing.assert_allclose(mean, x.astype(np.float64).mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(var, x.astype(np.float64).var((0, 2)), rtol=1e-4)


def _normal_channels(x: Array, w: Array, b: Array, mean: Any = None, var: Any = None) -> Array:
    x = x.astype(np.float64)
    mean, var = (x.mean((0, 2)), x.var((0, 2))) if mean is None else (mean, var)
    return (x - mean[:, None]) / np.sqrt(var[:, None] + EPS) * w[:, None] + b[:, None]


@dtypes
@pytest.mark.parametrize("shape", CHANNELS)
def test_batch_norm(shape: tuple[int, ...], dtype: Any) -> None:
    x, (w, b) = _numbers(dtype, *shape), _weights(dtype, shape[1])
    mean, var = norm.channel_statistics(x)
    y, _, _ = norm.batch_norm(x, w, b, mean, var, EPS)
    assert y.dtype == dtype
    _near(y, _normal_channels(x, w, b))
    plain, _, _ = norm.batch_norm(x, None, None, mean, var, EPS)
    _near(plain, _normal_channels(x, np.ones(shape[1]), np.zeros(shape[1])))
    given = norm.batch_norm(x, w, b, np.full(shape[1], 0.3, dtype), np.full(shape[1], 2, dtype), EPS)[0]
    _near(given, _normal_channels(x, w, b, np.full(shape[1], 0.3), np.full(shape[1], 2.0)))


def _gradients(x: Array, g: Array, w: Array, b: Array, training: bool) -> tuple[Array, Array, Array]:
    mean, var = norm.channel_statistics(x)
    _, rstd, scale = norm.batch_norm(x, w, b, mean, var, EPS)
    sums = norm.channel_sums(g, x, mean, rstd)
    return norm.batch_norm_grad(g, x, scale, mean, rstd, *sums, training), *sums


@dtypes
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", CHANNELS)
def test_gradients_of_batch_norm(shape: tuple[int, ...], training: bool, dtype: Any) -> None:
    x, g, (w, b) = _numbers(dtype, *shape), _numbers(dtype, *shape, seed=3), _weights(dtype, shape[1])
    found, steps = _gradients(x, g, w, b, training), np.random.default_rng(4)
    fixed = () if training else tuple(np.asarray(f(x.astype(np.float64), (0, 2))) for f in (np.mean, np.var))
    step = [steps.normal(size=a.shape) for a in (x, w, b)]
    near = [
        (_normal_channels(*[a + h * s for a, s in zip((x, w, b), step, strict=True)], *fixed) * g).sum()
        for h in (1e-6, -1e-6)
    ]
    parts = [d * s for d, s in zip(found, step, strict=True)]
    lost = (1 + sum(np.abs(p).sum() for p in parts)) * (1e-4 if dtype is np.float32 else 1e-6)
    assert abs(sum(p.sum() for p in parts) - (near[0] - near[1]) / 2e-6) < lost


def test_running_statistics_move_where_they_are() -> None:
    running = np.array([1.0, 2.0, 3.0, 4.0], np.float32)[::2]
    norm.move(running, np.array([11.0, 13.0], np.float32), 0.25)
    assert running.tolist() == [3.5, 5.5]
    assert running.base is not None
    assert running.base.tolist() == [3.5, 2.0, 5.5, 4.0]


# ---------------------------------------------------------------- both


@dtypes
def test_constant_rows_and_nan(dtype: Any) -> None:
    x = np.array([[2, 2, 2], [0, 0, 0], [np.nan, 1, 2], [np.inf, 1, 2], [1, 2, 4]], dtype)
    for centred in (True, False):
        with np.errstate(invalid="ignore"):
            want = _normal_rows(x, None, None, centred)
        close(norm.normalise_rows(x, None, None, EPS, centred), [a.astype(dtype) for a in want])
    planes = np.ascontiguousarray(x.T)[:, :, None]
    mean, var = norm.channel_statistics(planes)
    with np.errstate(invalid="ignore"):
        want = _normal_rows(x, None, None, True)[0]
    _near(norm.batch_norm(planes, None, None, mean, var, EPS)[0][:, :, 0][:, [0, 1, 4]], want.T[:, [0, 1, 4]])
    assert np.isnan(norm.batch_norm(planes, None, None, mean, var, EPS)[0][:, 2:4]).all()


def test_layouts() -> None:
    x, g, (w, b) = _numbers(np.float64, 6, 8), _numbers(np.float64, 6, 8, seed=3), _weights(np.float64, 8)
    y, mean, rstd = norm.normalise_rows(x, w, b, EPS, True)
    grads = norm.normalise_rows_grad(g, x, w, mean, rstd, True)
    turned = np.asfortranarray(x), np.repeat(w, 2)[::2], np.repeat(b, 2)[::2]
    close(norm.normalise_rows(*turned, EPS, True)[0], y)
    close(norm.normalise_rows_grad(np.asfortranarray(g), *turned[:2], mean, rstd, True), grads)
    planes, flows = _numbers(np.float64, 4, 3, 5), _numbers(np.float64, 4, 3, 5, seed=3)
    want = _gradients(planes, flows, w[:3], b[:3], True)
    got = _gradients(np.asfortranarray(planes), np.asfortranarray(flows), turned[1][:3], turned[2][:3], True)
    close(got, want)


def _of_rows(x: Array, g: Array, w: Any, b: Any, centred: bool) -> Any:
    y, mean, rstd = norm.normalise_rows(x, w, b, EPS, centred)
    return y, mean, rstd, norm.normalise_rows_grad(g, x, w, mean, rstd, centred)


def _of_channels(x: Array, g: Array, w: Array, b: Array, training: bool) -> Any:
    mean, var = norm.channel_statistics(x)
    return norm.batch_norm(x, w, b, mean, var, EPS), _gradients(x, g, w, b, training)


def _calls(dtype: Any) -> Calls:
    calls: dict[str, Callable[[], Any]] = {}
    for how in (True, False):
        for shape in ROWS[1:-1]:  # a single number is less itself: what remains is rounding, many times enlarged
            x, g = _numbers(dtype, *shape), _numbers(dtype, *shape, seed=3)
            w, b = _weights(dtype, shape[1]) if how else (None, None)
            calls[f"rows {shape} {how}"] = partial(_of_rows, x, g, w, b, how)
        for planes in CHANNELS:
            x, g = _numbers(dtype, *planes), _numbers(dtype, *planes, seed=3)
            calls[f"channels {planes} {how}"] = partial(_of_channels, x, g, *_weights(dtype, planes[1]), how)
    return calls


@dtypes
def test_twins(dtype: Any) -> None:
    check_twins(norm, _calls(dtype))


@dtypes
def test_threads(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    check_threads(monkeypatch, _calls(dtype))
