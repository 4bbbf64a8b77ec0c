"""Printed tensors, against PyTorch to the letter."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

SHAPES = [(), (1,), (3,), (7,), (25,), (0,), (0, 3), (2, 0, 3), (2, 3), (3, 1), (4, 30), (2, 3, 4), (2, 1, 2, 2)]
SHAPES += [(1001,), (40, 30), (7, 200), (200, 7), (11, 10, 12), (2, 3, 400), (1500, 1), (3, 5, 9, 9), (1, 1, 1, 1)]
DTYPES = [bool, np.uint8, np.int8, np.int16, np.int32, np.int64, np.float32, np.float64, np.complex64, np.complex128]


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    yield
    for library in (torch, minitorch):
        library.set_printoptions(profile="default")


def same(array: Any) -> None:
    """Print an array with both."""
    array = np.asarray(array)  # 0-d ones have become numbers
    assert repr(minitorch.from_numpy(array)) == repr(torch.from_numpy(array)), array.dtype


def floats(rng: np.random.Generator, shape: tuple[int, ...]) -> list[Any]:
    """Arrays of one shape in all the manners that the rules tell apart."""
    x = rng.standard_normal(shape)
    whole = rng.integers(-5, 200, shape).astype(float)
    some = rng.random(shape) < 0.3
    return [
        x, x * 10.0 ** rng.integers(-3, 3), x * 1e-6, x * 1e9, np.exp(5 * x), whole, whole * 1e6, whole + 0.5, 0 * x,
        np.where(some, np.nan, x), np.where(some, np.inf, whole), np.where(some, -np.inf, 0 * x), np.where(some, 0, x),
        np.full(shape, np.nan), np.where(some, 1e300, 1e-300), np.where(some, -0.0, 1.0), np.where(some, 1e-5, 1.0),
    ]  # fmt: skip


def samples(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> list[Any]:
    if np.dtype(dtype).kind in "biu":
        wide = (rng.standard_normal(shape) * 60).astype(np.int64)
        return [rng.integers(0, 2, shape).astype(dtype), wide.astype(dtype)]
    reals = floats(rng, shape)
    with np.errstate(over="ignore", invalid="ignore"):
        if np.dtype(dtype).kind == "c":
            return [_complex(a, b).astype(dtype) for a, b in zip(reals, reals[3:] + reals[:3], strict=True)]
        return [np.asarray(x).astype(dtype) for x in reals]


def _complex(real: Any, imag: Any) -> Any:
    made = np.empty(np.shape(real), complex)
    made.real, made.imag = real, imag
    return made


@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        for array in samples(rng, shape, dtype):
            same(array)


@pytest.mark.parametrize(
    "options",
    [
        {"precision": 2}, {"precision": 0}, {"precision": 8}, {"threshold": 5}, {"edgeitems": 1, "threshold": 3},
        {"edgeitems": 0, "threshold": 3}, {"linewidth": 30}, {"linewidth": 200}, {"linewidth": 5}, {"profile": "short"},
        {"profile": "full"}, {"profile": "short", "precision": 3}, {"sci_mode": True}, {"sci_mode": False},
        {"sci_mode": True, "precision": 1}, {"profile": "default"},
    ],
    ids=str,
)  # fmt: skip
def test_options(options: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    for library in (torch, minitorch):
        library.set_printoptions(**options)
    for shape in [(), (9,), (4, 9), (3, 4, 8), (1100,)]:
        for dtype in (np.float32, np.int64, np.complex64):
            for array in samples(rng, shape, dtype):
                same(array)


def test_options_stay_until_changed() -> None:
    for library in (torch, minitorch):
        library.set_printoptions(sci_mode=True, precision=2)
        library.set_printoptions(edgeitems=2)
    same(np.linspace(0, 1, 2000))


def test_set_default_dtype() -> None:
    for library in (torch, minitorch):
        library.set_default_dtype(library.float64)
    try:
        for dtype in DTYPES:
            same(np.ones((2, 2), dtype))
            same(np.ones((2, 0), dtype))
    finally:
        for library in (torch, minitorch):
            library.set_default_dtype(library.float32)


def in_the_graph(library: Any) -> list[Any]:
    """Tensors of every standing in the graph."""
    found = []
    for shape in [(), (0,), (3,), (0, 2), (4, 4), (11, 1), (6, 7), (40, 40), (15,), (8,)]:
        x = library.ones(shape, requires_grad=True)
        y = x.double()
        found += [x, x * 2, y.exp(), x.detach(), x.sum(), library.nn.Parameter(x), x.to(library.complex64), y.view(-1)]
        found += [library.nn.Parameter(x.detach(), requires_grad=False), [x, {"a": y}], x.shape]
    return found


def test_suffixes() -> None:
    for ours, theirs in zip(in_the_graph(minitorch), in_the_graph(torch), strict=True):
        assert repr(ours) == repr(theirs)


def test_format_and_str() -> None:
    ours, theirs = minitorch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0])
    assert str(ours) == str(theirs)
    assert f"{ours}" == f"{theirs}"
    assert f"{minitorch.tensor(3.14159):.2f}" == f"{torch.tensor(3.14159):.2f}"


def test_strided() -> None:
    base = np.arange(24.0).reshape(4, 6)
    ours, theirs = minitorch.from_numpy(base), torch.from_numpy(base)
    assert repr(ours.t()) == repr(theirs.t())
    assert repr(ours[::2, 1]) == repr(theirs[::2, 1])
    assert repr(ours[:0]) == repr(theirs[:0])
