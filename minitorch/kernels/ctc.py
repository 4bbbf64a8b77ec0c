"""Connectionist temporal classification (Graves et al., 2006): sums over all alignments, in logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit

Array = NDArray[Any]


# Both loops are plain Python, which is what their twins run: recursions over time have no numpy form.
def _forward_python(
    start: int, stop: int, logp: Any, labels: Any, times: Any, counts: Any, blank: int, alpha: Any, loss: Any
) -> None:
    for n in range(start, stop):
        wide, steps = 2 * counts[n] + 1, times[n]
        a, p, label = alpha[n], logp[n], labels[n]
        if steps > 0:
            a[0, 0] = p[0, blank]
            if wide > 1:
                a[0, 1] = p[0, label[0]]
        for t in range(1, steps):
            for s in range(wide):
                own = blank if s % 2 == 0 else label[s // 2]
                total = a[t - 1, s]
                if s > 0:
                    total = np.logaddexp(total, a[t - 1, s - 1])
                if s > 1 and s % 2 == 1 and label[s // 2] != label[s // 2 - 1]:
                    total = np.logaddexp(total, a[t - 1, s - 2])
                a[t, s] = total + p[t, own]
        if steps == 0:
            loss[n] = 0.0 if wide == 1 else np.inf
        elif wide == 1:
            loss[n] = -a[steps - 1, 0]
        else:
            loss[n] = -np.logaddexp(a[steps - 1, wide - 1], a[steps - 1, wide - 2])


_forward = jit(twin=_forward_python)(_forward_python)


def _backward_python(
    start: int, stop: int, logp: Any, labels: Any, times: Any, counts: Any, blank: int, alpha: Any, loss: Any, grad: Any
) -> None:
    for n in range(start, stop):
        wide, steps = 2 * counts[n] + 1, times[n]
        a, p, label, g = alpha[n], logp[n], labels[n], grad[n]
        beta = np.full(wide, -np.inf, a.dtype)
        for t in range(steps - 1, -1, -1):
            later = beta.copy()
            for s in range(wide):
                own = blank if s % 2 == 0 else label[s // 2]
                if t == steps - 1:
                    total = 0.0 if s >= wide - 2 else -np.inf
                else:
                    total = later[s]
                    if s + 1 < wide:
                        total = np.logaddexp(total, later[s + 1])
                    if s + 2 < wide and s % 2 == 1 and label[s // 2] != label[s // 2 + 1]:
                        total = np.logaddexp(total, later[s + 2])
                # beta counts the emission at t, which alpha counts as well
                beta[s] = total + p[t, own]
                g[t, own] -= np.exp(a[t, s] + total + loss[n])
            for c in range(p.shape[1]):
                g[t, c] += np.exp(p[t, c])


_backward = jit(twin=_backward_python)(_backward_python)


def forward(logp: Array, labels: Array, times: Array, counts: Array, blank: int) -> tuple[Array, Array]:
    """The negative log-likelihood of each of N samples, (N, T, C) with labels (N, S),
    and what the backward pass needs.
    """
    n, steps, _ = logp.shape
    alpha = np.full((n, steps, 2 * labels.shape[1] + 1), -np.inf, logp.dtype)
    loss = np.empty(n, logp.dtype)
    with np.errstate(all="ignore"):
        _forward.split(n, alpha[0].size * 20 if n else 1, logp, labels, times, counts, blank, alpha, loss)
    return loss, alpha


def backward(logp: Array, labels: Array, times: Array, counts: Array, blank: int, alpha: Array, loss: Array) -> Array:
    """(N, T, C): the derivative of each loss by the scores that log_softmax made log-probabilities of."""
    grad = np.zeros_like(logp)
    n = len(logp)
    with np.errstate(all="ignore"):
        cost = alpha[0].size * 30 if n else 1
        _backward.split(n, cost, logp, labels, times, counts, blank, alpha, loss, grad)
    return grad


def padded(targets: Array, counts: Array) -> Array:
    """(N, S): labels that stand one sample behind the other, as rows."""
    rows = np.zeros((len(counts), max(int(counts.max(initial=0)), 1)), np.int64)
    start = 0
    for row, count in zip(rows, counts, strict=True):
        row[:count] = targets[start : start + count]
        start += count
    return rows


def by_sample(logp: Array) -> Array:
    """(T, N, C) → (N, T, C), contiguous."""
    return np.ascontiguousarray(logp.swapaxes(0, 1))


def scaled(grad: Array, g: Array, loss: Array, zero_infinity: bool) -> Array:
    """(N, T, C) → (T, N, C), times the gradient of each loss; zero for an infinite loss where asked."""
    with np.errstate(all="ignore"):
        y = grad * g[:, None, None]
    if zero_infinity:
        y[np.isinf(loss)] = 0
    return np.ascontiguousarray(y.swapaxes(0, 1))
