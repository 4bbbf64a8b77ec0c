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


def test_adaptive_log_softmax():
    """Frequent and rare classes are learnt; all log-probabilities are normalised, and agree with forward's."""
    torch.manual_seed(0)
    head = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5, 10, 15], div_value=2.0, head_bias=True)
    x, classes = rand(40, 8), torch.arange(40) % 20
    optimizer = torch.optim.Adam(head.parameters(), lr=0.1)
    seen = []
    for _ in range(80):
        loss = head(x, classes).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    assert seen[-1] < seen[0] / 3
    whole = head.log_prob(x)
    assert torch.allclose(whole.exp().sum(1), torch.ones(40))
    assert torch.allclose(whole.gather(1, classes[:, None])[:, 0], head(x, classes).output, atol=1e-5)
    assert head.predict(x).equal(whole.argmax(1))
    one = head(x[0], classes[0])
    assert one.output.shape == ()
    assert torch.allclose(one.output, whole[0, classes[0]], atol=1e-5)


@pytest.mark.parametrize("cutoffs", [[], [5, 3], [5, 5], [0, 5], [5, 20], [2.5]])
def test_adaptive_log_softmax_refuses_cutoffs(cutoffs):
    with pytest.raises(ValueError, match="cutoffs should be"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)


@pytest.mark.parametrize(
    ("input", "target"),
    [
        (torch.zeros(3, 8), torch.tensor([0, 1, 20])),
        (torch.zeros(3, 8), torch.tensor([0, 1])),
        (torch.zeros(3, 8), torch.tensor([[0, 1, 2]])),
        (torch.zeros(3, 8), torch.tensor(1)),
    ],
)
def test_adaptive_log_softmax_refuses_targets(input, target):
    with pytest.raises(RuntimeError, match=r"[Tt]arget"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 20, [5])(input, target)


def test_a_net_with_fractional_pooling_learns():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.FractionalMaxPool2d(2, output_ratio=(0.5, 0.5)), nn.Flatten(), nn.Linear(36, 2)
    )
    x, classes = rand(20, 1, 8, 8), torch.arange(20) % 2
    x = x + classes.view(20, 1, 1, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    seen = []
    for _ in range(40):
        loss = nn.functional.cross_entropy(net(x), classes)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(loss.item())
    assert seen[-1] < seen[0] / 2


@pytest.mark.parametrize("sizes", [{}, {"output_size": 2, "output_ratio": 0.5}, {"output_ratio": 1.5}])
def test_fractional_pooling_refuses(sizes):
    with pytest.raises(ValueError, match="output"):
        nn.FractionalMaxPool3d(2, **sizes)


def test_older_names_warn():
    with pytest.warns(FutureWarning, match="deprecated"):
        assert nn.init.constant(torch.zeros(2), 3).tolist() == [3, 3]
    with pytest.warns(FutureWarning, match="deprecated"):
        assert isinstance(nn.NLLLoss2d(), nn.NLLLoss)
    with pytest.warns(FutureWarning, match="deprecated"):
        assert list(nn.Container(a=nn.ReLU())._modules) == ["a"]


def test_memory_without_values():
    """`skip_init` draws nothing; `to_empty` leaves shapes and dtypes, in new memory."""
    torch.manual_seed(0)
    before = torch.get_rng_state()
    made = nn.utils.skip_init(nn.LSTM, 3, 4)
    assert before.equal(torch.get_rng_state())
    with nn.init._skipped():
        assert nn.init.normal_(torch.zeros(3)).tolist() == [0, 0, 0]
    assert nn.init.normal_(torch.zeros(3)).tolist() != [0, 0, 0]
    places = {name: p.data_ptr() for name, p in made.named_parameters()}
    assert made.double().to_empty(device="cpu") is made
    for name, p in made.named_parameters():
        assert p.dtype is torch.float64
        assert p.data_ptr() != places[name]
        assert p.requires_grad
