"""What users may write to is not what backward reads; what fails leaves nothing behind."""

import threading

import pytest

import minitorch as torch
from minitorch.overrides import BaseTorchFunctionMode, TorchFunctionMode


@pytest.mark.parametrize("function", [torch.var_mean, torch.std_mean])
def test_a_mean_that_is_written_to(function):
    x = torch.tensor([1.0, 2.0, 4.0], requires_grad=True)
    spread, mean = function(x)
    with torch.no_grad():
        mean.zero_()
    (expected,) = torch.autograd.grad(x.var() if function is torch.var_mean else x.std(), x)
    (found,) = torch.autograd.grad(spread, x)
    torch.testing.assert_close(found, expected)


def test_an_index_that_is_written_to():
    x, index = torch.ones(3, requires_grad=True), torch.tensor([0, 1])
    y = x[index]
    index.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 0]


def test_a_parameter_that_is_turned_in_place_keeps_requiring_grad():
    w = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        w.t_()
        w.unsqueeze_(0)
    assert w.requires_grad
    assert w.is_leaf


def test_the_same_memory_in_another_view_is_no_overlap():
    z = torch.arange(3.0)
    z[:, None].add_(z.view(3, 1))
    assert z.tolist() == [0, 2, 4]


def test_the_sum_of_a_number_has_memory_of_its_own():
    x = torch.tensor(2.0)
    x.sum_to_size(()).zero_()
    assert x.item() == 2


def test_errors_of_subclasses_are_those_of_the_operation():
    class Sub(torch.Tensor):
        pass

    with pytest.raises(TypeError):
        torch.cat(torch.ones(2).as_subclass(Sub))
    with pytest.raises(TypeError):
        torch.add(torch.ones(2).as_subclass(Sub), "a")


def test_modes_inside_of_modes_leave_nothing_behind():
    class Nested(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            with BaseTorchFunctionMode():
                return func(*args, **(kwargs or {}))

    before = torch.Tensor.exp
    for _ in range(2):
        with Nested():
            assert torch.ones(2).exp().shape == (2,)
    assert torch.Tensor.exp is before


def test_a_mode_is_of_its_thread():
    seen = []

    class Note(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append(func.__name__)
            return func(*args, **(kwargs or {}))

    with Note():
        thread = threading.Thread(target=lambda: torch.ones(2))
        thread.start()
        thread.join()
        torch.zeros(2)
    assert seen == ["zeros"]
