"""Modules spread over devices or processes, of which there is one of each: the module itself, one level deeper."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ... import distributed as processes
from ...missing import missing_from
from ..module import Module

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


class DataParallel(Module):
    """`module` on every GPU, each with a part of the batch; without any, as in PyTorch on a CPU, `module` itself.

    Its state dict has the keys of `module` behind "module.", so that checkpoints of programs for several GPUs fit.

    >>> torch.nn.DataParallel(torch.nn.ReLU())(torch.tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0) -> None:
        super().__init__()
        self.module = module
        self.device_ids: list[Any] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module, inputs: Any, device_ids: Any = None, output_device: Any = None, dim: int = 0,
    module_kwargs: Any = None,
) -> Any:  # fmt: skip
    """`module` of the inputs (a tuple of them, or one), as `DataParallel` calls it."""
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*given, **(module_kwargs or {}))


class DistributedDataParallel(Module):
    """`module` in every process, with the mean of their gradients; of one process, its own gradients.

    ValueError before `torch.distributed.init_process_group`, and for `device_ids`, which are of GPUs; RuntimeError for
    a module none of whose parameters requires grad. The state dict has the keys of `module` behind "module.".
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0,
        broadcast_buffers: bool | None = None, init_sync: bool = True, process_group: Any = None,
        bucket_cap_mb: Any = None, find_unused_parameters: bool = False, check_reduction: bool = False,
        gradient_as_bucket_view: bool = False, static_graph: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        processes.get_rank(process_group)
        if not any(p.requires_grad for p in module.parameters()):
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a "
                "gradient."
            )
        if device_ids or output_device is not None:
            raise ValueError(
                "DistributedDataParallel: device_ids and output_device are for modules on GPUs, and this one is on the "
                f"CPU: expected None, got {device_ids} and {output_device}"
            )
        self.module = module
        self.process_group = process_group or processes.group.WORLD
        self.device_ids, self.output_device, self.dim = None, None, dim
        self.broadcast_buffers = broadcast_buffers is not False
        self.find_unused_parameters, self.static_graph = find_unused_parameters, static_graph
        self.gradient_as_bucket_view = gradient_as_bucket_view
        self.require_backward_grad_sync = True

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients gather in this process alone: as always here."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False
    ) -> Iterator[None]:
        """Inside, processes may have unequally many batches: one cannot."""
        yield


__getattr__ = missing_from(__name__)
