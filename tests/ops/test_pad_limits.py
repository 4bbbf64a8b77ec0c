"""What a negative padding may cut off."""

import pytest

import minitorch as torch


@pytest.mark.parametrize("pad", [(5, -5), (-4, 1), (-5, 5), (1, -4), (-2, -2)])
def test_no_more_than_there_is(pad):
    with pytest.raises(RuntimeError, match="leaves a negative size"):
        torch.nn.functional.pad(torch.ones(2, 3), pad)


def test_all_of_it():
    assert torch.nn.functional.pad(torch.ones(2, 3), (-3, 2), value=7.0).tolist() == [[7, 7], [7, 7]]
