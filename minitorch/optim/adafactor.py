"""Adafactor."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..limits import finfo
from ..tensor import Tensor
from .optimizer import check_options, options
from .per_element import PerParameter, sign_of


class Adafactor(PerParameter):
    """Adam's division by √v with little memory: of a matrix's v only the means of rows and columns are kept.

    v = row col / mean(row), their running means weighted by t^beta2_decay; the step has size
    max(eps₂, rms(p)) min(lr, 1/√t), and is cut where its rms exceeds d. Shazeer and Stern, 2018
    (https://arxiv.org/abs/1804.04235). `eps[0]` None: the dtype's.
    """

    def __init__(
        self,
        params: Any,
        lr: float | Tensor = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_options(lr, says="Learning rate should be >= 0 but is: {}")
        _check("beta2_decay should be <= 0", beta2_decay, beta2_decay <= 0)
        _check("epsilon1 should be >= 0", eps[0], eps[0] is None or eps[0] >= 0)
        _check("epsilon2 should be >= 0", eps[1], eps[1] >= 0)
        _check("Clipping threshold d should be >= 1", d, d >= 1)
        _check("weight_decay should be >= 0", weight_decay, weight_decay >= 0)
        super().__init__(params, options(locals()))

    def _update(self, p: Tensor, group: dict[str, Any], made: dict[Any, Any]) -> None:
        if p.is_complex():
            raise RuntimeError("Adafactor does not support complex parameters")
        state, lr = self.state[p] or self._start(p), float(group["lr"])
        state["step"].array += 1
        step, (eps1, eps2) = float(state["step"].array), group["eps"]
        eps1 = float(finfo(p.dtype).eps) if eps1 is None else eps1
        means = [state[name].array for name in ("row_var", "col_var", "variance") if name in state]
        rate, shrink = min(lr, step**-0.5), 1 - lr * group["weight_decay"]
        weight = step ** group["beta2_decay"]
        update.adafactor(
            p.array, p._grad.array, means, weight, eps1, eps2, group["d"], rate, shrink, sign_of(group)
        )  # fmt: skip
        p.storage.written("Adafactor.step")

    def _start(self, p: Tensor) -> dict[str, Any]:
        state: dict[str, Any] = self.state[p]
        state["step"] = p._zeros((), "float32")
        if p.ndim > 1:
            *first, rows, columns = p.shape
            state["row_var"] = p.new_zeros([*first, rows, 1])
            state["col_var"] = p.new_zeros([*first, 1, columns])
        else:
            state["variance"] = p.new_zeros(p.shape)
        return state


def _check(rule: str, value: Any, fine: bool) -> None:
    if not fine:
        raise ValueError(f"{rule} but is: {value}")
