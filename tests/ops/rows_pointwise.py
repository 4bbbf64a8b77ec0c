"""Rows of minitorch/ops/pointwise.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, binary, call, calls, unary, values

INTEGERS, BOOLS = np.array([1, 2]), np.array([True, False])
NO_BOOLS = {"dtypes": "fi", "errors": calls(call(BOOLS))}
FLOATS_ONLY = {"dtypes": "f", "errors": calls(call(BOOLS), call(INTEGERS))}
FLOAT = {"result": "float"}
EDGES = calls(
    call(np.array([np.nan, np.inf, 0.0, 0.5, 1.0, 2.0, -0.5]))
)  # no poles below 0: what PyTorch has there is noise
STEP = {"gradgrad": "its derivative is 0"}


def _wide(function: Any) -> Any:
    """The numpy function of float64 (or complex128), whatever it is given: numpy makes float16 of small integers."""
    return lambda x, **keywords: function(np.asarray(x, np.result_type(x, np.float64)), **keywords)


def _sign(x: Array) -> Array:
    return np.where(x > 0, 1, np.where(x < 0, -1, 0))


erf = np.vectorize(math.erf, otypes=[float])
erfc = np.vectorize(math.erfc, otypes=[float])


def _lgamma(x: Array) -> Array:
    of_number = np.vectorize(
        lambda v: math.inf if v == -math.inf or (v <= 0 and v == int(v)) else math.lgamma(v), otypes=[float]
    )
    return np.asarray(of_number(x))


def _round(x: Array, decimals: int = 0) -> Array:
    scale = 10.0 ** abs(decimals)
    return np.round(x * scale) / scale if decimals > 0 else np.round(x / scale) * scale


def _logit(x: Array, eps: float | None = None) -> Array:
    z = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(z / (1 - z))


def _angle(x: Array) -> Array:
    return np.where(np.isnan(x), x, np.where(x < 0, np.pi, 0.0))


def _nan_to_num(x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


# ---------------------------------------------------------------- clamp


def _clip(x: Array, min: Any = None, max: Any = None) -> Array:
    low = x if min is None else np.maximum(x, min)
    return low if max is None else np.minimum(low, max)


def _bounds(rng: Rng) -> list[Sample]:
    """Tensors as bounds: both, one, crossed, broadcast."""
    x, low, high = values(rng, (3, 4)), values(rng, (3, 4), -2, 0), values(rng, (3, 4), 0.1, 2)
    return [
        call(x, low, high),
        call(x, min=low),
        call(x, max=high),
        call(x, high, low),
        call(x, low[0], high[:, :1]),
        call(x, low[:1, :1].reshape(()), high[:1, :1].reshape(())),
        call(np.zeros((0, 3)), low[0, :3], high[0, :3]),
    ]


NUMBERS = [{"min": -1, "max": 1}, {"min": -0.5}, {"max": 0.5}, {"min": 1, "max": -1}]
CLAMP_ERRORS = calls(call(INTEGERS), call(INTEGERS * 1.0, np.ones(2), 3), call(np.ones(3), np.ones(4), np.ones(4)))

ROWS = [
    unary("square", np.square, dtypes="fic"),
    unary("sqrt", _wide(np.sqrt), low=0.2, **FLOAT, dtypes="fibc"),
    unary("rsqrt", _wide(lambda x: 1 / np.sqrt(x)), low=0.2, **FLOAT, dtypes="fibc"),
    unary("reciprocal", _wide(lambda x: 1 / x), avoid=(0.0,), **FLOAT, dtypes="fibc"),
    unary("exp", _wide(np.exp), **FLOAT, dtypes="fibc"),
    unary("exp2", _wide(np.exp2), **FLOAT, dtypes="fibc"),
    unary("expm1", _wide(np.expm1), **FLOAT, dtypes="fibc"),
    unary("log", _wide(np.log), low=0.2, **FLOAT, dtypes="fibc"),
    unary("log2", _wide(np.log2), low=0.2, **FLOAT, dtypes="fibc"),
    unary("log10", _wide(np.log10), low=0.2, **FLOAT, dtypes="fibc"),
    unary("log1p", _wide(np.log1p), low=-0.8, **FLOAT, dtypes="fibc"),
    unary(
        "logit", _wide(_logit), low=0.15, high=0.85, avoid=(0.2, 0.8), calls=[{}, {"eps": 0.2}], special=EDGES, **FLOAT
    ),
    unary("sin", _wide(np.sin), **FLOAT, dtypes="fibc"),
    unary("cos", _wide(np.cos), **FLOAT, dtypes="fibc"),
    unary("tan", _wide(np.tan), low=-1.2, high=1.2, **FLOAT, dtypes="fibc"),
    unary("asin", _wide(np.arcsin), low=-0.9, high=0.9, aliases=("arcsin",), **FLOAT, dtypes="fibc"),
    unary("acos", _wide(np.arccos), low=-0.9, high=0.9, aliases=("arccos",), **FLOAT, dtypes="fibc"),
    unary("atan", _wide(np.arctan), aliases=("arctan",), **FLOAT, dtypes="fibc"),
    unary("sinh", _wide(np.sinh), **FLOAT, dtypes="fibc"),
    unary("cosh", _wide(np.cosh), **FLOAT, dtypes="fibc"),
    unary("asinh", _wide(np.arcsinh), aliases=("arcsinh",), **FLOAT, dtypes="fibc"),
    unary("acosh", _wide(np.arccosh), low=1.2, high=3, aliases=("arccosh",), **FLOAT, dtypes="fibc"),
    unary("atanh", _wide(np.arctanh), low=-0.9, high=0.9, aliases=("arctanh",), **FLOAT, dtypes="fibc"),
    unary("sinc", _wide(np.sinc), avoid=(0.0,), **FLOAT, dtypes="fibc"),
    unary("deg2rad", _wide(np.deg2rad), **FLOAT),
    unary("rad2deg", _wide(np.rad2deg), **FLOAT),
    unary("erf", _wide(erf), **FLOAT),
    unary("erfc", _wide(erfc), **FLOAT),
    unary("erfinv", low=-0.9, high=0.9, **FLOAT),
    unary("lgamma", _wide(_lgamma), low=0.3, high=4, **FLOAT),
    unary("digamma", low=0.3, high=4, special=EDGES, **FLOAT),
    unary("abs", np.abs, avoid=(0.0,), aliases=("absolute", "Tensor.__abs__"), **NO_BOOLS),
    unary("sign", _sign, avoid=(0.0,), **STEP),
    unary("sgn", _sign, avoid=(0.0,), **STEP),
    unary("angle", _angle, avoid=(0.0,), **FLOAT, **STEP),
    unary("floor", np.floor, avoid=(-1.0, 0.0, 1.0), **NO_BOOLS, **STEP),
    unary("ceil", np.ceil, avoid=(-1.0, 0.0, 1.0), **NO_BOOLS, **STEP),
    unary("trunc", np.trunc, avoid=(-1.0, 0.0, 1.0), aliases=("fix",), **NO_BOOLS, **STEP),
    unary("round", _round, avoid=(-1.5, -0.5, 0.5, 1.5), **NO_BOOLS, **STEP),
    unary(
        "round",
        _round,
        low=-1.9,
        high=-1.6,
        calls=[{"decimals": -1}],
        variant="tens",
        dtypes="f",
        **STEP,
    ),
    unary("round", _round, low=0.26, high=0.34, calls=[{"decimals": 1}], variant="tenths", dtypes="f", **STEP),
    unary("frac", lambda x: x - np.trunc(x), avoid=(-1.0, 0.0, 1.0), **FLOATS_ONLY),
    unary("nan_to_num", _nan_to_num, calls=[{}, {"nan": 1.0, "posinf": 2.0, "neginf": -3.0}]),
    unary("positive", lambda x: x, aliases=("Tensor.__pos__",), **NO_BOOLS),
    unary("clamp", _clip, avoid=(-1.0, -0.5, 0.5, 1.0), calls=NUMBERS, aliases=("clip",), dtypes="f"),
    unary(
        "clamp",
        _clip,
        calls=[{"min": 1, "max": 2}, {"min": 1.5}],
        result=None,
        dtypes="ib",
        grad=False,
        variant="integers",
    ),
    Row(name="clamp", samples=_bounds, numpy=_clip, errors=CLAMP_ERRORS, dtypes="fi", variant="tensors"),
    binary("clamp_min", np.maximum, numbers=(0.5, 1), dtypes="fi", result=None),
    binary("clamp_max", np.minimum, numbers=(0.5, 1), dtypes="fi", result=None),
]
