"""What a write into a tensor keeps of the number written."""

import pytest

import minitorch as torch


def test_a_float_keeps_its_digits_in_float64():
    x = torch.zeros(4, dtype=torch.float64)
    x[0] = 0.1
    x[1:2] = 0.1
    x[[2]] = 0.1
    x[torch.tensor([False, False, False, True])] = 0.1
    assert x.tolist() == [0.1] * 4
    assert x.fill_(0.3).tolist() == [0.3] * 4


def test_a_float_into_other_dtypes():
    assert torch.zeros(1, dtype=torch.int64).fill_(2.7).tolist() == [2]
    with pytest.raises(RuntimeError, match="without overflow"):
        torch.zeros(1).fill_(1e300)
