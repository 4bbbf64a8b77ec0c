"""Samples of gamma and Dirichlet distributions with gradients,
and the distribution function of the gamma distribution.
"""

from __future__ import annotations

from typing import Any

from ..kernels import gamma as kernels
from .base import Op, T
from .join import broadcast_tensors
from .random import default_stream


class StandardGamma(Op):
    """x ~ Gamma(a, 1);  da = g dx/da at a fixed value of the distribution function"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        x = a._wrap(kernels.gamma(default_stream, a.array))
        ctx.save_for_backward(a, x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * GammaSlope.apply(*ctx.saved_tensors)


class GammaSlope(Op):
    """dx/da of samples of the gamma distribution; it has no derivative"""

    @staticmethod
    def forward(ctx: Any, a: Any, x: Any) -> Any:
        return kernels.gamma_slope(a.array, x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise NotImplementedError("the derivative for '_standard_gamma_grad' is not implemented")


class SampleDirichlet(Op):
    """x ~ Dirichlet(a);  da = s (g - Σ x g), s the slope of x as beta samples of a and Σ a - a, over 1 - x"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        x = a._wrap(kernels.dirichlet(default_stream, a.array))
        ctx.save_for_backward(a, x)
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, x = ctx.saved_tensors
        slope = BetaSlope.apply(a, a.sum(-1, True) - a, x) / (1 - x)
        return slope * (g - (x * g).sum(-1, True))


class BetaSlope(Op):
    """dx/da of samples of the beta distribution; it has no derivative"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, x: Any) -> Any:
        return kernels.beta_slope(a.array, b.array, x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        raise NotImplementedError("the derivative for '_dirichlet_grad' is not implemented")


class GammaCdf(Op):
    """y = P(a, x);  dx = g x^(a-1) e^-x / Γ(a),  da = -dx dx/da"""

    @staticmethod
    def forward(ctx: Any, a: Any, x: Any) -> Any:
        ctx.save_for_backward(a, x)
        return kernels.gamma_cdf(a.array, x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, x = ctx.saved_tensors
        dx = g * ((a - 1) * x.log() - x - a.lgamma()).exp()
        return -dx * GammaSlope.apply(a, x), dx


def standard_gamma(input: T) -> T:
    """For each shape parameter a number from the gamma distribution of rate 1; float32 or float64."""
    return StandardGamma.apply(input)


def sample_dirichlet(input: T) -> T:
    """For each row of concentrations a row of probabilities."""
    return SampleDirichlet.apply(input)


def gamma_cdf(a: T, x: T) -> T:
    """P(a, x), the regularised lower incomplete gamma function; shapes broadcast."""
    return GammaCdf.apply(*broadcast_tensors(a, x))
