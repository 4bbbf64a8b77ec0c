"""The loops of recurrent layers, attention and bags against their numpy twins."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

from minitorch.kernels import attention, index, panels, rnn
from minitorch.kernels._jit import Kernel, load

SIZES = np.array([5, 4, 4, 1])  # samples of each step
OFFSETS, N = np.cumsum(SIZES) - SIZES, int(SIZES.sum())


def _loops(h: int) -> dict[str, tuple[int, list[Any], list[Any]]]:
    """The loops over h features: gates, shapes, flags."""
    rows, state = (N, h), (5, h)
    return {
        "_lstm_loop": (4, [(N, 4 * h), state, state, rows, rows, rows, rows], []),
        "_lstm_back_loop": (4, [rows, (N, 4 * h), rows, rows, state, state, (N, 4 * h)], []),
        "_gru_loop": (3, [(h,), (N, 3 * h), state, rows, rows, rows], []),
        "_gru_back_loop": (3, [rows, (N, 3 * h), rows, rows, state, (N, 3 * h), (N, 3 * h)], []),
        "_plain_loop": (1, [rows, state, rows], [True, False]),
        "_plain_back_loop": (1, [rows, rows, state, rows], [True, False]),
    }


ROWS, WIDTH = 6, 9
SHARES: dict[str, list[Any]] = {
    "_share": [(2 * ROWS, WIDTH), (2 * ROWS,), 0.7],
    "_unshare": [(2 * ROWS, WIDTH), (2 * ROWS, WIDTH), (2 * ROWS,), 0.7, 0.3],
}


def _made(shapes: list[Any], dtype: Any) -> list[Any]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(s).astype(dtype) if isinstance(s, tuple) else s for s in shapes]


def _same(kernel: Kernel, args: list[Any], dtype: Any) -> None:
    """The loop and the twin leave the same in their arguments."""
    ours, theirs = copy.deepcopy(args), copy.deepcopy(args)
    kernel(*ours)
    with np.errstate(all="ignore"):
        kernel.twin(*theirs)
    tolerance = 2e-5 if dtype is np.float32 else 1e-12
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_all_loops_are_here() -> None:
    assert {n for n, k in vars(rnn).items() if isinstance(k, Kernel)} == set(_loops(1))
    assert {n for n, k in vars(attention).items() if isinstance(k, Kernel)} == set(SHARES)


@pytest.mark.skipif(not load(), reason="without Numba the twins run")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", _loops(1))
@pytest.mark.parametrize("part", [(0, 5), (1, 4), (3, 5)])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("h", [1, 19, 136])
def test_steps(name: str, dtype: Any, part: tuple[int, int], order: int, h: int) -> None:
    """For all samples and for some; in the order of time and backwards; sizes that are no multiple of anything."""
    gates, shapes, flags = _loops(h)[name]
    weight = np.random.default_rng(1).standard_normal((gates * h, h)).astype(dtype) / h
    packed = panels.pack(weight if "back" in name else weight.T)
    steps = [np.ascontiguousarray(OFFSETS[::order]), np.ascontiguousarray(SIZES[::order])]
    for flag in [[f] for f in flags] or [[]]:
        _same(getattr(rnn, name), [*part, *steps, packed, *_made(shapes, dtype), *flag], dtype)


@pytest.mark.parametrize(("depth", "columns"), [(1, 1), (8, 128), (13, 150), (40, 257)])
def test_packing(depth: int, columns: int) -> None:
    b = np.random.default_rng(0).standard_normal((depth, columns))
    packed = panels.pack(b)
    assert packed.ctypes.data % 64 == 0
    np.testing.assert_array_equal(panels.unpack(packed)[:depth, :columns], b)
    assert np.abs(panels.unpack(packed)).sum() == pytest.approx(np.abs(b).sum())


@pytest.mark.skipif(not load(), reason="without Numba the twins run")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SHARES)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("first", [0, 4])
def test_shares(name: str, dtype: Any, causal: bool, first: int) -> None:
    args = _made(SHARES[name], dtype)
    args[0][3] = -np.inf
    args[0][4, 2:] = -np.inf
    if name == "_unshare":
        args[2][3] = np.inf
    _same(getattr(attention, name), [*args, causal, first, ROWS], dtype)


@pytest.mark.skipif(not load(), reason="without Numba the twins run")
def test_largest_of_bags() -> None:
    rows = np.array([[1.0, 5.0], [3.0, 5.0], [2.0, 7.0], [0.0, 0.0]])
    bag = np.array([0, 0, 0, 2])
    _same(index._bag_largest, [rows, bag, np.full((3, 2), -1, np.int64)], np.float64)
    at, empty = index.bag_largest(rows, bag, 3)
    assert at[0].tolist() == [1, 2]
    assert empty.ravel().tolist() == [False, True, False]
