"""Softmax and cross-entropy kernels: plain formulas in float64, twins, threads, NaN and infinities, long rows and
columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from kernels.twins import Array, Calls, check_threads, check_twins, close

from minitorch.kernels import cross_entropy, softmax

DTYPES = [np.float32, np.float64]
# Short rows, many of them, rows longer than a strip, columns in less and more than a tile, nothing, a number.
SHAPES: list[tuple[tuple[int, ...], int]] = [
    ((5, 7), 1),
    ((700, 9), -1),
    ((3, 2, 2500), 2),
    ((3, 1, 2), 1),
    ((7, 5), 0),
    ((2, 3, 1100), 1),
    ((4, 20, 3, 5), 1),
    ((6,), 0),
    ((), 0),
    ((0, 3), 1),
    ((3, 0), 1),
    ((3, 0, 2), 1),
]
REDUCTIONS = ("mean", "sum", "none")


def _numbers(dtype: Any, *shape: int, seed: int = 0) -> Array:
    return np.asarray(np.random.default_rng(seed).normal(0, 3, shape)).astype(dtype)


def _softmax(x: Array, axis: int) -> Array:
    e = np.exp(x.astype(np.float64) - x.max(axis, keepdims=True)) if x.size else x
    return np.asarray(e / e.sum(axis, keepdims=True))


def _log_softmax(x: Array, axis: int) -> Array:
    return np.log(_softmax(x, axis))


FORWARD: list[tuple[Callable[..., Array], Callable[..., Array]]] = [
    (softmax.softmax, _softmax),
    (softmax.log_softmax, _log_softmax),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("shape", "axis"), SHAPES)
def test_values(shape: tuple[int, ...], axis: int, dtype: Any) -> None:
    x, g = _numbers(dtype, *shape), _numbers(dtype, *shape, seed=1)
    flat = (x.reshape(1), g.reshape(1)) if not shape else (x, g)
    for kernel, plain in FORWARD:
        y = kernel(x, axis)
        assert y.dtype == dtype
        close(y, plain(flat[0], axis).reshape(shape).astype(dtype))
    p, g64 = _softmax(flat[0], axis), flat[1].astype(np.float64)
    want = p * (g64 - (g64 * p).sum(axis, keepdims=True))
    close(softmax.softmax_grad(g, p.astype(dtype).reshape(shape), axis), want.astype(dtype).reshape(shape))
    want = g64 - p * g64.sum(axis, keepdims=True)
    close(softmax.log_softmax_grad(g, np.log(p).astype(dtype).reshape(shape), axis), want.astype(dtype).reshape(shape))


def test_strides_do_not_matter() -> None:
    x = _numbers(np.float64, 6, 5, 8)
    for view in (x.T, x[::2, :, ::3], x[:, ::-1], np.asfortranarray(x)):
        for axis in range(3):
            for kernel, plain in FORWARD:
                close(kernel(view, axis), plain(view, axis))


ODD = np.array([[np.nan, 1, 2], [1, np.nan, np.inf], [np.inf, 1, 2], [-np.inf] * 3, [-np.inf, 0, 1], [1e30, -1e30, 0]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_and_infinities(dtype: Any) -> None:
    """A NaN, a +inf or nothing but -inf make all of their row NaN, and no other row."""
    wide = np.tile(ODD[:5], (1, 900)).astype(dtype)
    for kernel, _ in FORWARD:
        for x in (ODD.astype(dtype), wide):
            rows, columns = kernel(x, 1), kernel(np.ascontiguousarray(x.T), 0)
            close(columns.T, rows)
            assert np.isnan(rows[:4]).all()
            assert not np.isnan(rows[4:]).any()


# ---------------------------------------------------------------- cross-entropy

CLASSES: list[tuple[int, ...]] = [(6, 4), (500, 3), (2, 2600), (3, 5, 7), (2, 4, 1100), (1, 1), (0, 3)]


def _targets(shape: tuple[int, ...]) -> Array:
    t = np.random.default_rng(2).integers(0, shape[1], (shape[0], *shape[2:]))
    t.reshape(-1)[::5] = -100
    return t


def _losses(x: Array, t: Array, weight: Any, smoothing: float) -> tuple[Array, Array]:
    """The loss of each target, and the weight it has in the mean."""
    logp, w = _log_softmax(x, 1), np.ones(x.shape[1]) if weight is None else weight.astype(np.float64)
    used = t != -100
    at = np.where(used, t, 0)
    own = -np.take_along_axis(logp, at[:, None], 1)[:, 0] * w[at]
    every = -(logp * w.reshape(-1, *[1] * (x.ndim - 2))).sum(1) / max(x.shape[1], 1)
    return np.where(used, own * (1 - smoothing) + every * smoothing, 0.0), np.where(used, w[at], 0.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", CLASSES)
@pytest.mark.filterwarnings("ignore:invalid value encountered in scalar divide")
def test_cross_entropy_is_nll_of_log_softmax(shape: tuple[int, ...], weighted: bool, dtype: Any) -> None:
    x, t = _numbers(dtype, *shape), _targets(shape)
    w = np.random.default_rng(3).uniform(0.5, 2, shape[1]).astype(dtype) if weighted else None
    for reduction, smoothing in itertools.product(REDUCTIONS, (0.0, 0.2)):
        each, weight = _losses(x, t, w, smoothing)
        total = {"mean": weight.sum(), "sum": 1.0, "none": 1.0}[reduction]
        want = each if reduction == "none" else np.asarray(each.sum() / total)
        loss, saved, _ = cross_entropy.cross_entropy(x, t, -100, reduction, w, smoothing)
        assert loss.dtype == dtype
        np.testing.assert_allclose(loss, want, rtol=2e-5 if dtype is np.float32 else 1e-11, atol=1e-5)
        if not smoothing:
            ones = np.ones(shape[1], dtype) if w is None else w
            other, _ = cross_entropy.nll(softmax.log_softmax(x, 1), t, ones, -100, reduction)
            np.testing.assert_allclose(other, want, rtol=2e-5 if dtype is np.float32 else 1e-11, atol=1e-5)
        _check_gradient(x, t, w, smoothing, saved)


def _check_gradient(x: Array, t: Array, w: Any, smoothing: float, saved: Any) -> None:
    """Of the sum: along a direction, against the difference quotient of the losses in float64."""
    g = np.ones((), x.dtype)
    dx = cross_entropy.cross_entropy_grad(g, saved, t, -100, 1.0, w, smoothing)
    assert dx.shape == x.shape
    step = np.random.default_rng(4).normal(size=x.shape)
    near = [_losses(x.astype(np.float64) + h * step, t, w, smoothing)[0].sum() for h in (1e-5, -1e-5)]
    scale = np.abs(dx).sum() + 1
    assert abs((dx * step).sum() - (near[0] - near[1]) / 2e-5) < scale * (1e-5 if x.dtype == np.float32 else 1e-7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cross_entropy_of_nan_and_infinities(dtype: Any) -> None:
    """What the numbers spoil in log-softmax they spoil here."""
    x, t = ODD.astype(dtype), np.array([0, 0, 1, 2, 0, 1])
    for scores, targets in ((x, t), (x[:, :, None] * np.ones(2, dtype), np.stack([t, t], 1))):
        loss, saved, _ = cross_entropy.cross_entropy(scores, targets, -100, "none")
        close(loss, cross_entropy.nll(softmax.log_softmax(scores, 1), targets, np.ones(3, dtype), -100, "none")[0])
        dx = cross_entropy.cross_entropy_grad(np.ones((), dtype), saved, targets, -100, 1.0)
        g = cross_entropy.nll_grad(np.ones(targets.shape, dtype), targets, np.ones(3, dtype), -100)
        close(dx, softmax.log_softmax_grad(g, softmax.log_softmax(scores, 1), 1))


def test_gradient_of_nll() -> None:
    g, t, w = np.array([2.0, 3.0, 5.0]), np.array([1, -100, 0]), np.array([10.0, 100.0])
    assert cross_entropy.nll_grad(g, t, w, -100).tolist() == [[0, -200], [0, 0], [-50, 0]]
    inner = cross_entropy.nll_grad(g[None], t[None], w, -100)
    assert inner.tolist() == [[[0, 0, -50], [-200, 0, 0]]]


def test_a_class_that_does_not_exist() -> None:
    x = np.zeros((2, 3))
    for bad in (3, -1, -101):
        with pytest.raises(IndexError, match=f"Target {bad} is out of bounds"):
            cross_entropy.cross_entropy(x, np.array([0, bad]), -100, "mean")
        with pytest.raises(IndexError, match=f"Target {bad} is out of bounds"):
            cross_entropy.nll(x, np.array([0, bad]), np.ones(3), -100, "mean")


# ---------------------------------------------------------------- twins and threads


def _of_axes(dtype: Any) -> Calls:
    calls: dict[str, Callable[[], Any]] = {}
    for shape, axis in SHAPES:
        x, g = _numbers(dtype, *shape), _numbers(dtype, *shape, seed=1)
        for kernel in (softmax.softmax, softmax.log_softmax):
            calls[f"{kernel.__name__} {shape} {axis}"] = partial(kernel, x, axis)
        for kernel in (softmax.softmax_grad, softmax.log_softmax_grad):
            calls[f"{kernel.__name__} {shape} {axis}"] = partial(kernel, g, x / 9, axis)
    for odd in (ODD, np.repeat(ODD, 400, 1), np.repeat(ODD.T, 300, 1)):
        x = odd.astype(dtype)
        for axis, kernel in itertools.product((0, 1), (softmax.softmax, softmax.log_softmax)):
            calls[f"odd {kernel.__name__} {odd.shape} {axis}"] = partial(kernel, x, axis)
    return calls


def _entropy(x: Array, t: Array, w: Any, smoothing: float, reduction: str) -> Any:
    loss, saved, total = cross_entropy.cross_entropy(x, t, -100, reduction, w, smoothing)
    g = np.random.default_rng(5).normal(size=loss.shape).astype(x.dtype)
    return loss, cross_entropy.cross_entropy_grad(g, saved, t, -100, total if reduction == "mean" else 1, w, smoothing)


def _likelihood(x: Array, t: Array, w: Array, reduction: str) -> Any:
    return cross_entropy.nll(x, t, w, -100, reduction)[0], cross_entropy.nll_grad(np.ones(t.shape, x.dtype), t, w, -100)


def _of_classes(dtype: Any) -> Calls:
    calls: dict[str, Callable[[], Any]] = {}
    for shape in CLASSES[:-2]:
        x, t = _numbers(dtype, *shape), _targets(shape)
        w = np.random.default_rng(3).uniform(0.5, 2, shape[1]).astype(dtype)
        for reduction in REDUCTIONS:
            for weight, smoothing in itertools.product((None, w), (0.0, 0.1)):
                name = f"{shape} {reduction} {weight is None} {smoothing}"
                calls[name] = partial(_entropy, x, t, weight, smoothing, reduction)
            calls[f"nll {shape} {reduction}"] = partial(_likelihood, x, t, w, reduction)
    return calls


@pytest.mark.parametrize("dtype", DTYPES)
def test_twins(dtype: Any) -> None:
    check_twins(softmax, {**_of_axes(dtype), **_of_classes(dtype)})


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("calls", [_of_axes, _of_classes])
def test_threads(monkeypatch: pytest.MonkeyPatch, calls: Callable[[Any], Calls], dtype: Any) -> None:
    check_threads(monkeypatch, calls(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_numbers_keep_their_small_differences(dtype: Any) -> None:
    """The largest is taken away first: added to ln Σ, it would swallow it."""
    big = {np.float32: 1e8, np.float64: 1e17}[dtype]
    x = np.full((2, 300), big, dtype)
    t = np.zeros(2, np.int64)
    for rows, axis, scores in ((x, 1, x), (x.T, 0, x[:, :, None] * np.ones(3, dtype))):
        close(softmax.log_softmax(rows, axis), np.full(rows.shape, -np.log(300), dtype))
        targets = t if scores.ndim == 2 else np.zeros((2, 3), np.int64)
        for smoothing in (0.0, 0.1):
            loss, saved, _ = cross_entropy.cross_entropy(scores, targets, -100, "none", None, smoothing)
            close(loss, np.full(targets.shape, np.log(300), dtype))
            dx = cross_entropy.cross_entropy_grad(np.ones((), dtype), saved, targets, -100, 1.0, None, smoothing)
            close(dx[:, 1], np.full(dx[:, 1].shape, (1 - smoothing) / 300, dtype))
