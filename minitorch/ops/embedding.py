"""Tables of vectors looked up by number: one by one, and in bags."""

from __future__ import annotations

from typing import Any

from .. import dtypes as dt
from ..autograd.grad_mode import mode as grad_mode
from ..errors import DtypeError, OperationError
from ..kernels import index as kernels
from .base import Op, T, TensorBase, numbers, shown_as
from .gather import gather
from .sort import bincount
from .view import unsqueeze

__all__ = ["embedding"]


class Embedding(Op):
    """The rows of a table;  dtable = the gradients summed by row, with `by_freq` over how often a row was used"""

    @staticmethod
    def forward(ctx: Any, table: Any, index: Any, padding: int, by_freq: bool) -> Any:
        ctx.save_for_backward(index)
        ctx.args, ctx.by_freq = (table.array.shape[0], padding), by_freq
        return kernels.embedding(table.array, index.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        if ctx.by_freq:
            share = kernels.inverse_frequencies(index.array, ctx.args[0], g.array.dtype)
            g = g * unsqueeze(g._wrap(share), -1)
        return EmbeddingGrad.apply(g, index, *ctx.args), None, None, None


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
        rows = Embedding.apply(g, index, ctx.padding, False)
        if ctx.padding >= 0:
            rows = rows * (index != ctx.padding).unsqueeze(-1)
        return rows, None, None, None


# ---------------------------------------------------------------- what users call


def _check(name: str, index: Any, rows: int, padding: int | None) -> None:
    if not isinstance(index, TensorBase) or index.array.dtype.kind not in "iu" or index.array.dtype.itemsize < 4:
        raise DtypeError(name, "Expected dtype int64 for index", index)
    if padding is not None and not -rows <= padding < rows:
        raise AssertionError("Padding_idx must be within num_embeddings")


def embedding(
    input: Any, weight: T, padding_idx: int | None = None, max_norm: float | None = None, norm_type: float = 2.0,
    scale_grad_by_freq: bool = False, sparse: bool = False,
) -> T:  # fmt: skip
    """Row i of weight (rows, dim) for every integer i of input: (...) -> (..., dim).

    The gradient of row `padding_idx` is zero. `max_norm` shrinks rows in place, before they are looked up.
    `scale_grad_by_freq` divides the gradient of a row by how often it is in the input. IndexError if an index is out of
    range. A `sparse` gradient is dense here.

    >>> torch.nn.functional.embedding(torch.tensor([1, 0]), torch.eye(2))
    tensor([[0., 1.],
            [1., 0.]])
    """
    if weight.array.ndim != 2:
        raise OperationError("embedding", "'weight' must be 2-D", weight)
    rows = weight.array.shape[0]
    _check("embedding", input, rows, padding_idx)
    if max_norm is not None:
        shrink_rows(weight, input, max_norm, norm_type)
    return Embedding.apply(weight, input, -1 if padding_idx is None else padding_idx % rows, scale_grad_by_freq)


def shrink_rows(weight: Any, index: Any, max_norm: float, p: float) -> None:
    """Scale the rows that are looked up down to `max_norm`, in place and unrecorded."""
    record, grad_mode.grad = grad_mode.grad, False
    try:
        used = index.reshape(-1).unique()
        norm = weight[used].norm(p, 1, keepdim=True)
        weight[used] = weight[used] * (max_norm / (norm + 1e-7)).clamp(max=1.0)
    finally:
        grad_mode.grad = record


# ---------------------------------------------------------------- bags


def _check_bags(input: Any, offsets: Any, mode: str, weights: Any, by_freq: bool, sparse: bool) -> None:
    if input.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.ndim}")
    if input.ndim == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
            f"sequences. However, found offsets of type {type(offsets)}"
        )
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        raise ValueError(f"offsets has to be a 1D Tensor{' but got None' if offsets is None else ''}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and (by_freq or sparse):
        what = "scaling the gradient by the frequency" if by_freq else "sparse weights"
        raise ValueError(f"max mode does not support {what}")
    if weights is not None and weights.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({list(weights.shape)}) is not None, then it must have the same "
            f"shape as the input ({list(input.shape)})"
        )
    if weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' "
            f"(got mode='{mode}')."
        )


def _bags(input: Any, offsets: Any, include_last_offset: bool) -> tuple[Any, Any, int]:
    """The indices in a row, for each the number of its bag, and how many bags there are."""
    if input.ndim == 2:
        count, length = input.array.shape
        starts = [i * length for i in range(count)]
    else:
        starts = offsets.tolist()
        starts = starts[:-1] if include_last_offset else starts
        _check_offsets(offsets.tolist(), input.array.size)
    flat = input.reshape(-1)
    return flat, flat._wrap(kernels.bag_numbers(starts, flat.array.size)), len(starts)


def _check_offsets(offsets: list[int], size: int) -> None:
    if offsets and offsets[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from position 0. "
            f"However, got {offsets[0]}"
        )
    if offsets and offsets[-1] > size:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {size}, got offsets[-1] of {offsets[-1]}"
        )


@shown_as("EmbeddingBagBackward0")
def embedding_bag(
    input: Any, weight: T, offsets: Any = None, max_norm: float | None = None, norm_type: float = 2,
    scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, per_sample_weights: Any = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> T:  # fmt: skip
    """The sum, mean or largest of the rows of weight that are in a bag: (bags, dim).

    input (bags, n), or (n) where bag i begins at offsets[i] (`include_last_offset`: the last offset is the end). Each
    row times its per_sample_weights, with "sum". Rows `padding_idx` do not count. An empty bag is 0.

    >>> torch.nn.functional.embedding_bag(torch.tensor([0, 1, 1]), torch.eye(2), torch.tensor([0, 1]), mode="sum")
    tensor([[1., 0.],
            [0., 2.]])
    """
    rows = weight.array.shape[0]
    _check("embedding_bag", input, rows, padding_idx)
    if weight.array.dtype.kind not in "fV":
        raise DtypeError("embedding_bag", "expected a floating-point weight", weight)
    _check_bags(input, offsets, mode, per_sample_weights, scale_grad_by_freq, sparse)
    index, bag, count = _bags(input, offsets, include_last_offset)
    if padding_idx is not None:
        kept = (index != padding_idx % rows).nonzero().reshape(-1)
        index, bag = index[kept], bag[kept]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)[kept]
    if max_norm is not None:
        shrink_rows(weight, index, max_norm, norm_type)
    try:
        found = Embedding.apply(weight, index, -1, scale_grad_by_freq)
    except IndexError as error:  # as in PyTorch, whose `embedding` raises the other
        raise RuntimeError(f"embedding_bag: Expected idx >= 0 && idx < num_embeddings, {rows}: {error}") from None
    if mode == "max":
        return _largest(found, bag, count)
    if per_sample_weights is not None:
        found = found * per_sample_weights.reshape(-1, 1)
    total = EmbeddingGrad.apply(found, bag, count, -1)
    if mode == "sum":
        return total
    shares = total._wrap(kernels.bag_shares(bag.array, count, dt.wide(total.array.dtype)))
    return (total * shares)._cast(total.array.dtype)


def bag_facts(
    weight: Any, input: Any, offsets: Any, largest: bool, include_last_offset: bool, padding: int | None
) -> tuple[Any, Any, Any]:
    """Of the bags of `embedding_bag`: the number of each index's bag, the sizes, and for "max" the rows that won."""
    index, bag, count = _bags(input, offsets, include_last_offset)
    rows, dim = weight.array.shape
    kept = index if padding is None else (index != padding % rows).nonzero().reshape(-1)
    inside = bag if padding is None else bag[kept]
    sizes = bincount(inside, None, count)
    if not largest:
        return bag, sizes, sizes * 0
    index = index if padding is None else index[kept]
    at, empty = kernels.bag_largest(numbers(weight[index].detach()), inside.array, count)
    won = index._wrap(at).clamp(0, max(index.array.size - 1, 0))
    won = index[won] if index.array.size else index.new_zeros((count, dim))
    return bag, sizes, won.masked_fill(index._wrap(empty), 0)


def _largest(rows: Any, bag: Any, count: int) -> Any:
    """The largest of each bag's rows, column by column; 0 where there are none."""
    at, empty = kernels.bag_largest(numbers(rows), bag.array, count)
    if not rows.array.size:
        return rows.new_zeros((count, rows.array.shape[1]))
    return gather(rows, 0, rows._wrap(at)).masked_fill(rows._wrap(empty), 0)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """For every class number a vector with 1 there and 0 elsewhere: (...) -> (..., num_classes), int64.

    >>> torch.nn.functional.one_hot(torch.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    numbers = tensor.array
    if tensor.dtype is not dt.int64:
        raise RuntimeError(f"one_hot is only applicable to index tensor of type LongTensor, got {tensor.dtype}")
    if not numbers.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    low, high = kernels.range_of(numbers)
    if low < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = high + 1
    if high >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return tensor._wrap(kernels.one_hot(numbers, num_classes))
