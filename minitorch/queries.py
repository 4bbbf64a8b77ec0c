"""Questions about tensors, dtypes and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes as dt
from .size import Size
from .tensor import Tensor

__all__ = [
    "broadcast_shapes", "can_cast", "get_device", "is_conj", "is_distributed", "is_neg", "is_signed", "promote_types",
    "result_type",
]  # fmt: skip


def result_type(tensor1: Any, tensor2: Any) -> dt.dtype:
    """The dtype of an operation on two tensors or numbers.

    >>> torch.result_type(torch.tensor([1, 2]), 1.0)
    torch.float32
    """
    return dt.result_dtype([tensor1, tensor2])


def can_cast(from_: dt.dtype, to: dt.dtype) -> bool:
    """Whether PyTorch casts one dtype to another by itself:
    the category (bool, integer, floating, complex) must not fall.
    """
    return dt.can_cast(dt.meant(from_), dt.meant(to))


def promote_types(type1: dt.dtype, type2: dt.dtype) -> dt.dtype:
    """The smallest dtype that both can be cast to, as PyTorch's table has it: `promote_types(uint8, int8)` is int16."""
    return dt.promote_types(dt.meant(type1), dt.meant(type2))


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative values."""
    return input.is_signed()


def is_conj(input: Tensor) -> bool:
    """False: a conjugate is computed at once."""
    return False


def is_neg(input: Tensor) -> bool:
    """False: a negative is computed at once."""
    return False


def is_distributed(input: Tensor) -> bool:
    """False: nothing is spread over processes."""
    return False


def get_device(input: Tensor) -> int:
    """-1: the CPU."""
    return -1


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that all of these broadcast to; RuntimeError if there is none."""
    sizes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    try:
        return Size(np.broadcast_shapes(*sizes))
    except ValueError:
        raise RuntimeError(
            f"Shape mismatch: objects cannot be broadcast to a single shape (got {', '.join(map(str, sizes))})"
        ) from None
