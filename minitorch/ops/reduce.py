"""Reductions over dimensions."""

from __future__ import annotations

import builtins
import math
import warnings
from typing import Any

import numpy as np

from ..autograd.grad_mode import mode
from ..errors import DtypeError
from ..kernels import reduce as kernels
from ..kernels import scalar
from .arithmetic import no_complex, where
from .autocast import in_float32
from .base import Op, T, TensorBase, by_text, conj, floating, fused, numbers, numpy_names, pointwise, results
from .gather import put_at
from .join import cat
from .view import dim_in, expand, in_shape, inverse, reshape, unsqueeze

__all__ = [
    "all", "amax", "amin", "aminmax", "any", "argmax", "argmin", "count_nonzero", "logsumexp", "max", "mean", "min",
    "nanmean", "nansum", "prod", "std", "std_mean", "sum", "var", "var_mean",
]  # fmt: skip

Axes = tuple[int, ...]

SMALL = 1 << 16  # elements


class Sum(Op):
    """y = Σ x;  dx = g, expanded"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        return kernels.sum(x.array, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return spread(g, *ctx.args), None, None


class SumDim(Sum):
    """The sum over some of the dimensions"""

    title = "Sum"
    suffix = "Backward1"


class Nansum(Op):
    """y = Σ x without NaN;  dx = g, expanded, 0 where x is NaN"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        ctx.save_for_backward(x)
        return kernels.nansum(x.array, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return where(x.isnan(), 0.0, spread(g, *ctx.args)), None, None


class Mean(Op):
    """y = Σ x / n;  dx = g / n, expanded"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        return kernels.mean(x.array, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return spread(_over(g, _count(ctx.args)), *ctx.args), None, None


def _over(g: Any, count: int) -> Any:
    """g / n, for the mean of n numbers or none."""
    return by_text(scalar.div, g, float(builtins.max(count, 1)))


class MeanDim(Mean):
    """The mean over some of the dimensions"""

    title = "Mean"
    suffix = "Backward1"


class Prod(Op):
    """y = Π x;  dx = g times the product of the others"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return kernels.prod(x.array, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        _, axes, _ = ctx.args
        if all(x).item():
            g, y = beside(g, *ctx.args), beside(y, *ctx.args)
            return by_text(scalar.prod_grad, g, conj(y), conj(x)), None, None
        return beside(g, *ctx.args) * conj(_product_of_others(x, axes)), None, None


def _product_of_others(x: Any, axes: Axes) -> Any:
    """For every element the product of the others along `axes`, also where there are zeros:
    running products of both sides.
    """
    rest = [d for d in range(x.array.ndim) if d not in axes]
    moved = x.permute(*rest, *axes)
    flat = reshape(moved, *[moved.array.shape[i] for i in range(len(rest))], -1)
    one = flat._ones((*flat.array.shape[:-1], 1), flat.array.dtype)
    n = flat.array.shape[-1]
    before = cat([one, flat.narrow(-1, 0, n - 1)], -1).cumprod(-1)
    after = cat([one, flat.flip(-1).narrow(-1, 0, n - 1)], -1).cumprod(-1).flip(-1)
    back = inverse([*rest, *axes])
    return reshape(before * after, moved.array.shape).permute(*back)


class ProdDim(Prod):
    """The product over one dimension"""

    title = "Prod"
    suffix = "Backward1"


class Var(Op):
    """y = Σ (x - x̄)² / (n - correction);  dx = 2 g (x - x̄) / (n - correction)"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.args, ctx.correction = (x.array.shape, axes, keepdim), correction
        ctx.save_for_backward(x)
        y, ctx.mean = kernels.var_mean(x.array, axes, correction, keepdim)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return _var_grad(ctx, g, x), None, None, None


def _var_grad(ctx: Any, g: Any, x: Any) -> Any:
    freedom = _count(ctx.args) - ctx.correction
    factor = 2.0 / freedom if freedom else math.inf
    g = beside(g, *ctx.args)
    if mode.grad or x.array.dtype.kind == "c":
        return g * (x - MeanDim.apply(x, ctx.args[1], True)) * factor
    return pointwise(scalar.variance_grad, g, x, beside(x._wrap(ctx.mean), *ctx.args), factor)


class Std(Op):
    """y = √var(x);  dx = g (x - x̄) / (y (n - correction)), 0 where y = 0"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.args, ctx.correction = (x.array.shape, axes, keepdim), correction
        var, ctx.mean = kernels.std_mean(x.array, axes, correction, keepdim)
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return var

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return _var_grad(ctx, _half(g, y), x), None, None, None


def _half(g: Any, y: Any) -> Any:
    """g / 2y, and 0 where y = 0: an infinity in its place gives all derivatives as 0 too."""
    return g / (where(y == 0, math.inf, y) * 2)


class VarMean(Op):
    """The variance and the mean, in one pass"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.args, ctx.correction = (x.array.shape, axes, keepdim), correction
        ctx.save_for_backward(x)
        y, ctx.mean = kernels.var_mean(x.array, axes, correction, keepdim)
        return y, ctx.mean.copy()  # which users may write to

    @staticmethod
    def backward(ctx: Any, g: Any, g_mean: Any) -> Any:
        (x,) = ctx.saved_tensors
        centre = beside(_over(g_mean, _count(ctx.args)), *ctx.args)
        return _var_grad(ctx, g, x) + centre, None, None, None


class StdMean(VarMean):
    """The standard deviation and the mean, in one pass"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.args, ctx.correction = (x.array.shape, axes, keepdim), correction
        deviation, ctx.mean = kernels.std_mean(x.array, axes, correction, keepdim)
        y, mean = x._wrap(deviation), x._wrap(ctx.mean.copy())  # which users may write to
        ctx.save_for_backward(x, y)
        return y, mean

    @staticmethod
    def backward(ctx: Any, g: Any, g_mean: Any) -> Any:
        x, y = ctx.saved_tensors
        centre = beside(_over(g_mean, _count(ctx.args)), *ctx.args)
        return _var_grad(ctx, _half(g, y), x) + centre, None, None, None


class Extreme(Op):
    """The largest (smallest) value of a dimension and its index;  dx = g at that index"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, keepdim: bool, largest: bool) -> Any:
        find = kernels.max_with_index if largest else kernels.min_with_index
        values, indices = find(x.array, axis, keepdim)
        where_ = x._wrap(indices)
        ctx.save_for_backward(where_)
        ctx.mark_non_differentiable(where_)
        ctx.args = x.array.shape, axis, keepdim
        return x._wrap(values), where_

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        shape, axis, keepdim = ctx.args
        if not keepdim and shape:
            g, indices = unsqueeze(g, axis), unsqueeze(indices, axis)
        return put_at(g, indices, axis, shape), None, None, None


class Max(Extreme):
    """The largest values"""


class Min(Extreme):
    """The smallest values"""


class Amax(Op):
    """The largest (smallest) value;  dx = g, shared evenly among equals"""

    kernel = staticmethod(kernels.amax)

    @classmethod
    def forward(cls, ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return cls.kernel(x.array, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return _shared(g, x, y, ctx.args), None, None


def _shared(g: Any, x: Any, y: Any, args: Any) -> Any:
    """g, shared evenly among the elements that are equal to y."""
    chosen = (x == beside(y, *args)).to(g.dtype)
    return beside(g, *args) * (chosen / SumDim.apply(chosen, args[1], True))


class Amin(Amax):
    """The smallest value"""

    kernel = staticmethod(kernels.amin)


class Aminmax(Op):
    """The smallest and the largest value;  dx = both gradients, each shared evenly among equals"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        low, high = [x._wrap(kernel(x.array, axes, keepdim)) for kernel in (kernels.amin, kernels.amax)]
        ctx.save_for_backward(x, low, high)
        return low, high

    @staticmethod
    def backward(ctx: Any, g_low: Any, g_high: Any) -> Any:
        x, low, high = ctx.saved_tensors
        return _shared(g_low, x, low, ctx.args) + _shared(g_high, x, high, ctx.args), None, None


class MaxAll(Amax):
    """The largest of all values;  dx = g, shared evenly among equals, and among NaNs if there are any"""

    title = "Max"
    suffix = "Backward1"

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return among_equals(g, x, y), None, None


def among_equals(g: Any, x: Any, y: Any) -> Any:
    """The gradient g of the number y, shared evenly among the elements of x that equal it (or are NaN, as it is)."""
    chosen = x.isnan() if math.isnan(y.item()) else x == y
    count = kernels.count_nonzero(chosen.array, tuple(range(chosen.array.ndim))).item()
    return where(chosen, g / count, 0.0)


class MinAll(MaxAll):
    """The smallest of all values;  dx = g, shared evenly among equals, and among NaNs if there are any"""

    title = "Min"
    kernel = staticmethod(kernels.amin)


class Logsumexp(Op):
    """y = ln Σ eˣ;  dx = g eˣ⁻ʸ"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.args = x.array.shape, axes, keepdim
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return kernels.logsumexp(x.array, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        g, y = beside(g, *ctx.args), beside(y, *ctx.args)
        return fused(scalar.logsumexp_grad, lambda g, x, y: g * (x - y).exp(), g, x, y), None, None


class Norm(Op):
    """y = (Σ |x|ᵖ)^(1/p);  dx = g sign(x) |x|ᵖ⁻¹ y¹⁻ᵖ, 0 where y = 0"""

    title = "LinalgVectorNorm"

    @staticmethod
    def forward(ctx: Any, x: Any, p: float, axes: Axes, keepdim: bool) -> Any:
        ctx.args, ctx.p = (x.array.shape, axes, keepdim), p
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return kernels.norm(x.array, p, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return _norm_grad(g, x, y, ctx.p, ctx.args), None, None, None


def _norm_grad(g: Any, x: Any, y: Any, p: float, args: Any) -> Any:
    axes = args[1]
    if p == 0:
        return None  # a count: as in PyTorch there is no gradient, not even zero
    g, y = beside(g, *args), beside(y, *args)
    if p == 1:
        return g * x.sgn()
    if p == 2:
        return fused(scalar.norm_grad, lambda g, x, y: g * where(y == 0, 0.0, x / y), g, x, y)
    if math.isinf(p):
        best = (x.abs() == y) | x.isnan()
        return where(best, g * x.sgn() / SumDim.apply(best, axes, True), 0.0)
    scale = x.sgn() * x.abs() ** (p - 1) / y ** (p - 1)
    return g * where((y == 0) | ((x == 0) & (p < 2)), 0.0, scale)


# ---------------------------------------------------------------- arguments


def beside(g: Any, shape: tuple[int, ...], axes: Axes, keepdim: bool) -> Any:
    """A result of a reduction over `axes` of a tensor of `shape`, in a shape that broadcasts with it."""
    if keepdim or len(axes) in (0, len(shape)):
        return g
    return in_shape(g, tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def spread(g: Any, shape: tuple[int, ...], axes: Axes, keepdim: bool) -> Any:
    """The same, expanded to that shape."""
    g = beside(g, shape, axes, keepdim)
    # Contiguous memory serves the next operation better than strides of 0.
    if not mode.grad and math.prod(shape) < SMALL:
        return g._wrap(kernels.spread(g.array, shape))
    return expand(g, shape)


def _count(args: Any) -> int:
    shape, axes, _ = args
    return math.prod([shape[a] for a in axes])


def axes_of(dim: Any, ndim: int, name: str = "sum") -> Axes:
    """The dimensions to reduce, counted from 0: all of them for None or (), each at most once."""
    if dim is None or dim == () or dim == []:
        return tuple(range(ndim))
    axes = tuple([dim_in(d, ndim) for d in ((dim,) if isinstance(dim, int) else dim)])
    if len(set(axes)) < len(axes):
        raise RuntimeError(
            f"{name}: dim {next(a for a in axes if axes.count(a) > 1)} appears multiple times in the list of dims"
        )
    return axes if ndim else ()


def _to(x: Any, dtype: Any) -> Any:
    return x if dtype is None else x.to(dtype)


def _needs_float(name: str, x: Any, dtype: Any) -> Any:
    x = _to(x, dtype)
    if x.array.dtype.kind not in "fcV":
        raise DtypeError(
            name, "could not infer output dtype. Input dtype must be either a floating point or complex dtype", x
        )
    return x


def _not_empty(name: str, x: Any, axes: Axes, dim: Any = 0) -> None:
    if not x.array.size and (dim is None or dim == ()):
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            f"the 'dim' argument."
        )
    if builtins.any(x.array.shape[a] == 0 for a in axes):
        raise IndexError(
            f"{name}(): Expected reduction dim to have non-zero size, got a tensor of shape {list(x.array.shape)}"
        )


# ---------------------------------------------------------------- what users call


@numpy_names
def sum(input: T, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """The sum of the elements, over all dimensions or those given; integers and bools give int64.

    >>> torch.sum(torch.ones(2, 3), dim=1)
    tensor([3., 3.])
    """
    input = _to(input, dtype)
    axes = axes_of(dim, input.array.ndim)
    return _to((Sum if dim is None else SumDim).apply(input, axes, keepdim), dtype)


@numpy_names
def mean(input: T, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """The mean of the elements, over all dimensions or those given. Floating dtypes only."""
    input = _needs_float("mean", input, dtype)
    return (Mean if dim is None else MeanDim).apply(input, axes_of(dim, input.array.ndim, "mean"), keepdim)


@in_float32
@numpy_names
def prod(input: T, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """The product of the elements, over all dimensions or one; integers and bools give int64."""
    if isinstance(dim, (tuple, list)):
        raise TypeError(f"prod(): argument 'dim' must be int, not {type(dim).__name__}: {dim!r}")
    input = _to(input, dtype)
    product = (Prod if dim is None else ProdDim).apply(input, axes_of(dim, input.array.ndim), keepdim)
    return _to(product, dtype)


def _spread_args(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, float, bool]:
    """The forms var(dim, unbiased, keepdim), var(unbiased) and var(dim, correction=, keepdim=)."""
    names = {"dim": None, "unbiased": None, "keepdim": False, "correction": None, **kwargs}
    if args and isinstance(args[0], bool):
        names["unbiased"], args = args[0], args[1:]
    names.update(zip(("dim", "unbiased", "keepdim"), args, strict=False))
    if len(names) > 4:
        raise TypeError(f"unexpected keywords {sorted(set(kwargs) - {'dim', 'unbiased', 'keepdim', 'correction'})}")
    correction = names["correction"]
    if correction is None:
        correction = 1 if names["unbiased"] is None or names["unbiased"] else 0
    return names["dim"], correction, names["keepdim"]


def _spread_by(function: Any, name: str, input: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    dim, correction, keepdim = _spread_args(args, kwargs)
    input = _needs_float(name, input, None)
    axes = axes_of(dim, input.array.ndim, name)
    if _count((input.array.shape, axes, keepdim)) <= correction:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction factor "
            "(input numel divided by output numel).",
            stacklevel=4,
        )
    return function.apply(input, axes, correction, keepdim)


@numpy_names
def var(input: T, *args: Any, **kwargs: Any) -> T:
    """The variance, Σ (x - mean)² / (n - correction): `var(input, dim=None, *, correction=1, keepdim=False)`."""
    return _spread_by(Var, "var", input, args, kwargs)


@numpy_names
def std(input: T, *args: Any, **kwargs: Any) -> T:
    """The square root of the variance: `std(input, dim=None, *, correction=1, keepdim=False)`."""
    return _spread_by(Std, "std", input, args, kwargs)


@numpy_names
def var_mean(input: T, *args: Any, **kwargs: Any) -> tuple[T, T]:
    """The variance and the mean."""
    return _spread_by(VarMean, "var_mean", input, args, kwargs)


@numpy_names
def std_mean(input: T, *args: Any, **kwargs: Any) -> tuple[T, T]:
    """The standard deviation and the mean."""
    return _spread_by(StdMean, "std_mean", input, args, kwargs)


def _extreme(name: str, all_: Any, one: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    if dim is None:
        _not_empty(name, input, (), None)
        return all_.apply(input, axes_of(None, input.array.ndim), False)
    axis = dim_in(dim, input.array.ndim)
    _not_empty(name, input, (axis,) if input.array.ndim else ())
    return results(name)(*one.apply(input, axis, keepdim, name == "max"))


@numpy_names
def max(input: T, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with a dimension, the named tuple (values, indices); with a tensor, `maximum`."""
    no_complex("max", input)
    if isinstance(dim, TensorBase):
        return input.maximum(dim)
    return _extreme("max", MaxAll, Max, input, dim, keepdim)


@numpy_names
def min(input: T, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with a dimension, the named tuple (values, indices); with a tensor, `minimum`."""
    no_complex("min", input)
    if isinstance(dim, TensorBase):
        return input.minimum(dim)
    return _extreme("min", MinAll, Min, input, dim, keepdim)


@numpy_names
def amax(input: T, dim: Any = (), keepdim: bool = False) -> T:
    """The largest element over all dimensions or those given; equal ones share the gradient."""
    no_complex("amax", input)
    axes = axes_of(dim, input.array.ndim, "amax")
    _not_empty("amax", input, axes, dim)
    return Amax.apply(input, axes, keepdim)


@numpy_names
def amin(input: T, dim: Any = (), keepdim: bool = False) -> T:
    """The smallest element over all dimensions or those given; equal ones share the gradient."""
    no_complex("amin", input)
    axes = axes_of(dim, input.array.ndim, "amin")
    _not_empty("amin", input, axes, dim)
    return Amin.apply(input, axes, keepdim)


def aminmax(input: T, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The named tuple (min, max) over all dimensions or one."""
    no_complex("aminmax", input)
    axes = axes_of(dim, input.array.ndim, "aminmax")
    _not_empty("aminmax", input, axes, dim)
    return results("aminmax", "min", "max")(*Aminmax.apply(input, axes, keepdim))


@numpy_names
def argmax(input: T, dim: int | None = None, keepdim: bool = False) -> T:
    """The index of the largest element: in the flattened tensor, or along a dimension."""
    no_complex("argmax", input)
    return _arg("argmax", input, dim, keepdim)


@numpy_names
def argmin(input: T, dim: int | None = None, keepdim: bool = False) -> T:
    """The index of the smallest element: in the flattened tensor, or along a dimension."""
    no_complex("argmin", input)
    return _arg("argmin", input, dim, keepdim)


def _arg(name: str, input: Any, dim: int | None, keepdim: bool) -> Any:
    if input.array.dtype.kind == "b":
        raise DtypeError(name, "does not support bool input", input)
    axis = None if dim is None or not input.array.ndim else dim_in(dim, input.array.ndim)
    if not input.array.size and (axis is None or input.array.shape[axis] == 0):
        raise IndexError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with "
            f"the 'dim' argument."
        )
    return input._wrap(getattr(kernels, name)(numbers(input), axis, keepdim))


@numpy_names
def all(input: T, dim: Any = None, keepdim: bool = False) -> T:
    """Whether every element is true (not zero)."""
    return _truth(kernels.all, input, dim, keepdim)


@numpy_names
def any(input: T, dim: Any = None, keepdim: bool = False) -> T:
    """Whether some element is true (not zero)."""
    return _truth(kernels.any, input, dim, keepdim)


def _truth(kernel: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    result = kernel(numbers(input), axes_of(dim, input.array.ndim, kernel.__name__), keepdim)
    return input._wrap(result.astype(np.uint8) if input.array.dtype == np.uint8 else result)


@numpy_names
def logsumexp(input: T, dim: Any, keepdim: bool = False) -> T:
    """ln Σ eˣ over the dimensions given, without overflow."""
    input = floating(input)
    if input.array.dtype.kind == "c":
        top = amax(input.real.detach(), dim, True) if input.array.size else sum(input.real, dim, True)
        top = where(top.isfinite(), top, 0.0)
        return sum((input - top).exp(), dim, keepdim).log() + (top if keepdim else sum(top, dim))
    return Logsumexp.apply(input, axes_of(dim, input.array.ndim, "logsumexp"), keepdim)


@numpy_names
def vector_norm(x: T, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """(Σ |x|ᵖ)^(1/p) for p = ord: 0 counts, inf takes the largest, -inf the smallest."""
    if x.array.dtype.kind not in "fcV":
        raise DtypeError("linalg.vector_norm", "Expected a floating point or complex tensor as input", x)
    if x.array.dtype.kind == "c":
        if dtype is not None and not dtype.is_complex:
            raise DtypeError("linalg.vector_norm", f"dtype should be complex for complex inputs, but got {dtype}", x)
        return vector_norm(_to(x, dtype).abs(), ord, dim, keepdim)
    x = _to(x, dtype)
    return Norm.apply(x, float(ord), axes_of(dim, x.array.ndim, "linalg.vector_norm"), keepdim)


@numpy_names
def nansum(input: T, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """The sum of the elements that are not NaN."""
    no_complex("nansum", input)
    input = _to(input, dtype)
    return _to(Nansum.apply(input, axes_of(dim, input.array.ndim, "nansum"), keepdim), dtype)


@numpy_names
def nanmean(input: T, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """The mean of the elements that are not NaN."""
    no_complex("nanmean", input)
    if input.array.dtype.kind not in "fcV":
        raise DtypeError("nanmean", "expected input to have floating point or complex dtype", input)
    return nansum(input, dim, keepdim, dtype=dtype) / sum(input.isnan().logical_not(), dim, keepdim)


def count_nonzero(input: T, dim: Any = None) -> T:
    """How many elements are not zero."""
    return sum(input.ne(0), dim)
