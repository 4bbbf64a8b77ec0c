"""Hooks of every kind: Grad-CAM, summaries, clipped gradients, adversarial examples."""

import torch, torch.nn as nn, torch.nn.functional as F
from functools import partial
from collections import OrderedDict, defaultdict

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU()
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 4)

    def forward(self, x):
        return self.fc(self.pool(self.features(x)).flatten(1))


net = Net().eval()
x = torch.randn(2, 3, 12, 12)


class GradCAM:
    def __init__(self, model, target_layer):
        self.model = model
        self.gradients = None
        self.activations = None
        self.handles = [
            target_layer.register_forward_hook(self.save_act),
            target_layer.register_full_backward_hook(self.save_grad),
        ]

    def save_act(self, module, inp, out):
        self.activations = out.detach()

    def save_grad(self, module, grad_input, grad_output):
        self.gradients = grad_output[0].detach()

    def __call__(self, x, idx=None):
        out = self.model(x)
        idx = out.argmax(dim=1) if idx is None else idx
        self.model.zero_grad()
        out.gather(1, idx.view(-1, 1)).sum().backward()
        w = self.gradients.mean(dim=(2, 3), keepdim=True)
        cam = F.relu((w * self.activations).sum(1, keepdim=True))
        cam = F.interpolate(cam, x.shape[2:], mode="bilinear", align_corners=False)
        b = cam.shape[0]
        cam = cam.view(b, -1)
        cam = cam - cam.min(dim=1, keepdim=True)[0]
        cam = cam / (cam.max(dim=1, keepdim=True)[0] + 1e-8)
        return cam.view(b, 1, *x.shape[2:])

    def remove(self):
        for h in self.handles:
            h.remove()


g = GradCAM(net, net.features[-1])
cam = g(x)
print(cam.shape, cam[0, 0, 5])
g.remove()
print(len(net.features[-1]._forward_hooks))
acts = {}


def get_activation(name):
    def hook(model, input, output):
        acts[name] = output.detach()

    return hook


for n, m in net.named_modules():
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        m.register_forward_hook(get_activation(n))
net(x)
print({k: tuple(v.shape) for k, v in acts.items()})
summary = OrderedDict()


def register_hook(module):
    def hook(module, input, output):
        key = "%s-%i" % (str(module.__class__).split(".")[-1].split("'")[0], len(summary) + 1)
        summary[key] = [
            list(input[0].size()),
            [-1] + list(output.size())[1:],
            sum(int(torch.prod(torch.LongTensor(list(p.size())))) for p in module.parameters(recurse=False)),
        ]

    if not isinstance(module, nn.Sequential) and not isinstance(module, nn.ModuleList) and not (module == net):
        hs.append(module.register_forward_hook(hook))


hs = []
net.apply(register_hook)
net(x)
[h.remove() for h in hs]
for k, v in summary.items():
    print("{:>20} {:>25} {:>15}".format(k, str(v[1]), "{0:,}".format(v[2])))
y = torch.ones(3, requires_grad=True)
z = y * 2
z.register_hook(lambda gr: print("grad z", gr))
z.retain_grad()
h2 = y.register_hook(lambda gr: gr * 0.5)
(z**2).sum().backward()
print(y.grad, z.grad)


def pre(module, args):
    return (args[0] * 0,)


h = net.fc.register_forward_pre_hook(pre)
print(net(x)[0])
h.remove()
h = net.fc.register_forward_hook(lambda m, i, o: o.clamp(min=0))
print(net(x)[0])
h.remove()
hk = net.fc.register_forward_pre_hook(lambda m, a, k: (a, k), with_kwargs=True)
net.fc(torch.ones(1, 16))
hk.remove()
hp = net.register_full_backward_pre_hook(lambda m, go: (go[0] * 2,))
net.zero_grad()
net(x).sum().backward()
print(net.fc.bias.grad)
hp.remove()
for p in net.parameters():
    p.register_hook(lambda gr: torch.clamp(gr, -0.01, 0.01))
net.zero_grad()
net(x).pow(2).sum().backward()
print(max(p.grad.abs().max().item() for p in net.parameters()))
seen = []
net.features[0].weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.norm().item()))
net(x).sum().backward()
print([round(s, 5) for s in seen])


class GuidedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, i):
        ctx.save_for_backward(i)
        return i.clamp(min=0)

    @staticmethod
    def backward(ctx, go):
        (i,) = ctx.saved_tensors
        return go * (i > 0).type_as(go) * (go > 0).type_as(go)


def replace(m):
    for name, child in m.named_children():
        if isinstance(child, nn.ReLU):
            setattr(m, name, type("G", (nn.Module,), {"forward": lambda self, i: GuidedReLU.apply(i)})())
        else:
            replace(child)


replace(net)
xi = x.clone().requires_grad_()
net(xi)[:, 1].sum().backward()
print(xi.grad.abs().sum(), net.features[1])
ig = torch.zeros_like(x)
for a in torch.linspace(0, 1, 5):
    xx = (a * x).requires_grad_()
    ig += torch.autograd.grad(net(xx)[:, 0].sum(), xx)[0]
print((ig / 5 * x).sum((1, 2, 3)))
eps = 0.05
adv = x.clone()
for _ in range(3):
    adv = adv.detach().requires_grad_(True)
    F.cross_entropy(net(adv), torch.tensor([0, 1])).backward()
    adv = torch.max(torch.min(adv + 0.02 * adv.grad.sign(), x + eps), x - eps)
print((adv - x).abs().max(), net(adv).argmax(1))
print(
    [n for n, _ in net.named_modules()],
    len(list(net.children())),
    net.get_submodule("features.3"),
    net.get_parameter("fc.bias").shape,
)
