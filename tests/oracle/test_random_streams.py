"""Random streams against PyTorch's: the same numbers from one seed, whatever is drawn; states both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from minitorch.kernels import random
from minitorch.kernels._jit import load
from minitorch.kernels.stream import Stream, from_bytes, to_bytes

torch = pytest.importorskip("torch")

Array = NDArray[Any]
Draw = Callable[[Stream, Array], Any]

SIZES = [0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1000, 40003]
DTYPES = {"float32": torch.float32, "float64": torch.float64}
# numpy's float64 functions are not quite those of the C library; what PyTorch makes with 0.1 + 1.3 x may cancel.
ROUNDING = {} if load() else {"rtol": 1e-12, "atol": 1e-13}

FILLERS: dict[str, tuple[Draw, Callable[[Any], Any]]] = {
    "uniform": (random.uniform, lambda x: x.uniform_()),
    "uniform(-1/3, 1000/7)": (
        lambda s, x: random.uniform(s, x, -1 / 3, 1e3 / 7),
        lambda x: x.uniform_(-1 / 3, 1e3 / 7),
    ),
    "normal": (random.normal, lambda x: x.normal_()),
    "normal(0.1, 1.3)": (lambda s, x: random.normal(s, x, 0.1, 1.3), lambda x: x.normal_(0.1, 1.3)),
    "bernoulli": (lambda s, x: random.bernoulli(s, x, 0.3), lambda x: x.bernoulli_(0.3)),
    "bernoulli(0)": (lambda s, x: random.bernoulli(s, x, 0.0), lambda x: x.bernoulli_(0.0)),
    "bernoulli(1)": (lambda s, x: random.bernoulli(s, x, 1.0), lambda x: x.bernoulli_(1.0)),
    "exponential": (lambda s, x: random.exponential(s, x, 1.5), lambda x: x.exponential_(1.5)),
    "geometric": (lambda s, x: random.geometric(s, x, 0.3), lambda x: x.geometric_(0.3)),
    "cauchy": (lambda s, x: random.cauchy(s, x, 0.1, 1.3), lambda x: x.cauchy_(0.1, 1.3)),
    "log_normal": (lambda s, x: random.log_normal(s, x, 0.1, 0.7), lambda x: x.log_normal_(0.1, 0.7)),
    "integers": (lambda s, x: random.integers(s, x, 0, 1000), lambda x: x.random_(0, 1000)),
    "integers(-5, 2^23)": (lambda s, x: random.integers(s, x, -5, 2**23), lambda x: x.random_(-5, 2**23)),
    "any_integers": (random.any_integers, lambda x: x.random_()),
}


def _start(seed: int) -> Stream:
    torch.manual_seed(seed)
    return Stream(seed)


def _check(stream: Stream, ours: Array, theirs: Any, **rounding: float) -> None:
    """Equal to the bit, and so are the states afterwards."""
    if rounding:
        np.testing.assert_allclose(ours, theirs.numpy(), **rounding)
    else:
        np.testing.assert_array_equal(ours, theirs.numpy())
    np.testing.assert_array_equal(to_bytes(stream)[:4984], torch.get_rng_state().numpy()[:4984])
    np.testing.assert_allclose(stream.left_over or 0.0, _normal_of(torch.get_rng_state()), rtol=1e-14)


def _normal_of(state: Any) -> float:
    """The normal number that a state of PyTorch's holds."""
    stream = Stream()
    from_bytes(stream, state.numpy())
    return stream.left_over or 0.0


def _rounding(dtype: str) -> dict[str, float]:
    if not ROUNDING:
        return {}
    return ROUNDING if dtype == "float64" else {"rtol": 3e-7, "atol": 1e-7}


# ---------------------------------------------------------------- filling


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", FILLERS)
def test_fill(name: str, dtype: str) -> None:
    draw, fill = FILLERS[name]
    stream = _start(7)
    for size in SIZES:
        ours = np.empty(size, dtype)
        draw(stream, ours)
        _check(stream, ours, fill(torch.empty(size, dtype=DTYPES[dtype])), **_rounding(dtype))


@given(st.lists(st.tuples(st.sampled_from(sorted(FILLERS)), st.sampled_from(sorted(DTYPES)), st.integers(0, 700))))
def test_kinds_mixed(steps: list[tuple[str, str, int]]) -> None:
    stream = _start(11)
    for name, dtype, size in steps:
        draw, fill = FILLERS[name]
        ours = np.empty(size, dtype)
        draw(stream, ours)
        _check(stream, ours, fill(torch.empty(size, dtype=DTYPES[dtype])), **_rounding(dtype))


VIEWS: dict[str, Callable[[Any], Any]] = {
    "transposed": lambda x: x.permute(2, 0, 1),
    "steps": lambda x: x[::2, :, 1:],
    "both": lambda x: x[:, 1:, ::2].permute(1, 2, 0),
    "one step": lambda x: x[:, :, :1].permute(1, 2, 0),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", FILLERS)
def test_arrays_with_strides(name: str, view: str) -> None:
    draw, fill = FILLERS[name]
    stream, theirs = _start(3), torch.zeros(4, 5, 6)
    ours = theirs.numpy().copy()
    fill(VIEWS[view](theirs))
    part = VIEWS[view](torch.from_numpy(ours)).numpy()
    draw(stream, part)
    _check(stream, ours, theirs, **_rounding("float32"))


INTEGERS = ["bool", "uint8", "int8", "int16", "int32", "int64"]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integer_dtypes(dtype: str) -> None:
    stream, kind = _start(1), getattr(torch, dtype)
    ours = np.empty(50, dtype)
    random.any_integers(stream, ours)
    _check(stream, ours, torch.empty(50, dtype=kind).random_())
    random.bernoulli(stream, ours, 0.4)
    _check(stream, ours, torch.empty(50, dtype=kind).bernoulli_(0.4))
    random.integers(stream, ours, 0, 2)
    _check(stream, ours, torch.empty(50, dtype=kind).random_(0, 2))


EDGES = [0, 1, 2**24, 2**25 + 1, 2**28 - 1, 2**28, 2**31, 2**32 - 1, 2**32, 2**32 + 7, 2**40, 2**63 - 1]


@pytest.mark.parametrize("low", [0, -1, -(2**31), -(2**63)])
@pytest.mark.parametrize("edge", EDGES)
def test_ranges(low: int, edge: int) -> None:
    high = low + edge + 1
    if high >= 2**63:
        pytest.skip("not a range of int64")
    stream, ours = _start(2), np.empty(20, np.int64)
    random.integers(stream, ours, low, high)
    _check(stream, ours, torch.randint(low, high, (20,)))


def test_the_whole_of_int64() -> None:
    stream, ours = _start(2), np.empty(20, np.int64)
    random.integers(stream, ours, -(2**63), 2**63)
    _check(stream, ours, torch.empty(20, dtype=torch.int64).random_(-(2**63), None))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 10, 1000, 40000])
def test_permutation(n: int) -> None:
    stream = _start(5)
    for _ in range(2):
        _check(stream, random.permutation(stream, n), torch.randperm(n))


# ---------------------------------------------------------------- choices


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("chance", DTYPES)
def test_bernoulli_of_an_array(chance: str, dtype: str) -> None:
    stream = _start(4)
    p = torch.linspace(0, 1, 60, dtype=DTYPES[chance]).reshape(3, 20)
    for probability in (p, p[:1], p[:, :1]):
        ours = np.empty((3, 20), dtype)
        random.bernoulli(stream, ours, probability.numpy())
        _check(stream, ours, torch.empty(3, 20, dtype=DTYPES[dtype]).bernoulli_(probability))
    random.bernoulli(stream, turned := np.empty((3, 20), dtype, order="F"), p.numpy())
    _check(stream, turned, torch.empty(20, 3, dtype=DTYPES[dtype]).T.bernoulli_(p))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [0.1, 1 / 3, 0.5, 0.7, 0.999, 1.0])
def test_dropout(p: float, dtype: str) -> None:
    stream = _start(6)
    for size in (1, 5, 1000):
        mask = random.dropout_mask(stream, (size,), 1 - p, dtype)
        _check(stream, mask, torch.nn.functional.dropout(torch.ones(size, dtype=DTYPES[dtype]), p))


@pytest.mark.parametrize("view", VIEWS)
def test_dropout_of_arrays_with_strides(view: str) -> None:
    stream, x = _start(6), VIEWS[view](torch.ones(4, 5, 6))
    mask = random.dropout_mask(stream, x.shape, 0.5, np.float32, x.numpy())
    _check(stream, mask, torch.nn.functional.dropout(x, 0.5))


@pytest.mark.parametrize("dtype", DTYPES)
def test_multinomial(dtype: str) -> None:
    stream = _start(8)
    weights = torch.linspace(0.1, 3, 90, dtype=DTYPES[dtype]).reshape(3, 30)
    with_zeros = torch.where(weights > 1.5, weights, 0)
    for p, count, replacement in (
        *[(weights, 1, True), (weights, 100, True), (weights[0], 7, True), (with_zeros[1:], 50, True)],
        *[(weights, 1, False), (weights, 30, False), (weights[1], 4, False), (with_zeros[1:], 5, False)],
    ):
        ours = random.multinomial(stream, p.numpy(), count, replacement)
        _check(stream, ours, torch.multinomial(p, count, replacement))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("top", [0.0, 1.0, 9.9, 60.0])
def test_poisson(top: float, dtype: str) -> None:
    stream = _start(9)
    rates = torch.linspace(0, top, 3000, dtype=DTYPES[dtype]).reshape(30, 100)
    _check(stream, random.poisson(stream, rates.numpy()), torch.poisson(rates))


# ---------------------------------------------------------------- states


@pytest.mark.parametrize("drawn", [0, 1, 3, 8, 311, 312, 313, 1000])
def test_states_are_exchanged(drawn: int) -> None:
    stream = _start(2**40 + 3)
    random.normal(stream, np.empty((drawn, 1)).T[:, ::2] if drawn % 2 else np.empty(drawn % 16))
    torch.manual_seed(0)
    torch.set_rng_state(torch.from_numpy(to_bytes(stream)))
    assert torch.initial_seed() == 2**40 + 3
    ours = np.empty(700)
    random.normal(stream, ours[:5])
    np.testing.assert_array_equal(ours[:5], torch.randn(5, dtype=torch.float64).numpy())
    back = Stream(0)
    from_bytes(back, torch.get_rng_state().numpy())
    np.testing.assert_array_equal(to_bytes(back), torch.get_rng_state().numpy())
    random.uniform(back, ours)
    np.testing.assert_array_equal(ours, torch.rand(700, dtype=torch.float64).numpy())


def test_bytes_are_pytorchs_own() -> None:
    stream = _start(2**63 + 5)
    for count in (0, 1, 623, 1, 1247):
        torch.rand(count)
        stream.words(count)
        np.testing.assert_array_equal(to_bytes(stream), torch.get_rng_state().numpy())
