"""Adam and AdamW."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import Optimizer, check_range, closure_loss


class Adam(Optimizer):
    """m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²;  p = p - lr m̂ / (√v̂ + eps), m̂ and v̂ corrected for their start at 0.

    Kingma and Ba, 2015 (https://arxiv.org/abs/1412.6980). `weight_decay` adds to the gradient (or shrinks the parameter
    directly with `decoupled_weight_decay`). `amsgrad` divides by the largest v so far (Reddi et al., 2018).

    >>> p = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([p], lr=0.1)
    >>> (p * 3).sum().backward()
    >>> optimizer.step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        check_range("learning rate", lr, lr >= 0)
        check_range("epsilon value", eps, eps >= 0)
        check_range("beta parameter at index 0", betas[0], 0 <= betas[0] < 1)
        check_range("beta parameter at index 1", betas[1], 0 <= betas[1] < 1)
        check_range("weight_decay value", weight_decay, weight_decay >= 0)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
            "foreach": foreach, "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient."""
        loss = closure_loss(closure)
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is not None:
                    self._update(p, group)
        return loss

    def _update(self, p: Tensor, group: dict[str, Any]) -> None:
        state = self.state[p] or self._start(p, group["amsgrad"])
        state["step"].array += 1
        beta1, beta2 = group["betas"]
        largest = state["max_exp_avg_sq"].array if group["amsgrad"] else None
        update.adam(
            p.array, p._grad.array, state["exp_avg"].array, state["exp_avg_sq"].array, largest, int(state["step"].array),
            float(group["lr"]), float(beta1), float(beta2), group["eps"], group["weight_decay"], group["amsgrad"],
            group["maximize"], group["decoupled_weight_decay"],
        )  # fmt: skip
        p.storage.written(f"{type(self).__name__}.step")

    def _start(self, p: Tensor, amsgrad: bool) -> dict[str, Any]:
        state: dict[str, Any] = self.state[p]
        state["step"] = p._zeros((), "float32")
        for name in ("exp_avg", "exp_avg_sq", *(["max_exp_avg_sq"] if amsgrad else [])):
            state[name] = p._zeros(p.array.shape, p.array.dtype)
        return state


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters directly: p = p - lr weight_decay p, before the step.

    Loshchilov and Hutter, 2019 (https://arxiv.org/abs/1711.05101).
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip
