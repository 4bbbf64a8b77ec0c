"""Optimizer steps: one pass over parameter, gradient and state, written in place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit

Array = NDArray[Any]


def _flat(x: Array) -> Array:
    """A 1-d view of the memory, in the order that it lies."""
    return x.reshape(-1, copy=False) if x.flags.c_contiguous else x.T.reshape(-1, copy=False)


def _in_one_run(*arrays: Array | None) -> bool:
    """Whether all lie in memory without gaps, in the same order."""
    given = [x for x in arrays if x is not None]
    return all(x.flags.c_contiguous for x in given) or all(x.flags.f_contiguous for x in given)


# The constants come as one array in the dtype of the parameters: (lr, momentum, 1 - dampening, weight_decay, sign).


def _sgd_numpy(
    start: int, stop: int, p: Array, g: Array, v: Array, c: Array, momentum: bool, nesterov: bool, first: bool
) -> None:
    part = slice(start, stop)
    with np.errstate(all="ignore"):
        d = c[4] * g[part] + c[3] * p[part]
        if momentum:
            v[part] = d if first else c[1] * v[part] + c[2] * d
            d = d + c[1] * v[part] if nesterov else v[part]
        p[part] -= c[0] * d


@jit(twin=_sgd_numpy)
def _sgd(start: int, stop: int, p: Any, g: Any, v: Any, c: Any, momentum: Any, nesterov: Any, first: Any) -> None:
    p, g, v = p[start:stop], g[start:stop], v[start:stop]
    rate, factor, keep, decay, sign = c[0], c[1], c[2], c[3], c[4]
    if not momentum:
        for i in range(p.size):
            p[i] -= rate * (sign * g[i] + decay * p[i])
    elif first:
        for i in range(p.size):
            d = sign * g[i] + decay * p[i]
            v[i] = d
            p[i] -= rate * (d + factor * d if nesterov else d)
    else:
        for i in range(p.size):
            d = sign * g[i] + decay * p[i]
            b = factor * v[i] + keep * d
            v[i] = b
            p[i] -= rate * (d + factor * b if nesterov else b)


def constants(dtype: np.dtype[Any], *numbers: float) -> Array:
    """Numbers as the array that an update takes."""
    return np.array(numbers, dtype)


def sgd(param: Array, grad: Array, momentum_buffer: Array | None, c: Array, nesterov: bool, first: bool) -> None:
    """One step of gradient descent; `c`: lr, momentum, 1 - dampening, weight_decay, 1 (or -1 to maximize)."""
    v = param if momentum_buffer is None else momentum_buffer
    if param.flags.c_contiguous and grad.flags.c_contiguous and v.flags.c_contiguous:
        _sgd.split(
            param.size, 0.5, param.ravel(), grad.ravel(), v.ravel(), c, momentum_buffer is not None, nesterov, first
        )
    elif _in_one_run(param, grad, v):
        _sgd.split(
            param.size, 0.5, _flat(param), _flat(grad), _flat(v), c, momentum_buffer is not None, nesterov, first
        )
    else:
        copies = [np.ascontiguousarray(x) for x in (param, grad, v)]
        sgd(copies[0], copies[1], None if momentum_buffer is None else copies[2], c, nesterov, first)
        _copy_back((param, momentum_buffer), (copies[0], copies[2]))


def _copy_back(originals: Any, copies: Any) -> None:
    for x, y in zip(originals, copies, strict=True):
        if x is not None:
            x[...] = y


def _adam_numpy(
    start: int, stop: int, p: Array, g: Array, m: Array, v: Array, top: Array, c: Any, amsgrad: bool, decoupled: bool
) -> None:
    size, beta1, beta2, eps, decay, sign, root, shrink = c
    part = slice(start, stop)
    with np.errstate(all="ignore"):
        d = sign * g[part]
        if decoupled:
            p[part] *= shrink
        else:
            d = d + decay * p[part]
        m[part] += (1 - beta1) * (d - m[part])
        v[part] = beta2 * v[part] + (1 - beta2) * d * d
        if amsgrad:
            top[part] = np.maximum(top[part], v[part])
        p[part] -= size * m[part] / (np.sqrt((top if amsgrad else v)[part]) / root + eps)


@jit(twin=_adam_numpy)
def _adam(
    start: int, stop: int, p: Any, g: Any, m: Any, v: Any, top: Any, c: Any, amsgrad: bool, decoupled: bool
) -> None:
    size, beta1, beta2, eps, decay, sign, root, shrink = c
    p, g, m, v, top = p[start:stop], g[start:stop], m[start:stop], v[start:stop], top[start:stop]
    one = p.dtype.type(1)
    scale = shrink if decoupled else one
    weight = p.dtype.type(0) if decoupled else decay
    for i in range(p.size):
        d = sign * g[i] + weight * p[i]
        a = m[i] + (one - beta1) * (d - m[i])
        b = beta2 * v[i] + (one - beta2) * d * d
        m[i], v[i] = a, b
        largest = b
        if amsgrad:
            largest = max(top[i], b)
            top[i] = largest
        p[i] = p[i] * scale - size * a / (np.sqrt(largest) / root + eps)


def adam(
    param: Array, grad: Array, exp_avg: Array, exp_avg_sq: Array, max_exp_avg_sq: Array | None, step: int, lr: float,
    beta1: float, beta2: float, eps: float, weight_decay: float, amsgrad: bool, maximize: bool, decoupled: bool,
) -> None:  # fmt: skip
    """Step number `step` (from 1) of Adam; `decoupled`: AdamW's weight decay."""
    state = (param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq)
    if not _in_one_run(*state):
        copies: list[Any] = [None if x is None else np.ascontiguousarray(x) for x in state]
        p, g, m, v, top = copies
        adam(p, g, m, v, top, step, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled)
        _copy_back((param, *state[2:]), (copies[0], *copies[2:]))
        return
    kind = param.dtype.type
    size, root = lr / (1 - beta1**step), math.sqrt(1 - beta2**step)
    numbers = (size, beta1, beta2, eps, weight_decay, -1 if maximize else 1, root, 1 - lr * weight_decay)
    p, g, m, v = _flat(param), _flat(grad), _flat(exp_avg), _flat(exp_avg_sq)
    top = v if max_exp_avg_sq is None else _flat(max_exp_avg_sq)
    _adam.split(p.size, 1.5, p, g, m, v, top, tuple([kind(x) for x in numbers]), amsgrad, decoupled)
