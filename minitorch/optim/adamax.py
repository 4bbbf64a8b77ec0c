"""Adamax."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerElement, sign_of


class Adamax(PerElement):
    """m = β₁ m + (1 - β₁) g;  u = max(β₂ u, |g| + eps);  p = p - lr / (1 - β₁ᵗ) m / u.

    Adam with the largest gradient in the place of the mean square (Kingma and Ba, 2015, section 7).
    """

    kernel = update.adamax
    slots = ("exp_avg", "exp_inf")

    def __init__(
        self, params: Any, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, eps, betas, weight_decay)
        super().__init__(params, options(locals()))

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        beta1, beta2 = group["betas"]
        size = float(group["lr"]) / (1 - beta1**step)
        return size, 1 - beta1, beta2, group["eps"], group["weight_decay"], sign_of(group)
