"""Arrays in another dtype, float16 and bfloat16 among them: numbers are rounded to the nearest, or the even one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .elementwise import elementwise
from .maths import _as_bits, where
from .rearrange import cast_of

Array = NDArray[Any]

BFLOAT16_ONE = (0x3F80,)
ZERO, SCALE = np.float32(0), np.float32(2.0**112)


@elementwise(dtype=np.uint16, cost=0.3)
def bfloat16_bits(u: Any) -> Any:
    """The upper half of the bits of a float32, rounded: a carry runs into the exponent, and at last to infinity."""
    rounded = (u + 0x7FFF + ((u >> 16) & 1)) >> 16
    return where((u & 0x7FFFFFFF) > 0x7F800000, 0x7FC0, rounded)


@elementwise(dtype=np.uint16, cost=0.5)
def float16_bits(u: Any) -> Any:
    """The bits of the float16 nearest to a float32 of bits u.

    Normal numbers lose 13 bits and 112 of the exponent's bias. Those below 2^-14 are multiples of 2^-24: the digits,
    with the leading 1, are shifted to that place.
    """
    a = u & 0x7FFFFFFF
    normal = (a + 0xFFF + ((a >> 13) & 1) - 0x38000000) >> 13
    shift = where(a < 0x33000000, 25, 126 - (a >> 23))
    digits = (a & 0x7FFFFF) | 0x800000
    shift = where(a >= 0x38800000, 14, shift)
    tiny = (digits + (1 << (shift - 1)) - 1 + ((digits >> shift) & 1)) >> shift
    bits = where(a < 0x38800000, tiny, where(a >= 0x477FF000, 0x7C00, normal))
    return where(a > 0x7F800000, 0x7E00, bits) | ((u >> 16) & 0x8000)


@elementwise(dtype=np.float32, cost=0.3)
def float16_value(u: Any) -> Any:
    """The number that the bits of a float16 mean: read as a float32 it is 2^-112 of it, subnormal or not."""
    a = np.uint32((u & 0x7FFF) << 13)
    y = where(a < 0x0F800000, _as_bits(a, ZERO) * SCALE, _as_bits(np.uint32(a | 0x70000000), ZERO))
    return where((u & 0x8000) > 0, -y, y)


# ---------------------------------------------------------------- casts


def cast_array(x: Array, d: np.dtype[Any]) -> Array:
    """The values in another dtype, as C converts them and without a warning; complex loses its imaginary part.

    Halves are reached, and left, by way of float32, as in PyTorch.
    """
    if x.dtype != d:
        x = widened(x)
    if x.dtype.kind == "c" and d.kind != "c":
        x = x.real
    with np.errstate(all="ignore"):
        return _rounded(x, d) if d.char in "eV" and x.dtype != d else cast_of(x, d)


def assign(target: Array, x: Array) -> None:
    """Write values into an array, broadcast, cast as `cast_array` does."""
    if x.dtype is target.dtype:
        target[...] = x
        return
    by_numpy = "e" not in (c := x.dtype.char + target.dtype.char) and "V" not in c and x.dtype.kind != "c"
    with np.errstate(all="ignore"):
        target[...] = x if by_numpy else cast_array(x, target.dtype)


def next_half(a: Array, b: Array) -> Array:
    """The next float16 or bfloat16 from a in the direction of b: bits count up away from zero, which has two signs."""
    x, y = (np.asarray(widened(v)) for v in np.broadcast_arrays(a, b))
    bits = np.ascontiguousarray(np.broadcast_arrays(a, b)[0]).view(np.uint16).reshape(x.shape)
    moved = np.where((y > x) == (x > 0), bits + np.uint16(1), bits - np.uint16(1))
    smallest = np.where(y > 0, np.uint16(1), np.uint16(0x8001))
    found = np.where(x == 0, smallest, moved).view(a.dtype)
    return np.where((x == y) | np.isnan(y), np.broadcast_to(b, x.shape), np.where(np.isnan(x), a, found))


def on_copies(run: Callable[..., Any], arrays: Sequence[Array | None]) -> None:
    """Run what writes to arrays on float32 copies of the halves among them, and round what it wrote."""
    wide = [None if x is None else widened(x) for x in arrays]
    run(*wide)
    for x, copy in zip(arrays, wide, strict=True):
        if x is not None and copy is not None and x is not copy:
            assign(x, copy)


def widened(x: Array) -> Array:
    """What is computed with: halves as float32, others as they are."""
    if x.dtype.char not in "eV":
        return x
    bits = x.view(np.uint16).astype(np.uint32)
    if x.dtype.kind != "V":
        return float16_value(bits)
    bits <<= 16  # in place: of a 0-d array, `<<` would make a numpy scalar
    return bits.view(np.float32)


def number(x: Array, real: bool = False) -> Any:
    """The one element as a Python number; `real`: RuntimeError if it has an imaginary part."""
    if x.size != 1:
        raise ValueError(f"only one element tensors can be converted to Python scalars, not {x.size}")
    value = widened(x).item()
    if real and value.imag:
        raise RuntimeError(f"value cannot be converted to a real number without overflow: {value}")
    return value.real if real else value


def _rounded(x: Array, d: np.dtype[Any]) -> Array:
    bits = x.astype(np.float32, copy=False).view(np.uint32)
    return (bfloat16_bits if d.kind == "V" else float16_bits)(bits).view(d)
