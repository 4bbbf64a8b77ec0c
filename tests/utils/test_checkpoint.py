"""Checkpoints of activations: what is kept, what is computed again, and what goes wrong."""

import weakref

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential


def test_nothing_inside_is_kept():
    kept = []

    def function(x):
        y = x.exp()
        kept.append(weakref.ref(y))
        return y.sin()

    x = torch.randn(3, requires_grad=True)
    out = checkpoint(function, x, use_reentrant=False)
    assert kept[0]() is None
    out.sum().backward()
    assert len(kept) == 2
    assert kept[1]() is None
    assert torch.allclose(x.grad, x.exp().cos() * x.exp())


def test_parameters_learn_although_the_input_does_not():
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    x = torch.randn(32, 3)
    y = x.sum(1, keepdim=True)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(checkpoint_sequential(net, 2, x, use_reentrant=False), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10


def test_hooks_outside_run_once():
    seen = []
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: seen.append("leaf"))
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: seen.append("inner"))
    checkpoint(lambda y: y.sin() + x, y, use_reentrant=False).sum().backward()
    assert seen == ["inner", "leaf"]
    assert torch.allclose(y.grad, torch.tensor(2.0).cos().expand(2))
    assert torch.allclose(x.grad, 2 * torch.tensor(2.0).cos() + torch.ones(2))


def test_a_source_of_a_source_counts_once():
    x = torch.tensor(0.5, requires_grad=True)
    inner = x * 3
    checkpoint(lambda y: y * inner, inner.exp(), use_reentrant=False).backward()
    expected = torch.tensor(0.5, requires_grad=True)
    ((expected * 3).exp() * (expected * 3)).backward()
    assert torch.allclose(x.grad, expected.grad)


def test_random_numbers_are_the_same_twice():
    x = torch.ones(1000, requires_grad=True)
    out = checkpoint(lambda x: nn.functional.dropout(x, 0.5), x, use_reentrant=False)
    after = torch.rand(1)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())
    torch.manual_seed(0)
    nn.functional.dropout(torch.ones(1000), 0.5)
    assert torch.equal(torch.rand(1), after)


def test_an_argument_that_was_written_to_is_an_error():
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    out = checkpoint(lambda y: y.sin(), y, use_reentrant=False)
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        out.sum().backward()


def test_a_function_that_changes_its_mind_is_an_error():
    sizes = iter([3, 2])
    x = torch.ones(3, requires_grad=True)
    out = checkpoint(lambda x: x[: next(sizes)] * 2, x, use_reentrant=False)
    with pytest.raises(CheckpointError, match="other results"):
        out.sum().backward()


def test_a_second_backward_is_an_error_as_without_a_checkpoint():
    x = torch.ones(2, requires_grad=True)
    out = checkpoint(lambda x: x.sin(), x, use_reentrant=False).sum()
    out.backward()
    with pytest.raises(RuntimeError, match="second time"):
        out.backward()


def test_derivatives_to_second_order():
    def f(x, w):
        return checkpoint(lambda x: (x * w).tanh().exp(), x * 2, use_reentrant=False)

    inputs = (
        torch.randn(3, dtype=torch.float64, requires_grad=True),
        torch.randn(3, dtype=torch.float64, requires_grad=True),
    )
    assert torch.autograd.gradcheck(f, inputs)
    assert torch.autograd.gradgradcheck(f, inputs)


def test_contexts():
    seen = []

    class Note:
        def __init__(self, text):
            self.text = text

        def __enter__(self):
            seen.append(self.text)

        def __exit__(self, *error):
            seen.append("end")

    x = torch.ones(1, requires_grad=True)
    out = checkpoint(torch.sin, x, use_reentrant=False, context_fn=lambda: (Note("first"), Note("second")))
    assert seen == ["first", "end"]
    out.backward()
    assert seen == ["first", "end", "second", "end"]


def test_the_choice_must_be_made():
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed"):
        checkpoint(torch.sin, torch.ones(1))


def test_autocast_is_the_same_twice():
    """Backward runs outside of autocast, and what is computed again is in the same dtype all the same."""
    layer, x, dtypes = nn.Linear(3, 3), torch.ones(2, 3, requires_grad=True), []

    def run(x):
        y = layer(x)
        dtypes.append(y.dtype)
        return y

    with torch.autocast("cpu"):
        y = checkpoint(run, x, use_reentrant=False)
    y.sum().backward()
    assert dtypes == [torch.bfloat16, torch.bfloat16]
    assert not torch.is_autocast_enabled("cpu")
