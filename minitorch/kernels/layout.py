"""Where the elements of a result lie in memory: PyTorch's rule, stated once.

An elementwise result takes the order of axes that its operands have. Axes are compared two at a time, by the first
operand that is not broadcast along either (a stride of 0 says nothing): the smaller stride lies further inside; of
equal strides, the shorter axis does. Where no operand can tell, the axes stay in row-major order. The result is dense
in that order, whatever gaps the operands had. Copies, casts and `zeros_like` follow the same rule, as results of one
operand; random numbers fill a tensor in the order that it gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Order = tuple[int, ...]


def order_of(arrays: Sequence[Array], shape: tuple[int, ...]) -> Order | None:
    """The axes of a result of this shape, from the outermost in memory to the innermost; None: row-major."""
    for x in arrays:
        if not x.flags.c_contiguous:
            break
    else:
        return None
    strides = [_strides_in(x, shape) for x in arrays]
    inward = list(range(len(shape)))[::-1]  # from the innermost, as the rule goes
    for i in range(1, len(shape)):
        place = i
        for j in range(i - 1, -1, -1):
            further = _compare(inward[j], inward[place], strides, shape)
            if further < 0:
                break
            if further > 0:
                inward[j], inward[place] = inward[place], inward[j]
                place = j
    order = tuple(inward[::-1])
    return None if order == tuple(range(len(shape))) else order


def _strides_in(x: Array, shape: tuple[int, ...]) -> list[int]:
    """The strides of x as of an array of `shape`: 0 where it is broadcast."""
    lead = len(shape) - x.ndim
    return [0] * lead + [0 if m != n else s for m, n, s in zip(x.shape, shape[lead:], x.strides, strict=True)]


def _compare(inner: int, outer: int, strides: list[list[int]], shape: tuple[int, ...]) -> int:
    """-1 where the first axis lies further inside, 1 where the second does, 0 where nobody knows."""
    for steps in strides:
        a, b = steps[inner], steps[outer]
        if a == 0 or b == 0:
            continue
        if a != b:
            return -1 if a < b else 1
        if shape[inner] > shape[outer]:
            return 1
    return 0


def turned(x: Any, order: Order) -> Any:
    """A view of an operand with its axes in `order`: the missing ones in front have length 1. Numbers as they are."""
    if type(x) is not np.ndarray or not x.ndim:
        return x
    return x.reshape((1,) * (len(order) - x.ndim) + x.shape).transpose(order)


def turned_back(x: Array, order: Order) -> Array:
    """A view of a result made in `order`, with its axes in their places."""
    places = [0] * len(order)
    for place, axis in enumerate(order):
        places[axis] = place
    return x.transpose(places)


def in_rows(x: Array) -> Array:
    """The same in row-major order: numpy lays some results out like their operands, where PyTorch does not."""
    return x if x.flags.c_contiguous else x.copy()


def empty_like(x: Array, dtype: Any = None) -> Array:
    """Memory for a result of one operand x."""
    return made_like(np.empty, x, x.dtype if dtype is None else dtype)


def made_like(make: Any, x: Array, dtype: Any) -> Array:
    """`make(shape, dtype)`, laid out as a result of one operand x."""
    order = order_of((x,), x.shape)
    return make(x.shape, dtype) if order is None else turned_back(make([x.shape[i] for i in order], dtype), order)
