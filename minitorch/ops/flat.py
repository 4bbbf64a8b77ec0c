"""Functions that PyTorch has twice: here as in `torch`, with other arguments than in `torch.nn.functional`."""

from __future__ import annotations

from typing import Any

from . import loss, norm, random
from .autocast import in_float32
from .base import T

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
