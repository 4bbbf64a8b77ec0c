"""Bessel's and Airy's functions and the incomplete gamma function, against what is known of them exactly."""

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest

from minitorch.kernels import bessel, cylinder, orthogonal
from minitorch.kernels.gamma import _gamma_tails, _gamma_tails_python, incomplete_gamma


def test_wronskians():
    """J₁ Y₀ - J₀ Y₁ = 2 / (π x) and I₀ K₁ + I₁ K₀ = 1 / x."""
    x = np.concatenate([np.linspace(0.01, 60, 3001), 10.0 ** np.arange(-9, 5)])
    w = cylinder.j1(x) * cylinder.y0(x) - cylinder.j0(x) * cylinder.y1(x)
    np.testing.assert_allclose(w * x, 2 / math.pi, rtol=2e-13)
    x = np.linspace(0.001, 30, 3001)
    w = bessel.i0e(x) * cylinder.k1e(x) + bessel.i1e(x) * cylinder.k0e(x)
    np.testing.assert_allclose(w * x, 1, rtol=1e-14)


@pytest.mark.parametrize(
    ("function", "x", "value"),  # Abramowitz and Stegun, tables 9.1, 9.8, 10.11
    [
        (cylinder.j0, 2.404825557695773, 0.0),
        (cylinder.j1, 3.831705970207512, 0.0),
        (cylinder.y0, 0.893576966279167, 0.0),
        (cylinder.y1, 2.197141326031017, 0.0),
        (cylinder.j0, 1.0, 0.765197686557967),
        (cylinder.y1, 2.0, -0.107032431540938),
        (cylinder.k0, 1.0, 0.421024438240708),
        (cylinder.airy_ai, -2.338107410459767, 0.0),
        (cylinder.airy_ai, -10.040174341558085, 0.0),
        (cylinder.airy_ai, 1.0, 0.135292416312881),
        (cylinder.spherical_j0, 1e-9, 1.0),
    ],
)
def test_known_values(function, x, value):
    np.testing.assert_allclose(function(np.array([x]))[0], value, atol=2e-14)


def test_pieces_meet():
    """On both sides of the borders between formulas the values are the same."""
    borders = {cylinder.j0: 25, cylinder.j1: 25, cylinder.y0: 25, cylinder.y1: 25, cylinder.k0: 1, cylinder.k1: 1}
    for function, at in [*borders.items(), (cylinder.airy_ai, 1), (cylinder.airy_ai, -2)]:
        low, high = function(np.array([np.nextafter(at, -99), np.nextafter(at, 99)]))
        assert low == pytest.approx(high, rel=2e-13)


@pytest.mark.parametrize(
    ("a", "x"), [(24, 18.5), (24, 29.75), (5, 3.0), (5, 9.0), (100, 90.0), (100, 120.0), (1, 0.01)]
)
def test_incomplete_gamma_of_whole_numbers(a, x):
    """Q(n, x) = e^-x Σ xᵏ / k! over k < n, with fifty digits."""
    getcontext().prec = 50
    upper = sum(Decimal(x) ** k / math.factorial(k) for k in range(a)) * (-Decimal(x)).exp()
    for is_upper, expected in ((False, 1 - upper), (True, upper)):
        found = incomplete_gamma(np.array([float(a)]), np.array([x]), is_upper)[0]
        assert found == pytest.approx(float(expected), rel=2e-13)


def test_the_twin_of_incomplete_gamma():
    a, x = np.array([0.0, 2.0, 3.0, -1.0, 5.0]), np.array([1.0, 3.0, 0.0, 1.0, 4.0])
    for upper in (False, True):
        out, again = np.zeros(5), np.zeros(5)
        _gamma_tails(0, 5, a, x, upper, out)
        _gamma_tails_python(0, 5, a, x, upper, again)
        np.testing.assert_allclose(out, again, rtol=1e-13)


@pytest.mark.parametrize("name", orthogonal.FAMILIES)
def test_the_twin_of_a_recurrence(name):
    """Degrees from below 0 to 9, each with its own argument, one of them infinite."""
    at, degree = np.append(np.linspace(-2, 2, 11), np.inf), np.arange(12) - 2
    family = orthogonal.FAMILIES[name]
    numbers = np.array([*family.first, *family.by_x, *family.last, *family.before, family.divisor], np.float64)
    out, again = np.zeros(12), np.zeros(12)
    orthogonal._recurrence(out, at, degree, numbers)
    orthogonal._recurrence.twin(again, at, degree, numbers)
    np.testing.assert_allclose(out, again, rtol=1e-12)
