"""`autograd.Function` as users write it: both styles, every method of ctx, and what is refused."""

import gc
import weakref

import pytest

import minitorch as torch
from minitorch.autograd import Function
from minitorch.autograd.function import once_differentiable


def leaf(*values):
    return torch.tensor(values or (1.0, 2.0, 3.0), requires_grad=True)


def function(forward, backward=lambda ctx, *grads: grads[0], setup=None):
    """A Function of two (or three) plain functions."""
    parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    if setup is not None:
        parts["setup_context"] = staticmethod(setup)
    return type("Made", (Function,), parts)


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Power(Function):
    @staticmethod
    def forward(x, n=2):
        return x**n

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.n = inputs
        ctx.shape = output.shape
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1), None


# ---------------------------------------------------------------- two styles


def test_forward_with_ctx():
    x = leaf()
    y = Exp.apply(x)
    assert type(y.grad_fn).__name__ == "ExpBackward"
    assert y.grad_fn.name() == "ExpBackward"
    assert repr(y.grad_fn).startswith("<torch.autograd.function.ExpBackward object at ")
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_setup_context():
    x = leaf()
    y = Power.apply(x, 3)
    assert y.grad_fn.shape == (3,)
    y.sum().backward()
    assert x.grad.tolist() == [3, 12, 27]


def test_setup_context_binds_keywords_and_defaults():
    x = leaf()
    Power.apply(x, n=3).sum().backward()
    assert x.grad.tolist() == [3, 12, 27]
    x.grad = None
    Power.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 4, 6]


def test_setup_context_without_keyword_only_arguments():
    keyed = function(lambda x, *, n=2: x * n, setup=lambda ctx, inputs, output: None)
    with pytest.raises(TypeError, match="keyword-only arguments: n"):
        keyed.apply(leaf())


def test_subclass_of_a_function():
    class Sevenfold(Exp):
        @staticmethod
        def backward(ctx, g):
            return g * 7

    class Cube(Power):
        pass

    x = leaf()
    Sevenfold.apply(x).sum().backward()
    assert x.grad.tolist() == [7, 7, 7]
    assert type(Cube.apply(x, 3).grad_fn).__name__ == "CubeBackward"


def test_both_styles_are_differentiable_again():
    x = torch.tensor([0.5, 1.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(Exp.apply, x)
    assert torch.autograd.gradgradcheck(lambda x: Power.apply(x, 3), x)


# ---------------------------------------------------------------- ctx


def test_needs_input_grad():
    seen = []

    def forward(ctx, *args):
        seen.append(ctx.needs_input_grad)
        return args[0] * 1

    def backward(ctx, g):
        seen.append(ctx.needs_input_grad)
        return g, None, None, None, None, None

    function(forward, backward).apply(leaf(), torch.ones(3), 3, None, leaf(), "s").sum().backward()
    assert seen == [(True, False, False, False, True, False)] * 2


def test_nothing_is_recorded_in_forward_and_backward_unless_asked():
    seen = []

    def forward(ctx, x):
        seen.append(torch.is_grad_enabled())
        return x * 2

    def backward(ctx, g):
        seen.append(torch.is_grad_enabled())
        return g * 2

    f, x = function(forward, backward), leaf()
    torch.autograd.grad(f.apply(x).sum(), x)
    torch.autograd.grad(f.apply(x).sum(), x, create_graph=True)
    assert seen == [False, False, False, True]
    assert torch.is_grad_enabled()
    with torch.no_grad():
        assert not f.apply(x).requires_grad


def test_save_for_backward_takes_tensors_and_none():
    def save(*values):
        seen = []

        def forward(ctx, x):
            ctx.save_for_backward(*[x if v == "x" else v for v in values])
            return x * 1

        def backward(ctx, g):
            seen.extend(ctx.saved_tensors)
            return g

        x = leaf()
        function(forward, backward).apply(x).sum().backward()
        return x, seen

    x, seen = save("x", None)
    assert seen[0] is x
    assert seen[1] is None
    with pytest.raises(TypeError, match="save_for_backward can only save variables, but argument 1 is of type int"):
        save("x", 3)


def test_saved_tensors_are_watched_and_freed():
    x = leaf() * 1
    y = Exp.apply(x)
    assert torch.equal(y.grad_fn.saved_tensors[0], y)
    y.add_(1)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*ExpBackward.*add_"):
        y.sum().backward()
    z = Exp.apply(leaf()).sum()
    z.backward()
    with pytest.raises(RuntimeError, match="a second time"):
        z.backward()


def test_a_saved_output_holds_no_cycle():
    gc.disable()
    try:
        y = Exp.apply(leaf())
        watched = weakref.ref(y)
        del y
        assert watched() is None
    finally:
        gc.enable()


def test_mark_dirty():
    def forward(ctx, x, factor):
        ctx.mark_dirty(x)
        ctx.factor = factor
        return x.mul_(factor)

    f = function(forward, lambda ctx, g: (g * ctx.factor, None))
    x = leaf()
    y = x * 1
    z = f.apply(y, 5.0)
    assert z is y
    assert type(y.grad_fn).__name__ == "MadeBackward"
    z.sum().backward()
    assert x.grad.tolist() == [5, 5, 5]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        f.apply(leaf(), 5.0)


def test_mark_dirty_of_a_view_rebases_the_base():
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    x = leaf()
    y = x * 1
    part = y[:2]
    assert function(forward, lambda ctx, g: g * 2).apply(part) is part
    part.mul_(4)
    y.sum().backward()
    assert y.tolist() == [8, 16, 3]
    assert x.grad.tolist() == [8, 8, 1]


def test_what_is_dirty_must_be_returned():
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2) + 1

    with pytest.raises(RuntimeError, match="marked as dirty during the forward method were not returned"):
        function(forward).apply(leaf() * 1)


def test_a_write_is_noticed_by_others_that_saved():
    def forward(ctx, x):
        ctx.mark_dirty(x)
        return x.mul_(2)

    y = leaf() * 1
    z = y * y
    function(forward).apply(y)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*MulBackward0.*MadeBackward"):
        z.sum().backward()


def test_mark_non_differentiable():
    seen = []

    def forward(ctx, x):
        values, indices = x.sort()
        zeros = x * 0
        ctx.mark_non_differentiable(indices, zeros)
        ctx.save_for_backward(indices)
        return values, indices, zeros

    def backward(ctx, g, *others):
        seen.extend(others)
        (indices,) = ctx.saved_tensors
        return torch.zeros(3).scatter(0, indices, g)

    x = leaf(3.0, 1.0, 2.0)
    values, indices, zeros = function(forward, backward).apply(x)
    assert [y.requires_grad for y in (values, indices, zeros)] == [True, False, False]
    assert zeros.grad_fn is None
    (values * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [3, 1, 2]
    assert [g.tolist() for g in seen] == [[0, 0, 0], [0, 0, 0]]


def test_integer_results_are_not_differentiable():
    assert not function(lambda ctx, x: x.long()).apply(leaf()).requires_grad


@pytest.mark.parametrize("materialize", [True, False])
def test_set_materialize_grads(materialize):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(materialize)
        return x * 2, x * 3

    def backward(ctx, g, h):
        seen.append(None if g is None else g.tolist())
        return h * 3

    x = leaf()
    function(forward, backward).apply(x)[1].sum().backward()
    assert x.grad.tolist() == [3, 3, 3]
    assert seen == [[0, 0, 0] if materialize else None]


def test_once_differentiable():
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @once_differentiable
    def backward(ctx, g):
        assert not torch.is_grad_enabled()
        return 2 * ctx.saved_tensors[0] * g

    f, x = function(forward, backward), leaf()
    assert torch.autograd.grad(f.apply(x).sum(), x)[0].tolist() == [2, 4, 6]
    (g,) = torch.autograd.grad((f.apply(x) ** 2).sum(), x, create_graph=True)
    assert g.requires_grad
    with pytest.raises(RuntimeError, match="differentiate twice a function that was marked with @once_differentiable"):
        g.sum().backward()


def test_attributes_and_metadata():
    def forward(ctx, x):
        ctx.note = "kept"
        return x * 2

    y = function(forward).apply(leaf())
    assert y.grad_fn.note == "kept"
    y.grad_fn.metadata["mine"] = 1
    assert y.grad_fn.metadata == {"mine": 1}


# ---------------------------------------------------------------- what goes in and comes out


def test_results_keep_their_kind():
    f = function(lambda ctx, x: (x * 2, 5, None), lambda ctx, g, *others: g * 2)
    x = leaf()
    y, five, none = f.apply(x)
    assert (five, none) == (5, None)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]
    two = function(lambda ctx, x: (x * 2, x * 3), lambda ctx, g, h: g * 2 + h * 3)
    a, b = two.apply(x)
    assert type(two.apply(x)) is tuple
    assert (a.output_nr, b.output_nr) == (0, 1)
    assert a.grad_fn is b.grad_fn


def test_arguments_that_are_no_tensors():
    seen = []

    def forward(ctx, x, *others):
        seen.extend(others)
        return x * 1

    f = function(forward, lambda ctx, g: (g, None, None, None, None))
    x = leaf()
    f.apply(x, 2, "text", None, [x]).sum().backward()
    assert seen[:3] == [2, "text", None]
    assert x.grad.tolist() == [1, 1, 1]


def test_tensors_in_a_list_are_not_seen():
    y = function(lambda ctx, xs: xs[0] + xs[1]).apply([leaf(), leaf()])
    assert not y.requires_grad


def test_an_argument_that_is_returned():
    f = function(lambda ctx, x: x, lambda ctx, g: g * 5)
    x = leaf()
    y = f.apply(x)
    assert y is not x
    assert y._base is x
    assert y.data_ptr() == x.data_ptr()
    y.sum().backward()
    assert x.grad.tolist() == [5, 5, 5]
    with pytest.raises(RuntimeError, match=r"is a view and is being modified inplace.*clone"):
        f.apply(x).mul_(2)


def test_a_write_to_an_argument_that_was_returned():
    f = function(lambda ctx, x: x, lambda ctx, g: g * 5)
    x = leaf() * 1
    y = f.apply(x)
    x.mul_(2)
    with pytest.raises(RuntimeError, match="its base or another view of its base has been modified inplace"):
        y.sum().backward()
    plain = torch.ones(3)
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace"):
        f.apply(plain).mul_(leaf())
    assert plain.tolist() == [1, 1, 1]


def test_nested_functions():
    def forward(ctx, x):
        with torch.enable_grad():
            ctx.x = x.detach().requires_grad_()
            ctx.y = Exp.apply(ctx.x) * 2
        return ctx.y.detach()

    def backward(ctx, g):
        return torch.autograd.grad(ctx.y, ctx.x, g)

    x = leaf()
    function(forward, backward).apply(x).sum().backward()
    assert torch.allclose(x.grad, 2 * x.detach().exp())


def test_a_function_in_the_backward_of_another():
    def backward(ctx, g):
        return Exp.apply(g) * 1

    x = leaf()
    f = function(lambda ctx, x: x * 2, backward)
    (g,) = torch.autograd.grad(f.apply(x * 2).sum(), x, create_graph=True)
    assert torch.allclose(g.detach(), 2 * torch.ones(3).exp())


# ---------------------------------------------------------------- what backward returns


def test_too_few_gradients():
    f = function(lambda ctx, a, b: a * b)
    with pytest.raises(RuntimeError, match=r"MadeBackward.*incorrect number of gradients \(expected 2, got 1\)"):
        f.apply(leaf(), leaf()).sum().backward()


def test_too_many_gradients():
    with pytest.raises(RuntimeError, match=r"incorrect number of gradients \(expected 1, got 2\)"):
        function(lambda ctx, a: a * 2, lambda ctx, g: (g, g)).apply(leaf()).sum().backward()
    x = leaf()
    function(lambda ctx, a: a * 2, lambda ctx, g: (g, None, None)).apply(x).sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_no_gradient():
    x = leaf()
    f = function(lambda ctx, a: a * 2, lambda ctx, g: None)
    f.apply(x * 2).sum().backward()
    assert x.grad is None
    with pytest.raises(RuntimeError, match="index 0 appears to not have been used in the graph"):
        torch.autograd.grad(f.apply(x).sum(), x)
    assert torch.autograd.grad(f.apply(x).sum(), x, allow_unused=True) == (None,)


def test_gradients_that_do_not_fit():
    def sends(g):
        return function(lambda ctx, x: x * 1, lambda ctx, _: g).apply(leaf() * 1).sum()

    with pytest.raises(RuntimeError, match=r"MadeBackward returned an invalid gradient at index 0 - got \[7\].*\[3\]"):
        sends(torch.ones(7)).backward()
    with pytest.raises(RuntimeError, match=r"got \[\] but expected shape compatible with \[3\]"):
        sends(torch.ones(())).backward()
    with pytest.raises(RuntimeError, match=r"MadeBackward: expected Variable or None \(got float\)"):
        sends(3.0).backward()


def test_gradients_are_cast_and_their_broadcast_undone():
    x, y = leaf(), leaf(1.0)
    f = function(lambda ctx, x, y: x + y, lambda ctx, g: (g.double(), g))
    f.apply(x, y).sum().backward()
    assert x.grad.dtype == torch.float32
    assert y.grad.tolist() == [3]


def test_a_gradient_for_what_is_no_tensor():
    f = function(lambda ctx, x, n: x * n, lambda ctx, g: (g, g))
    with pytest.raises(RuntimeError, match="different than None at position 2"):
        f.apply(leaf(), 2.0).sum().backward()
    x, constant = leaf(), torch.ones(3)
    f.apply(x, constant).sum().backward()  # a tensor that needs no gradient may be given one
    assert constant.grad is None


def test_missing_methods():
    class NoBackward(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    class NoForward(Function):
        pass

    y = NoBackward.apply(leaf()).sum()
    with pytest.raises(NotImplementedError, match="You must implement"):
        y.backward()
    with pytest.raises(NotImplementedError, match="You must implement the forward function"):
        NoForward.apply(leaf())
    with pytest.raises(RuntimeError, match=r"Exp\.apply"):
        Exp()


def test_an_error_in_backward_comes_out_as_it_is():
    def backward(ctx, g):
        raise KeyError("mine")

    x, y = leaf(), leaf()
    total = y.sum() + function(lambda ctx, x: x * 1, backward).apply(x).sum()
    with pytest.raises(KeyError, match="mine"):
        total.backward()
    assert x.grad is None
    assert y.grad is None
    assert torch.is_grad_enabled()


def test_what_ctx_was_given_can_be_looked_at():
    seen = []

    def forward(ctx, x):
        seen.append((ctx.to_save, ctx.saved_for_forward, ctx.dirty_tensors, ctx.non_differentiable))
        y = x.sign()
        ctx.save_for_backward(x, None)
        ctx.save_for_forward(x)
        ctx.mark_non_differentiable(y)
        seen.append((ctx.to_save, ctx.saved_for_forward, ctx.dirty_tensors, ctx.non_differentiable))
        return x * 2, y

    x = leaf()
    y, _ = function(forward, lambda ctx, g, _: g * 2).apply(x)
    assert seen[0] == (None, None, None, None)
    assert seen[1][0][0] is x
    assert seen[1][1] == (x,)
    assert seen[1][2] is None
    assert len(seen[1][3]) == 1
    assert y.grad_fn.requires_grad


def test_methods_of_ctx_are_names_of_function():
    def forward(ctx, x):
        Function.mark_dirty(ctx, x)
        return x.mul_(2)

    x = leaf() * 1
    y = function(forward, lambda ctx, g: g * 2).apply(x)
    assert x.grad_fn is y.grad_fn
    assert issubclass(Function, torch.autograd.function.FunctionCtx)


def test_older_names_of_ctx_warn():
    def backward(ctx, g):
        with pytest.warns(DeprecationWarning, match="use 'saved_tensors'"):
            (x,) = ctx.saved_variables
        return g * x

    def forward(ctx, x):
        with pytest.warns(FutureWarning, match="mark_shared_storage"):
            ctx.mark_shared_storage((x, x))
        ctx.save_for_backward(x)
        return x * x / 2

    x = leaf()
    function(forward, backward).apply(x).sum().backward()
    assert torch.equal(x.grad, x.detach())


def test_gradients_as_one_list():
    def backward(ctx, grads):
        assert type(grads) is list
        return grads.pop() * 3 + grads.pop()

    made = type(
        "Boxed",
        (Function,),
        {
            "boxed_grads_call": True,
            "forward": staticmethod(lambda ctx, x: (x * 1, x * 3)),
            "backward": staticmethod(backward),
        },
    )
    x = leaf()
    a, b = made.apply(x)
    (a.sum() + b.sum()).backward()
    assert x.grad.tolist() == [4, 4, 4]


def test_saved_tensors_that_can_be_read_once():
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        with pytest.raises(RuntimeError, match="second time"):
            _ = ctx.saved_tensors
        return g * x

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x / 2

    parts = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    made = type("Once", (Function,), {"clear_saved_tensors_on_access": True, **parts})
    x = leaf()
    made.apply(x).sum().backward()
    assert torch.equal(x.grad, x.detach())


def test_methods_that_are_not_overridden_say_so():
    with pytest.raises(NotImplementedError, match="forward mode AD"):
        Function.jvp(None)
    with pytest.raises(NotImplementedError, match="backward or vjp"):
        Function.vjp(None)
    with pytest.raises(NotImplementedError, match="generate_vmap_rule"):
        Function.vmap(None, None)


def test_switches_that_change_nothing():
    x = leaf()
    torch.autograd.set_multithreading_enabled(False)
    with torch.autograd.set_multithreading_enabled(True), torch.autograd.enforce_grad_layout_policy(False):
        (x * 2).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_an_error_of_forward_keeps_its_cause():
    class Failing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            raise AttributeError("mine") from KeyError("root")

    with pytest.raises(AttributeError, match="mine") as caught:
        Failing.apply(torch.ones(1, requires_grad=True))
    assert isinstance(caught.value.__cause__, KeyError)
