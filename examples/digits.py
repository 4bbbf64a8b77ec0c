"""Train a small convolutional network on 1,438 handwritten digits and test it on 359 others.

Run `make demo`, or this file: under a minute on two cores. It ends with status 1 if fewer than 98 % are right.
"""

import math
import sys
import time
from pathlib import Path

import numpy as np

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn
from minitorch.viz import draw_graph

try:
    from tqdm import tqdm
except ImportError:
    tqdm = None

try:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt
except ImportError:
    plt = None

DATA = Path(__file__).parent / "data" / "digits.npz"
OUT = Path("runs") / "digits"
EPOCHS, BATCH, RATE, TARGET = 20, 32, 0.05, 0.98


class DigitNet(nn.Module):
    """Two convolutions, then two linear layers: (n, 1, 8, 8) → (n, 10)."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(32)
        self.pool = nn.MaxPool2d(2)
        self.dropout = nn.Dropout(0.25)
        self.linear1 = nn.Linear(32 * 2 * 2, 64)
        self.linear2 = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.norm1(self.conv1(x))))
        x = self.pool(F.relu(self.norm2(self.conv2(x))))
        x = self.dropout(x.flatten(1))
        return self.linear2(F.relu(self.linear1(x)))


# ---------------------------------------------------------------- data


def load():
    """Images (n, 1, 8, 8) from 0 to 1 and their labels, in two parts: to train on, and a fifth to test on."""
    data = np.load(DATA)
    images = torch.from_numpy(data["images"]).float().view(-1, 1, 8, 8) / 16
    labels = torch.from_numpy(data["labels"]).long()
    order = torch.randperm(len(images))
    held_out = round(len(images) / 5)
    train, test = order[held_out:], order[:held_out]
    return images[train], labels[train], images[test], labels[test]


# ---------------------------------------------------------------- training


def train(model, images, labels):
    """Train with momentum and a rate that falls along a cosine; returns the loss of every step."""
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, nesterov=True, weight_decay=5e-4)
    losses, epoch_steps = [], math.ceil(len(images) / BATCH)
    bar = tqdm(range(EPOCHS), unit="epoch", ncols=100) if tqdm else range(EPOCHS)
    for epoch in bar:
        for group in optimizer.param_groups:
            group["lr"] = RATE * (1 + math.cos(math.pi * epoch / EPOCHS)) / 2
        start, right = time.perf_counter(), 0
        model.train()
        order = torch.randperm(len(images))
        for i in range(0, len(images), BATCH):
            batch = order[i : i + BATCH]
            loss, hits = step(model, optimizer, images[batch], labels[batch])
            losses.append(loss)
            right += hits
        speed = len(images) / (time.perf_counter() - start)
        tell(bar, epoch, np.mean(losses[-epoch_steps:]), right / len(images), speed)
    return losses


def step(model, optimizer, images, labels):
    """One step of training: the loss, and how many were right."""
    optimizer.zero_grad()
    scores = model(images)
    loss = F.cross_entropy(scores, labels)
    loss.backward()
    optimizer.step()
    return loss.item(), (scores.argmax(1) == labels).sum().item()


def tell(bar, epoch, loss, accuracy, speed):
    """Progress of one epoch, on the bar or as a line."""
    text = f"loss {loss:.3f}, accuracy {accuracy:.1%}, {speed:,.0f} images/s"
    if tqdm:
        bar.set_postfix_str(text)
    else:
        print(f"epoch {epoch + 1:2d}: {text}", flush=True)


@torch.no_grad()
def predict(model, images):
    """The digit that each image shows, as the model sees it: (n,) int64."""
    model.eval()
    return model(images).argmax(1)


# ---------------------------------------------------------------- what is shown


def print_confusion(labels, guesses):
    """How often each digit (row) was taken for each (column)."""
    table = torch.zeros(100, dtype=torch.int64).scatter_add(0, 10 * labels + guesses, torch.ones_like(labels))
    print("\ndigit  taken for\n     " + "".join(f"{digit:5d}" for digit in range(10)))
    for digit, row in enumerate(table.view(10, 10).tolist()):
        print(f"{digit:5d}" + "".join(f"{count or '.':>5}" for count in row))


def draw_losses(losses, path):
    """The loss of every step, and its running mean."""
    figure, axes = plt.subplots(figsize=(7, 4))
    axes.plot(losses, color="#a5d8ff", linewidth=0.8, label="each step")
    window = min(45, len(losses))  # an epoch
    mean = np.convolve(losses, np.full(window, 1 / window), mode="valid")
    axes.plot(np.arange(len(mean)) + window - 1, mean, color="#1864ab", label=f"mean of {window}")
    axes.set(xlabel="step", ylabel="cross-entropy", yscale="log", title="Training loss")
    axes.legend()
    save(figure, path)


def draw_predictions(images, labels, guesses, path, count=60):
    """Test images with what the model took them for; all mistakes come first, in red."""
    wrong = (labels != guesses).numpy()
    chosen = np.argsort(~wrong, kind="stable")[:count]
    figure, grid = plt.subplots(6, count // 6, figsize=(10, 7))
    for axes, i in zip(grid.flat, chosen, strict=True):
        axes.imshow(images[i, 0].numpy(), cmap="gray_r")
        title = f"{guesses[i].item()}, is {labels[i].item()}" if wrong[i] else str(guesses[i].item())
        axes.set_title(title, color="#c92a2a" if wrong[i] else "black", fontsize=9)
        axes.axis("off")
    save(figure, path)


def save(figure, path):
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_one_step(model, images, labels, path):
    """The graph that one step of training leaves for backward."""
    model.train()
    loss = F.cross_entropy(model(images), labels)
    draw_graph(loss, path, params=dict(model.named_parameters()))


# ---------------------------------------------------------------- the run


def main():
    start = time.perf_counter()
    torch.manual_seed(0)
    images, labels, test_images, test_labels = load()
    model = DigitNet()
    print(model)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(images)} images to train on\n")
    losses = train(model, images, labels)
    guesses = predict(model, test_images)
    print_confusion(test_labels, guesses)
    right = (guesses == test_labels).sum().item()
    print(f"\n{right} of {len(test_labels)} held-out images are right: {right / len(test_labels):.2%}")
    OUT.mkdir(parents=True, exist_ok=True)
    draw_one_step(model, images[:BATCH], labels[:BATCH], OUT / "graph.svg")
    if plt:
        draw_losses(losses, OUT / "loss_curve.png")
        draw_predictions(test_images, test_labels, guesses, OUT / "predictions.png")
    print(f"{time.perf_counter() - start:.1f} seconds in all; pictures:")
    for path in sorted(OUT.iterdir()):
        print(f"  {path}")
    if right < TARGET * len(test_labels):
        sys.exit(f"The target is {TARGET:.0%}.")


if __name__ == "__main__":
    main()
