"""Recurrent layers and packed batches: what does not need PyTorch's numbers (tests/reference has those)."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import minitorch as torch
from minitorch import nn
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.nn.utils.rnn import (
    PackedSequence,
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    pad_sequence,
    unpack_sequence,
)

KINDS = ["RNN", "LSTM", "GRU"]


def made(kind: str, *args: Any, **options: Any) -> Any:
    torch.manual_seed(0)
    return getattr(nn, kind)(*args, **options)


def hidden(last: Any) -> Any:
    """h, of an LSTM's (h, c) too."""
    return last[0] if isinstance(last, tuple) else last


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_shapes(kind: str) -> None:
    layer = made(kind, 3, 4, num_layers=2, bidirectional=True)
    gates = {"RNN": 4, "LSTM": 16, "GRU": 12}[kind]
    shapes = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    assert list(shapes)[:5] == ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"]
    assert shapes["weight_ih_l0"] == (gates, 3)
    assert shapes["weight_ih_l1_reverse"] == (gates, 8)
    assert len(shapes) == 16
    assert [len(names) for names in layer.all_weights] == [4] * 4
    layer.flatten_parameters()


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_step_by_step(kind: str) -> None:
    layer = made(kind, 3, 4)
    cell = getattr(nn, f"{kind}Cell")(3, 4)
    for name, parameter in cell.named_parameters():
        parameter.data.copy_(getattr(layer, f"{name}_l0").data)
    x = torch.randn(5, 2, 3)
    y, last = layer(x)
    state = None
    for t in range(5):
        state = cell(x[t], state)
        np.testing.assert_allclose(hidden(state).detach().numpy(), y[t].detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(hidden(state).detach().numpy(), hidden(last)[0].detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("both", [False, True])
def test_a_packed_batch_is_its_sequences_one_by_one(kind: str, both: bool) -> None:
    layer = made(kind, 3, 4, num_layers=2, bidirectional=both)
    sequences = [torch.randn(n, 3) for n in (2, 5, 1, 5)]
    packed, last = layer(pack_sequence(sequences, enforce_sorted=False))
    assert isinstance(packed, PackedSequence)
    for i, (x, y) in enumerate(zip(sequences, unpack_sequence(packed), strict=True)):
        alone, end = layer(x)
        np.testing.assert_allclose(y.detach().numpy(), alone.detach().numpy(), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(
            hidden(last)[:, i].detach().numpy(), hidden(end).detach().numpy(), rtol=1e-4, atol=1e-6
        )


@pytest.mark.parametrize("kind", KINDS)
def test_padding_has_no_gradient(kind: str) -> None:
    layer = made(kind, 3, 4)
    x = torch.randn(4, 2, 3, requires_grad=True)
    y, _ = layer(pack_padded_sequence(x, [4, 2]))
    pad_packed_sequence(y)[0].sum().backward()
    assert not x.grad[2:, 1].any()
    assert x.grad[:2, 1].any()


@pytest.mark.parametrize("kind", [*KINDS, "LSTM projected"])
@pytest.mark.parametrize("packed", [False, True])
def test_derivatives(kind: str, packed: bool) -> None:
    """First and second ones, of input, states and parameters."""
    options = {"proj_size": 1} if "projected" in kind else {}
    layer = made(kind.split()[0], 2, 2, bidirectional=True, **options).double()
    states = [torch.randn(2, 2, n, dtype=torch.float64, requires_grad=True) for n in (options.get("proj_size", 2), 2)]
    states = states if layer.mode == "LSTM" else states[:1]
    x = torch.randn(*((4, 2) if packed else (2, 2, 2)), dtype=torch.float64, requires_grad=True)

    def run(x: Any, *states: Any) -> Any:
        hx = states if len(states) > 1 else states[0]
        y, last = layer(PackedSequence(x, torch.tensor([2, 1, 1])) if packed else x, hx)
        return (y.data if packed else y, *(last if isinstance(last, tuple) else (last,)))

    assert gradcheck(run, (x, *states))
    assert gradgradcheck(run, (x, *states))
    assert gradcheck(lambda *weights: run(x.detach(), *[s.detach() for s in states]), tuple(layer.parameters()))


@pytest.mark.parametrize("kind", KINDS)
def test_only_what_is_needed_gets_a_gradient(kind: str) -> None:
    layer = made(kind, 3, 4).requires_grad_(False)
    x = torch.randn(5, 2, 3, requires_grad=True)
    y, _ = layer(x)
    y.sum().backward()
    assert x.grad is not None
    assert all(p.grad is None for p in layer.parameters())
    assert not layer(x.detach())[0].requires_grad
    with torch.no_grad():
        assert not layer(x)[0].requires_grad


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_can_be_kept(kind: str) -> None:
    layer = made(kind, 3, 4)
    y, _ = layer(torch.randn(5, 2, 3))
    y.sum().backward(retain_graph=True)
    first = layer.weight_hh_l0.grad.clone()
    y.sum().backward()
    np.testing.assert_array_equal(layer.weight_hh_l0.grad.numpy(), 2 * first.numpy())
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()


def test_biases_have_gradients_of_their_own() -> None:
    """They are equal, but writing to one leaves the other."""
    layer = made("LSTM", 3, 4)
    layer(torch.randn(5, 2, 3))[0].sum().backward()
    before = layer.bias_hh_l0.grad.clone()
    layer.bias_ih_l0.grad.zero_()
    np.testing.assert_array_equal(layer.bias_hh_l0.grad.numpy(), before.numpy())


def test_copies_and_files() -> None:
    layer = made("LSTM", 3, 4, 2, bidirectional=True)
    x = torch.randn(5, 2, 3)
    wanted = layer(x)[0].detach().numpy()
    for other in (copy.deepcopy(layer), pickle.load(io.BytesIO(pickle.dumps(layer)))):
        np.testing.assert_array_equal(other(x)[0].detach().numpy(), wanted)
    fresh = nn.LSTM(3, 4, 2, bidirectional=True)
    fresh.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(fresh(x)[0].detach().numpy(), wanted)
    layer.weight_ih_l0 = nn.Parameter(layer.weight_ih_l0.detach() * 2)
    assert (layer(x)[0].detach().numpy() != wanted).any()


def test_not_a_number_stays_one() -> None:
    for kind in (*KINDS, "relu"):
        layer = nn.RNN(2, 3, nonlinearity="relu") if kind == "relu" else made(kind, 2, 3)
        x = torch.ones(3, 2, 2)
        x[1, 0, 0] = float("nan")
        y, _ = layer(x)
        assert y[1:, 0].isnan().all()
        assert not y[:, 1].isnan().any()


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_padding(padding_side: str) -> None:
    rows = [torch.arange(1, n) for n in (2, 4)]
    found = pad_sequence(rows, batch_first=True, padding_value=-1, padding_side=padding_side).tolist()
    assert found == [[1, -1, -1] if padding_side == "right" else [-1, -1, 1], [1, 2, 3]]


def test_a_batch_that_does_not_fit_its_sizes() -> None:
    with pytest.raises(RuntimeError, match="sum to the 3 rows"):
        nn.GRU(2, 3)(PackedSequence(torch.ones(3, 2), torch.tensor([2, 2])))


# ---------------------------------------------------------------- training


def trained(model: Any, x: Any, y: Any, steps: int) -> tuple[float, float]:
    """The loss before and after."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


class Reader(nn.Module):
    """Says from the last state which symbol came first."""

    def __init__(self, kind: str, **options: Any) -> None:
        super().__init__()
        self.table = nn.Embedding(4, 6)
        self.layer = getattr(nn, kind)(6, 12, batch_first=True, **options)
        self.last = nn.Linear(12, 4)

    def forward(self, x: Any) -> Any:
        _, last = self.layer(self.table(x))
        return self.last(hidden(last)[-1])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "dropout": 0.1}], ids=["one", "two"])
def test_what_came_first_is_learned(kind: str, options: Any) -> None:
    torch.manual_seed(1)
    x = torch.randint(0, 4, (32, 6))
    before, after = trained(Reader(kind, **options), x, x[:, 0], 60)
    assert after < before / 4


@pytest.mark.parametrize("kind", KINDS)
def test_cells_learn(kind: str) -> None:
    torch.manual_seed(1)
    x, y = torch.randn(16, 5, 3), torch.arange(16) % 3

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.last = getattr(nn, f"{kind}Cell")(3, 16), nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            state = None
            for t in range(x.shape[1]):
                state = self.cell(x[:, t], state)
            return self.last(hidden(state))

    before, after = trained(Model(), x, y, 80)
    assert after < before / 4


def test_packed_batches_learn() -> None:
    torch.manual_seed(1)
    lengths = torch.arange(24) % 5 + 1

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.last = nn.LSTM(1, 16), nn.Linear(16, 6)

        def forward(self, x: Any) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                _, (h, _) = self.layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
            return self.last(h[-1])

    before, after = trained(Model(), torch.ones(5, 24, 1), lengths, 120)
    assert after < before / 4
