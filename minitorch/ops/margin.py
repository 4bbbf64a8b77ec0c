"""Losses of margins and distances, and likelihoods of counts and normal numbers; made of operations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..autograd.grad_mode import mode
from ..errors import OperationError
from .activation import logsigmoid
from .arithmetic import refuse, where
from .autocast import in_float32
from .base import T, TensorBase, shown_as
from .gather import gather
from .loss import _reduction, check_reduction, reduced

__all__ = [
    "cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss",
]  # fmt: skip


@in_float32
def margin_ranking_loss(
    input1: T,
    input2: T,
    target: T,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> T:
    """max(0, margin - t (x₁ - x₂)): t = 1 ranks the first above the second, t = -1 below."""
    how = _reduction(size_average, reduce, reduction)
    if not input1.array.ndim == input2.array.ndim == target.array.ndim:
        raise OperationError(
            "margin_ranking_loss", "All input tensors should have same number of dimensions", input1, input2, target
        )
    return reduced((-target * (input1 - input2) + float(margin)).clamp_min(0), how)


@in_float32
def cosine_embedding_loss(
    input1: T,
    input2: T,
    target: T,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> T:
    """1 - cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) - margin) where t = -1; vectors of the last dimension."""
    how = _reduction(size_average, reduce, reduction)
    dims = target.array.ndim
    if dims > 1 or input1.array.ndim != dims + 1 or input2.array.ndim != dims + 1:
        raise OperationError(
            "cosine_embedding_loss",
            "expected inputs (N, D) with a target (N), or inputs (D) with a target ()",
            input1, input2, target,
        )  # fmt: skip
    lengths = ((input1 * input1).sum(-1) + 1e-12) * ((input2 * input2).sum(-1) + 1e-12)
    cos = (input1 * input2).sum(-1) / lengths.sqrt()
    alike = where(target.eq(1), 1 - cos, 0.0)
    unlike = where(target.eq(-1), (cos - margin).clamp_min(0), 0.0)
    return reduced(alike + unlike, how)


@in_float32
def hinge_embedding_loss(
    input: T, target: T, margin: float = 1.0, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> T:
    """x where t = 1, max(0, margin - x) where t = -1."""
    how = _reduction(size_average, reduce, reduction)
    refuse("hinge_embedding_loss", "b", input)
    margin = margin if input.array.dtype.kind in "fcV" else int(margin)
    far = where(target.ne(1), (margin - input).clamp_min(0), 0)
    near = where(target.ne(-1), input, 0)
    return reduced(far + near, how)


def _distance(p: float, eps: float) -> Callable[[Any, Any], Any]:
    return lambda a, b: (a - b + eps).norm(p, -1)


@in_float32
def triplet_margin_loss(
    anchor: T, positive: T, negative: T, margin: float = 1.0, p: float = 2, eps: float = 1e-6, swap: bool = False,
    size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> T:  # fmt: skip
    """max(0, ‖a - p + eps‖ - ‖a - n + eps‖ + margin) over vectors of the last dimension (Balntas et al., 2016)."""
    how = _reduction(size_average, reduce, reduction)
    if not margin > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    return _triplet("triplet_margin_loss", (anchor, positive, negative), _distance(p, eps), margin, swap, how)


def _triplet(name: str, xs: Any, distance: Any, margin: float, swap: bool, how: str) -> Any:
    anchor, positive, negative = xs
    if not anchor.array.ndim == positive.array.ndim == negative.array.ndim:
        raise OperationError(name, "The anchor, positive, and negative tensors should have the same dimensions", *xs)
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return reduced((near - far + margin).clamp_min(0), how)


def triplet_margin_with_distance_loss(
    anchor: T, positive: T, negative: T, *, distance_function: Any = None, margin: float = 1.0, swap: bool = False,
    reduction: str = "mean",
) -> T:  # fmt: skip
    """max(0, d(a, p) - d(a, n) + margin) for any distance; by default the one of `pairwise_distance`."""
    check_reduction(reduction)
    if not margin > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    distance = _distance(2.0, 1e-6) if distance_function is None else distance_function
    return _triplet(
        "triplet_margin_with_distance_loss", (anchor, positive, negative), distance, margin, swap, reduction
    )


# ---------------------------------------------------------------- classes


@shown_as("MultiMarginLossBackward0")
@in_float32
def multi_margin_loss(
    input: T,
    target: T,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> T:
    """Σ over j ≠ t of max(0, margin - x[t] + x[j])ᵖ weight[t] / C, for scores (N, C) and classes (N)."""
    how = _reduction(size_average, reduce, reduction)
    check_reduction(how)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    refuse("multi_margin_loss", "biu", input)
    x, t = (input.unsqueeze(0), target.reshape(1)) if input.array.ndim == 1 else (input, target)
    x, t = (x, t) if x.array.ndim else (x.reshape(1, 1), t.reshape(1))
    if x.array.ndim != 2 or not x.array.shape[1] or t.array.shape != x.array.shape[:1]:
        raise OperationError(
            "multi_margin_loss", "inconsistent target size: expected scores (N, C) and classes (N)", input, target
        )
    if weight is not None:
        _check_class_weight(weight, x.array.shape[1])
    own = t.unsqueeze(1)
    over = (x - gather(x, 1, own) + margin).clamp_min(0)
    over = over * over if p == 2 else over
    if weight is not None:
        over = over * weight[t].unsqueeze(1)
    losses = over.scatter(1, own, 0.0).sum(1) / x.array.shape[1]
    return reduced(losses if input.array.ndim == 2 or target.array.ndim else losses.squeeze(0), how)


def _check_class_weight(weight: Any, classes: int) -> None:
    if weight.array.ndim != 1:
        raise ValueError(f"multi_margin_loss: weight must be one-dimensional, got {tuple(weight.shape)}")
    if weight.array.shape != (classes,):
        raise OperationError("multi_margin_loss", f"inconsistent weight size: expected {classes} numbers", weight)


@shown_as("MultilabelMarginLossBackward0")
@in_float32
def multilabel_margin_loss(
    input: T, target: T, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> T:
    """Σ over labels i and other classes j of max(0, 1 - x[i] + x[j]) / C; the labels stand first in (N, C), then -1."""
    how = _reduction(size_average, reduce, reduction)
    check_reduction(how)
    if input.array.ndim > 2 or input.array.shape != target.array.shape:
        raise OperationError("multilabel_margin_loss", "inconsistent target size: expected (N, C) twice", input, target)
    if 0 in input.array.shape[-1:]:
        raise OperationError("multilabel_margin_loss", "Expected at least one class", input, target)
    refuse("multilabel_margin_loss", "biu", input)
    x, t = [v if v.array.ndim == 2 else v.reshape(1, -1) for v in (input, target)]
    listed = (t >= 0).cumprod(1) == 1
    labels = where(listed, t, 0)
    is_label = (x.detach() * 0).scatter_add(1, labels, listed.to(x.dtype)) > 0
    over = (1 - gather(x, 1, labels).unsqueeze(2) + x.unsqueeze(1)).clamp_min(0)
    counted = listed.unsqueeze(2) & is_label.logical_not().unsqueeze(1)
    losses = where(counted, over, 0.0).sum((1, 2)) / x.array.shape[1]
    return reduced(losses if input.array.ndim == 2 else losses.squeeze(0), how)


def multilabel_soft_margin_loss(
    input: T, target: T, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> T:
    """-(t ln σ(x) + (1 - t) ln σ(-x)), its mean over the classes of the last dimension."""
    how = _reduction(size_average, reduce, reduction)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    losses = losses if weight is None else losses * weight
    return reduced(losses.sum(-1) / input.array.shape[-1], how)


@shown_as("SoftMarginLossBackward0")
@in_float32
def soft_margin_loss(input: T, target: T, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> T:
    """ln(1 + e^(-t x)) for targets 1 and -1."""
    return reduced(-logsigmoid(input * target), _reduction(size_average, reduce, reduction))


# ---------------------------------------------------------------- likelihoods


@in_float32
def poisson_nll_loss(
    input: T, target: T, log_input: bool = True, full: bool = False, size_average: Any = None, eps: float = 1e-8,
    reduce: Any = None, reduction: str = "mean",
) -> T:  # fmt: skip
    """eˣ - t x for logarithms of rates, x - t ln(x + eps) for rates; `full` adds Stirling's t ln t - t + ln(2πt)/2."""
    how = _reduction(size_average, reduce, reduction)
    if how not in ("none", "mean", "sum"):
        raise ValueError(f"{how} is not a valid value for reduction")
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + (target * (2 * math.pi)).log() * 0.5
        losses = losses + where(target <= 1, 0.0, stirling)
    return reduced(losses, how)


def gaussian_nll_loss(
    input: T, target: T, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> T:
    """(ln v + (x - t)² / v) / 2 for v = max(var, eps), which passes the gradient on; `full` adds ln(2π)/2.

    `var` has the shape of input, or lacks its last dimension, or has one dimension as 1; or is a number.
    """
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    refuse("gaussian_nll_loss", "biu", var)
    variance = _variance(input, var)
    kept = _clamped(variance, eps)
    losses = (kept.log() + (input - target).square() / kept) * 0.5
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _variance(input: Any, var: Any) -> Any:
    if not isinstance(var, TensorBase):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        return input.detach() * 0 + var
    shape, wanted = var.array.shape, input.array.shape
    if shape != wanted:
        if shape == wanted[:-1]:
            var = var.unsqueeze(-1)
        elif len(shape) != len(wanted) or [m for m, n in zip(shape, wanted, strict=True) if m != n] != [1]:
            raise ValueError(f"var is of incorrect size: {list(shape)} for input {list(wanted)}")
    if (var < 0).any().item():
        raise ValueError("var has negative entry/entries")
    return var


def _clamped(x: Any, low: float) -> Any:
    """max(x, low), whose gradient is passed on where it is clamped too."""
    before, mode.grad = mode.grad, False
    try:
        shift = x.clamp(min=low) - x
    finally:
        mode.grad = before
    return x + shift
