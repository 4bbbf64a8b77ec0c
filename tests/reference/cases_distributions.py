"""Distributions as programs over `torch`, which may be minitorch or PyTorch: samples from a seed, densities,
moments.
"""

from contextlib import suppress

import numpy as np
from cases import _array, case

CASES = {}
SHAPE = (4, 3)
D64 = "float64"

# name: (parameters of a random generator, values of its support, whether PyTorch draws what we draw)
POSITIVE = {"low": 0.3, "high": 3.0}


def _uniform(rng, low=-1.0, high=1.0, shape=SHAPE):
    return rng.uniform(low, high, shape)


def _weights(rng, shape=SHAPE):
    x = rng.uniform(0.1, 1.0, shape)
    return x / x.sum(-1, keepdims=True)


def _matrix(rng):
    x = rng.standard_normal((3, 3))
    return x @ x.T + np.eye(3)


KINDS = {
    "Normal": (lambda r: {"loc": _uniform(r), "scale": _uniform(r, **POSITIVE)}, _uniform),
    "Uniform": (lambda r: {"low": _uniform(r), "high": _uniform(r, 2, 3)}, lambda r: _uniform(r, 1, 2)),
    "Exponential": (lambda r: {"rate": _uniform(r, **POSITIVE)}, lambda r: _uniform(r, **POSITIVE)),
    "Laplace": (lambda r: {"loc": _uniform(r), "scale": _uniform(r, **POSITIVE)}, _uniform),
    "Cauchy": (lambda r: {"loc": _uniform(r), "scale": _uniform(r, **POSITIVE)}, _uniform),
    "Gumbel": (lambda r: {"loc": _uniform(r), "scale": _uniform(r, **POSITIVE)}, _uniform),
    "HalfNormal": (lambda r: {"scale": _uniform(r, **POSITIVE)}, lambda r: _uniform(r, **POSITIVE)),
    "HalfCauchy": (lambda r: {"scale": _uniform(r, **POSITIVE)}, lambda r: _uniform(r, **POSITIVE)),
    "LogNormal": (
        lambda r: {"loc": _uniform(r), "scale": _uniform(r, **POSITIVE)},
        lambda r: _uniform(r, **POSITIVE),
    ),
    "Gamma": (
        lambda r: {"concentration": _uniform(r, **POSITIVE), "rate": _uniform(r, **POSITIVE)},
        lambda r: _uniform(r, **POSITIVE),
    ),
    "Chi2": (lambda r: {"df": _uniform(r, **POSITIVE)}, lambda r: _uniform(r, **POSITIVE)),
    "StudentT": (
        lambda r: {"df": _uniform(r, 0.5, 5), "loc": _uniform(r), "scale": _uniform(r, **POSITIVE)},
        _uniform,
    ),
    "Beta": (
        lambda r: {"concentration1": _uniform(r, **POSITIVE), "concentration0": _uniform(r, **POSITIVE)},
        lambda r: _uniform(r, 0.1, 0.9),
    ),
    "Dirichlet": (lambda r: {"concentration": _uniform(r, **POSITIVE)}, _weights),
    "Bernoulli": (lambda r: {"probs": _uniform(r, 0.1, 0.9)}, lambda r: r.integers(0, 2, SHAPE).astype(D64)),
    "Bernoulli logits": (lambda r: {"logits": _uniform(r)}, lambda r: r.integers(0, 2, SHAPE).astype(D64)),
    "Geometric": (lambda r: {"probs": _uniform(r, 0.1, 0.9)}, lambda r: r.integers(0, 9, SHAPE).astype(D64)),
    "Geometric logits": (lambda r: {"logits": _uniform(r)}, lambda r: r.integers(0, 9, SHAPE).astype(D64)),
    "Poisson": (lambda r: {"rate": _uniform(r, 0.5, 20)}, lambda r: r.integers(0, 9, SHAPE).astype(D64)),
    "Binomial": (
        lambda r: {"total_count": np.full(SHAPE, 9.0), "probs": _uniform(r, 0.1, 0.9)},
        lambda r: r.integers(0, 10, SHAPE).astype(D64),
    ),
    "Binomial logits": (
        lambda r: {"total_count": np.full(SHAPE, 9.0), "logits": _uniform(r)},
        lambda r: r.integers(0, 10, SHAPE).astype(D64),
    ),
    "Categorical": (lambda r: {"probs": _uniform(r, 0.1, 2)}, lambda r: r.integers(0, 3, SHAPE[:1])),
    "Categorical logits": (lambda r: {"logits": _uniform(r)}, lambda r: r.integers(0, 3, SHAPE[:1])),
    "OneHotCategorical": (lambda r: {"logits": _uniform(r)}, lambda r: np.eye(3)[r.integers(0, 3, SHAPE[:1])]),
    "Multinomial": (
        lambda r: {"total_count": 5, "logits": _uniform(r)},
        lambda r: r.multinomial(5, [0.2, 0.3, 0.5], SHAPE[:1]).astype(D64),
    ),
    "MultivariateNormal": (lambda r: {"loc": _uniform(r), "covariance_matrix": _matrix(r)}, _uniform),
    "MultivariateNormal precision": (lambda r: {"loc": _uniform(r), "precision_matrix": _matrix(r)}, _uniform),
    "MultivariateNormal tril": (
        lambda r: {"loc": _uniform(r), "scale_tril": np.linalg.cholesky(_matrix(r))},
        _uniform,
    ),
}


def _unit(rng):
    return _uniform(rng, 0.1, 0.9)


def _above(rng):
    return _uniform(rng, **POSITIVE)


def _correlation(rng, n=3):
    x = np.tril(rng.uniform(0.2, 1, (4, n, n)))
    return x / np.sqrt((x * x).sum(-1, keepdims=True))


KINDS |= {
    "ContinuousBernoulli": (lambda r: {"probs": _unit(r)}, _unit),
    "ContinuousBernoulli logits": (
        lambda r: {"logits": _uniform(r) * [1, 4, 1e-4]},
        _unit,
    ),
    "FisherSnedecor": (lambda r: {"df1": _uniform(r, 1, 9), "df2": _uniform(r, 1, 9)}, _above),
    "InverseGamma": (lambda r: {"concentration": _uniform(r, 0.5, 4), "rate": _above(r)}, _above),
    "Kumaraswamy": (lambda r: {"concentration1": _above(r), "concentration0": _above(r)}, _unit),
    "LogisticNormal": (lambda r: {"loc": _uniform(r), "scale": _above(r)}, lambda r: _weights(r, (4, 4))),
    "LKJCholesky": (lambda r: {"dim": 3, "concentration": _uniform(r, 0.5, 3, (4,))}, _correlation),
    "LowRankMultivariateNormal": (
        lambda r: {"loc": _uniform(r), "cov_factor": _uniform(r, shape=(3, 2)), "cov_diag": _uniform(r, 0.3, 3, (3,))},
        _uniform,
    ),
    "NegativeBinomial": (
        lambda r: {"total_count": _uniform(r, 1, 9), "probs": _unit(r)},
        lambda r: r.integers(0, 9, SHAPE).astype(D64),
    ),
    "NegativeBinomial logits": (
        lambda r: {"total_count": np.full(SHAPE, 4.0), "logits": _uniform(r)},
        lambda r: r.integers(0, 9, SHAPE).astype(D64),
    ),
    "Pareto": (lambda r: {"scale": _uniform(r, 0.3, 0.9), "alpha": _uniform(r, 1.1, 5)}, lambda r: _uniform(r, 1, 3)),
    "RelaxedBernoulli": (lambda r: {"temperature": _above(r), "probs": _unit(r)}, _unit),
    "RelaxedBernoulli logits": (lambda r: {"temperature": np.array(0.7), "logits": _uniform(r)}, _unit),
    "RelaxedOneHotCategorical": (lambda r: {"temperature": np.array(0.4), "logits": _uniform(r)}, _weights),
    "VonMises": (lambda r: {"loc": _uniform(r), "concentration": _above(r)}, _uniform),
    "Weibull": (lambda r: {"scale": _above(r), "concentration": _uniform(r, 1.1, 3)}, _above),
    "Wishart": (
        lambda r: {"df": _uniform(r, 4.5, 9, (4,)), "covariance_matrix": _matrix(r)},
        lambda r: np.stack([_matrix(r) for _ in range(4)]),
    ),
    "Wishart tril": (
        lambda r: {"df": _uniform(r, 2.5, 9, (4,)), "scale_tril": np.linalg.cholesky(_matrix(r))},
        lambda r: np.stack([_matrix(r) for _ in range(4)]),
    ),
    "Wishart precision": (lambda r: {"df": np.array(4.5), "precision_matrix": _matrix(r)}, _matrix),
}
FIGURES = ["mean", "variance", "stddev", "mode", "entropy", "perplexity"]
# The slopes of gamma samples are exact here and good to three digits in PyTorch; a binomial sample takes other numbers.
SLOPES_DIFFER = {"Gamma", "Chi2", "StudentT", "Beta", "Dirichlet", "FisherSnedecor", "InverseGamma", "Wishart"}
SAMPLES_DIFFER = {"Binomial", "Wishart"}  # PyTorch throws the first ten samples of Wishart away


def _made(torch, name, arguments, grad=True):
    made = {
        k: torch.tensor(v).requires_grad_(grad and k != "total_count") if isinstance(v, np.ndarray) else v
        for k, v in arguments.items()
    }
    return getattr(torch.distributions, name.split()[0])(**made), made


def _figures(d):
    found = {}
    for name in FIGURES:
        if name == "mode" and type(d).__name__ == "Kumaraswamy":
            continue  # PyTorch's is NaN
        with suppress(NotImplementedError):
            value = getattr(d, name)
            found[name] = _array(value() if callable(value) else value)
    return found


def _register(name, parameters, values):
    kind = name.split()[0]

    @case(f"{name} density", CASES)
    def run(torch, rng):
        d, made = _made(torch, name, parameters(rng))
        x = torch.tensor(values(rng))
        found = _figures(d) | {"log_prob": _array(d.log_prob(x))}
        d.log_prob(x).sum().backward()
        found |= {f"{k}.grad": _array(p.grad) for k, p in made.items() if hasattr(p, "grad") and p.requires_grad}
        for function in ("cdf", "icdf"):
            at = torch.tensor(_uniform(rng, 0.1, 0.9)) if function == "icdf" else x
            with suppress(NotImplementedError):
                found[function] = _array(getattr(d, function)(at))
        wide = d.expand((2, *d.batch_shape))
        return found | {"expanded": _array(wide.log_prob(x)), "repr": np.array(repr(d))}

    @case(f"{name} samples", CASES)
    def draw(torch, rng):
        d, made = _made(torch, name, parameters(rng))
        torch.manual_seed(3)
        found = {} if kind in SAMPLES_DIFFER else {"sample": _array(d.sample((2,)))}
        found["shape"] = np.array(d.sample((2, 5)).shape)
        if d.has_rsample:
            x = d.rsample((3,))
            found |= {} if kind in SAMPLES_DIFFER else {"rsample": _array(x)}
            if kind not in SLOPES_DIFFER:
                x.square().sum().backward()
                found |= {f"{k}.grad": _array(p.grad) for k, p in made.items()}
        if d.has_enumerate_support and not kind.startswith("Multi"):
            found["support"] = _array(d.enumerate_support())
        return found


for _name, (_parameters, _values) in KINDS.items():
    _register(_name, _parameters, _values)


# ---------------------------------------------------------------- divergences

ALIKE = [
    *(
        "Normal",
        "Bernoulli",
        "Categorical",
        "OneHotCategorical",
        "Geometric",
        "Poisson",
        "Exponential",
        "Gamma",
        "Dirichlet",
    ),
    *("Beta", "Laplace", "Cauchy", "Gumbel", "HalfNormal", "Uniform", "MultivariateNormal", "LogNormal", "Binomial"),
    *("ContinuousBernoulli", "Pareto", "InverseGamma", "LowRankMultivariateNormal"),
]
MIXED = [
    *(("Bernoulli", "Poisson"), ("Exponential", "Gamma"), ("Gamma", "Exponential"), ("Exponential", "Normal")),
    *(("Gamma", "Normal"), ("Beta", "Normal"), ("Laplace", "Normal"), ("Uniform", "Normal"), ("Normal", "Laplace")),
    *(("Beta", "Uniform"), ("Normal", "Uniform"), ("Laplace", "Beta"), ("Poisson", "Bernoulli"), ("Uniform", "Beta")),
    *(("Uniform", "Exponential"), ("Exponential", "Beta"), ("Beta", "ContinuousBernoulli"), ("Beta", "Exponential")),
    *(("Beta", "Gamma"), ("Beta", "Pareto"), ("ContinuousBernoulli", "Exponential"), ("ContinuousBernoulli", "Normal")),
    *(("ContinuousBernoulli", "Pareto"), ("ContinuousBernoulli", "Uniform"), ("Exponential", "ContinuousBernoulli")),
    *(("Exponential", "Gumbel"), ("Exponential", "Pareto"), ("Gamma", "Gumbel"), ("Gumbel", "Beta")),
    *(("Gumbel", "Normal"), ("Gumbel", "Uniform"), ("Laplace", "Pareto"), ("Normal", "Gumbel"), ("Normal", "Pareto")),
    *(("Pareto", "Beta"), ("Pareto", "Exponential"), ("Pareto", "Gamma"), ("Pareto", "Normal"), ("Pareto", "Uniform")),
    *(("Uniform", "ContinuousBernoulli"), ("Uniform", "Gamma"), ("Uniform", "Gumbel"), ("Uniform", "Pareto")),
    *(("MultivariateNormal", "LowRankMultivariateNormal"), ("LowRankMultivariateNormal", "MultivariateNormal")),
]


for _p, _q in [*[(name, name) for name in ALIKE], *MIXED]:

    @case(f"kl {_p} {_q}", CASES)
    def divergence(torch, rng, p=_p, q=_q):
        first, made = _made(torch, p, KINDS[p][0](rng))
        second, _ = _made(torch, q, KINDS[q][0](rng))
        kl = torch.distributions.kl_divergence(first, second)
        found = {"kl": _array(kl)}
        if kl.requires_grad and bool(torch.isfinite(kl).all()):
            kl.sum().backward()
            found |= {f"{k}.grad": _array(v.grad) for k, v in made.items() if getattr(v, "grad", None) is not None}
        return found


@case("GeneralizedPareto", CASES)
def _generalized_pareto(torch, rng):
    """In float32: in float64 PyTorch mixes dtypes."""
    made = [_uniform(rng), _above(rng), _uniform(rng, 0.1, 1.2) * [[1.0, -0.1, 1.0]]]
    given = [torch.tensor(p.astype("float32"), requires_grad=True) for p in made]
    d = torch.distributions.GeneralizedPareto(*given)
    torch.manual_seed(3)
    x = d.rsample((2,))
    (x.square().sum() + d.log_prob(x.detach()).sum()).backward()
    found = _figures(d) | {"x": _array(x), "log_prob": _array(d.log_prob(x)), "cdf": _array(d.cdf(x))}
    found["icdf"] = _array(d.icdf(torch.tensor(_unit(rng).astype("float32"))))
    found |= {f"{i}.grad": _array(p.grad) for i, p in enumerate(given)}
    return found | {"repr": np.array(f"{d!r} {d.expand((2, 4, 3)).batch_shape}")}


@case("kl Independent", CASES)
def _independent(torch, rng):
    D = torch.distributions
    p, q = [D.Independent(_made(torch, "Normal", KINDS["Normal"][0](rng))[0], 1) for _ in range(2)]
    x = torch.tensor(_uniform(rng))
    found = {"kl": D.kl_divergence(p, q), "log_prob": p.log_prob(x), "entropy": p.entropy(), "mean": p.mean}
    return {k: _array(v) for k, v in found.items()} | {"event": np.array(p.event_shape), "repr": np.array(repr(p))}


# ---------------------------------------------------------------- transforms

TRANSFORMS = {
    "Exp": lambda T, t: T.ExpTransform(),
    "Power": lambda T, t: T.ComposeTransform([T.ExpTransform(), T.PowerTransform(t([2.0, 0.5, 3.0]))]),
    "Softplus": lambda T, t: T.SoftplusTransform(),
    "Sigmoid": lambda T, t: T.SigmoidTransform(),
    "Tanh": lambda T, t: T.TanhTransform(),
    "Affine": lambda T, t: T.AffineTransform(0.5, t([-2.0, 1.0, 3.0])),
    "Affine events": lambda T, t: T.AffineTransform(0.5, -2.0, event_dim=1),
    "Compose": lambda T, t: T.ComposeTransform([T.AffineTransform(1.0, 0.5), T.TanhTransform(), T.ExpTransform()]),
    "Inverse": lambda T, t: T.SigmoidTransform().inv.inv,
    "Independent": lambda T, t: T.IndependentTransform(T.ExpTransform(), 1),
    "StickBreaking": lambda T, t: T.StickBreakingTransform(),
    "CorrCholesky": lambda T, t: T.CorrCholeskyTransform(),
    "Reshape": lambda T, t: T.ReshapeTransform((3,), (3, 1)),
    "Cat": lambda T, t: T.CatTransform([T.ExpTransform(), T.TanhTransform()], dim=-1, lengths=[1, 2]),
    "Stack": lambda T, t: T.StackTransform([T.ExpTransform(), T.TanhTransform(), T.SigmoidTransform()], dim=-1),
}

for _name, _make in TRANSFORMS.items():

    @case(f"transform {_name}", CASES)
    def transform(torch, rng, make=_make):
        t = make(torch.distributions.transforms, lambda x: torch.tensor(x, dtype=torch.float64))
        x = torch.tensor(_uniform(rng), requires_grad=True)
        y = t(x)
        slope = t.log_abs_det_jacobian(x, y)
        (slope.sum() + y.square().sum()).backward()
        shapes = [*t.forward_shape((4, 3)), *t.inverse_shape(tuple(y.shape))]
        found = {"y": y, "back": t.inv(y), "slope": slope, "x.grad": x.grad}
        text = np.array(f"{t!r} {t.domain!r} {t.codomain!r} {t.bijective} {shapes}")
        return {k: _array(v) for k, v in found.items()} | {"text": text}


def _squashed(D):
    T = D.transforms
    return lambda base: D.TransformedDistribution(base, [T.TanhTransform(cache_size=1), T.AffineTransform(0.5, 2.0)])


@case("TransformedDistribution", CASES)
def _transformed(torch, rng):
    D = torch.distributions
    base, made = _made(torch, "Normal", KINDS["Normal"][0](rng))
    d = _squashed(D)(base)
    torch.manual_seed(1)
    x = d.rsample((2,))
    y = d.log_prob(x)
    y.sum().backward()
    found = {
        "x": x,
        "y": y,
        "cdf": d.cdf(x),
        "grad": made["scale"].grad,
        "icdf": d.icdf(torch.tensor(_uniform(rng, 0.1, 0.9))),
    }
    wide = d.expand((2, 4, 3))
    found |= {"expanded": wide.log_prob(x)}
    text = np.array(f"{d!r} {d.support!r} {tuple(wide.batch_shape)}")
    return {k: _array(v) for k, v in found.items()} | {"text": text}


@case("MixtureSameFamily", CASES)
def _mixture(torch, rng):
    D = torch.distributions
    parts = _made(torch, "Normal", KINDS["Normal"][0](rng))[0]
    d = D.MixtureSameFamily(D.Categorical(torch.tensor(_weights(rng))), parts)
    torch.manual_seed(1)
    x = d.sample((5,))
    found = {"x": x, "y": d.log_prob(x), "cdf": d.cdf(x), "mean": d.mean, "variance": d.variance}
    return {k: _array(v) for k, v in found.items()}


@case("constraints", CASES)
def _constraints(torch, rng):
    C = torch.distributions.constraints
    x = torch.tensor(
        [[-1.0, 0.0, 1.0], [0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [2.0, float("nan"), 3.0]], dtype=torch.float64
    )
    kinds = [
        *(C.real, C.positive, C.nonnegative, C.unit_interval, C.boolean, C.one_hot, C.simplex, C.nonnegative_integer),
        *(
            C.positive_integer,
            C.integer_interval(0, 2),
            C.less_than(1.0),
            C.half_open_interval(0.0, 1.0),
            C.real_vector,
        ),
        *(C.multinomial(2), C.independent(C.positive, 1)),
    ]
    found = {repr(c) + str(i): _array(c.check(x)) for i, c in enumerate(kinds)}
    m = torch.tensor(np.stack([_matrix(rng), np.tril(_matrix(rng)), -np.eye(3)]))
    for c in (
        C.lower_triangular,
        C.lower_cholesky,
        C.symmetric,
        C.positive_definite,
        C.positive_semidefinite,
        C.square,
    ):
        found[repr(c)] = _array(c.check(m))
    for registry in ("biject_to", "transform_to"):
        for i, c in enumerate([C.real, C.positive, C.unit_interval, C.interval(2.0, 5.0), C.less_than(2.0), C.simplex]):
            t = getattr(torch.distributions, registry)(c)
            found[f"{registry} {i}"] = _array(t(x[:3]))
    return found


WRONG = {
    "nan": lambda D, t: D.Normal(t([0.0, float("nan")]), -1.0),
    "scale": lambda D, t: D.Normal(0.0, -1.0),
    "value": lambda D, t: D.Normal(0.0, 1.0).log_prob(t(float("nan"))),
    "number": lambda D, t: D.Normal(0.0, 1.0).log_prob(1.0),
    "both": lambda D, t: D.Categorical(probs=t([1.0]), logits=t([1.0])),
    "none": lambda D, t: D.Bernoulli(),
    "0-d": lambda D, t: D.Categorical(probs=t(1.0)),
    "class": lambda D, t: D.Categorical(probs=t([[1.0, 1.0]] * 4)).log_prob(t([1, 1, 2, 1])),
    "batch": lambda D, t: D.Categorical(probs=t([[1.0, 1.0]] * 4)).log_prob(t([1, 1])),
    "low": lambda D, t: D.Uniform(2.0, 1.0),
    "outside": lambda D, t: D.Uniform(1.0, 2.0).log_prob(t(3.0)),
    "count": lambda D, t: D.Binomial(3, probs=t([1.0, 1.0])).log_prob(t([4.0, 1.0])),
    "geometric": lambda D, t: D.Geometric(t(0.0)),
    "matrix": lambda D, t: D.MultivariateNormal(t([0.0, 0.0])),
    "loc": lambda D, t: D.MultivariateNormal(t(0.0), t([[1.0]])),
    "definite": lambda D, t: D.MultivariateNormal(t([0.0, 0.0]), t([[-1.0, 0.0], [0.0, -1.0]])),
    "event": lambda D, t: D.MultivariateNormal(t([0.0]), t([[1.0]])).log_prob(t([0.0, 1.0])),
    "independent": lambda D, t: D.Independent(D.Normal(t([0.0]), 1.0), 2),
    "dirichlet": lambda D, t: D.Dirichlet(t(1.0)),
}


@case("errors", CASES)
def _errors(torch, rng):
    found = {}
    for name, make in WRONG.items():
        try:
            make(torch.distributions, torch.tensor)
        except ValueError as error:
            found[name] = np.array(str(error))
    return found
