"""Numbers drawn from gamma and Dirichlet distributions, and how they move when the parameters do.

A sample x is a function of the parameters at a fixed value of the distribution function F, so dx/da = -(dF/da) / f with
the density f (Figurnov et al., 2018). dF/da is an integral of f · (log t - E log t) from 0 to x or, with the other
sign, from x on; on the side of x away from the mean little cancels. The integral is taken with a double exponential
substitution (Takahasi and Mori, 1974), in float64.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import scalar
from ._jit import jit, jitable
from .random import CHUNK, _units
from .stream import Stream

Array = NDArray[Any]

# s = e^(v - e^-v) for an integral over s from 0 on of what decays like e^-s, and the weights ds.
_V = np.arange(-3.6, 4.1, 0.05)
NODES = np.exp(_V - np.exp(-_V))
WEIGHTS = NODES * (1 + np.exp(-_V)) * 0.05


# ---------------------------------------------------------------- drawing

THIRD = float(np.float32(1 / 3))  # as PyTorch has it: the same seed gives the same samples


@jitable
def _one_gamma(alpha: Any, units: Any, left: Any, i: Any) -> Any:
    """(sample, left over normal or NaN, i: the next number), by Marsaglia and Tsang (2000);
    i < 0: there are too few.
    """
    boost = 1.0
    if alpha < 1:
        if i >= units.size:
            return 0.0, left, -1
        boost = (1 - units[i]) ** (1 / alpha)
        i, alpha = i + 1, alpha + 1
    d = alpha - THIRD
    c = 1 / math.sqrt(9 * d)
    while i + 3 <= units.size:
        if math.isnan(left):
            radius, angle = math.sqrt(-2 * math.log1p(-units[i + 1])), 2 * math.pi * units[i]
            x, left, i = radius * math.cos(angle), radius * math.sin(angle), i + 2
        else:
            x, left = left, math.nan
        y = 1 + c * x
        if y <= 0:
            continue
        v, u, i = y * y * y, 1 - units[i], i + 1
        if u < 1 - 0.0331 * (x * x) * (x * x) or math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
            return boost * d * v, left, i
    return 0.0, left, -1


def _gammas_python(alphas: Any, units: Any, left: Any, out: Any) -> Any:
    used = 0
    for i in range(alphas.size):
        if alphas[i] == 0:
            out[i] = 0.0
            continue
        x, rest, end = _one_gamma(alphas[i], units, left, used)
        if end < 0:
            return i, used, left
        out[i], left, used = x, rest, end
    return alphas.size, used, left


# Fill with samples while uniform numbers last; returns how many were made and used, and the normal number left over.
_gammas = jit(twin=_gammas_python)(_gammas_python)


def standard_gamma(stream: Stream, alphas: Array) -> Array:
    """For each shape parameter a sample of the gamma distribution of rate 1, in float64."""
    flat, done, ask = np.ascontiguousarray(alphas, np.float64).reshape(-1), 0, 64
    out = np.empty(flat.size)
    while done < flat.size:
        left = math.nan if stream.left_over is None else stream.left_over
        before = stream.get_state()
        made, used, left = _gammas(flat[done:], _units(stream, ask), left, out[done:])
        stream.set_state(before)
        stream.words(2 * used)
        stream.left_over = None if math.isnan(left) else left
        done, ask = done + made, min(2 * ask, CHUNK) if made else 2 * ask
    return out.reshape(alphas.shape)


def gamma(stream: Stream, alphas: Array) -> Array:
    """The same in the dtype of the parameters, and never 0."""
    least = np.finfo(alphas.dtype).tiny
    return np.maximum(standard_gamma(stream, alphas).astype(alphas.dtype), least)


def dirichlet(stream: Stream, alphas: Array) -> Array:
    """(..., n) probabilities: gamma samples divided by their sum."""
    x, d = standard_gamma(stream, alphas), alphas.dtype.type
    with np.errstate(all="ignore"):
        ratio = (x / x.sum(-1, keepdims=True)).astype(alphas.dtype)
    return np.clip(ratio, np.finfo(d).tiny, np.nextafter(d(1), d(0)))


# ---------------------------------------------------------------- integrals


@jitable
def _gamma_integral(a: Any, x: Any, centre: Any, power: Any) -> Any:
    """∫ f(t) / f(x) · (centre - log t)^power dt from 0 to x, or with the other sign from x on,
    where x is above a + 1.
    """
    total = 0.0
    if x < a + 1:
        scale = 1 / a if a < 1 else 1 / (max(a - x, 0.0) + math.sqrt(a))
        for k in range(NODES.size):
            s = scale * NODES[k]
            height = math.exp(-a * s - x * math.expm1(-s))
            total += WEIGHTS[k] * height * (centre - math.log(x) + s if power else 1.0)
        return total * scale * x
    bend = math.sqrt(max(a - 1, 0.0))
    scale = 1 / (abs(1 - (a - 1) / x) + bend / x)
    for k in range(NODES.size):
        u = scale * NODES[k]
        stretch = math.log1p(u / x)
        height = math.exp((a - 1) * stretch - u)
        total += WEIGHTS[k] * height * (math.log(x) + stretch - centre if power else 1.0)
    return total * scale


def _gamma_slopes_python(start: Any, stop: Any, a: Any, x: Any, centre: Any, out: Any) -> None:
    for i in range(start, stop):
        out[i] = _gamma_integral(a[i], x[i], centre[i], 1)


_gamma_slopes = jit(twin=_gamma_slopes_python)(_gamma_slopes_python)


def gamma_slope(a: Array, x: Array) -> Array:
    """dx/da for samples x of the gamma distribution of shape a and rate 1."""
    a, x, shape, dtype = *_flat(a, x), x.shape, x.dtype
    out = np.empty(a.size)
    _gamma_slopes.split(a.size, 1500.0, a, x, scalar.digamma(a), out)
    return out.astype(dtype).reshape(shape)


def _flat(*arrays: Array) -> list[Array]:
    return [np.ascontiguousarray(x, np.float64).reshape(-1) for x in np.broadcast_arrays(*arrays)]


def _gamma_ends_python(start: Any, stop: Any, a: Any, x: Any, out: Any) -> None:
    for i in range(start, stop):
        if x[i] <= 0 or math.isinf(x[i]):
            out[i] = 0.0 if x[i] <= 0 else 1.0
            continue
        density = math.exp((a[i] - 1) * math.log(x[i]) - x[i] - math.lgamma(a[i]))
        part = density * _gamma_integral(a[i], x[i], 0.0, 0)
        out[i] = part if x[i] < a[i] + 1 else 1 - part


_gamma_ends = jit(twin=_gamma_ends_python)(_gamma_ends_python)


def gamma_cdf(a: Array, x: Array) -> Array:
    """P(a, x), the regularised lower incomplete gamma function."""
    a, x, shape, dtype = *_flat(a, x), np.broadcast_shapes(a.shape, x.shape), x.dtype
    out = np.empty(a.size)
    _gamma_ends.split(a.size, 1000.0, a, x, out)
    return out.astype(dtype).reshape(shape)


def _gamma_tails_python(start: Any, stop: Any, a: Any, x: Any, upper: Any, out: Any) -> None:
    for i in range(start, stop):
        if not (a[i] >= 0 and x[i] >= 0) or (a[i] == 0 and x[i] == 0) or (math.isinf(a[i]) and math.isinf(x[i])):
            out[i] = math.nan
        elif a[i] == 0 or math.isinf(x[i]) or x[i] == 0 or math.isinf(a[i]):
            out[i] = 0.0 if (a[i] == 0 or math.isinf(x[i])) == upper else 1.0
        else:
            density = math.exp((a[i] - 1) * math.log(x[i]) - x[i] - math.lgamma(a[i]))
            part = density * _gamma_integral(a[i], x[i], 0.0, 0)
            out[i] = part if (x[i] < a[i] + 1) != upper else 1 - part


_gamma_tails = jit(twin=_gamma_tails_python)(_gamma_tails_python)


def incomplete_gamma(a: Array, x: Array, upper: bool) -> Array:
    """P(a, x), or `upper` Q(a, x) = 1 - P: each directly where it is the smaller. NaN for negative arguments."""
    a, x, shape, dtype = *_flat(a, x), np.broadcast_shapes(a.shape, x.shape), x.dtype
    out = np.empty(a.size)
    _gamma_tails.split(a.size, 1000.0, a, x, upper, out)
    return out.astype(dtype).reshape(shape)


@jitable
def _beta_part(a: Any, b: Any, x: Any, centre: Any, from_below: Any) -> Any:
    """∫ f(t) / f(x) · (centre - log t) dt from 0 to x; not from below: of (log (1 - t) - centre), a and b exchanged."""
    other, total = 1 - x, 0.0
    steep = abs(a - (b - 1) * x / other) + math.sqrt(max(b - 1, 0.0) * x) / other
    scale = 1 / (a if a < 1 else steep)
    for k in range(NODES.size):
        s = scale * NODES[k]
        gained = -x * math.expm1(-s) / other  # (1 - x e^-s) / (1 - x) - 1
        height = math.exp(-a * s + (b - 1) * math.log1p(gained))
        away = centre - math.log(x) + s if from_below else math.log1p(-x * math.exp(-s)) - centre
        total += WEIGHTS[k] * height * away
    return total * scale * x


def _beta_slopes_python(start: Any, stop: Any, a: Any, b: Any, x: Any, centre: Any, out: Any) -> None:
    for i in range(start, stop):
        if x[i] * (a[i] + b[i]) < a[i]:
            out[i] = _beta_part(a[i], b[i], x[i], centre[i], True)
        else:
            out[i] = _beta_part(b[i], a[i], 1 - x[i], centre[i], False)


_beta_slopes = jit(twin=_beta_slopes_python)(_beta_slopes_python)


def beta_slope(a: Array, b: Array, x: Array) -> Array:
    """dx/da for samples x of the beta distribution of a and b."""
    a, b, x, shape, dtype = *_flat(a, b, x), x.shape, x.dtype
    x = np.clip(x, np.finfo(dtype).tiny, 1 - 2.0**-53)
    out = np.empty(a.size)
    _beta_slopes.split(a.size, 2000.0, a, b, x, scalar.digamma(a) - scalar.digamma(a + b), out)
    return out.astype(dtype).reshape(shape)
