"""`gradcheck` and `gradgradcheck` accept right derivatives and find wrong ones of every kind."""

import pytest

import minitorch as torch
from minitorch.autograd import Function, gradcheck, gradgradcheck
from minitorch.autograd.gradcheck import GradcheckError


def doubles(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def square(backward, forward=lambda ctx, x: x * x):
    """A Function whose forward is x² (or another) and whose backward is the one given, with x saved."""

    def save(ctx, x):
        ctx.save_for_backward(x)
        return forward(ctx, x)

    return type("Square", (Function,), {"forward": staticmethod(save), "backward": staticmethod(backward)})


def right(ctx, g):
    (x,) = ctx.saved_tensors
    return 2 * x * g


@pytest.mark.parametrize("fast", [False, True])
def test_right_derivatives(fast):
    x, y = doubles(2, 3), doubles(3)
    assert gradcheck(lambda a, b: (a * b).sin(), (x, y), fast_mode=fast)
    assert gradgradcheck(lambda a, b: (a * b).sin(), (x, y), fast_mode=fast)
    assert gradcheck(square(right).apply, x, fast_mode=fast)
    assert gradgradcheck(square(right).apply, x, fast_mode=fast)
    assert gradcheck(lambda a: (a.exp(), a.sum()), x, fast_mode=fast)


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda ctx, g: 3 * ctx.saved_tensors[0] * g,
        lambda ctx, g: 2 * ctx.saved_tensors[0] * g + 1e-3,
        lambda ctx, g: -right(ctx, g),
        lambda ctx, g: right(ctx, g).flip(0),
        lambda ctx, g: None,
    ],
    ids=["factor", "small", "sign", "order", "missing"],
)
def test_wrong_derivatives(wrong, fast):
    f, x = square(wrong).apply, doubles(3)
    with pytest.raises(GradcheckError):
        gradcheck(f, x, fast_mode=fast)
    assert not gradcheck(f, x, fast_mode=fast, raise_exception=False)


def test_the_error_shows_both_jacobians():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match=r"(?s)Jacobian mismatch.*numerical.*analytical"):
        gradcheck(square(lambda ctx, g: 5 * g).apply, x)


def test_a_wrong_derivative_of_one_input_only():
    class Product(Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.save_for_backward(a, b)
            return a * b

        @staticmethod
        def backward(ctx, g):
            a, b = ctx.saved_tensors
            return g * b, g * a * 2

    with pytest.raises(GradcheckError, match="input 1"):
        gradcheck(Product.apply, (doubles(2), doubles(2)))


def test_a_wrong_second_derivative():
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * x.detach() * g  # right, but its derivative in x is lost

    f, x = square(backward).apply, doubles(3)
    assert gradcheck(f, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(f, x)
    assert not gradgradcheck(f, x, raise_exception=False)


def test_backward_that_differs_from_run_to_run():
    count = iter(range(1000))
    f = square(lambda ctx, g: right(ctx, g) * (1 + 1e-7 * next(count))).apply
    with pytest.raises(GradcheckError, match=r"(?i)reentrant"):
        gradcheck(f, doubles(3))
    assert gradcheck(f, doubles(3), nondet_tol=1e-3)


def test_backward_that_cannot_do_without_a_gradient():
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * x, x * 3

    def backward(ctx, g, h):
        if g is None and not h.any():
            return ctx.saved_tensors[0]
        return (0 if g is None else right(ctx, g)) + (0 if h is None else 3 * h)

    f = square(backward, forward).apply
    with pytest.raises(GradcheckError, match="undefined output grads"):
        gradcheck(f, doubles(3))
    assert gradcheck(f, doubles(3), check_undefined_grad=False)


def test_inputs_that_make_no_sense():
    with pytest.raises(ValueError, match="requires"):
        gradcheck(torch.sin, torch.randn(3, dtype=torch.float64))
    with pytest.warns(UserWarning, match="double precision"):
        gradcheck(torch.sin, torch.randn(3, requires_grad=True), eps=1e-3, atol=1e-2, rtol=1e-2)


def test_batched_gradients():
    assert gradcheck(torch.sin, doubles(3), check_batched_grad=True)
