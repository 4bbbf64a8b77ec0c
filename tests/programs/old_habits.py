"""Habits of older repositories and of private names: an optimizer in the order of PyTorch's first years, an average of
weights by operations on lists, a reversible block that plays its random numbers again, trees of batches."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.optimizer import Optimizer
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten
from torch.utils.checkpoint import get_device_states, set_device_states


class Rectified(Optimizer):
    def __init__(self, params, lr=0.05, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.01, k=3, alpha=0.5):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, k=k, alpha=alpha))

    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["exp_avg"] = torch.zeros_like(p.data)
                    state["exp_avg_sq"] = torch.zeros_like(p.data)
                    state["slow"] = p.data.clone()
                state["step"] += 1
                state["exp_avg"].mul_(beta1).add_(1 - beta1, p.grad.data)
                state["exp_avg_sq"].mul_(beta2).addcmul_(1 - beta2, p.grad.data, p.grad.data)
                p.data.add_(-group["weight_decay"] * group["lr"], p.data)
                denom = state["exp_avg_sq"].sqrt().add_(group["eps"])
                p.data.addcdiv_(-group["lr"] / (1 - beta1 ** state["step"]), state["exp_avg"], denom)
                if state["step"] % group["k"] == 0:
                    state["slow"].add_(group["alpha"], p.data - state["slow"])
                    p.data.copy_(state["slow"])
        return loss


class Replayed(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x, again=False):
        if not again:
            self.cpu_state, (self.devices, self.states) = torch.get_rng_state(), get_device_states(x)
            return self.inner(x)
        with torch.random.fork_rng(devices=self.devices, enabled=True):
            torch.set_rng_state(self.cpu_state)
            set_device_states(self.devices, self.states)
            return self.inner(x)


class Reversible(nn.Module):
    def __init__(self, dim):
        super().__init__()
        make = lambda: Replayed(nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, dim), nn.GELU(), nn.Dropout(0.2)))
        self.f, self.g = make(), make()

    def forward(self, x):
        x1, x2 = torch.chunk(x, 2, dim=-1)
        y1 = x1 + self.f(x2)
        return torch.cat([y1, x2 + self.g(y1)], dim=-1)

    def backward_pass(self, y):
        y1, y2 = torch.chunk(y, 2, dim=-1)
        x2 = y2 - self.g(y1, again=True)
        return torch.cat([y1 - self.f(x2, again=True), x2], dim=-1)


torch.manual_seed(0)
body, head = Reversible(6), nn.Linear(12, 3)
model = nn.Sequential(body, head)
batch = {"inputs": torch.randn(24, 12), "labels": [torch.randint(0, 3, (24,)), {"weight": torch.rand(24)}]}
leaves, form = tree_flatten(batch)
print(form)
batch = tree_unflatten([leaf.double().float() if leaf.is_floating_point() else leaf for leaf in leaves], form)
print(tree_map(lambda leaf: tuple(leaf.shape), batch))

optimizer = Rectified(model.parameters())
average = [p.detach().clone() for p in model.parameters()]
for step in range(7):
    labels, extra = batch["labels"]
    torch._assert(labels.max() < 3, "three classes")
    loss = (F.cross_entropy(model(batch["inputs"]), labels, reduction="none") * extra["weight"]).mean()
    optimizer.zero_grad()
    loss.backward()
    grads = [p.grad for p in model.parameters()]
    total = torch.stack(torch._foreach_norm(grads)).norm()
    torch._foreach_mul_(grads, torch.clamp(1.0 / (total + 1e-6), max=1.0))
    optimizer.step()
    torch._foreach_lerp_(average, [p.detach() for p in model.parameters()], 0.3)
    print(f"step {step}: loss {loss.item():.5f}, gradient {total.item():.4f}")

print("average", [round(p.norm().item(), 4) for p in average])
with torch.no_grad():
    x = torch.randn(4, 12)
    y = body(x)
    print("reversed", torch.allclose(body.backward_pass(y), x, atol=1e-5), (y - x).abs().mean().item() > 0)
mask = (x > 0).type(torch.Tensor)
print(mask.dtype, mask.sum().item(), torch.randint_like(mask, high=2).sum().item())
