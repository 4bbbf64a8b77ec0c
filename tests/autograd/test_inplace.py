"""In-place writes: to results, to views, through views; versions; what is refused. Against finite differences."""

import copy

import pytest

import minitorch as torch


def leaf(*values):
    return torch.tensor(values or (1.0, 2.0, 3.0, 4.0), dtype=torch.float64, requires_grad=True)


def check(program, *leaves):
    """First and second derivatives of a program that writes in place."""
    leaves = leaves or (leaf(0.5, 1.25, -0.75, 2.0),)
    assert torch.autograd.gradcheck(program, leaves)
    assert torch.autograd.gradgradcheck(program, leaves)


def written(start, *steps):
    """A program: make `start(x)`, then do each step to it."""

    def program(*leaves):
        y = start(leaves[0])
        for step in steps:
            step(y, *leaves)
        return y

    return program


def double(x):
    return x * 2


PROGRAMS = {
    "add": written(double, lambda y, x: y.add_(1)),
    "multiply by a leaf": written(double, lambda y, x: y.mul_(x)),
    "chain": written(double, lambda y, x: y.mul_(3).sub_(x).div_(2)),
    "exponential": written(double, lambda y, x: y.exp_()),
    "relu": written(double, lambda y, x: y.relu_()),
    "operators": written(double, lambda y, x: y.__iadd__(x), lambda y, x: y.__imul__(x)),
    "zero, then add": written(double, lambda y, x: y.zero_(), lambda y, x: y.add_(x)),
    "copy": written(double, lambda y, x: y.copy_(x.flip(0) * x)),
    "part multiplied": written(double, lambda y, x: y[1:3].mul_(x[:2])),
    "parts that overlap": written(double, lambda y, x: y[:3].mul_(5), lambda y, x: y[1:].mul_(x[1:])),
    "part assigned": written(double, lambda y, x: y.__setitem__(slice(1, 3), x[:2] * x[2:])),
    "element assigned": written(double, lambda y, x: y.__setitem__(0, x[1])),
    "number assigned": written(double, lambda y, x: y.__setitem__(2, 7.0)),
    "mask assigned": written(double, lambda y, x: y.__setitem__(y.detach() > 1.2, x[0])),
    "indices assigned": written(double, lambda y, x: y.__setitem__(torch.tensor([0, 3]), x[1:3])),
    "view of a view": written(double, lambda y, x: y.view(2, 2).t()[1].mul_(x[:2])),
    "diagonal": written(double, lambda y, x: y.view(2, 2).diagonal().copy_(x[:2])),
    "base after view": written(double, lambda y, x: y[:2].mul_(3), lambda y, x: y.mul_(x)),
    "masked fill": written(double, lambda y, x: y[:3].masked_fill_(y[:3].detach() > 0, 1.0)),
    "index add": written(double, lambda y, x: y.index_add_(0, torch.tensor([1, 1]), x[:2] * x[:2])),
    "plain memory": written(lambda x: torch.zeros(4, dtype=torch.float64), lambda y, x: y[1:].copy_(x[:3] * x[1:])),
    "read between": written(double, lambda y, x: y[0].add_(y[1] * 2), lambda y, x: y[2:].sub_(y[:2].clone())),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name):
    check(PROGRAMS[name])


def test_a_view_sees_the_write_to_its_base():
    def program(x):
        y = x * 1
        v, w = y.view(2, 2), y[1:]
        y.mul_(x)
        w.add_(x[1:])
        return v * v

    check(program)


def test_a_view_sees_its_own_write():
    def program(x):
        y = x * 1
        v = y[:2]
        v.mul_(x[2:])
        return v * v

    check(program)


def test_a_base_sees_the_write_to_a_view_of_a_view():
    def program(x):
        y = x * 1
        v = y.view(2, 2)
        w = v[0]
        w.mul_(x[2:])
        v.t().add_(x.view(2, 2))
        return y, v, w

    check(program)


# ---------------------------------------------------------------- values and identity


def test_the_same_object_comes_back():
    x = torch.ones(3)
    before = x
    assert x.add_(1) is x
    x += 1
    assert x is before
    assert before.tolist() == [3, 3, 3]


def test_names_of_nodes():
    x = leaf()
    y, z = x * 2, x * 2
    y.add_(1)
    z[:2].mul_(3)
    assert y.grad_fn.name() == "AddBackward0"
    assert z.grad_fn.name() == "torch::autograd::CopySlices"


def test_a_plain_tensor_becomes_tracked():
    x, y = leaf(), torch.zeros(2, 4, dtype=torch.float64)
    part = y[0]
    part.copy_(x)
    assert y.requires_grad
    assert not y.is_leaf
    y.sum().backward()
    assert x.grad.tolist() == [1, 1, 1, 1]
    assert y[1].requires_grad


def test_what_is_overwritten_gets_zeros():
    for write in (
        lambda y: y.zero_(),
        lambda y: y.copy_(torch.ones(4, dtype=torch.float64)),
        lambda y: y.fill_(2.0),
        lambda y: y.__setitem__(..., 1.0),
        lambda y: y.normal_(),
    ):
        x = leaf()
        y = x * 2
        write(y)
        y.sum().backward()
        assert x.grad.tolist() == [0, 0, 0, 0]


# ---------------------------------------------------------------- versions


def test_versions_are_shared():
    x = torch.zeros(4)
    view, alone = x[:2], x.clone()
    assert (x._version, view._version) == (0, 0)
    x.add_(1)
    view.add_(1)
    x.detach().add_(1)
    x[0] = 1
    x.data.add_(1)  # not noticed
    _ = x + 1
    assert x._version == view._version == x.detach()._version == 4
    assert alone._version == 0


SAVED = r"modified by an inplace operation.*{}.*written by {}"


@pytest.mark.parametrize(
    "write",
    [
        lambda y: y.add_(1),
        lambda y: y[1:].add_(1),
        lambda y: y.detach().add_(1),
        lambda y: y.view(2, 2).t().add_(1),
    ],
    ids=["whole", "part", "detached", "view of a view"],
)
def test_a_write_to_what_was_saved(write):
    x = leaf()
    y = x * 2
    z = (y * y).sum()
    write(y)
    with pytest.raises(RuntimeError, match=SAVED.format("MulBackward0", "add_")):
        z.backward()
    assert x.grad is None


def test_a_write_to_a_saved_result():
    for write in (lambda y: y.mul_(2), lambda y: y[:1].mul_(2)):
        y = leaf().exp()
        write(y)
        with pytest.raises(RuntimeError, match=SAVED.format("ExpBackward0", "mul_")):
            y.sum().backward()


def test_a_write_over_what_an_earlier_write_saved():
    y = leaf() * 2
    y[:3].exp_()
    y[2:].mul_(2)
    with pytest.raises(RuntimeError, match=SAVED.format("ExpBackward0", "mul_")):
        y.sum().backward()


def test_multiplied_by_its_own_memory():
    y = leaf() * 2
    y.mul_(y)
    with pytest.raises(RuntimeError, match=SAVED.format("MulBackward0", "mul_")):
        y.sum().backward()


def test_a_write_to_a_leaf_after_its_use():
    x = leaf()
    y = (x * x).sum()
    with torch.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match=r"\[torch.DoubleTensor \[4\]\] is at version 1; expected version 0"):
        y.backward()


@pytest.mark.parametrize(("writes", "expected"), [(2, "version 3"), (40, "an earlier version")])
def test_the_version_that_was_expected(writes, expected):
    x, w = leaf(), torch.ones(4, dtype=torch.float64)
    for _ in range(3):
        w.add_(1)
    y = x * w
    for _ in range(writes):
        w.add_(1)
    with pytest.raises(RuntimeError, match=f"is at version {3 + writes}; expected {expected} instead"):
        y.sum().backward()


def test_a_write_to_what_was_not_saved():
    x = leaf()
    y = x * 3
    z = y + 1
    y.zero_()
    z.sum().backward()
    assert x.grad.tolist() == [3, 3, 3, 3]


def test_a_step_after_backward_spoils_nothing():
    x = leaf()
    for _ in range(3):
        (x * x).sum().backward()
        with torch.no_grad():
            x -= 0.1 * x.grad
        x.grad = None


# ---------------------------------------------------------------- refused


def test_leaves():
    x = leaf()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        x.mul_(2)
    for view in (x[:2], x.view(2, 2).t(), x.detach()[:2].requires_grad_()):
        with pytest.raises(RuntimeError, match="a view of a leaf Variable that requires grad"):
            view.mul_(2)
    with pytest.raises(RuntimeError, match="a view of a leaf"):
        x[0] = 1
    with torch.no_grad():
        x.mul_(2)
        x[0] = 0
    assert x.tolist() == [0, 4, 6, 8]
    assert x.is_leaf


def test_one_of_several_views():
    y = leaf() * 2
    for views in (y.unbind(), y.split(2), y.chunk(2)):
        with pytest.raises(RuntimeError, match=r"Output 1 of .*Backward0 is a view and is being modified inplace"):
            views[1].add_(1)
    views = y.unbind()
    y.add_(1)
    with pytest.raises(RuntimeError, match="its base or another view of its base has been modified inplace"):
        views[0].sum()
    assert "grad_fn=<Invalid>" in repr(views[0])


def test_one_of_several_views_of_untracked_memory():
    x = torch.arange(4.0)
    a, b = x.chunk(2)
    a.add_(10)
    assert x.tolist() == [10, 11, 2, 3]
    with pytest.raises(RuntimeError, match="is being modified inplace"):
        b.mul_(torch.ones(2, requires_grad=True))
    assert b.tolist() == [2, 3]


def test_views_made_without_recording():
    y = leaf() * 2
    with torch.no_grad():
        view = y[:2]
    with pytest.raises(RuntimeError, match="created in no_grad mode and is being modified"):
        view.add_(1)
    y.add_(1)
    with pytest.raises(RuntimeError, match="created in no_grad mode and its base"):
        view.sum()


def test_rows_written_without_recording():
    x = torch.ones(3, 2, requires_grad=True)
    rows = x.unbind()
    with torch.no_grad():
        for row in rows:
            row.div_(row.sum())
    assert x.tolist() == [[0.5, 0.5]] * 3


def test_shapes_dtypes_and_memory():
    with pytest.raises(RuntimeError, match=r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"):
        torch.ones(3).add_(torch.ones(2, 3))
    with pytest.raises(RuntimeError, match="result type Float can't be cast"):
        torch.ones(3, dtype=torch.int64).add_(1.5)
    x = torch.ones(1).expand(3)
    with pytest.raises(RuntimeError, match="refers to a single memory location"):
        x.add_(1)
    assert x.tolist() == [1, 1, 1]


def test_detach_in_place():
    y = leaf() * 2
    view = y[:2]
    with pytest.raises(RuntimeError, match="Can't detach views"):
        view.detach_()
    assert y.detach_() is y
    assert y.is_leaf
    assert not y.requires_grad


def test_pieces_of_tensor_split_are_views_of_their_own():
    x = torch.ones(5, requires_grad=True)
    base = x * 1
    first, second = torch.tensor_split(base, 2)
    first.mul_(3)
    second.mul_(5)
    base.sum().backward()
    assert x.grad.tolist() == [3, 3, 3, 5, 5]
    y = torch.ones(2, 4, requires_grad=True) * 1
    torch.hsplit(y, 2)[1].zero_()
    assert y.tolist() == [[1, 1, 0, 0]] * 2


def test_a_view_made_in_no_grad_requires_grad_as_its_base_does():
    w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    with torch.no_grad():
        first = w[:1]
        assert repr(first) == "tensor([1.], requires_grad=True)"
        assert w.numpy().tolist() == [1.0, 2.0]  # nothing is recorded that it could escape
    with pytest.raises(RuntimeError, match="Can't call numpy"):
        w.numpy()
    assert first.requires_grad
    assert first.is_leaf
    tripled = first * 3
    assert tripled.grad_fn.next_functions == ((None, 0), (None, 0))
    tripled.sum().backward()
    assert w.grad is None
    assert first.grad is None
    assert not w.detach()[0].requires_grad
    assert copy.deepcopy(first).requires_grad
