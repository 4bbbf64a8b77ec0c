"""NAdam."""

from __future__ import annotations

import math
from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, check_range, options
from .per_element import PerElement, decay_of, sign_of


class NAdam(PerElement):
    """Adam with Nesterov's momentum: p = p - lr (μₜ₊₁ m / (1 - Πμ μₜ₊₁) + (1 - μₜ) g / (1 - Πμ)) / (√v̂ + eps).

    μₜ = β₁ (1 - 0.96^(t momentum_decay) / 2), Πμ the product of those so far. Dozat, 2016
    (https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ).
    """

    kernel = update.nadam
    alike = False
    slots = ("exp_avg", "exp_avg_sq")

    def __init__(
        self, params: Any, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, eps, betas, weight_decay)
        check_range("momentum_decay value", momentum_decay, momentum_decay >= 0)
        order = (
            "lr betas eps weight_decay momentum_decay decoupled_weight_decay maximize foreach capturable differentiable"
        )
        super().__init__(params, options(locals(), order))

    def _numbers_kept(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"mu_product": p._ones((), "float32")}

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        (beta1, beta2), lr = group["betas"], float(group["lr"])
        mu, after = [beta1 * (1 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (step, step + 1)]
        product = state["mu_product"].array
        product *= mu
        now, size = lr * (1 - mu) / (1 - float(product)), lr * after / (1 - float(product) * after)
        return (
            size,
            now,
            1 - beta1,
            beta2,
            1 - beta2,
            group["eps"],
            *decay_of(group),
            sign_of(group),
            math.sqrt(1 - beta2**step),
        )
