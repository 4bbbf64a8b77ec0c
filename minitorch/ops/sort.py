"""Order: sort, topk, median, unique, searchsorted, counts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..errors import OperationError
from ..kernels import index as picks
from ..kernels import sort as kernels
from ..kernels.cast import cast_array
from .arithmetic import no_complex, refuse
from .base import Op, T, TensorBase, numbers, numpy_names, results
from .gather import gather, put_at
from .reduce import among_equals
from .view import dim_in, unsqueeze

__all__ = [
    "argsort", "bincount", "bucketize", "histc", "kthvalue", "median", "msort", "searchsorted", "sort", "topk",
    "unique", "unique_consecutive",
]  # fmt: skip


class Sort(Op):
    """The elements of a dimension at some indices, in order;  dx = g put back"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, indices: Any) -> Any:
        at = x._wrap(indices)
        ctx.save_for_backward(at)
        ctx.mark_non_differentiable(at)
        ctx.args = axis, x.array.shape
        return x._wrap(picks.gather(x.array, axis, indices)), at

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (at,) = ctx.saved_tensors
        return put_at(g, at, *ctx.args), None, None


class SortStable(Sort):
    """The same, where the order of equal elements was asked for"""

    title = "Sort"
    suffix = "Backward1"


class Topk(Sort):
    """The largest or smallest of a dimension"""


class Kthvalue(Op):
    """The element of a dimension at an index, and the index;  dx = g put back"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, indices: Any, keepdim: bool) -> Any:
        at = x._wrap(indices)
        ctx.save_for_backward(at)
        values, shown = picks.gather(x.array, axis, indices), indices
        ctx.args, ctx.axes = (axis, x.array.shape), () if keepdim or not x.array.ndim else (axis,)
        result, index = [x._wrap(a.squeeze(ctx.axes)) for a in (values, shown)]
        ctx.mark_non_differentiable(index)
        return result, index

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (at,) = ctx.saved_tensors
        return put_at(unsqueeze(g, ctx.axes[0]) if ctx.axes else g, at, *ctx.args), None, None, None


class Median(Kthvalue):
    """The median of a dimension"""

    suffix = "Backward1"


class MedianAll(Op):
    """The median of all elements;  dx = g, shared by all elements that equal it"""

    title = "Median"

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        flat = x.array.reshape(-1)
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        if not flat.size:
            return cast_array(np.asarray(math.nan), flat.dtype)
        return picks.gather(flat, 0, kernels.median(flat, 0)).reshape(())

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return among_equals(g, x, y)


class Unique(Op):
    """The distinct elements, where each element went, and how often each occurs; without a derivative, as in PyTorch"""

    title = "Unique2"
    kernel: Callable[..., Any] = staticmethod(kernels.unique)

    @classmethod
    def forward(cls, ctx: Any, x: Any, axis: int | None) -> Any:
        found = [x._wrap(a) for a in cls.kernel(x.array, axis)]
        ctx.mark_non_differentiable(*found[1:])
        return tuple(found)

    @classmethod
    def backward(cls, ctx: Any, *g: Any) -> Any:
        raise NotImplementedError(f"the derivative for '{cls.__name__.lower()}' is not implemented")


class UniqueDim(Unique):
    """The distinct entries of a dimension"""

    title = "UniqueDim"


class UniqueConsecutive(Unique):
    """Runs of equal neighbours"""

    title = "UniqueConsecutive"
    kernel = staticmethod(kernels.unique_consecutive)


class Bincount(Op):
    """Sums of weights by integer; without a derivative, as in PyTorch"""

    title = "NotImplemented"
    suffix = ""

    @staticmethod
    def forward(ctx: Any, x: Any, weights: Any, minlength: int) -> Any:
        return kernels.bincount(x.array, weights.array, minlength)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise NotImplementedError("the derivative for 'bincount' is not implemented")


# ---------------------------------------------------------------- what users call


@numpy_names
def sort(input: T, dim: int = -1, descending: bool = False, stable: bool | None = None) -> Any:
    """The named tuple (values, indices) of a dimension in order; NaN counts as the largest. Always stable.

    >>> torch.sort(torch.tensor([3, 1, 2])).indices
    tensor([1, 2, 0])
    """
    no_complex("sort", input)
    axis = dim_in(dim, input.array.ndim)
    function = Sort if stable is None else SortStable
    return results("sort")(*function.apply(input, axis, kernels.argsort(numbers(input), axis, descending)))


@numpy_names
def argsort(input: T, dim: int = -1, descending: bool = False, stable: bool = False) -> T:
    """The indices that put a dimension into order."""
    no_complex("argsort", input)
    return input._wrap(kernels.argsort(numbers(input), dim_in(dim, input.array.ndim), descending))


def msort(input: T) -> T:
    """The first dimension in order."""
    no_complex("msort", input)
    return sort(input, 0)[0]


@numpy_names
def topk(input: T, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The named tuple (values, indices) of the k largest (or smallest) of a dimension, in order."""
    no_complex("topk", input)
    refuse("topk", "b", input)
    axis = dim_in(dim, input.array.ndim)
    n = input.array.shape[axis] if input.array.ndim else 1
    if not 0 <= k <= n:
        raise RuntimeError(f"selected index k out of range: k = {k}, dimension {axis} has size {n}")
    return results("topk")(*Topk.apply(input, axis, kernels.topk(numbers(input), k, axis, largest, sorted)))


def kthvalue(input: T, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The named tuple (values, indices) of the k-th smallest of a dimension, k from 1."""
    no_complex("kthvalue", input)
    refuse("kthvalue", "b" if input.array.ndim else "", input)
    axis = dim_in(dim, input.array.ndim)
    n = input.array.shape[axis] if input.array.ndim else 1
    if not n:
        raise IndexError(f"kthvalue(): Expected reduction dim {axis} to have non-zero size.")
    if not 1 <= k <= n:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}: k = {k}, size {n}")
    return results("kthvalue")(*Kthvalue.apply(input, axis, kernels.kth(numbers(input), k - 1, axis), keepdim))


@numpy_names
def median(input: T, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median, the lower one of two; NaN if there is one. With a dimension the named tuple (values, indices)."""
    no_complex("median", input)
    refuse("median", "b", input)
    if dim is None:
        return MedianAll.apply(input)
    axis = dim_in(dim, input.array.ndim)
    if input.array.ndim and not input.array.shape[axis]:
        raise IndexError(f"median(): Expected reduction dim {axis} to have non-zero size.")
    return results("median")(*Median.apply(input, axis, kernels.median(numbers(input), axis), keepdim))


def unique(
    input: T, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements (or entries of a dimension) in order,
    and if asked where each element went and their counts.
    """
    no_complex("unique", input)
    axis = None if dim is None else dim_in(dim, input.array.ndim)
    return _asked((Unique if dim is None else UniqueDim).apply(input, axis), return_inverse, return_counts)


def unique_consecutive(
    input: T, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Runs of equal neighbours as one element each."""
    no_complex("unique_consecutive", input)
    axis = None if dim is None else dim_in(dim, input.array.ndim)
    return _asked(UniqueConsecutive.apply(input, axis), return_inverse, return_counts)


def _asked(tensors: tuple[Any, ...], inverse: bool, counts: bool) -> Any:
    found = tuple([x for x, want in zip(tensors, (True, inverse, counts), strict=True) if want])
    return found if len(found) > 1 else found[0]


def searchsorted(
    sorted_sequence: T,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> T:
    """Where each value would be inserted into the sorted last dimension; `right`: behind equal ones."""
    if not isinstance(input, TensorBase):
        refuse("searchsorted", "c", sorted_sequence)
    elif input.array.size:
        refuse("searchsorted", "bc", sorted_sequence)
    _check_side(side, right)
    if sorter is not None and sorter.array.shape != sorted_sequence.array.shape:
        raise OperationError("searchsorted", "boundary and sorter must have the same size", sorted_sequence, sorter)
    edges = sorted_sequence if sorter is None else gather(sorted_sequence, -1, sorter)
    values = numbers(input) if isinstance(input, TensorBase) else np.asarray(input)
    if edges.array.ndim > 1 and edges.array.shape[:-1] != values.shape[:-1]:
        raise OperationError(
            "searchsorted", "boundaries and input value should have the same leading dimensions", sorted_sequence, input
        )
    found = kernels.searchsorted(numbers(edges), values, right or side == "right")
    return edges._wrap(found.astype(np.int32 if out_int32 else np.int64))


def _check_side(side: str | None, right: bool) -> None:
    if side not in (None, "left", "right"):
        raise RuntimeError(f"searchsorted: side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "searchsorted: side and right can't be set to opposites, got side of left while right was True"
        )


def bucketize(input: Any, boundaries: T, *, out_int32: bool = False, right: bool = False) -> T:
    """The number of the interval between boundaries that each value falls into."""
    refuse("bucketize", "c", input)
    if boundaries.array.ndim != 1:
        raise OperationError("bucketize", "boundaries tensor must be 1 dimension", boundaries)
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def bincount(input: T, weights: Any = None, minlength: int = 0) -> T:
    """How often each integer of a vector occurs, or the sum of its weights."""
    if input.array.ndim != 1 or input.array.dtype.kind not in "iu" or (input.array.size and input.array.min() < 0):
        raise OperationError("bincount", "only supports 1-d non-negative integral inputs", input)
    if minlength < 0:
        raise RuntimeError(f"bincount: minlength should be >= 0, got {minlength}")
    if weights is None:
        return input._wrap(kernels.bincount(input.array, None, minlength))
    if weights.array.shape != input.array.shape:
        raise OperationError("bincount", "weights should be 1-d and have the same length as input", input, weights)
    if dt.is_half(weights.array.dtype):
        weights = weights._cast(np.dtype(np.float64))
    return Bincount.apply(input, weights, minlength)


def histc(input: T, bins: int = 100, min: float = 0, max: float = 0) -> T:
    """How many elements fall into each of `bins` equal intervals between min and max (of the data if both are 0)."""
    no_complex("histc", input)
    refuse("histc", "iub", input)
    if bins < 1:
        raise RuntimeError(f"histc: bins must be > 0, but got {bins}")
    if min > max:
        raise RuntimeError(f"histc: max must be larger than min, but got min = {min} and max = {max}")
    if min == max and input.array.size:
        min, max = float(numbers(input).min()), float(numbers(input).max())
    low, high = (min - 1, max + 1) if min == max else (min, max)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise OperationError("histc", f"range of [{low}, {high}] is not finite", input)
    return input._wrap(kernels.histogram(numbers(input), bins, low, high))._cast(input.array.dtype)
