"""The vocabulary of kernels: functions that mean the same on an array (numpy) and on a number inside a jitted loop.

On arrays and Python numbers each is the numpy function. In a kernel it is a branch-free scalar that LLVM vectorises:
`exp`, `log`, `tanh` and their kin to 2 ulp (`log10` in float64: 3), and in float32 `atan` and `atan2` too; `sin`,
`cos`, `tan` and `erf` in float32 to 1 ulp whatever the size of the number. In float64 the trigonometry, and in both
widths `asin`, `acos` and the hyperbolic functions but `tanh`, are those of the C library: exact, not vectorised. What
numpy lacks (`erf`, `erfc`, `erfinv`, `lgamma`, `digamma`) is one text for arrays and kernels, in float64 throughout.

The polynomials interpolate at Chebyshev nodes, which is within a small factor of the best; fitted with 60 digits.
"""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ._jit import OPTIONS, bitcast, word

Function = Callable[..., Any]

# No reassociation, signed zeros: Cody and Waite's reduction and every bit trick need it. No reciprocals: 1 / sqrt(0)
# came out as NaN. Inlined whatever the size: a loop that calls a function is not vectorised.
EXACT = {**OPTIONS, "fastmath": {"contract"}, "forceinline": True}

INF, NAN, PI = math.inf, math.nan, math.pi
LOG2, LOG2E, LOG10E = math.log(2), 1 / math.log(2), 1 / math.log(10)
ROOT_HALF = math.sqrt(0.5)
TWO_OVER_ROOT_PI = 2 / math.sqrt(math.pi)
HALF_LOG_TAU = math.log(2 * math.pi) / 2
PDF_SCALE = 1 / math.sqrt(2 * math.pi)
GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBE = 0.044715

# numpy's own, which Numba compiles to single instructions
floor, ceil, trunc, rint, sqrt = np.floor, np.ceil, np.trunc, np.rint, np.sqrt
absolute, copysign, nextafter, hypot, fmax, fmin = np.absolute, np.copysign, np.nextafter, np.hypot, np.fmax, np.fmin
isinf, isfinite, signbit = np.isinf, np.isfinite, np.signbit


# ---------------------------------------------------------------- constants that take their neighbours' type


def weak(function: Function) -> Function:
    """A helper for kernels whose float constants do not widen float32, as Python's numbers do not in numpy."""

    def choose(*kinds: Any) -> Function:
        return typed(function, *kinds)

    choose.__signature__ = inspect.signature(typed(function))  # type: ignore[attr-defined]  # Numba compares the two
    return word(choose, EXACT)(function)


def on_arrays(function: Function, double: Function | None = None) -> Function:
    """A word of one number: this numpy function on arrays; in kernels the text below, or `double` for float64."""

    def decorate(text: Function) -> Function:
        def call(x: Any) -> Any:
            return function(x)

        call.__name__, call.__doc__ = text.__name__, text.__doc__
        return word(lambda x: typed(text if double is None or _is_single(x) else double, x), EXACT)(call)

    return decorate


def in_double(text: Function) -> Function:
    """A word of one number, one text for arrays and kernels, computed in float64 and given back in the type of x."""
    helper = weak(text)

    def call(x: Any) -> Any:
        x = np.asarray(x)
        with np.errstate(all="ignore"):
            return helper(x.astype(np.float64)).astype(x.dtype)

    call.__name__, call.__doc__ = text.__name__, text.__doc__
    narrowed = lambda x: np.float32(helper(np.float64(x)))  # noqa: E731  # an annotation would make Numba refuse it
    return word(lambda x: narrowed if _is_single(x) else lambda x: helper(x), EXACT)(call)


def typed(function: Function, *kinds: Any) -> Function:
    """A copy for operands of these types: its float constants and globals, no attributes of modules, narrow too."""
    names = {str(kind) for kind in kinds}
    if "float32" not in names or "float64" in names:
        return _copy(function, lambda value: value)
    return _copy(function, lambda value: np.float32(value) if type(value) is float else value)


def _copy(function: Function, convert: Function) -> Function:
    """The function with its constants converted, without its annotations."""
    code = function.__code__
    code = code.replace(co_consts=tuple(convert(value) for value in code.co_consts))
    names = {name: convert(value) for name, value in function.__globals__.items()}
    return types.FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)


def _is_float(kind: Any) -> bool:
    return str(kind).startswith("float")


def _is_single(kind: Any) -> bool:
    return str(kind) == "float32"


# ---------------------------------------------------------------- choice, integers, bits


@word(lambda x, array: (lambda x, array: np.float32(x)) if _is_single(array.dtype) else lambda x, array: x)
def narrowed(x: Any, array: Any) -> Any:
    """A number in float32, if that is what the array has."""
    return np.float32(x) if array.dtype == np.float32 else x


@word(lambda c, a, b: lambda c, a, b: a if c else b)
def where(c: Any, a: Any, b: Any) -> Any:
    """`a` where `c` holds, else `b`."""
    return np.where(c, a, b)


# What is b's alone comes last: where b is one number for all, it is asked once whether that is NaN.
@word(lambda a, b: lambda a, b: where((b > a) | (b != b), b, a))
def maximum(a: Any, b: Any) -> Any:
    """The larger of two numbers; NaN, if one is."""
    return np.maximum(a, b)


@word(lambda a, b: lambda a, b: where((b < a) | (b != b), b, a))
def minimum(a: Any, b: Any) -> Any:
    """The smaller of two numbers; NaN, if one is."""
    return np.minimum(a, b)


# A processor traps on x / 0 and on the smallest integer / -1.
def _int_trunc_divide(a: Any, b: Any) -> Any:
    odd = (b == 0) | (b == -1)
    q = a // where(odd, 1, b)
    q = where((q < 0) & (q * b != a), q + 1, q)
    return where(b == 0, 0, where(b == -1, -a, q))


def _int_floor_divide(a: Any, b: Any) -> Any:
    odd = (b == 0) | (b == -1)
    q = a // where(odd, 1, b)
    return where(b == 0, 0, where(b == -1, -a, q))


def _int_fmod(a: Any, b: Any) -> Any:
    odd = (b == 0) | (b == -1)
    divisor = where(odd, 1, b)
    r = a % divisor
    r = where((r != 0) & ((r < 0) != (a < 0)), r - divisor, r)
    return where(odd, 0, r)


def _float_floor_divide(a: Any, b: Any) -> Any:
    r = np.fmod(a, b)
    q = (a - r) / b
    q = where((r != 0) & ((r < 0) != (b < 0)), q - 1.0, q)
    return where(b == 0, a / b, np.rint(q))


@word(lambda a, b: typed(_float_floor_divide if _is_float(a) else _int_floor_divide, a, b))
def floor_divide(a: Any, b: Any) -> Any:
    """a / b rounded down."""
    return np.floor_divide(a, b)


@word(lambda a, b: (lambda a, b: np.trunc(a / b)) if _is_float(a) else typed(_int_trunc_divide))
def trunc_divide(a: Any, b: Any) -> Any:
    """a / b rounded toward zero."""
    if np.result_type(a, b).kind == "f":
        return np.trunc(a / b)
    return np.floor_divide(a - np.fmod(a, b), b)


@word(lambda a, b: (lambda a, b: np.fmod(a, b)) if _is_float(a) else typed(_int_fmod))
def fmod(a: Any, b: Any) -> Any:
    """a modulo b with the sign of a."""
    return np.fmod(a, b)


@word(lambda x: (lambda x: not x) if str(x) == "bool" else lambda x: ~x)
def invert(x: Any) -> Any:
    """Every bit turned over."""
    return np.invert(x)


@word(lambda a, n: lambda a, n: where((n < 0) | (n > 63), 0, a << (n & 63)))
def left_shift(a: Any, n: Any) -> Any:
    """a times 2 to the n; 0 where n is out of range."""
    return np.left_shift(a, n)


@word(lambda a, n: lambda a, n: a >> where((n < 0) | (n > 63), 63, n))
def right_shift(a: Any, n: Any) -> Any:
    """a over 2 to the n; its sign alone where n is out of range."""
    return np.right_shift(a, n)


# ---------------------------------------------------------------- polynomials, widths, bits


def _polynomial(single: tuple[float, ...], double: tuple[float, ...] = ()) -> Function:
    """The polynomial with these coefficients, lowest first, for float32 and for float64 (which arrays are here)."""
    narrow, wide = _horner(single), _horner(double or single)

    def polynomial(x: Any) -> Any:
        return wide(x)

    return word(lambda x: typed(narrow if _is_single(x) else wide, x), EXACT)(polynomial)


def _horner(coefficients: tuple[float, ...]) -> Function:
    text = repr(coefficients[-1])
    for c in reversed(coefficients[:-1]):
        text = f"({text}) * x + {c!r}"
    namespace: dict[str, Any] = {}
    exec(f"def horner(x): return {text}", namespace)
    function: Function = namespace["horner"]
    return function


@word(lambda x, a, b: (lambda x, a, b: a) if _is_single(x) else lambda x, a, b: b)
def _by_width(x: Any, a: float, b: float) -> float:
    """a where x is a float32, b where it is a float64."""
    return a if np.asarray(x).itemsize == 4 else b


@bitcast
def _as_bits(value: Any, like: Any) -> Any:
    """The bits of a number read as one of another type."""
    return np.asarray(value).view(np.asarray(like).dtype)


def _sort_key_single(x: Any) -> Any:
    i = _as_bits(x, np.int32(0))
    return np.int32(i ^ ((i >> 31) & 0x7FFFFFFF))


def _sort_key_double(x: Any) -> Any:
    i = _as_bits(x, np.int64(0))
    return i ^ ((i >> 63) & 0x7FFFFFFFFFFFFFFF)


@word(lambda x: typed(_sort_key_single if _is_single(x) else _sort_key_double), EXACT)
def sort_key(x: Any) -> Any:
    """A whole number for each float, in the order of the floats: its maximum is vectorised, that of floats is not."""
    return (_sort_key_single if np.asarray(x).itemsize == 4 else _sort_key_double)(x)


@weak
def of_sort_key(key: Any, like: Any) -> Any:
    """The float with this key: what is done with its bits undoes itself."""
    return _as_bits(sort_key(_as_bits(key, like)), like)


# The sum with 1.5 * 2^23 (or 2^52) has a small whole number in its lowest bits; shifted up, they are the exponent.
def _power_of_2_single(n: Any) -> Any:
    return _as_bits(np.int32(_as_bits(n + np.float32(12583039), np.int32(0)) << 23), np.float32(0))


def _power_of_2_double(n: Any) -> Any:
    return _as_bits(_as_bits(n + 6755399441056767.0, np.int64(0)) << 52, 0.0)


@word(lambda n: typed(_power_of_2_single if _is_single(n) else _power_of_2_double), EXACT)
def _power_of_2(n: Any) -> Any:
    """2 to the n, for n that gives a normal number, or is just beyond: 0 or infinity."""
    return np.exp2(n)


@weak
def _scaled(x: Any, n: Any) -> Any:
    """x times 2 to the n, in two steps: the whole range, subnormal results too."""
    half = np.floor(n * 0.5)
    return x * _power_of_2(half) * _power_of_2(n - half)


@weak
def _clipped(x: Any, low: Any, high: Any) -> Any:
    """x between bounds; NaN stays."""
    return where(x > high, high, where(x < low, low, x))


# ---------------------------------------------------------------- exponentials

# (e^r - 1 - r) / r^2 for |r| up to log(2) / 2.
_exp_tail = _polynomial(
    (0.5, 0.16666577, 0.041666555, 0.008363179, 0.0013926184),
    (
        *(0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326136, 0.0013888888888883748),
        *(0.00019841269874820627, 2.4801587325547743e-05, 2.7557255400206422e-06, 2.75572736431103e-07),
        *(2.5105217004720745e-08, 2.0914686968086876e-09),
    ),
)


@weak
def _log_2_parts(x: Any) -> Any:
    """log(2) as a short number, whose products with whole ones are exact, and the rest (Cody and Waite 1980)."""
    return _by_width(x, 0.693145751953125, 0.6931471805601177), _by_width(x, 1.42860682e-06, -1.7239444525614835e-13)


@weak
def _exp_parts(x: Any) -> Any:
    """(n, r, s) with x = n log(2) + r + s, n whole, s what r loses by rounding."""
    high, low = _log_2_parts(x)
    n = np.rint(x * LOG2E)
    whole = x - n * high
    r = whole - n * low
    return n, r, (whole - r) - n * low


@on_arrays(np.exp)
def exp(x: Any) -> Any:
    """e to the x."""
    n, r, s = _exp_parts(_clipped(x, _by_width(x, -105.0, -746.0), _by_width(x, 89.5, 710.5)))
    return _scaled(1.0 + (r + (r * r * _exp_tail(r) + s)), n)


@weak
def exp_below(x: Any) -> Any:
    """e to the x of numbers up to 0: the power of 2 is scaled up, so that it is normal, and the result down again."""
    n, r, s = _exp_parts(where(x < _by_width(x, -105.0, -746.0), _by_width(x, -105.0, -746.0), x))
    scale = _power_of_2(n + _by_width(x, 30.0, 60.0))
    return (1.0 + (r + (r * r * _exp_tail(r) + s))) * scale * _by_width(x, 2.0**-30, 2.0**-60)


@on_arrays(np.exp2)
def exp2(x: Any) -> Any:
    """2 to the x."""
    t = _clipped(x, _by_width(x, -151.0, -1076.0), _by_width(x, 129.0, 1025.0))
    n = np.rint(t)
    r = (t - n) * LOG2
    return _scaled(1.0 + (r + r * r * _exp_tail(r)), n)


@on_arrays(np.expm1)
def expm1(x: Any) -> Any:
    """e^x - 1, exact near 0."""
    n, r, s = _exp_parts(_clipped(x, _by_width(x, -20.0, -40.0), _by_width(x, 89.0, 710.0)))
    half = _power_of_2(n - 1.0)
    y = half * (r + (r * r * _exp_tail(r) + s)) + (half - 0.5)
    return where(np.absolute(x) < 1e-30, x, y + y)


# (tanh(x) / x - 1) / x^2 as a polynomial in x^2, for |x| up to 0.35.
_tanh_tail = _polynomial(
    (-0.33333332, 0.1333294, -0.0538097, 0.019797728),
    (
        *(-0.3333333333333333, 0.13333333333332759, -0.053968253967027265, 0.02186948843517658),
        *(-0.008863231358187465, 0.0035920309550145574, -0.0014545010738282731),
        *(0.0005792572682829202, -0.0001911518658385113),
    ),
)


@on_arrays(np.tanh)
def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    limit = _by_width(x, 10.0, 20.0)
    t = np.absolute(x)
    t = where(t > limit, limit, t)
    z = t * t
    e = expm1(2.0 * t)
    return np.copysign(where(z < 0.12, t + t * z * _tanh_tail(z), e / (e + 2.0)), x)


@weak
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x), without overflow."""
    e = exp_below(-absolute(x))
    return where(x < 0.0, e, 1.0) / (1.0 + e)


# ---------------------------------------------------------------- logarithms


def _log_parts_single(x: Any) -> Any:
    small = x < np.float32(1.17549435e-38)
    i = np.int32(_as_bits(where(small, x * np.float32(8388608), x), np.int32(0)) - 0x3F3504F3)
    m = _as_bits(np.int32((i & 0x7FFFFF) + 0x3F3504F3), np.float32(0))
    return np.float32(np.int32(i >> 23)) - where(small, np.float32(23), np.float32(0)), m


def _log_parts_double(x: Any) -> Any:
    small = x < 2.2250738585072014e-308
    i = _as_bits(where(small, x * 4503599627370496.0, x), np.int64(0)) - 0x3FE6A09E667F3BCD
    m = _as_bits((i & 0xFFFFFFFFFFFFF) + 0x3FE6A09E667F3BCD, 0.0)
    return np.float64(i >> 52) - where(small, 52.0, 0.0), m


@word(lambda x: typed(_log_parts_single if _is_single(x) else _log_parts_double), EXACT)
def _log_parts(x: Any) -> Any:
    """(k, m) with x = m 2^k, k whole, m from sqrt(1/2) to sqrt(2); of positive finite numbers."""
    m, k = np.frexp(x)
    low = m < ROOT_HALF
    return k - low, np.where(low, 2 * m, m)


# (log((1 + s) / (1 - s)) / s - 2) / s^2 as a polynomial in s^2.
_log_tail = _polynomial(
    (0.66666657, 0.40000122, 0.28550779, 0.23331615),
    (
        *(0.6666666666666666, 0.40000000000000885, 0.28571428570799784, 0.22222222392581045),
        *(0.18181795547521137, 0.15386244737621665, 0.13268638369266825, 0.13088034850927555),
    ),
)


@weak
def _log_near_1(f: Any, carry: Any) -> Any:
    """log(1 + f) + carry by s = f / (2 + f), |f| below 0.42; log(1 + f) = f - f^2 / 2 + s (f^2 / 2 + ...)."""
    s = f / (2.0 + f)
    z = s * s
    h = 0.5 * f * f
    return f - (h - (s * (h + z * _log_tail(z)) + carry))


@weak
def _log_ends(x: Any, start: Any, y: Any) -> Any:
    """y, a logarithm that is -infinity at x = start, put right there, below, at infinity and for NaN."""
    return where(x > start, where(x < INF, y, x), where(x == start, -INF, NAN))


@on_arrays(np.log)
def log(x: Any) -> Any:
    """The natural logarithm."""
    k, m = _log_parts(x)
    high, low = _log_2_parts(x)
    return _log_ends(x, 0.0, k * high + _log_near_1(m - 1.0, k * low))


@on_arrays(np.log2)
def log2(x: Any) -> Any:
    """The logarithm to base 2."""
    k, m = _log_parts(x)
    return _log_ends(x, 0.0, k + _log_near_1(m - 1.0, 0.0) * LOG2E)


@on_arrays(np.log10)
def log10(x: Any) -> Any:
    """The logarithm to base 10."""
    k, m = _log_parts(x)
    y = _log_near_1(m - 1.0, 0.0) * LOG10E
    return _log_ends(x, 0.0, k * 0.301025390625 + (k * 4.6050389811952137e-06 + y))


@on_arrays(np.log1p)
def log1p(x: Any) -> Any:
    """log(1 + x), exact near 0: what 1 + x loses by rounding goes into the polynomial."""
    u = 1.0 + x
    k, m = _log_parts(u)
    high, low = _log_2_parts(x)
    lost = (x - (u - 1.0)) * _power_of_2(-where(k > 60.0, 60.0, k))
    y = k * high + _log_near_1((m - 1.0) + lost, k * low)
    return np.copysign(_log_ends(x, -1.0, y), x)


@weak
def softplus(x: Any) -> Any:
    """log(1 + e^x), without overflow."""
    return maximum(x, 0.0) + log1p(exp_below(-absolute(x)))


# ---------------------------------------------------------------- quotients


def _complex_quotient(a: Any, b: Any) -> Any:
    """Smith's (1962), without overflow of the squares; over zero, each part by itself."""
    flat = np.absolute(b.real) >= np.absolute(b.imag)
    large, small = where(flat, b.real, b.imag), where(flat, b.imag, b.real)
    ratio = where(large == 0, 0 * large, small / large)
    scale = 1 / where(large == 0, np.absolute(large), large + small * ratio)
    x, y = where(flat, a.real, a.imag), where(flat, a.imag, a.real)
    turned = y - x * ratio
    return complex((x + y * ratio) * scale, where(flat, turned, -turned) * scale)


@word(lambda a, b: typed(_complex_quotient) if str(a).startswith("complex") else lambda a, b: a / b)
def divide(a: Any, b: Any) -> Any:
    """a / b; Numba's own quotient of complex numbers raises an error over zero."""
    return a / b


# ---------------------------------------------------------------- powers


def _int_power(a: Any, b: Any) -> Any:
    odd = b & 1
    inverse = where(a == 1, 1, where(a == -1, 1 - 2 * odd, 0))
    result, factor, rest = 1, a, b
    while rest > 0:
        result = where(rest & 1, result * factor, result)
        factor, rest = factor * factor, rest >> 1
    return where(b < 0, inverse, result)


# log2((1 + s) / (1 - s)) / s in s^2, and (2^f - 1) / f for |f| up to 1/2: more than float32 needs, less than float64.
_log2_medium = _polynomial(
    (
        2.885390081777851,
        0.9617966941122648,
        0.5770779426603045,
        0.4122092240611044,
        0.3199068038070134,
        0.2828850234074824,
    )
)
_exp2_medium = _polynomial(
    (
        *(0.6931471805568324, 0.240226506958885, 0.05550410906325867, 0.00961812913523614, 0.001333347847368542),
        *(0.0001540347518653079, 1.530370071136569e-05, 1.325080551750225e-06),
    )
)


@weak
def _log2_of_single(x: Any) -> Any:
    """log2 of a float64 that is a float32 from 0: never subnormal."""
    k, m = _log_parts(x)
    s = (m - 1.0) / (m + 1.0)
    return where(x < INF, where(x == 0.0, -INF, k + s * _log2_medium(s * s)), x)


@weak
def _exp2_to_single(x: Any) -> Any:
    """2 to the x, a float64 for a float32."""
    t = _clipped(x, -200.0, 200.0)
    n = np.rint(t)
    f = t - n
    return (1.0 + f * _exp2_medium(f)) * _power_of_2(n)


def _power_single(a: Any, b: Any) -> Any:
    x, y = np.float64(a), np.float64(b)
    p = _exp2_to_single(y * _log2_of_single(np.absolute(x)))
    p = where((y == np.rint(y)) & (0.5 * y != np.rint(0.5 * y)), np.copysign(p, x), p)
    p = where((x < 0.0) & (x > -INF) & (y != np.rint(y)), NAN, p)
    return np.float32(where((y == 0.0) | (x == 1.0) | ((x == -1.0) & (np.absolute(y) == INF)), 1.0, p))


def _power_implementation(a: Any, b: Any) -> Function:
    if not _is_float(a):
        return typed(_int_power)
    return typed(_power_single) if _is_single(a) and _is_single(b) else lambda a, b: math.pow(a, b)


@word(typed(_power_implementation), EXACT)
def power(a: Any, b: Any) -> Any:
    """a to the power b; 1 / a rounded toward zero to a negative integer power."""
    if np.result_type(a, b).kind in "fc":
        return np.power(a, b)
    inverse = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0))
    return np.where(b < 0, inverse, np.power(a, np.maximum(b, 0)))


# ---------------------------------------------------------------- trigonometry


# 2^256 / (2 pi)
_TURN = 0x28BE60DB9391054A7F09D5F47D4D377036D8A5664F10E4107F9458EAF7AEF158


def _turns() -> tuple[Any, Any]:
    """For each exponent of a float32, its unit in the last place in turns, without whole ones: 29 bits and the rest."""
    parts = [(_TURN << e >> 150) % (1 << 256) for e in range(255)]
    high = [(part >> 227) / (1 << 29) for part in parts]
    low = [(part % (1 << 227)) / (1 << 256) for part in parts]
    return np.array([*high, NAN]), np.array([*low, NAN])


_TURNS_HIGH, _TURNS_LOW = _turns()

_sin_tail = _polynomial((-0.16666666663832763, 0.008333331865959415, -0.00019840082012765532, 2.724931405469831e-06))
_cos_tail = _polynomial((0.0416666666643024, -0.0013888887664713619, 2.480059643562199e-05, -2.730044861948794e-07))


@weak
def _quarters(x: Any) -> Any:
    """(q, f) with x = (q + f) pi/2, q in the lowest bits, of any float32: 24 bits times a table (Payne, Hanek 1983)."""
    i = _as_bits(x, np.int32(0))
    exponent = np.uint32(i >> 23) & np.uint32(255)
    digits = np.float64(_as_bits(np.int32((i & -0x7F800001) | 0x4B000000), np.float32(0)))
    turns = digits * _TURNS_HIGH[exponent]
    quarters = 4.0 * ((turns - np.rint(turns)) + digits * _TURNS_LOW[exponent])
    q = np.rint(quarters)
    return _as_bits(q + np.float64(6755399441055744), np.int64(0)), quarters - q


@weak
def _sin_and_cos(f: Any) -> Any:
    """(sin(f pi/2), cos(f pi/2)) of |f| up to 1/2, to float32 precision."""
    r = f * 1.5707963267948966
    z = r * r
    return r + r * z * _sin_tail(z), 1.0 - 0.5 * z + z * z * _cos_tail(z)


@on_arrays(np.sin, double=lambda x: math.sin(x))
def sin(x: Any) -> Any:
    """The sine."""
    q, f = _quarters(x)
    s, c = _sin_and_cos(f)
    y = where((q & 1) != 0, c, s)
    return where(np.absolute(x) < 1e-30, x, np.float32(where((q & 2) != 0, -y, y)))


@on_arrays(np.cos, double=lambda x: math.cos(x))
def cos(x: Any) -> Any:
    """The cosine."""
    q, f = _quarters(x)
    s, c = _sin_and_cos(f)
    y = where((q & 1) != 0, s, c)
    return np.float32(where(((q + 1) & 2) != 0, -y, y))


@on_arrays(np.tan, double=lambda x: math.tan(x))
def tan(x: Any) -> Any:
    """The tangent."""
    q, f = _quarters(x)
    s, c = _sin_and_cos(f)
    odd = (q & 1) != 0
    return where(np.absolute(x) < 1e-30, x, np.float32(where(odd, -c, s) / where(odd, s, c)))


# (atan(x) / x - 1) / x^2 as a polynomial in x^2, for |x| up to 1.
_atan_tail = _polynomial(
    (
        *(-0.333333317, 0.199997393, -0.142785687, 0.110337641, -0.0865688043, 0.0625016944, -0.035871539),
        *(0.0135077714, -0.00238699732),
    )
)


def _atan2_single(a: Any, b: Any) -> Any:
    y, x = np.absolute(a), np.absolute(b)
    steep = x < y
    low, high = where(steep, x, y), where(steep, y, x)
    t = where((low == high) & (low > 0.0), 1.0, low / where(high == 0.0, 1.0, high))
    angle = t + t * (t * t) * _atan_tail(t * t)
    angle = where(steep, 1.5707964 - (angle + 4.3711388e-08), angle)
    angle = where(np.copysign(1.0, b) < 0.0, 3.1415927 - (angle + 8.7422777e-08), angle)
    return np.copysign(angle, a)


@word(
    lambda a, b: typed(_atan2_single, a, b) if _is_single(a) and _is_single(b) else lambda a, b: math.atan2(a, b), EXACT
)
def atan2(a: Any, b: Any) -> Any:
    """The angle of the point (b, a), between -pi and pi."""
    return np.arctan2(a, b)


asin = on_arrays(np.arcsin)(lambda x: math.asin(x))
acos = on_arrays(np.arccos)(lambda x: math.acos(x))
atan = on_arrays(np.arctan, double=lambda x: math.atan(x))(lambda x: atan2(x, 1.0))
sinh = on_arrays(np.sinh)(lambda x: math.sinh(x))
cosh = on_arrays(np.cosh)(lambda x: math.cosh(x))
asinh = on_arrays(np.arcsinh)(lambda x: math.asinh(x))
acosh = on_arrays(np.arccosh)(lambda x: math.acosh(x))
atanh = on_arrays(np.arctanh)(lambda x: math.atanh(x))


# ---------------------------------------------------------------- the error function

# erf(x) / x - 1 as a polynomial in x^2: float32 to x = 1, float64 to 0.75.
_erf_small = _polynomial(
    (0.1283791658483509, -0.37612626666720334, 0.11283594, -0.026854212, 0.0051890874, -0.00080168643, 7.875875e-05),
    (
        *(0.12837916709551257, -0.37612638903183715, 0.11283791670952596, -0.026866170644428485),
        *(0.005223977615420539, -0.0008548326188759752, 0.00012055289567541706, -1.4924196305569617e-05),
        *(1.643068417974155e-06, -1.5940066854661717e-07, 1.1472499701094691e-08),
    ),
)

# log(erfc(x)) for x from 1 to 4.
_log_erfc = _polynomial(
    (
        *(0.00032013804967769883, -1.130233434841994, -0.631826051559163, -0.11008008294882024, 0.026421136005663898),
        *(-0.004759596293266265, 0.0005968056256607798, -4.605804268918978e-05, 1.6371514145936436e-06),
    )
)

# (1 + 2 x) e^(x^2) erfc(x) in t = (x - 4) / (x + 4), for all x from 0 (Shepherd and Laframboise 1981).
_erfc_scaled = _polynomial(
    (
        *(1.2329951186255526, -0.13962111684056228, 0.015379652102619974, 0.06809705425466839, -0.10103906603631811),
        *(0.09373283499911264, -0.06633036581186058, 0.037167515526338006, -0.01619773406293477, 0.005031970069102256),
        *(-0.0007577732435942576, -0.0001992571524726518, 0.00015062142608651945, -2.4397731143023292e-05),
        *(-1.1221135665965907e-05, 5.70657829924074e-06, 2.9173425573089733e-07, -8.210647933297337e-07),
        *(7.771943241086912e-08, 1.0631817593818149e-07, -2.0725802488181963e-08, -1.2338731403798444e-08),
        *(3.2323973445082033e-09, 9.297625263709659e-10, -2.764120233734578e-10),
    )
)


@weak
def _erfc_positive(x: Any) -> Any:
    """erfc(x) of x from 0, float64; the rounding of x^2 is made good."""
    x = where(x > 28.0, 28.0, x)
    square = x * x
    short = np.rint(x * 1048576.0) / 1048576.0
    lost = (short * short - square) + (x - short) * (x + short)
    return exp(-square) * (1.0 - lost) * (_erfc_scaled((x - 4.0) / (x + 4.0)) / (1.0 + 2.0 * x))


@in_double
def erfc(x: Any) -> Any:
    """1 - erf(x), exact for large x."""
    y = _erfc_positive(np.absolute(x))
    return where(x < 0.0, 2.0 - y, y)


@weak
def _erf_double(x: Any) -> Any:
    t = np.absolute(x)
    return where(t < 0.75, x + x * _erf_small(x * x), np.copysign(1.0 - _erfc_positive(t), x))


def _erf_array(x: Any) -> Any:
    x = np.asarray(x)
    with np.errstate(all="ignore"):
        return _erf_double(x.astype(np.float64)).astype(x.dtype)


@on_arrays(_erf_array, double=_erf_double)
def erf(x: Any) -> Any:
    """The error function."""
    t = np.absolute(x)
    t = where(t > 4.0, 4.0, t)
    return where(t < 1.0, x + x * _erf_small(x * x), np.copysign(1.0 - exp(_log_erfc(t)), x))


# 1 - Phi(x), of the normal distribution, over e^(-x^2 / 2), in x / (x + 3), for x from 0 to 14.
_normal_tail = _polynomial(
    (
        *(0.5, -1.1968262195587158, 1.053146481513977, -0.28688353300094604, -0.15921424329280853),
        *(0.06360266357660294, 0.006563624367117882, 0.0868043601512909, -0.0948830246925354, 0.02769605629146099),
    )
)


def _normal_single(x: Any) -> Any:
    t = np.absolute(x)
    t = where(t > 13.27, 13.27, t)  # whose e is 0
    square = -0.5 * t * t
    n = np.rint(square * LOG2E)
    r = square - n * LOG2
    e = (1.0 + (r + r * r * _exp_tail(r))) * _power_of_2(n)
    beyond = e * _normal_tail(t / (t + 3.0))
    return where(x < 0.0, beyond, 1.0 - beyond), e


def _normal_double(x: Any) -> Any:
    return 0.5 * (1.0 + erf(x * ROOT_HALF)), exp(-0.5 * x * x)


@word(lambda x: typed(_normal_single if _is_single(x) else _normal_double, x), EXACT)
def normal(x: Any) -> Any:
    """(Phi(x), e^(-x^2 / 2)): the normal distribution's function, and its density but for a factor."""
    return _normal_double(x)


# erfinv(x) / x in w = -log(1 - x^2), and in sqrt(w) from w = 6 (after Giles 2012), to 2e-6: a first guess.
_erfinv_middle = _polynomial(
    (
        *(0.8862263681753169, 0.2320287290723429, 0.011482048211993112, -0.0022190925548976584),
        *(-0.00022787936413770396, 9.399865187626055e-05, -1.0396806324524146e-05, 4.755813900542669e-07),
        *(-5.7540700296867195e-09,),
    )
)
_erfinv_ends = _polynomial(
    (
        *(2.432611675925195, -3.521281382900984, 3.44438031841416, -1.501813677155719, 0.40912532045126604),
        *(-0.07111224411330046, 0.007688802408325764, -0.0004723557708172206, 1.2617208869237484e-05),
    )
)


@in_double
def erfinv(x: Any) -> Any:
    """The inverse of erf: a guess, and one step of Halley's method on erf near 0, on erfc near 1."""
    t = np.absolute(x)
    w = -log((1.0 - t) * (1.0 + t))
    y = t * where(w < 6.0, _erfinv_middle(w), _erfinv_ends(np.sqrt(w)))
    error = where(t < 0.5, y + y * _erf_small(y * y) - t, (1.0 - t) - _erfc_positive(y))
    step = error * exp(y * y) / TWO_OVER_ROOT_PI
    return np.copysign(where(t == 1.0, INF, y - step / (1.0 + step * y)), x)


# ---------------------------------------------------------------- the gamma function

# log(gamma(x)) / ((x - 1) (x - 2)) for x from 1 to 4 as a quotient.
_lgamma_above = _polynomial(
    (
        *(2.5268139354548413, 65.41676324449446, 376.55142382168714, 759.2407638648734, 628.9206398206763),
        *(226.1386843814589, 34.56558099386892, 2.0086334930272085, 0.03259009936993535, 3.0067814759876207e-05),
    )
)
_lgamma_below = _polynomial(
    (
        *(1.0, 43.95450627710704, 376.110325660194, 1080.2101636856353, 1273.3639528264725, 674.379174626327),
        *(163.24557841312392, 17.229038005464314, 0.6890158621015269, 0.007186380247848288),
    )
)

# Stirling's series of log(gamma(z)), and of its derivative, in 1 / z^2.
_stirling = _polynomial(
    (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400),
)
_stirling_slope = _polynomial(
    (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12, -3617 / 8160),
)

# sin(pi x) / x as a polynomial in x^2, for |x| up to 1/2.
_sin_pi_tail = _polynomial(
    (
        *(3.141592653589793, -5.16771278004997, 2.5501640398773455, -0.5992645293207921, 0.08214588661112787),
        *(-0.00737043094570758, 0.0004663028056888116, -2.1915352858757688e-05, 7.952025702499098e-07),
        *(-2.2939980438733847e-08, 5.249822731463577e-10),
    )
)


@weak
def _lgamma_large(z: Any) -> Any:
    """log(gamma(z)) of z from 8, by Stirling's series."""
    return (z - 0.5) * (log(z) - 1.0) + (HALF_LOG_TAU - 0.5) + _stirling(1.0 / (z * z)) / z


@weak
def _lgamma_factor(y: Any) -> Any:
    """What gamma is multiplied with when y below 1 is raised by 1, and y from 4 to 8 by 4."""
    raised = where((y >= 4.0) & (y < 8.0), y * (y + 1.0) * (y + 2.0) * (y + 3.0), 1.0)
    return where(y < 1.0, y, raised)


@in_double
def lgamma(x: Any) -> Any:
    """log |gamma(x)|; below 0 by reflection, gamma(x) gamma(1 - x) = pi / sin(pi x)."""
    reflected = x < 0.0
    y = where(reflected, 1.0 - x, x)
    c = where(y < 1.0, y + 1.0, where(y < 4.0, y, 2.0))
    core = (c - 1.0) * (c - 2.0) * (_lgamma_above(c) / _lgamma_below(c))
    value = where(y < 4.0, core, _lgamma_large(where(y < 8.0, y + 4.0, y)))
    r = x - np.rint(x)
    sine = np.absolute(r * _sin_pi_tail(r * r))
    factor = _lgamma_factor(y)
    extra = log(where(reflected, PI * factor / sine, factor))
    return where(np.absolute(x) == INF, INF, where(reflected, extra - value, value - extra))


# y (y + 1) ... (y + 7) and its derivative: their quotient is the sum of 1 / (y + i).
_rising = _polynomial((0.0, 5040.0, 13068.0, 13132.0, 6769.0, 1960.0, 322.0, 28.0, 1.0))
_rising_slope = _polynomial((5040.0, 26136.0, 39396.0, 27076.0, 9800.0, 1932.0, 196.0, 8.0))


@in_double
def digamma(x: Any) -> Any:
    """The derivative of lgamma; below 1/2 by reflection, below 8 by recurrence, then the asymptotic series."""
    reflected = x < 0.5
    y = where(reflected, 1.0 - x, x)
    small = y < 8.0
    z = where(small, y + 8.0, y)
    value = log(z) - 0.5 / z - _stirling_slope(1.0 / (z * z)) / (z * z)
    c = where(small, y, 1.0)
    value = where(small, value - _rising_slope(c) / _rising(c), value)
    r = where(x == 0.0, x, x - np.rint(x))
    edge = 0.5 - np.absolute(r)
    cotangent = edge * _sin_pi_tail(edge * edge) / (r * _sin_pi_tail(r * r))
    value = where(reflected, value - PI * cotangent, value)
    return where((x < 0.0) & (r == 0.0), NAN, value)
