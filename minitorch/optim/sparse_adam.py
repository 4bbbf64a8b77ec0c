"""SparseAdam, which there is not."""

from __future__ import annotations

from typing import Any

from .optimizer import Optimizer


class SparseAdam(Optimizer):
    """An error: its gradients are sparse tensors, and there are none. Adam does the same on whole ones."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        raise NotImplementedError(
            "SparseAdam updates from sparse gradients, and minitorch has no sparse tensors: use torch.optim.Adam, and "
            "nn.Embedding without sparse=True"
        )
