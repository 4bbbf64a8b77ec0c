"""How tensors, modules and results of several parts are printed."""

import torch, torch.nn as nn, math, numpy as np

torch.manual_seed(0)
print(
    torch.rand(3),
    torch.randn(2, 3) * 1000,
    torch.tensor([1e-10, 1.0]),
    torch.tensor([1e8, 1.0]),
    torch.tensor([1.0, float("nan"), float("inf")]),
    sep="\n",
)
print(
    torch.arange(2000),
    torch.eye(30)[:, :30],
    torch.zeros(0),
    torch.zeros(2, 0, 3),
    torch.tensor(3),
    torch.tensor([[True, False]]),
    torch.tensor(2.5, dtype=torch.float64),
    sep="\n",
)
print(
    torch.rand(2, 2, 2, 2),
    torch.randint(0, 1000, (3, 4)),
    torch.tensor([1, 2], dtype=torch.int8),
    torch.tensor(1.0 + 2j) if False else "",
    sep="\n",
)
torch.set_printoptions(precision=2, sci_mode=False, linewidth=60)
print(torch.rand(12) * 100)
torch.set_printoptions(profile="full")
print(torch.arange(1010)[-3:])
torch.set_printoptions(profile="default")
print(
    f"{torch.tensor(3.14159):.2f} {torch.tensor(7)} {torch.tensor([1.5])} {torch.tensor(3):d} {torch.tensor(0.00012):e}",
    "%d %.3f %s" % (torch.tensor(4), torch.tensor(2.5), torch.tensor([1])),
)
m = nn.ModuleDict(
    {
        "a": nn.Sequential(nn.Linear(2, 3), nn.ReLU()),
        "b": nn.ModuleList([nn.Dropout(), nn.LayerNorm(3)]),
        "c": nn.ParameterList([nn.Parameter(torch.ones(2))]),
    }
)
print(m)
print(
    nn.LSTM(3, 4, 2, bidirectional=True, dropout=0.1, batch_first=True),
    nn.Conv2d(1, 2, (3, 5), stride=(2, 1), padding=(1, 0), dilation=2, groups=1, bias=False, padding_mode="reflect"),
    nn.ConvTranspose2d(2, 1, 3, output_padding=0),
    nn.BatchNorm1d(3, affine=False),
    nn.GroupNorm(2, 4),
    nn.Embedding(4, 2, padding_idx=0, max_norm=1.0),
    nn.MaxPool2d(2, return_indices=True),
    nn.Upsample(scale_factor=2, mode="bilinear"),
    nn.PReLU(3),
    nn.Softmax(-1),
    nn.Flatten(),
    nn.Unflatten(1, (2, 3)),
    nn.Identity(),
    nn.CrossEntropyLoss(),
    nn.MultiheadAttention(4, 2),
    nn.PixelShuffle(2),
    nn.ZeroPad2d(1),
    nn.Bilinear(1, 2, 3),
    nn.GRUCell(1, 2),
    nn.AvgPool2d(2),
    nn.AdaptiveAvgPool2d((None, 2)),
    nn.LeakyReLU(0.2, True),
    nn.InstanceNorm2d(3),
    nn.TransformerEncoderLayer(4, 2, 8),
    nn.Hardtanh(),
    nn.GLU(),
    nn.Unfold(2),
    nn.CosineSimilarity(),
    nn.RMSNorm(4),
    nn.Tanh(),
    nn.Threshold(1, 2),
    nn.LogSoftmax(dim=1),
    nn.ReflectionPad2d(2),
    nn.EmbeddingBag(3, 2, mode="sum"),
    nn.SmoothL1Loss(),
    nn.BCEWithLogitsLoss(),
    sep="\n",
)
p = nn.Parameter(torch.tensor([1.0, 2.0]))
print(p, p.data, p * 2, (p * 2).sum(), p.sum().item(), [p], {"p": p})
print(
    torch.Size([1, 2]),
    torch.float32,
    torch.device("cpu"),
    torch.strided,
    p.dtype,
    p.device,
    p.layout,
    p.type(),
    torch.get_default_dtype(),
    torch.__version__.split(".")[0],
)
print(
    torch.tensor([0.1, 0.25], requires_grad=True),
    torch.ones(2, requires_grad=True) + 1,
    (torch.ones(2, requires_grad=True) > 0),
    torch.ones(1, dtype=torch.float64, requires_grad=True).exp(),
)
x = torch.randn(3, 4)
print(
    x.max(),
    x.max(0),
    x.sort(),
    x.topk(2),
    torch.unique(torch.tensor([3, 1, 3]), return_counts=True),
    x.min(dim=1, keepdim=True),
    torch.median(x, 0),
    torch.mode(torch.tensor([1, 1, 2])),
    torch.linalg.svd(x)[1],
    torch.linalg.eigh(x @ x.T),
    torch.std_mean(x),
    torch.aminmax(x),
    torch.kthvalue(x, 2),
    torch.cummax(x, 1),
    torch.frexp(torch.tensor([3.0])),
    torch.linalg.qr(x[:, :2]),
    sep="\n",
)
print(
    list(torch.arange(3)),
    [t.item() for t in torch.arange(2)],
    tuple(torch.ones(2)),
    torch.arange(3).tolist(),
    len(x),
    bool(torch.tensor(1)),
    int(torch.tensor(2.7)),
    float(torch.tensor(1)),
    torch.tensor(5).__index__(),
    np.array(x[0, :1]).dtype,
    x.numpy().shape,
    3 in torch.arange(4),
    hash(p) == hash(p),
)
print(
    repr(x[0]),
    str(x[0, 0]),
    x.shape,
    x.size(),
    x.size(-1),
    x.stride(),
    x.numel(),
    x.ndim,
    x.dim(),
    x.nelement(),
    x.is_contiguous(),
    x.t().is_contiguous(),
    x.storage_offset(),
    x[1:].storage_offset(),
    x.element_size(),
    x.data_ptr() == x.view(-1).data_ptr(),
)
for e in (
    lambda: torch.ones(2, 3) @ torch.ones(2, 3),
    lambda: torch.ones(2) + torch.ones(3),
    lambda: torch.ones(2, 3).view(4),
    lambda: nn.Linear(2, 3)(torch.ones(1, 5)),
    lambda: torch.cat([torch.ones(1, 2), torch.ones(1, 3)]),
    lambda: torch.ones(2)[5],
    lambda: torch.ones(2, requires_grad=True).numpy(),
    lambda: torch.tensor([1, 2]).mean(),
    lambda: torch.ones(2, requires_grad=True).backward(),
    lambda: torch.ones(1).backward(),
    lambda: torch.ones(3).item(),
    lambda: bool(torch.ones(2)),
    lambda: nn.Linear(2, 3).foo,
    lambda: nn.Conv2d(1, 2, 3)(torch.ones(1, 3, 5, 5)),
    lambda: torch.zeros(2, 2).squeeze(5),
    lambda: torch.nn.functional.nll_loss(torch.zeros(2, 3), torch.tensor([0, 7])),
    lambda: nn.Embedding(3, 2)(torch.tensor([5])),
    lambda: torch.ones(2, requires_grad=True).add_(1),
):
    try:
        e()
        print("no error")
    except Exception as er:
        kinds = [c for c in (AttributeError, IndexError, RuntimeError, TypeError, ValueError) if isinstance(er, c)]
        print(kinds[0].__name__)
