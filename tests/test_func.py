"""Functions of functions: what training needs, and what PyTorch's reference numbers do not show."""

from collections import defaultdict

import pytest

import minitorch as torch
from minitorch import func


def test_a_loss_falls_with_parameters_as_arguments():
    torch.manual_seed(0)
    layer = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    params = {name: p.detach() for name, p in layer.named_parameters()}
    x = torch.randn(64, 2)
    y = x[:, :1] * x[:, 1:]

    def loss(params):
        return (func.functional_call(layer, params, (x,)) - y).square().mean()

    step = func.grad_and_value(loss)
    values = []
    for _ in range(300):
        grads, value = step(params)
        params = {name: p - 0.2 * grads[name] for name, p in params.items()}
        values.append(value.item())
    assert values[-1] < 0.3 * values[0]
    assert not any(p.requires_grad for p in params.values())


def test_a_step_through_a_step():
    """MAML: the gradient of the loss after an inner step of descent, against its formula."""
    w = torch.tensor(2.0)
    inner = lambda w, a: (w * a - 1) ** 2  # noqa: E731
    outer = func.grad(lambda w: inner(w - 0.1 * func.grad(inner)(w, 3.0), 3.0))
    fast = 2 - 0.1 * 2 * 3 * (2 * 3 - 1)
    assert outer(w).item() == pytest.approx(2 * 3 * (fast * 3 - 1) * (1 - 0.1 * 2 * 9), rel=1e-5)


def test_nothing_is_left_behind():
    """Neither grads of leaves, nor the module's parameters, nor the random stream are touched."""
    x = torch.ones(2, requires_grad=True)
    func.grad(lambda a: (a**2).sum())(x)
    assert x.grad is None
    layer = torch.nn.Linear(2, 1)
    before = layer.weight
    with pytest.raises(RuntimeError):
        func.functional_call(layer, {"weight": torch.ones(3, 3)}, (x,))
    assert layer.weight is before
    torch.manual_seed(0)
    with pytest.raises(RuntimeError, match="randomness"):
        torch.vmap(lambda a: a + torch.rand(()))(x)
    assert torch.rand(()) == pytest.approx(0.4963, abs=1e-4)


def test_buffers_are_written_to():
    norm = torch.nn.BatchNorm1d(2)
    buffers = {name: b.clone() for name, b in norm.named_buffers()}
    func.functional_call(norm, buffers, (torch.arange(6.0).view(3, 2),))
    assert buffers["running_mean"].tolist() == pytest.approx([0.2, 0.3])
    assert norm.running_mean.tolist() == [0, 0]


def test_different_values_for_tied_weights():
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    module[1].weight = module[0].weight
    given = {"0.weight": torch.ones(2, 2), "1.weight": torch.zeros(2, 2)}
    with pytest.raises(ValueError, match="tied"):
        func.functional_call(module, given, torch.ones(1, 2))
    loose = func.functional_call(module, given, torch.ones(1, 2), tie_weights=False)
    torch.testing.assert_close(loose, module[1].bias.view(1, 2))


def test_dicts_of_other_classes_keep_what_they_are():
    y = torch.vmap(lambda x: defaultdict(list, a=x * 2))(torch.ones(3))
    assert type(y) is defaultdict
    assert y.default_factory is list
    assert y["a"].tolist() == [2, 2, 2]
