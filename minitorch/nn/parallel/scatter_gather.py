"""Batches spread over GPUs and put together again: of what is no tensor; tensors need the GPUs, and there are none."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...utils._pytree import tree_any

__all__ = ["gather", "scatter", "scatter_kwargs"]


def _refuse_tensors(name: str, x: Any) -> None:
    if tree_any(lambda leaf: isinstance(leaf, Tensor), x):
        raise AssertionError(f"{name} function not implemented for CPU tensors: minitorch runs on the CPU alone")


def scatter(inputs: Any, target_gpus: Any, dim: int = 0) -> list[Any]:
    """The inputs once for each GPU; AssertionError if tensors are among them."""
    _refuse_tensors("Scatter", inputs)
    return [inputs for _ in target_gpus]


def scatter_kwargs(inputs: Any, kwargs: Any, target_gpus: Any, dim: int = 0) -> tuple[Any, Any]:
    """(inputs, keyword arguments), each once for each GPU."""
    return tuple(scatter(inputs, target_gpus, dim)), tuple(scatter(kwargs or {}, target_gpus, dim))


def gather(outputs: Any, target_device: Any, dim: int = 0) -> Any:
    """An error: there is nothing to gather from."""
    raise AssertionError("Gather function not implemented for CPU tensors: minitorch runs on the CPU alone")
