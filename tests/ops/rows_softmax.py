"""Rows of minitorch/ops/softmax.py, and of the forms in nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Name, Rng, Row, Sample, call, inf, nan, values


def _softmax(x: Array, dim: Any = None, dtype: Any = None) -> Array:
    x = np.asarray(x, np.float64)
    if not x.size:
        return x
    e = np.exp(x - x.max(dim, keepdims=True))
    return np.asarray(e / e.sum(dim, keepdims=True))


def _log_softmax(x: Array, dim: Any = None, dtype: Any = None) -> Array:
    x = np.asarray(x, np.float64)
    if not x.size:
        return x
    shifted = x - x.max(dim, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(dim, keepdims=True)))


def _softmin(x: Array, dim: Any = None, dtype: Any = None) -> Array:
    return _softmax(-np.asarray(x, np.float64), dim)


def _samples(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 3, 4))
    return [
        call(x, dim=-1),
        call(x, dim=0),
        call(x, 1),
        call(x[0, 0], 0),
        call(x[0, :, :1], 1),
        call(values(rng, (2, 9)) * 30, dim=1),
        call(np.asarray(x[0, 0, 0]), 0),
        call(np.asarray(x[0, 0, 1]), dim=-1),
        call(x[:0], 1),
        call(x[:, :0], 1),
        call(x[:, :, :0], 0),
    ]


def _wider(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 3))
    return [call(x, dim=1, dtype=Name("float64")), call(x, 0, dtype=Name("float64"))]


def _odd(rng: Rng) -> list[Sample]:
    rows = np.array(
        [
            [nan, 1.0, 2.0],
            [1.0, nan, inf],
            [inf, 1.0, -2.0],
            [-inf, 0.0, 3.0],
            [-inf, -inf, -inf],
            [inf, inf, 0.0],
            [1e300, -1e300, 0.0],
            [0.0, -0.0, 0.0],
        ]
    )
    return [call(rows, dim=1), call(rows.T.copy(), dim=0), call(rows[:, :, None] * np.ones(2), dim=1)]


def _mistakes(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3))
    return [
        call(x, 2),
        call(x, dim=-3),
        call(np.array(1.0), 1),
        call(x, 0.5),
        call(x, (0, 1)),
        call(x, 1, dtype=3),
        call(np.array([1, 2]), 0),
        call(np.array([True, False]), 0),
    ]


def _rows(name: str, numpy: Any, dtypes: str = "fib") -> list[Row]:
    return [
        Row(name=name, samples=_samples, special=_odd, errors=_mistakes, numpy=numpy),
        Row(name=name, samples=_wider, numpy=numpy, dtypes=dtypes, result="float64", variant="dtype"),
    ]


ROWS = [
    *_rows("softmax", _softmax),
    *_rows("log_softmax", _log_softmax),
    *_rows("nn.functional.softmax", _softmax),
    *_rows("nn.functional.log_softmax", _log_softmax),
    *_rows("nn.functional.softmin", _softmin, "fi"),
]
