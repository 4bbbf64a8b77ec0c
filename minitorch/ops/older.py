"""Methods of tensors from PyTorch's earlier days, and of kinds of tensors that there are not."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .base import T, TensorBase
from .index import nonzero
from .join import cat
from .view import narrow, reshape


def resize(self: T, *sizes: Any) -> T:
    """`reshape`, by a name that warns: only the shape can change, not the number of elements."""
    warnings.warn("non-inplace resize is deprecated", stacklevel=2)
    return _resized(self, tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)


def resize_as(self: T, tensor: TensorBase) -> T:
    """`reshape` to the shape of a tensor, by a name that warns."""
    warnings.warn("non-inplace resize_as is deprecated", stacklevel=2)
    return _resized(self, tensor.array.shape)


def _resized(x: Any, sizes: tuple[int, ...]) -> Any:
    if math.prod(sizes) != x.array.size:
        raise RuntimeError(
            f"requested resize to {'x'.join(map(str, sizes))} ({math.prod(sizes)} elements in total), but the given "
            f"tensor has a size of {'x'.join(map(str, x.array.shape))} ({x.array.size} elements): only the "
            "shape can change"
        )
    return reshape(x, sizes)


def to_dense(self: T, dtype: Any = None, *, masked_grad: bool | None = None) -> T:
    """Itself, cast if a dtype is given: there are only dense tensors here."""
    return self if dtype is None else self.to(dtype)


def nonzero_static(input: T, *, size: int, fill_value: int = -1) -> Any:
    """(size, ndim): the indices of the first `size` elements that are not zero, and rows of `fill_value` behind them.

    >>> torch.nonzero_static(torch.tensor([0, 3, 0, 4]), size=3)
    tensor([[ 1],
            [ 3],
            [-1]])
    """
    if size < 0:
        raise RuntimeError(f"nonzero_static: 'size' must be an non-negative integer, got {size}")
    found: Any = nonzero(input)
    count = min(size, found.array.shape[0])
    rest = found.new_full((size - count, input.array.ndim), fill_value)
    return cat([narrow(found, 0, 0, count), rest], 0)
