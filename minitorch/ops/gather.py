"""Elements at indices along one dimension: gather, scatter, index_select and kin, embedding."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import mode
from ..errors import DtypeError, OperationError
from ..kernels import index as kernels
from .base import Op, T, TensorBase, inplace
from .view import dim_in, reshape


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
        rule = (
            _scatter_extreme_grad
            if how in ("amax", "amin")
            else _scatter_mean_grad
            if how == "mean"
            else _scatter_prod_grad
        )
        dx, dsrc = rule(g, x, index, src, y, axis, include_self)
        return dx, None, None, dsrc, None, None


def _scatter_extreme_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    mine = (x == y).to(g.dtype)
    theirs = (src == gather(y, axis, index)).to(g.dtype)
    if not include_self:
        mine = Scatter.apply(mine, axis, index, 0)
    share = g / ScatterAdd.apply(mine, axis, index, theirs)
    return share * mine, gather(share, axis, index) * theirs


def _scatter_mean_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    ones = g._ones(src.array.shape, g.array.dtype)
    start = g._ones(x.array.shape, g.array.dtype)
    if not include_self:
        start = Scatter.apply(start, axis, index, 0)
    count = ScatterAdd.apply(start, axis, index, ones).clamp(min=1)
    share = g / count
    return (share if include_self else Scatter.apply(share, axis, index, 0)), gather(share, axis, index)


def _scatter_prod_grad(g: Any, x: Any, index: Any, src: Any, y: Any, axis: int, include_self: bool) -> Any:
    dx = g * y / x if include_self else Scatter.apply(g, axis, index, 0)
    return dx, gather(g * y, axis, index) / src


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


class IndexFill(IndexCopy):
    """x with a number written at the indices;  dx = g, zero there"""


class Embedding(Op):
    """The rows of a table;  dtable = the gradients summed by row"""

    @staticmethod
    def forward(ctx: Any, table: Any, index: Any, padding: int) -> Any:
        ctx.save_for_backward(index)
        ctx.args = table.array.shape[0], padding
        return kernels.embedding(table.array, index.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        return EmbeddingGrad.apply(g, index, *ctx.args), None, None


class EmbeddingGrad(Op):
    """Gradients summed by row: the derivative of Embedding;  dg = the rows of the gradient"""

    title = "EmbeddingDenseBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, index: Any, rows: int, padding: int) -> Any:
        ctx.save_for_backward(index)
        ctx.padding = padding
        return kernels.embedding_grad(g.array, index.array, rows, padding)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        rows = Embedding.apply(g, index, ctx.padding)
        if ctx.padding >= 0:
            rows = rows * (index != ctx.padding).unsqueeze(-1)
        return rows, None, None, None


# ---------------------------------------------------------------- what users call


def _index(name: str, index: Any) -> Any:
    if not isinstance(index, TensorBase) or index.array.dtype.kind not in "iu" or index.array.dtype.itemsize < 4:
        raise DtypeError(name, "Expected dtype int64 for index", index)
    return index


def _same_rank(name: str, x: Any, index: Any) -> None:
    if max(x.array.ndim, 1) != max(index.array.ndim, 1):
        raise OperationError(name, "Index tensor must have the same number of dimensions as self tensor", x, index)


def _source(name: str, x: Any, src: Any) -> Any:
    if isinstance(src, TensorBase) and src.array.dtype is not x.array.dtype:
        raise DtypeError(name, "Expected self.dtype to be equal to src.dtype", x, src)
    return src


def gather(input: T, dim: int, index: Any, *, sparse_grad: bool = False) -> T:
    """input at the indices along `dim`: out[i][j] = input[index[i][j]][j] for dim 0. The shape is that of index."""
    _same_rank("gather", input, _index("gather", index))
    axis = dim_in(dim, input.array.ndim)
    sizes = zip(index.array.shape, input.array.shape, strict=False)
    if any(m > n for d, (m, n) in enumerate(sizes) if d != axis):
        raise OperationError(
            "gather",
            f"Size does not match at dimension: expected index to be smaller than self apart from dimension {axis}",
            input,
            index,
        )
    return Gather.apply(input, axis, index)


def scatter(input: T, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> T:
    """input with src (a tensor or number) written at the indices along `dim`; reduce="add" or "multiply" combines."""
    src = value if src is None else src
    _same_rank("scatter", input, _index("scatter", index))
    axis = dim_in(dim, input.array.ndim)
    if reduce is None:
        return Scatter.apply(input, axis, index, _source("scatter", input, src))
    full = src if isinstance(src, TensorBase) else input._zeros(index.array.shape, input.array.dtype) + src
    return scatter_reduce(input, dim, index, full, {"add": "sum", "multiply": "prod"}[reduce])


def scatter_add(input: T, dim: int, index: Any, src: Any) -> T:
    """input with src added at the indices along `dim`, also where one is repeated."""
    _same_rank("scatter_add", input, _index("scatter_add", index))
    return ScatterAdd.apply(input, dim_in(dim, input.array.ndim), index, _source("scatter_add", input, src))


def scatter_reduce(input: T, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> T:
    """input with src reduced into it at the indices: "sum", "prod", "mean", "amax" or "amin"."""
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}.")
    _same_rank("scatter_reduce", input, _index("scatter_reduce", index))
    axis = dim_in(dim, input.array.ndim)
    if reduce == "sum":
        start = input if include_self else Scatter.apply(input, axis, index, 0)
        return ScatterAdd.apply(start, axis, index, src)
    return ScatterReduce.apply(input, axis, index, _source("scatter_reduce", input, src), reduce, include_self)


def take_along_dim(input: T, indices: Any, dim: int | None = None) -> T:
    """input at the indices along `dim` (in the flattened tensor without one); both broadcast in the other dimensions."""
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    axis = dim_in(dim, input.array.ndim)
    pairs = list(zip(input.array.shape, indices.array.shape, strict=True))
    shape = [max(m, n) for m, n in pairs]
    wide = input.expand([m if d == axis else n for d, (n, (m, _)) in enumerate(zip(shape, pairs, strict=True))])
    return gather(
        wide,
        axis,
        indices.expand([k if d == axis else n for d, (n, (_, k)) in enumerate(zip(shape, pairs, strict=True))]),
    )


def index_select(input: T, dim: int, index: Any) -> T:
    """The entries of a dimension at the indices (a vector)."""
    if _index("index_select", index).array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    return IndexSelect.apply(input, dim_in(dim, input.array.ndim), index)


def index_add(input: T, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> T:
    """input with the entries of source, times alpha, added at the indices of a dimension."""
    axis = dim_in(dim, input.array.ndim)
    _check_entries("index_add", input, axis, _index("index_add", index), source)
    return IndexAdd.apply(input, axis, index, _source("index_add", input, source) if alpha == 1 else source * alpha)


def index_copy(input: T, dim: int, index: Any, source: Any) -> T:
    """input with the entries of source written at the indices of a dimension."""
    axis = dim_in(dim, input.array.ndim)
    _check_entries("index_copy", input, axis, _index("index_copy", index), source)
    return IndexCopy.apply(input, axis, index, _source("index_copy", input, source))


def _check_entries(name: str, x: Any, axis: int, index: Any, source: Any) -> None:
    count = source.array.shape[axis] if source.array.ndim else 1
    if count != index.array.size:
        raise OperationError(
            name,
            f"Number of indices ({index.array.size}) should be equal to source.size(dim) ({count})",
            x,
            index,
            source,
        )


def index_fill(input: T, dim: int, index: Any, value: Any) -> T:
    """input with a number written at the indices of a dimension."""
    number = value.item() if isinstance(value, TensorBase) else value
    return IndexFill.apply(input, dim_in(dim, input.array.ndim), _index("index_fill", index), number)


def take(input: T, index: Any) -> T:
    """Elements of the flattened tensor, in the shape of index; negative indices count from the end."""
    flat = reshape(input, -1)
    checked = index._wrap(kernels.flat_index(index.array, flat.array.size))
    return reshape(IndexSelect.apply(flat, 0, checked), index.array.shape)


def embedding(
    input: Any, weight: T, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> T:  # fmt: skip
    """Row i of weight (rows, dim) for every integer i of input: (...) -> (..., dim).

    The gradient of row `padding_idx` is zero. `max_norm` shrinks rows in place, before they are looked up. IndexError if
    an index is out of range.
    """
    rows = weight.array.shape[0]
    if _index("embedding", input) is not None and padding_idx is not None and not -rows <= padding_idx < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")
    if scale_grad_by_freq or sparse:
        raise NotImplementedError("embedding: scale_grad_by_freq and sparse gradients are not supported")
    if max_norm is not None:
        shrink_rows(weight, input, max_norm, norm_type)
    return Embedding.apply(weight, input, -1 if padding_idx is None else padding_idx % rows)


def shrink_rows(weight: Any, index: Any, max_norm: float, p: float) -> None:
    """Scale the rows that are looked up down to `max_norm`, in place and unrecorded."""
    record, mode.grad = mode.grad, False
    try:
        used = index.reshape(-1).unique()
        norm = weight[used].norm(p, 1, keepdim=True)
        weight[used] = weight[used] * (max_norm / (norm + 1e-7)).clamp(max=1.0)
    finally:
        mode.grad = record


scatter_, scatter_add_, scatter_reduce_ = map(inplace, (scatter, scatter_add, scatter_reduce))
index_add_, index_copy_, index_fill_ = map(inplace, (index_add, index_copy, index_fill))
