"""Anomaly detection: a NaN gradient is an error, and errors of backward name the line of forward."""

import threading

import pytest

import minitorch as torch
from minitorch.autograd import Function, detect_anomaly, set_detect_anomaly

pytestmark = pytest.mark.filterwarnings("ignore:Anomaly Detection", "ignore:Error detected in")


class Broken(Function):
    """The identity, whose backward fails."""

    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        raise ArithmeticError("broken")


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


def state():
    return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()


@pytest.fixture(autouse=True)
def _off():
    """Detection is off before and after each test."""
    assert state() == (False, True)
    yield
    assert state() == (False, True)


def test_contexts():
    with detect_anomaly():
        assert state() == (True, True)
        with detect_anomaly(check_nan=False):
            assert state() == (True, False)
        with set_detect_anomaly(False):
            assert state() == (False, True)
        assert state() == (True, True)
    with pytest.raises(ZeroDivisionError), detect_anomaly():
        _ = 1 / 0


def test_switched_by_a_call():
    set_detect_anomaly(True)
    try:
        assert state() == (True, True)
    finally:
        set_detect_anomaly(False)


def test_nan():
    x = leaf(-1.0)
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"'SqrtBackward0' returned nan values in its 0th output"):
        x.sqrt().sum().backward()
    assert x.grad is None


def test_nan_in_the_second_input():
    x, y = leaf(0.0), leaf(1.0)
    with detect_anomaly(), pytest.raises(RuntimeError, match=r"'MulBackward0' returned nan values in its 1th output"):
        (x * y).backward(torch.tensor([float("inf")]))


def test_infinity_is_no_anomaly():
    x = leaf(0.0)
    with detect_anomaly():
        x.sqrt().sum().backward()
    assert x.grad.item() == float("inf")


def test_without_the_check():
    x = leaf(-1.0)
    with detect_anomaly(check_nan=False):
        x.sqrt().sum().backward()
    assert x.grad.isnan().all()


def test_errors_name_the_line_of_forward():
    x = leaf(1.0)
    with detect_anomaly():
        y = Broken.apply(x)  # the line of forward
        z = y.sum()
        with pytest.raises(ArithmeticError, match="broken") as caught:
            z.backward()
    (note,) = caught.value.__notes__
    assert "BrokenBackward was recorded by this forward call" in note
    assert "y = Broken.apply(x)  # the line of forward" in note
    assert "test_anomaly.py" in note


class Layer(torch.nn.Module):
    """A layer whose forward has the line that is looked for."""

    def forward(self, x):
        return torch.nn.functional.relu(x).log()  # inside a module


def test_the_line_inside_a_module():
    with detect_anomaly(), pytest.raises(RuntimeError, match="nan") as caught:
        (Layer()(leaf(-1.0)) * 0).sum().backward()
    assert caught.value.__notes__[0].rstrip().endswith("# inside a module")


def test_what_was_recorded_before():
    y = leaf(-1.0).sqrt().sum()
    with detect_anomaly(), pytest.raises(RuntimeError, match="nan") as caught:
        y.backward()
    assert "made while anomaly detection was off" in caught.value.__notes__[0]


def test_ordinary_gradients_pass():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    with detect_anomaly():
        (x * y).sum().backward()
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        g.sum().backward()
    assert y.grad.tolist() == [1, 2]


def test_other_threads_are_not_touched():
    found = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: found.append(torch.is_anomaly_enabled()))
        thread.start()
        thread.join()
    assert found == [False]
