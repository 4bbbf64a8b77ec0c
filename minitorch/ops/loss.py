"""Losses."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..errors import DtypeError, OperationError
from ..kernels import cross_entropy as kernels
from ..kernels import reduce, scalar
from .activation import logsigmoid
from .arithmetic import where
from .autocast import in_float32, raised
from .base import Op, T, broadcast_error, broadcast_kernel, by_text, fused, numbers, pair
from .binary import tensors_only, xlogy
from .softmax import log_softmax
from .view import reshape


class NllLoss(Op):
    """-weight[t] logp[i, t] for rows with target t, or their sum or weighted mean;
    dlogp = -g weight[t] at the target
    """

    @staticmethod
    def forward(ctx: Any, logp: Any, target: Any, weight: Any, ignore: int, reduction: str) -> Any:
        ctx.save_for_backward(target, weight)
        ctx.ignore = ignore
        loss, ctx.total = kernels.nll(logp.array, target.array, weight.array, ignore, reduction)
        return loss

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        target, weight = ctx.saved_tensors
        return (
            NllLossGrad.apply((g / ctx.total).expand(target.shape), target, weight, ctx.ignore),
            None,
            None,
            None,
            None,
        )


class NllLossGrad(Op):
    """The derivative of NllLoss;  dg = -weight[t] times the gradient at the target"""

    title = "NllLossBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, target: Any, weight: Any, ignore: int) -> Any:
        ctx.save_for_backward(target, weight)
        ctx.ignore = ignore
        return kernels.nll_grad(g.array, target.array, weight.array, ignore)

    @staticmethod
    def backward(ctx: Any, gg: Any) -> Any:
        target, weight = ctx.saved_tensors
        return NllLoss.apply(gg, target, weight, ctx.ignore, "none"), None, None, None


class CrossEntropy(Op):
    """y = -Σ share[c] ln softmax(x)[c] per target, or their sum or mean, fused;  dx = (softmax Σ share - share) g

    The shares of the classes: weight[t] (1 - smoothing) for the target, and weight[c] smoothing / C for each.
    """

    title = "NllLoss"

    @staticmethod
    def forward(ctx: Any, x: Any, target: Any, weight: Any, ignore: int, smoothing: float, reduction: str) -> Any:
        w = None if weight is None else weight.array
        loss, ctx.stats, total = kernels.cross_entropy(x.array, target.array, ignore, reduction, w, smoothing)
        ctx.save_for_backward(x, target, weight)
        ctx.how = ignore, total if reduction == "mean" else 1, smoothing
        return loss

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, target, weight = ctx.saved_tensors
        ignore, count, smoothing = ctx.how
        if mode.grad:
            share = _shares(g / count, x, target, weight, ignore, smoothing)
            dx = log_softmax(x, 1).exp() * share.sum(1, keepdim=True) - share
        else:
            w = None if weight is None else weight.array
            grad = kernels.cross_entropy_grad(g.array, ctx.stats, target.array, ignore, count, w, smoothing)
            dx = x._wrap(grad)
        return dx, None, None, None, None, None


def _shares(g: Any, x: Any, target: Any, weight: Any, ignore: int, smoothing: float) -> Any:
    """g times what -ln p counts for, in the shape of x."""
    used = target != ignore
    g = where(used, g, 0.0).unsqueeze(1)
    w = x._ones((1, x.array.shape[1]), x.array.dtype) if weight is None else weight.unsqueeze(0)
    w = w.reshape([1, -1, *[1] * (x.array.ndim - 2)]).expand(x.array.shape)
    at = where(used, target, 0).unsqueeze(1)
    own = w.gather(1, at) * g * (1 - smoothing)
    return (w * g * (smoothing / x.array.shape[1])).scatter_add(1, at, own)


class PairLoss(Op):
    """A loss of two tensors, element by element, and its sum or mean: `kernel`, and its derivative by the first."""

    kernel: Any
    grad_kernel: Any

    @staticmethod
    def formula(g: Any, a: Any, b: Any, *numbers: Any) -> Any:
        """The derivative by the first, made of operations."""
        raise NotImplementedError

    @classmethod
    def forward(cls, ctx: Any, a: Any, b: Any, reduction: str, *numbers: Any) -> Any:
        ctx.save_for_backward(a, b)
        losses = broadcast_kernel(cls.kernel, (a, b, *numbers))
        ctx.numbers, ctx.shape = numbers, losses.shape
        ctx.count = losses.size if reduction == "mean" else 1
        if reduction == "none":
            return losses
        return (reduce.mean if reduction == "mean" else reduce.sum)(losses, tuple(range(losses.ndim)))

    @classmethod
    def backward(cls, ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        need_a, need_b = ctx.needs_input_grad[:2]
        g = g if ctx.count == 1 else by_text(scalar.div, g, float(ctx.count))
        if a.array.shape != b.array.shape:  # what is made of one of them alone has to be of the losses' shape
            g = g.expand(ctx.shape)
        da = fused(cls.grad_kernel, cls.formula, g, a, b, *ctx.numbers)
        db = cls.by_second(g, a, b, da) if need_b else None
        return da if need_a else None, db, None, *[None] * len(ctx.numbers)

    @staticmethod
    def by_second(g: Any, a: Any, b: Any, da: Any) -> Any:
        """The derivative by the second: that of a difference."""
        return by_text(scalar.neg, da)


class MseLoss(PairLoss):
    """y = (a - b)²;  da = 2 g (a - b)"""

    kernel = scalar.square_difference
    grad_kernel = scalar.square_difference_grad

    @staticmethod
    def formula(g: Any, a: Any, b: Any, *numbers: Any) -> Any:
        return (a - b) * g * 2


class SmoothL1Loss(PairLoss):
    """y = (a - b)² / 2β where |a - b| < β, else |a - b| - β/2"""

    kernel = scalar.smooth_l1
    grad_kernel = scalar.smooth_l1_grad

    @staticmethod
    def formula(g: Any, a: Any, b: Any, *numbers: Any) -> Any:
        d, (beta,) = a - b, numbers
        return g * where(d.abs() < beta, d / beta, d.sign())


class HuberLoss(PairLoss):
    """y = (a - b)² / 2 where |a - b| < δ, else δ (|a - b| - δ/2)"""

    kernel = scalar.huber
    grad_kernel = scalar.huber_grad

    @staticmethod
    def formula(g: Any, a: Any, b: Any, *numbers: Any) -> Any:
        d, (delta,) = a - b, numbers
        return g * where(d.abs() < delta, d, d.sign() * delta)


class BinaryCrossEntropy(PairLoss):
    """y = -(t ln x + (1 - t) ln(1 - x)), logarithms kept above -100"""

    kernel = scalar.bce
    grad_kernel = scalar.bce_grad

    @staticmethod
    def formula(g: Any, a: Any, b: Any, *numbers: Any) -> Any:
        return g * (a - b) / ((1 - a) * a).clamp(min=1e-12)

    @staticmethod
    def by_second(g: Any, a: Any, b: Any, da: Any) -> Any:
        return g * ((1 - a).log() - a.log())


class BinaryCrossEntropyWithLogits(PairLoss):
    """y = ln(1 + eˣ) - t x;  dx = g (σ(x) - t)"""

    kernel = scalar.bce_with_logits
    grad_kernel = scalar.bce_with_logits_grad

    @staticmethod
    def formula(g: Any, a: Any, b: Any, *numbers: Any) -> Any:
        return g * (a.sigmoid() - b)

    @staticmethod
    def by_second(g: Any, a: Any, b: Any, da: Any) -> Any:
        return by_text(scalar.scaled_product, g, a, -1.0)


# ---------------------------------------------------------------- reductions


def reduced(loss: Any, reduction: str) -> Any:
    """The mean, the sum, or the losses themselves ("none")."""
    check_reduction(reduction)
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def check_reduction(reduction: str) -> None:
    """ValueError unless it is one of "mean", "sum" and "none"."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{reduction} is not a valid value for reduction")


def _reduction(size_average: Any, reduce: Any, reduction: str) -> str:
    """The old arguments size_average and reduce, as the new one."""
    if size_average is None and reduce is None:
        return reduction
    new = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{new}' instead.", stacklevel=4
    )
    return new


def _paired(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Both in their common dtype; where their shapes differ, with a warning, as it is mostly a mistake."""
    if input.array.shape != target.array.shape:
        warnings.warn(
            f"{name}: the target has shape {list(target.shape)} and the input {list(input.shape)}: they are broadcast, "
            "which is likely to give a wrong loss. Please give both the same shape.",
            stacklevel=4,
        )
        error = broadcast_error(name, (input, target))
        if error:
            raise error
    a, b = pair(input, target)
    return a, b


def _check_floats(name: str, *tensors: Any) -> None:
    if any(x.array.dtype.kind not in "fV" for x in tensors):
        raise DtypeError(name, "expected floating-point tensors", *tensors)


# ---------------------------------------------------------------- classes


def nll_loss(
    input: T, target: Any, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None,
    reduction: str = "mean",
) -> T:  # fmt: skip
    """-weight[t] input[t] for log-probabilities (N, C, ...) and int64 classes (N, ...). The mean is weighted.

    Positions whose class is `ignore_index` do not count.
    """
    if dt.mixed:
        input, target, weight = raised(input, target, weight)
    reduction = _reduction(size_average, reduce, reduction)
    check_reduction(reduction)
    tensors_only("nll_loss", input=input, target=target)
    x, classes, shape = _classes("nll_loss", input, target)
    if weight is None:
        weight = x._ones(x.array.shape[1:2], x.array.dtype)
    _check_class_weight("nll_loss", weight, x)
    return _shaped(NllLoss.apply(x, classes, weight, ignore_index, reduction), shape, reduction)


def _shaped(loss: Any, shape: Any, reduction: str) -> Any:
    return reshape(loss, shape) if reduction == "none" and shape != loss.array.shape else loss


_INT64 = np.dtype(np.int64)  # asked for first: to compare dtypes takes as long as a small operation


def _classes(name: str, x: Any, target: Any) -> tuple[Any, Any, Any]:
    """Scores as (rows, C) or (rows, C, inner), classes as (rows) or (rows, inner), and the shape of the losses."""
    if not x.array.ndim:
        raise ValueError(f"{name}: Expected 1 or more dimensions (got 0)")
    _check_floats(name, x)
    kind = target.array.dtype
    if kind is not _INT64 and kind not in (np.int64, np.uint8):
        raise DtypeError(name, "expected a target of dtype Long (int64) or Byte (uint8)", x, target)
    shape, met = x.array.shape, target.array.shape
    if len(shape) == 1:
        if len(met) > 1:
            raise OperationError(name, "0D or 1D target tensor expected", x, target)
        if met not in ((), (1,)):
            raise ValueError(f"{name}: For 1D input, 1D target must have size 1, but got target of shape {list(met)}")
        return x.unsqueeze(0), reshape(target, 1), ()
    expected = shape[:1] + shape[2:]
    _check_batch(name, x, target)
    if met != expected:
        raise OperationError(name, f"Expected target of shape {list(expected)}", x, target)
    if len(shape) > 3:
        x, target = x.flatten(2), target.flatten(1)
    return x, target, expected


def _check_batch(name: str, x: Any, target: Any) -> None:
    """ValueError for another number of targets than of samples."""
    shape, met = x.array.shape, target.array.shape
    if shape[:1] != met[:1]:
        found = met[0] if met else "none"
        raise ValueError(
            f"{name}: Expected input batch_size ({shape[0]}) to match target batch_size ({found}): got input "
            f"{list(shape)}, target {list(met)}"
        )


def _check_class_weight(name: str, weight: Any, x: Any) -> None:
    count = x.array.shape[1]
    if weight.array.shape != (count,):
        raise OperationError(
            name, f"weight tensor should be defined either for all {count} classes or no classes", weight
        )
    if weight.array.dtype is not x.array.dtype:
        raise DtypeError(name, "expected a weight of the input's dtype", x, weight)


def cross_entropy(
    input: T, target: Any, weight: Any = None, size_average: Any = None, ignore_index: int = -100, reduce: Any = None,
    reduction: str = "mean", label_smoothing: float = 0.0,
) -> T:  # fmt: skip
    """The cross-entropy of softmax(input) and the target: scores (N, C, ...), int64 classes (N, ...) or probabilities
    (N, C, ...).

    `weight` (C) scales the classes; the mean is weighted by it. Classes equal to `ignore_index` do not count.
    `label_smoothing` mixes the target with the uniform distribution (Szegedy et al., 2016).

    >>> torch.nn.functional.cross_entropy(torch.tensor([[0., 0.]]), torch.tensor([1]))
    tensor(0.6931)
    """
    if dt.mixed:
        input, target, weight = raised(input, target, weight)
    reduction = _reduction(size_average, reduce, reduction)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    tensors_only("cross_entropy", input=input, target=target)
    if not input.array.ndim:
        raise IndexError("cross_entropy: Dimension out of range: expected scores (N, C, ...) or (C), got a 0-d tensor")
    if target.array.dtype.kind in "fV":
        if ignore_index >= 0:
            raise RuntimeError("cross_entropy: ignore_index is not supported for floating point target")
        return _soft_cross_entropy(input, target, weight, reduction, label_smoothing)
    check_reduction(reduction)
    x, classes, shape = _classes("cross_entropy", input, target)
    if weight is not None:
        _check_class_weight("cross_entropy", weight, x)
    return _shaped(CrossEntropy.apply(x, classes, weight, ignore_index, label_smoothing, reduction), shape, reduction)


def _soft_cross_entropy(x: Any, target: Any, weight: Any, reduction: str, smoothing: float) -> Any:
    if x.array.shape != target.array.shape:
        _check_batch("cross_entropy", x, target)
        raise OperationError(
            "cross_entropy",
            "a floating target holds class probabilities and must have the shape of the input; class indices must be "
            "int64",
            x,
            target,
        )
    axis = 1 if x.array.ndim > 1 else 0
    count = x.array.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / count
    logp = log_softmax(x, axis)
    if weight is not None:
        logp = logp * reshape(weight, [-1 if d == axis else 1 for d in range(x.array.ndim)])
    losses = -(logp * target).sum(axis)
    return reduced(losses, reduction)


# ---------------------------------------------------------------- regression


def mse_loss(
    input: T, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean", weight: Any = None
) -> T:
    """(input - target)²; `weight` scales each."""
    if dt.mixed and weight is None:
        input, target = raised(input, target)
    how = _reduction(size_average, reduce, reduction)
    if weight is None:
        return _pair_loss("mse_loss", MseLoss, input, target, None, how)
    check_reduction(how)
    a, b = _paired("mse_loss", input, target)
    return _weighted("mse_loss", (a - b).square(), input, weight, how)


def _pair_loss(name: str, function: Any, input: Any, target: Any, weight: Any, reduction: str, *numbers: Any) -> Any:
    check_reduction(reduction)
    pair_ = _paired(name, input, target)
    _check_floats(name, *pair_)
    if weight is None:
        return function.apply(*pair_, reduction, *numbers)
    return _weighted(name, function.apply(*pair_, "none", *numbers), input, weight, reduction)


def _weighted(name: str, losses: Any, input: Any, weight: Any, reduction: str) -> Any:
    if weight.array.shape != input.array.shape:
        raise ValueError(
            f"{name}: Weights and input must have the same size, got {list(weight.shape)} and {list(input.shape)}"
        )
    losses = losses * weight
    if reduction == "mean" and name != "huber_loss":  # that one divides by the number of elements
        return losses.sum() / weight.sum()
    return reduced(losses, reduction)


def l1_loss(
    input: T, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean", weight: Any = None
) -> T:
    """|input - target|; `weight` scales each."""
    if dt.mixed and weight is None:
        input, target = raised(input, target)
    how = _reduction(size_average, reduce, reduction)
    check_reduction(how)
    a, b = _paired("l1_loss", input, target)
    losses = (a - b).abs()
    return reduced(losses, how) if weight is None else _weighted("l1_loss", losses, input, weight, how)


@in_float32
def smooth_l1_loss(
    input: T, target: Any, size_average: Any = None, reduce: Any = None, reduction: str = "mean", beta: float = 1.0
) -> T:
    """(input - target)² / 2 beta where the difference is below beta,
    else |input - target| - beta / 2 (Girshick, 2015).
    """
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return l1_loss(input, target, size_average, reduce, reduction)
    how = _reduction(size_average, reduce, reduction)
    return _pair_loss("smooth_l1_loss", SmoothL1Loss, input, target, None, how, float(beta))


@in_float32
def huber_loss(input: T, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> T:
    """(input - target)² / 2 where the difference is below delta, else delta (|input - target| - delta / 2)."""
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    return _pair_loss("huber_loss", HuberLoss, input, target, weight, reduction, float(delta))


# ---------------------------------------------------------------- probabilities


@in_float32
def binary_cross_entropy(
    input: T, target: Any, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
) -> T:
    """-(t ln x + (1 - t) ln(1 - x)) for probabilities x; the logarithms are kept above -100."""
    if input.array.shape != target.array.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is deprecated. "
            "Please ensure they have the same size."
        )
    _check_floats("binary_cross_entropy", input, target)
    if input.array.dtype is not target.array.dtype:
        raise DtypeError("binary_cross_entropy", "expected input and target of the same dtype", input, target)
    _check_probabilities("input", numbers(input))
    _check_probabilities("target", numbers(target))
    how = _reduction(size_average, reduce, reduction)
    check_reduction(how)
    if weight is None:
        return BinaryCrossEntropy.apply(input, target, how)
    return reduced(BinaryCrossEntropy.apply(input, target, "none") * weight, how)


def _check_probabilities(name: str, values: Any) -> None:
    """RuntimeError for a number below 0 or above 1, and for NaN."""
    axes = tuple(range(values.ndim))
    if values.size and not (reduce.amin(values, axes) >= 0 and reduce.amax(values, axes) <= 1):
        raise RuntimeError(
            f"binary_cross_entropy: all elements of {name} should be between 0 and 1. For scores before a sigmoid use "
            "binary_cross_entropy_with_logits (BCEWithLogitsLoss)."
        )


@in_float32
def binary_cross_entropy_with_logits(
    input: T, target: Any, weight: Any = None, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
    pos_weight: Any = None,
) -> T:  # fmt: skip
    """The binary cross-entropy of sigmoid(input), without overflow; `pos_weight` scales the positive class."""
    if input.array.shape != target.array.shape:
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    _check_floats("binary_cross_entropy_with_logits", input, target)
    how = _reduction(size_average, reduce, reduction)
    check_reduction(how)
    if pos_weight is None and weight is None:
        return BinaryCrossEntropyWithLogits.apply(*pair(input, target), how)
    if pos_weight is None:
        losses = BinaryCrossEntropyWithLogits.apply(*pair(input, target), "none")
    else:
        log_weight = (pos_weight - 1) * target + 1
        losses = (1 - target) * input - log_weight * logsigmoid(input)
    return reduced(losses if weight is None else losses * weight, how)


@in_float32
def kl_div(
    input: T,
    target: Any,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> T:
    """target (ln target - input) for log-probabilities `input`; "batchmean" divides the sum by the batch size."""
    _check_floats("kl_div", input, target)
    error = broadcast_error("kl_div", (input, target))
    if error:
        raise error
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size. 'batchmean' divides "
            "only by the batch size, and aligns with the KL div math definition.",
            stacklevel=2,
        )
    a, b = pair(input, target)
    losses = b.exp() * (b - a) if log_target else xlogy(b, b) - b * a
    if reduction == "batchmean" and size_average is None and reduce is None:
        return losses.sum() / a.array.shape[0] if a.array.ndim else losses.sum()
    return reduced(losses, _reduction(size_average, reduce, reduction))
