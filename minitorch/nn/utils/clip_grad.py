"""Gradients kept from growing too large."""

from __future__ import annotations

import functools
import math
import types
import warnings
from collections.abc import Iterable
from typing import Any

from ...creation import tensor
from ...dtypes import is_half, promote_types
from ...kernels import update
from ...kernels.cast import widened
from ...kernels.reduce import total_norm
from ...tensor import Tensor


def get_total_norm(
    tensors: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: bool | None = None
) -> Any:
    """The norm of all tensors as if they were one vector; `norm_type` may be `inf`.

    RuntimeError if it is not finite and `error_if_nonfinite`.
    """
    norm_type = float(norm_type)
    tensors = _listed(tensors)
    arrays = [widened(x.array) for x in tensors]
    total = Tensor._wrap(total_norm(arrays, norm_type)) if arrays else tensor(0.0)
    if arrays and is_half(tensors[0].array.dtype):
        total = total.to(functools.reduce(promote_types, [x.dtype for x in tensors]))
    if error_if_nonfinite and not math.isfinite(total.item()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, so it cannot be "
            "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
            "`error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(parameters: Any, max_norm: float, total_norm: Any, foreach: bool | None = None) -> None:
    """Scale the gradients of the parameters by max_norm / total_norm, if that is less than 1."""
    factor = float(max_norm) / (float(total_norm) + 1e-6)
    if factor >= 1:
        return
    for grad in _grads(_listed(parameters)):
        update.scale(grad.array, factor)
        grad.storage.written("clip_grad_norm_")


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """Scale the gradients down so that their total norm is at most `max_norm`; returns the norm before.

    >>> p = torch.nn.Parameter(torch.zeros(2))
    >>> p.grad = torch.tensor([3.0, 4.0])
    >>> torch.nn.utils.clip_grad_norm_([p], max_norm=1.0)
    tensor(5.)
    >>> p.grad
    tensor([0.6000, 0.8000])
    """
    is_generator = isinstance(parameters, types.GeneratorType)
    parameters = _listed(parameters)
    if is_generator and not parameters:
        warnings.warn(
            "`parameters` is an empty generator, no gradient clipping will occur (used up before?)", stacklevel=2
        )
    total = get_total_norm(_grads(parameters), norm_type, error_if_nonfinite, foreach)
    clip_grads_with_norm_(parameters, max_norm, total, foreach)
    return total


def clip_grad_norm(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Any:
    """The old name of `clip_grad_norm_`."""
    warnings.warn(
        "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of `torch.nn.utils.clip_grad_norm_`.",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Cut every element of the gradients to [-clip_value, clip_value]."""
    bound = float(clip_value)
    for grad in _grads(_listed(parameters)):
        update.clip(grad.array, bound)
        grad.storage.written("clip_grad_value_")


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def _grads(parameters: Iterable[Any]) -> list[Any]:
    return [p.grad for p in parameters if p.grad is not None]
