"""Pruning, and quantisation imitated with gradients passed straight through."""

import copy, math
import torch, torch.nn as nn, torch.nn.functional as F
import torch.nn.utils.prune as prune

torch.manual_seed(0)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3)
        self.conv2 = nn.Conv2d(6, 8, 3)
        self.fc1 = nn.Linear(8 * 4, 16)
        self.fc2 = nn.Linear(16, 4)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = x.view(-1, int(x.nelement() / x.shape[0]))
        return self.fc2(F.relu(self.fc1(x)))


m = LeNet()
print(list(n for n, _ in m.conv1.named_parameters()))
prune.random_unstructured(m.conv1, name="weight", amount=0.3)
print([n for n, _ in m.conv1.named_parameters()], list(m.conv1.named_buffers())[0][0], len(m.conv1._forward_pre_hooks))
prune.l1_unstructured(m.conv1, name="bias", amount=3)
prune.ln_structured(m.conv2, name="weight", amount=0.5, n=2, dim=0)
print(m.conv1.bias, m.conv2.weight.flatten(1).norm(dim=1))
print(m.state_dict().keys())
prune.remove(m.conv1, "weight")
print([n for n, _ in m.conv1.named_parameters()])
m2 = LeNet()
params = ((m2.conv1, "weight"), (m2.fc1, "weight"), (m2.fc2, "weight"))
prune.global_unstructured(params, pruning_method=prune.L1Unstructured, amount=0.4)
for mod, n in params:
    print("Sparsity: {:.2f}%".format(100.0 * float(torch.sum(mod.weight == 0)) / float(mod.weight.nelement())))


class Foobar(prune.BasePruningMethod):
    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


def foobar(module, name):
    Foobar.apply(module, name)
    return module


foobar(m2.fc2, name="bias")
print(m2.fc2.bias_mask, prune.is_pruned(m2))
opt = torch.optim.SGD(m2.parameters(), 0.1)
x = torch.randn(8, 1, 14, 14)[:, :, :12, :12]
y = torch.randint(4, (8,))
x = F.pad(x, (1, 1, 1, 1))
for _ in range(3):
    l = F.cross_entropy(m2(x), y)
    opt.zero_grad()
    l.backward()
    opt.step()
    print(l.item(), (m2.fc1.weight == 0).sum())


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.round()

    @staticmethod
    def backward(ctx, g):
        return g


class FakeQuant(nn.Module):
    def __init__(self, bits=8, symmetric=True):
        super().__init__()
        self.bits, self.sym = bits, symmetric
        self.register_buffer("min_val", torch.tensor(float("inf")))
        self.register_buffer("max_val", torch.tensor(float("-inf")))

    def forward(self, x):
        if self.training:
            self.min_val = torch.minimum(self.min_val, x.detach().min())
            self.max_val = torch.maximum(self.max_val, x.detach().amax())
        qmax = 2 ** (self.bits - 1) - 1
        if self.sym:
            s = torch.max(self.max_val.abs(), self.min_val.abs()) / qmax
            return torch.clamp(Round.apply(x / s), -qmax - 1, qmax) * s
        s = (self.max_val - self.min_val).clamp(min=1e-8) / (2**self.bits - 1)
        zp = torch.round(-self.min_val / s).int()
        return (torch.clamp(Round.apply(x / s) + zp, 0, 2**self.bits - 1) - zp) * s

    def extra_repr(self):
        return f"bits={self.bits}, symmetric={self.sym}"


class QLinear(nn.Linear):
    def __init__(self, *a, **k):
        super().__init__(*a, **k)
        self.wq, self.aq = FakeQuant(4), FakeQuant(8, False)

    def forward(self, x):
        return F.linear(self.aq(x), self.wq(self.weight), self.bias)


net = nn.Sequential(QLinear(6, 16), nn.ReLU(), QLinear(16, 3))
print(net)
o = torch.optim.Adam(net.parameters(), 0.02)
a, b = torch.randn(20, 6), torch.randint(3, (20,))
for _ in range(5):
    l = F.cross_entropy(net(a), b)
    o.zero_grad()
    l.backward()
    o.step()
    print(f"{l:.5f}")
net.eval()
print(net(a[:2]), net[0].aq.min_val, net.state_dict()["2.wq.max_val"])
w = torch.randn(5, 5)
scale = w.abs().max() / 127
q = torch.clamp((w / scale).round(), -128, 127).to(torch.int8)
print(
    q,
    q.dtype,
    (q.float() * scale - w).abs().max() < scale,
    q.element_size() * q.nelement(),
    torch.iinfo(torch.int8).max,
)


class BinActive(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        mean = torch.mean(input.abs(), 1, keepdim=True)
        return input.sign(), mean

    @staticmethod
    def backward(ctx, grad_output, grad_output_mean):
        (input,) = ctx.saved_tensors
        g = grad_output.clone()
        g[input.ge(1)] = 0
        g[input.le(-1)] = 0
        return g


v = torch.randn(3, 4, requires_grad=True)
s, mn = BinActive.apply(v)
(s * torch.arange(4.0)).sum().backward()
print(v.grad, mn)


class SignSTE(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return torch.sign(x)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.set_materialize_grads(False)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x.abs() <= 1)


t = torch.tensor([-2.0, 0.5, 1.0], requires_grad=True)
SignSTE.apply(t).sum().backward()
print(t.grad, SignSTE.apply(t).grad_fn.__class__.__name__)
packed = (torch.randint(0, 16, (4,), dtype=torch.uint8) << 4) | torch.randint(0, 16, (4,), dtype=torch.uint8)
print(packed, packed >> 4, packed & 0x0F, torch.bitwise_xor(packed, torch.tensor(255, dtype=torch.uint8)))
lut = torch.quantile(w, torch.linspace(0, 1, 4))
idx = torch.bucketize(w, lut[1:-1])
print(lut[idx][0], torch.histc(w, 4, -2, 2), torch.searchsorted(lut, torch.tensor([0.0, 1.0])))
fused = nn.utils.fusion.fuse_conv_bn_eval(nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval())
print(fused)
