"""Checkpoints of activations: what is kept, what is computed again, and what goes wrong."""

import weakref

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.utils.checkpoint import (
    CheckpointError,
    CheckpointFunction,
    GraphExecGroup,
    checkpoint,
    checkpoint_sequential,
)


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


def test_a_group_computes_again_once():
    runs = []

    def function(x):
        runs.append(1)
        return x.exp(), x.sin()

    def gradient(inside):
        x = torch.tensor([0.5, 1.0], requires_grad=True)
        y, z = checkpoint(function, x, use_reentrant=False)
        runs.clear()
        if inside:
            with GraphExecGroup():
                y.sum().backward(retain_graph=True)
                z.sum().backward()
        else:
            y.sum().backward(retain_graph=True)
            z.sum().backward()
        return x.grad, len(runs)

    (a, once), (b, twice) = gradient(True), gradient(False)
    assert (once, twice) == (1, 2)
    assert torch.equal(a, b)


def test_groups_are_not_nested():
    with GraphExecGroup(), pytest.raises(RuntimeError, match="cannot be nested"), GraphExecGroup():
        pass
    with GraphExecGroup():
        pass


def test_the_older_call():
    x = torch.tensor(2.0, requires_grad=True)
    CheckpointFunction.apply(lambda x, n: x**n, True, x, 3).backward()
    assert x.grad.item() == 12


def test_what_belongs_to_other_devices():
    module = torch.utils.checkpoint
    assert module.get_device_states(torch.ones(2)) == ([], [])
    module.set_device_states([], [])
    with pytest.raises(RuntimeError, match="CPU alone"):
        module.set_device_states([0], [torch.get_rng_state()])
    assert module.DefaultDeviceType.get_device_type() == "cpu"
    module.DefaultDeviceType.set_device_type("cuda")
    assert module.DefaultDeviceType.get_device_type() == "cuda"
    module.DefaultDeviceType.set_device_type("cpu")


def test_inputs_are_cut_off():
    x = torch.ones(2, requires_grad=True)
    y, n = torch.utils.checkpoint.detach_variable((x * 2, 5))
    assert y.is_leaf
    assert y.requires_grad
    assert n == 5
    with pytest.raises(RuntimeError, match="tuple of tensors"):
        torch.utils.checkpoint.detach_variable([x])
    with pytest.warns(UserWarning, match="None of the inputs"):
        torch.utils.checkpoint.check_backward_validity((x.detach(), 3))


def test_switches_are_accepted():
    x = torch.tensor(2.0, requires_grad=True)
    with torch.utils.checkpoint.set_checkpoint_early_stop(False):
        y = checkpoint(torch.exp, x, use_reentrant=False)
    with torch.utils.checkpoint.set_checkpoint_debug_enabled(None):
        y.backward()
    assert torch.allclose(x.grad, x.detach().exp())
