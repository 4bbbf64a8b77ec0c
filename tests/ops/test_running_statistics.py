"""What batch and instance norm do to running statistics, which the table of operations does not see."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import minitorch as torch
import minitorch.nn.functional as F

Array = NDArray[Any]
SHAPES = [(5, 3), (4, 3, 6), (2, 3, 4, 5), (1, 3, 2)]


def _numbers(*shape: int) -> Array:
    return np.random.default_rng(len(shape)).normal(1, 2, shape)


def _running() -> tuple[Any, Any]:
    return torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64), torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)


@pytest.mark.parametrize("momentum", [0.1, 0.7, 1.0, 0.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_moves_them(shape: tuple[int, ...], momentum: float) -> None:
    """By `momentum` towards the batch's mean, and its variance as that of a sample."""
    x, axes = _numbers(*shape), (0, *range(2, len(shape)))
    mean, var = _running()
    versions = mean._version, var._version
    F.batch_norm(torch.from_numpy(x), mean, var, training=True, momentum=momentum)
    old_mean, old_var = [t.numpy() for t in _running()]
    np.testing.assert_allclose(mean.numpy(), (1 - momentum) * old_mean + momentum * x.mean(axes), rtol=1e-12)
    np.testing.assert_allclose(var.numpy(), (1 - momentum) * old_var + momentum * x.var(axes, ddof=1), rtol=1e-12)
    assert (mean._version, var._version) > versions


@pytest.mark.parametrize("momentum", [0.1, 1.0])
@pytest.mark.parametrize("shape", [(4, 3, 6), (2, 3, 4, 5)])
def test_instance_norm_moves_them(shape: tuple[int, ...], momentum: float) -> None:
    """By `momentum` towards the means over the batch of each sample's mean and variance."""
    x, axes = _numbers(*shape), tuple(range(2, len(shape)))
    mean, var = _running()
    F.instance_norm(torch.from_numpy(x), mean, var, momentum=momentum)
    old_mean, old_var = [t.numpy() for t in _running()]
    np.testing.assert_allclose(mean.numpy(), (1 - momentum) * old_mean + momentum * x.mean(axes).mean(0), rtol=1e-12)
    moved = (1 - momentum) * old_var + momentum * x.var(axes, ddof=1).mean(0)
    np.testing.assert_allclose(var.numpy(), moved, rtol=1e-12)


def test_evaluation_leaves_them() -> None:
    """Neither moves them where it does not look at the batch."""
    x, (mean, var) = torch.from_numpy(_numbers(4, 3, 6)), _running()
    F.batch_norm(x, mean, var)
    F.instance_norm(x, mean, var, use_input_stats=False)
    assert mean.tolist() == _running()[0].tolist()
    assert var.tolist() == _running()[1].tolist()
    assert mean._version == var._version == 0


@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 4), (2, 3, 0)])
def test_so_does_an_empty_batch(shape: tuple[int, ...]) -> None:
    """Training goes on after an empty batch."""
    mean, var = _running()
    x = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    F.batch_norm(x, mean, var, training=True).sum().backward()
    assert x.grad is not None
    assert x.grad.shape == shape
    assert (mean.tolist(), var.tolist()) == tuple(t.tolist() for t in _running())


def test_a_buffer_of_another_layout_is_moved_too() -> None:
    """A column of a matrix may hold them."""
    table = torch.zeros(3, 2, dtype=torch.float64)
    F.batch_norm(torch.from_numpy(_numbers(5, 3)), table[:, 0], table[:, 1], training=True, momentum=1.0)
    x = _numbers(5, 3)
    np.testing.assert_allclose(table.numpy(), np.stack([x.mean(0), x.var(0, ddof=1)], 1), rtol=1e-12)
