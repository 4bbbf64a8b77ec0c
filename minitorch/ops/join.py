"""Tensors joined, repeated, flipped, rolled and cut to triangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from ..kernels import rearrange as kernels
from .base import Op, T, TensorBase, inplace, numpy_names, promoted, shown_as
from .view import dim_in, dims_of, expand, permute, reshape, split, unbind, unsqueeze, view

__all__ = [
    "atleast_1d", "atleast_2d", "atleast_3d", "block_diag", "broadcast_tensors", "cat", "column_stack", "concat",
    "concatenate", "dstack", "flip", "fliplr", "flipud", "hstack", "meshgrid", "repeat_interleave", "roll", "rot90",
    "row_stack", "stack", "tile", "tril", "triu", "vstack",
]  # fmt: skip


class Cat(Op):
    """Tensors one behind the other (empty vectors count for nothing);  dxᵢ = its part of g"""

    @staticmethod
    def forward(ctx: Any, axis: int, *xs: Any) -> Any:
        arrays = [x.array for x in xs]
        ndim = max([a.ndim for a in arrays])
        ctx.axis, ctx.sizes = axis, [a.shape[axis] if a.ndim == ndim else None for a in arrays]
        return kernels.concatenate([a for a in arrays if a.ndim == ndim], axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        parts = split(g, [n or 0 for n in ctx.sizes], ctx.axis)
        return (None, *[reshape(p, 0) if n is None else p for p, n in zip(parts, ctx.sizes, strict=True)])


class Stack(Op):
    """Tensors along a new dimension;  dxᵢ = entry i of g"""

    @staticmethod
    def forward(ctx: Any, axis: int, *xs: Any) -> Any:
        ctx.axis = axis
        return kernels.stack([x.array for x in xs], axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return (None, *unbind(g, ctx.axis))


class Flip(Op):
    """The order along dimensions reversed;  dx = g, reversed"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: tuple[int, ...]) -> Any:
        ctx.axes = axes
        return kernels.flip(x.array, axes)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Flip.apply(g, ctx.axes), None


class Roll(Op):
    """Elements shifted in a circle;  dx = g, shifted back"""

    @staticmethod
    def forward(ctx: Any, x: Any, shifts: tuple[int, ...], axes: tuple[int, ...] | None) -> Any:
        ctx.args = tuple([-s for s in shifts]), axes
        return kernels.roll(x.array, shifts, axes)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Roll.apply(g, *ctx.args), None, None


class Tril(Op):
    """The lower triangle;  dx = the lower triangle of g"""

    @staticmethod
    def forward(ctx: Any, x: Any, diagonal: int) -> Any:
        ctx.diagonal = diagonal
        return kernels.tril(x.array, diagonal)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Tril.apply(g, ctx.diagonal), None


class Triu(Op):
    """The upper triangle;  dx = the upper triangle of g"""

    @staticmethod
    def forward(ctx: Any, x: Any, diagonal: int) -> Any:
        ctx.diagonal = diagonal
        return kernels.triu(x.array, diagonal)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Triu.apply(g, ctx.diagonal), None


# ---------------------------------------------------------------- what users call


@numpy_names
def cat(tensors: Any, dim: int = 0) -> Any:
    """Tensors one behind the other along a dimension; the other sizes must be equal.

    >>> torch.cat([torch.tensor([1, 2]), torch.tensor([3])])
    tensor([1, 2, 3])
    """
    xs = _tensors("cat", tensors)
    full = [x for x in xs if x.array.shape != (0,)] or xs[:1]  # PyTorch lets empty vectors pass
    axis = dim_in(dim, full[0].array.ndim)
    if not full[0].array.ndim:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    shape = full[0].array.shape
    before, after = shape[:axis], shape[axis + 1 :]
    for i, x in enumerate(full):
        other = x.array.shape
        if len(other) != len(shape) or other[:axis] != before or other[axis + 1 :] != after:
            raise OperationError(
                "cat",
                f"Sizes of tensors must match except in dimension {axis}, but tensor {i} has shape "
                f"{list(x.array.shape)} and tensor 0 {list(shape)}",
            )
    return Cat.apply(axis, *promoted(*xs))


@numpy_names
def stack(tensors: Any, dim: int = 0) -> Any:
    """Tensors of one shape along a new dimension."""
    xs = _tensors("stack", tensors)
    for i, x in enumerate(xs):
        if x.array.shape != xs[0].array.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(xs[0].array.shape)} at entry 0 and "
                f"{list(x.array.shape)} at entry {i}"
            )
    return Stack.apply(dim_in(dim, xs[0].array.ndim + 1), *promoted(*xs))


def _tensors(name: str, tensors: Any) -> list[Any]:
    if isinstance(tensors, TensorBase):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    xs = list(tensors)
    if not xs:
        kind = ValueError if name == "cat" else RuntimeError  # as PyTorch
        raise kind(f"{name}(): expected a non-empty list of Tensors")
    for i, x in enumerate(xs):
        if not isinstance(x, TensorBase):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    return xs


def _counts(name: str, keyword: str, positional: tuple[Any, ...], named: Any) -> tuple[int, ...]:
    """The numbers of `f(x, 1, 2)`, `f(x, (1, 2))` or `f(x, name=(1, 2))`."""
    if not positional and named is None:
        raise TypeError(f"{name}(): missing the argument {keyword!r}")
    return dims_of(positional or (named,))


def flip(input: T, *axes: Any, dims: Any = None) -> T:
    """The elements in reverse order along the dimensions: `flip(x, 0, 1)`, `flip(x, (0, 1))` or `flip(x, dims=(0, 1))`.

    >>> torch.flip(torch.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    axes = tuple([dim_in(d, input.array.ndim) for d in _counts("flip", "dims", axes, dims)])
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"flip: a dim appears multiple times in the list of dims {list(axes)}")
    return Flip.apply(input, axes if input.array.ndim else ())


def fliplr(input: T) -> T:
    """The columns in reverse order."""
    return flip(_at_least("fliplr", input, 2), 1)


def flipud(input: T) -> T:
    """The rows in reverse order."""
    return flip(_at_least("flipud", input, 1), 0)


def _at_least(name: str, x: Any, ndim: int) -> Any:
    if x.array.ndim < ndim:
        raise OperationError(name, f"Input must be >= {ndim}-d", x)
    return x


def roll(input: T, shifts: Any, dims: Any = None) -> T:
    """The elements shifted along the dimensions (through the flattened tensor without any), in a circle."""
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if not shifts:
        raise RuntimeError("roll: `shifts` required")
    if len(shifts) == 1 and (dims is None or dims == ()):
        return Roll.apply(input, shifts, None)
    dims = () if dims is None else dims
    axes = tuple([dim_in(d, input.array.ndim) for d in ((dims,) if isinstance(dims, int) else dims)])
    if len(axes) != len(shifts):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(axes)}")
    return Roll.apply(input, shifts, axes)


@shown_as("Rot90Backward0")
def rot90(input: T, k: int = 1, dims: Sequence[int] = (0, 1)) -> T:
    """Rotated by 90 degrees, k times, from the first towards the second dimension."""
    a, b = _plane(input, dims)
    turns = k % 4
    if turns == 0:
        return input.clone()
    if turns == 2:
        return flip(input, a, b)
    turned = input.transpose(a, b)
    return flip(turned, a) if turns == 1 else flip(turned, b)


def _plane(x: Any, dims: Sequence[int]) -> list[int]:
    """The two dimensions of a rotation."""
    if len(dims) != 2 or x.array.ndim < 2:
        raise OperationError("rot90", f"expected two rotation dims of two or more, but got {tuple(dims)}", x)
    a, b = [dim_in(d, x.array.ndim) for d in dims]
    if a == b:
        raise OperationError("rot90", f"expected rotation dims to be different, but got {a} and {b}", x)
    return [a, b]


def tril(input: T, diagonal: int = 0) -> T:
    """The lower triangle of the last two dimensions, with zeros above `diagonal`."""
    return Tril.apply(_matrix("tril", input), diagonal)


def triu(input: T, diagonal: int = 0) -> T:
    """The upper triangle of the last two dimensions, with zeros below `diagonal`."""
    return Triu.apply(_matrix("triu", input), diagonal)


def _matrix(name: str, x: Any) -> Any:
    if x.array.ndim < 2:
        raise OperationError(name, "input tensor must have at least 2 dimensions", x)
    return x


@shown_as("RepeatBackward0")
def repeat(self: T, *sizes: Any, repeats: Any = None) -> T:
    """The whole tensor repeated along each dimension; further dimensions may stand in front.

    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = _counts("repeat", "repeats", sizes, repeats)
    front = len(counts) - self.array.ndim
    if front < 0:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * front + self.array.shape
    pairs = [s for n in shape for s in (1, n)]
    wide = [s for c, n in zip(counts, shape, strict=True) for s in (c, n)]
    return reshape(
        expand(view(self.contiguous(), pairs), wide).clone(), [c * n for c, n in zip(counts, shape, strict=True)]
    )


def tile(input: T, *sizes: Any, dims: Any = None) -> T:
    """`repeat`, where missing counts in front are 1."""
    counts = _counts("tile", "dims", sizes, dims)
    return repeat(input, (*(1,) * (input.array.ndim - len(counts)), *counts))


def repeat_interleave(input: T, repeats: Any = None, dim: int | None = None, *, output_size: Any = None) -> T:
    """Every element (or entry of a dimension) several times, one behind the other;
    `repeats` a number or one per entry.
    """
    if repeats is None:
        repeats, input = input, input._wrap(kernels.indices(input.array.size))
        return repeat_interleave(input, repeats, 0)
    x = reshape(input, -1) if dim is None else input
    axis = 0 if dim is None else dim_in(dim, x.array.ndim)
    counts = repeats.array if isinstance(repeats, TensorBase) else np.asarray(repeats)
    _check_repeats(x, axis, counts)
    index = kernels.repeat(kernels.indices(x.array.shape[axis]), counts, 0)
    return x.index_select(axis, x._wrap(index))


def _check_repeats(x: Any, axis: int, counts: Any) -> None:
    if counts.dtype.kind not in "iu":
        raise DtypeError("repeat_interleave", f"repeats has to be Long or Int tensor, got {counts.dtype}", x)
    size = x.array.shape[axis] if x.array.ndim else 1
    if counts.ndim > 1 or counts.size not in (1, size):
        raise OperationError(
            "repeat_interleave",
            f"repeats must have the same size as input along dim, but got repeats of shape {list(counts.shape)} and "
            f"input.size({axis}) = {size}",
            x,
        )
    if counts.size and counts.min() < 0:
        raise OperationError("repeat_interleave", f"repeats must be non-negative, got {counts.min()}", x)


def hstack(tensors: Any) -> Any:
    """Joined along the second dimension, vectors along the first."""
    xs = [atleast_1d(x) for x in _tensors("hstack", tensors)]
    return cat(xs, 0 if xs[0].array.ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Joined along the first dimension, vectors as rows."""
    return cat([atleast_2d(x) for x in _tensors("vstack", tensors)], 0)


def dstack(tensors: Any) -> Any:
    """Joined along the third dimension."""
    return cat([atleast_3d(x) for x in _tensors("dstack", tensors)], 2)


def column_stack(tensors: Any) -> Any:
    """Joined along the second dimension, vectors as columns."""
    return hstack([reshape(x, -1, 1) if x.array.ndim <= 1 else x for x in _tensors("column_stack", tensors)])


def atleast_1d(*tensors: Any) -> Any:
    """With at least one dimension."""
    return _each(tensors, lambda x: reshape(x, 1) if not x.array.ndim else x)


def atleast_2d(*tensors: Any) -> Any:
    """With at least two dimensions: a vector is a row."""
    return _each(tensors, lambda x: reshape(x, 1, -1) if x.array.ndim < 2 else x)


def atleast_3d(*tensors: Any) -> Any:
    """With at least three dimensions: a vector is a column, a matrix a stack of columns."""

    def three(x: Any) -> Any:
        return reshape(x, 1, -1, 1) if x.array.ndim < 2 else unsqueeze(x, 2) if x.array.ndim == 2 else x

    return _each(tensors, three)


def _each(tensors: Any, change: Any) -> Any:
    if len(tensors) == 1:
        return change(tensors[0]) if isinstance(tensors[0], TensorBase) else tuple([change(x) for x in tensors[0]])
    return tuple([change(x) for x in tensors])


def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    """The coordinates of a grid: each vector expanded along its own dimension ("xy": the first two exchanged)."""
    xs = list(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], TensorBase) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    _check_axes(xs)
    shape = [x.array.size for x in xs]
    grids = []
    for d, x in enumerate(xs):
        along = [-1 if i == d else 1 for i in range(len(xs))]
        grids.append(expand(reshape(x, along), shape))
    if indexing == "xy" and len(xs) > 1:
        grids = [permute(g, [1, 0, *range(2, len(xs))]) for g in grids]
    return tuple(grids)


def _check_axes(xs: list[Any]) -> None:
    if not xs:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if any(x.array.ndim > 1 for x in xs):
        raise OperationError("meshgrid", "Expected 0D or 1D tensor in the tensor list", *xs)
    if any(x.array.dtype is not xs[0].array.dtype for x in xs):
        raise DtypeError("meshgrid", "expects all tensors to have the same dtype", *xs)


def broadcast_tensors(*tensors: Any) -> Any:
    """The tensors, all expanded to the shape that they broadcast to."""
    xs = list(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], TensorBase) else list(tensors)
    shape = kernels.broadcast_shape([x.array.shape for x in xs])
    if shape is None:
        raise RuntimeError(f"broadcast_tensors: shapes do not broadcast: {[list(x.array.shape) for x in xs]}")
    return tuple([x if x.array.shape == shape else expand(x, shape) for x in xs])


@shown_as("BlockDiagBackward0")
def block_diag(*tensors: Any) -> Any:
    """Matrices along the diagonal of a matrix of zeros."""
    xs = [atleast_2d(x) for x in tensors]
    width = [x.array.shape[1] for x in xs]
    rows = []
    for i, x in enumerate(xs):
        n = x.array.shape[0]
        left = x._zeros((n, sum(width[:i])), x.array.dtype)
        right = x._zeros((n, sum(width[i + 1 :])), x.array.dtype)
        rows.append(cat([left, x, right], 1))
    return cat(rows, 0)


concat = concatenate = cat
row_stack = vstack
tril_, triu_ = inplace(tril), inplace(triu)
