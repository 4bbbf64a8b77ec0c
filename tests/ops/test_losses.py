"""What losses do beside their values: warnings, old arguments, targets of other kinds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch as torch
import minitorch.nn.functional as F

PAIRED = [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss]


@pytest.mark.parametrize("loss", PAIRED)
def test_a_target_of_another_shape_is_broadcast_with_a_warning(loss: Any) -> None:
    x, t = torch.randn(4, 1, dtype=torch.float64, requires_grad=True), torch.randn(4, dtype=torch.float64)
    with pytest.warns(UserWarning, match="broadcast"):
        y = loss(x, t)
    assert y.item() == pytest.approx(loss(x.expand(4, 4), t.expand(4, 4)).item())
    with pytest.warns(UserWarning, match="broadcast"):
        assert torch.autograd.gradcheck(lambda x: loss(x, t), x)
    refused = pytest.raises(RuntimeError, match=r"The size of tensor a \(4\) must match the size of tensor b \(3\)")
    with pytest.warns(UserWarning, match="broadcast"), refused:
        loss(torch.zeros(4), torch.zeros(3))


@pytest.mark.parametrize("loss", [*PAIRED, F.kl_div])
def test_operands_are_promoted(loss: Any) -> None:
    x, t = torch.tensor([0.5, 1.5]), torch.tensor([0.25, 0.75], dtype=torch.float64)
    assert loss(x, t, reduction="sum").dtype is loss(t, x, reduction="sum").dtype is torch.float64


@pytest.mark.parametrize(
    ("how", "reduction"),
    [
        ({"size_average": False}, "sum"),
        ({"size_average": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"reduce": False, "size_average": True}, "none"),
        ({"reduce": True}, "mean"),
        ({"size_average": False, "reduction": "none"}, "sum"),
    ],
)
def test_old_arguments(how: dict[str, bool], reduction: str) -> None:
    x, t, classes = torch.rand(3, 2), torch.rand(3, 2), torch.tensor([0, 1, 1])
    for loss in (F.mse_loss, F.binary_cross_entropy, F.binary_cross_entropy_with_logits):
        assert torch.equal(loss(x, t, **how), loss(x, t, reduction=reduction))
    for loss in (F.nll_loss, F.cross_entropy):
        assert torch.equal(loss(x, classes, **how), loss(x, classes, reduction=reduction))


@pytest.mark.parametrize("loss", [F.nll_loss, F.cross_entropy])
def test_classes_may_be_bytes(loss: Any) -> None:
    x, t = torch.rand(3, 2), torch.tensor([0, 1, 1])
    assert torch.equal(loss(x, t.to(torch.uint8)), loss(x, t))


def test_smoothing_and_weights_come_from_probabilities_too() -> None:
    """Classes, and the same as probabilities, smoothed, give the same losses, apart from the mean over the weights."""
    x, t = torch.randn(5, 3, dtype=torch.float64), torch.tensor([0, 2, 1, 1, 0])
    hot, w = F.one_hot(t, 3).double(), torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    for smoothing in (0.0, 0.3):
        a = F.cross_entropy(x, t, w, reduction="none", label_smoothing=smoothing)
        b = F.cross_entropy(x, hot, w, reduction="none", label_smoothing=smoothing)
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-12)


def test_a_class_that_does_not_exist_is_named() -> None:
    with pytest.raises(IndexError, match="Target 3 is out of bounds"):
        F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 3]))
    with pytest.raises(IndexError, match="Target -1 is out of bounds"):
        F.nll_loss(torch.zeros(2, 3), torch.tensor([0, -1]))
