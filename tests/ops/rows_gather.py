"""Rows of minitorch/ops/gather.py: gather, scatter, index_*, take, embedding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, distinct, inf, nan, values

# For a tensor of shape (3, 4): along dimension 0, and along dimension 1.
DOWN = np.array([[0, 2, 1, 1], [2, 0, 0, 1]])
ALONG = np.array([[3, 0], [1, 1], [0, 2]])
ONCE = np.array([[0, 2, 1, 1], [2, 0, 0, 2]])  # no place is written twice
ONCE_ALONG = np.array([[3, 0], [1, 2], [0, 2]])
PICKED = np.array([2, 0, 2])
EMPTY = np.zeros((0, 4), np.int64)


def positions(index: Array, dim: int) -> tuple[Any, ...]:
    """The places that an index along a dimension means."""
    grids = np.meshgrid(*[np.arange(n) for n in index.shape], indexing="ij")
    return tuple([index if d == dim % index.ndim else g for d, g in enumerate(grids)])


def _cut(src: Any, index: Array) -> Any:
    return src[tuple([slice(n) for n in index.shape])] if isinstance(src, np.ndarray) and src.ndim else src


def _gather(x: Array, dim: int, index: Array, sparse_grad: bool = False) -> Array:
    if not x.ndim or not index.ndim:
        return x.reshape(-1)[index]
    if not index.size:
        return np.zeros(index.shape, x.dtype)
    return x[positions(index, dim)]


def _scatter(x: Array, dim: int, index: Array, src: Any = None, value: Any = None, reduce: str | None = None) -> Array:
    y = x.copy()
    where = (index,) if not x.ndim else positions(index, dim)
    y = y.reshape(1) if not x.ndim else y
    new = _cut(value if src is None else src, index)
    if reduce is None:
        y[where] = new
    else:
        {"add": np.add, "multiply": np.multiply}[reduce].at(y, where, np.broadcast_to(new, index.shape))
    return y.reshape(x.shape)


def _scatter_add(x: Array, dim: int, index: Array, src: Array) -> Array:
    y = x.copy()
    if not x.ndim:
        return x + src
    ufunc: Any = np.logical_or if x.dtype.kind == "b" else np.add
    ufunc.at(y, positions(index, dim), _cut(src, index))
    return y


def _reduce(x: Array, dim: int, index: Array, src: Array, reduce: str, include_self: bool = True) -> Array:
    """Place by place."""
    found: dict[Any, list[Any]] = {}
    for place, value in zip(
        zip(*[p.ravel() for p in positions(index, dim)], strict=True), _cut(src, index).ravel(), strict=True
    ):
        found.setdefault(place, [x[place]] if include_self else []).append(value)
    how: dict[str, Callable[[Any], Any]] = {
        "sum": np.sum,
        "prod": np.prod,
        "mean": np.mean,
        "amax": np.max,
        "amin": np.min,
    }
    y = x.copy()
    for place, items in found.items():
        y[place] = np.floor(np.mean(items)) if reduce == "mean" and x.dtype.kind in "iu" else how[reduce](items)
    return y


def _gathers(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, DOWN),
        call(x, 1, ALONG),
        call(x, -1, ALONG[:2]),
        call(x, dim=0, index=DOWN[:, :2]),
        call(x, 0, EMPTY),
        call(x, 0, np.zeros((2, 0, 3), np.uint8)),
        call(x, 1, np.zeros((3, 0), np.int64)),
        call(values(rng, (4,)), 0, PICKED),
        call(values(rng, ()), 0, np.array(0)),
        call(values(rng, ()), 0, np.array([0, 0])),
        call(values(rng, (4,)), 0, np.array(2)),
        call(x, 0, DOWN.astype(np.int32)),
        call(values(rng, (2, 3, 2)), 1, np.array([[[0, 2]], [[1, 1]]])),
        call(x, 0, DOWN, sparse_grad=False),
    ]


def _bad_gathers(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, 0, DOWN + 1),
        call(x, 0, DOWN - 1),
        call(x, 2, DOWN),
        call(x, -3, DOWN),
        call(x, 1, np.zeros((4, 1), np.int64)),
        call(x, 0, np.zeros((1, 5), np.int64)),
        call(x, 0, np.array([0])),
        call(x, 0, DOWN.astype(np.float64)),
        call(x, 0, DOWN.astype(np.int16)),
        call(x, 0, np.ones((1, 4), bool)),
    ]


def _scatters(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, ONCE, values(rng, (2, 4))),
        call(x, 1, ONCE_ALONG, values(rng, (3, 2))),
        call(x, -1, ONCE_ALONG[:2], values(rng, (2, 2))),
        call(x, 0, EMPTY, values(rng, (0, 4))),
        call(values(rng, (4,)), 0, np.array([2, 0]), values(rng, (2,))),
        call(values(rng, ()), 0, np.array(0), values(rng, ())),
        call(x, 0, ONCE, Const(values(rng, (2, 4)))),
        call(Const(x), 0, ONCE, values(rng, (2, 4))),
    ]


def _corners(rng: Rng) -> list[Sample]:
    """Of a source larger than the index a corner is used."""
    return [
        call(values(rng, (3, 4)), 0, ONCE, values(rng, (3, 5))),
        call(values(rng, (3, 4)), 1, ONCE_ALONG[:2], values(rng, (3, 3))),
    ]


def _reduced_corners(rng: Rng) -> list[Sample]:
    hows = ("sum", "prod", "mean", "amax", "amin")
    return [call(distinct(rng, (3, 4), 0.1), 0, DOWN[:, :2], distinct(rng, (3, 4), 0.1) + 0.05, how) for how in hows]


def _numbers(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, DOWN, 2),
        call(x, 1, ALONG, value=3),
        call(x, 0, EMPTY, 1),
        call(values(rng, ()), 0, np.array(0), 3),
        call(x, 0, DOWN, value=0),
    ]


def _combining(rng: Rng) -> list[Sample]:
    x = Const(values(rng, (3, 4)))
    return [
        call(x, 0, DOWN, Const(values(rng, (2, 4))), reduce="add"),
        call(x, 1, ALONG, Const(values(rng, (3, 2))), reduce="multiply"),
        call(x, 0, DOWN, 2, reduce="add"),
        call(x, 0, DOWN, value=3, reduce="multiply"),
    ]


def _combining_values(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, DOWN, values(rng, (2, 4)), reduce="add"),
        call(x, 1, ALONG, values(rng, (3, 2)), reduce="multiply"),
        call(x, 0, DOWN, value=3, reduce="multiply"),
    ]


def _adds(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, DOWN, values(rng, (2, 4))),
        call(x, 1, ALONG, values(rng, (3, 2))),
        call(x, -2, DOWN[:, :3], values(rng, (2, 3))),
        call(x, 0, EMPTY, values(rng, (0, 4))),
        call(values(rng, (4,)), 0, PICKED, values(rng, (3,))),
        call(values(rng, ()), 0, np.array(0), values(rng, ())),
        call(x, dim=1, index=np.zeros((3, 6), np.int64), src=values(rng, (3, 6))),
        call(x, 0, DOWN.astype(np.int32), values(rng, (2, 4))),
    ]


def _bad_scatters(*more: Any, **options: Any) -> Callable[[Rng], list[Sample]]:
    def samples(rng: Rng) -> list[Sample]:
        x, src = np.ones((3, 4)), np.ones((2, 4))
        bad = [
            (x, 0, DOWN + 1, src),
            (x, 0, DOWN - 1, src),
            (x, 2, DOWN, src),
            (x, 0, DOWN, src[:1]),
            (x, 0, np.zeros((2, 5), np.int64), np.ones((2, 5))),
            (x, 0, DOWN, src.astype(np.float32)),
            (x, 0, np.array([0]), src),
            (x, 0, DOWN, np.ones(4)),
            (x, 0, DOWN.astype(np.float64), src),
        ]
        return [call(*b, *more, **options) for b in bad]

    return samples


def _reductions(how: str) -> Callable[[Rng], list[Sample]]:
    def samples(rng: Rng) -> list[Sample]:
        every = distinct(rng, (38,), 0.1) + 0.05  # no two are equal, so that there is one largest
        x, down, along, many = (
            every[:12].reshape(3, 4),
            every[12:20].reshape(2, 4),
            every[20:26].reshape(3, 2),
            every[26:].reshape(3, 4),
        )
        return [
            call(x, 0, DOWN, down, how),
            call(x, 1, ALONG, along, how),
            call(x, 0, DOWN, down, how, include_self=False),
            call(x, 1, ALONG, along, reduce=how, include_self=False),
            call(x, -1, np.zeros((3, 4), np.int64), many, how),
            call(x, 0, EMPTY, np.zeros((0, 4)), how),
            call(x[0], 0, PICKED, many[0, :3], how),
        ]

    return samples


def _ties(rng: Rng) -> list[Sample]:
    x, src, index = np.array([1.0, 2.0, 0.0]), np.array([1.0, 2.0, 2.0, -1.0]), np.array([0, 1, 1, 1])
    special = np.array([nan, inf, -inf, 1.0])
    made = [call(x, 0, index, src, how) for how in ("amax", "amin")]
    return made + [call(x, 0, index, special, how) for how in ("amax", "amin", "sum", "mean")]


def _zero_products(rng: Rng) -> list[Sample]:
    x, src, index = np.array([0.5, 0.0, 2.0]), np.array([1.5, 0.0, 3.0, 4.0]), np.array([0, 0, 1, 2])
    return [call(x, 0, index, src, "prod", include_self=s) for s in (True, False)]


def _bad_reductions(rng: Rng) -> list[Sample]:
    return [
        *_bad_scatters("sum")(rng),
        *_bad_scatters("amax")(rng),
        call(np.ones((3, 4)), 0, DOWN, np.ones((2, 4)), "median"),
    ]


# ---------------------------------------------------------------- entries


def _selected(x: Array, dim: int, index: Array) -> Array:
    return np.take(x, index.reshape(-1), dim) if x.ndim else x


def _selections(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, PICKED),
        call(x, 1, np.array([3, 3])),
        call(x, -1, np.array([0])),
        call(x, dim=0, index=np.array(1)),
        call(x, 0, np.array([], np.int64)),
        call(values(rng, ()), 0, np.array([0])),
        call(values(rng, ()), 0, np.array(0)),
        call(x, 0, PICKED.astype(np.int32)),
        call(values(rng, (2, 3, 2)), 1, PICKED),
        call(values(rng, (3, 0)), 0, PICKED),
    ]


def _bad_selections(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, 0, PICKED + 1),
        call(x, 0, PICKED - 1),
        call(x, 2, PICKED),
        call(x, 0, np.array([[0, 1]])),
        call(x, 0, np.array([0.0])),
        call(x, 0, np.array([True, False, True])),
        call(np.ones(()), 0, np.array([1])),
    ]


def _index_add(x: Array, dim: int, index: Array, source: Array, alpha: Any = 1) -> Array:
    y = np.atleast_1d(x.copy())
    ufunc: Any = np.logical_or if x.dtype.kind == "b" else np.add
    ufunc.at(y, (slice(None),) * (dim % max(x.ndim, 1)) + (np.atleast_1d(index),), source * alpha)
    return y.reshape(x.shape)


def _index_copy(x: Array, dim: int, index: Array, source: Array) -> Array:
    y = np.atleast_1d(x.copy())
    y[(slice(None),) * (dim % max(x.ndim, 1)) + (np.atleast_1d(index),)] = source
    return y.reshape(x.shape)


def _additions(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, PICKED, values(rng, (3, 4))),
        call(x, 1, np.array([1, 1]), values(rng, (3, 2))),
        call(x, -1, np.array([0]), values(rng, (3, 1)), alpha=2),
        call(x, dim=0, index=np.array([], np.int64), source=values(rng, (0, 4))),
        call(values(rng, (4,)), 0, PICKED, values(rng, (3,))),
        call(values(rng, ()), 0, np.array([0]), values(rng, ())),
        call(values(rng, (2, 3, 2)), 1, PICKED, values(rng, (2, 3, 2))),
    ]


def _copies(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, np.array([2, 0]), values(rng, (2, 4))),
        call(x, 1, np.array([3, 1]), values(rng, (3, 2))),
        call(x, -1, np.array([0]), values(rng, (3, 1))),
        call(x, dim=0, index=np.array([], np.int64), source=values(rng, (0, 4))),
        call(values(rng, (4,)), 0, np.array([1]), values(rng, (1,))),
        call(values(rng, ()), 0, np.array([0]), values(rng, ())),
        call(values(rng, (2, 3, 2)), 1, np.array([1, 2]), values(rng, (2, 2, 2))),
    ]


def _bad_entries(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, 0, PICKED + 1, np.ones((3, 4))),
        call(x, 0, PICKED - 1, np.ones((3, 4))),
        call(x, 2, PICKED, np.ones((3, 4))),
        call(x, 0, PICKED, np.ones((2, 4))),
        call(x, 0, PICKED, np.ones((3, 3))),
        call(x, 0, PICKED, np.ones((3, 4), np.float32)),
        call(x, 0, PICKED.astype(np.float64), np.ones((3, 4))),
        call(x, 0, np.array([[0]]), np.ones((1, 4))),
        call(x, 0, PICKED, np.ones(3)),
    ]


def _index_fill(x: Array, dim: int, index: Array, value: Any) -> Array:
    return _index_copy(x, dim, index, np.asarray(value).astype(x.dtype))


def _fillings(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, 0, PICKED, 2),
        call(x, 1, np.array([1]), 3),
        call(x, -1, np.array([], np.int64), 1),
        call(values(rng, ()), 0, np.array([0]), 3),
        call(x, dim=0, index=np.array(1), value=0),
    ]


def _tensor_fillings(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [call(x, 0, PICKED[:2], values(rng, ())), call(x, 1, PICKED, Const(np.array(2.0)))]


def _bad_fillings(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, 0, PICKED + 1, 1.0),
        call(x, 2, PICKED, 1.0),
        call(x, 0, PICKED, np.ones(3)),
        call(x, 0, PICKED.astype(np.float64), 1.0),
        call(x, 0, PICKED, "1"),
    ]


def _takes(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, np.array([0, 11, -1, 5])),
        call(x, np.array([[1, 1], [-12, 2]])),
        call(x, np.array(3)),
        call(x, np.array([], np.int64)),
        call(values(rng, ()), np.array([0, -1])),
    ]


def _bad_takes(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, np.array([12])),
        call(x, np.array([-13])),
        call(x, np.array([0.0])),
        call(x, np.array([1], np.int32)),
        call(np.ones(0), np.array([0])),
    ]


def _dim_takes(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, ALONG, 1),
        call(x, DOWN, dim=0),
        call(x, np.array([[0], [3], [1]]), -1),
        call(x, np.array([[1, 2]]), 1),
        call(values(rng, (1, 4)), ALONG, 1),
        call(x, np.array([0, 11, 5])),
        call(x, indices=np.array([[0, 11], [1, 5]])),
        call(x, ALONG - 4, 1),
    ]


def _dim_take(x: Array, indices: Array, dim: int | None = None) -> Array:
    return np.take_along_axis(x, indices.ravel() if dim is None else indices, dim)


def _bad_dim_takes(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, ALONG[:2], 1),
        call(x, np.array([0, 1]), 0),
        call(x, ALONG, 2),
        call(x, np.array([12])),
        call(x, ALONG.astype(np.float64), 1),
    ]


# ---------------------------------------------------------------- embedding

WORDS = np.array([[0, 2, 2], [4, 0, 1]])


def _embeddings(rng: Rng) -> list[Sample]:
    table = values(rng, (5, 3))
    return [
        call(WORDS, table),
        call(WORDS[0], table),
        call(np.array(3), table),
        call(WORDS[:0], table),
        call(WORDS.astype(np.int32), table),
        call(np.array([1, 1, 1, 1]), values(rng, (2, 1))),
    ]


def _padded(rng: Rng) -> list[Sample]:
    table = values(rng, (5, 3))
    return [call(WORDS, table, 2), call(WORDS, table, padding_idx=0), call(WORDS, table, padding_idx=-1)]


def _bad_embeddings(rng: Rng) -> list[Sample]:
    table = np.ones((5, 3))
    return [
        call(WORDS + 1, table),
        call(WORDS - 1, table),
        call(WORDS.astype(np.float64), table),
        call(WORDS, table, 5),
        call(WORDS, table, -6),
        call(WORDS, np.ones(5)),
    ]


def _renormed(rng: Rng) -> list[Sample]:
    table = values(rng, (5, 3), -5, 5)
    return [call(WORDS, Const(table), max_norm=1.0), call(WORDS, Const(table), None, 2.0, 1.0)]


ADDS: dict[str, Any] = {"samples": _adds, "errors": _bad_scatters()}
CORNER = "PyTorch cannot differentiate by a source larger than its index"
TWICE = "an expanded index writes twice"
ROWS = [
    Row(name="gather", samples=_gathers, errors=_bad_gathers, numpy=_gather, dtypes="fib"),
    Row(name="scatter", samples=_scatters, errors=_bad_scatters(), numpy=_scatter, dtypes="fib", noncontiguous=TWICE),
    Row(name="scatter", samples=_numbers, numpy=_scatter, dtypes="fib", variant="number"),
    Row(name="scatter", samples=_combining, numpy=_scatter, dtypes="fi", variant="reduce", grad=False, inplace=False),
    Row(
        name="scatter",
        samples=_combining_values,
        numpy=_scatter,
        variant="reduce values",
        oracle="PyTorch has no derivative",
    ),
    Row(name="scatter", samples=_corners, numpy=_scatter, variant="corner", oracle=CORNER, noncontiguous=TWICE),
    Row(name="scatter_add", samples=_corners, numpy=_scatter_add, variant="corner", oracle=CORNER),
    Row(name="scatter_reduce", samples=_reduced_corners, numpy=_reduce, variant="corner", oracle=CORNER),
    Row(name="scatter_add", numpy=_scatter_add, dtypes="fib", **ADDS),
    *[
        Row(
            name="scatter_reduce",
            samples=_reductions(how),
            errors=_bad_reductions if how == "sum" else None,
            numpy=_reduce,
            dtypes="fi",
            variant=how,
            gradgrad=gradgrad,
        )
        for how, gradgrad in (("sum", True), ("prod", True), ("mean", True), ("amax", True), ("amin", True))
    ],
    Row(name="scatter_reduce", samples=_reductions("amax"), special=_ties, variant="ties"),
    Row(name="scatter_reduce", samples=_zero_products, numpy=_reduce, variant="zeros"),
    Row(
        name="take_along_dim",
        samples=_dim_takes,
        errors=_bad_dim_takes,
        numpy=_dim_take,
        dtypes="fib",
        nodes="composed",
    ),
    Row(name="index_select", samples=_selections, errors=_bad_selections, numpy=_selected, dtypes="fib"),
    Row(name="index_add", samples=_additions, errors=_bad_entries, numpy=_index_add, dtypes="fi"),
    Row(name="index_copy", samples=_copies, errors=_bad_entries, numpy=_index_copy, dtypes="fib", noncontiguous=TWICE),
    Row(name="index_fill", samples=_fillings, errors=_bad_fillings, numpy=_index_fill, dtypes="fib"),
    Row(name="index_fill", samples=_tensor_fillings, numpy=_index_fill, dtypes="fib", variant="tensor"),
    Row(name="take", samples=_takes, errors=_bad_takes, numpy=lambda x, i: x.ravel()[i], dtypes="fib"),
    Row(
        name="nn.functional.embedding",
        samples=_embeddings,
        errors=_bad_embeddings,
        numpy=lambda i, t: t[i],
        dtypes="f",
        result=None,
    ),
    Row(
        name="nn.functional.embedding",
        samples=_padded,
        numpy=lambda i, t, padding_idx: t[i],
        dtypes="f",
        result=None,
        variant="padding",
        differences="a padding row has no gradient, though it is looked up",
    ),
    Row(
        name="nn.functional.embedding",
        samples=_renormed,
        dtypes="f",
        result=None,
        variant="max_norm",
        grad=False,
        noncontiguous="it writes to its argument",
    ),
]
