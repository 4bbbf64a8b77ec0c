"""Every new loss falls when its inputs are trained, and so does a net of the new layers."""

import pytest

import minitorch as torch
from minitorch import nn

G = torch.Generator().manual_seed(3)


def rand(*shape):
    return torch.randn(*shape, generator=G)


SIGNS = torch.tensor([1.0, -1.0, 1.0, -1.0])
LENGTHS = torch.tensor([9, 8, 9, 7]), torch.tensor([3, 2, 3, 1])
LABELS = torch.tensor([[1, 1, 2], [2, 3, 0], [3, 1, 3], [2, 0, 0]])

LOSSES = {
    "MarginRankingLoss": lambda x: nn.MarginRankingLoss(0.5)(x[:, 0], x[:, 1], SIGNS),
    "CosineEmbeddingLoss": lambda x: nn.CosineEmbeddingLoss()(x[:, :3], x[:, 3:6], SIGNS),
    "HingeEmbeddingLoss": lambda x: nn.HingeEmbeddingLoss()(x[:, 0].abs(), SIGNS),
    "SoftMarginLoss": lambda x: nn.SoftMarginLoss()(x[:, 0], SIGNS),
    "MultiMarginLoss": lambda x: nn.MultiMarginLoss()(x, torch.tensor([0, 1, 2, 3])),
    "MultiLabelMarginLoss": lambda x: nn.MultiLabelMarginLoss()(x[:, :3], torch.tensor([[0, -1, 0]] * 4)),
    "MultiLabelSoftMarginLoss": lambda x: nn.MultiLabelSoftMarginLoss()(x[:, :2], torch.tensor([[0.0, 1.0]] * 4)),
    "TripletMarginLoss": lambda x: nn.TripletMarginLoss()(x[:, :2], x[:, 2:4], x[:, 4:6]),
    "TripletMarginWithDistanceLoss": lambda x: nn.TripletMarginWithDistanceLoss()(x[:, :2], x[:, 2:4], x[:, 4:6]),
    "PoissonNLLLoss": lambda x: nn.PoissonNLLLoss()(x[:, 0], torch.tensor([0.0, 1.0, 4.0, 9.0])),
    "GaussianNLLLoss": lambda x: nn.GaussianNLLLoss()(x[:, 0], SIGNS * 3, x[:, 1].exp()),
    "CTCLoss": lambda x: nn.CTCLoss()(x.view(4, 9, 4).transpose(0, 1).log_softmax(-1), LABELS, *LENGTHS),
}


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_falls(name):
    x = rand(4, 36).requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.1)
    seen = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = LOSSES[name](x)
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    assert seen[-1] < seen[0] - 0.1 * abs(seen[0])


def test_a_net_of_the_new_layers_learns():
    """Which of two stripes an image has: padding, lazy layers, instance norm, pixel shuffle, upsampling, unpooling."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.ReflectionPad2d(1),
        nn.LazyConv2d(8, 3),
        nn.LazyInstanceNorm2d(),
        nn.RReLU(),
        nn.PixelShuffle(2),
        nn.Upsample(scale_factor=0.5, mode="bilinear"),
        nn.LazyBatchNorm2d(),
        nn.LPPool2d(2, 2),
        nn.Flatten(),
        nn.LazyLinear(2),
    )
    x, target = rand(32, 1, 8, 8) * 0.3, torch.arange(32) % 2
    x[0::2, :, 2] += 1
    x[1::2, :, :, 2] += 1
    net(x)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(25):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), target)
        loss.backward()
        optimizer.step()
    net.eval()
    assert (net(x).argmax(1) == target).sum().item() >= 30


def test_unpooling_decodes():
    """An autoencoder whose decoder puts maxima back to where they were found."""
    pool, unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    x = torch.zeros(1, 1, 4, 4)
    x[0, 0, 1, 2] = 5.0
    assert torch.equal(unpool(*pool(x)), x)


def test_least_squares_by_gradient_and_by_linalg():
    a, b = rand(20, 3), rand(20, 1)
    exact = torch.linalg.lstsq(a, b).solution
    x = torch.zeros(3, 1, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.02)
    for _ in range(400):
        optimizer.zero_grad()
        (a @ x - b).square().sum().backward()
        optimizer.step()
    assert torch.allclose(x, exact, atol=1e-4)
