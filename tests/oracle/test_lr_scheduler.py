"""Learning rate schedules and weight averages: the same program run with PyTorch and with minitorch."""

import copy
import importlib
import warnings

import numpy as np
import pytest
import torch
from oracle.compare import same, values

import minitorch


def modules(library):
    """(library, torch.optim.lr_scheduler, torch.optim.swa_utils) of either library."""
    name = library.__name__
    return library, *[importlib.import_module(f"{name}.optim.{part}") for part in ("lr_scheduler", "swa_utils")]


class Ramp:
    """A function with a state."""

    def __init__(self, slope):
        self.slope = slope

    def __call__(self, epoch):
        return 1 + self.slope * epoch


SCHEDULES = {
    "StepLR": lambda s, w, o: s.StepLR(o, 7, 0.5),
    "MultiStepLR": lambda s, w, o: s.MultiStepLR(o, [3, 9, 9, 30], 0.3),
    "ConstantLR": lambda s, w, o: s.ConstantLR(o, 0.3, 9),
    "LinearLR": lambda s, w, o: s.LinearLR(o, 0.2, 0.9, 20),
    "ExponentialLR": lambda s, w, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, w, o: s.PolynomialLR(o, 30, 1.7),
    "CosineAnnealingLR": lambda s, w, o: s.CosineAnnealingLR(o, 8, 0.001),
    "LambdaLR": lambda s, w, o: s.LambdaLR(o, [lambda epoch: 0.9**epoch, Ramp(0.1)]),
    "MultiplicativeLR": lambda s, w, o: s.MultiplicativeLR(o, lambda epoch: 0.95),
    "Sequential": lambda s, w, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1, 5), s.StepLR(o, 10), s.CosineAnnealingLR(o, 20)], [5, 22]
    ),
    "Chained": lambda s, w, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.95), s.StepLR(o, 9)]),
    "Chained cosine": lambda s, w, o: s.ChainedScheduler(
        [s.CosineAnnealingLR(o, 9), s.ExponentialLR(o, 0.95)], optimizer=o
    ),
    "Restarts": lambda s, w, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.001),
    "Restarts even": lambda s, w, o: s.CosineAnnealingWarmRestarts(o, 5),
    "CyclicLR": lambda s, w, o: s.CyclicLR(o, 0.01, [0.1, 0.3], 4, 7),
    "CyclicLR halved": lambda s, w, o: s.CyclicLR(o, 0.01, 0.1, 4, mode="triangular2", base_momentum=[0.7, 0.6]),
    "CyclicLR exp": lambda s, w, o: s.CyclicLR(o, 0.01, 0.1, 4, mode="exp_range", gamma=0.95, cycle_momentum=False),
    "CyclicLR own": lambda s, w, o: s.CyclicLR(o, 0.01, 0.1, 4, scale_fn=Ramp(-0.01), scale_mode="iterations"),
    "OneCycleLR": lambda s, w, o: s.OneCycleLR(o, [0.1, 0.2], total_steps=51),
    "OneCycleLR three": lambda s, w, o: s.OneCycleLR(
        o, 0.1, epochs=6, steps_per_epoch=9, three_phase=True, anneal_strategy="linear"
    ),
    "OneCycleLR plain": lambda s, w, o: s.OneCycleLR(o, 0.1, 60, cycle_momentum=False, pct_start=0.5, div_factor=10),
    "SWALR": lambda s, w, o: w.SWALR(o, [0.001, 0.3], 8),
    "SWALR linear": lambda s, w, o: w.SWALR(o, 0.3, 5, "linear"),
    "SWALR at once": lambda s, w, o: w.SWALR(o, 0.3, 0),
}


def made(library, kind="SGD", **options):
    params = [library.ones(2, requires_grad=True), library.ones(2, requires_grad=True)]
    options = options or ({"momentum": 0.9} if kind == "SGD" else {})
    return getattr(library.optim, kind)([{"params": params[:1]}, {"params": params[1:], "lr": 0.5}], lr=0.1, **options)


def plain(state):
    """A state without the method that PyTorch keeps in some of them."""
    if isinstance(state, dict):
        return {k: plain(v) for k, v in state.items() if k != "anneal_func"}
    return [plain(v) for v in state] if isinstance(state, (list, tuple)) else values(state)


def options_of(optimizer):
    return [{k: values(v) for k, v in group.items() if k != "params"} for group in optimizer.param_groups]


def run(library, name, kind="SGD", tensor_lr=False):
    _, schedulers, swa = modules(library)
    optimizer = made(library, kind)
    if tensor_lr:
        for group in optimizer.param_groups:
            group["lr"] = library.tensor(group["lr"], dtype=library.float64)
    scheduler = SCHEDULES[name](schedulers, swa, optimizer)
    found = [[options_of(optimizer), plain(scheduler.state_dict())]]
    for step in range(50):
        optimizer.step()
        scheduler.step()
        if step == 20:
            state = copy.deepcopy([optimizer.state_dict(), scheduler.state_dict()])
            optimizer = made(library, kind)
            scheduler = SCHEDULES[name](schedulers, swa, optimizer)
            optimizer.load_state_dict(state[0])
            scheduler.load_state_dict(state[1])
            optimizer.step()
        found.append([options_of(optimizer), values(scheduler.get_last_lr()), plain(scheduler.state_dict())])
    return found


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_fifty_steps(name, kind):
    same(run(minitorch, name, kind), run(torch, name, kind), 1e-12)


@pytest.mark.parametrize(
    "name", ["StepLR", "LinearLR", "CosineAnnealingLR", "LambdaLR", "Sequential", "OneCycleLR", "SWALR"]
)
def test_learning_rate_as_tensor(name):
    same(run(minitorch, name, tensor_lr=True), run(torch, name, tensor_lr=True), 1e-12)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 2, "cooldown": 3, "factor": 0.5},
        {"mode": "max", "patience": 1, "threshold_mode": "abs", "threshold": 0.1, "min_lr": [0.02, 0.1]},
        {"mode": "max", "patience": 0, "min_lr": 0.01},
        {"patience": 1, "threshold_mode": "abs", "eps": 0.05},
    ],
)
def test_plateau(options):
    def program(library):
        _, schedulers, _ = modules(library)
        optimizer = made(library)
        scheduler = schedulers.ReduceLROnPlateau(optimizer, **options)
        found = []
        for step in range(50):
            optimizer.step()
            scheduler.step(library.tensor(np.cos(step / 5).item() / (1 + step)))
            if step == 20:
                state = copy.deepcopy(scheduler.state_dict())
                scheduler = schedulers.ReduceLROnPlateau(optimizer)
                scheduler.load_state_dict(state)
            found.append([options_of(optimizer), scheduler.get_last_lr(), scheduler.state_dict().copy()])
        return found

    same(program(minitorch), program(torch), 1e-7)


@pytest.mark.parametrize(
    "name",
    [
        "StepLR",
        "MultiStepLR",
        "ConstantLR",
        "LinearLR",
        "ExponentialLR",
        "PolynomialLR",
        "CosineAnnealingLR",
        "LambdaLR",
        "Restarts",
    ],
)
@pytest.mark.filterwarnings("ignore:The epoch parameter:UserWarning")
def test_going_to_an_epoch_and_going_on_from_one(name):
    def program(library):
        _, schedulers, swa = modules(library)
        optimizer = made(library)
        scheduler = SCHEDULES[name](schedulers, swa, optimizer)
        optimizer.step()
        found = []
        for epoch in (3, 11, 4):
            scheduler.step(epoch)
            found.append(scheduler.get_last_lr())
        if name == "CosineAnnealingLR":
            found.append(schedulers.CosineAnnealingLR(optimizer, 8, last_epoch=5).get_last_lr())
        elif name == "ExponentialLR":
            found.append(schedulers.ExponentialLR(optimizer, 0.5, last_epoch=5).get_last_lr())
        return found

    same(program(minitorch), program(torch), 1e-12)


MISTAKES = {
    "no optimizer": lambda s, o: s.StepLR(3, 1),
    "resumed": lambda s, o: s.StepLR(o, 1, last_epoch=3),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda e: 1]),
    "not callable": lambda s, o: s.MultiplicativeLR(o, [1, 2]),
    "constant": lambda s, o: s.ConstantLR(o, 2.0),
    "linear start": lambda s, o: s.LinearLR(o, 0.0),
    "linear end": lambda s, o: s.LinearLR(o, 0.5, 1.5),
    "milestones": lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [3]),
    "no schedules": lambda s, o: s.SequentialLR(o, [], []),
    "none chained": lambda s, o: s.ChainedScheduler([]),
    "plateau chained": lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]),
    "plateau mode": lambda s, o: s.ReduceLROnPlateau(o, mode="middle"),
    "plateau threshold": lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="middle"),
    "plateau factor": lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
    "plateau least": lambda s, o: s.ReduceLROnPlateau(o, min_lr=[1]),
    "restarts T_0": lambda s, o: s.CosineAnnealingWarmRestarts(o, 0),
    "restarts T_mult": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, 0),
    "restarts eta": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1, 1, "a"),
    "restarts epoch": lambda s, o: s.CosineAnnealingWarmRestarts(o, 1).step(-1),
    "cyclic mode": lambda s, o: s.CyclicLR(o, 0.1, 1, mode="none"),
    "cyclic lengths": lambda s, o: s.CyclicLR(o, [0.1], 1),
    "one cycle steps": lambda s, o: s.OneCycleLR(o, 0.1),
    "one cycle total": lambda s, o: s.OneCycleLR(o, 0.1, 0),
    "one cycle share": lambda s, o: s.OneCycleLR(o, 0.1, 10, pct_start=2.0),
    "one cycle anneal": lambda s, o: s.OneCycleLR(o, 0.1, 10, anneal_strategy="square"),
    "one cycle over": lambda s, o: [o.step(), [x.step() for x in [s.OneCycleLR(o, 0.1, 3)] * 4]],
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name):
    found = []
    for library in (minitorch, torch):
        with pytest.raises(Exception) as caught:  # noqa: PT011  # the two are compared
            MISTAKES[name](modules(library)[1], made(library))
        found.append((caught.type, str(caught.value)[:60]))
    assert found[0] == found[1]


def test_warnings():
    def program(library):
        _, schedulers, _ = modules(library)
        said = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            optimizer = made(library)
            optimizer.step()
            scheduler = schedulers.StepLR(optimizer, 3)
            scheduler.step()  # no step since the schedule was made
            said.append(len(caught))
            scheduler.step()
            scheduler.get_lr()
            scheduler.step(3)
            other = schedulers.StepLR(made(library), 3)
            other.optimizer.step()
            other.step()
            said += [(w.category, str(w.message)[:40]) for w in caught]
        return said

    assert program(minitorch) == program(torch)


def test_momentum_is_needed():
    for library in (minitorch, torch):
        optimizer = library.optim.Adagrad([library.ones(1, requires_grad=True)])
        for make in (lambda s, o=optimizer: s.CyclicLR(o, 0.1, 1), lambda s, o=optimizer: s.OneCycleLR(o, 0.1, 10)):
            with pytest.raises(ValueError, match="must support momentum"):
                make(modules(library)[1])


AVERAGES = {
    "mean": lambda w: {},
    "buffers": lambda w: {"use_buffers": True},
    "ema": lambda w: {"avg_fn": w.get_ema_avg_fn(0.9)},
    "swa": lambda w: {"avg_fn": w.get_swa_avg_fn()},
    "ema lists": lambda w: {"multi_avg_fn": w.get_ema_multi_avg_fn(0.7), "use_buffers": True},
    "swa lists": lambda w: {"multi_avg_fn": w.get_swa_multi_avg_fn()},
}


@pytest.mark.parametrize("name", AVERAGES)
def test_averaged_model(name):
    def program(library):
        _, _, swa = modules(library)
        library.manual_seed(0)
        nn = library.nn
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
        optimizer = library.optim.SGD(model.parameters(), lr=0.1)
        average = swa.AveragedModel(model, **AVERAGES[name](swa))
        data = [library.randn(8, 3) for _ in range(4)]
        for x in data:
            optimizer.zero_grad()
            model(x).pow(2).sum().backward()
            optimizer.step()
            average.update_parameters(model)
        before = copy.deepcopy(average.state_dict())
        swa.update_bn([[x, 0] for x in data], average)
        return (
            values(dict(before)),
            values(dict(average.state_dict())),
            average.module[1].momentum,
            average(data[0]).shape[0],
        )

    same(program(minitorch), program(torch), 1e-4)


def test_averages_refuse():
    for library in (minitorch, torch):
        swa = modules(library)[2]
        with pytest.raises(ValueError, match=r"Invalid decay value 1.5 provided"):
            swa.get_ema_avg_fn(1.5)
        with pytest.raises(ValueError, match="anneal_strategy must be one of"):
            swa.SWALR(made(library), 0.1, anneal_strategy="square")
        with pytest.raises(AssertionError, match="Only one of"):
            swa.AveragedModel(library.nn.ReLU(), avg_fn=min, multi_avg_fn=min)
