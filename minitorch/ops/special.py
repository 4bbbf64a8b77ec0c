"""Special functions: Bessel's, the normal distribution's, polygamma and zeta."""

from __future__ import annotations

import math
from typing import Any

from ..errors import DtypeError
from ..kernels import bessel as kernels
from .arithmetic import no_complex, refuse, where
from .base import Op, T, TensorBase, floating, floating_pair, inplace, shown_as
from .pointwise import Unary, digamma, erfc, lgamma, log, log1p, real

__all__ = ["i0", "i0_", "polygamma"]

ROOT_HALF = math.sqrt(0.5)


class I0(Unary):
    """y = I₀(x);  dx = g I₁(x)"""

    kernel = kernels.i0
    rule = staticmethod(lambda g, x: g * i1(x))


class SpecialI0E(Unary):
    """y = e^-|x| I₀(x);  dx = g (e^-|x| I₁(x) - sgn(x) y)"""

    kernel = kernels.i0e
    rule = staticmethod(lambda g, x: g * (i1e(x) - x.sgn() * i0e(x)))


def _over(y: Any, x: Any) -> Any:
    """y / x for y with slope 1/2 at 0."""
    return where(x == 0, 0.5, y / where(x == 0, 1.0, x))


class SpecialI1(Unary):
    """y = I₁(x);  dx = g (I₀(x) - y / x)"""

    kernel = kernels.i1
    rule = staticmethod(lambda g, x: g * (i0(x) - _over(i1(x), x)))


class SpecialI1E(Unary):
    """y = e^-|x| I₁(x);  dx = g (e^-|x| I₀(x) - y (sgn(x) + 1 / x))"""

    kernel = kernels.i1e
    rule = staticmethod(lambda g, x: g * (i0e(x) - i1e(x) * x.sgn() - _over(i1e(x), x)))


class SpecialErfcx(Unary):
    """y = e^(x²) erfc(x);  dx = g (2 x y - 2/√π)"""

    kernel = kernels.erfcx
    rule = staticmethod(lambda g, x: g * (x * erfcx(x) * 2 - 2 / math.sqrt(math.pi)))


class SpecialLogNdtr(Unary):
    """y = ln Φ(x);  dx = g √(2/π) / erfcx(-x/√2)"""

    kernel = kernels.log_ndtr
    rule = staticmethod(lambda g, x: g * math.sqrt(2 / math.pi) / erfcx(x * -ROOT_HALF))


class SpecialNdtri(Unary):
    """Φ(y) = x;  dx = g √(2π) e^(y²/2)"""

    kernel = kernels.ndtri
    saves = "output"
    rule = staticmethod(lambda g, y: g * (y * y / 2).exp() * math.sqrt(2 * math.pi))


class Polygamma(Op):
    """y = (-1)ⁿ⁺¹ n! ζ(n + 1, x), the n-th derivative of ψ;  dx = g times the next one"""

    @staticmethod
    def forward(ctx: Any, x: Any, n: int) -> Any:
        ctx.save_for_backward(x)
        ctx.n = n
        return kernels.polygamma(x.array, n)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * Polygamma.apply(x, ctx.n + 1), None


class SpecialZeta(Op):
    """y = ζ(s, q);  dq = -g s ζ(s + 1, q), none for s"""

    @staticmethod
    def forward(ctx: Any, s: Any, q: Any) -> Any:
        ctx.save_for_backward(s, q)
        return kernels.zeta(*[x.array if isinstance(x, TensorBase) else x for x in (s, q)])

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        s, q = ctx.saved_tensors
        if ctx.needs_input_grad[0]:
            raise NotImplementedError("the derivative for 'self' of special_zeta is not implemented")
        return None, -g * s * SpecialZeta.apply(s + 1, q)


# ---------------------------------------------------------------- what users call


def i0(input: T) -> T:
    """The modified Bessel function of the first kind and order 0."""
    return I0.apply(real("i0", input))


def i0e(input: T) -> T:
    """e^-|x| I₀(x), which does not overflow."""
    return SpecialI0E.apply(real("special_i0e", input))


def i1(input: T) -> T:
    """The modified Bessel function of the first kind and order 1."""
    return SpecialI1.apply(real("special_i1", input))


def i1e(input: T) -> T:
    """e^-|x| I₁(x), which does not overflow."""
    return SpecialI1E.apply(real("special_i1e", input))


def erfcx(input: T) -> T:
    """e^(x²) erfc(x), which does not vanish."""
    return SpecialErfcx.apply(real("special_erfcx", input))


def ndtr(input: T) -> T:
    """Φ(x), the distribution of the normal numbers.

    >>> torch.special.ndtr(torch.tensor([0.]))
    tensor([0.5000])
    """
    return erfc(real("special_ndtr", input) * -ROOT_HALF) * 0.5


def log_ndtr(input: T) -> T:
    """ln Φ(x), which does not vanish."""
    return SpecialLogNdtr.apply(real("special_log_ndtr", input))


def ndtri(input: T) -> T:
    """Φ⁻¹(p): where the normal distribution reaches p."""
    return SpecialNdtri.apply(real("special_ndtri", input))


@shown_as("SpecialEntrBackward0")
def entr(input: T) -> T:
    """-x ln x: 0 at 0, -inf below."""
    x = real("special_entr", input)
    inside = where(x > 0, x, 1.0)
    outside = where(x == 0, x.detach() * 0, where(x < 0, -math.inf, x))
    return where(x > 0, -inside * log(inside), outside)


@shown_as("SpecialXlog1PyBackward0")
def xlog1py(input: Any, other: Any) -> Any:
    """x ln(1 + y): 0 where x is 0, unless y is NaN."""
    no_complex("xlog1py", input)
    a, b = floating_pair(input, other)
    y = log1p(b) if isinstance(b, TensorBase) else math.log1p(b)
    b_nan = b.isnan() if isinstance(b, TensorBase) else math.isnan(b)
    zero: Any = (a == 0) & (b_nan.logical_not() if isinstance(b_nan, TensorBase) else not b_nan)
    return where(zero, 0.0, a * y) if isinstance(zero, TensorBase) else a * y


@shown_as("PolygammaBackward0")
def polygamma(n: int, input: T) -> T:
    """The n-th derivative of the digamma function."""
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, got {n}")
    x = real("polygamma", input)
    return digamma(x) if n == 0 else Polygamma.apply(x, n)


def _method_polygamma(self: T, n: int) -> T:
    """The n-th derivative of the digamma function."""
    return polygamma(n, self)


@shown_as("MvlgammaBackward0")
def multigammaln(input: T, p: int) -> T:
    """ln Γₚ(a), of the multivariate gamma function: p (p - 1)/4 ln π + Σ ln Γ(a - j/2)."""
    if p < 1:
        raise RuntimeError(f"p has to be greater than or equal to 1, got {p}")
    refuse("mvlgamma", "b", input)
    x = floating(input)
    total: Any = lgamma(x)
    for j in range(1, p):
        total = total + lgamma(x - j / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


def zeta(input: Any, other: Any) -> Any:
    """Hurwitz's ζ(s, q) = Σ (q + k)^-s."""
    a, b = floating_pair(input, other)
    model = a if isinstance(a, TensorBase) else b
    if model.array.dtype.kind not in "fV":
        raise DtypeError("special.zeta", "expected real numbers", a, b)
    s, q = [x if isinstance(x, TensorBase) else model.detach() * 0 + x for x in (a, b)]
    return SpecialZeta.apply(s, q)


i0_, mvlgamma_ = inplace(i0), inplace(multigammaln)
polygamma_ = inplace(_method_polygamma)
