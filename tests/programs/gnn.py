"""Graphs and clouds of points: convolutions, attention, pooling, nearest neighbours."""

import math, numpy as np
import torch, torch.nn as nn, torch.nn.functional as F
from torch.nn.parameter import Parameter
from torch.nn.modules.module import Module

torch.manual_seed(42)
np.random.seed(42)


class GraphConvolution(Module):
    def __init__(self, in_features, out_features, bias=True):
        super(GraphConvolution, self).__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(torch.FloatTensor(in_features, out_features))
        if bias:
            self.bias = Parameter(torch.FloatTensor(out_features))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        stdv = 1.0 / math.sqrt(self.weight.size(1))
        self.weight.data.uniform_(-stdv, stdv)
        if self.bias is not None:
            self.bias.data.uniform_(-stdv, stdv)

    def forward(self, input, adj):
        output = torch.mm(adj, torch.mm(input, self.weight))
        return output + self.bias if self.bias is not None else output

    def __repr__(self):
        return self.__class__.__name__ + " (" + str(self.in_features) + " -> " + str(self.out_features) + ")"


class GCN(nn.Module):
    def __init__(self, nfeat, nhid, nclass, dropout):
        super().__init__()
        self.gc1 = GraphConvolution(nfeat, nhid)
        self.gc2 = GraphConvolution(nhid, nclass, bias=False)
        self.dropout = dropout

    def forward(self, x, adj):
        x = F.relu(self.gc1(x, adj))
        x = F.dropout(x, self.dropout, training=self.training)
        return F.log_softmax(self.gc2(x, adj), dim=1)


N = 20
kind = np.arange(N) % 3
A = (np.random.rand(N, N) < np.where(kind[:, None] == kind[None], 0.5, 0.1)).astype(float)
A = np.maximum(A, A.T)
np.fill_diagonal(A, 1)
adj = torch.FloatTensor(A / A.sum(1, keepdims=True))
feats = torch.FloatTensor(np.random.randn(N, 6))
labels = torch.LongTensor(kind)
idx = torch.LongTensor(range(8))
model = GCN(6, 8, 3, 0.5)
print(model)
opt = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=5e-4)


def accuracy(output, labels):
    preds = output.max(1)[1].type_as(labels)
    correct = preds.eq(labels).double()
    return correct.sum() / len(labels)


for ep in range(5):
    model.train()
    opt.zero_grad()
    out = model(feats, adj)
    l = F.nll_loss(out[idx], labels[idx])
    acc = accuracy(out[idx], labels[idx])
    l.backward()
    opt.step()
    print("Epoch: {:04d}".format(ep + 1), "loss_train: {:.4f}".format(l.item()), "acc_train: {:.4f}".format(acc.item()))


class GAT(nn.Module):
    def __init__(self, i, o, alpha=0.2, concat=True):
        super().__init__()
        self.W = nn.Parameter(torch.empty(size=(i, o)))
        nn.init.xavier_uniform_(self.W.data, gain=1.414)
        self.a = nn.Parameter(torch.empty(size=(2 * o, 1)))
        nn.init.xavier_uniform_(self.a.data, gain=1.414)
        self.leakyrelu = nn.LeakyReLU(alpha)
        self.o, self.concat = o, concat

    def forward(self, h, adj):
        Wh = torch.mm(h, self.W)
        e = self.leakyrelu(torch.matmul(Wh, self.a[: self.o, :]) + torch.matmul(Wh, self.a[self.o :, :]).T)
        att = torch.where(adj > 0, e, -9e15 * torch.ones_like(e))
        att = F.dropout(F.softmax(att, dim=1), 0.3, training=self.training)
        h = torch.matmul(att, Wh)
        return F.elu(h) if self.concat else h


heads = nn.ModuleList([GAT(6, 4) for _ in range(2)])
out_att = GAT(8, 3, concat=False)
o2 = torch.optim.Adam([*heads.parameters(), *out_att.parameters()], 0.02)
for _ in range(4):
    l = F.cross_entropy(out_att(torch.cat([h(feats, adj) for h in heads], dim=1), adj)[idx], labels[idx])
    o2.zero_grad()
    l.backward()
    o2.step()
    print(round(l.item(), 5))
edge_index = torch.from_numpy(np.vstack(A.nonzero())).long()
row, col = edge_index
print(edge_index.shape, torch.is_tensor(row))
deg = torch.zeros(N).scatter_add_(0, row, torch.ones(row.size(0)))
dis = deg.pow(-0.5)
dis[dis == float("inf")] = 0
norm = dis[row] * dis[col]


def scatter(src, index, n, reduce):
    return torch.zeros(n, *src.shape[1:]).scatter_reduce(
        0, index.view(-1, *[1] * (src.dim() - 1)).expand_as(src), src, reduce=reduce, include_self=False
    )


for r in ("sum", "mean", "amax", "amin", "prod"):
    print(r, scatter(feats[row] * norm.view(-1, 1), col, N, r).sum())
sage = nn.Linear(12, 3)
h = torch.cat([feats, torch.zeros_like(feats).index_add_(0, col, feats[row]) / deg.clamp(min=1).unsqueeze(-1)], -1)
print(F.normalize(sage(h), p=2.0, dim=-1)[:2])
# pooling by batch, sort by degree, topk pooling, deep sets, pointnet
batch = torch.tensor([0] * 8 + [1] * 12)
pooled = torch.stack([feats[batch == b].max(0).values for b in batch.unique()])
print(pooled.shape, torch.bincount(batch), torch.repeat_interleave(torch.arange(2), torch.tensor([8, 12])).equal(batch))
perm = torch.argsort(deg, descending=True, stable=True)[:5]
print(perm, deg[perm])


class TNet(nn.Module):
    def __init__(self, k=3):
        super().__init__()
        self.k = k
        self.c1, self.c2 = nn.Conv1d(k, 16, 1), nn.Conv1d(16, 32, 1)
        self.f = nn.Linear(32, k * k)
        self.b1, self.b2 = nn.BatchNorm1d(16), nn.BatchNorm1d(32)

    def forward(self, x):
        b = x.size(0)
        x = F.relu(self.b1(self.c1(x)))
        x = F.relu(self.b2(self.c2(x)))
        x = torch.max(x, 2, keepdim=True)[0].view(-1, 32)
        iden = (
            torch.autograd.Variable(torch.from_numpy(np.eye(self.k).flatten().astype(np.float32)))
            .view(1, self.k * self.k)
            .repeat(b, 1)
        )
        return (self.f(x) + iden).view(-1, self.k, self.k)


pts = torch.randn(4, 3, 30)
T = TNet()
tr = T(pts)
y = torch.bmm(pts.transpose(2, 1), tr)
I = torch.eye(3)[None]
print(y.shape, torch.mean(torch.norm(torch.bmm(tr, tr.transpose(2, 1)) - I, dim=(1, 2))))


def farthest(xyz, n):
    B, M, C = xyz.shape
    cen = torch.zeros(B, n, dtype=torch.long)
    dist = torch.ones(B, M) * 1e10
    far = torch.randint(0, M, (B,), dtype=torch.long)
    bi = torch.arange(B, dtype=torch.long)
    for i in range(n):
        cen[:, i] = far
        c = xyz[bi, far, :].view(B, 1, 3)
        d = torch.sum((xyz - c) ** 2, -1)
        mask = d < dist
        dist[mask] = d[mask]
        far = torch.max(dist, -1)[1]
    return cen


xyz = pts.transpose(1, 2)
print(farthest(xyz, 4))
inner = -2 * torch.matmul(pts.transpose(2, 1), pts)
xx = torch.sum(pts**2, dim=1, keepdim=True)
knn = (-xx - inner - xx.transpose(2, 1)).topk(k=3, dim=-1)[1]
print(knn[0, :2])
gi = (knn + torch.arange(0, 4).view(-1, 1, 1) * 30).view(-1)
ef = xyz.contiguous().view(4 * 30, -1)[gi, :].view(4, 30, 3, 3)
xr = xyz.view(4, 30, 1, 3).repeat(1, 1, 3, 1) if xyz.is_contiguous() else xyz.reshape(4, 30, 1, 3).repeat(1, 1, 3, 1)
print(torch.cat((ef - xr, xr), dim=3).permute(0, 3, 1, 2).contiguous().shape, ef.sum())
chamfer = torch.cdist(xyz[:1], xyz[1:2])
print(chamfer.min(1).values.mean() + chamfer.min(2).values.mean())
