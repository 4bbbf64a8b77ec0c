"""Arguments that operations refuse, each with the class of error that PyTorch raises."""

from __future__ import annotations

import pytest

import minitorch as torch
from minitorch.nn import functional as F

X = torch.arange(6.0).view(2, 3)
REFUSED = {
    "weights of two dimensions": (RuntimeError, lambda: torch.cov(X, fweights=torch.ones(3, 1, dtype=torch.int64))),
    "weights with fractions": (RuntimeError, lambda: torch.cov(X, fweights=torch.ones(3))),
    "negative weights": (RuntimeError, lambda: torch.cov(X, aweights=-torch.ones(3))),
    "weights of other observations": (RuntimeError, lambda: torch.cov(X, aweights=torch.ones(4))),
    "a dimension twice": (RuntimeError, lambda: torch.gradient(X, dim=(1, -1))),
    "sections in letters": (TypeError, lambda: torch.hsplit(X, "a")),
    "a start of several numbers": (RuntimeError, lambda: torch.narrow(X, 1, torch.tensor([0, 1]), 1)),
    "a start with a fraction": (RuntimeError, lambda: torch.narrow(X, 1, torch.tensor(0.0), 1)),
    "bounds in the wrong order": (RuntimeError, lambda: F.rrelu(X, 0.3, 0.1)),
    "a number for an angle": (TypeError, lambda: torch.polar(X, 2)),
    "steps with a fraction": (TypeError, lambda: torch.logspace(0, 1, 2.5)),
    "too few dimensions": (ValueError, lambda: F.adaptive_avg_pool2d(X, (2, 2))),
    "too few dimensions for a maximum": (ValueError, lambda: F.adaptive_max_pool3d(X[None], (2, 2, 2))),
    "an unknown reduction": (
        ValueError,
        lambda: F.multi_margin_loss(X, torch.tensor([0, 1]), reduction="abc"),
    ),
    "a weight that is a number": (
        ValueError,
        lambda: F.multi_margin_loss(X, torch.tensor([0, 1]), weight=torch.tensor(1.0)),
    ),
    "no classes": (RuntimeError, lambda: F.multilabel_margin_loss(X[:, :0], torch.zeros(2, 0, dtype=torch.int64))),
    "one tensor for two results": (TypeError, lambda: torch.sort(X, out=X.clone())),
}


@pytest.mark.parametrize("what", REFUSED)
def test_is_refused(what: str) -> None:
    error, call = REFUSED[what]
    with pytest.raises(error):
        call()


def test_weights_of_observations_keep_their_dtype():
    """As in PyTorch, the covariance of halves weighted with float32 is float32."""
    x = X.to(torch.bfloat16)
    assert torch.cov(x, aweights=torch.ones(3)).dtype is torch.float32
    assert torch.cov(x, fweights=torch.tensor([1, 2, 1])).dtype is torch.bfloat16
    assert F.multi_margin_loss(X[0], torch.tensor([1]), reduction="none").shape == (1,)


def test_casts_to_complex():
    assert X.cfloat().dtype is torch.complex64
    assert X.cdouble().dtype is torch.complex128
