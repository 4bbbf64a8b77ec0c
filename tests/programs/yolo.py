"""Detection: a loss over a grid, intersections over unions, suppression of the lesser boxes."""

import torch, torch.nn as nn, torch.nn.functional as F
import numpy as np
from typing import Tuple, List, Dict, Optional

torch.manual_seed(0)
np.random.seed(0)


def intersection_over_union(boxes_preds, boxes_labels, box_format="midpoint"):
    if box_format == "midpoint":
        b1x1 = boxes_preds[..., 0:1] - boxes_preds[..., 2:3] / 2
        b1y1 = boxes_preds[..., 1:2] - boxes_preds[..., 3:4] / 2
        b1x2 = boxes_preds[..., 0:1] + boxes_preds[..., 2:3] / 2
        b1y2 = boxes_preds[..., 1:2] + boxes_preds[..., 3:4] / 2
        b2x1 = boxes_labels[..., 0:1] - boxes_labels[..., 2:3] / 2
        b2y1 = boxes_labels[..., 1:2] - boxes_labels[..., 3:4] / 2
        b2x2 = boxes_labels[..., 0:1] + boxes_labels[..., 2:3] / 2
        b2y2 = boxes_labels[..., 1:2] + boxes_labels[..., 3:4] / 2
    x1, y1, x2, y2 = torch.max(b1x1, b2x1), torch.max(b1y1, b2y1), torch.min(b1x2, b2x2), torch.min(b1y2, b2y2)
    inter = (x2 - x1).clamp(0) * (y2 - y1).clamp(0)
    return inter / (abs((b1x2 - b1x1) * (b1y2 - b1y1)) + abs((b2x2 - b2x1) * (b2y2 - b2y1)) - inter + 1e-6)


class YoloLoss(nn.Module):
    def __init__(self, S=4, B=2, C=3):
        super().__init__()
        self.mse = nn.MSELoss(reduction="sum")
        self.S, self.B, self.C = S, B, C

    def forward(self, p, t):
        p = p.reshape(-1, self.S, self.S, self.C + self.B * 5)
        C = self.C
        iou = torch.cat(
            [
                intersection_over_union(p[..., C + 1 : C + 5], t[..., C + 1 : C + 5]).unsqueeze(0),
                intersection_over_union(p[..., C + 6 : C + 10], t[..., C + 1 : C + 5]).unsqueeze(0),
            ],
            dim=0,
        )
        iou_maxes, best = torch.max(iou, dim=0)
        exists = t[..., C].unsqueeze(3)
        bp = exists * (best * p[..., C + 6 : C + 10] + (1 - best) * p[..., C + 1 : C + 5])
        bt = exists * t[..., C + 1 : C + 5]
        bp[..., 2:4] = torch.sign(bp[..., 2:4]) * torch.sqrt(torch.abs(bp[..., 2:4] + 1e-6))
        bt[..., 2:4] = torch.sqrt(bt[..., 2:4])
        box = self.mse(torch.flatten(bp, end_dim=-2), torch.flatten(bt, end_dim=-2))
        pc = best * p[..., C + 5 : C + 6] + (1 - best) * p[..., C : C + 1]
        obj = self.mse(torch.flatten(exists * pc), torch.flatten(exists * t[..., C : C + 1]))
        no = self.mse(
            torch.flatten((1 - exists) * p[..., C : C + 1], start_dim=1),
            torch.flatten((1 - exists) * t[..., C : C + 1], start_dim=1),
        )
        cls = self.mse(torch.flatten(exists * p[..., :C], end_dim=-2), torch.flatten(exists * t[..., :C], end_dim=-2))
        return 5 * box + obj + 0.5 * no + cls


net = nn.Sequential(
    nn.Conv2d(3, 8, 7, 2, 3, bias=False),
    nn.BatchNorm2d(8),
    nn.LeakyReLU(0.1),
    nn.MaxPool2d(2, 2),
    nn.Conv2d(8, 8, 3, padding="same"),
    nn.LeakyReLU(0.1),
    nn.AvgPool2d(2, ceil_mode=True),
    nn.Flatten(),
    nn.Linear(8 * 16, 4 * 4 * 13),
)
x = torch.randn(3, 3, 32, 32)
t = torch.zeros(3, 4, 4, 13)
for b in range(3):
    for k in range(2):
        i, j = np.random.randint(0, 4, 2)
        t[b, i, j, np.random.randint(3)] = 1
        t[b, i, j, 3] = 1
        t[b, i, j, 4:8] = torch.tensor(np.random.rand(4)).float()
opt = torch.optim.Adam(net.parameters(), lr=2e-3)
lf = YoloLoss()
for _ in range(5):
    l = lf(net(x), t)
    opt.zero_grad()
    l.backward()
    opt.step()
    print(l.item())


def box_area(b):
    return (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])


def box_iou(a, b):
    lt = torch.max(a[:, None, :2], b[:, :2])
    rb = torch.min(a[:, None, 2:], b[:, 2:])
    wh = (rb - lt).clamp(min=0)
    inter = wh[:, :, 0] * wh[:, :, 1]
    return inter / (box_area(a)[:, None] + box_area(b) - inter)


def nms(boxes, scores, thr):
    x1, y1, x2, y2 = boxes.unbind(1)
    areas = (x2 - x1) * (y2 - y1)
    _, order = scores.sort(0, descending=True)
    keep = []
    while order.numel() > 0:
        if order.numel() == 1:
            keep.append(order.item())
            break
        i = order[0].item()
        keep.append(i)
        xx1, yy1 = x1[order[1:]].clamp(min=x1[i].item()), y1[order[1:]].clamp(min=y1[i].item())
        xx2, yy2 = x2[order[1:]].clamp(max=x2[i].item()), y2[order[1:]].clamp(max=y2[i].item())
        inter = (xx2 - xx1).clamp(min=0) * (yy2 - yy1).clamp(min=0)
        iou = inter / (areas[i] + areas[order[1:]] - inter)
        idx = (iou <= thr).nonzero().squeeze()
        if idx.numel() == 0:
            break
        order = order[idx + 1]
    return torch.LongTensor(keep)


boxes = torch.rand(12, 4) * 10
boxes[:, 2:] += boxes[:, :2] + 2
scores = torch.rand(12)
keep = nms(boxes, scores, 0.3)
print(keep, boxes[keep][:2], box_iou(boxes[:2], boxes[2:5]))


def focal(inputs, targets, alpha=0.25, gamma=2):
    p = torch.sigmoid(inputs)
    ce = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    pt = p * targets + (1 - p) * (1 - targets)
    return ((alpha * targets + (1 - alpha) * (1 - targets)) * ce * ((1 - pt) ** gamma)).sum()


lg = torch.randn(6, 4, requires_grad=True)
fl = focal(lg, torch.randint(0, 2, (6, 4)).float())
fl.backward()
print(fl, lg.grad.norm())
gy, gx = torch.meshgrid(torch.arange(4), torch.arange(3), indexing="ij")
grid = torch.stack((gx, gy), 2).view((1, 1, 4, 3, 2)).float()
print(grid[0, 0, 1], torch.meshgrid([torch.arange(2), torch.arange(3)], indexing="xy")[0])
anchors = torch.tensor([[10, 13], [16, 30]])
a = anchors.clone().view((1, -1, 1, 1, 2)).expand(1, 2, 4, 3, 2).float()
pred = torch.randn(1, 2, 4, 3, 8).sigmoid()
xy = (pred[..., 0:2] * 2 - 0.5 + grid) * 8
wh = (pred[..., 2:4] * 2) ** 2 * a
out = torch.cat((xy, wh, pred[..., 4:]), -1).view(1, -1, 8)
print(out.shape, out[0, 0])
conf, j = out[0][:, 5:].max(1, keepdim=True)
sel = torch.cat((out[0][:, :4], conf, j.float()), 1)[conf.view(-1) > 0.7]
sel = sel[sel[:, 4].argsort(descending=True)[:3]]
print(sel)
gt = torch.tensor([[0, 0, 4, 4.0], [5, 5, 9, 9]])
m = box_iou(gt, boxes)
vals, matches = m.max(dim=0)
matches[vals < 0.1] = -1
matches[(vals >= 0.1) & (vals < 0.3)] = -2
print(matches, vals.isnan().any())


def roi(feat, box):
    x1, y1, x2, y2 = box.round().int().tolist()
    return F.adaptive_max_pool2d(feat[:, :, y1:y2, x1:x2], (2, 2))


print(
    roi(torch.arange(64.0).view(1, 1, 8, 8), torch.tensor([1.2, 0.7, 6.1, 5.9])),
    F.grid_sample(
        x[:1, :1],
        F.affine_grid(torch.tensor([[[0.5, 0, 0], [0, 0.5, 0.2]]]), [1, 1, 2, 2], align_corners=False),
        align_corners=False,
    ),
)


def ciou(b1, b2, eps=1e-7):
    cw = b1[:, 2].maximum(b2[:, 2]) - b1[:, 0].minimum(b2[:, 0])
    ch = b1[:, 3].maximum(b2[:, 3]) - b1[:, 1].minimum(b2[:, 1])
    c2 = cw**2 + ch**2 + eps
    rho2 = ((b2[:, 0] + b2[:, 2] - b1[:, 0] - b1[:, 2]) ** 2 + (b2[:, 1] + b2[:, 3] - b1[:, 1] - b1[:, 3]) ** 2) / 4
    v = (4 / torch.pi**2) * (
        torch.atan((b2[:, 2] - b2[:, 0]) / (b2[:, 3] - b2[:, 1]))
        - torch.atan((b1[:, 2] - b1[:, 0]) / (b1[:, 3] - b1[:, 1]))
    ).pow(2)
    iou = box_iou(b1, b2).diag()
    with torch.no_grad():
        alpha = v / (v - iou + (1 + eps))
    return iou - (rho2 / c2 + v * alpha)


bp = boxes[:4].clone().requires_grad_()
lc = (1 - ciou(bp, boxes[4:8])).mean()
lc.backward()
print(lc, bp.grad)
