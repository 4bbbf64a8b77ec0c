"""Bessel's functions of the first and the second kind, the modified ones of the second, and Airy's, in float64.

Below `FAR`, J and Y are means over a circle: cos(x sin θ) = J₀ + 2 Σ J₂ₖ cos 2kθ and
sin(x sin θ) = 2 Σ J₂ₖ₊₁ sin (2k + 1)θ, and Neumann's series for Y are such sums (Abramowitz and Stegun, 9.1.42 and
9.1.88). Midpoint sums of periodic functions converge faster than any power. Beyond, Hankel's expansion (9.2.5). K is
the integral of e^(-x cosh t) cosh νt (9.6.24).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .gamma import NODES, WEIGHTS

Array = NDArray[Any]

FAR = 25.0
EULER = 0.57721566490153286060
_COUNT = 40  # of midpoints in a quarter of the circle; the error is of the size of J₁₆₀ (25)
_SINES = np.sin((np.arange(_COUNT) + 0.5) * math.pi / (2 * _COUNT))
_ANGLES = (np.arange(_COUNT) + 0.5) * math.pi / (2 * _COUNT)
_TERMS = np.arange(1, 40)
_SIGNS = (-1.0) ** _TERMS
# Σ (-1)ᵏ cos 2kθ / k and Σ (-1)ᵏ (2k + 1) sin (2k + 1)θ / (k (k + 1)), which pick Neumann's sums
_EVEN = (_SIGNS / _TERMS) @ np.cos(2 * np.outer(_TERMS, _ANGLES))
_ODD = (_SIGNS * (2 * _TERMS + 1) / (_TERMS * (_TERMS + 1))) @ np.sin(np.outer(2 * _TERMS + 1, _ANGLES))


def _in_double(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """A function of float64 vectors for arrays of any shape and floating dtype."""

    def call(x: Array) -> Array:
        flat = np.ascontiguousarray(x, np.float64).reshape(-1)
        out = np.empty(flat.size)
        with np.errstate(all="ignore"):
            for start in range(0, flat.size, 4096):  # the nodes of the sums times this many
                out[start : start + 4096] = function(flat[start : start + 4096])
        return out.reshape(x.shape).astype(x.dtype)

    call.__name__, call.__doc__ = function.__name__, function.__doc__
    return call


def _near(x: Array) -> Array:
    return np.outer(np.minimum(x, FAR), _SINES)


def _hankel(x: Array, order: int) -> tuple[Array, Array]:
    """(J, Y) of large x: √(2/πx) (P cos χ ∓ Q sin χ), χ = x - (ν/2 + 1/4) π."""
    x = np.maximum(x, FAR)
    p, q, term = np.ones(x.size), np.zeros(x.size), np.ones(x.size)
    for k in range(1, 25):
        term = term * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k * x)
        total = q if k % 2 else p
        total += term if k % 4 in (0, 1) else -term
    c, s = np.cos(x - (order / 2 + 0.25) * math.pi), np.sin(x - (order / 2 + 0.25) * math.pi)
    size = np.sqrt(2 / (math.pi * x))
    return size * (p * c - q * s), size * (p * s + q * c)


def _finite(x: Array, y: Array) -> Array:
    return np.where(np.isfinite(x), y, math.nan)


@_in_double
def j0(x: Array) -> Array:
    """J₀(x); NaN at infinity."""
    r = np.abs(x)
    return _finite(x, np.where(r < FAR, np.cos(_near(r)).mean(1), _hankel(r, 0)[0]))


@_in_double
def j1(x: Array) -> Array:
    """J₁(x); NaN at infinity."""
    r = np.abs(x)
    y = np.where(r < FAR, (np.sin(_near(r)) * _SINES).mean(1), _hankel(r, 1)[0])
    return _finite(x, np.copysign(1.0, x) * y)


@_in_double
def y0(x: Array) -> Array:
    """Y₀(x); NaN for negative x and at infinity."""
    even = np.cos(_near(x))
    near = 2 / math.pi * (np.log(x / 2) + EULER) * even.mean(1) - 4 / math.pi * (even * _EVEN).mean(1)
    return _of_positive(x, np.where(x < FAR, near, _hankel(x, 0)[1]), -math.inf)


@_in_double
def y1(x: Array) -> Array:
    """Y₁(x); NaN for negative x and at infinity."""
    odd, j_0 = np.sin(_near(x)), np.cos(_near(x)).mean(1)
    near = (np.log(x / 2) + EULER - 1) * (odd * _SINES).mean(1) - (odd * _ODD).mean(1) - j_0 / x
    return _of_positive(x, np.where(x < FAR, 2 / math.pi * near, _hankel(x, 1)[1]), -math.inf)


def _of_positive(x: Array, y: Array, at_zero: float) -> Array:
    return _finite(x, np.where(x > 0, y, np.where(x == 0, at_zero, math.nan)))


# ---------------------------------------------------------------- modified, of the second kind


def _scaled_k(x: Array, order: float) -> Array:
    """e^x K(x) = ∫ e^(-x (cosh t - 1)) cosh νt dt over t > 0, by trapezia up to where the integrand vanishes."""
    end = np.arccosh(1 + 50 / np.maximum(x, 1e-3))
    t = np.outer(end, np.linspace(0, 1, 97))
    values = np.exp(-2 * x[:, None] * np.sinh(t / 2) ** 2) * np.cosh(order * t)
    values[:, 0] *= 0.5
    values[:, -1] *= 0.5
    return values.sum(1) * end / 96


def _small_k0(x: Array) -> Array:
    """-(ln(x/2) + γ) I₀ + Σ Hₖ (x²/4)ᵏ / k!²."""
    q, term, first, rest, harmonic = x * x / 4, np.ones(x.size), np.ones(x.size), np.zeros(x.size), 0.0
    for k in range(1, 9):
        term, harmonic = term * q / k**2, harmonic + 1 / k
        first, rest = first + term, rest + harmonic * term
    return rest - (np.log(x / 2) + EULER) * first


def _small_k1(x: Array) -> Array:
    """1/x + ln(x/2) I₁ - x/4 Σ (ψ(k + 1) + ψ(k + 2)) (x²/4)ᵏ / (k! (k + 1)!)."""
    q, term, first, rest = x * x / 4, np.ones(x.size), np.zeros(x.size), np.zeros(x.size)
    psi = -2 * EULER + 1
    for k in range(9):
        first, rest = first + term, rest + psi * term
        term, psi = term * q / ((k + 1) * (k + 2)), psi + 1 / (k + 1) + 1 / (k + 2)
    return 1 / x + np.log(x / 2) * x / 2 * first - x / 4 * rest


def _k(x: Array, order: int, scaled: bool) -> Array:
    small = (_small_k1 if order else _small_k0)(np.minimum(x, 1.0))
    large = _scaled_k(x, order)
    y = np.where(x < 1, small * np.exp(x) if scaled else small, large if scaled else large * np.exp(-x))
    y = np.where(x == math.inf, 0.0, np.where(x == 0, math.inf, y))
    return np.where(x < 0, math.nan, y)


@_in_double
def k0(x: Array) -> Array:
    """K₀(x); NaN for negative x."""
    return _k(x, 0, False)


@_in_double
def k1(x: Array) -> Array:
    """K₁(x); NaN for negative x."""
    return _k(x, 1, False)


@_in_double
def k0e(x: Array) -> Array:
    """e^x K₀(x); NaN for negative x."""
    return _k(x, 0, True)


@_in_double
def k1e(x: Array) -> Array:
    """e^x K₁(x); NaN for negative x."""
    return _k(x, 1, True)


# ---------------------------------------------------------------- spherical, and Airy's


@_in_double
def spherical_j0(x: Array) -> Array:
    """sin x / x; 0 at infinity."""
    y = np.where(np.abs(x) < 1e-4, 1 - x * x / 6, np.sin(x) / x)
    return np.where(np.isinf(x), 0.0, y)


def _airy_series(x: Array) -> Array:
    """Ai(0) f - |Ai'(0)| g, Maclaurin's series."""
    f, g, cube = np.ones(x.size), x.copy(), x**3
    total_f, total_g = f.copy(), g.copy()
    for k in range(1, 25):
        f = f * cube / ((3 * k - 1) * (3 * k))
        g = g * cube / ((3 * k) * (3 * k + 1))
        total_f, total_g = total_f + f, total_g + g
    return 0.35502805388781723926 * total_f - 0.25881940379280679841 * total_g


def _airy_waves(x: Array) -> Array:
    """Re e^(i (π/4 - ζ)) ∫ e^-u u^(-1/6) (1 + u / (2iζ))^(-1/6) du / (Γ(5/6) √π |x|^¼), ζ = 2/3 |x|^(3/2), x < -2."""
    z = 2 / 3 * np.abs(x) ** 1.5
    weights = WEIGHTS * np.exp(-NODES) * NODES ** (-1 / 6)
    inside = (1 - 0.5j * NODES / z[:, None]) ** (-1 / 6)
    wave = np.exp(1j * (math.pi / 4 - z)) * (inside @ weights)
    return wave.real / (math.gamma(5 / 6) * math.sqrt(math.pi) * np.abs(x) ** 0.25)


@_in_double
def airy_ai(x: Array) -> Array:
    """Ai(x); NaN at infinity. For x > 1, √(x/3) K_⅓(ζ) / π."""
    y, right, left = _airy_series(np.clip(x, -2, 1)), x > 1, x < -2
    z = 2 / 3 * x[right] ** 1.5
    y[right] = np.sqrt(x[right] / 3) / math.pi * _scaled_k(z, 1 / 3) * np.exp(-z)
    y[left] = _airy_waves(x[left])
    return _finite(x, y)
