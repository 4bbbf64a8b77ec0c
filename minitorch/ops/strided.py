"""Views by strides and windows, parts written into copies, diagonals, and changes of a tensor's own shape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.grad_mode import mode
from ..autograd.node import rename
from ..autograd.views import check_writable
from ..errors import OperationError
from ..kernels import rearrange, reduce
from ..kernels import resample as windows
from ..kernels import strided as kernels
from ..storage import TypedStorage, UntypedStorage
from . import view as V
from .arithmetic import refuse
from .autocast import in_float32
from .base import Op, T, TensorBase, numbers, overlaps_itself, overwrite, shown_as
from .copying import clone
from .join import flip
from .view import Diagonal, PlaceDiagonal, Slice, ViewOp, dim_in, dims_of, reshape, split

__all__ = [
    "as_strided", "as_strided_", "as_strided_scatter", "diag", "diag_embed", "diagflat", "diagonal_scatter", "dsplit",
    "hsplit", "narrow_copy", "ravel", "resize_as_", "select_scatter", "slice_scatter", "split_with_sizes",
    "tensor_split", "trace", "vsplit",
]  # fmt: skip


class AsStrided(ViewOp):
    """The same memory with other strides;  dx = g put back, where elements overlap their sum"""

    @staticmethod
    def forward(ctx: Any, x: Any, size: Any, stride: Any, offset: int) -> Any:
        row = kernels.memory(x.storage.array, x.array.dtype)
        ctx.args = (size, stride, offset), kernels.geometry(x.array, row), row.size, overlaps_itself(x.array)
        return kernels.strided(row, size, stride, offset)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Restride.apply(g, *ctx.args), None, None, None


class Restride(Op):
    """Elements put into zeros by one geometry and read by another: the derivative of AsStrided"""

    title = "AsStridedBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, source: Any, target: Any, count: int, share: bool) -> Any:
        ctx.args = target, source, count, False
        return kernels.moved(g.array, source, target, count, share)

    @staticmethod
    def backward(ctx: Any, gg: Any) -> Any:
        return Restride.apply(gg, *ctx.args), None, None, None, None


class Unfold(ViewOp):
    """Windows of a dimension, as a view;  dx = the windows' gradients added where they lie"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, size: int, step: int) -> Any:
        ctx.args = x.array.shape, axis, size, step
        return windows.windows(x.array, axis, size, step)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return UnfoldGrad.apply(g, *ctx.args), None, None, None


class UnfoldGrad(Op):
    """Windows added where they lie;  dx = the windows of g"""

    title = "UnfoldBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, shape: Any, axis: int, size: int, step: int) -> Any:
        ctx.args = axis, size, step
        return windows.from_windows(g.array, shape, axis, step)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Unfold.apply(g, *ctx.args), None, None, None, None


# ---------------------------------------------------------------- what users call


def as_strided(input: T, size: Any, stride: Any, storage_offset: int | None = None) -> T:
    """A view of the tensor's storage with this size, these strides and this offset, all in elements.

    RuntimeError where it would reach beyond the storage.
    """
    size, stride = dims_of((size,)), dims_of((stride,))
    offset = input.storage_offset() if storage_offset is None else int(storage_offset)
    if len(size) != len(stride):
        raise OperationError("as_strided", f"mismatch in length of strides {stride} and shape {size}", input)
    if offset < 0 or any(s < 0 for s in stride):
        raise OperationError(
            "as_strided", f"expected strides and an offset of 0 or more, got {stride} and {offset}", input
        )
    count = kernels.memory(input.storage.array, input.array.dtype).size
    if kernels.reach(size, stride, offset) > count:
        raise OperationError(
            "as_strided",
            f"size {size}, strides {stride} and offset {offset} are out of bounds for storage of {count} elements",
            input,
        )
    return AsStrided.apply(input, size, stride, offset)


def unfold(input: T, dimension: int, size: int, step: int) -> T:
    """Windows of `size` elements of a dimension, `step` apart: a view, the elements of a window in a new last
    dimension.

    >>> torch.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    axis = dim_in(dimension, input.array.ndim)
    x = input if input.array.ndim else reshape(input, 1)
    n = x.array.shape[axis]
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not 0 <= size <= n:
        raise RuntimeError(f"maximum size for tensor at dimension {dimension} is {n} but size is {size}")
    y = Unfold.apply(x, axis, size, step)
    return y if input.array.ndim else y.squeeze(0)


def ravel(input: T) -> T:
    """All elements as a vector: a view where that is possible."""
    return reshape(input, -1)


# ---------------------------------------------------------------- pieces


def _cuts(sections: Any, n: int) -> list[int]:
    """The sizes of pieces: `sections` equal ones (the first ones larger), or cut at the indices."""
    if isinstance(sections, int):
        return [n // sections + (i < n % sections) for i in range(sections)]
    ends = [slice(0, int(i)).indices(n)[1] for i in sections] + [n]
    starts = [0, *ends[:-1]]
    return [max(e - s, 0) for s, e in zip(starts, ends, strict=True)]


def tensor_split(input: T, indices_or_sections: Any, dim: int = 0) -> tuple[T, ...]:
    """Pieces of a dimension: a number of nearly equal ones, or cut at indices."""
    if not input.array.ndim:
        raise OperationError("tensor_split", "expected at least a 1-dimensional tensor", input)
    axis = dim_in(dim, input.array.ndim)
    given = indices_or_sections
    if isinstance(given, TensorBase):
        if given.array.dtype != np.int64:
            raise OperationError("tensor_split", "expected tensor_indices_or_sections to be of type int64", given)
        given = given.array.tolist()
    if isinstance(given, int) and given <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {given}")
    n = input.array.shape[axis]
    sizes = _cuts(given, n)
    if isinstance(given, int):
        starts = [0, *itertools.accumulate(sizes[:-1])]
    else:
        starts = [0, *[slice(int(i), None).indices(n)[0] for i in given]]
    return tuple([V.narrow(input, axis, s, size) for s, size in zip(starts, sizes, strict=True)])


def _split_along(name: str, input: Any, sections: Any, dim: int, least: int) -> Any:
    if input.array.ndim < least:
        raise OperationError(
            name, f"requires a tensor with at least {least} dimension{'s' if least > 1 else ''}", input
        )
    n = input.array.shape[dim]
    if isinstance(sections, str):
        raise TypeError(f"{name}(): expected a number of sections or a list of indices, got {sections!r}")
    if isinstance(sections, int) and (sections <= 0 or n % sections):
        raise RuntimeError(
            f"{name} attempted to split along dimension {dim}, but the size of the dimension {n} is not divisible by "
            f"the split_size {sections}!"
        )
    return tensor_split(input, sections, dim)


def hsplit(input: T, indices_or_sections: Any) -> tuple[T, ...]:
    """Pieces side by side: of dimension 1, of a vector dimension 0."""
    return _split_along("hsplit", input, indices_or_sections, 0 if input.array.ndim == 1 else 1, 1)


def vsplit(input: T, indices_or_sections: Any) -> tuple[T, ...]:
    """Pieces of dimension 0, of two dimensions at least."""
    return _split_along("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: T, indices_or_sections: Any) -> tuple[T, ...]:
    """Pieces of dimension 2."""
    return _split_along("dsplit", input, indices_or_sections, 2, 3)


def split_with_sizes(input: T, split_sizes: Sequence[int], dim: int = 0) -> tuple[T, ...]:
    """Consecutive pieces of a dimension, of the sizes listed."""
    return split(input, list(split_sizes), dim)


@shown_as("NarrowCopyBackward0")
def narrow_copy(input: T, dim: int, start: Any, length: int) -> T:
    """A copy of `length` entries of a dimension, from `start` on."""
    return clone(V.narrow(input, dim, start, length))


# ---------------------------------------------------------------- parts written into a copy


class ScatterPart(Op):
    """x with src at an index;  dx = g, zero there, dsrc = g there"""

    @staticmethod
    def forward(ctx: Any, x: Any, src: Any, part: Any, args: Any) -> Any:
        y = x.array.copy()
        part.forward(ctx, x._wrap(y), *args)[...] = src.array
        ctx.part, ctx.args = part, args
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        need_x, need_src, _, _ = ctx.needs_input_grad
        own = ctx.part.apply(clone(g).contiguous() if ctx.part is AsStrided else g, *ctx.args)
        dx = ScatterPart.apply(g, own * 0, ctx.part, ctx.args) if need_x else None
        return dx, own if need_src else None, None, None


class SelectScatter(ScatterPart):
    """x with src at one index of a dimension"""


class SliceScatter(ScatterPart):
    """x with src at a slice of a dimension"""


class DiagonalScatter(ScatterPart):
    """x with src on a diagonal"""


class AsStridedScatter(ScatterPart):
    """x with src where a view by strides lies"""


def _scattered(name: str, function: Any, x: Any, src: Any, view: Any, part: Any, *args: Any) -> Any:
    if view.array.shape != src.array.shape:
        raise OperationError(name, f"expected src to have a size equal to the slice of self {list(view.shape)}", x, src)
    return function.apply(x, src.to(x.dtype), part, args)


def select_scatter(input: T, src: T, dim: int, index: int) -> T:
    """input with src written at one index of a dimension."""
    axis = dim_in(dim, input.array.ndim)
    key = (*[slice(None)] * axis, index)
    return _scattered("select_scatter", SelectScatter, input, src, V.select(input.detach(), dim, index), Slice, key)


def slice_scatter(input: T, src: T, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> T:
    """input with src written at a slice of a dimension."""
    key = (*[slice(None)] * dim_in(dim, input.array.ndim), slice(start, end, step))
    return _scattered("slice_scatter", SliceScatter, input, src, input.detach()[key], Slice, key)


def diagonal_scatter(input: T, src: T, offset: int = 0, dim1: int = 0, dim2: int = 1) -> T:
    """input with src written on a diagonal."""
    a, b = dim_in(dim1, input.array.ndim), dim_in(dim2, input.array.ndim)
    place = V.diagonal(input.detach(), offset, a, b)
    return _scattered("diagonal_scatter", DiagonalScatter, input, src, place, Diagonal, offset, a, b)


def as_strided_scatter(input: T, src: T, size: Any, stride: Any, storage_offset: int | None = None) -> T:
    """input with src written where `as_strided` of its copy would lie."""
    whole = clone(input).contiguous()
    offset = 0 if storage_offset is None else storage_offset
    place = as_strided(whole.detach(), size, stride, offset)
    args = (dims_of((size,)), dims_of((stride,)), offset)
    return _scattered("as_strided_scatter", AsStridedScatter, whole, src, place, AsStrided, *args)


# ---------------------------------------------------------------- diagonals


class DiagEmbed(PlaceDiagonal):
    """Zeros with x on a diagonal"""

    title = "DiagEmbed"


def diag_embed(input: T, offset: int = 0, dim1: int = -2, dim2: int = -1) -> T:
    """Matrices of zeros with the last dimension of input on a diagonal: (..., n) → (..., n, n)."""
    if not input.array.ndim:
        raise IndexError("diag_embed: Dimension specified as -1 but tensor has no dimensions")
    n = input.array.ndim + 1
    a, b = dim_in(dim1, n), dim_in(dim2, n)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    side = input.array.shape[-1] + abs(offset)
    rest = iter(input.array.shape[:-1])
    shape = tuple([side if d in (a, b) else next(rest) for d in range(n)])
    # a diagonal lies between its dimensions in the order given
    return DiagEmbed.apply(input, shape, offset, a, b)


def diag(input: T, diagonal: int = 0) -> T:
    """The diagonal of a matrix, as a copy; of a vector the matrix with it on the diagonal."""
    if input.array.ndim == 1:
        return diag_embed(input, diagonal)
    if input.array.ndim != 2:
        raise OperationError("diag", "Supports 1D or 2D tensors", input)
    return clone(V.diagonal(input, diagonal))


def diagflat(input: T, offset: int = 0) -> T:
    """The matrix with all elements on a diagonal."""
    return diag_embed(reshape(input, -1), offset)


class Trace(Op):
    """y = Σ x on the diagonal;  dx = g on the diagonal"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.shape = x.array.shape
        return reduce.sum(rearrange.diagonal(x.array, 0, 0, 1), (0,), False)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        n = min(ctx.shape)
        return PlaceDiagonal.apply(V.expand(g, n), ctx.shape, 0, 0, 1)


@in_float32
def trace(input: T) -> T:
    """The sum of the diagonal of a matrix."""
    if input.array.ndim != 2:
        raise OperationError("trace", "expected a matrix", input)
    refuse("trace", "b", input)
    return Trace.apply(input)


def fill_diagonal_(self: T, fill_value: float, wrap: bool = False) -> T:
    """Write a number to the main diagonal; `wrap`: of a tall matrix, again after every n + 1 rows."""
    shape = self.array.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        raise OperationError(
            "fill_diagonal_", "expected a matrix, or a tensor with all dimensions of equal length", self
        )
    if len(shape) == 2 and wrap and shape[0] > shape[1] > 0:
        for start in range(0, shape[0], shape[1] + 1):
            V.diagonal(V.narrow(self, 0, start, shape[0] - start)).fill_(fill_value)
    else:
        as_strided(self, (min(shape),), (sum(self.stride()),), self.storage_offset()).fill_(fill_value)
    return self


# ---------------------------------------------------------------- a tensor's own shape


def _reformed(self: Any, name: str, function: Any, *args: Any) -> Any:
    """The tensor itself becomes the view that `function` makes of it."""
    check_writable(self)
    result = function(self, *args)
    if result._edge is not None and result._edge != self._edge:
        node = result._edge[0]
        kind, _, number = node.name().partition("Backward")
        rename(node, f"{kind}Backward{int(number) + (3 if kind == 'Squeeze' else 1)}")  # those in place come after
    self.storage.written(name)
    self.array = result.array
    if mode.grad:
        self._edge, self._requires_grad = result._edge, result._requires_grad
    if self._view is not None:
        self._view = result._view
        self._view.version = self.storage.version
    return self


def squeeze_(self: T, dim: Any = None) -> T:
    """Leave out the dimensions of size 1 (or those given) of the tensor itself."""
    return _reformed(self, "squeeze_", V.squeeze, dim)


def unsqueeze_(self: T, dim: int) -> T:
    """Give the tensor itself a dimension of size 1."""
    return _reformed(self, "unsqueeze_", V.unsqueeze, dim)


def transpose_(self: T, dim0: int, dim1: int) -> T:
    """Exchange two dimensions of the tensor itself."""
    return _reformed(self, "transpose_", V.transpose, dim0, dim1)


def t_(self: T) -> T:
    """Transpose the tensor itself, a matrix at most."""
    return _reformed(self, "t_", V.t)


def as_strided_(self: T, size: Any, stride: Any, storage_offset: int | None = None) -> T:
    """See the tensor's own storage with other strides."""
    return _reformed(self, "as_strided_", as_strided, size, stride, storage_offset)


def resize_(self: Any, *sizes: Any, memory_format: Any = None) -> Any:
    """Another shape for the tensor itself: elements in row-major order, cut off, or with room not filled at the end."""
    shape = dims_of(sizes)
    if self.tracked():
        raise RuntimeError("cannot resize variables that require grad")
    if any(n < 0 for n in shape):
        raise RuntimeError(f"resize_: Trying to create tensor with negative dimension: {list(shape)}")
    count, offset = math.prod(shape), self.storage_offset()
    row = kernels.memory(self.storage.array, self.array.dtype)
    if offset + count > row.size:
        self.data = self._wrap(kernels.grown(row[offset:], shape))
    else:
        steps = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
        self.array = kernels.strided(row, shape, steps, offset)
    return self


def resize_as_(self: T, the_template: Any, memory_format: Any = None) -> T:
    """`resize_` to the shape of another tensor."""
    return resize_(self, *the_template.shape)


def apply_(self: T, callable: Any) -> T:
    """Call a Python function on every element and write what it returns; slow, for tensors that need no gradient."""
    if self.tracked():
        raise RuntimeError("Can't call apply_() on Variable that requires grad. Use var.detach().apply_() instead.")
    return overwrite(self, self._wrap(kernels.applied(callable, numbers(self))), "apply_")


def set_(self: T, source: Any = None, storage_offset: int | None = None, size: Any = None, stride: Any = None) -> T:
    """Become another tensor's memory, shape and strides (or, without one, empty).

    Of a storage: its elements from `storage_offset` on, in this size and these strides (all of them without a size).
    """
    check_writable(self)
    if isinstance(source, (TypedStorage, UntypedStorage)):
        source = _of_storage(self, source)
    if size is not None:
        shape = tuple(size)
        strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))] if stride is None else stride
        source = as_strided(source, shape, strides, storage_offset or 0)
    source = self._wrap(np.empty(0, self.array.dtype)) if source is None else source
    if source.array.dtype != self.array.dtype:
        raise RuntimeError(f"Could not set tensor of type {source.dtype} to a tensor of type {self.dtype}")
    self.array, self._storage = source.array, source.storage
    self.storage.written("set_")
    return self


def _of_storage(like: Any, storage: Any) -> Any:
    """All elements of a storage as a vector of this tensor's dtype, in its memory."""
    if isinstance(storage, TypedStorage) and storage.dtype is not like.dtype:
        raise RuntimeError(f"Expected a Storage of type {like.dtype} or an UntypedStorage, but got {storage.dtype}")
    memory = storage._storage.memory()
    x = like._wrap(memory if memory.dtype == like.array.dtype else memory.view(like.array.dtype))
    x._storage = storage._storage
    return x


def is_set_to(self: T, tensor: Any) -> bool:
    """Whether another tensor is at the same place of the same memory, in the same shape and strides."""
    a, b = self.array, tensor.array
    alike = self.storage is tensor.storage and self.data_ptr() == tensor.data_ptr()
    return alike and (a.shape, a.strides) == (b.shape, b.strides)


def contains(self: T, element: Any) -> bool:
    """Whether an element equals a number or a 0-d tensor."""
    if not isinstance(element, (TensorBase, int, float, complex, np.generic)):
        raise RuntimeError(f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}.")
    return bool((self == element).any().item())


def reverse(self: T) -> T:
    """The first dimension flipped; a 0-d tensor is itself."""
    return flip(self, 0) if self.array.ndim else self


def map_(self: T, other: Any, callable: Any) -> T:
    """Call a Python function on the elements of both and write what it returns; slow."""
    if self.tracked() or other.tracked():
        raise RuntimeError("Can't call map_() on Variable that requires grad. Use var.detach().map_() instead.")
    arrays = numbers(self), numbers(V.expand(other, self.shape))
    return overwrite(self, self._wrap(kernels.applied(callable, *arrays)), "map_")
