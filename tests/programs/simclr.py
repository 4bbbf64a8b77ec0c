"""Contrastive learning: NT-Xent, MoCo's queue, triplets, margins on angles."""

import math, copy
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import Dataset, DataLoader
import numpy as np

np.random.seed(0)
torch.manual_seed(0)


def worker_init_fn(worker_id):
    np.random.seed(worker_id)


class TwoViews(Dataset):
    def __init__(self):
        self.x = torch.randn(16, 3, 8, 8)

    def __len__(self):
        return len(self.x)

    def aug(self, x):
        if np.random.rand() < 0.5:
            x = torch.flip(x, [-1])
        i, j = np.random.randint(0, 3, 2)
        return F.interpolate(
            x[:, i : i + 6, j : j + 6].unsqueeze(0), size=(8, 8), mode="bicubic", align_corners=False
        ).squeeze(0)

    def __getitem__(self, i):
        return [self.aug(self.x[i]), self.aug(self.x[i])], i % 4


class Enc(nn.Module):
    def __init__(self, out_dim=8):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        )
        self.fc = nn.Linear(8, out_dim)
        dim_mlp = self.fc.in_features
        self.fc = nn.Sequential(nn.Linear(dim_mlp, dim_mlp), nn.ReLU(), self.fc)

    def forward(self, x):
        return self.fc(self.backbone(x))


def info_nce_loss(features, n_views=2, temperature=0.07):
    b = features.shape[0] // n_views
    labels = torch.cat([torch.arange(b) for i in range(n_views)], dim=0)
    labels = (labels.unsqueeze(0) == labels.unsqueeze(1)).float()
    features = F.normalize(features, dim=1)
    sim = torch.matmul(features, features.T)
    mask = torch.eye(labels.shape[0], dtype=torch.bool)
    labels = labels[~mask].view(labels.shape[0], -1)
    sim = sim[~mask].view(sim.shape[0], -1)
    positives = sim[labels.bool()].view(labels.shape[0], -1)
    negatives = sim[~labels.bool()].view(sim.shape[0], -1)
    logits = torch.cat([positives, negatives], dim=1)
    return logits / temperature, torch.zeros(logits.shape[0], dtype=torch.long)


def accuracy(output, target, topk=(1,)):
    with torch.no_grad():
        maxk = max(topk)
        batch_size = target.size(0)
        _, pred = output.topk(maxk, 1, True, True)
        pred = pred.t()
        correct = pred.eq(target.view(1, -1).expand_as(pred))
        return [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / batch_size) for k in topk]


loader = DataLoader(
    TwoViews(),
    batch_size=8,
    shuffle=True,
    num_workers=0,
    pin_memory=True,
    drop_last=True,
    worker_init_fn=worker_init_fn,
)
model = Enc()
opt = torch.optim.Adam(model.parameters(), 3e-3, weight_decay=1e-4)
sched = torch.optim.lr_scheduler.CosineAnnealingLR(opt, T_max=len(loader), eta_min=0, last_epoch=-1)
for epoch in range(2):
    for images, _ in loader:
        images = torch.cat(images, dim=0)
        logits, labels = info_nce_loss(model(images))
        loss = nn.CrossEntropyLoss()(logits, labels)
        opt.zero_grad()
        loss.backward()
        opt.step()
        top1, top5 = accuracy(logits, labels, topk=(1, 5))
        print(f"Loss {loss:.5f} Top1 {top1[0]:.3f} Top5 {top5[0]:.3f}")
    sched.step()


class MoCo(nn.Module):
    def __init__(self, dim=8, K=24, m=0.99, T=0.07):
        super().__init__()
        self.K, self.m, self.T = K, m, T
        self.encoder_q, self.encoder_k = Enc(dim), Enc(dim)
        for pq, pk in zip(self.encoder_q.parameters(), self.encoder_k.parameters()):
            pk.data.copy_(pq.data)
            pk.requires_grad = False
        self.register_buffer("queue", F.normalize(torch.randn(dim, K), dim=0))
        self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))

    @torch.no_grad()
    def _momentum(self):
        for pq, pk in zip(self.encoder_q.parameters(), self.encoder_k.parameters()):
            pk.data = pk.data * self.m + pq.data * (1.0 - self.m)

    @torch.no_grad()
    def _enqueue(self, keys):
        n = keys.shape[0]
        ptr = int(self.queue_ptr)
        self.queue[:, ptr : ptr + n] = keys.T
        self.queue_ptr[0] = (ptr + n) % self.K

    def forward(self, a, b):
        q = F.normalize(self.encoder_q(a), dim=1)
        with torch.no_grad():
            self._momentum()
            idx = torch.randperm(b.size(0))
            k = F.normalize(self.encoder_k(b[idx]), dim=1)[torch.argsort(idx)]
        l_pos = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
        l_neg = torch.einsum("nc,ck->nk", [q, self.queue.clone().detach()])
        logits = torch.cat([l_pos, l_neg], dim=1)
        logits /= self.T
        self._enqueue(k)
        return logits, torch.zeros(logits.shape[0], dtype=torch.long)


moco = MoCo()
o = torch.optim.SGD(moco.encoder_q.parameters(), 0.03, momentum=0.9)
for im, _ in loader:
    lo, la = moco(*im)
    l = F.cross_entropy(lo, la)
    o.zero_grad()
    l.backward()
    o.step()
    print(l.item(), moco.queue_ptr)


def off_diagonal(x):
    n, m = x.shape
    return x.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()


z1, z2 = model(im[0]), model(im[1])
c = ((z1 - z1.mean(0)) / z1.std(0)).T @ ((z2 - z2.mean(0)) / z2.std(0)) / 8
print(torch.diagonal(c).add(-1).pow(2).sum() + 0.005 * off_diagonal(c).pow(2).sum())
print(
    (torch.pdist(F.normalize(z1, dim=1), p=2).pow(2).mul(-2).exp().mean().log()),
    (z1 - z2).norm(p=2, dim=1).pow(2).mean(),
)
trip = nn.TripletMarginLoss(margin=1.0, p=2)
print(trip(z1, z2, z1.roll(1, 0)), nn.CosineEmbeddingLoss(0.2)(z1, z2, torch.tensor([1, -1] * 4)))
d = torch.cdist(z1, z1)
same = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
same = same[:, None].eq(same[None, :])
hp = (d * same.float()).max(1)[0]
hn = (d + 1e5 * same.float()).min(1)[0]
print(
    F.relu(hp - hn + 0.3).mean(),
    F.soft_margin_loss(hn - hp, torch.ones_like(hp)).item(),
    nn.MarginRankingLoss(margin=0.3)(hn, hp, torch.ones_like(hn)),
)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=2.0):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, label):
        e = F.pairwise_distance(a, b, keepdim=True)
        return torch.mean((1 - label) * torch.pow(e, 2) + (label) * torch.pow(torch.clamp(self.margin - e, min=0.0), 2))


print(ContrastiveLoss()(z1, z2, torch.tensor([[0.0], [1.0]] * 4)))


class ArcMargin(nn.Module):
    def __init__(self, i, o, s=30.0, m=0.5):
        super().__init__()
        self.s, self.m = s, m
        self.weight = nn.Parameter(torch.FloatTensor(o, i))
        nn.init.xavier_uniform_(self.weight)
        self.cos_m, self.sin_m, self.th, self.mm = (
            math.cos(m),
            math.sin(m),
            math.cos(math.pi - m),
            math.sin(math.pi - m) * m,
        )

    def forward(self, input, label):
        cosine = F.linear(F.normalize(input), F.normalize(self.weight))
        sine = torch.sqrt((1.0 - torch.pow(cosine, 2)).clamp(0, 1))
        phi = cosine * self.cos_m - sine * self.sin_m
        phi = torch.where(cosine > self.th, phi, cosine - self.mm)
        one_hot = torch.zeros(cosine.size())
        one_hot.scatter_(1, label.view(-1, 1).long(), 1)
        return ((one_hot * phi) + ((1.0 - one_hot) * cosine)) * self.s


print(F.cross_entropy(ArcMargin(8, 4)(z1, torch.arange(8) % 4), torch.arange(8) % 4))
