"""An optimizer whose state is spread over the processes, of which there is one."""

from __future__ import annotations

from typing import Any

from .. import distributed as processes
from ..missing import missing_from
from ..optim import Optimizer

__all__ = ["ZeroRedundancyOptimizer"]


class ZeroRedundancyOptimizer(Optimizer):
    """`optimizer_class` for the parameters, each process with the state of its share; the only one has all of it.

    ValueError before `torch.distributed.init_process_group`.
    """

    def __init__(
        self, params: Any, optimizer_class: type[Optimizer], process_group: Any = None,
        parameters_as_bucket_view: bool = False, overlap_with_ddp: bool = False, **defaults: Any,
    ) -> None:  # fmt: skip
        processes.get_rank(process_group)
        self.optim = optimizer_class(params, **defaults)
        super().__init__(self.optim.param_groups, {})
        self.optim.param_groups, self.state = self.param_groups, self.optim.state

    def step(self, closure: Any = None, **kwargs: Any) -> Any:
        """The optimizer's step."""
        return self.optim.step(closure, **kwargs) if closure is not None else self.optim.step(**kwargs)

    def consolidate_state_dict(self, to: int = 0) -> None:
        """Collect the state of all processes before `state_dict`: it is here."""

    def state_dict(self) -> dict[str, Any]:
        """The optimizer's."""
        return self.optim.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Into the optimizer."""
        self.optim.load_state_dict(state_dict)
        self.param_groups, self.state = self.optim.param_groups, self.optim.state


__getattr__ = missing_from(__name__)
