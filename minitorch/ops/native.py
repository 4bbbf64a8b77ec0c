"""The normalisations and the dropout of `torch.native_*`: results together with what they were computed with."""

from __future__ import annotations

from typing import Any

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..kernels import random as draws
from . import norm
from .arithmetic import refuse
from .base import T, shown_as
from .random import NativeDropout, default_stream
from .reduce import var_mean
from .view import reshape

__all__ = ["native_batch_norm", "native_dropout", "native_group_norm", "native_layer_norm"]


def _statistics(x: Any, dims: Any, eps: float, keepdim: bool) -> tuple[Any, Any]:
    """Mean and 1 / √(variance + eps) over dimensions, unrecorded."""
    record, mode.grad = mode.grad, False
    try:
        var, mean = var_mean(x, dims, correction=0, keepdim=keepdim)
        return mean, (var + eps).rsqrt()
    finally:
        mode.grad = record


def native_layer_norm(
    input: T, normalized_shape: Any, weight: Any, bias: Any, eps: float
) -> tuple[T, T, T]:  # fmt: skip
    """`layer_norm`, with the means and 1 / √(variance + eps): each (..., 1, ..., 1), without derivatives."""
    y = norm.layer_norm(input, normalized_shape, weight, bias, eps)
    return (y, *_statistics(input, tuple(range(-len(tuple(normalized_shape)), 0)), eps, True))


def native_group_norm(
    input: T, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[T, T, T]:  # fmt: skip
    """`group_norm` of N samples with C channels, with the means and 1 / √(variance + eps): each (N, group)."""
    y = norm.group_norm(input, group, weight, bias, eps)
    return (y, *_statistics(reshape(input, N, group, C // group * HxW), -1, eps, False))


def native_batch_norm(
    input: T, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float
) -> tuple[T, T, T]:
    """`batch_norm`, with the batch's means and 1 / √(variance + eps) per channel; empty ones where not `training`."""
    y = norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training:
        return y, input.new_empty((0,)), input.new_empty((0,))
    return (y, *_statistics(input, (0, *range(2, input.array.ndim)), eps, False))


@shown_as("NativeDropoutBackward0")
def native_dropout(input: T, p: float, train: bool | None) -> tuple[T, T]:
    """`dropout` (where `train` is False, a copy), and a mask of what was kept."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    wide = dt.wide(input.array.dtype)
    kept: Any = input._ones if train is False else input._zeros if p == 1 else None
    if kept is not None:
        mask = kept(input.array.shape, wide)
    else:
        refuse("native_dropout", "biuc", input)
        mask = input._wrap(draws.dropout_mask(default_stream, input.array.shape, 1 - p, wide, input.array))
    return NativeDropout.apply(input, mask), mask.bool()
