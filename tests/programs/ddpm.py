"""Denoising diffusion on images, with attention and an average of weights."""

import math
from inspect import isfunction
from functools import partial
import torch
from torch import nn, einsum
import torch.nn.functional as F
from torch.optim import Adam

torch.manual_seed(0)


def exists(x):
    return x is not None


def default(val, d):
    return val if exists(val) else (d() if isfunction(d) else d)


class Residual(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, x, *args, **kwargs):
        return self.fn(x, *args, **kwargs) + x


class SinusoidalPositionEmbeddings(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.dim = dim

    def forward(self, time):
        half = self.dim // 2
        e = math.log(10000) / (half - 1)
        e = torch.exp(torch.arange(half, device=time.device) * -e)
        e = time[:, None] * e[None, :]
        return torch.cat((e.sin(), e.cos()), dim=-1)


class WeightStandardizedConv2d(nn.Conv2d):
    def forward(self, x):
        eps = 1e-5 if x.dtype == torch.float32 else 1e-3
        weight = self.weight
        mean = weight.mean(dim=(1, 2, 3), keepdim=True)
        var = torch.var(weight, dim=(1, 2, 3), keepdim=True, unbiased=False)
        return F.conv2d(
            x, (weight - mean) * (var + eps).rsqrt(), self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class Block(nn.Module):
    def __init__(self, dim, dim_out, groups=2):
        super().__init__()
        self.proj = WeightStandardizedConv2d(dim, dim_out, 3, padding=1)
        self.norm = nn.GroupNorm(groups, dim_out)
        self.act = nn.SiLU()

    def forward(self, x, scale_shift=None):
        x = self.norm(self.proj(x))
        if exists(scale_shift):
            scale, shift = scale_shift
            x = x * (scale + 1) + shift
        return self.act(x)


class ResnetBlock(nn.Module):
    def __init__(self, dim, dim_out, *, time_emb_dim=None, groups=2):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time_emb_dim, dim_out * 2)) if exists(time_emb_dim) else None
        self.block1, self.block2 = Block(dim, dim_out, groups), Block(dim_out, dim_out, groups)
        self.res_conv = nn.Conv2d(dim, dim_out, 1) if dim != dim_out else nn.Identity()

    def forward(self, x, time_emb=None):
        ss = None
        if exists(self.mlp) and exists(time_emb):
            t = self.mlp(time_emb)[:, :, None, None]
            ss = t.chunk(2, dim=1)
        return self.block2(self.block1(x, scale_shift=ss)) + self.res_conv(x)


class LinearAttention(nn.Module):
    def __init__(self, dim, heads=2, dim_head=4):
        super().__init__()
        self.scale = dim_head**-0.5
        self.heads = heads
        self.to_qkv = nn.Conv2d(dim, dim_head * heads * 3, 1, bias=False)
        self.to_out = nn.Sequential(nn.Conv2d(dim_head * heads, dim, 1), nn.GroupNorm(1, dim))

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = map(lambda t: t.reshape(b, self.heads, -1, h * w), self.to_qkv(x).chunk(3, dim=1))
        q = q.softmax(dim=-2) * self.scale
        k = k.softmax(dim=-1)
        context = torch.einsum("b h d n, b h e n -> b h d e", k, v)
        out = torch.einsum("b h d e, b h d n -> b h e n", context, q)
        return self.to_out(out.reshape(b, -1, h, w))


class Attention(nn.Module):
    def __init__(self, dim, heads=2, dim_head=4):
        super().__init__()
        self.scale = dim_head**-0.5
        self.heads = heads
        self.to_qkv = nn.Conv2d(dim, dim_head * heads * 3, 1, bias=False)
        self.to_out = nn.Conv2d(dim_head * heads, dim, 1)

    def forward(self, x):
        b, c, h, w = x.shape
        q, k, v = (t.view(b, self.heads, -1, h * w) for t in self.to_qkv(x).chunk(3, dim=1))
        sim = einsum("b h d i, b h d j -> b h i j", q * self.scale, k)
        sim = sim - sim.amax(dim=-1, keepdim=True).detach()
        out = einsum("b h i j, b h d j -> b h i d", sim.softmax(dim=-1), v)
        return self.to_out(out.permute(0, 1, 3, 2).reshape(b, -1, h, w))


class PreNorm(nn.Module):
    def __init__(self, dim, fn):
        super().__init__()
        self.fn = fn
        self.norm = nn.GroupNorm(1, dim)

    def forward(self, x):
        return self.fn(self.norm(x))


class Unet(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.init_conv = nn.Conv2d(1, dim, 1, padding=0)
        td = dim * 2
        self.time_mlp = nn.Sequential(
            SinusoidalPositionEmbeddings(dim), nn.Linear(dim, td), nn.GELU(), nn.Linear(td, td)
        )
        bk = partial(ResnetBlock, groups=2)
        self.down = bk(dim, dim, time_emb_dim=td)
        self.da = Residual(PreNorm(dim, LinearAttention(dim)))
        self.ds = nn.Conv2d(dim, dim * 2, 4, 2, 1)
        self.mid = bk(dim * 2, dim * 2, time_emb_dim=td)
        self.ma = Residual(PreNorm(dim * 2, Attention(dim * 2)))
        self.us = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(dim * 2, dim, 3, padding=1))
        self.up = bk(dim * 2, dim, time_emb_dim=td)
        self.out = nn.Conv2d(dim, 1, 1)

    def forward(self, x, time):
        x = self.init_conv(x)
        t = self.time_mlp(time)
        h = self.da(self.down(x, t))
        m = self.ma(self.mid(self.ds(h), t))
        return self.out(self.up(torch.cat((self.us(m), h), dim=1), t))


def cosine_beta_schedule(timesteps, s=0.008):
    x = torch.linspace(0, timesteps, timesteps + 1)
    ac = torch.cos(((x / timesteps) + s) / (1 + s) * torch.pi * 0.5) ** 2
    ac = ac / ac[0]
    return torch.clip(1 - (ac[1:] / ac[:-1]), 0.0001, 0.9999)


timesteps = 10
betas = cosine_beta_schedule(timesteps)
alphas = 1.0 - betas
alphas_cumprod = torch.cumprod(alphas, axis=0)
alphas_cumprod_prev = F.pad(alphas_cumprod[:-1], (1, 0), value=1.0)
sqrt_recip_alphas = torch.sqrt(1.0 / alphas)
sqrt_ac, sqrt_1mac = torch.sqrt(alphas_cumprod), torch.sqrt(1.0 - alphas_cumprod)
posterior_variance = betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod)
print(posterior_variance)


def extract(a, t, x_shape):
    out = a.gather(-1, t.cpu())
    return out.reshape(t.shape[0], *((1,) * (len(x_shape) - 1))).to(t.device)


def q_sample(x_start, t, noise=None):
    noise = default(noise, lambda: torch.randn_like(x_start))
    return extract(sqrt_ac, t, x_start.shape) * x_start + extract(sqrt_1mac, t, x_start.shape) * noise


model = Unet()
ema = {k: v.clone() for k, v in model.state_dict().items()}
print(sum(p.numel() for p in model.parameters()))
opt = Adam(model.parameters(), lr=2e-3)
g = torch.Generator(device="cpu").manual_seed(3)
data = torch.randn(16, 1, 8, 8, generator=g).cumsum(-1).tanh()
for step in range(8):
    batch = data[torch.randperm(16, generator=g)[:8]]
    opt.zero_grad()
    t = torch.randint(0, timesteps, (8,)).long()
    noise = torch.randn_like(batch)
    loss = (
        F.smooth_l1_loss(noise, model(q_sample(batch, t, noise), t), beta=0.5)
        if step % 2
        else F.huber_loss(noise, model(q_sample(batch, t, noise), t))
    )
    loss.backward()
    opt.step()
    for k, v in model.state_dict().items():
        ema[k].lerp_(v, 0.1)
    print("Loss:", f"{loss.item():.5f}")
model.load_state_dict(ema)


@torch.no_grad()
def p_sample_loop(shape):
    img = torch.randn(shape)
    for i in reversed(range(0, timesteps)):
        t = torch.full((shape[0],), i, dtype=torch.long)
        mean = extract(sqrt_recip_alphas, t, shape) * (
            img - extract(betas, t, shape) * model(img, t) / extract(sqrt_1mac, t, shape)
        )
        img = mean if i == 0 else mean + torch.sqrt(extract(posterior_variance, t, shape)) * torch.randn_like(img)
    return img


s = p_sample_loop((2, 1, 8, 8))
print(s[0, 0, :2], s.mean(), s.std())


@torch.no_grad()
def ddim(shape, steps=4, eta=0.0):
    times = torch.linspace(-1, timesteps - 1, steps=steps + 1)
    times = list(reversed(times.int().tolist()))
    img = torch.randn(shape)
    for time, nxt in zip(times[:-1], times[1:]):
        tc = torch.full((shape[0],), time, dtype=torch.long)
        eps = model(img, tc)
        x0 = ((img - (1 - alphas_cumprod[time]).sqrt() * eps) / alphas_cumprod[time].sqrt()).clamp_(-1.0, 1.0)
        if nxt < 0:
            img = x0
            continue
        c = (1 - alphas_cumprod[nxt]).sqrt()
        img = x0 * alphas_cumprod[nxt].sqrt() + c * eps
    return img


print(ddim((1, 1, 8, 8))[0, 0, 0])
