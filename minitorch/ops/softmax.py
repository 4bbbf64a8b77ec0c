"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import mode
from ..errors import DtypeError
from ..kernels import softmax as kernels
from .arithmetic import no_complex
from .base import Op, T, numpy_names
from .view import dim_in

__all__ = ["log_softmax", "softmax"]


class Softmax(Op):
    """y = eˣ / Σ eˣ;  dx = y (g - Σ g y)"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int) -> Any:
        ctx.axis = axis
        ctx.save_output_for_backward()
        return kernels.softmax(x.array, axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        if not mode.grad:
            return y._wrap(kernels.softmax_grad(g.array, y.array, ctx.axis)), None
        return softmax_grad(g, y, ctx.axis), None


class LogSoftmax(Op):
    """y = x - ln Σ eˣ;  dx = g - eʸ Σ g"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int) -> Any:
        ctx.axis = axis
        ctx.save_output_for_backward()
        return kernels.log_softmax(x.array, axis)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (y,) = ctx.saved_tensors
        if not mode.grad:
            return y._wrap(kernels.log_softmax_grad(g.array, y.array, ctx.axis)), None
        return log_softmax_grad(g, y, ctx.axis), None


def softmax_grad(grad_output: T, output: T, dim: int, input_dtype: Any = None) -> T:
    """`torch._softmax_backward_data`: the gradient of x, of that of softmax and softmax itself."""
    g: T = output * (grad_output - (grad_output * output).sum(dim, keepdim=True))
    return g if input_dtype is None else g.to(input_dtype)


def log_softmax_grad(grad_output: T, output: T, dim: int, input_dtype: Any = None) -> T:
    """The same, of log_softmax."""
    g: T = grad_output - output.exp() * grad_output.sum(dim, keepdim=True)
    return g if input_dtype is None else g.to(input_dtype)


def _floats(name: str, x: T) -> T:
    """x itself; integers only if there are none."""
    if x.array.dtype.kind not in "fV" and x.array.size:
        raise DtypeError(name, "expected a floating-point tensor, or dtype= to convert it to", x)
    return x


@numpy_names
def softmax(input: T, dim: int, *, dtype: Any = None) -> T:
    """eˣ / Σ eˣ along a dimension: positive numbers that sum to 1.

    >>> torch.softmax(torch.tensor([0., 0.]), 0)
    tensor([0.5000, 0.5000])
    """
    x = _floats("softmax", input) if dtype is None else input.to(dtype)
    no_complex("softmax", x)
    return Softmax.apply(x, dim_in(dim, x.array.ndim))


@numpy_names
def log_softmax(input: T, dim: int, *, dtype: Any = None) -> T:
    """x - ln Σ eˣ along a dimension: the logarithm of softmax, without overflow."""
    x = _floats("log_softmax", input) if dtype is None else input.to(dtype)
    no_complex("log_softmax", x)
    return LogSoftmax.apply(x, dim_in(dim, x.array.ndim))
