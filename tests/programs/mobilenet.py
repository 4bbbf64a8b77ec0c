"""Inverted bottlenecks with squeeze and excitation, averages of weights, schedules in sequence."""

from functools import partial
from typing import Any, Callable, List, Optional
from collections import OrderedDict
import torch
from torch import nn, Tensor
import torch.nn.functional as F


def _make_divisible(v: float, divisor: int, min_value: Optional[int] = None) -> int:
    if min_value is None:
        min_value = divisor
    new_v = max(min_value, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


class ConvNormAct(nn.Sequential):
    def __init__(
        self,
        i: int,
        o: int,
        kernel_size: int = 3,
        stride: int = 1,
        groups: int = 1,
        norm_layer: Optional[Callable[..., nn.Module]] = None,
        activation_layer: Optional[Callable[..., nn.Module]] = nn.ReLU6,
    ) -> None:
        padding = (kernel_size - 1) // 2
        layers: List[nn.Module] = [
            nn.Conv2d(i, o, kernel_size, stride, padding, groups=groups, bias=False),
            (norm_layer or nn.BatchNorm2d)(o),
        ]
        if activation_layer is not None:
            layers.append(activation_layer(inplace=True))
        super().__init__(*layers)
        self.out_channels = o


class SqueezeExcitation(nn.Module):
    def __init__(self, c: int, s: int):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(c, s, 1)
        self.fc2 = nn.Conv2d(s, c, 1)
        self.activation = nn.SiLU()
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        s = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))
        return s * x


class StochasticDepth(nn.Module):
    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return input
        survival = 1.0 - self.p
        noise = torch.empty([input.shape[0]] + [1] * (input.ndim - 1), dtype=input.dtype, device=input.device)
        noise = noise.bernoulli_(survival)
        if survival > 0.0:
            noise.div_(survival)
        return input * noise

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(p={self.p})"


class MBConv(nn.Module):
    def __init__(self, i, o, expand, stride, k=3, norm_layer=None, p=0.1):
        super().__init__()
        self.use_res = stride == 1 and i == o
        mid = _make_divisible(i * expand, 8)
        layers: List[nn.Module] = []
        if mid != i:
            layers.append(ConvNormAct(i, mid, 1, norm_layer=norm_layer, activation_layer=nn.SiLU))
        layers += [
            ConvNormAct(mid, mid, k, stride, groups=mid, norm_layer=norm_layer, activation_layer=nn.Hardswish),
            SqueezeExcitation(mid, max(1, i // 4)),
            ConvNormAct(mid, o, 1, norm_layer=norm_layer, activation_layer=None),
        ]
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = StochasticDepth(p)

    def forward(self, x):
        y = self.block(x)
        return self.stochastic_depth(y) + x if self.use_res else y


class Net(nn.Module):
    def __init__(self, num_classes: int = 4):
        super().__init__()
        norm_layer = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
        self.features = nn.Sequential(
            OrderedDict(
                [
                    ("stem", ConvNormAct(3, 8, 3, 2, norm_layer=norm_layer)),
                    ("b1", MBConv(8, 8, 1, 1, norm_layer=norm_layer)),
                    ("b2", MBConv(8, 16, 3, 2, 5, norm_layer=norm_layer)),
                    ("b3", MBConv(16, 16, 2, 1, norm_layer=norm_layer)),
                    ("head", ConvNormAct(16, 32, 1, norm_layer=norm_layer, activation_layer=nn.SiLU)),
                ]
            )
        )
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Sequential(nn.Dropout(p=0.2, inplace=True), nn.Linear(32, num_classes))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.ones_(m.weight)
                nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                init_range = 1.0 / m.out_features**0.5
                nn.init.uniform_(m.weight, -init_range, init_range)
                nn.init.zeros_(m.bias)

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = self.avgpool(x)
        x = torch.flatten(x, 1)
        return self.classifier(x)


torch.manual_seed(3)
net = Net()
print(net)
ema = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
opt = torch.optim.RMSprop(net.parameters(), lr=0.003, alpha=0.9, eps=0.0316, momentum=0.9, weight_decay=1e-5)
sched = torch.optim.lr_scheduler.SequentialLR(
    opt,
    schedulers=[
        torch.optim.lr_scheduler.LinearLR(opt, start_factor=0.1, total_iters=2),
        torch.optim.lr_scheduler.ExponentialLR(opt, gamma=0.9),
    ],
    milestones=[2],
)
x, y = torch.randn(8, 3, 20, 20), torch.tensor([0, 1, 2, 3] * 2)
for s in range(5):
    loss = F.cross_entropy(net(x), y, label_smoothing=0.1)
    opt.zero_grad()
    loss.backward()
    opt.step()
    sched.step()
    ema.update_parameters(net)
    print(s, f"{loss.item():.5f}", [f"{g['lr']:.6f}" for g in opt.param_groups])
torch.optim.swa_utils.update_bn(torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=4), ema)
ema.eval()
net.eval()
print(ema(x)[:2], net(x)[:2], sep="\n")
print(ema.n_averaged, list(ema.state_dict())[:3])
print({n: tuple(b.shape) for n, b in list(net.named_buffers())[:4]})
for n, m in net.named_children():
    print(n, type(m).__name__, sum(p.numel() for p in m.parameters()))
