"""Softmax and cross-entropy: kernels over rows. Inputs are brought to (rows, n); a class axis inside is moved behind."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import Kernel, jit

Array = NDArray[Any]


def _rows(x: Array, axis: int) -> Array:
    """x as C-contiguous (rows, n) with the axis last."""
    if not x.ndim:
        return x.reshape(1, 1)
    moved = x if axis == x.ndim - 1 else np.moveaxis(x, axis, -1)
    return np.ascontiguousarray(moved).reshape(-1, x.shape[axis])


def _back(rows: Array, x: Array, axis: int) -> Array:
    """Rows in the shape of x again."""
    if not x.ndim or axis == x.ndim - 1:
        return rows.reshape(x.shape)
    shape = (*x.shape[:axis], *x.shape[axis + 1 :], x.shape[axis])
    return np.ascontiguousarray(np.moveaxis(rows.reshape(shape), -1, axis))


def _over_rows(kernel: Kernel, axis: int, cost: float, x: Array, *others: Array) -> Array:
    if not x.size:
        return np.empty_like(x)
    rows: Any = [_rows(a, axis) for a in (x, *others)]
    out = np.empty(rows[0].shape, x.dtype)
    kernel.split(len(out), rows[0].shape[1] * cost + 5, *rows, out)
    return _back(out, x, axis)


# ---------------------------------------------------------------- softmax


def _softmax_numpy(start: int, stop: int, x: Array, y: Array) -> None:
    with np.errstate(all="ignore"):
        e = np.exp(x[start:stop] - x[start:stop].max(1, keepdims=True))
        y[start:stop] = e / e.sum(1, keepdims=True)


@jit(twin=_softmax_numpy)
def _softmax(start: int, stop: int, x: Any, y: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    for i in range(x.shape[0]):
        row, out = x[i], y[i]
        top = row[0]
        for j in range(row.size):
            top = maths.where(row[j] > top, row[j], top)
        total = row.dtype.type(0)
        for j in range(row.size):
            e = maths.exp(row[j] - top)
            out[j] = e
            total += e
        scale = row.dtype.type(1) / total
        for j in range(row.size):
            out[j] *= scale


def _softmax_grad_numpy(start: int, stop: int, g: Array, y: Array, dx: Array) -> None:
    with np.errstate(all="ignore"):
        part, out = g[start:stop], y[start:stop]
        dx[start:stop] = out * (part - (part * out).sum(1, keepdims=True))


@jit(twin=_softmax_grad_numpy)
def _softmax_grad(start: int, stop: int, g: Any, y: Any, dx: Any) -> None:
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    for i in range(g.shape[0]):
        a, b, out = g[i], y[i], dx[i]
        dot = a.dtype.type(0)
        for j in range(a.size):
            dot += a[j] * b[j]
        for j in range(a.size):
            out[j] = b[j] * (a[j] - dot)


def softmax(x: Array, axis: int) -> Array:
    """eˣ / Σ eˣ along the axis."""
    return _over_rows(_softmax, axis, 1, x)


def softmax_grad(g: Array, y: Array, axis: int) -> Array:
    """y (g - Σ g y)."""
    return _over_rows(_softmax_grad, axis, 0.5, g, y)


# ---------------------------------------------------------------- log-softmax


def _log_softmax_numpy(start: int, stop: int, x: Array, y: Array) -> None:
    with np.errstate(all="ignore"):
        shifted = x[start:stop] - x[start:stop].max(1, keepdims=True)
        y[start:stop] = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


@jit(twin=_log_softmax_numpy)
def _log_softmax(start: int, stop: int, x: Any, y: Any) -> None:
    x, y = x[start:stop], y[start:stop]
    for i in range(x.shape[0]):
        row, out = x[i], y[i]
        top = row[0]
        for j in range(row.size):
            top = maths.where(row[j] > top, row[j], top)
        total = row.dtype.type(0)
        for j in range(row.size):
            total += maths.exp(row[j] - top)
        shift = maths.log(total)
        for j in range(row.size):
            out[j] = (row[j] - top) - shift


def _log_softmax_grad_numpy(start: int, stop: int, g: Array, y: Array, dx: Array) -> None:
    with np.errstate(all="ignore"):
        part = g[start:stop]
        dx[start:stop] = part - np.exp(y[start:stop]) * part.sum(1, keepdims=True)


@jit(twin=_log_softmax_grad_numpy)
def _log_softmax_grad(start: int, stop: int, g: Any, y: Any, dx: Any) -> None:
    g, y, dx = g[start:stop], y[start:stop], dx[start:stop]
    for i in range(g.shape[0]):
        a, b, out = g[i], y[i], dx[i]
        total = a.dtype.type(0)
        for j in range(a.size):
            total += a[j]
        for j in range(a.size):
            out[j] = a[j] - maths.exp(b[j]) * total


def log_softmax(x: Array, axis: int) -> Array:
    """x - ln Σ eˣ along the axis."""
    return _over_rows(_log_softmax, axis, 1, x)


def log_softmax_grad(g: Array, y: Array, axis: int) -> Array:
    """g - eʸ Σ g."""
    return _over_rows(_log_softmax_grad, axis, 1, g, y)


# ---------------------------------------------------------------- negative log-likelihood


def check_targets(target: Array, classes: int, ignore: int) -> None:
    """IndexError for the first class that does not exist and is not the one to ignore."""
    bad = ((target < 0) | (target >= classes)) & (target != ignore)
    if bad.any():
        raise IndexError(
            f"Target {target[bad].flat[0]} is out of bounds. There are {classes} classes, 0 to {classes - 1}."
        )


def _nll_numpy(logp: Array, target: Array, weight: Array, ignore: int, loss: Array) -> None:
    rows = np.arange(len(target))
    used = target != ignore
    at = np.where(used, target, 0)
    with np.errstate(all="ignore"):
        loss[...] = np.where(used, -logp[rows, at] * weight[at], 0)


@jit(twin=_nll_numpy)
def _nll(logp: Any, target: Any, weight: Any, ignore: int, loss: Any) -> None:
    for i in range(target.size):
        t = target[i]
        if t == ignore:
            loss[i] = 0
        else:
            loss[i] = -logp[i, t] * weight[t]


def nll(logp: Array, target: Array, weight: Array, ignore: int, reduction: str) -> tuple[Array, Any]:
    """-weight[t] logp[i, t] for each row i with target t, 0 where it is ignored; or their sum, or mean by weight.

    And what the mean divides by (1 for the others).
    """
    check_targets(target, logp.shape[1], ignore)
    loss = np.empty(target.shape, logp.dtype)
    _nll(np.ascontiguousarray(logp), np.ascontiguousarray(target), weight, ignore, loss)
    if reduction == "none":
        return loss, 1
    total = used_weight(target, weight, ignore).sum() if reduction == "mean" else loss.dtype.type(1)
    with np.errstate(all="ignore"):
        return np.asarray(loss.sum() / total), float(total)


def _nll_grad_numpy(g: Array, target: Array, weight: Array, ignore: int, dx: Array) -> None:
    used = target != ignore
    at = np.where(used, target, 0)
    dx[np.arange(len(target)), at] = np.where(used, -g * weight[at], 0)


@jit(twin=_nll_grad_numpy)
def _nll_grad(g: Any, target: Any, weight: Any, ignore: int, dx: Any) -> None:
    for i in range(target.size):
        t = target[i]
        if t != ignore:
            dx[i, t] = -g[i] * weight[t]


def nll_grad(g: Array, target: Array, weight: Array, ignore: int) -> Array:
    """(rows, classes): -g weight at the target, zeros elsewhere."""
    dx = np.zeros((target.size, weight.size), g.dtype)
    _nll_grad(np.ascontiguousarray(g), np.ascontiguousarray(target), weight, ignore, dx)
    return dx


def used_weight(target: Array, weight: Array, ignore: int) -> Array:
    """The weight of each target's class; 0 where it is ignored."""
    used = target != ignore
    return np.asarray(np.where(used, weight[np.where(used, target, 0)], weight.dtype.type(0)))


# ---------------------------------------------------------------- cross-entropy of logits, fused


def _cross_entropy_numpy(start: int, stop: int, x: Array, target: Array, ignore: int, logp: Array, loss: Array) -> None:
    _log_softmax_numpy(start, stop, x, logp)
    t = target[start:stop]
    known = (t >= 0) & (t < x.shape[1])
    loss[start:stop] = np.where(
        known, -logp[np.arange(start, stop), np.where(known, t, 0)], np.where(t == ignore, 0, np.nan)
    )
    loss[start:stop][t == ignore] = 0
    loss[start:stop][~known & (t != ignore)] = -1


@jit(twin=_cross_entropy_numpy)
def _cross_entropy(start: int, stop: int, x: Any, target: Any, ignore: int, logp: Any, loss: Any) -> None:
    """A class that does not exist gives the loss -1, which no class can have."""
    x, target, logp, loss = x[start:stop], target[start:stop], logp[start:stop], loss[start:stop]
    for i in range(x.shape[0]):
        row, out = x[i], logp[i]
        top = row[0]
        for j in range(row.size):
            top = maths.where(row[j] > top, row[j], top)
        total = row.dtype.type(0)
        for j in range(row.size):
            total += maths.exp(row[j] - top)
        shift = maths.log(total)
        for j in range(row.size):
            out[j] = (row[j] - top) - shift
        t = target[i]
        if t == ignore:
            loss[i] = 0
        elif t < 0 or t >= row.size:
            loss[i] = -1
        else:
            loss[i] = -out[t]


def _total_numpy(loss: Array, target: Array, ignore: int) -> tuple[float, int, bool]:
    return loss.sum(), int((target != ignore).sum()), bool((loss == -1).any())


@jit(twin=_total_numpy)
def _total(loss: Any, target: Any, ignore: int) -> Any:
    """The sum of the losses, how many targets count, and whether one of them does not exist."""
    total, used, bad = 0.0, 0, False
    for i in range(loss.size):
        total += loss[i]
        used += target[i] != ignore
        bad |= loss[i] == -1
    return total, used, bad


def cross_entropy(x: Array, target: Array, ignore: int, reduction: str) -> tuple[Array, Array, int]:
    """Of logits (rows, classes) and targets (rows): the losses or their sum or mean, the log-probabilities, and how many count."""
    x, target = np.ascontiguousarray(x), np.ascontiguousarray(target)
    logp, loss = np.empty(x.shape, x.dtype), np.empty(len(x), x.dtype)
    if x.size:
        _cross_entropy.split(len(x), x.shape[1] * 1.0 + 10, x, target, ignore, logp, loss)
    total, used, bad = _total(loss, target, ignore)
    if bad:
        check_targets(target, x.shape[1], ignore)
    if reduction == "none":
        return loss, logp, used
    if reduction == "mean":
        total = total / used if used else np.nan
    return np.array(total, x.dtype), logp, used


def _cross_entropy_grad_numpy(
    start: int, stop: int, g: Array, logp: Array, target: Array, ignore: int, count: int, dx: Array
) -> None:
    t = target[start:stop]
    part = (g[start:stop] if g.size > 1 else np.broadcast_to(g, t.shape)) / count
    with np.errstate(all="ignore"):
        grad = np.exp(logp[start:stop]) * part[:, None]
    used = t != ignore
    grad[np.arange(len(t)), np.where(used, t, 0)] -= part
    dx[start:stop] = np.where(used[:, None], grad, 0)


@jit(twin=_cross_entropy_grad_numpy)
def _cross_entropy_grad(
    start: int, stop: int, g: Any, logp: Any, target: Any, ignore: int, count: int, dx: Any
) -> None:
    """`g` is one gradient for all rows or one a row."""
    for i in range(start, stop):
        row, out = logp[i], dx[i]
        scale = dx.dtype.type((g[i] if g.size > 1 else g[0]) / count)
        if target[i] == ignore:
            out[:] = 0
        else:
            for j in range(row.size):
                out[j] = maths.exp(row[j]) * scale
            out[target[i]] -= scale


def cross_entropy_grad(g: Array, logp: Array, target: Array, ignore: int, count: int) -> Array:
    """(softmax - one hot) g / count per row; zeros where the target is ignored."""
    dx = np.empty(logp.shape, logp.dtype)
    if dx.size:
        args = np.ascontiguousarray(g).reshape(-1), logp, np.ascontiguousarray(target), ignore, max(count, 1), dx
        _cross_entropy_grad.split(len(dx), logp.shape[1] * 1.0 + 10, *args)
    return dx
