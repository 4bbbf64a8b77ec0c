"""Rows of minitorch/ops/loss.py."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, distinct, inf, nan, values

REDUCTIONS = ("mean", "sum", "none")
INTEGERS = np.array([1, 2])
FUSED = "PyTorch's is made of several operations"
STEP = "its derivative is constant, or has kinks"


def _reduced(loss: Array, reduction: str, total: Any = None) -> Array:
    if reduction == "none":
        return loss
    return loss.sum() / (loss.size if total is None else total) if reduction == "mean" else loss.sum()


# ---------------------------------------------------------------- classes


def _log_softmax(x: Array, axis: int) -> Array:
    shifted = x - x.max(axis, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis, keepdims=True)))


def _nll(
    x: Array, target: Array, weight: Any = None, ignore_index: int = -100, reduction: str = "mean", smoothing: float = 0
) -> Array:
    if x.ndim == 1:
        loss = _nll(x[None], target[None], weight, ignore_index, reduction, smoothing)
        return loss.reshape(())
    w = np.ones(x.shape[1]) if weight is None else weight
    used = target != ignore_index
    at = np.where(used, target, 0)
    each = np.where(used, w[at], 0.0)
    chosen = np.take_along_axis(x, at[:, None], 1)[:, 0]
    loss = np.where(used, -chosen * w[at], 0.0) * (1 - smoothing)
    if smoothing:
        every = -(x * w.reshape(-1, *[1] * (x.ndim - 2))).sum(1)
        loss = loss + np.where(used, every, 0.0) * smoothing / x.shape[1]
    return _reduced(loss, reduction, each.sum())


def _cross_entropy(
    x: Array, target: Array, weight: Any = None, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:  # fmt: skip
    axis = min(x.ndim - 1, 1)
    logp = _log_softmax(x, axis)
    if target.dtype.kind != "f":
        return _nll(logp, target, weight, ignore_index, reduction, label_smoothing)
    target = target * (1 - label_smoothing) + label_smoothing / x.shape[axis]
    w = 1 if weight is None else weight.reshape([-1 if d == axis else 1 for d in range(x.ndim)])
    loss = -(logp * target * w).sum(axis)
    return _reduced(loss, reduction)


def _classes(rng: Rng, count: int, *shape: int) -> Array:
    return rng.integers(0, count, shape)


def _nll_samples(rng: Rng) -> list[Sample]:
    x, t = values(rng, (4, 3), -3, 0), _classes(rng, 3, 4)
    w = Const(values(rng, (3,), 0.3, 2))
    ignored = np.array([0, 1, 2, 1])
    made = [call(x, t, reduction=r) for r in REDUCTIONS]
    made += [call(x, t, w, reduction=r) for r in REDUCTIONS]
    made += [call(x, ignored, w, ignore_index=1, reduction=r) for r in REDUCTIONS]
    made += [call(x, np.array([-100, 0, -100, 2])), call(x, np.array([0, 1, 9, 2]), ignore_index=9)]
    image, places = values(rng, (2, 3, 2, 2), -3, 0), _classes(rng, 3, 2, 2, 2)
    made += [call(image, places, w, ignore_index=0, reduction=r) for r in REDUCTIONS]
    made += [call(values(rng, (2, 3, 2), -3, 0), _classes(rng, 3, 2, 2), reduction=r) for r in REDUCTIONS]
    made += [call(values(rng, (1, 2, 2, 1, 2), -3, 0), _classes(rng, 2, 1, 2, 1, 2), reduction="none")]
    made += [call(x[0], t[:1].reshape(()), w, reduction=r) for r in REDUCTIONS]
    return [*made, call(x[:0], t[:0], reduction="none"), call(x[:0], t[:0], reduction="sum")]


def _nll_odd(rng: Rng) -> list[Sample]:
    x, t = np.array([[nan, 0.0], [-inf, 0.0], [inf, 1.0]]), np.array([0, 0, 1])
    made = [call(x, t, reduction=r) for r in REDUCTIONS]
    made += [call(x, np.array([-100, -100, 0])), call(x[:1], np.array([-100])), call(x[:0], t[:0])]
    return [*made, call(x, t, Const(np.array([0.0, 1.0])), reduction="none"), call(x, t, Const(np.zeros(2)))]


def _nll_mistakes(rng: Rng) -> list[Sample]:
    x, t = np.ones((2, 3)), np.array([0, 1])
    return [
        call(x, np.array([0, 3])),
        call(x, np.array([0, -1])),
        call(x, np.array([0, 1, 2])),
        call(x, np.array([[0, 1]])),
        call(x, t, np.ones(2)),
        call(x, t, np.ones((1, 3))),
        call(x, t, reduction="median"),
        call(x, t.astype(np.int32)),
        call(x, np.array([0.5, 1.0])),
        call(np.ones((2, 3), np.int64), t),
        call(np.array(1.0), np.array(0)),
        call(np.ones(3), np.array([[0]])),
        call(np.ones(3), t),
        call(x, None),
        call(np.ones((2, 3, 4)), t),
        call(np.ones((2, 3, 4, 5)), np.zeros((2, 5, 4), np.int64)),
        call(np.ones((2, 3, 4, 5)), np.zeros((3, 4, 5), np.int64)),
        call(x, t, np.ones(3, np.float32)),
    ]


def _smoothed(rng: Rng) -> list[Sample]:
    x, t = values(rng, (3, 4)), np.array([2, 0, 3])
    w = Const(values(rng, (4,), 0.3, 2))
    how = itertools.product((0.1, 1.0), (None, w), REDUCTIONS)
    made = [call(x, t, weight, ignore_index=0, reduction=r, label_smoothing=s) for s, weight, r in how]
    image, places = values(rng, (2, 3, 2, 2)), _classes(rng, 3, 2, 2, 2)
    made += [call(image, places, Const(w.array[:3]), label_smoothing=0.3, reduction=r) for r in REDUCTIONS]
    return [*made, call(x[0], t[:1].reshape(()), w, label_smoothing=0.2)]


def _scores(rng: Rng) -> list[Sample]:
    return [Sample((s.args[0] * 2 + 3, *s.args[1:]), s.kwargs) for s in _nll_samples(rng)]


def _probabilities(rng: Rng) -> list[Sample]:
    def p(*shape: int, axis: int = 1) -> Array:
        q = values(rng, shape, 0.1, 1)
        return q / q.sum(axis, keepdims=True)

    x, q, w = values(rng, (3, 4)), p(3, 4), Const(values(rng, (4,), 0.3, 2))
    how = itertools.product((0.0, 0.2), (None, w), REDUCTIONS)
    made = [call(x, q, weight, reduction=r, label_smoothing=s) for s, weight, r in how]
    made += [call(x, Const(q)), call(x[0], p(4, axis=0), w), call(x[0], p(4, axis=0), reduction="none")]
    image, places = values(rng, (2, 3, 2, 1)), p(2, 3, 2, 1)
    made += [call(image, places, Const(w.array[:3]), reduction=r) for r in REDUCTIONS]
    return [*made, call(x[:0], q[:0], reduction="none"), call(x[:0], q[:0], reduction="sum")]


def _no_probabilities(rng: Rng) -> list[Sample]:
    x = np.ones((0, 3))
    return [
        call(x, x),
        call(np.array([[0.0, -inf]]), np.array([[1.0, 0.0]])),
        call(np.array([[0.0, nan]]), np.ones((1, 2))),
    ]


def _odd_scores(rng: Rng) -> list[Sample]:
    x = np.array(
        [[nan, 1.0, 2.0], [inf, 1.0, 2.0], [-inf, 0.0, 3.0], [-inf] * 3, [1e300, -1e300, 0.0], [inf, inf, 0.0]]
    )
    t, w = np.array([0, 0, 0, 1, 1, 2]), Const(np.array([0.0, 1.0, 2.0]))
    ignored = [call(x[2:3], np.full(1, -100), reduction=r) for r in REDUCTIONS]
    made = [call(x, t, reduction="none"), call(x[2:5:2], t[2:5:2]), call(x, t, w, reduction="none"), *ignored]
    return [
        *made,
        call(x[:0], t[:0]),
        call(x[2:5:2], t[2:5:2], label_smoothing=0.1),
        call(x[:2], t[:2], Const(w.array * 0)),
    ]


def _cross_mistakes(rng: Rng) -> list[Sample]:
    x, t = np.ones((2, 3)), np.array([0, 1])
    return [
        call(x, np.array([0, 3])),
        call(x, np.array([0, -1])),
        call(x, np.array([0, 1, 2])),
        call(x, t[None]),
        call(x, t, np.ones(2)),
        call(x, t, np.ones((1, 3))),
        call(x, t, reduction="median"),
        call(x, t.astype(np.int32)),
        call(x, np.ones(2)),
        call(x, np.ones((2, 4))),
        call(x, np.ones((3, 3))),
        call(x, x, ignore_index=1),
        call(x, None),
        call(x, [0, 1]),
        call(np.array(1.0), t),
        call(x, np.ones((2, 3)), np.ones(2)),
        call(np.ones((2, 3), np.int64), t),
        call(np.ones(3), np.array([[0]])),
        call(np.ones((2, 3, 4)), t),
        call(x, t, label_smoothing=1.5),
        call(x, t, np.ones(3, np.float32)),
        call(x, np.array([True, False])),
    ]


# ---------------------------------------------------------------- regression


def _paired(name: str, numpy: Any, *more: dict[str, Any], weighted: bool = True, **options: Any) -> Row:
    """A loss of two tensors of one shape; `more`: further keyword arguments."""

    def samples(rng: Rng) -> list[Sample]:
        a = distinct(rng, (2, 3), 0.43)
        b = a + np.where(rng.random((2, 3)) < 0.5, -1, 1) * rng.choice([0.11, 0.3, 0.77, 1.2, 1.6, 2.3], (2, 3))
        made = [call(a, b, reduction=r, **kw) for kw in ({}, *more) for r in REDUCTIONS]
        made += [call(a[:1, 0].reshape(()), b[:1, 0].reshape(()), reduction=r) for r in REDUCTIONS]
        made += [call(a, Const(b)), call(Const(a), b, reduction="sum")]
        made += [call(a[:0], b[:0], reduction="none"), call(a[:0], b[:0], reduction="sum")]
        if weighted:
            made += [call(a, b, reduction=r, weight=values(rng, (2, 3), 0.3, 2)) for r in REDUCTIONS]
        return made

    def special(rng: Rng) -> list[Sample]:
        odd = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, 1e200])
        a, b = np.repeat(odd, len(odd)), np.tile(odd, len(odd))
        return [call(a, b, reduction="none"), call(a[:0], b[:0]), *[call(a, b, reduction="none", **kw) for kw in more]]

    def errors(rng: Rng) -> list[Sample]:
        x = np.ones(2)
        wrong = [call(x, x, reduction="median"), call(INTEGERS > 1, INTEGERS > 0)]
        wrong += [call(x, x, weight=np.ones(3)), call(x, x, weight=np.ones(1))] if weighted else []
        return wrong if name == "l1_loss" else [*wrong, call(INTEGERS, INTEGERS)]

    given = {"samples": samples, "special": special, "errors": errors, **options}
    return Row(name=f"nn.functional.{name}", numpy=numpy, **given)


def _weighted(loss: Array, weight: Any, reduction: str) -> Array:
    return _reduced(loss, reduction) if weight is None else _reduced(loss * weight, reduction, weight.sum())


def _mse(a: Array, b: Array, reduction: str = "mean", weight: Any = None) -> Array:
    return _weighted(np.square(a - b), weight, reduction)


def _l1(a: Array, b: Array, reduction: str = "mean", weight: Any = None) -> Array:
    return _weighted(np.abs(a - b), weight, reduction)


def _smooth_l1(a: Array, b: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    d = np.abs(a - b)
    return _reduced(np.where(d < beta, d * d / 2 / (beta or 1), d - beta / 2), reduction)


def _huber(a: Array, b: Array, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Array:
    d = np.abs(a - b)
    loss = np.where(d < delta, d * d / 2, delta * (d - delta / 2))
    return _reduced(loss if weight is None else loss * weight, reduction)


def _old_names(rng: Rng) -> list[Sample]:
    a, b = distinct(rng, (2, 3)), distinct(rng, (2, 3)) + 0.1
    return [call(a, b, size_average=True), call(a, b, size_average=False), call(a, b, reduce=False), call(a, b, False)]


def _old(loss: Any) -> Any:
    def named(a: Array, b: Array, size_average: Any = None, reduce: Any = None) -> Array:
        return loss(a, b, "none" if reduce is False else "sum" if size_average is False else "mean")

    return named


OLD = {"samples": _old_names, "variant": "old", "nodes": "the same as of the new names"}

# ---------------------------------------------------------------- probabilities


def _log(x: Array) -> Array:
    return np.maximum(np.log(x), -100)


def _bce(x: Array, t: Array, weight: Any = None, reduction: str = "mean") -> Array:
    loss = -(t * _log(x) + (1 - t) * _log(1 - x))
    return _reduced(loss if weight is None else loss * weight, reduction)


def bce_with_logits(x: Array, t: Array, weight: Any = None, reduction: str = "mean", pos_weight: Any = 1.0) -> Array:
    softplus = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))
    loss = (1 - t) * x + (1 + (pos_weight - 1) * t) * softplus
    return _reduced(loss if weight is None else loss * weight, reduction)


def divergence(a: Array, b: Array, reduction: str = "mean", log_target: bool = False) -> Array:
    log_b = b if log_target else np.log(b)
    loss = np.where((b == 0) & (not log_target), 0.0, np.exp(log_b) * (log_b - a))
    if reduction == "batchmean":
        return loss.sum() / len(a) if a.ndim else loss.sum()
    return _reduced(loss, reduction)


def _shares(low: float, high: float, **options: Any) -> Any:
    """(input, target) with input between `low` and `high` and target a probability."""

    def samples(rng: Rng) -> list[Sample]:
        x, t, w = values(rng, (2, 3), low, high), values(rng, (2, 3), 0.1, 0.9), Const(values(rng, (2, 3), 0.3, 2))
        made = [call(x, t, reduction=r) for r in REDUCTIONS]
        made += [call(x, t, w, reduction=r) for r in REDUCTIONS]
        made += [call(x, t, Const(w.array[0]), reduction=r) for r in REDUCTIONS]
        made += [call(x, Const(np.round(t))), call(x[:1, 0].reshape(()), t[:1, 0].reshape(()))]
        made += [call(x[:0], t[:0], reduction="none"), call(x[:0], t[:0], reduction="sum")]
        if options.get("pos_weight"):
            made += [call(x, t, reduction=r, pos_weight=Const(w.array[1])) for r in REDUCTIONS]
            made += [call(x, t, Const(w.array[:, :1]), pos_weight=w, reduction="none")]
        return made

    return samples


def _bce_odd(rng: Rng) -> list[Sample]:
    x, t = np.array([0.0, 1.0, 0.0, 1.0, 0.5, 1e-300]), np.array([0.0, 1.0, 1.0, 0.0, 0.5, 1.0])
    return [call(x[:6], t[:6], reduction="none"), call(x[:6], t[:6]), call(x[:0], t[:0])]


def _logits_odd(rng: Rng) -> list[Sample]:
    x = np.array([0.0, -0.0, 1000.0, -1000.0, 1000.0, -1000.0, inf, -inf, inf, -inf, nan])
    t = np.array([0.5, 0.5, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.5])
    return [call(x, t, reduction="none"), call(x[:6], t[:6], pos_weight=Const(np.array(2.0))), call(x[:0], t[:0])]


def _bce_mistakes(rng: Rng) -> list[Sample]:
    x = np.full((2, 3), 0.5)
    return [
        call(x, np.ones(3)),
        call(x, np.ones((2, 2))),
        call(x + 1, x),
        call(-x, x),
        call(x * nan, x),
        call(x, x, np.ones(2)),
        call(x, x, reduction="median"),
        call(x, np.ones((2, 3), np.int64)),
        call(np.ones((2, 3), np.int64), np.ones((2, 3), np.int64)),
        call(x, x.astype(np.float32)),
    ]


def _logits_mistakes(rng: Rng) -> list[Sample]:
    x = np.full((2, 3), 0.5)
    return [
        call(x, np.ones(3)),
        call(x, np.ones((2, 2))),
        call(x, x, np.ones(2)),
        call(x, x, reduction="median"),
        call(x, x, pos_weight=np.ones(2)),
        call(x, np.ones((2, 3), np.int64)),
        call(np.ones((2, 3), np.int64), x),
    ]


def _kl_samples(rng: Rng) -> list[Sample]:
    a, b = values(rng, (2, 3), -3, 0), values(rng, (2, 3), 0.1, 0.9)
    made = [call(a, b, reduction=r) for r in (*REDUCTIONS, "batchmean")]
    made += [call(a, np.log(b), reduction=r, log_target=True) for r in (*REDUCTIONS, "batchmean")]
    made += [call(a, Const(b)), call(Const(a), b), call(a[:1, 0].reshape(()), b[:1, 0].reshape(()))]
    return [*made, call(a[:0], b[:0], reduction="none"), call(a[:0], b[:0], reduction="sum")]


def _kl_odd(rng: Rng) -> list[Sample]:
    a, b = np.array([0.0, -1.0, -inf, nan, -1.0, -1.0, 0.0]), np.array([0.0, 0.0, 0.5, 0.5, nan, inf, 1.0])
    return [call(a, b, reduction="none"), call(a, b - 1, reduction="none", log_target=True), call(a[:0], b[:0])]


def _kl_mistakes(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3))
    wrong = [
        call(x, np.ones(4), reduction="sum"),
        call(x, x, reduction="median"),
        call(INTEGERS, INTEGERS, reduction="sum"),
    ]
    return [*wrong, call(np.ones(2), INTEGERS, reduction="sum"), call(INTEGERS, np.ones(2), reduction="sum")]


ROWS = [
    Row(
        name="nn.functional.nll_loss",
        samples=_nll_samples,
        special=_nll_odd,
        errors=_nll_mistakes,
        numpy=_nll,
        gradgrad="it is linear",
    ),
    Row(
        name="nn.functional.cross_entropy",
        samples=_scores,
        special=_odd_scores,
        errors=_cross_mistakes,
        numpy=_cross_entropy,
    ),
    Row(name="nn.functional.cross_entropy", samples=_smoothed, numpy=_cross_entropy, variant="smoothed", nodes=FUSED),
    Row(
        name="nn.functional.cross_entropy",
        samples=_probabilities,
        special=_no_probabilities,
        numpy=_cross_entropy,
        variant="probabilities",
        nodes=FUSED,
    ),
    _paired("mse_loss", _mse),
    _paired("mse_loss", _old(_mse), special=None, errors=None, **OLD),
    _paired("l1_loss", _l1, gradgrad=STEP),
    _paired("l1_loss", _old(_l1), special=None, errors=None, gradgrad=STEP, **OLD),
    _paired("smooth_l1_loss", _smooth_l1, {"beta": 0.5}, {"beta": 2}, weighted=False),
    _paired("smooth_l1_loss", _smooth_l1, {"beta": 0}, weighted=False, gradgrad=STEP, variant="l1"),
    _paired("smooth_l1_loss", _old(_smooth_l1), special=None, errors=None, **OLD),
    _paired("huber_loss", _huber, {"delta": 0.5}, {"delta": 2}),
    Row(
        name="nn.functional.binary_cross_entropy",
        samples=_shares(0.1, 0.9),
        special=_bce_odd,
        errors=_bce_mistakes,
        numpy=_bce,
    ),
    Row(
        name="nn.functional.binary_cross_entropy_with_logits",
        samples=_shares(-3, 3, pos_weight=True),
        special=_logits_odd,
        errors=_logits_mistakes,
        numpy=bce_with_logits,
    ),
    Row(
        name="nn.functional.kl_div",
        samples=_kl_samples,
        special=_kl_odd,
        errors=_kl_mistakes,
        numpy=divergence,
    ),
]
