"""Functions of functions: gradients, products with Jacobians, Jacobians and Hessians, nested as one likes.

Each level runs the function on inputs of its own, which are views of what the outer level differentiates, and lets go
of what depends on nothing outside.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..autograd import engine
from ..autograd.grad_mode import enable_grad, is_grad_enabled
from ..ops.join import stack
from ..tensor import Tensor
from . import tree

Function = Callable[..., Any]


class _Level:
    """One level of differentiation: the inputs that the function gets."""

    def __init__(self, given: Any) -> None:
        self.outer = is_grad_enabled()
        for x in tree.leaves(given):
            if not isinstance(x, Tensor):
                raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
        self.own: set[int] = set()
        self.inputs = tree.mapped(self._start, given)
        self.leaves = tree.leaves(self.inputs)

    def _start(self, x: Any) -> Any:
        with enable_grad():
            if x.requires_grad and self.outer:
                return x.view_as(x)
            start = x.detach().requires_grad_()
            self.own.add(id(start))
            return start

    def reaches_out(self, *values: Any) -> bool:
        """Whether a value depends on a tensor outside of this level that requires grad."""
        roots = [x.grad_fn for x in values if isinstance(x, Tensor) and x.requires_grad]
        direct = [x for x in values if isinstance(x, Tensor) and x.requires_grad and x.grad_fn is None]
        targets = [edge[0] for node in engine._reachable(roots) for edge in node.edges if edge]
        return any(isinstance(x, Tensor) and id(x) not in self.own for x in [*targets, *direct])

    def cut(self, value: Any) -> Any:
        """Results as the outer level sees them."""
        return tree.mapped(self._cut_one, value)

    def _cut_one(self, x: Any) -> Any:
        if isinstance(x, Tensor) and x.requires_grad and not (self.outer and self.reaches_out(x)):
            return x.detach()
        return x

    def pull(self, outputs: list[Any], grads: list[Any], create_graph: bool | None = None) -> list[Any]:
        """The gradients of the inputs; zeros where there are none."""
        pairs = [(y, g) for y, g in zip(outputs, grads, strict=True) if y.requires_grad]
        if create_graph is None:
            create_graph = self.outer and self.reaches_out(*outputs, *grads)
        if not pairs:
            return [x.detach() * 0 for x in self.leaves]
        ys, gs = zip(*pairs, strict=True)
        return list(
            engine.grad(ys, self.leaves, gs, retain_graph=True, create_graph=create_graph, materialize_grads=True)
        )


def _chosen(args: tuple[Any, ...], argnums: Any) -> tuple[Any, Function]:
    """The arguments to differentiate, and how others in their places are put among all."""
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")

    def placed(inner: Any) -> list[Any]:
        whole = list(args)
        for n, x in zip(numbers, (inner,) if isinstance(argnums, int) else inner, strict=True):
            whole[n] = x
        return whole

    given = args[argnums] if isinstance(argnums, int) else tuple([args[n] for n in numbers])
    return given, placed


def _with_aux(result: Any, name: str) -> tuple[Any, Any]:
    if not (isinstance(result, tuple) and len(result) == 2):
        raise RuntimeError(
            f"{name}: output of function should be a tuple: (output, aux) if has_aux is True, got "
            f"{type(result).__name__}"
        )
    return result


def grad_and_value(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that returns (gradient, value) of `func`, which returns one number; with `has_aux` (number, other
    results).

    >>> torch.func.grad_and_value(lambda x: x**2)(torch.tensor(3.0))
    (tensor(6.), tensor(9.))
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        given, placed = _chosen(args, argnums)
        level = _Level(given)
        with enable_grad():
            result = func(*placed(level.inputs), **kwargs)
            value, aux = _with_aux(result, "grad_and_value(f)(*args)") if has_aux else (result, None)
            _one_number(value)
            grads = level.pull([value], [value._ones(value.array.shape, value.array.dtype)])
            found = level.cut(tree.rebuilt(level.inputs, grads))
            return found, ((level.cut(value), level.cut(aux)) if has_aux else level.cut(value))

    return wrapper


def _one_number(value: Any) -> None:
    if not isinstance(value, Tensor):
        raise RuntimeError(f"grad_and_value(f)(*args): Expected f(*args) to return a Tensor, got {type(value)}")
    if value.dim() != 0:
        raise RuntimeError(
            f"grad_and_value(f)(*args): Expected f(*args) to return a scalar Tensor, got tensor with {value.dim()} "
            "dims. Maybe you wanted to use the vjp or jacrev APIs instead?"
        )


def grad(func: Function, argnums: Any = 0, has_aux: bool = False) -> Function:
    """A function that returns the gradient of `func` with respect to the arguments `argnums`.

    >>> torch.func.grad(torch.func.grad(lambda x: x**3))(torch.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return wrapper


def _outputs(result: Any, name: str) -> list[Any]:
    found = tree.leaves(result)
    for y in found:
        if not isinstance(y, Tensor):
            raise RuntimeError(f"{name}: expected f(*primals) to return only tensors, got unsupported type {type(y)}")
    return found


def vjp(func: Function, *primals: Any, has_aux: bool = False) -> Any:
    """(func(*primals), f): f of gradients of the outputs returns those of the primals, as a tuple.

    >>> y, f = torch.func.vjp(torch.sin, torch.tensor(0.0))
    >>> f(torch.tensor(2.0))
    (tensor(2.),)
    """
    level = _Level(primals)
    with enable_grad():
        result = func(*level.inputs)
    result, aux = _with_aux(result, "vjp(f, *primals)") if has_aux else (result, None)
    outputs = _outputs(result, "vjp(f, *primals)")

    def pulled(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        vectors = tree.leaves(cotangents)
        if len(vectors) != len(outputs):
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the "
                f"function: got {len(vectors)} cotangents for {len(outputs)} outputs"
            )
        for i, (v, y) in enumerate(zip(vectors, outputs, strict=True)):
            if v.shape != y.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[{i}] has a shape of {v.shape} and output[{i}] has a shape of "
                    f"{y.shape}."
                )
        with enable_grad():
            found = tree.rebuilt(level.inputs, level.pull(outputs, vectors, create_graph))
            return level.cut(found)

    whole = level.cut(result)
    return (whole, pulled, level.cut(aux)) if has_aux else (whole, pulled)


def jvp(func: Function, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """(func(*primals), J tangents), by differentiating the vector-Jacobian product, which is linear in the vector.

    >>> torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    for role, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple):
            raise RuntimeError(
                f"jvp(f, primals, tangents): Expected {role} to be a tuple. E.g. it should be valid to call "
                f"f(*primals)."
            )
    level = _Level(primals)
    steps = tree.leaves(tangents)
    _alike(level.leaves, steps)
    with enable_grad():
        result = func(*level.inputs)
        result, aux = _with_aux(result, "jvp(f, primals, tangents)") if has_aux else (result, None)
        outputs = _outputs(result, "jvp(f, primals, tangents)")
        if strict and not all(y.requires_grad for y in outputs):
            raise RuntimeError("jvp(f, primals, tangents, strict=True): an output is independent of the inputs")
        pushed = level.cut(tree.rebuilt(result, _push(level, outputs, *_transposed(level, outputs), steps)))
    whole = level.cut(result)
    return (whole, pushed, level.cut(aux)) if has_aux else (whole, pushed)


def linearize(func: Function, *primals: Any) -> tuple[Any, Function]:
    """(func(*primals), f): f of tangents returns J tangents, without running `func` again.

    >>> y, f = torch.func.linearize(torch.sin, torch.zeros(2))
    >>> f(torch.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    level = _Level(primals)
    with enable_grad():
        result = func(*level.inputs)
        outputs = _outputs(result, "linearize(f, *primals)")
        vectors, pulled = _transposed(level, outputs)

    def push(*tangents: Any) -> Any:
        steps = tree.leaves(tangents)
        _alike(level.leaves, steps)
        with enable_grad():
            return level.cut(tree.rebuilt(result, _push(level, outputs, vectors, pulled, steps)))

    return level.cut(result), push


def functionalize(func: Function, *, remove: str = "mutations") -> Function:
    """`func` itself: there is no compiler here that would want its writes in place, or its views, out of the way."""
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received an invalid argument for remove={remove!r}: expected "
            "'mutations' or 'mutations_and_views'"
        )
    return func


def debug_unwrap(tensor: Tensor, *, recurse: bool = True) -> Tensor:
    """The tensor itself: transformations wrap nothing here, what they hand to functions can be printed."""
    return tensor


def _alike(primals: list[Any], tangents: list[Any]) -> None:
    if len(primals) != len(tangents):
        raise RuntimeError(
            f"jvp(f, primals, tangents): Expected primals and tangents to have the same structure, got {len(primals)} "
            f"and {len(tangents)} tensors"
        )
    for x, t in zip(primals, tangents, strict=True):
        if x.shape != t.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the original Tensor, this is "
                f"not supported. Tensor is of size {list(x.shape)} while the given forward gradient is of size "
                f"{list(t.shape)}."
            )


def _transposed(level: _Level, outputs: list[Any]) -> tuple[list[Any], list[Any]]:
    """Vectors like the outputs, and their product with the Jacobian, which is linear in them."""
    vectors = [y._zeros(y.array.shape, y.array.dtype).requires_grad_() for y in outputs]
    level.own.update(map(id, vectors))
    return vectors, level.pull(outputs, vectors, True)


def _push(level: _Level, outputs: list[Any], vectors: list[Any], pulled: list[Any], steps: list[Any]) -> list[Any]:
    pairs = [(g, t) for g, t in zip(pulled, steps, strict=True) if g.requires_grad]
    if not pairs:
        return [y.detach() * 0 for y in outputs]
    gs, ts = zip(*pairs, strict=True)
    further = level.outer and level.reaches_out(*outputs, *steps)
    return list(engine.grad(gs, vectors, ts, retain_graph=True, create_graph=further, materialize_grads=True))


def jacrev(func: Function, argnums: Any = 0, *, has_aux: bool = False, chunk_size: int | None = None) -> Function:
    """A function that returns the Jacobian of `func`: per output and per argument, of shape output.shape +
    argument.shape.

    One backward pass is run for each element of the outputs, whatever `chunk_size`.

    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        given, placed = _chosen(args, argnums)
        level = _Level(given)
        with enable_grad():
            result = func(*placed(level.inputs), **kwargs)
            result, aux = _with_aux(result, "jacrev") if has_aux else (result, None)
            outputs = _outputs(result, "jacrev")
            tables = [level.cut(tree.rebuilt(level.inputs, _jacobian(level, y))) for y in outputs]
        found = tree.rebuilt(result, tables)
        return (found, level.cut(aux)) if has_aux else found

    return wrapper


def _jacobian(level: _Level, y: Any) -> list[Any]:
    """For each input the derivatives of all elements of y."""
    further = level.outer and level.reaches_out(y)
    one = y._ones((), y.array.dtype)
    rows = [level.pull([element], [one], further) for element in y.reshape(-1).unbind(0)]
    if not rows:
        return [y._zeros((*y.shape, *x.shape), x.array.dtype) for x in level.leaves]
    columns = zip(zip(*rows, strict=True), level.leaves, strict=True)
    return [stack(column).reshape(*y.shape, *x.shape) for column, x in columns]


def jacfwd(func: Function, argnums: Any = 0, has_aux: bool = False, *, randomness: str = "error") -> Function:
    """The same numbers as `jacrev`, by the same passes: there is no forward mode.

    >>> torch.func.jacfwd(torch.exp)(torch.zeros(1))
    tensor([[1.]])
    """
    return jacrev(func, argnums, has_aux=has_aux)


def hessian(func: Function, argnums: Any = 0) -> Function:
    """A function that returns the Jacobian of the Jacobian of `func`.

    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.ones(2))
    tensor([[6., 0.],
            [0., 6.]])
    """
    return jacrev(jacrev(func, argnums), argnums)
