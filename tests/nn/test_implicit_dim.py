"""Softmax without a dimension, as old programs call it."""

from __future__ import annotations

from typing import Any

import pytest

import minitorch as torch
import minitorch.nn.functional as F


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax, F.softmin])
@pytest.mark.parametrize(("shape", "dim"), [((), 0), ((3,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 2), 1)])
def test_the_dimension_that_is_meant(function: Any, shape: tuple[int, ...], dim: int) -> None:
    x = torch.randn(shape)
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        y = function(x)
    assert torch.equal(y, function(x, dim=dim))
