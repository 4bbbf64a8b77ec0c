"""Backward and `autograd.grad`: every argument, hooks and their order, what is freed and when, failures."""

import gc
import threading
import tracemalloc
import weakref

import pytest

import minitorch as torch
from minitorch import autograd


def leaf(*values):
    return torch.tensor(values or (1.0, 2.0, 3.0), requires_grad=True)


@pytest.fixture
def no_gc():
    """Without the cycle collector: what is freed, is freed by reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# ---------------------------------------------------------------- backward


def test_scalar():
    x = leaf()
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4, 6]
    assert not x.grad.requires_grad


def test_gradient_of_a_vector():
    x = leaf()
    (x * x).backward(torch.tensor([1.0, 2.0, 3.0]))
    assert x.grad.tolist() == [2, 8, 18]
    with pytest.raises(RuntimeError, match=r"implicitly created only for scalar outputs.*\(3,\)"):
        (x * x).backward()
    with pytest.raises(RuntimeError, match=r"Mismatch in shape: grad_output\[0\]"):
        (x * x).backward(torch.ones(2))


def test_several_roots():
    x = leaf()
    autograd.backward([x.sum(), x * x], [None, torch.ones(3)])
    assert x.grad.tolist() == [3, 5, 7]
    x.grad = None
    autograd.backward((x.sum(), (x * x).sum()))
    assert x.grad.tolist() == [3, 5, 7]
    with pytest.raises(RuntimeError, match="got 2 tensors and 1 gradients"):
        autograd.backward([x.sum(), x.sum()], [None])
    autograd.backward([])


def test_a_leaf_is_a_root():
    x = leaf()
    x.backward(torch.ones(3))
    assert x.grad.tolist() == [1, 1, 1]


def test_the_old_name_of_grad_tensors():
    x = leaf()
    autograd.backward(x.sum(), grad_variables=torch.tensor(2.0))
    assert x.grad.tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match="both passed"):
        autograd.backward(x.sum(), torch.tensor(2.0), grad_variables=torch.tensor(2.0))


def test_a_gradient_in_another_dtype():
    x = leaf()
    x.sum().backward(torch.tensor(2.0, dtype=torch.float64))
    assert x.grad.dtype == torch.float32


def test_inputs():
    x, y = leaf(), leaf()
    (x * y).sum().backward(inputs=[y])
    assert x.grad is None
    assert y.grad.tolist() == [1, 2, 3]
    (x * y).sum().backward(inputs=x)
    assert x.grad.tolist() == y.grad.tolist()


def test_inputs_that_are_no_leaves():
    x = leaf()
    y = x * 2
    z = (y * y).sum()
    z.backward(inputs=[y], retain_graph=True)
    assert y.retains_grad
    assert x.grad is None
    assert y.grad.tolist() == [4, 8, 12]
    z.backward(inputs=[x, y])
    assert y.grad.tolist() == [8, 16, 24]
    assert x.grad.tolist() == [8, 16, 24]


def test_inputs_that_cannot_be():
    x = leaf()
    with pytest.raises(RuntimeError, match="cannot be empty"):
        x.sum().backward(inputs=[])
    with pytest.raises(RuntimeError, match="does not require grad"):
        x.sum().backward(inputs=[torch.ones(3)])
    other = leaf()
    x.sum().backward(inputs=[other, x])
    assert other.grad is None


def test_no_graph():
    with pytest.raises(RuntimeError, match="element 1 of tensors does not require grad"):
        autograd.backward([leaf().sum(), torch.ones(())])


def test_retain_graph():
    x = leaf()
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 8, 12]
    with pytest.raises(RuntimeError, match=r"second time.*retain_graph=True"):
        y.backward()
    assert x.grad.tolist() == [4, 8, 12]
    z = x.sum()  # nothing was saved, so nothing is missing
    z.backward()
    z.backward()


def test_create_graph_retains_and_records():
    x = leaf()
    y = (x**3).sum()
    y.backward(create_graph=True)
    assert x.grad.requires_grad
    y.backward()
    x.grad = None
    (x**3).sum().backward(create_graph=True)
    first, x.grad = x.grad, None
    first.sum().backward()
    assert x.grad.tolist() == [6, 12, 18]
    freed = (x * x).sum()
    freed.backward(create_graph=True, retain_graph=False)
    with pytest.raises(RuntimeError, match="second time"):
        freed.backward()


def test_backward_without_recording():
    x = leaf()
    y = (x * x).sum()
    with torch.no_grad():
        y.backward()
    assert x.grad.tolist() == [2, 4, 6]


# ---------------------------------------------------------------- accumulation


def test_gradients_add_up_in_place():
    x = leaf()
    x.sum().backward()
    kept = x.grad
    (x * 2).sum().backward()
    assert x.grad is kept
    assert kept.tolist() == [3, 3, 3]
    x.grad = None
    x.sum().backward()
    assert kept.tolist() == [3, 3, 3]
    assert x.grad.tolist() == [1, 1, 1]


def test_gradients_are_memory_of_their_own():
    x, y, given = leaf(), leaf(), torch.ones(3)
    (x + y).backward(given)
    x.grad.add_(10)
    assert y.grad.tolist() == given.tolist() == [1, 1, 1]
    x.grad = y.grad = None
    (x + y).sum().backward(create_graph=True)
    with torch.no_grad():
        x.grad.add_(10)
    assert y.grad.tolist() == [1, 1, 1]


def test_gradients_are_row_major():
    x = torch.ones(2, 3, requires_grad=True)
    (x.t() * torch.arange(6.0).view(3, 2)).sum().backward()
    assert x.grad.is_contiguous()
    assert x.grad.view(-1).tolist() == [0, 2, 4, 1, 3, 5]


def test_what_can_be_assigned_to_grad():
    x = leaf()
    x.grad = torch.ones(3)
    x.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match=r"gradient of size '\[2\]' to a tensor of size '\[3\]'"):
        x.grad = torch.ones(2)
    with pytest.raises(RuntimeError, match="float64"):
        x.grad = torch.ones(3, dtype=torch.float64)
    with pytest.raises(TypeError, match="int"):
        x.grad = 3


def test_grad_of_what_is_no_leaf():
    y = leaf() * 2
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None
    y.retain_grad()
    assert y.grad is None


def test_diamond():
    x = leaf(2.0)
    a = x * 3
    (a * a + a * x + x).sum().backward()
    assert x.grad.tolist() == [2 * 9 * 2 + 2 * 3 * 2 + 1]


# ---------------------------------------------------------------- autograd.grad


def test_grad_leaves_grad_alone():
    x = leaf()
    y = x * x
    gy, gx = autograd.grad(y.sum(), [y, x])
    assert gy.tolist() == [1, 1, 1]
    assert gx.tolist() == [2, 4, 6]
    assert x.grad is None
    assert isinstance(autograd.grad(x.sum(), x), tuple)


def test_grad_outputs():
    x = leaf()
    assert autograd.grad(x * x, x, torch.ones(3))[0].tolist() == [2, 4, 6]
    assert autograd.grad([x * x, x.sum()], [x], [torch.ones(3), None])[0].tolist() == [3, 5, 7]
    with pytest.raises(RuntimeError, match="only for scalar outputs"):
        autograd.grad(x * x, x)


def test_grad_of_an_input_twice_and_of_itself():
    x = leaf()
    a, b = autograd.grad((x * x).sum(), [x, x])
    assert a.tolist() == b.tolist() == [2, 4, 6]
    assert autograd.grad(x, x, torch.ones(3))[0].tolist() == [1, 1, 1]


def test_grad_of_one_of_several_results():
    a, b = leaf(3.0, 5.0).unbind()
    ga, gb = autograd.grad(a * b, [a, b])
    assert (ga.item(), gb.item()) == (5, 3)


def test_unused_inputs():
    x, unused = leaf(), leaf()
    with pytest.raises(RuntimeError, match="index 0 appears to not have been used"):
        autograd.grad(x.sum(), [unused, x])
    none, g = autograd.grad(x.sum(), [unused, x], allow_unused=True)
    assert none is None
    zeros, _ = autograd.grad(x.sum(), [unused, x], materialize_grads=True)
    assert zeros.tolist() == [0, 0, 0]
    assert g.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="allow_unused"):
        autograd.grad(x.sum(), [x], materialize_grads=True, allow_unused=False)


def test_inputs_of_grad_that_cannot_be():
    x = leaf()
    with pytest.raises(RuntimeError, match="does not require grad"):
        autograd.grad(x.sum(), torch.ones(3))
    with pytest.raises(RuntimeError, match="cannot be empty"):
        autograd.grad(x.sum(), [])
    with pytest.raises(RuntimeError, match="got str"):
        autograd.grad(x.sum(), "x")


def test_grad_runs_only_what_leads_to_the_inputs():
    x, ran = leaf(), []
    y = x * 2
    z = y * 3
    for node in (y.grad_fn, z.grad_fn):
        node.register_hook(lambda grads, _, node=node: ran.append(node))
    autograd.grad(z.sum(), y)
    assert ran == [z.grad_fn]


def test_grad_frees_only_what_it_ran():
    x = leaf()
    y = x * x
    z = (y * y).sum()
    autograd.grad(z, y)
    assert autograd.grad(y.sum(), x)[0].tolist() == [2, 4, 6]


def test_grads_batched():
    x = leaf()
    (g,) = autograd.grad(x * x, x, torch.eye(3), is_grads_batched=True)
    assert g.tolist() == [[2, 0, 0], [0, 4, 0], [0, 0, 6]]


def test_higher_derivatives():
    g = leaf(1.0, 2.0)
    x = g
    y = x**5
    for factor in (5, 20, 60, 120, 120):
        (y,) = autograd.grad(y.sum(), x, create_graph=True)
        assert y[0].item() == pytest.approx(factor)
    assert not autograd.grad((x * x).sum(), x)[0].requires_grad


# ---------------------------------------------------------------- hooks


def test_hooks_run_in_order():
    x, seen = leaf(), []

    def note(name, result=None):
        return lambda *args: seen.append(name) or result

    y = x * 2
    z = y * 3
    x.register_hook(note("leaf 1"))
    x.register_hook(note("leaf 2"))
    x.register_post_accumulate_grad_hook(lambda p: seen.append(f"accumulated {p.grad.tolist()}"))
    y.register_hook(note("tensor"))
    y.grad_fn.register_hook(note("node after"))
    y.grad_fn.register_prehook(note("node before"))
    z.sum().backward()
    assert seen == ["tensor", "node before", "node after", "leaf 1", "leaf 2", "accumulated [6.0, 6.0, 6.0]"]


def test_hooks_replace_gradients_one_after_the_other():
    x = leaf()
    y = x * 2
    y.register_hook(lambda g: g * 3)
    y.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert x.grad.tolist() == [80, 80, 80]


def test_hooks_of_nodes_replace_gradients():
    x = leaf()
    total = (x * 2).sum()
    total.grad_fn.register_prehook(lambda grads: (grads[0] * 5,))
    total.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * outputs[0],))
    total.backward()
    assert x.grad.tolist() == [50, 50, 50]


def test_hooks_of_the_accumulation():
    x, seen = leaf(), []
    total = x.sum()
    node = total.grad_fn.next_functions[0][0]
    assert node.variable is x
    node.register_prehook(lambda grads: (grads[0] * 3,))
    node.register_hook(lambda inputs, outputs: seen.append(outputs[0].tolist()))
    total.backward()
    assert x.grad.tolist() == seen[0] == [3, 3, 3]


def test_hooks_see_the_whole_gradient():
    x, seen = leaf(), []
    y = x * 1
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * 2 + y * 3).sum().backward()
    assert seen == [[5, 5, 5]]


def test_hooks_are_removed():
    x = leaf()
    y = x * 1
    handle = y.register_hook(lambda g: g * 100)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 100):
        pass
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_hooks_may_not_change_shape_or_dtype():
    for make in (lambda x: x, lambda x: x * 1):
        for bad, words in ((torch.ones(2), "changed the size"), (torch.ones(3).double(), "changed the type")):
            x = leaf()
            y = make(x)
            y.register_hook(lambda g, bad=bad: bad)
            with pytest.raises(RuntimeError, match=words):
                y.sum().backward()
            assert x.grad is None
    x.register_hook(lambda g: 3)
    with pytest.raises(TypeError, match="returned 'int'"):
        x.sum().backward()


def test_hooks_where_there_can_be_none():
    with pytest.raises(RuntimeError, match="doesn't require gradient"):
        torch.ones(3).register_hook(print)
    with pytest.raises(RuntimeError, match="non-leaf"):
        (leaf() * 1).register_post_accumulate_grad_hook(print)


def test_post_accumulate_hooks_may_take_the_gradient_away():
    x, seen = leaf(), []

    def step(p):
        seen.append(p.grad.tolist())
        p.grad = None

    x.register_post_accumulate_grad_hook(step)
    x.sum().backward()
    autograd.grad(x.sum(), x)
    assert seen == [[1, 1, 1]]
    assert x.grad is None


def test_backward_inside_a_hook():
    x, y = leaf(), leaf()

    def hook(g):
        with torch.enable_grad():
            (y * y).sum().backward()

    x.register_hook(hook)
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert y.grad.tolist() == [2, 4, 6]


def test_hooks_are_recorded_with_create_graph_only():
    seen = []
    for create_graph in (False, True):
        y = leaf() * 1
        y.register_hook(lambda g: seen.append(torch.is_grad_enabled()))
        y.sum().backward(create_graph=create_graph)
    assert seen == [False, True]


# ---------------------------------------------------------------- retain_grad


def test_retain_grad():
    x = leaf()
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    x.retain_grad()
    assert y.retains_grad
    assert not x.retains_grad
    z = (y * y).sum()
    z.backward(retain_graph=True)
    z.backward()
    assert y.grad.tolist() == [8, 16, 24]
    with pytest.raises(RuntimeError, match="requires_grad=False"):
        torch.ones(3).retain_grad()


def test_retained_gradients_follow_writes_and_hooks():
    x = leaf()
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.mul_(3)
    y.register_hook(lambda g: g * 7)
    y.sum().backward()
    assert y.grad.tolist() == [7, 7, 7]
    assert x.grad.tolist() == [420, 420, 420]


def test_retained_gradients_are_not_kept_for_the_dead(no_gc):
    x = leaf()
    y = x * 2
    y.retain_grad()
    z = y.sum()
    watched = weakref.ref(y)
    del y
    assert watched() is None
    z.backward()
    assert x.grad.tolist() == [2, 2, 2]


# ---------------------------------------------------------------- failures


class Fails(autograd.Function):
    """The identity, until backward."""

    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        raise ArithmeticError("no gradient today")


def test_a_failing_backward_writes_nothing():
    x, y = leaf(), leaf()
    y.grad = torch.ones(3)
    kept = y * 5
    kept.retain_grad()
    total = kept.sum() + Fails.apply(x * 1).sum()
    with pytest.raises(ArithmeticError):
        total.backward()
    assert x.grad is None
    assert kept.grad is None
    assert y.grad.tolist() == [1, 1, 1]
    assert torch.is_grad_enabled()


def test_a_failing_hook_writes_nothing():
    x, y = leaf(), leaf()
    handle = y.register_hook(lambda g: 1 / 0)
    total = x.sum() + y.sum()
    with pytest.raises(ZeroDivisionError):
        total.backward()
    assert x.grad is None
    assert y.grad is None
    handle.remove()
    total.backward()
    assert x.grad.tolist() == y.grad.tolist() == [1, 1, 1]


# ---------------------------------------------------------------- long, and for long


def chain(x, length):
    for _ in range(length):
        x = x + 1
    return x


def test_a_long_chain_runs_and_is_freed(no_gc):
    x = leaf(1.0)
    y = chain(x, 100_000)
    first = weakref.ref(y.grad_fn)
    y.backward(torch.ones(1))
    assert x.grad.tolist() == [1]
    del y
    assert first() is None


def test_a_long_chain_is_freed_unused(no_gc):
    y = chain(leaf(1.0), 100_000)
    first = weakref.ref(y.grad_fn)
    del y
    assert first() is None


def test_a_long_chain_of_gradients():
    x = leaf(1.0)
    (g,) = autograd.grad(chain(x * x, 20_000), x, torch.ones(1), create_graph=True)
    (h,) = autograd.grad(g, x)
    assert h.tolist() == [2]


def test_a_graph_is_freed_at_once(no_gc):
    x = leaf()
    y = (x.exp() * x).sigmoid()
    z = y[:2].sum() + y.max()
    watched = [weakref.ref(t) for t in (y, z, y.grad_fn, z.grad_fn)]
    z.backward()
    del y, z
    assert [w() for w in watched] == [None] * 4


def test_a_graph_of_writes_is_freed_at_once(no_gc):
    x = leaf()
    y = x * 2
    part = y[:2]
    part.mul_(3)
    y[0] = x[1]
    y[1:].exp_()
    watched = [weakref.ref(t) for t in (y, part, y.grad_fn, part.grad_fn)]
    y.sum().backward()
    del y, part
    assert [w() for w in watched] == [None] * 4


def test_saved_memory_is_freed_while_backward_runs(no_gc):
    """After a node ran, what it saved is gone, though the graph is still held."""
    x = leaf()
    saved = x * 2
    y = (saved * saved).sum()
    watched = weakref.ref(saved)
    del saved
    assert watched() is not None
    y.backward()
    assert watched() is None


def test_training_takes_constant_memory(no_gc):
    """10,000 steps; the cycle collector is off, so nothing may be left to it."""
    w = torch.ones(4, 1, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.01, momentum=0.9)
    x, target = torch.randn(8, 4), torch.randn(8, 1)

    def steps(count):
        for _ in range(count):
            optimizer.zero_grad()
            ((x @ w - target) ** 2).mean().backward()
            optimizer.step()

    steps(200)
    tracemalloc.start()
    try:
        steps(100)
        before = tracemalloc.get_traced_memory()[0]
        steps(400)
        tracked = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert tracked < 20_000, f"{tracked} bytes more after 400 steps"
    before = resident()
    steps(9_300)
    assert resident() - before < 8_000_000


def resident():
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except OSError:
        return 0


def test_threads_have_graphs_of_their_own():
    found, start = {}, threading.Barrier(4)

    def work(k):
        x = leaf(float(k))
        start.wait()
        for _ in range(50):
            x.grad = None
            (x * x * x).sum().backward()
        found[k] = x.grad.item()

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {k: 3.0 * k * k for k in range(4)}


# ---------------------------------------------------------------- what the graph looks like


def test_the_graph_can_be_walked():
    x, y = leaf(), torch.ones(3)
    z = (x * y).sum()
    (multiply, nr) = z.grad_fn.next_functions[0]
    assert (z.grad_fn.name(), multiply.name(), nr) == ("SumBackward0", "MulBackward0", 0)
    (end, nothing) = multiply.next_functions
    assert end[0].variable is x
    assert nothing == (None, 0)
    assert end[0] == multiply.next_functions[0][0]
    assert x.is_leaf
    assert not z.is_leaf
    assert x.grad_fn is None
    assert z.detach().is_leaf


def test_an_operation_of_several_is_called_by_one_name():
    a, b = torch.randn(2, 3, requires_grad=True), torch.randn(4, 3)
    y = torch.cdist(a, b)
    assert repr(y.grad_fn).startswith("<CdistBackward0 object")
    assert y.grad_fn.next_functions[0][0].name() == "SubBackward0"
    with torch.no_grad():
        assert torch.cdist(a, b).grad_fn is None
    assert torch.tile(a.detach(), (2,)).grad_fn is None
    y.sum().backward()
    assert a.grad.shape == (2, 3)


def test_hooks_on_several_gradients_keep_no_pass_and_serve_two_threads():
    x = torch.ones(2, requires_grad=True)
    found, halfway, other_done = [], threading.Event(), threading.Event()

    def wait(grad):
        if threading.current_thread().name == "slow":  # between the two gradients of this thread's pass
            halfway.set()
            assert other_done.wait(60)

    y, z = x * 2, x * 3
    z.register_hook(wait)
    autograd.graph.register_multi_grad_hook((y, z), lambda grads: found.append([g is not None for g in grads]))
    passes = weakref.WeakSet()
    y.register_hook(lambda grad: passes.add(autograd.grad_mode.mode.backward))
    loss = (y * z).sum()
    slow = threading.Thread(target=lambda: loss.backward(retain_graph=True), name="slow")
    slow.start()
    assert halfway.wait(60)
    autograd.grad(loss, x, retain_graph=True)
    other_done.set()
    slow.join()
    assert found == [[True, True]] * 2
    gc.collect()
    assert len(passes) == 0


def test_grad_keeps_no_gradient_that_was_not_asked_for():
    seen = []
    x = torch.ones(3, requires_grad=True)
    first = x.exp()
    last = first.sin().cos()
    last.register_hook(lambda g: seen.append(weakref.ref(g)))
    first.register_hook(lambda g: seen.append(seen[0]() is None))
    torch.autograd.grad(last.sum(), x)
    assert seen[1] is True
