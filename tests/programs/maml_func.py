"""torch.func: learning to learn, gradients per sample, ensembles, Jacobians and tangent kernels."""

import collections
import torch
from torch import nn
import torch.nn.functional as F
from torch.func import (
    functional_call,
    grad,
    vmap,
    jacrev,
    jacfwd,
    hessian,
    vjp,
    jvp,
    stack_module_state,
    grad_and_value,
)

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(1, 16)
        self.fc2 = nn.Linear(16, 1)

    def forward(self, x):
        return self.fc2(torch.tanh(self.fc1(x)))


net = Net()
meta = torch.optim.Adam(net.parameters(), 1e-2)


def inner(params, x, y):
    return F.mse_loss(functional_call(net, params, (x,)), y)


for it in range(4):
    params = dict(net.named_parameters())
    total = 0
    for task in range(3):
        a, ph = torch.rand(1) * 4 + 0.1, torch.rand(1) * 3.14
        xs = torch.rand(10, 1) * 10 - 5
        ys = a * torch.sin(xs + ph)
        g = grad(inner)(params, xs[:5], ys[:5])
        fast = {k: params[k] - 0.05 * g[k] for k in params}
        total = total + inner(fast, xs[5:], ys[5:])
    meta.zero_grad()
    total.backward()
    meta.step()
    print(f"{total.item():.5f}")
model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 3))
x, y = torch.randn(5, 1, 6, 6), torch.randint(3, (5,))
params = {k: v.detach() for k, v in model.named_parameters()}
buffers = {k: v.detach() for k, v in model.named_buffers()}


def compute_loss(params, buffers, sample, target):
    pred = functional_call(model, (params, buffers), (sample.unsqueeze(0),))
    return F.cross_entropy(pred, target.unsqueeze(0))


per = vmap(grad(compute_loss), in_dims=(None, None, 0, 0))(params, buffers, x, y)
for k, v in per.items():
    print(k, tuple(v.shape), v.flatten(1).norm(dim=1))
norms = torch.stack([v.flatten(1).norm(2, dim=-1) for v in per.values()], dim=1).norm(2, dim=1)
clip = (1.0 / (norms + 1e-6)).clamp(max=1.0)
print({k: torch.einsum("i,i...", clip, v).div(5).abs().sum().item() for k, v in per.items()})
models = [Net() for _ in range(3)]
p, b = stack_module_state(models)
base = Net().to("meta") if False else Net()


def fmodel(params, buffers, x):
    return functional_call(base, (params, buffers), (x,))


print(vmap(fmodel, in_dims=(0, 0, None))(p, b, torch.ones(2, 1)).squeeze(-1))


def f(x):
    return x.sin().sum() * x.prod()


v = torch.tensor([0.5, 1.0, 2.0])
print(jacrev(f)(v), jacfwd(lambda x: x**2)(v), hessian(f)(v))
out, vf = vjp(torch.sin, v)
print(out, vf(torch.ones(3))[0])
print(jvp(torch.exp, (v,), (torch.ones(3),)))
print(grad_and_value(f)(v), grad(grad(lambda t: t**3))(torch.tensor(2.0)))
batched = torch.randn(4, 3, 3)
print(
    vmap(torch.trace)(batched),
    vmap(torch.mv)(batched, torch.ones(4, 3)).shape,
    vmap(lambda a, b: a @ b, in_dims=(0, None), out_dims=1)(batched, torch.eye(3)).shape,
)
w = torch.randn(3, 2)
predict = lambda w, x: torch.tanh(x @ w)
J = vmap(jacrev(predict, argnums=1), in_dims=(None, 0))(w, torch.randn(5, 3))
print(J.shape, J.sum())


def ntk(f, params, x1, x2):
    j1 = vmap(jacrev(f), (None, 0))(params, x1)
    j2 = vmap(jacrev(f), (None, 0))(params, x2)
    return sum(torch.einsum("naf,mbf->nmab", a.flatten(2), c.flatten(2)) for a, c in zip(j1.values(), j2.values()))


print(
    ntk(
        lambda p, x: functional_call(net, p, (x.unsqueeze(0),)).squeeze(0),
        {k: v.detach() for k, v in net.named_parameters()},
        torch.ones(2, 1),
        torch.zeros(3, 1),
    ).squeeze()
)
print(vmap(lambda _: torch.randn(2), randomness="different")(torch.zeros(3)).shape)
names = ["w", "b"]
P = collections.namedtuple("P", names)
print(grad(lambda q: (q.w * 2 + q.b**2).sum())(P(torch.ones(2), torch.ones(2))))
