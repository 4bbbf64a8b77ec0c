"""Distributions: samples have the moments they should, gradients of samples are slopes, users' own classes work."""

import itertools
from typing import ClassVar

import numpy as np
import pytest

import minitorch as torch
from minitorch import distributions as D
from minitorch.kernels import gamma as kernels
from minitorch.kernels import scalar


@pytest.mark.parametrize(
    "d",
    [
        D.Binomial(20, torch.tensor(0.3)),
        D.Gamma(0.4, 2.0),
        D.Beta(0.5, 2.0),
        D.StudentT(9.0, 1.0, 2.0),
        D.Poisson(30.0),
        D.Gumbel(1.0, 2.0),
        D.Multinomial(5, torch.tensor([0.2, 0.3, 0.5])),
        D.MultivariateNormal(torch.zeros(2), torch.tensor([[2.0, 0.5], [0.5, 1.0]])),
        D.LogNormal(0.0, 0.3),
        D.HalfNormal(2.0),
    ],
    ids=lambda d: type(d).__name__,
)
def test_moments_of_samples(d):
    torch.manual_seed(0)
    x = d.sample((40_000,))
    torch.testing.assert_close(x.mean(0), d.mean, rtol=0.05, atol=0.05)
    torch.testing.assert_close(x.var(0), d.variance, rtol=0.1, atol=0.05)


def _slope(cdf, a, x, h=1e-5):
    """dx/da at a fixed value of the distribution function, by differences of its integral."""
    density = (cdf(a, x * (1 + h)) - cdf(a, x * (1 - h))) / (2 * h * x)
    return -(cdf(a * (1 + h), x) - cdf(a * (1 - h), x)) / (2 * h * a) / density


@pytest.mark.parametrize("a", [0.05, 0.5, 1.0, 3.0, 40.0])
def test_slope_of_gamma_samples(a):
    x = np.array([0.3, 0.9, 1.1, 2.0]) * a
    with np.errstate(all="ignore"):
        expected = _slope(lambda p, y: kernels.gamma_cdf(np.full_like(y, p), y), a, x)
    np.testing.assert_allclose(kernels.gamma_slope(np.full_like(x, a), x), expected, rtol=1e-4)


@pytest.mark.parametrize(("a", "b"), [*itertools.product([0.3, 1.0, 5.0], [0.4, 2.0, 9.0])])
def test_slope_of_beta_samples(a, b):
    """Against Simpson's rule for the derivative of the distribution function."""
    for x in (0.1, 0.5, 0.9):
        s = np.linspace(0, 60 / min(a, 1), 400_001)
        t = x * np.exp(-s)
        inner = np.exp(-a * s + (b - 1) * (np.log1p(-t) - np.log1p(-x)))
        centre = (scalar.digamma(np.array(a)) - scalar.digamma(np.array(a + b))).item()
        y = inner * (centre - np.log(x) + s)
        expected = x * (y[0] + y[-1] + 4 * y[1::2].sum() + 2 * y[2:-1:2].sum()) * (s[1] - s[0]) / 3
        found = kernels.beta_slope(np.array([a]), np.array([b]), np.array([x]))[0]
        np.testing.assert_allclose(found, expected, rtol=2e-5)


def test_gradients_of_gamma_and_dirichlet_samples():
    """E x² = a (a + 1) for the gamma distribution; E p₀ = a₀ / Σ a for the Dirichlet distribution."""
    torch.manual_seed(0)
    a = torch.tensor(1.5, requires_grad=True)
    D.Gamma(a, 1.0).rsample((20_000,)).square().mean().backward()
    assert a.grad.item() == pytest.approx(2 * 1.5 + 1, rel=0.05)
    c = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    D.Dirichlet(c).rsample((20_000,))[:, 0].mean().backward()
    torch.testing.assert_close(c.grad, torch.tensor([5 / 36, -1 / 36, -1 / 36]), rtol=0.1, atol=0.005)


def test_the_twin_draws_the_same():
    alphas = np.array([0.3, 1.0, 7.0, 0.0])
    units, out, again = np.random.default_rng(0).random(40), np.zeros(4), np.zeros(4)
    found = kernels._gammas(alphas, units, np.nan, out)
    expected = kernels._gammas_python(alphas, units, np.nan, again)
    np.testing.assert_allclose(out, again)
    assert found[:2] == expected[:2]
    few = kernels._gammas_python(alphas, units[:2], np.nan, again)
    assert few[0] < 4


def test_own_distributions():
    class Shifted(D.Distribution):
        arg_constraints: ClassVar = {"loc": D.constraints.real}
        support = D.constraints.real
        has_rsample = True

        def __init__(self, loc):
            self.loc = loc
            super().__init__(loc.shape)

        def rsample(self, sample_shape=()):
            return self.loc + torch.rand(self._extended_shape(sample_shape))

        def log_prob(self, value):
            self._validate_sample(value)
            return torch.where((value >= self.loc) & (value < self.loc + 1), 0.0, -float("inf"))

    @D.register_kl(Shifted, Shifted)
    def _kl(p, q):
        return torch.where(p.loc == q.loc, 0.0, float("inf"))

    d = Shifted(torch.zeros(3))
    assert d.sample((2,)).shape == (2, 3)
    assert d.log_prob(torch.full((3,), 0.5)).tolist() == [0, 0, 0]
    assert D.kl_divergence(d, d).tolist() == [0, 0, 0]
    with pytest.raises(NotImplementedError, match="must also define a custom"):
        d.expand((2, 3))
    with pytest.raises(ValueError, match="to satisfy the constraint Real"):
        Shifted(torch.tensor([float("nan")]))


def test_checks_can_be_switched_off():
    assert D.Normal(0.0, -1.0, validate_args=False).scale == -1
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="GreaterThan"):
        D.Normal(0.0, -1.0)


def test_a_cache_keeps_the_value():
    t = D.TanhTransform(cache_size=1)
    x = torch.tensor([30.0])
    assert t.inv(t(x)) is x
    assert torch.isinf(D.TanhTransform().inv(D.TanhTransform()(x)))


def test_a_policy_learns():
    """REINFORCE with a Categorical policy finds the arm that pays."""
    torch.manual_seed(0)
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=0.5)
    for _ in range(100):
        policy = D.Categorical(logits=logits)
        action = policy.sample((16,))
        reward = (action == 2).float()
        loss = -(policy.log_prob(action) * (reward - reward.mean())).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert D.Categorical(logits=logits).probs[2] > 0.9


def test_what_is_not_there():
    with pytest.raises(NotImplementedError, match=r"Normal.*Poisson"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Poisson(1.0))
    with pytest.raises(NotImplementedError, match="Cannot transform"):
        D.biject_to(D.constraints.boolean)
    with pytest.raises(AttributeError, match="VonMises"):
        _ = D.VonMises
