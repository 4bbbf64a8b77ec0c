"""Views: other shapes of the same memory. A write to one is seen in all, and differentiated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..errors import OperationError
from ..kernels import rearrange
from ..kernels import reduce as kernels
from .base import Op, T, TensorBase, also_called, numpy_names
from .copying import clone

__all__ = [
    "broadcast_to", "chunk", "diagonal", "flatten", "movedim", "narrow", "permute", "reshape", "select", "split",
    "squeeze", "swapaxes", "t", "transpose", "unbind", "unflatten", "unsqueeze",
]  # fmt: skip


class ViewOp(Op):
    """An operation whose result shares the memory of its first argument."""

    view = True


class View(ViewOp):
    """The same elements in another shape;  dx = g in the old shape"""

    @staticmethod
    def forward(ctx: Any, x: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = x.array.shape
        return x.array.reshape(shape, copy=False)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return in_shape(g, ctx.shape), None


class UnsafeView(Op):
    """The same elements in another shape, of memory that nobody else knows: no view;  dx = g in the old shape"""

    moves = True

    @staticmethod
    def forward(ctx: Any, x: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = x.array.shape
        return x.array.reshape(shape) if x.array.flags.c_contiguous else rearrange.reshaped(x.array, shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return in_shape(g, ctx.shape), None


class Squeeze(View):
    """Without all dimensions of size 1"""


class SqueezeDim(Squeeze):
    """Without one dimension, if it has size 1"""

    title = "Squeeze"
    suffix = "Backward1"


class SqueezeDims(Squeeze):
    """Without some dimensions, where they have size 1"""

    title = "Squeeze"
    suffix = "Backward2"


class Unsqueeze(View):
    """With a dimension of size 1 more"""


class Permute(ViewOp):
    """The dimensions in another order;  dx = g in the old order"""

    @staticmethod
    def forward(ctx: Any, x: Any, dims: tuple[int, ...]) -> Any:
        ctx.dims = inverse(dims)
        return x.array.transpose(dims)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Permute.apply(g, ctx.dims), None


class Transpose(ViewOp):
    """Two dimensions exchanged;  dx = g, exchanged back"""

    @staticmethod
    def forward(ctx: Any, x: Any, a: int, b: int) -> Any:
        ctx.dims = a, b
        return x.array.swapaxes(a, b) if x.array.ndim else x.array[...]

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Transpose.apply(g, *ctx.dims), None, None


class Matrix(Transpose):
    """The transpose of a matrix"""

    title = "T"


class Vector(View):
    """The transpose of a vector or number: itself"""

    title = "T"


class Expand(ViewOp):
    """Dimensions of size 1 repeated without a copy;  dx = g (the engine undoes a broadcast)"""

    @staticmethod
    def forward(ctx: Any, x: Any, shape: tuple[int, ...]) -> Any:
        return rearrange.expanded(x.array, shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g, None


class Diagonal(ViewOp):
    """The diagonal of two dimensions, as the last one;  dx = zeros with g on that diagonal"""

    @staticmethod
    def forward(ctx: Any, x: Any, offset: int, a: int, b: int) -> Any:
        ctx.args, ctx.shape = (offset, a, b), x.array.shape
        return rearrange.diagonal(x.array, offset, a, b)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return PlaceDiagonal.apply(g, ctx.shape, *ctx.args), None, None, None


class PlaceDiagonal(Op):
    """Zeros with x on a diagonal: the derivative of Diagonal;  dx = the diagonal of g"""

    title = "DiagonalBackward"

    @staticmethod
    def forward(ctx: Any, x: Any, shape: tuple[int, ...], offset: int, a: int, b: int) -> Any:
        ctx.args = offset, a, b
        return rearrange.place_diagonal(x.array, shape, offset, a, b)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Diagonal.apply(g, *ctx.args), None, None, None, None


class Slice(ViewOp):
    """The part of x at an index of integers, slices, None and ...;  dx = zeros with g at that index"""

    @staticmethod
    def forward(ctx: Any, x: Any, key: Any) -> Any:
        ctx.key, ctx.shape = key, x.array.shape
        part = x.array[key]
        return part if isinstance(part, np.ndarray) else x.array[(*key, ...)]

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Place.apply(g, ctx.key, ctx.shape), None


class Select(Slice):
    """One index of a dimension"""


class NewAxis(Slice):
    """A dimension of size 1 more, by an index"""

    title = "Unsqueeze"


class Whole(Slice):
    """All of x, by an index of `...`"""

    title = "Alias"


class Place(Op):
    """Zeros with x at an index: the derivative of Slice;  dx = the part of g at that index"""

    title = "SliceBackward"

    @staticmethod
    def forward(ctx: Any, x: Any, key: Any, shape: tuple[int, ...]) -> Any:
        ctx.key = key
        return rearrange.place(shape, x.array.dtype, [key], [x.array])

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Slice.apply(g, ctx.key), None, None


class Split(ViewOp):
    """Consecutive pieces along a dimension;  dx = the pieces' gradients joined"""

    refusal = (
        "Output {nr} of {node} is a view and {happened}. It is one of several views that one operation returned, and a "
        "write to those is not differentiated. Write out of place, or to a view made by an index."
    )

    @staticmethod
    def forward(ctx: Any, x: Any, keys: Any) -> Any:
        ctx.keys, ctx.shape = keys, x.array.shape
        return tuple([x.array[(*k, ...)] for k in keys])

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return PlaceAll.apply(ctx.keys, ctx.shape, *grads), None


class SplitWithSizes(Split):
    """Consecutive pieces of given sizes"""


class Unbind(Split):
    """The entries of a dimension"""


class PlaceAll(Op):
    """Zeros with several tensors at an index each: the derivative of Split"""

    title = "SplitBackward"

    @staticmethod
    def forward(ctx: Any, keys: Any, shape: tuple[int, ...], *parts: Any) -> Any:
        ctx.keys = keys
        return rearrange.place(shape, parts[0].array.dtype, keys, [x.array for x in parts])

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return (None, None, *[Slice.apply(g, key) for key in ctx.keys])


class SumTo(Op):
    """The sum over the dimensions that a broadcast added or stretched;  dx = g, broadcast again"""

    title = "Sum"

    @staticmethod
    def forward(ctx: Any, x: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = x.array.shape
        return kernels.sum_to(x.array, shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return expand(g, ctx.shape), None


# ---------------------------------------------------------------- arguments


def dims_of(args: tuple[Any, ...]) -> tuple[int, ...]:
    """The integers of a call `f(2, 3)` or `f((2, 3))`."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    return tuple([n if type(n) is int else _index(n) for n in args])


def _index(n: Any) -> int:
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"argument 'size' must be tuple of ints, but found {type(n).__name__}: {n!r}")
    return int(n.__index__())


def inverse(order: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes one."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def dim_in(dim: int, ndim: int, name: str = "dim") -> int:
    """A dimension counted from 0; IndexError if there is none such."""
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got {dim})")
    return dim % limit


def _inferred(shape: tuple[int, ...], x: TensorBase) -> tuple[int, ...]:
    """The shape with its -1 filled in; RuntimeError if the elements do not fit."""
    size, known = x.array.size, math.prod(shape)
    if known == size and (known > 0 or min(shape) >= 0):
        return shape
    if min(shape, default=0) < -1 or shape.count(-1) > 1:
        raise RuntimeError(f"shape '{list(shape)}' is invalid: only one dimension can be inferred (-1)")
    if known < 0 and size % known == 0:
        return tuple([size // -known if n == -1 else n for n in shape])
    if known == 0 and -1 in shape:
        raise RuntimeError(
            f"cannot reshape tensor of {size} elements into shape {list(shape)} because the unspecified dimension size "
            "-1 can be any value and is ambiguous"
        )
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {size}")


# ---------------------------------------------------------------- what users call


def view(self: T, *shape: Any, size: Any = None) -> T:
    """The same memory in another shape, one of its sizes may be -1; an error where that takes a copy.

    `view(dtype)`: the same bytes as elements of another type; the last dimension grows or shrinks with their size.
    """
    if len(shape) == 1 and isinstance(shape[0], (dt.dtype, type)):
        return _view_bytes(self, dt.meant(shape[0]))
    sizes = dims_of(shape if size is None else (size,))
    try:
        return View.apply(self, _inferred(sizes, self))
    except ValueError:
        raise OperationError(
            "view",
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            f"contiguous subspaces). Use .reshape(...) instead. Asked for {sizes}, strides {self.stride()}",
            self,
        ) from None


def _view_bytes(x: Any, d: dt.dtype) -> Any:
    """The bytes of x as elements of another dtype, which has no derivative."""
    if d.numpy is x.array.dtype:
        return View.apply(x, x.array.shape)
    try:
        return x._share(dt.with_own_dtype(x.array.view(d.numpy)))
    except ValueError as error:
        raise OperationError(
            "view", f"{x.dtype} cannot be viewed as {d}: {error}. self.size(-1) must be divisible, its stride 1", x
        ) from None


def reshape(input: T, *sizes: Any, shape: Any = None) -> T:
    """The tensor in another shape, one of its sizes may be -1: a view where that is possible, else a copy."""
    whole = _inferred(dims_of(sizes if shape is None else (shape,)), input)
    try:
        return View.apply(input, whole)
    except ValueError:
        return UnsafeView.apply(clone(input).contiguous() if mode.grad else input, whole)


def in_shape(x: T, shape: tuple[int, ...]) -> T:
    """`reshape` of a gradient to a shape that is known to fit: short, while nothing is recorded."""
    if mode.grad or not x.array.flags.c_contiguous:
        return reshape(x, shape)
    return x._share(x.array.reshape(shape))


def flatten(input: T, start_dim: int = 0, end_dim: int = -1) -> T:
    """The dimensions from start_dim to end_dim as one."""
    start, end = dim_in(start_dim, input.ndim), dim_in(end_dim, input.ndim)
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    shape = input.array.shape
    if not shape:
        return reshape(input, 1)
    if start == end:
        return input
    return reshape(input, *shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])


def unflatten(input: T, dim: int, sizes: Sequence[int]) -> T:
    """One dimension as several."""
    if not input.array.ndim:
        raise RuntimeError(
            f"unflatten got an unexpected error:\nDimension specified as {dim} but tensor has no dimensions"
        )
    shape, dim = input.array.shape, dim_in(dim, input.ndim)
    n = shape[dim]
    known = math.prod([s for s in sizes if s != -1])
    full = [n // known if s == -1 and known else s for s in sizes]
    if math.prod(full) != n:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({n}) in the input "
            f"tensor"
        )
    return view(input, *shape[:dim], *full, *shape[dim + 1 :])


@numpy_names
def squeeze(input: T, dim: Any = None) -> T:
    """Without the dimensions of size 1: all of them, or those given."""
    shape = input.array.shape
    dims = (
        range(len(shape)) if dim is None else [dim_in(d, len(shape)) for d in ((dim,) if isinstance(dim, int) else dim)]
    )
    if len({*dims}) < len(dims):
        raise RuntimeError(f"squeeze: a dim appears multiple times in the list of dims {dim}")
    gone = {d for d in dims if shape and shape[d] == 1}
    kind = Squeeze if dim is None else SqueezeDim if isinstance(dim, int) else SqueezeDims
    return kind.apply(input, tuple([n for i, n in enumerate(shape) if i not in gone]))


@numpy_names
def unsqueeze(input: T, dim: int) -> T:
    """With a dimension of size 1 at `dim`."""
    dim = dim_in(dim, input.ndim + 1)
    shape = input.array.shape
    return Unsqueeze.apply(input, (*shape[:dim], 1, *shape[dim:]))


def transpose(input: T, dim0: int, dim1: int) -> T:
    """Two dimensions exchanged."""
    a, b = dim_in(dim0, input.ndim), dim_in(dim1, input.ndim)
    return Transpose.apply(input, a, b)


swapaxes = also_called(axis0="dim0", axis1="dim1")(transpose)


def t(input: T) -> T:
    """The transpose of a matrix; a vector or number as it is."""
    if input.ndim > 2:
        raise OperationError("t", "expects a tensor with <= 2 dimensions", input)
    return Matrix.apply(input, 0, 1) if input.ndim == 2 else Vector.apply(input, input.array.shape)


def one_matrix(x: T) -> T:
    """x itself, a matrix or a number; RuntimeError for any other."""
    if x.array.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {x.array.ndim}-D tensor. For batches of "
            "matrices, consider using tensor.mH"
        )
    return x


def permute(input: T, *order: Any, dims: Any = None) -> T:
    """The dimensions in the order given."""
    if not order and dims is None:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    asked = dims_of(order if dims is None else (dims,))
    places = tuple([dim_in(d, input.ndim) for d in asked])
    if sorted(places) != list(range(input.ndim)):
        raise OperationError("permute", f"expected each of the {input.ndim} dimensions once, got {list(asked)}", input)
    return Permute.apply(input, places)


def movedim(input: T, source: Any, destination: Any) -> T:
    """Dimensions moved to other places; the rest keep their order."""
    froms = [dim_in(d, input.ndim) for d in ((source,) if isinstance(source, int) else source)]
    tos = [dim_in(d, input.ndim) for d in ((destination,) if isinstance(destination, int) else destination)]
    if len(froms) != len(tos) or len(set(froms)) < len(froms) or len(set(tos)) < len(tos):
        raise OperationError(
            "movedim", f"expected as many distinct sources as destinations, got {source} and {destination}", input
        )
    rest = iter([d for d in range(input.ndim) if d not in froms])
    places = dict(zip(tos, froms, strict=True))
    return Permute.apply(input, tuple([places[i] if i in places else next(rest) for i in range(input.ndim)]))


def expand(input: T, *sizes: Any, size: Any = None, implicit: bool = False) -> T:
    """Dimensions of size 1 repeated without a copy; -1 keeps a size; new dimensions may stand in front."""
    shape, old = dims_of(sizes if size is None else (size,)), input.array.shape
    front = len(shape) - len(old)
    full = tuple([old[i - front] if n == -1 and i >= front else n for i, n in enumerate(shape)])
    if front < 0 or any(n < 0 for n in full) or any(a not in (1, b) for a, b in zip(old, full[front:], strict=True)):
        raise OperationError(
            "expand", f"the expanded size of the tensor {list(shape)} must match the existing size {list(old)}", input
        )
    return Expand.apply(input, full)


def view_as(self: T, other: TensorBase) -> T:
    """The same memory in the shape of another tensor."""
    return view(self, other.array.shape)


def reshape_as(self: T, other: TensorBase) -> T:
    """In the shape of another tensor."""
    return reshape(self, other.array.shape)


def expand_as(self: T, other: TensorBase) -> T:
    """Expanded to the shape of another tensor."""
    return expand(self, other.array.shape)


def broadcast_to(input: T, size: Any) -> T:
    """`expand`, as a function."""
    return expand(input, size)


def sum_to_size(input: T, *size: Any) -> T:
    """The sum over the dimensions that broadcasting `size` to the tensor's shape would add or stretch."""
    shape = dims_of(size)
    if shape == input.array.shape and shape:
        return view(input, shape)
    return sum_to(input if input.array.dtype.kind in "fcV" else input._cast(np.dtype(np.int64)), shape)


def sum_to(input: T, shape: tuple[int, ...]) -> T:
    """`sum_to_size` of floats to another shape: what undoes a broadcast."""
    if shape and not _expands_to(shape, input.array.shape):
        problem = f"size {list(shape)} is not expandable to size {list(input.array.shape)}."
        raise OperationError("sum_to_size", problem, input)
    return SumTo.apply(input, shape)


def _expands_to(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    front = len(larger) - len(shape)
    return front >= 0 and all(m in (1, n) for m, n in zip(shape, larger[front:], strict=True))


def narrow(input: T, dim: int, start: Any, length: int) -> T:
    """`length` entries of a dimension, from `start` on."""
    if isinstance(start, TensorBase) and (start.array.ndim or start.array.dtype.kind not in "iu"):
        raise OperationError("narrow", "start must be an 0-dim integral Tensor.", input, start)
    dim, start = dim_in(dim, input.ndim), int(start)
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    n = input.array.shape[dim]
    if not -n <= start <= n:
        raise IndexError(f"start out of range (expected to be in range of [{-n}, {n}], but got {start})")
    start = start + n if start < 0 else start
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return Slice.apply(input, (*[slice(None)] * dim, slice(start, start + length)))


def select(input: T, dim: int, index: int) -> T:
    """One entry of a dimension, without that dimension."""
    if not input.array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = dim_in(dim, input.ndim)
    n = input.array.shape[dim]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(input.shape)} at dimension {dim}"
        )
    return Select.apply(input, (*[slice(None)] * dim, index % n))


def diagonal(input: T, offset: int = 0, dim1: int = 0, dim2: int = 1) -> T:
    """The diagonal of two dimensions, as the last dimension of a view; `offset` > 0 lies above the main one."""
    a, b = dim_in(dim1, input.ndim), dim_in(dim2, input.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return Diagonal.apply(input, offset, a, b)


@numpy_names
def unbind(input: T, dim: int = 0) -> tuple[T, ...]:
    """The entries of a dimension, as a tuple of views."""
    if not input.array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = dim_in(dim, input.ndim)
    keys = tuple([(*[slice(None)] * dim, i) for i in range(input.array.shape[dim])])
    return Unbind.apply(input, keys) if keys else ()


@also_called(split_size="split_size_or_sections")
def split(tensor: T, split_size_or_sections: Any, dim: int = 0) -> tuple[T, ...]:
    """Consecutive pieces of a dimension: of one size (the last may be smaller), or of the sizes listed."""
    if not tensor.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = dim_in(dim, tensor.ndim)
    n = tensor.array.shape[dim]
    whole = isinstance(split_size_or_sections, int)
    if whole:
        step = split_size_or_sections
        if step < 0 or (step == 0 and n):
            raise RuntimeError(f"split expects split_size be non-negative, but got split_size={step}")
        sizes = [min(step, n - i) for i in range(0, n, step)] if n else [0]
    else:
        sizes = [int(s) for s in split_size_or_sections]
        if sum(sizes) != n or any(s < 0 for s in sizes):
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {dim}), "
                f"but got split_sizes={sizes}"
            )
    return (Split if whole else SplitWithSizes).apply(tensor, _pieces(sizes, dim)) if sizes else ()


def _pieces(sizes: Sequence[int], dim: int) -> tuple[Any, ...]:
    """The index of each piece."""
    ends = list(accumulate(sizes))
    return tuple([(*[slice(None)] * dim, slice(e - s, e)) for s, e in zip(sizes, ends, strict=True)])


@numpy_names
def chunk(input: T, chunks: int, dim: int = 0) -> tuple[T, ...]:
    """At most `chunks` pieces of a dimension, of equal size but for the last."""
    if not input.array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    n = input.array.shape[dim_in(dim, input.ndim)]
    return split(input, max(1, -(-n // chunks)), dim)
