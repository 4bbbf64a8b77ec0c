"""Normalisation: layer, RMS, group, instance and batch norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..autograd.grad_mode import mode
from ..autograd.half import FLOAT32
from ..dtypes import is_half
from ..errors import DtypeError, OperationError
from ..kernels import norm as kernels
from .base import Op, T, numbers
from .view import reshape

__all__ = ["batch_norm_update_stats", "group_norm", "layer_norm", "rms_norm"]


class NativeLayerNorm(Op):
    """y = (x - x̄) r w + b for each n elements, r = 1 / √(var + eps);  dx = r (gw - mean(gw) - x̂ mean(gw x̂))"""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, n: int, eps: float, centred: bool) -> Any:
        y, mean, rstd = kernels.normalise_rows(_rows(x.array, n), _flat(w), _flat(b), eps, centred)
        ctx.save_for_backward(x, w)
        ctx.n, ctx.eps, ctx.centred, ctx.mean, ctx.rstd = n, eps, centred, mean, rstd
        return y.reshape(x.array.shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        if mode.grad:
            g, rows = [reshape(t, len(ctx.mean), ctx.n) for t in (g, x)]
            dx, dw, db = _rows_formula(g, rows, w, ctx.eps, ctx.centred)
        else:
            grads = kernels.normalise_rows_grad(
                _rows(g.array, ctx.n), _rows(x.array, ctx.n), _flat(w), ctx.mean, ctx.rstd, ctx.centred
            )
            dx, dw, db = [x._wrap(d) for d in grads]
        shape = None if w is None else w.array.shape
        needs = ctx.needs_input_grad
        parts = [reshape(d, shape or ctx.n) if need else None for d, need in zip((dw, db), needs[1:3], strict=True)]
        return reshape(dx, x.array.shape) if needs[0] else None, *parts, None, None, None


def _rows(array: Any, n: int) -> Any:
    return array.reshape(array.size // n if n else 0, n)


def _flat(x: Any) -> Any:
    return None if x is None else x.array.reshape(-1)


def _array(x: Any) -> Any:
    return None if x is None else x.array


def _rows_formula(g: Any, x: Any, w: Any, eps: float, centred: bool) -> Any:
    hat, rstd = _normal_rows(x, eps, centred)
    gw = g if w is None else g * reshape(w, -1)
    first = gw.mean(1, keepdim=True) if centred else 0
    dx = rstd * (gw - first - hat * (gw * hat).mean(1, keepdim=True))
    return dx, (g * hat).sum(0), g.sum(0)


def _normal_rows(x: Any, eps: float, centred: bool) -> Any:
    """Each row with mean 0 and variance 1, and what it was multiplied with."""
    mean = x.mean(1, keepdim=True) if centred else 0
    rstd = ((x - mean).square().mean(1, keepdim=True) + eps).rsqrt()
    return (x - mean) * rstd, rstd


class NativeGroupNorm(Op):
    """y = (x - x̄) r w + b with the mean and deviation of each group of channels of (N, C, positions)"""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, groups: int, eps: float) -> Any:
        y, mean, rstd = kernels.group_norm(_planes(x.array), groups, _array(w), _array(b), eps)
        ctx.save_for_backward(x, w)
        ctx.groups, ctx.eps, ctx.mean, ctx.rstd = groups, eps, mean, rstd
        return y.reshape(x.array.shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        if mode.grad:
            grads, inputs = [reshape(t, *_planes(t.array).shape) for t in (g, x)]
            dx, dw, db = _groups_formula(ctx, grads, inputs, w)
        else:
            grads = kernels.group_norm_grad(
                _planes(g.array), _planes(x.array), ctx.groups, _array(w), ctx.mean, ctx.rstd
            )
            dx, dw, db = [x._wrap(d) for d in grads]
        return reshape(dx, x.array.shape), dw, db, None, None


def _groups_formula(ctx: Any, g: Any, x: Any, w: Any) -> Any:
    n, channels, positions = x.shape
    rows = n * ctx.groups, channels // ctx.groups * positions
    gw = g if w is None else g * w.view(-1, 1)
    dx, _, _ = _rows_formula(reshape(gw, *rows), reshape(x, *rows), None, ctx.eps, True)
    hat, _ = _normal_rows(reshape(x, *rows), ctx.eps, True)
    return reshape(dx, x.shape), (g * reshape(hat, x.shape)).sum((0, 2)), g.sum((0, 2))


class NativeBatchNorm(Op):
    """y = (x - mean) / √(var + eps) w + b per channel, from the batch's statistics or those given"""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any, mean: Any, var: Any, eps: float, training: bool) -> Any:
        y, rstd, scale = kernels.batch_norm(_planes(x.array), _array(w), _array(b), mean, var, eps)
        ctx.save_for_backward(x, w)
        ctx.eps, ctx.training, ctx.mean, ctx.rstd, ctx.scale = eps, training, mean, rstd, scale
        return y.reshape(x.array.shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        shape = x.array.shape
        if mode.grad:
            grads, inputs = [reshape(t, shape[0], shape[1], math.prod(shape[2:])) for t in (g, x)]
            dx, dw, db = _channels_formula(ctx, grads, inputs, w)
            return reshape(dx, shape), dw, db, None, None, None, None
        grads, inputs = _planes(g.array), _planes(x.array)
        sums = kernels.channel_sums(grads, inputs, ctx.mean, ctx.rstd)
        dx = None
        if ctx.needs_input_grad[0]:
            out = kernels.batch_norm_grad(grads, inputs, ctx.scale, ctx.mean, ctx.rstd, *sums, ctx.training)
            dx = x._wrap(out.reshape(shape))
        return dx, x._wrap(sums[0]), x._wrap(sums[1]), None, None, None, None


def _planes(array: Any) -> Any:
    """As (N, C, positions)."""
    return array.reshape(*array.shape[:2], math.prod(array.shape[2:]))


def _channels_formula(ctx: Any, g: Any, x: Any, w: Any) -> Any:
    dims = (0, 2)
    if ctx.training:
        mean = x.mean(dims, keepdim=True)
        rstd = ((x - mean).square().mean(dims, keepdim=True) + ctx.eps).rsqrt()
    else:
        mean, rstd = x._wrap(ctx.mean).view(-1, 1), x._wrap(ctx.rstd).view(-1, 1)
    hat = (x - mean) * rstd
    gw = g if w is None else g * w.view(-1, 1)
    dx = (
        rstd * (gw - gw.mean(dims, keepdim=True) - hat * (gw * hat).mean(dims, keepdim=True))
        if ctx.training
        else rstd * gw
    )
    return dx, (g * hat).sum(dims), g.sum(dims)


# ---------------------------------------------------------------- what users call


def _check_dtypes(name: str, x: Any, *others: Any) -> None:
    if x.array.dtype.kind not in "fV":
        raise DtypeError(name, "expected a floating-point tensor", x)
    kinds = {t.array.dtype for t in others if t is not None}
    if kinds and kinds != {x.array.dtype} and not (is_half(x.array.dtype) and kinds == {FLOAT32}):
        raise DtypeError(name, "all inputs must share the same dtype", x, *others)


def _check_channels(name: str, channels: int, **tensors: Any) -> None:
    for what, x in tensors.items():
        if x is not None and x.array.shape != (channels,):
            raise OperationError(name, f"{what} should contain {channels} elements, one per channel", x)


def _normalised(name: str, input: Any, shape: Sequence[int], weight: Any, bias: Any) -> tuple[int, ...]:
    shape = tuple(shape)
    _check_dtypes(name, input, weight, bias)
    if not shape or tuple(input.array.shape[-len(shape) :]) != shape:
        raise OperationError(
            name,
            f"Given normalized_shape={list(shape)}, expected input with shape [*, {', '.join(map(str, shape))}]",
            input,
        )
    for x in (weight, bias):
        if x is not None and tuple(x.array.shape) != shape:
            raise OperationError(
                name, f"Expected weight and bias to be of same shape as normalized_shape {list(shape)}", x
            )
    return shape


def layer_norm(input: T, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> T:
    """(x - mean) / √(var + eps) weight + bias over the last dimensions (Ba et al., 2016).

    `normalized_shape`: their sizes.
    """
    shape = _normalised("layer_norm", input, normalized_shape, weight, bias)
    n = math.prod(shape)
    return NativeLayerNorm.apply(input, weight, bias, n, eps, True)


def rms_norm(input: T, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> T:
    """x / √(mean of x² + eps) weight over the last dimensions (Zhang and Sennrich, 2019);
    eps: the dtype's by default. Complex numbers are squared as they are, as in PyTorch.
    """
    if weight is not None and weight.array.dtype is not input.array.dtype:
        return rms_norm(input, normalized_shape, None, eps) * weight
    if input.array.dtype.kind == "c":
        return _complex_rms_norm(input, normalized_shape, weight, eps)
    shape = _normalised("rms_norm", input, normalized_shape, weight, None)
    n = math.prod(shape)
    eps = (2.0**-52 if input.array.dtype.itemsize == 8 else 2.0**-23) if eps is None else eps
    return NativeLayerNorm.apply(input, weight, None, n, eps, False)


def _complex_rms_norm(x: Any, shape: Any, weight: Any, eps: float | None) -> Any:
    dims = tuple(range(-len(_normalised("rms_norm", x.real, shape, None, None)), 0))
    eps = (2.0**-52 if x.array.dtype.itemsize == 16 else 2.0**-23) if eps is None else eps
    y = x / ((x * x).mean(dims, keepdim=True) + eps).sqrt()
    return y if weight is None else y * weight


def group_norm(input: T, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> T:
    """Normalised over each group of channels and all positions of (N, C, ...) (Wu and He, 2018),
    then weight and bias per channel.
    """
    if input.array.ndim < 2:
        raise OperationError("group_norm", "Expected at least 2 dimensions for input tensor", input)
    n, channels = input.array.shape[:2]
    if num_groups <= 0 or channels % num_groups:
        raise OperationError(
            "group_norm",
            f"Expected number of channels in input to be divisible by num_groups, but got {channels} and "
            f"num_groups={num_groups}",
            input,
        )
    _check_dtypes("group_norm", input, weight, bias)
    _check_channels("group_norm", channels, weight=weight, bias=bias)
    _check_count("group_norm", n * (channels // num_groups) * math.prod(input.array.shape[2:]), input)
    return NativeGroupNorm.apply(input, weight, bias, num_groups, eps)


def batch_norm(
    input: T, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> T:  # fmt: skip
    """Normalised per channel of (N, C, ...) over everything else (Ioffe and Szegedy, 2015).

    While training from the batch's statistics, towards which the running ones move by `momentum` (the variance
    unbiased).
    """
    shape = input.array.shape
    if shape == (0,):
        return input * 1
    if input.array.ndim < 2:
        raise OperationError("batch_norm", "expected (N, C, ...)", input)
    _check_dtypes("batch_norm", input, weight, bias, running_mean, running_var)
    _check_channels(
        "batch_norm", shape[1], running_mean=running_mean, running_var=running_var, weight=weight, bias=bias
    )
    count = shape[0] * math.prod(shape[2:])
    if training:
        _check_count("batch_norm", count, input)
        mean, var = _statistics(input, count, running_mean, running_var, momentum)
        if not count:
            mean[:] = var[:] = 0  # not NaN, which 0 elements times it would be
    elif running_mean is None or running_var is None:
        raise RuntimeError("batch_norm: running_mean and running_var must be defined in evaluation mode")
    else:
        mean, var = numbers(running_mean).copy(), numbers(running_var).copy()
    return NativeBatchNorm.apply(input, weight, bias, mean, var, eps, training)


def _statistics(x: Any, count: int, running_mean: Any, running_var: Any, momentum: float) -> tuple[Any, Any]:
    mean, var = kernels.channel_statistics(_planes(numbers(x)))
    if count:  # an empty batch says nothing
        _move(running_mean, mean, momentum)
        _move(running_var, kernels.unbiased(var, count), momentum)
    return mean, var


def batch_norm_update_stats(input: T, running_mean: Any, running_var: Any, momentum: float) -> tuple[T, T]:
    """Mean and variance per channel of (N, C, ...), towards which the running ones move, the variance unbiased."""
    _check_dtypes("batch_norm_update_stats", input, running_mean, running_var)
    count = input.array.size // max(input.array.shape[1], 1)
    mean, var = _statistics(input, count, running_mean, running_var, momentum)
    like = input if running_mean is None else running_mean
    return input._wrap(mean).to(like.dtype), input._wrap(var).to(like.dtype)


def _check_count(name: str, count: int, x: Any) -> None:
    if count == 1:
        raise ValueError(
            f"{name}: Expected more than 1 value per channel when training, got input size {list(x.shape)}"
        )


def _move(running: Any, new: Any, momentum: float) -> None:
    if running is not None:
        kernels.move(running.array, new, momentum)
        running.storage.written("batch_norm")


def instance_norm(
    input: T, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> T:  # fmt: skip
    """Normalised per sample and channel of (N, C, ...) over the positions."""
    if use_input_stats and math.prod(input.array.shape[2:]) == 1:
        raise ValueError(
            f"instance_norm: Expected more than 1 spatial element when training, got input size {input.shape}"
        )
    if input.array.ndim < 2:
        raise OperationError("instance_norm", "expected (N, C, ...)", input)
    n, channels = input.array.shape[:2]
    if use_input_stats and running_mean is None:
        return group_norm(input, channels, weight, bias, eps)
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    flat = reshape(input, 1, n * channels, *input.array.shape[2:])
    mean, var, scale, shift = [None if x is None else x.repeat(n) for x in (running_mean, running_var, weight, bias)]
    y = batch_norm(flat, mean, var, scale, shift, True, momentum, eps)
    for running, all_ in ((running_mean, mean), (running_var, var)):
        running.copy_(all_.view(n, channels).mean(0))  # type: ignore[union-attr]
    return reshape(y, input.array.shape)
