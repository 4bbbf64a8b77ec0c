"""Rows of minitorch/ops/made.py, and of what tensors answer about their memory and elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Const, Rng, Row, Sample, call, calls, values


def _sizes(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 3))
    return [call(x, 2, 3), call(x, (4,)), call(x, (0, 2)), call(values(rng, ()), size=(1, 2))]


def _shape(sizes: Any, size: Any) -> Any:
    return size or (sizes[0] if isinstance(sizes[0], tuple) else sizes)


def _new(name: str, **more: Any) -> Row:
    errors = calls(call(np.ones(2), -1))
    return Row(name=f"Tensor.{name}", samples=_sizes, dtypes="fib", grad=False, inplace=False, errors=errors, **more)


ROWS = [
    _new("new_zeros", numpy=lambda x, *sizes, size=None: np.zeros(_shape(sizes, size), x.dtype)),
    _new("new_ones", numpy=lambda x, *sizes, size=None: np.ones(_shape(sizes, size), x.dtype)),
    _new("new_empty", random=True, noncontiguous="it holds whatever memory held"),
    Row(
        name="Tensor.new_full",
        samples=lambda rng: [call(values(rng, (2, 3)), (2, 2), 1), call(values(rng, ()), (0,), 0)],
        numpy=lambda x, size, value: np.full(size, value, x.dtype),
        dtypes="fib",
        grad=False,
        errors=calls(call(np.ones(2), (-1,), 1)),
    ),
    Row(
        name="Tensor.new_tensor",
        samples=lambda rng: [call(values(rng, (2, 3)), [[1, 0], [1, 1]]), call(values(rng, ()), 1)],
        numpy=lambda x, data: np.array(data, x.dtype),
        dtypes="fib",
        grad=False,
        errors=calls(call(np.ones(2), [[1], [1, 2]])),
    ),
    Row(
        name="Tensor.__contains__",
        samples=lambda rng: [call(values(rng, (2, 3)), 7), call(np.ones((2, 3)), 1), call(np.ones(()), 1)],
        numpy=lambda x, element: element in x,
        dtypes="fi",
        result=None,
        grad=False,
        errors=calls(call(np.ones(2), "a")),
    ),
    Row(
        name="Tensor.__reversed__",
        samples=lambda rng: [call(values(rng, s)) for s in ((2, 3), (4,), (0, 2))],
        numpy=lambda x: x[::-1],
        dtypes="fib",
        nodes="PyTorch names the node of a copy, too",
    ),
    Row(
        name="Tensor.is_set_to",
        samples=lambda rng: [call(values(rng, (2, 3)), values(rng, (2, 3)))],
        numpy=lambda x, y: False,
        dtypes="fib",
        result=None,
        grad=False,
    ),
    Row(
        name="Tensor.set_",
        samples=lambda rng: [call(Const(values(rng, (2, 3))), Const(values(rng, (4,)))), call(Const(np.ones(3)))],
        numpy=lambda x, *y: y[0].astype(x.dtype) if y else x[:0],
        dtypes="fib",
        grad=False,
        noncontiguous="its strides are the other's",
        errors=calls(call(np.ones(2), np.ones(2, np.int64))),
    ),
]
