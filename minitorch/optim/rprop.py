"""Resilient backpropagation."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerElement, sign_of


class Rprop(PerElement):
    """Each element has a step size of its own: p = p - size sign(g).

    It grows by etas[1] while the gradient keeps its sign, and shrinks by etas[0] where it turned; there p waits a step.
    Riedmiller and Braun, 1993 (https://doi.org/10.1109/ICNN.1993.298623). For whole batches, not for samples of them.
    """

    kernel = update.rprop
    slots = ("prev", "step_size")

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr)
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        order = "lr etas step_sizes foreach maximize differentiable capturable"
        super().__init__(params, options(locals(), order))

    def _start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        state, lr = super()._start(p, group), float(group["lr"])
        state["step_size"].fill_(complex(lr, lr) if p.is_complex() else lr)
        return state

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        return *group["etas"], *group["step_sizes"], sign_of(group)
