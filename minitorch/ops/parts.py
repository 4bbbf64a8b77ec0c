"""The parts of complex numbers. A real tensor is its own conjugate and its own real part."""

from __future__ import annotations

from typing import Any

from ..errors import DtypeError
from ..kernels import rearrange as kernels
from .base import Op, T, inplace


class ConjPhysical(Op):
    """The complex conjugate;  dx = the conjugate of g"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return kernels.conjugate(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return conj(g)


class Real(Op):
    """The real part;  dx = g"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return kernels.real(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g + g * 0j


class Imag(Op):
    """The imaginary part;  dx = i g"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return kernels.imaginary(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * 1j


def conj(input: T) -> T:
    """The complex conjugate; a real tensor as it is."""
    return ConjPhysical.apply(input) if input.array.dtype.kind == "c" else input


def conj_physical(input: T) -> T:
    """The complex conjugate; a real tensor as it is."""
    return conj(input)


conj_physical_ = inplace(conj_physical)


def resolve_conj(input: T) -> T:
    """Itself: a conjugate is computed at once."""
    return input


def resolve_neg(input: T) -> T:
    """Itself: a negative is computed at once."""
    return input


def real(input: T) -> T:
    """The real part, a copy; a real tensor as it is."""
    return Real.apply(input) if input.array.dtype.kind == "c" else input


def imag(input: T) -> T:
    """The imaginary part of a complex tensor, a copy."""
    if input.array.dtype.kind != "c":
        raise DtypeError("imag", "is not implemented for tensors with non-complex dtypes", input)
    return Imag.apply(input)
