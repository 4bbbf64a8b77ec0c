"""Averaged stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import update
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerElement, sign_of


class ASGD(PerElement):
    """p = (1 - lambd η) p - η g, with η = lr / (1 + lambd lr t)^alpha; `ax` in the state is the mean of p after step
    t0.

    Polyak and Juditsky, 1992 (https://doi.org/10.1137/0330046).
    """

    kernel = update.asgd
    alike = False
    slots = ("ax",)

    def __init__(
        self, params: Any, lr: float | Tensor = 1e-2, lambd: float = 1e-4, alpha: float = 0.75, t0: float = 1e6,
        weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_options(lr, weight_decay=weight_decay)
        super().__init__(params, options(locals()))

    def _numbers_kept(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        return {"eta": p._ones((), "float32") * float(group["lr"]), "mu": p._ones((), "float32")}

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        eta, mu, lr = state["eta"].item(), state["mu"].item(), float(group["lr"])
        # In float32 as from the first step on, also when a checkpoint of a float64 parameter has widened the two.
        state["eta"].array.fill(np.float32(lr / (1 + group["lambd"] * lr * step) ** group["alpha"]))
        state["mu"].array.fill(np.float32(1 / max(1, step - group["t0"])))
        return eta, 1 - group["lambd"] * eta, mu, group["weight_decay"], sign_of(group)
