"""Bessel's and Airy's functions and orthogonal polynomials, without derivatives as in PyTorch; the incomplete gamma
function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import DtypeError
from ..kernels import bessel, cylinder, orthogonal
from ..kernels import gamma as kernels
from .base import Op, T, TensorBase, broadcast_error, floating_pair, inplace, like
from .pointwise import real

__all__ = ["igamma", "igammac"]


class Igamma(Op):
    """y = P(a, x);  dx = g x^(a-1) e^-x / Γ(a), none for a"""

    upper = False

    @classmethod
    def forward(cls, ctx: Any, a: Any, x: Any) -> Any:
        ctx.save_for_backward(a, x)
        return kernels.incomplete_gamma(a.array, x.array, cls.upper)

    @classmethod
    def backward(cls, ctx: Any, g: Any) -> Any:
        a, x = ctx.saved_tensors
        if ctx.needs_input_grad[0]:
            raise NotImplementedError(f"the derivative for '{cls.__name__.lower()}: input' is not implemented.")
        slope = ((a - 1) * x.log() - x - a.lgamma()).exp()
        return None, -g * slope if cls.upper else g * slope


class Igammac(Igamma):
    """y = Q(a, x) = 1 - P(a, x);  dx = -g x^(a-1) e^-x / Γ(a), none for a"""

    upper = True


def _incomplete(function: Any, input: Any, other: Any) -> Any:
    for x in (input, other):
        if not isinstance(x, TensorBase) or x.array.dtype.kind not in "fV":
            raise DtypeError(function.__name__.lower(), "expected floating-point tensors", input, other)
    if error := broadcast_error(function.__name__.lower(), (input, other)):
        raise error
    return function.apply(*floating_pair(input, other))


def igamma(input: T, other: T) -> T:
    """P(a, x) = ∫ t^(a-1) e^-t dt / Γ(a) from 0 to x: regularised, of a = input and x = other, which broadcast.

    >>> torch.igamma(torch.tensor([1.0]), torch.tensor([2.0]))
    tensor([0.8647])
    """
    return _incomplete(Igamma, input, other)


def igammac(input: T, other: T) -> T:
    """Q(a, x) = 1 - P(a, x), which does not vanish by rounding.

    >>> torch.igammac(torch.tensor([1.0]), torch.tensor([2.0]))
    tensor([0.1353])
    """
    return _incomplete(Igammac, input, other)


igamma_, igammac_ = inplace(igamma), inplace(igammac)


# ---------------------------------------------------------------- without derivatives


def _of_one(name: str, kernel: Callable[[Any], Any], text: str) -> Any:
    def call(input: T) -> T:
        x = real(f"special_{name}", input)
        return x._wrap(kernel(x.array))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = text
    return call


bessel_j0 = _of_one("bessel_j0", cylinder.j0, "J₀(x), Bessel's function of the first kind and order 0.")
bessel_j1 = _of_one("bessel_j1", cylinder.j1, "J₁(x), Bessel's function of the first kind and order 1.")
bessel_y0 = _of_one("bessel_y0", cylinder.y0, "Y₀(x), Bessel's function of the second kind and order 0.")
bessel_y1 = _of_one("bessel_y1", cylinder.y1, "Y₁(x), Bessel's function of the second kind and order 1.")
modified_bessel_i0 = _of_one("modified_bessel_i0", bessel.i0, "I₀(x), as `i0`, without a derivative.")
modified_bessel_i1 = _of_one("modified_bessel_i1", bessel.i1, "I₁(x), as `i1`, without a derivative.")
modified_bessel_k0 = _of_one("modified_bessel_k0", cylinder.k0, "K₀(x), of the second kind and order 0.")
modified_bessel_k1 = _of_one("modified_bessel_k1", cylinder.k1, "K₁(x), of the second kind and order 1.")
scaled_modified_bessel_k0 = _of_one("scaled_modified_bessel_k0", cylinder.k0e, "e^x K₀(x), which does not vanish.")
scaled_modified_bessel_k1 = _of_one("scaled_modified_bessel_k1", cylinder.k1e, "e^x K₁(x), which does not vanish.")
spherical_bessel_j0 = _of_one("spherical_bessel_j0", cylinder.spherical_j0, "sin x / x, 1 at 0.")
airy_ai = _of_one("airy_ai", cylinder.airy_ai, "Ai(x), Airy's function.")


def _of_degree(name: str, text: str) -> Any:
    def call(input: Any, n: Any) -> Any:
        x, degree = floating_pair(input, n)
        model = like((x, degree))
        if model.array.dtype.kind not in "fV":
            raise DtypeError(f"special.{name}", "expected real numbers", input, n)
        at, n = [v.array if isinstance(v, TensorBase) else v for v in (x, degree)]
        return model._wrap(orthogonal.polynomial(name, at, n, model.array.dtype))

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"{text} of degree n, which is cut to a whole number; 0 where it is negative."
    return call


chebyshev_polynomial_t = _of_degree("chebyshev_polynomial_t", "Tₙ(x), Chebyshev's polynomial of the first kind")
chebyshev_polynomial_u = _of_degree("chebyshev_polynomial_u", "Uₙ(x), Chebyshev's polynomial of the second kind")
chebyshev_polynomial_v = _of_degree("chebyshev_polynomial_v", "Vₙ(x), Chebyshev's polynomial of the third kind")
chebyshev_polynomial_w = _of_degree("chebyshev_polynomial_w", "Wₙ(x), Chebyshev's polynomial of the fourth kind")
shifted_chebyshev_polynomial_t = _of_degree("shifted_chebyshev_polynomial_t", "Tₙ(2 x - 1)")
shifted_chebyshev_polynomial_u = _of_degree("shifted_chebyshev_polynomial_u", "Uₙ(2 x - 1)")
shifted_chebyshev_polynomial_v = _of_degree("shifted_chebyshev_polynomial_v", "Vₙ(2 x - 1)")
shifted_chebyshev_polynomial_w = _of_degree("shifted_chebyshev_polynomial_w", "Wₙ(2 x - 1)")
hermite_polynomial_h = _of_degree("hermite_polynomial_h", "Hₙ(x), the physicists' Hermite polynomial")
hermite_polynomial_he = _of_degree("hermite_polynomial_he", "Heₙ(x), the probabilists' Hermite polynomial")
laguerre_polynomial_l = _of_degree("laguerre_polynomial_l", "Lₙ(x), Laguerre's polynomial")
legendre_polynomial_p = _of_degree("legendre_polynomial_p", "Pₙ(x), Legendre's polynomial")
