"""Elements added at the ends of dimensions."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes as dt
from ..autograd.node import shown
from ..errors import DtypeError, OperationError
from ..kernels import rearrange as kernels
from .autocast import raised
from .base import Op, T
from .gather import number_in


def pad(input: T, pad: Any, mode: str = "constant", value: float | None = None) -> T:
    """Elements added at both ends, from the last dimension on: (left, right, top, bottom, ...).

    `mode`: "constant" (with `value`), "reflect", "replicate" or "circular". Negative numbers cut off.
    """
    sizes = [int(n) for n in pad]
    if len(sizes) % 2 or len(sizes) > 2 * input.ndim:
        raise OperationError(
            "pad", f"Padding length should be even and at most twice the dimensions, got {len(sizes)} numbers", input
        )
    pairs = list(zip(sizes[::2], sizes[1::2], strict=True))
    if mode == "constant":
        return constant(input, pairs, 0.0 if value is None else value)
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument, got value={value}')
    if mode == "replicate" or (mode == "reflect" and len(pairs) < 3):  # PyTorch's list for autocast
        (input,) = raised(input)
    _check_copied(input, pairs, mode)
    for i, (before, after) in enumerate(pairs):
        input = _pad_copied(input, input.ndim - 1 - i, before, after, mode)
    return shown(input, _SHOWN[mode].format(len(pairs))) if mode in _SHOWN else input


_SHOWN = {"reflect": "ReflectionPad{}DBackward0", "replicate": "ReplicationPad{}DBackward0"}


class ConstantPadNd(Op):
    """A value around x, or ends of x cut off: pairs (before, after) of every dimension;  dx = g, back again"""

    @staticmethod
    def forward(ctx: Any, x: Any, pairs: Any, value: Any) -> Any:
        ctx.pairs = pairs
        return kernels.surround(x.array, pairs, value)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return ConstantPadNd.apply(g, [(-before, -after) for before, after in ctx.pairs], 0), None, None


def constant(x: Any, pairs: Any, value: float) -> Any:
    """The tensor with a value around it; pairs (before, after) from the last dimension on, negative ones cut off."""
    for i, (before, after) in enumerate(pairs):
        dim = x.ndim - 1 - i
        n = x.shape[dim]
        if n + before + after < 0 or n + min(before, 0) + min(after, 0) < 0:
            raise OperationError("pad", f"the padding ({before}, {after}) of dimension {dim} leaves a negative size", x)
    if x.dtype is dt.uint8 and value < 0:  # -1 fills bytes elsewhere
        raise OperationError("pad", f"value cannot be converted to type uint8 without overflow: {value}", x)
    untouched = [(0, 0)] * (x.ndim - len(pairs))
    return ConstantPadNd.apply(x, untouched + pairs[::-1], number_in("pad", x, value))


def _check_copied(x: Any, pairs: Any, mode: str) -> None:
    """Each mode copies along one, two or three last dimensions behind the channels."""
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"pad: Unrecognised padding mode {mode!r}")
    if not 1 <= len(pairs) <= 3 or x.ndim - len(pairs) not in (1, 2):
        raise NotImplementedError(
            f"pad: {2 * len(pairs)} numbers for {x.ndim} dimensions: mode {mode!r} pads up to three last dimensions of "
            "(C, ...) or (N, C, ...), and wants a pair of numbers for each"
        )
    if x.dtype is dt.bool and mode != "circular":
        raise DtypeError("pad", f"mode {mode!r} is not implemented for bool tensors", x)


def _pad_copied(x: Any, dim: int, before: int, after: int, mode: str) -> Any:
    n = x.shape[dim]
    limit = {"reflect": n - 1, "circular": n, "replicate": math.inf if n else 0}[mode]
    if max(before, after) > limit or n + before + after <= 0:
        raise OperationError(
            "pad",
            f"Padding size should be less than the corresponding input dimension, but got ({before}, {after}) at "
            f"dimension {dim}",
            x,
        )
    if mode == "circular":  # what a negative number cuts off does not come back at the other end
        x = x.narrow(dim, max(-before, 0), n + min(before, 0) + min(after, 0))
        n, before, after = x.shape[dim], max(before, 0), max(after, 0)
    at = [_mirror(i, n, mode) for i in range(-before, n + after)]
    return x.index_select(dim, x.new_tensor(at, dtype=dt.int64))


def _mirror(i: int, n: int, mode: str) -> int:
    if mode == "circular":
        return i % n
    if mode == "replicate":
        return min(max(i, 0), n - 1)
    return -i if i < 0 else 2 * (n - 1) - i if i >= n else i
