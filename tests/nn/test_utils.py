"""nn.utils in use: clipping, parametrizations in training, pruning, what is refused."""

import copy
import pickle

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.nn.utils import parametrizations, parametrize, prune


def trained(model, steps=60):
    """The loss before and after some steps."""
    x = torch.randn(32, 4)
    y = x.sum(1, keepdim=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    return losses[0], losses[-1]


NORMS = {
    "weight_norm": parametrizations.weight_norm,
    "spectral_norm": parametrizations.spectral_norm,
    "old spectral_norm": nn.utils.spectral_norm,
    "pruned": lambda layer: prune.l1_unstructured(layer, "weight", 0.3),
}


@pytest.mark.parametrize("name", NORMS)
def test_layers_with_other_weights_learn(name):
    model = nn.Sequential(NORMS[name](nn.Linear(4, 16)), nn.Tanh(), nn.Linear(16, 1))
    before, after = trained(model)
    assert after < before / 5


def test_the_old_weight_norm_learns():
    with pytest.warns(FutureWarning, match="deprecated"):
        layer = nn.utils.weight_norm(nn.Linear(4, 16))
    before, after = trained(nn.Sequential(layer, nn.Tanh(), nn.Linear(16, 1)))
    assert after < before / 5


def test_spectral_norm_has_norm_one():
    layer = parametrizations.spectral_norm(nn.Linear(5, 7), n_power_iterations=20)
    x = torch.randn(5)
    for _ in range(50):  # power iteration from outside
        x = layer.weight.detach().T @ (layer.weight.detach() @ x)
        x = x / x.norm()
    assert abs((layer.weight @ x).norm().item() - 1) < 1e-3


def test_pruned_elements_stay_zero():
    layer = prune.l1_unstructured(nn.Linear(4, 1), "weight", 2)
    zero = layer.weight == 0
    trained(layer)
    assert zero.sum() == 2
    assert (layer.weight[zero] == 0).all()
    assert (layer.weight[~zero] != 0).all()


def test_copies_of_a_parametrized_module_are_their_own():
    layer = parametrizations.weight_norm(nn.Linear(3, 3))
    twin = copy.deepcopy(nn.Sequential(layer, layer))
    assert twin[0] is twin[1]
    twin[0].weight = torch.zeros(3, 3) + 2
    assert torch.allclose(twin[1].weight, torch.full((3, 3), 2.0))
    assert not torch.allclose(layer.weight, twin[1].weight)
    parametrize.remove_parametrizations(twin[0], "weight")
    assert type(twin[0]) is nn.Linear
    assert parametrize.is_parametrized(layer)
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        pickle.dumps(layer)


def test_a_pass_with_the_cache_computes_once():
    calls = []

    class Counted(nn.Module):
        def forward(self, x):
            calls.append(1)
            return x * 2

    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Counted(), unsafe=True)
    calls.clear()
    with parametrize.cached():
        assert layer.weight is layer.weight
    assert len(calls) == 1
    _ = layer.weight, layer.weight
    assert len(calls) == 3


def test_clipping_refuses_what_is_not_finite():
    p = nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor([float("nan"), 1.0])
    with pytest.raises(RuntimeError, match="non-finite"):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)
    assert nn.utils.clip_grad_norm_([p], 1.0).isnan()
    with pytest.warns(UserWarning, match="empty generator"):
        nn.utils.clip_grad_norm_((q for q in []), 1.0)


def test_older_ways_to_call_and_to_lay_out():
    layer = nn.Linear(2, 1, bias=False)
    with pytest.warns(FutureWarning, match=r"torch\.func\.functional_call"):
        y = nn.utils.stateless.functional_call(layer, {"weight": torch.ones(1, 2)}, torch.ones(2))
    assert y.item() == 2
    assert nn.utils.convert_conv2d_weight_memory_format(layer, torch.channels_last) is layer
    assert nn.utils.convert_conv3d_weight_memory_format(layer, torch.channels_last_3d) is layer
