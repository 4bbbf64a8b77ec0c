"""Functions of one tensor, element by element."""

from __future__ import annotations

import math
from typing import Any

from ..kernels import complexes as cplx
from ..kernels import scalar as kernels
from .arithmetic import mul, neg, refuse, where
from .base import Pointwise, T, conj, floating, fused, inplace, rule_of

__all__ = [
    "acos", "acos_", "acosh", "acosh_", "arccos", "arccos_", "arccosh", "arccosh_", "arcsin", "arcsin_", "arcsinh",
    "arcsinh_", "arctan", "arctan_", "arctanh", "arctanh_", "asin", "asin_", "asinh", "asinh_", "atan", "atan_",
    "atanh", "atanh_", "cos", "cos_", "cosh", "cosh_", "deg2rad", "deg2rad_", "digamma", "erf", "erf_", "erfc", "erfc_",
    "erfinv", "exp", "exp2", "exp2_", "exp_", "expm1", "expm1_", "lgamma", "log", "log1p", "log1p_", "log2", "log2_",
    "log10", "log10_", "log_", "logit", "logit_", "rad2deg", "rad2deg_", "reciprocal", "reciprocal_", "rsqrt", "rsqrt_",
    "sin", "sin_", "sinc", "sinc_", "sinh", "sinh_", "sqrt", "sqrt_", "square", "square_", "tan", "tan_",
]  # fmt: skip


class Unary(Pointwise):
    """An operation of one tensor and perhaps numbers: `rule(g, *saved)` is the gradient of the tensor."""

    rule: Any
    of_complex: Any  # its form for complex numbers, if they have it

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        dx = ctx.function.rule(g, *ctx.saved_tensors)
        more = len(ctx.edges) - 1
        return (dx, *[None] * more) if more else dx


class Holomorphic(Unary):
    """An operation on complex numbers with a rule of real ones: its derivative f' is conjugated, and is that at x̄."""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        dx = ctx.function.rule(g, *[conj(x) for x in ctx.saved_tensors])
        return (dx, *[None] * (len(ctx.edges) - 1))


def on_complex(kernel: Any, **facts: Any) -> Any:
    """Give an operation its form for complex numbers, `of_complex`: a kernel of their own, and mostly the same rule."""

    def decorate(function: Any) -> Any:
        facts.update(title=function.__dict__.get("title", function.__name__), kernel=kernel)
        facts.update(__module__=__name__, __doc__=function.__doc__)
        function.of_complex = type(function.__name__, (Holomorphic, function), facts)
        return function

    return decorate


def analytic(function: Any, x: Any) -> Any:
    """Apply an operation that complex numbers have too; integers are cast to the default floating dtype."""
    kind = x.array.dtype.kind
    if kind in "fV":
        return function.apply(x)
    return function.of_complex.apply(x) if kind == "c" else function.apply(floating(x))


class Step(Unary):
    """An operation that is constant almost everywhere: its derivative is 0."""

    saves = "nothing"
    rule = staticmethod(lambda g: zeros_like(g))


def zeros_like(g: Any) -> Any:
    """Zeros of the shape and dtype of a gradient."""
    return g._zeros(g.array.shape, g.array.dtype)


def real(name: str, x: Any) -> Any:
    """A tensor of real numbers, floating; complex is refused."""
    if x.array.dtype.kind in "fV":
        return x
    refuse(name, "c", x)
    return floating(x)


# ---------------------------------------------------------------- powers, exponentials, logarithms


@on_complex(kernels.square)
class Square(Unary):
    """y = x²;  dx = 2 g x"""

    title = "Pow"
    kernel = kernels.square
    rule = rule_of(kernels.square_grad)


@on_complex(cplx.sqrt)
class Sqrt(Unary):
    """y = √x;  dx = g / 2y"""

    kernel = kernels.sqrt
    saves = "output"
    rule = rule_of(kernels.sqrt_grad)


@on_complex(cplx.rsqrt)
class Rsqrt(Unary):
    """y = 1 / √x;  dx = -g y³ / 2"""

    kernel = kernels.rsqrt
    saves = "output"
    rule = rule_of(kernels.rsqrt_grad)


@on_complex(cplx.reciprocal)
class Reciprocal(Unary):
    """y = 1 / x;  dx = -g y²"""

    kernel = kernels.reciprocal
    saves = "output"
    rule = rule_of(kernels.reciprocal_grad)


@on_complex(cplx.exp)
class Exp(Unary):
    """y = eˣ;  dx = g y"""

    kernel = kernels.exp
    saves = "output"
    rule = rule_of(kernels.mul)


@on_complex(cplx.exp2)
class Exp2(Unary):
    """y = 2ˣ;  dx = g y ln 2"""

    kernel = kernels.exp2
    saves = "output"
    rule = staticmethod(lambda g, y: g * y * math.log(2))


@on_complex(cplx.expm1)
class Expm1(Unary):
    """y = eˣ - 1;  dx = g (y + 1)"""

    kernel = kernels.expm1
    saves = "output"
    rule = rule_of(kernels.expm1_grad)


@on_complex(cplx.log)
class Log(Unary):
    """y = ln x;  dx = g / x"""

    kernel = kernels.log
    rule = rule_of(kernels.div)


@on_complex(cplx.log2)
class Log2(Unary):
    """y = log₂ x;  dx = g / (x ln 2)"""

    kernel = kernels.log2
    rule = staticmethod(lambda g, x: g / (x * math.log(2)))


@on_complex(cplx.log10)
class Log10(Unary):
    """y = log₁₀ x;  dx = g / (x ln 10)"""

    kernel = kernels.log10
    rule = staticmethod(lambda g, x: g / (x * math.log(10)))


@on_complex(cplx.log1p)
class Log1p(Unary):
    """y = ln(1 + x);  dx = g / (1 + x)"""

    title = "Log1P"
    kernel = kernels.log1p
    rule = rule_of(kernels.log1p_grad)


class Logit(Unary):
    """y = ln(x / (1 - x)), x kept within [eps, 1 - eps];  dx = g / (x (1 - x)), where x was cut 0, NaN without eps"""

    @staticmethod
    def forward(ctx: Any, x: Any, eps: float | None) -> Any:
        ctx.save_for_backward(x, eps)
        z = x.array if eps is None else kernels.clamp(x.array, eps, 1 - eps)
        return kernels.log(kernels.div(z, kernels.sub(1.0, z)))

    @staticmethod
    def rule(g: Any, x: Any, eps: float | None) -> Any:
        """The gradient of x."""
        lo = 0.0 if eps is None else eps
        outside = (x < lo) | (x > 1 - lo)
        safe = where(outside, 0.5, x)
        return where(outside, math.nan if eps is None else 0.0, g / (safe * (1 - safe)))


# ---------------------------------------------------------------- trigonometry


@on_complex(cplx.sin)
class Sin(Unary):
    """y = sin x;  dx = g cos x"""

    kernel = kernels.sin
    rule = staticmethod(lambda g, x: fused(kernels.sin_grad, lambda g, x: g * cos(x), g, x))


@on_complex(cplx.cos)
class Cos(Unary):
    """y = cos x;  dx = -g sin x"""

    kernel = kernels.cos
    rule = staticmethod(lambda g, x: fused(kernels.cos_grad, lambda g, x: g * -sin(x), g, x))


@on_complex(cplx.tan)
class Tan(Unary):
    """y = tan x;  dx = g (1 + y²)"""

    kernel = kernels.tan
    saves = "output"
    rule = rule_of(kernels.tan_grad)


@on_complex(cplx.asin)
class Asin(Unary):
    """y = asin x;  dx = g / √(1 - x²)"""

    kernel = kernels.asin
    rule = staticmethod(lambda g, x: g * rsqrt(1 - x * x))


@on_complex(cplx.acos)
class Acos(Unary):
    """y = acos x;  dx = -g / √(1 - x²)"""

    kernel = kernels.acos
    rule = staticmethod(lambda g, x: g * -rsqrt(1 - x * x))


@on_complex(cplx.atan)
class Atan(Unary):
    """y = atan x;  dx = g / (x² + 1)"""

    kernel = kernels.atan
    rule = rule_of(kernels.atan_grad)


@on_complex(cplx.sinh)
class Sinh(Unary):
    """y = sinh x;  dx = g cosh x"""

    kernel = kernels.sinh
    rule = staticmethod(lambda g, x: g * cosh(x))


@on_complex(cplx.cosh)
class Cosh(Unary):
    """y = cosh x;  dx = g sinh x"""

    kernel = kernels.cosh
    rule = staticmethod(lambda g, x: g * sinh(x))


@on_complex(cplx.asinh)
class Asinh(Unary):
    """y = asinh x;  dx = g / √(x² + 1)"""

    kernel = kernels.asinh
    rule = staticmethod(lambda g, x: g * rsqrt(x * x + 1))


@on_complex(cplx.acosh)
class Acosh(Unary):
    """y = acosh x;  dx = g / √(x² - 1)"""

    kernel = kernels.acosh
    rule = staticmethod(lambda g, x: g * rsqrt(x * x - 1))


@on_complex(cplx.atanh)
class Atanh(Unary):
    """y = atanh x;  dx = g / (1 - x²)"""

    kernel = kernels.atanh
    rule = rule_of(kernels.atanh_grad)


@on_complex(cplx.sinc)
class Sinc(Unary):
    """y = sin(πx) / πx;  dx = g (cos(πx) - y) / x, 0 where x is 0"""

    kernel = kernels.sinc

    @staticmethod
    def rule(g: Any, x: Any) -> Any:
        """The gradient of x."""
        zero = x == 0
        return where(zero, 0.0, g * ((cos(x * math.pi) - sinc(x)) / where(zero, 1.0, x)))


class Scale(Unary):
    """y = x factor, an angle in other units;  dx = g factor"""

    kernel = kernels.mul
    rule = staticmethod(lambda g, x, factor: g * factor)


class Deg2Rad(Scale):
    """y = x π / 180;  dx = g π / 180"""


class Rad2Deg(Scale):
    """y = x 180 / π;  dx = g 180 / π"""


# ---------------------------------------------------------------- special functions


class Erf(Unary):
    """y = erf x;  dx = g 2/√π e^(-x²)"""

    kernel = kernels.erf
    rule = staticmethod(lambda g, x: fused(kernels.erf_grad, _erf_grad, g, x, 2 / math.sqrt(math.pi)))


def _erf_grad(g: Any, x: Any, factor: float) -> Any:
    return g * exp(-(x * x)) * factor


class Erfc(Unary):
    """y = 1 - erf x;  dx = -g 2/√π e^(-x²)"""

    kernel = kernels.erfc
    rule = staticmethod(lambda g, x: fused(kernels.erf_grad, _erf_grad, g, x, -2 / math.sqrt(math.pi)))


class Erfinv(Unary):
    """erf y = x;  dx = g √π/2 e^(y²)"""

    kernel = kernels.erfinv
    saves = "output"
    rule = staticmethod(lambda g, y: g * exp(y * y) * (math.sqrt(math.pi) / 2))


class Lgamma(Unary):
    """y = ln |Γ(x)|;  dx = g ψ(x)"""

    kernel = kernels.lgamma
    rule = staticmethod(lambda g, x: g * digamma(x))


class Digamma(Unary):
    """y = ψ(x), the derivative of ln Γ;  dx = g ψ'(x)"""

    kernel = kernels.digamma
    rule = staticmethod(lambda g, x: g * _trigamma(x))


def _trigamma(x: Any) -> Any:
    """ψ'(x), made of operations: by reflection below 1/2, by recurrence below 8, then the asymptotic series."""
    reflected = x < 0.5
    y = where(reflected, 1 - x, x)
    value = 0.0
    for i in range(8):
        value = value + 1 / square(y + i)
    z = 1 / (y + 8)
    value = value + z + z * z * (0.5 + z * _BERNOULLI(z * z))
    sine = sin(where(reflected, x - x.round(), 0.5) * math.pi)
    return where(reflected, square(math.pi / sine) - value, value)


def _BERNOULLI(w: Any) -> Any:
    """1/6 - w/30 + w²/42 - ..., the even Bernoulli numbers as coefficients."""
    value = 7 / 6
    for b in (-691 / 2730, 5 / 66, -1 / 30, 1 / 42, -1 / 30, 1 / 6):
        value = value * w + b
    return value


# ---------------------------------------------------------------- what users call: powers, exponentials, logarithms


def square(input: T) -> T:
    """input²; of bools as integers."""
    kind = input.array.dtype.kind
    if kind == "c":
        return Square.of_complex.apply(input)
    return Square.apply(input if kind != "b" else input.long())


def sqrt(input: T) -> T:
    """The square root, NaN below 0. Integers give the default floating dtype, here and in all that follow.

    >>> torch.sqrt(torch.tensor([1, 4]))
    tensor([1., 2.])
    """
    return analytic(Sqrt, input)


def rsqrt(input: T) -> T:
    """1 / √input."""
    return analytic(Rsqrt, input)


def reciprocal(input: T) -> T:
    """1 / input."""
    return analytic(Reciprocal, input)


def rdiv(input: T, other: Any) -> T:
    """other / input, as PyTorch rounds it: in two steps."""
    return mul(reciprocal(input), other)


def exp(input: T) -> T:
    """e to the power of input."""
    return analytic(Exp, input)


def exp2(input: T) -> T:
    """2 to the power of input."""
    return analytic(Exp2, input)


def expm1(input: T) -> T:
    """e to the power of input, minus 1; exact near 0."""
    return analytic(Expm1, input)


def log(input: T) -> T:
    """The natural logarithm: -inf at 0, NaN below."""
    return analytic(Log, input)


def log2(input: T) -> T:
    """The logarithm to base 2."""
    return analytic(Log2, input)


def log10(input: T) -> T:
    """The logarithm to base 10."""
    return analytic(Log10, input)


def log1p(input: T) -> T:
    """The natural logarithm of 1 + input; exact near 0."""
    return analytic(Log1p, input)


def logit(input: T, eps: float | None = None) -> T:
    """ln(x / (1 - x)), the inverse of sigmoid; with `eps`, x is kept within [eps, 1 - eps], else NaN outside [0, 1]."""
    return Logit.apply(real("logit", input), eps)


# ---------------------------------------------------------------- what users call: trigonometry


def sin(input: T) -> T:
    """The sine of radians."""
    return analytic(Sin, input)


def cos(input: T) -> T:
    """The cosine of radians."""
    return analytic(Cos, input)


def tan(input: T) -> T:
    """The tangent of radians."""
    return analytic(Tan, input)


def asin(input: T) -> T:
    """The inverse of sine, in radians; NaN outside [-1, 1]."""
    return analytic(Asin, input)


def acos(input: T) -> T:
    """The inverse of cosine, in radians; NaN outside [-1, 1]."""
    return analytic(Acos, input)


def atan(input: T) -> T:
    """The inverse of tangent, in radians."""
    return analytic(Atan, input)


def sinh(input: T) -> T:
    """The hyperbolic sine."""
    return analytic(Sinh, input)


def cosh(input: T) -> T:
    """The hyperbolic cosine."""
    return analytic(Cosh, input)


def asinh(input: T) -> T:
    """The inverse hyperbolic sine."""
    return analytic(Asinh, input)


def acosh(input: T) -> T:
    """The inverse hyperbolic cosine; NaN below 1."""
    return analytic(Acosh, input)


def atanh(input: T) -> T:
    """The inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond."""
    return analytic(Atanh, input)


def sinc(input: T) -> T:
    """sin(πx) / πx, 1 at 0."""
    return analytic(Sinc, input)


def deg2rad(input: T) -> T:
    """Degrees as radians."""
    return Deg2Rad.apply(real("deg2rad", input), math.pi / 180)


def rad2deg(input: T) -> T:
    """Radians as degrees."""
    return Rad2Deg.apply(real("rad2deg", input), 180 / math.pi)


# ---------------------------------------------------------------- what users call: special functions


def erf(input: T) -> T:
    """The error function, 2/√π times the integral of e^(-t²) from 0."""
    return Erf.apply(real("erf", input))


def erfc(input: T) -> T:
    """1 - erf(input); exact for large input."""
    return Erfc.apply(real("erfc", input))


def erfinv(input: T) -> T:
    """The inverse of erf; infinite at -1 and 1, NaN beyond."""
    return Erfinv.apply(real("erfinv", input))


def lgamma(input: T) -> T:
    """The logarithm of |Γ(input)|."""
    return Lgamma.apply(real("lgamma", input))


def digamma(input: T) -> T:
    """The derivative of ln Γ."""
    return Digamma.apply(real("digamma", input))


negative = neg
arcsin, arccos, arctan, arcsinh, arccosh, arctanh = asin, acos, atan, asinh, acosh, atanh

square_, sqrt_, rsqrt_, reciprocal_ = map(inplace, (square, sqrt, rsqrt, reciprocal))
exp_, exp2_, expm1_ = map(inplace, (exp, exp2, expm1))
log_, log2_, log10_, log1p_, logit_ = map(inplace, (log, log2, log10, log1p, logit))
sin_, cos_, tan_, asin_, acos_, atan_ = map(inplace, (sin, cos, tan, asin, acos, atan))
sinh_, cosh_, asinh_, acosh_, atanh_ = map(inplace, (sinh, cosh, asinh, acosh, atanh))
arcsin_, arccos_, arctan_, arcsinh_, arccosh_, arctanh_ = asin_, acos_, atan_, asinh_, acosh_, atanh_
sinc_, deg2rad_, rad2deg_ = map(inplace, (sinc, deg2rad, rad2deg))
erf_, erfc_, erfinv_, lgamma_, digamma_ = map(inplace, (erf, erfc, erfinv, lgamma, digamma))
