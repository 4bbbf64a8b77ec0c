"""Normalisation: layer norm over rows, batch norm over channels, forward and backward each in few passes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit, jitable, parts_of
from .cast import on_copies

Array = NDArray[Any]

# ---------------------------------------------------------------- rows: layer and RMS norm


@np.errstate(all="ignore")
def _rows_numpy(
    start: int, stop: int, x: Array, w: Array, b: Array, eps: float, centred: bool, y: Array, mean: Array, rstd: Array
) -> None:
    part = x[start:stop]
    m = part.mean(1, keepdims=True) if centred else np.zeros((len(part), 1), x.dtype)
    r = 1 / np.sqrt(np.square(part - m).mean(1, keepdims=True) + x.dtype.type(eps))
    y[start:stop] = (part - m) * r * w + b
    mean[start:stop], rstd[start:stop] = m[:, 0], r[:, 0]


@jit(twin=_rows_numpy)
def _normalise_rows(
    start: int, stop: int, x: Any, w: Any, b: Any, eps: Any, centred: Any, y: Any, mean: Any, rstd: Any
) -> None:
    x, y, mean, rstd = x[start:stop], y[start:stop], mean[start:stop], rstd[start:stop]
    one, zero = x.dtype.type(1), x.dtype.type(0)
    for i in range(x.shape[0]):
        row, out = x[i], y[i]
        n = x.dtype.type(row.size)
        m = zero
        if centred:
            for j in range(row.size):
                m += row[j]
            m /= n
        s = zero
        for j in range(row.size):
            d = row[j] - m
            s += d * d
        r = one / np.sqrt(s / n + eps)
        for j in range(row.size):
            out[j] = (row[j] - m) * r * w[j] + b[j]
        mean[i], rstd[i] = m, r


def _or_full(w: Array | None, n: int, value: float, dtype: Any) -> Array:
    return np.full(n, value, dtype) if w is None else np.ascontiguousarray(w)


def normalise_rows(x: Array, w: Array | None, b: Array | None, eps: float, centred: bool) -> tuple[Array, Array, Array]:
    """(x - mean) / √(var + eps) w + b for each row of x (rows, n), with mean and 1 / √(var + eps);
    not `centred`: mean 0.
    """
    w, b = _or_full(w, x.shape[1], 1, x.dtype), _or_full(b, x.shape[1], 0, x.dtype)
    y = np.empty(x.shape, x.dtype)
    mean, rstd = np.empty(len(x), x.dtype), np.empty(len(x), x.dtype)
    args = np.ascontiguousarray(x), w, b, x.dtype.type(eps), centred, y, mean, rstd
    if x.size:
        _normalise_rows.split(len(x), x.shape[1] * 0.7 + 5, *args)
    return y, mean, rstd


@np.errstate(all="ignore")
def _rows_grad_numpy(
    start: int,
    stop: int,
    bounds: Array,
    g: Array,
    x: Array,
    w: Array,
    mean: Array,
    rstd: Array,
    centred: bool,
    dx: Array,
    dw: Array,
    db: Array,
) -> None:
    for part in range(start, stop):
        rows = slice(bounds[part], bounds[part + 1])
        hat = (x[rows] - mean[rows, None]) * rstd[rows, None]
        gw = g[rows] * w
        dw[part], db[part] = (g[rows] * hat).sum(0), g[rows].sum(0)
        first = gw.mean(1, keepdims=True) if centred else 0
        dx[rows] = (gw - first - hat * (gw * hat).mean(1, keepdims=True)) * rstd[rows, None]


@jit(twin=_rows_grad_numpy)
def _rows_grad(
    start: int,
    stop: int,
    bounds: Any,
    g: Any,
    x: Any,
    w: Any,
    mean: Any,
    rstd: Any,
    centred: Any,
    dx: Any,
    dw: Any,
    db: Any,
) -> None:
    for part in range(start, stop):
        sum_w, sum_b = dw[part], db[part]
        for i in range(bounds[part], bounds[part + 1]):
            gr, row, out, m, r = g[i], x[i], dx[i], mean[i], rstd[i]
            n = x.dtype.type(row.size)
            s, t = x.dtype.type(0), x.dtype.type(0)
            for j in range(row.size):
                hat, gw = (row[j] - m) * r, gr[j] * w[j]
                s += gw
                t += gw * hat
                sum_w[j] += gr[j] * hat
                sum_b[j] += gr[j]
            s = s / n if centred else x.dtype.type(0)
            t /= n
            for j in range(row.size):
                out[j] = (gr[j] * w[j] - s - (row[j] - m) * r * t) * r


def normalise_rows_grad(
    g: Array, x: Array, w: Array | None, mean: Array, rstd: Array, centred: bool
) -> tuple[Array, Array, Array]:
    """The gradients of x, w and b. Every thread sums the last two over its own rows."""
    w = _or_full(w, x.shape[1], 1, x.dtype)
    parts = parts_of(len(x), x.shape[1] * 1.2)
    bounds = np.array([len(x) * i // parts for i in range(parts + 1)])
    dx = np.empty(x.shape, x.dtype)
    dw, db = np.zeros((2, parts, x.shape[1]), x.dtype)
    args = bounds, np.ascontiguousarray(g), np.ascontiguousarray(x), w, mean, rstd, centred, dx, dw, db
    if x.size:
        _rows_grad.split(parts, len(x) / parts * x.shape[1] * 1.2, *args)
    return dx, dw.sum(0), db.sum(0)


# ---------------------------------------------------------------- channels: batch norm over (N, C, positions)


@np.errstate(all="ignore")
def _statistics_numpy(start: int, stop: int, x: Array, mean: Array, var: Array) -> None:
    part, count = x[:, start:stop], np.float64(x.shape[0] * x.shape[2])
    mean[start:stop] = part.sum((0, 2)) / count
    var[start:stop] = np.square(part - mean[start:stop, None]).sum((0, 2)) / count


@jitable
def _flat_statistics(x: Any, mean: Any, var: Any) -> None:
    """The same of (N, C): along the rows, as they are in memory."""
    first, second = np.zeros(mean.size), np.zeros(mean.size)
    for i in range(x.shape[0]):
        row = x[i]
        for c in range(first.size):
            first[c] += row[c]
    for c in range(first.size):
        mean[c] = first[c] / x.shape[0]
    for i in range(x.shape[0]):
        row = x[i]
        for c in range(first.size):
            d = row[c] - mean[c]
            second[c] += d * d
    for c in range(first.size):
        var[c] = second[c] / x.shape[0]


@jit(twin=_statistics_numpy)
def _statistics(start: int, stop: int, x: Any, mean: Any, var: Any) -> None:
    count = x.dtype.type(x.shape[0] * x.shape[2])
    if x.shape[2] == 1:
        _flat_statistics(x.reshape(x.shape[0], x.shape[1])[:, start:stop], mean[start:stop], var[start:stop])
        return
    for c in range(start, stop):
        total = 0.0
        for i in range(x.shape[0]):
            row = x[i, c]
            s = x.dtype.type(0)
            for j in range(row.size):
                s += row[j]
            total += s
        m = x.dtype.type(total / count)
        total = 0.0
        for i in range(x.shape[0]):
            row = x[i, c]
            s = x.dtype.type(0)
            for j in range(row.size):
                d = row[j] - m
                s += d * d
            total += s
        mean[c], var[c] = m, total / count


def channel_statistics(x: Array) -> tuple[Array, Array]:
    """Mean and biased variance of each channel of (N, C, positions)."""
    mean, var = np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype)
    _statistics.split(x.shape[1], x.shape[0] * x.shape[2] * 0.1, np.ascontiguousarray(x), mean, var)
    return mean, var


def unbiased(var: Array, count: int) -> Array:
    """The variance of a sample of `count`, from the biased one."""
    return np.asarray(var * var.dtype.type(count / max(count - 1, 1)))


def move(running: Array, new: Array, momentum: float) -> None:
    """running = (1 - momentum) running + momentum new, in place."""
    if running.dtype.char in "eV":
        on_copies(lambda copy: move(copy, new, momentum), (running,))
        return
    running *= running.dtype.type(1 - momentum)
    running += new.dtype.type(momentum) * new


def batch_norm(
    x: Array, w: Array | None, b: Array | None, mean: Array, var: Array, eps: float
) -> tuple[Array, Array, Array]:
    """(x - mean) / √(var + eps) w + b per channel, with 1 / √(var + eps), and w or ones."""
    channels = x.shape[1]
    w, b = _or_full(w, channels, 1, x.dtype), _or_full(b, channels, 0, x.dtype)
    with np.errstate(all="ignore"):
        rstd = np.asarray(1 / np.sqrt(var + x.dtype.type(eps)))
        return channel_affine(x, (rstd * w)[None], (b - mean * rstd * w)[None]), rstd, w


@np.errstate(all="ignore")
def _affine_numpy(start: int, stop: int, x: Array, scale: Array, shift: Array, y: Array) -> None:
    scale, shift = [np.broadcast_to(s, x.shape[:2])[start:stop, :, None] for s in (scale, shift)]
    y[start:stop] = x[start:stop] * scale + shift


@jit(twin=_affine_numpy)
def _affine(start: int, stop: int, x: Any, scale: Any, shift: Any, y: Any) -> None:
    _, channels, positions = x.shape
    flat, results = x.reshape(x.shape[0], channels * positions), y.reshape(x.shape[0], channels * positions)
    for i in range(start, stop):
        a, b = scale[i % scale.shape[0]], shift[i % scale.shape[0]]
        if positions == 1:
            row, out = flat[i], results[i]
            for c in range(channels):
                out[c] = row[c] * a[c] + b[c]
        else:
            for c in range(channels):
                row, out, p, q = x[i, c], y[i, c], a[c], b[c]
                for j in range(positions):
                    out[j] = row[j] * p + q


def channel_affine(x: Array, scale: Array, shift: Array) -> Array:
    """x scale + shift, for each channel of (N, C, positions); scale and shift: (1, C) or (N, C)."""
    y = np.empty(x.shape, x.dtype)
    _affine.split(len(x), x.shape[1] * x.shape[2] * 0.1, np.ascontiguousarray(x), scale, shift, y)
    return y


@np.errstate(all="ignore")
def _channel_sums_numpy(
    start: int, stop: int, g: Array, x: Array, mean: Array, rstd: Array, dw: Array, db: Array
) -> None:
    part = slice(start, stop)
    hat = (x[:, part] - mean[part, None]) * rstd[part, None]
    dw[part], db[part] = (g[:, part] * hat).sum((0, 2)), g[:, part].sum((0, 2))


@jitable
def _flat_sums(g: Any, x: Any, mean: Any, rstd: Any, dw: Any, db: Any) -> None:
    """The same of (N, C): along the rows, as they are in memory."""
    first, second = np.zeros(mean.size), np.zeros(mean.size)
    for i in range(x.shape[0]):
        gr, row = g[i], x[i]
        for c in range(first.size):
            first[c] += gr[c]
            second[c] += gr[c] * (row[c] - mean[c])
    for c in range(first.size):
        dw[c], db[c] = second[c] * rstd[c], first[c]


@jit(twin=_channel_sums_numpy)
def _channel_sums(start: int, stop: int, g: Any, x: Any, mean: Any, rstd: Any, dw: Any, db: Any) -> None:
    if x.shape[2] == 1:
        flat = x.shape[0], x.shape[1]
        parts = mean[start:stop], rstd[start:stop], dw[start:stop], db[start:stop]
        _flat_sums(g.reshape(flat)[:, start:stop], x.reshape(flat)[:, start:stop], *parts)
        return
    for c in range(start, stop):
        first, second = 0.0, 0.0
        for i in range(x.shape[0]):
            gr, row, m = g[i, c], x[i, c], mean[c]
            s, t = x.dtype.type(0), x.dtype.type(0)
            for j in range(row.size):
                s += gr[j]
                t += gr[j] * (row[j] - m)
            first += s
            second += t
        dw[c], db[c] = second * rstd[c], first


def channel_sums(g: Array, x: Array, mean: Array, rstd: Array) -> tuple[Array, Array]:
    """The gradients of weight and bias: Σ g x̂ and Σ g, per channel."""
    dw, db = np.empty(x.shape[1], x.dtype), np.empty(x.shape[1], x.dtype)
    _channel_sums.split(
        x.shape[1], x.shape[0] * x.shape[2] * 0.15, np.ascontiguousarray(g), np.ascontiguousarray(x), mean, rstd, dw, db
    )
    return dw, db


@np.errstate(all="ignore")
def _combine_numpy(start: int, stop: int, g: Array, x: Array, a: Array, b: Array, c: Array, dx: Array) -> None:
    a, b, c = [np.broadcast_to(s, x.shape[:2])[start:stop, :, None] for s in (a, b, c)]
    dx[start:stop] = g[start:stop] * a + x[start:stop] * b + c


@jit(twin=_combine_numpy)
def _combine(start: int, stop: int, g: Any, x: Any, a: Any, b: Any, c: Any, dx: Any) -> None:
    _, channels, positions = x.shape
    width = channels * positions
    grads, flat, results = g.reshape(-1, width), x.reshape(-1, width), dx.reshape(-1, width)
    for i in range(start, stop):
        p, q, r = a[i % a.shape[0]], b[i % a.shape[0]], c[i % a.shape[0]]
        if positions == 1:
            gr, row, out = grads[i], flat[i], results[i]
            for k in range(channels):
                out[k] = gr[k] * p[k] + row[k] * q[k] + r[k]
        else:
            for k in range(channels):
                gr, row, out, s, t, u = g[i, k], x[i, k], dx[i, k], p[k], q[k], r[k]
                for j in range(positions):
                    out[j] = gr[j] * s + row[j] * t + u


def _combined(g: Array, x: Array, a: Array, b: Array, c: Array) -> Array:
    """g a + x b + c, for each channel of (N, C, positions); a, b and c: (1, C) or (N, C)."""
    dx = np.empty(x.shape, x.dtype)
    args = np.ascontiguousarray(g), np.ascontiguousarray(x), a, b, c, dx
    _combine.split(len(x), x.shape[1] * x.shape[2] * 0.15, *args)
    return dx


def batch_norm_grad(
    g: Array, x: Array, w: Array, mean: Array, rstd: Array, dw: Array, db: Array, training: bool
) -> Array:
    """The gradient of the input: w rstd (g - (Σ g + x̂ Σ g x̂) / n) from the batch's own statistics, else w rstd g."""
    scale = w * rstd
    if not training:
        return channel_affine(g, scale[None], np.zeros_like(scale)[None])
    count = x.dtype.type(max(x.shape[0] * x.shape[2], 1))  # an empty batch has no gradient
    slope = -scale * dw * rstd / count
    offset = -scale * db / count - slope * mean
    return _combined(g, x, scale[None], slope[None], offset[None])


# ---------------------------------------------------------------- group norm, as batch norm for every sample


@np.errstate(all="ignore")
def group_norm(x: Array, groups: int, w: Array | None, b: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """(x - mean) / √(var + eps) w + b, from the statistics of each group of channels of (N, C, positions), with the
    mean and 1 / √(var + eps) of every sample and channel (N, C).
    """
    n, channels, positions = x.shape
    each = channels // groups
    w, b = _or_full(w, channels, 1, x.dtype), _or_full(b, channels, 0, x.dtype)
    stats = channel_statistics(x.reshape(1, n * groups, each * positions))
    mean, var = [np.repeat(s, each).reshape(n, channels) for s in stats]
    rstd = np.asarray(1 / np.sqrt(var + x.dtype.type(eps)))
    return channel_affine(x, rstd * w, b - mean * rstd * w), mean, rstd


@np.errstate(all="ignore")
def group_norm_grad(
    g: Array, x: Array, groups: int, w: Array | None, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients of x, w and b: of x, w rstd g - rstd (mean of w g + x̂ mean of w g x̂)."""
    n, channels, positions = x.shape
    w = _or_full(w, channels, 1, x.dtype)
    rows = 1, n * channels, positions
    sums = channel_sums(g.reshape(rows), x.reshape(rows), mean.reshape(-1), rstd.reshape(-1))
    dw, db = [s.reshape(n, channels) for s in sums]
    each = channels // groups
    means = [(s * w).reshape(n * groups, each).sum(1) / x.dtype.type(each * positions) for s in (dw, db)]
    mean_hat, mean_g = [np.repeat(m, each).reshape(n, channels) for m in means]
    slope = -rstd * rstd * mean_hat
    return _combined(g, x, rstd * w, slope, -rstd * mean_g - slope * mean), dw.sum(0), db.sum(0)
