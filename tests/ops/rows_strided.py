"""Rows of minitorch/ops/strided.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Const, Rng, Row, Sample, call, calls, values

MADE = "made of operations"
ITSELF = "changes the shape of the tensor itself"


def row(name: str, samples: Any, **options: Any) -> Row:
    return Row(name=name, samples=samples, **{"dtypes": "fib", "inplace": False, **options})


def of(*cases: tuple[tuple[int, ...], Any]) -> Any:
    """Calls of values of a shape with arguments, or keywords in a dictionary."""

    def made(rng: Rng) -> list[Sample]:
        return [
            call(values(rng, shape), **given) if isinstance(given, dict) else call(values(rng, shape), *given)
            for shape, given in cases
        ]

    return made


def part(name: str, *cases: tuple[tuple[int, ...], tuple[int, ...], Any], **options: Any) -> Row:
    """A row of `f(input, src, ...)`."""
    samples = lambda rng: [call(values(rng, a), values(rng, b), **how) for a, b, how in cases]  # noqa: E731
    wrong = calls(call(np.ones((2, 3)), np.ones(5), **cases[0][2]))
    return row(name, samples, errors=wrong, **options)


def _filled(rng: Rng) -> list[Sample]:
    return [call(Const(values(rng, s)), 7.0) for s in ((3, 3), (2, 4), (5, 2), (2, 2, 2))] + [
        call(Const(values(rng, (7, 2))), 7.0, True)
    ]


ROWS = [
    row(
        "as_strided",
        of(
            ((3, 4), ((2, 2), (4, 1))),
            ((3, 4), ((2, 3), (1, 2), 1)),
            ((6,), ((3, 3), (1, 1))),
            ((4,), ((2, 2), (0, 1))),
        ),
        errors=calls(call(np.ones(3), (4,), (1,)), call(np.ones(3), (2,), (1, 1)), call(np.ones(3), (1,), (1,), 5)),
        noncontiguous="it sees the memory as it lies",
    ),
    row(
        "Tensor.unfold",
        of(((5,), (0, 3, 1)), ((2, 7), (1, 2, 3)), ((3, 4), (0, 2, 2)), ((4,), (-1, 4, 1)), ((), (0, 1, 1))),
        errors=calls(call(np.ones(3), 0, 4, 1), call(np.ones(3), 0, 2, 0), call(np.ones(3), 2, 1, 1)),
    ),
    row("ravel", of(((2, 3), ()), ((), ()), ((4,), ())), nodes="a view of other strides"),
    row(
        "tensor_split",
        of(((7, 2), (3,)), ((7,), ((1, 4),)), ((2, 6), (4, 1)), ((5,), ((2, 9),))),
        errors=calls(call(np.ones(3), 0), call(np.array(1.0), 2)),
    ),
    row(
        "hsplit",
        of(((2, 4), (2,)), ((6,), ((1, 3),))),
        errors=calls(call(np.ones((2, 3)), 2), call(np.array(1.0), 1)),
    ),
    row(
        "vsplit",
        of(((4, 2), (2,)), ((3, 2), ((1,),))),
        errors=calls(call(np.ones((3, 2)), 2), call(np.ones(4), 2)),
    ),
    row("dsplit", of(((2, 2, 4), (2,))), errors=calls(call(np.ones((3, 2)), 1))),
    row("split_with_sizes", of(((5, 2), ([2, 3],)), ((2, 4), ([1, 3], 1))), errors=calls(call(np.ones(3), [2, 2]))),
    row("narrow_copy", of(((4, 3), (0, 1, 2))), nodes=MADE, oracle="PyTorch's has no derivative"),
    part("select_scatter", ((3, 4), (4,), {"dim": 0, "index": 1}), ((3, 4), (3,), {"dim": 1, "index": -1})),
    part("slice_scatter", ((5, 2), (2, 2), {"dim": 0, "start": 1, "end": 3}), ((2, 6), (2, 3), {"dim": 1, "step": 2})),
    part(
        "diagonal_scatter",
        ((3, 4), (3,), {}),
        ((3, 4), (2,), {"offset": 2}),
        ((2, 3, 3), (2, 3), {"dim1": 1, "dim2": 2}),
    ),
    part(
        "as_strided_scatter",
        ((3, 4), (2, 2), {"size": (2, 2), "stride": (4, 1)}),
        oracle="PyTorch asks for more of the strides",
        noncontiguous="it sees the memory as it lies",
    ),
    row(
        "diag_embed",
        of(
            ((3,), ()),
            ((2, 3), (1,)),
            ((2, 3), {"offset": -1, "dim1": 0, "dim2": 2}),
            ((2, 2), {"dim1": 1, "dim2": 0, "offset": 1}),
        ),
        errors=calls(call(np.array(1.0)), call(np.ones(2), 0, 1, 1)),
        nodes=True,
    ),
    row(
        "diag",
        of(((3,), ()), ((3,), (-1,)), ((3, 4), ()), ((3, 4), (1,))),
        errors=calls(call(np.ones((2, 2, 2)))),
        nodes=MADE,
        numpy=np.diag,
    ),
    row("diagflat", of(((2, 2), ()), ((3,), (1,))), nodes=MADE, numpy=np.diagflat),
    row(
        "trace",
        of(((3, 3), ()), ((2, 4), ())),
        dtypes="fi",
        result="long",
        numpy=np.trace,
        errors=calls(call(np.ones(3)), call(np.ones((2, 2, 2)))),
    ),
    row(
        "Tensor.fill_diagonal_",
        _filled,
        grad=False,
        noncontiguous="an expanded tensor cannot be written",
        errors=calls(call(np.ones(3), 1.0), call(np.ones((2, 3, 2)), 1.0)),
    ),
    row(
        "Tensor.squeeze_",
        lambda r: [call(Const(values(r, (2, 1, 3, 1)))), call(Const(values(r, (2, 1))), 1)],
        grad=False,
    ),
    row(
        "Tensor.unsqueeze_",
        lambda r: [call(Const(values(r, (2, 3))), 1), call(Const(values(r, ())), -1)],
        grad=False,
        errors=calls(call(np.ones(2), 3)),
    ),
    row("Tensor.transpose_", lambda r: [call(Const(values(r, (2, 3))), 0, 1)], grad=False),
    row("Tensor.t_", lambda r: [call(Const(values(r, (2, 3))))], grad=False, errors=calls(call(np.ones((2, 2, 2))))),
    row(
        "Tensor.as_strided_",
        lambda r: [call(Const(values(r, (2, 3))), (3, 2), (1, 2))],
        grad=False,
        noncontiguous="it sees the memory as it lies",
    ),
    row(
        "Tensor.resize_",
        lambda r: [call(Const(values(r, (2, 3))), 3, 2), call(Const(values(r, (2, 3))), (4,))],
        grad=False,
        noncontiguous="it sees the memory as it lies",
    ),
    row(
        "resize_as_",
        lambda r: [call(Const(values(r, (2, 3))), Const(np.ones((3, 1))))],
        grad=False,
        noncontiguous="it sees the memory as it lies",
    ),
    row(
        "Tensor.apply_",
        lambda r: [call(Const(values(r, (2, 3))), lambda x: x * 2)],
        grad=False,
        noncontiguous="an expanded tensor cannot be written",
        dtypes="fi",
    ),
    row(
        "Tensor.map_",
        lambda r: [call(Const(values(r, (2, 3))), Const(values(r, (3,))), lambda x, y: x - y)],
        grad=False,
        noncontiguous="an expanded tensor cannot be written",
        dtypes="f",
        oracle="PyTorch asks for one shape of both",
    ),
    row("adjoint", of(((2, 3, 4), ())), nodes=MADE),
]
