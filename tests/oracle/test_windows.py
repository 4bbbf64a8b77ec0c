"""The windows of `torch.signal` against PyTorch's."""

import pytest
import torch

import minitorch


@pytest.mark.parametrize("name", minitorch.signal.windows.__all__)
@pytest.mark.parametrize("sym", [True, False])
def test_windows(name, sym):
    given = {"general_cosine": {"a": [0.3, 0.5, 0.2]}, "gaussian": {"std": 2.0}, "kaiser": {"beta": 3.0}}.get(name, {})
    for m in (0, 1, 2, 5, 8):
        ours = getattr(minitorch.signal.windows, name)(m, sym=sym, dtype=minitorch.float64, **given)
        theirs = getattr(torch.signal.windows, name)(m, sym=sym, dtype=torch.float64, **given)
        torch.testing.assert_close(torch.from_numpy(ours.numpy()), theirs)
