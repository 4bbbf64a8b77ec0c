"""Attention and transformers: what does not need PyTorch's numbers (tests/reference has those)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch as torch
from minitorch import nn
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.kernels import attention as kernels
from minitorch.nn import functional as F


def drawn(*shape: int, dtype: Any = torch.float64) -> Any:
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


def slowly(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    """Attention as it is written in the paper, with numbers to add."""
    scores = q @ k.swapaxes(-2, -1) / math.sqrt(q.shape[-1])
    scores = scores if mask is None else scores + mask
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) @ v


@pytest.mark.parametrize("block", [8, 100, 2000, 1 << 16])
@pytest.mark.parametrize("causal", [False, True])
def test_blocks_do_not_matter(block: int, causal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of samples, of heads or of rows: results and gradients are the same."""
    torch.manual_seed(0)
    q, k, v = drawn(3, 2, 40, 4), drawn(3, 2, 50, 4), drawn(3, 2, 50, 5)
    mask = np.where(np.arange(50) > np.arange(40)[:, None], -np.inf, 0.0) if causal else None
    monkeypatch.setattr(kernels, "BLOCK", block)
    y = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    arrays = [x.detach().numpy() for x in (q, k, v)]
    np.testing.assert_allclose(y.detach().numpy(), slowly(*arrays, mask), rtol=1e-10, atol=1e-12)
    weight = torch.randn(3, 2, 40, 5, dtype=torch.float64)
    grads = torch.autograd.grad((y * weight).sum(), (q, k, v), create_graph=True)
    fused = torch.autograd.grad((F.scaled_dot_product_attention(q, k, v, is_causal=causal) * weight).sum(), (q, k, v))
    for a, b in zip(fused, grads, strict=True):
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-11)


def test_views_of_one_projection() -> None:
    """Queries, keys and values as strided parts of one tensor; the result lies so that heads join without a copy."""
    torch.manual_seed(0)
    whole = drawn(2, 5, 24)
    q, k, v = [x.view(2, 5, 2, 4).transpose(1, 2) for x in whole.split(8, 2)]
    y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert y.transpose(1, 2).is_contiguous()
    joined = y.transpose(1, 2).view(2, 5, 8)
    (joined * 2).sum().backward()
    copies = [x.detach().contiguous().requires_grad_() for x in (q, k, v)]
    F.scaled_dot_product_attention(*copies, is_causal=True).sum().backward()
    wanted = torch.cat([2 * x.grad.transpose(1, 2).reshape(2, 5, 8) for x in copies], 2)
    np.testing.assert_allclose(whole.grad.numpy(), wanted.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("mask", [None, "bool", "float", "causal"])
def test_derivatives(mask: Any) -> None:
    torch.manual_seed(0)
    q, k, v = drawn(2, 3, 2), drawn(2, 4, 2), drawn(2, 4, 3)
    given = {"bool": torch.tensor([[True, False, True, True]] * 3), "float": torch.randn(3, 4, dtype=torch.float64)}
    options: dict[str, Any] = {"attn_mask": given[mask]} if mask in given else {"is_causal": mask == "causal"}
    run = lambda *xs: F.scaled_dot_product_attention(*xs, **options)  # noqa: E731
    assert gradcheck(run, (q, k, v))
    assert gradgradcheck(run, (q, k, v))


def test_a_mask_can_be_trained() -> None:
    torch.manual_seed(0)
    q, k, v, mask = drawn(2, 3, 2), drawn(2, 4, 2), drawn(2, 4, 3), drawn(3, 4)
    assert gradcheck(lambda *xs: F.scaled_dot_product_attention(*xs), (q, k, v, mask))


def test_a_row_that_sees_nothing_is_zero() -> None:
    q, k, v = [drawn(1, 2, 3) for _ in range(3)]
    y = F.scaled_dot_product_attention(q, k, v, torch.tensor([[False, False], [True, False]]))
    y.sum().backward()
    assert y[0, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(y[0, 1].detach().numpy(), v[0, 0].detach().numpy())
    assert not any(x.grad.isnan().any() for x in (q, k, v))
    assert q.grad[0, 0].tolist() == [0, 0, 0]


def test_large_numbers_do_not_overflow() -> None:
    q = torch.full((1, 2, 2), 1e4, requires_grad=True)
    y = F.scaled_dot_product_attention(q, q, torch.ones(1, 2, 2))
    y.sum().backward()
    assert y.tolist() == [[[1, 1], [1, 1]]]
    assert not q.grad.isnan().any()


def test_dropout_of_shares() -> None:
    """A share is left out or made up for, and the mean over many draws is the value without dropout."""
    torch.manual_seed(0)
    q, k, v = drawn(1, 3, 2), drawn(1, 4, 2), torch.eye(4, dtype=torch.float64).unsqueeze(0)
    shares = F.scaled_dot_product_attention(q, k, v).detach().numpy()
    draws = np.stack([F.scaled_dot_product_attention(q, k, v, dropout_p=0.25).detach().numpy() for _ in range(600)])
    kept = draws != 0
    np.testing.assert_allclose(draws[kept], np.broadcast_to(shares / 0.75, draws.shape)[kept])
    np.testing.assert_allclose(kept.mean(), 0.75, atol=0.02)


def test_no_keys_and_no_rows() -> None:
    for q, k in ((0, 3), (3, 0)):
        x, z = drawn(2, q, 4), drawn(2, k, 4)
        y = F.scaled_dot_product_attention(x, z, z)
        assert tuple(y.shape) == (2, q, 4)
        assert not y.isnan().any() or k == 0


@pytest.mark.parametrize("batch_first", [False, True])
def test_heads_with_and_without_shares(batch_first: bool) -> None:
    """need_weights takes another way to the same numbers; the shares sum to 1; causal elements see no later ones."""
    torch.manual_seed(0)
    module = nn.MultiheadAttention(8, 2, batch_first=batch_first)
    x = torch.randn(3, 5, 8) if batch_first else torch.randn(5, 3, 8)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    y, shares = module(x, x, x, attn_mask=mask)
    fast, none = module(x, x, x, attn_mask=mask, need_weights=False, is_causal=True)
    assert none is None
    np.testing.assert_allclose(y.detach().numpy(), fast.detach().numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(shares.sum(-1).detach().numpy(), 1, rtol=1e-5)
    assert not shares.triu(1).any()


def test_masks_of_a_wrong_kind() -> None:
    module, x = nn.MultiheadAttention(8, 2), torch.randn(5, 3, 8)
    with pytest.raises(AssertionError, match="only bool and floating"):
        module(x, x, x, attn_mask=torch.ones(5, 5, dtype=torch.int64))
    with pytest.warns(UserWarning, match="mismatched key_padding_mask and attn_mask"):
        module(x, x, x, attn_mask=torch.zeros(5, 5), key_padding_mask=torch.zeros(3, 5, dtype=torch.bool))


def test_copies_of_a_layer_start_alike_and_go_apart() -> None:
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, 0.0), 2)
    first, second = encoder.layers
    np.testing.assert_array_equal(first.linear1.weight.detach().numpy(), second.linear1.weight.detach().numpy())
    encoder(torch.randn(3, 2, 8)).square().sum().backward()
    assert (first.linear1.weight.grad != second.linear1.weight.grad).any()


# ---------------------------------------------------------------- training


def trained(model: Any, run: Any, steps: int) -> tuple[float, float]:
    """The loss before and after."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = run(model)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


class Gpt(nn.Module):
    """One block over symbols, each of which is to be foretold from those before."""

    def __init__(self, batch_first: bool = True) -> None:
        super().__init__()
        self.table, self.place = nn.Embedding(5, 16), nn.Embedding(8, 16)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, 0.0, "gelu", batch_first=batch_first, norm_first=True)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        h = self.table(x) + self.place(torch.arange(x.shape[1]))
        return self.head(self.block(h, mask, is_causal=True))


def test_a_block_learns_what_comes_next() -> None:
    torch.manual_seed(0)
    x = (torch.arange(9) + torch.arange(10).unsqueeze(1)) % 5

    def run(model: Any) -> Any:
        return F.cross_entropy(model(x[:, :-1]).reshape(-1, 5), x[:, 1:].reshape(-1))

    before, after = trained(Gpt(), run, 40)
    assert after < before / 5


def test_a_transformer_learns_to_turn_around() -> None:
    torch.manual_seed(0)
    table, head = nn.Embedding(5, 16), nn.Linear(16, 4)
    core = nn.Transformer(16, 2, 1, 1, 32, 0.1, batch_first=True)
    model = nn.ModuleList([table, core, head])
    place = torch.randn(4, 16)
    x = torch.randint(0, 4, (24, 4))
    y = x.flip(1)
    given = torch.cat([torch.full((24, 1), 4), y[:, :-1]], 1)

    def run(model: Any) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(4)
        out = head(core(table(x) + place, table(given) + place, tgt_mask=mask))
        return F.cross_entropy(out.reshape(-1, 4), y.reshape(-1))

    before, after = trained(model, run, 120)
    assert after < before / 3


def test_bags_learn() -> None:
    torch.manual_seed(0)
    x = torch.randint(0, 20, (32, 4))
    y = (x < 10).sum(1)
    for mode in ("sum", "mean", "max"):
        model = nn.Sequential(nn.EmbeddingBag(20, 16, mode=mode), nn.Linear(16, 5))
        before, after = trained(model, lambda m: F.cross_entropy(m(x), y), 120)
        assert after < before / 2, mode
