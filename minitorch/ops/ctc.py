"""Connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.function import once_differentiable
from ..errors import DtypeError, OperationError
from ..kernels import ctc as kernels
from .arithmetic import where
from .autocast import in_float32
from .base import Op, T, TensorBase
from .loss import check_reduction
from .view import squeeze, unsqueeze

__all__ = ["ctc_loss"]


class CtcLoss(Op):
    """-ln of the summed probability of all alignments;  dx = softmax - the posterior of each label at each time"""

    @staticmethod
    def forward(ctx: Any, logp: Any, labels: Any, times: Any, counts: Any, blank: int, zero_infinity: bool) -> Any:
        rows = kernels.by_sample(logp.array)
        loss, alpha = kernels.forward(rows, labels, times, counts, blank)
        ctx.args, ctx.zero_infinity = (rows, labels, times, counts, blank, alpha, loss), zero_infinity
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        grad = kernels.backward(*ctx.args)
        return g._wrap(kernels.scaled(grad, g.array, ctx.args[-1], ctx.zero_infinity)), None, None, None, None, None


def _lengths(name: str, given: Any, n: int) -> Any:
    values = given.array if isinstance(given, TensorBase) else np.asarray(given)
    if values.dtype.kind not in "iu":
        raise RuntimeError(f"{name} must be integral, got {values.dtype}")
    if values.size != n:
        raise RuntimeError(f"{name} must be of size batch_size ({n}), got {values.size} numbers")
    return np.ascontiguousarray(values.reshape(n), np.int64)


def _check(logp: Any, targets: Any, blank: int) -> None:
    if logp.array.ndim not in (2, 3):
        raise OperationError("ctc_loss", "expected log_probs of shape (T, N, C) or (T, C)", logp, targets)
    if logp.array.dtype.kind not in "fV" or targets.array.dtype.kind not in "iuf":  # programs pad labels as floats, too
        raise DtypeError("ctc_loss", "expected floating log_probs and targets of whole numbers", logp, targets)
    if not 0 <= blank < logp.array.shape[-1]:
        raise RuntimeError(f"blank must be in label range: 0 to {logp.array.shape[-1] - 1}, got {blank}")


def _labels(targets: Any, counts: Any, n: int) -> Any:
    """The labels as (N, S)."""
    array = targets.array
    if array.ndim == 1:
        if array.size != counts.sum():
            raise OperationError(
                "ctc_loss", f"expected as many targets as target_lengths add up to ({counts.sum()})", targets
            )
        return kernels.padded(array, counts)
    if array.ndim != 2 or array.shape[0] != n or array.shape[1] < counts.max(initial=0):
        raise OperationError(
            "ctc_loss", f"expected targets ({n}, S) with S at least {counts.max(initial=0)}, or one vector", targets
        )
    return np.ascontiguousarray(array, np.int64)


@in_float32
def ctc_loss(
    log_probs: T, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean",
    zero_infinity: bool = False,
) -> T:  # fmt: skip
    """-ln of the probability that log_probs (T, N, C) spell targets (N, S), summed over alignments (Graves et al.,
    2006).

    `targets` may also be one vector, a sample behind the other; log_probs (T, C) is one sample. The mean is over
    samples, each divided by the number of its labels. The gradient is meant for log-probabilities that `log_softmax`
    made.
    """
    check_reduction(reduction)
    _check(log_probs, targets, blank)
    single = log_probs.array.ndim == 2
    logp = unsqueeze(log_probs, 1) if single else log_probs
    steps, n, _ = logp.array.shape
    times, counts = _lengths("input_lengths", input_lengths, n), _lengths("target_lengths", target_lengths, n)
    if times.size and (times.max() > steps or times.min() < 0):
        raise RuntimeError(f"Expected input_lengths to have values from 0 to {steps}, got {times.tolist()}")
    rows = _labels(targets if not single or targets.array.ndim == 1 else targets.reshape(-1), counts, n)
    losses = CtcLoss.apply(logp, rows, times, counts, blank, zero_infinity)
    if zero_infinity:
        losses = where(losses == float("inf"), 0.0, losses)
    if reduction == "mean":
        return (losses / losses._wrap(counts).clamp(min=1)).mean()
    if reduction == "sum":
        return losses.sum()
    return squeeze(losses, 0) if single else losses
