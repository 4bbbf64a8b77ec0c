"""The shape of a tensor: a tuple that prints as PyTorch prints it; and what the older constructors make of one."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dtypes as dt
from .autograd.tensor_base import TensorBase
from .kernels.cast import cast_array
from .ops.view import dims_of


class Size(tuple[int, ...]):
    """The size of each dimension."""

    __slots__ = ()

    def __new__(cls, sizes: Any = ()) -> Size:
        """Of whole numbers; TypeError for others."""
        return tuple.__new__(cls, [_whole(i, n) for i, n in enumerate(sizes)])

    def __mul__(self, count: Any) -> Size:
        return Size(tuple.__mul__(self, count))

    __rmul__ = __mul__

    def __radd__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            return NotImplemented
        return Size((*other, *self))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __add__(self, other: Any) -> Size:
        if not isinstance(other, tuple):
            raise TypeError(f"can only concatenate tuple (not {type(other).__name__}) to torch.Size")
        return Size(tuple.__add__(self, other))

    def __getitem__(self, index: Any) -> Any:
        item = tuple.__getitem__(self, index)
        return Size(item) if isinstance(index, slice) else item


size_of = functools.partial(tuple.__new__, Size)  # of an array's shape: there is nothing to check


def _whole(i: int, n: Any) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(f"torch.Size() takes an iterable of 'int' (item {i} is '{type(n).__name__}')") from None


def legacy_array(args: tuple[Any, ...], d: dt.dtype) -> NDArray[Any]:
    """What the older constructors make of sizes, `Tensor(2, 3)`, not filled, or of values, `Tensor([1, 2])`."""
    first = args[0] if args else 0
    if len(args) < 2 and not isinstance(first, (int, np.integer, Size)):
        if isinstance(first, str) or not (hasattr(first, "__len__") or isinstance(first, TensorBase)):
            raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
        return cast_array(np.asarray(first), d.numpy)
    return np.empty(dims_of(args or (0,)), d.numpy)


def legacy_alias(x: Any, d: dt.dtype | None) -> Any:
    """What they make of a tensor: the same memory. TypeError for another dtype than one that was asked for."""
    if d is not None and x.dtype is not d:
        raise TypeError(f"expected a tensor of {d}, got {x.dtype}; x.to({d}) converts it")
    return x._alias()
