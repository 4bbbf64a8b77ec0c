"""DLPack and arrays between PyTorch and minitorch: the same memory, both ways."""

import numpy as np
import pytest
import torch

import minitorch as mini


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64"]
)
def test_dlpack(dtype):
    theirs = torch.zeros(2, 3, dtype=getattr(torch, dtype))
    ours = mini.from_dlpack(theirs.t())
    assert str(ours.dtype) == str(theirs.dtype)
    assert ours.stride() == theirs.t().stride()
    theirs[0, 1] = 1
    assert ours[1, 0].item() == 1
    ours[2, 1] = 1
    assert theirs[1, 2].item() == 1
    again = torch.from_dlpack(ours)
    assert again.data_ptr() == theirs.data_ptr()
    assert torch.from_dlpack(mini.to_dlpack(ours)).data_ptr() == theirs.data_ptr()


def test_arrays():
    theirs = torch.arange(3.0)
    assert mini.tensor(theirs).tolist() == [0, 1, 2]
    assert mini.from_numpy(theirs.numpy()).data_ptr() == theirs.data_ptr()
    assert torch.from_numpy(mini.ones(3).numpy()).tolist() == [1, 1, 1]
    assert np.asarray(mini.ones(3)).dtype == np.asarray(torch.ones(3)).dtype


def test_errors():
    with pytest.raises(BufferError, match="require gradient"):
        torch.from_dlpack(mini.ones(1, requires_grad=True))
    with pytest.raises((TypeError, BufferError, RuntimeError)):
        mini.from_dlpack(torch.ones(1, dtype=torch.bfloat16))
