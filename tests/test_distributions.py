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
        D.ContinuousBernoulli(torch.tensor([0.2, 0.5, 0.9])),
        D.FisherSnedecor(5.0, 20.0),
        D.GeneralizedPareto(1.0, 2.0, torch.tensor([-0.3, 0.0, 0.1])),
        D.InverseGamma(torch.tensor(9.0), torch.tensor(8.0)),
        D.Kumaraswamy(torch.tensor(2.0), torch.tensor(3.0)),
        D.LowRankMultivariateNormal(torch.ones(2), torch.tensor([[1.0], [2.0]]), torch.tensor([0.5, 1.0])),
        D.NegativeBinomial(4.0, torch.tensor(0.3)),
        D.Pareto(torch.tensor(1.0), torch.tensor(9.0)),
        D.Weibull(torch.tensor(2.0), torch.tensor(3.0)),
        D.Wishart(torch.tensor(5.0), torch.tensor([[1.0, 0.2], [0.2, 0.5]])),
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
    with pytest.raises(AttributeError, match="Normal"):
        _ = D.Normall


def test_generalized_pareto_where_it_is_exponential():
    """At concentration 0 values and slopes are the limits of those beside it."""
    found = []
    for k in (0.0, 1e-5):
        k = torch.tensor(k, dtype=torch.float64, requires_grad=True)
        d = D.GeneralizedPareto(torch.tensor(1.0, dtype=torch.float64), 2.0, k)
        x, p = torch.tensor(2.5, dtype=torch.float64), torch.tensor(0.3, dtype=torch.float64)
        y = torch.stack([d.log_prob(x), d.cdf(x), d.icdf(p)])
        found.append([*y.tolist(), *[torch.autograd.grad(v, k, retain_graph=True)[0].item() for v in y]])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-4)
    assert D.GeneralizedPareto(0.0, 1.0, -0.5).support.check(torch.tensor([1.9, 2.1])).tolist() == [True, False]


def test_correlations():
    """LKJCholesky(n, 1) is uniform: off the diagonal, the correlations of 2 rows are uniform in (-1, 1)."""
    torch.manual_seed(0)
    x = D.LKJCholesky(2, 1.0).sample((20_000,))
    r = (x @ x.mT)[:, 0, 1]
    torch.testing.assert_close(r.var(), torch.tensor(1 / 3), rtol=0.05, atol=0)
    with pytest.raises(ValueError, match="dim"):
        D.LKJCholesky(1)
    t = D.transforms.CorrCholeskyTransform()
    y = t(torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64))
    torch.testing.assert_close((y @ y.mT).diagonal(), torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(t.inv(y), torch.tensor([0.3, -0.2, 0.9], dtype=torch.float64))
    with pytest.raises(ValueError, match="lower-diagonal"):
        t.forward_shape((4,))


def test_angles():
    """The mean direction of von Mises samples, and their circular variance."""
    torch.manual_seed(0)
    d = D.VonMises(torch.tensor([3.0, -1.0]), torch.tensor([4.0, 0.5]))
    x = d.sample((20_000,))
    c, s = x.cos().mean(0), x.sin().mean(0)
    torch.testing.assert_close(torch.atan2(s, c), d.mean, rtol=0, atol=0.05)
    torch.testing.assert_close(1 - torch.hypot(c, s), d.variance, rtol=0.05, atol=0.01)
    grid = torch.linspace(-torch.pi, torch.pi, 2001, dtype=torch.float64)[:-1]
    total = D.VonMises(0.3, 50.0).log_prob(grid.float()).double().exp().mean() * 2 * torch.pi
    assert total.item() == pytest.approx(1, rel=1e-4)


def test_relaxed_samples_train():
    """The gradients of relaxed samples raise the probability of what is wanted."""
    torch.manual_seed(0)
    logits = torch.zeros(3, requires_grad=True)
    optimizer = torch.optim.SGD([logits], 1.0)
    for _ in range(50):
        x = D.RelaxedOneHotCategorical(torch.tensor(0.5), logits=logits).rsample((64,))
        loss = -x[:, 1].mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert logits.softmax(0)[1].item() > 0.9


def test_what_is_lazy_is_recorded():
    """Probabilities that `sample` computed first have a gradient nevertheless."""
    logits = torch.zeros(3, requires_grad=True)
    d = D.Bernoulli(logits=logits)
    d.sample()
    d.probs.sum().backward()
    assert logits.grad.tolist() == [0.25] * 3


def test_student_t_takes_the_shape_of_all_its_parameters():
    d = D.StudentT(3.0, torch.zeros(4))
    assert d.batch_shape == (4,)
    assert d.sample((5,)).shape == (5, 4)


def test_subclasses_without_expand():
    class Wide(D.Chi2):
        def __init__(self, df):
            super().__init__(df * 2)

    with pytest.raises(NotImplementedError, match="Wide of Chi2"):
        Wide(torch.ones(2)).expand((3, 2))
    assert D.Chi2(torch.ones(2)).expand((3, 2)).df.shape == (3, 2)


def test_which_are_exponential_families():
    assert isinstance(D.Bernoulli(0.5), D.ExponentialFamily)
    assert isinstance(D.Normal(0.0, 1.0), D.ExponentialFamily)
    assert not isinstance(D.Binomial(2, torch.tensor(0.5)), D.ExponentialFamily)
    assert not isinstance(D.Geometric(0.5), D.ExponentialFamily)


def test_transforms_by_distribution_functions_are_equal_only_to_themselves():
    """They once all were, and so was the divergence of what is made of them."""
    first = D.transforms.CumulativeDistributionTransform(D.Normal(0.0, 1.0))
    second = D.transforms.CumulativeDistributionTransform(D.Normal(1.0, 1.0))
    assert first == first
    assert first != second
    p, q = [D.TransformedDistribution(D.Normal(0.0, 1.0), [t]) for t in (first, second)]
    with pytest.raises(NotImplementedError):
        D.kl_divergence(p, q)


@pytest.mark.parametrize(("dim", "shape"), [(0, (2,)), (1, (2,)), (-1, (2,))])
def test_slopes_of_transforms_side_by_side(dim, shape):
    """Along a dimension of the events they are summed, along another they stand side by side."""
    x = torch.arange(4.0).view(2, 2) / 4
    exp, twice = D.transforms.ExpTransform(), D.transforms.AffineTransform(0.0, 2.0)
    both = D.transforms.CatTransform([D.transforms.IndependentTransform(t, 1) for t in (exp, twice)], dim, [1, 1])
    found = both.log_abs_det_jacobian(x, both(x))
    assert both.event_dim == 1
    assert found.shape == shape
    jacobian = torch.autograd.functional.jacobian(both, x).view(4, 4)
    torch.testing.assert_close(found.sum(), jacobian.det().abs().log())
    assert both.inv(both(x)).allclose(x)


def test_transforms_onto_constraints_side_by_side():
    constraints = D.constraints
    for constraint in (
        constraints.cat([constraints.positive, constraints.unit_interval], -1, [1, 2]),
        constraints.stack([constraints.positive, constraints.real, constraints.unit_interval], -1),
    ):
        for registry in (D.biject_to, D.transform_to):
            assert constraint.check(registry(constraint)(torch.randn(5, 3))).all()
    assert constraints.stack([constraints.real_vector, constraints.simplex], -1).event_dim == 1
    assert constraints.stack([constraints.real_vector, constraints.simplex], -2).event_dim == 2
    assert constraints.stack([constraints.real, constraints.real], -1).event_dim == 1


def test_dimensions_of_the_events_of_a_transform():
    assert D.transforms.ExpTransform().event_dim == 0
    assert D.transforms.ExpTransform().inv.event_dim == 0
    with pytest.raises(ValueError, match="1 dimensions before and 2 after"):
        _ = D.transforms.CorrCholeskyTransform().event_dim


def test_divergences_at_the_ends():
    """What p never gives costs nothing, whatever q says of it."""
    sure = D.Bernoulli(torch.tensor([0.0, 0.3, 1.0]))
    torch.testing.assert_close(D.kl_divergence(sure, sure), torch.zeros(3))
    other = D.Bernoulli(torch.tensor([1.0, 0.0, 0.0]))
    assert D.kl_divergence(sure, other).isinf().all()


def test_divergences_that_are_infinite_whatever_the_means():
    heavy = D.Pareto(torch.tensor([1.0, 2.0]), torch.tensor([0.5, 3.0]))  # the first has no mean
    for p, q in ((heavy, D.Uniform(0.0, 1.0)), (D.Normal(0.0, 1.0), heavy)):
        assert (D.kl_divergence(p, q) == float("inf")).all()
    assert D.kl_divergence(D.Normal(torch.zeros(3, 1), 1.0), heavy).shape == (3, 2)


def test_the_divergence_of_wishart_distributions():
    """In one dimension Wishart(df, v) is Gamma(df / 2, 1 / 2v)."""
    p, q = [D.Wishart(torch.tensor(df), torch.tensor([[v]])) for df, v in ((4.0, 2.0), (3.0, 0.5))]
    a, b = [D.Gamma(d.df / 2, 0.5 / d.covariance_matrix[0, 0]) for d in (p, q)]
    torch.testing.assert_close(D.kl_divergence(p, q), D.kl_divergence(a, b))
    wide = D.Wishart(torch.tensor(4.0), torch.tensor([[2.0, 0.5], [0.5, 1.0]]))
    torch.testing.assert_close(D.kl_divergence(wide, wide), torch.tensor(0.0))
    with pytest.raises(ValueError, match="equal event shapes"):
        D.kl_divergence(wide, p)


def test_values_without_end():
    inf = torch.tensor(float("inf"))
    flat = D.GeneralizedPareto(0.0, 1.0, 0.0)
    assert flat.icdf(torch.tensor(1.0)) == inf
    assert flat.log_prob(inf) == -inf
    assert flat.cdf(inf) == 1
    assert D.Pareto(torch.tensor(1.0), torch.tensor(2.0)).log_prob(inf) == -inf


def test_values_and_parameters_broadcast():
    d = D.ContinuousBernoulli(torch.tensor([0.1, 0.5, 0.9]))
    values = torch.tensor([[0.0], [0.25], [1.0]])
    expected = torch.stack([d.log_prob(row.expand(3)) for row in values])
    torch.testing.assert_close(d.log_prob(values), expected)


def test_numbers_as_values():
    half = torch.tensor(0.5)
    assert D.Gamma(2.0, 1.0).log_prob(0.5) == D.Gamma(2.0, 1.0).log_prob(half)
    assert D.Gamma(2.0, 1.0).log_prob(half.double()).dtype is torch.float32
    for kind in (D.HalfCauchy, D.HalfNormal):
        assert kind(1.0, validate_args=False).log_prob(0.5) == kind(1.0).log_prob(half)
