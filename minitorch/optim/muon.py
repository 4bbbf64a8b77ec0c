"""Muon."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.grad_mode import no_grad
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerParameter


class Muon(PerParameter):
    """Momentum, made orthogonal: p = (1 - lr weight_decay) p - lr' O(b), b the running mean of g, for matrices only.

    O is the nearest matrix with all singular values about 1, by `ns_steps` of Newton and Schulz' iteration
    X = a X + (b A + c A²) X, A = X Xᵀ. lr' is lr √max(1, rows / columns), or with `adjust_lr_fn="match_rms_adamw"`
    0.2 lr √max(rows, columns). Jordan, 2024 (https://kellerjordan.github.io/posts/muon/).
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_options(lr, says="Learning rate should be >= 0 but is: {}")
        if momentum < 0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if weight_decay < 0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        super().__init__(params, options(locals()))
        for p in self._all():
            if p.ndim != 2:
                raise ValueError(f"Muon only supports 2D parameters whereas we found a parameter with size: {p.size()}")

    @no_grad()  # type: ignore[untyped-decorator]
    def _update(self, p: Any, group: dict[str, Any], made: dict[Any, Any]) -> None:
        if p.is_complex():
            raise RuntimeError("Muon does not support complex parameters")
        g, state, lr, momentum = p._grad, self.state[p], float(group["lr"]), group["momentum"]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = p._zeros(p.array.shape, p.array.dtype)
        mean = state["momentum_buffer"].lerp_(g, 1 - momentum)
        direction = g.lerp(mean, momentum) if group["nesterov"] else mean
        p.mul_(1 - lr * group["weight_decay"])
        p.add_(_orthogonal(direction, group).to(p.dtype), alpha=-lr * _ratio(group["adjust_lr_fn"], *p.shape))


def _orthogonal(x: Any, group: dict[str, Any]) -> Any:
    """The matrix with its singular values brought close to 1, in bfloat16: float32 differs by percents."""
    if group["ns_steps"] >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(group["ns_coefficients"]) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    a, b, c = group["ns_coefficients"]
    tall = x.shape[0] > x.shape[1]
    x = (x.T if tall else x).bfloat16()
    x = x / x.norm().clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = x @ x.T
        x = x.addmm(gram.addmm(gram, gram, beta=b, alpha=c), x, beta=a)  # each rounded once
    return x.T if tall else x


def _ratio(kind: str | None, rows: int, columns: int) -> float:
    return 0.2 * math.sqrt(max(rows, columns)) if kind == "match_rms_adamw" else math.sqrt(max(1, rows / columns))
