"""Whether operations are recorded: contexts and decorators, nested, in generators, per thread; inference mode."""

import threading

import pytest

import minitorch as torch
from minitorch import is_grad_enabled, is_inference_mode_enabled


def leaf(*values):
    return torch.tensor(values or (1.0, 2.0, 3.0), requires_grad=True)


@pytest.fixture(autouse=True)
def _recording():
    """Recording is on before and after each test."""
    assert is_grad_enabled()
    yield
    assert is_grad_enabled()
    assert not is_inference_mode_enabled()


def test_contexts_nest():
    found = []
    with torch.no_grad():
        found.append(is_grad_enabled())
        with torch.enable_grad():
            found.append(is_grad_enabled())
            with torch.set_grad_enabled(False):
                found.append(is_grad_enabled())
            found.append(is_grad_enabled())
        found.append(is_grad_enabled())
    assert found == [False, True, False, True, False]


def test_contexts_end_with_an_error():
    for context in (torch.no_grad, lambda: torch.set_grad_enabled(False), torch.inference_mode):
        with pytest.raises(ZeroDivisionError), context():
            _ = 1 / 0
        assert is_grad_enabled()


def test_results_do_not_require_grad():
    x = leaf()
    with torch.no_grad():
        y = x * 2
        made = leaf()
    assert not y.requires_grad
    assert y.is_leaf
    assert made.requires_grad
    with torch.no_grad(), torch.enable_grad():
        assert (x * 2).requires_grad


def test_set_grad_enabled_as_a_call():
    torch.set_grad_enabled(False)
    try:
        assert not is_grad_enabled()
    finally:
        torch.set_grad_enabled(mode=True)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: torch.no_grad(), (False, False)),
        (lambda: torch.no_grad, (False, False)),
        (lambda: torch.enable_grad(), (True, False)),
        (lambda: torch.set_grad_enabled(False), (False, False)),
        (lambda: torch.inference_mode(), (False, True)),
        (lambda: torch.inference_mode, (False, True)),
    ],
    ids=["no_grad()", "no_grad", "enable_grad()", "set_grad_enabled", "inference_mode()", "inference_mode"],
)
def test_decorators(make, expected):
    @make()
    def inner(depth):
        """What it does."""
        found = is_grad_enabled(), is_inference_mode_enabled()
        return inner(depth - 1) if depth else found

    with torch.set_grad_enabled(not expected[0]):
        assert inner(3) == expected
        assert is_grad_enabled() is not expected[0]
    assert inner.__name__ == "inner"
    assert inner.__doc__ == "What it does."


def test_set_grad_enabled_as_a_decorator_does_not_hold_outside():
    @torch.set_grad_enabled(False)
    def inner():
        return is_grad_enabled()

    assert is_grad_enabled()
    assert not inner()


def test_inference_mode_off_inside():
    with torch.inference_mode(), torch.inference_mode(False):
        assert is_grad_enabled()
        assert (leaf() * 2).requires_grad


# ---------------------------------------------------------------- generators


def test_generators():
    @torch.no_grad()
    def generator():
        got = yield is_grad_enabled()
        try:
            yield got, is_grad_enabled()
        except ValueError:
            yield "caught", is_grad_enabled()
        return "end"

    g = generator()
    outside = []
    assert next(g) is False
    outside.append(is_grad_enabled())
    assert g.send(5) == (5, False)
    outside.append(is_grad_enabled())
    assert g.throw(ValueError()) == ("caught", False)
    outside.append(is_grad_enabled())
    with pytest.raises(StopIteration) as stopped:
        next(g)
    assert stopped.value.value == "end"
    assert outside == [True] * 3


def test_generators_in_loops():
    @torch.no_grad()
    def generator():
        for _ in range(3):
            yield is_grad_enabled()

    assert list(generator()) == [False] * 3
    assert [is_grad_enabled() for _ in generator()] == [True] * 3


def test_generators_that_are_closed_or_fail():
    ended = []

    @torch.no_grad()
    def generator():
        try:
            yield 1
        finally:
            ended.append(is_grad_enabled())

    g = generator()
    next(g)
    g.close()
    g = generator()
    next(g)
    with pytest.raises(KeyError):
        g.throw(KeyError())
    assert ended == [False, False]


# ---------------------------------------------------------------- threads


def test_every_thread_has_its_own_mode():
    found = []

    def work():
        found.append(is_grad_enabled())
        torch.set_grad_enabled(False)
        found.append(is_grad_enabled())

    with torch.no_grad():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert found == [True, False]


# ---------------------------------------------------------------- inference mode


def test_inference_tensors():
    with torch.inference_mode():
        x, y = torch.ones(3), leaf()
        z = x * 2
        assert y.requires_grad
        assert not (y * 2).requires_grad
        z.add_(1)
        assert all(t.is_inference() for t in (x, y, z, x.detach(), x[0], x.view(3, 1), torch.arange(3)))
    assert all(t.is_inference() for t in (x, z[:1], z.detach()))
    assert not (x * 2).is_inference()
    assert not x.clone().is_inference()


def test_normal_tensors_in_inference_mode():
    x = torch.ones(3)
    with torch.inference_mode():
        x.mul_(2)
        part = x[:1]
    part.mul_(2)
    assert x.tolist() == [4, 2, 2]
    assert not part.is_inference()


def test_inference_tensors_stay_out_of_graphs():
    with torch.inference_mode():
        x = torch.ones(3)
    with pytest.raises(RuntimeError, match=r"cannot be saved for backward.*MulBackward0"):
        leaf() * x
    w = leaf()
    (w + x).sum().backward()  # an addition saves nothing
    (w * x.clone()).sum().backward()
    assert w.grad.tolist() == [2, 2, 2]
    with pytest.raises(RuntimeError, match="requires_grad=True on inference tensor"):
        x.requires_grad_()
    with pytest.raises(RuntimeError, match="version"):
        _ = x._version


@pytest.mark.parametrize("context", [torch.enable_grad, torch.no_grad])
def test_inference_tensors_are_not_written_outside(context):
    with torch.inference_mode():
        x = torch.ones(3)
    with context(), pytest.raises(RuntimeError, match="Inplace update to inference tensor"):
        x.add_(1)
    with torch.inference_mode():
        x.add_(1)
    assert x.tolist() == [2, 2, 2]
