"""Containers: the manners of lists and dictionaries, and what `parameters()` finds in them."""

from collections import OrderedDict
from typing import Any

import pytest

import minitorch as torch
from minitorch import nn


def kinds(modules: Any) -> str:
    """The classes of modules in a word: their initials."""
    return "".join([type(m).__name__[0] for m in modules])


def named(modules: Any) -> list[str]:
    return [name for name, _ in modules.named_children()]


# ---------------------------------------------------------------- Sequential


def test_sequential_runs_in_order() -> None:
    net = nn.Sequential(nn.ReLU(), nn.Linear(2, 3), nn.Tanh())
    assert net(torch.ones(4, 2)).shape == (4, 3)
    assert nn.Sequential()(5) == 5


def test_sequential_items() -> None:
    net = nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh(), c=nn.Sigmoid()))
    assert isinstance(net[-1], nn.Sigmoid)
    assert net.b is net[1]
    assert named(net[1:]) == ["b", "c"]
    net[0] = nn.Identity()
    assert isinstance(net.a, nn.Identity)
    del net[1]
    assert kinds(net) == "IS"
    with pytest.raises(IndexError, match="index 2 is out of range"):
        net[2]
    with pytest.raises(TypeError):
        net["a"]


def test_sequential_grows() -> None:
    net = nn.Sequential(nn.ReLU()).append(nn.Tanh()).extend([nn.Sigmoid()])
    net.insert(0, nn.Identity()).insert(4, nn.Linear(1, 1)).insert(-1, nn.GELU())
    assert kinds(net) == "IRTSGL"
    assert named(net) == [*"012345"]
    assert kinds([net.pop(0), net.pop(-1)]) == "IL"
    assert kinds(net) == "RTSG"
    del net[1:3]
    assert kinds(net) == "RG"
    with pytest.raises(IndexError):
        net.insert(3, nn.ReLU())
    with pytest.raises(TypeError, match="int is not a Module subclass"):
        net.append(3)


def test_sequential_arithmetic() -> None:
    net = nn.Sequential(nn.ReLU()) + nn.Sequential(nn.Tanh())
    assert kinds(net) == "RT"
    assert kinds(net * 2) == kinds(2 * net) == "RTRT"
    net += nn.Sequential(nn.Sigmoid())
    net *= 2
    assert kinds(net) == "RTSRTS"
    for wrong in (lambda: net.__add__([nn.ReLU()]), lambda: net * 0):
        with pytest.raises(ValueError, match=r"operator supports only|Non-positive"):
            wrong()
    with pytest.raises(TypeError, match="unsupported operand"):
        net * "a"


# ---------------------------------------------------------------- ModuleList, ModuleDict


def test_module_list() -> None:
    layers = nn.ModuleList([nn.ReLU(), nn.Linear(2, 2)])
    layers += [nn.Tanh()]
    layers.insert(1, nn.Sigmoid())
    layers.append(nn.Identity())
    assert kinds(layers) == "RSLTI"
    assert kinds(layers[1:3]) == "SL"
    assert kinds(layers.__add__([nn.GELU()])) == "RSLTIG"
    assert isinstance(layers[:2], nn.ModuleList)
    assert kinds([layers.pop(-2)]) == "T"
    del layers[0]
    layers[0] = nn.GELU()
    assert kinds(layers) == "GLI"
    assert len(list(layers.parameters())) == 2
    assert named(layers) == [*"012"]
    with pytest.raises(NotImplementedError, match="ModuleList"):
        layers(1)
    with pytest.raises(TypeError, match="iterable"):
        layers.extend(3)


def test_module_list_repr() -> None:
    layers = nn.ModuleList([nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU()), nn.Tanh()])
    assert repr(layers) == "ModuleList(\n  (0-1): 2 x Sequential(\n    (0): ReLU()\n  )\n  (2): Tanh()\n)"
    assert repr(nn.ModuleList()) == "ModuleList()"


def test_module_dict() -> None:
    acts = nn.ModuleDict([("a", nn.ReLU())])
    acts.update({"b": nn.Linear(1, 1)})
    acts["c"] = nn.Tanh()
    assert list(acts) == list(acts.keys()) == ["a", "b", "c"]
    assert kinds(acts.values()) == kinds(m for _, m in acts.items()) == "RLT"
    assert "a" in acts
    assert kinds([acts.pop("a")]) == "R"
    del acts["c"]
    assert len(acts) == 1
    assert len(list(acts.parameters())) == 2
    acts.clear()
    assert not len(acts)
    for wrong in (3, [3]):
        with pytest.raises(TypeError):
            acts.update(wrong)
    with pytest.raises(ValueError, match="length 3; 2 is required"):
        acts.update([(1, 2, 3)])
    with pytest.raises(KeyError, match="already exists"):
        acts["keys"] = nn.ReLU()


# ---------------------------------------------------------------- parameters


def test_parameter_list() -> None:
    params = nn.ParameterList([torch.ones(2), nn.Parameter(torch.zeros(1))])
    params += [torch.ones(3, 1)]
    params.append("text")
    assert [isinstance(p, nn.Parameter) for p in params] == [True, True, True, False]
    assert params[-1] == "text"
    assert len(params[1:]) == 3
    params[0] = torch.zeros(5)
    assert list(params.state_dict()) == ["0", "1", "2"]
    assert repr(params).split("\n")[1:3] == [
        "    (0): Parameter containing: [torch.float32 of size 5]",
        "    (1): Parameter containing: [torch.float32 of size 1]",
    ]
    with pytest.raises(IndexError):
        params[9]
    with pytest.raises(RuntimeError, match="should not be called"):
        params(1)
    with pytest.raises(TypeError):
        params.extend(torch.ones(2))


def test_parameter_dict() -> None:
    params = nn.ParameterDict({"b": torch.ones(2)})
    params["a"] = torch.zeros(1)
    params["n"] = 4
    assert list(params) == [*"ban"]
    assert list(reversed(params)) == [*"nab"]
    assert params.pop("n") == 4
    assert params.get("n", 1) == 1
    assert isinstance(params.setdefault("c", torch.ones(1)), nn.Parameter)
    assert params.popitem()[0] == "c"
    assert [k for k, _ in params.items()] == ["b", "a"]
    assert all(isinstance(v, nn.Parameter) for v in params.values())
    assert list(params.state_dict()) == ["b", "a"]
    assert params.copy()["a"] is params["a"]
    assert list(params.fromkeys(["x", "y"], 1)) == ["x", "y"]
    assert list(params | nn.ParameterDict({"z": 1})) == ["b", "a", "z"]
    assert list({"z": 1} | params) == ["z", "b", "a"]
    params |= {"q": 2}
    assert "q" in params
    params.clear()
    assert not len(params)
    with pytest.raises(TypeError, match="not a string"):
        params[3]
    with pytest.raises(RuntimeError, match="should not be called"):
        params(1)
