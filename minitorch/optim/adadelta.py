"""Adadelta."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, check_range, options
from .per_element import PerElement, sign_of


class Adadelta(PerElement):
    """v = ρ v + (1 - ρ) g²;  d = g √(u + eps) / √(v + eps);  u = ρ u + (1 - ρ) d²;  p = p - lr d.

    Zeiler, 2012 (https://arxiv.org/abs/1212.5701).
    """

    kernel = update.adadelta
    slots = ("square_avg", "acc_delta")

    def __init__(
        self, params: Any, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0,
        foreach: bool | None = None, *, capturable: bool = False, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr)
        check_range("rho value", rho, 0 <= rho <= 1)
        check_options(lr, eps, weight_decay=weight_decay)
        order = "lr rho eps weight_decay maximize capturable foreach differentiable"
        super().__init__(params, options(locals(), order))

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        rho = group["rho"]
        return float(group["lr"]), rho, 1 - rho, group["eps"], group["weight_decay"], sign_of(group)
