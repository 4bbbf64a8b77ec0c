"""Convolution kernels: plain sums in float64, the three as one bilinear form, twins, threads, chunks, layouts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from kernels.twins import Array, Calls, arrays_in, check_threads, check_twins
from ops.rows_conv import convolution, transposed

from minitorch.kernels import columns, conv

DTYPES = [np.float32, np.float64]
Case = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], Any, tuple[int, ...], int]
# x, w, stride, padding, dilation, groups
CASES: list[Case] = [
    ((2, 3, 9), (4, 3, 3), (1,), (1,), (1,), 1),
    ((2, 4, 10), (6, 2, 3), (2,), (2,), (2,), 2),
    ((3, 4, 11, 9), (5, 4, 3, 3), (1, 1), (1, 1), (1, 1), 1),
    ((2, 4, 40, 36), (8, 4, 3, 3), (1, 1), (0, 0), (1, 1), 1),
    ((3, 4, 11, 9), (6, 2, 3, 2), (2, 3), (1, 0), (1, 2), 2),
    ((2, 5, 8, 8), (5, 1, 3, 3), (1, 1), (1, 1), (1, 1), 5),
    ((2, 3, 9, 8), (6, 1, 3, 3), (2, 2), (1, 1), (1, 1), 3),
    ((2, 6, 7, 7), (3, 6, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    ((2, 4, 7, 7), (4, 2, 1, 1), (2, 2), (1, 1), (1, 1), 2),
    ((2, 3, 6, 6), (4, 3, 2, 2), (1, 1), ((0, 1), (0, 1)), (1, 1), 1),
    ((2, 2, 5, 5), (3, 2, 5, 5), (1, 1), (0, 0), (1, 1), 1),
    ((2, 3, 5, 6, 4), (4, 3, 2, 3, 2), (1, 2, 1), (1, 0, 1), (2, 1, 1), 1),
    ((2, 2, 4, 4, 4), (2, 1, 3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 2),
    ((0, 3, 6, 6), (4, 3, 3, 3), (1, 1), (1, 1), (1, 1), 1),
]
cases = pytest.mark.parametrize("case", CASES, ids=[f"{c[0]} {c[1]} {c[2:]}" for c in CASES])
dtypes = pytest.mark.parametrize("dtype", DTYPES)


def _made(case: Case, dtype: Any) -> tuple[Array, Array, Array, tuple[Any, ...]]:
    """Input, weight, bias, and the other arguments."""
    rng = np.random.default_rng(len(case[0]))
    x, w, b = [rng.normal(size=s).astype(dtype) for s in (case[0], case[1], case[1][:1])]
    return x, w, b, case[2:]


def _plain(x: Array, w: Array, b: Any, how: tuple[Any, ...]) -> Array:
    stride, padding, dilation, groups = how
    x, w = x.astype(np.float64), w.astype(np.float64)
    if not isinstance(padding[0], int):
        x = np.pad(x, [(0, 0), (0, 0), *padding])
        padding = 0
    return convolution(x, w, b, stride, padding, dilation, groups)


def _near(got: Any, want: Any) -> None:
    """Within what sums of many products may lose."""
    for a, b in zip(arrays_in(got), arrays_in(want), strict=True):
        assert a.shape == b.shape
        scale = np.abs(b).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=0, atol=scale * (3e-5 if a.dtype == np.float32 else 1e-12))


@dtypes
@cases
def test_forward(case: Case, dtype: Any) -> None:
    x, w, b, how = _made(case, dtype)
    y = conv.forward(x, w, b, *how)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    _near(y, _plain(x, w, b, how))
    _near(conv.forward(x, w, None, *how), _plain(x, w, None, how))


@dtypes
@cases
def test_gradients(case: Case, dtype: Any) -> None:
    """Convolution is linear in x and in w: <y, g> = <x, dx> = <w, dw>, for any x and w."""
    x, w, _, how = _made(case, dtype)
    g = np.random.default_rng(1).normal(size=_plain(x, w, None, how).shape).astype(dtype)
    dx, dw = conv.grad_input(g, w, x.shape, *how), conv.grad_weight(x, g, w.shape, *how)
    assert (dx.shape, dw.shape) == (x.shape, w.shape)
    assert dx.dtype == dw.dtype == dtype
    rng = np.random.default_rng(2)
    for _ in range(3):
        any_x, any_w = rng.normal(size=x.shape), rng.normal(size=w.shape)
        pairs = ((any_x * dx, _plain(any_x, w, None, how) * g), (any_w * dw, _plain(x, any_w, None, how) * g))
        for ours, plain in pairs:
            lost = (1 + np.abs(ours).sum()) * (1e-5 if dtype is np.float32 else 1e-12)
            assert abs(ours.sum() - plain.sum()) <= lost


@dtypes
@pytest.mark.parametrize("case", [c for c in CASES if isinstance(c[3][0], int)], ids=str)
def test_the_gradient_of_the_input_is_the_transposed_convolution(case: Case, dtype: Any) -> None:
    x, w, _, how = _made(case, dtype)
    stride, padding, dilation, groups = how
    g = np.random.default_rng(1).normal(size=_plain(x, w, None, how).shape).astype(dtype)
    sizes = zip(x.shape[2:], g.shape[2:], w.shape[2:], stride, padding, dilation, strict=True)
    extra = tuple([n - ((o - 1) * s - 2 * p + d * (k - 1) + 1) for n, o, k, s, p, d in sizes])
    want = transposed(g.astype(np.float64), w.astype(np.float64), None, stride, padding, extra, groups, dilation)
    _near(conv.grad_input(g, w, x.shape, *how), want)


def test_layouts() -> None:
    """However the elements lie in memory."""
    x, w, b, how = _made(CASES[2], np.float64)
    y, g = conv.forward(x, w, b, *how), np.random.default_rng(1).normal(size=(3, 5, 11, 9))
    wide = np.repeat(x, 2, -1)[..., ::2]
    for view in (np.asfortranarray(x), wide):
        _near(conv.forward(view, np.asfortranarray(w), b, *how), y)
        _near(conv.grad_weight(view, np.asfortranarray(g), w.shape, *how), conv.grad_weight(x, g, w.shape, *how))
    dx = conv.grad_input(g, w, x.shape, *how)
    _near(conv.grad_input(np.asfortranarray(g), np.asfortranarray(w), x.shape, *how), dx)
    flat = np.broadcast_to(g[:, :1, :1, :1], g.shape)
    _near(conv.grad_input(flat, w, x.shape, *how), conv.grad_input(flat.copy(), w, x.shape, *how))


def _all_three(x: Array, w: Array, b: Any, how: tuple[Any, ...]) -> Any:
    y = conv.forward(x, w, b, *how)
    g = np.random.default_rng(1).normal(size=y.shape).astype(x.dtype)
    return y, conv.grad_input(g, w, x.shape, *how), conv.grad_weight(x, g, w.shape, *how)


def _calls(dtype: Any) -> Calls:
    calls: dict[str, Callable[[], Any]] = {}
    for i, case in enumerate(CASES):
        x, w, b, how = _made(case, dtype)
        calls[f"{i} {case}"] = partial(_all_three, x, w, b if i % 2 else None, how)
    return calls


@dtypes
def test_twins(dtype: Any) -> None:
    check_twins(conv, _calls(dtype))


@dtypes
def test_threads(monkeypatch: pytest.MonkeyPatch, dtype: Any) -> None:
    check_threads(monkeypatch, _calls(dtype))


@cases
def test_a_row_at_a_time(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    """Where the patches of all images are too large, they are laid out a row at a time, to the same effect."""
    made = _made(case, np.float64)
    whole = _all_three(*made)
    monkeypatch.setattr(columns, "NARROW", 1)
    monkeypatch.setattr(columns, "BLOCK", 1)
    _near(_all_three(*made), whole)


def test_nan_and_infinities_stay_where_they_belong() -> None:
    x = np.zeros((1, 1, 6, 6))
    x[0, 0, 0, 0], x[0, 0, 5, 5] = np.nan, np.inf
    y = conv.forward(x, np.ones((1, 1, 3, 3)), None, (1, 1), (0, 0), (1, 1), 1)
    assert np.isnan(y).sum() == 1
    assert np.isinf(y).sum() == 1
    assert np.count_nonzero(y == 0) == 14


@dtypes
def test_integers(dtype: Any) -> None:
    x, w, b, how = _made(CASES[4], dtype)
    whole = [np.round(a * 3).astype(np.int64) for a in (x, w, b)]
    np.testing.assert_array_equal(conv.forward(*whole, *how), _plain(*whole, how))


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_nan_between_the_outputs_of_a_depthwise_convolution(stride: int) -> None:
    """A NaN spoils the gradients of the filter points that met it, and no others."""
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((1, 2, 8, 8)).astype("f"), rng.standard_normal((1, 2, *(-(-6 // stride),) * 2))
    x[0, 0, 0, 0], x[0, 1, 3, 1] = np.nan, np.inf
    how = (stride, stride), (0, 0), (1, 1), 2
    spoilt = ~np.isfinite(conv.grad_weight(x, g.astype("f"), (2, 1, 3, 3), *how))
    want = np.zeros((2, 1, 3, 3), bool)
    for c, p, q in np.ndindex(2, 3, 3):
        met = x[0, c, p::stride, q::stride][: g.shape[2], : g.shape[3]]
        want[c, 0, p, q] = not np.isfinite(met).all()
    assert (spoilt == want).all()
    assert 0 < want.sum() < want.size
