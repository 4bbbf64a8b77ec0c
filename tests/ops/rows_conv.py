"""Rows of minitorch/ops/conv.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, inf, nan, values

ROUGH = {"float32": (1e-4, 1e-5)}  # sums of many products, and Winograd's algorithm


def _each(value: Any, dims: int) -> tuple[Any, ...]:
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dims if len(values) == 1 else values


def _pads(padding: Any, kernel: Any, dilation: Any) -> list[tuple[int, int]]:
    """The padding before and after each dimension; the greater half of "same" comes after."""
    if padding == "same":
        total = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return [(t // 2, t - t // 2) for t in total]
    return [(p, p) for p in _each(0 if padding == "valid" else padding, len(kernel))]


def _steps(point: Any, output: Any, stride: Any, dilation: Any) -> Any:
    """Where a point of the kernel meets the input, for all outputs."""
    where = zip(point, output, stride, dilation, strict=True)
    return (..., *[slice(k * d, k * d + (o - 1) * s + 1, s) for k, o, s, d in where])


def convolution(
    x: Array, w: Array, b: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Array:
    """y[o, p] = Σ x[c, p stride + k dilation] w[o, c, k] + b[o], point by point of the kernel."""
    dims, kernel = w.ndim - 2, w.shape[2:]
    if x.ndim == dims + 1:
        return convolution(x[None], w, b, stride, padding, dilation, groups)[0]
    stride, dilation = _each(stride, dims), _each(dilation, dims)
    x = np.pad(x, [(0, 0), (0, 0), *_pads(padding, kernel, dilation)])
    output = [(n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(x.shape[2:], kernel, stride, dilation, strict=True)]
    x = x.reshape(len(x), groups, w.shape[1], *x.shape[2:])
    w = w.reshape(groups, -1, *w.shape[1:])
    y = np.zeros((len(x), groups, w.shape[1], *output))
    for point in np.ndindex(*kernel):
        y += np.einsum("ngc...,goc->ngo...", x[_steps(point, output, stride, dilation)], w[(..., *point)])
    y = y.reshape(len(x), w.shape[0] * w.shape[1], *output)
    return y if b is None else y + b.reshape(-1, *[1] * dims)


def transposed(
    x: Array, w: Array, b: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1,
    dilation: Any = 1,
) -> Array:  # fmt: skip
    """Every x[c, p] adds x[c, p] w[c, o, k] to y[o, p stride + k dilation]; then the padding is cut off."""
    dims, kernel = w.ndim - 2, w.shape[2:]
    if x.ndim == dims + 1:
        return transposed(x[None], w, b, stride, padding, output_padding, groups, dilation)[0]
    stride, dilation, padding, extra = [_each(v, dims) for v in (stride, dilation, padding, output_padding)]
    whole = [
        (n - 1) * s + d * (k - 1) + 1 + e
        for n, k, s, d, e in zip(x.shape[2:], kernel, stride, dilation, extra, strict=True)
    ]
    inputs, n = x.shape[2:], len(x)
    w = w.reshape(groups, -1, *w.shape[1:])
    x = x.reshape(n, groups, w.shape[1], *inputs)
    y = np.zeros((n, groups, w.shape[2], *whole))
    for point in np.ndindex(*kernel):
        y[_steps(point, inputs, stride, dilation)] += np.einsum("ngc...,gco->ngo...", x, w[(..., *point)])
    y = y.reshape(n, groups * w.shape[2], *whole)[
        (..., *[slice(p, m - p) for p, m in zip(padding, whole, strict=True)])
    ]
    return y if b is None else y + b.reshape(-1, *[1] * dims)


# ---------------------------------------------------------------- samples

SIZES: dict[int, tuple[int, ...]] = {1: (7,), 2: (5, 4), 3: (3, 4, 3)}
KERNELS: dict[int, tuple[int, ...]] = {1: (3,), 2: (3, 2), 3: (2, 1, 2)}


def _convolutions(dims: int) -> Any:
    size, kernel = SIZES[dims], KERNELS[dims]
    odd, mixed = (3, *[1] * (dims - 1)), tuple(range(1, dims + 1))

    def samples(rng: Rng) -> list[Sample]:
        def x(*front: int) -> Array:
            return values(rng, (*front, *size))

        def w(outputs: int, inputs: int, kernel: Any = kernel) -> Array:
            return values(rng, (outputs, inputs, *kernel))

        b = values(rng, (3,))
        made = [
            call(x(2, 2), w(3, 2), b),
            call(x(2, 2), w(3, 2), stride=2, padding=1),
            call(x(2, 2), w(3, 2), b, stride=mixed, padding=tuple([k // 2 for k in kernel])),
            call(x(1, 2), w(2, 2, (2,) * dims), dilation=2, padding=1),
            call(x(1, 4), w(2, 2), groups=2),
            call(x(1, 3), w(3, 1), b, padding=(1,), groups=3),
            call(x(1, 2), w(4, 1), groups=2, stride=(2,)),
            call(x(1, 2), w(3, 2, odd), b, padding="same"),
            call(x(1, 2), w(1, 2, (2,) * dims), padding="same"),
            call(x(1, 1), w(1, 1, odd), padding="same", dilation=mixed),
            call(x(1, 2), w(1, 2), padding="valid"),
            call(x(2), w(3, 2), b, padding=1),
            call(x(2, 2), w(3, 2, (1,) * dims), b),
            call(x(1, 2), w(1, 2, (1,) * dims), stride=2, padding=1),
            call(x(1, 2), w(1, 2, size)),
            call(x(0, 2), w(3, 2), b),
        ]
        return made if dims < 3 else [*made[:4], *made[6:9], *made[11:]]

    return samples


def _transposed_convolutions(dims: int) -> Any:
    size: tuple[int, ...] = {1: (4,), 2: (3, 2), 3: (2, 2, 1)}[dims]
    kernel, mixed = KERNELS[dims], tuple(range(1, dims + 1))

    def samples(rng: Rng) -> list[Sample]:
        def x(*front: int) -> Array:
            return values(rng, (*front, *size))

        def w(inputs: int, outputs: int, kernel: Any = kernel) -> Array:
            return values(rng, (inputs, outputs, *kernel))

        b = values(rng, (3,))
        made = [
            call(x(2, 2), w(2, 3), b),
            call(x(2, 2), w(2, 3, (3,) * dims), stride=2, padding=1),
            call(x(1, 2), w(2, 1, (3,) * dims), b[:1], stride=2, padding=1, output_padding=1),
            call(x(1, 2), w(2, 3), b, stride=mixed, output_padding=tuple([m - 1 for m in mixed])),
            call(x(1, 2), w(2, 1, (2,) * dims), dilation=2, output_padding=(1,)),
            call(x(1, 4), w(4, 1), groups=2),
            call(x(1, 3), w(3, 1), b, groups=3, stride=(2,)),
            call(x(2), w(2, 3), b, stride=2),
            call(x(1, 2), w(2, 3, (1,) * dims), b),
            call(x(0, 2), w(2, 3), b),
        ]
        return made if dims < 3 else [*made[:4], *made[6:]]

    return samples


def _specials(dims: int) -> Any:
    def special(rng: Rng) -> list[Sample]:
        x = values(rng, (2, 1, *SIZES[dims]))
        x[0].flat[:4] = nan, inf, -inf, -0.0
        w = values(rng, (2, 1, *KERNELS[dims]), 0.5, 2)
        return [call(x, w, stride=s, padding=p) for s, p in ((1, 0), (2, 1))]

    return special


def _mistakes(dims: int) -> Any:
    size, kernel = SIZES[dims], KERNELS[dims]

    def errors(rng: Rng) -> list[Sample]:
        x, w = np.ones((1, 2, *size)), np.ones((4, 2, *kernel))
        return [
            call(x, np.ones((4, 3, *kernel))),
            call(x, w, np.ones(3)),
            call(x, w, np.ones((4, 1))),
            call(x, w.astype(np.float32)),
            call(x, w, np.ones(4, np.float32)),
            call(np.ones((1, 2, *size), np.int64), w),
            call(np.ones((1, 2, *size), bool), np.ones((4, 2, *kernel), bool)),
            call(np.ones(size), w),
            call(np.ones((1, 1, 2, *size)), w),
            call(x, np.ones((4, 2))),
            call(x, w, groups=3),
            call(x, w, groups=0),
            call(x, w, groups=2),
            call(x, np.ones((4, 2, *(9,) * dims))),
            call(x, w, stride=0),
            call(x, w, stride=-1),
            call(x, w, padding=-1),
            call(x, w, dilation=0),
            call(x, w, stride=(1,) * (dims + 1)),
            call(x, w, padding=(1,) * (dims + 1)),
            call(x, w, dilation=(1,) * (dims + 1)),
            call(x, w, stride=1.5),
            call(x, w, padding="same", stride=2),
            call(x, w, padding="full"),
            call(np.ones((1, 0, *size)), np.ones((4, 1, *kernel))),
        ]

    return errors


def _transposed_mistakes(dims: int) -> Any:
    size, kernel = SIZES[dims], KERNELS[dims]

    def errors(rng: Rng) -> list[Sample]:
        x, w = np.ones((1, 2, *size)), np.ones((2, 4, *kernel))
        return [
            call(x, np.ones((3, 4, *kernel))),
            call(x, w, np.ones(3)),
            call(x, w.astype(np.float32)),
            call(np.ones((1, 2, *size), np.int64), w),
            call(np.ones(size), w),
            call(x, np.ones((2, 4))),
            call(x, w, groups=3),
            call(x, w, groups=0),
            call(x, w, stride=0),
            call(x, w, padding=-1),
            call(x, w, dilation=0),
            call(x, w, output_padding=1),
            call(x, w, output_padding=-1),
            call(x, w, stride=2, output_padding=2),
            call(x, w, padding=9),
            call(x, w, stride=(1,) * (dims + 1)),
            call(x, w, output_padding=(0,) * (dims + 1)),
        ]

    return errors


ROWS = [
    *[
        Row(
            name=f"conv{dims}d",
            samples=_convolutions(dims),
            special=_specials(dims),
            errors=_mistakes(dims),
            numpy=convolution,
            aliases=(f"nn.functional.conv{dims}d",),
            tolerance=ROUGH,
        )
        for dims in (1, 2, 3)
    ],
    *[
        Row(
            name=f"conv_transpose{dims}d",
            samples=_transposed_convolutions(dims),
            errors=_transposed_mistakes(dims),
            numpy=transposed,
            aliases=(f"nn.functional.conv_transpose{dims}d",),
            tolerance=ROUGH,
        )
        for dims in (1, 2, 3)
    ],
]
