"""Questions about tensors, dtypes and shapes, and results written to tensors that are given."""

from __future__ import annotations

import functools
from numbers import Number
from typing import Any

import numpy as np

from . import dtypes as dt
from . import overrides
from .creation import tensor
from .errors import DtypeError, OperationError
from .ops.base import check_overlap, into
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
        if overrides.anyone and (answer := overrides.ask(call, args, kwargs)) is not overrides.unasked:
            return answer
        out = kwargs.pop("out", None) if kwargs else None
        if isinstance(out, Tensor) and name in _IN_DTYPE_OF_OUT and kwargs.get("dtype") is None:
            kwargs["dtype"] = out.dtype
        try:
            result = function(*args, **kwargs)
        except (AttributeError, TypeError, ValueError) as error:
            if overrides.has_torch_function([*args, *kwargs.values()]):
                return overrides.handle_torch_function(call, [*args, *kwargs.values()], *args, **kwargs)
            if name in _OF_NUMBERS and args and isinstance(args[0], Number) and isinstance(args[-1], Number):
                return call(tensor(args[0]), *args[1:], **kwargs, out=out)
            if (explained := overrides.no_tensor(function, args, kwargs, error)) is error:
                raise
            raise explained from None
        if out is None:
            return result
        if isinstance(result, Tensor):
            return _written(name, result, out, args)
        if not isinstance(out, (tuple, list)) or len(out) != len(result):
            given = f"{len(out)}" if isinstance(out, (tuple, list)) else type(out).__name__
            raise TypeError(f"{name}(): argument 'out' must be tuple of {len(result)} Tensors, not {given}")
        for x, place in zip(result, out, strict=True):
            _written(name, x, place, args)
        return type(result)(*out) if hasattr(result, "_fields") else tuple(out)

    call.asks = True  # type: ignore[attr-defined]
    return call


_OF_NUMBERS = {"add", "sub", "mul", "div", "floor_divide"}  # two numbers will do
_IN_DTYPE_OF_OUT = {"arange", "linspace", "logspace", "cumsum", "cumprod"}
_WITH_INDICES = ("max", "min", "sort", "topk", "kthvalue", "median", "mode", "cummax", "cummin")
# take no other dtype as out
_EXACT = {"gather", "complex", "polar", "multinomial", "bucketize", "searchsorted", "isin"}
_OF_BOOLS = {"all", "any", "isneginf", "isposinf", "signbit"}
_APART = {"cat", "gather", "index_select", "take", "kthvalue", "masked_select"}  # of all that they read


def _check_out(name: str, result: Any, out: Any, args: Any) -> None:
    """RuntimeError for a dtype that is not converted, and for memory that is written twice or read as well."""
    indices = result.array.dtype == np.int64 and name in _WITH_INDICES
    if out.dtype is not result.dtype and (
        indices or name in _EXACT or (name in _OF_BOOLS and out.dtype is not dt.uint8)
    ):
        raise DtypeError(name, f"Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead", out)
    check_overlap(out, name)
    for x in [x for given in args for x in (given if isinstance(given, (list, tuple)) else [given])]:
        if isinstance(x, Tensor) and np.may_share_memory(x.array, out.array) and (name in _APART or not _same(x, out)):
            raise OperationError(
                name,
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                "memory location. Please clone() the tensor before performing the operation.",
                x,
                out,
            )


def _same(x: Any, out: Any) -> bool:
    """Whether two tensors lie in the same place, or interleave: with gaps, they need not have an element in common."""
    if not (x.is_contiguous() and out.is_contiguous()):
        return True
    return x.data_ptr() == out.data_ptr() and x.shape == out.shape


def _written(name: str, result: Any, out: Any, args: Any) -> Any:
    if isinstance(out, Tensor) and dt.can_cast(result.dtype, out.dtype):
        _check_out(name, result, out, args)
    return into(out, result, name)
