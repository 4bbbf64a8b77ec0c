"""Rows of minitorch/ops/binary.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, binary, call, values

INTEGERS, BOOLS = np.array([1, 2]), np.array([True, False])
TENSORS = {"numbers": ()}
FLOATS_ONLY = {"dtypes": "f", "numbers": ()}
STEP = {"gradgrad": "its derivative is 0"}


def _refused(rng: Rng) -> list[Sample]:
    """Shapes that do not broadcast, and integers where floats are needed."""
    return [call(np.ones((2, 3)), np.ones((4,))), call(INTEGERS, INTEGERS), call(np.ones(2), 2.0)]


def _modulo_refused(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 3)), np.ones((4,))), call(INTEGERS, 0), call(INTEGERS, INTEGERS - 1), call(BOOLS, BOOLS)]


def _atan2(a: Array, b: Array) -> Array:
    return np.asarray(np.arctan2(np.float64(a), np.float64(b)))


def _xlogy(a: Array, b: Array) -> Array:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    return np.where((a == 0) & ~np.isnan(b), 0.0, a * np.log(b))


def _heaviside_samples(rng: Rng) -> list[Sample]:
    return [call(np.array([-1.0, 0.0, 2.0]), values(rng, (3,))), call(np.zeros((2, 1)), values(rng, (3,)))]


def _number_first(rng: Rng) -> list[Sample]:
    return [
        call(2.5, values(rng, (3,), 0.3, 2)),
        call(3, values(rng, (2, 2), 0.3, 2)),
        call(0.0, values(rng, (), 0.3, 2)),
    ]


# ---------------------------------------------------------------- three operands


def _lerp(a: Array, b: Array, w: Any) -> Array:
    return a + w * (b - a)


def _lerp_samples(rng: Rng) -> list[Sample]:
    a, b, w = values(rng, (2, 3)), values(rng, (2, 3)), values(rng, (2, 3), 0, 1)
    made = [call(a, b, n) for n in (0, 0.3, 0.7, 1, -1.5)]
    return [
        *made,
        call(a, b, w),
        call(a[0], b, w[:, :1]),
        call(a, b[:, :1], w[:1, :1].reshape(())),
        call(a[:0], b[:0], 0.5),
    ]


def _lerp_refused(rng: Rng) -> list[Sample]:
    return [call(INTEGERS, INTEGERS, 0.5), call(np.ones(2), INTEGERS, 0.5), call(np.ones(2), np.ones(3), 0.5)]


def _three(rng: Rng) -> list[Sample]:
    x, a, b = values(rng, (2, 3)), values(rng, (2, 3)), values(rng, (2, 3), 0.5, 2)
    made = [call(x, a, b), call(x, a, b, value=2), call(x, a, b, value=3), call(x[0], a[:, :1], b)]
    return [*made, call(x[:1, :1].reshape(()), a, b[0]), call(x[:0], a[:0], b[:0])]


def _three_refused(rng: Rng) -> list[Sample]:
    return [call(np.ones(2), np.ones(3), np.ones(2)), call(np.ones(2), 2.0, np.ones(2)), call(BOOLS, BOOLS, BOOLS)]


def _quotient_refused(rng: Rng) -> list[Sample]:
    return [*_three_refused(rng), call(np.ones(2), INTEGERS, INTEGERS)]


def _addcmul(x: Array, a: Array, b: Array, value: float = 1) -> Array:
    return x + value * a * b


def _addcdiv(x: Array, a: Array, b: Array, value: float = 1) -> Array:
    return x + value * a / b


ROWS = [
    binary("maximum", np.maximum, **TENSORS),
    binary("minimum", np.minimum, **TENSORS),
    binary("fmax", np.fmax, **TENSORS),
    binary("fmin", np.fmin, **TENSORS),
    binary(
        "remainder", np.mod, low2=0.5, dtypes="fi", errors=_modulo_refused, aliases=("Tensor.__mod__",), result=None
    ),
    binary("fmod", np.fmod, low2=0.5, dtypes="fi", errors=_modulo_refused, result=None),
    binary("atan2", _atan2, low=0.3, aliases=("arctan2",), result="float", **TENSORS),
    binary("hypot", np.hypot, low=0.3, errors=_refused, **FLOATS_ONLY),
    binary("copysign", np.copysign, low=0.3, avoid=(0.0,), low2=-2, numbers=(2, -1.5, -0.0), result="float"),
    binary("nextafter", np.nextafter, errors=_refused, gradgrad="its derivative is constant", **FLOATS_ONLY),
    Row(name="heaviside", samples=_heaviside_samples, numpy=np.heaviside, dtypes="fib", grad="refused"),
    binary("logaddexp", np.logaddexp, errors=_refused, **FLOATS_ONLY),
    binary("logaddexp2", np.logaddexp2, errors=_refused, **FLOATS_ONLY),
    binary("xlogy", _xlogy, low=0.3, result="float"),
    Row(name="xlogy", samples=_number_first, numpy=_xlogy, method=False, inplace=False, variant="number"),
    binary("ldexp", lambda a, b: a * 2.0**b, dtypes="fi", result="float", **TENSORS),
    binary("float_power", np.float_power, low=0.3, low2=-1.5, numbers=(2, 0.5, -1), result=None, dtypes="fi"),
    Row(name="lerp", samples=_lerp_samples, numpy=_lerp, errors=_lerp_refused),
    Row(name="addcmul", samples=_three, numpy=_addcmul, errors=_three_refused, dtypes="fi"),
    Row(name="addcdiv", samples=_three, numpy=_addcdiv, errors=_quotient_refused),
]
