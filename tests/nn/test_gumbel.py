"""The hard form of gumbel_softmax, which finite differences cannot see."""

import minitorch as torch
import minitorch.nn.functional as F


def test_hard_samples_are_one_hot_with_soft_gradients():
    x = torch.randn(6, 5, generator=torch.Generator().manual_seed(1)).requires_grad_()
    torch.manual_seed(0)
    hard = F.gumbel_softmax(x, tau=0.5, hard=True)
    torch.manual_seed(0)
    soft = F.gumbel_softmax(x, tau=0.5)
    assert torch.allclose(hard.sum(1), torch.ones(6))
    assert torch.equal(hard.argmax(1), soft.argmax(1))
    weight = torch.arange(30.0).view(6, 5)
    (of_hard,) = torch.autograd.grad((hard * weight).sum(), x)
    (of_soft,) = torch.autograd.grad((soft * weight).sum(), x)
    assert torch.allclose(of_hard, of_soft)
