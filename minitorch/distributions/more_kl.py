"""Divergences of the rarer distributions; `kl.py` holds the others."""

from __future__ import annotations

import math
from typing import Any

from ..ops.arithmetic import where
from ..ops.linalg import solve_triangular
from ..ops.special import multigammaln
from .beta import Beta
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .gumbel import Gumbel
from .kl import _any_normal, _outside, _x_log_x, kl_divergence, register_kl
from .laplace import Laplace
from .lowrank_multivariate_normal import LowRankMultivariateNormal
from .multivariate_normal import MultivariateNormal, mahalanobis
from .normal import Normal
from .pareto import Pareto
from .uniform import Uniform
from .wishart import Wishart, multidigamma

# ---------------------------------------------------------------- p has values that are impossible for q

for _p, _others in {
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
    Exponential: (ContinuousBernoulli, Pareto),
    Gamma: (ContinuousBernoulli, Pareto),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (ContinuousBernoulli, Pareto),
    Normal: (ContinuousBernoulli, Pareto),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
}.items():
    for _q in _others:
        register_kl(_p, _q)(_outside)

for _p in (ContinuousBernoulli, Gumbel, Pareto):
    register_kl(_p, Normal)(_any_normal)


# ---------------------------------------------------------------- by the mean of log q


@register_kl(Beta, Exponential)
@register_kl(ContinuousBernoulli, Exponential)
@register_kl(Pareto, Exponential)
def _any_exponential(p: Any, q: Any) -> Any:
    return -p.entropy() - q.rate.log() + q.rate * p.mean


def _gamma(p: Any, q: Any, mean_log: Any) -> Any:
    a = q.concentration
    return -p.entropy() + a.lgamma() - a * q.rate.log() - (a - 1) * mean_log + q.rate * p.mean


@register_kl(Beta, Gamma)
def _beta_gamma(p: Any, q: Any) -> Any:
    return _gamma(p, q, p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma())


@register_kl(Pareto, Gamma)
def _pareto_gamma(p: Any, q: Any) -> Any:
    return _gamma(p, q, p.scale.log() + p.alpha.reciprocal())


def _uniform_log(p: Any) -> Any:
    """E log x of a uniform x."""
    size = p.high - p.low
    return (_x_log_x(p.high) - _x_log_x(p.low) - size) / size


@register_kl(Uniform, Gamma)
def _uniform_gamma(p: Any, q: Any) -> Any:
    return where(p.low < 0, math.inf, _gamma(p, q, _uniform_log(p)))


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Any, q: Any) -> Any:
    kl = -p.entropy() - (q.alpha.log() + q.alpha * q.scale.log()) + (q.alpha + 1) * _uniform_log(p)
    return where(p.low < q.scale, math.inf, kl)


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Any:
    ratio = q.alpha / p.alpha
    kl = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return where(p.scale < q.scale, math.inf, kl)


@register_kl(Beta, ContinuousBernoulli)
@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _any_continuous_bernoulli(p: Any, q: Any) -> Any:
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_norm()


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p: Any, q: Any) -> Any:
    return where((p.high > 1) | (p.low < 0), math.inf, _any_continuous_bernoulli(p, q))


@register_kl(ContinuousBernoulli, Uniform)
def _continuous_bernoulli_uniform(p: Any, q: Any) -> Any:
    return where((q.low > 0) | (q.high < 1), math.inf, -p.entropy() + (q.high - q.low).log())


# ---------------------------------------------------------------- to Gumbel: by the mean of e^(-x / scale)


def _gumbel(p: Any, q: Any, mean_power: Any) -> Any:
    return -p.entropy() + q.scale.log() + (p.mean - q.loc) / q.scale + (q.loc / q.scale).exp() * mean_power


@register_kl(Exponential, Gumbel)
def _exponential_gumbel(p: Any, q: Any) -> Any:
    return _gumbel(p, q, p.rate / (p.rate + 1 / q.scale))


@register_kl(Gamma, Gumbel)
def _gamma_gumbel(p: Any, q: Any) -> Any:
    return _gumbel(p, q, (1 + 1 / (p.rate * q.scale)).pow(-p.concentration))


@register_kl(Normal, Gumbel)
def _normal_gumbel(p: Any, q: Any) -> Any:
    return _gumbel(p, q, (-p.loc / q.scale + 0.5 * (p.scale / q.scale).pow(2)).exp())


@register_kl(Uniform, Gumbel)
def _uniform_gumbel(p: Any, q: Any) -> Any:
    ends = (-p.low / q.scale).exp() - (-p.high / q.scale).exp()
    return _gumbel(p, q, q.scale * ends / (p.high - p.low))


# ---------------------------------------------------------------- normal vectors


def _same_events(p: Any, q: Any) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence needs distributions of equal event shapes, got {p.event_shape} and {q.event_shape}"
        )


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _to_low_rank(p: Any, q: Any) -> Any:
    """With Σ_q⁻¹ by Woodbury's formula: tr Σ_q⁻¹ Σ_p is that of D⁻¹ Σ_p less |A L_p|², A = C⁻¹ Wᵀ D⁻¹."""
    _same_events(p, q)
    d = q._unbroadcasted_cov_diag
    a = solve_triangular(q._capacitance_tril, q._unbroadcasted_cov_factor.mT / d.unsqueeze(-2), upper=False)
    trace = (p.variance / d).sum(-1) - sum((a @ part).pow(2).flatten(-2).sum(-1) for part in _roots(p))
    return 0.5 * (q._log_det() - _log_det(p) + q._distance(q.loc - p.loc) + trace - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _from_low_rank(p: Any, q: Any) -> Any:
    _same_events(p, q)
    factor = q._unbroadcasted_scale_tril
    trace = sum(solve_triangular(factor, part, upper=False).pow(2).flatten(-2).sum(-1) for part in _roots(p))
    return 0.5 * (_log_det(q) - _log_det(p) + mahalanobis(factor, q.loc - p.loc) + trace - p.event_shape[0])


def _roots(p: Any) -> list[Any]:
    """Matrices R with Σ R Rᵀ = the covariance."""
    if isinstance(p, MultivariateNormal):
        return [p._unbroadcasted_scale_tril]
    return [p._unbroadcasted_cov_factor, p._unbroadcasted_cov_diag.sqrt().diag_embed()]


def _log_det(p: Any) -> Any:
    return 2 * p._half_log_det() if isinstance(p, MultivariateNormal) else p._log_det()


@register_kl(Wishart, Wishart)
def _wishart(p: Any, q: Any) -> Any:
    _same_events(p, q)
    n, a, b = p.event_shape[0], 0.5 * p.df, 0.5 * q.df
    trace = solve_triangular(q._unbroadcasted_scale_tril, p._unbroadcasted_scale_tril, upper=False).pow(2).sum((-2, -1))
    norms = multigammaln(b, n) - multigammaln(a, n) + 2 * b * (q._half_log_det() - p._half_log_det())
    return norms + a * (trace - n) + (a - b) * multidigamma(a, n)


__all__ = ["kl_divergence", "register_kl"]
