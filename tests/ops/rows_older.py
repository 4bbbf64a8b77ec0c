"""Rows of minitorch/ops/older.py, of `lu` and of `conv_tbc`."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, calls, values

MADE = "made of operations"


def _places(x: Array, size: int, fill_value: int = -1) -> Array:
    found = np.argwhere(x)[:size]
    return np.concatenate([found, np.full((size - len(found), x.ndim), fill_value)])


def _sparse(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4)) * (rng.uniform(size=(3, 4)) > 0.5)
    return [call(x, size=3), call(x, size=20, fill_value=7), call(x, size=0), call(np.zeros((0, 2)), size=2)]


def _convolved(x: Array, w: Array, b: Array, pad: int = 0) -> Any:
    x = np.pad(x, ((pad, pad), (0, 0), (0, 0)))
    return sum(x[k : len(x) - len(w) + 1 + k] @ w[k] for k in range(len(w))) + b


def _sequences(rng: Rng) -> list[Sample]:
    x, w, b = values(rng, (5, 2, 3)), values(rng, (2, 3, 4)), values(rng, (4,))
    return [call(x, w, b), call(x, w, b, 1)]


ROWS = [
    Row(
        name="nonzero_static",
        samples=_sparse,
        numpy=_places,
        dtypes="fib",
        result="int64",
        grad=False,
        noncontiguous="an expanded mask is another mask",
        errors=calls(call(np.ones(2), size=-1)),
    ),
    Row(
        name="Tensor.resize",
        samples=lambda rng: [
            call(values(rng, (2, 3)), 3, 2),
            call(values(rng, (4,)), 2, 2),
            call(values(rng, ()), 1),
        ],
        dtypes="fib",
        nodes=MADE,
        inplace=False,
        errors=calls(call(np.ones(2), 3)),
    ),
    Row(
        name="Tensor.resize_as",
        samples=lambda rng: [call(values(rng, (2, 3)), np.ones((3, 2), np.int64))],
        dtypes="fib",
        nodes=MADE,
        inplace=False,
        errors=calls(call(np.ones(2), np.ones(3))),
    ),
    Row(name="Tensor.to_dense", samples=lambda rng: [call(values(rng, (2, 3)))], dtypes="fib", nodes="the same tensor"),
    Row(
        name="lu",
        samples=lambda rng: (
            [call(values(rng, s)) for s in ((3, 3), (2, 3, 3), (4, 2))] + [call(values(rng, (2, 2)), get_infos=True)]
        ),
        dtypes="f",
        result=None,
        nodes=MADE,
        noncontiguous="an expanded matrix is singular",
        tolerance={"float32": (2e-3, 2e-4), "float64": (1e-8, 1e-9)},
        errors=calls(call(np.ones(3)), call(np.ones((2, 2)), pivot=False)),
    ),
    Row(
        name="conv_tbc",
        samples=_sequences,
        numpy=_convolved,
        dtypes="f",
        aliases=("nn.functional.conv_tbc",),
        nodes=MADE,
        tolerance={"float32": (1e-4, 1e-5), "float64": (1e-9, 1e-11)},
        errors=calls(call(np.ones((5, 3)), np.ones((2, 3, 4)), np.ones(4))),
    ),
]
