"""Random streams: numpy's Mersenne Twister as oracle, known numbers of PyTorch's, twins, states, memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import random, stream
from minitorch.kernels._jit import Kernel
from minitorch.kernels.random import CHUNK
from minitorch.kernels.stream import SIZE, Stream, from_bytes, to_bytes

Array = NDArray[Any]

KERNELS = {name: kernel for name, kernel in (vars(random) | vars(stream)).items() if isinstance(kernel, Kernel)}
WORDS = np.random.default_rng(0).integers(0, 1 << 32, 4000, np.uint32)
UNITS = np.random.default_rng(1).random(2000)
SINGLE = np.random.default_rng(2).random(2000, np.float32)


def _raw(seed: int, count: int) -> Array:
    engine = np.random.MT19937()
    engine._legacy_seeding(seed)
    return engine.random_raw(count)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
def test_words_are_the_mersenne_twisters(seed: int) -> None:
    stream = Stream(seed)
    counts = [0, 1, 2, 600, 21, 1, 623, 624, 625, 227, 0, 5000, 3]
    drawn = np.concatenate([stream.words(count) for count in counts])
    np.testing.assert_array_equal(drawn, _raw(seed, sum(counts)))


def test_pairs_are_consecutive_words() -> None:
    assert Stream(3).pairs(5).tolist() == _raw(3, 10).reshape(5, 2).tolist()


def test_a_seed_counts_by_its_low_32_bits_and_is_kept_whole() -> None:
    stream = Stream(-1)
    assert stream.initial == 2**64 - 1
    np.testing.assert_array_equal(stream.words(3), _raw(2**32 - 1, 3))


def test_known_numbers() -> None:
    """What PyTorch 2.13 draws after manual_seed(0)."""
    x = np.empty(3, np.float32)
    random.uniform(Stream(0), x)
    np.testing.assert_array_equal(x, np.float32([0.49625658988952637, 0.7682217955589294, 0.08847743272781372]))
    random.normal(Stream(0), x)
    np.testing.assert_array_equal(x, np.float32([1.5409960746765137, -0.293428897857666, -2.1787893772125244]))
    blocks = np.empty(16, np.float32)
    random.normal(Stream(0), blocks)
    np.testing.assert_array_equal(blocks[:2], np.float32([-1.1258398294448853, -1.152360200881958]))
    assert random.permutation(Stream(0), 5).tolist() == [4, 0, 1, 3, 2]


# ---------------------------------------------------------------- twins


def _same(kernel: Kernel, make: Callable[[], tuple[Any, ...]], ulp: int = 0) -> None:
    ours, twins = make(), make()
    kernel(*ours)
    kernel.twin(*twins)
    for a, b in zip(ours, twins, strict=True):
        if ulp and isinstance(a, np.ndarray):
            np.testing.assert_array_max_ulp(a, b, ulp)
        else:
            np.testing.assert_array_equal(a, b)


def _pairs() -> Array:
    return WORDS.reshape(-1, 2)


ARGUMENTS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "_extend": lambda: (np.concatenate([WORDS[:SIZE], np.zeros(1000, np.uint32)]),),
    "_temper": lambda: (WORDS, np.empty(4000, np.uint32)),
    "_single": lambda: (WORDS, np.empty(4000, np.float32), np.float32(-1 / 3), np.float32(1e3 / 7)),
    "_double": lambda: (_pairs(), np.empty(2000), -1 / 3, 1e3 / 7),
    "_normal_single": lambda: (SINGLE.copy(), SINGLE[::-1].copy(), np.float32(0.1), np.float32(1.3)),
    "_normal_double": lambda: (UNITS.copy(), UNITS[::-1].copy(), 0.0, 1.3),
    "_pairs": lambda: (UNITS.reshape(-1, 2), np.empty((1000, 2))),
    "_scale": lambda: (UNITS.copy(), 0.1, 1.3),
    "_exponential": lambda: (UNITS.copy(), -1.5),
    "_geometric": lambda: (UNITS.copy(), 0.3),
    "_cauchy": lambda: (UNITS.copy(), 0.0, 1.3),
    "_exp": lambda: (UNITS.copy(),),
    "_poisson": lambda: (np.linspace(0, 30, 100), UNITS, np.empty(100)),
    "_whole": lambda: (WORDS, np.empty(4000, np.int64), 1000, -5),
    "_long": lambda: (_pairs(), np.empty(2000, np.int64), np.uint64(3**39), np.uint64(2**64 - 5)),
    "_shuffle": lambda: (np.arange(5000), WORDS, 7),
    "_inside_out": lambda: (np.arange(3000), _pairs(), 500),
    "_choose": lambda: (_pairs(), np.empty(2000, np.float32), 0.3 * 2.0**53, np.float32(1.5)),
}
ROUNDED = {"_normal_double": 4, "_exponential": 2, "_cauchy": 4, "_exp": 1}  # the C library's and numpy's functions


@pytest.mark.parametrize("name", KERNELS)
def test_twins(name: str) -> None:
    _same(KERNELS[name], ARGUMENTS[name], ROUNDED.get(name, 0))


def test_every_kernel_has_arguments() -> None:
    assert set(ARGUMENTS) == set(KERNELS)


def test_sixty_four_bits_unbounded() -> None:
    for run in (random._long, random._long.twin):
        out = np.empty(2000, np.int64)
        run(_pairs(), out, np.uint64(0), np.uint64(1 << 63))
        want = [(int(a) << 32 | int(b)) - (1 << 63) for a, b in _pairs()]
        assert out.tolist() == want


def test_poisson_stops_where_numbers_run_out() -> None:
    rates, out = np.full(50, 8.0), np.zeros(50)
    made, used = random._poisson(rates, UNITS[:100], out)
    assert 0 < made < 50
    assert used <= 100
    again = np.zeros(50)
    assert random._poisson(rates[:made], UNITS[:used], again) == (made, used)
    np.testing.assert_array_equal(out, again)


# ---------------------------------------------------------------- states


def test_state() -> None:
    stream = Stream(5)
    random.normal(stream, np.empty(3))
    state, data = stream.get_state(), to_bytes(stream)
    first = stream.words(1000)
    stream.set_state(state)
    assert stream.left_over is not None
    np.testing.assert_array_equal(stream.words(1000), first)
    other = Stream(0)
    from_bytes(other, data)
    assert (other.initial, other.left_over) == (5, state[3])
    np.testing.assert_array_equal(other.words(1000), first)


@pytest.mark.parametrize("drawn", [0, 1, 623, 624, 625])
def test_bytes_come_back(drawn: int) -> None:
    stream, other = Stream(5), Stream(0)
    stream.words(drawn)
    data = to_bytes(stream)
    assert (data.dtype, data.shape) == (np.uint8, (5056,))
    from_bytes(other, data)
    np.testing.assert_array_equal(to_bytes(other), data)


def test_a_state_taken_is_a_copy() -> None:
    stream = Stream(5)
    state = stream.get_state()
    stream.words(10)
    stream.set_state(state)
    stream.words(2000)
    stream.set_state(state)
    np.testing.assert_array_equal(stream.words(10), _raw(5, 10))


def test_bytes_that_are_no_state() -> None:
    with pytest.raises(RuntimeError, match="Invalid mt19937 state"):
        from_bytes(Stream(), np.zeros(5056, np.uint8))
    with pytest.raises(RuntimeError, match="5056 bytes, but found 10"):
        from_bytes(Stream(), np.zeros(10, np.uint8))
    with pytest.raises(TypeError, match=r"torch\.ByteTensor"):
        from_bytes(Stream(), np.zeros(5056))


# ---------------------------------------------------------------- filling


FILLERS: dict[str, Callable[..., None]] = {
    "uniform": random.uniform,
    "normal": random.normal,
    "bernoulli": lambda stream, out: random.bernoulli(stream, out, 0.3),
    "exponential": random.exponential,
    "integers": lambda stream, out: random.integers(stream, out, 0, 1000),
}
VIEWS: dict[str, Callable[[Array], Array]] = {
    "transposed": lambda x: x.transpose(2, 0, 1),
    "steps": lambda x: x[::2, :, 1:],
    "both": lambda x: x[:, 1:, ::2].transpose(1, 2, 0),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", FILLERS)
def test_the_order_of_memory(name: str, view: str, dtype: Any) -> None:
    x = np.zeros((4, 5, 6), dtype)
    part = VIEWS[view](x)
    FILLERS[name](Stream(1), part)
    by_memory = part.transpose(np.argsort([-s for s in part.strides]))
    want = np.empty(part.size, dtype)
    if name == "normal":  # blocks are for contiguous arrays only
        random._draw_normals(Stream(1), one_by_one := np.empty(part.size), 0.0, 1.0)
        want[:] = one_by_one
    else:
        FILLERS[name](Stream(1), want)
    np.testing.assert_array_equal(by_memory.ravel(), want)
    assert np.count_nonzero(x) <= part.size


@pytest.mark.parametrize("name", FILLERS)
def test_long_arrays_are_one_stream(name: str) -> None:
    """Chunks do not show: what is drawn in two goes is what is drawn in one."""
    n = 2 * CHUNK + 48
    whole, parts = np.empty(n, np.float32), np.empty(n, np.float32)
    FILLERS[name](Stream(1), whole)
    stream = Stream(1)
    FILLERS[name](stream, parts[: n - 1600])
    FILLERS[name](stream, parts[n - 1600 :])
    np.testing.assert_array_equal(whole, parts)


@pytest.mark.parametrize("name", FILLERS)
def test_nothing_to_fill(name: str) -> None:
    stream = Stream(1)
    FILLERS[name](stream, np.empty((0, 3), np.float32))
    assert stream.fresh
    FILLERS[name](stream, out := np.zeros((), np.float32))
    assert out.ndim == 0
    assert not stream.fresh


def test_dropout_masks() -> None:
    stream = Stream(1)
    np.testing.assert_array_equal(random.dropout_mask(stream, (3,), 0.0, np.float32), np.zeros(3))
    assert stream.fresh  # everything dropped: nothing is drawn
    mask = random.dropout_mask(stream, (1000,), 0.7, np.float32)
    assert set(mask.tolist()) == {0.0, float(np.float32(1) / np.float32(0.7))}
    like = np.ones((4, 5), np.float32).T
    by_memory = random.dropout_mask(Stream(1), like.shape, 0.5, np.float32, like)
    np.testing.assert_array_equal(by_memory.T, random.dropout_mask(Stream(1), (4, 5), 0.5, np.float32))


@pytest.mark.parametrize("n", [0, 1, 2, 1000, CHUNK + 2])
def test_permutations_of_either_kind(n: int) -> None:
    for large in (n, n + 1):
        assert sorted(random.permutation(Stream(1), n, large).tolist()) == list(range(n))


def test_inside_out() -> None:
    words, order = _raw(1, 200), []
    for i in range(100):
        at = (int(words[2 * i]) << 32 | int(words[2 * i + 1])) % (i + 1)
        order.append(i)
        order[i], order[at] = order[at], i
    assert random.permutation(Stream(1), 100, 0).tolist() == order


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64, np.float32, np.float64])
def test_any_integers_reach_all_of_a_dtype(dtype: Any) -> None:
    out = np.empty(20000, dtype)
    random.any_integers(Stream(1), out)
    top = {"b": 1, "i": 2 ** (8 * out.itemsize - 1) - 1, "u": 255, "f": 2 ** (24 if out.itemsize == 4 else 53)}
    assert out.min() >= 0
    assert 0.99 * top[out.dtype.kind] < float(out.max()) <= top[out.dtype.kind]


@pytest.mark.parametrize("rate", [0.0, 0.5, 4.0, 9.9, 10.0, 200.0])
def test_poisson_moments(rate: float) -> None:
    drawn = random.poisson(Stream(1), np.full(5000, rate))
    assert drawn.mean() == pytest.approx(rate, rel=0.08)
    assert drawn.var() == pytest.approx(rate, rel=0.12)


def test_multinomial() -> None:
    p = np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 0.0]], np.float32)
    drawn = random.multinomial(Stream(1), p, 4000, True)
    assert drawn.shape == (2, 4000)
    assert np.bincount(drawn[0], minlength=3)[0] == 0
    assert (drawn[0] == 2).mean() == pytest.approx(0.75, abs=0.03)
    assert not drawn[1].any()
    assert sorted(random.multinomial(Stream(1), p[0], 2, False).tolist()) == [1, 2]
