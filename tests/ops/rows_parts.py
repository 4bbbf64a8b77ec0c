"""Rows of minitorch/ops/parts.py, and what rounding.py has for complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, calls, cast_array, values


def complexes(rng: Rng, *shape: int) -> Array:
    """Complex values."""
    return np.asarray(values(rng, shape) + 1j * values(rng, shape, avoid=(0.0,)))


def _one(rng: Rng) -> list[Sample]:
    made = [complexes(rng, *shape) for shape in ((5,), (), (2, 3), (0,))]
    return [call(x) for x in (*made, np.asfortranarray(complexes(rng, 3, 4)))]


def _two(rng: Rng) -> list[Sample]:
    shapes: Any = [((4,), (4,)), ((), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((0,), (1,))]
    return [call(values(rng, a, 0.2, 2), values(rng, b)) for a, b in shapes]


def _pairs(rng: Rng) -> list[Sample]:
    return [call(values(rng, shape)) for shape in ((3, 2), (2,), (2, 3, 2))]


_NOT_PAIRS = calls(call(np.ones(3)), call(np.asarray(1.0)), call(np.ones((3, 3))[:, :2]), call(np.ones(2, np.int64)))
_NO_PARTS = calls(
    call(np.ones(2), np.ones(3)), call(np.ones(2), np.ones(2, np.float32)), call(np.ones(2, int), np.ones(2, int))
)


def of_complex(name: str, numpy: Any, **options: Any) -> Row:
    """A function of complex numbers."""
    return Row(name=name, samples=_one, numpy=numpy, **{"dtypes": "c", "variant": "complex", "result": None, **options})


def _apart(x: Array) -> Array:
    return np.stack([x.real, x.imag], -1)


ROWS = [
    of_complex("abs", np.abs),
    of_complex("angle", np.angle),
    of_complex("sgn", lambda x: x / np.abs(x)),
    of_complex("conj", np.conj, nodes="conjugates are computed at once"),
    of_complex("conj_physical", np.conj),
    of_complex("real", np.real, method=False, variant=""),
    of_complex("imag", np.imag, method=False, variant="", errors=calls(call(np.ones(2)))),
    of_complex("resolve_conj", lambda x: x, grad=True),
    of_complex("view_as_real", _apart, variant="", errors=calls(call(np.ones(2))), method=False),
    Row(
        name="view_as_complex",
        samples=_pairs,
        numpy=lambda x: x[..., 0] + 1j * x[..., 1],
        errors=_NOT_PAIRS,
        result=None,
        noncontiguous="the parts must lie side by side",
        method=False,
    ),
    Row(name="complex", samples=_two, numpy=lambda a, b: a + 1j * b, errors=_NO_PARTS, result=None, method=False),
    Row(name="polar", samples=_two, numpy=lambda r, t: r * np.exp(1j * t), errors=_NO_PARTS, result=None, method=False),
    Row(
        name="nn.functional.silu",
        samples=lambda rng: [call(cast_array(values(rng, (4,)), "complex128"))],
        numpy=lambda x: x / (1 + np.exp(-x)),
        dtypes="c",
        inplace=False,
        oracle="PyTorch has no derivative of it",
        variant="complex",
    ),
]
