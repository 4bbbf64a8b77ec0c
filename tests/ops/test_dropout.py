"""Masks of the dropout family: which elements go, together or alone, how the rest is scaled; written in place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch as torch
import minitorch.nn.functional as F

CHANNELS: list[tuple[Any, tuple[int, ...], int]] = [
    (F.dropout1d, (40, 50, 3), 2),
    (F.dropout1d, (900, 3), 1),
    (F.dropout2d, (40, 50, 2, 3), 2),
    (F.dropout3d, (40, 50, 2, 1, 2), 2),
    (F.dropout3d, (900, 2, 1, 2), 1),
]
LOW = -1.7580993408473766  # what SELU tends to


def test_each_element_alone() -> None:
    torch.manual_seed(0)
    y = F.dropout(torch.ones(100, 200), 0.3).numpy()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1) / np.float32(0.7)}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert (y == 0).mean(0).max() < 0.6


@pytest.mark.parametrize(("function", "shape", "lead"), CHANNELS)
def test_whole_channels(function: Any, shape: tuple[int, ...], lead: int) -> None:
    torch.manual_seed(0)
    y = function(torch.ones(shape), 0.4).numpy()
    flat = y.reshape(*shape[:lead], -1)
    assert (flat == flat[..., :1]).all()
    assert set(np.unique(y)) == {np.float32(0), np.float32(1) / np.float32(0.6)}
    assert (flat[..., 0] == 0).mean() == pytest.approx(0.4, abs=0.05)


@pytest.mark.parametrize("p", [0.1, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(p: float) -> None:
    torch.manual_seed(0)
    x = torch.randn(200_000, dtype=torch.float64)
    y = F.alpha_dropout(x, p, training=True).numpy()
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)
    scale = ((1 - p) * (1 + p * LOW * LOW)) ** -0.5
    kept = x.numpy() * scale - LOW * scale * p
    dropped = LOW * scale - LOW * scale * p
    assert np.isclose(y, kept).mean() == pytest.approx(1 - p, abs=0.01)
    assert (np.isclose(y, kept) | np.isclose(y, dropped)).all()


def test_alpha_dropout_of_whole_channels() -> None:
    torch.manual_seed(0)
    y = F.feature_alpha_dropout(torch.ones(30, 40, 5), 0.5, training=True).numpy()
    assert (y == y[..., :1]).all()
    assert len(np.unique(y)) == 2


FAMILY = [F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.feature_alpha_dropout]


def _input(function: Any) -> Any:
    shape = {F.dropout2d: (4, 3, 2, 2), F.dropout3d: (4, 3, 2, 2, 2)}.get(function, (4, 3, 2))
    return torch.randn(shape)


@pytest.mark.parametrize("function", FAMILY)
def test_in_place(function: Any) -> None:
    """The same numbers in the same memory; the gradient is that of the mask."""
    x = _input(function)
    torch.manual_seed(1)
    want = function(x, 0.5, training=True)
    torch.manual_seed(1)
    written = x.clone()
    assert function(written, 0.5, training=True, inplace=True) is written
    assert torch.equal(written, want)
    leaf = torch.ones_like(x).requires_grad_()
    torch.manual_seed(1)
    function(leaf * 1, 0.5, training=True, inplace=True).sum().backward()
    other = torch.ones_like(x).requires_grad_()
    torch.manual_seed(1)
    function(other, 0.5, training=True).sum().backward()
    assert torch.equal(leaf.grad, other.grad)
    with pytest.raises(RuntimeError, match="leaf"):
        function(leaf, 0.5, training=True, inplace=True)


@pytest.mark.parametrize("function", FAMILY)
def test_nothing_is_drawn_where_nothing_is_dropped(function: Any) -> None:
    x = _input(function)
    state = torch.get_rng_state()
    assert function(x, 0.5, training=False) is x
    assert function(x, 0.0, training=True) is x
    assert not function(x, 1.0, training=True).any()
    assert torch.equal(torch.get_rng_state(), state)


def test_dimensions_that_are_probably_a_mistake() -> None:
    with pytest.warns(UserWarning, match="taken for"):
        F.dropout2d(torch.ones(2, 3, 4))
    with pytest.warns(UserWarning, match="expected 4 or 5 dimensions"):
        F.dropout3d(torch.ones(2, 3, 4))


def test_transposed_tensors_have_the_mask_of_their_memory() -> None:
    x = torch.ones(50, 60)
    torch.manual_seed(0)
    y = F.dropout(x.t())
    torch.manual_seed(0)
    assert torch.equal(y.t(), F.dropout(x))


def test_random_reaches_all_of_a_small_dtype() -> None:
    torch.manual_seed(0)
    assert torch.zeros(5000, dtype=torch.uint8).random_().max().item() == 255
    assert torch.zeros(50, dtype=torch.bool).random_().any()
    drawn = torch.zeros(500, dtype=torch.int64).random_(**{"from": -2, "to": 3})
    assert (drawn.min().item(), drawn.max().item()) == (-2, 2)
