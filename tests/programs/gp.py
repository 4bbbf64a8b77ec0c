"""A Gaussian process, a Kalman filter, principal components, ISTA, Sinkhorn, soft DTW and k-means."""

import math
import torch
from torch import nn, Tensor

torch.manual_seed(0)


class RBF(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_ls = nn.Parameter(torch.zeros(1))
        self.log_var = nn.Parameter(torch.zeros(()))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        d = torch.cdist(a / self.log_ls.exp(), b / self.log_ls.exp())
        return self.log_var.exp() * torch.exp(-0.5 * d**2)


class GP(nn.Module):
    def __init__(self, x, y):
        super().__init__()
        self.k = RBF()
        self.log_noise = nn.Parameter(torch.tensor(-2.0))
        self.register_buffer("x", x)
        self.register_buffer("y", y)

    def nll(self):
        n = len(self.x)
        K = self.k(self.x, self.x) + (self.log_noise.exp() + 1e-5) * torch.eye(n)
        L = torch.linalg.cholesky(K)
        a = torch.cholesky_solve(self.y.unsqueeze(-1), L)
        return 0.5 * (self.y @ a.squeeze(-1)) + L.diagonal().log().sum() + 0.5 * n * math.log(2 * math.pi)

    @torch.no_grad()
    def predict(self, xs):
        K = self.k(self.x, self.x) + self.log_noise.exp() * torch.eye(len(self.x))
        L = torch.linalg.cholesky(K)
        Ks = self.k(self.x, xs)
        v = torch.linalg.solve_triangular(L, Ks, upper=False)
        m = Ks.T @ torch.cholesky_solve(self.y[:, None], L)
        return m.squeeze(-1), (self.k(xs, xs) - v.T @ v).diagonal()


x = torch.linspace(-3, 3, 15).unsqueeze(1)
y = torch.sin(2 * x).squeeze() + 0.1 * torch.randn(15)
gp = GP(x, y)
opt = torch.optim.Adam(gp.parameters(), lr=0.1)
for i in range(8):
    opt.zero_grad()
    loss = gp.nll()
    loss.backward()
    opt.step()
    print(f"{i} {loss.item():.4f} ls {gp.k.log_ls.exp().item():.4f} noise {gp.log_noise.exp().item():.4f}")
m, v = gp.predict(torch.tensor([[0.0], [0.5], [5.0]]))
print(m, v)
# Bayesian linear regression, Kalman filter, PCA
A = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
H = torch.tensor([[1.0, 0.0]])
Q = 0.01 * torch.eye(2)
R = torch.tensor([[0.5]])
s = torch.zeros(2, 1)
P = torch.eye(2)
for z in torch.arange(6.0) + torch.randn(6) * 0.3:
    s = A @ s
    P = A @ P @ A.T + Q
    S = H @ P @ H.T + R
    K = P @ H.mT @ torch.inverse(S)
    s = s + K @ (z.view(1, 1) - H @ s)
    P = (torch.eye(2) - K @ H) @ P
print(s.squeeze(), P, torch.det(P), torch.linalg.cond(P))
X = torch.randn(30, 5) @ torch.diag(torch.tensor([3.0, 2.0, 1.0, 0.5, 0.1]))
X = X - X.mean(0, keepdim=True)
U, S, Vh = torch.linalg.svd(X, full_matrices=False)
print(S, (S**2 / (S**2).sum()).cumsum(0))
cov = torch.cov(X.T)
ev, evec = torch.linalg.eigh(cov)
print(ev.flip(0), torch.allclose(ev.flip(0), S**2 / 29, atol=1e-4))
print(torch.corrcoef(X.T)[0])
print(
    torch.linalg.lstsq(X[:, :2], X[:, 2:3]).solution,
    torch.linalg.matrix_rank(X),
    torch.linalg.pinv(X[:3]).shape,
    torch.linalg.norm(X, "nuc"),
    torch.linalg.matrix_norm(X, 2),
)
B = torch.randn(4, 4)
print(
    torch.matrix_exp(B * 0.1)[0],
    torch.linalg.matrix_power(B, 3)[0],
    torch.kron(torch.eye(2), torch.ones(1, 2)),
    torch.block_diag(torch.ones(1, 2), torch.eye(2)),
)
# ISTA
D = torch.randn(10, 20)
D = D / D.norm(dim=0, keepdim=True)
c = torch.zeros(20)
c[[2, 7]] = torch.tensor([1.5, -2.0])
b = D @ c
Lc = torch.linalg.matrix_norm(D, 2) ** 2
w = torch.zeros(20)
for _ in range(50):
    w = torch.nn.functional.softshrink(w - D.T @ (D @ w - b) / Lc, 0.05 / Lc.item())
print(w.abs().topk(2), (w != 0).sum())
# sinkhorn, softdtw
C = torch.cdist(torch.rand(4, 2), torch.rand(5, 2)).requires_grad_()
f, g = torch.zeros(4), torch.zeros(5)
eps = 0.1
for _ in range(20):
    f = eps * (math.log(1 / 4) - torch.logsumexp((g[None] - C) / eps, 1))
    g = eps * (math.log(1 / 5) - torch.logsumexp((f[:, None] - C) / eps, 0))
pi = torch.exp((f[:, None] + g[None] - C) / eps)
cost = (pi * C).sum()
cost.backward()
print(cost, pi.sum(0), C.grad.sum())


def soft_dtw(D, gamma=0.5):
    n, m = D.shape
    R = [[torch.tensor(float("inf"))] * (m + 1) for _ in range(n + 1)]
    R[0][0] = torch.tensor(0.0)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            R[i][j] = D[i - 1, j - 1] - gamma * torch.logsumexp(
                -torch.stack([R[i - 1][j - 1], R[i - 1][j], R[i][j - 1]]) / gamma, 0
            )
    return R[n][m]


a = torch.randn(4, requires_grad=True)
sd = soft_dtw((a[:, None] - torch.randn(5)[None]) ** 2)
sd.backward()
print(sd, a.grad)
km = torch.cat([torch.randn(10, 2) + 4, torch.randn(10, 2) - 4])
cen = km[[0, 1]].clone()
for _ in range(5):
    lab = torch.cdist(km, cen).argmin(1)
    cen = torch.stack([km[lab == k].mean(0) for k in range(2)])
print(cen, lab.bincount(), torch.unique(lab, return_counts=True))
