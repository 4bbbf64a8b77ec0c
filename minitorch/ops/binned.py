"""Reductions of segments of a tensor, and histograms of points in several dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import DtypeError, OperationError
from ..kernels import stats as kernels
from .base import T, TensorBase, numbers, results, shown_as
from .gather import scatter_reduce
from .scan import cumsum
from .sort import bincount, searchsorted
from .stats import diff
from .view import expand, narrow, reshape

__all__ = ["histogramdd", "segment_reduce"]

_KINDS = {"sum": "sum", "prod": "prod", "mean": "mean", "max": "amax", "amax": "amax", "min": "amin", "amin": "amin"}
_NEUTRAL = {"sum": 0, "prod": 1, "mean": 0, "amax": -math.inf, "amin": math.inf}


@shown_as("SegmentReduceBackward0")
def segment_reduce(
    data: T, reduce: str, *, lengths: Any = None, indices: Any = None, offsets: Any = None, axis: int = 0,
    unsafe: bool = False, initial: Any = None,
) -> T:  # fmt: skip
    """Consecutive segments of a dimension, each reduced to one entry: by "sum", "mean", "max", "min" or "prod".

    lengths (..., segments), with as many dimensions as lie before and at `axis`, or offsets (..., segments + 1), the
    first of them 0. An empty segment is `initial`: by default what changes nothing, NaN for a mean. RuntimeError where
    the lengths do not sum to the size of the dimension, unless `unsafe`.

    >>> torch.segment_reduce(torch.tensor([1., 2., 3.]), "sum", lengths=torch.tensor([1, 2]))
    tensor([1., 5.])
    """
    if reduce not in _KINDS:
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    if data.array.dtype.kind not in "fV":
        raise DtypeError("segment_reduce", "expected a floating tensor", data)
    if indices is not None:
        raise RuntimeError("segment_reduce(): indices based reduction is not supported yet.")
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    sizes: Any = diff(offsets) if lengths is None else lengths
    _check_segments(data, sizes, axis, unsafe)
    return _reduced(data, _KINDS[reduce], sizes, sizes.array.ndim - 1, initial)


def _check_segments(data: Any, sizes: Any, axis: int, unsafe: bool) -> None:
    last = sizes.array.ndim - 1
    if axis != last:
        raise OperationError(
            "segment_reduce", f"Expected axis to be the last dimension of lengths but got {axis}.", data, sizes
        )
    if sizes.array.shape[:-1] != data.array.shape[:last]:
        raise OperationError("segment_reduce", "lengths and data must agree in the dimensions before axis", data, sizes)
    if not unsafe and (sizes.array < 0).any():
        raise OperationError("segment_reduce", "lengths contains negative value!", sizes)
    if not unsafe and (sizes.array.sum(-1) != data.array.shape[last]).any():
        raise OperationError(
            "segment_reduce", "Expected all rows of lengths along axis to sum to the size of that axis", data, sizes
        )


def _reduced(data: Any, kind: str, sizes: Any, axis: int, initial: Any) -> Any:
    """Entries are sent to the number of their segment; those behind the last one to a place that is cut off."""
    count, shape = sizes.array.shape[-1], data.array.shape
    places = expand(sizes.new_tensor(range(shape[axis])), shape[: axis + 1]).contiguous()
    number = searchsorted(cumsum(sizes, -1), places, right=True)
    index = expand(reshape(number, *shape[: axis + 1], *(1,) * (len(shape) - axis - 1)), shape)
    start = _NEUTRAL[kind] if initial is None else initial
    whole = data.new_full((*shape[:axis], count + 1, *shape[axis + 1 :]), start)
    how = "sum" if kind == "mean" else kind
    total = narrow(scatter_reduce(whole, axis, index, data, how, include_self=True), axis, 0, count)
    if kind != "mean":
        return total
    length = reshape(sizes, *sizes.array.shape, *(1,) * (len(shape) - axis - 1))
    return total / (length if initial is None else length.clamp(min=1))


# ---------------------------------------------------------------- histograms


def histogramdd(
    input: T, bins: Any, range: Sequence[float] | None = None, weight: Any = None, density: bool = False
) -> Any:
    """The named tuple (hist, bin_edges): how many of the points (..., D), or what weight, lie in each box of a grid.

    `bins`: how many in every dimension, or in each, or their edges. `range`: the lowest and the highest edge of each
    dimension, one after the other. Points outside of the grid do not count.

    >>> torch.histogramdd(torch.tensor([[0., 1.], [1., 0.], [1., 1.]]), bins=[2, 2]).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    if input.array.ndim < 2 or input.array.dtype.kind not in "fV":
        raise OperationError("histogramdd", "expected a floating tensor with at least 2 dimensions", input)
    points = reshape(input.detach(), -1, input.array.shape[-1])
    edges = _edges(points, bins, range)
    shape = tuple([len(e) - 1 for e in edges])
    inside, at = _boxes(points, edges)
    mass = points.new_ones(len(points)) if weight is None else reshape(weight, -1).to(points.dtype)
    hist = reshape(bincount(at[inside], mass[inside], math.prod(shape)).to(points.dtype), shape)
    if density:
        hist = hist / hist.sum()
        for i, e in enumerate(edges):
            hist = hist / reshape(diff(e), [-1 if i == j else 1 for j, _ in enumerate(shape)])
    return results("histogramdd", "hist", "bin_edges")(hist, tuple(edges))


def _edges(points: Any, bins: Any, range: Any) -> list[Any]:
    dims = points.array.shape[-1]
    each = [bins] * dims if isinstance(bins, int) else list(bins)
    if len(each) != dims:
        raise OperationError("histogramdd", f"expected bins for each of the {dims} dimensions, got {len(each)}", points)
    if range is not None and len(range) != 2 * dims:
        raise OperationError("histogramdd", f"expected a range of {2 * dims} numbers, got {len(range)}", points)
    ends = [None if range is None else range[2 * i : 2 * i + 2] for i, _ in enumerate(each)]
    columns = [numbers(points.select(1, i)) for i, _ in enumerate(each)]
    made = [
        kernels.edges(x, numbers(b) if isinstance(b, TensorBase) else b, r)
        for x, b, r in zip(columns, each, ends, strict=True)
    ]
    return [points._wrap(x)._cast(points.array.dtype) for x in made]


def _boxes(points: Any, edges: list[Any]) -> tuple[Any, Any]:
    """Which points lie in the grid, and the flat number of each one's box. A highest edge belongs to the last box."""
    inside, at = points.new_ones(len(points)).bool(), 0
    for i, e in enumerate(edges):
        x = points.select(1, i).contiguous()
        inside = inside & (x >= e[0]) & (x <= e[-1])
        at = at * (len(e) - 1) + (searchsorted(e, x, right=True) - 1).clamp(0, len(e) - 2)
    return inside, at
