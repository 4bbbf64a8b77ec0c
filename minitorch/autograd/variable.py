"""`Variable`, what tensors with a history were called before PyTorch 0.4."""

from __future__ import annotations

from typing import Any

from .tensor_base import TensorBase


class _AnyTensor(type):
    """Calling it gives a tensor on the memory of another; its instances are all tensors."""

    def __call__(cls, data: Any, requires_grad: bool = False, volatile: bool = False) -> Any:
        return data._alias().requires_grad_(requires_grad)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TensorBase)


class Variable(metaclass=_AnyTensor):
    """A tensor on the memory of `data`, without its history."""
