"""Rows of minitorch/ops/matmul.py and einsum.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, inf, nan, values

Shape = tuple[int, ...]


def products(name: str, numpy: Any, *shapes: tuple[Shape, ...], **options: Any) -> Row:
    """A row of calls with tensors of these shapes; `wrong`: shapes that are refused; `more`: further samples."""
    wrong, more = options.pop("wrong", ()), options.pop("more", None)
    calls = options.pop("calls", [{}])

    def made(rng: Rng, shapes: Any) -> list[Sample]:
        return [call(*[values(rng, s) for s in given]) for given in shapes]

    def samples(rng: Rng) -> list[Sample]:
        extra = [call(*[values(rng, s) for s in shapes[0]], **c) for c in calls if c]
        return made(rng, shapes) + extra + (more(rng) if more else [])

    mixed = options.pop("mixed", False)  # whether dtypes are promoted

    def errors(rng: Rng) -> list[Sample]:
        two = call(*[np.ones(s, np.float32 if i else np.float64) for i, s in enumerate(shapes[0])])
        return [*([] if mixed else [two]), *made(rng, wrong)]

    return Row(name=name, samples=samples, errors=errors, numpy=numpy, **{"dtypes": "fi", **options})


SQUARES: list[tuple[Shape, Shape]] = [
    ((3, 4), (4, 2)),
    ((1, 1), (1, 1)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 3), (3, 0)),
]


def _awkward(rng: Rng) -> list[Sample]:
    a = np.array([[nan, 1.0], [inf, 0.0], [0.0, -inf], [1.0, 2.0]])
    return [call(a, np.array([[1.0, 0.0], [0.0, 1.0]])), call(a, np.array([[inf], [1.0]]))]


def _inner(a: Array, b: Array) -> Array:
    return np.inner(a, b)


def _plus(product: Callable[..., Any]) -> Callable[..., Any]:
    def plus(x: Array, a: Array, b: Array, beta: float = 1, alpha: float = 1) -> Array:
        return (beta * x if beta else 0) + alpha * product(a, b)

    return plus


SCALED: list[dict[str, Any]] = [{}, {"beta": 2, "alpha": 3}, {"beta": 0}, {"alpha": 0}]
FLOAT_SCALED: list[dict[str, Any]] = [{"beta": 0.5, "alpha": -1.5}, {"beta": 0.5}, {"beta": -1}]


def _forgotten(shape: Shape, a: Shape, b: Shape) -> Callable[[Rng], list[Sample]]:
    """With beta = 0 the NaNs of the first tensor are forgotten."""
    return lambda rng: [call(np.full(shape, nan), values(rng, a), values(rng, b), beta=0)]


def _scaled_by_floats(shape: Shape, a: Shape, b: Shape) -> Callable[[Rng], list[Sample]]:
    return lambda rng: [call(values(rng, shape), values(rng, a), values(rng, b), **c) for c in FLOAT_SCALED]


def plus(name: str, product: Callable[..., Any], *shapes: tuple[Shape, Shape, Shape], **options: Any) -> list[Row]:
    """`beta x + alpha product(a, b)`: whole factors for all dtypes, fractions for floats."""
    whole = products(name, _plus(product), *shapes, calls=SCALED, special=_forgotten(*shapes[0]), **options)
    named = options.get("nodes", True)
    parts = Row(
        name=name,
        samples=_scaled_by_floats(*shapes[0]),
        numpy=_plus(product),
        variant="floats",
        nodes=named,
    )
    return [whole, parts]


def _linear(x: Array, w: Array, b: Array | None = None) -> Array:
    y = x @ w.T
    return y if b is None else y + b


def _linear_errors(rng: Rng) -> list[Sample]:
    x, w, b = np.ones((2, 3)), np.ones((4, 3)), np.ones(4)
    return [
        call(x, np.ones((4, 2))),
        call(x, w, np.ones(3)),
        call(x, w, np.ones((2, 2, 4))),
        call(x, np.ones(3), np.ones(())),
        call(x.astype(np.float32), w),
        call(x, w, b.astype(np.float32)),
        call(np.ones(()), w),
        call(x, np.ones((2, 4, 3))),
    ]


# ---------------------------------------------------------------- einsum

EQUATIONS: list[tuple[str, list[Shape]]] = [
    ("ij,jk->ik", [(2, 3), (3, 4)]),
    ("ij,jk", [(2, 3), (3, 4)]),
    ("ij,kj->ik", [(2, 3), (4, 3)]),
    ("bij,bjk->bik", [(2, 2, 3), (2, 3, 2)]),
    ("i,j->ij", [(3,), (2,)]),
    ("i,i->", [(3,), (3,)]),
    ("i,i", [(3,), (3,)]),
    ("ij->", [(2, 3)]),
    ("ij->ji", [(2, 3)]),
    ("ij->j", [(2, 3)]),
    ("ba", [(2, 3)]),
    ("ii->i", [(3, 3)]),
    ("ii", [(3, 3)]),
    ("iij->j", [(2, 2, 3)]),
    ("...ij,...jk->...ik", [(2, 2, 3), (3, 2)]),
    ("...i->...", [(2, 3)]),
    ("i...,i...->...", [(2, 3), (2, 1)]),
    ("b...d,dk->b...k", [(2, 3, 2), (2, 3)]),
    ("ij,ij->ij", [(2, 3), (2, 3)]),
    ("ij,j->ij", [(2, 3), (1,)]),
    ("i,ij,j->", [(2,), (2, 3), (3,)]),
    ("ij,jk,kl->il", [(2, 3), (3, 2), (2, 4)]),
    ("bn,anm,bm->ba", [(2, 3), (4, 3, 2), (2, 2)]),
    (" i j , j k -> k i ", [(2, 3), (3, 4)]),
    ("iK,Kj->ij", [(2, 3), (3, 2)]),
    ("ij,jk->ik", [(0, 3), (3, 2)]),
    ("ij,jk->ik", [(2, 0), (0, 3)]),
    (",ij->ij", [(), (2, 3)]),
    ("ij,kl->ijkl", [(2, 1), (1, 3)]),
    ("bhqd,bhkd->bhqk", [(1, 2, 3, 2), (1, 2, 2, 2)]),
]
BAD_EQUATIONS: list[tuple[str, list[Shape]]] = [
    ("ij,jk->ik", [(2, 3), (2, 3)]),
    ("ij->ij", [(2, 3, 4)]),
    ("ij,jk->ik", [(2, 3)]),
    ("ij->k", [(2, 3)]),
    ("ij->ii", [(2, 3)]),
    ("i1->i", [(2, 3)]),
    ("ii->i", [(2, 3)]),
    ("...i...->i", [(2, 3)]),
    ("i..->i", [(2, 3)]),
    ("ij->i->j", [(2, 3)]),
    ("i.j->i", [(2, 3)]),
]


def _einsum(equation: Any, *operands: Any) -> Any:
    if not isinstance(equation, str):
        return np.einsum(equation, *operands)
    given = operands[0] if isinstance(operands[0], (list, tuple)) else operands
    return np.einsum(equation.replace(" ", ""), *given)


def _equations(rng: Rng) -> list[Sample]:
    made = [call(e, *[values(rng, s) for s in shapes]) for e, shapes in EQUATIONS]
    return [
        *made,
        call("ij,jk->ik", [values(rng, (2, 3)), values(rng, (3, 2))]),
    ]


def _sublists(rng: Rng) -> list[Sample]:
    a, b = values(rng, (2, 3)), values(rng, (3, 4))
    return [call(a, [0, 1], b, [1, 2], [2, 0]), call(a, [0, 1], b, [1, 2])]


def _dotted_sublists(rng: Rng) -> list[Sample]:
    return [call(values(rng, (2, 3)), [Ellipsis, 1], [1]), call(values(rng, (2, 3)), [0, Ellipsis], [Ellipsis, 0])]


def _bad_equations(rng: Rng) -> list[Sample]:
    return [call(e, *[np.ones(s) for s in shapes]) for e, shapes in BAD_EQUATIONS]


def _tensordot(a: Array, b: Array, dims: Any = 2) -> Array:
    return np.tensordot(a, b, dims)


def _dotted(rng: Rng) -> list[Sample]:
    a, b = values(rng, (2, 3, 4)), values(rng, (3, 4, 2))
    return [
        call(a, b),
        call(a, b, 2),
        call(a, b, dims=([1, 2], [0, 1])),
        call(a, b, ([-2], [0])),
        call(a, b, dims=([0, 1], [2, 0])),
        call(values(rng, (2,)), values(rng, (3,)), 0),
        call(values(rng, (3,)), values(rng, (3,)), 1),
        call(values(rng, (0, 3)), values(rng, (3, 2)), 1),
        call(values(rng, (2, 3)), values(rng, (2, 3)), ((0, 1), (0, 1))),
    ]


def _bad_dots(rng: Rng) -> list[Sample]:
    a, b = np.ones((2, 3)), np.ones((3, 2))
    return [
        call(a, b, 2),
        call(a, b, ([0], [0])),
        call(a, b, ([2], [0])),
        call(a, b, ([0, 1], [0])),
        call(a, b, 3),
        call(a, b, -1),
    ]


def _chain(*matrices: Array) -> Array:
    return np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0]


COMPOSED: dict[str, Any] = {"nodes": "composed"}

ROWS = [
    products(
        "matmul",
        np.matmul,
        *SQUARES,
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 2, 3), (2, 3, 2)),
        ((2, 2, 3), (3, 2)),
        ((2, 3), (2, 3, 2)),
        ((2, 1, 2, 3), (3, 3, 1)),
        ((3,), (2, 3, 2)),
        ((2, 2, 3), (3,)),
        ((0, 2, 3), (3, 2)),
        ((2, 0, 3), (2, 3, 1)),
        ((0,), (0,)),
        aliases=("Tensor.__matmul__",),
        special=_awkward,
        wrong=(
            ((2, 3), (2, 3)),
            ((), (2,)),
            ((2,), ()),
            ((2,), (3,)),
            ((2, 3), (2,)),
            ((2,), (3, 2)),
            ((2, 2, 3), (3, 3, 2)),
            ((2, 2, 3), (2, 2, 3)),
        ),
    ),
    products(
        "mm",
        np.matmul,
        *SQUARES,
        special=_awkward,
        wrong=(((2, 3), (2, 3)), ((3,), (3, 2)), ((2, 3), (3,)), ((1, 2, 3), (1, 3, 2))),
    ),
    products(
        "bmm",
        np.matmul,
        ((2, 3, 4), (2, 4, 2)),
        ((1, 1, 1), (1, 1, 1)),
        ((0, 2, 3), (0, 3, 2)),
        ((2, 2, 0), (2, 0, 3)),
        wrong=(((2, 3, 4), (3, 4, 2)), ((2, 3, 4), (2, 3, 4)), ((3, 4), (4, 2)), ((2, 3, 4), (4, 2))),
    ),
    products(
        "mv",
        np.matmul,
        ((3, 4), (4,)),
        ((0, 2), (2,)),
        ((2, 0), (0,)),
        wrong=(((2, 3), (2,)), ((3,), (3,)), ((2, 3), (3, 1))),
    ),
    products("dot", np.dot, ((3,), (3,)), ((0,), (0,)), ((1,), (1,)), wrong=(((2,), (3,)), ((2, 2), (2,)), ((), (1,)))),
    products("vdot", np.vdot, ((3,), (3,)), ((0,), (0,)), wrong=(((2,), (3,)), ((2, 2), (2,))), **COMPOSED),
    products(
        "inner",
        _inner,
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (2, 3)),
        ((2, 2, 3), (4, 3)),
        ((), (2,)),
        ((2, 2), ()),
        ((0, 3), (2, 3)),
        ((2, 0), (3, 0)),
        wrong=(((2, 3), (2,)), ((2,), (3,))),
        **COMPOSED,
    ),
    products(
        "outer",
        np.outer,
        ((3,), (2,)),
        ((0,), (2,)),
        ((1,), (1,)),
        aliases=("ger", "Tensor.ger"),
        mixed=True,
        wrong=(((2, 2), (2,)), ((), (2,))),
    ),
    *plus(
        "addmm",
        np.matmul,
        ((2, 3), (2, 4), (4, 3)),
        ((3,), (2, 4), (4, 3)),
        ((), (2, 2), (2, 2)),
        ((2, 1), (2, 0), (0, 3)),
        wrong=(((2, 3), (2, 4), (3, 3)), ((4,), (2, 4), (4, 3)), ((2, 3), (2,), (2, 3))),
    ),
    *plus(
        "addmv",
        np.matmul,
        ((2,), (2, 3), (3,)),
        ((), (2, 3), (3,)),
        ((2,), (2, 0), (0,)),
        wrong=(((2,), (2, 3), (2,)), ((3,), (2, 3), (3,))),
    ),
    *plus(
        "addr",
        np.outer,
        ((2, 3), (2,), (3,)),
        ((3,), (2,), (3,)),
        ((0, 2), (0,), (2,)),
        mixed=True,
        wrong=(((2, 2), (2,), (3,)), ((2, 3), (2, 1), (3,))),
    ),
    *plus(
        "baddbmm",
        np.matmul,
        ((2, 3, 2), (2, 3, 4), (2, 4, 2)),
        ((2,), (2, 3, 4), (2, 4, 2)),
        ((1, 2, 1), (1, 2, 0), (1, 0, 3)),
        wrong=(((2, 3, 2), (2, 3, 4), (3, 4, 2)), ((3,), (2, 3, 4), (2, 4, 2))),
    ),
    *plus(
        "addbmm",
        lambda a, b: np.matmul(a, b).sum(0),
        ((3, 2), (2, 3, 4), (2, 4, 2)),
        ((2,), (2, 3, 4), (2, 4, 2)),
        ((), (0, 2, 2), (0, 2, 3)),
        wrong=(((3, 2), (2, 3, 4), (3, 4, 2)), ((3,), (2, 3, 4), (2, 4, 2))),
    ),
    Row(
        name="nn.functional.linear",
        samples=lambda rng: [
            call(*[values(rng, s) for s in shapes])
            for shapes in (
                ((2, 3), (4, 3), (4,)),
                ((2, 3), (4, 3)),
                ((3,), (4, 3), (4,)),
                ((3,), (4, 3)),
                ((2, 2, 3), (4, 3), (4,)),
                ((2, 1, 2, 3), (1, 3)),
                ((0, 3), (4, 3), (4,)),
                ((2, 3), (3,)),
                ((2, 3), (4, 3), (1,)),
                ((2, 3), (4, 3), ()),
                ((2, 3), (4, 3), (2, 1)),
                ((2, 0, 0), (4, 0), (4,)),
                ((2, 0, 3), (4, 3), (4,)),
            )
        ],
        errors=_linear_errors,
        numpy=_linear,
        dtypes="fi",
    ),
    Row(
        name="nn.functional.linear",
        samples=lambda rng: [call(np.zeros((2, 0)), np.zeros((4, 0)), values(rng, (4,)))],
        numpy=_linear,
        variant="no features",
        oracle="of bools, PyTorch lets some empty ones pass",
    ),
    Row(
        name="einsum",
        samples=_equations,
        errors=_bad_equations,
        numpy=_einsum,
        dtypes="fi",
        result=None,
        method=False,
        **COMPOSED,
    ),
    Row(name="einsum", samples=_sublists, numpy=_einsum, dtypes="fi", method=False, variant="sublists", **COMPOSED),
    Row(name="einsum", samples=_dotted_sublists, method=False, variant="dots", **COMPOSED),
    Row(name="tensordot", samples=_dotted, errors=_bad_dots, numpy=_tensordot, dtypes="fi", **COMPOSED),
    Row(
        name="kron",
        samples=lambda rng: [
            call(*[values(rng, s) for s in shapes])
            for shapes in (
                ((2, 2), (2, 3)),
                ((3,), (2,)),
                ((2,), (2, 2)),
                ((), (2,)),
                ((2, 1, 2), (3,)),
                ((0, 2), (2, 2)),
            )
        ],
        numpy=np.kron,
        dtypes="fib",
        nodes="composed",
    ),
    Row(
        name="chain_matmul",
        samples=lambda rng: [
            call(*[values(rng, s) for s in shapes])
            for shapes in (((2, 3), (3, 4)), ((2, 3), (3, 4), (4, 2)), ((5, 2), (2, 3), (3, 1), (1, 2)), ((2, 3),))
        ],
        errors=lambda rng: [call(np.ones((2, 3)), np.ones((2, 3))), call(np.ones((2, 3)), np.ones(3)), call()],
        numpy=_chain,
        method=False,
        nodes="composed",
    ),
]
