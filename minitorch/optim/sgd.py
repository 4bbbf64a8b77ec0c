"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, check_range, options
from .per_element import PerParameter, sign_of


class SGD(PerParameter):
    """v = momentum v + (1 - dampening) g;  p = p - lr v, with g the gradient plus weight_decay p.

    The first step has v = g. With `nesterov`, p = p - lr (g + momentum v) (Sutskever et al., 2013). `maximize` goes
    uphill.

    >>> p = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([p], lr=0.1)
    >>> (p * 3).sum().backward()
    >>> optimizer.step()
    >>> p
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_options(lr)
        check_range("momentum value", momentum, momentum >= 0)
        check_range("weight_decay value", weight_decay, weight_decay >= 0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, options(locals()))

    def _update(self, p: Tensor, group: dict[str, Any], made: dict[Any, Any]) -> None:
        array, buffer, first = p.array, None, True
        if group["momentum"] != 0:
            state = self.state[p]
            buffer = state.get("momentum_buffer")
            first = buffer is None
            if buffer is None:
                buffer = state["momentum_buffer"] = p._zeros(array.shape, array.dtype)
        c = made.get((array.dtype, first))
        if c is None:
            c = made[array.dtype, first] = update.constants(array.dtype, *_numbers(group, first))
        update.sgd(c, array, p._grad.array, None if buffer is None else buffer.array)
        p.storage.written("SGD.step")


def _numbers(group: dict[str, Any], first: bool) -> tuple[float, ...]:
    keep = 1 if first else 1 - group["dampening"]
    return (
        float(group["lr"]), group["momentum"], keep, group["weight_decay"], sign_of(group), group["nesterov"]
    )  # fmt: skip
