"""Functions of complex numbers, by numpy: what the texts of `scalar` say of real numbers alone.

Numba compiles sums, products and quotients of complex numbers from the same texts as those of real ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Function = Callable[..., Any]


class OnComplex:
    """A kernel `f(*operands)` of complex ndarrays and numbers, in the place of an elementwise one."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __call__(self, *operands: Any) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.function(*operands))

    one = two = __call__


exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, asin, acos, atan = map(
    OnComplex,
    (
        *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p),
        *(np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan),
    ),
)
sinh, cosh, tanh, asinh, acosh, atanh, sqrt, conj = map(
    OnComplex,
    (np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh, np.sqrt, np.conjugate),
)
absolute, angle = OnComplex(np.absolute), OnComplex(np.angle)


@OnComplex
def power(a: Any, b: Any) -> Any:
    """a to the power b; numbers do not widen complex64."""
    return np.power(a, b)


@OnComplex
def reciprocal(x: Any) -> Any:
    """1 / x."""
    return 1 / x


@OnComplex
def rsqrt(x: Any) -> Any:
    """1 over the square root."""
    return 1 / np.sqrt(x)


@OnComplex
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


@OnComplex
def silu(x: Any) -> Any:
    """x / (1 + e^-x)."""
    return x / (1 + np.exp(-x))


@OnComplex
def sinc(x: Any) -> Any:
    """sin(pi x) / (pi x), 1 at 0."""
    t = x * math.pi
    return np.where(x == 0, np.ones((), x.dtype), np.sin(t) / t)


@OnComplex
def sgn(x: Any) -> Any:
    """x / |x|, 0 at 0."""
    size = np.absolute(x)
    return np.where(size == 0, np.zeros((), x.dtype), x / size)


def joined(real: Array, imag: Array) -> Array:
    """real + i imag, of arrays that broadcast."""
    result: Array = np.empty(np.broadcast_shapes(real.shape, imag.shape), np.result_type(real.dtype, np.complex64))
    result.real, result.imag = real, imag
    return result


def polar(size: Array, angle: Array) -> Array:
    """size (cos angle + i sin angle), of arrays that broadcast."""
    return joined(size * np.cos(angle), size * np.sin(angle))


def as_real(x: Array) -> Array:
    """The same memory as pairs of real numbers, in a last dimension more."""
    return x[..., None].view(x.real.dtype)


def as_complex(x: Array) -> Array:
    """The same memory, pairs in the last dimension as complex numbers."""
    return x.view(np.result_type(x.dtype, np.complex64))[..., 0]
