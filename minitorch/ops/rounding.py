"""Absolute value, sign, rounding and clamping, element by element."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError
from ..kernels import complexes
from ..kernels import scalar as kernels
from .arithmetic import refuse, where
from .base import Array, Op, T, TensorBase, broadcast_kernel, conj, floating, inplace, promoted
from .pointwise import Step, Unary

__all__ = [
    "abs", "abs_", "absolute", "angle", "ceil", "ceil_", "clamp", "clamp_", "clamp_max", "clamp_max_", "clamp_min",
    "clamp_min_", "clip", "clip_", "fix", "fix_", "floor", "floor_", "frac", "frac_", "nan_to_num", "nan_to_num_",
    "positive", "round", "round_", "sgn", "sign", "trunc", "trunc_",
]  # fmt: skip


# ---------------------------------------------------------------- absolute value, sign, rounding


class Abs(Unary):
    """y = |x|;  dx = g sign x"""

    kernel = kernels.abs
    rule = staticmethod(lambda g, x: g * sgn(x))


class ComplexAbs(Unary):
    """y = |x| of complex numbers, real;  dx = g x / |x|, 0 at 0"""

    title = "Abs"
    kernel = complexes.absolute
    rule = staticmethod(lambda g, x: g * sgn(x))


class Sign(Step):
    """y = -1, 0 or 1;  dx = 0"""

    kernel = kernels.sign


class Sgn(Step):
    """y = -1, 0 or 1;  dx = 0"""

    kernel = kernels.sign


class ComplexSgn(Unary):
    """y = x / |x|, 0 at 0;  dx = i y Im(g ȳ) / |x|, 0 at 0"""

    title = "Sgn"
    kernel = complexes.sgn

    @staticmethod
    def rule(g: Any, x: Any) -> Any:
        """The gradient of x: only its turning moves y."""
        y, zero = sgn(x), x == 0
        return where(zero, 0.0, y * ((g * conj(y)).imag / where(zero, 1.0, abs(x))) * 1j)


class ComplexAngle(Unary):
    """y = the angle of x;  dx = i g x / |x|², 0 at 0"""

    title = "Angle"
    kernel = complexes.angle

    @staticmethod
    def rule(g: Any, x: Any) -> Any:
        """The gradient of x, across its direction."""
        size = abs(x)
        return g / where(size == 0, 1.0, size) * sgn(x) * 1j


class Angle(Step):
    """y = π below 0, else 0;  dx = 0"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        rest = kernels.where(kernels.isnan(x.array), x.array, 0.0)
        return kernels.where(kernels.lt(x.array, 0.0), math.pi, rest)


class Floor(Step):
    """y = x rounded down;  dx = 0"""

    kernel = kernels.floor


class Ceil(Step):
    """y = x rounded up;  dx = 0"""

    kernel = kernels.ceil


class Trunc(Step):
    """y = x rounded toward 0;  dx = 0"""

    kernel = kernels.trunc


class Round(Step):
    """y = x rounded to the nearest, halves to even;  dx = 0"""

    kernel = kernels.round


class RoundDecimals(Step):
    """y = x rounded to a number of decimals;  dx = 0"""

    title = "Round"
    suffix = "Backward1"

    @staticmethod
    def forward(ctx: Any, x: Any, decimals: int) -> Any:
        there, back = (kernels.mul, kernels.div) if decimals > 0 else (kernels.div, kernels.mul)
        scale = 10.0 ** (decimals if decimals > 0 else -decimals)
        return back(kernels.round(there(x.array, scale)), scale)


class Frac(Unary):
    """y = x without its whole part;  dx = g"""

    kernel = kernels.frac
    saves = "nothing"
    rule = staticmethod(lambda g: g)


class NanToNum(Unary):
    """y = x, its NaNs and infinities replaced;  dx = g where x is finite"""

    kernel = kernels.nan_to_num
    rule = staticmethod(lambda g, x, *numbers: where(abs(x) < math.inf, g, 0.0))


# ---------------------------------------------------------------- clamp


class Clamp(Op):
    """y = x between tensors lo and hi, either None;  dx = g within, d lo = g where it was taken, so d hi"""

    @staticmethod
    def forward(ctx: Any, x: Any, lo: Any, hi: Any) -> Any:
        ctx.save_for_backward(x, lo, hi)
        return _clamped(x, lo, hi)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, lo, hi = ctx.saved_tensors
        need_x, need_lo, need_hi = ctx.needs_input_grad
        dx = where(_within(x, lo, hi), g, 0.0) if need_x else None
        return dx, _taken(g, x < lo, lo, hi) if need_lo else None, _taken(g, x > hi, lo, hi, True) if need_hi else None


def _clamped(x: Any, lo: Any, hi: Any) -> Array:
    if lo is None:
        return broadcast_kernel(kernels.clamp_max, (x, hi))
    return broadcast_kernel(kernels.clamp_min, (x, lo)) if hi is None else broadcast_kernel(kernels.clamp, (x, lo, hi))


def _within(x: Any, lo: Any, hi: Any) -> Any:
    if lo is None:
        return x <= hi
    return x >= lo if hi is None else (x >= lo) & (x <= hi)


def _taken(g: Any, beyond: Any, lo: Any, hi: Any, top: bool = False) -> Any:
    """g where the result is a bound; the upper one wins where they have changed places."""
    if lo is not None and hi is not None:
        beyond = beyond | (hi < lo) if top else beyond & (lo < hi)
    return where(beyond, g, 0.0)


class ClampMinTensor(Clamp):
    """y = x, at least the tensor lo"""

    title = "ClampMin"
    suffix = "Backward1"


class ClampMaxTensor(Clamp):
    """y = x, at most the tensor hi"""

    title = "ClampMax"
    suffix = "Backward1"


class ClampNumbers(Unary):
    """y = x between numbers;  dx = g where x is not cut, the bounds included"""

    title = "Clamp"
    suffix = "Backward1"

    @staticmethod
    def forward(ctx: Any, x: Any, lo: Any, hi: Any) -> Any:
        ctx.save_for_backward(x, -math.inf if lo is None else lo, math.inf if hi is None else hi)
        return _clamped(x, lo, hi)

    @staticmethod
    def rule(g: Any, x: Any, lo: float, hi: float) -> Any:
        """The gradient of x."""
        return BoundedGrad.apply(g, x, lo, hi)


class BoundedGrad(Unary):
    """y = g where x is within the bounds, else 0;  dg the same of its gradient"""

    kernel = kernels.clamp_grad

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        _, x, lo, hi = ctx.saved_tensors
        return BoundedGrad.apply(g, x, lo, hi), None, None, None


class ClampMin(ClampNumbers):
    """y = x, at least the number lo"""

    title = "ClampMin"
    suffix = "Backward0"


class ClampMax(ClampNumbers):
    """y = x, at most the number hi"""

    title = "ClampMax"
    suffix = "Backward0"


# ---------------------------------------------------------------- what users call: absolute value, sign, rounding


def abs(input: T) -> T:
    """|input|, of complex numbers real. Not for bool tensors."""
    kind = input.array.dtype.kind
    if kind in "fV":
        return Abs.apply(input)
    refuse("abs", "b", input)
    return (ComplexAbs if kind == "c" else Abs).apply(input)


def sign(input: T) -> T:
    """-1, 0 or 1; bools as they are."""
    refuse("sign", "c", input)
    return Sign.apply(input)


def sgn(input: T) -> T:
    """-1, 0 or 1, the same as `sign` for real numbers; of complex ones, input / |input|, 0 at 0."""
    return (ComplexSgn if input.array.dtype.kind == "c" else Sgn).apply(input)


def angle(input: T) -> T:
    """π for a negative number, else 0; of a complex one, the angle from -π to π."""
    return ComplexAngle.apply(input) if input.array.dtype.kind == "c" else Angle.apply(floating(input))


def _rounded(function: Any, name: str, x: Any) -> Any:
    """Integers are whole already; bools are refused."""
    refuse(name, "bc", x)
    return function.apply(x) if x.array.dtype.kind in "fV" else x.clone()


def floor(input: T) -> T:
    """Rounded down. Not for bool tensors, like `ceil`, `trunc` and `round`."""
    return _rounded(Floor, "floor", input)


def ceil(input: T) -> T:
    """Rounded up."""
    return _rounded(Ceil, "ceil", input)


def trunc(input: T) -> T:
    """Rounded toward 0."""
    return _rounded(Trunc, "trunc", input)


def round(input: T, *, decimals: int = 0) -> T:
    """Rounded to the nearest, halves to even; to `decimals` places (or to tens, hundreds, ... where negative).

    >>> torch.round(torch.tensor([0.5, 1.5, -2.7]))
    tensor([ 0.,  2., -3.])
    """
    if decimals == 0:
        return _rounded(Round, "round", input)
    refuse("round", "biuc", input)
    return RoundDecimals.apply(input, decimals)


def frac(input: T) -> T:
    """The part after the point, with the sign of input. Floating tensors only."""
    refuse("frac", "biuc", input)
    return Frac.apply(input)


def nan_to_num(input: T, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> T:
    """NaN, inf and -inf replaced; by 0 and the largest and smallest number of the dtype where nothing else is given."""
    if input.array.dtype.kind not in "fV":
        refuse("nan_to_num", "c", input)
        return input.clone()
    most = dt.largest(input.dtype)
    top, bottom = (most if posinf is None else posinf), (-most if neginf is None else neginf)
    return NanToNum.apply(input, 0.0 if nan is None else nan, top, bottom)


def positive(input: T) -> T:
    """The tensor itself. Not for bool tensors."""
    if input.array.dtype.kind == "b":
        raise DtypeError("positive", "The `+` operator, on a bool tensor is not supported.", input)
    return input


# ---------------------------------------------------------------- what users call: clamp


def clamp(input: T, min: Any = None, max: Any = None) -> T:
    """input, at least `min` and at most `max`: two numbers or two tensors, either None; `max` where they cross.

    The result has the common dtype of all. The gradient flows where input lies within, the bounds included.

    >>> torch.clamp(torch.tensor([-1.0, 0.5, 2.0]), 0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("clamp: At least one of 'min' or 'max' must not be None")
    tensors = [isinstance(b, TensorBase) for b in (min, max) if b is not None]
    if True in tensors and False in tensors:
        min, max = [b.item() if isinstance(b, TensorBase) and not b.array.ndim else b for b in (min, max)]
        tensors = [isinstance(b, TensorBase) for b in (min, max)]
    if True in tensors and False in tensors:
        kinds = f"{type(min).__name__} and {type(max).__name__}"
        raise TypeError(f"clamp() received an invalid combination of arguments: {kinds}")
    return _bounded(Clamp if tensors[0] else ClampNumbers, "clamp", input, min, max)


def clamp_min(input: T, min: Any) -> T:
    """input, at least `min` (a number or a tensor)."""
    function = ClampMinTensor if isinstance(min, TensorBase) else ClampMin
    return _bounded(function, "clamp_min", input, min, None)


def clamp_max(input: T, max: Any) -> T:
    """input, at most `max` (a number or a tensor)."""
    function = ClampMaxTensor if isinstance(max, TensorBase) else ClampMax
    return _bounded(function, "clamp_max", input, None, max)


def _bounded(function: Any, name: str, *operands: Any) -> Any:
    """The operands in their common dtype, None where there is no bound."""
    x, lo, hi = operands
    if x.array.dtype.kind in "fV" and all(b is None or isinstance(b, (int, float)) for b in (lo, hi)):
        return function.apply(x, lo, hi)
    cast = iter(promoted(*[x for x in operands if x is not None]))
    operands = tuple([None if x is None else next(cast) for x in operands])
    refuse(name, "c" if None in operands else "bc", *operands)
    return function.apply(*operands)


absolute, fix, clip = abs, trunc, clamp

abs_, sign_, sgn_, floor_, ceil_, trunc_, round_ = map(inplace, (abs, sign, sgn, floor, ceil, trunc, round))
frac_, nan_to_num_, clamp_, clamp_min_, clamp_max_ = map(inplace, (frac, nan_to_num, clamp, clamp_min, clamp_max))
absolute_, fix_, clip_ = abs_, trunc_, clamp_
