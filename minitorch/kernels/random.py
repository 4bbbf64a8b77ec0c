"""Random numbers: PyTorch's own streams on the CPU, from a Mersenne Twister (Matsumoto and Nishimura, 1998).

numpy's generator is the engine; how its 32-bit words become floats, integers and orders follows PyTorch, so that one
seed gives the same numbers in both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit

Array = NDArray[Any]

DEFAULT_SEED = 67280421310721
WORDS = 624


class Stream:
    """A stream of random words, with the second normal number that a pair leaves over."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.engine = np.random.MT19937()
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start anew."""
        self.initial = seed & 0xFFFFFFFFFFFFFFFF
        self.engine._legacy_seeding(seed & 0xFFFFFFFF)
        self.left_over: float | None = None

    def words(self, count: int) -> Array:
        """`count` random 32-bit words, in uint64."""
        return self.engine.random_raw(count)

    def words64(self, count: int) -> Array:
        """`count` random 64-bit words."""
        pairs = self.engine.random_raw(2 * count)
        high: Array = pairs[::2] << np.uint64(32)
        return high | pairs[1::2]

    def get_state(self) -> dict[str, Any]:
        """Everything needed to go on from here."""
        return {"engine": self.engine.state, "left_over": self.left_over, "seed": self.initial}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self.engine.state = state["engine"]
        self.left_over, self.initial = state["left_over"], state["seed"]


# ---------------------------------------------------------------- floats


def _unit(stream: Stream, count: int, dtype: np.dtype[Any]) -> Array:
    """Numbers in [0, 1): 24 bits of a word for float32, 53 bits of two for float64."""
    if dtype == np.float32:
        return (stream.words(count) & np.uint64((1 << 24) - 1)).astype(np.float32) * np.float32(2.0**-24)
    return (stream.words64(count) & np.uint64((1 << 53) - 1)).astype(np.float64) * 2.0**-53


def uniform(stream: Stream, out: Array, low: float = 0.0, high: float = 1.0) -> None:
    """Fill with numbers from [low, high)."""
    kind = out.dtype.type
    unit = _unit(stream, out.size, out.dtype)
    if (low, high) != (0, 1):
        unit = unit * kind(high - low) + kind(low)
    out[...] = unit.reshape(out.shape)


def normal(stream: Stream, out: Array, mean: float = 0.0, std: float = 1.0) -> None:
    """Fill with normal numbers: 16 or more in blocks of 16 (Box and Muller, 1958), fewer one after the other."""
    if out.size >= 16 and out.flags.c_contiguous:
        values = _unit(stream, out.size, out.dtype)
        whole = out.size // 16 * 16
        values[:whole] = _box_muller(values[:whole])
        if whole < out.size:
            values[-16:] = _box_muller(_unit(stream, 16, out.dtype))
    else:
        values = np.array([_one_normal(stream) for _ in range(out.size)]).reshape(-1)
        out[...] = (values * std + mean).astype(out.dtype).reshape(out.shape)
        return
    kind = out.dtype.type
    out[...] = (values * kind(std) + kind(mean)).reshape(out.shape)


def _box_muller(unit: Array) -> Array:
    """Blocks of 16 uniform numbers as normal ones: the first eight give the radius, the last eight the angle."""
    blocks = unit.reshape(-1, 2, 8)
    kind = unit.dtype.type
    with np.errstate(all="ignore"):
        radius = np.sqrt(kind(-2) * np.log(kind(1) - blocks[:, 0]))
    angle = kind(2 * np.pi) * blocks[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)


def _one_normal(stream: Stream) -> float:
    if stream.left_over is not None:
        value, stream.left_over = stream.left_over, None
        return value
    angle, distance = _unit(stream, 2, np.dtype(np.float64))
    radius = np.sqrt(-2.0 * np.log1p(-distance))
    stream.left_over = float(radius * np.sin(2.0 * np.pi * angle))
    return float(radius * np.cos(2.0 * np.pi * angle))


# ---------------------------------------------------------------- integers


def integers(stream: Stream, out: Array, low: int, high: int) -> None:
    """Fill with integers from [low, high)."""
    size = high - low
    draw = stream.words64 if size >= 1 << 28 else stream.words
    out[...] = ((draw(out.size) % np.uint64(size)).astype(np.int64) + low).reshape(out.shape)


def _shuffle_python(order: Any, draws: Any) -> None:
    n = order.size
    for i in range(n - 1):
        j = i + draws[i] % np.uint64(n - i)
        kept = order[i]
        order[i] = order[np.int64(j)]
        order[np.int64(j)] = kept


_shuffle = jit(twin=_shuffle_python)(_shuffle_python)


def permutation(stream: Stream, n: int) -> Array:
    """0 .. n - 1 in random order (Fisher and Yates)."""
    order = np.arange(n)
    if n > 1:
        _shuffle(order, stream.words(n - 1))
    return order


# ---------------------------------------------------------------- choices


def bernoulli(stream: Stream, out: Array, p: float | Array) -> None:
    """Fill with ones with probability p, zeros otherwise."""
    out[...] = (_unit(stream, out.size, np.dtype(np.float64)).reshape(out.shape) < p).astype(out.dtype)


def exponential(stream: Stream, out: Array, rate: float = 1.0) -> None:
    """Fill with exponentially distributed numbers."""
    unit = _unit(stream, out.size, np.dtype(np.float64))
    out[...] = (-np.log1p(-unit) / rate).reshape(out.shape)


def multinomial(stream: Stream, p: Array, count: int, replacement: bool) -> Array:
    """Indices drawn with the (not normalised) probabilities of each row."""
    rows = p.reshape(-1, p.shape[-1])
    if not replacement:
        waits = np.empty(rows.shape, p.dtype)
        exponential(stream, waits)
        with np.errstate(all="ignore"):
            order = np.argsort(-(rows / waits), 1, kind="stable")
        return order[:, :count].reshape(*p.shape[:-1], count)
    ends = np.cumsum(rows / rows.sum(1, keepdims=True), 1)
    unit = _unit(stream, len(rows) * count, np.dtype(np.float64)).reshape(len(rows), count)
    drawn = np.stack([np.searchsorted(e, u, "right") for e, u in zip(ends, unit, strict=True)])
    return np.minimum(drawn, rows.shape[1] - 1).reshape(*p.shape[:-1], count)


def dropout_mask(stream: Stream, shape: tuple[int, ...], keep: float, dtype: Any) -> Array:
    """1 / keep with probability `keep`, 0 otherwise."""
    mask = np.empty(shape, dtype)
    bernoulli(stream, mask, keep)
    return mask if keep in (0.0, 1.0) else mask * np.dtype(dtype).type(1 / keep)


def apply_mask(x: Array, mask: Array) -> Array:
    """x times a mask that broadcasts."""
    return np.asarray(x * mask)


def can_draw(p: Array) -> bool:
    """Whether every row of weights is finite, not negative and has a positive sum."""
    return bool(np.isfinite(p).all() and (p >= 0).all() and (p.sum(-1) > 0).all())


def to_bytes(stream: Stream) -> Array:
    """The state as bytes: the words, the position, the seed and the number left over."""
    state = stream.engine.state["state"]
    left = np.nan if stream.left_over is None else stream.left_over
    parts = [
        state["key"].astype("<u4"),
        np.array([state["pos"]], "<u4"),
        np.array([stream.initial], "<u8"),
        np.array([left], "<f8"),
    ]
    return np.frombuffer(b"".join(p.tobytes() for p in parts), np.uint8).copy()


def from_bytes(stream: Stream, data: Array) -> None:
    """Go on from bytes that `to_bytes` gave."""
    if data.dtype != np.uint8 or data.size != WORDS * 4 + 20:
        raise RuntimeError(
            f"RNG state is wrong size: expected {WORDS * 4 + 20} bytes of a get_rng_state(), got {data.size} of {data.dtype}"
        )
    raw = data.tobytes()
    key, rest = np.frombuffer(raw[: WORDS * 4], "<u4"), raw[WORDS * 4 :]
    stream.engine.state = {
        "bit_generator": "MT19937",
        "state": {"key": key.copy(), "pos": int.from_bytes(rest[:4], "little")},
    }
    stream.initial = int.from_bytes(rest[4:12], "little")
    left = float(np.frombuffer(rest[12:], "<f8")[0])
    stream.left_over = None if np.isnan(left) else left
