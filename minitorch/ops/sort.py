"""Order: sort, topk, median, unique, searchsorted, counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import OperationError
from ..kernels import index as picks
from ..kernels import sort as kernels
from .base import Op, T, TensorBase, results
from .gather import gather, put_at
from .view import dim_in, reshape


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


class Topk(Sort):
    """The largest or smallest of a dimension"""


class Kthvalue(Sort):
    """The k-th smallest of a dimension"""


class Median(Sort):
    """The median of a dimension"""


# ---------------------------------------------------------------- what users call


def sort(input: T, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The named tuple (values, indices) of a dimension in order; NaN counts as the largest. Always stable."""
    axis = dim_in(dim, input.array.ndim)
    return results("sort")(*Sort.apply(input, axis, kernels.argsort(input.array, axis, descending)))


def argsort(input: T, dim: int = -1, descending: bool = False, stable: bool = False) -> T:
    """The indices that put a dimension into order."""
    return input._wrap(kernels.argsort(input.array, dim_in(dim, input.array.ndim), descending))


def msort(input: T) -> T:
    """The first dimension in order."""
    return sort(input, 0)[0]


def topk(input: T, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The named tuple (values, indices) of the k largest (or smallest) of a dimension, in order."""
    axis = dim_in(dim, input.array.ndim)
    n = input.array.shape[axis] if input.array.ndim else 1
    if not 0 <= k <= n:
        raise RuntimeError(f"selected index k out of range: k = {k}, dimension {axis} has size {n}")
    return results("topk")(*Topk.apply(input, axis, kernels.topk(input.array, k, axis, largest, sorted)))


def _one_of(function: Any, name: str, x: Any, axis: int, position: int, keepdim: bool) -> Any:
    order = kernels.argsort(x.array, axis, False)
    at = kernels.entry(order, position, axis)
    values, indices = function.apply(x, axis, at)
    if not keepdim and x.array.ndim:
        values, indices = values.squeeze(axis), indices.squeeze(axis)
    return results(name)(values, indices)


def kthvalue(input: T, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The named tuple (values, indices) of the k-th smallest of a dimension, k from 1."""
    axis = dim_in(dim, input.array.ndim)
    n = input.array.shape[axis] if input.array.ndim else 1
    if not 1 <= k <= n:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}: k = {k}, size {n}")
    return _one_of(Kthvalue, "kthvalue", input, axis, k - 1, keepdim)


def median(input: T, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median, the lower one of two; NaN if there is one. With a dimension the named tuple (values, indices)."""
    if dim is None:
        return median(reshape(input, -1), 0)[0]
    axis = dim_in(dim, input.array.ndim)
    n = input.array.shape[axis] if input.array.ndim else 1
    if not n:
        raise IndexError(f"median(): Expected reduction dim {axis} to have non-zero size.")
    found = _one_of(Median, "median", input, axis, (n - 1) // 2, keepdim)
    broken = input.isnan().any(axis, keepdim=keepdim) if input.array.dtype.kind == "f" else None
    if broken is None or not broken.any().item():
        return found
    last = _one_of(Median, "median", input, axis, n - 1, keepdim)
    return results("median")(*[b.where(broken, a) for a, b in zip(found, last, strict=True)])


def unique(
    input: T, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The distinct elements (or entries of a dimension) in order, and if asked where each element went and their counts."""
    axis = None if dim is None else dim_in(dim, input.array.ndim)
    return _asked(input, kernels.unique(input.array, axis), return_inverse, return_counts)


def unique_consecutive(
    input: T, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Runs of equal neighbours as one element each."""
    axis = None if dim is None else dim_in(dim, input.array.ndim)
    return _asked(input, kernels.unique_consecutive(input.array, axis), return_inverse, return_counts)


def _asked(x: Any, arrays: tuple[Any, ...], inverse: bool, counts: bool) -> Any:
    wanted = (True, inverse, counts)
    found = tuple([x._wrap(a) for a, want in zip(arrays, wanted, strict=True) if want])
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
    edges = sorted_sequence if sorter is None else gather(sorted_sequence, -1, sorter)
    values = input.array if isinstance(input, TensorBase) else np.asarray(input)
    if edges.array.ndim > 1 and edges.array.shape[:-1] != values.shape[:-1]:
        raise OperationError(
            "searchsorted", "boundaries and input value should have the same leading dimensions", sorted_sequence, input
        )
    found = kernels.searchsorted(edges.array, values, right or side == "right")
    return edges._wrap(found.astype(np.int32 if out_int32 else np.int64))


def bucketize(input: Any, boundaries: T, *, out_int32: bool = False, right: bool = False) -> T:
    """The number of the interval between boundaries that each value falls into."""
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def bincount(input: T, weights: Any = None, minlength: int = 0) -> T:
    """How often each integer of a vector occurs, or the sum of its weights."""
    if input.array.ndim != 1 or input.array.dtype.kind not in "iub" or (input.array.size and input.array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    return input._wrap(kernels.bincount(input.array, None if weights is None else weights.array, minlength))


def histc(input: T, bins: int = 100, min: float = 0, max: float = 0) -> T:
    """How many elements fall into each of `bins` equal intervals between min and max (of the data if both are 0)."""
    if min == max and input.array.size:
        min, max = float(input.array.min()), float(input.array.max())
    low, high = (min - 1, max + 1) if min == max else (min, max)
    return input._wrap(kernels.histogram(input.array, bins, low, high))
