"""Random programs of operations, views, writes and backward passes, run by PyTorch and by minitorch.

After each program every tensor has the same numbers, version and place in the graph, the same gradient or none; what
one library refuses, the other refuses with an error of the same type. Left out, because the two differ on purpose: what
a backward pass that failed has written (here nothing), and what becomes of the views of a tensor that is detached; and
hooks on views, at which PyTorch 2.13 can crash.
"""

from __future__ import annotations

import random
import warnings
from typing import Any

import pytest

import minitorch

torch = pytest.importorskip("torch")

PROGRAMS = 350
SHAPES = ("4", "2, 3", "3, 2", "2, 2", "1, 3", "3")
RESULTS = """a * b|a + b|a - 2|2 / (a * a + 1)|a.exp()|a.sin()|a / (b * b + 1)|torch.relu(a)|a.sigmoid()|a.sum()
a.mean(0)|a.sum(-1, keepdim=True)|a.clone()|torch.maximum(a, b)|torch.where(a > 0, a, b)|a.cumsum(0)|a.softmax(-1)
torch.cat([a, a])|a.max()|a.abs()|a.pow(2)|torch.stack([a, a])|a.norm()|a.logsumexp(0)|a.prod()|a.std()"""
VIEWS = """a[0]|a[1:]|a.view(-1)|a.reshape(-1)|a.t()|a.T|a.unsqueeze(0)|a.squeeze()|a.detach()
a.transpose(0, -1)|a.narrow(0, 0, 1)|a.unbind(0)[0]|a.chunk(2)[0]|a.contiguous()|a.data|a.flatten()|a.view_as(a)|a[None]
a[[0]]|a.split(1)[-1]|a.select(0, 0)|a[..., None]|a[:, 0]"""
WRITES = """a.add_(1)|a.mul_(2)|a.mul_(b)|a.zero_()|a.copy_(b)|a.exp_()|a.add_(b)|a.relu_()|a.fill_(0.5)|a.clamp_(-1, 1)
a.masked_fill_(a > 0, 0.0)|a.sigmoid_()|a.unsqueeze_(0)|a.data.add_(1)|a.neg_()|a.sub_(b)
a.index_add_(0, torch.tensor([0]), a[:1])"""
STATEMENTS = """a[0] = 1.5|a[0] = b.sum()|a += 1|a *= b|a.grad = None|a.grad = torch.ones_like(a)"""
PASSES = """a.sum().backward()|a.sum().backward(retain_graph=True)|(a * a).sum().backward()
a.backward(torch.ones_like(a))|torch.autograd.backward([a.sum(), b.sum()])
seen.append([shown(g) for g in torch.autograd.grad(a.sum(), [b], allow_unused=True)])
torch.autograd.grad((a**3).sum(), [b], create_graph=True)[0].sum().backward()"""
KINDS = [
    [line for row in text.split("\n") for line in row.split("|")]
    for text in (RESULTS, VIEWS, WRITES, STATEMENTS, PASSES)
]


def written(seed: int) -> list[str]:
    """A program of 6 to 17 lines; `made` holds its tensors."""
    rng = random.Random(seed)
    lines = [f"made.append(torch.randn({rng.choice(SHAPES)}, requires_grad={rng.random() < 0.7}))" for _ in range(3)]
    count = len(lines)
    for _ in range(rng.randint(4, 14)):
        kind = rng.choices(range(5), (24, 22, 24, 12, 18))[0]
        line = rng.choice(KINDS[kind])
        lines.append(f"a, b = made[{rng.randrange(count)}], made[{rng.randrange(count)}]")
        if kind < 2:
            count += 1
            line = f"made.append(a); made[-1] = {line}"
            if rng.random() < 0.1:
                line = f"made.append(a); exec('with torch.no_grad(): made[-1] = {line[25:]}')"
        lines.append(line)
    return lines


def run(library: Any, lines: list[str]) -> list[Any]:
    """What a program shows: errors and gradients, and each tensor at its end, if no backward pass failed."""
    library.manual_seed(0)
    seen: list[Any] = []
    names: dict[str, Any] = {"torch": library, "made": [], "seen": seen, "shown": shown}
    for i, line in enumerate(lines):
        try:
            exec(line, names)
        except Exception as error:
            kind = RuntimeError if isinstance(error, RuntimeError) else type(error)
            seen.append((i, kind.__name__))
            if "backward" in line or "grad(" in line:
                return seen
    return [*seen, *[place(x) for x in names["made"]]]


def shown(x: Any) -> Any:
    """Shape and numbers, to three digits."""
    if x is None:
        return None
    return list(x.shape), [f"{v:.3g}" if abs(v) > 1e-5 else "0" for v in x.detach().reshape(-1).tolist()]


def place(x: Any) -> Any:
    """The numbers, the version, the node and the gradient of a tensor; of a view that is refused, the error's type."""
    try:
        node = x.grad_fn
    except RuntimeError:
        return "refused"
    name = node and node.name().replace("ReshapeAlias", "View")  # PyTorch's word for some of those of reshape
    return shown(x), x.requires_grad, x.is_leaf, x._version, name, shown(x.grad)


@pytest.mark.parametrize("start", range(0, PROGRAMS, 50))
def test_random_programs(start: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for seed in range(start, start + 50):
            lines = written(seed)
            assert run(minitorch, lines) == run(torch, lines), "\n".join([f"program {seed}", *lines])
