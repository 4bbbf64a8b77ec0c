"""Autograd, step by step, on a graph of two operations: what forward recorded, what each grad_fn received and passed
on, and where .grad was filled.

    python examples/autograd_tour.py
"""

import minitorch as torch


def show(title):
    """A heading."""
    print(f"\n{title}\n{'-' * len(title)}")


def watch(node, name):
    """Print what a node receives and what it passes on, when backward runs it."""

    def hook(grad_inputs, grad_outputs):
        received = [g.tolist() for g in grad_outputs]
        passed = [None if g is None else g.tolist() for g in grad_inputs]
        print(f"  {name} ({node.name()}) received {received} and passed on {passed}")

    node.register_hook(hook)


show("1. Leaves")
w = torch.tensor([2.0, 3.0], requires_grad=True)
x = torch.tensor([5.0, 7.0])
print(f"w = {w}")
print(f"x = {x}")
print(f"w is a leaf: {w.is_leaf}; its grad_fn: {w.grad_fn}; its grad: {w.grad}")
print(f"x requires grad: {x.requires_grad}: nothing will be computed for it")

show("2. Forward records")
p = w * x
loss = p.sum()
print(f"p = w * x    = {p}")
print(f"loss = p.sum() = {loss}")
print("Every result remembers the node that made it, and every node where its inputs came from:")
print(f"  loss.grad_fn = {loss.grad_fn.name()}, next: {[(f and f.name(), i) for f, i in loss.grad_fn.next_functions]}")
print(f"  p.grad_fn    = {p.grad_fn.name()}, next: {[(f and f.name(), i) for f, i in p.grad_fn.next_functions]}")
print("AccumulateGrad is the end of the road at the leaf w; None stands for x, which requires no grad.")
print("The product saved what its derivative needs, d(wx)/dw = x, and only that:")
print(f"  saved by {p.grad_fn.name()}: {[t if t is None else t.tolist() for t in p.grad_fn.saved_tensors]}")

show("3. Backward runs the chain of grad_fn")
watch(loss.grad_fn, "loss.grad_fn")
watch(p.grad_fn, "p.grad_fn")
p.retain_grad()
print("loss.backward() starts with d loss / d loss = 1:")
loss.backward()

show("4. Where .grad was filled")
print(f"w.grad = {w.grad}: the leaf that requires grad")
print(f"p.grad = {p.grad}: not a leaf, kept because of retain_grad()")
print(f"x.grad = {x.grad}")
assert w.grad.tolist() == [5.0, 7.0]
assert p.grad.tolist() == [1.0, 1.0]
assert x.grad is None

show("5. Gradients accumulate until they are cleared")
(w * x).sum().backward()
print(f"after a second backward w.grad = {w.grad}: the sum of both")
assert w.grad.tolist() == [10.0, 14.0]
w.grad = None
print(f"after w.grad = None it is {w.grad}")

show("6. What was saved is freed")
try:
    loss.backward()
except RuntimeError as error:
    print("A second loss.backward() on the same graph is an error:")
    print(f"  {str(error).split('.')[0]}.")
else:
    raise SystemExit("the second backward should have failed")

show("7. Derivatives of derivatives")
y = torch.tensor(2.0, requires_grad=True)
(first,) = torch.autograd.grad(y**3, y, create_graph=True)
(second,) = torch.autograd.grad(first, y)
print(f"y^3 at 2: first derivative {first.item()}, second {second.item()}")
print("With create_graph=True backward is recorded too, because every backward is made of operations.")
assert (first.item(), second.item()) == (12.0, 12.0)
