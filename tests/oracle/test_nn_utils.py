"""nn.utils and checkpoints of activations: the same program run with PyTorch and with minitorch."""

import copy
import importlib
import warnings

import pytest
import torch
from oracle.compare import same, values

import minitorch


def both(program):
    found = []
    for library in (minitorch, torch):
        library.manual_seed(3)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                result = values(program(library, library.nn.utils))
                found.append([result, sorted({w.category.__name__ for w in caught})])
        except Exception as error:
            kind = next(k for k in type(error).__mro__ if k.__module__ == "builtins")
            found.append(("error", kind.__name__, str(error).replace("minitorch", "torch")[:25]))
    return found


def check(program, rtol=1e-5):
    ours, theirs = both(program)
    same(ours, theirs, rtol)


def part(library, name):
    return importlib.import_module(f"{library.__name__}.nn.utils.{name}")


def with_grads(t, *shapes):
    params = [t.nn.Parameter(t.randn(shape)) for shape in shapes]
    for p in params[:-1]:
        p.grad = t.randn(p.shape) * 3
    return params


@pytest.mark.parametrize("norm", [2.0, 1, 3, float("inf"), 0.5])
@pytest.mark.parametrize("most", [0.7, 1e9, 0])
def test_clip_grad_norm(norm, most):
    def program(t, u):
        params = with_grads(t, (3, 4), (5,), (), (2,))
        total = u.clip_grad_norm_(params, most, norm)
        single = u.clip_grad_norm_(params[0], most / 2, norm, foreach=False)
        return total, single, [p.grad for p in params[:-1]], u.get_total_norm([p.grad for p in params[:-1]], norm)

    check(program)


def test_clipping_otherwise():
    def pieces(t, u):
        params = with_grads(t, (3, 4), (2,))
        u.clip_grads_with_norm_(params, 1.0, t.tensor(4.0))
        u.clip_grad_value_(iter(params), 0.2)
        return params[0].grad

    def infinite(t, u):
        params = with_grads(t, (3,), (2,))
        params[0].grad[0] = float("inf")
        return u.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)

    check(pieces)
    check(infinite)
    check(lambda t, u: u.clip_grad_norm_([], 1.0))
    check(lambda t, u: u.clip_grad_norm_((p for p in []), 1.0))
    check(lambda t, u: u.clip_grad_norm(with_grads(t, (3,), (2,)), 1.0))
    check(lambda t, u: u.get_total_norm(t.ones(3)))


def test_vectors():
    def program(t, u):
        net = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.Linear(3, 1))
        vector = u.parameters_to_vector(net.parameters())
        u.vector_to_parameters(vector.detach() * 2, net.parameters())
        return vector, vector.requires_grad, list(net.parameters())

    check(program)
    check(lambda t, u: u.vector_to_parameters([1], []))


LAYERS = {
    "Linear": (lambda nn: nn.Linear(3, 4), (5, 3)),
    "Conv2d": (lambda nn: nn.Conv2d(2, 4, 3), (2, 2, 5, 5)),
    "ConvTranspose1d": (lambda nn: nn.ConvTranspose1d(2, 4, 3), (2, 2, 5)),
}


def trained(t, layer, x, steps=3):
    """Outputs and gradients of some steps of training, then of evaluation."""
    found = []
    optimizer = t.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        out = layer(x)
        out.pow(2).mean().backward()
        optimizer.step()
        found.append([out, [p.grad for p in layer.parameters()]])
    layer.eval()
    return [found, layer(x), dict(layer.state_dict())]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dim", [0, 1, -1, None])
def test_weight_norm(name, dim):
    make, shape = LAYERS[name]

    def old(t, u):
        layer, x = u.weight_norm(make(t.nn), dim=dim), t.randn(*shape)
        found = trained(t, layer, x)
        u.remove_weight_norm(layer)
        return [found, dict(layer.state_dict()), layer(x)]

    def new(t, u):
        layer, x = part(t, "parametrizations").weight_norm(make(t.nn), dim=dim), t.randn(*shape)
        found = trained(t, layer, x)
        part(t, "parametrize").remove_parametrizations(layer, "weight")
        return [found, dict(layer.state_dict()), layer(x)]

    check(old)
    check(new)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("options", [{}, {"dim": 1, "n_power_iterations": 3, "eps": 1e-3}])
def test_spectral_norm(name, options):
    make, shape = LAYERS[name]

    def old(t, u):
        layer, x = u.spectral_norm(make(t.nn), **options), t.randn(*shape)
        found = trained(t, layer, x)
        metadata = dict(layer.state_dict()._metadata)
        u.remove_spectral_norm(layer)
        return [found, metadata, dict(layer.state_dict()), dict(layer.state_dict()._metadata), layer(x)]

    def new(t, u):
        layer, x = part(t, "parametrizations").spectral_norm(make(t.nn), **options), t.randn(*shape)
        found = trained(t, layer, x)
        part(t, "parametrize").remove_parametrizations(layer, "weight")
        return [found, dict(layer.state_dict()), layer(x)]

    check(old, 1e-4)
    check(new, 1e-4)
    check(lambda t, u: dict(part(t, "parametrizations").spectral_norm(t.nn.Linear(3, 4), "bias").state_dict()))


def test_norms_refuse():
    check(lambda t, u: u.weight_norm(u.weight_norm(t.nn.Linear(2, 2))))
    check(lambda t, u: u.remove_weight_norm(t.nn.Linear(2, 2)))
    check(lambda t, u: u.spectral_norm(u.spectral_norm(t.nn.Linear(2, 2))))
    check(lambda t, u: u.remove_spectral_norm(t.nn.Linear(2, 2)))
    check(lambda t, u: u.spectral_norm(t.nn.Linear(2, 2), n_power_iterations=0))
    check(lambda t, u: part(t, "parametrizations").spectral_norm(t.nn.Linear(2, 2), dim=2))
    check(lambda t, u: part(t, "parametrizations").spectral_norm(t.nn.Linear(2, 2), "none"))
    check(lambda t, u: u.spectral_norm(t.nn.Linear(2, 2, bias=False), "bias"))


def test_checkpoints_of_the_old_weight_norm():
    def program(t, u):
        old = u.weight_norm(t.nn.Linear(2, 3))
        new = part(t, "parametrizations").weight_norm(t.nn.Linear(2, 3))
        keys = new.load_state_dict(old.state_dict())
        return list(keys), new.weight, list(new.state_dict())

    check(program)


def symmetric(t):
    class Symmetric(t.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x):
            return x.triu()

    return Symmetric()


def pair_of(t):
    class Product(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = t.nn.Parameter(t.tensor(2.0))

        def forward(self, a, b):
            return a * b * self.scale

        def right_inverse(self, x):
            return x / 2, t.ones_like(x)

    return Product()


def test_parametrize():
    def one(t, u):
        p = part(t, "parametrize")
        layer = p.register_parametrization(t.nn.Linear(3, 3), "weight", symmetric(t))
        found = [
            repr(layer),
            type(layer).__name__,
            p.is_parametrized(layer),
            p.is_parametrized(layer, "bias"),
            layer.weight,
        ]
        layer.weight = t.arange(9.0).view(3, 3)
        found += [layer.weight, dict(layer.state_dict()), [n for n, _ in layer.named_parameters()]]
        twin = copy.deepcopy(layer)
        twin.weight = t.zeros(3, 3)
        found += [layer.weight, twin.weight, p.type_before_parametrizations(layer) is t.nn.Linear]
        found.append(trained(t, layer, t.randn(4, 3)))
        p.remove_parametrizations(layer, "weight")
        return [*found, repr(layer), dict(layer.state_dict()), type(layer.weight).__name__]

    def several(t, u):
        p = part(t, "parametrize")
        layer = p.register_parametrization(t.nn.Linear(3, 3), "weight", pair_of(t))
        p.register_parametrization(layer, "weight", symmetric(t))
        p.register_parametrization(layer, "bias", t.nn.ReLU())
        found = [repr(layer), dict(layer.state_dict()), layer.weight, layer.bias]
        with p.cached():
            found.append(layer.weight is layer.weight)
        found.append(layer.weight is layer.weight)
        other = p.transfer_parametrizations_and_params(layer, t.nn.Linear(3, 3))
        found += [dict(other.state_dict())]
        p.remove_parametrizations(layer, "bias", leave_parametrized=False)
        p.remove_parametrizations(layer, "weight")
        return [*found, dict(layer.state_dict()), p.is_parametrized(layer)]

    def unremovable(t, u):
        p = part(t, "parametrize")
        layer = p.register_parametrization(t.nn.Linear(3, 3), "weight", pair_of(t))
        p.remove_parametrizations(layer, "weight", leave_parametrized=False)

    check(one)
    check(several)
    check(unremovable)


def registered(t, module, name="weight", **options):
    return part(t, "parametrize").register_parametrization(t.nn.Linear(3, 4), name, module, **options)


def test_parametrize_refuses():
    check(lambda t, u: registered(t, t.nn.ReLU(), "none"))
    check(lambda t, u: registered(t, t.nn.Flatten(0)))
    check(lambda t, u: registered(t, t.nn.Flatten(0), unsafe=True).weight)
    check(
        lambda t, u: part(t, "parametrize").register_parametrization(
            registered(t, t.nn.ReLU()), "weight", t.nn.Flatten(0)
        )
    )
    check(lambda t, u: part(t, "parametrize").remove_parametrizations(t.nn.Linear(2, 2), "weight"))
    check(lambda t, u: setattr(registered(t, t.nn.ReLU()), "weight", t.ones(4, 3)))
    check(lambda t, u: copy.copy(registered(t, t.nn.ReLU()).__getstate__()))


def test_fusion():
    def convolution(kind, transpose=False, bias=True, **options):
        def program(t, u):
            layer = getattr(t.nn, kind)(3, 4, 3, bias=bias)
            norm = getattr(t.nn, f"BatchNorm{kind[-2]}d")(4, **options)
            x = t.randn(2, 3, *[5] * int(kind[-2]))
            norm(layer(x)).sum().backward()
            layer.eval(), norm.eval()
            fused = u.fuse_conv_bn_eval(layer, norm, transpose)
            return [fused(x), norm(layer(x)), fused.weight, fused.bias, fused.bias.requires_grad]

        return program

    def linear(t, u):
        layer, norm, x = t.nn.Linear(3, 4), t.nn.BatchNorm1d(4), t.randn(5, 3)
        norm(layer(x))
        layer.eval(), norm.eval()
        fused = u.fuse_linear_bn_eval(layer, norm)
        return [fused(x), norm(layer(x)), fused.weight, fused.bias]

    check(convolution("Conv2d"), 1e-4)
    check(convolution("Conv1d", bias=False), 1e-4)
    check(convolution("ConvTranspose2d", transpose=True), 1e-4)
    check(convolution("Conv2d", affine=False), 1e-4)
    check(linear, 1e-4)
    check(lambda t, u: u.fuse_conv_bn_eval(t.nn.Conv1d(1, 1, 1), t.nn.BatchNorm1d(1)))
    check(lambda t, u: u.fuse_linear_bn_eval(t.nn.Linear(3, 4).eval(), t.nn.BatchNorm1d(3).eval()))


def test_skip_init():
    check(
        lambda t, u: [
            type(u.skip_init(t.nn.Linear, 3, 4)).__name__,
            u.skip_init(t.nn.Linear, 3, out_features=4).weight.shape,
        ]
    )
    check(lambda t, u: u.skip_init(3))
    check(lambda t, u: u.skip_init(t.nn.ReLU))


PRUNINGS = {
    "identity": lambda p, m: p.identity(m, "weight"),
    "random": lambda p, m: p.random_unstructured(m, "weight", 0.3),
    "random count": lambda p, m: p.random_unstructured(m, "weight", 5),
    "l1": lambda p, m: p.l1_unstructured(m, "weight", 0.4),
    "l1 bias": lambda p, m: p.l1_unstructured(m, "bias", 2),
    "l1 scores": lambda p, m: p.l1_unstructured(m, "weight", 3, m.weight.detach().flip(0)),
    "twice": lambda p, m: p.l1_unstructured(p.l1_unstructured(m, "weight", 0.3), "weight", 0.5),
    "thrice": lambda p, m: p.random_unstructured(
        p.ln_structured(p.l1_unstructured(m, "weight", 3), "weight", 1, 1, 0), "weight", 2
    ),
    "random channels": lambda p, m: p.random_structured(m, "weight", 2, dim=0),
    "ln channels": lambda p, m: p.ln_structured(m, "weight", 0.5, 2, dim=1),
    "none": lambda p, m: p.l1_unstructured(m, "weight", 0.0),
    "mask": lambda p, m: p.custom_from_mask(m, "weight", (m.weight > 0).detach()),
    "too many": lambda p, m: p.l1_unstructured(m, "weight", 1000),
    "negative": lambda p, m: p.l1_unstructured(m, "weight", -1),
    "share": lambda p, m: p.l1_unstructured(m, "weight", 1.5),
    "text": lambda p, m: p.l1_unstructured(m, "weight", "a"),
    "vector": lambda p, m: p.ln_structured(m, "bias", 1, 2, 0),
    "dimension": lambda p, m: p.ln_structured(m, "weight", 1, 2, 5),
}


@pytest.mark.parametrize("name", PRUNINGS)
def test_prune(name):
    def program(t, u):
        p = part(t, "prune")
        layer, x = t.nn.Linear(5, 4), t.randn(3, 5)
        PRUNINGS[name](p, layer)
        tensor = "bias" if "bias" in name else "weight"
        found = [dict(layer.state_dict()), p.is_pruned(layer), trained(t, layer, x)]
        p.remove(layer, tensor)
        return [*found, dict(layer.state_dict()), p.is_pruned(layer), [n for n, _ in layer.named_parameters()]]

    check(program)


def test_prune_globally():
    def program(t, u):
        p = part(t, "prune")
        net = t.nn.Sequential(t.nn.Linear(5, 4), t.nn.Linear(4, 2))
        where = [(net[0], "weight"), (net[1], "weight"), (net[1], "bias")]
        p.global_unstructured(where, p.L1Unstructured, amount=0.4)
        p.global_unstructured(where, p.L1Unstructured, amount=0.2)
        return [
            dict(net.state_dict()),
            net(t.randn(2, 5)),
            p.L1Unstructured(amount=1).prune(t.tensor([3.0, -1.0, 2.0])),
        ]

    check(program)
    check(
        lambda t, u: part(t, "prune").global_unstructured(
            [(t.nn.Linear(2, 2), "weight")], part(t, "prune").LnStructured, amount=1, n=2
        )
    )
    check(lambda t, u: part(t, "prune").remove(t.nn.Linear(2, 2), "weight"))


def run_checkpoint(t, form, **options):
    """A net with dropout, computed whole or in checkpoints: loss, gradients of input and parameters, next random
    number.
    """
    from_checkpoint = importlib.import_module(f"{t.__name__}.utils.checkpoint")
    nn = t.nn
    net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.4), nn.Tanh(), nn.Linear(8, 8), nn.Dropout(0.2), nn.Linear(8, 3))
    x = t.randn(6, 4).requires_grad_()
    if form == "sequential":
        out = from_checkpoint.checkpoint_sequential(net, 3, x * 2, **options)
    else:
        mid = (
            from_checkpoint.checkpoint(lambda y: {"a": [net[:3](y * 2)], "b": 3}, x, **options)
            if form == "nested"
            else None
        )
        out = net[3:](mid["a"][0]) if mid else from_checkpoint.checkpoint(net, x * 2, **options)
    loss = out.pow(2).sum()
    loss.backward()
    return loss, x.grad, [p.grad for p in net.parameters()], t.rand(2)


@pytest.mark.parametrize("form", ["sequential", "whole"])
@pytest.mark.parametrize("options", [{"use_reentrant": False}, {"use_reentrant": True}, {}])
def test_checkpoint(form, options):
    check(lambda t, u: run_checkpoint(t, form, **options))


def test_checkpoint_without_reentry():
    def nested(t, u):
        return run_checkpoint(t, "nested", use_reentrant=False)

    def second_order(t, u):
        checkpoint = importlib.import_module(f"{t.__name__}.utils.checkpoint").checkpoint
        x, w = t.tensor(0.7, requires_grad=True), t.tensor(1.3, requires_grad=True)
        hidden = x * 3
        y = checkpoint(lambda v: (v * w).sin() * hidden, hidden.exp(), use_reentrant=False)
        (gx,) = t.autograd.grad(y, x, create_graph=True)
        return t.autograd.grad(gx, [x, w])

    def inner(t, u):
        checkpoint = importlib.import_module(f"{t.__name__}.utils.checkpoint").checkpoint
        x = t.tensor(0.7, requires_grad=True)
        y = checkpoint(
            lambda v: checkpoint(lambda z: z.sin().exp(), v * 2, use_reentrant=False).cos(), x, use_reentrant=False
        )
        y.backward()
        return y, x.grad

    def nothing_to_do(t, u):
        checkpoint = importlib.import_module(f"{t.__name__}.utils.checkpoint").checkpoint
        with t.no_grad():
            a = checkpoint(t.sin, t.ones(2, requires_grad=True), use_reentrant=False)
        return a, a.requires_grad, checkpoint(t.sin, t.ones(2), use_reentrant=False)

    check(nested)
    check(second_order)
    check(inner)
    check(nothing_to_do)
    check(lambda t, u: run_checkpoint(t, "whole", use_reentrant=True, debug=True))
    check(lambda t, u: run_checkpoint(t, "whole", use_reentrant=False, determinism_check="strict"))
