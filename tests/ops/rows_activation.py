"""Rows of minitorch/ops/activation.py."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, calls, unary, values

INTEGERS, BOOLS = np.array([1, 2]), np.array([True, False])
FLOATS_ONLY = {"dtypes": "f", "errors": calls(call(INTEGERS), call(BOOLS))}
NO_BOOLS = {"dtypes": "fi", "errors": calls(call(BOOLS))}
ROUGH = {"float64": (1e-7, 1e-8), "float32": (2e-5, 2e-6)}  # PyTorch takes 1/6 in float32
KINK = {"avoid": (0.0,)}


def _wide(function: Any) -> Any:
    """The numpy function of float64, whatever it is given: numpy makes float16 of small integers."""
    return lambda x: function(np.asarray(x, np.float64))


erf = np.vectorize(math.erf, otypes=[float])


def _sigmoid(x: Array) -> Array:
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1.0) / (1 + np.exp(-np.abs(x)))


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    t = x * beta
    return np.where(t > threshold, x, np.log1p(np.exp(np.minimum(t, threshold))) / beta)


def _elu(x: Array, alpha: float = 1.0, scale: float = 1.0, inner: float = 1.0) -> Array:
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) * inner))


def _celu(x: Array, alpha: float = 1.0) -> Array:
    return _elu(x, alpha, 1.0, 1 / alpha)


def _selu(x: Array) -> Array:
    return _elu(x, 1.6732632423543772, 1.0507009873554805)


def _gelu(x: Array, approximate: str = "none") -> Array:
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def _leaky(x: Array, negative_slope: float = 0.01) -> Array:
    return np.where(x > 0, x, x * negative_slope)


def _hardtanh(x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    return np.clip(x, min_val, max_val)


def _softshrink(x: Array, lambd: float = 0.5) -> Array:
    return np.where(x > lambd, x - lambd, np.where(x < -lambd, x + lambd, x * 0.0))


def _hardshrink(x: Array, lambd: float = 0.5) -> Array:
    return np.where((x >= -lambd) & (x <= lambd), 0.0, x)


def _logsigmoid(x: Array) -> Array:
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))


def _six(x: Array) -> Array:
    return np.clip(x + 3, 0, 6) / 6


def _threshold(x: Array, threshold: float, value: float) -> Array:
    return np.where(x <= threshold, value, x)


# ---------------------------------------------------------------- with a weight, with halves


def _prelu(x: Array, weight: Array) -> Array:
    weight = weight.reshape(-1, *(1,) * (x.ndim - 2)) if weight.size > 1 else weight.reshape(())
    return np.where(x > 0, x, x * weight)


def _prelu_samples(rng: Rng) -> list[Sample]:
    x, w = values(rng, (2, 3, 2), avoid=(0.0,)), values(rng, (3,), 0.1, 0.9)
    return [
        call(x, w),
        call(x, w[:1]),
        call(x[:, :, 0], w),
        call(x[0, 0], w[:1]),
        call(x[:1, 0, 0].reshape(()), w[:1]),
        call(x[:0], w),
    ]


def _prelu_refused(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 3)), np.ones(2)), call(np.ones(3), np.ones(3)), call(INTEGERS, np.ones(1))]


def _glu(x: Array, dim: int = -1) -> Array:
    a, b = np.split(x, 2, dim)
    return np.asarray(a * _sigmoid(b))


def _glu_samples(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 4, 6))
    return [call(x), call(x, 0), call(x, dim=1), call(x[0, 0]), call(x[:, :0], 2)]


def _glu_refused(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 3))), call(np.array(1.0)), call(np.ones((2, 4)), 2), call(np.array([1, 2]))]


def _functional(name: str, numpy: Any = None, **options: Any) -> Row:
    return unary(f"nn.functional.{name}", numpy, **{**FLOATS_ONLY, **options})


ROWS = [
    unary("relu", lambda x: np.where(x < 0, 0, x), aliases=("nn.functional.relu",), **KINK, **NO_BOOLS),
    unary("sigmoid", _wide(_sigmoid), result="float", aliases=("nn.functional.sigmoid",)),
    unary("tanh", _wide(np.tanh), result="float", aliases=("nn.functional.tanh",)),
    _functional("relu6", lambda x: np.clip(x, 0, 6), low=-2, high=8, avoid=(0.0, 6.0), **NO_BOOLS),
    _functional("leaky_relu", _leaky, calls=[{}, {"negative_slope": 0.2}], **KINK),
    unary("rrelu", lambda x: _leaky(x, 11 / 48), **KINK, **FLOATS_ONLY),
    _functional("elu", _elu, calls=[{}, {"alpha": 0.7}], **KINK),
    unary("selu", _selu, aliases=("nn.functional.selu",), **KINK, **FLOATS_ONLY),
    unary("celu", _celu, calls=[{}, {"alpha": 0.5}], aliases=("nn.functional.celu",), **KINK, **FLOATS_ONLY),
    _functional("gelu", _gelu, calls=[{}, {"approximate": "tanh"}]),
    _functional("silu", lambda x: x * _sigmoid(x)),
    _functional("mish", lambda x: x * np.tanh(np.logaddexp(0, x))),
    _functional("softplus", _softplus, calls=[{}, {"beta": 2.0, "threshold": 1.0}], avoid=(0.5,)),
    _functional("logsigmoid", _logsigmoid),
    _functional(
        "hardtanh",
        _hardtanh,
        calls=[{}, {"min_val": -2, "max_val": 0.5}],
        avoid=(-1.0, 0.5, 1.0),
        errors=calls(call(BOOLS)),
    ),
    _functional("hardswish", lambda x: x * _six(x), low=-5, high=5, avoid=(-3.0, 3.0)),
    _functional(
        "hardsigmoid", _six, low=-5, high=5, avoid=(-3.0, 3.0), gradgrad="its derivative is constant", tolerance=ROUGH
    ),
    _functional(
        "softsign", _wide(lambda x: x / (1 + np.abs(x))), dtypes="fi", errors=calls(call(BOOLS)), result="float", **KINK
    ),
    _functional("tanhshrink", _wide(lambda x: x - np.tanh(x)), dtypes="fi", errors=calls(call(BOOLS)), result="float"),
    _functional("softshrink", _softshrink, calls=[{}, {"lambd": 0.2}], avoid=(-0.5, -0.2, 0.2, 0.5)),
    unary("hardshrink", _hardshrink, calls=[{}, {"lambd": 0.2}], avoid=(-0.5, -0.2, 0.2, 0.5), **FLOATS_ONLY),
    unary(
        "threshold",
        _threshold,
        calls=[{"threshold": 0.5, "value": 3}, {"threshold": -1, "value": -2}],
        avoid=(-1.0, 0.5),
        aliases=("nn.functional.threshold",),
        dtypes="f",
        errors=calls(call(BOOLS, 1, 2)),
    ),
    Row(name="prelu", samples=_prelu_samples, errors=_prelu_refused, numpy=_prelu, aliases=("nn.functional.prelu",)),
    Row(name="nn.functional.glu", samples=_glu_samples, errors=_glu_refused, numpy=_glu),
]
