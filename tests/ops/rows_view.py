"""Rows of minitorch/ops/view.py and copying.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, values

NO_SUCH = {"inplace": False}  # forms that change the shape of the tensor itself


def rearranged(name: str, numpy: Any, *cases: tuple[tuple[int, ...], Any], **options: Any) -> Row:
    """A row of calls `f(values of this shape, *arguments)`, or `f(..., **arguments)` where they are a dictionary."""

    def made(cases: Any, rng: Rng) -> list[Sample]:
        return [
            call(values(rng, s), **given) if isinstance(given, dict) else call(values(rng, s), *given)
            for s, given in cases
        ]

    wrong = options.pop("wrong", ())
    errors = {"errors": lambda rng: made(wrong, rng)} if wrong else {}
    return Row(name=name, samples=lambda rng: made(cases, rng), numpy=numpy, **{"dtypes": "fib", **errors, **options})


def _shaped(x: Array, *shape: Any) -> Array:
    return x.reshape(shape[0] if isinstance(shape[0], (tuple, list)) else shape)


def _flatten(x: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    start, end = start_dim % max(x.ndim, 1), end_dim % max(x.ndim, 1)
    return x.reshape((*x.shape[:start], int(np.prod(x.shape[start : end + 1])), *x.shape[end + 1 :]))


def _unflatten(x: Array, dim: int, sizes: Any) -> Array:
    dim %= x.ndim
    return x.reshape((*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


def _squeeze(x: Array, dim: Any = None) -> Array:
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    gone = {d % max(x.ndim, 1) for d in dims if x.ndim and x.shape[d] == 1}
    return x.reshape([n for i, n in enumerate(x.shape) if i not in gone])


def _swap(x: Array, a: int, b: int) -> Array:
    return np.swapaxes(x, a, b) if x.ndim else x


def _permute(x: Array, *dims: Any) -> Array:
    return np.transpose(x, dims[0] if dims and isinstance(dims[0], tuple) else dims)


def _expand(x: Array, *sizes: Any) -> Array:
    sizes = sizes[0] if isinstance(sizes[0], (tuple, list)) else sizes
    front = len(sizes) - x.ndim
    return np.broadcast_to(x, [x.shape[i - front] if n == -1 else n for i, n in enumerate(sizes)])


def _sum_to(x: Array, *size: Any) -> Array:
    size = size[0] if size and isinstance(size[0], tuple) else size
    x = x.sum(tuple(range(x.ndim - len(size))))
    return x.sum(tuple([i for i, n in enumerate(size) if n == 1 and x.shape[i] != 1]), keepdims=True)


def _narrow(x: Array, dim: int, start: int, length: int) -> Array:
    start += x.shape[dim] if start < 0 else 0
    return np.take(x, np.arange(start, start + length), dim)


def _diagonal(x: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return np.diagonal(x, offset, dim1, dim2)


def _split(x: Array, size: Any, dim: int = 0) -> list[Array]:
    ends = np.arange(size, x.shape[dim], size) if isinstance(size, int) else np.cumsum(size)[:-1]
    return np.split(x, ends, dim)


def _chunk(x: Array, chunks: int, dim: int = 0) -> list[Array]:
    return _split(x, max(1, -(-x.shape[dim] // chunks)), dim)


def _unbind(x: Array, dim: int = 0) -> list[Array]:
    return list(np.moveaxis(x, dim, 0))


def _copied(old: Array, new: Any) -> Array:
    return np.broadcast_to(np.asarray(new).astype(old.dtype), old.shape)


def _copies(rng: Rng) -> list[Sample]:
    shapes: list[Any] = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), ()), ((0,), (0,)), ((), ())]
    return [call(Const(values(rng, s)), values(rng, t)) for s, t in shapes]


def _bad_copies(rng: Rng) -> list[Sample]:
    return [call(Const(np.ones(2)), np.ones(3)), call(Const(np.ones(2)), np.ones((1, 1, 2)))]


def _fills(rng: Rng) -> list[Sample]:
    return [call(Const(values(rng, (2, 3))), values(rng, ())), call(Const(values(rng, (3,))), 2)]


def _zeros(rng: Rng) -> list[Sample]:
    return [call(Const(values(rng, s))) for s in ((2, 3), (), (0,))]


WRITES = "writes to its argument"

ROWS = [
    rearranged(
        "Tensor.view",
        _shaped,
        ((2, 3), (6,)),
        ((2, 3), (3, -1)),
        ((6,), ((1, 2, 3),)),
        ((), (1,)),
        ((1,), ((),)),
        ((0, 3), (3, 0)),
        ((2, 3), (2, 3)),
        wrong=(((2, 3), (4,)), ((2, 3), (-1, -1)), ((2, 3), (-1, 4)), ((2, 0), (-1, 0))),
        noncontiguous="a view takes strides that fit",
    ),
    rearranged(
        "reshape",
        _shaped,
        ((2, 3), ((6,),)),
        ((2, 3), ((3, -1),)),
        ((), ((1,),)),
        ((1, 1), ((),)),
        ((0, 3), ((3, 0),)),
        ((2, 3), ((2, 3),)),
        wrong=(((2, 3), ((4,),)), ((2, 3), ((-1, 5),))),
    ),
    rearranged(
        "flatten",
        _flatten,
        ((2, 3), ()),
        ((2, 3, 2), (1,)),
        ((2, 3, 2), (0, 1)),
        ((2, 3), (1, 1)),
        ((), ()),
        ((0, 2), ()),
        ((2, 1, 2), {"start_dim": -2}),
        wrong=(((2, 3), (1, 0)), ((2, 3), (2,))),
    ),
    rearranged(
        "unflatten",
        _unflatten,
        ((2, 6), (1, (2, 3))),
        ((6,), (0, (-1, 2))),
        ((2, 6), (-1, (3, 2, 1))),
        wrong=(((2, 6), (1, (4, 2))), ((2, 6), (2, (1, 2)))),
        nodes="composed",
    ),
    rearranged(
        "squeeze",
        _squeeze,
        ((1, 3, 1), ()),
        ((1, 3, 1), (0,)),
        ((1, 3, 1), (-1,)),
        ((1, 3, 1), (1,)),
        ((1, 3, 1), ((0, 2),)),
        ((), ()),
        ((), (0,)),
        ((1, 0), ()),
        wrong=(((1, 3), (2,)),),
        **NO_SUCH,
    ),
    rearranged(
        "unsqueeze",
        np.expand_dims,
        ((2, 3), (0,)),
        ((2, 3), (-1,)),
        ((2, 3), (1,)),
        ((), (0,)),
        ((), (-1,)),
        ((0,), (1,)),
        wrong=(((2, 3), (3,)), ((2, 3), (-4,))),
        **NO_SUCH,
    ),
    rearranged(
        "transpose",
        _swap,
        ((2, 3), (0, 1)),
        ((2, 3, 2), (-1, 0)),
        ((2, 3), (1, 1)),
        ((), (0, -1)),
        ((0, 3), (0, 1)),
        aliases=("swapaxes", "swapdims", "Tensor.swapaxes", "Tensor.swapdims"),
        wrong=(((2, 3), (0, 2)),),
        **NO_SUCH,
    ),
    rearranged(
        "t", np.transpose, ((2, 3), ()), ((3,), ()), ((), ()), ((0, 2), ()), wrong=(((2, 3, 2), ()),), **NO_SUCH
    ),
    rearranged(
        "permute",
        _permute,
        ((2, 3, 2), ((2, 0, 1),)),
        ((2, 3), ((-1, 0),)),
        ((), ((),)),
        ((0, 3), ((1, 0),)),
        wrong=(((2, 3), ((0,),)), ((2, 3), ((0, 0),)), ((2, 3), ((0, 2),))),
    ),
    rearranged(
        "movedim",
        np.moveaxis,
        ((2, 3, 2), (0, 2)),
        ((2, 3, 2), (-1, 0)),
        ((2, 3, 2), ((0, 1), (2, 0))),
        ((0, 3), (0, 1)),
        aliases=("moveaxis", "Tensor.moveaxis"),
        wrong=(((2, 3), (0, 2)), ((2, 3), ((0, 1), (0, 0))), ((2, 3), ((0,), (0, 1)))),
    ),
    rearranged(
        "Tensor.expand",
        _expand,
        ((3,), (2, 3)),
        ((2, 1), (2, 4)),
        ((2, 1), ((3, -1, 2),)),
        ((), (2,)),
        ((1,), (0,)),
        ((2, 3), (2, 3)),
        wrong=(((2, 3), (2, 4)), ((2, 3), (3,)), ((3,), (-1, 3))),
    ),
    rearranged(
        "broadcast_to",
        np.broadcast_to,
        ((3,), ((2, 3),)),
        ((2, 1), ((2, 4),)),
        ((), ((2,),)),
        ((1,), ((0,),)),
        wrong=(((2, 3), ((2, 4),)), ((2, 3), ((3,),))),
    ),
    rearranged(
        "Tensor.sum_to_size",
        _sum_to,
        ((2, 3), (3,)),
        ((2, 3), (2, 1)),
        ((2, 3), ((1, 1),)),
        ((2, 3), (2, 3)),
        ((1, 3), (3,)),
        ((4, 2, 3), (2, 1)),
        wrong=(((2, 3), (2,)), ((3,), (2, 3))),
        nodes="composed",
        result=None,
    ),
    rearranged(
        "narrow",
        _narrow,
        ((4, 3), (0, 1, 2)),
        ((4, 3), (1, 0, 3)),
        ((4, 3), (-1, 2, 1)),
        ((4, 3), (0, -2, 2)),
        ((4, 3), (0, 4, 0)),
        wrong=(((4, 3), (0, 3, 2)), ((4, 3), (0, 1, -1)), ((4, 3), (2, 0, 1)), ((4, 3), (0, 5, 0)), ((), (0, 0, 1))),
    ),
    rearranged(
        "select",
        lambda x, dim, i: np.take(x, i, dim),
        ((2, 3), (0, 1)),
        ((2, 3), (1, -1)),
        ((2, 3, 2), (-2, 2)),
        ((4,), (0, 3)),
        wrong=(((2, 3), (0, 2)), ((2, 3), (1, -4)), ((2, 3), (2, 0)), ((), (0, 0))),
    ),
    rearranged(
        "diagonal",
        _diagonal,
        ((3, 3), ()),
        ((2, 3), (1,)),
        ((3, 2), (-1,)),
        ((2, 3, 2), {"dim1": 0, "dim2": 2}),
        ((2, 2), (5,)),
        ((0, 3), ()),
        ((2, 3, 4), {"offset": 1, "dim1": -1, "dim2": 1}),
        wrong=(((2, 3), (0, 1, 1)), ((3,), ()), ((2, 2), (0, 0, 2))),
    ),
    rearranged(
        "unbind",
        _unbind,
        ((2, 3), ()),
        ((2, 3), (1,)),
        ((3,), ()),
        ((2, 0), (0,)),
        wrong=(((2, 3), (2,)), ((), ())),
    ),
    rearranged(
        "split",
        _split,
        ((5, 2), (2,)),
        ((5, 2), ([1, 4],)),
        ((2, 5), (3, 1)),
        ((4,), (4,)),
        ((4,), (9,)),
        ((2, 5), ([2, 0, 3], -1)),
        wrong=(((5,), (-1,)), ((5,), (0,)), ((5,), ([2, 2],)), ((5,), ([6, -1],))),
    ),
    rearranged(
        "chunk",
        _chunk,
        ((5, 2), (2,)),
        ((2, 6), (4, 1)),
        ((2,), (5,)),
        ((4,), (1,)),
        wrong=(((4,), (0,)), ((4,), (-1,)), ((4,), (2, 1))),
        nodes="PyTorch's is a SplitBackward0 of its own",
    ),
    # copying.py
    rearranged("clone", np.copy, ((2, 3), ()), ((), ()), ((0,), ())),
    rearranged("Tensor.contiguous", np.copy, ((2, 3), ()), ((), ()), ((0,), ())),
    rearranged("detach", np.copy, ((2, 3), ()), ((), ()), grad=False, inplace=False, aliases=("Tensor.detach_",)),
    rearranged("Tensor.double", np.float64, ((2, 3), ()), ((), ()), result="float64"),
    rearranged("Tensor.long", np.int64, ((2, 3), ()), ((), ()), result="int64", grad=False),
    Row(name="Tensor.copy_", samples=_copies, errors=_bad_copies, numpy=_copied, dtypes="fib", noncontiguous=WRITES),
    Row(
        name="Tensor.fill_",
        samples=_fills,
        numpy=_copied,
        dtypes="fib",
        noncontiguous=WRITES,
        nodes="ours copies a number",
    ),
    Row(name="fill", samples=_fills, numpy=_copied, dtypes="fib", inplace=False, nodes="ours copies a number"),
    Row(name="Tensor.zero_", samples=_zeros, numpy=np.zeros_like, dtypes="fib", noncontiguous=WRITES, grad=False),
    *[
        Row(
            name=f"Tensor.{name}_as",
            samples=lambda rng, shape=shape: [call(values(rng, (1, 6)), np.ones(shape, np.int64))],
            dtypes="fib",
            inplace=False,
            noncontiguous="an expanded tensor cannot be viewed",
        )
        for name, shape in (("view", (2, 3)), ("reshape", (3, 2)), ("expand", (4, 6)))
    ],
]
