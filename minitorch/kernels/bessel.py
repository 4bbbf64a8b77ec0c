"""Special functions beside those of `maths`: Bessel's I₀ and I₁, scaled erfc, logarithms of the normal distribution.

The Chebyshev series interpolate e^-x I₀, e^-x I₁ / x up to 8 and √x e^-x I₀, √x e^-x I₁ in 8 / x beyond, from their
power and asymptotic series in 64-bit mantissas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import word
from .elementwise import elementwise
from .maths import (
    EXACT,
    INF,
    NAN,
    ROOT_HALF,
    _erfc_scaled,
    erfc,
    erfinv,
    exp,
    in_double,
    log,
    log1p,
    typed,
    weak,
    where,
)

Array = NDArray[Any]
Function = Callable[..., Any]

LOG_HALF = -0.6931471805599453
LOG_ROOT_TAU = 0.9189385332046727  # ln √(2π)


def _chebyshev(coefficients: tuple[float, ...]) -> Function:
    """Σ cₖ Tₖ(t) by Clenshaw's recurrence, as straight-line text."""
    lines = ["a = 0.0 * t", "b = 0.0 * t"]
    for c in reversed(coefficients[1:]):
        lines.append(f"a, b = 2.0 * t * a - b + {c!r}, a")
    body = "\n    ".join([*lines, f"return t * a - b + {coefficients[0]!r}"])
    namespace: dict[str, Any] = {}
    exec(f"def clenshaw(t):\n    {body}\n", namespace)
    text: Function = namespace["clenshaw"]

    def series(t: Any) -> Any:
        return text(t)

    return word(lambda t: typed(text, t), EXACT)(series)


_i0_small = _chebyshev((
    0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764, 0.04930528423967071,
    -0.02373741480589947, 0.010546460394594998, -0.004324309995050576, 0.001639475616941336,
    -0.0005763755745385825, 0.00018850288509584168, -5.7541950100821135e-05, 1.6448448070728974e-05,
    -4.416738358458844e-06, 1.1173875391200446e-06, -2.670793853940899e-07, 6.046995022552464e-08,
    -1.3000250099819282e-08, 2.659823724629249e-09, -5.189795601234333e-10, 9.675809033885174e-11,
    -1.7268262864917016e-11, 2.9550524466820673e-12, -4.856444790945236e-13, 7.676144604933793e-14,
    -1.1685169614324605e-14, 1.7154946986968715e-15, -2.430803858257761e-16, 3.3612526101576647e-17,
))  # fmt: skip
_i0_large = _chebyshev((
    0.4022452055070544, 0.0033691164782556913, 6.889758346917051e-05, 2.891370520833092e-06,
    2.0489185894778722e-07, 2.2666689904778413e-08, 3.396232025443174e-09, 4.94060239451998e-10,
    1.1889146492900392e-11, -3.149916479903142e-11, -1.3215811979168682e-11, -1.7941787198010965e-12,
    7.180127622382718e-13, 3.8527742194510717e-13, 1.5401174022352474e-14, -4.1505861247959075e-14,
    -9.554814906963285e-15, 3.8118730087196894e-15, 1.772232918324385e-15, -3.422069575770524e-16,
    -2.829880607913467e-16, 3.468769325595811e-17, 4.459910811609643e-17,
))  # fmt: skip
_i1_small = _chebyshev((
    0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499, 0.024726449030626516,
    -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532, 0.0005122859561685759,
    -0.00016176081582589677, 4.7815651075500556e-05, -1.327316365603947e-05, 3.470251308137717e-06,
    -8.568720264695862e-07, 2.0032947535518397e-07, -4.4450591287974735e-08, 9.381537386538662e-09,
    -1.8872497516903705e-09, 3.6255902812853784e-10, -6.663489722115937e-11, 1.1736186295800005e-11,
    -1.9839743703330775e-12, 3.223792399119814e-13, -5.0421768449584785e-14, 7.600511339007562e-15,
    -1.1055123920611597e-15, 1.5539101761695892e-16, -2.1082085368528032e-17,
))  # fmt: skip
_i1_large = _chebyshev((
    0.38928811750914005, -0.00976109749136147, -0.00011058893876262144, -3.882564808879355e-06,
    -2.512236237860994e-07, -2.631468846907921e-08, -3.835380386237019e-09, -5.589743455971553e-10,
    -1.8974958731047474e-11, 3.252603630316478e-11, 1.4125807282001533e-11, 2.0356283752092732e-12,
    -7.198548397993609e-13, -4.083555325481991e-13, -2.101511273214316e-14, 4.2724231180535137e-14,
    1.0420291996644048e-14, -3.814197267126955e-15, -1.880668382165986e-15, 3.3115713043580425e-16,
    2.9605495572432305e-16, -3.2040432951472665e-17, -4.6581306384829366e-17,
))  # fmt: skip


@in_double
def _i0e(x: Any) -> Any:
    t = np.absolute(x)
    near, far = where(t < 8.0, t, 8.0), where(t < 8.0, 8.0, t)
    return where(t < 8.0, _i0_small(near / 4.0 - 1.0), _i0_large(16.0 / far - 1.0) / np.sqrt(far))


@in_double
def _i1e(x: Any) -> Any:
    t = np.absolute(x)
    near, far = where(t < 8.0, t, 8.0), where(t < 8.0, 8.0, t)
    y = where(t < 8.0, near * _i1_small(near / 4.0 - 1.0), _i1_large(16.0 / far - 1.0) / np.sqrt(far))
    return np.copysign(y, x)


@in_double
def _i0(x: Any) -> Any:
    t = np.absolute(x)
    near, far = where(t < 8.0, t, 8.0), where(t < 8.0, 8.0, t)
    y = where(t < 8.0, _i0_small(near / 4.0 - 1.0), _i0_large(16.0 / far - 1.0) / np.sqrt(far))
    return where(t == INF, INF, exp(t) * y)


@in_double
def _i1(x: Any) -> Any:
    t = np.absolute(x)
    near, far = where(t < 8.0, t, 8.0), where(t < 8.0, 8.0, t)
    y = where(t < 8.0, near * _i1_small(near / 4.0 - 1.0), _i1_large(16.0 / far - 1.0) / np.sqrt(far))
    return np.copysign(where(t == INF, INF, exp(t) * y), x)


@weak
def _scaled(x: Any) -> Any:
    """e^(x²) erfc(x) of float64."""
    t = np.absolute(x)
    y = where(
        t == INF, 0.0, _erfc_scaled((where(t == INF, 1.0, t) - 4.0) / (where(t == INF, 1.0, t) + 4.0)) / (1.0 + 2.0 * t)
    )
    return where(x < 0.0, 2.0 * exp(x * x) - y, y)


@in_double
def _erfcx(x: Any) -> Any:
    return _scaled(x)


@weak
def _log_ndtr_double(x: Any) -> Any:
    """ln Φ(x): by the scaled erfc below -1, where Φ is small."""
    low, high = where(x < -1.0, x, -1.0), where(x < -1.0, -1.0, x)
    tail = log(_scaled(-low * ROOT_HALF)) + LOG_HALF - low * low * 0.5
    return where(x < -1.0, tail, log1p(-0.5 * erfc(high * ROOT_HALF)))


@in_double
def _log_ndtr(x: Any) -> Any:
    return _log_ndtr_double(x)


@weak
def _newton(y: Any, goal: Any) -> Any:
    """One step towards ln Φ(y) = goal."""
    value = _log_ndtr_double(y)
    return y - (value - goal) * exp(value + 0.5 * y * y + LOG_ROOT_TAU)


@in_double
def _ndtri(p: Any) -> Any:
    """Φ⁻¹ by erfinv; where p is small by Newton's method on ln Φ."""
    y = erfinv(2.0 * p - 1.0) / ROOT_HALF
    small = (p > 0.0) & (p < 0.1)
    goal = log(where(small, p, 0.05))
    first = np.sqrt(-2.0 * goal)
    start = (log(first) + LOG_ROOT_TAU) / first - first  # the tail is nearly e^(-y²/2) / (|y| √(2π))
    a = _newton(start, goal)
    b = _newton(a, goal)
    y = where(small, _newton(b, goal), y)
    return where(p == 0.0, -INF, where((p < 0.0) | (p > 1.0), NAN, y))


@elementwise(cost=12)
def i0(x: Any) -> Any:
    """The modified Bessel function I₀."""
    return _i0(x)


@elementwise(cost=12)
def i0e(x: Any) -> Any:
    """e^-|x| I₀(x)."""
    return _i0e(x)


@elementwise(cost=12)
def i1(x: Any) -> Any:
    """The modified Bessel function I₁."""
    return _i1(x)


@elementwise(cost=12)
def i1e(x: Any) -> Any:
    """e^-|x| I₁(x)."""
    return _i1e(x)


@elementwise(cost=8)
def erfcx(x: Any) -> Any:
    """e^(x²) erfc(x)."""
    return _erfcx(x)


@elementwise(cost=12)
def log_ndtr(x: Any) -> Any:
    """ln Φ(x), Φ the normal distribution."""
    return _log_ndtr(x)


@elementwise(cost=20)
def ndtri(p: Any) -> Any:
    """Φ⁻¹(p)."""
    return _ndtri(p)


# B₂ₖ / (2k)! of the Euler-Maclaurin formula.
_EULER = (
    1 / 12, -1 / 720, 1 / 30240, -1 / 1209600, 1 / 47900160, -691 / 1307674368000, 1 / 74724249600,
    -3617 / 10670622842880000, 43867 / 5109094217170944000,
)  # fmt: skip


def zeta(s: Any, q: Any) -> Array:
    """Hurwitz's ζ(s, q) = Σ (q + k)^-s: 40 terms, and the Euler-Maclaurin formula for the rest."""
    kind = np.result_type(s, q)
    s, q = np.broadcast_arrays(np.asarray(s, np.float64), np.asarray(q, np.float64))
    with np.errstate(all="ignore"):
        total = sum([(q + k) ** -s for k in range(40)])
        a = q + 40
        total = total + a ** (1 - s) / (s - 1) + 0.5 * a**-s
        rising, power = s, a ** (-s - 1)
        for k, c in enumerate(_EULER):
            total = total + c * rising * power
            rising, power = rising * (s + 2 * k + 1) * (s + 2 * k + 2), power / (a * a)
    total = np.where((q <= 0) & (q == np.floor(q)), np.inf, total)
    return np.asarray(np.where(s == 1, np.inf, np.where(s < 1, np.nan, total))).astype(kind)


def polygamma(x: Array, n: int) -> Array:
    """The n-th derivative of digamma, n from 1."""
    return np.asarray((-1.0) ** (n + 1) * math.factorial(n) * zeta(np.float64(n + 1), x.astype(np.float64))).astype(
        x.dtype
    )
