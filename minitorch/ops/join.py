"""Tensors joined, repeated, flipped, rolled and cut to triangles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import OperationError
from ..kernels import rearrange as kernels
from .base import Op, T, TensorBase, inplace, promoted
from .view import dim_in, dims_of, expand, permute, reshape, split, unbind, unsqueeze, view


class Cat(Op):
    """Tensors one behind the other;  dxᵢ = its part of g"""

    @staticmethod
    def forward(ctx: Any, axis: int, *xs: Any) -> Any:
        ctx.axis, ctx.sizes = axis, [x.array.shape[axis] for x in xs]
        return kernels.concatenate([x.array for x in xs], axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return (None, *split(g, ctx.sizes, ctx.axis))


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
    for i, x in enumerate(full):
        if x.array.ndim != len(shape) or any(
            m != n for d, (m, n) in enumerate(zip(x.array.shape, shape, strict=True)) if d != axis
        ):
            raise OperationError(
                "cat",
                f"Sizes of tensors must match except in dimension {axis}, but tensor {i} has shape {list(x.array.shape)} and tensor 0 {list(shape)}",
            )
    return Cat.apply(axis, *promoted(*full))


def stack(tensors: Any, dim: int = 0) -> Any:
    """Tensors of one shape along a new dimension."""
    xs = _tensors("stack", tensors)
    for i, x in enumerate(xs):
        if x.array.shape != xs[0].array.shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(xs[0].array.shape)} at entry 0 and {list(x.array.shape)} at entry {i}"
            )
    return Stack.apply(dim_in(dim, xs[0].array.ndim + 1), *promoted(*xs))


def _tensors(name: str, tensors: Any) -> list[Any]:
    if isinstance(tensors, TensorBase):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor")
    xs = list(tensors)
    if not xs:
        raise RuntimeError(f"{name}(): expected a non-empty list of Tensors")
    for i, x in enumerate(xs):
        if not isinstance(x, TensorBase):
            raise TypeError(f"expected Tensor as element {i} in argument 0, but got {type(x).__name__}")
    return xs


def flip(input: T, *dims: Any) -> T:
    """The elements in reverse order along the dimensions."""
    axes = tuple([dim_in(d, input.array.ndim) for d in dims_of(dims)])
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"flip: a dim appears multiple times in the list of dims {list(axes)}")
    return Flip.apply(input, axes if input.array.ndim else ())


def fliplr(input: T) -> T:
    """The columns in reverse order."""
    return flip(input, 1)


def flipud(input: T) -> T:
    """The rows in reverse order."""
    return flip(input, 0)


def roll(input: T, shifts: Any, dims: Any = None) -> T:
    """The elements shifted along the dimensions (through the flattened tensor without any), in a circle."""
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if dims is None or dims == ():
        return Roll.apply(input, shifts, None)
    axes = tuple([dim_in(d, input.array.ndim) for d in ((dims,) if isinstance(dims, int) else dims)])
    if len(axes) != len(shifts):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(axes)}")
    return Roll.apply(input, shifts, axes)


def rot90(input: T, k: int = 1, dims: Sequence[int] = (0, 1)) -> T:
    """Rotated by 90 degrees, k times, from the first towards the second dimension."""
    a, b = [dim_in(d, input.array.ndim) for d in dims]
    turns = k % 4
    if turns == 0:
        return input.clone()
    if turns == 2:
        return flip(input, a, b)
    turned = input.transpose(a, b)
    return flip(turned, a) if turns == 1 else flip(turned, b)


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


def repeat(self: T, *repeats: Any) -> T:
    """The whole tensor repeated along each dimension; further dimensions may stand in front."""
    counts = dims_of(repeats)
    front = len(counts) - self.array.ndim
    if front < 0:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    shape = (1,) * front + self.array.shape
    pairs = [s for n in shape for s in (1, n)]
    wide = [s for c, n in zip(counts, shape, strict=True) for s in (c, n)]
    return reshape(
        expand(view(self.contiguous(), pairs), wide).clone(), [c * n for c, n in zip(counts, shape, strict=True)]
    )


def tile(input: T, *dims: Any) -> T:
    """`repeat`, where missing counts in front are 1."""
    counts = dims_of(dims)
    return repeat(input, *(1,) * (input.array.ndim - len(counts)), *counts)


def repeat_interleave(input: T, repeats: Any = None, dim: int | None = None, *, output_size: Any = None) -> T:
    """Every element (or entry of a dimension) several times, one behind the other; `repeats` a number or one per entry."""
    if repeats is None:
        repeats, input = input, input._wrap(kernels.indices(input.array.size))
        return repeat_interleave(input, repeats, 0)
    x = reshape(input, -1) if dim is None else input
    axis = 0 if dim is None else dim_in(dim, x.array.ndim)
    counts = repeats.array if isinstance(repeats, TensorBase) else repeats
    index = kernels.repeat(kernels.indices(x.array.shape[axis]), counts, 0)
    return x.index_select(axis, x._wrap(index))


def hstack(tensors: Any) -> Any:
    """Joined along the second dimension, vectors along the first."""
    xs = [atleast_1d(x) for x in tensors]
    return cat(xs, 0 if xs[0].array.ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """Joined along the first dimension, vectors as rows."""
    return cat([atleast_2d(x) for x in tensors], 0)


def dstack(tensors: Any) -> Any:
    """Joined along the third dimension."""
    return cat([atleast_3d(x) for x in tensors], 2)


def column_stack(tensors: Any) -> Any:
    """Joined along the second dimension, vectors as columns."""
    return hstack([reshape(x, -1, 1) if x.array.ndim <= 1 else x for x in tensors])


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
    shape = [x.array.size for x in xs]
    grids = [expand(reshape(x, [-1 if i == d else 1 for i in range(len(xs))]), shape) for d, x in enumerate(xs)]
    if indexing == "xy" and len(xs) > 1:
        order = [1, 0, *range(2, len(xs))]
        shape = [shape[i] for i in order]
        grids = [permute(g, order) for g in grids]
    return tuple(grids)


def broadcast_tensors(*tensors: Any) -> Any:
    """The tensors, all expanded to the shape that they broadcast to."""
    xs = list(tensors[0]) if len(tensors) == 1 and not isinstance(tensors[0], TensorBase) else list(tensors)
    shape = kernels.broadcast_shape([x.array.shape for x in xs])
    if shape is None:
        raise RuntimeError(f"broadcast_tensors: shapes do not broadcast: {[list(x.array.shape) for x in xs]}")
    return tuple([expand(x, shape) for x in xs])


def block_diag(*tensors: Any) -> Any:
    """Matrices along the diagonal of a matrix of zeros."""
    xs = [atleast_2d(x) for x in tensors]
    width = [x.array.shape[1] for x in xs]
    rows = []
    for i, x in enumerate(xs):
        n = x.array.shape[0]
        left, right = sum(width[:i]), sum(width[i + 1 :])
        rows.append(cat([x._zeros((n, left), x.array.dtype), x, x._zeros((n, right), x.array.dtype)], 1))
    return cat(rows, 0)


concat = concatenate = cat
row_stack = vstack
tril_, triu_ = inplace(tril), inplace(triu)
