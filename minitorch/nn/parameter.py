"""Tensors that belong to a module: what is learned (`Parameter`), and what is only kept (`Buffer`)."""

from __future__ import annotations

from typing import Any

from ..overrides import disabled
from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf that a module trains: the memory of `data`, cut off from its graph, that requires grad by default.

    Assigned to an attribute of a module it appears in `module.parameters()`. Without `data` it is empty, of shape (0,).

    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """Of the memory of `data`; RuntimeError if it requires grad and its dtype is neither floating nor complex."""
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Parameter data must be a Tensor, not {type(data).__name__}")
        made = Tensor(0) if data is None else data._alias()
        if requires_grad and made.array.dtype.kind not in "fcV":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients "
                f"(this one is {made.dtype}: give Parameter requires_grad=False)"
            )
        made.__class__ = cls
        made.requires_grad = requires_grad
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            copied = self._wrap(self.array.copy(order="K"))
            copied.__class__ = self.__class__
            copied._requires_grad = self._requires_grad
            memo[id(self)] = copied
        return memo[id(self)]


class _MarkedAsBuffer(type):
    """Instances are tensors that were marked by `Buffer`: they stay plain tensors."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and "_is_buffer" in instance.__dict__


class Buffer(Tensor, metaclass=_MarkedAsBuffer):
    """A tensor that a module keeps and does not train: assigned to an attribute it becomes a buffer.

    A `persistent` one is part of `state_dict()`.
    """

    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        """A plain tensor on the memory of `data`, marked."""
        made = Tensor(0) if data is None else data._alias()
        made.persistent, made._is_buffer = persistent, True
        return made
