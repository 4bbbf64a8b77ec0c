"""Quantiles and modes, covariances, distances, differences and integrals, selections by sets; made of operations."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from ..kernels import sort as sorting
from ..kernels import stats as kernels
from .arithmetic import no_complex, refuse, where
from .autocast import in_float32
from .base import Op, T, TensorBase, conj, floating, inplace, numbers, promoted, results, shown_as
from .compare import logical_xor
from .gather import gather, scatter_reduce
from .index import index_put
from .join import cat, stack
from .matmul import matmul
from .parts import complex
from .sort import Sort, sort
from .view import dim_in, expand, movedim, narrow, reshape, unsqueeze

__all__ = [
    "cartesian_prod", "cdist", "combinations", "corrcoef", "cov", "cross", "cumulative_trapezoid", "diff", "dist",
    "frexp", "gcd", "gcd_", "gradient", "histogram", "index_reduce", "isin", "lcm", "lcm_", "mode", "nanmedian",
    "nanquantile", "pdist", "put", "quantile", "renorm", "trapezoid", "unravel_index", "vander",
]  # fmt: skip


# ---------------------------------------------------------------- order statistics

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _check_quantile(name: str, x: Any, q: Any, interpolation: str) -> Any:
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            f"{name}() interpolation must be one of {', '.join(_INTERPOLATIONS)}, but got {interpolation}"
        )
    if x.array.dtype.kind not in "fV":
        raise DtypeError(name, "input tensor must be either float or double dtype", x)
    if isinstance(q, TensorBase):
        if q.array.ndim > 1 or q.array.dtype != x.array.dtype:
            raise OperationError(name, "q must be a scalar or 1D tensor of the dtype of the input", x, q)
        inside = bool(((q >= 0) & (q <= 1)).all().item())
    else:
        inside = 0 <= q <= 1
    if not inside:
        raise RuntimeError(f"{name}() q values must be in the range [0, 1], got {q}")
    if isinstance(q, TensorBase):
        return q
    return x._wrap(np.asarray(q, dt.wide(x.array.dtype)))._cast(x.array.dtype)


def _quantile(name: str, x: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool) -> Any:
    q = _check_quantile(name, x, q, interpolation)
    ndim = x.array.ndim
    axis = None if dim is None else dim_in(dim, ndim)
    rows = reshape(x, -1) if axis is None or not ndim else movedim(x, axis, -1)
    if not rows.array.shape[-1]:
        raise RuntimeError(f"{name}() input tensor must be non-empty, got a tensor of shape {list(x.shape)}")
    y = _interpolated(rows, reshape(q, -1), interpolation, skip_nan)
    if keepdim:
        shape = [1] * ndim if axis is None else [1 if d == axis else n for d, n in enumerate(x.array.shape)]
        y = reshape(y, -1, *shape) if axis is None else unsqueeze(y, axis + 1)
        y = reshape(y, -1, *shape)
    return y if q.array.ndim else y.squeeze(0)


def _interpolated(rows: Any, q: Any, interpolation: str, skip_nan: bool) -> Any:
    """(q, ...): between the two elements of each sorted row that a quantile lies between."""
    ordered = sort(rows, -1)[0]
    broken = rows.detach().isnan()
    last = rows.array.shape[-1] - 1
    top: Any = last
    if skip_nan:
        top = (broken.logical_not().sum(-1, keepdim=True) - 1).clamp(min=0).to(rows.dtype)
    rank = expand(q * top, (*rows.array.shape[:-1], q.array.size))
    if not skip_nan:  # NaN is sorted to the end
        rank = where(broken.any(-1, keepdim=True), float(last), rank)
    if interpolation == "nearest":
        rank = rank.round()
    below = rank.floor() if interpolation != "higher" else rank.ceil()
    at = below.to(_int64(rows))
    low = gather(ordered, -1, at)
    if interpolation in ("linear", "midpoint"):
        weight = rank - below if interpolation == "linear" else (rank != below).to(rows.dtype) * 0.5
        low = low.lerp(gather(ordered, -1, rank.ceil().to(_int64(rows))), weight)
    return movedim(low, -1, 0)


def _int64(x: Any) -> Any:
    return x._wrap(np.zeros(0, np.int64)).dtype


@in_float32
def quantile(input: T, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> T:
    """The q-quantiles (numbers from 0 to 1, or a vector of them, which comes first) of all elements or a dimension.

    `interpolation`: "linear", "lower", "higher", "midpoint" or "nearest". NaN where there is one.

    >>> torch.quantile(torch.tensor([1., 2., 3., 4.]), 0.5)
    tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@in_float32
def nanquantile(input: T, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear") -> T:
    """The q-quantiles of the elements that are not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


class Mode(Sort):
    """The most frequent value of a dimension"""


class Nanmedian(Sort):
    """The median of what is not NaN"""


def _picked(name: str, function: Any, x: Any, axis: int, at: Any, keepdim: bool) -> Any:
    values, indices = function.apply(x, axis, at)
    if not keepdim and x.array.ndim:
        values, indices = values.squeeze(axis), indices.squeeze(axis)
    return results(name)(values, indices)


def _row_length(name: str, x: Any, axis: int) -> int:
    n = x.array.shape[axis] if x.array.ndim else 1
    if not n:
        raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")
    return n


@shown_as("ModeBackward0")
def mode(input: T, dim: int = -1, keepdim: bool = False) -> Any:
    """The named tuple (values, indices) of the most frequent value of a dimension, of several the smallest."""
    no_complex("mode", input)
    axis = dim_in(dim, input.array.ndim)
    _row_length("mode", input, axis)
    at = kernels.mode(numbers(input), axis) if input.array.ndim else np.zeros((), np.int64)
    return _picked("mode", Mode, input, axis, at, keepdim)


@shown_as("NanmedianBackward0")
def nanmedian(input: T, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of the elements that are not NaN, the lower one of two; with a dimension (values, indices)."""
    no_complex("nanmedian", input)
    refuse("nanmedian", "b", input)
    if dim is None:
        return nanmedian(reshape(input, -1), 0)[0] if input.array.size else input.median()
    axis = dim_in(dim, input.array.ndim)
    n = _row_length("nanmedian", input, axis)
    order = input._wrap(sorting.argsort(numbers(input), axis, False))
    count = n - input.detach().isnan().sum(axis, keepdim=True) if input.array.ndim else None
    middle = order if count is None else gather(order, axis, ((count - 1).clamp(min=0) // 2))
    return _picked("nanmedian", Nanmedian, input, axis, middle.array, keepdim)


def histogram(
    input: T, bins: Any, *, range: Sequence[float] | None = None, weight: Any = None, density: bool = False
) -> Any:
    """The named tuple (hist, bin_edges): how many elements (or what weight) fall into bins, a number or their edges."""
    if input.array.dtype.kind not in "fV":
        raise DtypeError("histogram", "expected a floating tensor", input)
    values = numbers(input)
    ends = kernels.edges(values, numbers(bins) if isinstance(bins, TensorBase) else bins, range)
    found = kernels.histogram(values, ends, None if weight is None else numbers(weight), density)
    hist, ends = [input._wrap(x)._cast(input.array.dtype) for x in (found, ends)]
    return results("histogram", "hist", "bin_edges")(hist, ends)


# ---------------------------------------------------------------- covariance


def _observation_weights(input: Any, fweights: Any, aweights: Any) -> Any:
    for name, w, kinds in (("fweights", fweights, "iu"), ("aweights", aweights, "fV")):
        if w is not None:
            _check_weights(name, w, kinds, input)
    if fweights is None or aweights is None:
        return aweights if fweights is None else fweights
    return fweights * aweights


def _check_weights(name: str, w: Any, kinds: str, x: Any) -> None:
    """One number of the right kind for each observation, not below 0."""
    if w.array.ndim > 1:
        raise OperationError("cov", f"expected {name} to have one or fewer dimensions", x, w)
    if w.array.dtype.kind not in kinds:
        kind = "integral" if kinds == "iu" else "floating point"
        raise DtypeError("cov", f"expected {name} to have {kind} dtype", x, w)
    if w.array.size != x.array.shape[1]:
        raise OperationError("cov", f"expected {name} to have the same numel as there are observations", x, w)
    if w.array.size and (w < 0).any().item():
        raise OperationError("cov", f"{name} cannot be negative", x, w)


def cov(input: T, *, correction: int = 1, fweights: Any = None, aweights: Any = None) -> T:
    """The covariance matrix of variables in rows, observations in columns.

    `fweights` are integers, how often an observation counts; `aweights` numbers, how much.
    """
    if input.array.ndim > 2:
        raise OperationError("cov", "expected input to have two or fewer dimensions", input)
    refuse("cov", "b", input)
    x = floating(input if input.array.ndim == 2 else reshape(input, 1, -1))
    w = _observation_weights(x, fweights, aweights)
    n = x.array.shape[1]
    total = float(n) if w is None else w.sum()
    mean = x.sum(1, keepdim=True) / total if w is None else (x * w).sum(1, keepdim=True) / total
    freedom = total - correction if aweights is None else total - correction * (w * aweights).sum() / total
    centred = x - mean
    scaled = centred if w is None else centred * w
    freedom = max(freedom, 0.0) if isinstance(freedom, float) else freedom.real.clamp(min=0)
    y = (
        matmul(scaled, conj(centred.transpose(0, 1))) / freedom
        if not isinstance(freedom, float)
        else _divided(matmul(scaled, conj(centred.transpose(0, 1))), freedom)
    )
    return y.squeeze()


def _divided(x: Any, number: float) -> Any:
    return x / number if number else x / (x.detach() * 0)


def corrcoef(input: T) -> T:
    """The matrix of correlation coefficients of variables in rows, between -1 and 1."""
    if input.array.ndim > 2:
        raise OperationError("corrcoef", "expected input to have two or fewer dimensions", input)
    c = cov(input)
    if not c.array.ndim:
        return c / c
    spread = c.diagonal().sqrt()
    c = c / unsqueeze(spread, 1) / unsqueeze(spread, 0)
    if c.array.dtype.kind == "c":
        return complex(c.real.clamp(-1, 1), c.imag.clamp(-1, 1))
    return c.clamp(-1, 1)


# ---------------------------------------------------------------- distances


class EuclideanDist(Op):
    """d[i, j] = ‖aᵢ - bⱼ‖ = √(|aᵢ|² + |bⱼ|² - 2 aᵢ·bⱼ);  daᵢ = Σⱼ g (aᵢ - bⱼ) / d, and 0 where d is"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        ctx.save_output_for_backward()
        return kernels.distances(a.array, b.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b, d = ctx.saved_tensors
        ratio = g / where(d == 0, math.inf, d)
        back = ratio.transpose(-1, -2)
        return a * ratio.sum(-1, True) - matmul(ratio, b), b * back.sum(-1, True) - matmul(back, a)


MANY = 25  # rows, from which on the distances are made of a product of matrices


@in_float32
def cdist(x1: T, x2: T, p: float = 2.0, compute_mode: str | None = None) -> T:
    """The p-norm distance of each row of x1 (..., n, d) from each of x2 (..., m, d): (..., n, m)."""
    if x1.array.dtype.kind not in "fV" or x2.array.dtype != x1.array.dtype:
        raise DtypeError("cdist", "only supports floating-point dtypes, the same of both", x1, x2)
    if x1.array.ndim < 2 or x2.array.ndim < 2 or x1.array.shape[-1] != x2.array.shape[-1]:
        raise OperationError("cdist", "expected at least 2 dimensions and the same number of columns", x1, x2)
    if p < 0:
        raise RuntimeError(f"cdist only supports non-negative p values, got {p}")
    modes = (None, "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    many = compute_mode == modes[2] or max(x1.array.shape[-2], x2.array.shape[-2]) > MANY
    if p == 2 and many and compute_mode != modes[3]:
        return EuclideanDist.apply(x1, x2)
    return _differences(x1, x2, p)


@shown_as("CdistBackward0")
def _differences(x1: Any, x2: Any, p: float) -> Any:
    return (unsqueeze(x1, -2) - unsqueeze(x2, -3)).norm(p, -1)


@shown_as("PdistBackward0")
def pdist(input: T, p: float = 2) -> T:
    """The p-norm distances of the rows of a matrix, i < j, row by row."""
    if input.array.ndim != 2 or input.array.dtype.kind not in "fV":
        raise OperationError("pdist", "only supports 2D tensors of a floating dtype", input)
    if p < 0:
        raise RuntimeError(f"pdist only supports non-negative p values, got {p}")
    i, j = kernels.triangle(len(input), len(input), 1, False)
    return (input[input._wrap(i)] - input[input._wrap(j)]).norm(p, -1)


@shown_as("DistBackward0")
def dist(input: T, other: T, p: float = 2) -> T:
    """‖input - other‖ₚ over all elements."""
    return (input - other).norm(p)


@shown_as("RenormBackward0")
def renorm(input: T, p: float, dim: int, maxnorm: float) -> T:
    """input, every entry of a dimension scaled down to a p-norm of at most maxnorm."""
    if input.array.ndim < 2:
        raise OperationError("renorm", "input needs at least 2 dimensions", input)
    if p <= 0 or maxnorm < 0:
        raise RuntimeError(f"renorm: expected a positive norm degree and maxnorm of 0 or more, got {p} and {maxnorm}")
    axis = dim_in(dim, input.array.ndim)
    length = input.norm(p, [d for d in range(input.array.ndim) if d != axis], keepdim=True)
    return input * where(length > maxnorm, maxnorm / (length + 1e-7), 1.0)


@shown_as("LinalgCrossBackward0")
def cross(input: T, other: T, dim: int | None = None) -> T:
    """The cross product along a dimension of size 3, by default the first such."""
    shape = np.broadcast_shapes(input.array.shape, other.array.shape)
    if dim is None:
        dim = next((d for d, n in enumerate(shape) if n == 3), None)
        if dim is None:
            raise OperationError("cross", "no dimension of size 3 in input", input, other)
    return vector_cross("cross", input, other, dim)


def vector_cross(name: str, input: Any, other: Any, dim: int) -> Any:
    """The cross product along a dimension."""
    if input.array.ndim != other.array.ndim:
        raise OperationError(name, "inputs must have the same number of dimensions", input, other)
    axis = dim_in(dim, input.array.ndim)
    if input.array.shape[axis] != 3 or other.array.shape[axis] != 3:
        raise OperationError(name, f"inputs dimension {dim} must have length 3", input, other)
    a, b = [[x.roll(-k, axis) for k in (1, 2)] for x in promoted(input, other)]
    return a[0] * b[1] - a[1] * b[0]


# ---------------------------------------------------------------- differences and integrals


def diff(input: T, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> T:
    """The n-th differences of neighbours along a dimension, of bools whether they differ."""
    if not input.array.ndim:
        raise OperationError("diff", "expects input to be at least one-dimensional", input)
    if n < 0:
        raise RuntimeError(f"diff expects order to be non-negative but got {n}")
    axis = dim_in(dim, input.array.ndim)
    if not n:
        return input.clone()
    parts = [x for x in (prepend, input, append) if x is not None]
    y = cat(parts, axis) if len(parts) > 1 else input
    for _ in range(min(n, y.array.shape[axis])):
        count = max(y.array.shape[axis] - 1, 0)
        after, before = narrow(y, axis, y.array.shape[axis] - count, count), narrow(y, axis, 0, count)
        y = logical_xor(after, before) if y.array.dtype.kind == "b" else after - before
    return y


def _spaced(y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any]:
    """The means of neighbours, and how far these are apart."""
    count = y.array.shape[axis] - 1
    mean = (narrow(y, axis, 1, count) + narrow(y, axis, 0, count)) / 2
    if x is None:
        return mean, dx
    steps = diff(x, 1, axis if x.array.ndim == y.array.ndim else -1)
    if steps.array.ndim == 1 and y.array.ndim > 1:
        steps = reshape(steps, [-1 if d == axis else 1 for d in range(y.array.ndim)])
    return mean, steps


@shown_as("MulBackward1")
def trapezoid(y: T, x: Any = None, *, dx: Any = 1, dim: int = -1) -> T:
    """The integral of y along a dimension by the trapezoidal rule, at the places x or `dx` apart."""
    refuse("trapezoid", "b", y)
    axis = dim_in(dim, y.array.ndim)
    if not y.array.shape[axis]:
        return floating(y).sum(axis)
    mean, steps = _spaced(y, x, dx, axis)
    return (mean * steps).sum(axis)


def cumulative_trapezoid(y: T, x: Any = None, *, dx: Any = 1, dim: int = -1) -> T:
    """The running integral of y along a dimension by the trapezoidal rule."""
    refuse("cumulative_trapezoid", "b", y)
    axis = dim_in(dim, y.array.ndim)
    mean, steps = _spaced(y, x, dx, axis)
    return (mean * steps).cumsum(axis)


def gradient(input: T, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[T, ...]:
    """The derivatives along dimensions by central differences, one-sided of order 1 or 2 at the ends.

    `spacing`: a number, one for each dimension, or a vector of places for each.
    """
    refuse("gradient", "b", input)
    dims = list(range(input.array.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    places = [dim_in(d, input.array.ndim) for d in dims]
    if len(set(places)) < len(places):
        raise OperationError("gradient", f"a dimension appears multiple times in the list of dims {dims}", input)
    spacing = 1 if spacing is None else spacing
    several = isinstance(spacing, (list, tuple))
    if several and len(spacing) != len(dims):
        raise RuntimeError(f"torch.gradient expected spacing to be a number or {len(dims)} of them, got {len(spacing)}")
    if edge_order not in (1, 2):
        raise RuntimeError(f"torch.gradient only supports edge_order=1 and edge_order=2, got {edge_order}")
    steps = spacing if several else [spacing] * len(dims)
    x = floating(input)
    return tuple([_slope(x, d, s, edge_order) for d, s in zip(places, steps, strict=True)])


def _slope(x: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    n = x.array.shape[axis]
    if n < edge_order + 1:
        raise RuntimeError(f"torch.gradient expected each dimension size to be at least edge_order+1, got {n}")
    along = [1] * x.array.ndim
    if isinstance(spacing, TensorBase) and spacing.array.ndim:
        along[axis] = -1
        h = reshape(diff(spacing.to(x.dtype)), along)
    else:
        along[axis] = n - 1
        h = expand(x.detach().new_full((), spacing), along)
    slopes = diff(x, 1, axis) / h
    first, last = [narrow(slopes, axis, i, 1) for i in (0, n - 2)]
    if n > 2:
        a, b = narrow(h, axis, 0, n - 2), narrow(h, axis, 1, n - 2)
        left, right = narrow(slopes, axis, 0, n - 2), narrow(slopes, axis, 1, n - 2)
        inner = (left * b + right * a) / (a + b)
        if edge_order == 2:
            first = first + (first - narrow(slopes, axis, 1, 1)) * narrow(a, axis, 0, 1) / (
                narrow(a, axis, 0, 1) + narrow(b, axis, 0, 1)
            )
            last = last + (last - narrow(slopes, axis, n - 3, 1)) * narrow(b, axis, n - 3, 1) / (
                narrow(a, axis, n - 3, 1) + narrow(b, axis, n - 3, 1)
            )
        return cat([first, inner, last], axis)
    return cat([first, last], axis)


# ---------------------------------------------------------------- sets and combinations


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is among the test elements; one of the two may be a number."""
    model = elements if isinstance(elements, TensorBase) else test_elements
    a, b = [numbers(x) if isinstance(x, TensorBase) else np.asarray(x) for x in (elements, test_elements)]
    return model._wrap(np.asarray(kernels.isin(a, b, invert)))


def cartesian_prod(*tensors: T) -> T:
    """All combinations of the elements of vectors, one a row, the last one running fastest."""
    if not tensors or any(x.array.ndim != 1 for x in tensors):
        raise OperationError("cartesian_prod", "Expect a 1D vector for each argument", *tensors)
    if len(tensors) == 1:
        return tensors[0]
    sizes = [x.array.size for x in tensors]
    grids = []
    for i, x in enumerate(tensors):
        shape = [-1 if d == i else 1 for d in range(len(tensors))]
        grids.append(reshape(expand(reshape(x, shape), sizes), -1))
    return stack(grids, 1)


def combinations(input: T, r: int = 2, with_replacement: bool = False) -> T:
    """All combinations of r elements of a vector, one a row."""
    if input.array.ndim != 1:
        raise OperationError("combinations", "Expect a 1D vector", input)
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return narrow(input, 0, 0, 0)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.asarray(list(choose(range(input.array.size), r))).reshape(-1, r)
    return input[input._wrap(np.ascontiguousarray(rows, np.int64))]


@shown_as("PutBackward0")
def put(input: T, index: T, source: T, accumulate: bool = False) -> T:
    """input with the elements of source written (or added) at indices into the flattened tensor."""
    if index.array.size != source.array.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got source.numel() = "
            f"{source.array.size}, index.numel() = {index.array.size}"
        )
    if source.array.dtype != input.array.dtype:
        raise DtypeError("put_", "expected source and self to have the same dtype", input, source)
    flat = reshape(input.clone(), -1)
    return reshape(index_put(flat, (reshape(index, -1),), reshape(source, -1), accumulate), input.array.shape)


@shown_as("IndexReduceBackward0")
def index_reduce(input: T, dim: int, index: T, source: T, reduce: str, *, include_self: bool = True) -> T:
    """input with entry i of source reduced into entry index[i] of a dimension: "prod", "mean", "amax" or "amin"."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin, got {reduce}")
    refuse("index_reduce", "b" if reduce == "mean" or not include_self else "", input)
    axis = dim_in(dim, input.array.ndim)
    shape = [-1 if d == axis else 1 for d in range(input.array.ndim)]
    at = expand(reshape(index.to(_int64(input)), shape), source.array.shape)
    return scatter_reduce(input, axis, at, source, reduce, include_self=include_self)


def unravel_index(indices: T, shape: Any) -> tuple[T, ...]:
    """Indices into a flattened tensor, as one tensor for each dimension of its shape."""
    sizes = [shape] if isinstance(shape, int) else [int(n) for n in shape]
    if indices.array.dtype.kind not in "iu":
        raise DtypeError("unravel_index", "expected 'indices' to be integer dtype", indices)
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    steps = [math.prod(sizes[i + 1 :]) for i in range(len(sizes))]
    rest: Any = indices
    return tuple([rest // step % n for step, n in zip(steps, sizes, strict=True)])


def vander(x: T, N: int | None = None, increasing: bool = False) -> T:
    """The matrix of powers of a vector: columns xᴺ⁻¹ ... x⁰, or x⁰ ... xᴺ⁻¹ where `increasing`."""
    if x.array.ndim != 1:
        raise OperationError("vander", "x must be a one-dimensional tensor", x)
    if N is not None and N < 0:
        raise RuntimeError(f"N must be non-negative, got {N}")
    y = powers(x, x.array.size if N is None else N)
    return y if increasing else y.flip(1)


def powers(x: Any, count: int) -> Any:
    """(..., n) → (..., n, count): the powers from 0 on, as running products."""
    x = x if x.array.dtype.kind in "fcV" else x.to(_int64(x))
    one = unsqueeze(x, -1) * 0 + 1
    repeated = expand(unsqueeze(x, -1), (*x.array.shape, max(count - 1, 0)))
    return narrow(cat([one, repeated], -1).cumprod(-1), -1, 0, count)


# ---------------------------------------------------------------- numbers


def _integers(name: str, a: Any, b: Any) -> Any:
    a, b = promoted(a, b)
    for x in (a, b):
        if isinstance(x, TensorBase) and x.array.dtype.kind not in "iu":
            raise DtypeError(name, "expected integers", a, b)
    return a.array, b.array if isinstance(b, TensorBase) else b


def gcd(input: T, other: Any) -> T:
    """The greatest common divisor of integers."""
    return input._wrap(kernels.gcd(*_integers("gcd", input, other)))


def lcm(input: T, other: Any) -> T:
    """The least common multiple of integers."""
    return input._wrap(kernels.lcm(*_integers("lcm", input, other)))


class Frexp(Op):
    """x = m 2ᵉ with m in [1/2, 1);  dx = g 2⁻ᵉ"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        m, e = kernels.frexp(x.array)
        exponent = x._wrap(e)
        ctx.save_for_backward(exponent)
        ctx.mark_non_differentiable(exponent)
        return x._wrap(m), exponent

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (exponent,) = ctx.saved_tensors
        return g / exponent.to(g.dtype).exp2()


def frexp(input: T) -> Any:
    """The named tuple (mantissa, exponent) with input = mantissa 2**exponent, the mantissa in [1/2, 1)."""
    if input.array.dtype.kind not in "fV":
        raise DtypeError("frexp", "only supports floating-point dtypes", input)
    return results("frexp", "mantissa", "exponent")(*Frexp.apply(input))


renorm_, put_, index_reduce_, gcd_, lcm_ = map(inplace, (renorm, put, index_reduce, gcd, lcm))
