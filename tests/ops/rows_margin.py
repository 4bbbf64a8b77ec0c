"""Rows of minitorch/ops/margin.py and ctc.py, and of the functions of nn.functional that draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, calls, values

F = "nn.functional."
MADE = "made of operations"
SIGNS = Const(np.array([1.0, -1.0, 1.0, -1.0]))
WIDE = Const(np.where(np.arange(12).reshape(4, 3) % 3 == 1, -1.0, 1.0))
CLASSES = np.array([0, 2, 1, 2])


def over_reductions(make: Callable[[Rng], Sample], *more: Callable[[Rng], Sample]) -> Any:
    """The call with every reduction, and further calls."""

    def samples(rng: Rng) -> list[Sample]:
        base = make(rng)
        made = [Sample(base.args, {**base.kwargs, "reduction": r}) for r in ("none", "mean", "sum")]
        return [base, *made, *[m(rng) for m in more]]

    return samples


def _apart(rng: Rng) -> Array:
    return values(rng, (4, 3), avoid=(0.0, 0.5, 1.0))


def _triplets(rng: Rng, **how: Any) -> Sample:
    return call(values(rng, (4, 3)), values(rng, (4, 3)), values(rng, (4, 3)), **how)


def _rates(rng: Rng) -> Const:
    return Const(rng.integers(0, 6, (4, 3)).astype(float))


def _spelled(rng: Rng) -> list[Sample]:
    x = values(rng, (7, 3, 5))
    logp = Const(x - np.log(np.exp(x).sum(-1, keepdims=True)))
    targets = np.array([[1, 1, 2], [3, 4, 1], [2, 2, 2]])
    times, counts = np.array([7, 6, 5]), np.array([3, 2, 1])
    flat = np.array([1, 1, 2, 3, 4, 2])
    made = [call(logp, targets, times, counts, reduction=r) for r in ("none", "mean", "sum")]
    return [
        *made,
        call(logp, flat, times, counts, reduction="none"),
        call(logp, targets, (7, 7, 7), (3, 3, 3), 0),
        call(Const(logp.array[:, 0]), targets[0], np.array(7), np.array(3)),
        call(logp, targets, np.array([2, 6, 5]), counts, reduction="none"),
        call(logp, targets, np.array([2, 6, 5]), counts, zero_infinity=True),
        call(logp, np.where(targets == 3, 0, targets), times, counts, blank=3),
        call(logp, targets, times, np.array([0, 1, 2]), reduction="none"),
    ]


def _bad_spellings(rng: Rng) -> list[Sample]:
    logp, targets = Const(np.zeros((4, 2, 3))), np.ones((2, 2), np.int64)
    return [
        call(logp, targets, (4, 5), (2, 2)),
        call(logp, targets, (4,), (2, 2)),
        call(logp, targets, (4, 4), (2, 2), 5),
        call(logp, np.ones(3, np.int64), (4, 4), (2, 2)),
    ]


def row(name: str, samples: Any, **options: Any) -> Row:
    return Row(name=F + name, samples=samples, **{"nodes": MADE, "result": None, **options})


ROWS = [
    row(
        "margin_ranking_loss",
        over_reductions(
            lambda r: call(values(r, (4,)), values(r, (4,)), SIGNS),
            lambda r: call(values(r, (4,)), values(r, (4,)), SIGNS, 0.7),
        ),
        errors=calls(call(np.ones((2, 2)), np.ones(2), np.ones(2))),
    ),
    row(
        "cosine_embedding_loss",
        over_reductions(
            lambda r: call(values(r, (4, 3)), values(r, (4, 3)), SIGNS),
            lambda r: call(values(r, (4, 3)), values(r, (4, 3)), SIGNS, margin=0.3),
            lambda r: call(values(r, (3,)), values(r, (3,)), Const(np.array(1.0))),
        ),
        errors=calls(
            call(np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2))),
            call(np.ones((3, 2)), np.ones((3, 2)), np.ones(2)),
            call(np.ones((3, 2)), np.ones((2, 2)), np.ones(3)),
        ),
    ),
    row(
        "hinge_embedding_loss",
        over_reductions(lambda r: call(_apart(r), WIDE), lambda r: call(_apart(r), WIDE, 0.5)),
        errors=calls(call(np.ones(3), np.ones(4))),
    ),
    row(
        "soft_margin_loss",
        over_reductions(lambda r: call(values(r, (4, 3)), WIDE)),
        special=calls(call(np.array([90.0, -90.0, 0.0]), Const(np.array([1.0, 1.0, 1.0])), reduction="none")),
    ),
    row(
        "triplet_margin_loss",
        over_reductions(
            _triplets,
            lambda r: _triplets(r, margin=0.5, p=1.5, swap=True),
            lambda r: _triplets(r, margin=3.0, eps=1e-3, p=1),
            lambda r: call(values(r, (3,)), values(r, (3,)), values(r, (3,))),
        ),
        errors=calls(
            call(np.ones((2, 2)), np.ones(2), np.ones((2, 2))), call(np.ones(2), np.ones(2), np.ones(2), -1.0)
        ),
    ),
    row(
        "triplet_margin_with_distance_loss",
        over_reductions(
            _triplets,
            lambda r: _triplets(r, margin=2.0, swap=True),
            lambda r: _triplets(r, distance_function=lambda a, b: (a - b).abs().sum(-1)),
        ),
    ),
    row(
        "multi_margin_loss",
        over_reductions(
            lambda r: call(values(r, (4, 3)), CLASSES),
            lambda r: call(values(r, (4, 3)), CLASSES, p=2, margin=0.3),
            lambda r: call(values(r, (4, 3)), CLASSES, weight=Const(r.uniform(0.5, 1.5, 3))),
            lambda r: call(values(r, (3,)), np.array(1)),
        ),
        errors=calls(call(np.ones((4, 3)), np.arange(3)), call(np.ones((4, 3)), CLASSES, p=3)),
        gradgrad="PyTorch's and ours are kinked where margins meet",
    ),
    row(
        "multilabel_margin_loss",
        over_reductions(
            lambda r: call(values(r, (3, 4)), np.array([[3, 0, -1, 1], [1, -1, 0, 0], [-1, 2, 3, 0]])),
            lambda r: call(values(r, (4,)), np.array([2, 1, -1, 0])),
        ),
        errors=calls(call(np.ones((4, 3)), np.ones((4, 2), np.int64))),
    ),
    row(
        "multilabel_soft_margin_loss",
        over_reductions(
            lambda r: call(values(r, (4, 3)), Const((WIDE.array + 1) / 2)),
            lambda r: call(values(r, (4, 3)), Const((WIDE.array + 1) / 2), weight=Const(r.uniform(0.5, 1.5, 3))),
        ),
    ),
    row(
        "poisson_nll_loss",
        over_reductions(
            lambda r: call(values(r, (4, 3)), _rates(r)),
            lambda r: call(values(r, (4, 3)), _rates(r), full=True),
            lambda r: call(values(r, (4, 3), 0.5, 2), _rates(r), log_input=False, eps=1e-3),
        ),
        errors=calls(call(np.ones(2), np.ones(2), reduction="some")),
    ),
    row(
        "gaussian_nll_loss",
        over_reductions(
            lambda r: call(values(r, (4, 3)), values(r, (4, 3)), values(r, (4, 3), 0.3, 2)),
            lambda r: call(values(r, (4, 3)), values(r, (4, 3)), values(r, (4,), 0.3, 2), full=True),
            lambda r: call(values(r, (4, 3)), values(r, (4, 3)), values(r, (4, 1), 0.3, 2)),
            lambda r: call(values(r, (4, 3)), values(r, (4, 3)), 0.7),
        ),
        special=calls(call(np.ones(3), np.zeros(3), np.array([1e-9, 0.0, 2.0]), eps=0.1, reduction="none")),
        errors=calls(
            call(np.ones((2, 3)), np.ones((2, 3)), np.ones((3, 3))),
            call(np.ones(2), np.ones(2), np.array([1.0, -1.0])),
            call(np.ones(2), np.ones(2), np.ones(2), reduction="some"),
        ),
    ),
    row(
        "ctc_loss",
        _spelled,
        errors=_bad_spellings,
        dtypes="f",
        noncontiguous="lengths and labels are read as they are",
        grad=False,  # as in PyTorch it is that of scores behind log_softmax: tests/test_reference.py has it
        tolerance={"float32": (1e-4, 1e-5)},
    ),
    row(
        "rrelu",
        calls(
            lambda r: call(values(r, (5, 4), avoid=(0.0,)), 0.1, 0.4),
            lambda r: call(values(r, (5,), avoid=(0.0,)), 0.2, 0.3, True),
        ),
        dtypes="f",
        random=True,
        variant="functional",
        inplace=False,
    ),
    row(
        "gumbel_softmax",
        calls(lambda r: call(values(r, (4, 5)), 0.7), lambda r: call(values(r, (2, 3)), dim=0)),
        dtypes="f",
        random=True,
        noncontiguous="draws in the order of memory",
    ),
]
