"""Convolution and transposed convolution over one to three dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from ..kernels import conv as kernels
from ..kernels.columns import plan as plan_of
from .autocast import lowered
from .base import Op, T, shown_as
from .join import cat
from .parts import complex
from .view import narrow, reshape, squeeze, unsqueeze

__all__ = ["conv1d", "conv2d", "conv3d", "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]


class Convolution(Op):
    """y = x * w + b;  each of the three gradients is a convolution again"""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, *how: Any) -> Any:
        need_x, need_w = ctx.needs_input_grad[:2]
        ctx.save_for_backward(x if need_w else None, w if need_x else None)
        ctx.how, ctx.shapes = how, (x.array.shape, w.array.shape)
        return kernels.forward(x.array, w.array, None if b is None else b.array, *how)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        dx = None if w is None else ConvolutionInput.apply(g, w, ctx.shapes[0], *ctx.how)
        dw = None if x is None else ConvolutionWeight.apply(x, g, ctx.shapes[1], *ctx.how)
        return dx, dw, _over_channels(g) if ctx.needs_input_grad[2] else None, None, None, None, None


def _over_channels(g: Any) -> Any:
    return g.sum([d for d in range(g.array.ndim) if d != 1])


class ConvolutionInput(Op):
    """The gradient of a convolution's input: the transposed convolution"""

    title = "ConvolutionBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, w: Any, shape: Any, *how: Any) -> Any:
        ctx.save_for_backward(g, w)
        ctx.how = how
        return kernels.grad_input(g.array, w.array, shape, *how)

    @staticmethod
    def backward(ctx: Any, gx: Any) -> Any:
        g, w = ctx.saved_tensors
        need_g, need_w = ctx.needs_input_grad[:2]
        dg = Convolution.apply(gx, w, None, *ctx.how) if need_g else None
        dw = ConvolutionWeight.apply(gx, g, w.array.shape, *ctx.how) if need_w else None
        return dg, dw, None, None, None, None, None


class ConvolutionWeight(Op):
    """The gradient of a convolution's weight"""

    title = "ConvolutionBackward"

    @staticmethod
    def forward(ctx: Any, x: Any, g: Any, shape: Any, *how: Any) -> Any:
        ctx.save_for_backward(x, g)
        ctx.how = how
        return kernels.grad_weight(x.array, g.array, shape, *how)

    @staticmethod
    def backward(ctx: Any, gw: Any) -> Any:
        x, g = ctx.saved_tensors
        need_x, need_g = ctx.needs_input_grad[:2]
        dx = ConvolutionInput.apply(g, gw, x.array.shape, *ctx.how) if need_x else None
        dg = Convolution.apply(x, gw, None, *ctx.how) if need_g else None
        return dx, dg, None, None, None, None, None


class ConvolutionTranspose(Op):
    """The transposed convolution, with a bias"""

    title = "Convolution"

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, shape: Any, *how: Any) -> Any:
        ctx.save_for_backward(x, w)
        ctx.how = how
        return kernels.add_bias(kernels.grad_input(x.array, w.array, shape, *how), None if b is None else b.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        need_x, need_w, need_b = ctx.needs_input_grad[:3]
        dx = Convolution.apply(g, w, None, *ctx.how) if need_x else None
        dw = ConvolutionWeight.apply(g, x, w.array.shape, *ctx.how) if need_w else None
        return dx, dw, _over_channels(g) if need_b else None, None, None, None, None, None


# ---------------------------------------------------------------- arguments


def each(value: Any, dims: int) -> tuple[Any, ...]:
    """One number for all dimensions, or one for each."""
    values = tuple([index(v) for v in value]) if isinstance(value, Iterable) else (index(value),)
    if len(values) not in (1, dims):
        raise RuntimeError(f"expected a single number or one for each of {dims} dimensions, but got {value}")
    return values if len(values) == dims else values * dims


def same_padding(kernel: Any, dilation: Any) -> tuple[tuple[int, int], ...]:
    """The padding, (before, after) per dimension, that keeps the size."""
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple([(t // 2, t - t // 2) for t in total])


def _prepared(name: str, dims: int, w: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Any, Any, Any]:
    stride, dilation = each(stride, dims), each(dilation, dims)
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise RuntimeError(f"{name}: Expected padding to be 'same', 'valid' or numbers, got {padding!r}")
        if padding == "same" and stride != (1,) * dims:
            raise RuntimeError(f"{name}: padding='same' is not supported for strided convolutions")
        pads = same_padding(w.array.shape[2:], dilation) if padding == "same" else (0,) * dims
        return stride, pads, dilation
    padding = each(padding, dims)
    check_numbers(name, stride=stride, padding=padding, dilation=dilation)
    return stride, padding, dilation


def check_numbers(name: str, **numbers: tuple[int, ...]) -> None:
    """RuntimeError unless each argument has at least 1 for every dimension, or 0, if it is a padding."""
    for what, values in numbers.items():
        least = 0 if what == "padding" else 1
        if min(values) < least:
            raise RuntimeError(f"{name}: expected a {what} of at least {least}, but got {what}={values}")


def _check(name: str, x: Any, w: Any, b: Any, groups: int, channels: int, outputs: int) -> None:
    if groups <= 0 or not w.array.shape[0] or w.array.shape[0] % groups:
        raise OperationError(
            name, f"expected weight to be at least {groups} at dimension 0 and divisible by groups={groups}", x, w
        )
    if x.array.shape[1] != channels:
        raise OperationError(
            name,
            f"Given groups={groups}, weight of size {list(w.array.shape)}, expected input{list(x.array.shape)} to have "
            f"{channels} channels, but got {x.array.shape[1]} channels instead",
        )
    if b is not None and b.array.shape != (outputs,):
        raise OperationError(name, f"expected bias to be 1-dimensional with {outputs} elements", x, w, b)


def _check_dtypes(name: str, dims: int, x: Any, w: Any, b: Any) -> None:
    if w.array.ndim != dims + 2:
        raise OperationError(name, f"expected a weight with {dims + 2} dimensions", x, w)
    if x.array.dtype is not w.array.dtype:
        raise DtypeError(name, "Input type and weight type should be the same", x, w)
    if b is not None and x.array.dtype is not b.array.dtype:
        raise DtypeError(name, "Input type and bias type should be the same", x, b)
    if x.array.dtype.kind == "b" and x.array.size:
        raise DtypeError(name, "convolutions of bool tensors are not implemented: convert them first", x, w)


def _batched(name: str, dims: int, x: Any) -> tuple[Any, bool]:
    if x.array.ndim == dims + 1:
        return unsqueeze(x, 0), True
    if x.array.ndim != dims + 2:
        raise OperationError(name, f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input", x)
    return x, False


def _convolve(
    dims: int, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    name = f"conv{dims}d"
    if dt.mixed:
        input, weight, bias = lowered(input, weight, bias)
    if input.array.dtype.kind == "c" == weight.array.dtype.kind:
        parts = lambda x, w: _convolve(dims, x, w, None, stride, padding, dilation, groups)  # noqa: E731
        return _of_complex(dims, parts, input, weight, bias)
    x, single = _batched(name, dims, input)
    _check_dtypes(name, dims, x, weight, bias)
    _check(name, x, weight, bias, groups, weight.array.shape[1] * groups, weight.array.shape[0])
    how = _prepared(name, dims, weight, stride, padding, dilation)
    plan = plan_of(x.array.shape[2:], weight.array.shape[2:], *how, groups)
    if any(n <= 0 for n in plan.output):
        raise OperationError(
            name,
            f"Calculated padded input size per channel: {plan.padded[3 - dims :]}. Kernel size: "
            f"{plan.kernel[3 - dims :]}. "
            "Kernel size can't be greater than actual input size",
            input,
            weight,
        )
    y = Convolution.apply(x, weight, bias, *how, groups)
    return squeeze(y, 0) if single else y


def _of_complex(dims: int, convolve: Any, x: Any, w: Any, bias: Any) -> Any:
    """A convolution of complex numbers, which is four of real ones."""
    (a, b), (c, d) = [(z.real.contiguous(), z.imag.contiguous()) for z in (x, w)]
    y = complex(convolve(a, c) - convolve(b, d), convolve(a, d) + convolve(b, c))
    return y if bias is None else y + reshape(bias, -1, *[1] * dims)


# ---------------------------------------------------------------- what users call


def conv1d(
    input: T, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> T:
    """A convolution of (N, C, L) with weight (O, C / groups, K)."""
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: T, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> T:
    """A convolution of (N, C, H, W) with weight (O, C / groups, KH, KW); padding numbers, 'valid' or 'same'."""
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: T, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> T:
    """A convolution of (N, C, D, H, W) with weight (O, C / groups, KD, KH, KW)."""
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


def _transposed(
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    name = f"conv_transpose{dims}d"
    if dt.mixed:
        input, weight, bias = lowered(input, weight, bias)
    if input.array.dtype.kind == "c" == weight.array.dtype.kind:
        parts = lambda x, w: _transposed(dims, x, w, None, stride, padding, output_padding, groups, dilation)  # noqa: E731
        return _of_complex(dims, parts, input, weight, bias)
    x, single = _batched(name, dims, input)
    _check_dtypes(name, dims, x, weight, bias)
    outputs = weight.array.shape[1] * groups
    _check(name, x, weight, bias, groups, weight.array.shape[0], outputs)
    stride, padding, extra, dilation = [each(v, dims) for v in (stride, padding, output_padding, dilation)]
    check_numbers(name, stride=stride, padding=padding, dilation=dilation)
    _check_extra(name, stride, extra, dilation)
    geometry = zip(x.array.shape[2:], weight.array.shape[2:], stride, padding, dilation, strict=True)
    size = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, p, d in geometry]
    if min(map(sum, zip(size, extra, strict=True))) <= 0:
        raise OperationError(name, f"Output size is too small: {size} plus output_padding={extra}", x, weight)
    if any(e >= s for e, s in zip(extra, stride, strict=True)):
        y = _extended(x, weight, bias, size, extra, stride, padding, dilation, groups)
    else:
        shape = (x.array.shape[0], outputs, *map(sum, zip(size, extra, strict=True)))
        y = ConvolutionTranspose.apply(x, weight, bias, shape, stride, padding, dilation, groups)
    return squeeze(y, 0) if single else y


def _check_extra(name: str, stride: Any, extra: Any, dilation: Any) -> None:
    if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(
            f"{name}: output padding must be smaller than either stride or dilation, and not negative, but got "
            f"output_padding={extra}, stride={stride}, dilation={dilation}"
        )


def _extended(
    x: Any, w: Any, b: Any, size: Any, extra: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """Where a convolution of the result would have more outputs than x: all of it, extended by zeros, then cut."""
    whole = [n + 2 * p for n, p in zip(size, padding, strict=True)]
    shape = (x.array.shape[0], w.array.shape[1] * groups, *whole)
    y = ConvolutionTranspose.apply(x, w, None, shape, stride, (0,) * len(size), dilation, groups)
    for d, (n, e, p) in enumerate(zip(size, extra, padding, strict=True), 2):
        zeros = y._zeros((*y.array.shape[:d], e, *y.array.shape[d + 1 :]), y.array.dtype)
        y = narrow(cat([y, zeros], d), d, p, n + e)
    return y if b is None else y + b.reshape(-1, *(1,) * len(size))


def conv_transpose1d(
    input: T,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> T:
    """The transposed convolution of (N, C, L) with weight (C, O / groups, K)."""
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: T,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> T:
    """The transposed convolution of (N, C, H, W) with weight (C, O / groups, KH, KW)."""
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: T,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> T:
    """The transposed convolution of (N, C, D, H, W) with weight (C, O / groups, KD, KH, KW)."""
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


@shown_as("ConvTbcBackward0")
def conv_tbc(input: T, weight: T, bias: T, pad: int = 0) -> T:
    """The convolution of (time, batch, in) with weight (kernel, in, out) and bias (out,), `pad` zeros at both ends.

    >>> torch.conv_tbc(torch.ones(5, 2, 3), torch.ones(2, 3, 4), torch.zeros(4)).shape
    torch.Size([4, 2, 4])
    """
    if (input.array.ndim, weight.array.ndim, bias.array.ndim) != (3, 3, 1):
        raise OperationError(
            "conv_tbc", "expected input (time, batch, in), weight (kernel, in, out), bias (out,)", input, weight, bias
        )
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, 1, pad).permute(2, 0, 1)
