"""Questions about tensors, dtypes and shapes, and results written to tensors that are given."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from . import dtypes as dt
from . import overrides
from .autograd.grad_mode import mode
from .errors import not_a_tensor
from .ops.base import into
from .size import Size
from .tensor import Tensor


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
    return dt.can_cast(from_, to)


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


# ---------------------------------------------------------------- out=


def with_out(function: Any) -> Any:
    """The function with a keyword `out`: a tensor (or several) that its result is written to, and returned."""
    name = function.__name__

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if overrides.anyone and not mode.plain and overrides.has_torch_function([*args, *kwargs.values()]):
            return overrides.handle_torch_function(call, [*args, *kwargs.values()], *args, **kwargs)
        out = kwargs.pop("out", None) if kwargs else None
        try:
            result = function(*args, **kwargs)
        except (AttributeError, TypeError) as error:
            if overrides.has_torch_function([*args, *kwargs.values()]):
                return overrides.handle_torch_function(call, [*args, *kwargs.values()], *args, **kwargs)
            raise not_a_tensor(name, error) if isinstance(error, AttributeError) else error from None
        if out is None or isinstance(result, Tensor):
            return into(out, result, name)
        if not isinstance(out, (tuple, list)) or len(out) != len(result):
            given = f"{len(out)}" if isinstance(out, (tuple, list)) else type(out).__name__
            raise TypeError(f"{name}(): argument 'out' must be tuple of {len(result)} Tensors, not {given}")
        for x, place in zip(result, out, strict=True):
            into(place, x, name)
        return type(result)(*out) if hasattr(result, "_fields") else tuple(out)

    call.asks = True  # type: ignore[attr-defined]
    return call
