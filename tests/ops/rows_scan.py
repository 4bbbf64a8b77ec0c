"""Rows of minitorch/ops/scan.py: running sums, products and extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ops.table import Array, Const, Name, Rng, Row, Sample, call, distinct, inf, nan, values

AWKWARD = np.array(
    [[nan, 1.0, 2.0], [1.0, nan, inf], [inf, 1.0, -2.0], [-inf, 0.0, 3.0], [inf, -inf, 1.0], [0, -0.0, 0]]
)
TIES = np.array([[1.0, 3.0, 3.0, 2.0], [2.0, 2.0, 2.0, 2.0], [-1.0, 0.0, -1.0, -1.0]])


def along(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f(x, axis)` of numpy, where a number is a vector of one."""

    def reference(x: Array, dim: int, dtype: Any = None) -> Any:
        return f(x, dim) if x.ndim else mapped(f(x.reshape(1), 0))

    def mapped(y: Any) -> Any:
        return tuple([v.reshape(()) for v in y]) if isinstance(y, tuple) else y.reshape(())

    return reference


def _with_index(ufunc: Any) -> Callable[..., Any]:
    """The running extreme, and the last index at which it stood."""

    def both(x: Array, axis: int) -> tuple[Array, Array]:
        best = ufunc.accumulate(x, axis)
        places = np.arange(x.shape[axis]).reshape([-1 if d == axis % x.ndim else 1 for d in range(x.ndim)])
        return best, np.maximum.accumulate(np.where((x == best) | (x != x), places, 0), axis)

    return both


def _samples(rng: Rng) -> list[Sample]:
    x = distinct(rng, (2, 3, 4)) / 2
    made = [call(x, d) for d in (0, 1, -1)] + [call(x, dim=2), call(distinct(rng, (3, 1)), 1)]
    return [*made, call(distinct(rng, ()), 0), call(np.zeros((2, 0)), 1), call(np.zeros((0, 2)), 1)]


def _special(rng: Rng) -> list[Sample]:
    return [call(AWKWARD, dim=1), call(AWKWARD, 0), call(TIES, dim=1)]


def _errors(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 3)), 2), call(np.ones((2, 3)), -3), call(np.ones(()), 1), call(np.ones((2, 3)))]


def _products(rng: Rng) -> list[Sample]:
    one, two = values(rng, (4, 2), 0.5, 2), values(rng, (4, 2), 0.5, 2)
    one[1, 0], two[0, 0], two[2, 0], two[3, 1] = 0, 0, 0, 0
    return [call(x, d) for x in (one, two, np.zeros((1, 2))) for d in (0, 1)]


def _dtyped(rng: Rng) -> list[Sample]:
    return [call(distinct(rng, (2, 3)), 1, dtype=Name("float64")), call(distinct(rng, ()), 0, dtype=Name("float64"))]


def _whole_dtyped(rng: Rng) -> list[Sample]:
    x = distinct(rng, (2, 3)) * 3
    return [call(Const(x), 1, dtype=Name("int64")), call(Const(x), dim=0, dtype=Name("int32"))]


GIVEN: dict[str, Any] = {"samples": _samples, "special": _special, "errors": _errors, "dtypes": "fib"}
INTEGERS: dict[str, Any] = {"samples": _whole_dtyped, "result": None, "grad": False, "variant": "integers"}
DTYPED: dict[str, Any] = {"samples": _dtyped, "result": "float64", "dtypes": "fib", "variant": "dtype"}

ROWS = [
    Row(name="cumsum", numpy=along(np.cumsum), result="long", **GIVEN),
    Row(
        name="cumprod",
        numpy=along(np.cumprod),
        result="long",
        awkward="the gradients of NaN and infinities beside a zero are not PyTorch's",
        **GIVEN,
    ),
    Row(name="cumprod", samples=_products, numpy=along(np.cumprod), variant="zeros"),
    Row(name="cumsum", numpy=along(np.cumsum), **DTYPED, inplace=False),
    Row(name="cumprod", numpy=along(np.cumprod), **DTYPED, inplace=False),
    Row(name="cumsum", **INTEGERS, inplace=False),
    Row(name="cumprod", **INTEGERS, inplace=False),
    Row(name="cummax", numpy=along(_with_index(np.maximum)), **GIVEN),
    Row(name="cummin", numpy=along(_with_index(np.minimum)), **GIVEN),
    Row(name="logcumsumexp", numpy=along(np.logaddexp.accumulate), **{**GIVEN, "dtypes": "f"}),
]
