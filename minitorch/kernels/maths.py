"""The vocabulary of kernels: functions that mean the same on an array (numpy) and on a number inside a jitted loop.

On arrays and Python numbers each is the numpy function. In a kernel it is a branch-free scalar that LLVM vectorises.
"""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ._jit import word

Function = Callable[..., Any]

INF = math.inf
PI = math.pi
LOG2 = math.log(2)
ROOT_HALF = math.sqrt(0.5)
PDF_SCALE = 1 / math.sqrt(2 * math.pi)
GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBE = 0.044715

# numpy's own, which Numba compiles to single instructions
floor, ceil, trunc, rint, sqrt = np.floor, np.ceil, np.trunc, np.rint, np.sqrt
absolute, copysign, nextafter, hypot, atan2 = np.absolute, np.copysign, np.nextafter, np.hypot, np.arctan2
maximum, minimum, fmax, fmin = np.maximum, np.minimum, np.fmax, np.fmin
isinf, isfinite, signbit = np.isinf, np.isfinite, np.signbit


# ---------------------------------------------------------------- constants that take their neighbours' type


def weak(function: Function) -> Function:
    """A helper for kernels whose float constants do not widen float32, as Python's numbers do not in numpy."""

    def choose(*kinds: Any) -> Function:
        return typed(function, *kinds)

    choose.__signature__ = inspect.signature(typed(function))  # type: ignore[attr-defined]  # Numba compares the two
    return word(choose)(function)


def typed(function: Function, *kinds: Any) -> Function:
    """A copy for operands of these Numba types: float constants and global floats are float32 if the operands are."""
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


# ---------------------------------------------------------------- choice, integers, bits


@word(lambda c, a, b: lambda c, a, b: a if c else b)
def where(c: Any, a: Any, b: Any) -> Any:
    """`a` where `c` holds, else `b`."""
    return np.where(c, a, b)


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


def _int_power(a: Any, b: Any) -> Any:
    odd = b & 1
    inverse = where(a == 1, 1, where(a == -1, 1 - 2 * odd, 0))
    result, factor, rest = 1, a, b
    while rest > 0:
        result = where(rest & 1, result * factor, result)
        factor, rest = factor * factor, rest >> 1
    return where(b < 0, inverse, result)


@word(lambda a, b: (lambda a, b: math.pow(a, b)) if _is_float(a) else typed(_int_power))
def power(a: Any, b: Any) -> Any:
    """a to the power b; 1 / a rounded toward zero to a negative integer power."""
    if np.result_type(a, b).kind in "fc":
        return np.power(a, b)
    inverse = np.where(a == 1, 1, np.where(a == -1, 1 - 2 * (b & 1), 0))
    return np.where(b < 0, inverse, np.power(a, np.maximum(b, 0)))


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


# ---------------------------------------------------------------- functions of one number


def _unary(name: str, function: Function, scalar: Function) -> Function:
    """A word of one argument: numpy's function on arrays, `scalar` in kernels."""

    def call(x: Any) -> Any:
        return function(x)

    call.__name__ = call.__qualname__ = name
    return word(lambda x: scalar)(call)


exp = _unary("exp", np.exp, lambda x: math.exp(x))
exp2 = _unary("exp2", np.exp2, lambda x: np.exp2(x))
expm1 = _unary("expm1", np.expm1, lambda x: math.expm1(x))
log = _unary("log", np.log, lambda x: math.log(x))
log2 = _unary("log2", np.log2, lambda x: np.log2(x))
log10 = _unary("log10", np.log10, lambda x: math.log10(x))
log1p = _unary("log1p", np.log1p, lambda x: math.log1p(x))
sin = _unary("sin", np.sin, lambda x: math.sin(x))
cos = _unary("cos", np.cos, lambda x: math.cos(x))
tan = _unary("tan", np.tan, lambda x: math.tan(x))
asin = _unary("asin", np.arcsin, lambda x: math.asin(x))
acos = _unary("acos", np.arccos, lambda x: math.acos(x))
atan = _unary("atan", np.arctan, lambda x: math.atan(x))
sinh = _unary("sinh", np.sinh, lambda x: math.sinh(x))
cosh = _unary("cosh", np.cosh, lambda x: math.cosh(x))
tanh = _unary("tanh", np.tanh, lambda x: math.tanh(x))
asinh = _unary("asinh", np.arcsinh, lambda x: math.asinh(x))
acosh = _unary("acosh", np.arccosh, lambda x: math.acosh(x))
atanh = _unary("atanh", np.arctanh, lambda x: math.atanh(x))


@weak
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x), without overflow."""
    e = exp(-absolute(x))
    return where(x < 0, e, 1.0) / (1.0 + e)


@weak
def softplus(x: Any) -> Any:
    """log(1 + e^x), without overflow."""
    return maximum(x, 0.0) + log1p(exp(-absolute(x)))


_erf_array = np.vectorize(math.erf, otypes=[np.float64])
erf = _unary("erf", lambda x: _erf_array(x).astype(np.asarray(x).dtype), lambda x: math.erf(x))
_erfc_array = np.vectorize(math.erfc, otypes=[np.float64])
erfc = _unary("erfc", lambda x: _erfc_array(x).astype(np.asarray(x).dtype), lambda x: math.erfc(x))
lgamma = _unary("lgamma", lambda x: x, lambda x: math.lgamma(x))
digamma = _unary("digamma", lambda x: x, lambda x: math.lgamma(x))
erfinv = _unary("erfinv", lambda x: x, lambda x: math.lgamma(x))
