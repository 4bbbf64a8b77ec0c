"""Weights that stay orthogonal: the maps, the base that is assigned, and training under the constraint."""

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.nn.utils.parametrizations import orthogonal


def gram_error(w: torch.Tensor) -> float:
    """How far the columns (rows of a wide matrix) are from orthonormal."""
    w = w.mT if w.shape[-2] < w.shape[-1] else w
    return float((w.mH @ w - torch.eye(w.shape[-1])).abs().max())


@pytest.mark.parametrize("orthogonal_map", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5)])
def test_stays_orthogonal_while_it_trains(orthogonal_map: str, shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    layer = orthogonal(nn.Linear(*shape, bias=False), orthogonal_map=orthogonal_map)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.2)
    x, y = torch.randn(64, shape[0]), torch.randn(64, shape[1])
    losses = []
    for _ in range(15):
        loss = (layer(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        assert gram_error(layer.weight.detach()) < 1e-5
    assert losses[-1] < 0.97 * losses[0]


@pytest.mark.parametrize("use_trivialization", [True, False])
def test_an_orthogonal_weight_can_be_assigned(use_trivialization: bool) -> None:
    torch.manual_seed(0)
    layer = orthogonal(nn.Linear(3, 5), use_trivialization=use_trivialization)
    w = torch.linalg.qr(torch.randn(5, 3))[0]
    layer.weight = w
    torch.testing.assert_close(layer.weight.detach(), w)
    with pytest.raises(ValueError, match="Expected a matrix or batch of matrices of shape"):
        layer.weight = torch.ones(3, 3)


def test_without_base_only_reflections_have_an_inverse() -> None:
    layer = orthogonal(nn.Linear(3, 3), orthogonal_map="cayley", use_trivialization=False)
    with pytest.raises(NotImplementedError, match="use_trivialization=False"):
        layer.weight = torch.eye(3)


def test_complex_weights() -> None:
    weight = nn.Parameter(torch.randn(4, 4, dtype=torch.complex64))
    layer = nn.Module()
    layer.weight = weight
    orthogonal(layer)
    assert gram_error(layer.weight.detach()) < 1e-5
    layer = nn.Module()
    layer.weight = weight
    with pytest.raises(ValueError, match="does not support complex tensors"):
        orthogonal(layer, orthogonal_map="householder")
