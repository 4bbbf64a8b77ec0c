"""Adam and AdamW."""

from __future__ import annotations

import math
from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerElement, decay_of, sign_of


class Adam(PerElement):
    """m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²;  p = p - lr m̂ / (√v̂ + eps), m̂ and v̂ corrected for their start
    at 0.

    Kingma and Ba, 2015 (https://arxiv.org/abs/1412.6980). `weight_decay` adds to the gradient (or shrinks the parameter
    directly with `decoupled_weight_decay`). `amsgrad` divides by the largest v so far (Reddi et al., 2018).

    >>> p = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([p], lr=0.1)
    >>> (p * 3).sum().backward()
    >>> optimizer.step()
    >>> p
    tensor([0.9000], requires_grad=True)
    """

    kernel = update.adam
    slots = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

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
        check_options(lr, eps, betas, weight_decay)
        order = (
            "lr betas eps weight_decay amsgrad maximize foreach capturable differentiable fused decoupled_weight_decay"
        )
        super().__init__(params, options(locals(), order))

    def _slots(self, group: dict[str, Any]) -> tuple[str, ...]:
        return self.slots if group["amsgrad"] else self.slots[:2]

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        beta1, beta2 = float(group["betas"][0]), float(group["betas"][1])
        size, root = float(group["lr"]) / (1 - beta1**step), math.sqrt(1 - beta2**step)
        return size, 1 - beta1, beta2, 1 - beta2, group["eps"], *decay_of(group), sign_of(group), root


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters directly: p = p - lr weight_decay p, before the step.

    Loshchilov and Hutter, 2019 (https://arxiv.org/abs/1711.05101).
    """

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, foreach: bool | None = None,
        capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip
