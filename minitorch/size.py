"""The shape of a tensor: a tuple that prints as PyTorch prints it."""

from __future__ import annotations

import math
from typing import Any


class Size(tuple[int, ...]):
    """The size of each dimension."""

    __slots__ = ()

    def __mul__(self, count: Any) -> Size:
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __radd__(self, other: Any) -> Size:
        return Size((*other, *self))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, tuple(other)))

    def __getitem__(self, index: Any) -> Any:
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item
