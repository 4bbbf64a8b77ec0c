"""Padding layers: elements added at the ends of the last dimensions."""

from __future__ import annotations

from typing import Any

from . import functional as F
from .module import Module

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d",
    "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


def _ends(padding: Any, dims: int) -> tuple[int, ...]:
    """(left, right, top, bottom, ...): one number for all ends, or one for each."""
    return (padding,) * (2 * dims) if isinstance(padding, int) else tuple(padding)


class _Pad(Module):
    """`padding`: one number, or (left, right, top, bottom, front, back) as far as there are dimensions."""

    dims: int
    mode: str

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = _ends(padding, self.dims)

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(Module):
    dims: int

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__()
        self.padding, self.value = _ends(padding, self.dims), value

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A number at both ends of the last dimension."""

    dims = 1


class ConstantPad2d(_ConstantPad):
    """A number around the last two dimensions."""

    dims = 2


class ConstantPad3d(_ConstantPad):
    """A number around the last three dimensions."""

    dims = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Zeros at both ends of the last dimension."""

    dims = 1


class ZeroPad2d(_ZeroPad):
    """Zeros around the last two dimensions.

    >>> torch.nn.ZeroPad2d((1, 0, 0, 1))(torch.ones(1, 1, 2))
    tensor([[[0., 1., 1.],
             [0., 0., 0.]]])
    """

    dims = 2


class ZeroPad3d(_ZeroPad):
    """Zeros around the last three dimensions."""

    dims = 3


class ReflectionPad1d(_Pad):
    """The last dimension mirrored at both ends."""

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """The last two dimensions mirrored at their ends."""

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """The last three dimensions mirrored at their ends."""

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The outermost elements of the last dimension repeated."""

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The outermost elements of the last two dimensions repeated."""

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The outermost elements of the last three dimensions repeated."""

    dims, mode = 3, "replicate"


class _CircularPad(_Pad):
    mode = "circular"

    def forward(self, input: Any) -> Any:
        if input.ndim not in (self.dims + 1, self.dims + 2):
            raise ValueError(f"expected {self.dims + 1}D or {self.dims + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """The last dimension continued from its other end."""

    dims = 1


class CircularPad2d(_CircularPad):
    """The last two dimensions continued from their other ends."""

    dims = 2


class CircularPad3d(_CircularPad):
    """The last three dimensions continued from their other ends."""

    dims = 3
