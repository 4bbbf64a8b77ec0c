"""Normalizing flows: couplings, masked autoregression, planar flows, splines."""

import math
import numpy as np
import torch
import torch.nn as nn
from torch import distributions
from torch.nn.parameter import Parameter

torch.manual_seed(2)


class RealNVP(nn.Module):
    def __init__(self, nets, nett, mask, prior):
        super(RealNVP, self).__init__()
        self.prior = prior
        self.mask = nn.Parameter(mask, requires_grad=False)
        self.t = torch.nn.ModuleList([nett() for _ in range(len(mask))])
        self.s = torch.nn.ModuleList([nets() for _ in range(len(mask))])

    def g(self, z):
        x = z
        for i in range(len(self.t)):
            x_ = x * self.mask[i]
            s = self.s[i](x_) * (1 - self.mask[i])
            t = self.t[i](x_) * (1 - self.mask[i])
            x = x_ + (1 - self.mask[i]) * (x * torch.exp(s) + t)
        return x

    def f(self, x):
        log_det_J, z = x.new_zeros(x.shape[0]), x
        for i in reversed(range(len(self.t))):
            z_ = self.mask[i] * z
            s = self.s[i](z_) * (1 - self.mask[i])
            t = self.t[i](z_) * (1 - self.mask[i])
            z = (1 - self.mask[i]) * (z - t) * torch.exp(-s) + z_
            log_det_J -= s.sum(dim=1)
        return z, log_det_J

    def log_prob(self, x):
        z, logp = self.f(x)
        return self.prior.log_prob(z) + logp

    def sample(self, batchSize):
        z = self.prior.sample((batchSize, 1))
        return self.g(z)


nets = lambda: nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 2), nn.Tanh())
nett = lambda: nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(), nn.Linear(16, 2))
masks = torch.from_numpy(np.array([[0, 1], [1, 0]] * 2).astype(np.float32))
prior = distributions.MultivariateNormal(torch.zeros(2), torch.eye(2))
flow = RealNVP(nets, nett, masks, prior)
optimizer = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad == True], lr=1e-2)


def moons(n):
    t = torch.rand(n) * math.pi
    return torch.stack([torch.cos(t), torch.sin(t)], 1) + 0.1 * torch.randn(n, 2)


for t in range(10):
    loss = -flow.log_prob(moons(32)).mean()
    optimizer.zero_grad()
    loss.backward(retain_graph=True)
    optimizer.step()
    print("iter %s:" % t, "loss = %.3f" % loss)
x = flow.sample(3)
print(x.shape, x.detach().numpy().round(3).tolist())
z, ld = flow.f(x.squeeze(1))
print((flow.g(z) - x.squeeze(1)).abs().max() < 1e-5)


class MaskedLinear(nn.Linear):
    def __init__(self, i, o, bias=True):
        super().__init__(i, o, bias)
        self.register_buffer("mask", torch.ones(o, i))

    def set_mask(self, mask):
        self.mask.data.copy_(torch.from_numpy(mask.astype(np.uint8).T))

    def forward(self, input):
        return nn.functional.linear(input, self.mask * self.weight, self.bias)


class MADE(nn.Module):
    def __init__(self, nin, hidden, nout):
        super().__init__()
        self.net = []
        for h0, h1 in zip([nin] + hidden, hidden + [nout]):
            self.net.extend([MaskedLinear(h0, h1), nn.ReLU()])
        self.net.pop()
        self.net = nn.Sequential(*self.net)
        rng = np.random.RandomState(0)
        L = len(hidden)
        m = {-1: np.arange(nin)}
        for l in range(L):
            m[l] = rng.randint(m[l - 1].min(), nin - 1, size=hidden[l])
        mk = [m[l - 1][:, None] <= m[l][None, :] for l in range(L)] + [m[L - 1][:, None] < m[-1][None, :]]
        mk[-1] = np.concatenate([mk[-1]] * (nout // nin), axis=1)
        for l, ms in zip([l for l in self.net.modules() if isinstance(l, MaskedLinear)], mk):
            l.set_mask(ms)

    def forward(self, x):
        return self.net(x)


made = MADE(4, [12, 12], 8)
print(made)
x = torch.randn(6, 4, requires_grad=True)
J = torch.autograd.functional.jacobian(lambda v: made(v).sum(0), x[:1])
print((J[:4, 0] != 0).int())
mu, ls = made(x).chunk(2, -1)
u = (x - mu) * torch.exp(-ls)
print((-0.5 * u**2 - 0.5 * math.log(2 * math.pi) - ls).sum(-1))


class Planar(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.u, self.w, self.b = Parameter(torch.randn(1, d)), Parameter(torch.randn(1, d)), Parameter(torch.zeros(1))

    def forward(self, z):
        a = torch.tanh(nn.functional.linear(z, self.w, self.b))
        psi = (1 - a**2) * self.w
        return z + self.u * a, torch.log((1 + torch.mm(psi, self.u.t())).abs() + 1e-7).squeeze(-1)


z, l = Planar(3)(torch.randn(4, 3))
print(z, l)
W = torch.linalg.qr(torch.randn(3, 3))[0]
P, L, U = torch.linalg.lu(W)
print(*torch.slogdet(2 * W), torch.allclose(P @ L @ U, W, atol=1e-5))
print(U.triu(1), U.diag().sign())
import torch.nn.functional as F


def spline(inputs, w, h, d, left=-1.0, right=1.0):
    w = F.softmax(w, dim=-1)
    w = 1e-3 + (1 - 1e-3 * 4) * w
    cw = F.pad(torch.cumsum(w, dim=-1), pad=(1, 0), mode="constant", value=0.0)
    cw = (right - left) * cw + left
    cw[..., 0] = left
    cw[..., -1] = right
    h = F.softmax(h, dim=-1)
    ch = F.pad(torch.cumsum(h, -1), (1, 0)) * (right - left) + left
    cw[..., -1] += 1e-6
    idx = (torch.sum(inputs[..., None] >= cw, dim=-1) - 1)[..., None]
    d = 1e-3 + F.softplus(d)
    return cw.gather(-1, idx)[..., 0], ch.gather(-1, idx)[..., 0], d.gather(-1, idx)[..., 0]


print(*spline(torch.rand(5) * 2 - 1, torch.randn(5, 4), torch.randn(5, 4), torch.randn(5, 5)), sep="\n")
