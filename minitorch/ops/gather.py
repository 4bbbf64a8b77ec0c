"""Elements at indices along one dimension: gather, scatter, index_select and kin."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..errors import DtypeError, IndexingError, OperationError
from ..kernels import index as kernels
from ..kernels.cast import cast_array, widened
from .arithmetic import no_complex, where
from .base import Op, T, TensorBase, check_apart, inplace
from .view import dim_in, narrow, reshape

__all__ = [
    "gather", "index_add", "index_copy", "index_fill", "index_select", "scatter", "scatter_add", "scatter_reduce",
    "take", "take_along_dim",
]  # fmt: skip


class Gather(Op):
    """y[i][j] = x[index[i][j]][j];  dx = zeros with g added at the indices"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.args = axis, x.array.shape
        return kernels.gather(x.array, axis, index.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        axis, shape = ctx.args
        return put_at(g, index, axis, shape), None, None


class PutAt(Op):
    """Zeros with x added at indices along a dimension: the derivative of Gather;  dx = g gathered"""

    title = "GatherBackward"

    @staticmethod
    def forward(ctx: Any, x: Any, index: Any, axis: int, shape: tuple[int, ...]) -> Any:
        ctx.save_for_backward(index)
        ctx.axis = axis
        y = x._zeros(shape, x.array.dtype).array
        kernels.scatter_add(y, axis, index.array, x.array)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        return Gather.apply(g, ctx.axis, index), None, None, None


def put_at(x: Any, index: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with the values of x added at `index` along a dimension."""
    return PutAt.apply(x, index, axis, shape)


class Scatter(Op):
    """x with src written at the indices;  dx = g, zero there, dsrc = g gathered"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any, src: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.axis, ctx.shape = axis, src.array.shape if isinstance(src, TensorBase) else None
        y = x.array.copy()
        kernels.scatter(y, axis, index.array, src.array if isinstance(src, TensorBase) else src)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        dx = Scatter.apply(g, ctx.axis, index, 0) if ctx.needs_input_grad[0] else None
        dsrc = _widen(Gather.apply(g, ctx.axis, index), ctx.shape) if ctx.needs_input_grad[3] else None
        return dx, None, None, dsrc


class ScatterNumber(Scatter):
    """x with a number written at the indices"""

    title = "Scatter"
    suffix = "Backward1"


class ScatterAdd(Op):
    """x with src added at the indices;  dx = g, dsrc = g gathered"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any, src: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.axis, ctx.shape = axis, src.array.shape
        y = x.array.copy()
        kernels.scatter_add(y, axis, index.array, src.array)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        return g, None, None, _widen(Gather.apply(g, ctx.axis, index), ctx.shape)


def _widen(g: Any, shape: tuple[int, ...]) -> Any:
    """Of a source larger than the index only a corner was used."""
    if g.array.shape == shape:
        return g
    whole = g._zeros(shape, g.array.dtype)
    whole[tuple([slice(n) for n in g.array.shape])] = g
    return whole


class ScatterReduce(Op):
    """x with src reduced into it at the indices, by product, mean, largest or smallest"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any, src: Any, how: str, include_self: bool) -> Any:
        ctx.args = axis, how, include_self
        y = x.array.copy()
        kernels.scatter_reduce(y, axis, index.array, src.array, how, include_self)
        result = x._wrap(y)
        ctx.save_for_backward(x, index, src, result)
        return result

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, index, src, y = ctx.saved_tensors
        axis, how, include_self = ctx.args
        used = src[tuple([slice(n) for n in index.array.shape])]
        dx, dsrc = _REDUCTION_GRADS[how](g, x, index, used, y, axis, include_self)
        if not include_self:
            dx = Scatter.apply(dx, axis, index, 0)
        return dx, None, None, _widen(dsrc, src.array.shape), None, None


def _scatter_sum_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    return g, Gather.apply(g, axis, index)


def _scatter_extreme_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    mine = (x == y).to(g.dtype)
    theirs = (src == Gather.apply(y, axis, index)).to(g.dtype)
    if not include_self:
        mine = Scatter.apply(mine, axis, index, 0)
    count = ScatterAdd.apply(mine, axis, index, theirs)
    share = g / count
    return share * (mine if include_self else 1), Gather.apply(share, axis, index) * theirs


def _scatter_mean_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    ones = g._ones(src.array.shape, g.array.dtype)
    start = g._ones(x.array.shape, g.array.dtype) if include_self else g._zeros(x.array.shape, g.array.dtype)
    share = g / ScatterAdd.apply(start, axis, index, ones).clamp(min=1)
    return share, Gather.apply(share, axis, index)


def _scatter_prod_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    """The product divided by the factor; where that is zero, the product with a one in its place.

    Right to the second derivative where no place has two zeros; else that is an error.
    """

    def product(x: Any, src: Any) -> Any:
        return ScatterReduce.apply(x, axis, index, src, "prod", include_self)

    x1, zero = where(x == 0, 1.0, x), src == 0
    zeros = ScatterAdd.apply(g._zeros(x.array.shape, g.array.dtype), axis, index, zero.to(g.dtype))
    if mode.grad and bool((zeros > 1).any()):
        raise RuntimeError(
            "scatter_reduce(): Double backward is unsupported for src when >1 zeros in src are scattered to the same "
            "position in self"
        )
    alone = zero & (Gather.apply(zeros, axis, index) == 1)
    others = Gather.apply(g * product(x, where(alone, 1.0, src)), axis, index)
    whole = Gather.apply(g * y, axis, index) / where(zero, 1.0, src)
    return g * product(x1, src) / x1, where(alone, others, whole)


_REDUCTION_GRADS = {
    "sum": _scatter_sum_grad,
    "prod": _scatter_prod_grad,
    "mean": _scatter_mean_grad,
    "amax": _scatter_extreme_grad,
    "amin": _scatter_extreme_grad,
}


class IndexSelect(Op):
    """The entries of a dimension at the indices;  dx = zeros with g added there"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.args = axis, x.array.shape
        return kernels.index_select(x.array, axis, index.array.reshape(-1))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        axis, shape = ctx.args
        return IndexAdd.apply(g._zeros(shape, g.array.dtype), axis, index, g), None, None


class IndexAdd(Op):
    """x with the entries of src added at the indices;  dx = g, dsrc = the entries of g there"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any, src: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.axis = axis
        y = x.array.copy()
        kernels.index_add(y, axis, index.array.reshape(-1), src.array)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        return g, None, None, IndexSelect.apply(g, ctx.axis, index)


class IndexCopy(Op):
    """x with the entries of src written at the indices;  dx = g, zero there, dsrc = the entries of g there"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any, src: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.axis = axis
        y = x.array.copy()
        kernels.index_copy(y, axis, index.array.reshape(-1), src.array if isinstance(src, TensorBase) else src)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        dsrc = IndexSelect.apply(g, ctx.axis, index) if ctx.needs_input_grad[3] else None
        return IndexCopy.apply(g, ctx.axis, index, 0), None, None, dsrc


class IndexFill(Op):
    """x with a number written at the indices;  dx = g, zero there, dvalue = Σ of what is missing (the engine sums)"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any, value: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.axis = axis
        y = x.array.copy()
        number = value.array if isinstance(value, TensorBase) else value
        kernels.index_copy(y, axis, index.array.reshape(-1), number)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        kept = IndexFill.apply(g, ctx.axis, index, 0)
        return kept, None, None, g - kept if ctx.needs_input_grad[3] else None


class IndexFillTensor(IndexFill):
    """x with the value of a 0-d tensor written at the indices"""

    title = "IndexFill"
    suffix = "Backward1"


class Take(Op):
    """Elements of the flattened tensor;  dx = zeros with g added there"""

    @staticmethod
    def forward(ctx: Any, x: Any, index: Any) -> Any:
        flat = index._wrap(kernels.flat_index(index.array, x.array.size))
        ctx.save_for_backward(flat)
        ctx.shape = x.array.shape
        return kernels.index_select(x.array.reshape(-1), 0, flat.array).reshape(index.array.shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (flat,) = ctx.saved_tensors
        return reshape(put_at(reshape(g, -1), flat, 0, (math.prod(ctx.shape),)), ctx.shape), None


# ---------------------------------------------------------------- what users call


def _index(name: str, index: Any) -> Any:
    if not isinstance(index, TensorBase):
        raise TypeError(f"{name}(): argument 'index' must be Tensor, not {type(index).__name__}")
    if not index.array.size:
        return index
    if index.array.dtype.kind not in "iu" or index.array.dtype.itemsize < 4:
        raise IndexingError(name, "Expected dtype int32 or int64 for index", index)
    return index


def _places(name: str, x: Any, dim: int, index: Any, src: Any = None) -> int:
    """The dimension, counted from 0, along which `index` looks up x; errors for what does not fit."""
    rank = max(x.array.ndim, 1)
    if rank != max(_index(name, index).array.ndim, 1):
        raise OperationError(name, "Index tensor must have the same number of dimensions as self tensor", x, index)
    axis = dim_in(dim, x.array.ndim)
    if isinstance(src, TensorBase):
        _source(name, x, src)
        if max(src.array.ndim, 1) != rank:
            raise IndexingError(name, "Index tensor must have the same number of dimensions as src tensor", index, src)
    sizes, given = index.array.shape, src.array.shape if isinstance(src, TensorBase) else index.array.shape
    large = any(m > n for d, (m, n) in enumerate(zip(sizes, x.array.shape, strict=False)) if d != axis)
    if index.array.size and (large or any(m > n for m, n in zip(sizes, given, strict=False))):
        raise OperationError(
            name,
            f"Expected index {list(sizes)} to be no larger than self {list(x.array.shape)} apart from dimension {axis}"
            + (f" and to be no larger than src {list(given)}" if isinstance(src, TensorBase) else ""),
            x, index,
        )  # fmt: skip
    return axis


def _source(name: str, x: Any, src: Any) -> Any:
    if isinstance(src, TensorBase) and src.array.dtype is not x.array.dtype:
        raise DtypeError(name, "Expected self.dtype to be equal to src.dtype", x, src)
    return src


def number_in(name: str, x: Any, value: Any) -> Any:
    """A number in the dtype of x; a fraction loses its fraction if x has integers."""
    if not isinstance(value, (bool, int, float, complex, np.generic)):
        raise TypeError(f"{name}(): argument 'value' must be a number or a 0-d Tensor, not {type(value).__name__}")
    dt.check_fits(value, x.array.dtype)
    value = np.asarray(value != 0 if x.array.dtype.kind == "b" else value)
    return widened(cast_array(value, x.array.dtype))


def gather(input: T, dim: int, index: Any, *, sparse_grad: bool = False) -> T:
    """input at the indices along `dim`: out[i][j] = input[index[i][j]][j] for dim 0. The shape is that of index.

    >>> torch.gather(torch.tensor([[1, 2], [3, 4]]), 1, torch.tensor([[0, 0], [1, 0]]))
    tensor([[1, 1],
            [4, 3]])
    """
    if not _index("gather", index).array.size and index.array.ndim != input.array.ndim:
        return reshape(narrow(reshape(input, -1), 0, 0, 0), index.array.shape)
    return Gather.apply(input, _places("gather", input, dim, index), index)


def scatter(input: T, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> T:
    """input with src (a tensor or number) written at the indices along `dim`; reduce="add" or "multiply" combines."""
    src = value if src is None else src
    axis = _places("scatter", input, dim, index, src)
    if not isinstance(src, TensorBase):
        src = number_in("scatter", input, src)
        if reduce is None:
            return ScatterNumber.apply(input, axis, index, src)
        src = input._wrap(src)._cast(input.array.dtype).expand(index.array.shape)
    if reduce is None:
        return Scatter.apply(input, axis, index, src)
    if reduce not in ("add", "multiply"):
        raise RuntimeError(f"scatter: reduce argument must be either add or multiply, got {reduce!r}.")
    return scatter_reduce(input, dim, index, src, "sum" if reduce == "add" else "prod")


def scatter_add(input: T, dim: int, index: Any, src: Any) -> T:
    """input with src added at the indices along `dim`, also where one is repeated."""
    return ScatterAdd.apply(input, _places("scatter_add", input, dim, index, src), index, src)


def scatter_reduce(input: T, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> T:
    """input with src reduced into it at the indices: "sum", "prod", "mean", "amax" or "amin"."""
    if reduce not in _REDUCTION_GRADS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    axis = _places("scatter_reduce", input, dim, index, src)
    if reduce in ("amax", "amin"):
        no_complex("scatter_reduce", input)
    if reduce == "mean" and input.array.dtype.kind == "b":
        raise DtypeError("scatter_reduce", "the mean of bools is not implemented", input, src)
    return ScatterReduce.apply(input, axis, index, src, reduce, include_self)


def take_along_dim(input: T, indices: Any, dim: int | None = None) -> T:
    """input at the indices along `dim` (in the flattened tensor without one); both broadcast in the other dimensions.

    Negative indices count from the end.
    """
    if dim is None:
        return take_along_dim(reshape(input, -1), reshape(indices, -1), 0)
    if input.array.ndim != _index("take_along_dim", indices).array.ndim:
        raise OperationError("take_along_dim", "the same number of dimensions is needed", input, indices)
    axis = dim_in(dim, input.array.ndim)
    pairs = list(zip(input.array.shape, indices.array.shape, strict=True))
    if any(m != n and 1 not in (m, n) for d, (m, n) in enumerate(pairs) if d != axis):
        raise OperationError(
            "take_along_dim", f"the shapes do not broadcast apart from dimension {axis}", input, indices
        )
    wide, shape = [max(m, n) for m, n in pairs], [max(m, n) for m, n in pairs]
    wide[axis], shape[axis] = pairs[axis]
    at = indices._wrap(kernels.flat_index(indices.array, input.array.shape[axis]).reshape(indices.array.shape))
    return gather(input.expand(wide), axis, at.expand(shape))


def index_select(input: T, dim: int, index: Any) -> T:
    """The entries of a dimension at the indices (a vector)."""
    if _index("index_select", index).array.ndim > 1:
        raise IndexingError("index_select", "Index is supposed to be a vector", input, index)
    return IndexSelect.apply(input, dim_in(dim, input.array.ndim), index)


def index_add(input: T, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> T:
    """input with the entries of source, times alpha, added at the indices of a dimension."""
    axis = dim_in(dim, input.array.ndim)
    _check_entries("index_add", input, axis, _index("index_add", index), _source("index_add", input, source))
    if isinstance(alpha, complex):
        alpha = number_in("index_add", input, alpha)
    return IndexAdd.apply(input, axis, index, source if alpha == 1 else source * alpha)


def index_copy(input: T, dim: int, index: Any, source: Any) -> T:
    """input with the entries of source written at the indices of a dimension."""
    axis = dim_in(dim, input.array.ndim)
    _check_entries("index_copy", input, axis, _index("index_copy", index), source)
    return IndexCopy.apply(input, axis, index, _source("index_copy", input, source))


def _check_entries(name: str, x: Any, axis: int, index: Any, source: Any) -> None:
    """The source has one entry for each index, of the shape of the entries of x."""
    if index.array.ndim > 1:
        raise IndexingError(name, "Index is supposed to be a vector", x, index)
    shape = list(x.array.shape)
    if shape:
        shape[axis] = index.array.size
    if list(source.array.shape) != shape:
        raise IndexingError(
            name,
            f"source must have an entry for each of the {index.array.size} indices, so the shape {shape}, not "
            f"{list(source.array.shape)}",
            x, index, source,
        )  # fmt: skip


def index_fill(input: T, dim: int, index: Any, value: Any) -> T:
    """input with a number (or the value of a 0-d tensor) written at the indices of a dimension."""
    axis = dim_in(dim, input.array.ndim)
    if _index("index_fill", index).array.ndim > 1:
        raise IndexingError("index_fill", "Index has to be a vector or number", index)
    if not isinstance(value, TensorBase):
        return IndexFill.apply(input, axis, index, number_in("index_fill", input, value))
    if value.array.ndim:
        raise OperationError("index_fill", "only supports a 0-dimensional value tensor", value)
    return IndexFillTensor.apply(input, axis, index, value.to(input.dtype))


def take(input: T, index: Any) -> T:
    """Elements of the flattened tensor, in the shape of index (int64); negative indices count from the end."""
    if index.array.dtype != np.int64:
        raise DtypeError("take", "Expected a long tensor for index", index)
    return Take.apply(input, index)


scatter_, scatter_add_, scatter_reduce_ = map(inplace, (scatter, scatter_add, scatter_reduce))


def _from_elsewhere(function: Any) -> Any:
    """The in-place form of an operation whose source must not lie in the memory that is written."""
    write = inplace(function)

    @functools.wraps(write)
    def checked(self: Any, dim: Any, index: Any, source: Any, **options: Any) -> Any:
        if isinstance(source, TensorBase):
            check_apart(self, source, write.__name__, same=False)
        return write(self, dim, index, source, **options)

    return checked


index_add_, index_copy_ = _from_elsewhere(index_add), _from_elsewhere(index_copy)
index_fill_ = inplace(index_fill)
