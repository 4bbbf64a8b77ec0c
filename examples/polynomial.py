"""Fit a cubic to sin(x), four times: with tensors and manual updates, with a Function of our own, with layers and an
optimizer, and with a Module of our own. The program is PyTorch's classic, with the import changed.

    python examples/polynomial.py
"""

import math
import sys

import minitorch as torch

device = torch.device("cpu")
dtype = torch.float
STEPS = 2000
TARGET = 15.0  # the sum of squared errors; the best cubic has about 8.8


def report(name, loss, coefficients):
    """Print the result, and return whether it is good enough."""
    a, b, c, d = coefficients
    print(f"{name:22} loss {loss:6.2f}   y = {a:.4f} + {b:.4f} x + {c:.4f} x^2 + {d:.4f} x^3")
    return loss < TARGET


def with_tensors():
    """Gradients by autograd, the update by hand."""
    x = torch.linspace(-math.pi, math.pi, 2000, device=device, dtype=dtype)
    y = torch.sin(x)
    a = torch.randn((), device=device, dtype=dtype, requires_grad=True)
    b = torch.randn((), device=device, dtype=dtype, requires_grad=True)
    c = torch.randn((), device=device, dtype=dtype, requires_grad=True)
    d = torch.randn((), device=device, dtype=dtype, requires_grad=True)
    learning_rate = 1e-6
    for _ in range(STEPS):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            a -= learning_rate * a.grad
            b -= learning_rate * b.grad
            c -= learning_rate * c.grad
            d -= learning_rate * d.grad
            a.grad = None
            b.grad = None
            c.grad = None
            d.grad = None
    return report("tensors", loss.item(), [p.item() for p in (a, b, c, d)])


class LegendrePolynomial3(torch.autograd.Function):
    """P3(x) = (5 x^3 - 3 x) / 2, with the derivative written by hand."""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


def with_function():
    """y = a + b P3(c + d x), where P3 is a Function."""
    x = torch.linspace(-math.pi, math.pi, 2000, device=device, dtype=dtype)
    y = torch.sin(x)
    a = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
    b = torch.full((), -1.0, device=device, dtype=dtype, requires_grad=True)
    c = torch.full((), 0.0, device=device, dtype=dtype, requires_grad=True)
    d = torch.full((), 0.3, device=device, dtype=dtype, requires_grad=True)
    learning_rate = 5e-6
    P3 = LegendrePolynomial3.apply
    for _ in range(STEPS):
        y_pred = a + b * P3(c + d * x)
        loss = (y_pred - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= learning_rate * p.grad
                p.grad = None
    print(
        f"{'a Function':22} loss {loss.item():6.2f}   y = {a.item():.4f} + {b.item():.4f} P3({c.item():.4f} + "
        f"{d.item():.4f} x)"
    )
    return loss.item() < TARGET


def with_layers():
    """A linear layer on (x, x^2, x^3), a loss module, an optimizer."""
    x = torch.linspace(-math.pi, math.pi, 2000)
    y = torch.sin(x)
    xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
    loss_fn = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6, momentum=0.9)
    for _ in range(STEPS):
        loss = loss_fn(model(xx), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    layer = model[0]
    return report("layers, optimizer", loss.item(), [layer.bias.item(), *layer.weight[0].tolist()])


class Polynomial3(torch.nn.Module):
    """y = a + b x + c x^2 + d x^3."""

    def __init__(self):
        super().__init__()
        self.a = torch.nn.Parameter(torch.randn(()))
        self.b = torch.nn.Parameter(torch.randn(()))
        self.c = torch.nn.Parameter(torch.randn(()))
        self.d = torch.nn.Parameter(torch.randn(()))

    def forward(self, x):
        return self.a + self.b * x + self.c * x**2 + self.d * x**3


def with_module():
    """A Module with four parameters."""
    x = torch.linspace(-math.pi, math.pi, 2000)
    y = torch.sin(x)
    model = Polynomial3()
    criterion = torch.nn.MSELoss(reduction="sum")
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-6)
    for _ in range(STEPS):
        y_pred = model(x)
        loss = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return report("a Module", loss.item(), [p.item() for p in model.parameters()])


if __name__ == "__main__":
    torch.manual_seed(0)
    good = [with_tensors(), with_function(), with_layers(), with_module()]
    sys.exit(None if all(good) else f"a loss stayed above {TARGET}")
