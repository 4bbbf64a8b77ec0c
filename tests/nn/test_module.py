"""Modules: names, walks, states, hooks, errors that say where."""

import copy
import pickle
import timeit
from collections import OrderedDict
from typing import Any

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.nn.module import hidden_modules


class Scale(nn.Module):
    """x times a parameter, counted in a buffer."""

    def __init__(self, n: int = 2) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.arange(1.0, n + 1))
        self.register_buffer("calls", torch.zeros(1))
        self.register_buffer("scratch", torch.ones(n), persistent=False)

    def forward(self, x: Any) -> Any:
        return x * self.weight


class Net(nn.Module):
    """Two layers, one of them twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Scale()
        self.second = nn.Sequential(Scale(), self.first)

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x))


# ---------------------------------------------------------------- attributes


def test_attributes_are_registered() -> None:
    m = nn.Module()
    m.p, m.child, m.b, m.plain = nn.Parameter(torch.ones(1)), Scale(), nn.Buffer(torch.ones(1), persistent=False), [1]
    assert [list(m._parameters), list(m._modules), list(m._buffers)] == [["p"], ["child"], ["b"]]
    assert m._non_persistent_buffers_set == {"b"}
    assert "plain" in m.__dict__
    assert {"p", "child", "b", "plain"} <= set(dir(m))
    assert "p" not in m.__dict__


def test_a_name_is_registered_once() -> None:
    m = nn.Module()
    m.x = 3
    m.x = nn.Parameter(torch.ones(1))
    with pytest.raises(TypeError, match="as parameter 'x'"):
        m.x = Scale()
    del m.x
    m.x = Scale()
    m.x = nn.Buffer(torch.ones(1))
    assert not m._modules
    m.x = None
    assert m.x is None
    assert list(m._buffers) == ["x"]
    del m.x
    assert not hasattr(m, "x")


def test_deleting() -> None:
    m = Scale()
    del m.weight, m.calls, m.scratch
    assert not m.state_dict()
    assert not m._non_persistent_buffers_set
    with pytest.raises(AttributeError):
        del m.weight


def test_missing_attribute_names_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"^'Scale' object has no attribute 'wieght'\. Did you mean 'weight'\?$"):
        Scale().wieght  # noqa: B018
    with pytest.raises(AttributeError, match=r"no attribute 'q12345'$"):
        Scale().q12345  # noqa: B018


def test_without_init() -> None:
    class Forgot(nn.Module):
        def __init__(self) -> None:
            pass

    m = Forgot()
    m.number = 3
    with pytest.raises(AttributeError, match=r"cannot assign parameters before Module.__init__"):
        m.weight = nn.Parameter(torch.ones(1))
    with pytest.raises(AttributeError, match=r"super\(\).__init__\(\)"):
        m(1)


def test_superfluous_arguments() -> None:
    class Child(nn.Module):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)

    with pytest.raises(TypeError, match="unexpected keyword argument 'width'"):
        Child(width=3)


# ---------------------------------------------------------------- walks and changes


def test_walks_see_shared_ones_once() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == ["first.weight", "second.0.weight"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 3
    assert [name for name, _ in net.named_modules()] == ["", "first", "second", "second.0"]
    assert [name for name, _ in net.named_buffers()][:2] == ["first.calls", "first.scratch"]
    assert len(list(net.parameters(recurse=False))) == 0


def test_set_submodule() -> None:
    net = Net()
    net.set_submodule("second.0", nn.Identity())
    assert isinstance(net.second[0], nn.Identity)
    with pytest.raises(AttributeError, match="no attribute `third`"):
        net.set_submodule("third", nn.Identity(), strict=True)
    with pytest.raises(ValueError, match="target name"):
        net.set_submodule("", nn.Identity())
    with pytest.raises(ValueError, match=r"not an nn.Module"):
        net.set_submodule("first", 3)  # type: ignore[arg-type]


def test_train_and_eval() -> None:
    net = Net()
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())


def test_casts_keep_the_parameters() -> None:
    net = Net()
    before = list(net.parameters())
    net(torch.ones(2)).sum().backward()
    assert net.double() is net
    assert all(a is b for a, b in zip(before, net.parameters(), strict=True))
    assert {x.dtype for x in (*net.parameters(), *net.buffers(), before[0].grad)} == {torch.float64}
    net.to(torch.float32)
    assert {x.dtype for x in (*net.parameters(), *net.buffers())} == {torch.float32}
    net.to(torch.zeros(1, dtype=torch.float64)).float().to("cpu", torch.float64).type(torch.float32)
    assert before[0].dtype == torch.float32
    assert net(torch.ones(2)).requires_grad


def test_integer_buffers_are_not_cast() -> None:
    m = nn.Module()
    m.register_buffer("count", torch.tensor(3))
    assert m.double().count.dtype == torch.int64


def test_devices_that_are_not_there() -> None:
    for move in (
        lambda m: m.cuda(),
        lambda m: m.cuda(0),
        lambda m: m.to("cuda"),
    ):
        with pytest.raises((RuntimeError, TypeError, AssertionError)):
            move(Net())
    net = Net()
    assert net.cpu() is net.share_memory() is net.to("cpu") is net
    assert net.compile() is None  # type: ignore[func-returns-value]


def test_requires_grad_and_zero_grad() -> None:
    net = Net()
    net(torch.ones(2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert [p.grad.tolist() for p in net.parameters()] == [[0, 0], [0, 0]]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())


def test_apply_visits_children_first() -> None:
    seen: list[str] = []
    Net().apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Scale", "Scale", "Scale", "Sequential", "Net"]


# ---------------------------------------------------------------- copies


def test_deepcopy() -> None:
    net = Net()
    copied = copy.deepcopy(net)
    assert copied.first is copied.second[1]
    copied.first.weight.data.zero_()
    assert net.first.weight.tolist() == [1, 2]
    assert isinstance(copied.first.weight, nn.Parameter)


def test_pickle() -> None:
    net = Net()
    again = pickle.loads(pickle.dumps(net))
    assert again.first is again.second[1]
    assert again(torch.ones(2)).tolist() == net(torch.ones(2)).tolist()


def test_old_pickles_get_what_they_lack() -> None:
    m = Scale()
    state = {k: v for k, v in m.__dict__.items() if k in ("training", "_parameters", "_buffers", "_modules")}
    old = Scale.__new__(Scale)
    old.__setstate__(state)
    assert old(torch.ones(2)).tolist() == [1, 2]
    assert list(old.state_dict()) == ["weight", "calls", "scratch"]


def test_parameter_shares_memory() -> None:
    data = torch.ones(2)
    p = nn.Parameter(data)
    data[0] = 5
    assert p.tolist() == [5, 1]
    assert type(p * 2) is torch.Tensor
    assert type(p.detach()) is torch.Tensor
    assert isinstance(pickle.loads(pickle.dumps(p)), nn.Parameter)
    with pytest.raises(TypeError, match="must be a Tensor, not list"):
        nn.Parameter([1.0])


def test_buffer_is_a_marked_tensor() -> None:
    b = nn.Buffer(torch.ones(2))
    assert type(b) is torch.Tensor
    assert isinstance(b, nn.Buffer)
    assert not isinstance(torch.ones(2), nn.Buffer)


# ---------------------------------------------------------------- states


def test_state_shares_memory() -> None:
    m = Scale()
    state = m.state_dict()
    assert list(state) == ["weight", "calls"]
    assert not state["weight"].requires_grad
    state["weight"].zero_()
    assert m.weight.tolist() == [0, 0]
    assert m.state_dict(keep_vars=True)["weight"] is m.weight
    with pytest.warns(FutureWarning, match="Positional args"):
        assert list(m.state_dict(OrderedDict(), "p.")) == ["p.weight", "p.calls"]


def test_loading_changes_all_or_nothing() -> None:
    net, before = Net(), copy.deepcopy(Net().state_dict())
    state = {k: v + 1 for k, v in before.items()}
    state["second.0.calls"] = torch.zeros(3)
    for strict in (True, False):
        with pytest.raises(RuntimeError, match=r"size mismatch for second.0.calls"):
            net.load_state_dict(state, strict=strict)
    del state["second.0.calls"]
    with pytest.raises(RuntimeError, match="Missing key"):
        net.load_state_dict(state)
    for key, value in net.state_dict().items():
        assert value.tolist() == before[key].tolist()
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["second.0.calls"]
    assert net.first.weight.tolist() == [2, 3]


def test_loading_casts_and_keeps_grad() -> None:
    m = Scale()
    m.load_state_dict({"weight": torch.tensor([5, 6]), "calls": torch.ones(1)})
    assert m.weight.dtype == torch.float32
    assert m.weight.requires_grad
    assert m.weight.is_leaf


def test_one_element_for_a_scalar() -> None:
    m = nn.Module()
    m.p = nn.Parameter(torch.tensor(1.0))
    m.load_state_dict({"p": torch.tensor([4.0])})
    assert m.p.item() == 4


def test_extra_state() -> None:
    class Counter(nn.Module):
        count = 0

        def get_extra_state(self) -> Any:
            return self.count

        def set_extra_state(self, state: Any) -> None:
            self.count = state

    net = nn.Sequential(Counter(), Scale())
    net[0].count = 7
    state = net.state_dict()
    assert state["0._extra_state"] == 7
    net[0].count = 0
    net.load_state_dict(state)
    assert net[0].count == 7
    del state["0._extra_state"]
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0._extra_state"'):
        net.load_state_dict(state)


def test_a_module_that_renames_its_keys() -> None:
    class Renamed(Scale):
        _version = 2

        def _load_from_state_dict(self, state: Any, prefix: str, meta: Any, *rest: Any) -> None:
            if meta.get("version", 1) < 2:
                state[prefix + "weight"] = state.pop(prefix + "gain")
            super()._load_from_state_dict(state, prefix, meta, *rest)

    net = nn.Sequential(Renamed())
    old = {"0.gain": torch.tensor([8.0, 9.0]), "0.calls": torch.ones(1)}
    net.load_state_dict(old)
    assert net[0].weight.tolist() == [8, 9]
    assert "0.gain" in old
    net.load_state_dict(net.state_dict())


def test_loading_one_module_by_hand() -> None:
    m = Scale()
    lists: tuple[list[str], ...] = ([], [], [])
    m._load_from_state_dict({"weight": torch.zeros(2)}, "", {}, True, *lists)
    assert lists == (["calls"], [], [])
    assert m.weight.tolist() == [0, 0]


# ---------------------------------------------------------------- hooks and calls


def test_hooks_change_arguments_and_result() -> None:
    m = Scale()
    first = m.register_forward_pre_hook(lambda m, args: (args[0] * 10,))
    with first, m.register_forward_hook(lambda m, args, out: out + args[0]):
        assert m(torch.ones(2)).tolist() == [20, 30]
    assert m(torch.ones(2)).tolist() == [1, 2]


def test_hook_with_kwargs() -> None:
    m = Scale()
    m.register_forward_pre_hook(lambda m, args, kwargs: ((kwargs["x"] * 2,), {}), with_kwargs=True)
    assert m(x=torch.ones(2)).tolist() == [2, 4]
    m.register_forward_pre_hook(lambda m, args, kwargs: 3, with_kwargs=True)
    with pytest.raises(RuntimeError, match="must return None or a tuple"):
        m(x=torch.ones(2))


def test_always_called_hook_may_fail_too() -> None:
    m = Scale()
    m.register_forward_hook(lambda *seen: 1 / 0, always_call=True)
    with pytest.warns(UserWarning, match="silenced"), pytest.raises(RuntimeError):
        m(torch.ones(3))


def test_backward_hook_must_fit() -> None:
    m = Scale()
    m.register_full_backward_hook(lambda m, gi, go: (1, 2))
    y = m(torch.ones(2, requires_grad=True))
    with pytest.raises(RuntimeError, match="invalid number of grad_input"):
        y.sum().backward()


def test_backward_hook_of_two_results() -> None:
    class Two(nn.Module):
        def forward(self, x: Any, flag: bool) -> Any:
            return x * 2, None, x * 3

    m, seen = Two(), []
    m.register_full_backward_hook(lambda m, gi, go: seen.append((gi, go)))
    x = torch.ones(1, requires_grad=True)
    m(x, True)[2].backward(torch.ones(1))
    ((gi, go),) = seen
    assert gi[1] is None
    assert gi[0].tolist() == [3]
    assert go[0] is go[1] is None


def test_backward_hook_without_gradients() -> None:
    m = Scale()
    m.register_full_backward_hook(lambda m, gi, go: None)
    with torch.no_grad():
        assert not m(torch.ones(2)).requires_grad


def test_older_backward_hooks_of_all_modules() -> None:
    m, seen = nn.Sigmoid(), []
    hooks = nn.modules.module
    with hooks.register_module_backward_hook(lambda m, gi, go: seen.append((m, len(gi), len(go)))):
        with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
            hooks.register_module_full_backward_hook(lambda m, gi, go: None)
        with pytest.warns(FutureWarning, match="multiple autograd Nodes"):
            y = m(torch.ones(2, requires_grad=True))
        y.sum().backward()
    assert seen == [(m, 1, 1)]


def test_older_backward_hook_must_fit() -> None:
    m = nn.Sigmoid()

    def short(module: Any, gi: Any, go: Any) -> Any:
        return gi[:-1]

    m.register_backward_hook(short)
    with pytest.warns(FutureWarning):
        y = m(torch.ones(2, requires_grad=True))
    with pytest.raises(RuntimeError, match=r"hook 'short' has returned .* \(got 0, but expected 1\)"):
        y.sum().backward()


def test_registration_hooks() -> None:
    names: list[str] = []
    hooks = nn.hooks
    with (
        hooks.register_module_parameter_registration_hook(lambda m, name, p: names.append(name)),
        hooks.register_module_buffer_registration_hook(lambda m, name, p: names.append(name)),
        hooks.register_module_module_registration_hook(lambda m, name, p: names.append(name)),
    ):
        nn.Sequential(Scale())
    Scale()
    assert names == ["weight", "calls", "scratch", "0"]


def test_errors_say_where() -> None:
    net = Net()
    with pytest.raises(RuntimeError) as caught:
        net(torch.ones(3))
    assert caught.value.__notes__ == ["in first (Scale) of Net"]
    with pytest.raises(RuntimeError) as caught:
        nn.Sequential(OrderedDict(body=nn.Sequential(nn.Identity(), Scale())))(torch.ones(3))
    assert caught.value.__notes__ == ["in body.1 (Scale) of Sequential"]
    with pytest.raises(RuntimeError) as caught:
        Scale()(torch.ones(3))
    assert caught.value.__notes__ == ["in Scale"]


def test_other_notes_stay() -> None:
    class Noted(nn.Module):
        def forward(self, x: Any) -> Any:
            error = ValueError("bad")
            error.add_note("mine")
            raise error

    with pytest.raises(ValueError, match="bad") as caught:
        nn.Sequential(nn.Sequential(Noted()))(1)
    assert caught.value.__notes__ == ["mine", "in 0.0 (Noted) of Sequential"]


def test_a_call_costs_little() -> None:
    m = nn.Identity()
    forward = m.forward
    added = min(timeit.repeat(lambda: m(1), number=2000)) - min(timeit.repeat(lambda: forward(1), number=2000))
    assert added / 2000 < 2e-6  # a quarter of that on a machine at rest


def test_hidden_modules() -> None:
    net = Net()
    net.listed = [nn.Identity(), Scale()]
    net.known = [net.first, net.first.weight]
    net.second.deep = {"a": (1, [nn.Parameter(torch.ones(1))])}
    assert hidden_modules(net) == ["listed", "second.deep"]


# ---------------------------------------------------------------- printed


def test_repr() -> None:
    class Deep(nn.Module):
        def extra_repr(self) -> str:
            return "one\ntwo"

    assert repr(nn.Module()) == "Module()"
    assert repr(Net()).split("\n")[:3] == ["Net(", "  (first): Scale()", "  (second): Sequential("]
    m = Deep()
    assert repr(m) == "Deep(\n  one\n  two\n)"
    m.child = Deep()
    assert repr(m) == "Deep(\n  one\n  two\n  (child): Deep(\n    one\n    two\n  )\n)"


def test_repr_of_parameter() -> None:
    assert repr(nn.Parameter(torch.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"


def test_the_line_of_the_user_stays_in_the_traceback():
    class Distance(nn.Module):
        def forward(self, x):
            return torch.cdist(x, None)

    with pytest.raises(TypeError, match="must be Tensor, not NoneType") as caught:
        Distance()(torch.ones(2, 2))
    assert "forward" in [entry.name for entry in caught.traceback]
