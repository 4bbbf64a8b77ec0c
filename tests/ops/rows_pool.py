"""Rows of minitorch/ops/pool.py."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, distinct, inf, nan, values

SIZES: dict[int, tuple[int, ...]] = {1: (7,), 2: (5, 4), 3: (3, 4, 3)}

FLAT = "PyTorch pools planes of height 1"
EMPTY = "where there is nothing to compute, PyTorch pools integers too, but refuses the gradient"


def _each(value: Any, dims: int) -> tuple[Any, ...]:
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dims if len(values) == 1 else values


def _count(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """How many windows there are: every one starts in the plane or in the padding before it."""
    room = n + 2 * p - d * (k - 1) - 1
    count = room // s + 1
    return count + 1 if ceil_mode and room % s and count * s < n + p else count


def _windows(starts: Any) -> Iterator[tuple[Any, Any]]:
    """(output position, positions along each dimension) for each combination."""
    for at in np.ndindex(*[len(s) for s in starts]):
        yield at, [s[i] for s, i in zip(starts, at, strict=True)]


def _pooled(x: Array, dims: int, positions: Any) -> tuple[Array, Array]:
    """The largest of each window and its place, the first of them; `positions`: of every window, per dimension."""
    shape = (*x.shape[: x.ndim - dims], *[len(p) for p in positions])
    values, places = np.empty(shape), np.empty(shape, np.int64)
    for at, where in _windows(positions):
        parts = x[(..., *np.ix_(*where))].reshape(*x.shape[: x.ndim - dims], int(np.prod([len(w) for w in where])))
        last = parts.shape[-1] - 1 - np.isnan(parts[..., ::-1]).argmax(-1)  # the last NaN, if there is one
        best = np.where(np.isnan(parts).any(-1), last, parts.argmax(-1))
        flat = np.ravel_multi_index(list(zip(*itertools.product(*where), strict=True)), x.shape[x.ndim - dims :])
        values[(..., *at)] = np.take_along_axis(parts, best[..., None], -1)[..., 0]
        places[(..., *at)] = flat[best]
    return values, places


def largest(dims: int) -> Any:
    def pool(
        x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:  # fmt: skip
        how = [_each(v, dims) for v in (kernel_size, kernel_size if stride is None else stride, padding, dilation)]
        positions = []
        for n, k, s, p, d in zip(x.shape[x.ndim - dims :], *how, strict=True):
            starts = [i * s - p for i in range(_count(n, k, s, p, d, ceil_mode))]
            positions.append([[t + j * d for j in range(k) if 0 <= t + j * d < n] for t in starts])
        both = _pooled(x, dims, positions)
        return both if return_indices else both[0]

    return pool


def averaged(dims: int) -> Any:
    def pool(
        x: Array, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> Array:  # fmt: skip
        size = x.shape[x.ndim - dims :]
        how = [_each(v, dims) for v in (kernel_size, kernel_size if stride is None else stride, padding)]
        bounds = []
        for n, k, s, p in zip(size, *how, strict=True):
            starts = [i * s - p for i in range(_count(n, k, s, p, 1, ceil_mode))]
            bounds.append([(t, min(t + k, n + p)) for t in starts])
        y = np.empty((*x.shape[: x.ndim - dims], *map(len, bounds)))
        for at, where in _windows(bounds):
            inside = [(max(a, 0), min(b, n)) for (a, b), n in zip(where, size, strict=True)]
            total = x[(..., *[slice(a, b) for a, b in inside])].sum(tuple(range(-dims, 0)))
            count = np.prod([b - a for a, b in (where if count_include_pad else inside)])
            y[(..., *at)] = total / (divisor_override or count)
        return y

    return pool


def _shares(size: Any, output_size: Any) -> list[Any]:
    """The positions of the windows that share out each dimension."""
    wanted = [n if o is None else o for n, o in zip(size, _wanted(output_size, len(size)), strict=True)]
    return [[range(i * n // o, -(-(i + 1) * n // o)) for i in range(o)] for n, o in zip(size, wanted, strict=True)]


def _wanted(output_size: Any, dims: int) -> Any:
    return _each(output_size, dims) if isinstance(output_size, int) else output_size


def adaptive_average(dims: int) -> Any:
    def pool(x: Array, output_size: Any) -> Array:
        positions = _shares(x.shape[x.ndim - dims :], output_size)
        y = np.empty((*x.shape[: x.ndim - dims], *map(len, positions)))
        for at, where in _windows(positions):
            y[(..., *at)] = x[(..., *np.ix_(*where))].mean(tuple(range(-dims, 0)))
        return y

    return pool


def adaptive_largest(dims: int) -> Any:
    def pool(x: Array, output_size: Any, return_indices: bool = False) -> Any:
        both = _pooled(x, dims, _shares(x.shape[x.ndim - dims :], output_size))
        return both if return_indices else both[0]

    return pool


# ---------------------------------------------------------------- samples


def _max_samples(dims: int) -> Any:
    size, mixed = SIZES[dims], tuple(range(1, dims + 1))

    def samples(rng: Rng) -> list[Sample]:
        x, one = distinct(rng, (2, 2, *size)), distinct(rng, (1, 1, *size))
        return [
            call(x, 2),
            call(x, 2, return_indices=True),
            call(one, 3, 1),
            call(one, 3, stride=2, padding=1),
            call(one, 2, 2, 1, 1, True),
            call(one, 2, stride=3, ceil_mode=True),
            call(one, (2,), stride=(2,), padding=(1,), dilation=(2,), return_indices=True),
            call(one, 2, 1, dilation=2),
            call(one, tuple([n - 1 for n in size]), stride=mixed, ceil_mode=True),
            call(one, size),
            call(x[0], 2, stride=2),
            call(x[:, :1], 3, 2, 1, return_indices=True, ceil_mode=True),
            call(x[:0], 2),
        ]

    return samples


def _avg_samples(dims: int) -> Any:
    size, mixed = SIZES[dims], tuple(range(1, dims + 1))

    def samples(rng: Rng) -> list[Sample]:
        x = values(rng, (2, 2, *size))
        one = x[:1, :1].copy()
        made = [
            call(x, 2),
            call(one, 3, 1),
            call(one, 3, stride=2, padding=1),
            call(one, 3, 2, 1, count_include_pad=False),
            call(one, 2, 2, 1, True),
            call(one, 2, 2, 1, True, False),
            call(one, 2, stride=3, ceil_mode=True),
            call(one, (2,), stride=(1,), padding=(1,), count_include_pad=False),
            call(one, tuple([n - 1 for n in size]), stride=mixed, ceil_mode=True, count_include_pad=False),
            call(one, size),
            call(x[0], 2, stride=2),
            call(x[:0], 2),
        ]
        over = [call(one, 2, divisor_override=3), call(one, 3, 2, 1, True, False, 5), call(one, 2, divisor_override=-2)]
        return made + (over if dims > 1 else [])

    return samples


def _adaptive_samples(make: Any, dims: int, **more: Any) -> Any:
    size = SIZES[dims]

    def samples(rng: Rng) -> list[Sample]:
        x = make(rng, (2, 2, *size))
        made = [call(x, n, **more) for n in (3, 2, 1)]
        if dims > 1:
            made += [call(x, (2, *[None] * (dims - 1)), **more), call(x, tuple(range(1, dims + 1)), **more)]
        made += [call(x[:1, :1], size, **more), call(x[:1, :1], max(size) + 2, **more)]
        return [*made, call(x[0], (2,) * dims, **more)]

    return samples


def _nothing(dims: int, **more: Any) -> Any:
    """An empty batch, and an empty output."""
    size = SIZES[dims]
    return lambda rng: [call(np.ones((0, 2, *size)), 2, **more), call(np.ones((2, 2, *size)), 0, **more)]


def _special(dims: int, *args: Any, **kwargs: Any) -> Any:
    def special(rng: Rng) -> list[Sample]:
        x = distinct(rng, (4, 1, *SIZES[dims]))
        x[0].flat[[1, 2, 4]] = nan, nan, inf
        x[1].flat[[0, 2, 3, 4]] = -inf, inf, nan, -inf
        x[2] = -inf
        x[3].flat[::2] = 0.0
        return [call(x, *args, **kwargs)]

    return special


def _mistakes(dims: int, *more: Any) -> Any:
    size = SIZES[dims]

    def errors(rng: Rng) -> list[Sample]:
        x = np.ones((1, 2, *size))
        return [
            call(np.ones((1, 1, 2, *size)), 2),
            call(x, 9),
            call(x, 0),
            call(x, -1),
            call(x, 2, 0),
            call(x, 2, -1),
            call(x, 2, padding=2),
            call(x, 2, padding=-1),
            call(x, (2,) * (dims + 1)),
            call(x, 2, (2,) * (dims + 1)),
            call(x, 2, padding=(0,) * (dims + 1)),
            call(x, 1.5),
            call(np.ones((1, 2, *size), bool), 2),
            call(np.ones((1, 2, *size[:-1], 0)), 2),
            call(np.ones((2, 0, *size)), 2),
            *more,
        ]

    return errors


def _max_mistakes(dims: int) -> Any:
    x = np.ones((1, 2, *SIZES[dims]))
    more = [call(x, 2, dilation=d) for d in (0, 9, (1,) * (dims + 1))]
    return _mistakes(
        dims, call(np.ones(SIZES[dims]), 2), *more, *([call(np.ones((1, 2, 7), np.int64), 2)] * (dims == 1))
    )


def _avg_mistakes(dims: int) -> Any:
    x = np.ones((1, 2, *SIZES[dims]))
    return _mistakes(dims, *([call(x, 2, divisor_override=0)] if dims > 1 else []))


def _adaptive_mistakes(dims: int) -> Any:
    size = SIZES[dims]

    def errors(rng: Rng) -> list[Sample]:
        x = np.ones((1, 2, *size))
        return [
            call(np.ones(size), 2),
            call(np.ones((1, 1, 2, *size)), 2),
            call(x, (2,) * (dims + 1)),
            call(x, -1),
            call(x, (2,) * (dims - 1)),
            call(np.ones((1, 2, *size[:-1], 0)), 2),
            call(np.ones((1, 2, *size), bool), 2),
        ]

    return errors


def _rows(dims: int) -> list[Row]:
    return [
        Row(
            name=f"nn.functional.max_pool{dims}d",
            samples=_max_samples(dims),
            special=_special(dims, 2, 1, return_indices=True),
            errors=_max_mistakes(dims),
            numpy=largest(dims),
            dtypes="f" if dims == 1 else "fi",
            aliases=(f"max_pool{dims}d",),
            nodes=FLAT if dims == 1 else True,
        ),
        Row(
            name=f"nn.functional.avg_pool{dims}d",
            samples=_avg_samples(dims),
            special=_special(dims, 2, 1),
            errors=_avg_mistakes(dims),
            numpy=averaged(dims),
            nodes=FLAT if dims == 1 else True,
        ),
        Row(
            name=f"nn.functional.adaptive_avg_pool{dims}d",
            samples=_adaptive_samples(values, dims),
            special=_special(dims, 2),
            errors=_adaptive_mistakes(dims),
            numpy=adaptive_average(dims),
            nodes=FLAT if dims == 1 else True,
        ),
        Row(
            name=f"nn.functional.adaptive_max_pool{dims}d",
            samples=_adaptive_samples(distinct, dims, return_indices=True),
            special=_special(dims, 2, return_indices=True),
            errors=_adaptive_mistakes(dims),
            numpy=adaptive_largest(dims),
            nodes=FLAT if dims == 1 else True,
        ),
        Row(
            name=f"nn.functional.adaptive_max_pool{dims}d",
            samples=_adaptive_samples(distinct, dims),
            numpy=adaptive_largest(dims),
            nodes=FLAT if dims == 1 else True,
            variant="values",
        ),
        Row(
            name=f"nn.functional.adaptive_avg_pool{dims}d",
            samples=_nothing(dims),
            numpy=adaptive_average(dims),
            oracle=EMPTY,
            variant="nothing",
        ),
        Row(
            name=f"nn.functional.adaptive_max_pool{dims}d",
            samples=_nothing(dims, return_indices=True),
            numpy=adaptive_largest(dims),
            oracle=EMPTY,
            variant="nothing",
        ),
    ]


# ---------------------------------------------------------------- windows at random distances


def fractional(dims: int, both: bool = False) -> Any:
    """The largest of windows that begin at ⌊(i + u) α⌋ - ⌊u α⌋."""

    def pool(
        x: Array, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> Any:  # fmt: skip
        planes, size = x.reshape(-1, *x.shape[x.ndim - dims :]), x.shape[x.ndim - dims :]
        kernel, samples = _each(kernel_size, dims), _random_samples.reshape(-1, dims)
        ratio = [int(n * r) for n, r in zip(size, output_ratio, strict=True)] if output_ratio else None
        counts = ratio or _each(output_size, dims)
        found = []
        for plane, sample in zip(planes, samples[:, ::-1] if dims == 2 else samples, strict=True):
            positions = []
            for n, k, o, u in zip(size, kernel, counts, sample, strict=True):
                step = (n - k) / (o - 1) if o > 1 else 0
                starts = [int((i + u) * step) - int(u * step) for i in range(o - 1)] + [n - k]
                positions.append([range(t, t + k) for t in starts])
            found.append(_pooled(plane, dims, positions))
        shape = (*x.shape[: x.ndim - dims], *counts)
        pair = tuple([np.stack(part).reshape(shape) for part in zip(*found, strict=True)])
        return pair if both or return_indices else pair[0]

    return pool


FRACTIONAL: dict[int, tuple[int, ...]] = {2: (7, 5), 3: (5, 6, 5)}


def _fractional_samples(dims: int) -> Any:
    def samples(rng: Rng) -> list[Sample]:
        x = distinct(rng, (2, 2, *FRACTIONAL[dims]))
        u = Const(np.round(rng.uniform(0, 0.99, (2, 2, dims)), 2))
        one = Const(u.array[:1])
        return [
            call(x, 2, 3, _random_samples=u),
            call(x, 2, tuple(range(1, dims + 1)), return_indices=True, _random_samples=u),
            call(x, (3, *(2,) * (dims - 1)), output_ratio=(0.5,) * dims, _random_samples=u),
            call(x, 1, 4, None, True, u),
            call(x[0], 2, 2, _random_samples=one),
        ]

    return samples


def _fractional_special(dims: int) -> Any:
    def special(rng: Rng) -> list[Sample]:
        x = distinct(rng, (1, 2, *FRACTIONAL[dims]))
        x[0, 0].flat[[1, 2, 9, 11]] = nan, nan, inf, -inf
        return [call(x, 2, 3, return_indices=True, _random_samples=Const(np.full((1, 2, dims), 0.25)))]

    return special


def _fractional_mistakes(dims: int) -> Any:
    def errors(rng: Rng) -> list[Sample]:
        x, u = np.ones((2, 2, *FRACTIONAL[dims])), Const(np.zeros((2, 2, dims)))
        return [
            call(x, 2, _random_samples=u),
            call(x, 2, 9, _random_samples=u),
            call(x, 9, 1, _random_samples=u),
            call(x, 2, 2, _random_samples=Const(u.array[:1])),
            call(x.astype(np.int64), 2, 2),
            call(x[0, 0], 2, 2, _random_samples=u),
        ]

    return errors


def _fractional_rows(dims: int) -> list[Row]:
    name = f"nn.functional.fractional_max_pool{dims}d"
    return [
        Row(
            name=name + more,
            samples=_fractional_samples(dims),
            special=_fractional_special(dims),
            errors=_fractional_mistakes(dims),
            numpy=fractional(dims, both=bool(more)),
        )
        for more in ("", "_with_indices")
    ] + [
        Row(
            name=name,
            samples=lambda rng: [call(distinct(rng, (2, 2, *FRACTIONAL[dims])), 2, 3)],
            random=True,
            variant="drawn",
        )
    ]


def _with_indices_rows(dims: int) -> list[Row]:
    def both(pool: Any) -> Any:
        return lambda *args, **kwargs: pool(*args, **{**kwargs, "return_indices": True})

    def samples(rng: Rng) -> list[Sample]:
        x = distinct(rng, (2, 2, *SIZES[dims]))
        return [call(x, 2), call(x, 3, 2, 1), call(x, 2, stride=1, ceil_mode=True), call(x, 2, return_indices=True)]

    nodes = FLAT if dims == 1 else True
    return [
        Row(
            name=f"nn.functional.max_pool{dims}d_with_indices",
            samples=samples,
            numpy=both(largest(dims)),
            nodes=nodes,
        ),
        Row(
            name=f"nn.functional.adaptive_max_pool{dims}d_with_indices",
            samples=_adaptive_samples(distinct, dims),
            numpy=both(adaptive_largest(dims)),
            nodes=nodes,
        ),
    ]


ROWS = [row for dims in (1, 2, 3) for row in _rows(dims) + _with_indices_rows(dims)]
ROWS += [row for dims in (2, 3) for row in _fractional_rows(dims)]
