"""What autocast does to operations, by PyTorch's lists for the CPU: some are lowered, some computed in float32."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any
from typing import cast as taken_as

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from .base import F, TensorBase


def lowered(*operands: Any) -> tuple[Any, ...]:
    """The operands of a product in the dtype of autocast, while it is on: float64, and what is no float, stay."""
    d = mode.autocast
    return operands if d is None else tuple([_cast(x, d) for x in operands])


def raised(*operands: Any) -> tuple[Any, ...]:
    """The operands of a loss in float32, while autocast is on."""
    return operands if mode.autocast is None else tuple([_cast(x, _FLOAT32) for x in operands])


def aligned(model: Any, *operands: Any) -> tuple[Any, ...]:
    """The operands in the dtype of `model`, while autocast is on."""
    return operands if mode.autocast is None else tuple([_cast(x, model.array.dtype) for x in operands])


def in_float32(function: F) -> F:
    """For an operation of PyTorch's list of those that autocast computes in float32, and those that it is made of."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not dt.mixed or mode.autocast is None:
            return function(*args, **kwargs)
        with _off():
            wide = {name: _cast(x, _FLOAT32) for name, x in kwargs.items()}
            return function(*[_cast(x, _FLOAT32) for x in args], **wide)

    return taken_as(F, call)


def as_given(function: F) -> F:
    """For an operation that autocast leaves alone, though it is made of those that it lowers."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not dt.mixed or mode.autocast is None:
            return function(*args, **kwargs)
        with _off():
            return function(*args, **kwargs)

    return taken_as(F, call)


@contextlib.contextmanager
def _off() -> Iterator[None]:
    before, mode.autocast = mode.autocast, None
    try:
        yield
    finally:
        mode.autocast = before


_FLOAT32 = np.dtype(np.float32)


def _cast(x: Any, d: np.dtype[Any]) -> Any:
    if isinstance(x, (list, tuple)):
        parts = [_cast(y, d) for y in x]
        return parts if isinstance(x, list) else tuple(parts)
    fits = isinstance(x, TensorBase) and x.array.dtype.kind in "fV" and x.array.dtype.itemsize < 8
    return x._cast(d) if fits else x
