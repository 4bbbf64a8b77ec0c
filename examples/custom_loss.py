"""One loss written three ways: as a plain function, as a Module, and as a Function with a backward of its own.

The loss is the logarithm of the hyperbolic cosine, log cosh(prediction - target): squared for small errors, absolute
for large ones. All three give the same gradients. When one needs which:

- a function: nearly always. It is made of operations, so autograd knows its derivative;
- a Module: when the loss has settings (or parameters) to keep, print and save;
- a Function: when the derivative can be had cheaper, or more exactly, than by going back through every operation.

    python examples/custom_loss.py
"""

import math
import sys

import minitorch as torch
from minitorch import nn


def log_cosh(prediction, target):
    """log cosh of the error, without overflow: |e| + log(1 + exp(-2 |e|)) - log 2."""
    error = (prediction - target).abs()
    return (error + torch.log1p(torch.exp(-2 * error)) - math.log(2)).mean()


class LogCoshLoss(nn.Module):
    """The same as a layer, with a setting: errors are divided by `scale` first."""

    def __init__(self, scale=1.0):
        super().__init__()
        self.scale = scale

    def forward(self, prediction, target):
        return log_cosh(prediction / self.scale, target / self.scale)

    def extra_repr(self):
        return f"scale={self.scale}"


class LogCosh(torch.autograd.Function):
    """The same with a derivative by hand: d log cosh e = tanh e."""

    @staticmethod
    def forward(ctx, prediction, target):
        error = prediction - target
        ctx.save_for_backward(error)
        size = error.abs()
        return (size + torch.log1p(torch.exp(-2 * size)) - math.log(2)).mean()

    @staticmethod
    def backward(ctx, grad):
        (error,) = ctx.saved_tensors
        slope = grad * torch.tanh(error) / error.numel()
        return slope, -slope


def gradient(loss, prediction, target):
    """The value of a loss and its gradient by the prediction."""
    prediction = prediction.clone().requires_grad_()
    value = loss(prediction, target)
    value.backward()
    return value, prediction.grad


def nodes(value):
    """How many operations a graph has recorded."""
    seen, stack = set(), [value.grad_fn]
    while stack:
        node = stack.pop()
        if node is not None and node not in seen:
            seen.add(node)
            stack.extend(next_node for next_node, _ in node.next_functions)
    return len(seen)


def train(loss, steps=300):
    """Fit a line with the loss, and return the error left."""
    torch.manual_seed(0)
    x = torch.randn(64, 1)
    y = 3 * x + 2
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(steps):
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
    return (model(x) - y).abs().max().item()


if __name__ == "__main__":
    torch.manual_seed(0)
    prediction, target = torch.randn(5, dtype=torch.float64) * 3, torch.randn(5, dtype=torch.float64)
    losses = {"function": log_cosh, "Module": LogCoshLoss(), "Function": LogCosh.apply}
    reference = None
    for name, loss in losses.items():
        value, grad = gradient(loss, prediction, target)
        graph = nodes(loss(prediction.clone().requires_grad_(), target))
        print(
            f"{name:9} loss {value.item():.6f}  nodes in the graph {graph:2}  gradient "
            f"{[round(g, 4) for g in grad.tolist()]}"
        )
        reference = grad if reference is None else reference
        if not torch.allclose(grad, reference, rtol=1e-10, atol=1e-12):
            sys.exit(f"the gradient of the {name} is not that of the function")
    assert torch.autograd.gradcheck(
        LogCosh.apply, (prediction.clone().requires_grad_(), target.clone().requires_grad_())
    )
    print("gradcheck agrees with the backward written by hand")
    for name, loss in losses.items():
        left = train(loss)
        print(f"{name:9} trains a line to within {left:.2e}")
        if left > 1e-2:
            sys.exit(f"training with the {name} did not converge")
