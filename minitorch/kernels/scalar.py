"""One small function per elementwise operation, named as in torch, in the vocabulary of `maths`: no `if`, no loops.

Operands are arrays of one dtype (masks aside) and numbers; `g` is the gradient that arrives. Float constants are
written `1.0`: they take the operands' type. `abs`, `pow` and `round` hide Python's builtins in this file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import maths
from .elementwise import elementwise
from .maths import GELU_CUBE, GELU_SCALE, INF, LOG2, PDF_SCALE, PI

# ---------------------------------------------------------------- arithmetic


@elementwise(ufunc=np.negative)
def neg(x: Any) -> Any:
    """-x."""
    return -x


@elementwise(ufunc=np.add)
def add(a: Any, b: Any) -> Any:
    """a + b."""
    return a + b


@elementwise(ufunc=np.subtract)
def sub(a: Any, b: Any) -> Any:
    """a - b."""
    return a - b


@elementwise(ufunc=np.multiply)
def mul(a: Any, b: Any) -> Any:
    """a * b."""
    return a * b


@elementwise(ufunc=np.divide)
def div(a: Any, b: Any) -> Any:
    """True division of floats."""
    return maths.divide(a, b)


@elementwise(cost=6)
def floor_divide(a: Any, b: Any) -> Any:
    """a / b rounded down; integers over zero give zero, the caller has refused them."""
    return maths.floor_divide(a, b)


@elementwise()
def trunc_divide(a: Any, b: Any) -> Any:
    """a / b rounded toward zero; integers over zero give zero, the caller has refused them."""
    return maths.trunc_divide(a, b)


@elementwise(cost=6)
def remainder(a: Any, b: Any) -> Any:
    """a modulo b with the sign of b; integers over zero give zero."""
    r = maths.fmod(a, b)
    return maths.where((r != 0) & ((r < 0) != (b < 0)), r + b, r)


@elementwise(cost=6)
def fmod(a: Any, b: Any) -> Any:
    """a modulo b with the sign of a; integers over zero give zero."""
    return maths.fmod(a, b)


@elementwise(cost=8)
def pow(a: Any, b: Any) -> Any:
    """a to the power b; integers to a negative power are truncated."""
    return maths.power(a, b)


@elementwise(ufunc=np.square)
def square(x: Any) -> Any:
    """x squared."""
    return x * x


@elementwise()
def cube(x: Any) -> Any:
    """x to the third power."""
    return x * x * x


@elementwise()
def reciprocal(x: Any) -> Any:
    """1 / x."""
    return 1.0 / x


@elementwise(ufunc=np.sqrt)
def sqrt(x: Any) -> Any:
    """The square root."""
    return maths.sqrt(x)


@elementwise()
def rsqrt(x: Any) -> Any:
    """1 over the square root."""
    return 1.0 / maths.sqrt(x)


@elementwise(ufunc=np.absolute)
def abs(x: Any) -> Any:
    """|x|."""
    return maths.absolute(x)


@elementwise()
def sign(x: Any) -> Any:
    """-1, 0 or 1; 0 for NaN."""
    return maths.where(x > 0, 1, maths.where(x < 0, -1, 0))


@elementwise()
def maximum(a: Any, b: Any) -> Any:
    """The larger; NaN if either is."""
    return maths.maximum(a, b)


@elementwise()
def minimum(a: Any, b: Any) -> Any:
    """The smaller; NaN if either is."""
    return maths.minimum(a, b)


@elementwise()
def fmax(a: Any, b: Any) -> Any:
    """The larger; a NaN gives way to a number."""
    return maths.fmax(a, b)


@elementwise()
def fmin(a: Any, b: Any) -> Any:
    """The smaller; a NaN gives way to a number."""
    return maths.fmin(a, b)


@elementwise()
def clamp(x: Any, lo: Any, hi: Any) -> Any:
    """x, at least lo, at most hi; hi where lo is above it (also torch's hardtanh)."""
    return maths.minimum(maths.maximum(x, lo), hi)


@elementwise()
def clamp_min(x: Any, lo: Any) -> Any:
    """x, at least lo."""
    return maths.maximum(x, lo)


@elementwise()
def clamp_max(x: Any, hi: Any) -> Any:
    """x, at most hi."""
    return maths.minimum(x, hi)


@elementwise(ufunc=np.floor)
def floor(x: Any) -> Any:
    """Rounded down."""
    return maths.floor(x)


@elementwise(ufunc=np.ceil)
def ceil(x: Any) -> Any:
    """Rounded up."""
    return maths.ceil(x)


@elementwise(ufunc=np.rint)
def round(x: Any) -> Any:
    """Rounded to the nearest, halves to even."""
    return maths.rint(x)


@elementwise(ufunc=np.trunc)
def trunc(x: Any) -> Any:
    """Rounded toward zero."""
    return maths.trunc(x)


@elementwise()
def frac(x: Any) -> Any:
    """The part after the point, with the sign of x."""
    return x - maths.trunc(x)


@elementwise()
def copysign(a: Any, b: Any) -> Any:
    """|a| with the sign of b."""
    return maths.copysign(a, b)


@elementwise(cost=8)
def nextafter(a: Any, b: Any) -> Any:
    """The next float from a in the direction of b."""
    return maths.nextafter(a, b)


@elementwise(cost=2)
def ldexp(x: Any, n: Any) -> Any:
    """x times 2 to the power n."""
    return x * maths.exp2(n)


@elementwise(cost=2)
def hypot(a: Any, b: Any) -> Any:
    """sqrt(a^2 + b^2) without overflow."""
    return maths.hypot(a, b)


@elementwise()
def heaviside(x: Any, v: Any) -> Any:
    """The step at 0: 0 before, 1 after, v on it."""
    return maths.where(x == 0, v, maths.where(x > 0, 1, 0))


@elementwise()
def lerp(a: Any, b: Any, w: Any) -> Any:
    """From a (w = 0) to b (w = 1), exact at both ends."""
    return maths.where(maths.absolute(w) < 0.5, a + w * (b - a), b - (b - a) * (1.0 - w))


@elementwise()
def addcmul(x: Any, a: Any, b: Any, value: Any) -> Any:
    """x + value * a * b."""
    return x + value * a * b


@elementwise()
def addcdiv(x: Any, a: Any, b: Any, value: Any) -> Any:
    """x + value * a / b."""
    return x + maths.divide(value * a, b)


@elementwise()
def nan_to_num(x: Any, nan: Any, top: Any, bottom: Any) -> Any:
    """x with NaN, infinity and -infinity replaced."""
    finite = maths.where(x == INF, top, maths.where(x == -INF, bottom, x))
    return maths.where(x != x, nan, finite)


# ---------------------------------------------------------------- exponentials and logarithms


@elementwise(cost=1)
def exp(x: Any) -> Any:
    """e to the x."""
    return maths.exp(x)


@elementwise(cost=1)
def exp2(x: Any) -> Any:
    """2 to the x."""
    return maths.exp2(x)


@elementwise(cost=1)
def expm1(x: Any) -> Any:
    """e^x - 1, exact near 0."""
    return maths.expm1(x)


@elementwise(cost=1)
def log(x: Any) -> Any:
    """The natural logarithm."""
    return maths.log(x)


@elementwise(cost=1)
def log2(x: Any) -> Any:
    """The logarithm to base 2."""
    return maths.log2(x)


@elementwise(cost=1)
def log10(x: Any) -> Any:
    """The logarithm to base 10."""
    return maths.log10(x)


@elementwise(cost=1)
def log1p(x: Any) -> Any:
    """log(1 + x), exact near 0."""
    return maths.log1p(x)


@elementwise(cost=2)
def logaddexp(a: Any, b: Any) -> Any:
    """log(e^a + e^b)."""
    top = maths.maximum(a, b)
    return maths.where(a == b, a + LOG2, top + maths.log1p(maths.exp(-maths.absolute(a - b))))


@elementwise(cost=1)
def xlogy(x: Any, y: Any) -> Any:
    """x log(y), 0 where x is 0."""
    return maths.where((x == 0) & (y == y), 0.0, x * maths.log(y))


# ---------------------------------------------------------------- trigonometry


@elementwise(cost=1)
def sin(x: Any) -> Any:
    """Sine."""
    return maths.sin(x)


@elementwise(cost=1)
def cos(x: Any) -> Any:
    """Cosine."""
    return maths.cos(x)


@elementwise(cost=2)
def tan(x: Any) -> Any:
    """Tangent."""
    return maths.tan(x)


@elementwise(cost=4)
def asin(x: Any) -> Any:
    """Arc sine."""
    return maths.asin(x)


@elementwise(cost=4)
def acos(x: Any) -> Any:
    """Arc cosine."""
    return maths.acos(x)


@elementwise(cost=4)
def atan(x: Any) -> Any:
    """Arc tangent."""
    return maths.atan(x)


@elementwise(cost=4)
def sinh(x: Any) -> Any:
    """Hyperbolic sine."""
    return maths.sinh(x)


@elementwise(cost=4)
def cosh(x: Any) -> Any:
    """Hyperbolic cosine."""
    return maths.cosh(x)


@elementwise(cost=1)
def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return maths.tanh(x)


@elementwise(cost=4)
def asinh(x: Any) -> Any:
    """Inverse hyperbolic sine."""
    return maths.asinh(x)


@elementwise(cost=4)
def acosh(x: Any) -> Any:
    """Inverse hyperbolic cosine."""
    return maths.acosh(x)


@elementwise(cost=4)
def atanh(x: Any) -> Any:
    """Inverse hyperbolic tangent."""
    return maths.atanh(x)


@elementwise(cost=8)
def atan2(a: Any, b: Any) -> Any:
    """The angle of the point (b, a)."""
    return maths.atan2(a, b)


@elementwise(cost=1)
def sinc(x: Any) -> Any:
    """sin(pi x) / (pi x), 1 at 0."""
    t = PI * x
    return maths.where(x == 0, 1.0, maths.sin(t) / t)


# ---------------------------------------------------------------- special functions


@elementwise(cost=1)
def erf(x: Any) -> Any:
    """The error function."""
    return maths.erf(x)


@elementwise(cost=4)
def erfc(x: Any) -> Any:
    """1 - erf(x), exact for large x."""
    return maths.erfc(x)


@elementwise(cost=8)
def erfinv(x: Any) -> Any:
    """The inverse of erf."""
    return maths.erfinv(x)


@elementwise(cost=8)
def lgamma(x: Any) -> Any:
    """log |gamma(x)|."""
    return maths.lgamma(x)


@elementwise(cost=8)
def digamma(x: Any) -> Any:
    """The derivative of lgamma."""
    return maths.digamma(x)


# ---------------------------------------------------------------- comparisons and masks


@elementwise(dtype=bool, ufunc=np.equal)
def eq(a: Any, b: Any) -> Any:
    """a == b."""
    return a == b


@elementwise(dtype=bool, ufunc=np.not_equal)
def ne(a: Any, b: Any) -> Any:
    """a != b."""
    return a != b


@elementwise(dtype=bool, ufunc=np.less)
def lt(a: Any, b: Any) -> Any:
    """a < b."""
    return a < b


@elementwise(dtype=bool, ufunc=np.less_equal)
def le(a: Any, b: Any) -> Any:
    """a <= b."""
    return a <= b


@elementwise(dtype=bool, ufunc=np.greater)
def gt(a: Any, b: Any) -> Any:
    """a > b."""
    return a > b


@elementwise(dtype=bool, ufunc=np.greater_equal)
def ge(a: Any, b: Any) -> Any:
    """a >= b."""
    return a >= b


@elementwise(dtype=bool, ufunc=np.logical_and)
def logical_and(a: Any, b: Any) -> Any:
    """Both are true."""
    return (a != 0) & (b != 0)


@elementwise(dtype=bool, ufunc=np.logical_or)
def logical_or(a: Any, b: Any) -> Any:
    """Either is true."""
    return (a != 0) | (b != 0)


@elementwise(dtype=bool, ufunc=np.logical_xor)
def logical_xor(a: Any, b: Any) -> Any:
    """One of them is true."""
    return (a != 0) != (b != 0)


@elementwise(dtype=bool, ufunc=np.logical_not)
def logical_not(x: Any) -> Any:
    """It is false."""
    return x == 0


@elementwise(dtype=bool, ufunc=np.isnan)
def isnan(x: Any) -> Any:
    """It is NaN."""
    return x != x


@elementwise(dtype=bool, ufunc=np.isinf)
def isinf(x: Any) -> Any:
    """It is infinite."""
    return maths.isinf(x)


@elementwise(dtype=bool, ufunc=np.isfinite)
def isfinite(x: Any) -> Any:
    """It is neither infinite nor NaN."""
    return maths.isfinite(x)


@elementwise(dtype=bool, ufunc=np.signbit)
def signbit(x: Any) -> Any:
    """Its sign is negative, -0.0 among them."""
    return maths.signbit(x)


@elementwise()
def where(mask: Any, a: Any, b: Any) -> Any:
    """a where the mask holds, else b."""
    return maths.where(mask, a, b)


# ---------------------------------------------------------------- bits


@elementwise()
def bitwise_and(a: Any, b: Any) -> Any:
    """Bitwise and."""
    return a & b


@elementwise()
def bitwise_or(a: Any, b: Any) -> Any:
    """Bitwise or."""
    return a | b


@elementwise()
def bitwise_xor(a: Any, b: Any) -> Any:
    """Bitwise exclusive or."""
    return a ^ b


@elementwise()
def bitwise_not(x: Any) -> Any:
    """Every bit turned over; for bools, not."""
    return maths.invert(x)


@elementwise()
def bitwise_left_shift(a: Any, n: Any) -> Any:
    """a times 2 to the n; 0 where n is negative or all bits are gone."""
    return maths.left_shift(a, n)


@elementwise()
def bitwise_right_shift(a: Any, n: Any) -> Any:
    """a over 2 to the n, rounded down; n negative counts as large."""
    return maths.right_shift(a, n)


# ---------------------------------------------------------------- activations


@elementwise()
def relu(x: Any) -> Any:
    """max(x, 0)."""
    return maths.where(x < 0, 0, x)


@elementwise()
def leaky_relu(x: Any, slope: Any) -> Any:
    """x above 0, slope * x below."""
    return maths.where(x > 0.0, x, x * slope)


@elementwise(cost=1)
def elu(x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    """scale * (x above 0, alpha * (e^(input_scale x) - 1) below); with the right constants celu and selu."""
    return scale * maths.where(x > 0.0, x, alpha * maths.expm1(x * input_scale))


@elementwise(cost=1)
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return maths.sigmoid(x)


@elementwise(cost=1.5)
def logsigmoid(x: Any) -> Any:
    """log(sigmoid(x))."""
    return maths.minimum(x, 0.0) - maths.log1p(maths.exp(-maths.absolute(x)))


@elementwise(cost=1)
def gelu(x: Any) -> Any:
    """x times the normal distribution function (Hendrycks and Gimpel 2016)."""
    return x * maths.normal(x)[0]


@elementwise(cost=1)
def gelu_tanh(x: Any) -> Any:
    """The approximation of gelu by tanh."""
    inner = GELU_SCALE * (x + GELU_CUBE * x * x * x)
    return 0.5 * x * (1.0 + maths.tanh(inner))


@elementwise(cost=1)
def silu(x: Any) -> Any:
    """x sigmoid(x)."""
    return x * maths.sigmoid(x)


@elementwise(cost=2)
def mish(x: Any) -> Any:
    """x tanh(log(1 + e^x))."""
    return x * maths.tanh(maths.softplus(x))


@elementwise(cost=1.5)
def softplus(x: Any, beta: Any, threshold: Any) -> Any:
    """log(1 + e^(beta x)) / beta; x itself above the threshold."""
    t = x * beta
    return maths.where(t > threshold, x, maths.log1p(maths.exp(t)) / beta)


@elementwise()
def hardswish(x: Any) -> Any:
    """x clamp(x + 3, 0, 6) / 6."""
    return x * maths.minimum(maths.maximum(x + 3.0, 0.0), 6.0) / 6.0


@elementwise()
def hardsigmoid(x: Any) -> Any:
    """clamp(x + 3, 0, 6) / 6."""
    return maths.minimum(maths.maximum(x + 3.0, 0.0), 6.0) / 6.0


@elementwise()
def softshrink(x: Any, lam: Any) -> Any:
    """x drawn lam toward 0."""
    return maths.where(x > lam, x - lam, maths.where(x < -lam, x + lam, x * 0.0))


@elementwise()
def hardshrink(x: Any, lam: Any) -> Any:
    """x, 0 where |x| is at most lam."""
    return maths.where((x >= -lam) & (x <= lam), 0.0, x)


@elementwise()
def threshold(x: Any, t: Any, value: Any) -> Any:
    """x above t, else the value."""
    return maths.where(x <= t, value, x)


# ---------------------------------------------------------------- gradients of activations


@elementwise()
def relu_grad(g: Any, y: Any) -> Any:
    """g where y is above 0; y is relu's input or result."""
    return maths.where(y <= 0, 0, g)


@elementwise()
def threshold_grad(g: Any, x: Any, t: Any) -> Any:
    """g where x is above t."""
    return maths.where(x <= t, 0.0, g)


@elementwise()
def leaky_relu_grad(g: Any, x: Any, slope: Any) -> Any:
    """g above 0, slope * g below."""
    return maths.where(x > 0.0, g, g * slope)


@elementwise(cost=1)
def elu_grad(g: Any, x: Any, alpha: Any, scale: Any, input_scale: Any) -> Any:
    """g times the derivative of elu at x."""
    below = alpha * input_scale * maths.exp(x * input_scale)
    return g * scale * maths.where(x > 0.0, 1.0, below)


@elementwise()
def sigmoid_grad(g: Any, y: Any) -> Any:
    """g y (1 - y); y is the result."""
    return g * y * (1.0 - y)


@elementwise()
def tanh_grad(g: Any, y: Any) -> Any:
    """g (1 - y^2); y is the result."""
    return g * (1.0 - y * y)


@elementwise(cost=1)
def logsigmoid_grad(g: Any, x: Any) -> Any:
    """g sigmoid(-x)."""
    return g * maths.sigmoid(-x)


@elementwise(cost=1.5)
def gelu_grad(g: Any, x: Any) -> Any:
    """g times the derivative of gelu at x."""
    cdf, density = maths.normal(x)
    return g * (cdf + x * (PDF_SCALE * density))


@elementwise(cost=1)
def gelu_tanh_grad(g: Any, x: Any) -> Any:
    """g times the derivative of gelu_tanh at x."""
    square = GELU_CUBE * x * x
    t = maths.tanh(GELU_SCALE * x * (1.0 + square))
    slope = GELU_SCALE * (1.0 + 3.0 * square)
    return g * 0.5 * (1.0 + t + x * (1.0 - t * t) * slope)


@elementwise(cost=1)
def silu_grad(g: Any, x: Any) -> Any:
    """g times the derivative of silu at x."""
    s = maths.sigmoid(x)
    return g * s * (1.0 + x * (1.0 - s))


@elementwise(cost=2)
def mish_grad(g: Any, x: Any) -> Any:
    """g times the derivative of mish at x."""
    t = maths.tanh(maths.softplus(x))
    return g * (t + x * maths.sigmoid(x) * (1.0 - t * t))


@elementwise(cost=1)
def softplus_grad(g: Any, x: Any, beta: Any, threshold: Any) -> Any:
    """g sigmoid(beta x); g above the threshold."""
    t = x * beta
    return maths.where(t > threshold, g, g * maths.sigmoid(t))


@elementwise()
def clamp_grad(g: Any, x: Any, lo: Any, hi: Any) -> Any:
    """g where x is not cut, its ends included."""
    return maths.where((x >= lo) & (x <= hi), g, 0.0)


@elementwise()
def hardtanh_grad(g: Any, x: Any, lo: Any, hi: Any) -> Any:
    """g where x is strictly between the bounds."""
    return maths.where((x <= lo) | (x >= hi), 0.0, g)


@elementwise()
def hardswish_grad(g: Any, x: Any) -> Any:
    """g times the derivative of hardswish at x."""
    return maths.where(x <= -3.0, 0.0, maths.where(x < 3.0, g * (x / 3.0 + 0.5), g))


@elementwise()
def hardsigmoid_grad(g: Any, x: Any) -> Any:
    """g / 6 between -3 and 3."""
    return maths.where((x > -3.0) & (x < 3.0), g / 6.0, 0.0)


@elementwise()
def shrink_grad(g: Any, x: Any, lam: Any) -> Any:
    """g where hardshrink and softshrink leave x."""
    return maths.where((x >= -lam) & (x <= lam), 0.0, g)


# ---------------------------------------------------------------- gradients of functions of one and two

# Those that are arithmetic alone are formulas for tensors, too: `ops.base.by_text`.


@elementwise()
def sqrt_grad(g: Any, y: Any) -> Any:
    """g / 2 y; y is the result."""
    return g / (y * 2.0)


@elementwise()
def rsqrt_grad(g: Any, y: Any) -> Any:
    """-g y^3 / 2; y is the result."""
    return g * (y * y * y) * -0.5


@elementwise()
def reciprocal_grad(g: Any, y: Any) -> Any:
    """-g y^2; y is the result."""
    return -g * (y * y)


@elementwise()
def square_grad(g: Any, x: Any) -> Any:
    """2 g x."""
    return g * (x * 2.0)


@elementwise()
def cube_grad(g: Any, x: Any) -> Any:
    """3 g x^2."""
    return g * (x * x * 3.0)


@elementwise()
def expm1_grad(g: Any, y: Any) -> Any:
    """g (y + 1); y is the result."""
    return g * (y + 1.0)


@elementwise()
def log1p_grad(g: Any, x: Any) -> Any:
    """g / (1 + x)."""
    return g / (x + 1.0)


@elementwise()
def tan_grad(g: Any, y: Any) -> Any:
    """g (1 + y^2); y is the result."""
    return g * (y * y + 1.0)


@elementwise()
def atan_grad(g: Any, x: Any) -> Any:
    """g / (1 + x^2)."""
    return g / (x * x + 1.0)


@elementwise()
def atanh_grad(g: Any, x: Any) -> Any:
    """g / (1 - x^2)."""
    return g / (1.0 - x * x)


@elementwise(cost=1)
def sin_grad(g: Any, x: Any) -> Any:
    """g cos(x)."""
    return g * maths.cos(x)


@elementwise(cost=1)
def cos_grad(g: Any, x: Any) -> Any:
    """-g sin(x)."""
    return g * -maths.sin(x)


@elementwise(cost=0.5)
def erf_grad(g: Any, x: Any, factor: Any) -> Any:
    """g factor e^(-x^2)."""
    return g * maths.exp(-(x * x)) * factor


@elementwise()
def divisor_grad(g: Any, a: Any, b: Any) -> Any:
    """-g a / b^2."""
    return -(g / b) * (a / b)


@elementwise()
def affine_grad(g: Any, w: Any) -> Any:
    """g (1 - w)."""
    return g * (1.0 - w)


@elementwise()
def scaled_product(a: Any, b: Any, v: Any) -> Any:
    """v a b."""
    return a * b * v


@elementwise()
def larger_grad(g: Any, a: Any, b: Any) -> Any:
    """What a gets of the gradient of the larger: half where they are equal, all where one is NaN."""
    return maths.where(a < b, 0.0, maths.where(a == b, 0.5 * g, g))


@elementwise()
def angle_grad(g: Any, a: Any, b: Any, sign: Any) -> Any:
    """sign g a / (a^2 + b^2), 0 at the origin."""
    total = a * a + b * b
    return g * (sign * a / maths.where(total == 0.0, 1.0, total))


@elementwise(cost=3)
def pow_base_grad(g: Any, a: Any, b: Any) -> Any:
    """g b a^(b - 1), 0 where b is."""
    return maths.where(b == 0.0, 0.0, g * b * maths.power(a, b - 1.0))


@elementwise(cost=4)
def pow_exponent_grad(g: Any, a: Any, b: Any) -> Any:
    """g a^b ln(a), 0 where a is 0 and b is not below."""
    silent = (a == 0.0) & (b >= 0.0)
    return maths.where(silent, 0.0, g * maths.power(a, b) * maths.log(maths.where(silent, 1.0, a)))


@elementwise()
def prod_grad(g: Any, y: Any, x: Any) -> Any:
    """g y / x."""
    return g * y / x


@elementwise()
def norm_grad(g: Any, x: Any, y: Any) -> Any:
    """g x / y, 0 where y is."""
    return g * maths.where(y == 0.0, 0.0, x / y)


@elementwise()
def variance_grad(g: Any, x: Any, mean: Any, factor: Any) -> Any:
    """factor g (x - mean)."""
    return g * (x - mean) * factor


@elementwise(cost=0.5)
def logsumexp_grad(g: Any, x: Any, y: Any) -> Any:
    """g e^(x - y)."""
    return g * maths.exp(x - y)


# ---------------------------------------------------------------- losses, an element at a time, and their gradients


@elementwise()
def square_difference(a: Any, b: Any) -> Any:
    """(a - b)²."""
    return (a - b) * (a - b)


@elementwise()
def square_difference_grad(g: Any, a: Any, b: Any) -> Any:
    """2 g (a - b)."""
    return (a - b) * g * 2


@elementwise()
def smooth_l1(x: Any, y: Any, beta: Any) -> Any:
    """Quadratic within beta, linear beyond, slope 1."""
    d = maths.absolute(x - y)
    return maths.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)


@elementwise()
def smooth_l1_grad(g: Any, x: Any, y: Any, beta: Any) -> Any:
    """g times the derivative of smooth_l1 in x."""
    d = x - y
    far = maths.where(d > 0.0, 1.0, maths.where(d < 0.0, -1.0, d))
    return g * maths.where(maths.absolute(d) < beta, d / beta, far)


@elementwise()
def huber(x: Any, y: Any, delta: Any) -> Any:
    """Quadratic within delta, linear beyond, slope delta."""
    d = maths.absolute(x - y)
    return maths.where(d <= delta, 0.5 * d * d, delta * (d - 0.5 * delta))


@elementwise()
def huber_grad(g: Any, x: Any, y: Any, delta: Any) -> Any:
    """g times the derivative of huber in x."""
    return g * maths.minimum(maths.maximum(x - y, -delta), delta)


@elementwise(cost=2)
def bce(x: Any, y: Any) -> Any:
    """-y log(x) - (1 - y) log(1 - x), the logarithms at least -100."""
    miss = maths.maximum(maths.log1p(-x), -100.0)
    return (y - 1.0) * miss - y * maths.maximum(maths.log(x), -100.0)


@elementwise()
def bce_grad(g: Any, x: Any, y: Any) -> Any:
    """g times the derivative of bce in x."""
    return g * (x - y) / maths.maximum((1.0 - x) * x, 1e-12)


@elementwise(cost=1.5)
def bce_with_logits(x: Any, y: Any) -> Any:
    """bce(sigmoid(x), y) without overflow."""
    return (1.0 - y) * x - maths.minimum(x, 0.0) + maths.log1p(maths.exp(-maths.absolute(x)))


@elementwise(cost=1)
def bce_with_logits_grad(g: Any, x: Any, y: Any) -> Any:
    """g times the derivative of bce_with_logits in x."""
    return g * (maths.sigmoid(x) - y)


@elementwise(cost=1.5)
def bce_with_logits_weighted(x: Any, y: Any, w: Any) -> Any:
    """bce_with_logits with weight w on the positive part."""
    miss = maths.log1p(maths.exp(-maths.absolute(x))) - maths.minimum(x, 0.0)
    return (1.0 - y) * x + (1.0 + (w - 1.0) * y) * miss
