"""Optimizers: the same training run with PyTorch and with minitorch; parameters, state and options compared."""

import copy
import importlib

import numpy as np
import pytest
import torch
from oracle.compare import same, values

import minitorch

OPTIMIZERS = {
    "SGD": ("SGD", {"lr": 0.05}),
    "SGD momentum": ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01, "maximize": True}),
    "SGD nesterov": ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    "Adam": ("Adam", {"lr": 0.05, "betas": (0.8, 0.9), "weight_decay": 0.1}),
    "Adam amsgrad": ("Adam", {"lr": 0.05, "amsgrad": True, "maximize": True}),
    "Adam decoupled": ("Adam", {"lr": 0.05, "weight_decay": 0.2, "decoupled_weight_decay": True}),
    "AdamW": ("AdamW", {"lr": 0.05, "weight_decay": 0.2}),
    "Adamax": ("Adamax", {"lr": 0.05, "weight_decay": 0.1}),
    "Adamax maximize": ("Adamax", {"maximize": True, "eps": 1e-3}),
    "NAdam": ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "momentum_decay": 0.01}),
    "NAdam decoupled": ("NAdam", {"lr": 0.05, "weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}),
    "RAdam": ("RAdam", {"lr": 0.05, "weight_decay": 0.1}),
    "RAdam decoupled": ("RAdam", {"betas": (0.7, 0.8), "weight_decay": 0.1, "decoupled_weight_decay": True}),
    "RAdam early": ("RAdam", {"betas": (0.9, 0.5), "maximize": True}),
    "Adagrad": ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.2}),
    "Adagrad maximize": ("Adagrad", {"maximize": True}),
    "Adadelta": ("Adadelta", {"weight_decay": 0.1}),
    "Adadelta maximize": ("Adadelta", {"rho": 0.5, "eps": 1e-3, "maximize": True}),
    "RMSprop": ("RMSprop", {"weight_decay": 0.1}),
    "RMSprop momentum": ("RMSprop", {"momentum": 0.9}),
    "RMSprop centered": ("RMSprop", {"centered": True, "maximize": True}),
    "RMSprop both": ("RMSprop", {"centered": True, "momentum": 0.5, "alpha": 0.9}),
    "Rprop": ("Rprop", {"lr": 0.1}),
    "Rprop bounds": ("Rprop", {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (0.01, 0.15), "maximize": True}),
    "ASGD": ("ASGD", {"lambd": 0.1, "weight_decay": 0.1}),
    "ASGD averaging": ("ASGD", {"t0": 3, "alpha": 0.5}),
    "Adafactor": ("Adafactor", {}),
    "Adafactor all": (
        "Adafactor",
        {"eps": (1e-6, 1e-2), "d": 1.5, "weight_decay": 0.1, "beta2_decay": -0.5, "maximize": True},
    ),
}


def train(library, kind, options, dtype, steps=12, tensor_lr=False):
    """Some steps on two groups, one interrupted by a checkpoint; parameters and state after each."""
    rng = np.random.default_rng(0)
    shapes = [(3, 4), (5,), (), (2, 3, 2)]
    params = [library.tensor(np.asarray(rng.standard_normal(s), dtype)).requires_grad_() for s in shapes]
    unused = library.ones(2, requires_grad=True)
    if tensor_lr:
        options = {**options, "lr": library.tensor(options.get("lr", 0.01), dtype=library.float64)}
    groups = [{"params": params[:2]}, {"params": [*params[2:], unused], "lr": 0.013}]
    optimizer = getattr(library.optim, kind)(groups, **options)
    found = []
    for step in range(steps):
        optimizer.zero_grad()
        loss = sum((p - 0.3).pow(4).sum() + p.sin().sum() for p in params)
        loss.backward()
        optimizer.step()
        if step == steps // 2:
            state = copy.deepcopy(optimizer.state_dict())
            optimizer = getattr(library.optim, kind)(groups)
            optimizer.load_state_dict(state)
        found.append(values(params))
    return found, values(optimizer.state_dict())


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_training(name, dtype):
    ours, theirs = (train(library, *OPTIMIZERS[name], dtype) for library in (minitorch, torch))
    same(ours, theirs, 2e-5 if dtype == "float32" else 1e-9)


@pytest.mark.parametrize("name", ["SGD", "Adam", "NAdam", "RMSprop", "Rprop", "Adafactor"])
def test_learning_rate_as_tensor(name):
    ours, theirs = (train(library, name, {}, "float64", tensor_lr=True) for library in (minitorch, torch))
    same(ours, theirs, 1e-9)


def rosenbrock(library, options, rounds, **start):
    x = library.tensor([-1.5, 2.0], dtype=library.float64, requires_grad=True)
    y = library.tensor([[0.5]], dtype=library.float64, requires_grad=True)
    optimizer = library.optim.LBFGS([x, y], **options)
    found = []

    def closure():
        optimizer.zero_grad()
        loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + ((y - 2) ** 4).sum()
        loss.backward()
        return loss

    for _ in range(rounds):
        found.append([optimizer.step(closure).item(), values(x), values(y)])
    state = optimizer.state_dict()["state"][0]
    return found, {k: state[k] for k in ("func_evals", "n_iter")}, set(state) - {"al"}


@pytest.mark.parametrize(
    "options",
    [
        {"line_search_fn": "strong_wolfe"},
        {"line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 5},
        {"line_search_fn": "strong_wolfe", "max_iter": 4, "max_eval": 6, "lr": 0.5},
        {"lr": 0.01, "max_iter": 7},
        {"lr": 0.001, "max_iter": 30, "history_size": 2},
    ],
)
def test_lbfgs(options):
    (ours, counts, keys), (theirs, their_counts, their_keys) = (
        rosenbrock(library, options, 5) for library in (minitorch, torch)
    )
    same(ours, theirs, 1e-6)
    assert counts == their_counts
    assert keys == their_keys


@pytest.mark.parametrize("options", [{}, {"nesterov": False, "momentum": 0.5}, {"adjust_lr_fn": "match_rms_adamw"}])
def test_muon(options):
    """PyTorch computes the orthogonal matrix in bfloat16, minitorch in the dtype of the parameter: equal to 3
    digits.
    """

    def run(library):
        rng = np.random.default_rng(0)
        params = [library.tensor(rng.standard_normal(s), requires_grad=True) for s in ((3, 5), (6, 2))]
        optimizer = library.optim.Muon(params, lr=0.1, **options)
        for _ in range(5):
            optimizer.zero_grad()
            sum((p - 0.3).pow(2).sum() for p in params).backward()
            optimizer.step()
        return values(params), values(optimizer.state_dict())

    ours, theirs = run(minitorch), run(torch)
    for a, b in zip(ours[0], theirs[0], strict=True):
        np.testing.assert_allclose(a[1], b[1], atol=0.02)
    assert ours[1]["param_groups"] == theirs[1]["param_groups"]
    assert set(ours[1]["state"][0]) == set(theirs[1]["state"][0])


MISTAKES = {
    "lr": lambda o, p: o.Adamax(p, lr=-1),
    "eps": lambda o, p: o.NAdam(p, eps=-1),
    "beta": lambda o, p: o.RAdam(p, betas=(0.5, 1.0)),
    "decay": lambda o, p: o.Adadelta(p, weight_decay=-0.1),
    "rho": lambda o, p: o.Adadelta(p, rho=1.1),
    "alpha": lambda o, p: o.RMSprop(p, alpha=-1),
    "momentum": lambda o, p: o.RMSprop(p, momentum=-1),
    "etas": lambda o, p: o.Rprop(p, etas=(1.1, 1.2)),
    "lr_decay": lambda o, p: o.Adagrad(p, lr_decay=-1),
    "momentum_decay": lambda o, p: o.NAdam(p, momentum_decay=-1),
    "groups": lambda o, p: o.LBFGS([{"params": p[:1]}, {"params": p[1:]}]),
    "beta2_decay": lambda o, p: o.Adafactor(p, beta2_decay=1),
    "clip": lambda o, p: o.Adafactor(p, d=0.5),
    "adafactor lr": lambda o, p: o.Adafactor(p, lr=-1),
    "vector": lambda o, p: o.Muon(p),
    "muon lr": lambda o, p: o.Muon(p, lr=-1),
    "adjust": lambda o, p: o.Muon(p, adjust_lr_fn="none"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    said = []
    for library in (minitorch, torch):
        params = [library.ones(2, requires_grad=True), library.ones(2, requires_grad=True)]
        with pytest.raises(ValueError, match=r"should|Invalid|support") as caught:
            MISTAKES[name](library.optim, params)
        said.append(str(caught.value))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "kind",
    [
        "ASGD",
        "LBFGS",
        "SGD",
        "Adadelta",
        "Adafactor",
        "Adagrad",
        "Adam",
        "AdamW",
        "Adamax",
        "NAdam",
        "RAdam",
        "RMSprop",
        "Rprop",
    ],
)
def test_defaults_and_printing(kind):
    ours, theirs = (
        getattr(library.optim, kind)([library.ones(2, requires_grad=True)]) for library in (minitorch, torch)
    )
    assert ours.defaults == theirs.defaults
    assert repr(ours) == repr(theirs)
    assert list(ours.defaults) == list(theirs.defaults)
    assert list(ours.param_groups[0]) == list(theirs.param_groups[0])
    if kind != "LBFGS":  # which keeps other things
        for optimizer in (ours, theirs):
            (optimizer.param_groups[0]["params"][0] * 2).sum().backward()
            optimizer.step()
        assert list(ours.state_dict()["state"].get(0, ())) == list(theirs.state_dict()["state"].get(0, ()))


def test_hooks():
    def run(library):
        seen = []
        p = library.ones(2, requires_grad=True)
        optimizer = library.optim.SGD([("weight", p)], lr=0.1)
        module = importlib.import_module(f"{library.__name__}.optim.optimizer")
        handles = [
            module.register_optimizer_step_pre_hook(lambda o, a, k: seen.append("pre everywhere")),
            module.register_optimizer_step_post_hook(lambda o, a, k: seen.append("post everywhere")),
            optimizer.register_step_pre_hook(lambda o, a, k: seen.append(("pre", a[0] is o, len(a), k))),
            optimizer.register_step_post_hook(lambda o, a, k: seen.append(("post", a[0] is o, len(a), k))),
            optimizer.register_state_dict_pre_hook(lambda o: seen.append("state pre")),
            optimizer.register_state_dict_post_hook(lambda o, s: s.update(extra=1)),
            optimizer.register_load_state_dict_pre_hook(lambda o, s: seen.append(sorted(s))),
            optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded")),
        ]
        optimizer.step()
        state = optimizer.state_dict()
        optimizer.load_state_dict(state)
        for handle in handles:
            handle.remove()
        optimizer.step()
        return seen, state

    assert run(minitorch) == run(torch)
