"""RAdam."""

from __future__ import annotations

import math
from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerElement, decay_of, sign_of


class RAdam(PerElement):
    """Adam that divides by √v̂ only once v's variance is under control, and then scales by the rectification r.

    ρ∞ = 2 / (1 - β₂) - 1,  ρ = ρ∞ - 2 t β₂ᵗ / (1 - β₂ᵗ),  r² = (ρ - 4)(ρ - 2)ρ∞ / ((ρ∞ - 4)(ρ∞ - 2)ρ) if ρ > 5.
    Liu et al., 2020 (https://arxiv.org/abs/1908.03265).
    """

    kernel = update.radam
    slots = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_options(lr, eps, betas, weight_decay)
        order = "lr betas eps weight_decay maximize foreach capturable decoupled_weight_decay differentiable"
        super().__init__(params, options(locals(), order))

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        size, factor = float(group["lr"]) / (1 - beta1**step), _rectification(beta2, step)
        return (
            size * (factor or 1),
            1 - beta1,
            beta2,
            1 - beta2,
            group["eps"],
            *decay_of(group),
            sign_of(group),
            factor > 0,
        )


def _rectification(beta2: float, step: int) -> float:
    """r √(1 - β₂ᵗ), or 0 while the variance is not under control."""
    corrected = 1 - beta2**step
    limit = 2 / (1 - beta2) - 1
    rho = limit - 2 * step * beta2**step / corrected
    if rho <= 5:
        return 0.0
    return math.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho) * corrected)
