"""Training really lowers the loss: with every layer, every loss and every optimizer."""

import pytest

import minitorch as torch
from minitorch import nn


def fall(model, inputs, loss, optimizer=None, steps=30):
    """The loss before and after some steps."""
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=0.03)
    history = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(model(inputs))
        value.backward()
        optimizer.step()
        history.append(value.item())
    return history[0], history[-1]


class Pooled(nn.Module):
    """A layer between a convolution and a linear map."""

    def __init__(self, layer, features):
        super().__init__()
        self.first, self.layer, self.last = nn.Conv2d(1, 4, 3, padding=1), layer, nn.Linear(features, 2)

    def forward(self, x):
        return self.last(self.layer(self.first(x)).flatten(1))


IMAGE_LAYERS = {
    "Conv2d": lambda: (nn.Conv2d(4, 4, 3, padding=1), 144),
    "ConvTranspose2d": lambda: (nn.ConvTranspose2d(4, 2, 2), 98),
    "MaxPool2d": lambda: (nn.MaxPool2d(2), 36),
    "AvgPool2d": lambda: (nn.AvgPool2d(2), 36),
    "AdaptiveAvgPool2d": lambda: (nn.AdaptiveAvgPool2d(2), 16),
    "BatchNorm2d": lambda: (nn.BatchNorm2d(4), 144),
    "GroupNorm": lambda: (nn.GroupNorm(2, 4), 144),
    "Dropout": lambda: (nn.Dropout(0.2), 144),
    "Flatten": lambda: (nn.Flatten(), 144),
    "Identity": lambda: (nn.Identity(), 144),
}


@pytest.mark.parametrize("name", IMAGE_LAYERS)
def test_layers_of_images(name):
    x, y = torch.randn(16, 1, 6, 6), torch.randint(0, 2, (16,))
    before, after = fall(Pooled(*IMAGE_LAYERS[name]()), x, lambda out: nn.functional.cross_entropy(out, y))
    assert after < before / 2


VECTOR_LAYERS = {
    "Linear": lambda: nn.Linear(8, 8),
    "LayerNorm": lambda: nn.LayerNorm(8),
    "RMSNorm": lambda: nn.RMSNorm(8),
    "BatchNorm1d": lambda: nn.BatchNorm1d(8),
    **{
        name: getattr(nn, name)
        for name in ("ReLU", "LeakyReLU", "GELU", "SiLU", "Sigmoid", "Tanh", "ELU", "PReLU", "Mish")
    },
    "Softmax": lambda: nn.Softmax(1),
    "LogSoftmax": lambda: nn.LogSoftmax(1),
}


@pytest.mark.parametrize("name", VECTOR_LAYERS)
def test_layers_of_vectors(name):
    model = nn.Sequential(nn.Linear(3, 8), VECTOR_LAYERS[name](), nn.Linear(8, 1))
    x = torch.randn(32, 3)
    y = x.sum(1, keepdim=True).sin()
    before, after = fall(model, x, lambda out: nn.functional.mse_loss(out, y), steps=80)
    assert after < before / 2


def test_conv1d_and_embedding():
    model = nn.Sequential(
        nn.Embedding(5, 4), nn.Flatten(), nn.Unflatten(1, (6, 4)), nn.Conv1d(6, 3, 2), nn.Flatten(), nn.Linear(9, 2)
    )
    x, y = torch.randint(0, 5, (16, 6)), torch.randint(0, 2, (16,))
    before, after = fall(model, x, lambda out: nn.functional.cross_entropy(out, y))
    assert after < before / 2


def _classes():
    return torch.arange(16) % 4


LOSSES = {
    "MSELoss": lambda: (nn.MSELoss(), torch.randn(16, 4)),
    "L1Loss": lambda: (nn.L1Loss(), torch.randn(16, 4)),
    "SmoothL1Loss": lambda: (nn.SmoothL1Loss(), torch.randn(16, 4)),
    "HuberLoss": lambda: (nn.HuberLoss(), torch.randn(16, 4)),
    "CrossEntropyLoss": lambda: (nn.CrossEntropyLoss(), _classes()),
    "CrossEntropyLoss smoothed": lambda: (nn.CrossEntropyLoss(label_smoothing=0.01), _classes()),
    "NLLLoss": lambda: (lambda out, y: nn.NLLLoss()(out.log_softmax(1), y), _classes()),
    "BCELoss": lambda: (lambda out, y: nn.BCELoss()(out.sigmoid(), y), (torch.rand(16, 4) > 0.5).float()),
    "BCEWithLogitsLoss": lambda: (nn.BCEWithLogitsLoss(), (torch.rand(16, 4) > 0.5).float()),
    "KLDivLoss": lambda: (
        lambda out, y: nn.KLDivLoss(reduction="batchmean")(out.log_softmax(1), y), (torch.randn(16, 4) * 3).softmax(1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name):
    loss, target = LOSSES[name]()
    model = nn.Embedding(16, 4)  # a free row for every sample: each can be fitted
    before, after = fall(
        model, torch.arange(16), lambda out: loss(out, target), torch.optim.Adam(model.parameters(), lr=0.2), 60
    )
    assert after < before / 3


OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
    "SGD momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "SGD nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "Adam amsgrad": lambda p: torch.optim.Adam(p, lr=0.05, amsgrad=True),
    "AdamW": lambda p: torch.optim.AdamW(p, lr=0.05),
    "Adamax": lambda p: torch.optim.Adamax(p, lr=0.1),
    "NAdam": lambda p: torch.optim.NAdam(p, lr=0.05),
    "RAdam": lambda p: torch.optim.RAdam(p, lr=0.1),
    "Adagrad": lambda p: torch.optim.Adagrad(p, lr=0.5),
    "Adadelta": lambda p: torch.optim.Adadelta(p, lr=10.0),
    "RMSprop": lambda p: torch.optim.RMSprop(p, lr=0.05),
    "RMSprop centered": lambda p: torch.optim.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "Rprop": lambda p: torch.optim.Rprop(p),
    "ASGD": lambda p: torch.optim.ASGD(p, lr=0.1),
    "Adafactor": lambda p: torch.optim.Adafactor(p, lr=0.3),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    x = torch.randn(64, 3)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 1
    model = nn.Linear(3, 1)
    before, after = fall(
        model, x, lambda out: nn.functional.mse_loss(out, y), OPTIMIZERS[name](model.parameters()), 120
    )
    assert after < before / 20


def test_lbfgs():
    x = torch.randn(64, 3)
    y = (x @ torch.tensor([[1.0], [-2.0], [0.5]])).sin()
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = torch.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(10)]
    assert losses[-1] < losses[0] / 100


def test_muon():
    x, y = torch.randn(64, 4), torch.randn(4, 3)
    model = nn.Linear(4, 3, bias=False)
    optimizer = torch.optim.Muon(model.parameters(), lr=0.1, weight_decay=0)
    before, after = fall(model, x, lambda out: nn.functional.mse_loss(out, x @ y), optimizer, 100)
    assert after < before / 20


def test_sparse_adam_is_refused():
    with pytest.raises(NotImplementedError, match="no sparse tensors"):
        torch.optim.SparseAdam([torch.ones(2, requires_grad=True)])


@pytest.mark.parametrize("order", ["rows", "columns", "gaps"])
def test_a_step_does_not_depend_on_the_order_of_memory(order):
    def run(arrange):
        p = torch.nn.Parameter(arrange(torch.arange(12.0).reshape(3, 4)))
        optimizer = torch.optim.NAdam([p], lr=0.1)
        for _ in range(3):
            p.grad = arrange(torch.arange(12.0).reshape(3, 4).cos())
            optimizer.step()
        return p.tolist()

    arrange = {
        "rows": lambda x: x,
        "columns": lambda x: x.T.contiguous().T,
        "gaps": lambda x: torch.stack([x, x], 2)[:, :, 0],
    }
    assert run(arrange[order]) == run(lambda x: x)


def test_state_of_an_optimizer_goes_on_where_it_stopped():
    def run(interrupted):
        torch.manual_seed(1)
        model = nn.Linear(3, 1)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        x, y = torch.randn(8, 3), torch.randn(8, 1)
        for step in range(6):
            if interrupted and step == 3:
                weights, state = model.state_dict(), optimizer.state_dict()
                model = nn.Linear(3, 1)
                model.load_state_dict(weights)
                optimizer = torch.optim.Adam(model.parameters(), lr=7.0)
                optimizer.load_state_dict(state)
            optimizer.zero_grad()
            nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
        return model.weight.tolist()

    assert run(True) == run(False)
