"""Discrete Fourier transforms: `torch.fft`.

Sums over j of x_j e^(-2πi jk/n), and with a plus the inverse. `norm` says where the factor stands: "backward", 1/n at
the inverse; "forward", 1/n at the transform; "ortho", 1/√n at both. `n` and `s` are sizes that the input is cut or
filled up with zeros to. Integers give the default floating dtype.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import DtypeError, OperationError
from ..kernels import fft as kernels
from .base import Op, T, floating, in_dtype
from .join import cat, roll
from .pad import constant
from .parts import conj
from .view import dim_in, narrow

Axes = tuple[int, ...]


# The factors c of the Functions are "1", "1/n" and "1/√n": the derivative of a transform has the same, and goes the
# other way.


class FftC2C(Op):
    """y = c F x of complex numbers;  dx = c Fᴴ g"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, factor: str, inverse: bool) -> Any:
        ctx.args = axes, factor, not inverse
        return kernels.complex_to_complex(x.array, axes, factor, inverse)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return FftC2C.apply(g, *ctx.args), None, None, None


class FftR2C(Op):
    """y = c F x of real numbers, of the last axis maybe one side;  dx = Re(c Fᴴ g), what is missing 0"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, factor: str, onesided: bool) -> Any:
        ctx.args, ctx.n = (axes, factor, True), x.array.shape[axes[-1]]
        y = kernels.real_to_complex(x.array, axes, factor)
        return y if onesided else kernels.mirrored(y, axes[-1], ctx.n)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        axes = ctx.args[0]
        return FftC2C.apply(_sized(g, axes[-1:], [ctx.n]), *ctx.args).real, None, None, None


class FftC2R(Op):
    """y = c Fᴴ x, real, of one side of the last axis;  dx = c F g, doubled where the other side had the conjugate"""

    @staticmethod
    def forward(ctx: Any, x: Any, axes: Axes, factor: str, n: int) -> Any:
        ctx.args = axes, factor, True
        return kernels.complex_to_real(x.array, axes, factor, n)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        last = ctx.args[0][-1]
        n = g.array.shape[last]
        y = FftR2C.apply(g, *ctx.args)
        once = narrow(y, last, 0, 1)
        twice = narrow(y, last, 1, (n - 1) // 2) * 2
        nyquist = narrow(y, last, n // 2, 1 - n % 2) if n > 1 else narrow(y, last, 0, 0)
        return cat([once, twice, nyquist], last), None, None, None


# ---------------------------------------------------------------- arguments


def _factor(norm: str | None, inverse: bool) -> str:
    """The factor of a transform, or of its inverse."""
    if norm not in (None, "backward", "forward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}": expected "forward", "backward" or "ortho"')
    if norm == "ortho":
        return "1/√n"
    return "1/n" if inverse == (norm != "forward") else "1"


def _floating(name: str, x: Any) -> Any:
    if x.array.dtype.itemsize == 2 and x.array.dtype.kind in "fV":
        raise DtypeError(name, f"Unsupported dtype {x.dtype.title}", x)
    return floating(x)


def _complex(name: str, x: Any) -> Any:
    x = _floating(name, x)
    return in_dtype(x, x.dtype.to_complex()) if x.array.dtype.kind in "fV" else x


def _real(name: str, x: Any) -> Any:
    if x.array.dtype.kind == "c":
        raise DtypeError(name, f"{name} expects a real input tensor, but got {x.dtype.title}", x)
    return _floating(name, x)


def _axis(name: str, x: Any, dim: int) -> int:
    if not x.array.ndim:
        raise IndexError(f"{name}: Dimension specified as {dim} but tensor has no dimensions")
    return dim_in(dim, x.array.ndim)


def _length(name: str, n: int) -> int:
    if n < 1:
        raise RuntimeError(f"{name}: Invalid number of data points ({n}) specified")
    return n


def _one(name: str, x: Any, n: int | None, dim: int) -> tuple[Any, int]:
    """The tensor with n entries along an axis, and the axis."""
    if n is not None and not hasattr(n, "__index__"):
        raise TypeError(f"{name}(): argument 'n' must be int, not {type(n).__name__}")
    axis = _axis(name, x, dim)
    return _sized(x, (axis,), [_length(name, x.array.shape[axis] if n is None else int(n))]), axis


def _sized(x: Any, axes: Sequence[int], sizes: Sequence[int]) -> Any:
    """The tensor cut off, or filled up with zeros, to these sizes along axes."""
    grow = [0] * x.array.ndim
    for axis, n in zip(axes, sizes, strict=True):
        grow[axis] = n - x.array.shape[axis]
        if grow[axis] < 0:
            x, grow[axis] = narrow(x, axis, 0, n), 0
    return constant(x, [(0, more) for more in grow[::-1]], 0.0) if any(grow) else x


def _several(name: str, x: Any, s: Any, dim: Any) -> tuple[Axes, list[int]]:
    """The axes, and their sizes: -1 keeps one, s alone speaks of the last axes, neither of all."""
    given = None if s is None else _listed(s)
    axes = _axes(name, x, given, dim)
    if given is None:
        return axes, [_length(name, x.array.shape[a]) for a in axes]
    if len(given) != len(axes):
        raise OperationError(name, "When given, dim and shape arguments must have the same length", x)
    sizes = [x.array.shape[a] if n == -1 else n for a, n in zip(axes, given, strict=True)]
    return axes, [_length(name, n) for n in sizes]


def _axes(name: str, x: Any, s: list[int] | None, dim: Any) -> Axes:
    ndim = x.array.ndim
    if dim is not None:
        dims = _listed(dim)
    elif s is None:
        dims = list(range(ndim))
    elif len(s) <= ndim:
        dims = list(range(ndim - len(s), ndim))
    else:
        raise OperationError(name, f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions.", x)
    axes = tuple([_axis(name, x, d) for d in dims])
    if len(set(axes)) < len(axes):
        raise OperationError(name, "FFT dims must be unique", x)
    return axes


def _listed(x: Any) -> list[int]:
    return [int(n) for n in (x if hasattr(x, "__iter__") else (x,))]


def _some(name: str, x: Any, s: Any, dim: Any) -> tuple[Axes, list[int]]:
    axes, sizes = _several(name, x, s, dim)
    if not axes:
        raise OperationError(name, f"{name} must transform at least one axis", x)
    return axes, sizes


# ---------------------------------------------------------------- along one dimension


def fft(input: T, n: int | None = None, dim: int = -1, norm: str | None = None) -> T:
    """The transform of real or complex numbers along one dimension, all frequencies.

    >>> torch.fft.fft(torch.tensor([0.0, 1.0, 0.0, 0.0]))
    tensor([ 1.+0.j,  0.-1.j, -1.+0.j,  0.+1.j])
    """
    return _along("fft", input, n, dim, norm, False)


def ifft(input: T, n: int | None = None, dim: int = -1, norm: str | None = None) -> T:
    """The inverse of `fft`."""
    return _along("ifft", input, n, dim, norm, True)


def _along(name: str, x: Any, n: int | None, dim: int, norm: str | None, inverse: bool) -> Any:
    x, axis = _one(name, _floating(name, x), n, dim)
    factor = _factor(norm, inverse)
    if x.array.dtype.kind == "c":
        return FftC2C.apply(x, (axis,), factor, inverse)
    y = FftR2C.apply(x, (axis,), factor, False)
    return conj(y) if inverse else y


def rfft(input: T, n: int | None = None, dim: int = -1, norm: str | None = None) -> T:
    """The transform of real numbers: the frequencies from 0 to n/2, which say all.

    >>> torch.fft.rfft(torch.tensor([0.0, 1.0, 0.0, 0.0]))
    tensor([ 1.+0.j,  0.-1.j, -1.+0.j])
    """
    x, axis = _one("rfft", _real("rfft", input), n, dim)
    return FftR2C.apply(x, (axis,), _factor(norm, False), True)


def irfft(input: T, n: int | None = None, dim: int = -1, norm: str | None = None) -> T:
    """The inverse of `rfft`: n real numbers, without n an even number of them."""
    return irfftn(input, None if n is None else (n,), _last("irfft", input, dim), norm)


def hfft(input: T, n: int | None = None, dim: int = -1, norm: str | None = None) -> T:
    """The transform of numbers whose other half is their conjugate, as `rfft` gives: n real numbers."""
    return hfftn(input, None if n is None else (n,), _last("hfft", input, dim), norm)


def ihfft(input: T, n: int | None = None, dim: int = -1, norm: str | None = None) -> T:
    """The inverse of `hfft`: of real numbers one half."""
    x, axis = _one("ihfft", _real("ihfft", input), n, dim)
    return conj(FftR2C.apply(x, (axis,), _factor(norm, True), True))


def _last(name: str, x: Any, dim: int) -> tuple[int]:
    return (_axis(name, x, dim),)


# ---------------------------------------------------------------- along several


def fftn(input: T, s: Any = None, dim: Any = None, norm: str | None = None) -> T:
    """The transform along several dimensions, all of them without `dim` and `s`."""
    x = _complex("fftn", input)
    axes, sizes = _several("fftn", x, s, dim)
    return FftC2C.apply(_sized(x, axes, sizes), axes, _factor(norm, False), False)


def ifftn(input: T, s: Any = None, dim: Any = None, norm: str | None = None) -> T:
    """The inverse of `fftn`."""
    x = _complex("ifftn", input)
    axes, sizes = _several("ifftn", x, s, dim)
    return FftC2C.apply(_sized(x, axes, sizes), axes, _factor(norm, True), True)


def rfftn(input: T, s: Any = None, dim: Any = None, norm: str | None = None) -> T:
    """`fftn` of real numbers: of the last dimension the frequencies from 0 to n/2."""
    x = _real("rfftn", input)
    axes, sizes = _some("rfftn", x, s, dim)
    return FftR2C.apply(_sized(x, axes, sizes), axes, _factor(norm, False), True)


def irfftn(input: T, s: Any = None, dim: Any = None, norm: str | None = None) -> T:
    """The inverse of `rfftn`: real numbers; of the last dimension an even number, unless `s` says how many."""
    return _to_real("irfftn", _complex("irfftn", input), s, dim, _factor(norm, True))


def hfftn(input: T, s: Any = None, dim: Any = None, norm: str | None = None) -> T:
    """`fftn` of numbers of whose last dimension one half is given, the other being its conjugate: real numbers."""
    return _to_real("hfftn", conj(_complex("hfftn", input)), s, dim, _factor(norm, False))


def _to_real(name: str, x: Any, s: Any, dim: Any, factor: str) -> Any:
    axes, sizes = _some(name, x, s, dim)
    if s is None or _listed(s)[-1] == -1:
        sizes[-1] = _length(name, 2 * (x.array.shape[axes[-1]] - 1))
    n = sizes[-1]
    sizes[-1] = n // 2 + 1
    return FftC2R.apply(_sized(x, axes, sizes), axes, factor, n)


def ihfftn(input: T, s: Any = None, dim: Any = None, norm: str | None = None) -> T:
    """The inverse of `hfftn`: of real numbers one half of the last dimension."""
    x = _real("ihfftn", input)
    axes, sizes = _some("ihfftn", x, s, dim)
    return conj(FftR2C.apply(_sized(x, axes, sizes), axes, _factor(norm, True), True))


# ---------------------------------------------------------------- along two


def fft2(input: T, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> T:
    """`fftn` along the last two dimensions."""
    return fftn(input, s, dim, norm)


def ifft2(input: T, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> T:
    """`ifftn` along the last two dimensions."""
    return ifftn(input, s, dim, norm)


def rfft2(input: T, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> T:
    """`rfftn` along the last two dimensions."""
    return rfftn(input, s, dim, norm)


def irfft2(input: T, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> T:
    """`irfftn` along the last two dimensions."""
    return irfftn(input, s, dim, norm)


def hfft2(input: T, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> T:
    """`hfftn` along the last two dimensions."""
    return hfftn(input, s, dim, norm)


def ihfft2(input: T, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> T:
    """`ihfftn` along the last two dimensions."""
    return ihfftn(input, s, dim, norm)


# ---------------------------------------------------------------- the order of frequencies


def fftshift(input: T, dim: Any = None) -> T:
    """Frequency 0 in the middle, of all dimensions or some.

    >>> torch.fft.fftshift(torch.tensor([0, 1, 2, -2, -1]))
    tensor([-2, -1,  0,  1,  2])
    """
    return _shifted(input, dim, 0)


def ifftshift(input: T, dim: Any = None) -> T:
    """The inverse of `fftshift`."""
    return _shifted(input, dim, 1)


def _shifted(x: Any, dim: Any, more: int) -> Any:
    ndim = x.array.ndim
    axes = tuple(range(ndim)) if dim is None else tuple([dim_in(d, ndim) for d in _listed(dim)])
    return roll(x, tuple([(x.array.shape[a] + more) // 2 for a in axes]), axes)
