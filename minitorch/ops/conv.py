"""Convolution and transposed convolution over one to three dimensions."""

from __future__ import annotations

from typing import Any

from ..errors import DtypeError, OperationError
from ..kernels import conv as kernels
from .base import Op, T
from .view import squeeze, unsqueeze


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
    if isinstance(value, int):
        return (value,) * dims
    values = tuple(value)
    return values * dims if len(values) == 1 else values


def same_padding(kernel: Any, dilation: Any) -> tuple[tuple[int, int], ...]:
    """The padding, (before, after) per dimension, that keeps the size."""
    total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple([(t // 2, t - t // 2) for t in total])


def _prepared(name: str, dims: int, x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> tuple[Any, Any, Any]:
    stride, dilation = each(stride, dims), each(dilation, dims)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        return stride, same_padding(w.array.shape[2:], dilation), dilation
    if isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"{name}: Expected padding to be 'same', 'valid' or numbers, got {padding!r}")
    return stride, each(0 if padding == "valid" else padding, dims), dilation


def _check(name: str, dims: int, x: Any, w: Any, groups: int, channels: int) -> None:
    if w.array.ndim != dims + 2:
        raise OperationError(name, f"expected a weight with {dims + 2} dimensions", x, w)
    if x.array.dtype is not w.array.dtype:
        raise DtypeError(name, "Input type and weight type should be the same", x, w)
    if groups <= 0 or w.array.shape[0] % groups:
        raise OperationError(
            name, f"expected weight to be at least {groups} at dimension 0 and divisible by groups={groups}", x, w
        )
    if x.array.shape[1] != channels:
        raise OperationError(
            name,
            f"Given groups={groups}, weight of size {list(w.array.shape)}, expected input{list(x.array.shape)} to have "
            f"{channels} channels, but got {x.array.shape[1]} channels instead",
        )


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
    x, single = _batched(name, dims, input)
    _check(name, dims, x, weight, groups, weight.array.shape[1] * groups)
    how = _prepared(name, dims, x, weight, stride, padding, dilation)
    plan = kernels.plan(x.array.shape[2:], weight.array.shape[2:], *how, groups)
    if any(n <= 0 for n in plan.output):
        raise OperationError(
            name,
            f"Calculated padded input size per channel: {plan.padded[3 - dims :]}. Kernel size: {plan.kernel[3 - dims :]}. "
            "Kernel size can't be greater than actual input size",
            input, weight,
        )  # fmt: skip
    y = Convolution.apply(x, weight, bias, *how, groups)
    return squeeze(y, 0) if single else y


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
    x, single = _batched(name, dims, input)
    _check(name, dims, x, weight, groups, weight.array.shape[0])
    stride, padding, extra, dilation = [each(v, dims) for v in (stride, padding, output_padding, dilation)]
    kernel = weight.array.shape[2:]
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got output_padding={extra}, stride={stride}, dilation={dilation}"
        )
    geometry = zip(x.array.shape[2:], kernel, stride, padding, extra, dilation, strict=True)
    size = [(n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, k, s, p, e, d in geometry]
    shape = (x.array.shape[0], weight.array.shape[1] * groups, *size)
    y = ConvolutionTranspose.apply(x, weight, bias, shape, stride, padding, dilation, groups)
    return squeeze(y, 0) if single else y


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
