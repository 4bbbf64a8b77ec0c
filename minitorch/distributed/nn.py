"""What processes send each other, with derivatives: of one process, what it has."""

from __future__ import annotations

from typing import Any

from .. import distributed as processes
from ..distributed import ReduceOp
from ..missing import missing_from
from ..tensor import Tensor

__all__ = [
    "all_gather",
    "all_reduce",
    "all_to_all",
    "all_to_all_single",
    "broadcast",
    "gather",
    "reduce",
    "reduce_scatter",
    "scatter",
]


def _sent(tensor: Tensor, group: Any, rank: int = 0) -> Tensor:
    """A copy, from or for the only process."""
    processes.get_global_rank(group, rank)
    return tensor.clone()


def all_reduce(tensor: Tensor, op: Any = ReduceOp.SUM, group: Any = None) -> Tensor:
    """The sum (or `op`) of the tensors of all processes: a copy of the one there is."""
    return _sent(tensor, group)


def reduce(tensor: Tensor, dst: int, op: Any = ReduceOp.SUM, group: Any = None) -> Tensor:
    """`all_reduce` whose result only `dst` gets."""
    return _sent(tensor, group, dst)


def broadcast(tensor: Tensor, src: int, group: Any = None) -> Tensor:
    """The tensor of `src`."""
    return _sent(tensor, group, src)


def all_gather(tensor: Tensor, group: Any = None) -> tuple[Tensor, ...]:
    """The tensors of all processes."""
    return (_sent(tensor, group),)


def gather(tensor: Tensor, dst: int = 0, group: Any = None) -> tuple[Tensor, ...]:
    """`all_gather` whose result only `dst` gets."""
    return (_sent(tensor, group, dst),)


def scatter(tensors: Any, src: int = 0, group: Any = None) -> Tensor:
    """This process's tensor of those that `src` has."""
    return _sent(tensors[0], group, src)


def reduce_scatter(output: Tensor, input_list: Any, op: Any = ReduceOp.SUM, group: Any = None) -> Tensor:
    """The sum of what all processes have for this one. `output` gives the shape alone."""
    return _sent(input_list[0], group)


def all_to_all(output_tensor_list: Any, input_tensor_list: Any, group: Any = None) -> tuple[Tensor, ...]:
    """What each process has for this one. `output_tensor_list` gives the shapes alone."""
    return tuple(_sent(tensor, group) for tensor in input_tensor_list)


def all_to_all_single(
    output: Tensor, input: Tensor, output_split_sizes: Any = None, input_split_sizes: Any = None, group: Any = None
) -> Tensor:
    """The same, of the rows of one tensor."""
    return _sent(input, group)


__getattr__ = missing_from(__name__)
