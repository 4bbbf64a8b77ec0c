"""The parts of complex numbers. A real tensor is its own conjugate and its own real part."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from ..kernels import complexes as kernels
from .autocast import in_float32
from .base import Op, T, TensorBase, inplace
from .view import ViewOp, select

__all__ = [
    "complex", "conj", "conj_physical", "conj_physical_", "imag", "polar", "real", "resolve_conj", "resolve_neg",
    "view_as_complex", "view_as_real",
]  # fmt: skip


class Conj(Op):
    """y = the complex conjugate;  dx = the conjugate of g"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return kernels.conj(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return conj(g)


class ConjPhysical(Conj):
    """The complex conjugate, in memory of its own"""


class ViewAsReal(ViewOp):
    """Pairs of real numbers on the same memory;  dx = the complex numbers of g"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return kernels.as_real(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return view_as_complex(_in_pairs(g))


class ViewAsComplex(ViewOp):
    """Complex numbers on the same memory;  dx = the pairs of g"""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return kernels.as_complex(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return view_as_real(g)


def _in_pairs(g: Any) -> Any:
    """The tensor if its last dimension can be read as complex numbers, else a copy."""
    try:
        _check_pairs(g.array)
    except RuntimeError:
        return g.contiguous()
    return g


class Complex(Op):
    """y = a + i b;  da = Re g, db = Im g"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        return kernels.joined(a.array, b.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g.real, g.imag


class Polar(Op):
    """y = r e^(iθ);  dr = Re(g e^(-iθ)), dθ = r Im(g e^(-iθ))"""

    @staticmethod
    def forward(ctx: Any, r: Any, angle: Any) -> Any:
        ctx.save_for_backward(r, angle)
        return kernels.polar(r.array, angle.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        r, angle = ctx.saved_tensors
        turned = g * complex(angle.cos(), -angle.sin())
        return turned.real, r * turned.imag


# ---------------------------------------------------------------- what users call


def conj(input: T) -> T:
    """The complex conjugate; a real tensor as it is."""
    return Conj.apply(input) if input.array.dtype.kind == "c" else input


def conj_physical(input: T) -> T:
    """The complex conjugate; a real tensor as it is."""
    return ConjPhysical.apply(input) if input.array.dtype.kind == "c" else input


conj_physical_ = inplace(conj_physical)


def resolve_conj(input: T) -> T:
    """Itself: a conjugate is computed at once."""
    return input


def resolve_neg(input: T) -> T:
    """Itself: a negative is computed at once."""
    return input


def view_as_real(input: T) -> T:
    """The memory of complex numbers as pairs of real ones, in a last dimension of size 2.

    >>> torch.view_as_real(torch.tensor([1 + 2j, 3j]))
    tensor([[1., 2.],
            [0., 3.]])
    """
    if input.array.dtype.kind != "c":
        raise DtypeError("view_as_real", "view_as_real is only supported for complex tensors", input)
    return ViewAsReal.apply(input)


@in_float32
def view_as_complex(input: T) -> T:
    """The memory of pairs of real numbers, (..., 2), as complex ones.

    The two parts lie side by side, and everything else an even number of elements apart.

    >>> torch.view_as_complex(torch.tensor([[1.0, 2.0], [0.0, 3.0]]))
    tensor([1.+2.j, 0.+3.j])
    """
    if input.array.dtype.kind != "f" or input.array.itemsize < 4:
        problem = "view_as_complex is only supported for float and double tensors: there is no complex32 here"
        raise DtypeError("view_as_complex", problem, input)
    _check_pairs(input.array)
    if input.storage_offset() % 2:
        raise OperationError("view_as_complex", "Tensor must have a storage_offset divisible by 2", input)
    return ViewAsComplex.apply(input)


def _check_pairs(x: Any) -> None:
    """RuntimeError if the last dimension of an array cannot be read as complex numbers."""
    steps = [s // x.itemsize for s in x.strides]
    if not x.ndim:
        raise OperationError("view_as_complex", "Input tensor must have one or more dimensions", x)
    if x.shape[-1] != 2:
        raise OperationError("view_as_complex", "Tensor must have a last dimension of size 2", x)
    if x.size and steps[-1] != 1:
        raise OperationError("view_as_complex", "Tensor must have a last dimension with stride 1", x)
    if x.size and any(s % 2 for s, n in zip(steps[:-1], x.shape, strict=False) if n > 1):
        raise OperationError(
            "view_as_complex", "Tensor must have a stride divisible by 2 for all but last dimension", x
        )


def real(input: T) -> T:
    """The real part, on the same memory; a real tensor as it is.

    >>> x = torch.tensor([1 + 2j, 3j])
    >>> x.real[0] = 5
    >>> x
    tensor([5.+2.j, 0.+3.j])
    """
    return select(ViewAsReal.apply(input), -1, 0) if input.array.dtype.kind == "c" else input


def imag(input: T) -> T:
    """The imaginary part of a complex tensor, on the same memory."""
    if input.array.dtype.kind != "c":
        raise DtypeError("imag", "is not implemented for tensors with non-complex dtypes", input)
    return select(ViewAsReal.apply(input), -1, 1)


def set_real(input: T, value: Any) -> None:
    """`x.real = value`: written to its real part."""
    real(input).copy_(value if isinstance(value, TensorBase) else input._number(value))


def set_imag(input: T, value: Any) -> None:
    """`x.imag = value`: written to its imaginary part."""
    imag(input).copy_(value if isinstance(value, TensorBase) else input._number(value))


def complex(real: T, imag: T) -> T:
    """real + i imag, of two tensors of one floating dtype that broadcast.

    >>> torch.complex(torch.tensor([1.0, 2.0]), torch.tensor([0.0, -1.0]))
    tensor([1.+0.j, 2.-1.j])
    """
    _check_parts("complex", real, imag)
    return Complex.apply(real, imag)


def polar(abs: T, angle: T) -> T:
    """abs (cos angle + i sin angle), of two tensors of one floating dtype that broadcast.

    >>> torch.polar(torch.tensor([1.0]), torch.tensor([0.0]))
    tensor([1.+0.j])
    """
    _check_parts("polar", abs, angle)
    return Polar.apply(abs, angle)


def _check_parts(name: str, a: Any, b: Any) -> None:
    if not isinstance(a, TensorBase) or not isinstance(b, TensorBase):
        raise TypeError(f"{name}(): expected two tensors, got {type(a).__name__} and {type(b).__name__}")
    for x in (a, b):
        if x.array.dtype.kind not in "fV":
            raise OperationError(name, "Expected both inputs to be Half, Float or Double tensors", a, b)
    if a.array.dtype is not b.array.dtype:
        problem = f"Expected object of scalar type {a.dtype.title} but got scalar type {b.dtype.title}"
        raise OperationError(name, f"{problem} for second argument", a, b)
    try:
        np.broadcast_shapes(a.array.shape, b.array.shape)
    except ValueError:
        raise OperationError(name, "The shapes of the parts do not broadcast", a, b) from None
