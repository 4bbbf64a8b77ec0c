"""A small residual network on the handwritten digits: augmentation, a one-cycle learning rate, a checkpoint.

    python examples/resnet_digits.py

Under a minute on two cores. It ends with status 1 if fewer than 98 % of the 359 held-out images are right.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn
from minitorch.utils.data import DataLoader, Dataset

DATA = Path(__file__).parent / "data" / "digits.npz"
EPOCHS, BATCH, RATE, TARGET = 16, 64, 0.1, 0.98


class Digits(Dataset):
    """Images (1, 8, 8) from 0 to 1 and labels; augmented ones are shifted and of another contrast each time."""

    def __init__(self, images, labels, augmented=False):
        self.images = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
        self.labels = torch.tensor(labels, dtype=torch.long)
        self.augmented = augmented

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.augmented:
            down, right = torch.randint(0, 3, (2,)).tolist()
            image = F.pad(image, (1, 1, 1, 1))[:, down : down + 8, right : right + 8]
            image = image * (0.8 + 0.4 * torch.rand(()))
        return image, self.labels[index]


class Residual(nn.Module):
    """Two convolutions beside a shortcut; a stride halves the image."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        out = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(out)) + self.shortcut(x))


class ResNet(nn.Module):
    """(n, 1, 8, 8) → scores of the ten digits (n, 10)."""

    def __init__(self, width=16):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU())
        self.stages = nn.Sequential(
            Residual(width, width), Residual(width, 2 * width, stride=2), Residual(2 * width, 4 * width, stride=2)
        )
        self.head = nn.Linear(4 * width, 10)
        self.apply(self._start)

    @staticmethod
    def _start(module):
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.stages(self.stem(x))
        return self.head(F.adaptive_avg_pool2d(x, 1).flatten(1))


def load():
    """The digits of the archive, four in five to learn from."""
    with np.load(DATA) as file:
        images, labels = file["images"], file["labels"]
    order = torch.randperm(len(images)).numpy()
    learn, test = order[359:], order[:359]
    return Digits(images[learn], labels[learn], augmented=True), Digits(images[test], labels[test])


def train(model, data):
    """SGD with momentum; the rate rises and falls once."""
    loader = DataLoader(data, batch_size=BATCH, shuffle=True, drop_last=True)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4, nesterov=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=RATE, epochs=EPOCHS, steps_per_epoch=len(loader), pct_start=0.2
    )
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        for images, labels in loader:
            loss = loss_of(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1:2d}: loss {total / len(loader):.4f}, rate {schedule.get_last_lr()[0]:.5f}", flush=True)


@torch.inference_mode()
def right(model, data):
    """How many images of the data the model knows."""
    model.eval()
    loader = DataLoader(data, batch_size=256)
    return sum((model(images).argmax(1) == labels).sum().item() for images, labels in loader)


def main():
    torch.manual_seed(0)
    data, test = load()
    model = ResNet()
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(data)} images to learn from")
    train(model, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet.pt"
        torch.save({"model": model.state_dict(), "epochs": EPOCHS}, path)
        loaded = ResNet()
        loaded.load_state_dict(torch.load(path)["model"])
    found = right(loaded, test)
    print(f"{found} of {len(test)} held-out images are right: {found / len(test):.2%}")
    if found < TARGET * len(test):
        sys.exit(f"The target is {TARGET:.0%}.")


if __name__ == "__main__":
    main()
