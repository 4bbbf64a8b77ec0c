"""Types with a dtype in their name, from before `torch.tensor`:
`torch.FloatTensor(2, 3)`, `torch.LongTensor([1, 2])`.
"""

from __future__ import annotations

from typing import Any

from . import dtypes as dt
from .tensor import Tensor

__all__ = [
    "BFloat16Tensor", "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor",
]  # fmt: skip


class _Typed(type):
    """Calling it makes a plain tensor of its dtype; its instances are the tensors of that dtype."""

    dtype: dt.dtype

    def __call__(cls, *args: Any, device: Any = None) -> Any:
        return Tensor(*args, dtype=cls.dtype, device=device)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


class BoolTensor(metaclass=_Typed):
    """Tensors of bool."""

    dtype = dt.bool


class ByteTensor(metaclass=_Typed):
    """Tensors of uint8."""

    dtype = dt.uint8


class CharTensor(metaclass=_Typed):
    """Tensors of int8."""

    dtype = dt.int8


class ShortTensor(metaclass=_Typed):
    """Tensors of int16."""

    dtype = dt.int16


class IntTensor(metaclass=_Typed):
    """Tensors of int32."""

    dtype = dt.int32


class LongTensor(metaclass=_Typed):
    """Tensors of int64."""

    dtype = dt.int64


class FloatTensor(metaclass=_Typed):
    """Tensors of float32."""

    dtype = dt.float32


class DoubleTensor(metaclass=_Typed):
    """Tensors of float64."""

    dtype = dt.float64


class HalfTensor(metaclass=_Typed):
    """Tensors of float16."""

    dtype = dt.float16


class BFloat16Tensor(metaclass=_Typed):
    """Tensors of bfloat16."""

    dtype = dt.bfloat16
