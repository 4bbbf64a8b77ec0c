"""Rotary embeddings, shifted windows, temporal convolutions, a Turing machine, adapters of low rank."""

import math, torch, torch.nn as nn, torch.nn.functional as F
from torch import Tensor
from typing import Optional, Tuple, List

torch.manual_seed(0)


# rotary, RMSNorm, SwiGLU, GQA, ALiBi
class RMSNorm(nn.Module):
    def __init__(self, dim, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    def _norm(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

    def forward(self, x):
        return self._norm(x.float()).type_as(x) * self.weight


def rotate_half(x):
    x1, x2 = x[..., : x.shape[-1] // 2], x[..., x.shape[-1] // 2 :]
    return torch.cat((-x2, x1), dim=-1)


class Rotary(nn.Module):
    def __init__(self, dim, base=10000):
        super().__init__()
        self.register_buffer("inv_freq", 1.0 / (base ** (torch.arange(0, dim, 2).float() / dim)), persistent=False)

    def forward(self, n):
        f = torch.outer(torch.arange(n).type_as(self.inv_freq), self.inv_freq)
        e = torch.cat((f, f), dim=-1)
        return e.cos()[None, None], e.sin()[None, None]


def repeat_kv(x, n_rep):
    b, h, t, d = x.shape
    return x if n_rep == 1 else x[:, :, None, :, :].expand(b, h, n_rep, t, d).reshape(b, h * n_rep, t, d)


class Block(nn.Module):
    def __init__(self, d=16, h=4, kv=2):
        super().__init__()
        self.h, self.kv, self.hd = h, kv, d // h
        self.wq, self.wk, self.wv, self.wo = (
            nn.Linear(d, h * self.hd, bias=False),
            nn.Linear(d, kv * self.hd, bias=False),
            nn.Linear(d, kv * self.hd, bias=False),
            nn.Linear(d, d, bias=False),
        )
        self.n1, self.n2 = RMSNorm(d), RMSNorm(d)
        self.w1, self.w2, self.w3 = (
            nn.Linear(d, 32, bias=False),
            nn.Linear(32, d, bias=False),
            nn.Linear(d, 32, bias=False),
        )
        self.rot = Rotary(self.hd)

    def forward(self, x, mask: Optional[Tensor] = None):
        b, t, _ = x.shape
        y = self.n1(x)
        q, k, v = [w(y).view(b, t, -1, self.hd).transpose(1, 2) for w in (self.wq, self.wk, self.wv)]
        c, s = self.rot(t)
        q, k = q * c + rotate_half(q) * s, k * c + rotate_half(k) * s
        k, v = repeat_kv(k, self.h // self.kv), repeat_kv(v, self.h // self.kv)
        sc = q @ k.transpose(2, 3) / math.sqrt(self.hd)
        sc = sc + mask if mask is not None else sc
        x = x + self.wo((F.softmax(sc.float(), dim=-1).type_as(q) @ v).transpose(1, 2).contiguous().view(b, t, -1))
        y = self.n2(x)
        return x + self.w2(F.silu(self.w1(y)) * self.w3(y))


x = torch.randn(2, 6, 16)
mask = torch.full((1, 1, 6, 6), float("-inf")).triu(diagonal=1)
bl = Block()
o = torch.optim.AdamW(bl.parameters(), 1e-2, betas=(0.9, 0.95), weight_decay=0.1)
for _ in range(4):
    l = (bl(x, mask) - x.roll(-1, 1)).pow(2).mean()
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
slopes = torch.tensor([2 ** (-8 * (i + 1) / 4) for i in range(4)])
alibi = (torch.arange(6)[None, :] - torch.arange(6)[:, None]).tril()[None] * slopes.view(-1, 1, 1)
print(alibi[0])
print(
    F.scaled_dot_product_attention(
        x.view(2, 6, 4, 4).transpose(1, 2),
        x.view(2, 6, 4, 4).transpose(1, 2),
        x.view(2, 6, 4, 4).transpose(1, 2),
        attn_mask=alibi.unsqueeze(0).expand(2, -1, -1, -1).masked_fill(torch.ones(6, 6).triu(1).bool(), float("-inf")),
    )[0, 0, 1]
)
# relative position bias (swin), window partition
ws = 2
coords = torch.stack(torch.meshgrid([torch.arange(ws), torch.arange(ws)], indexing="ij"))
cf = torch.flatten(coords, 1)
rel = (cf[:, :, None] - cf[:, None, :]).permute(1, 2, 0).contiguous()
rel[:, :, 0] += ws - 1
rel[:, :, 1] += ws - 1
rel[:, :, 0] *= 2 * ws - 1
idx = rel.sum(-1)
print(idx)
table = nn.Parameter(torch.zeros((2 * ws - 1) ** 2, 3))
nn.init.trunc_normal_(table, std=0.02)
print(table[idx.view(-1)].view(4, 4, -1).permute(2, 0, 1).contiguous()[0])


def window_partition(x, w):
    B, H, W, C = x.shape
    x = x.view(B, H // w, w, W // w, w, C)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, w, w, C)


def window_reverse(wi, w, H, W):
    B = int(wi.shape[0] / (H * W / w / w))
    return wi.view(B, H // w, W // w, w, w, -1).permute(0, 1, 3, 2, 4, 5).contiguous().view(B, H, W, -1)


img = torch.randn(2, 4, 4, 3)
sh = torch.roll(img, shifts=(-1, -1), dims=(1, 2))
print(torch.equal(window_reverse(window_partition(sh, 2), 2, 4, 4), sh))
im = torch.zeros((1, 4, 4, 1))
cnt = 0
for h in (slice(0, -2), slice(-2, -1), slice(-1, None)):
    for w in (slice(0, -2), slice(-2, -1), slice(-1, None)):
        im[:, h, w, :] = cnt
        cnt += 1
mw = window_partition(im, 2).view(-1, 4)
am = mw.unsqueeze(1) - mw.unsqueeze(2)
am = am.masked_fill(am != 0, float(-100.0)).masked_fill(am == 0, float(0.0))
print(am[3])


# MLP-mixer, SE, CBAM, ASPP, depthwise sep, involution-like unfold, coordconv, NetVLAD, highway, TCN, wavenet gate
class TCN(nn.Module):
    def __init__(self, c=4):
        super().__init__()
        self.convs = nn.ModuleList(
            [nn.utils.weight_norm(nn.Conv1d(c, 2 * c, 2, padding=2**i, dilation=2**i)) for i in range(3)]
        )
        self.skip = nn.Conv1d(c, c, 1)

    def forward(self, x):
        s = 0
        for i, cv in enumerate(self.convs):
            a, b = cv(x)[..., : -(2**i)].chunk(2, 1)
            g = torch.tanh(a) * torch.sigmoid(b)
            s = s + self.skip(g)
            x = x + g
        return F.relu(s)


tc = TCN()
o = torch.optim.Adam(tc.parameters(), 0.01)
d = torch.randn(2, 4, 12)
for _ in range(3):
    l = F.mse_loss(tc(d), d.abs())
    o.zero_grad()
    l.backward()
    o.step()
    print(round(l.item(), 6))
print(tc.convs[1], [n for n, _ in tc.convs[0].named_parameters()])


class ASPP(nn.Module):
    def __init__(self):
        super().__init__()
        self.b = nn.ModuleList([nn.Conv2d(3, 4, 3, padding=r, dilation=r) for r in (1, 2, 4)])
        self.p = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 4, 1))
        self.o = nn.Conv2d(16, 2, 1)

    def forward(self, x):
        return self.o(
            torch.cat(
                [
                    *[F.relu(c(x)) for c in self.b],
                    F.interpolate(self.p(x), size=x.shape[-2:], mode="bilinear", align_corners=False),
                ],
                1,
            )
        )


print(ASPP()(torch.randn(1, 3, 8, 8)).sum((2, 3)))
u = F.unfold(torch.randn(1, 2, 4, 4), 3, padding=1).view(1, 2, 9, 4, 4)
print((u * torch.softmax(torch.randn(1, 1, 9, 4, 4), 2)).sum(2).mean())


class NTM(nn.Module):
    def __init__(self, N=6, M=4):
        super().__init__()
        self.ctrl = nn.LSTMCell(3 + M, 8)
        self.k, self.beta, self.g, self.s, self.gamma, self.e, self.a = (
            nn.Linear(8, M),
            nn.Linear(8, 1),
            nn.Linear(8, 1),
            nn.Linear(8, 3),
            nn.Linear(8, 1),
            nn.Linear(8, M),
            nn.Linear(8, M),
        )
        self.out = nn.Linear(8 + M, 3)
        self.N, self.M = N, M

    def forward(self, xs):
        b = xs.size(1)
        mem = torch.full((b, self.N, self.M), 1e-2)
        w = F.one_hot(torch.zeros(b, dtype=torch.long), self.N).float()
        r = torch.zeros(b, self.M)
        h = (torch.zeros(b, 8), torch.zeros(b, 8))
        outs = []
        for x in xs:
            h = self.ctrl(torch.cat([x, r], -1), h)
            c = h[0]
            wc = F.softmax(
                F.softplus(self.beta(c)) * F.cosine_similarity(mem + 1e-16, self.k(c).unsqueeze(1) + 1e-16, dim=-1),
                dim=1,
            )
            g = torch.sigmoid(self.g(c))
            wg = g * wc + (1 - g) * w
            s = F.softmax(self.s(c), dim=1)
            wp = torch.cat([wg[:, -1:], wg, wg[:, :1]], 1)
            w = torch.stack([F.conv1d(wp[i].view(1, 1, -1), s[i].view(1, 1, -1)).view(-1) for i in range(b)])
            w = w ** (1 + F.softplus(self.gamma(c)))
            w = w / (w.sum(1, keepdim=True) + 1e-16)
            mem = mem * (1 - torch.bmm(w.unsqueeze(2), torch.sigmoid(self.e(c)).unsqueeze(1))) + torch.matmul(
                w.unsqueeze(-1), self.a(c).unsqueeze(1)
            )
            r = torch.einsum("bn,bnm->bm", w, mem)
            outs.append(torch.sigmoid(self.out(torch.cat([c, r], 1))))
        return torch.stack(outs)


ntm = NTM()
o = torch.optim.RMSprop(ntm.parameters(), lr=1e-3, momentum=0.9, alpha=0.95)
seq = torch.bernoulli(torch.full((5, 2, 3), 0.5))
for _ in range(4):
    l = F.binary_cross_entropy(ntm(seq), seq)
    o.zero_grad()
    l.backward()
    nn.utils.clip_grad_value_(ntm.parameters(), 10)
    o.step()
    print("%.6f" % l)


class Hyper(nn.Module):
    def __init__(self):
        super().__init__()
        self.z = nn.Parameter(torch.fmod(torch.randn(4), 2))
        self.w1 = nn.Parameter(torch.fmod(torch.randn(4, 3 * 5), 2))
        self.b1 = nn.Parameter(torch.fmod(torch.randn(15), 2))

    def forward(self):
        return (torch.matmul(self.z, self.w1) + self.b1).view(5, 3)


hy = Hyper()
F.linear(torch.ones(2, 3), hy()).pow(2).mean().backward()
print(hy.z.grad)


class LoRA(nn.Module):
    def __init__(self, base, r=2, alpha=4):
        super().__init__()
        self.base = base
        self.base.weight.requires_grad_(False)
        self.A = nn.Parameter(base.weight.new_zeros((r, base.in_features)))
        self.B = nn.Parameter(base.weight.new_zeros((base.out_features, r)))
        self.s = alpha / r
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))
        self.merged = False

    def merge(self):
        self.base.weight.data += (self.B @ self.A) * self.s
        self.merged = True

    def forward(self, x):
        return (
            self.base(x)
            if self.merged
            else self.base(x)
            + (F.dropout(x, 0.1, self.training) @ self.A.transpose(0, 1) @ self.B.transpose(0, 1)) * self.s
        )


lo = LoRA(nn.Linear(4, 3))
o = torch.optim.AdamW(filter(lambda p: p.requires_grad, lo.parameters()), 0.05)
a = torch.randn(8, 4)
for _ in range(3):
    l = F.mse_loss(lo(a), a[:, :3])
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item())
lo.eval()
y1 = lo(a)
lo.merge()
print(torch.allclose(y1, lo(a), atol=1e-6), {k: v.requires_grad for k, v in lo.named_parameters()})
