"""Streams of random words: a Mersenne Twister (Matsumoto and Nishimura, 1998), in the states that PyTorch writes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit, jitable

Array = NDArray[Any]

DEFAULT_SEED = 67280421310721
SIZE, LAG = 624, 397  # words of the state; each word needs those 624, 623 and 227 places back
MASK_32, MASK_64 = (1 << 32) - 1, (1 << 64) - 1


@jitable
def _next(oldest: Any, old: Any, middle: Any) -> Any:
    mixed = (oldest & 0x80000000) | (old & 0x7FFFFFFF)
    return middle ^ (mixed >> 1) ^ (-(old & 1) & 0x9908B0DF)


def _extend_numpy(x: Array) -> None:
    for i in range(SIZE, x.size, SIZE - LAG):
        new = x[i : i + SIZE - LAG]
        oldest, old, middle = x[i - SIZE :], x[i - SIZE + 1 :], x[i - SIZE + LAG :]
        new[:] = _next(oldest[: new.size], old[: new.size], middle[: new.size])


@jit(twin=_extend_numpy)
def _extend(x: Any) -> None:
    """Continue the words of a state, which x begins with, to its end."""
    for i in range(x.size - SIZE):
        x[i + SIZE] = _next(x[i], x[i + 1], x[i + LAG])


@jitable
def _mix(y: Any) -> Any:
    y = y ^ (y >> 11)
    y = y ^ ((y << 7) & 0x9D2C5680)
    y = y ^ ((y << 15) & 0xEFC60000)
    return y ^ (y >> 18)


def _temper_numpy(x: Array, out: Array) -> None:
    out[:] = _mix(x)


@jit(twin=_temper_numpy)
def _temper(x: Any, out: Any) -> None:
    """The words that are given out for words of the state."""
    for i in range(out.size):
        out[i] = _mix(x[i])


def _seeded(seed: int) -> Array:
    """The state that a seed of 32 bits begins with."""
    x, words = seed, [seed]
    for i in range(1, SIZE):
        x = (1812433253 * (x ^ (x >> 30)) + i) & MASK_32
        words.append(x)
    return np.array(words, np.uint32)


class Stream:
    """A stream of random words, with the second normal number that a pair leaves over."""

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start anew; of a negative number the 64 bits count."""
        self.initial = seed & MASK_64
        self.key = _seeded(seed & MASK_32)
        self.position = SIZE  # of the next word in the state; at the end the state is renewed first
        self.fresh = True
        self.left_over: float | None = None

    def words(self, count: int) -> Array:
        """(count,) random 32-bit words."""
        end = self.position + count
        state = self.key
        if end > SIZE:
            state = self._renewed(-(-end // SIZE))
            self.key = state[-SIZE:].copy()
        out = np.empty(count, np.uint32)
        _temper(state[self.position : end], out)
        self.position = end - (state.size - SIZE)
        return out

    def _renewed(self, blocks: int) -> Array:
        self.fresh = False
        state = np.empty(blocks * SIZE, np.uint32)
        state[:SIZE] = self.key
        _extend(state)
        return state

    def pairs(self, count: int) -> Array:
        """(count, 2) words, whose rows are the high and the low half of a 64-bit word."""
        return self.words(2 * count).reshape(count, 2)

    def get_state(self) -> tuple[Any, ...]:
        """Everything needed to go on from here."""
        return self.key.copy(), self.position, self.fresh, self.left_over, self.initial

    def set_state(self, state: tuple[Any, ...]) -> None:
        """Go on from a state."""
        key, self.position, self.fresh, self.left_over, self.initial = state
        self.key = key.copy()


# PyTorch's record: numbers of C with gaps, the words in 64 bits each, and the normal numbers left over. On the CPU the
# one in float32 is never used.
_RECORD = np.dtype(
    [
        *[("seed", np.uint64), ("left", np.int32), ("seeded", np.int32), ("next", np.uint64)],
        *[("words", np.uint64, SIZE), ("unused", np.float64), ("normal", np.float64), ("unused_too", np.float64)],
        *[("has_normal", np.int32), ("gap", np.int32), ("single", np.float32), ("has_single", np.int32)],
    ]
)


def to_bytes(stream: Stream) -> Array:
    """The state as the 5056 bytes of PyTorch's `get_rng_state()`."""
    record = np.zeros((), _RECORD)
    record["seed"], record["seeded"], record["words"] = stream.initial, 1, stream.key
    record["left"] = SIZE + 1 - stream.position
    record["next"] = 0 if stream.fresh else stream.position
    if stream.left_over is not None:
        record["normal"], record["has_normal"] = stream.left_over, 1
    return np.frombuffer(record.tobytes(), np.uint8).copy()


def from_bytes(stream: Stream, data: Array) -> None:
    """Go on from bytes that `to_bytes` or PyTorch's `get_rng_state()` gave."""
    if data.dtype != np.uint8:
        raise TypeError(f"RNG state must be a torch.ByteTensor, got a tensor of {data.dtype}")
    size = _RECORD.itemsize
    if data.size != size:
        raise RuntimeError(f"set_state: expected a CPU generator's state of {size} bytes, but found {data.size} bytes")
    record = np.frombuffer(data.tobytes(), _RECORD)[0]
    left = int(record["left"])
    if not record["seeded"] or not 1 <= left <= SIZE:
        raise RuntimeError(f"Invalid mt19937 state: seeded is {record['seeded']} and {left} of {SIZE} words are left")
    stream.key = (record["words"] & np.uint64(MASK_32)).astype(np.uint32)
    stream.position, stream.fresh = SIZE + 1 - left, left == 1 and not record["next"]
    stream.left_over = float(record["normal"]) if record["has_normal"] else None
    stream.initial = int(record["seed"])
