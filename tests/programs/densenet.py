"""A dense network with checkpointed layers; state dicts whose keys are rewritten."""

import re
from collections import OrderedDict
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.checkpoint as cp


def _bn_function_factory(norm, relu, conv):
    def bn_function(*inputs):
        concated_features = torch.cat(inputs, 1)
        return conv(relu(norm(concated_features)))

    return bn_function


class _DenseLayer(nn.Module):
    def __init__(self, num_input_features, growth_rate, bn_size, drop_rate, efficient=False):
        super(_DenseLayer, self).__init__()
        (self.add_module("norm1", nn.BatchNorm2d(num_input_features)),)
        (self.add_module("relu1", nn.ReLU(inplace=True)),)
        (
            self.add_module(
                "conv1", nn.Conv2d(num_input_features, bn_size * growth_rate, kernel_size=1, stride=1, bias=False)
            ),
        )
        (self.add_module("norm2", nn.BatchNorm2d(bn_size * growth_rate)),)
        (self.add_module("relu2", nn.ReLU(inplace=True)),)
        (
            self.add_module(
                "conv2", nn.Conv2d(bn_size * growth_rate, growth_rate, kernel_size=3, stride=1, padding=1, bias=False)
            ),
        )
        self.drop_rate = drop_rate
        self.efficient = efficient

    def forward(self, *prev_features):
        bn_function = _bn_function_factory(self.norm1, self.relu1, self.conv1)
        if self.efficient and any(f.requires_grad for f in prev_features):
            bottleneck_output = cp.checkpoint(bn_function, *prev_features, use_reentrant=False)
        else:
            bottleneck_output = bn_function(*prev_features)
        new_features = self.conv2(self.relu2(self.norm2(bottleneck_output)))
        if self.drop_rate > 0:
            new_features = F.dropout(new_features, p=self.drop_rate, training=self.training)
        return new_features


class _DenseBlock(nn.ModuleDict):
    def __init__(self, num_layers, num_input_features, bn_size, growth_rate, drop_rate, efficient):
        super().__init__()
        for i in range(num_layers):
            self.add_module(
                "denselayer%d" % (i + 1),
                _DenseLayer(num_input_features + i * growth_rate, growth_rate, bn_size, drop_rate, efficient),
            )

    def forward(self, init_features):
        features = [init_features]
        for name, layer in self.items():
            features.append(layer(*features))
        return torch.cat(features, 1)


class _Transition(nn.Sequential):
    def __init__(self, i, o):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(i))
        self.add_module("relu", nn.ReLU(inplace=True))
        self.add_module("conv", nn.Conv2d(i, o, kernel_size=1, stride=1, bias=False))
        self.add_module("pool", nn.AvgPool2d(kernel_size=2, stride=2))


class DenseNet(nn.Module):
    def __init__(
        self,
        growth_rate=4,
        block_config=(2, 2),
        compression=0.5,
        num_init_features=8,
        bn_size=2,
        drop_rate=0.1,
        num_classes=5,
        efficient=True,
    ):
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict([("conv0", nn.Conv2d(3, num_init_features, kernel_size=3, stride=1, padding=1, bias=False))])
        )
        num_features = num_init_features
        for i, num_layers in enumerate(block_config):
            block = _DenseBlock(num_layers, num_features, bn_size, growth_rate, drop_rate, efficient)
            self.features.add_module("denseblock%d" % (i + 1), block)
            num_features = num_features + num_layers * growth_rate
            if i != len(block_config) - 1:
                trans = _Transition(num_features, int(num_features * compression))
                self.features.add_module("transition%d" % (i + 1), trans)
                num_features = int(num_features * compression)
        self.features.add_module("norm_final", nn.BatchNorm2d(num_features))
        self.classifier = nn.Linear(num_features, num_classes)
        for name, param in self.named_parameters():
            if "conv" in name and "weight" in name:
                n = param.size(0) * param.size(2) * param.size(3)
                param.data.normal_().mul_((2.0 / n) ** 0.5)
            elif "norm" in name and "weight" in name:
                param.data.fill_(1)
            elif "norm" in name and "bias" in name:
                param.data.fill_(0)
            elif "classifier" in name and "bias" in name:
                param.data.fill_(0)

    def forward(self, x):
        features = self.features(x)
        out = F.relu(features, inplace=True)
        out = F.adaptive_avg_pool2d(out, (1, 1))
        out = torch.flatten(out, 1)
        return self.classifier(out)


class AverageMeter(object):
    def __init__(self):
        self.reset()

    def reset(self):
        self.val = self.avg = self.sum = self.count = 0

    def update(self, val, n=1):
        self.val = val
        self.sum += val * n
        self.count += n
        self.avg = self.sum / self.count


torch.manual_seed(0)
model = DenseNet()
print(model)
num_params = sum(p.numel() for p in model.parameters())
print("Total parameters: ", num_params)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True, momentum=0.9, weight_decay=1e-4)
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[0.5 * 4, 0.75 * 4], gamma=0.1)
x = torch.rand(12, 3, 8, 8)
y = torch.randint(5, (12,))
losses, error = AverageMeter(), AverageMeter()
for epoch in range(4):
    model.train()
    for b in range(0, 12, 4):
        out = model(x[b : b + 4])
        loss = F.cross_entropy(out, y[b : b + 4])
        _, pred = out.data.cpu().topk(1, dim=1)
        error.update(torch.ne(pred.squeeze(), y[b : b + 4].cpu()).float().sum().item() / 4, 4)
        losses.update(loss.item(), 4)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print(
        "\t".join(
            [
                "Epoch: [%d/%d]" % (epoch + 1, 4),
                "Loss %.4f (%.4f)" % (losses.val, losses.avg),
                "Error %.4f" % error.avg,
                str(scheduler.get_last_lr()),
            ]
        )
    )
pattern = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))((?:[12])\.(?:weight|bias|running_mean|running_var))$")
sd = model.state_dict()
for key in list(sd.keys()):
    if pattern.match(key):
        new_key = pattern.match(key).group(1) + "." + pattern.match(key).group(2)
        sd[new_key] = sd.pop(key)
print(list(sd)[-4:], len(sd))
r = model.load_state_dict(sd, strict=False)
print(len(r.missing_keys), len(r.unexpected_keys))
try:
    model.load_state_dict({"classifier.weight": torch.zeros(3, 3)}, strict=False)
except RuntimeError as e:
    print(e)
