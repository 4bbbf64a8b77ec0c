"""Arithmetic of tensors and numbers: what the operators do."""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

import numpy as np

from ..dtypes import result_dtype
from ..errors import DtypeError
from ..kernels import complexes
from ..kernels import scalar as kernels
from ..kernels.index import nonzero
from .base import (
    INT64,
    Pointwise,
    T,
    TensorBase,
    as_number,
    broadcast_error,
    broadcast_kernel,
    by_text,
    conj,
    d_of,
    floating_pair,
    fused,
    in_dtype,
    inplace,
    numbers,
    pair,
    product,
    warn_of_order,
)

__all__ = ["add", "div", "floor_divide", "mul", "neg", "pow", "rsub", "sub", "where"]


class Add(Pointwise):
    """y = a + b;  da = g, db = g"""

    kernel = kernels.add
    numbers = 2
    saves = "nothing"

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        edge_a, edge_b = ctx.edges
        return g if edge_a else None, g if edge_b else None


class Sub(Pointwise):
    """y = a - b;  da = g, db = -g"""

    kernel = kernels.sub
    numbers = 2
    saves = "nothing"

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        edge_a, edge_b = ctx.edges
        return g if edge_a else None, by_text(kernels.neg, g) if edge_b else None


class Rsub(Pointwise):
    """y = b - a;  da = -g, db = g"""

    kernel = kernels.sub
    saves = "nothing"

    @classmethod
    def forward(cls, ctx: Any, a: Any, b: Any) -> Any:
        return super().forward(ctx, b, a)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        need_a, need_b = ctx.needs_input_grad
        return -g if need_a else None, g if need_b else None


class NumberRsub(Rsub):
    """y = b - a, b a number"""

    title = "Rsub"
    suffix = "Backward1"


class Mul(Pointwise):
    """y = a b;  da = g b, db = g a"""

    kernel = kernels.mul
    numbers = 2
    saves = "nothing"

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        edge_a, edge_b = ctx.edges
        ctx.save_for_backward(a if edge_b else None, b if edge_a else None)
        return broadcast_kernel(kernels.mul, (a, b))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        return None if b is None else product(g, b), None if a is None else product(g, a)


class Div(Pointwise):
    """y = a / b;  da = g / b, db = -g a / b²"""

    kernel = kernels.div
    numbers = 2
    saves = "nothing"

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a if ctx.needs_input_grad[1] else None, b)
        return broadcast_kernel(kernels.div, (a, b))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        need_a, need_b = ctx.needs_input_grad
        da = by_text(kernels.div, g, conj(b)) if need_a else None
        return da, by_text(kernels.divisor_grad, g, conj(a), conj(b)) if need_b else None


class Neg(Pointwise):
    """y = -x;  dx = -g"""

    kernel = kernels.neg
    saves = "nothing"

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return -g


class DivFloor(Pointwise):
    """y = ⌊a / b⌋;  da = db = 0"""

    title = "Div"
    suffix = "Backward2"
    kernel = kernels.floor_divide
    saves = "nothing"

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        zeros = g._zeros(g.array.shape, g.array.dtype)
        return tuple([zeros if need else None for need in ctx.needs_input_grad])


class DivTrunc(DivFloor):
    """y = a / b rounded toward 0;  da = db = 0"""

    title = "Div"
    kernel = kernels.trunc_divide


class NotDifferentiable(Pointwise):
    """An operation for which PyTorch defines no derivative, although its result requires grad"""

    title = "NotImplemented"
    suffix = ""
    saves = "nothing"

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise RuntimeError(f"derivative for {ctx.function.kernel.__name__} is not implemented")


class FloorDivide(NotDifferentiable):
    """y = ⌊a / b⌋"""

    title = "NotImplemented"
    kernel = kernels.floor_divide


class Pow(Pointwise):
    """y = aᵇ;  da = g b aᵇ⁻¹, db = g y ln a (0 where a = 0 and b >= 0)"""

    suffix = "Backward1"
    kernel: Any = kernels.pow

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        need_a, need_b = ctx.needs_input_grad
        da = fused(kernels.pow_base_grad, _pow_base, g, a, b) if need_a else None
        return da, fused(kernels.pow_exponent_grad, _pow_exponent, g, a, b) if need_b else None


class PowNumber(Pow):
    """y = aᵇ, b a number"""

    title = "Pow"
    suffix = "Backward0"
    quick: ClassVar = {0.5: kernels.sqrt, 2: kernels.square, 3: kernels.cube, -1: kernels.reciprocal}

    @classmethod
    def forward(cls, ctx: Any, a: Any, b: Any) -> Any:
        kernel = cls.quick.get(b)
        if kernel is None or (a.array.dtype.kind not in "fV" and b not in (2, 3)):
            return super().forward(ctx, a, b)
        ctx.save_for_backward(a, b)
        return kernel.one(a.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        if b in (2, 3):
            return by_text(kernels.square_grad if b == 2 else kernels.cube_grad, g, a), None
        return fused(kernels.pow_base_grad, _pow_base, g, a, b), None


class NumberPow(Pow):
    """y = aᵇ, a a number"""

    title = "Pow"
    suffix = "Backward2"


class ComplexPow(Pow):
    """y = aᵇ of complex numbers;  da = g conj(b aᵇ⁻¹), db = g conj(y ln a)"""

    title = "Pow"
    kernel: Any = complexes.power

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = [conj(x) for x in ctx.saved_tensors]
        need_a, need_b = ctx.needs_input_grad
        return _pow_base(g, a, b) if need_a else None, _pow_exponent(g, a, b) if need_b else None


class ComplexPowNumber(ComplexPow, PowNumber):
    """y = aᵇ of complex numbers, b a number"""

    title = "Pow"
    suffix = "Backward0"


class ComplexNumberPow(ComplexPow):
    """y = aᵇ of complex numbers, a a number"""

    title = "Pow"
    suffix = "Backward2"


def _pow_base(g: Any, a: Any, b: Any) -> Any:
    if not isinstance(b, TensorBase):
        return g * (b * a ** (b - 1)) if b != 0 else g * 0
    return where(b == 0, 0.0, g * b * a ** (b - 1))


def _pow_exponent(g: Any, a: Any, b: Any) -> Any:
    if not isinstance(a, TensorBase):
        a = g._zeros((), g.array.dtype) + a
    silent = (a == 0) & _not_negative(b)
    return where(silent, 0.0, g * a**b * where(silent, 1.0, a).log())


def _not_negative(b: Any) -> Any:
    return b >= 0 if b.array.dtype.kind in "fV" else b.real >= 0


class Where(Pointwise):
    """y = a where the mask holds, else b"""

    kernel = kernels.where

    @classmethod
    def forward(cls, ctx: Any, mask: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(mask)
        return broadcast_kernel(cls.kernel, (mask, a, b))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (mask,) = ctx.saved_tensors
        _, need_a, need_b = ctx.needs_input_grad
        da = Where.apply(mask, g, 0.0) if need_a else None
        return None, da, Where.apply(mask, 0.0, g) if need_b else None


# ---------------------------------------------------------------- what users call


def _in_older_order(name: str, alpha: Any, *others: Any) -> tuple[Any, Any]:
    """(other, alpha) of `add(input, alpha, other)`."""
    alpha = as_number(alpha)
    if len(others) > 1 or isinstance(alpha, TensorBase):
        raise TypeError(f"{name}() takes one other operand, and alpha by keyword, but got {1 + len(others)}")
    warn_of_order(name)
    return others[0], alpha


def add(input: T, other: Any, *older: Any, alpha: Any = 1) -> T:
    """input + alpha * other, elementwise, with broadcasting and type promotion.

    >>> torch.add(torch.tensor([1, 2]), 0.5)
    tensor([1.5000, 2.5000])
    """
    if older:
        other, alpha = _in_older_order("add", other, *older)
    return Add.apply(*pair(input, other if alpha == 1 else _times(alpha, other, input)))


def sub(input: T, other: Any, *older: Any, alpha: Any = 1) -> T:
    """input - alpha * other, elementwise, with broadcasting and type promotion. Not for bool tensors."""
    if older:
        other, alpha = _in_older_order("sub", other, *older)
    _no_bools(input, other)
    return Sub.apply(*pair(input, other if alpha == 1 else _times(alpha, other, input)))


def rsub(input: T, other: Any, *, alpha: Any = 1) -> T:
    """other - alpha * input. Not for bool tensors."""
    _no_bools(input, other)
    a, b = pair(input if alpha == 1 else _times(alpha, input, other), other)
    return (Rsub if isinstance(b, TensorBase) else NumberRsub).apply(a, b)


def _no_bools(a: Any, b: Any) -> None:
    if d_of(a).kind == "b" or d_of(b).kind == "b":
        problem = "Subtraction, the `-` operator, with a bool tensor is not supported: use logical_xor()"
        raise DtypeError("sub", problem, a, b)


def _times(alpha: Any, x: Any, other: Any) -> Any:
    """alpha * x in the common dtype of x and other, which a float alpha does not change."""
    d = result_dtype([x, other])
    if isinstance(alpha, bool) and d.rank > 0:
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and d.rank < 2:
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    x, alpha = in_dtype(x, d), bool(alpha) if d.rank == 0 else alpha
    return mul(x, alpha) if isinstance(x, TensorBase) else x * alpha


def mul(input: T, other: Any) -> T:
    """input * other, elementwise, with broadcasting and type promotion."""
    return Mul.apply(*pair(input, other))


def div(input: T, other: Any, *, rounding_mode: str | None = None) -> T:
    """input / other, elementwise; integers give the default floating dtype.

    `rounding_mode`: None, "trunc" (towards zero) or "floor" (towards minus infinity); the last two keep integers.
    """
    if rounding_mode is None:
        return Div.apply(*floating_pair(input, other))
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding_mode}'"
        )
    return (DivTrunc if rounding_mode == "trunc" else DivFloor).apply(*_for_rounding("div", input, other))


def neg(input: T) -> T:
    """-input. Not for bool tensors."""
    if input.array.dtype.kind == "b":
        problem = "Negation, the `-` operator, on a bool tensor is not supported: use logical_not()"
        raise DtypeError("neg", problem, input)
    return Neg.apply(input)


def pow(input: T, exponent: Any) -> T:
    """input to the power of exponent; either may be a number. An integer to a negative integer power is an error."""
    a, b = pair(input, exponent)
    refuse("pow", "b", a, b)
    if d_of(a).kind in "iu" and not isinstance(exponent, TensorBase) and exponent < 0:
        raise DtypeError("pow", "Integers to negative integer powers are not allowed.", input, exponent)
    is_complex = (a if isinstance(a, TensorBase) else b).array.dtype.kind == "c"
    functions = _COMPLEX_POWERS if is_complex else _POWERS
    return functions[isinstance(a, TensorBase), isinstance(b, TensorBase)].apply(a, b)


_POWERS = {(True, True): Pow, (False, True): NumberPow, (True, False): PowNumber}
_COMPLEX_POWERS = {(True, True): ComplexPow, (False, True): ComplexNumberPow, (True, False): ComplexPowNumber}


def where(condition: T, input: Any = None, other: Any = None) -> Any:
    """input where condition (a bool tensor) holds, other elsewhere; all three broadcast.

    `where(condition)`: where it holds.
    """
    if input is None and other is None:
        return tuple([condition._wrap(i) for i in nonzero(numbers(condition))])
    if not isinstance(condition, TensorBase):
        raise TypeError(f"where(): argument 'condition' (position 1) must be Tensor, not {type(condition).__name__}")
    if condition.array.dtype == np.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated: use a boolean condition instead.",
            stacklevel=2,
        )
        condition = condition._wrap(condition.array.astype(bool))
    if condition.array.dtype.kind != "b":
        raise DtypeError("where", "expected condition to be a boolean tensor", condition)
    if not isinstance(input, TensorBase) and not isinstance(other, TensorBase):
        bools = isinstance(input, bool) and isinstance(other, bool)
        input = condition._number(input, bool if bools else type(input + other))
    a, b = pair(input, other)
    try:
        return Where.apply(condition, a, b)
    except ValueError:
        pairs = ((condition, a), (condition, b), (a, b))
        raise next(error for p in pairs if (error := broadcast_error("where", p))) from None


def floor_divide(input: Any, other: Any) -> Any:
    """input / other rounded down. Dividing an integer by zero is an error; so is backward, as in PyTorch."""
    return FloorDivide.apply(*_for_rounding("floor_divide", input, other))


def _for_rounding(name: str, a: Any, b: Any) -> Any:
    a, b = pair(a, b)
    refuse(name, "bc", a, b)
    return a, no_zero(name, a, b)


def refuse(name: str, kinds: str, *operands: Any) -> None:
    """DtypeError if a tensor among the operands has a dtype of one of these numpy kinds."""
    for x in operands:
        if isinstance(x, TensorBase) and x.array.dtype.kind in kinds:
            raise DtypeError(name, f"not implemented for '{x.dtype.title}'", *operands)


def no_complex(name: str, x: Any) -> None:
    """DtypeError for a complex tensor, quick for others."""
    if x.array.dtype.kind == "c":
        refuse(name, "c", x)


def no_zero(name: str, a: Any, b: Any) -> Any:
    """b; a RuntimeError if integers would be divided by a zero in it."""
    integers = d_of(a).kind in "iub" and d_of(b).kind in "iub"
    if integers and (not b.array.all() if isinstance(b, TensorBase) else b == 0):
        raise RuntimeError(f"{name}: ZeroDivisionError: integer division by zero")
    return b


add_, sub_, mul_, div_ = (
    inplace(add, kernels.add, "fd" + INT64),
    inplace(sub, kernels.sub, "fd" + INT64),
    inplace(mul, kernels.mul, "fd" + INT64),
    inplace(div, kernels.div),
)
neg_, pow_ = inplace(neg), inplace(pow)
floor_divide_ = inplace(floor_divide)
