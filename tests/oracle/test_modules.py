"""Modules, containers and initialisers: the same program run with PyTorch and with minitorch."""

import re
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

Program = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """A result in a form that compares: tensors as lists, classes of either library by name."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        return [str(value.dtype), value.requires_grad, np.round(value.detach().double().numpy(), 4).tolist()]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value if isinstance(value, (int, float, str, type(None))) else repr(value)


def outcome(program: Program, library: Any) -> Any:
    """What a program returns, or the error that it raises."""
    library.manual_seed(0)
    try:
        return plain(program(library))
    except Exception as error:
        kind = next(k for k in type(error).__mro__ if k.__module__ == "builtins")
        return (kind.__name__, re.sub(r"'?(torch|minitorch)[\w.]*\.(\w+)", r"\2", str(error)))


def make_net(library: Any) -> Any:
    """Layers, buffers, containers, shared parameters."""
    nn = library.nn

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, n: int) -> None:
            super().__init__()
            self.linear = nn.Linear(n, n)
            self.register_buffer("seen", library.zeros(1))
            self.register_buffer("scratch", library.ones(2), persistent=False)
            self.register_parameter("nothing", None)

        def forward(self, x: Any) -> Any:
            return self.linear(x).tanh()

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.encoder = nn.Sequential(OrderedDict([("first", Block(3)), ("act", nn.ReLU())]))
            self.blocks = nn.ModuleList([Block(3), Block(3)])
            self.extra = nn.ParameterList([library.ones(2)])
            self.table = nn.ParameterDict({"u": library.ones(1)})
            self.named = nn.ModuleDict({"z": nn.Linear(3, 1, bias=False)})
            self.scale = nn.Parameter(library.tensor(2.0))
            self.tied = self.blocks[0].linear

        def forward(self, x: Any) -> Any:
            x = self.encoder(x)
            for block in self.blocks:
                x = block(x)
            return self.named["z"](x) * self.scale

        def extra_repr(self) -> str:
            return "tied=True"

    net = Net()
    for param in net.parameters():
        param.data.copy_(library.arange(param.numel()).view(param.shape) % 7 / 8 - 0.25)
    return net


PROGRAMS: dict[str, Program] = {
    "repr": lambda t: repr(make_net(t)),
    "state_dict": lambda t: make_net(t).state_dict(),
    "metadata": lambda t: make_net(t).state_dict(prefix="p.")._metadata,
    "keep_vars": lambda t: make_net(t).state_dict(keep_vars=True),
    "parameters": lambda t: list(make_net(t).named_parameters()),
    "parameters, all": lambda t: list(make_net(t).named_parameters("net", remove_duplicate=False)),
    "parameters, own": lambda t: list(make_net(t).named_parameters(recurse=False)),
    "buffers": lambda t: list(make_net(t).named_buffers()),
    "modules": lambda t: list(make_net(t).named_modules()),
    "modules, all": lambda t: list(make_net(t).named_modules(remove_duplicate=False)),
    "children": lambda t: [name for name, _ in make_net(t).named_children()],
    "forward": lambda t: make_net(t)(t.ones(2, 3)),
    "double": lambda t: make_net(t).double().state_dict(),
    "eval": lambda t: [m.training for m in make_net(t).eval().modules()],
    "dir": lambda t: [n for n in dir(make_net(t)) if n in ("scale", "blocks", "tied", "forward", "0")],
    "get_submodule": lambda t: make_net(t).get_submodule("blocks.1.linear"),
    "get_parameter": lambda t: make_net(t).get_parameter("blocks.1.linear.bias"),
    "get_buffer": lambda t: make_net(t).get_buffer("encoder.first.seen"),
    "get_submodule, none": lambda t: make_net(t).get_submodule("blocks.7.linear"),
    "get_submodule, tensor": lambda t: make_net(t).get_submodule("scale"),
    "get_parameter, none": lambda t: make_net(t).get_parameter("blocks.1.linear.bia"),
    "get_parameter, module": lambda t: make_net(t).get_parameter("blocks"),
    "get_buffer, parameter": lambda t: make_net(t).get_buffer("scale"),
    "to int": lambda t: make_net(t).to(t.int64),
    "train 1": lambda t: make_net(t).train(1),
    "no forward": lambda t: t.nn.Module()(1),
    "assign number": lambda t: setattr(make_net(t), "scale", 3),
    "assign tensor": lambda t: setattr(make_net(t), "scale", t.ones(1)),
    "assign to module": lambda t: setattr(make_net(t), "blocks", 3),
    "assign to buffer": lambda t: setattr(make_net(t).blocks[0], "seen", 3),
    "register number": lambda t: make_net(t).register_parameter("new", 3),
    "register non-leaf": lambda t: make_net(t).register_parameter("new", make_net(t).scale * 2),
    "register dotted": lambda t: make_net(t).register_parameter("a.b", None),
    "register empty": lambda t: make_net(t).register_buffer("", None),
    "register taken": lambda t: make_net(t).register_buffer("forward", None),
    "register int": lambda t: make_net(t).register_buffer(3, None),
    "buffer number": lambda t: make_net(t).register_buffer("new", 3),
    "add number": lambda t: make_net(t).add_module("new", 3),
    "add dotted": lambda t: make_net(t).add_module("a.b", None),
    "load list": lambda t: make_net(t).load_state_dict([1]),
    "extra state": lambda t: t.nn.Module().load_state_dict({"_extra_state": 1}),
    "parameter of ints": lambda t: t.nn.Parameter(t.ones(2, dtype=t.int64)),
    "parameter": lambda t: [t.nn.Parameter(), t.nn.Parameter(t.ones(2), requires_grad=False)],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    ours, theirs = (outcome(PROGRAMS[name], library) for library in (minitorch, torch))
    if isinstance(ours, tuple):
        assert ours[0] == theirs[0]
        first = theirs[1].split(". ")[0][:40]
        assert ours[1].startswith(first), f"{ours[1]}\n{theirs[1]}"
    else:
        assert ours == theirs


def before_init(library: Any) -> list[Any]:
    """Modules whose __init__ forgets super().__init__()."""
    nn = library.nn
    found = []
    for value in (nn.Parameter(library.ones(1)), nn.ReLU(), nn.Buffer(library.ones(1))):
        module = type("Bad", (nn.Module,), {"__init__": lambda self: None})()
        found.append(outcome(lambda _, m=module, v=value: setattr(m, "x", v), library))  # type: ignore[misc]
    return found


def test_before_init() -> None:
    assert before_init(minitorch) == before_init(torch)


# ---------------------------------------------------------------- loading


def broken(library: Any) -> Any:
    """A state dict with every kind of fault."""
    state = make_net(library).state_dict()
    del state["encoder.first.seen"], state["scale"]
    state["unknown"] = state["blocks.0.unknown.deep"] = library.ones(1)
    state["blocks.1.linear.weight"] = library.ones(5, 3)
    state["named.z.weight"] = "no tensor"
    return state


def error_of_loading(library: Any, strict: bool) -> str:
    with pytest.raises(RuntimeError) as caught:
        make_net(library).load_state_dict(broken(library), strict=strict)
    return re.sub(r"torch\.Size\((\[[\d, ]*\])\)", r"\1", str(caught.value))


@pytest.mark.parametrize("strict", [True, False])
def test_message_of_loading(strict: bool) -> None:
    assert error_of_loading(minitorch, strict) == error_of_loading(torch, strict)


def test_not_strict() -> None:
    def load(library: Any) -> Any:
        state = make_net(library).state_dict()
        state["other"] = state.pop("scale")
        result = make_net(library).load_state_dict(state, strict=False)
        return repr(result).replace("_I", "I"), result.missing_keys, result.unexpected_keys

    assert load(minitorch) == load(torch)


def test_all_matched() -> None:
    assert (
        repr(make_net(minitorch).load_state_dict(make_net(minitorch).state_dict())) == "<All keys matched successfully>"
    )


def test_post_hook_excuses_missing_keys() -> None:
    def load(library: Any) -> Any:
        net, state = make_net(library), make_net(library).state_dict()
        del state["scale"]
        state["blocks.0.seen"] = library.tensor([7.0])
        net.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
        return plain(net.load_state_dict(state)), plain(net.state_dict())

    assert load(minitorch)[1] == load(torch)[1]


def test_pre_hooks_and_versions() -> None:
    def load(library: Any) -> Any:
        net, seen = make_net(library), []
        for module in net.modules():
            module.register_load_state_dict_pre_hook(
                lambda m, state, prefix, meta, strict, *lists: seen.append((prefix, dict(meta), strict, sorted(state)))
            )
        net.load_state_dict(make_net(library).state_dict())
        return seen

    assert load(minitorch) == load(torch)


def test_state_dict_hooks() -> None:
    def save(library: Any) -> Any:
        net = make_net(library)
        net.register_state_dict_pre_hook(lambda m, prefix, keep: m.scale.data.fill_(9.0))
        net.blocks.register_state_dict_post_hook(lambda m, state, prefix, meta: state.update({prefix + "new": 1}))
        net._register_state_dict_hook(lambda m, state, prefix, meta: {"all": dict(state)})
        return plain(net.state_dict())

    assert save(minitorch) == save(torch)


def test_assign() -> None:
    def load(library: Any) -> Any:
        net = make_net(library)
        net.scale.requires_grad_(False)
        state = make_net(library).double().state_dict()
        net.load_state_dict(state, assign=True)
        same = net.scale.data_ptr() == state["scale"].data_ptr()
        return same, plain(list(net.named_parameters())), plain(list(net.named_buffers()))

    assert load(minitorch) == load(torch)


# ---------------------------------------------------------------- hooks


def watched(library: Any, needs_grad: bool) -> list[Any]:
    """A call and its backward with hooks of every kind, and what they saw."""
    net, log = make_net(library), []

    def note(kind: str) -> Callable[..., None]:
        return lambda module, *values: log.append((kind, type(module).__name__, plain(values)))

    net.register_forward_pre_hook(note("pre"))
    net.register_forward_pre_hook(lambda m, args: args[0] * 2, prepend=True)
    net.register_forward_pre_hook(lambda m, args, kwargs: (args, kwargs), with_kwargs=True)
    net.register_forward_hook(note("post"), with_kwargs=True)
    net.encoder.register_forward_hook(lambda m, args, out: out + 1)
    for module in (net, net.encoder, net.blocks[1].linear):
        module.register_full_backward_hook(note("backward"))
        module.register_full_backward_pre_hook(note("backward pre"))
    net.blocks[1].register_full_backward_hook(lambda m, gi, go: (gi[0] * 3,))
    net.blocks[0].register_full_backward_pre_hook(lambda m, go: (go[0] * 5,))
    handle = net.register_forward_hook(note("removed"))
    handle.remove()
    x = library.ones(2, 3, requires_grad=needs_grad)
    y = net(x)
    y.sum().backward()
    log.append(plain((y, x.grad, [p.grad for p in net.parameters()])))
    return log


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
@pytest.mark.parametrize("needs_grad", [True, False])
def test_hooks(needs_grad: bool) -> None:
    ours, theirs = watched(minitorch, needs_grad), watched(torch, needs_grad)
    for a, b in zip(ours, theirs, strict=True):
        assert a == b


def with_global_hooks(library: Any) -> list[str]:
    """The order of global and own hooks."""
    net, log = make_net(library), []
    hooks = torch.nn.modules.module if library is torch else minitorch.nn.hooks

    def note(kind: str) -> Callable[..., None]:
        return lambda module, *values: log.append(f"{kind} {type(module).__name__}")

    handles = [
        hooks.register_module_forward_pre_hook(note("pre")),
        hooks.register_module_forward_hook(note("post")),
        hooks.register_module_full_backward_hook(note("backward")),
        hooks.register_module_full_backward_pre_hook(note("backward pre")),
    ]
    net.register_forward_hook(note("own"))
    net(library.ones(1, 3, requires_grad=True)).sum().backward()
    for handle in handles:
        handle.remove()
    net(library.ones(1, 3))
    return log


def test_global_hooks() -> None:
    assert with_global_hooks(minitorch) == with_global_hooks(torch)


def with_failing(library: Any) -> list[Any]:
    """Forward raises between hooks of which one is always called."""
    log: list[Any] = []
    layer = library.nn.Linear(2, 2)
    layer.register_forward_hook(lambda *seen: log.append(seen[-1]), always_call=True)
    layer.register_forward_hook(lambda *seen: log.append("never"))
    with pytest.raises(RuntimeError):
        layer(library.ones(3, 3))
    return log


def test_always_call() -> None:
    assert with_failing(minitorch) == with_failing(torch) == [None]


# ---------------------------------------------------------------- initialisers

INITS: list[tuple[str, tuple[int, ...], dict[str, Any]]] = [
    *[(name, shape, {}) for name in (
        "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
        "kaiming_normal_", "orthogonal_", "ones_", "zeros_",
    ) for shape in ((3, 5), (40, 20), (4, 3, 3, 3))],
    ("constant_", (2, 3), {"val": 0.3}), ("eye_", (3, 4), {}), ("dirac_", (4, 2, 3), {"groups": 2}),
    ("dirac_", (4, 6, 3, 3), {}), ("dirac_", (2, 2, 2, 4, 3), {}), ("orthogonal_", (3, 7), {"gain": 2.0}),
    ("sparse_", (20, 7), {"sparsity": 0.3}), ("sparse_", (5, 3), {"sparsity": 0.5, "std": 1.0}),
    ("uniform_", (4,), {"a": -2.0, "b": 3.0}), ("normal_", (4,), {"mean": 1.0, "std": 2.0}),
    ("trunc_normal_", (50, 50), {"mean": 1.0, "std": 2.0, "a": -1.0, "b": 1.5}),
    ("trunc_normal_", (50,), {"a": 3.0, "b": 4.0}),
    ("xavier_uniform_", (3, 4), {"gain": 3.0}), ("xavier_normal_", (3, 4), {"gain": 3.0}),
    ("kaiming_uniform_", (3, 4, 2), {"a": 0.2, "mode": "fan_out"}),
    ("kaiming_normal_", (3, 4, 2), {"mode": "fan_out", "nonlinearity": "relu"}),
    ("kaiming_uniform_", (0, 4), {}),
    # errors
    ("eye_", (3,), {}), ("dirac_", (3, 3), {}), ("dirac_", (3, 3, 3), {"groups": 2}), ("xavier_uniform_", (3,), {}),
    ("orthogonal_", (3,), {}), ("sparse_", (3,), {"sparsity": 0.1}), ("kaiming_uniform_", (3, 3), {"mode": "fan"}),
    ("kaiming_normal_", (3, 3), {"nonlinearity": "step"}), ("uniform_", (3,), {"a": 2.0, "b": 1.0}),
]  # fmt: skip


def initialised(library: Any, name: str, shape: tuple[int, ...], options: dict[str, Any], own: bool) -> Any:
    def run(_: Any) -> Any:
        generator = {"generator": library.Generator().manual_seed(5)} if own else {}
        tensor = library.empty(shape).requires_grad_()
        filled = getattr(library.nn.init, name)(tensor, **options, **generator)
        assert filled is tensor
        return filled.detach().numpy(), library.rand(1).item()

    library.manual_seed(3)
    try:
        return run(None)
    except ValueError as error:
        return str(error)
    except RuntimeError as error:
        return str(error)[:40]


@pytest.mark.filterwarnings("ignore:mean is more", "ignore:Initializing zero")
@pytest.mark.parametrize("own", [False, True])
def test_init(own: bool) -> None:
    for name, shape, options in INITS:
        if own and name in ("constant_", "ones_", "zeros_", "eye_", "dirac_", "sparse_"):
            continue
        ours, theirs = (initialised(library, name, shape, options, own) for library in (minitorch, torch))
        if isinstance(ours, str):
            assert ours == theirs, name
        else:
            np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-5, atol=1e-6, err_msg=name)
            assert ours[1] == theirs[1], name


def test_init_warnings() -> None:
    def texts(library: Any) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            library.nn.init.trunc_normal_(library.empty(3), mean=9.0)
            library.nn.init.kaiming_uniform_(library.empty(0, 3))
        return [str(w.message) for w in caught]

    assert texts(minitorch) == texts(torch)


@pytest.mark.parametrize("kind", ["linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu"])
def test_gain(kind: str) -> None:
    assert minitorch.nn.init.calculate_gain(kind) == torch.nn.init.calculate_gain(kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("slope", [None, 0, 0.3, 2, True, "a"])
def test_gain_of_leaky_relu(slope: Any) -> None:
    def gain(library: Any) -> Any:
        return outcome(lambda t: t.nn.init.calculate_gain("leaky_relu", slope), library)

    assert gain(minitorch) == gain(torch)
