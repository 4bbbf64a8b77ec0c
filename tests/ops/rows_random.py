"""Rows of minitorch/ops/random.py. Which numbers are drawn is tested in tests/kernels/test_random.py, masks in
test_dropout.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Const, Rng, Row, Sample, call, calls, nan, values

INTEGERS, BOOLS = np.array([1, 2]), np.array([True, False])
WRITES = "writes to its argument"
ORDER = "numbers are drawn in the order of memory"


def _filler(name: str, *hows: dict[str, Any], wrong: Any = (), empty: Any = (), **options: Any) -> Row:
    """A function that fills its first argument; `hows`: the other arguments of each call."""

    def samples(rng: Rng) -> list[Sample]:
        made = [call(Const(values(rng, (2, 3))), **how) for how in ({}, *hows)]
        return made + [call(Const(values(rng, s))) for s in ((), (17,), *empty)]

    def errors(rng: Rng) -> list[Sample]:
        refused = [call(Const(np.ones(2)), **how) for how in wrong]
        return refused if "i" in options.get("dtypes", "f") else [*refused, call(INTEGERS), call(BOOLS)]

    given = {"samples": samples, "errors": errors, "grad": False, "noncontiguous": WRITES, "random": True, **options}
    return Row(name=f"Tensor.{name}", **given)


def _chances(rng: Rng) -> list[Sample]:
    """Probabilities as tensors."""
    x, p = Const(values(rng, (2, 3))), Const(values(rng, (2, 3), 0, 1))
    return [call(x, p), call(x, Const(p.array[0])), call(x, Const(p.array[:, :1]))]


def _no_chances(rng: Rng) -> list[Sample]:
    x = Const(np.ones((2, 3)))
    return [
        call(x, Const(np.full(3, 1.5))),
        call(x, Const(np.full(2, 0.5))),
        call(x, Const(np.array([0.5, nan, 0.5]))),
        call(x, np.array([1, 0, 1])),
    ]


def _weights(rng: Rng) -> list[Sample]:
    p = Const(values(rng, (3, 4), 0.1, 1))
    hows: list[dict[str, Any]] = [{}, {"replacement": True}, {"replacement": False}]
    made = [call(Const(p.array[0]), n, **how) for n in (1, 3) for how in hows]
    made += [call(p, 2, **how) for how in hows]
    made += [call(Const(np.array([0.0, 0.0, 3.0])), 1), call(Const(np.array([[0.0, 2.0]])), 5, replacement=True)]
    return [*made, call(Const(p.array[:0]), 2)]


def _no_weights(rng: Rng) -> list[Sample]:
    p = np.array([0.2, 0.3])
    return [
        call(p, 0),
        call(p, -1),
        call(p, 3),
        call(-p, 1),
        call(p * 0, 1),
        call(np.array([0.5, nan]), 1),
        call(np.array([0.5, np.inf]), 1),
        call(INTEGERS, 1),
        call(np.ones((2, 2, 2)), 1),
        call(np.array(1.0), 1),
    ]


def _dropped(*shapes: tuple[int, ...], inside: Any = (), **fixed: Any) -> Any:
    """Inputs of these shapes, with every p, training or not."""

    def samples(rng: Rng) -> list[Sample]:
        hows: list[Any] = [(0.5, True), (0.2, True), (0.5, False), (0.0, True), (1.0, True)]
        made = [call(values(rng, s), p, training) for s in shapes for p, training in hows]
        return made + [call(values(rng, s), 0.5, True) for s in inside]

    return samples


def _bad_p(*shape: int, **options: Any) -> Any:
    x = np.ones(shape)
    return calls(call(x, -0.1, True), call(x, 1.5, True), *options.get("more", ()))


def _dropout(name: str, *shapes: tuple[int, ...], more: Any = (), **options: Any) -> Row:
    given = {"random": True, "noncontiguous": ORDER, "inplace": False, **options}
    return Row(name=name, samples=_dropped(*shapes), errors=_bad_p(*shapes[0], more=more), **given)


F = "nn.functional."
NO_INTEGERS = (call(INTEGERS, 0.5, True), call(BOOLS, 0.5, True))
FLAT = np.ones(3)

ROWS = [
    _filler(
        "uniform_", {"from_": 0}, {"to": 2.5}, wrong=({"to": -1}, {"size": 3}), oracle="`from` is a word of Python's"
    ),
    _filler(
        "uniform_",
        {"from": -2, "to": 3},
        {"from": 1, "to": 1},
        wrong=({"from": 2, "to": 1},),
        variant="from",
        empty=[(0,)],
    ),
    _filler("normal_", {"mean": 3}, {"mean": -1, "std": 0}, {"std": 2.5}, wrong=({"std": -1},)),
    _filler("log_normal_", {"mean": 0.5, "std": 0.3}),
    _filler("exponential_", {"lambd": 2.0}, wrong=({"lambd": 0}, {"lambd": -1})),
    _filler("bernoulli_", {"p": 0.1}, {"p": 0}, {"p": 1}, wrong=({"p": 1.5}, {"p": -0.5}), dtypes="fib", empty=[(0,)]),
    Row(
        name="Tensor.bernoulli_",
        samples=_chances,
        errors=_no_chances,
        grad=False,
        noncontiguous=WRITES,
        random=True,
        variant="chances",
    ),
    _filler(
        "random_", {"to": 1}, {"from": 0, "to": 2}, wrong=({"to": 0}, {"from": 3, "to": 3}), dtypes="fib", empty=[(0,)]
    ),
    _filler("random_", {"from": -5, "to": 9}, {"from": 1, "to": 100}, variant="range", errors=None),
    Row(
        name="bernoulli",
        samples=lambda rng: [call(values(rng, s, 0.1, 0.9)) for s in ((2, 3), (), (0,))],
        errors=calls(call(np.full(2, 1.5)), call(np.ones(2), 1.5), call(np.ones(2), -0.5), call(np.array([nan]))),
        random=True,
        noncontiguous=ORDER,
        inplace=False,
    ),
    Row(
        name="bernoulli",
        samples=lambda rng: [call(values(rng, (3,)), 0.3), call(values(rng, (2, 2)), p=1.0)],
        random=True,
        noncontiguous=ORDER,
        inplace=False,
        grad="refused",
        variant="p",
    ),
    Row(
        name="multinomial",
        samples=_weights,
        errors=_no_weights,
        result="int64",
        grad=False,
        random=True,
        noncontiguous=ORDER,
    ),
    _dropout(F + "dropout", (2, 3), (), (0,), (2, 2, 2), more=NO_INTEGERS),
    _dropout("dropout", (2, 3), (), more=NO_INTEGERS),
    Row(
        name="dropout",
        samples=lambda rng: [call(values(rng, s), 0.4, True) for s in ((2, 3), (), (2, 2, 2))],
        inplace="dropout_",
        random=True,
        noncontiguous=ORDER,
        variant="written",
    ),
    _dropout("feature_dropout", (2, 3, 2), (2, 3), more=(call(FLAT, 0.5, True), call(np.ones((1, 2), int), 0.5, True))),
    _dropout("alpha_dropout", (2, 3), (), (0,), more=NO_INTEGERS),
    _dropout(F + "alpha_dropout", (2, 3), (), (0,), (2, 2, 2), more=NO_INTEGERS),
    _dropout(F + "feature_alpha_dropout", (2, 3, 2), (2, 3), (2, 2, 1, 2), more=(call(FLAT, 0.5, True),)),
    _dropout(F + "dropout1d", (2, 3, 2), (2, 3), more=(call(FLAT, 0.5, True), call(np.ones((1, 2, 2, 1)), 0.5, True))),
    _dropout(F + "dropout2d", (2, 3, 2, 1), nodes=True),
    _dropout(F + "dropout3d", (2, 3, 2, 1, 2), (3, 2, 2, 1), nodes=True),
]
