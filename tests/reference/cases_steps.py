"""Twenty steps of training from one seed: the losses of an MLP, a convolutional network with dropout and an LSTM.

As in cases_programs.py; the numbers lie in steps.npz. No weights are copied: first parameters, data, shuffling and
dropout all come from `torch.manual_seed`, and the losses have to agree to RELATIVE at every step.
"""

import numpy as np

RELATIVE = 1e-5
STEPS = 20
SEED = 0  # from one seed of nine a ReLU met its kink, and PyTorch with one thread left PyTorch with two by a percent
CASES = {}


def training(prepare):
    """Register a training: `prepare(torch)` gives parameters' owner, optimizer, and the loss of the next batch."""

    def losses(torch):
        torch.manual_seed(SEED)
        model, optimizer, loss = prepare(torch)
        model.train()
        found = []
        for _ in range(STEPS):
            optimizer.zero_grad()
            value = loss()
            value.backward()
            optimizer.step()
            found.append(value.item())
        return {"losses": np.array(found)}

    CASES[prepare.__name__] = losses
    return prepare


def _batches(torch, *tensors, batch_size):
    """Shuffled batches without an end."""
    data = torch.utils.data.TensorDataset(*tensors)
    loader = torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True, drop_last=True)
    while True:
        yield from loader


@training
def mlp(torch):
    nn = torch.nn
    x = torch.randn(256, 20)
    y = x[:, :3].sum(1, keepdim=True).sin() + 0.1 * torch.randn(256, 1)
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    batches = _batches(torch, x, y, batch_size=32)

    def loss():
        inputs, wanted = next(batches)
        return nn.functional.mse_loss(model(inputs), wanted)

    return model, torch.optim.Adam(model.parameters(), lr=0.01), loss


@training
def convnet(torch):
    nn = torch.nn
    x, y = torch.rand(128, 1, 16, 16), torch.randint(0, 10, (128,))
    x[torch.arange(128), 0, y + 3] += 1.0  # a bright row tells the class
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.25),
        nn.Conv2d(8, 16, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(16 * 6 * 6, 10),
    )
    batches = _batches(torch, x, y, batch_size=16)

    def loss():
        images, labels = next(batches)
        return nn.functional.cross_entropy(model(images), labels)

    return model, torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9), loss


@training
def lstm(torch):
    nn = torch.nn
    text = (torch.randint(0, 12, (64, 1)) + torch.arange(15) * torch.randint(1, 3, (64, 1))) % 12  # one counts by twos
    model = nn.ModuleDict(
        {
            "embed": nn.Embedding(12, 16),
            "lstm": nn.LSTM(16, 32, num_layers=2, batch_first=True, dropout=0.2),
            "head": nn.Linear(32, 12),
        }
    )
    batches = _batches(torch, text, batch_size=8)

    def loss():
        (words,) = next(batches)
        out, _ = model["lstm"](model["embed"](words[:, :-1]))
        return nn.functional.cross_entropy(model["head"](out).reshape(-1, 12), words[:, 1:].reshape(-1))

    return model, torch.optim.AdamW(model.parameters(), lr=0.02), loss
