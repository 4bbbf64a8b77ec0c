"""What several distributions share:
parameters of one shape, logits and probabilities, draws of a standard distribution.
"""

from __future__ import annotations

import functools
from typing import Any

from ..autograd.grad_mode import enable_grad
from ..creation import empty, scalar_tensor
from ..limits import finfo
from ..ops.join import broadcast_tensors
from ..ops.softmax import softmax
from ..random import randn
from ..tensor import Tensor


class lazy_property(functools.cached_property[Any]):
    """Computed when it is asked for first, and recorded also where nothing else is: under `no_grad`, by `sample`."""

    def __init__(self, function: Any) -> None:
        super().__init__(enable_grad()(function))


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the dtype of the first tensor, or the default one."""
    if not all(isinstance(v, (Tensor, int, float)) for v in values):
        raise ValueError("Input arguments must all be instances of Number, torch.Tensor or objects implementing it")
    first = next((v for v in values if isinstance(v, Tensor)), None)
    dtype = None if first is None else first.dtype
    tensors = [v if isinstance(v, Tensor) else scalar_tensor(v, dtype=dtype) for v in values]
    return tuple(broadcast_tensors(*tensors))


def one_of(probs: Any, logits: Any) -> None:
    """Refuse both or neither of two ways to give the same parameter."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept from 0 and 1 by the resolution of their dtype, so that their logarithms are finite."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Softmax along the last dimension, or the sigmoid."""
    return logits.sigmoid() if is_binary else softmax(logits, -1)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """log p, or log p / (1 - p)."""
    inside = clamp_probs(probs)
    return inside.log() - (-inside).log1p() if is_binary else inside.log()


def normalised(logits: Tensor) -> Tensor:
    """Logits shifted so that their exponentials sum to 1."""
    return logits - logits.logsumexp(-1, True)


def standard_normal(shape: Any, like: Tensor) -> Tensor:
    """Normal numbers in the dtype of a parameter."""
    return randn(shape, dtype=like.dtype)


def filled(shape: Any, like: Tensor) -> Tensor:
    """Memory to draw into, in the dtype of a parameter."""
    return empty(shape, dtype=like.dtype)


def sum_rightmost(value: Any, dim: int) -> Any:
    """The sum over the last `dim` dimensions."""
    return value if dim == 0 else value.flatten(-dim).sum(-1) if dim > 1 else value.sum(-1)


__all__ = [
    "broadcast_all",
    "clamp_probs",
    "filled",
    "lazy_property",
    "logits_to_probs",
    "normalised",
    "one_of",
    "probs_to_logits",
    "standard_normal",
    "sum_rightmost",
]
