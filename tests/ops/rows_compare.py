"""Rows of minitorch/ops/compare.py."""

from __future__ import annotations

import numpy as np
from ops.table import Rng, Row, Sample, binary, call, unary, values

INTEGERS, BOOLS = np.array([1, 2]), np.array([True, False])
BOOL = {"result": "bool", "grad": False}
SHIFT_BY = np.array([0, 1, 3, 62, 70, -1])


def _bit_samples(rng: Rng) -> list[Sample]:
    a, b = rng.integers(-99, 99, (2, 3)), rng.integers(-99, 99, (3,))
    return [
        call(a, b),
        call(a, 5),
        call(a.astype(np.uint8), b.astype(np.uint8)),
        call(a.astype(np.int8), b.astype(np.int32)),
        call(a > 0, b > 0),
        call(a > 0, b),
        call(a > 0, True),
        call(a[:0], b),
    ]


def _bit_refused(rng: Rng) -> list[Sample]:
    return [
        call(np.ones(2), INTEGERS),
        call(INTEGERS, 1.5),
        call(INTEGERS, np.array([1, 2, 3])),
        call(INTEGERS, np.ones(2)),
    ]


def _shift_samples(rng: Rng) -> list[Sample]:
    a = rng.integers(-99, 99, SHIFT_BY.shape)
    return [
        call(a, 2),
        call(a, SHIFT_BY),
        call(a.astype(np.int8), SHIFT_BY.astype(np.int8)),
        call(np.abs(a).astype(np.uint8), 3),
    ]


def _shift_refused(rng: Rng) -> list[Sample]:
    return [*_bit_refused(rng), call(BOOLS, BOOLS)]


def _inversions(rng: Rng) -> list[Sample]:
    return [call(INTEGERS), call(BOOLS), call(INTEGERS.astype(np.uint8)), call(INTEGERS[:0])]


# ---------------------------------------------------------------- nearly equal


def _near(rng: Rng) -> list[Sample]:
    a = values(rng, (2, 3))
    made = [
        call(a, a * (1 + 1e-6)),
        call(a, a * 1.01),
        call(a, a + 1e-9),
        call(a, a * 1.01, rtol=0.02),
        call(a, a + 0.5, atol=1.0),
    ]
    return [
        *made,
        call(a, a[:1]),
        call(a[:1, :1].reshape(()), a),
        call(a[:0], a[:0]),
        call(INTEGERS, INTEGERS),
        call(BOOLS, BOOLS),
    ]


def _near_special(rng: Rng) -> list[Sample]:
    x = np.array([np.nan, np.inf, -np.inf, 0.0, 1.0])
    return [call(x[:, None].copy(), x.copy()), call(x[:, None].copy(), x.copy(), equal_nan=True)]


def _near_refused(rng: Rng) -> list[Sample]:
    return [
        call(np.ones(2), INTEGERS),
        call(np.ones(2), np.ones(3)),
        call(np.ones(2), 1.0),
        call(np.ones(2), np.ones(2), rtol=-1.0),
    ]


def _equals(rng: Rng) -> list[Sample]:
    a = values(rng, (2, 3))
    return [
        call(a, a),
        call(a, -a),
        call(a, a[:1]),
        call(a[:0], a[:0]),
        call(np.array([np.nan]), np.array([np.nan])),
        call(INTEGERS, INTEGERS),
    ]


def _equals_refused(rng: Rng) -> list[Sample]:
    return [call(np.ones(2), 1.0)]


COMPARISON = {"numbers": (1, 0.5), **BOOL}
LOGIC = {"numbers": (), **BOOL}

ROWS = [
    binary("eq", np.equal, aliases=("Tensor.__eq__",), **COMPARISON),
    binary("ne", np.not_equal, aliases=("not_equal", "Tensor.__ne__"), **COMPARISON),
    binary("lt", np.less, aliases=("less", "Tensor.__lt__"), **COMPARISON),
    binary("le", np.less_equal, aliases=("less_equal", "Tensor.__le__"), **COMPARISON),
    binary("gt", np.greater, aliases=("greater", "Tensor.__gt__"), **COMPARISON),
    binary("ge", np.greater_equal, aliases=("greater_equal", "Tensor.__ge__"), **COMPARISON),
    binary("logical_and", np.logical_and, **LOGIC),
    binary("logical_or", np.logical_or, **LOGIC),
    binary("logical_xor", np.logical_xor, **LOGIC),
    unary("logical_not", np.logical_not, **BOOL),
    Row(name="bitwise_and", samples=_bit_samples, errors=_bit_refused, numpy=np.bitwise_and, result=None, grad=False),
    Row(name="bitwise_or", samples=_bit_samples, errors=_bit_refused, numpy=np.bitwise_or, result=None, grad=False),
    Row(name="bitwise_xor", samples=_bit_samples, errors=_bit_refused, numpy=np.bitwise_xor, result=None, grad=False),
    Row(
        name="bitwise_not",
        samples=_inversions,
        numpy=np.invert,
        result=None,
        grad=False,
        aliases=("Tensor.__invert__",),
    ),
    Row(name="bitwise_left_shift", samples=_shift_samples, errors=_shift_refused, result=None, grad=False),
    Row(name="bitwise_right_shift", samples=_shift_samples, errors=_shift_refused, result=None, grad=False),
    unary("isnan", np.isnan, **BOOL),
    unary("isinf", np.isinf, **BOOL),
    unary("isfinite", np.isfinite, **BOOL),
    unary("isposinf", np.isposinf, **BOOL),
    unary("isneginf", np.isneginf, **BOOL),
    unary("isreal", np.isreal, **BOOL),
    unary("signbit", np.signbit, dtypes="fi", **BOOL),
    Row(name="isclose", samples=_near, special=_near_special, errors=_near_refused, numpy=np.isclose, **BOOL),
    Row(
        name="allclose",
        samples=_near,
        special=_near_special,
        errors=_near_refused,
        numpy=np.allclose,
        result=None,
        grad=False,
    ),
    Row(name="equal", samples=_equals, errors=_equals_refused, numpy=np.array_equal, result=None, grad=False),
]
