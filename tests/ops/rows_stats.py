"""Rows of minitorch/ops/stats.py, parts.py and of the random operations that were missing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, calls, distinct, values

MADE = "made of operations"
NAN = np.array([[1.0, np.nan, 3.0, 2.0], [np.nan, np.nan, np.nan, np.nan], [4.0, 1.0, np.inf, -np.inf]])


def row(name: str, samples: Any, **options: Any) -> Row:
    return Row(name=name, samples=samples, **{"dtypes": "f", "nodes": MADE, "result": None, **options})


def _quantiles(rng: Rng) -> list[Sample]:
    x, q = distinct(rng, (3, 5)), Const(np.array([0.1, 0.5, 0.93]))
    made = [
        call(x, 0.3),
        call(x, q),
        call(x, q, 1),
        call(x, 0.7, dim=0, keepdim=True),
        call(x, q, -1, True),
        call(x, q, keepdim=True),
    ]
    made += [call(x, q, 1, interpolation=how) for how in ("lower", "higher", "midpoint", "nearest")]
    return [*made, call(np.array(2.0), 0.5), call(distinct(rng, (2, 3, 2)), q, 1), call(x, np.array([0.3, 0.72]), 1)]


BAD_QUANTILES = calls(
    call(np.ones(3), 1.5), call(np.ones(3), 0.5, interpolation="some"), call(np.ones(0), 0.5), call(np.ones(3), 0.5, 2)
)


def _repeated(rng: Rng) -> list[Sample]:
    x = rng.integers(0, 3, (4, 7)) * 1.0
    return [call(Const(x)), call(Const(x), 0), call(Const(x), dim=1, keepdim=True), call(Const(np.array(2.0)))]


def _medians(rng: Rng) -> list[Sample]:
    return [call(distinct(rng, (3, 4))), call(distinct(rng, (3, 4)), 0), call(distinct(rng, (3, 5)), 1, keepdim=True)]


def _weights(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 6))
    counts, weights = np.array([1, 2, 1, 3, 1, 2]), Const(rng.uniform(0.5, 1.5, 6))
    return [
        call(x),
        call(x, correction=0),
        call(values(rng, (5,))),
        call(values(rng, (1, 5))),
        call(x, fweights=counts),
        call(x, aweights=weights),
        call(x, fweights=counts, aweights=weights, correction=0),
    ]


def _distances(rng: Rng) -> list[Sample]:
    pairs = [
        ((4, 3), (5, 3)),
        ((2, 4, 3), (2, 2, 3)),
        ((2, 1, 2, 3), (3, 2, 3)),
        ((26, 3), (2, 3)),
        ((2, 2, 2), (27, 2)),
    ]
    made = [call(values(rng, a), values(rng, b)) for a, b in pairs]
    return made + [call(values(rng, (3, 2)), values(rng, (2, 2)), p) for p in (1.0, 0.5, 3.0, math.inf)]


def _differences(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x), call(x, 2), call(x, n=1, dim=0), call(x, 0), call(x, 9), call(x, prepend=values(rng, (3, 1))),
        call(x, dim=0, append=values(rng, (2, 4))), call(x, 0, prepend=values(rng, (3, 1))),
    ]  # fmt: skip


def _integrals(rng: Rng) -> list[Sample]:
    y = values(rng, (3, 4))
    return [
        call(y), call(y, dx=0.5), call(y, dim=0), call(y, values(rng, (4,))), call(y, values(rng, (3, 4)), dim=0),
        call(y, values(rng, (3,)), dim=0),
    ]  # fmt: skip


def _slopes(rng: Rng) -> list[Sample]:
    x = values(rng, (4, 5))
    places = Const(np.array([0.0, 0.5, 2.0, 2.5])), Const(np.array([0.0, 1.0, 1.5, 3.0, 5.0]))
    return [
        call(x),
        call(x, spacing=0.5),
        call(x, dim=0),
        call(x, spacing=(2.0, 0.5)),
        call(x, edge_order=2),
        call(x, spacing=None),
        call(x, spacing=places),
        call(x, spacing=places, edge_order=2),
        call(values(rng, (2,))),
    ]


def _reduced(rng: Rng) -> list[Sample]:
    x, at = values(rng, (4, 3), 0.3, 2), np.array([0, 2, 2])
    made = [call(x, 0, at, values(rng, (3, 3), 0.3, 2), how) for how in ("prod", "mean", "amax", "amin")]
    return [*made, call(x, 1, np.array([1]), values(rng, (4, 1), 0.3, 2), "amax", include_self=False)]


def _bins(rng: Rng) -> list[Sample]:
    x = Const(values(rng, (30,)))
    return [
        call(x, 5),
        call(x, 4, range=(-1.0, 1.0)),
        call(x, 3, weight=Const(rng.uniform(0, 1, 30))),
        call(x, 4, density=True),
        call(x, Const(np.array([-2.0, -0.5, 0.0, 1.0]))),
    ]


def _vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    return np.vander(x, N, increasing)


INTEGERS = np.array([12, -18, 0, 7, 30])

ROWS = [
    row("quantile", _quantiles, errors=BAD_QUANTILES, special=calls(call(NAN, 0.4, 1), call(NAN, 0.5))),
    row("nanquantile", _quantiles, errors=BAD_QUANTILES, special=calls(call(NAN, 0.4, 1), call(NAN, 0.5))),
    row("mode", _repeated, grad=False, dtypes="fi", errors=calls(call(np.ones((2, 0)), 1), call(np.ones(2), 3))),
    row("mode", calls(lambda r: call(distinct(r, (3, 4)))), nodes="a view of it", variant="distinct"),
    row(
        "nanmedian",
        _medians,
        special=calls(call(NAN[::2], 1), call(NAN), call(NAN, 0)),
        errors=calls(call(np.ones(2), 3)),
    ),
    row("histogram", _bins, grad=False, errors=calls(call(np.arange(3), 2))),
    row("cov", _weights, errors=calls(call(np.ones((2, 2, 2)))), dtypes="f"),
    row(
        "corrcoef",
        calls(lambda r: call(values(r, (3, 6))), lambda r: call(values(r, (5,)))),
        noncontiguous="equal observations do not vary",
        errors=calls(call(np.ones((2, 2, 2)))),
    ),
    row(
        "cdist",
        _distances,
        errors=calls(
            call(np.ones((2, 3)), np.ones((2, 2))),
            call(np.ones(2), np.ones((2, 2))),
            call(np.ones((2, 2)), np.ones((2, 2)), -1.0),
        ),
    ),
    row(
        "pdist",
        calls(lambda r: call(values(r, (4, 3))), lambda r: call(values(r, (3, 2)), 1.5)),
        oracle="PyTorch has it in nn.functional as well",
        noncontiguous="equal rows have a kinked distance",
    ),
    row(
        "nn.functional.pdist",
        calls(lambda r: call(values(r, (4, 3))), lambda r: call(values(r, (3, 2)), 3.0)),
        errors=calls(call(np.ones(3))),
        noncontiguous="equal rows have a kinked distance",
        gradgrad=True,
    ),
    row(
        "dist",
        calls(lambda r: call(values(r, (4, 3)), values(r, (3,))), lambda r: call(values(r, (4,)), values(r, (4,)), 1)),
    ),
    row(
        "renorm",
        calls(
            lambda r: call(values(r, (3, 4)), 2, 0, 1.5),
            lambda r: call(values(r, (2, 3, 2)), 1.5, 1, 2.0),
            lambda r: call(values(r, (2, 3)), math.inf, 1, 1.0),
        ),
        errors=calls(call(np.ones(3), 2, 0, 1), call(np.ones((2, 2)), -1, 0, 1)),
    ),
    row(
        "cross",
        calls(
            lambda r: call(values(r, (2, 3)), values(r, (2, 3))),
            lambda r: call(values(r, (3, 3)), values(r, (3, 3)), 1),
            lambda r: call(values(r, (3, 2)), values(r, (3, 2))),
        ),
        errors=calls(call(np.ones((2, 2)), np.ones((2, 2))), call(np.ones((2, 3)), np.ones((2, 3)), 0)),
        dtypes="fi",
    ),
    row("diff", _differences, dtypes="fib", errors=calls(call(np.array(1.0)), call(np.ones(2), -1))),
    row("trapezoid", _integrals),
    row("cumulative_trapezoid", _integrals),
    row(
        "gradient",
        _slopes,
        errors=calls(call(np.ones((1, 3))), call(np.ones((3, 3)), edge_order=3), call(np.ones((3, 3)), spacing=(1.0,))),
    ),
    row(
        "isin",
        calls(
            lambda r: call(np.array([[1, 2], [3, 4]]), np.array([2, 4, 9])),
            lambda r: call(np.array([1, 2]), 2),
            lambda r: call(3, np.array([1, 3]), invert=True),
        ),
        grad=False,
        dtypes="i",
        result="bool",
    ),
    row(
        "cartesian_prod",
        calls(
            lambda r: call(values(r, (2,)), values(r, (3,))),
            lambda r: call(values(r, (2,)), values(r, (1,)), values(r, (2,))),
        ),
        errors=calls(call(np.ones((2, 2)))),
        dtypes="fib",
    ),
    row(
        "combinations",
        calls(
            lambda r: call(values(r, (4,))),
            lambda r: call(values(r, (4,)), 3),
            lambda r: call(values(r, (3,)), 2, True),
        ),
        errors=calls(call(np.ones((2, 2))), call(np.ones(2), -1)),
        dtypes="fib",
        nodes=MADE,
    ),
    row(
        "put",
        calls(
            lambda r: call(values(r, (2, 3)), np.array([0, 4]), values(r, (2,))),
            lambda r: call(values(r, (2, 3)), np.array([[0, 4], [0, 5]]), values(r, (2, 2)), True),
        ),
        errors=calls(call(np.ones(3), np.array([0]), np.ones(2)), call(np.ones(3), np.array([7]), np.ones(1))),
    ),
    row("index_reduce", _reduced, errors=calls(call(np.ones((2, 2)), 0, np.array([0]), np.ones((1, 2)), "sum"))),
    row(
        "unravel_index",
        calls(lambda r: call(np.array([5, 11, 0]), (3, 4)), lambda r: call(np.array([[7]]), (2, 2, 2))),
        grad=False,
        dtypes="i",
        errors=calls(call(np.array([1.0]), (2,))),
    ),
    row(
        "vander",
        calls(
            lambda r: call(values(r, (4,))),
            lambda r: call(values(r, (3,)), 5, True),
            lambda r: call(values(r, (3,)), N=2),
        ),
        numpy=_vander,
        dtypes="fi",
        oracle="PyTorch's own backward fails",
        errors=calls(call(np.ones((2, 2))), call(np.ones(2), -1)),
    ),
    row(
        "gcd",
        calls(lambda r: call(INTEGERS, np.array([8, 12, 5, 14, -45]))),
        grad=False,
        dtypes="i",
        numpy=np.gcd,
        errors=calls(call(np.ones(2), np.ones(2))),
    ),
    row(
        "lcm",
        calls(lambda r: call(INTEGERS, np.array([8, 12, 5, 14, -45]))),
        grad=False,
        dtypes="i",
        numpy=np.lcm,
        errors=calls(call(np.ones(2), np.ones(2))),
    ),
    row(
        "frexp", calls(lambda r: call(values(r, (5,), avoid=(0.0,)) * 10)), nodes=True, errors=calls(call(np.arange(3)))
    ),
    row("conj", calls(lambda r: call(values(r, (3,)))), dtypes="fi", numpy=np.conj, nodes="a real tensor as it is"),
    row(
        "conj_physical",
        calls(lambda r: call(values(r, (3,)))),
        dtypes="fi",
        numpy=np.conj,
        nodes="a real tensor as it is",
    ),
    row("resolve_conj", calls(lambda r: call(values(r, (3,)))), nodes="as it is"),
    row("resolve_neg", calls(lambda r: call(values(r, (3,)))), nodes="as it is"),
    row("real", calls(lambda r: call(values(r, (3,)))), nodes="as it is", method=False),
    row(
        "Tensor.geometric_",
        calls(lambda r: call(Const(values(r, (20,))), 0.3)),
        grad=False,
        random=True,
        noncontiguous="an expanded tensor cannot be written",
        errors=calls(call(np.ones(2), 1.5)),
    ),
    row(
        "Tensor.cauchy_",
        calls(lambda r: call(Const(values(r, (20,))), 1.0, 2.0)),
        grad=False,
        random=True,
        noncontiguous="an expanded tensor cannot be written",
        errors=calls(call(np.ones(2), 0.0, -1.0)),
    ),
    row(
        "Tensor.log_normal_",
        calls(lambda r: call(Const(values(r, (20,))), 1.0, 0.5)),
        grad=False,
        random=True,
        noncontiguous="an expanded tensor cannot be written",
        errors=calls(call(np.ones(2), 0.0, -1.0)),
    ),
]
