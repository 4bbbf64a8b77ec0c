"""Running sums, products and extremes along a dimension."""

from __future__ import annotations

import itertools
import math
from typing import Any

from ..errors import DtypeError
from ..kernels import scan as kernels
from .arithmetic import no_complex, where
from .base import Op, T, conj, inplace, numpy_names, results
from .binary import logaddexp
from .gather import put_at
from .join import cat, stack
from .view import dim_in, unbind

__all__ = ["cummax", "cummin", "cumprod", "cumsum", "logcumsumexp"]


class Cumsum(Op):
    """yᵢ = Σ x up to i;  dxᵢ = Σ g from i on"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int) -> Any:
        ctx.axis = axis
        return kernels.cumsum(x.array, axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Cumsum.apply(g.flip(ctx.axis), ctx.axis).flip(ctx.axis), None


class Cumprod(Op):
    """yᵢ = Π x up to i;  dxⱼ = Σ over i >= j of gᵢ Π of the x up to i without xⱼ"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int) -> Any:
        ctx.axis = axis
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return kernels.cumprod(x.array, axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        if not (x == 0).any().item():
            return Cumsum.apply((g * conj(y)).flip(ctx.axis), ctx.axis).flip(ctx.axis) / conj(x), None
        return _cumprod_grad(g, conj(x), ctx.axis), None


def _cumprod_grad(g: Any, x: Any, axis: int) -> Any:
    """With zeros there is no dividing by x: column by column (Σ over i of gᵢ times a running product that skips j)."""
    g, x = g.movedim(axis, -1), x.movedim(axis, -1)
    n = x.array.shape[-1]
    columns = []
    for j in range(n):
        head = x.narrow(-1, 0, j).prod(-1, keepdim=True)
        one = head * 0 + 1
        tail = cat([one, x.narrow(-1, j + 1, n - j - 1)], -1).cumprod(-1)
        columns.append((g.narrow(-1, j, n - j) * tail).sum(-1) * head.squeeze(-1))
    return stack(columns).movedim(0, axis) if columns else x


class CumExtreme(Op):
    """The largest (smallest) value so far and its index;  dx = g, summed at those indices"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, largest: bool) -> Any:
        values, indices = (kernels.cummax if largest else kernels.cummin)(x.array, axis)
        where_ = x._wrap(indices)
        ctx.save_for_backward(where_)
        ctx.mark_non_differentiable(where_)
        ctx.args = x.array.shape, axis
        return x._wrap(values), where_

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        shape, axis = ctx.args
        return put_at(g, indices, axis, shape), None, None


class Cummax(CumExtreme):
    """The largest value so far"""


class Cummin(CumExtreme):
    """The smallest value so far"""


class Logcumsumexp(Op):
    """yᵢ = ln Σ eˣ up to i;  dxⱼ = Σ over i >= j of gᵢ e^(xⱼ - yᵢ)"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int) -> Any:
        ctx.axis = axis
        ctx.save_for_backward(x)
        ctx.save_output_for_backward()
        return kernels.logcumsumexp(x.array, axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        positive = _later(where(g > 0, g.abs().log() - y, -math.inf), ctx.axis)
        negative = _later(where(g < 0, g.abs().log() - y, -math.inf), ctx.axis)
        return (positive + x).exp() - (negative + x).exp(), None


def _later(x: Any, axis: int) -> Any:
    return Logcumsumexp.apply(x.flip(axis), axis).flip(axis)


# ---------------------------------------------------------------- what users call


@numpy_names
def cumsum(input: T, dim: int, *, dtype: Any = None) -> T:
    """The running sum along a dimension; integers and bools give int64."""
    return _run(Cumsum, input, dim, dtype)


@numpy_names
def cumprod(input: T, dim: int, *, dtype: Any = None) -> T:
    """The running product along a dimension; integers and bools give int64."""
    return _run(Cumprod, input, dim, dtype)


def _run(function: Any, x: Any, dim: int, dtype: Any) -> Any:
    """A running sum or product; small integers are summed as int64, and cast to the dtype asked for at the end."""
    axis = dim_in(dim, x.array.ndim)
    return function.apply(x, axis) if dtype is None else function.apply(x.to(dtype), axis).to(dtype)


@numpy_names
def cummax(input: T, dim: int) -> Any:
    """The named tuple (values, indices) of the largest element so far, along a dimension."""
    no_complex("cummax", input)
    return results("cummax")(*Cummax.apply(input, dim_in(dim, input.array.ndim), True))


@numpy_names
def cummin(input: T, dim: int) -> Any:
    """The named tuple (values, indices) of the smallest element so far, along a dimension."""
    no_complex("cummin", input)
    return results("cummin")(*Cummin.apply(input, dim_in(dim, input.array.ndim), False))


@numpy_names
def logcumsumexp(input: T, dim: int) -> T:
    """ln of the running sum of eˣ along a dimension."""
    axis = dim_in(dim, input.array.ndim)
    if input.array.dtype.kind not in "fcV":
        raise DtypeError("logcumsumexp", "is not implemented for integers", input)
    if input.array.dtype.kind == "c" and input.array.ndim and input.array.size:
        return stack(list(itertools.accumulate(unbind(input, axis), logaddexp)), axis)
    return input.clone() if input.array.dtype.kind == "c" else Logcumsumexp.apply(input, axis)


cumsum_, cumprod_ = inplace(cumsum), inplace(cumprod)
