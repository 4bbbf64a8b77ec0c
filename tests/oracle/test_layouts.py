"""Where results lie in memory: strides against PyTorch's, over many layouts."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch

torch = pytest.importorskip("torch")

LAYOUTS: dict[str, Callable[[Any], Any]] = {  # views of a (4, 5, 6)
    "contiguous": lambda x: x,
    "first and last": lambda x: x.permute(2, 1, 0),
    "rolled": lambda x: x.permute(2, 0, 1),
    "rolled back": lambda x: x.permute(1, 2, 0),
    "gaps": lambda x: x[::2],
    "gaps, rolled": lambda x: x[:, ::2, 1:].permute(1, 2, 0),
    "thin": lambda x: x[:, :, :1].permute(2, 1, 0),
    "expanded": lambda x: x[:, :1].expand(4, 3, 6),
    "expanded, rolled": lambda x: x[:, :, :1].expand(4, 5, 3).permute(2, 0, 1),
    "four": lambda x: x.unsqueeze(1).permute(0, 3, 1, 2),
    "flat": lambda x: x.reshape(-1)[::3],
    "empty": lambda x: x[:, :, :0].permute(2, 1, 0),
}

RESULTS: dict[str, Callable[[Any, Any], Any]] = {
    "clone": lambda torch, x: x.clone(),
    "clone in rows": lambda torch, x: x.clone(memory_format=torch.contiguous_format),
    "cast": lambda torch, x: x.double(),
    "cast to integers": lambda torch, x: x.to(torch.int64),
    "neg": lambda torch, x: -x,
    "exp": lambda torch, x: x.exp(),
    "a number": lambda torch, x: 2 * x + 1,
    "compare": lambda torch, x: x > 3,
    "where": lambda torch, x: torch.where(x > 0, x, 0.0),
    "clamp": lambda torch, x: x.clamp(0, 1),
    "gelu": lambda torch, x: torch.nn.functional.gelu(x),
    "abs": lambda torch, x: x.abs(),
    "round": lambda torch, x: x.round(),
    "with itself": lambda torch, x: x * x,
    "contiguous": lambda torch, x: x.contiguous(),
    "dropout": lambda torch, x: torch.nn.functional.dropout(x + 1, 0.5),
    "alpha_dropout": lambda torch, x: torch.nn.functional.alpha_dropout(x, 0.5, True),
    "bernoulli": lambda torch, x: torch.bernoulli(x / 200),
    "zeros_like": lambda torch, x: torch.zeros_like(x),
    "ones_like": lambda torch, x: torch.ones_like(x, dtype=torch.int32),
    "full_like": lambda torch, x: torch.full_like(x, 3),
    "rand_like": lambda torch, x: torch.rand_like(x),
    "rand_like in rows": lambda torch, x: torch.rand_like(x, memory_format=torch.contiguous_format),
    "randn_like": lambda torch, x: torch.randn_like(x, dtype=torch.float64),
    "randint_like": lambda torch, x: torch.randint_like(x, 3, 100),
    "normal of means": lambda torch, x: torch.normal(x, 2.0),
    "normal of both": lambda torch, x: torch.normal(x, x),
    "poisson": lambda torch, x: torch.poisson(x),
    "uniform_": lambda torch, x: x.clone().uniform_(),
    "normal_": lambda torch, x: x.clone().normal_(),
    "exponential_": lambda torch, x: x.clone().exponential_(),
    "bernoulli_ of p": lambda torch, x: x.clone().bernoulli_(x / 200),
    "in place": lambda torch, x: x.clone().mul_(2),
    "cat": lambda torch, x: torch.cat([x.mT, x.mT]) if x.ndim == 3 else x + 0,
    "stack": lambda torch, x: torch.stack([x, x]),
    "tril": lambda torch, x: x.expand(1, 1, -1).tril() if x.ndim == 1 else x.tril(),
    "roll": lambda torch, x: x.roll(1, 0),
    "gather": lambda torch, x: x.gather(0, (x * 0).long()),
    "sum": lambda torch, x: x.sum(0),
    "softmax": lambda torch, x: x.softmax(-1),
    "cumsum": lambda torch, x: x.cumsum(0),
    "masked_fill": lambda torch, x: x.masked_fill(x > 3, 0.0),
    "flip": lambda torch, x: x.flip(0),
}


def _same(ours: Any, theirs: Any, what: str = "") -> None:
    """Values and strides; of axes of length 1 (and of nothing) strides say nothing."""
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-6, atol=1e-7, err_msg=what)
    if theirs.numel():
        told = [i for i, n in enumerate(theirs.shape) if n > 1]
        assert [ours.stride(i) for i in told] == [theirs.stride(i) for i in told], (what, ours.shape)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", RESULTS)
def test_results_of_one(name: str, layout: str) -> None:
    """The same strides, and the same numbers where any are drawn."""
    if layout == "four" and name in ("stack", "roll"):
        pytest.skip("to PyTorch this is a tensor in channels_last, and it keeps that format")
    results = []
    for module in (minitorch, torch):
        module.manual_seed(0)
        x = LAYOUTS[layout](module.arange(120.0).reshape(4, 5, 6))
        results.append(RESULTS[name](module, x))
    _same(*results)


@pytest.mark.parametrize("pair", list(itertools.product(LAYOUTS, LAYOUTS)), ids=" with ".join)
def test_results_of_two(pair: tuple[str, str]) -> None:
    """Operands of two layouts, made to broadcast where they must be."""
    results = []
    for module in (minitorch, torch):
        x = module.arange(120.0).reshape(4, 5, 6)
        a, b = (LAYOUTS[name](x) for name in pair)
        if a.shape != b.shape:
            b = b.sum(tuple(range(max(b.ndim - a.ndim, 0), b.ndim)), keepdim=True)
            b = b[(0,) * (b.ndim - a.ndim)] if b.numel() else b.sum()
        results.append((a + b, b * a, module.where(a > b, a, b), module.addcmul(a, a, b)))
    for ours, theirs in zip(*results, strict=True):
        _same(ours, theirs)


@st.composite
def operands(draw: Any) -> tuple[list[int], list[Any]]:
    """A shape, and for each of two or three operands the order of its axes in memory and which are broadcast."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    n = len(shape)
    one = st.tuples(
        st.permutations(range(n)),
        st.lists(st.sampled_from(["full", "full", "one", "expanded", "gaps"]), min_size=n, max_size=n),
        st.integers(0, n),
    )
    return shape, draw(st.lists(one, min_size=1, max_size=3))


def _operand(module: Any, shape: list[int], order: Any, kinds: list[str], lost: int) -> Any:
    stored = {"full": lambda n: n, "one": lambda n: 1, "expanded": lambda n: 1, "gaps": lambda n: 2 * n}
    sizes = [stored[kind](n) for kind, n in zip(kinds, shape, strict=True)]
    x = (
        module.arange(float(np.prod(sizes)))
        .reshape([sizes[i] for i in order])
        .permute([int(i) for i in np.argsort(order)])
    )
    x = x[tuple([slice(None, None, 2 if kind == "gaps" else 1) for kind in kinds])]
    x = x.expand([n if kind == "expanded" else m for kind, n, m in zip(kinds, shape, x.shape, strict=True)])
    return x[(0,) * lost]


@given(operands())
def test_any_layouts(given: Any) -> None:
    """Two and three operands of any layout."""
    shape, kinds = given
    results = []
    for module in (minitorch, torch):
        xs = [_operand(module, shape, *kind) for kind in kinds]
        a, b, c = (xs * 3)[:3]
        results.append([a + b, a * 2, module.addcmul(a, b, c), module.where(a > b, b, c), a.clone(), a < b])
    for i, (ours, theirs) in enumerate(zip(*results, strict=True)):
        _same(ours, theirs, str(i))


# ---------------------------------------------------------------- what a program may call `view` on


def _heads(torch: Any) -> Any:
    return torch.randn(2, 4, 3, 5).transpose(1, 2)


attention = "scaled_dot_product_attention"
ROW_MAJOR: dict[str, Callable[[Any], Any]] = {
    "attention": lambda torch: getattr(torch.nn.functional, attention)(*[torch.randn(2, 3, 4, 5)] * 3),
    "attention in three dimensions": lambda torch: getattr(torch.nn.functional, attention)(*[torch.randn(3, 4, 5)] * 3),
    "heads joined": lambda torch: getattr(torch.nn.functional, attention)(*[_heads(torch)] * 3).transpose(1, 2),
    "RNN": lambda torch: torch.nn.RNN(5, 6, batch_first=True)(torch.randn(3, 4, 5))[0].transpose(0, 1),
    "LSTM": lambda torch: torch.nn.LSTM(5, 6, 2, batch_first=True)(torch.randn(3, 4, 5))[0].transpose(0, 1),
    "GRU": lambda torch: torch.nn.GRU(5, 6, bidirectional=True)(torch.randn(3, 4, 5))[0],
    "MultiheadAttention": lambda torch: torch.nn.MultiheadAttention(8, 2)(*[torch.randn(3, 4, 8)] * 3)[0],
    "encoder": lambda torch: torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(torch.randn(3, 4, 8)),
    "conv": lambda torch: torch.nn.Conv1d(4, 6, 3)(torch.randn(2, 9, 4).transpose(1, 2)),
    "linear": lambda torch: torch.nn.Linear(3, 6)(torch.randn(2, 3, 9).transpose(1, 2)),
    "columns": lambda torch: torch.randn(4, 5)[:, torch.tensor([0, 1])],
    "columns of transposed": lambda torch: torch.randn(4, 5).t()[:, torch.tensor([0, 1])],
    "where": lambda torch: torch.where(torch.ones(2, 3) > 0)[0],
    "pad_sequence": lambda torch: torch.nn.utils.rnn.pad_sequence([torch.ones(3, 2), torch.ones(2, 2)]),
    "einsum": lambda torch: torch.einsum("bqhd,bkhd->bhqk", torch.randn(2, 3, 4, 5), torch.randn(2, 6, 4, 5)),
    "sums": lambda torch: torch.randn(3, 4, 5).permute(2, 1, 0).sum(0),
}


@pytest.mark.parametrize("name", ROW_MAJOR)
def test_results_that_can_be_viewed(name: str) -> None:
    """PyTorch's result is row-major, so programs flatten it with `view`; so is ours."""
    assert ROW_MAJOR[name](torch).is_contiguous()
    ours = ROW_MAJOR[name](minitorch)
    assert ours.is_contiguous(), ours.stride()
    ours.view(-1)
