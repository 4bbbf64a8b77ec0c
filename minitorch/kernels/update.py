"""Optimizer steps: one small function each over parameter, gradient and state, run in one pass and written in place.

`@update` turns a scalar function `f(p, g, *state, *numbers) -> (p, *state)`, written in the vocabulary of `maths`, into
a kernel over arrays. From the one definition come the jitted loop and the numpy path. A state array may be absent: then
its value is 0, and what becomes of it is dropped. `sign` is -1 to maximize, `decay` is added to the gradient as decay
p, `shrink` multiplies the parameter before the step, `fresh` is the weight of what is new in a mean: 1 - β, taken as a
number of its own because in float32 1 - 0.999 is wrong in the fifth digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dtypes import wide
from . import reduce, scalar
from ._jit import Kernel, jit, jitable
from .cast import on_copies
from .elementwise import elementwise, in_dtype
from .maths import absolute, maximum, minimum, sqrt, weak, where

Array = NDArray[Any]
Function = Callable[..., Any]


class Update:
    """A kernel `f(c, param, grad, *state)`: one step in place; `c` comes from `constants`, an absent state is None.

    `cost`: nanoseconds an element.
    """

    def __init__(self, function: Function, cost: float) -> None:
        self.scalar = weak(function)
        self.cost = cost
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._loops: dict[int, Kernel] = {}  # by which state arrays are there, as bits behind a leading 1

    def __call__(self, c: Array, *arrays: Array | None) -> None:
        pattern, flat = 1, [c]
        for x in arrays:
            pattern += pattern
            if x is not None:
                if not x.flags.c_contiguous:
                    self._rearranged(c, *arrays)
                    return
                flat.append(x.ravel())
                pattern += 1
        kind = flat[1].dtype.char
        if kind not in "fd":
            if kind not in "FD":
                on_copies(lambda *copies: self(c, *copies), arrays)
                return
            flat = [x.view(c.dtype) for x in flat]
        loop = self._loops.get(pattern) or self._loop(pattern)
        loop.split(flat[1].size, self.cost, *flat)

    def _rearranged(self, c: Array, *arrays: Array | None) -> None:
        """In the order of the memory where all share it, else by way of copies."""
        if all(x is None or x.flags.f_contiguous for x in arrays):
            self(c, *[x if x is None else x.T for x in arrays])
            return
        copies: list[Any] = [x if x is None else np.ascontiguousarray(x) for x in arrays]
        self(c, *copies)
        for i, (x, copy) in enumerate(zip(arrays, copies, strict=True)):
            if x is not None and x is not copy and i != 1:
                x[...] = copy

    def _loop(self, pattern: int) -> Kernel:
        there = tuple([bit == "1" for bit in f"{pattern:b}"[3:]])
        count = self.scalar.__code__.co_argcount - 2 - len(there)
        loop, twin = _write_loop(self.scalar, there, count), _numpy_loop(self.scalar, there, count)
        self._loops[pattern] = kernel = Kernel(loop, twin)
        return kernel


def constants(dtype: np.dtype[Any], *numbers: float) -> Array:
    """The numbers of a step as the array that an update takes, in the dtype of the parameter's parts; a 0 follows."""
    return np.array((*numbers, 0), wide(dtype).type(0).real.dtype)


def update(cost: float) -> Callable[[Function], Update]:
    """Make an update of a scalar function; `cost`: a guess of nanoseconds an element, for threading."""
    return lambda function: Update(function, cost)


def _write_loop(scalar: Any, there: tuple[bool, ...], count: int) -> Function:
    """The loop over flat arrays, as source. `c[count]` is the 0 that stands for an absent state."""
    states = [f"s{i}" for i in range(len(there))]
    arrays = ["p", "g", *[s for s, given in zip(states, there, strict=True) if given]]
    numbers = [f"c{i}" for i in range(count)]
    values = ["p[i]", "g[i]", *[f"{s}[i]" if s in arrays else "zero" for s in states], *numbers]
    targets = ["p[i]", *[f"{s}[i]" if s in arrays else "_" for s in states]]
    name = "_".join([scalar.__name__, *arrays[2:]])
    # Sliced first, so that the index counts from 0: one that could be negative is checked, and the loop not vectorised.
    source = f"""
def {name}(start, stop, c, {", ".join(arrays)}):
{_lines(arrays, "{0} = {0}[start:stop]")}
{_lines([*numbers, "zero"], "{0} = c[{1}]")}
    for i in range(p.size):
        {", ".join(targets)}, = scalar({", ".join(values)})
"""
    namespace: dict[str, Any] = {"scalar": scalar, "__name__": scalar.__module__}
    exec(source, namespace)
    function: Function = namespace[name]
    return function


def _lines(names: list[str], form: str) -> str:
    return "".join([f"    {form.format(x, i)}\n" for i, x in enumerate(names)])


def _numpy_loop(scalar: Any, there: tuple[bool, ...], count: int) -> Function:
    """The same with numpy, from the same arguments."""

    def loop(start: int, stop: int, c: Array, *arrays: Array) -> None:
        p, g, *rest = [x[start:stop] for x in arrays]
        left = iter(rest)
        state = [next(left) if given else c[count] for given in there]
        with np.errstate(all="ignore"):
            results = scalar(p, g, *state, *c[:count])
        for x, result in zip((p, *state), results, strict=True):
            if isinstance(x, np.ndarray):
                x[...] = result

    return loop


# ---------------------------------------------------------------- the steps


@update(cost=0.5)
def sgd(p: Any, g: Any, v: Any, lr: Any, momentum: Any, keep: Any, decay: Any, sign: Any, nesterov: Any) -> Any:
    """v = momentum v + keep d;  p - lr v, or p - lr (d + momentum v)."""
    d = sign * g + decay * p
    v = momentum * v + keep * d
    return p - lr * where(nesterov != 0, d + momentum * v, v), v


@jitable
def _means(
    p: Any, g: Any, m: Any, v: Any, fresh1: Any, beta2: Any, fresh2: Any, decay: Any, sign: Any
) -> tuple[Any, Any, Any]:
    """(d, m, v): the gradient with weight decay, and the means of d and of d² with it."""
    d = sign * g + decay * p
    return d, m + fresh1 * (d - m), beta2 * v + fresh2 * d * d


@update(cost=1.5)
def adam(
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    top: Any,
    size: Any,
    fresh1: Any,
    beta2: Any,
    fresh2: Any,
    eps: Any,
    decay: Any,
    shrink: Any,
    sign: Any,
    root: Any,
) -> Any:
    """Means m of d and v of d²;  p - size m / (√top / root + eps), where top is the largest v, or v."""
    _, m, v = _means(p, g, m, v, fresh1, beta2, fresh2, decay, sign)
    top = maximum(top, v)
    return shrink * p - size * m / (sqrt(top) / root + eps), m, v, top


@update(cost=1.5)
def nadam(
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    size: Any,
    now: Any,
    fresh1: Any,
    beta2: Any,
    fresh2: Any,
    eps: Any,
    decay: Any,
    shrink: Any,
    sign: Any,
    root: Any,
) -> Any:
    """Means m of d and v of d²;  p - (now d + size m) / (√v / root + eps)."""
    d, m, v = _means(p, g, m, v, fresh1, beta2, fresh2, decay, sign)
    return shrink * p - (now * d + size * m) / (sqrt(v) / root + eps), m, v


@update(cost=1.5)
def radam(
    p: Any,
    g: Any,
    m: Any,
    v: Any,
    size: Any,
    fresh1: Any,
    beta2: Any,
    fresh2: Any,
    eps: Any,
    decay: Any,
    shrink: Any,
    sign: Any,
    rectified: Any,
) -> Any:
    """Means m of d and v of d²;  p - size m / (√v + eps) if rectified, else p - size m."""
    _, m, v = _means(p, g, m, v, fresh1, beta2, fresh2, decay, sign)
    return shrink * p - size * m / where(rectified != 0, sqrt(v) + eps, 1.0), m, v


@update(cost=1)
def adamax(p: Any, g: Any, m: Any, u: Any, size: Any, fresh1: Any, beta2: Any, eps: Any, decay: Any, sign: Any) -> Any:
    """Mean m of d, decaying maximum u of |d|;  p - size m / u."""
    d = sign * g + decay * p
    m = m + fresh1 * (d - m)
    u = maximum(beta2 * u, absolute(d) + eps)
    return p - size * m / u, m, u


@update(cost=1)
def adagrad(p: Any, g: Any, total: Any, lr: Any, eps: Any, decay: Any, sign: Any) -> Any:
    """total = Σ d²;  p - lr d / (√total + eps)."""
    d = sign * g + decay * p
    total = total + d * d
    return p - lr * d / (sqrt(total) + eps), total


@update(cost=1.5)
def adadelta(
    p: Any, g: Any, square: Any, moved: Any, lr: Any, rho: Any, fresh: Any, eps: Any, decay: Any, sign: Any
) -> Any:
    """Means of d² and of the steps' squares;  p - lr d √(moved + eps) / √(square + eps)."""
    d = sign * g + decay * p
    square = rho * square + fresh * d * d
    d = sqrt(moved + eps) / sqrt(square + eps) * d
    return p - lr * d, square, rho * moved + fresh * d * d


@update(cost=1.5)
def rmsprop(
    p: Any,
    g: Any,
    square: Any,
    mean: Any,
    v: Any,
    lr: Any,
    alpha: Any,
    fresh: Any,
    eps: Any,
    momentum: Any,
    centered: Any,
    decay: Any,
    sign: Any,
) -> Any:
    """v = momentum v + d / (√(square - mean²) + eps), without the mean unless centered;  p - lr v."""
    d = sign * g + decay * p
    square = alpha * square + fresh * d * d
    mean = mean + fresh * (d - mean)
    variance = where(centered != 0, square - mean * mean, square)
    v = momentum * v + d / (sqrt(variance) + eps)
    return p - lr * v, square, mean, v


@update(cost=1)
def rprop(p: Any, g: Any, before: Any, size: Any, shorter: Any, longer: Any, least: Any, most: Any, sign: Any) -> Any:
    """size grows while the gradient keeps its sign, shrinks (and p waits) where it turned;  p - size sign(d)."""
    d = sign * g
    turned = d * before < 0
    size = size * where(turned, shorter, where(d * before > 0, longer, 1.0))
    size = minimum(maximum(size, least), most)
    d = where(turned, 0.0, d)
    return p - size * where(d > 0, 1.0, where(d < 0, -1.0, 0.0)), d, size


@update(cost=1)
def asgd(p: Any, g: Any, mean: Any, eta: Any, shrink: Any, mu: Any, decay: Any, sign: Any) -> Any:
    """shrink p - eta d, and its running mean."""
    d = sign * g + decay * p
    p = shrink * p - eta * d
    return p, where(mu == 1, p, mean + mu * (p - mean))


# ---------------------------------------------------------------- gradients, kept small
# An elementwise kernel that writes to its own operand is not vectorised: the loop must see that the two are one.


def _scale_numpy(start: int, stop: int, x: Array, factor: Any) -> None:
    with np.errstate(all="ignore"):
        x[start:stop] *= factor


@jit(twin=_scale_numpy)
def _scale(start: int, stop: int, x: Any, factor: Any) -> None:
    x = x[start:stop]
    for i in range(x.size):
        x[i] *= factor


def _clip_numpy(start: int, stop: int, x: Array, bound: Any) -> None:
    x[start:stop] = np.clip(x[start:stop], -bound, bound)


@jit(twin=_clip_numpy)
def _clip(start: int, stop: int, x: Any, bound: Any) -> None:
    x = x[start:stop]
    for i in range(x.size):
        x[i] = minimum(maximum(x[i], -bound), bound)


def scale(x: Array, factor: float) -> None:
    """Multiply an array in place."""
    _in_place(_scale, x, factor)


def clip(x: Array, bound: float) -> None:
    """Cut an array in place to [-bound, bound]."""
    _in_place(_clip, x, bound)


def _in_place(kernel: Kernel, x: Array, number: float) -> None:
    if x.dtype.char in "eV":
        on_copies(lambda copy: _in_place(kernel, copy, number), (x,))
        return
    flat = (
        x.ravel() if x.flags.c_contiguous else x.T.ravel() if x.flags.f_contiguous else np.ascontiguousarray(x).ravel()
    )
    parts = flat.view(flat.real.dtype) if x.dtype.kind == "c" else flat
    kernel.split(parts.size, 0.3, parts, in_dtype(number, parts.dtype))
    if not x.flags.forc:
        x[...] = flat.reshape(x.shape)


# ---------------------------------------------------------------- Adafactor, which sees rows and columns


@elementwise(cost=1)
def over_root(g: Any, v: Any, least: Any) -> Any:
    """g / √v, v at least `least`."""
    return g / sqrt(maximum(v, least))


@update(cost=0.5)
def descend(p: Any, change: Any, shrink: Any, size: Any) -> Any:
    """shrink p - size change."""
    return (shrink * p - size * change,)


def adafactor(
    p: Array,
    g: Array,
    means: list[Array],
    weight: float,
    eps1: float,
    eps2: float,
    d: float,
    rate: float,
    shrink: float,
    sign: int,
) -> None:
    """One step: `means` of the squares along rows and columns, or of all of them,
    move by `weight` towards those of g.
    """
    if p.dtype.char in "eV":
        rest = weight, eps1, eps2, d, rate, shrink, sign
        on_copies(lambda p, g, *means: adafactor(p, g, list(means), *rest), (p, g, *means))
        return
    g = g if sign > 0 else scalar.neg(g)
    size = max(eps2, _rms(p)) * rate
    change = over_root(g, _variance(g, means, weight, eps1), eps1 * eps1)
    descend(constants(p.dtype, shrink, size / max(1.0, _rms(change) / d)), p, change)


def _rms(x: Array) -> float:
    return float(reduce.norm(x, 2, tuple(range(x.ndim)))) / math.sqrt(x.size)


def _variance(g: Array, means: list[Array], weight: float, eps: float) -> Array:
    """The estimate of the mean of g²: row column / mean(row), or the mean itself."""
    square = scalar.mul(g, g)
    if len(means) == 1:
        return scalar.lerp(means[0], square, weight, out=means[0])
    for mean, axis in zip(means, (g.ndim - 1, g.ndim - 2), strict=True):
        scalar.lerp(mean, reduce.mean(square, (axis,), True), weight, out=mean)
    row, column = means
    with np.errstate(all="ignore"):
        return row / np.maximum(reduce.mean(row, (g.ndim - 2,), True), row.dtype.type(eps)) * column
