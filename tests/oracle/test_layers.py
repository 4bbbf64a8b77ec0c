"""What PyTorch prints and refuses for the layers of padding, resizing, lazy shapes and margins, and so do we."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

SHOWN: list[Callable[[Any], Any]] = [
    lambda nn: nn.ReflectionPad1d(2), lambda nn: nn.ReplicationPad2d((1, 2, 3, 4)), lambda nn: nn.ZeroPad2d(1),
    lambda nn: nn.ConstantPad3d(1, 0.5), lambda nn: nn.CircularPad2d(3), lambda nn: nn.Upsample(scale_factor=2),
    lambda nn: nn.Upsample(size=(3, 4), mode="bilinear"), lambda nn: nn.UpsamplingBilinear2d(scale_factor=2),
    lambda nn: nn.PixelShuffle(2), lambda nn: nn.PixelUnshuffle(2), lambda nn: nn.ChannelShuffle(2),
    lambda nn: nn.Fold(4, 2), lambda nn: nn.Unfold((2, 3), stride=2), lambda nn: nn.MaxUnpool2d(2, padding=1),
    lambda nn: nn.LPPool2d(2, 3), lambda nn: nn.InstanceNorm2d(4), lambda nn: nn.InstanceNorm1d(4, affine=True),
    lambda nn: nn.LocalResponseNorm(2), lambda nn: nn.RReLU(), lambda nn: nn.Softmax2d(),
    lambda nn: nn.BatchNorm2d(3, bias=False), lambda nn: nn.GroupNorm(2, 4), lambda nn: nn.LayerNorm(3, bias=False),
    lambda nn: nn.LazyLinear(3), lambda nn: nn.LazyConv2d(4, 3, padding=1), lambda nn: nn.LazyBatchNorm1d(),
    lambda nn: nn.LazyConvTranspose3d(4, 3, bias=False), lambda nn: nn.LazyInstanceNorm2d(),
    lambda nn: nn.TripletMarginLoss(), lambda nn: nn.TripletMarginWithDistanceLoss(), lambda nn: nn.CTCLoss(),
    lambda nn: nn.GaussianNLLLoss(), lambda nn: nn.CosineSimilarity(), lambda nn: nn.SyncBatchNorm(3),
    lambda nn: nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm2d(3), nn.InstanceNorm1d(2))),
    lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10], 2.0), lambda nn: nn.FractionalMaxPool2d(2, 3),
    lambda nn: nn.DataParallel(nn.Linear(1, 2)), lambda nn: list(nn.DataParallel(nn.Linear(1, 2)).state_dict()),
    lambda nn: nn.LazyLinear(3).weight, lambda nn: sorted(nn.LazyBatchNorm1d().state_dict()),
]  # fmt: skip


@pytest.mark.parametrize("make", SHOWN)
def test_printed(make: Callable[[Any], Any]) -> None:
    assert repr(make(minitorch.nn)) == repr(make(torch.nn))


REFUSED: list[Callable[[Any], Any]] = [
    lambda t: t.nn.LazyLinear(3).weight.shape,
    lambda t: t.nn.LazyLinear(3).weight + 1,
    lambda t: t.nn.LazyConv2d(4, 3)(t.ones(2, 2)),
    lambda t: t.nn.InstanceNorm2d(3)(t.ones(2, 2)),
    lambda t: t.nn.InstanceNorm2d(3, affine=True)(t.ones(1, 2, 2, 2)),
    lambda t: t.nn.CircularPad2d(1)(t.ones(2, 2)),
    lambda t: t.nn.ReflectionPad1d(4)(t.ones(1, 1, 3)),
    lambda t: t.nn.Upsample(scale_factor=2, mode="linear")(t.ones(1, 1, 2, 2)),
    lambda t: t.nn.MultiMarginLoss(p=3),
    lambda t: t.nn.TripletMarginLoss(margin=0),
    lambda t: t.nn.SyncBatchNorm(3)(t.ones(3)),
    lambda t: t.nn.Linear(3, 2).load_state_dict(t.nn.LazyLinear(2).state_dict()),
]


@pytest.mark.parametrize("program", REFUSED)
def test_refused(program: Callable[[Any], Any]) -> None:
    kinds = []
    for library in (torch, minitorch):
        with pytest.raises(Exception) as caught:  # noqa: PT011
            program(library)
        kinds.append(next(k for k in type(caught.value).__mro__ if k.__module__ == "builtins"))
    assert issubclass(kinds[1], kinds[0]) or (kinds[0] is NotImplementedError and issubclass(kinds[1], RuntimeError))


def lazy_loading(t: Any) -> Any:
    """A lazy net takes its shapes from a state dict, or from its first input; then its state is the ordinary one."""

    def net() -> Any:
        return t.nn.Sequential(t.nn.LazyConv1d(3, 2), t.nn.LazyBatchNorm1d(), t.nn.Flatten(), t.nn.LazyLinear(2))

    first = net()
    first(t.ones(2, 4, 6))
    second = net()
    result = second.load_state_dict(first.state_dict())
    shapes = [(k, tuple(v.shape)) for k, v in second.state_dict().items()]
    before = [type(m).__name__ for m in second]
    second(t.ones(2, 4, 6))
    return str(result), shapes, before, [type(m).__name__ for m in second], second[3].in_features


def test_lazy_loading() -> None:
    assert lazy_loading(minitorch) == lazy_loading(torch)


def drawn(t: Any) -> Any:
    """rrelu and gumbel_softmax draw PyTorch's own numbers."""
    t.manual_seed(3)
    x = t.linspace(-2, 2, 24).view(4, 6)
    layer = t.nn.RReLU(0.2, 0.4)
    return [layer(x), t.nn.functional.gumbel_softmax(x, tau=0.7), t.nn.functional.gumbel_softmax(x, hard=True)]


def test_drawn() -> None:
    for ours, theirs in zip(drawn(minitorch), drawn(torch), strict=True):
        assert abs(ours.numpy() - theirs.numpy()).max() < 1e-6


def fillers(t: Any) -> Any:
    t.manual_seed(11)
    x = t.full((50,), 2.5)
    drawn = [
        t.poisson(x),
        t.empty(40).geometric_(0.3),
        t.empty(40).cauchy_(1.0, 2.0),
        t.empty(40).log_normal_(1.0, 0.5),
    ]
    return [*drawn, t.poisson(x * 20), t.rand(3)]


def test_random_fillers_draw_pytorchs_numbers() -> None:
    for ours, theirs in zip(fillers(minitorch), fillers(torch), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)


@pytest.mark.parametrize("cutoffs", [[5], [5, 10, 15], [1, 19]])
@pytest.mark.parametrize("bias", [True, False])
def test_adaptive_log_softmax(cutoffs: list[int], bias: bool) -> None:
    """From one seed: outputs, loss, gradients, all log-probabilities and predictions."""
    x = np.random.default_rng(0).normal(size=(9, 16)).astype(np.float32)
    found = []
    for t in (torch, minitorch):
        t.manual_seed(1)
        layer = t.nn.AdaptiveLogSoftmaxWithLoss(16, 20, cutoffs, 2.0, bias)
        output, loss = layer(t.from_numpy(x), t.arange(9) * 2)
        loss.backward()
        grads = [p.grad for p in layer.parameters() if p.grad is not None]
        found.append([output, loss, *grads, layer.log_prob(t.from_numpy(x)), layer.predict(t.from_numpy(x))])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dims", [2, 3])
def test_fractional_pooling_draws_the_same(dims: int) -> None:
    found = []
    for t in (torch, minitorch):
        t.manual_seed(4)
        x = t.arange(4 * 6**dims).reshape(2, 2, *(6,) * dims).sin()
        found.append(getattr(t.nn, f"FractionalMaxPool{dims}d")(2, output_size=4)(x).numpy())
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6)
