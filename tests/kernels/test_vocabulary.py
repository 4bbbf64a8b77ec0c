"""The compiled kernels of resampling, CTC, L U, modes and special functions against their numpy twins and the
definitions.
"""

import itertools
import math

import numpy as np
import pytest

from minitorch.kernels import bessel, ctc, linalg, resample, stats, strided
from minitorch.kernels._jit import jit, load, on_rows

RNG = np.random.default_rng(5)
compiled = pytest.mark.skipif(not load(), reason="needs Numba")


def both(kernel, count, *args, outputs):
    """The kernel's outputs from the compiled loop, and from its twin."""
    found = []
    for run in (kernel.run, kernel.twin):
        fresh = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        run(0, count, *fresh)
        found.append([fresh[i] for i in outputs])
    return found


@compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("inner", [1, 3])
def test_resampling_loops(dtype, inner):
    at, w = resample.cubic(5, 9, None, dtype, False)
    x, g = [RNG.standard_normal((4, n, inner)).astype(dtype) for n in (5, 9)]
    for kernel, source, size in ((resample._collect, x, 9), (resample._scatter, g, 5)):
        (ours,), (twins,) = both(kernel, 4, source, np.zeros((4, size, inner), dtype), at, w, outputs=[1])
        np.testing.assert_allclose(ours, twins, rtol=1e-5, atol=1e-6)
        if inner == 1:
            flat = source[:, :, 0], np.zeros((4, size), dtype)
            for (last,) in both(resample._LAST[kernel], 4, *flat, at, w, outputs=[1]):
                np.testing.assert_allclose(last, twins[:, :, 0], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "taps", [resample.linear(6, 4, None, np.float64, False), resample.smooth(6, 4, None, np.float64, False, 4)]
)
def test_the_gradient_is_the_transpose(taps):
    x, g = RNG.standard_normal((2, 6, 3)), RNG.standard_normal((2, 4, 3))
    plan = [(1, 6, taps)]
    assert (resample.resample(x, plan) * g).sum() == pytest.approx((x * resample.resample_grad(g, plan)).sum())


def test_weights_add_up_to_one():
    makers = (resample.linear, resample.cubic, lambda *a: resample.smooth(*a, 2), lambda *a: resample.smooth(*a, 4))
    for make, (n, o), corners in itertools.product(makers, [(5, 9), (9, 4), (3, 1), (1, 3)], [True, False]):
        at, w = make(n, o, None, np.float64, corners)
        assert at.min() >= 0
        assert at.max() < n
        np.testing.assert_allclose(w.sum(1), 1, atol=1e-12)


def test_patches_and_back():
    x = RNG.standard_normal((2, 3, 5, 6))
    how = (2, 3), (1, 2), (1, 1), (2, 1)
    columns = resample.columns(x, *how)
    y = RNG.standard_normal(columns.shape)
    back = resample.from_columns(y, (5, 6), *how)
    assert (columns * y).sum() == pytest.approx((x * back).sum())


def likelihood(p, label, blank):
    """The probability of a labelling, summed over all paths that collapse to it."""
    total = 0.0
    for path in itertools.product(range(p.shape[1]), repeat=len(p)):
        merged = [c for c, _ in itertools.groupby(path)]
        if [c for c in merged if c != blank] == list(label):
            total += math.prod(p[t, c] for t, c in enumerate(path))
    return total


def ctc_sample():
    p = RNG.dirichlet(np.ones(3), (2, 4))
    labels, times, counts = np.array([[1, 1], [2, 1]]), np.array([4, 3]), np.array([2, 1])
    return p, labels, times, counts


def test_ctc_sums_over_all_paths():
    p, labels, times, counts = ctc_sample()
    loss, _ = ctc.forward(np.log(p), labels, times, counts, 0)
    for n in range(2):
        wanted = likelihood(p[n, : times[n]], labels[n, : counts[n]], 0)
        assert loss[n] == pytest.approx(-math.log(wanted))


@compiled
def test_ctc_loops():
    p, labels, times, counts = ctc_sample()
    logp = np.log(p)
    alpha, loss = np.full((2, 4, 5), -np.inf), np.empty(2)
    args = (logp, labels, times, counts, 0, alpha, loss)
    ours, twins = both(ctc._forward, 2, *args, outputs=[5, 6])
    for a, b in zip(ours, twins, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    (a,), (b,) = both(ctc._backward, 2, *args[:5], *ours, np.zeros_like(logp), outputs=[7])
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@compiled
def test_lu_loops():
    a = RNG.standard_normal((3, 4, 5))
    ours, twins = both(linalg._lu, 3, a, np.zeros((3, 4), np.int32), outputs=[0, 1])
    np.testing.assert_allclose(ours[0], twins[0], rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(ours[1], twins[1])


def test_lu_factors():
    for shape in ((4, 4), (5, 3), (3, 5)):
        a = RNG.standard_normal(shape)
        packed, pivots = linalg.lu(a)
        k = min(shape)
        lower = np.tril(packed[:, :k], -1) + np.eye(shape[0], k)
        np.testing.assert_allclose(linalg.permutation(pivots, shape[0]) @ lower @ np.triu(packed[:k]), a, atol=1e-12)


def test_exponential_of_matrices():
    a = RNG.standard_normal((4, 4)) * 3
    series, term = np.eye(4), np.eye(4)
    for k in range(1, 90):
        term = term @ a / k
        series = series + term
    np.testing.assert_allclose(linalg.matrix_exp(a), series, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(linalg.matrix_exp(np.zeros((2, 2))), np.eye(2))


def test_mode_takes_the_smallest_of_the_most_frequent():
    x = np.array([[3.0, 1.0, 3.0, 1.0, 2.0], [5.0, 5.0, 5.0, 1.0, 1.0]])
    assert stats.mode(x, 1).ravel().tolist() == [3, 2]


def integral(order, x):
    """Bessel's I by its integral over half a turn."""
    t = (np.arange(4000) + 0.5) / 4000 * math.pi
    return np.mean(np.exp(x * np.cos(t)) * np.cos(order * t))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bessel(dtype):
    x = np.array([-20.0, -7.5, -1.0, 0.0, 0.3, 5.0, 7.999, 8.001, 30.0], dtype)
    tolerance = 1e-12 if dtype == np.float64 else 1e-6
    for order, kernel, scaled in ((0, bessel.i0, bessel.i0e), (1, bessel.i1, bessel.i1e)):
        wanted = np.array([integral(order, float(v)) for v in x])
        np.testing.assert_allclose(kernel(x), wanted, rtol=tolerance, atol=1e-13)
        np.testing.assert_allclose(scaled(x), wanted * np.exp(-np.abs(x.astype(float))), rtol=tolerance, atol=1e-13)
        np.testing.assert_allclose(kernel.numpy(x), kernel(x), rtol=tolerance * 10)


def test_normal_distribution():
    x = np.array([-38.0, -10.0, -1.0, 0.0, 3.0])
    np.testing.assert_allclose(bessel.ndtri(np.exp(bessel.log_ndtr(x[1:]))), x[1:], rtol=1e-10, atol=1e-12)
    assert bessel.log_ndtr(x)[0] == pytest.approx(-726.557, rel=1e-5)
    assert bessel.erfcx(np.array([0.0, 50.0])).tolist() == pytest.approx([1.0, 0.011281536])


def test_zeta():
    assert float(bessel.zeta(2.0, 1.0)) == pytest.approx(math.pi**2 / 6, rel=1e-14)
    assert float(bessel.zeta(np.float64(4), np.float64(0.5))) == pytest.approx(math.pi**4 / 6, rel=1e-14)
    assert bessel.zeta(np.array([1.0, 0.5]), np.array([2.0, 2.0])).tolist()[0] == math.inf


def test_moved_elements():
    x = np.arange(1.0, 5)
    window, plain = ((3, 2), (1, 1), 0), ((4,), (1,), 0)
    out = strided.moved(strided.strided(x, *window), window, plain, 4, False)
    assert out.tolist() == [1.0, 4.0, 6.0, 4.0]


def turned(a, b, c, d):
    """A formula of four rows."""
    return a + 2 * b, c - d, a * d, 0.5 * c


turned_down, turned_along, turned_back = on_rows(turned), on_rows(turned, gather=True), on_rows(turned, scatter=True)


@jit(twin=lambda *arrays: None)
def turn_all(source, down, along, back):
    """The three forms, from the second number on."""
    turned_down(down, 1, 40, source, 1, 40, 32)
    turned_along(along, 1, 40, source, 1, 0, 32)
    turned_back(back, 1, 0, source, 1, 40, 32)


@compiled
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_formulas_of_rows(dtype):
    source = RNG.standard_normal(200).astype(dtype)
    down, along, back = [np.zeros(200, dtype) for _ in range(3)]
    turn_all(source, down, along, back)
    rows = np.stack(turned(*[source[1 + 40 * k :][:32] for k in range(4)]))
    mixed = np.stack(turned(*source[1:129].reshape(32, 4).T))
    for found, want in ((down, rows), (along, mixed)):
        got = np.stack([found[1 + 40 * k :][:32] for k in range(4)])
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(back[1:129].reshape(32, 4).T, rows, rtol=1e-5, atol=1e-6)
    assert not back[[0, *range(129, 200)]].any()
