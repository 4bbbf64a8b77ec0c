"""Functions that PyTorch has twice: here as in `torch`, with other arguments than in `torch.nn.functional`."""

from __future__ import annotations

from typing import Any

from . import conv, embedding, gridsample, loss, norm, random, resample
from .arithmetic import refuse
from .autocast import as_given, in_float32
from .base import T
from .pad import pad as padded

__all__ = [
    "affine_grid_generator", "alpha_dropout", "alpha_dropout_", "batch_norm", "binary_cross_entropy_with_logits",
    "constant_pad_nd", "convolution", "dropout", "dropout_", "embedding_bag", "embedding_renorm_",
    "feature_alpha_dropout", "feature_alpha_dropout_", "feature_dropout", "feature_dropout_", "grid_sampler",
    "grid_sampler_2d", "grid_sampler_3d", "instance_norm", "kl_div",
]  # fmt: skip

_REDUCTIONS = ("none", "mean", "sum")


def batch_norm(
    input: T, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: bool, momentum: float, eps: float,
    cudnn_enabled: bool = False,
) -> T:  # fmt: skip
    """`nn.functional.batch_norm`, with weight and bias before the running statistics."""
    return norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input: T, weight: Any, bias: Any, running_mean: Any, running_var: Any, use_input_stats: bool, momentum: float,
    eps: float, cudnn_enabled: bool = False,
) -> T:  # fmt: skip
    """`nn.functional.instance_norm`, with weight and bias before the running statistics."""
    return norm.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def _chance(p: float) -> float:
    if not 0 <= p <= 1:
        raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p}")
    return p


def dropout(input: T, p: float, train: bool) -> T:
    """`nn.functional.dropout`: each element 0 with probability p, the others divided by 1 - p, if `train`."""
    return random.dropout(input, _chance(p), train)


def dropout_(input: T, p: float, train: bool) -> T:
    """`dropout`, written to this tensor's memory."""
    return random.dropout(input, _chance(p), train, inplace=True)


def feature_dropout(input: T, p: float, train: bool) -> T:
    """Dropout of whole channels of (N, C, ...)."""
    return random.feature_dropout(input, _chance(p), train)


def alpha_dropout(input: T, p: float, train: bool) -> T:
    """`nn.functional.alpha_dropout`: to the negative saturation of SELU, scaled to keep mean and variance."""
    return random.alpha_dropout(input, _chance(p), train)


def alpha_dropout_(input: T, p: float, train: bool) -> T:
    """`alpha_dropout`, written to this tensor's memory."""
    return random.alpha_dropout(input, _chance(p), train, inplace=True)


def feature_dropout_(input: T, p: float, train: bool) -> T:
    """`feature_dropout`, written to this tensor's memory."""
    return random.feature_dropout(input, _chance(p), train, inplace=True)


def feature_alpha_dropout(input: T, p: float, train: bool) -> T:
    """`alpha_dropout` of whole channels of (N, C, ...)."""
    return random.alpha_dropout(input, _chance(p), train, whole_channels=True)


def feature_alpha_dropout_(input: T, p: float, train: bool) -> T:
    """`feature_alpha_dropout`, written to this tensor's memory."""
    return random.alpha_dropout(input, _chance(p), train, inplace=True, whole_channels=True)


_CONVOLUTIONS = (conv.conv1d, conv.conv2d, conv.conv3d)
_TRANSPOSED = (conv.conv_transpose1d, conv.conv_transpose2d, conv.conv_transpose3d)


@as_given
def convolution(
    input: T, weight: T, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool, output_padding: Any,
    groups: int,
) -> T:  # fmt: skip
    """`nn.functional.conv1d` to `conv_transpose3d`, by the number of dimensions of the weight, with all arguments."""
    refuse("convolution", "c", input)
    if transposed:
        turn = _TRANSPOSED[weight.array.ndim - 3]
        return turn(input, weight, bias, stride, padding, output_padding, groups, dilation)
    return _CONVOLUTIONS[weight.array.ndim - 3](input, weight, bias, stride, padding, dilation, groups)


def constant_pad_nd(input: T, pad: Any, value: float = 0) -> T:
    """`nn.functional.pad` with a constant."""
    return padded(input, list(pad), "constant", value)


def affine_grid_generator(theta: T, size: Any, align_corners: bool) -> T:
    """`nn.functional.affine_grid`."""
    return resample.affine_grid(theta, size, align_corners)


def grid_sampler(input: T, grid: T, interpolation_mode: int, padding_mode: int, align_corners: bool) -> T:
    """`nn.functional.grid_sample`, with numbers: 0 bilinear, 1 nearest, 2 bicubic; 0 zeros, 1 border, 2 reflection."""
    mode = ("bilinear", "nearest", "bicubic")[interpolation_mode]
    return gridsample.grid_sample(input, grid, mode, ("zeros", "border", "reflection")[padding_mode], align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def embedding_bag(
    weight: T, indices: T, offsets: T, scale_grad_by_freq: bool = False, mode: int = 0, sparse: bool = False,
    per_sample_weights: Any = None, include_last_offset: bool = False, padding_idx: int | None = None,
) -> tuple[T, T, T, T]:  # fmt: skip
    """`nn.functional.embedding_bag`, with the weight first and a number for the mode: 0 sum, 1 mean, 2 max.

    Beside the bags: for each index the number of its bag, for each bag how many indices it has, and for the mode max
    which row each element came from (zeros otherwise).
    """
    bags = embedding.embedding_bag(
        indices, weight, offsets, None, 2, scale_grad_by_freq, ("sum", "mean", "max")[mode], sparse,
        per_sample_weights, include_last_offset, padding_idx,
    )  # fmt: skip
    return (bags, *embedding.bag_facts(weight, indices, offsets, mode == 2, include_last_offset, padding_idx))


def embedding_renorm_(input: T, indices: T, max_norm: float, norm_type: float) -> T:
    """The rows at the indices scaled down to `max_norm`, in place."""
    embedding.shrink_rows(input, indices, max_norm, norm_type)
    return input


@in_float32
def kl_div(input: T, target: T, reduction: int = 0, *, log_target: bool = False) -> T:
    """`nn.functional.kl_div`, with a number for the reduction: 0 none (the default, as in PyTorch), 1 mean, 2 sum."""
    return loss.kl_div(input, target, reduction=_REDUCTIONS[reduction], log_target=log_target)


@in_float32
def binary_cross_entropy_with_logits(
    input: T, target: T, weight: Any = None, pos_weight: Any = None, reduction: int = 0
) -> T:
    """`nn.functional.binary_cross_entropy_with_logits`, with a number for the reduction: 0 none (the default, as in
    PyTorch), 1 mean, 2 sum.
    """
    how = _REDUCTIONS[reduction]
    return loss.binary_cross_entropy_with_logits(input, target, weight, reduction=how, pos_weight=pos_weight)
