"""Rows of minitorch/ops/arithmetic.py."""

from __future__ import annotations

import numpy as np
from ops.table import Rng, Row, Sample, binary, call, unary, values


def _where(rng: Rng) -> list[Sample]:
    mask = rng.uniform(size=(2, 3)) > 0.5
    return [
        call(mask, values(rng, (2, 3)), values(rng, (3,))),
        call(mask, values(rng, ()), values(rng, (2, 1))),
        call(mask, values(rng, (2, 3)), 1),
        call(mask, -0.5, values(rng, (2, 3))),
        call(np.asarray(mask[0, 0]), values(rng, (2,)), values(rng, ())),
        call(np.zeros((0,), bool), values(rng, (1,)), values(rng, (0,))),
    ]


def _where_special(rng: Rng) -> list[Sample]:
    return [call(np.array([True, False, True]), np.array([np.nan, np.nan, 1.0]), np.array([1.0, np.inf, np.nan]))]


def _rsub(a: object, b: object, alpha: float = 1) -> object:
    return b - alpha * a  # type: ignore[operator]


def _number_pow(rng: Rng) -> list[Sample]:
    return [
        call(2, values(rng, (3,))),
        call(1.5, values(rng, (2, 2))),
        call(0, values(rng, (3,), 0.5, 2)),
        call(3, values(rng, ())),
    ]


POWERS = [2, 3, 0, 1, 0.5, -1, -2, 1.5]

ROWS = [
    binary(
        "add",
        lambda a, b, alpha=1: a + alpha * b,
        calls=[{}, {"alpha": 2}],
        aliases=("Tensor.__add__",),
        result=None,
        dtypes="fibc",
    ),
    binary(
        "sub",
        lambda a, b, alpha=1: a - alpha * b,
        calls=[{}, {"alpha": 3}],
        aliases=("subtract",),
        dtypes="fic",
        result=None,
    ),
    binary("rsub", _rsub, dtypes="fic", result=None),
    binary("mul", np.multiply, aliases=("multiply",), result=None, dtypes="fibc"),
    binary("div", np.true_divide, avoid=(0.0,), aliases=("divide", "true_divide"), result="float", dtypes="fibc"),
    binary(
        "div",
        lambda a, b, rounding_mode: np.trunc(a / b) if rounding_mode == "trunc" else np.floor_divide(a, b),
        avoid=(0.0,),
        calls=[{"rounding_mode": "floor"}, {"rounding_mode": "trunc"}],
        result=None,
        dtypes="fi",
        variant="rounded",
    ),
    binary("floor_divide", np.floor_divide, avoid=(0.0,), result=None, dtypes="fi", grad="refused"),
    unary("neg", np.negative, aliases=("negative",), dtypes="fic"),
    binary("pow", np.power, low=0.3, high=2, low2=-1.5, high2=2.5, numbers=POWERS, dtypes="fc"),
    binary(
        "pow",
        np.power,
        low=0.3,
        high=2,
        low2=0,
        high2=2.5,
        numbers=[0, 1, 2, 3],
        dtypes="i",
        variant="integers",
        result=None,
        grad=False,
    ),
    Row(name="pow", samples=_number_pow, numpy=np.power, method=False, inplace=False, dtypes="fc", variant="number"),
    Row(
        name="where",
        samples=_where,
        special=_where_special,
        numpy=np.where,
        dtypes="fibc",
        result=None,
        method=False,
        inplace=False,
    ),
]
