"""Questions about dtypes and shapes, results written to `out=`, windows and other patterns."""

import numpy as np
import pytest

import minitorch as torch


def test_questions():
    assert torch.result_type(torch.ones(2, dtype=torch.int32), 1.5) is torch.float32
    assert torch.result_type(torch.ones(2, dtype=torch.int32), torch.tensor(1)) is torch.int32
    assert torch.can_cast(torch.int64, torch.float32)
    assert not torch.can_cast(torch.float32, torch.int64)
    assert torch.broadcast_shapes((2, 1), (3,), 1) == torch.Size([2, 3])
    with pytest.raises(RuntimeError, match="cannot be broadcast"):
        torch.broadcast_shapes((2,), (3,))


def test_out_is_written_and_returned():
    out = torch.zeros(3)
    assert torch.add(torch.ones(3), 2, out=out) is out
    assert out.tolist() == [3.0, 3.0, 3.0]
    values, indices = torch.empty(0), torch.empty(0, dtype=torch.int64)
    found = torch.max(torch.tensor([[1.0, 5.0], [7.0, 2.0]]), 1, out=(values, indices))
    assert values.tolist() == [5.0, 7.0]
    assert found.indices is indices
    assert torch.zeros(2, out=torch.ones(2)).tolist() == [0.0, 0.0]
    with pytest.warns(UserWarning, match="torch.range is deprecated"):
        assert torch.range(1, 3, out=out) is out
    assert out.tolist() == [1.0, 2.0, 3.0]
    assert torch.linalg.inv(torch.eye(2) * 2, out=torch.empty(2, 2)).tolist() == [[0.5, 0.0], [0.0, 0.5]]
    view = torch.zeros(2, 2)
    torch.exp(torch.zeros(2), out=view[0])
    assert view.tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_out_of_another_shape_or_dtype():
    with pytest.warns(UserWarning, match="resized"):
        assert torch.add(torch.ones(3), 1, out=torch.zeros(2)).shape == (3,)
    with pytest.raises(RuntimeError, match="can't be cast"):
        torch.div(torch.ones(2), 2, out=torch.zeros(2, dtype=torch.int64))
    with pytest.raises(RuntimeError, match="automatic differentiation"):
        torch.mul(torch.ones(2, requires_grad=True), 2, out=torch.zeros(2))
    assert torch.norm(torch.ones(4), out=torch.empty(0)).shape == ()
    assert torch.tensordot(torch.ones(2, 3), torch.ones(3, 4), 1, out=torch.empty(0)).shape == (2, 4)


def test_out_that_is_no_tensor():
    with pytest.raises(TypeError, match=r"exp\(\): argument 'out' must be Tensor, not list"):
        torch.exp(torch.ones(2), out=[1.0])
    for wrong, shown in ((torch.zeros(2), "Tensor"), ((torch.zeros(2),), "1")):
        with pytest.raises(TypeError, match=rf"max\(\): argument 'out' must be tuple of 2 Tensors, not {shown}"):
            torch.max(torch.ones(2, 2), 1, out=wrong)


def test_windows():
    assert torch.hann_window(4).tolist() == pytest.approx([0, 0.5, 1, 0.5])
    assert torch.hann_window(5, periodic=False).tolist() == pytest.approx([0, 0.5, 1, 0.5, 0])
    np.testing.assert_allclose(torch.hamming_window(7, periodic=False).numpy(), np.hamming(7), rtol=1e-6)
    np.testing.assert_allclose(torch.blackman_window(7, False, dtype=torch.float64).numpy(), np.blackman(7), atol=1e-12)
    np.testing.assert_allclose(torch.bartlett_window(7, periodic=False).numpy(), np.bartlett(7), atol=1e-6)
    np.testing.assert_allclose(torch.kaiser_window(7, False, 5.0).numpy(), np.kaiser(7, 5.0), rtol=1e-5)
    assert torch.hann_window(1).tolist() == [1.0]


def test_triangles_and_buffers():
    assert torch.tril_indices(3, 3, -1).tolist() == [[1, 2, 2], [0, 0, 1]]
    assert torch.triu_indices(2, 3).tolist() == [[0, 0, 0, 1, 1], [0, 1, 2, 1, 2]]
    memory = bytearray(8)
    x = torch.frombuffer(memory, dtype=torch.int32)
    x[1] = 7
    assert memory == b"\0\0\0\0\7\0\0\0"
    assert torch.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
    with pytest.warns(UserWarning, match="deprecated"):
        assert torch.range(1, 4).tolist() == [1.0, 2.0, 3.0, 4.0]


def test_own_shape():
    x = torch.ones(2, 3, requires_grad=True)
    y = (x * torch.arange(6.0).view(2, 3)).clone()
    y.t_().unsqueeze_(0).squeeze_()
    assert y.shape == (3, 2)
    (y * torch.tensor([[1.0, 2.0]] * 3)).sum().backward()
    assert x.grad.tolist() == [[0.0, 1.0, 2.0], [6.0, 8.0, 10.0]]
    with pytest.raises(RuntimeError, match="leaf"):
        x.t_()
    whole = torch.arange(6.0)
    part = whole[:4]
    part.unsqueeze_(0)
    part.mul_(2)
    assert whole.tolist() == [0.0, 2.0, 4.0, 6.0, 4.0, 5.0]
    grown = torch.arange(4.0).resize_(2, 3)
    assert grown.shape == (2, 3)
    assert grown.view(-1)[:4].tolist() == [0.0, 1.0, 2.0, 3.0]
    with pytest.raises(RuntimeError, match="require grad"):
        x.resize_(3)


def test_saved_tensors_notice_a_new_shape():
    x = torch.ones(2, 3, requires_grad=True) * 2
    y = x * x
    x.t_()
    with pytest.raises(RuntimeError, match="modified by an inplace"):
        y.sum().backward()


def test_counts():
    torch.manual_seed(0)
    rates = torch.full((4000,), 3.5)
    drawn = torch.poisson(rates)
    assert abs(drawn.mean().item() - 3.5) < 0.15
    assert abs(drawn.var().item() - 3.5) < 0.4
    wins = torch.binomial(torch.full((4000,), 10.0), torch.full((4000,), 0.3))
    assert abs(wins.mean().item() - 3) < 0.15
    assert abs(torch.empty(4000).geometric_(0.25).mean().item() - 4) < 0.3
    assert abs(torch.empty(4001).cauchy_(2.0).median().item() - 2) < 0.15
