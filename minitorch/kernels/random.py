"""Random numbers: PyTorch's own streams on the CPU, from a Mersenne Twister (Matsumoto and Nishimura, 1998).

One seed gives the numbers that PyTorch draws from it: integers, masks, uniform numbers and float32 normal ones to the
bit. (PyTorch on a processor with AVX2. Where it finds one of Intel's, its `bernoulli_` of a number, dropout with it,
and `exponential_` take other numbers, from MKL.) The rules were found by experiment. An array is filled in the order of
its memory, which is that of its indices only if it is contiguous.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dtypes import wide
from ._jit import Kernel, jit, jitable, word
from .cast import assign, cast_array, widened
from .complexes import as_real
from .layout import empty_like, order_of
from .maths import EXACT, _log_parts, sqrt, weak, where
from .sort import topk
from .stream import MASK_32, MASK_64, Stream

Array = NDArray[Any]

CHUNK = 1 << 15  # numbers worked on at once: they stay in the processor's cache
BITS_64 = 1 << 28  # of this many integers or more, each is drawn from 64 bits
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


# ---------------------------------------------------------------- filling


def _by_memory(x: Array) -> Array:
    """x with its axes in the order in which PyTorch fills."""
    order = order_of((x,), x.shape)
    return x if order is None else x.transpose(order)


def _fill(out: Array, draw: Any, dtype: Any = None) -> None:
    """Call `draw(part, start)` for vectors of at most CHUNK elements; they land in `out` in the order of memory."""
    view = _by_memory(out)
    dtype = wide(out.dtype) if dtype is None else dtype
    direct = view.flags.c_contiguous and dtype == out.dtype
    flat = view.reshape(-1) if direct else np.empty(view.size, dtype)
    for start in range(0, flat.size, CHUNK):
        draw(flat[start : start + CHUNK], start)
    if not direct:
        assign(view, flat.reshape(view.shape))


# ---------------------------------------------------------------- floats


def _rounded_once(a: Any, b: Any, c: Any) -> Any:
    """a b + c of float64, from the products of halves (Dekker 1971) and what the sum loses (Knuth)."""
    with np.errstate(all="ignore"):
        (a1, a2), (b1, b2) = _halves(a), _halves(b)
        p = a * b
        lost = a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)
        s = p + c
        t = s - p
        return s + (((p - (s - t)) + (c - t)) + lost)


def _halves(x: Any) -> Any:
    high = 134217729.0 * x
    high = high - (high - x)
    return high, x - high


@word(lambda a, b, c: lambda a, b, c: a * b + c, EXACT)
def _fma(a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once, as PyTorch's compiler makes it; in kernels LLVM takes the processor's instruction."""
    if np.result_type(a, b, c) != FLOAT32:
        return _rounded_once(a, b, c)
    a, b, c = (np.float64(np.float32(x)) for x in (a, b, c))
    return np.float32(a * b + c)


def _single_numpy(words: Array, out: Array, low: Any, size: Any) -> None:
    unit = np.float32(words & 0xFFFFFF) * np.float32(2.0**-24)
    out[:] = _fma(unit, size, low)


@jit(twin=_single_numpy)
def _single(words: Any, out: Any, low: Any, size: Any) -> None:
    """Numbers from [low, low + size): 24 bits of a word each."""
    for i in range(out.size):
        unit = np.float32(np.int32(words[i] & 0xFFFFFF)) * np.float32(2.0**-24)
        out[i] = _fma(unit, size, low)


@jitable
def _53_bits(high: Any, low: Any) -> Any:
    return np.float64(np.int64(high & 0x1FFFFF) << 32 | np.int64(low))


def _double_numpy(pairs: Array, out: Array, low: Any, size: Any) -> None:
    out[:] = _fma(_53_bits_numpy(pairs) * 2.0**-53, size, low)


def _53_bits_numpy(pairs: Array) -> Array:
    return ((pairs[:, 0] & 0x1FFFFF).astype(np.int64) << 32 | pairs[:, 1].astype(np.int64)).astype(np.float64)


@jit(twin=_double_numpy)
def _double(pairs: Any, out: Any, low: Any, size: Any) -> None:
    """Numbers from [low, low + size): 53 bits of two words each."""
    for i in range(out.size):
        out[i] = _fma(_53_bits(pairs[i, 0], pairs[i, 1]) * 2.0**-53, size, low)


def _draw_uniform(stream: Stream, part: Array, low: float = 0.0, high: float = 1.0) -> None:
    if part.dtype == FLOAT32:
        low32, high32 = np.float32(low), np.float32(high)
        _single(stream.words(part.size), part, low32, high32 - low32)
    else:
        _double(stream.pairs(part.size), part, float(low), float(high) - float(low))


def uniform(stream: Stream, out: Array, low: float = 0.0, high: float = 1.0) -> None:
    """Fill with numbers from [low, high); of complex numbers, each part."""
    if out.dtype.kind == "c":
        out = as_real(out)
    _fill(out, lambda part, start: _draw_uniform(stream, part, low, high))
    if out.dtype.char in "eV":  # what is rounded to the end becomes the beginning, as in PyTorch
        drawn, end = widened(out), widened(cast_array(np.asarray(high, np.float64), out.dtype))
        assign(out, np.where(drawn >= end, np.float32(low), drawn))


def _units(stream: Stream, count: int) -> Array:
    """(count,) float64 numbers from [0, 1)."""
    units = np.empty(count)
    _draw_uniform(stream, units)
    return units


# ---------------------------------------------------------------- normal numbers


# PyTorch's float32 logarithm, sine and cosine here are those of Moshier's Cephes library (1992), with fused products:
# the same polynomials, summed in the same order, give the same bits.
@weak
def _log(x: Any) -> Any:
    """log(x), of x from (0, 1]."""
    k, m = _log_parts(x)
    k, x = np.float32(k), m - 1.0
    y = _fma(7.0376836292e-2, x, -1.1514610310e-1)
    y = _fma(y, x, 1.1676998740e-1)
    y = _fma(y, x, -1.2420140846e-1)
    y = _fma(y, x, 1.4249322787e-1)
    y = _fma(y, x, -1.6668057665e-1)
    y = _fma(y, x, 2.0000714765e-1)
    y = _fma(y, x, -2.4999993993e-1)
    y = _fma(y, x, 3.3333331174e-1)
    z = x * x
    y = _fma(y * x, z, k * -2.12194440e-4) - 0.5 * z
    return _fma(k, 0.693359375, x + y)


@weak
def _sin_and_cos(x: Any) -> Any:
    """(sin(x), cos(x)), of x from [0, 2 pi]: x less a multiple of pi/4 in three parts, then polynomials."""
    octant = (np.int32(x * 1.27323954473516) + 1) & -2
    n = np.float32(octant)
    x = _fma(n, -0.78515625, x)
    x = _fma(n, -2.4187564849853515625e-4, x)
    x = _fma(n, -3.77489497744594108e-8, x)
    z = x * x
    s = _fma(_fma(-1.9515295891e-4, z, 8.3321608736e-3), z, -1.6666654611e-1)
    s = _fma(s * z, x, x)
    c = _fma(_fma(2.443315711809948e-5, z, -1.388731625493765e-3), z, 4.166664568298827e-2)
    c = _fma(c * z, z, -0.5 * z) + 1.0
    swap = (octant & 2) != 0
    sin, cos = where(swap, c, s), where(swap, s, c)
    return where((octant & 4) != 0, -sin, sin), where(((octant + 2) & 4) != 0, -cos, cos)


def _normal_single_numpy(a: Array, b: Array, mean: Any, std: Any) -> None:
    radius = np.sqrt(-2 * _log(1 - a))
    sin, cos = _sin_and_cos(np.float32(2 * np.pi) * b)
    a[:], b[:] = _fma(radius * cos, std, mean), _fma(radius * sin, std, mean)


@jit(twin=_normal_single_numpy)
def _normal_single(a: Any, b: Any, mean: Any, std: Any) -> None:
    """Pairs of uniform float32 numbers as pairs of normal ones, in place (Box and Muller, 1958)."""
    one, minus_two, turn = np.float32(1), np.float32(-2), np.float32(2 * np.pi)
    for i in range(a.size):
        radius = sqrt(minus_two * _log(one - a[i]))
        sin, cos = _sin_and_cos(turn * b[i])
        a[i] = _fma(radius * cos, std, mean)
        b[i] = _fma(radius * sin, std, mean)


def _normal_double_numpy(a: Array, b: Array, mean: float, std: float) -> None:
    radius, angle = np.sqrt(-2 * np.log(1 - a)), 2 * np.pi * b
    a[:], b[:] = _fma(radius * np.cos(angle), std, mean), _fma(radius * np.sin(angle), std, mean)


@jit(twin=_normal_double_numpy)
def _normal_double(a: Any, b: Any, mean: Any, std: Any) -> None:
    """The same in float64, by the C library."""
    for i in range(a.size):
        radius = sqrt(-2 * math.log(1 - a[i]))
        angle = 2 * math.pi * b[i]
        a[i] = _fma(radius * math.cos(angle), std, mean)
        b[i] = _fma(radius * math.sin(angle), std, mean)


def normal(stream: Stream, out: Array, mean: float = 0.0, std: float = 1.0) -> None:
    """Fill with normal numbers: a contiguous array of 16 or more in blocks of 16, else one after the other.

    The parts of complex numbers share the variance.
    """
    if out.dtype.kind == "c":
        out, std = as_real(out), std / math.sqrt(2)
    if out.size < 16 or not out.flags.c_contiguous:
        _fill(out, lambda part, start: _draw_normals(stream, part, mean, std), FLOAT64)
        return
    if out.dtype.char in "eV":
        drawn = np.empty(out.shape, FLOAT32)
        normal(stream, drawn, mean, std)
        assign(out, drawn)
        return
    flat = out.reshape(-1)
    whole = flat.size // 16 * 16
    _fill(flat[:whole], lambda part, start: _draw_blocks(stream, part, mean, std))
    if whole < flat.size:  # the rest is drawn and forgotten: the last 16 are drawn anew
        uniform(stream, flat[whole:])
        _draw_blocks(stream, flat[-16:], mean, std)


def _draw_blocks(stream: Stream, part: Array, mean: float, std: float) -> None:
    """Of each 16 numbers, i and 8 + i are a pair."""
    _draw_uniform(stream, part)
    blocks = part.reshape(-1, 2, 8)
    a, b = blocks[:, 0].ravel(), blocks[:, 1].ravel()
    kind = part.dtype.type
    kernel = _normal_single if kind is np.float32 else _normal_double
    kernel(a, b, kind(mean), kind(std))
    blocks[:, 0], blocks[:, 1] = a.reshape(-1, 8), b.reshape(-1, 8)


def _pairs_python(units: Any, out: Any) -> None:
    for i in range(len(units)):
        radius = math.sqrt(-2 * math.log1p(-units[i, 1]))
        angle = 2 * math.pi * units[i, 0]
        out[i, 0] = radius * math.cos(angle)
        out[i, 1] = radius * math.sin(angle)


# (n, 2) uniform numbers as pairs of normal ones. The twin is the same loop: few numbers are drawn in this way.
_pairs = jit(twin=_pairs_python)(_pairs_python)


def _scale_numpy(x: Array, mean: float, std: float) -> None:
    x[:] = _fma(x, std, mean)


@jit(twin=_scale_numpy)
def _scale(x: Any, mean: Any, std: Any) -> None:
    for i in range(x.size):
        x[i] = _fma(x[i], std, mean)


def _draw_normals(stream: Stream, part: Array, mean: float, std: float) -> None:
    """Fill a vector of float64 with normal numbers, in pairs; the second of the last pair may be left over."""
    first = int(stream.left_over is not None)
    if first:
        part[0], stream.left_over = stream.left_over, None
    missing = part.size - first
    pairs = np.empty((-(-missing // 2), 2))
    _pairs(_units(stream, pairs.size).reshape(pairs.shape), pairs)
    part[first:] = pairs.reshape(-1)[:missing]
    if missing % 2:
        stream.left_over = float(pairs[-1, 1])
    _scale(part, float(mean), float(std))


# ---------------------------------------------------------------- other distributions, made of uniform float64 numbers


def _exponential_numpy(x: Array, scale: float) -> None:
    x[:] = scale * np.log1p(-x)


@jit(twin=_exponential_numpy)
def _exponential(x: Any, scale: Any) -> None:
    for i in range(x.size):
        x[i] = scale * math.log1p(-x[i])


def _geometric_numpy(x: Array, p: float) -> None:
    with np.errstate(all="ignore"):
        x[:] = np.ceil(np.log(x) / np.log1p(-p))


@jit(twin=_geometric_numpy)
def _geometric(x: Any, p: Any) -> None:
    for i in range(x.size):
        x[i] = np.ceil(math.log(x[i]) / math.log1p(-p))


def _cauchy_numpy(x: Array, median: float, sigma: float) -> None:
    x[:] = _fma(sigma, np.tan(np.pi * (x - 0.5)), median)


@jit(twin=_cauchy_numpy)
def _cauchy(x: Any, median: Any, sigma: Any) -> None:
    for i in range(x.size):
        x[i] = _fma(sigma, math.tan(math.pi * (x[i] - 0.5)), median)


def _exp_numpy(x: Array) -> None:
    with np.errstate(all="ignore"):
        np.exp(x, out=x)


@jit(twin=_exp_numpy)
def _exp(x: Any) -> None:
    for i in range(x.size):
        x[i] = math.exp(x[i])


def _transformed(stream: Stream, out: Array, kernel: Kernel, *args: float) -> None:
    def draw(part: Array, start: int) -> None:
        _draw_uniform(stream, part)
        kernel(part, *args)

    _fill(out, draw, FLOAT64)


def exponential(stream: Stream, out: Array, rate: float = 1.0) -> None:
    """Fill with exponentially distributed numbers."""
    _transformed(stream, out, _exponential, -1 / float(rate))


def geometric(stream: Stream, out: Array, p: float) -> None:
    """Fill with the number of the first success among trials of probability p, from 1."""
    _transformed(stream, out, _geometric, float(p))


def cauchy(stream: Stream, out: Array, median: float = 0.0, sigma: float = 1.0) -> None:
    """Fill with numbers from a Cauchy distribution."""
    _transformed(stream, out, _cauchy, float(median), float(sigma))


def log_normal(stream: Stream, out: Array, mean: float = 1.0, std: float = 2.0) -> None:
    """Fill with numbers whose logarithm is normal."""

    def draw(part: Array, start: int) -> None:
        _draw_normals(stream, part, mean, std)
        _exp(part)

    _fill(out, draw, FLOAT64)


@jitable
def _few_events(rate: Any, units: Any, i: Any) -> Any:
    """(k, i): k events, by a product of uniform numbers (Knuth 1969); i: the next number. k < 0: there are too few."""
    end, product, k = math.exp(-rate), 1.0, 0
    while i < units.size:
        product *= units[i]
        i += 1
        if product <= end:
            return k, i
        k += 1
    return -1, i


@jitable
def _many_events(rate: Any, units: Any, i: Any) -> Any:
    """The same for a rate of 10 or more, by transformed rejection (Hörmann 1993)."""
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    sure = 0.9277 - 3.6224 / (b - 2)
    while i + 1 < units.size:
        u, v = units[i] - 0.5, units[i + 1]
        i += 2
        from_edge = 0.5 - abs(u)
        k = math.floor((2 * a / from_edge + b) * u + rate + 0.43)
        if from_edge >= 0.07 and v <= sure:
            return int(k), i
        if k < 0 or (from_edge < 0.013 and v > from_edge):
            continue
        height = math.log(v) + math.log(inverse_alpha) - math.log(a / (from_edge * from_edge) + b)
        if height <= -rate + k * math.log(rate) - math.lgamma(k + 1):
            return int(k), i
    return -1, i


def _poisson_python(rates: Any, units: Any, out: Any) -> Any:
    used = 0
    for i in range(rates.size):
        k, end = 0, used
        if rates[i] >= 10:
            k, end = _many_events(rates[i], units, used)
        elif rates[i] > 0:
            k, end = _few_events(rates[i], units, used)
        if k < 0:
            return i, used
        out[i], used = k, end
    return rates.size, used


# Fill with Poisson numbers while uniform ones last; returns how many were made and used. The twin is the same loop.
_poisson = jit(twin=_poisson_python)(_poisson_python)


def poisson(stream: Stream, rates: Array) -> Array:
    """For each rate a number of events in a unit of time, in the dtype of the rates."""
    flat, done, ask = np.ascontiguousarray(widened(rates), FLOAT64).reshape(-1), 0, 64
    out = np.empty(flat.size)
    while done < flat.size:
        before = stream.get_state()
        made, used = _poisson(flat[done:], _units(stream, ask), out[done:])
        stream.set_state(before)
        stream.words(2 * used)
        done, ask = done + made, min(2 * ask, CHUNK) if made else 2 * ask
    return cast_array(out, rates.dtype).reshape(rates.shape)


# ---------------------------------------------------------------- integers


def _whole_numpy(words: Array, out: Array, size: int, low: int) -> None:
    out[:] = words % np.uint32(size)
    out += low


@jit(twin=_whole_numpy)
def _whole(words: Any, out: Any, size: Any, low: Any) -> None:
    """Integers from [low, low + size), of 32 bits each."""
    size = np.uint32(size)
    for i in range(out.size):
        out[i] = np.int64(words[i] % size) + low


def _long_numpy(pairs: Array, out: Array, size: Any, low: Any) -> None:
    bits = pairs[:, 0].astype(np.uint64) << np.uint64(32) | pairs[:, 1]
    out[:] = ((bits % size if size else bits) + low).view(np.int64)


@jit(twin=_long_numpy)
def _long(pairs: Any, out: Any, size: Any, low: Any) -> None:
    """Integers from [low, low + size), of 64 bits each; size 0 stands for 2^64. Both are np.uint64: the sum wraps."""
    for i in range(out.size):
        bits = np.uint64(pairs[i, 0]) << np.uint64(32) | np.uint64(pairs[i, 1])
        out[i] = np.int64((bits % size if size else bits) + low)


def _draw_integers(stream: Stream, part: Array, low: int, size: int, bits: int) -> None:
    if bits == 32:
        _whole(stream.words(part.size), part, size, low)
    else:
        _long(stream.pairs(part.size), part, np.uint64(size & MASK_64), np.uint64(low & MASK_64))


def integers(stream: Stream, out: Array, low: int, high: int) -> None:
    """Fill an array of any dtype with integers from [low, high)."""
    size = high - low
    bits = 64 if size >= BITS_64 else 32
    low = low if size <= MASK_64 else 0  # all of int64: the bits as they are
    _fill(out, lambda part, start: _draw_integers(stream, part, low, size, bits), np.dtype(np.int64))


# By kind and size of a dtype: how many integers from 0 up `random_()` chooses among, and from how many bits.
_CHOICES = {
    "b1": (2, 32),
    "u1": (1 << 8, 32),
    "i1": (1 << 7, 32),
    "i2": (1 << 15, 32),
    "i4": (1 << 31, 32),
    "i8": (1 << 63, 64),
    "f2": ((1 << 11) + 1, 32),
    "V2": ((1 << 8) + 1, 32),
    "f4": ((1 << 24) + 1, 32),
    "f8": ((1 << 53) + 1, 64),
}


def any_integers(stream: Stream, out: Array) -> None:
    """Fill with integers from 0 to the largest of the dtype; for floats, to the last before there are gaps."""
    if out.dtype.str[1:] not in _CHOICES:
        raise NotImplementedError(f"random_: not implemented for {out.dtype}")
    size, bits = _CHOICES[out.dtype.str[1:]]
    _fill(out, lambda part, start: _draw_integers(stream, part, 0, size, bits), np.dtype(np.int64))


def _shuffle_python(order: Any, words: Any, start: Any) -> None:
    for i in range(words.size):
        here = start + i
        there = here + np.int64(words[i] % np.uint32(order.size - here))
        kept = order[here]
        order[here] = order[there]
        order[there] = kept


# Exchange entries from `start` on with later ones (Fisher and Yates). The twin is the same loop.
_shuffle = jit(twin=_shuffle_python)(_shuffle_python)


def _inside_out_python(order: Any, pairs: Any, start: Any) -> None:
    for i in range(len(pairs)):
        here = start + i
        bits = np.uint64(pairs[i, 0]) << np.uint64(32) | np.uint64(pairs[i, 1])
        there = np.int64(bits % np.uint64(here + 1))
        order[here] = order[there]
        order[there] = here


# Put `start` and its successors at random places among those before. The twin is the same loop.
_inside_out = jit(twin=_inside_out_python)(_inside_out_python)

LARGE = MASK_32 // 20  # orders of so many are made inside out, from 64 bits a place


def permutation(stream: Stream, n: int, large: int = LARGE) -> Array:
    """0 .. n - 1 in random order."""
    order = np.arange(n)
    if n < large:
        for start in range(0, n - 1, CHUNK):
            _shuffle(order, stream.words(min(CHUNK, n - 1 - start)), start)
    else:
        for start in range(0, n, CHUNK):
            _inside_out(order, stream.pairs(min(CHUNK, n - start)), start)
    return order


# ---------------------------------------------------------------- choices


def _choose_numpy(pairs: Array, out: Array, limit: float, value: Any) -> None:
    out[:] = where(_53_bits_numpy(pairs) < limit, value, 0)


@jit(twin=_choose_numpy)
def _choose(pairs: Any, out: Any, limit: Any, value: Any) -> None:
    """`value` where 53 random bits are below the limit, else 0."""
    for i in range(out.size):
        out[i] = where(_53_bits(pairs[i, 0], pairs[i, 1]) < limit, value, out.dtype.type(0))


def _choices(stream: Stream, out: Array, p: float, value: Any) -> None:
    limit, dtype = p * 2.0**53, wide(out.dtype) if out.dtype.kind in "fV" else np.dtype(np.uint8)
    value = dtype.type(value)
    _fill(out, lambda part, start: _choose(stream.pairs(part.size), part, limit, value), dtype)


def bernoulli(stream: Stream, out: Array, p: float | Array) -> None:
    """Fill with ones with probability p, zeros otherwise. An array p broadcasts; float32 takes 24 bits a draw."""
    if not isinstance(p, np.ndarray):
        _choices(stream, out, p, 1)
        return
    units = empty_like(out, FLOAT32 if p.dtype == FLOAT32 else FLOAT64)
    uniform(stream, units)
    assign(out, units < widened(p))


def dropout_mask(stream: Stream, shape: tuple[int, ...], keep: float, dtype: Any, like: Array | None = None) -> Array:
    """1 / keep with probability `keep`, 0 otherwise; drawn in the order of memory of `like`, where it is given."""
    mask = np.empty(shape, dtype) if like is None else empty_like(like, dtype)
    if keep == 0:
        mask[...] = 0
    else:
        one: Any = mask.dtype.type(1)
        _choices(stream, mask, keep, one / mask.dtype.type(keep))
    return mask


def can_draw(p: Array) -> bool:
    """Whether every row of weights is finite, not negative and has a positive sum."""
    return bool(np.isfinite(p).all() and (p >= 0).all() and (p.sum(-1) > 0).all())


def multinomial(stream: Stream, p: Array, count: int, replacement: bool) -> Array:
    """(rows, count) indices drawn with the (not normalised) probabilities p (rows, n), or (count,) with p (n,)."""
    rows = p.reshape(-1, p.shape[-1])
    drawn = _with_replacement(stream, rows, count) if replacement and count > 1 else _without(stream, rows, count)
    return drawn.reshape(*p.shape[:-1], count)


def _without(stream: Stream, rows: Array, count: int) -> Array:
    """The largest p / E, with E from the exponential distribution: the first of as many races."""
    waits = np.empty(rows.shape, rows.dtype)
    exponential(stream, waits)
    with np.errstate(all="ignore"):
        return topk(rows / waits, count, 1, True, True)


def _with_replacement(stream: Stream, rows: Array, count: int) -> Array:
    ends = np.cumsum(rows, 1)
    ends /= ends[:, -1:]
    units = _units(stream, len(rows) * count).reshape(len(rows), count)
    drawn = [np.searchsorted(end, unit) for end, unit in zip(ends, units, strict=True)]
    return np.array(drawn, np.int64).reshape(units.shape)
