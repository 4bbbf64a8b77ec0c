"""Rows of minitorch/ops/flat.py: what `torch` calls otherwise than `torch.nn.functional`. Its dropouts stand in
rows_random.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ops import rows_loss, rows_norm
from ops.table import Array, Const, Rng, Row, Sample, call, values

REDUCTIONS = ("none", "mean", "sum")


def _flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """The reference of nn.functional, with weight and bias before the running statistics."""
    return lambda x, w, b, mean, var, *how: function(x, mean, var, w, b, *how[:3])


def _norms(rng: Rng) -> list[Sample]:
    x, w, b = values(rng, (3, 2, 4)), values(rng, (2,), 0.5, 2), values(rng, (2,))
    mean, var = Const(values(rng, (2,))), Const(values(rng, (2,), 0.5, 2))
    return [
        call(x, w, b, mean, var, False, 0.1, 1e-5, False),
        call(x, None, b, mean, var, False, 0.1, 1e-2, False),
        call(x, w, b, None, None, True, 0.1, 1e-5, False),
        call(x, None, None, None, None, True, 0.3, 0.1, True),
    ]


def _numbered(rng: Rng) -> list[Sample]:
    x, t = values(rng, (2, 3), 0.1, 0.9), values(rng, (2, 3), 0.1, 0.9)
    return [call(x, t, reduction=r) for r in (0, 1, 2)] + [call(x, t)]


def _bce(x: Array, t: Array, weight: Any = None, pos_weight: Any = 1.0, reduction: int = 0) -> Array:
    return rows_loss.bce_with_logits(x, t, weight, REDUCTIONS[reduction], pos_weight)


def _divergence(x: Array, t: Array, reduction: int = 0, log_target: bool = False) -> Array:
    return rows_loss.divergence(x, t, REDUCTIONS[reduction], log_target)


def _weighted(rng: Rng) -> list[Sample]:
    x, t, w = values(rng, (2, 3)), values(rng, (2, 3), 0.1, 0.9), Const(values(rng, (3,), 0.3, 2))
    return [*_numbered(rng), call(x, t, w, w), call(x, t, w, reduction=0), call(x, t, pos_weight=w, reduction=2)]


def _logarithms(rng: Rng) -> list[Sample]:
    return [*_numbered(rng), call(values(rng, (2, 3)), values(rng, (2, 3)), 2, log_target=True)]


ROWS = [
    Row(
        name="batch_norm",
        samples=_norms,
        errors=lambda rng: [call(np.ones((3, 2)), None, None, None, None, False, 0.1, 1e-5, False)],
        numpy=_flat(rows_norm.batch_norm),
        tolerance=rows_norm.ROUGH,
    ),
    Row(
        name="instance_norm",
        samples=_norms,
        numpy=_flat(rows_norm.instance_norm),
        tolerance=rows_norm.ROUGH,
        nodes="PyTorch's is a batch norm, viewed",
    ),
    Row(name="binary_cross_entropy_with_logits", samples=_weighted, numpy=_bce),
    Row(name="kl_div", samples=_logarithms, numpy=_divergence),
]
