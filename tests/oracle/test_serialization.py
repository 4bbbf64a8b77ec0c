"""What minitorch writes PyTorch reads, and the other way round; both refuse the same."""

import collections
import io

import numpy as np
import pytest
import torch

import minitorch as mini
from minitorch.serialization import CheckpointError

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64", "complex128"]


def same(ours, theirs):
    """Equal values of equal kinds, tensors compared by dtype, shape, strides, offset and elements."""
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, mini.nn.Parameter) == isinstance(theirs, torch.nn.Parameter)
        assert str(ours.dtype) == str(theirs.dtype)
        assert ours.requires_grad == theirs.requires_grad
        assert tuple(ours.shape) == tuple(theirs.shape)
        if theirs.numel():
            assert ours.stride() == theirs.stride()
            assert ours.storage_offset() == theirs.storage_offset()
            assert ours.untyped_storage().nbytes() == theirs.untyped_storage().nbytes()
        np.testing.assert_array_equal(ours.detach().numpy(), theirs.detach().numpy())
    elif isinstance(theirs, dict):
        assert type(ours) is type(theirs)
        assert list(ours) == list(theirs)
        for key in theirs:
            same(ours[key], theirs[key])
    elif isinstance(theirs, list | tuple) and not isinstance(theirs, torch.Size):
        assert type(ours) is type(theirs)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    else:
        assert repr(ours) == repr(theirs)


def content(t):
    """The same checkpoint, made with either library."""
    base = t.arange(12.0).reshape(3, 4)
    noted = t.ones(2)
    noted.note = "mine"
    parameter = t.nn.Parameter(t.ones(2))
    parameter.tag = 3
    return {
        "dtypes": [t.tensor([0, 1], dtype=getattr(t, name)) for name in DTYPES],
        "views": [base, base[1], base.t(), base[:, ::2], t.ones(1).expand(3)],
        "empty": [t.empty(0), t.empty(2, 0), t.tensor(1.0)],
        "parameters": [t.nn.Parameter(t.zeros(3)), parameter, t.nn.Parameter(t.arange(2), requires_grad=False)],
        "noted": noted,
        "recorded": t.ones(2, requires_grad=True) * 2,
        "plain": [None, True, -1, 2**80, 1.5, 2j, "täxt", b"\x00\xff", bytearray(b"ab"), {1}, (1, (2,)), ()],
        "named": [
            t.float32,
            t.bool,
            t.Size([2, 3]),
            t.device("cpu"),
            collections.OrderedDict(a=1),
            collections.Counter("aab"),
        ],
        3: {},
    }


def test_ours_read_by_pytorch():
    file = io.BytesIO()
    mini.save(content(mini), file)
    file.seek(0)
    loaded = torch.load(file, weights_only=True)
    same(content(mini), loaded)
    loaded["views"][0].zero_()
    assert not loaded["views"][2].any()
    assert loaded["noted"].note == "mine"


@pytest.mark.parametrize("zipped", [True, False])
def test_pytorch_read_by_us(zipped, tmp_path):
    torch.save(content(torch), tmp_path / "a.pt", _use_new_zipfile_serialization=zipped)
    for options in ({}, {"weights_only": False}, *([{"mmap": True}] if zipped else [])):
        loaded = mini.load(tmp_path / "a.pt", **options)
        same(loaded, content(torch))
        loaded["views"][0].zero_()
        assert not loaded["views"][2].any()
        assert loaded["noted"].note == "mine"


def test_ours_mapped_by_pytorch(tmp_path):
    mini.save(content(mini), tmp_path / "a.pt")
    same(content(mini), torch.load(tmp_path / "a.pt", mmap=True))


def layers(t):
    return t.nn.Sequential(
        t.nn.Linear(2, 3),
        t.nn.BatchNorm1d(3),
        t.nn.Tanh(),
        t.nn.Dropout(0.5),
        t.nn.LayerNorm(3),
        t.nn.Linear(3, 1, bias=False),
    )


OPTIMIZERS = [("SGD", {"lr": 0.1, "momentum": 0.9}), ("Adam", {"lr": 0.1, "amsgrad": True}), ("AdamW", {"lr": 0.1})]


@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_state_dicts_of_modules_and_optimizers(name, options):
    """A training is taken from one library to the other and back, and goes the same way."""

    def train(t, model, optimizer):
        model.eval()
        for i in range(3):
            optimizer.zero_grad()
            model(t.arange(8.0).reshape(4, 2) + i).square().mean().backward()
            optimizer.step()

    def state(model, optimizer):
        return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}

    def carried(a, b, value):
        file = io.BytesIO()
        a.save(value, file)
        file.seek(0)
        return b.load(file)

    models = [layers(t) for t in (torch, mini)]
    optimizers = [getattr(t.optim, name)(m.parameters(), **options) for t, m in zip((torch, mini), models, strict=True)]
    train(torch, models[0], optimizers[0])
    start = carried(torch, mini, state(models[0], optimizers[0]))
    models[1].load_state_dict(start["model"])
    optimizers[1].load_state_dict(start["optimizer"])
    assert start["model"]._metadata == models[0].state_dict()._metadata
    for t, model, optimizer in zip((torch, mini), models, optimizers, strict=True):
        train(t, model, optimizer)
    end = carried(mini, torch, state(models[1], optimizers[1]))
    fresh = layers(torch)
    fresh.load_state_dict(end["model"])
    getattr(torch.optim, name)(fresh.parameters(), **options).load_state_dict(end["optimizer"])
    for key, value in models[0].state_dict().items():
        torch.testing.assert_close(end["model"][key], value)


def test_schedulers():
    schedulers = getattr(mini.optim, "lr_scheduler", None)
    if schedulers is None:
        pytest.skip("minitorch has no schedulers yet")
    made = []
    for t in (torch, mini):
        optimizer = t.optim.SGD(t.nn.Linear(1, 1).parameters(), lr=0.1)
        made.append(t.optim.lr_scheduler.StepLR(optimizer, 2))
    file = io.BytesIO()
    mini.save(made[1].state_dict(), file)
    file.seek(0)
    made[0].load_state_dict(torch.load(file))
    file = io.BytesIO()
    torch.save(made[0].state_dict(), file)
    file.seek(0)
    made[1].load_state_dict(mini.load(file))


def test_whole_modules():
    model = layers(torch).eval()
    file = io.BytesIO()
    torch.save(model, file)
    ours = mini.load(io.BytesIO(file.getvalue()), weights_only=False)
    x = np.ones((2, 2), np.float32)
    np.testing.assert_allclose(
        ours(mini.tensor(x)).detach().numpy(), model(torch.tensor(x)).detach().numpy(), rtol=1e-5
    )
    file = io.BytesIO()
    mini.save(ours, file)
    file.seek(0)
    again = torch.load(file, weights_only=False)
    torch.testing.assert_close(again(torch.tensor(x)), model(torch.tensor(x)))
    assert repr(again) == repr(model)


@pytest.mark.parametrize("name", ["float16", "bfloat16", "uint16", "float8_e4m3fn", "complex32"])
def test_dtypes_that_we_may_not_have(name):
    with pytest.warns() if name == "complex32" else _no_warning():
        x = torch.zeros(2, dtype=getattr(torch, name))
    file = io.BytesIO()
    torch.save(x, file)
    file.seek(0)
    if name in [d.name for d in mini.dtype.by_numpy.values()]:
        assert str(mini.load(file).dtype) == f"torch.{name}"
    else:
        with pytest.raises(CheckpointError, match=rf"torch\.{name}, which minitorch does not have"):
            mini.load(file)


class _no_warning:
    def __enter__(self):
        return None

    def __exit__(self, *error):
        return None


class Foreign:
    """No class that a checkpoint may name."""


@pytest.mark.parametrize(
    "value",
    [
        Foreign(),
        print,
        np.float32(1),
        np.zeros(2),
        torch.zeros(2).to_sparse(),
        torch.ones(1, dtype=torch.complex64).conj(),
    ],
)
def test_refused(value):
    file = io.BytesIO()
    torch.save([value], file)
    file.seek(0)
    with pytest.raises(CheckpointError):
        mini.load(file)


def test_the_places_of_layers():
    """Every layer stands where PyTorch has it."""
    for place, kind in mini.nn.modules.classes():
        assert getattr(torch.nn, kind.__name__).__module__ == place
    missing = [
        name
        for name in mini.nn.__all__
        if isinstance(getattr(torch.nn, name, None), type)
        and getattr(torch.nn, name).__module__.startswith("torch.nn.modules.")
        and not hasattr(getattr(mini.nn.modules, getattr(torch.nn, name).__module__.rpartition(".")[2], None), name)
    ]
    assert not missing
