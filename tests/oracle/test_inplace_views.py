"""Small programs with writes and views, run by PyTorch and by minitorch: the same numbers, or the same refusal."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")

Program = Callable[[Any], Any]
PROGRAMS: dict[str, Program] = {}
REFUSED: dict[str, str] = {}


def program(f: Program) -> Program:
    """A program that works."""
    PROGRAMS[f.__name__] = f
    return f


def refused(words: str) -> Callable[[Program], Program]:
    """A program that both refuse, with these words."""

    def add(f: Program) -> Program:
        REFUSED[f.__name__] = words
        return program(f)

    return add


def leaf(t: Any, *shape: int) -> Any:
    """A leaf 1, 2, 3, ... of a shape (4 elements in a row by default)."""
    shape = shape or (4,)
    n = int(np.prod(shape))
    return (t.arange(1, n + 1, dtype=t.float64).reshape(shape) / 4).detach().requires_grad_()


def grads(y: Any, *xs: Any) -> Any:
    """Backward of a weighted sum; then y and the gradients."""
    weights = y.detach() * 0 + 1
    weights = weights.cumsum(-1) if y.ndim else weights
    (y * weights).sum().backward()
    return (y.detach(), *[x.grad for x in xs])


# ---------------------------------------------------------------- writes to a tensor


@program
def add_to_result(t):
    x = leaf(t)
    y = x * 2
    y.add_(1)
    return grads(y, x)


@program
def chain_of_writes(t):
    x = leaf(t)
    y = x.clone()
    y.mul_(2).exp_()
    y = y + 0
    y.sub_(x).div_(3)
    return grads(y, x)


@refused("modified by an inplace operation")
def chain_of_writes_over_a_saved_output(t):
    x = leaf(t)
    y = x.clone()
    y.mul_(2).exp_().sub_(x).div_(3)
    return grads(y, x)


@program
def multiply_by_itself(t):
    x = leaf(t)
    y = x.clone()
    y.mul_(y.clone())
    return grads(y, x)


@refused("modified by an inplace operation")
def multiply_by_what_is_overwritten(t):
    x = leaf(t)
    y = x.clone()
    y.mul_(y)
    return grads(y, x)


@program
def augmented_assignment(t):
    x = leaf(t)
    y = x + 0
    y += x
    y *= x
    y -= 1
    y /= 2
    y **= 2
    return grads(y, x)


@program
def write_to_plain_tensor_makes_it_tracked(t):
    x, y = leaf(t), t.ones(4, dtype=t.float64)
    y.mul_(x)
    return y.requires_grad, y.is_leaf, *grads(y, x)


@program
def copy_into_plain_tensor(t):
    x, y = leaf(t), t.zeros(2, 4, dtype=t.float64)
    y.copy_(x)
    return grads(y, x)


@program
def copy_casts(t):
    x, y = leaf(t), t.zeros(4, dtype=t.float32)
    y.copy_(x)
    y.sum().backward()
    return y.detach(), x.grad


@program
def zero_cuts_history(t):
    x = leaf(t)
    y = x * 2
    y.zero_()
    y.add_(x)
    return grads(y, x)


@program
def fill_part_cuts_history(t):
    x = leaf(t)
    y = x * 2
    y[1:3].fill_(7.0)
    return grads(y, x)


@program
def fill_with_tracked_number(t):
    x, s = leaf(t), t.tensor(2.0, dtype=t.float64, requires_grad=True)
    y = x * 3
    y.fill_(s)
    return y.detach(), *t.autograd.grad(y.sum(), (x, s), allow_unused=True)


@program
def leaf_under_no_grad(t):
    x = leaf(t)
    with t.no_grad():
        x.mul_(2)
        x[0] = 0
    return x.detach(), x.requires_grad, x.is_leaf, x._version


@program
def leaf_data(t):
    x = leaf(t)
    x.data.mul_(2)
    return (x * x).sum().item(), x._version


@program
def detached_shares(t):
    x = leaf(t)
    y = x * 2
    y.detach().add_(5)
    return y.detach(), y._version


@refused("a leaf Variable that requires grad")
def write_to_leaf(t):
    leaf(t).add_(1)


@refused("a view of a leaf Variable that requires grad")
def write_to_view_of_leaf(t):
    leaf(t)[0:2].mul_(2)


@refused("a leaf Variable that requires grad|a view of a leaf Variable that requires grad")
def set_item_of_leaf(t):
    x = leaf(t)
    x[0] = 1


@refused("modified by an inplace operation")
def write_to_saved_input(t):
    x = leaf(t)
    y = x * 2
    z = y * y
    y.add_(1)
    z.sum().backward()


@refused("modified by an inplace operation")
def write_to_saved_output(t):
    x = leaf(t)
    y = x.exp()
    y.mul_(2)
    y.sum().backward()


@program
def write_to_unsaved_output(t):
    x = leaf(t)
    y = x * 3
    z = y + 1
    y.zero_()
    return grads(z, x)


@program
def write_where_output_is_saved_in_place(t):
    x = leaf(t)
    y = (x * 2).exp_()
    return grads(y, x)


@program
def sigmoid_in_place_twice(t):
    x = leaf(t)
    y = (x * 1).sigmoid_()
    z = y * 2
    return grads(z, x)


@refused("modified by an inplace operation")
def saved_then_written_through_detach(t):
    x = leaf(t)
    y = x * 2
    z = y.pow(2)
    y.detach().add_(1)
    z.sum().backward()


@refused("modified by an inplace operation")
def leaf_written_after_use(t):
    x = leaf(t)
    y = (x * x).sum()
    with t.no_grad():
        x.add_(1)
    y.backward()


@refused("doesn't match the broadcast shape")
def write_grows(t):
    x = t.ones(3, dtype=t.float64)
    x.add_(t.ones(2, 3, dtype=t.float64))


@refused("can't be cast")
def write_float_to_integer(t):
    t.ones(3, dtype=t.int64).add_(1.5)


@refused("more than one element of the written-to tensor refers to a single memory location")
def write_to_expanded(t):
    t.ones(1, dtype=t.float64).expand(3).add_(1)


# ---------------------------------------------------------------- views of a result


@program
def write_to_view(t):
    x = leaf(t)
    y = x * 2
    v = y[1:3]
    v.mul_(10)
    return v.detach(), *grads(y, x)


@program
def view_of_written_base(t):
    x = leaf(t)
    y = x * 2
    v = y.view(2, 2)
    y.mul_(3)
    return grads(v, x)


@program
def view_and_base_after_write_to_view(t):
    x = leaf(t)
    y = x * 2
    v = y.view(2, 2)
    v.add_(1)
    v.mul_(y.view(2, 2).detach().clone())
    return grads(v + y.view(2, 2), x)


@refused("modified by an inplace operation")
def view_multiplied_by_its_own_memory(t):
    x = leaf(t)
    y = x * 2
    v = y.view(2, 2)
    v.add_(1)
    v.mul_(y.view(2, 2).detach())
    return grads(v + y.view(2, 2), x)


@program
def two_views_one_written(t):
    x = leaf(t)
    y = x * 2
    a, b = y[:2], y[1:]
    a.mul_(5)
    return b.detach(), *grads(b, x)


@program
def two_views_both_written(t):
    x = leaf(t)
    y = x * 2
    a, b = y[:3], y[1:]
    a.mul_(5)
    b.mul_(x[1:])
    a.add_(x[:3])
    return grads(y, x)


@refused("modified by an inplace operation")
def two_views_written_over_a_saved_output(t):
    x = leaf(t)
    y = x * 2
    a, b = y[:3], y[1:]
    a.mul_(5)
    b.exp_()
    a.add_(x[:3])
    return grads(y, x)


@program
def view_of_view(t):
    x = leaf(t, 2, 4)
    y = x * 1
    v = y[1].view(2, 2).t()
    v.mul_(v.clone())
    return v.detach(), *grads(y, x)


@refused("modified by an inplace operation")
def view_of_view_multiplied_by_itself(t):
    x = leaf(t, 2, 4)
    y = x * 1
    v = y[1].view(2, 2).t()
    v.mul_(v)
    return v.detach(), *grads(y, x)


@program
def transpose_written(t):
    x = leaf(t, 2, 3)
    y = x * 1
    y.t().mul_(t.arange(6, dtype=t.float64).reshape(3, 2))
    return grads(y, x)


@program
def column_assigned(t):
    x, h = leaf(t, 3), t.zeros(3, 2, dtype=t.float64)
    h[:, 0] = x
    h[:, 1] = x * x
    return h.requires_grad, *grads(h, x)


@program
def loop_of_assignments(t):
    x = leaf(t)
    out = t.zeros(4, dtype=t.float64)
    out[0] = x[0]
    for i in range(1, 4):
        out[i] = out[i - 1].clone() * x[i]
    return grads(out, x)


@refused("modified by an inplace operation")
def loop_of_assignments_without_clone(t):
    x = leaf(t)
    out = t.zeros(4, dtype=t.float64)
    out[0] = x[0]
    for i in range(1, 4):
        out[i] = out[i - 1] * x[i]
    out.sum().backward()


@program
def masked_subtraction(t):
    w = leaf(t)
    y = w * 2
    y[y > 1] -= 1
    return grads(y, w)


@program
def integer_index_assignment(t):
    x, y = leaf(t, 2), leaf(t)
    z = y * 3
    z[t.tensor([0, 3])] = x
    return grads(z, x, y)


@program
def flat_view_written(t):
    x = leaf(t, 2, 2)
    y = x * 2
    flat = y.view(-1)
    flat.add_(1)
    flat[0] = 0
    return grads(y, x)


@program
def slice_added(t):
    x, w = leaf(t), leaf(t, 2)
    y = x * 2
    y[::2] += w
    return grads(y, x, w)


@program
def write_to_view_of_untracked_base(t):
    x, base = leaf(t, 2), t.zeros(4, dtype=t.float64)
    v = base[1:3]
    v.copy_(x)
    return base.requires_grad, v.requires_grad, base.is_leaf, *grads(base * base.detach(), x)


@program
def other_view_of_base_that_became_tracked(t):
    x, base = leaf(t, 2), t.ones(4, dtype=t.float64)
    a, b = base[:2], base[1:]
    a.mul_(x)
    return b.requires_grad, b.grad_fn is not None, *grads(b, x)


@program
def view_made_in_no_grad_of_leaf(t):
    x = leaf(t)
    with t.no_grad():
        x.view(2, 2)[0] = 0
    return x.detach(), x._version, *grads(x * x, x)


@refused("A view was created in no_grad mode")
def view_made_in_no_grad_written_outside(t):
    x = leaf(t) * 1
    with t.no_grad():
        v = x[:2]
    v.mul_(2)


@refused("is a view and is being modified inplace")
def unbind_output_written(t):
    x = leaf(t, 2, 2) * 1
    a, _ = x.unbind(0)
    a.mul_(2)


@refused("is a view and is being modified inplace")
def split_output_written(t):
    x = leaf(t) * 1
    a, _ = x.split(2)
    a.add_(1)


@refused("is a view and is being modified inplace")
def iterated_row_written(t):
    x = leaf(t, 2, 2) * 1
    for row in x:
        row.mul_(2)


@program
def chunk_of_untracked_written(t):
    x = t.arange(4.0)
    a, b = x.chunk(2)
    a.add_(10)
    return x, b


@program
def unbind_then_base_written(t):
    x = leaf(t, 2, 2)
    y = x * 2
    a, b = y.unbind(0)
    c = a + b
    return grads(c, x)


@program
def diagonal_written(t):
    x, d = leaf(t, 2, 2), leaf(t, 2)
    y = x * 2
    y.diagonal().copy_(d)
    return grads(y, x, d)


@program
def squeeze_unsqueeze_written(t):
    x = leaf(t, 1, 3)
    y = x * 2
    y.squeeze(0).mul_(3)
    y.unsqueeze(-1).add_(1)
    return grads(y, x)


@program
def narrow_and_select_written(t):
    x = leaf(t, 3, 3)
    y = x * 2
    y.narrow(0, 1, 2).mul_(2)
    y.select(1, 0).zero_()
    return grads(y, x)


@program
def reshape_that_copies_is_no_view(t):
    x = leaf(t, 2, 3)
    y = x * 2
    y.t().reshape(-1).mul_(100)
    return y.detach(), *grads(y, x)


@program
def expand_then_base_written(t):
    x = leaf(t, 1)
    y = x * 2
    v = y.expand(3)
    y.mul_(4)
    return grads(v, x)


@program
def versions(t):
    x = t.zeros(4)
    v, found = x[:2], []
    for step in (lambda: x.add_(1), lambda: v.add_(1), lambda: x.__setitem__(0, 1), lambda: x.zero_(), lambda: x + 1):
        step()
        found.append((x._version, v._version, x.detach()._version))
    return found


@program
def is_view_and_base(t):
    x = leaf(t)
    y = x * 2
    v = y.view(2, 2)[0]
    return v._is_view(), v._base is y, y._is_view(), y._base is None, x.detach()._is_view(), y.clone()._is_view()


@program
def names_after_writes(t):
    x = leaf(t)
    y = x * 2
    y[:2].mul_(3)  # the view itself is made again by its own step here, by AsStrided in PyTorch
    z = x * 1
    z.add_(1)
    return [type(a.grad_fn).__name__ for a in (y, z)]


@program
def leaf_of_write_has_no_grad(t):
    x, y = leaf(t), t.zeros(4, dtype=t.float64)
    y.add_(x)
    y.sum().backward()
    return x.grad, y.is_leaf, y.output_nr


# ---------------------------------------------------------------- backward more than once, second derivatives


@program
def double_backward_through_write(t):
    x = leaf(t)
    y = x * x
    y[1:3].mul_(x[:2])
    (g,) = t.autograd.grad((y * y).sum(), x, create_graph=True)
    g.sum().backward()
    return g.detach(), x.grad


@program
def double_backward_through_exp_in_place(t):
    x = leaf(t)
    y = (x * 2).exp_()
    (g,) = t.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = t.autograd.grad((g * g).sum(), x)
    return g.detach(), h


@refused("Trying to backward through the graph a second time")
def backward_twice(t):
    y = (leaf(t) ** 2).sum()
    y.backward()
    y.backward()


@program
def backward_twice_nothing_saved(t):
    x = leaf(t)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


@program
def backward_twice_retained(t):
    x = leaf(t)
    y = (x**2).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


@program
def write_between_backwards(t):
    x = leaf(t)
    y = x * 2
    (y * 3).sum().backward(retain_graph=True)
    y.add_(1)
    (y * 5).sum().backward()
    return x.grad


@program
def hook_on_written_tensor(t):
    x = leaf(t)
    y, seen = x * 2, []
    y.register_hook(lambda g: seen.append(g.clone()))
    y.mul_(3)
    y.register_hook(lambda g: seen.append(g.clone()))
    y.sum().backward()
    return x.grad, seen


@program
def retained_gradient_of_written_tensor(t):
    x = leaf(t)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    y.sum().backward()
    return x.grad, y.grad


@program
def retained_gradient_of_a_view_and_its_base(t):
    x = leaf(t)
    y = x * 2
    v = y[:2]
    v.retain_grad()
    y.retain_grad()
    v.mul_(3)
    y.mul_(v.detach().sum())
    grads(y, x)
    before = v.grad
    z = x * 2
    w = z[:2]
    w.retain_grad()
    z.mul_(3)
    w.sum().backward()
    return before, y.grad, w.grad, x.grad


@program
def retained_gradients_after_hooks(t):
    x = leaf(t)
    y, seen = x * 2, []
    y.register_hook(lambda g: seen.append(g.clone()))
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.mul_(3)
    y.register_hook(lambda g: g * 7)
    y.sum().backward()
    return x.grad, y.grad, y.retains_grad, seen


@program
def retained_gradients_have_their_own_memory(t):
    x = leaf(t)
    a, b = x * 1, x * 2
    c = a + b
    for y in (a, b, c):
        y.retain_grad()
    c.sum().backward()
    a.grad.add_(5)
    return a.grad, b.grad, c.grad, x.grad, a.grad.stride()


@program
def inputs_that_are_no_leaves(t):
    x = leaf(t)
    y = x * 2
    z = (y * y).sum()
    z.backward(inputs=[y], retain_graph=True)
    first = y.grad.clone(), x.grad, y.retains_grad
    z.backward(inputs=[y, x])
    return first, y.grad, x.grad


@program
def old_values_get_zeros(t):
    found = []
    for write in (
        lambda y: y.zero_(),
        lambda y: y.fill_(3.0),
        lambda y: y.copy_(t.ones(4)),
        lambda y: y.__setitem__(..., 5.0),
        lambda y: y.masked_fill_(y > -1, 5.0),
        lambda y: y.eq_(1.0),
        lambda y: y.bernoulli_(0.5).mul_(0),
    ):
        x = leaf(t)
        y = x * 2
        write(y)
        found.append(grads(y, x))
    return found


@program
def gradients_are_row_major(t):
    x, weight, strides = leaf(t, 2, 3), t.arange(6.0, dtype=t.float64).view(3, 2), []
    for create_graph in (False, True):
        y = x * 1
        y.retain_grad()
        (y.t() * weight + x.t()).sum().backward(create_graph=create_graph)
        strides.append((y.grad.stride(), x.grad.stride()))
        x.grad = None
    return strides


@program
def gradient_kept_with_create_graph(t):
    x, y = leaf(t), leaf(t)
    (x + y).sum().backward(create_graph=True)
    (x * x).sum().backward(create_graph=True)
    kept = x.grad
    (x * y).sum().backward()
    return kept is x.grad, x.grad.detach(), x.grad.requires_grad, y.grad


@program
def gradient_kept_is_no_alias(t):
    x, y = leaf(t), leaf(t)
    (x + y).sum().backward()
    x.grad.add_(10)
    return x.grad, y.grad


@program
def accumulated_in_place(t):
    x = leaf(t)
    x.sum().backward()
    first = x.grad
    (x * 2).sum().backward()
    return first is x.grad, first


@program
def detach_in_place(t):
    x = leaf(t)
    y = x * 2
    y.detach_()
    return y.requires_grad, y.is_leaf, y.grad_fn is None


@refused("Can't detach views")
def detach_view_in_place(t):
    y = leaf(t) * 2
    y[:2].detach_()


@program
def requires_grad_of_result(t):
    y = leaf(t) * 2
    return y.requires_grad_().is_leaf


@refused("you can only change requires_grad flags of leaf variables")
def requires_grad_off_for_result(t):
    (leaf(t) * 2).requires_grad_(False)


@refused("of floating point")
def requires_grad_for_integers(t):
    t.arange(3).requires_grad_()


@refused("element 0 of tensors does not require grad and does not have a grad_fn")
def backward_without_graph(t):
    t.ones(3).sum().backward()


@refused("grad can be implicitly created only for scalar outputs")
def backward_of_vector(t):
    (leaf(t) * 2).backward()


@program
def dropout_relu_in_place_like_a_network(t):
    x, w = leaf(t, 2, 3), leaf(t, 3, 2)
    h = x @ w
    h -= 2
    h.relu_()
    h = h + x.sum()
    h[:, 0] *= 2
    return grads(h, x, w)


@refused("modified by an inplace operation")
def column_written_over_the_output_of_relu(t):
    x, w = leaf(t, 2, 3), leaf(t, 3, 2)
    h = x @ w
    h -= 2
    h.relu_()
    h[:, 0] *= 2
    return grads(h, x, w)


@program
def masked_fill_of_view(t):
    x = leaf(t, 2, 3)
    y = x * 2
    y[0].masked_fill_(y[0] > 1, -1.0)
    return grads(y, x)


@program
def index_add_and_scatter_in_place(t):
    x, s = leaf(t), leaf(t, 2)
    y = x * 2
    y.index_add_(0, t.tensor([1, 1]), s)
    y.scatter_add_(0, t.tensor([0, 3]), s * s)
    return grads(y, x, s)


@program
def cumulative_state(t):
    x = leaf(t)
    state = t.zeros((), dtype=t.float64)
    total = t.zeros((), dtype=t.float64)
    for i in range(4):
        state = state * 0.5 + x[i]
        total += state * state
    return grads(total, x)


@program
def write_to_view_after_backward(t):
    x = leaf(t)
    y = x * 2
    v = y[:2]
    y.sum().backward()
    v.zero_()
    return y.detach(), x.grad


@program
def swapped_view_chain_with_later_writes(t):
    x = leaf(t, 2, 3)
    y = x * 1
    a = y.t()
    b = a[1:]
    y.add_(1)
    b.mul_(2)
    a.exp_()
    return a.detach(), b.detach(), *grads(y, x)


@program
def setitem_with_broadcast_value(t):
    x, y = leaf(t, 1), leaf(t, 2, 3)
    z = y * 1
    z[:, 1:] = x
    z[..., 0] = 5
    return grads(z, x, y)


@program
def none_and_ellipsis_views(t):
    x = leaf(t, 2, 2)
    y = x * 1
    y[None, ..., 1].mul_(7)
    return grads(y, x)


# ---------------------------------------------------------------- views whose write is not differentiated


def returned(t, *picked):
    """A Function that returns its argument, or parts of it; its backward is five times the truth."""

    class Returned(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return tuple([x[i] for i in picked]) if picked else x

        @staticmethod
        def backward(ctx, *grads):
            return t.stack([g * 5 for g in grads]) if picked else grads[0] * 5

    return Returned.apply


def temporary(t):
    """A Function that returns a view of memory that it made."""

    class Temporary(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return (x * 2).view(-1)

        @staticmethod
        def backward(ctx, g):
            return g * 2

    return Temporary.apply


IS, BASE = "is being modified inplace", "its base or another view of its base has been modified inplace"


@program
def argument_returned(t):
    x = leaf(t)
    y = returned(t)(x)
    plain = t.ones(3)
    z = returned(t)(plain)
    z.mul_(2)
    return y is x, y._is_view(), y._base is x, z is plain, z._is_view(), plain, *grads(y, x)


@refused(IS)
def argument_returned_and_written(t):
    returned(t)(leaf(t)).mul_(2)


@refused(IS)
def argument_returned_and_tracked_by_a_write(t):
    returned(t)(t.ones(4, dtype=t.float64)).mul_(leaf(t))


@refused(IS)
def parts_returned_and_written(t):
    returned(t, 0, 1)(leaf(t, 2) * 1)[0].mul_(2)


@refused(IS)
def view_of_part_returned_and_written(t):
    returned(t, 0, 1)(leaf(t, 2) * 1)[0].view(1).mul_(2)


@refused(IS)
def view_of_temporary_written(t):
    temporary(t)(leaf(t)).mul_(3)


@refused(BASE)
def argument_returned_then_written(t):
    x = leaf(t) * 1
    y = returned(t)(x)
    x.mul_(2)
    y.sum().backward()


@refused(BASE)
def argument_returned_then_written_unrecorded(t):
    x = leaf(t) * 1
    y = returned(t)(x)
    with t.no_grad():
        y.mul_(2)
    y.sum().backward()


@refused(BASE)
def base_of_unbound_written(t):
    x = leaf(t) * 1
    rows = x.unbind()
    x.mul_(2)
    return rows[0] + 1


@refused(BASE)
def base_of_unrecorded_view_written(t):
    x = leaf(t) * 1
    with t.no_grad():
        v = x[:2]
    x.mul_(2)
    return v.grad_fn


@refused("created in no_grad mode")
def tracked_write_to_unrecorded_view(t):
    x = t.ones(4, dtype=t.float64)
    with t.no_grad():
        v = x[:2]
    v.mul_(leaf(t, 2))


@program
def unrecorded_writes_to_unbound(t):
    x = leaf(t, 3, 2)
    rows = x.unbind()
    with t.no_grad():
        for row in x.unbind():
            row.div_(row.sum())
        for row in rows:
            row.mul_(2)
        x.add_(1)
    return x.detach()


@refused("a view of a leaf Variable that requires grad")
def view_that_is_a_leaf_written(t):
    v = t.ones(4)[:2].requires_grad_()
    v.mul_(2)


@program
def view_that_was_a_leaf_follows_its_base(t):
    x, w = t.ones(4, dtype=t.float64), leaf(t, 3)
    v = x[:2].requires_grad_()
    x[1:].mul_(w)
    return *grads(v, v, w), x.requires_grad, x.is_leaf


@program
def views_in_inference_mode(t):
    x = t.ones(3)
    v = x[:2]
    with t.inference_mode():
        w, new = x[:1], x * 2
        v.mul_(2)
        w.mul_(3)
        part = new[:1]
    outside = new[1:]
    return x, x._version, w.is_inference(), new.is_inference(), part.is_inference(), outside.is_inference()


# ---------------------------------------------------------------- the comparison


def run(f: Program, t: Any) -> Any:
    """What the program returned, or the error it raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(t)
        except Exception as error:
            return error


def same(ours: Any, theirs: Any) -> None:
    """Tensors of the same dtype, shape and numbers; anything else equal."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, minitorch.Tensor), f"{ours!r}, PyTorch {theirs!r}"
        assert str(ours.dtype) == str(theirs.dtype)
        assert ours.requires_grad == theirs.requires_grad
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-6)
    elif isinstance(theirs, (tuple, list)):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    else:
        assert ours == theirs


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    theirs, ours = run(PROGRAMS[name], torch), run(PROGRAMS[name], minitorch)
    if name not in REFUSED:
        for outcome in (theirs, ours):
            if isinstance(outcome, Exception):
                raise outcome
        same(ours, theirs)
        return
    for who, outcome in (("PyTorch", theirs), ("minitorch", ours)):
        assert isinstance(outcome, Exception), f"{who} does not refuse, but gives {outcome}"
        assert any(words in str(outcome) for words in REFUSED[name].split("|")), f"{who}: {outcome}"
    assert isinstance(ours, type(theirs)), repr(ours)
