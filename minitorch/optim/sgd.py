"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import Optimizer, check_range, closure_loss


class SGD(Optimizer):
    """v = momentum v + (1 - dampening) g;  p = p - lr v, with g the gradient plus weight_decay p.

    The first step has v = g. With `nesterov`, p = p - lr (g + momentum v) (Sutskever et al., 2013). `maximize` goes uphill.

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
        check_range("learning rate", lr, lr >= 0)
        check_range("momentum value", momentum, momentum >= 0)
        check_range("weight_decay value", weight_decay, weight_decay >= 0)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov,
            "maximize": maximize, "foreach": foreach, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient."""
        loss = closure_loss(closure)
        for group in self.param_groups:
            numbers = (
                float(group["lr"]), group["momentum"], 1 - group["dampening"], group["weight_decay"], -1 if group["maximize"] else 1,
            )  # fmt: skip
            constants: dict[Any, Any] = {}
            for p in group["params"]:
                if p._grad is not None:
                    d = p.array.dtype
                    c = constants.get(d)
                    if c is None:
                        c = constants[d] = update.constants(d, *numbers)
                    self._update(p, c, group["momentum"] != 0, group["nesterov"])
        return loss

    def _update(self, p: Tensor, constants: Any, momentum: bool, nesterov: bool) -> None:
        buffer, first = None, False
        if momentum:
            state = self.state[p]
            buffer = state.get("momentum_buffer")
            if first := buffer is None:
                buffer = state["momentum_buffer"] = p._zeros(p.array.shape, p.array.dtype)
        update.sgd(p.array, p._grad.array, None if buffer is None else buffer.array, constants, nesterov, first)
        p.storage.written("SGD.step")
