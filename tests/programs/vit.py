"""A vision transformer: stochastic depth, mixup, decay groups, top-k accuracy; the optimizer printed."""

import torch
from torch import nn
import torch.nn.functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR
import math


def pair(t):
    return t if isinstance(t, tuple) else (t, t)


class FeedForward(nn.Module):
    def __init__(self, dim, hidden_dim, dropout=0.0):
        super().__init__()
        self.net = nn.Sequential(
            nn.LayerNorm(dim),
            nn.Linear(dim, hidden_dim),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden_dim, dim),
            nn.Dropout(dropout),
        )

    def forward(self, x):
        return self.net(x)


class Attention(nn.Module):
    def __init__(self, dim, heads=8, dim_head=64, dropout=0.0):
        super().__init__()
        inner_dim = dim_head * heads
        project_out = not (heads == 1 and dim_head == dim)
        self.heads = heads
        self.scale = dim_head**-0.5
        self.norm = nn.LayerNorm(dim)
        self.attend = nn.Softmax(dim=-1)
        self.dropout = nn.Dropout(dropout)
        self.to_qkv = nn.Linear(dim, inner_dim * 3, bias=False)
        self.to_out = nn.Sequential(nn.Linear(inner_dim, dim), nn.Dropout(dropout)) if project_out else nn.Identity()

    def forward(self, x):
        x = self.norm(x)
        b, n, _ = x.shape
        q, k, v = (t.reshape(b, n, self.heads, -1).transpose(1, 2) for t in self.to_qkv(x).chunk(3, dim=-1))
        dots = torch.matmul(q, k.transpose(-1, -2)) * self.scale
        attn = self.dropout(self.attend(dots))
        out = torch.matmul(attn, v).transpose(1, 2).flatten(2)
        return self.to_out(out)


class DropPath(nn.Module):
    def __init__(self, drop_prob=None):
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x):
        if self.drop_prob == 0.0 or not self.training:
            return x
        keep_prob = 1 - self.drop_prob
        shape = (x.shape[0],) + (1,) * (x.ndim - 1)
        random_tensor = keep_prob + torch.rand(shape, dtype=x.dtype, device=x.device)
        random_tensor.floor_()
        return x.div(keep_prob) * random_tensor

    def extra_repr(self):
        return f"drop_prob={self.drop_prob}"


class ViT(nn.Module):
    def __init__(
        self,
        *,
        image_size,
        patch_size,
        num_classes,
        dim,
        depth,
        heads,
        mlp_dim,
        pool="cls",
        channels=3,
        dim_head=64,
        dropout=0.0,
        emb_dropout=0.0,
    ):
        super().__init__()
        ih, iw = pair(image_size)
        ph, pw = pair(patch_size)
        num_patches = (ih // ph) * (iw // pw)
        self.patch_embed = nn.Conv2d(channels, dim, kernel_size=(ph, pw), stride=(ph, pw))
        self.pos_embedding = nn.Parameter(torch.randn(1, num_patches + 1, dim))
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim))
        nn.init.trunc_normal_(self.pos_embedding, std=0.02)
        self.dropout = nn.Dropout(emb_dropout)
        self.layers = nn.ModuleList([])
        dpr = [x.item() for x in torch.linspace(0, 0.3, depth)]
        for i in range(depth):
            self.layers.append(
                nn.ModuleList(
                    [
                        Attention(dim, heads=heads, dim_head=dim_head, dropout=dropout),
                        FeedForward(dim, mlp_dim, dropout=dropout),
                        DropPath(dpr[i]),
                    ]
                )
            )
        self.pool = pool
        self.mlp_head = nn.Linear(dim, num_classes)
        self.apply(self._init_weights)

    def _init_weights(self, m):
        if isinstance(m, nn.Linear):
            nn.init.trunc_normal_(m.weight, std=0.02)
            if isinstance(m, nn.Linear) and m.bias is not None:
                nn.init.constant_(m.bias, 0)
        elif isinstance(m, nn.LayerNorm):
            nn.init.constant_(m.bias, 0)
            nn.init.constant_(m.weight, 1.0)

    @torch.jit.ignore
    def no_weight_decay(self):
        return {"pos_embedding", "cls_token"}

    def forward(self, img):
        x = self.patch_embed(img).flatten(2).transpose(1, 2)
        b, n, _ = x.shape
        cls_tokens = self.cls_token.expand(b, -1, -1)
        x = torch.cat((cls_tokens, x), dim=1)
        x += self.pos_embedding[:, : (n + 1)]
        x = self.dropout(x)
        for attn, ff, dp in self.layers:
            x = dp(attn(x)) + x
            x = dp(ff(x)) + x
        x = x.mean(dim=1) if self.pool == "mean" else x[:, 0]
        return self.mlp_head(x)


torch.manual_seed(7)
model = ViT(
    image_size=16,
    patch_size=4,
    num_classes=5,
    dim=24,
    depth=2,
    heads=3,
    mlp_dim=32,
    dim_head=8,
    dropout=0.1,
    emb_dropout=0.1,
)
print(model)
decay, no_decay = [], []
for name, p in model.named_parameters():
    if p.ndim == 1 or name in model.no_weight_decay():
        no_decay.append(p)
    else:
        decay.append(p)
opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": no_decay, "weight_decay": 0.0}], lr=3e-3)
sched = CosineAnnealingLR(opt, T_max=6, eta_min=1e-5)
x, y = torch.randn(12, 3, 16, 16), torch.randint(0, 5, (12,))
lam = 0.3
for step in range(6):
    idx = torch.randperm(x.size(0))
    mixed = lam * x + (1 - lam) * x[idx]
    out = model(mixed)
    loss = lam * F.cross_entropy(out, y) + (1 - lam) * F.cross_entropy(out, y[idx])
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    print(f"step {step:3d} | loss {loss.item():.4f} | lr {sched.get_last_lr()[0]:.3e}")
model.eval()
with torch.no_grad():
    logits = model(x)
    probs = logits.softmax(-1)
    top = probs.topk(3)
print(top)
print(opt)
acc1 = (
    logits.topk(1)[1]
    .t()
    .eq(y.view(1, -1).expand_as(logits.topk(1)[1].t()))[:1]
    .reshape(-1)
    .float()
    .sum(0, keepdim=True)
).mul_(100.0 / 12)
print(acc1)
