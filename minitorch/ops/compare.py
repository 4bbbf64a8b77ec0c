"""Comparisons, logic, bits, and what kind of number an element is. Nothing here has a derivative."""

from __future__ import annotations

import functools
import math
from typing import Any

from .. import dtypes as dt
from ..errors import OperationError
from ..kernels import scalar as kernels
from .arithmetic import refuse
from .base import T, check_overwrite, in_dtype, pair, pointwise
from .binary import tensors_only
from .copying import copy_
from .reduce import all as all_
from .rounding import abs

__all__ = [
    "allclose", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "le", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor", "lt",
    "ne", "not_equal", "signbit",
]  # fmt: skip


def _written(function: Any) -> Any:
    """The in-place form: what is written does not depend on the old values, so their history ends."""
    name = function.__name__ + "_"

    @functools.wraps(function)
    def write(self: Any, *args: Any) -> Any:
        result = function(self, *args)
        check_overwrite(self, result, name)
        return copy_(self, result)

    write.__name__ = name
    write.__doc__ = f"`{function.__name__}`, written to this tensor's memory."
    return write


# ---------------------------------------------------------------- comparisons


def _compare(kernel: Any, a: Any, b: Any, kinds: str = "c") -> Any:
    tensors_only(kernel.__name__, input=a)
    a, b = pair(a, b)
    refuse(kernel.__name__, kinds, a, b)
    return pointwise(kernel, a, b)


def eq(input: T, other: Any) -> T:
    """input == other (a tensor or a number), elementwise: a bool tensor.

    >>> torch.eq(torch.tensor([1, 2]), 2)
    tensor([False,  True])
    """
    return _compare(kernels.eq, input, other, "")


def ne(input: T, other: Any) -> T:
    """input != other, elementwise."""
    return _compare(kernels.ne, input, other, "")


def lt(input: T, other: Any) -> T:
    """input < other, elementwise."""
    return _compare(kernels.lt, input, other)


def le(input: T, other: Any) -> T:
    """input <= other, elementwise."""
    return _compare(kernels.le, input, other)


def gt(input: T, other: Any) -> T:
    """input > other, elementwise."""
    return _compare(kernels.gt, input, other)


def ge(input: T, other: Any) -> T:
    """input >= other, elementwise."""
    return _compare(kernels.ge, input, other)


# ---------------------------------------------------------------- logic


def _logic(kernel: Any, a: Any, b: Any) -> Any:
    tensors_only(kernel.__name__, input=a, other=b)
    return pointwise(kernel, *pair(a, b))


def logical_and(input: T, other: T) -> T:
    """Whether both elements are other than 0, of tensors of any dtype."""
    return _logic(kernels.logical_and, input, other)


def logical_or(input: T, other: T) -> T:
    """Whether one of the elements is other than 0."""
    return _logic(kernels.logical_or, input, other)


def logical_xor(input: T, other: T) -> T:
    """Whether exactly one of the elements is other than 0."""
    return _logic(kernels.logical_xor, input, other)


def logical_not(input: T) -> T:
    """Whether the element is 0."""
    return pointwise(kernels.logical_not, input)


# ---------------------------------------------------------------- bits


def _bits(kernel: Any, a: Any, b: Any, kinds: str = "fcV") -> Any:
    a, b = pair(a, b)
    refuse(kernel.__name__, kinds, a, b)
    return pointwise(kernel, a, b)


def bitwise_and(input: Any, other: Any) -> Any:
    """The bits set in both; of bools, whether both are true. Not for floating tensors, like all that follow."""
    return _bits(kernels.bitwise_and, input, other)


def bitwise_or(input: Any, other: Any) -> Any:
    """The bits set in one of the two."""
    return _bits(kernels.bitwise_or, input, other)


def bitwise_xor(input: Any, other: Any) -> Any:
    """The bits set in exactly one of the two."""
    return _bits(kernels.bitwise_xor, input, other)


def bitwise_not(input: T) -> T:
    """Every bit turned over; of bools, not."""
    refuse("bitwise_not", "fcV", input)
    return pointwise(kernels.bitwise_not, input)


def bitwise_left_shift(input: Any, other: Any) -> Any:
    """input times 2 to the power of other; 0 where all bits are gone. Not for bool tensors."""
    return _bits(kernels.bitwise_left_shift, input, other, "bfcV")


def bitwise_right_shift(input: Any, other: Any) -> Any:
    """input over 2 to the power of other, rounded down. Not for bool tensors."""
    return _bits(kernels.bitwise_right_shift, input, other, "bfcV")


# ---------------------------------------------------------------- kinds of number


def isnan(input: T) -> T:
    """Whether the element is NaN."""
    return pointwise(kernels.isnan, input)


def isinf(input: T) -> T:
    """Whether the element is infinite."""
    return _of_floats(kernels.isinf, input, False)


def isfinite(input: T) -> T:
    """Whether the element is neither infinite nor NaN."""
    return _of_floats(kernels.isfinite, input, True)


def isposinf(input: T) -> T:
    """Whether the element is inf."""
    refuse("isposinf", "c", input)
    return eq(input, math.inf) if input.array.dtype.kind in "fV" else _constant(input, False)


def isneginf(input: T) -> T:
    """Whether the element is -inf."""
    refuse("isneginf", "c", input)
    return eq(input, -math.inf) if input.array.dtype.kind in "fV" else _constant(input, False)


def isreal(input: T) -> T:
    """Whether the element has no imaginary part: true of all real numbers."""
    return eq(input.imag, 0) if input.array.dtype.kind == "c" else _constant(input, True)


def signbit(input: T) -> T:
    """Whether the sign is negative; that of -0.0 is."""
    refuse("signbit", "c", input)
    return pointwise(kernels.signbit, input) if input.array.dtype.kind in "fV" else lt(input, 0)


def _of_floats(kernel: Any, x: Any, else_: bool) -> Any:
    return pointwise(kernel, x) if x.array.dtype.kind in "fcV" else _constant(x, else_)


def _constant(x: Any, value: bool) -> Any:
    """True or False for every element."""
    return (x._ones if value else x._zeros)(x.array.shape, bool)


# ---------------------------------------------------------------- nearly equal


def isclose(input: T, other: T, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> T:
    """Whether |input - other| <= atol + rtol |other|, of tensors of one dtype. NaN is close to NaN with `equal_nan`.

    >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.1]))
    tensor([ True, False])
    """
    _check_close(input, other, rtol, atol)
    a, b = input.detach(), other.detach()
    close = eq(a, b)
    if equal_nan:
        close = logical_or(close, logical_and(isnan(a), isnan(b)))
    if a.array.dtype.kind not in "fcV":
        a, b = [in_dtype(x, dt.float64) for x in (a, b)]
    gap = abs(a - b)
    return logical_or(close, logical_and(isfinite(gap), le(gap, abs(b * rtol) + atol)))


def _check_close(a: Any, b: Any, rtol: float, atol: float) -> None:
    tensors_only("isclose", input=a, other=b)
    if a.array.dtype is not b.array.dtype:
        raise OperationError("isclose", f"{a.dtype.title} did not match {b.dtype.title}", a, b)
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"isclose: {name} must be greater than or equal to zero, but got {value}")


def allclose(input: T, other: T, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close, as `isclose` has it."""
    return bool(all_(isclose(input, other, rtol, atol, equal_nan)))


def equal(input: T, other: T) -> bool:
    """Whether two tensors have one shape and equal elements; a NaN is equal to none."""
    tensors_only("equal", input=input, other=other)
    return input.array.shape == other.array.shape and bool(all_(eq(input, other)))


greater, greater_equal, less, less_equal, not_equal = gt, ge, lt, le, ne

eq_, ne_, lt_, le_, gt_, ge_ = map(_written, (eq, ne, lt, le, gt, ge))
greater_, greater_equal_, less_, less_equal_, not_equal_ = gt_, ge_, lt_, le_, ne_
logical_and_, logical_or_, logical_xor_ = map(_written, (logical_and, logical_or, logical_xor))
logical_not_, bitwise_not_ = map(_written, (logical_not, bitwise_not))
bitwise_and_, bitwise_or_, bitwise_xor_ = map(_written, (bitwise_and, bitwise_or, bitwise_xor))
bitwise_left_shift_, bitwise_right_shift_ = map(_written, (bitwise_left_shift, bitwise_right_shift))
