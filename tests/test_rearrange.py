"""`func.rearrange`, and the younger functions of `torch.func`."""

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.func import debug_unwrap, functionalize, jvp, linearize, rearrange, replace_all_batch_norm_modules_

X = torch.arange(2 * 4 * 6 * 3).reshape(2, 4, 6, 3)


@pytest.mark.parametrize(
    ("pattern", "sizes", "expected"),
    [
        ("b h w c -> b c h w", {}, lambda x: x.permute(0, 3, 1, 2)),
        ("b h w c -> (b h) w c", {}, lambda x: x.reshape(8, 6, 3)),
        ("b h w c -> h (b w) c", {}, lambda x: x.permute(1, 0, 2, 3).reshape(4, 12, 3)),
        (
            "b (h1 h) (w1 w) c -> (b h1 w1) h w c",
            {"h1": 2, "w1": 2},
            lambda x: x.reshape(2, 2, 2, 2, 3, 3).permute(0, 1, 3, 2, 4, 5).reshape(8, 2, 3, 3),
        ),
        ("b ... c -> c ... b", {}, lambda x: x.transpose(0, 3)),
        ("b ... -> (...) b", {}, lambda x: x.reshape(2, -1).T),
        ("b h w c -> b 1 h w () c", {}, lambda x: x[:, None, :, :, None]),
    ],
)
def test_patterns(pattern, sizes, expected):
    assert torch.equal(rearrange(X, pattern, **sizes), expected(X))


def test_several_tensors_are_stacked():
    assert torch.equal(rearrange([X[0], X[1]], "b h w c -> b h w c"), X)
    assert rearrange(torch.ones(1, 3), "1 a -> a").shape == (3,)


@pytest.mark.parametrize(
    ("pattern", "sizes"),
    [
        ("b h w c", {}),
        ("b h w -> b h w", {}),
        ("b h w c -> b h w", {}),
        ("b h h c -> b h h c", {}),
        ("b (h g) w c -> b h g w c", {}),
        ("b h w c -> b h w c", {"d": 2}),
        ("b h w c, -> b h w c", {}),
        ("b h w c -> b (h w c", {}),
    ],
)
def test_patterns_that_make_no_sense(pattern, sizes):
    with pytest.raises(ValueError, match="rearrange"):
        rearrange(X, pattern, **sizes)


def test_sizes_that_do_not_divide():
    with pytest.raises(RuntimeError, match="size 4"):
        rearrange(X, "b (h g) w c -> b h g w c", g=3)


def test_linear_approximation():
    calls = []

    def function(x, y):
        calls.append(1)
        return {"a": x.sin() * y, "b": (x * x).sum()}

    x, y = torch.tensor([0.1, 0.2]), torch.tensor([3.0, 4.0])
    value, push = linearize(function, x, y)
    assert torch.equal(value["a"], x.sin() * y)
    for step in (torch.tensor([1.0, 0.0]), torch.tensor([0.5, 2.0])):
        found = push(step, step * 2)
        expected = jvp(function, (x, y), (step, step * 2))[1]
        assert torch.allclose(found["a"], expected["a"])
        assert torch.allclose(found["b"], expected["b"])
        assert not found["a"].requires_grad
    assert len(calls) == 3
    with pytest.raises(RuntimeError, match="different size"):
        push(torch.ones(3), torch.ones(2))


def test_linear_approximation_is_differentiable():
    x = torch.tensor([0.3, 0.4], requires_grad=True)
    _, push = linearize(torch.sin, x)
    push(torch.ones(2)).sum().backward()
    assert torch.allclose(x.grad, -x.detach().sin())


def test_functions_stay_what_they_are():
    function = functionalize(lambda x: x.clone().mul_(2), remove="mutations_and_views")
    assert function(torch.ones(2)).tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="invalid argument"):
        functionalize(torch.sin, remove="views")
    x = torch.ones(1)
    assert debug_unwrap(x) is x


def test_batch_norms_without_statistics():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(nn.BatchNorm1d(3)))
    assert replace_all_batch_norm_modules_(net) is net
    assert net[1].running_mean is None
    assert not net[2][0].track_running_stats
    assert set(dict(net.named_buffers())) == set()
    assert net(torch.randn(4, 2)).shape == (4, 3)
