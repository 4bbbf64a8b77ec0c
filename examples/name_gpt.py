"""A small GPT that reads 284 names of plants, letter by letter, and writes new ones.

    python examples/name_gpt.py

A few seconds on two cores. The target: 32 names that it has not seen must be likelier to it than to a table of which
letter follows which. It ends with status 1 otherwise.
"""

import math
import sys
from dataclasses import dataclass
from pathlib import Path

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn

NAMES = Path(__file__).parent / "data" / "flowers.txt"
END = 0  # begins and ends a name; the letters are 1 to 26
STEPS, BATCH, RATE = 300, 64, 3e-3


@dataclass
class Config:
    vocabulary: int = 27
    length: int = 16
    layers: int = 2
    heads: int = 4
    width: int = 32
    dropout: float = 0.3


class Attention(nn.Module):
    """Every letter looks back at those before it: (n, t, width) → (n, t, width)."""

    def __init__(self, config):
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.project = nn.Linear(config.width, config.width)

    def forward(self, x):
        n, t, width = x.shape
        q, k, v = (part.view(n, t, self.heads, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.project(seen.transpose(1, 2).reshape(n, t, width))


class Block(nn.Module):
    """Attention, then a small network for each letter, both added to what came in."""

    def __init__(self, config):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(config.width), Attention(config)
        self.norm2 = nn.LayerNorm(config.width)
        self.mlp = nn.Sequential(
            nn.Linear(config.width, 4 * config.width), nn.GELU(), nn.Linear(4 * config.width, config.width)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.dropout(self.mlp(self.norm2(x)))


class GPT(nn.Module):
    """Letters (n, t) → scores of the letter that follows each (n, t, vocabulary)."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.letters = nn.Embedding(config.vocabulary, config.width)
        self.places = nn.Embedding(config.length, config.width)
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, config.vocabulary, bias=False)
        self.apply(self._start)
        self.head.weight = self.letters.weight  # one table for reading and writing

    @staticmethod
    def _start(module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, letters):
        x = self.letters(letters) + self.places(torch.arange(letters.size(1)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    @torch.no_grad()
    def generate(self, temperature=0.8, top_k=8):
        """A new name, drawn letter by letter from the likeliest."""
        self.eval()
        letters = torch.tensor([[END]])
        while letters.size(1) < self.config.length:
            scores = self(letters)[:, -1] / temperature
            least = scores.topk(top_k).values[:, [-1]]
            chances = scores.masked_fill(scores < least, -math.inf).softmax(-1)
            drawn = torch.multinomial(chances, num_samples=1)
            if drawn.item() == END:
                break
            letters = torch.cat((letters, drawn), dim=1)
        return "".join(chr(96 + i) for i in letters[0, 1:].tolist())


def as_tensors(names, length):
    """What is read and what comes next, (n, length) each; -1 is not counted."""
    inputs = torch.zeros(len(names), length, dtype=torch.long)
    targets = torch.full((len(names), length), -1)
    for i, name in enumerate(names):
        codes = torch.tensor([ord(c) - 96 for c in name])
        inputs[i, 1 : len(name) + 1] = codes
        targets[i, : len(name)] = codes
        targets[i, len(name)] = END
    return inputs, targets


def loss_of(scores, targets):
    """Nats per letter."""
    return F.cross_entropy(scores.flatten(0, 1), targets.flatten(), ignore_index=-1)


def table_of_pairs(inputs, targets):
    """log P(next letter | letter), (27, 27), by counting."""
    known = targets >= 0
    counts = torch.ones(27, 27)
    counts.index_put_((inputs[known], targets[known]), torch.ones(int(known.sum())), accumulate=True)
    return (counts / counts.sum(1, keepdim=True)).log()


def train(model, inputs, targets):
    """AdamW with a warm-up and a cosine; weights of matrices decay, others do not."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.99))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda i: min((i + 1) / 50, 0.5 + 0.5 * math.cos(math.pi * i / STEPS))
    )
    model.train()
    for i in range(STEPS):
        chosen = torch.randint(len(inputs), (BATCH,))
        loss = loss_of(model(inputs[chosen]), targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (i + 1) % 100 == 0:
            print(f"step {i + 1}: {loss.item():.3f} nats per letter")


def main():
    torch.manual_seed(0)
    names = NAMES.read_text().split()
    order = torch.randperm(len(names)).tolist()
    config = Config(length=max(map(len, names)) + 1)
    held_out, seen = ([names[i] for i in part] for part in (order[:32], order[32:]))
    inputs, targets = as_tensors(seen, config.length)
    test_inputs, test_targets = as_tensors(held_out, config.length)
    model = GPT(config)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(seen)} names to learn from\n")
    train(model, inputs, targets)

    model.eval()
    with torch.no_grad():
        found = loss_of(model(test_inputs), test_targets).item()
    pairs = loss_of(table_of_pairs(inputs, targets)[test_inputs], test_targets).item()
    print(f"\n{len(held_out)} names it has not seen: {found:.3f} nats per letter; by pairs of letters {pairs:.3f}")
    drawn = [model.generate() for _ in range(40)]
    print("new names:", ", ".join(sorted({name for name in drawn if name not in names})[:16]))
    if found >= pairs:
        sys.exit("The target is to be better than pairs of letters.")


if __name__ == "__main__":
    main()
