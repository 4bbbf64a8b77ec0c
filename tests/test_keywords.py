"""Keywords that programs use beside PyTorch's first names: NumPy's `axis` and `keepdims`, shapes and orders by name."""

import pytest

import minitorch as torch

X = torch.arange(6.0).view(2, 3)

AXIS = {
    "sum": {},
    "mean": {},
    "prod": {},
    "var": {},
    "std": {},
    "nansum": {},
    "max": {},
    "min": {},
    "amax": {},
    "amin": {},
    "argmax": {},
    "argmin": {},
    "logsumexp": {},
    "softmax": {},
    "log_softmax": {},
    "cumsum": {},
    "cumprod": {},
    "sort": {},
    "argsort": {},
    "median": {},
    "squeeze": {},
    "unsqueeze": {},
    "chunk": {"chunks": 2},
    "unbind": {},
    "all": {},
    "any": {},
    "topk": {"k": 1},
    "cummax": {},
    "logcumsumexp": {},
}


def _equal(a, b):
    pairs = zip(a, b, strict=True) if isinstance(a, tuple) else [(a, b)]
    return all(torch.equal(x, y) for x, y in pairs)


@pytest.mark.parametrize("name", AXIS)
@pytest.mark.parametrize("axis", [0, -1])
def test_axis_is_dim(name, axis):
    function, more = getattr(torch, name), AXIS[name]
    expected = function(X, dim=axis, **more)
    assert _equal(function(X, axis=axis, **more), expected)
    assert _equal(getattr(X, name)(axis=axis, **more), expected)


def test_keepdims_is_keepdim():
    assert X.sum(1, keepdims=True).shape == X.std(axis=1, keepdims=True).shape == (2, 1)
    assert torch.linalg.norm(X, axis=1, keepdims=True).shape == (2, 1)


def test_lists_of_tensors_have_an_axis():
    assert torch.cat((X, X), axis=1).shape == (2, 6)
    assert torch.concat((X, X), axis=0).shape == (4, 3)
    assert torch.stack((X, X), axis=1).shape == (2, 2, 3)


def test_a_keyword_that_does_not_exist_is_refused():
    for function in (torch.sum, torch.std, torch.var_mean):
        with pytest.raises(TypeError, match="axes"):
            function(X, axes=0)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_shape_by_name(name):
    assert getattr(torch, name)(size=(2, 3)).shape == (2, 3)
    if hasattr(X, f"new_{name}"):
        assert getattr(X, f"new_{name}")(size=(2, 3)).shape == (2, 3)


def test_views_by_name():
    assert X.view(size=(3, 2)).shape == X.reshape(shape=(3, 2)).shape == torch.reshape(X, shape=(3, 2)).shape == (3, 2)
    assert X.permute(dims=(1, 0)).shape == torch.permute(input=X, dims=(1, 0)).shape == (3, 2)
    assert X.expand(size=(4, -1, -1)).shape == (4, 2, 3)
    assert torch.swapaxes(X, axis0=0, axis1=1).shape == X.swapaxes(axis0=0, axis1=1).shape == (3, 2)
    assert [part.shape for part in X.split(split_size=2, dim=1)] == [(2, 2), (2, 1)]


def test_bounds_of_random_integers_by_name():
    for draw in (torch.randint(3, size=(50,)), torch.randint(high=3, size=(50,)), torch.randint(0, high=3, size=(50,))):
        assert set(draw.tolist()) == {0, 1, 2}


def test_where_alone_is_where_it_holds():
    assert [part.tolist() for part in torch.where(X > 3)] == [[1, 1], [1, 2]]


def test_input_of_determinants_by_name():
    assert torch.det(input=torch.eye(2)) == 1
    assert torch.equal(torch.inverse(input=torch.eye(2)), torch.eye(2))


def test_a_state_dict_without_versions_need_not_count_batches():
    state = {k: v for k, v in torch.nn.BatchNorm1d(3).state_dict().items() if k != "num_batches_tracked"}
    assert repr(torch.nn.BatchNorm1d(3).load_state_dict(state)) == "<All keys matched successfully>"
    del state["weight"]
    found = torch.nn.BatchNorm1d(3).load_state_dict(state, strict=False)
    assert repr(found) == "_IncompatibleKeys(missing_keys=['weight'], unexpected_keys=[])"
