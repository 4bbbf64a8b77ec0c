"""Losses of classes: the negative log-likelihood, and the cross-entropy of logits, fused with its log-softmax."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import jit
from .softmax import (
    STRIP,
    TILE,
    canonical,
    column_exponentials,
    cost,
    exponentials,
    log_share,
    shifted_numpy,
    tiles_numpy,
)

Array = NDArray[Any]


# ---------------------------------------------------------------- targets


def _weigh_numpy(target: Array, weight: Array, classes: int, ignore: int) -> tuple[float, bool]:
    used = target[target != ignore]
    if ((used < 0) | (used >= classes)).any():
        return 0.0, True
    return float(weight[used].sum(dtype=np.float64) if weight.size else used.size), False


@jit(twin=_weigh_numpy)
def _weigh(target: Any, weight: Any, classes: int, ignore: int) -> Any:
    """The weight of all targets (their number, where `weight` is empty), and whether one of them is no class."""
    total, bad = 0.0, False
    for i in range(target.size):
        t = target[i]
        if t != ignore:
            if t < 0 or t >= classes:
                bad = True
            else:
                total += weight[t] if weight.size else 1.0
    return total, bad


def check_targets(target: Array, classes: int, ignore: int) -> None:
    """IndexError for the first class that does not exist and is not the one to ignore."""
    bad = ((target < 0) | (target >= classes)) & (target != ignore)
    if bad.any():
        raise IndexError(
            f"Target {target[bad].flat[0]} is out of bounds. There are {classes} classes, 0 to {classes - 1}."
        )


def _checked(target: Array, weight: Array, classes: int, ignore: int) -> tuple[Array, float]:
    """Targets as flat int64, and their weight."""
    flat = np.ascontiguousarray(target, np.int64).ravel()
    total, bad = _weigh.run(flat, weight, classes, ignore)
    if bad:
        check_targets(flat, classes, ignore)
    return flat, total


def _reduced(loss: Array, total: float, reduction: str) -> Array:
    """The losses, their sum, or the sum over `total`; added up in float64."""
    if reduction == "none":
        return loss
    return np.array(_mean.run(loss.ravel(), total if reduction == "mean" else 1.0), loss.dtype)


def _mean_numpy(x: Array, count: float) -> float:
    with np.errstate(all="ignore"):
        return float(x.sum(dtype=np.float64) / np.float64(count))


@jit(twin=_mean_numpy)
def _mean(x: Any, count: Any) -> Any:
    """The sum over `count`, added up in float64."""
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total / count


# ---------------------------------------------------------------- negative log-likelihood


def _nll_numpy(start: int, stop: int, logp: Array, target: Array, weight: Array, ignore: int, loss: Array) -> None:
    outer, t = np.arange(start, stop)[:, None], target[start:stop]
    used = t != ignore
    at = np.where(used, t, 0)
    with np.errstate(all="ignore"):
        loss[start:stop] = np.where(used, -logp[outer, at, np.arange(t.shape[1])] * weight[at], 0)


@jit(twin=_nll_numpy)
def _nll(start: int, stop: int, logp: Any, target: Any, weight: Any, ignore: int, loss: Any) -> None:
    """logp (outer, classes, inner), target and loss (outer, inner)."""
    for i in range(start, stop):
        for j in range(logp.shape[2]):
            t = target[i, j]
            if t == ignore:
                loss[i, j] = 0
            else:
                loss[i, j] = -logp[i, t, j] * weight[t]


def nll(logp: Array, target: Array, weight: Array, ignore: int, reduction: str) -> tuple[Array, Any]:
    """-weight[t] logp[i, t] at each position with target t, 0 where it is ignored; or their sum, or mean by weight.

    logp (rows, classes) or (rows, classes, inner), targets (rows) or (rows, inner). And what the mean divides by (1 for
    the others).
    """
    classes = logp.shape[1]
    flat, total = _checked(target, weight, classes, ignore)
    loss = np.empty(target.shape, logp.dtype)
    if loss.size:
        planes = np.ascontiguousarray(logp).reshape(len(logp), classes, -1)
        shape = len(logp), planes.shape[2]
        _nll.split(len(logp), shape[1] * 2.0, planes, flat.reshape(shape), weight, ignore, loss.reshape(shape))
    return _reduced(loss, total, reduction), total if reduction == "mean" else 1


def _nll_grad_numpy(start: int, stop: int, g: Array, target: Array, weight: Array, ignore: int, dx: Array) -> None:
    outer, t = np.arange(start, stop)[:, None], target[start:stop]
    used = t != ignore
    at = np.where(used, t, 0)
    with np.errstate(all="ignore"):
        dx[outer, at, np.arange(t.shape[1])] = np.where(used, -g[start:stop] * weight[at], 0)


@jit(twin=_nll_grad_numpy)
def _nll_grad(start: int, stop: int, g: Any, target: Any, weight: Any, ignore: int, dx: Any) -> None:
    for i in range(start, stop):
        for j in range(target.shape[1]):
            t = target[i, j]
            if t != ignore:
                dx[i, t, j] = -g[i, j] * weight[t]


def nll_grad(g: Array, target: Array, weight: Array, ignore: int) -> Array:
    """(rows, classes), or (rows, classes, inner) for targets (rows, inner):
    -g weight at the target, zeros elsewhere.
    """
    dx = np.zeros((len(target), weight.size, *target.shape[1:]), g.dtype)
    if dx.size:
        flat, _ = _checked(target, weight, weight.size, ignore)
        shape = len(target), flat.size // len(target)
        planes = dx.reshape(len(target), weight.size, -1)
        g = np.ascontiguousarray(g).reshape(shape)
        _nll_grad.split(len(g), shape[1] * 2.0, g, flat.reshape(shape), weight, ignore, planes)
    return dx


# ---------------------------------------------------------------- cross-entropy of logits, fused

# Forward nothing of the size of the logits is written: of each row the largest and ln Σ e^(x - largest) are kept, and
# backward the probabilities are computed again. `weight` is empty where every class counts the same and nothing is
# smoothed; `shares` is what -ln p counts for: of the target, of every class, and the latter summed with their weights.


def _losses_numpy(x: Array, t: Array, ignore: int, weight: Array, shares: Array) -> tuple[Array, Array, Array]:
    """Of logits (rows, classes): the largest, the logarithm of the sum, the losses."""
    shifted, total = shifted_numpy(x, 1)
    costs = (np.log(total) - shifted) * (weight if weight.size else 1)
    used = t != ignore
    loss = shares[0] * costs[np.arange(len(t)), np.where(used, t, 0)]
    if shares[1]:
        loss = loss + shares[1] * costs.sum(1)
    return x.max(1), np.log(total)[:, 0], np.where(used, loss, 0)


def _cross_entropy_rows_numpy(
    start: int, stop: int, x: Array, target: Array, ignore: int, weight: Array, shares: Array, stats: Array, loss: Array
) -> None:
    part = slice(start, stop)
    with np.errstate(all="ignore"):
        stats[0, part], stats[1, part], loss[part] = _losses_numpy(x[part], target[part], ignore, weight, shares)


@jit(twin=_cross_entropy_rows_numpy)
def _cross_entropy_rows(
    start: int, stop: int, x: Any, target: Any, ignore: int, weight: Any, shares: Any, stats: Any, loss: Any
) -> None:
    x, target, loss = x[start:stop], target[start:stop], loss[start:stop]
    tops, shifts = stats[0, start:stop], stats[1, start:stop]
    step = max(1, STRIP // x.shape[1])
    e = np.empty((min(step, x.shape[0]), x.shape[1]), x.dtype)
    for at in range(0, x.shape[0], step):
        xs = x[at : at + step]
        exponentials(xs, e[: xs.shape[0]], tops[at : at + step], shifts[at : at + step])
    for i in range(loss.size):
        shifts[i] = maths.log(shifts[i])
    for i in range(loss.size):
        t, row, top, shift = target[i], x[i], tops[i], shifts[i]
        if t == ignore:
            loss[i] = 0
        elif weight.size == 0:
            loss[i] = cost(row[t], top, shift)
        else:
            rest = x.dtype.type(0)
            if shares[1] != 0:
                for j in range(row.size):
                    rest += weight[j] * cost(row[j], top, shift)
            loss[i] = shares[0] * weight[t] * cost(row[t], top, shift) + shares[1] * rest


def _cross_entropy_columns_numpy(
    start: int, stop: int, x: Array, target: Array, ignore: int, weight: Array, shares: Array, stats: Array, loss: Array
) -> None:
    for i, part in tiles_numpy(start, stop, x.shape[2]):
        with np.errstate(all="ignore"):
            found = _losses_numpy(x[i, :, part].T, target[i, part], ignore, weight, shares)
        stats[0, i, part], stats[1, i, part], loss[i, part] = found


@jit(twin=_cross_entropy_columns_numpy)
def _cross_entropy_columns(
    start: int, stop: int, x: Any, target: Any, ignore: int, weight: Any, shares: Any, stats: Any, loss: Any
) -> None:
    tiles = (x.shape[2] + TILE - 1) // TILE
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        top, shift, out = stats[0, i, at : at + TILE], stats[1, i, at : at + TILE], loss[i, at : at + TILE]
        column_exponentials(x[i], at, top, shift)
        for j in range(out.size):
            shift[j], out[j] = maths.log(shift[j]), 0
        if weight.size and shares[1] != 0:
            for r in range(x.shape[1]):
                row, w = x[i, r, at : at + TILE], weight[r] * shares[1]
                for j in range(out.size):
                    out[j] += w * cost(row[j], top[j], shift[j])
        for j in range(out.size):
            t = target[i, at + j]
            if t == ignore:
                out[j] = 0
            else:
                w = shares[0] * weight[t] if weight.size else shares[0]
                out[j] += w * cost(x[i, t, at + j], top[j], shift[j])


def _shares(classes: int, weight: Array | None, smoothing: float, dtype: Any) -> tuple[Array, Array]:
    """`weight` and `shares` as the kernels take them."""
    if weight is None and not smoothing:
        return _every_class_alike(dtype)
    w = np.ones(classes if smoothing else 0, dtype) if weight is None else np.ascontiguousarray(weight)
    each = smoothing / max(classes, 1)
    return w, np.array([1 - smoothing, each, each * w.sum(dtype=np.float64)], dtype)


@functools.cache
def _every_class_alike(dtype: np.dtype[Any]) -> tuple[Array, Array]:
    return np.ones(0, dtype), np.array([1, 0, 0], dtype)


def cross_entropy(
    x: Array, target: Array, ignore: int, reduction: str, weight: Array | None = None, smoothing: float = 0.0
) -> tuple[Array, Any, float]:
    """Of logits (rows, classes[, inner]) and targets (rows[, inner]): the losses, or their sum or mean.

    Then what the gradient needs, and the weight of all targets that count, by which the mean divides. `smoothing` of
    each target is shared among the classes. IndexError for a target that is no class.
    """
    classes = x.shape[1]
    w, shares = _shares(classes, weight, smoothing, x.dtype)
    flat, total = _checked(target, w, classes, ignore)
    x = canonical(x, 1)
    loss, stats = np.zeros(target.shape, x.dtype), np.empty((2, *x.shape[:1], *x.shape[2:]), x.dtype)
    if x.size:
        shape = stats.shape[1:]
        args = x, flat.reshape(shape), ignore, w, shares, stats, loss.reshape(shape)
        if x.ndim == 2:
            _cross_entropy_rows.split(len(x), classes * 0.4 + 15, *args)
        else:
            tiles = -(-x.shape[2] // TILE)
            _cross_entropy_columns.split(len(x) * tiles, x[0].size / tiles * 0.4 + 15, *args)
    return _reduced(loss, total, reduction), (x, stats), total


def _gradient_numpy(
    scale: Array, x: Array, top: Array, shift: Array, t: Array, ignore: int, weight: Array, shares: Array
) -> Array:
    """scale times the derivative of the losses by the logits (rows, classes)."""
    used = t != ignore
    at = np.where(used, t, 0)
    w = weight if weight.size else np.ones(x.shape[1], x.dtype)
    own = scale * shares[0] * w[at]
    p = np.exp((x - top[:, None]) - shift[:, None])
    dx = p * (own + scale * shares[2])[:, None] - (scale * shares[1])[:, None] * w
    dx[np.arange(len(t)), at] -= own
    return np.where(used[:, None], dx, 0)


def _cross_entropy_grad_rows_numpy(
    start: int, stop: int, scale: Array, x: Array, stats: Array, target: Array, ignore: int, weight: Array,
    shares: Array, dx: Array,
) -> None:  # fmt: skip
    part = slice(start, stop)
    with np.errstate(all="ignore"):
        args = scale[part], x[part], stats[0, part], stats[1, part], target[part]
        dx[part] = _gradient_numpy(*args, ignore, weight, shares)


@jit(twin=_cross_entropy_grad_rows_numpy)
def _cross_entropy_grad_rows(
    start: int, stop: int, scale: Any, x: Any, stats: Any, target: Any, ignore: int, weight: Any, shares: Any, dx: Any
) -> None:
    step = max(1, STRIP // x.shape[1])
    for at in range(start, stop, step):
        strip = dx[at : min(at + step, stop)]
        for i in range(strip.shape[0]):
            row, out, top, shift = x[at + i], strip[i], stats[0, at + i], stats[1, at + i]
            for j in range(out.size):
                out[j] = log_share(row[j], top, shift)
        flat = strip.reshape(strip.size)
        for j in range(flat.size):
            flat[j] = maths.exp(flat[j])
        for i in range(strip.shape[0]):
            t, out, own = target[at + i], strip[i], scale[at + i]
            if t == ignore:
                for j in range(out.size):
                    out[j] = 0
            elif weight.size == 0:
                for j in range(out.size):
                    out[j] *= own
                out[t] -= own
            else:
                every, back = own * shares[2], own * shares[1]
                own = own * shares[0] * weight[t]
                for j in range(out.size):
                    out[j] = out[j] * (own + every) - back * weight[j]
                out[t] -= own


def _cross_entropy_grad_columns_numpy(
    start: int, stop: int, scale: Array, x: Array, stats: Array, target: Array, ignore: int, weight: Array,
    shares: Array, dx: Array,
) -> None:  # fmt: skip
    for i, part in tiles_numpy(start, stop, x.shape[2]):
        with np.errstate(all="ignore"):
            args = scale[i, part], x[i, :, part].T, stats[0, i, part], stats[1, i, part], target[i, part]
            dx[i, :, part] = _gradient_numpy(*args, ignore, weight, shares).T


@jit(twin=_cross_entropy_grad_columns_numpy)
def _cross_entropy_grad_columns(
    start: int, stop: int, scale: Any, x: Any, stats: Any, target: Any, ignore: int, weight: Any, shares: Any, dx: Any
) -> None:
    tiles = (x.shape[2] + TILE - 1) // TILE
    owns, factors = np.empty(TILE, x.dtype), np.empty(TILE, x.dtype)
    for item in range(start, stop):
        i, at = item // tiles, item % tiles * TILE
        top, shift, share = stats[0, i, at : at + TILE], stats[1, i, at : at + TILE], scale[i, at : at + TILE]
        own, factor = owns[: top.size], factors[: top.size]
        for j in range(top.size):
            t = target[i, at + j]
            own[j] = share[j] * shares[0] * (weight[t] if weight.size and t != ignore else shares.dtype.type(1))
            factor[j] = own[j] + share[j] * shares[2]
        for r in range(x.shape[1]):
            row, out = x[i, r, at : at + TILE], dx[i, r, at : at + TILE]
            w = weight[r] * shares[1] if weight.size else shares[1]
            for j in range(top.size):
                out[j] = maths.exp(log_share(row[j], top[j], shift[j])) * factor[j] - share[j] * w
        for j in range(top.size):
            t = target[i, at + j]
            if t == ignore:
                dx[i, :, at + j] = 0
            else:
                dx[i, t, at + j] -= own[j]


def _over_count(g: Array, count: float, shape: tuple[int, ...]) -> Array:
    """The gradient of each loss: one number for all, or one a target, over `count`."""
    scale = np.empty(shape, g.dtype)
    if g.size == 1:
        scale.fill(g.item() / count if count else math.nan)
    else:
        with np.errstate(all="ignore"):
            np.divide(g.reshape(shape), g.dtype.type(count), out=scale)
    return scale


def cross_entropy_grad(
    g: Array, saved: Any, target: Array, ignore: int, count: float, weight: Array | None = None, smoothing: float = 0.0
) -> Array:
    """g / count times the derivative of the losses by the logits: (softmax - one hot), where nothing is weighted.

    `g` is one number or one a target; zeros where the target is ignored.
    """
    x, stats = saved
    dx = np.empty(x.shape, x.dtype)
    shape = stats.shape[1:]
    if x.size:
        scale = _over_count(g, count, shape)
        flat = np.ascontiguousarray(target, np.int64).reshape(shape)
        args = scale, x, stats, flat, ignore, *_shares(x.shape[1], weight, smoothing, x.dtype), dx
        if x.ndim == 2:
            _cross_entropy_grad_rows.split(len(x), x.shape[1] * 0.5 + 15, *args)
        else:
            tiles = -(-x.shape[2] // TILE)
            _cross_entropy_grad_columns.split(len(x) * tiles, x[0].size / tiles * 0.5 + 15, *args)
    return dx.reshape(*target.shape[:1], x.shape[1], *target.shape[1:])
