"""Functions of two and three tensors, element by element; all broadcast, most promote."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from ..kernels import scalar as kernels
from ..kernels.cast import next_half
from .arithmetic import NotDifferentiable, div, no_zero, pow, refuse, where
from .base import (
    Op,
    Pointwise,
    T,
    TensorBase,
    broadcast_kernel,
    by_text,
    conj,
    d_of,
    floating_pair,
    fused,
    in_dtype,
    inplace,
    older_order,
    pair,
    product,
    promoted,
)
from .pointwise import exp, exp2, log, zeros_like

__all__ = [
    "addcdiv", "addcmul", "arctan2", "atan2", "copysign", "float_power", "fmax", "fmin", "fmod", "heaviside", "hypot",
    "ldexp", "ldexp_", "lerp", "logaddexp", "logaddexp2", "maximum", "minimum", "nextafter", "remainder", "xlogy",
    "xlogy_",
]  # fmt: skip


class Binary(Pointwise):
    """An operation of two operands: `rule_a(g, a, b)` and `rule_b(g, a, b)` are their gradients."""

    rule_a: Any
    rule_b: Any

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        rules, saved = ctx.function, ctx.saved_tensors
        need_a, need_b = ctx.needs_input_grad
        return rules.rule_a(g, *saved) if need_a else None, rules.rule_b(g, *saved) if need_b else None


def _numbered(function: type[Op], suffix: str) -> Any:
    """The same operation under another number, as PyTorch counts the kinds of its operands."""
    title = function.__dict__.get("title", function.__name__)
    return type(function.__name__, (function,), {"title": title, "suffix": suffix, "__module__": __name__})


# ---------------------------------------------------------------- the larger and the smaller


class Maximum(Binary):
    """y = the larger;  g goes to it, half to each of equal ones; where one is NaN, to both"""

    kernel = kernels.maximum
    rule_a = staticmethod(lambda g, a, b: _of_larger(g, a, b))
    rule_b = staticmethod(lambda g, a, b: _of_larger(g, b, a))


class Minimum(Binary):
    """y = the smaller;  g goes to it, half to each of equal ones; where one is NaN, to both"""

    kernel = kernels.minimum
    rule_a = staticmethod(lambda g, a, b: _of_larger(g, b, a))
    rule_b = staticmethod(lambda g, a, b: _of_larger(g, a, b))


def _of_larger(g: Any, a: Any, b: Any) -> Any:
    """What a gets of the gradient of the larger."""
    return fused(kernels.larger_grad, lambda g, a, b: where(a < b, 0.0, where(a == b, g / 2, g)), g, a, b)


class Fmax(Binary):
    """y = the larger, no NaN where one is a number;  g goes to it, to a of equal ones"""

    kernel = kernels.fmax
    rule_a = staticmethod(lambda g, a, b: where((a >= b) | (b != b), g, 0.0))
    rule_b = staticmethod(lambda g, a, b: where((a >= b) | (b != b), 0.0, g))


class Fmin(Binary):
    """y = the smaller, no NaN where one is a number;  g goes to it, to a of equal ones"""

    kernel = kernels.fmin
    rule_a = staticmethod(lambda g, a, b: where((a <= b) | (b != b), g, 0.0))
    rule_b = staticmethod(lambda g, a, b: where((a <= b) | (b != b), 0.0, g))


# ---------------------------------------------------------------- remainders


class Remainder(Binary):
    """y = a - b ⌊a / b⌋;  da = g, db = -g ⌊a / b⌋"""

    suffix = "Backward1"
    kernel = kernels.remainder
    rule_a = staticmethod(lambda g, a, b: g)
    rule_b = staticmethod(lambda g, a, b: -g * div(a, b, rounding_mode="floor"))


class Fmod(Binary):
    """y = a - b trunc(a / b);  da = g, db = -g trunc(a / b)"""

    suffix = "Backward1"
    kernel = kernels.fmod
    rule_a = staticmethod(lambda g, a, b: g)
    rule_b = staticmethod(lambda g, a, b: -g * div(a, b, rounding_mode="trunc"))


RemainderOfNumber, FmodOfNumber = _numbered(Remainder, "Backward0"), _numbered(Fmod, "Backward0")


# ---------------------------------------------------------------- geometry, signs


class Atan2(Binary):
    """y = the angle of (b, a);  da = g b / (a² + b²), db = -g a / (a² + b²), 0 at the origin"""

    kernel = kernels.atan2
    rule_a = staticmethod(lambda g, a, b: fused(kernels.angle_grad, _angle_grad, g, b, a, 1.0))
    rule_b = staticmethod(lambda g, a, b: fused(kernels.angle_grad, _angle_grad, g, a, b, -1.0))


def _angle_grad(g: Any, a: Any, b: Any, sign: float) -> Any:
    total = a * a + b * b
    return g * (a * sign / where(total == 0, 1.0, total))


class Hypot(Binary):
    """y = √(a² + b²);  da = g a / y, db = g b / y"""

    kernel = kernels.hypot

    @classmethod
    def forward(cls, ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_output_for_backward()
        return super().forward(ctx, a, b)

    rule_a = staticmethod(lambda g, a, b, y: g * (a / y))
    rule_b = staticmethod(lambda g, a, b, y: g * (b / y))


class Copysign(Binary):
    """y = |a| with the sign of b;  da = g y / a, 0 where a is 0; db = 0"""

    kernel = kernels.copysign
    rule_b = staticmethod(lambda g, a, b: zeros_like(g))

    @staticmethod
    def rule_a(g: Any, a: Any, b: Any) -> Any:
        """The gradient of a."""
        zero = a == 0
        return where(zero, 0.0, g * (copysign(a, b) / where(zero, 1.0, a)))


class Nextafter(Binary):
    """y = the float after a toward b;  da = g, 0 where they are equal; db = 0"""

    kernel = kernels.nextafter
    moves = True  # halves have neighbours of their own
    rule_a = staticmethod(lambda g, a, b: where(a == b, 0.0, g))
    rule_b = staticmethod(lambda g, a, b: zeros_like(g))

    @classmethod
    def forward(cls, ctx: Any, *args: Any) -> Any:
        a, b = args
        if not dt.is_half(a.array.dtype):
            return super().forward(ctx, a, b)
        ctx.save_for_backward(a, b)
        return next_half(a.array, b.array)


class Heaviside(NotDifferentiable):
    """y = 0 below 0, 1 above, b at 0"""

    title = "NotImplemented"
    kernel = kernels.heaviside


CopysignOfNumber = _numbered(Copysign, "Backward1")


# ---------------------------------------------------------------- exponentials and logarithms


class Logaddexp(Binary):
    """y = ln(eᵃ + eᵇ);  da = g / (1 + eᵇ⁻ᵃ), db = g / (1 + eᵃ⁻ᵇ)"""

    kernel = kernels.logaddexp
    rule_a = staticmethod(lambda g, a, b: g / (exp(b - a) + 1))
    rule_b = staticmethod(lambda g, a, b: g / (exp(a - b) + 1))


class Logaddexp2(Binary):
    """y = log₂(2ᵃ + 2ᵇ);  da = g / (1 + 2ᵇ⁻ᵃ), db = g / (1 + 2ᵃ⁻ᵇ)"""

    @classmethod
    def forward(cls, ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        scaled = [x._wrap(kernels.mul(x.array, math.log(2))) for x in (a, b)]
        return kernels.div(broadcast_kernel(kernels.logaddexp, scaled), math.log(2))

    rule_a = staticmethod(lambda g, a, b: g / (2 ** (b - a) + 1))
    rule_b = staticmethod(lambda g, a, b: g / (2 ** (a - b) + 1))


class Xlogy(Binary):
    """y = a ln b, 0 where a is 0;  da = g ln b, 0 where a is 0 and b <= 0; db = g a / b"""

    kernel = kernels.xlogy

    @staticmethod
    def rule_a(g: Any, a: Any, b: Any) -> Any:
        """The gradient of a."""
        b = b if isinstance(b, TensorBase) else _filled(g, b)
        silent = (a == 0) & (b <= 0)
        return where(silent, 0.0, g * log(where(silent, 1.0, b)))

    rule_b = staticmethod(lambda g, a, b: g * a / b)


def _filled(g: Any, value: float) -> Any:
    """The number as a 0-d tensor of the dtype of g."""
    return g._zeros((), g.array.dtype) + value


XlogyOfNumber, XlogyByNumber = _numbered(Xlogy, "Backward1"), _numbered(Xlogy, "Backward2")


class Ldexp(Binary):
    """y = a 2ᵇ;  da = g 2ᵇ, db = g y ln 2"""

    kernel = kernels.ldexp
    rule_a = staticmethod(lambda g, a, b: g * 2**b)
    rule_b = staticmethod(lambda g, a, b: g * (a * 2**b) * math.log(2))


# ---------------------------------------------------------------- three operands


class Lerp(Pointwise):
    """y = a + w (b - a);  da = g (1 - w), db = g w"""

    kernel = kernels.lerp

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b, w = ctx.saved_tensors
        need_a, need_b, need_w = ctx.needs_input_grad
        da = by_text(kernels.affine_grad, g, conj(w)) if need_a else None
        return da, product(g, w) if need_b else None, product(g, b - a) if need_w else None


class LerpTensor(Lerp):
    """y = a + w (b - a), w a tensor;  da = g (1 - w), db = g w, dw = g (b - a)"""

    title = "Lerp"
    suffix = "Backward1"


class Addcmul(Pointwise):
    """y = x + v a b;  dx = g, da = g v b, db = g v a"""

    kernel = kernels.addcmul

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        _, a, b, v = ctx.saved_tensors
        need_x, need_a, need_b, _ = ctx.needs_input_grad
        da, db = [
            by_text(kernels.scaled_product, g, conj(x), conj(v)) if need else None
            for x, need in ((b, need_a), (a, need_b))
        ]
        return g if need_x else None, da, db, None


class Addcdiv(Pointwise):
    """y = x + v a / b;  dx = g, da = g v / b, db = -g v a / b²"""

    kernel = kernels.addcdiv

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        _, a, b, v = ctx.saved_tensors
        need_x, need_a, need_b, _ = ctx.needs_input_grad
        db = -g * conj(v * a / (b * b)) if need_b else None
        return g if need_x else None, g * conj(v / b) if need_a else None, db, None


# ---------------------------------------------------------------- what users call


def tensors_only(name: str, **operands: Any) -> None:
    """TypeError if one of the named arguments is no tensor."""
    for argument, x in operands.items():
        if not isinstance(x, TensorBase):
            raise TypeError(f"{name}(): argument '{argument}' must be Tensor, not {type(x).__name__}")


def _two(name: str, kinds: str, a: Any, b: Any) -> Any:
    """Two tensors in their common dtype, which must not be of these kinds."""
    tensors_only(name, input=a, other=b)
    a, b = pair(a, b)
    refuse(name, kinds, a, b)
    return a, b


def maximum(input: T, other: T) -> T:
    """The larger of two tensors, NaN where either is. The gradient is halved between equal ones."""
    return Maximum.apply(*_two("maximum", "c", input, other))


def minimum(input: T, other: T) -> T:
    """The smaller of two tensors, NaN where either is. The gradient is halved between equal ones."""
    return Minimum.apply(*_two("minimum", "c", input, other))


def fmax(input: T, other: T) -> T:
    """The larger of two tensors; a NaN gives way to a number."""
    return Fmax.apply(*_two("fmax", "c", input, other))


def fmin(input: T, other: T) -> T:
    """The smaller of two tensors; a NaN gives way to a number."""
    return Fmin.apply(*_two("fmin", "c", input, other))


def remainder(input: Any, other: Any) -> Any:
    """input modulo other with the sign of other, as Python's `%`. Integers modulo zero are an error.

    >>> torch.remainder(torch.tensor([-3, 3]), 2)
    tensor([1, 1])
    """
    return _modulo("remainder", Remainder, RemainderOfNumber, input, other)


def fmod(input: T, other: Any) -> T:
    """input modulo other with the sign of input, as in C. Integers modulo zero are an error."""
    tensors_only("fmod", input=input)
    return _modulo("fmod", Fmod, FmodOfNumber, input, other)


def _modulo(name: str, function: Any, of_number: Any, a: Any, b: Any) -> Any:
    a, b = pair(a, b)
    refuse(name, "bc", a, b)
    return (function if isinstance(b, TensorBase) else of_number).apply(a, no_zero(name, a, b))


def atan2(input: T, other: T) -> T:
    """The angle of the point (other, input) in radians, from -π to π."""
    tensors_only("atan2", input=input, other=other)
    a, b = floating_pair(input, other)
    refuse("atan2", "c", a)
    return Atan2.apply(a, b)


def hypot(input: T, other: T) -> T:
    """√(input² + other²), without overflow. Floating tensors only."""
    return Hypot.apply(*_two("hypot", "biuc", input, other))


def copysign(input: T, other: Any) -> T:
    """|input| with the sign of other, a tensor or a number; -0.0 counts as negative."""
    tensors_only("copysign", input=input)
    a, b = floating_pair(input, other)
    refuse("copysign", "c", a)
    return (Copysign if isinstance(b, TensorBase) else CopysignOfNumber).apply(a, b)


def nextafter(input: T, other: T) -> T:
    """The next float from input in the direction of other. Floating tensors only."""
    return Nextafter.apply(*_two("nextafter", "biuc", input, other))


def heaviside(input: T, values: T) -> T:
    """0 where input is negative, 1 where it is positive, `values` where it is 0. The dtypes must be the same."""
    tensors_only("heaviside", input=input, values=values)
    if input.array.dtype is not values.array.dtype:
        raise DtypeError("heaviside", "not yet implemented for tensors with different dtypes", input, values)
    refuse("heaviside", "c", input)
    return Heaviside.apply(input, values)


def logaddexp(input: T, other: T) -> T:
    """ln(e^input + e^other), without overflow. Floating or complex tensors."""
    a, b = _two("logaddexp", "biu", input, other)
    if a.array.dtype.kind == "c":
        first = a.real >= b.real
        larger, other = where(first, a, b), where(first, b, a)
        return larger + log(exp(other - larger) + 1)
    return Logaddexp.apply(a, b)


def logaddexp2(input: T, other: T) -> T:
    """log₂(2^input + 2^other), without overflow. Floating tensors only."""
    return Logaddexp2.apply(*_two("logaddexp2", "biuc", input, other))


def xlogy(input: Any, other: Any) -> Any:
    """input ln(other), 0 where input is 0 (unless other is NaN). One of them may be a number."""
    a, b = floating_pair(input, other)
    refuse("xlogy", "c", a, b)
    if isinstance(a, TensorBase):
        return (Xlogy if isinstance(b, TensorBase) else XlogyByNumber).apply(a, b)
    return XlogyOfNumber.apply(a, b)


def ldexp(input: T, other: T) -> T:
    """input times 2 to the power of other. Integers give the default floating dtype."""
    tensors_only("ldexp", input=input, other=other)
    a, b = floating_pair(input, other)
    if a.array.dtype.kind == "c":
        return a * exp2(b)
    return Ldexp.apply(a, b)


def float_power(input: Any, exponent: Any) -> Any:
    """input to the power of exponent, in float64 or complex128. Either may be a number."""
    kinds = [d_of(x).kind for x in (input, exponent)]
    wide: Any = (dt.complex128, complex) if "c" in kinds else (dt.float64, float)
    operands = [in_dtype(x, wide[0]) if isinstance(x, TensorBase) else wide[1](x) for x in (input, exponent)]
    return pow(*operands)


def float_power_(self: T, exponent: Any) -> T:
    """`float_power`, written to this tensor's memory: it must be float64."""
    wide = "ComplexDouble" if "c" in (self.array.dtype.kind, d_of(exponent).kind) else "Double"
    if self.dtype.title != wide:
        raise DtypeError("float_power_", f"the result requires dtype {wide}", self, exponent)
    return inplace(float_power)(self, exponent)


def lerp(input: T, end: T, weight: Any) -> T:
    """From input (weight 0) to end (weight 1), on a straight line and beyond; the weight is a number or a tensor.

    All have the same floating dtype, but for a 0-d weight.
    """
    tensors_only("lerp", input=input, end=end)
    refuse("lerp", "biu", input)
    if isinstance(weight, TensorBase) and not weight.array.ndim:
        weight = in_dtype(weight, input.dtype)
    for name, x in (("end", end), ("weight", weight)):
        if isinstance(x, TensorBase) and x.array.dtype is not input.array.dtype:
            problem = f"expected dtype {input.dtype} for `{name}` but got dtype {x.dtype}"
            raise DtypeError("lerp", problem, input, end, weight)
    return (LerpTensor if isinstance(weight, TensorBase) else Lerp).apply(input, end, weight)


def addcmul(input: T, tensor1: Any, tensor2: Any, *older: Any, value: Any = 1) -> T:
    """input + value * tensor1 * tensor2. Not for bool tensors."""
    if older:
        (value,), (input, tensor1, tensor2) = older_order("addcmul", input, tensor1, tensor2, *older)
    tensors_only("addcmul", input=input, tensor1=tensor1, tensor2=tensor2)
    operands = promoted(input, tensor1, tensor2)
    refuse("addcmul", "b", *operands)
    return Addcmul.apply(*operands, _whole(value, operands[0]))


def addcdiv(input: T, tensor1: Any, tensor2: Any, *older: Any, value: Any = 1) -> T:
    """input + value * tensor1 / tensor2. Two integer tensors cannot be divided."""
    if older:
        (value,), (input, tensor1, tensor2) = older_order("addcdiv", input, tensor1, tensor2, *older)
    tensors_only("addcdiv", input=input, tensor1=tensor1, tensor2=tensor2)
    if d_of(tensor1).kind in "biu" and d_of(tensor2).kind in "biu":
        raise OperationError("addcdiv", "Integer division with addcdiv is not supported", input, tensor1, tensor2)
    return Addcdiv.apply(*promoted(input, tensor1, tensor2), value)


def _whole(value: Any, x: Any) -> Any:
    """A factor of integers is one itself."""
    return value if x.array.dtype.kind in "fcV" else int(value)


arctan2, true_divide, divide = atan2, div, div
remainder_, fmod_, atan2_, hypot_, copysign_ = map(inplace, (remainder, fmod, atan2, hypot, copysign))
nextafter_, heaviside_, xlogy_, ldexp_ = map(inplace, (nextafter, heaviside, xlogy, ldexp))
lerp_, addcmul_, addcdiv_ = map(inplace, (lerp, addcmul, addcdiv))
arctan2_ = atan2_
