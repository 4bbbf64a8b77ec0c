"""Programs marked for compilers that are not there."""

import torch, torch.nn as nn, torch.nn.functional as F, warnings
from torch import Tensor
from typing import Dict, List, Tuple, Optional, Union
import torch.jit as jit

warnings.simplefilter("ignore")
torch.manual_seed(0)


@torch.jit.script
def mish_jit_fwd(x: Tensor) -> Tensor:
    return x.mul(torch.tanh(F.softplus(x)))


@torch.jit.script
def mish_jit_bwd(x: Tensor, g: Tensor) -> Tensor:
    xs = torch.sigmoid(x)
    xt = F.softplus(x).tanh()
    return g.mul(xt + x * xs * (1 - xt * xt))


class MishAuto(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return mish_jit_fwd(x)

    @staticmethod
    def backward(ctx, g):
        return mish_jit_bwd(ctx.saved_tensors[0], g)


x = torch.randn(4, requires_grad=True)
MishAuto.apply(x).sum().backward()
print(x.grad)


class Cell(torch.nn.Module):
    def __init__(self, dg):
        super().__init__()
        self.dg = dg
        self.linear = torch.nn.Linear(4, 4)

    def forward(self, x, h):
        new_h = torch.tanh(self.dg(self.linear(x)) + h)
        return new_h, new_h


class Gate(torch.nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


c = torch.jit.script(Cell(torch.jit.script(Gate())))
a, b = torch.rand(3, 4), torch.rand(3, 4)
print(c(a, b)[0])
tr = torch.jit.trace(nn.Sequential(nn.Linear(4, 2), nn.ReLU()), (torch.rand(1, 4),))
print(tr(a))


@torch.compile
def fn(x, y):
    return torch.sin(x) + torch.cos(y)


print(fn(a, b)[0])
opt = torch.compile(nn.Linear(4, 2), mode="reduce-overhead", fullgraph=True, dynamic=False)
print(opt(a)[0])


class LSTMCell(jit.ScriptModule):
    def __init__(self, i, h):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.randn(4 * h, i))
        self.weight_hh = nn.Parameter(torch.randn(4 * h, h))

    @jit.script_method
    def forward(self, input: Tensor, state: Tuple[Tensor, Tensor]) -> Tuple[Tensor, Tuple[Tensor, Tensor]]:
        hx, cx = state
        gates = torch.mm(input, self.weight_ih.t()) + torch.mm(hx, self.weight_hh.t())
        i, f, g, o = gates.chunk(4, 1)
        cy = torch.sigmoid(f) * cx + torch.sigmoid(i) * torch.tanh(g)
        hy = torch.sigmoid(o) * torch.tanh(cy)
        return hy, (hy, cy)


print(LSTMCell(3, 2)(torch.randn(1, 3), (torch.zeros(1, 2), torch.zeros(1, 2)))[0])


class M(nn.Module):
    __constants__ = ["k"]
    k: torch.jit.Final[int]

    def __init__(self):
        super().__init__()
        self.k = 3

    @torch.jit.export
    def helper(self, x: Optional[Tensor]) -> Tensor:
        return torch.zeros(1) if x is None else x * self.k

    @torch.jit.unused
    def unused(self, x):
        raise RuntimeError

    def forward(self, xs: List[Tensor], d: Dict[str, Tensor]) -> Tensor:
        if torch.jit.is_scripting():
            pass
        out = torch.jit.annotate(List[Tensor], [])
        for x in xs:
            out.append(self.helper(x))
        return torch.stack(out).sum(0) + d["a"]


print(torch.jit.script(M())([torch.ones(2), torch.ones(2)], {"a": torch.ones(2)}))
if hasattr(torch, "compile") and not torch.cuda.is_available():
    print("cpu")


@torch.inference_mode()
def infer(m, x):
    return m(x)


print(infer(opt, a).requires_grad, torch.is_inference_mode_enabled())


@torch.no_grad()
def gen():
    for i in range(2):
        yield torch.ones(1, requires_grad=True) * i


print([t.requires_grad for t in gen()])
with torch.autograd.set_detect_anomaly(True):
    try:
        z = torch.tensor([-1.0], requires_grad=True)
        torch.sqrt(z).sum().backward()
    except RuntimeError as e:
        print(str(e).split(".")[0][:60])
with torch.autograd.profiler.record_function("label") if hasattr(torch.autograd, "profiler") else torch.no_grad():
    pass
print(
    torch.jit.is_tracing() if hasattr(torch.jit, "is_tracing") else False,
    torch.get_num_threads() > 0,
    torch.is_grad_enabled(),
)
