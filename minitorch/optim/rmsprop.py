"""RMSprop."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, check_range, options
from .per_element import PerElement, sign_of


class RMSprop(PerElement):
    """v = α v + (1 - α) g²;  b = momentum b + g / (√v + eps);  p = p - lr b.

    Hinton's lecture 6 (https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf). `centered` takes the
    variance, v minus the square of the mean gradient, instead of v (Graves, 2013).
    """

    kernel = update.rmsprop
    slots = ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, eps)
        check_range("momentum value", momentum, momentum >= 0)
        check_range("weight_decay value", weight_decay, weight_decay >= 0)
        check_range("alpha value", alpha, alpha >= 0)
        order = "lr momentum alpha eps centered weight_decay capturable foreach maximize differentiable"
        super().__init__(params, options(locals(), order))

    def _slots(self, group: dict[str, Any]) -> tuple[str, ...]:
        wanted = {"momentum_buffer": group["momentum"] > 0, "grad_avg": group["centered"]}
        return ("square_avg", *[name for name, there in wanted.items() if there])

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        lr, alpha = float(group["lr"]), group["alpha"]
        rest = group["eps"], group["momentum"], group["centered"], group["weight_decay"], sign_of(group)
        return lr, alpha, 1 - alpha, *rest
