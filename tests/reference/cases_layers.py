"""More layers and losses as programs over `torch`: padding, resizing, norms of one sample, lazy layers, margins.

As in cases.py; the numbers lie in layers.npz.
"""

import functools

import cases
import numpy as np
from cases import _array

CASES = {}

layer = functools.partial(cases.layer, cases=CASES)
line, image, volume = (2, 4, 7), (2, 4, 6, 7), (2, 2, 4, 5, 3)

for _dims, _shape in enumerate((line, image, volume), 1):
    _ends = (1, 2, 2, 0, 1, 1)[: 2 * _dims]
    for _kind in ("ReflectionPad", "ReplicationPad", "CircularPad", "ZeroPad"):
        layer(f"{_kind}{_dims}d", lambda nn, k=f"{_kind}{_dims}d", e=_ends: getattr(nn, k)(e), _shape)
    layer(f"ConstantPad{_dims}d", lambda nn, k=f"ConstantPad{_dims}d", e=_ends: getattr(nn, k)(e, 1.5), _shape)
    layer(f"LPPool{_dims}d", lambda nn, k=f"LPPool{_dims}d": getattr(nn, k)(2, 2, stride=1), _shape)
    layer(f"InstanceNorm{_dims}d", lambda nn, k=f"InstanceNorm{_dims}d", c=_shape[1]: getattr(nn, k)(c), _shape)
    layer(
        f"InstanceNorm{_dims}d tracked",
        lambda nn, k=f"InstanceNorm{_dims}d", c=_shape[1]: getattr(nn, k)(c, affine=True, track_running_stats=True),
        _shape,
        calls=2,
    )
layer("ReflectionPad2d one number", lambda nn: nn.ReflectionPad2d(2), image)
layer("InstanceNorm2d unbatched", lambda nn: nn.InstanceNorm2d(4, affine=True), image[1:])
layer("InstanceNorm2d eval", lambda nn: nn.InstanceNorm2d(4, affine=True, track_running_stats=True), image, mode="eval")
layer("BatchNorm2d no bias", lambda nn: nn.BatchNorm2d(4, bias=False), image)
layer("GroupNorm no bias", lambda nn: nn.GroupNorm(2, 4, bias=False), image)
layer("LocalResponseNorm", lambda nn: nn.LocalResponseNorm(3, alpha=0.2), image)
layer("Upsample nearest", lambda nn: nn.Upsample(scale_factor=2), image)
layer("Upsample linear", lambda nn: nn.Upsample(size=11, mode="linear"), line)
layer("Upsample bilinear", lambda nn: nn.Upsample(scale_factor=(1.5, 2.0), mode="bilinear"), image)
layer("Upsample bicubic", lambda nn: nn.Upsample(scale_factor=1.7, mode="bicubic", align_corners=True), image)
layer("Upsample trilinear", lambda nn: nn.Upsample(size=(3, 7, 4), mode="trilinear"), volume)
layer("UpsamplingNearest2d", lambda nn: nn.UpsamplingNearest2d(size=(9, 5)), image)
layer("UpsamplingBilinear2d", lambda nn: nn.UpsamplingBilinear2d(scale_factor=3), image)
layer("PixelShuffle", lambda nn: nn.PixelShuffle(2), image)
layer("PixelUnshuffle", lambda nn: nn.PixelUnshuffle(2), (2, 3, 6, 4))
layer("Unfold", lambda nn: nn.Unfold((2, 3), dilation=2, padding=1, stride=(1, 2)), image)
layer("Fold", lambda nn: nn.Fold((4, 5), 2, stride=(2, 1)), (2, 12, 8))
layer("Softmax2d", lambda nn: nn.Softmax2d(), image)
layer("Unflatten", lambda nn: nn.Unflatten(1, (2, 2)), image)
layer("RReLU eval", lambda nn: nn.RReLU(0.1, 0.5), image, mode="eval")
layer("PairwiseDistance", lambda nn: nn.PairwiseDistance(p=3.0, keepdim=True), (5, 6), (5, 6))
layer("CosineSimilarity", lambda nn: nn.CosineSimilarity(dim=-1), (5, 6), (5, 6))
layer("ConvTranspose3d", lambda nn: nn.ConvTranspose3d(2, 4, 2, stride=2, output_padding=1), volume)


def lazy(name, make, shape):
    """A lazy layer, with parameters that are set once they have a shape."""

    @cases.case(name, CASES)
    def run(torch, rng):
        module = make(torch.nn).double()
        x = torch.tensor(rng.standard_normal(shape), requires_grad=True)
        module(x.detach())
        for p in module.parameters():
            p.data.copy_(torch.tensor(rng.standard_normal(tuple(p.shape)) * 0.5))
        out = module(x)
        (out * torch.tensor(rng.standard_normal(tuple(out.shape)))).sum().backward()
        found = {"output": _array(out), "input.grad": _array(x.grad)}
        found |= {f"{n}.grad": _array(p.grad) for n, p in module.named_parameters()}
        return found | {n: _array(b) for n, b in module.named_buffers()}


lazy("LazyLinear", lambda nn: nn.LazyLinear(3), (5, 6))
lazy("LazyConv2d", lambda nn: nn.LazyConv2d(6, 3, padding=1, groups=2), image)
lazy("LazyConv1d", lambda nn: nn.LazyConv1d(6, 3, bias=False), line)
lazy("LazyConv3d", lambda nn: nn.LazyConv3d(2, 2), volume)
lazy("LazyConvTranspose1d", lambda nn: nn.LazyConvTranspose1d(3, 2, 2), line)
lazy("LazyConvTranspose2d", lambda nn: nn.LazyConvTranspose2d(3, 3, stride=2), image)
lazy("LazyConvTranspose3d", lambda nn: nn.LazyConvTranspose3d(3, 2), volume)
for _dims, _shape in enumerate((line, image, volume), 1):
    lazy(f"LazyBatchNorm{_dims}d", lambda nn, k=f"LazyBatchNorm{_dims}d": getattr(nn, k)(), _shape)
    lazy(f"LazyInstanceNorm{_dims}d", lambda nn, k=f"LazyInstanceNorm{_dims}d": getattr(nn, k)(), _shape)


def loss(name, make, *inputs):
    """A loss with every reduction: value and the gradient of every floating input that is made as ("x", shape)."""
    for reduction in ("mean", "sum", "none"):

        @cases.case(f"{name} {reduction}", CASES)
        def run(torch, rng, reduction=reduction):
            given = [torch.tensor(make_input(rng), requires_grad=learns) for learns, make_input in inputs]
            result = make(torch.nn, reduction)(*given)
            (result * torch.tensor(rng.standard_normal(tuple(result.shape)))).sum().backward()
            found = {f"grad{i}": _array(x.grad) for i, x in enumerate(given) if x.grad is not None}
            return {"loss": _array(result), **found}


def _x(*shape):
    return True, lambda rng: rng.standard_normal(shape)


def _positive(*shape):
    return True, lambda rng: rng.random(shape) + 0.2


def _signs(*shape):
    return False, lambda rng: rng.integers(0, 2, shape) * 2.0 - 1


def _classes(n, *shape):
    return False, lambda rng: rng.integers(0, n, shape)


_labels = (False, lambda rng: np.array([[3, 0, -1, 1], [1, -1, 0, 0], [-1, 2, 3, 0]]))
_counts = (False, lambda rng: rng.integers(0, 6, (4, 5)).astype(float))

loss("MarginRankingLoss", lambda nn, r: nn.MarginRankingLoss(0.5, reduction=r), _x(5), _x(5), _signs(5))
loss("CosineEmbeddingLoss", lambda nn, r: nn.CosineEmbeddingLoss(0.2, reduction=r), _x(5, 3), _x(5, 3), _signs(5))
loss("HingeEmbeddingLoss", lambda nn, r: nn.HingeEmbeddingLoss(0.7, reduction=r), _x(4, 5), _signs(4, 5))
loss("SoftMarginLoss", lambda nn, r: nn.SoftMarginLoss(reduction=r), _x(4, 5), _signs(4, 5))
loss("MultiMarginLoss", lambda nn, r: nn.MultiMarginLoss(p=2, margin=0.6, reduction=r), _x(6, 5), _classes(5, 6))
loss("MultiLabelMarginLoss", lambda nn, r: nn.MultiLabelMarginLoss(reduction=r), _x(3, 4), _labels)
loss("MultiLabelSoftMarginLoss", lambda nn, r: nn.MultiLabelSoftMarginLoss(reduction=r), _x(4, 5), _classes(2, 4, 5))
loss("TripletMarginLoss", lambda nn, r: nn.TripletMarginLoss(0.8, swap=True, reduction=r), _x(4, 5), _x(4, 5), _x(4, 5))
loss(
    "TripletMarginWithDistanceLoss",
    lambda nn, r: nn.TripletMarginWithDistanceLoss(margin=2.0, reduction=r),
    _x(4, 5), _x(4, 5), _x(4, 5),
)  # fmt: skip
loss("PoissonNLLLoss", lambda nn, r: nn.PoissonNLLLoss(full=True, reduction=r), _x(4, 5), _counts)
loss("PoissonNLLLoss rates", lambda nn, r: nn.PoissonNLLLoss(False, reduction=r), _positive(4, 5), _counts)
loss("GaussianNLLLoss", lambda nn, r: nn.GaussianNLLLoss(full=True, reduction=r), _x(4, 5), _x(4, 5), _positive(4, 5))


def ctc(name, **options):
    """CTC behind log_softmax, for which its gradient is meant."""
    for reduction in ("mean", "sum", "none"):

        @cases.case(f"{name} {reduction}", CASES)
        def run(torch, rng, reduction=reduction):
            x = torch.tensor(rng.standard_normal((9, 3, 5)), requires_grad=True)
            targets = torch.tensor(np.array([[1, 1, 2, 4], [3, 4, 1, 0], [2, 2, 2, 2]]))
            lengths = torch.tensor([9, 7, 5]), torch.tensor([4, 3, 3])
            module = torch.nn.CTCLoss(reduction=reduction, **options)
            result = module(torch.nn.functional.log_softmax(x, -1), targets, *lengths)
            (result * torch.tensor(rng.standard_normal(tuple(result.shape)))).sum().backward()
            return {"loss": _array(result), "grad": _array(x.grad)}


ctc("CTCLoss")
ctc("CTCLoss zero_infinity", zero_infinity=True)


@cases.case("MaxUnpool2d", CASES)
def unpooled(torch, rng):
    """Pooling and its undoing."""
    x = torch.tensor(rng.standard_normal((2, 3, 5, 4)), requires_grad=True)
    y, at = torch.nn.MaxPool2d(2, return_indices=True)(x)
    z = torch.nn.MaxUnpool2d(2)(y, at, output_size=x.shape)
    (z * torch.tensor(rng.standard_normal(tuple(z.shape)))).sum().backward()
    return {"output": _array(z), "grad": _array(x.grad)}
