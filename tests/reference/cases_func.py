"""`torch.func` and `torch.autograd.functional` as programs over `torch`, which may be minitorch or PyTorch."""

import numpy as np
from cases import _array, case

CASES = {}


def _flat(x):
    """The tensors of a tree by their paths, with whether they require grad."""
    if isinstance(x, dict):
        return {f"{k}.{p}": v for k, child in x.items() for p, v in _flat(child).items()}
    if isinstance(x, (tuple, list)):
        return {f"{i}.{p}": v for i, child in enumerate(x) for p, v in _flat(child).items()}
    return {"": _array(x), "tracked": np.array(x.requires_grad)}


def program(name):
    """Register `run(torch, t)`, which returns a tree of tensors; `t(shape)` makes a random one."""

    def register(run):
        @case(name, CASES)
        def found(torch, rng):
            return _flat(run(torch, lambda *shape: torch.tensor(rng.standard_normal(shape))))

        return run

    return register


def _curve(x):
    return (x**3 * x.roll(1, -1)).sin()


for _name in ("jacobian", "hessian", "vjp", "jvp", "hvp", "vhp"):

    @program(f"functional {_name}")
    def _functional(torch, t, name=_name):
        F, x, y = torch.autograd.functional, t(3), t(3).requires_grad_()
        single = name in ("hessian", "hvp", "vhp")
        one = (lambda a: _curve(a).sum()) if single else _curve
        two = (lambda a, b: (_curve(a) * b).sum()) if single else (lambda a, b: (_curve(a) * b, b * 2))
        takes = name in ("vjp", "jvp", "hvp", "vhp")
        v = (t(3),) if takes else ()
        found = [getattr(F, name)(one, x, *v), getattr(F, name)(two, (x, y), *([(t(3), t(3))] if takes else []))]
        graph = getattr(F, name)(two, (x, y), *([(t(3), t(3))] if takes else []), create_graph=True)
        while isinstance(graph, tuple):
            graph = graph[1 if name in ("vjp", "hvp", "vhp", "jvp") and len(graph) > 1 else 0]
        found.append(graph)
        if graph.requires_grad:
            found.append(torch.autograd.grad(graph.square().sum(), y, allow_unused=True, materialize_grads=True))
        return found


@program("grad")
def _grad(torch, t):
    func, x, w = torch.func, t(3), t(3).requires_grad_()
    energy = lambda a: (_curve(a) * w).sum()  # noqa: E731
    free = lambda a: _curve(a).sum()  # noqa: E731
    twice = func.grad(lambda a: func.grad(free)(a).square().sum())
    with torch.no_grad():
        quiet = func.grad(free)(x)
    outer = func.grad(free)(w)
    through = torch.autograd.grad(func.grad(energy)(x).sum(), w)
    unused = func.grad(lambda a: (a * 2).sum() + w.sum())(x)
    several = func.grad(lambda a, b: (a * b["k"]).sum(), argnums=(0, 1))(x, {"k": x * 2, "j": x})
    return [
        func.grad(energy)(x), func.grad_and_value(free)(x), twice(x), quiet, outer, through, unused, several,
        func.grad_and_value(lambda a: (free(a), {"a": a * 2}), has_aux=True)(x),
    ]  # fmt: skip


@program("vjp jvp")
def _products(torch, t):
    func, x, y = torch.func, t(3), t(2, 3)
    f = lambda a, b: {"s": _curve(a).sum(), "m": b @ a}  # noqa: E731
    out, pull = func.vjp(f, x, y)
    further = func.grad(lambda a: func.jvp(_curve, (a,), (x,))[1].sum())(x)
    across = func.grad(lambda a: func.vjp(_curve, a)[1](x)[0].sum())(x)
    independent = func.jvp(lambda a: x * 2, (x,), (x,))
    return [
        out, pull({"s": t(), "m": t(2)}), func.jvp(f, (x, y), (t(3), t(2, 3))), further, across, independent,
        func.vjp(lambda a: (_curve(a), a), x, has_aux=True)[2],
    ]  # fmt: skip


@program("jacrev hessian")
def _jacobians(torch, t):
    func, x, y = torch.func, t(3), t(2)
    f = lambda a, b: (_curve(a), (a.sum() * b).exp())  # noqa: E731
    return [
        func.jacrev(_curve)(x),
        func.jacfwd(_curve)(x),
        func.jacrev(f, argnums=(0, 1))(x, y),
        func.jacfwd(f, argnums=1)(x, y),
        func.hessian(lambda a: _curve(a).sum())(x),
        func.hessian(lambda a, b: (_curve(a).sum() * b).sum(), argnums=(0, 1))(x, y),
        func.jacrev(lambda a: (a * 2, a), has_aux=True)(x),
        func.jacrev(lambda d: {"o": d["a"] ** 2})({"a": x}),
    ]


@program("vmap")
def _vmap(torch, t):
    v, m, n = torch.vmap, t(4, 3), t(4, 3)
    torch.manual_seed(3)
    return [
        v(torch.dot)(m, n),
        v(torch.dot, in_dims=(1, 1))(m, n),
        v(torch.mul, in_dims=(0, None))(m, n),
        v(lambda a: (a, a.sum()), out_dims=(1, 0))(m),
        v(lambda d: {"s": d["x"] + d["y"]}, in_dims=({"x": 0, "y": None},))({"x": m, "y": n}),
        v(v(torch.mul, in_dims=(0, None)), in_dims=(None, 0))(m, n),
        v(lambda a: a * 2)(t(0, 3)),
        v(lambda a: a[0], in_dims=-1)(m),
        v(lambda a: a + torch.rand(2).sum(), randomness="same")(m),
        v(lambda a: a + torch.randn(()), randomness="different")(m),
        v(torch.func.grad(lambda a: _curve(a).sum()), chunk_size=2)(m),
        torch.func.grad(lambda a: v(_curve)(a).sum())(m),
        v(torch.func.jacrev(_curve))(m),
        torch.func.jacrev(v(_curve))(m[:2]),
    ]


def _layers(torch, t, count):
    layers = [
        torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)).double()
        for _ in range(count)
    ]
    for layer in layers:
        for p in layer.parameters():
            p.data.copy_(t(*p.shape))
    return layers


@program("functional_call")
def _functional_call(torch, t):
    func, (layer, *_) = torch.func, _layers(torch, t, 1)
    before = [p.detach().clone() for p in layer.parameters()]
    other = {k: t(*p.shape) for k, p in layer.named_parameters()}
    x, y = t(5, 3), t(5, 2)
    loss = lambda p, a, b: (func.functional_call(layer, p, (a,)) - b).square().mean()  # noqa: E731
    each = torch.vmap(func.grad(loss), in_dims=(None, 0, 0))(other, x, y)
    return [
        loss(other, x, y),
        func.grad(loss)(other, x, y),
        each,
        func.functional_call(layer, {}, x),
        before,
        list(layer.parameters()),
    ]


@program("ensemble")
def _ensemble(torch, t):
    layers = _layers(torch, t, 3)
    params, buffers = torch.func.stack_module_state(layers)
    x = t(5, 3)
    call = lambda p, b, a: torch.func.functional_call(layers[0], (p, b), (a,))  # noqa: E731
    y = torch.vmap(call, in_dims=(0, 0, None))(params, buffers, x)
    y.square().sum().backward()
    return [params, y, [p.grad for p in params.values()]]


@program("tied weights")
def _tied(torch, t):
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(self.a(x) * 0 + x) * 1.0

    zeros = {"a.bias": torch.zeros(3, dtype=torch.float64), "b.bias": torch.zeros(3, dtype=torch.float64)}
    given = {"a.weight": t(3, 3), **zeros}
    return [torch.func.functional_call(Tied().double(), given, t(2, 3))]


def _message(run):
    try:
        run()
    except (RuntimeError, ValueError, TypeError) as error:
        return np.array(f"{type(error).__name__}: {error}")
    return np.array("")


@case("func errors", CASES)
def _errors(torch, rng):
    F, func, v, x, m = torch.autograd.functional, torch.func, torch.vmap, torch.ones(2), torch.ones(2, 3)
    layer = torch.nn.Linear(2, 1)
    wrong = {
        "jacobian int": lambda: F.jacobian(lambda a: 3, x),
        "jacobian input": lambda: F.jacobian(lambda a: a, 3),
        "jacobian strict": lambda: F.jacobian(lambda a: torch.ones(2), x, strict=True),
        "jacobian independent": lambda: F.jacobian(lambda a, b: a * 2, (x, x), strict=True),
        "hessian size": lambda: F.hessian(lambda a: a * 2, x),
        "hessian strict": lambda: F.hessian(lambda a: (a * 2).sum(), x, strict=True),
        "vjp none": lambda: F.vjp(lambda a: a * 2, x),
        "vjp size": lambda: F.vjp(lambda a: a * 2, x, torch.ones(3)),
        "vjp many": lambda: F.vjp(lambda a: a * 2, x, (x, x)),
        "jvp none": lambda: F.jvp(lambda a: a * 2, x),
        "hvp strict": lambda: F.hvp(lambda a: (a * 3).sum(), x, x, strict=True),
        "grad vector": lambda: func.grad(lambda a: a * 2)(x),
        "grad number": lambda: func.grad(lambda a: 3.0)(x),
        "grad argnum": lambda: func.grad(lambda a: a.sum(), argnums=2)(x),
        "grad input": lambda: func.grad(lambda a: a.sum())(3.0),
        "vjp shape": lambda: func.vjp(lambda a: a * 2, x)[1](torch.ones(3)),
        "jvp shape": lambda: func.jvp(lambda a: a * 2, (x,), (torch.ones(3),)),
        "jvp tuple": lambda: func.jvp(lambda a: a * 2, x, x),
        "vmap sizes": lambda: v(torch.dot)(m, m.t()),
        "vmap number": lambda: v(lambda a: a)(3.0),
        "vmap nothing": lambda: v(lambda a: a)(),
        "vmap none": lambda: v(lambda a: a, in_dims=None)(m),
        "vmap dim": lambda: v(lambda a: a, in_dims=5)(m),
        "vmap random": lambda: v(lambda a: a + torch.rand(()))(m),
        "vmap mode": lambda: v(lambda a: a, randomness="foo"),
        "vmap chunk": lambda: v(lambda a: a, chunk_size=0),
        "call strict": lambda: func.functional_call(layer, {"foo": x}, (x,), strict=True),
        "call twice": lambda: func.functional_call(layer, ({"weight": x}, {"weight": x}), (x,)),
        "stack none": lambda: func.stack_module_state([]),
        "stack kinds": lambda: func.stack_module_state([layer, torch.nn.ReLU()]),
        "stack modes": lambda: func.stack_module_state([layer, torch.nn.Linear(2, 1).eval()]),
    }
    return {name: _message(run) for name, run in wrong.items()}
