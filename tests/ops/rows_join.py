"""Rows of minitorch/ops/join.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, Samples, call, inf, nan, values

Shape = tuple[int, ...]


def several(*cases: tuple[list[Shape], Any]) -> Samples:
    """Calls `f([tensors], *arguments)`, or `f([tensors], **arguments)`."""

    def made(rng: Rng) -> list[Sample]:
        return [
            call([values(rng, s) for s in shapes], **given)
            if isinstance(given, dict)
            else call([values(rng, s) for s in shapes], *given)
            for shapes, given in cases
        ]

    return made


def spread(*cases: list[Shape]) -> Samples:
    """Calls `f(tensor, tensor, ...)`."""
    return lambda rng: [call(*[values(rng, s) for s in shapes]) for shapes in cases]


def single(*cases: tuple[Shape, Any]) -> Samples:
    """Calls `f(tensor, *arguments)`, or `f(tensor, **arguments)`."""

    def made(rng: Rng) -> list[Sample]:
        return [
            call(values(rng, s), **given) if isinstance(given, dict) else call(values(rng, s), *given)
            for s, given in cases
        ]

    return made


def both(*samples: Samples) -> Samples:
    return lambda rng: [s for made in samples for s in made(rng)]


def _mixed(rng: Rng) -> list[Sample]:
    """Of several dtypes the common one."""
    return [
        call([np.array([1, 2]), values(rng, (3,))]),
        call([np.array([True]), np.array([2])]),
        call([np.array([1], np.uint8), np.array([-2], np.int8)]),
        call([values(rng, (2,)).astype(np.float32), np.array([1])]),
    ]


def _cat(xs: Any, dim: int = 0) -> Array:
    full = [x for x in xs if x.shape != (0,)] or xs[:1]
    return np.concatenate(full, dim)


def _flip(x: Array, *dims: Any) -> Array:
    dims = dims[0] if dims and isinstance(dims[0], (tuple, list)) else dims
    return np.flip(x, tuple(dims)) if x.ndim else x


def _roll(x: Array, shifts: Any, dims: Any = None) -> Array:
    return np.roll(x, shifts, dims)


def _rot90(x: Array, k: int = 1, dims: Any = (0, 1)) -> Array:
    return np.rot90(x, k, dims)


def _repeat(x: Array, *counts: Any) -> Array:
    counts = counts[0] if counts and isinstance(counts[0], (tuple, list)) else counts
    return np.tile(x, counts) if counts else x


def _interleave(x: Array, repeats: Any = None, dim: Any = None, output_size: Any = None) -> Array:
    return np.repeat(np.arange(x.size), x) if repeats is None else np.repeat(x, repeats, dim)


def _interleaved(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 2))
    return [
        call(x, 2),
        call(x, 3, dim=1),
        call(x, np.array([1, 0, 2]), dim=0),
        call(x, repeats=np.array([2, 1]), dim=-1, output_size=3),
        call(x, np.array(2), 0),
        call(x, np.array([2])),
        call(values(rng, ()), 3),
        call(x, 0, 0),
        call(x[:0], 2, 0),
        call(x, np.array([1, 2, 0, 1, 1, 2])),
    ]


def _bad_interleaved(rng: Rng) -> list[Sample]:
    x = np.ones((3, 2))
    return [
        call(x, np.array([1, 2]), 0),
        call(x, -1),
        call(x, np.array([1, -1, 0]), 0),
        call(x, 2, 2),
        call(x, np.ones(3), 0),
    ]


def _counted(rng: Rng) -> list[Sample]:
    return [call(np.array([1, 0, 3])), call(np.array([], np.int64))]


def _triangles(rng: Rng) -> list[Sample]:
    made = single(
        ((3, 4), ()),
        ((4, 3), (1,)),
        ((2, 3, 3), (-1,)),
        ((3, 3), {"diagonal": 5}),
        ((0, 3), ()),
        ((2, 0), (1,)),
        ((3, 3), (-5,)),
    )
    return made(rng)


def _triangle_special(rng: Rng) -> list[Sample]:
    return [call(np.full((3, 3), nan)), call(np.array([[inf, -inf], [nan, 1.0]]), 1)]


def _three(x: Array) -> Array:
    return np.atleast_3d(x)


def _each(f: Any) -> Any:
    def mapped(*xs: Any) -> Any:
        if len(xs) == 1:
            return f(xs[0]) if isinstance(xs[0], np.ndarray) else [f(x) for x in xs[0]]
        return [f(x) for x in xs]

    return mapped


def _meshgrid(*xs: Any, indexing: str = "ij") -> Any:
    xs = xs[0] if isinstance(xs[0], (list, tuple)) else xs
    return np.meshgrid(*xs, indexing=indexing)


def _meshes(rng: Rng) -> list[Sample]:
    a, b, c = values(rng, (2,)), values(rng, (3,)), values(rng, (2,))
    return [
        call(a, b, indexing="ij"),
        call(a, b, indexing="xy"),
        call(a, b, c, indexing="xy"),
        call([a, b], indexing="ij"),
        call(a, indexing="ij"),
        call(values(rng, ()), a, indexing="ij"),
        call(a[:0], b, indexing="ij"),
    ]


def _bad_meshes(rng: Rng) -> list[Sample]:
    return [
        call(np.ones(2), np.ones(3), indexing="zz"),
        call(np.ones((2, 2)), np.ones(3), indexing="ij"),
        call(np.ones(2), np.array([1, 2]), indexing="ij"),
    ]


def _block_diag(*xs: Array) -> Array:
    xs = tuple(np.atleast_2d(x) for x in xs)
    out = np.zeros((sum(len(x) for x in xs), sum(x.shape[1] for x in xs)), np.result_type(*xs))
    i = j = 0
    for x in xs:
        out[i : i + len(x), j : j + x.shape[1]] = x
        i, j = i + len(x), j + x.shape[1]
    return out


LISTS = several(([(2, 3), (2, 3)], ()), ([(3,), (2,)], ()), ([(2, 3), (2, 3), (2, 3)], ()), ([(2,)], ()))
ALL: dict[str, Any] = {"dtypes": "fib", "method": False}
COMPOSED = "composed"
EACH = spread([()], [(3,)], [(2, 3)], [(2, 3, 2)], [(2, 1, 2, 1)], [(), (2,)], [(2, 2), (3,), ()])
NOT_VIEWED = "PyTorch's names of views differ"

ROWS = [
    Row(
        name="cat",
        samples=several(
            ([(2, 3), (1, 3)], ()),
            ([(2, 3), (2, 1)], (1,)),
            ([(2, 3), (2, 2), (2, 1)], {"dim": -1}),
            ([(2,), (0,), (3,)], ()),
            ([(0,), (2, 3), (1, 3)], ()),
            ([(0,)], ()),
            ([(0, 3), (2, 3)], ()),
            ([(2, 0), (2, 3)], (1,)),
            ([(2, 1, 2)], (1,)),
            ([(2, 3)] * 5, ()),
        ),
        errors=both(
            several(
                ([(2, 3), (2, 2)], ()),
                ([(2, 3), (3,)], ()),
                ([(2, 3), (2, 3)], (2,)),
                ([(), ()], ()),
                ([], ()),
                ([(2,), ()], ()),
            ),
            lambda rng: [call(np.ones(2)), call([np.ones(2), 1.0])],
        ),
        aliases=("concat", "concatenate"),
        numpy=_cat,
        **ALL,
    ),
    Row(name="cat", samples=_mixed, numpy=_cat, result=None, variant="mixed", method=False),
    Row(
        name="stack",
        samples=several(
            ([(2, 3), (2, 3)], ()),
            ([(2, 3), (2, 3)], (1,)),
            ([(2, 3), (2, 3)], {"dim": -1}),
            ([(), (), ()], ()),
            ([(2,)], (-2,)),
            ([(0, 2), (0, 2)], (1,)),
        ),
        errors=both(
            several(
                ([(2, 3), (3, 2)], ()), ([(2,), (2,)], (2,)), ([(2,), (2,)], (-3,)), ([], ()), ([(2, 3), (3,)], ())
            ),
            lambda rng: [call(np.ones(2)), call([np.ones(2), None])],
        ),
        numpy=lambda xs, dim=0: np.stack(xs, dim),
        **ALL,
    ),
    Row(
        name="stack",
        samples=lambda rng: [call([np.array([1, 2]), values(rng, (2,))]), call([np.array(True), np.array(3)])],
        numpy=lambda xs: np.stack(xs),
        result=None,
        variant="mixed",
        method=False,
    ),
    Row(
        name="flip",
        samples=single(
            ((2, 3), ((0,),)),
            ((2, 3), ((0, 1),)),
            ((2, 3, 2), ((-1, 0),)),
            ((2, 3), ([1],)),
            ((2, 3), ((),)),
            ((), ((),)),
            ((), ((0,),)),
            ((0, 2), ((0, 1),)),
            ((3,), {"dims": (0,)}),
        ),
        errors=single(((2, 3), ((2,),)), ((2, 3), ((-3,),)), ((2, 3), ((0, 0),)), ((2, 3), ((1, -1),))),
        numpy=lambda x, dims: _flip(x, dims),
        dtypes="fib",
    ),
    Row(
        name="Tensor.flip",
        samples=single(((2, 3), (0,)), ((2, 3), (0, -1)), ((2, 3), ([1],))),
        numpy=_flip,
        dtypes="fib",
    ),
    Row(
        name="fliplr",
        samples=single(((2, 3), ()), ((2, 3, 2), ()), ((0, 2), ())),
        errors=single(((3,), ()), ((), ())),
        numpy=np.fliplr,
        dtypes="fib",
    ),
    Row(
        name="flipud",
        samples=single(((2, 3), ()), ((3,), ()), ((0, 2), ())),
        errors=single(((), ())),
        numpy=np.flipud,
        dtypes="fib",
    ),
    Row(
        name="roll",
        samples=single(
            ((2, 3), (1,)),
            ((2, 3), (1, 0)),
            ((2, 3), (-2, 1)),
            ((2, 3), ((1, 2), (0, 1))),
            ((2, 3), {"shifts": 4, "dims": -1}),
            ((2, 3), ((1, 1), (0, 0))),
            ((5,), (7,)),
            ((0, 2), (1, 0)),
            ((2, 3), ((2,),)),
        ),
        errors=single(((2, 3), ((1, 2),)), ((2, 3), ((1, 2), (0,))), ((2, 3), (1, 2)), ((2, 3), ((), ()))),
        numpy=_roll,
        dtypes="fib",
    ),
    Row(
        name="rot90",
        samples=single(
            ((2, 3), ()),
            ((2, 3), (2,)),
            ((2, 3), (-1,)),
            ((2, 3), (0,)),
            ((2, 3, 2), (1, (1, 2))),
            ((2, 3, 2), {"k": 3, "dims": [2, 0]}),
            ((2, 3), (5, (-1, 0))),
        ),
        errors=single(
            ((2, 3), (1, (0, 0))), ((2, 3), (1, (0, 2))), ((3,), ()), ((2, 3), (1, (0,))), ((2, 3), (1, (0, -2)))
        ),
        numpy=_rot90,
        dtypes="fib",
        nodes="PyTorch's is a Rot90Backward0 of its own",
    ),
    Row(
        name="tril",
        samples=_triangles,
        special=_triangle_special,
        errors=single(((3,), ()), ((), ())),
        numpy=lambda x, diagonal=0: np.tril(x, diagonal),
        dtypes="fib",
    ),
    Row(
        name="triu",
        samples=_triangles,
        special=_triangle_special,
        errors=single(((3,), ()), ((), ())),
        numpy=lambda x, diagonal=0: np.triu(x, diagonal),
        dtypes="fib",
    ),
    Row(
        name="Tensor.repeat",
        samples=single(
            ((2, 3), (2, 1)),
            ((2, 3), ((1, 3),)),
            ((3,), (2, 2, 2)),
            ((), (3,)),
            ((2, 3), (0, 1)),
            ((2, 0), (2, 2)),
            ((), ((),)),
            ((2, 1), ([2, 2],)),
        ),
        errors=single(((2, 3), (2,)), ((2, 3), (-1, 2)), ((2, 3), ())),
        numpy=_repeat,
        dtypes="fib",
        nodes="ours is made of an expansion and a copy",
    ),
    Row(
        name="tile",
        samples=single(
            ((2, 3), ((2,),)),
            ((2, 3), ((2, 2),)),
            ((3,), ((2, 2, 1),)),
            ((), ((2,),)),
            ((2, 3), ((),)),
            ((2, 3), {"dims": (2, 0)}),
        ),
        errors=single(((2, 3), ((-1,),))),
        numpy=lambda x, dims: np.tile(x, dims),
        dtypes="fib",
        nodes=COMPOSED,
    ),
    Row(
        name="repeat_interleave",
        samples=_interleaved,
        errors=_bad_interleaved,
        numpy=_interleave,
        dtypes="fib",
        nodes=COMPOSED,
    ),
    Row(name="repeat_interleave", samples=_counted, numpy=_interleave, variant="counts", grad=False, result=None),
    Row(
        name="hstack",
        samples=both(LISTS, several(([(), (2,), ()], ()), ([(2, 1), (2, 2)], ()))),
        errors=several(([(2, 3), (3, 3)], ()), ([], ())),
        numpy=np.hstack,
        nodes=COMPOSED,
        **ALL,
    ),
    Row(
        name="vstack",
        samples=several(([(2, 3), (1, 3)], ()), ([(3,), (3,)], ()), ([(3,), (2, 3)], ()), ([(), ()], ())),
        errors=several(([(2, 3), (2, 2)], ()), ([], ())),
        aliases=("row_stack",),
        numpy=np.vstack,
        nodes=COMPOSED,
        **ALL,
    ),
    Row(
        name="dstack",
        samples=several(([(2, 3), (2, 3)], ()), ([(3,), (3,)], ()), ([(2, 3, 2), (2, 3)], ()), ([(), ()], ())),
        errors=several(([(2, 3), (2, 2)], ()), ([], ())),
        numpy=np.dstack,
        nodes=COMPOSED,
        **ALL,
    ),
    Row(
        name="column_stack",
        samples=several(([(2,), (2,)], ()), ([(2, 3), (2,)], ()), ([(2, 3), (2, 1)], ()), ([(), ()], ())),
        errors=several(([(2,), (3,)], ()), ([], ())),
        numpy=lambda xs: np.column_stack(xs),
        nodes=COMPOSED,
        **ALL,
    ),
    Row(name="atleast_1d", samples=EACH, numpy=_each(np.atleast_1d), nodes=COMPOSED, **ALL),
    Row(name="atleast_2d", samples=EACH, numpy=_each(np.atleast_2d), nodes=COMPOSED, **ALL),
    Row(name="atleast_3d", samples=EACH, numpy=_each(np.atleast_3d), nodes=COMPOSED, **ALL),
    Row(
        name="atleast_2d",
        samples=several(([(), (2,)], ()), ([(2, 2)], ())),
        numpy=_each(np.atleast_2d),
        nodes=COMPOSED,
        variant="list",
        **ALL,
    ),
    Row(name="meshgrid", samples=_meshes, errors=_bad_meshes, numpy=_meshgrid, nodes=COMPOSED, **ALL),
    Row(
        name="broadcast_tensors",
        samples=spread([(2, 1), (3,)], [(), (2,)], [(2, 3)], [(1,), (0,)], [(2, 1), (1, 3), (1, 1)]),
        errors=spread([(2,), (3,)], [(2, 3), (2, 1, 2)]),
        numpy=lambda *xs: list(np.broadcast_arrays(*xs)),
        nodes=COMPOSED,
        **ALL,
    ),
    Row(
        name="block_diag",
        samples=spread([(2, 3), (1, 2)], [(2,), (2, 2)], [(), (1, 1)], [(2, 2)], [(0, 2), (1, 1)]),
        errors=spread([(1, 2, 2)]),
        numpy=_block_diag,
        nodes=COMPOSED,
        **ALL,
    ),
]
