"""torch.library.custom_op: what its functions are given."""

import minitorch as torch


def test_keywords_are_no_inputs_of_the_gradient():
    @torch.library.custom_op("tests::scaled", mutates_args=())
    def scaled(x: torch.Tensor, *, alpha: float = 2.0) -> torch.Tensor:
        return x * alpha

    def setup(ctx, inputs, keyword_only_inputs, output):
        assert [x.tolist() for x in (*inputs, output)] == [[1, 2], [3, 6]]
        ctx.alpha = keyword_only_inputs["alpha"]

    scaled.register_autograd(lambda ctx, g: g * ctx.alpha, setup_context=setup)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    scaled(x, alpha=3.0).sum().backward()
    assert x.grad.tolist() == [3, 3]


def test_positional_arguments_may_be_named():
    @torch.library.custom_op("tests::multiplied", mutates_args=())
    def multiplied(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x * y

    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x

    multiplied.register_autograd(backward, setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs))
    a, b = torch.tensor([2.0], requires_grad=True), torch.tensor([5.0], requires_grad=True)
    multiplied(a, y=b).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (5, 2)
