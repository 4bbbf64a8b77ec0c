"""The workloads: each a program for PyTorch's interface that makes a model and returns its training (or inference)
step.

`WORKLOADS[name](torch)` builds it on the library it is given; the same lines run on every one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

Step = Callable[[], Any]
WORKLOADS: dict[str, Callable[[Any], Step]] = {}


def workload(build: Callable[[Any], Step]) -> Callable[[Any], Step]:
    """Enter a builder under its name."""
    WORKLOADS[build.__name__] = build
    return build


def training(torch: Any, model: Any, optimizer: Any, loss_of: Any, x: Any, y: Any) -> Step:
    """The usual step."""

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def mlp(torch: Any, *widths: int) -> Any:
    """Linear layers with ReLU between them."""
    layers: list[Any] = []
    for a, b in itertools.pairwise(widths):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


@workload
def polynomial(torch: Any) -> Step:
    """The fit of a cubic to sin(x), 2,000 points, with four scalar parameters and manual updates."""
    x = torch.linspace(-math.pi, math.pi, 2000)
    y = torch.sin(x)
    a, b, c, d = [torch.randn((), requires_grad=True) for _ in range(4)]

    def step() -> Any:
        loss = (a + b * x + c * x**2 + d * x**3 - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 1e-6 * p.grad
                p.grad = None
        return loss

    return step


@workload
def mlp_tiny(torch: Any) -> Step:
    """MLP 2-16-16-2, batch 32, SGD with momentum."""
    model = mlp(torch, 2, 16, 16, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    x, y = torch.randn(32, 2), torch.randint(0, 2, (32,))
    return training(torch, model, optimizer, torch.nn.CrossEntropyLoss(), x, y)


@workload
def rl_step(torch: Any) -> Step:
    """A small agent's network 4-64-64-2, batch 64, Huber loss, Adam."""
    model = mlp(torch, 4, 64, 64, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    states, actions, targets = torch.randn(64, 4), torch.randint(0, 2, (64, 1)), torch.randn(64, 1)

    def step() -> Any:
        values = model(states).gather(1, actions)
        loss = torch.nn.functional.smooth_l1_loss(values, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    return step


@workload
def rl_inference(torch: Any) -> Step:
    """The same network, one observation, the best action as a Python number."""
    model = mlp(torch, 4, 64, 64, 2)
    state = torch.randn(1, 4)

    def step() -> Any:
        with torch.no_grad():
            return model(state).argmax(1).item()

    return step


@workload
def mlp_784(torch: Any) -> Step:
    """MLP 784-128-64-10, batch 64, SGD."""
    model = mlp(torch, 784, 128, 64, 10)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = torch.randn(64, 784), torch.randint(0, 10, (64,))
    return training(torch, model, optimizer, torch.nn.CrossEntropyLoss(), x, y)


@workload
def mlp_1024(torch: Any) -> Step:
    """MLP with three layers of 1024, batch 128, Adam."""
    model = mlp(torch, 1024, 1024, 1024, 1024)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.randn(128, 1024), torch.randint(0, 1024, (128,))
    return training(torch, model, optimizer, torch.nn.CrossEntropyLoss(), x, y)


@workload
def convnet(torch: Any) -> Step:
    """The MNIST convnet: 32 and 64 filters, pooling, dropout, two linear layers; batch 64, SGD with momentum."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(9216, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    return training(torch, model, optimizer, nn.CrossEntropyLoss(), x, y)


def residual_block(torch: Any, inputs: int, outputs: int, stride: int) -> Any:
    """Two 3x3 convolutions with batch norm, beside a shortcut."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(outputs)
            self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(outputs)
            self.shortcut: Any = nn.Identity()
            if stride != 1 or inputs != outputs:
                shorter = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
                self.shortcut = nn.Sequential(shorter, nn.BatchNorm2d(outputs))

        def forward(self, x: Any) -> Any:
            out = torch.relu(self.bn1(self.conv1(x)))
            return torch.relu(self.bn2(self.conv2(out)) + self.shortcut(x))

    return Block()


@workload
def resnet(torch: Any) -> Step:
    """A small ResNet with batch norm: 16, 32 and 64 channels, two blocks each; 32x32 images, batch 8, SGD with
    momentum.
    """
    nn = torch.nn
    sizes = [(16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1)]
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        *[residual_block(torch, *size) for size in sizes],
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4)
    x, y = torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))
    return training(torch, model, optimizer, nn.CrossEntropyLoss(), x, y)


@workload
def lstm(torch: Any) -> Step:
    """An LSTM of width 128 over 64 steps, batch 32, and a linear layer on its last state; Adam."""
    nn = torch.nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(128, 128, batch_first=True)
            self.out = nn.Linear(128, 10)

        def forward(self, x: Any) -> Any:
            return self.out(self.lstm(x)[0][:, -1])

    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.randn(32, 64, 128), torch.randint(0, 10, (32,))
    return training(torch, model, optimizer, nn.CrossEntropyLoss(), x, y)


def transformer_block(torch: Any, width: int, heads: int) -> Any:
    """Causal attention and an MLP, each behind a layer norm."""
    nn, F = torch.nn, torch.nn.functional

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x: Any) -> Any:
            b, t, c = x.shape
            q, k, v = [h.view(b, t, heads, c // heads).transpose(1, 2) for h in self.qkv(self.ln1(x)).split(c, dim=2)]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.proj(y.transpose(1, 2).reshape(b, t, c))
            return x + self.down(F.gelu(self.up(self.ln2(x))))

    return Block()


@workload
def gpt(torch: Any) -> Step:
    """A character GPT: 4 layers, 4 heads, width 128, 64 tokens, 65 characters, batch 12, AdamW."""
    nn, F = torch.nn, torch.nn.functional
    vocabulary, width, tokens = 65, 128, 64

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(tokens, width)
            self.blocks = nn.ModuleList([transformer_block(torch, width, 4) for _ in range(4)])
            self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)

        def forward(self, ids: Any) -> Any:
            x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1]))
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    model = Model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1)
    ids, targets = torch.randint(0, vocabulary, (12, tokens)), torch.randint(0, vocabulary, (12, tokens))

    def step() -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(ids).view(-1, vocabulary), targets.view(-1))
        loss.backward()
        optimizer.step()
        return loss

    return step
