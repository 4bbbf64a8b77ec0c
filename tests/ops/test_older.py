"""What older names say."""

import pytest

import minitorch as torch


def test_new():
    x = torch.ones(2, dtype=torch.float64)
    assert x.new(2, 3).shape == (2, 3)
    assert x.new([1, 2]).tolist() == [1, 2]
    assert x.new([1, 2]).dtype is torch.float64
    assert x.new().shape == (0,)


def test_resize_warns():
    with pytest.warns(UserWarning, match="resize is deprecated"):
        assert torch.ones(4).resize(2, 2).shape == (2, 2)
    with pytest.warns(UserWarning, match="lu is deprecated"):
        torch.lu(torch.eye(2))


def test_questions():
    x = torch.ones(1)
    assert not any([x.is_conj(), x.is_neg(), x.is_distributed(), x.is_xla, x.is_mtia])
    assert (torch.cpu.is_available(), torch.cpu.device_count()) == (True, 1)
    torch.set_deterministic_debug_mode("warn")
    assert torch.get_deterministic_debug_mode() == 1
    assert torch.is_deterministic_algorithms_warn_only_enabled()
    torch.set_deterministic_debug_mode(0)
    assert not torch.are_deterministic_algorithms_enabled()
    with pytest.raises(RuntimeError, match="debug_mode"):
        torch.set_deterministic_debug_mode("loud")


def test_make_tensor():
    torch.manual_seed(0)
    make = torch.testing.make_tensor
    x = make((200,), dtype=torch.float32)
    assert -9 <= x.min() < -8 < 8 < x.max() < 9
    assert set(make(300, dtype=torch.int64).tolist()) == set(range(-9, 10))
    assert set(make(300, dtype=torch.uint8).tolist()) == set(range(10))
    assert set(make(30, dtype=torch.bool).tolist()) == {False, True}
    assert 0 not in make(300, dtype=torch.int64, exclude_zero=True)
    assert make(2, 3, dtype=torch.float64, noncontiguous=True).stride() == (6, 2)
    assert make((2,), dtype=torch.complex64, requires_grad=True).requires_grad
    for wrong in ({"low": 3, "high": 2}, {"low": float("nan")}):
        with pytest.raises(ValueError, match="low"):
            make(2, dtype=torch.float32, **wrong)
    with pytest.raises(ValueError, match="requires_grad"):
        make(2, dtype=torch.int64, requires_grad=True)
