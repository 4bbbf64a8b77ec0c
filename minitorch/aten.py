"""`torch.ops.aten`: the operations, under the names that PyTorch's C++ library has for them."""

from __future__ import annotations

from typing import Any, NoReturn

from . import ops, overrides
from .tensor import Tensor


class OpOverload:
    """One form of an operation, `torch.ops.aten.add.Tensor`. Called, it is the operation, whatever the form."""

    def __init__(self, packet: OpOverloadPacket, overload: str) -> None:
        self.overloadpacket = packet
        self._overloadname = overload

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.overloadpacket(*args, **kwargs)

    def __reduce__(self) -> Any:
        return getattr, (self.overloadpacket, self._overloadname)

    def name(self) -> str:
        """`aten::add.Tensor`"""
        form = "" if self._overloadname == "default" else f".{self._overloadname}"
        return f"aten::{self.overloadpacket.__name__}{form}"

    def __str__(self) -> str:
        return f"{self.overloadpacket}.{self._overloadname}"

    def __repr__(self) -> str:
        return f"<OpOverload(op='{self.overloadpacket}', overload='{self._overloadname}')>"


class OpOverloadPacket:
    """An operation, `torch.ops.aten.add`. Called, it is the function of that name, or else the method.

    NotImplementedError where there is neither.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __reduce__(self) -> Any:
        return getattr, (aten, self.__name__)

    def __getattr__(self, overload: str) -> OpOverload:
        if overload.startswith("__"):
            raise AttributeError(f"an operation of torch.ops.aten has no attribute '{overload}'")
        made = OpOverload(self, overload)
        setattr(self, overload, made)
        return made

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _function(self.__name__)(*args, **kwargs)

    def __str__(self) -> str:
        return f"aten.{self.__name__}"

    def __repr__(self) -> str:
        return f"<OpOverloadPacket(op='{self}')>"


def _function(name: str) -> Any:
    for names in [*reversed(overrides.public), vars(Tensor)]:
        if name in names:
            return names[name]
    raise NotImplementedError(f"torch.ops.aten.{name}: minitorch has no function or method of this name")


class _Aten:
    """Makes each operation when it is first asked for."""

    def __reduce__(self) -> str:
        return "aten"

    def __getattr__(self, name: str) -> OpOverloadPacket:
        if name.startswith("__"):
            raise AttributeError(f"'torch.ops.aten' has no attribute '{name}'")
        made = OpOverloadPacket(name)
        setattr(self, name, made)
        return made


aten = _Aten()


def load_library(path: Any) -> NoReturn:
    """OSError: it would be a library of PyTorch's C++ operations."""
    raise OSError(f"Could not load this library: {path}. minitorch has no use for compiled operations")


vars(ops).update(aten=aten, load_library=load_library)
