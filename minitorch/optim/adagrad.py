"""Adagrad."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, check_range, options
from .per_element import PerElement, sign_of


class Adagrad(PerElement):
    """s = s + g²;  p = p - lr / (1 + (t - 1) lr_decay) g / (√s + eps), s from `initial_accumulator_value`.

    Duchi et al., 2011 (http://jmlr.org/papers/v12/duchi11a.html). The state is there before the first step.
    """

    kernel = update.adagrad
    slots = ("sum",)

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_options(lr, weight_decay=weight_decay)
        check_range("lr_decay value", lr_decay, lr_decay >= 0)
        check_range("initial_accumulator_value value", initial_accumulator_value, initial_accumulator_value >= 0)
        check_range("epsilon value", eps, eps >= 0)
        order = "lr lr_decay eps weight_decay initial_accumulator_value foreach maximize differentiable fused"
        super().__init__(params, options(locals(), order))
        for group in self.param_groups:
            for p in group["params"]:
                self._start(p, group)

    def share_memory(self) -> None:
        """Accepted, as programs for several processes call it."""

    def _start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state = super()._start(p, group)
        first = group["initial_accumulator_value"]
        state["sum"].fill_(complex(first, first) if p.is_complex() else first)
        return state

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        lr = float(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
        return lr, group["eps"], group["weight_decay"], sign_of(group)
