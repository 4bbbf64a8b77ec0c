"""Jacobians, Hessians and products with them, of functions of tensors: `torch.autograd.functional`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .engine import grad
from .grad_mode import enable_grad
from .tensor_base import TensorBase

Many = tuple[Any, ...]
_F = TypeVar("_F", bound=Callable[..., Any])

_recorded: Callable[[_F], _F] = enable_grad()


def _tuple(x: Any, role: str, name: str) -> tuple[bool, Many]:
    """(whether it was one already, the tensors as a tuple)."""
    values = x if isinstance(x, tuple) else (x,)
    for i, value in enumerate(values):
        if not isinstance(value, TensorBase):
            where = f"the value at index {i} of the {role}" if isinstance(x, tuple) else f"the given {role}"
            raise TypeError(
                f"The {role} given to {name} must be either a Tensor or a tuple of Tensors but {where} has type "
                f"{type(value)}."
            )
    return isinstance(x, tuple), values


OUTPUTS = "outputs of the user-provided function"


def _fresh(inputs: Many, create_graph: bool) -> Many:
    """The inputs as starts of a graph of their own, connected to the outer one where that is wanted."""
    return tuple([x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs])


def _called(func: Any, inputs: Any, name: str, create_graph: bool) -> tuple[bool, Many, bool, Many]:
    """(inputs were a tuple, fresh inputs, outputs were a tuple, outputs)."""
    many_in, given = _tuple(inputs, "inputs", name)
    fresh = _fresh(given, create_graph)
    many_out, outputs = _tuple(func(*fresh), OUTPUTS, name)
    return many_in, fresh, many_out, outputs


def _require(outputs: Many, strict: bool) -> None:
    for i, y in enumerate(outputs):
        if strict and not y.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The outputs must be computed in "
                "a differentiable manner from the input when running in strict mode."
            )


def _pull(outputs: Many, inputs: Many, v: Many, create_graph: bool) -> Many:
    """vᵀ J, with None for an input that no output depends on."""
    tracked = [(y, g) for y, g in zip(outputs, v, strict=True) if y.requires_grad]
    if not tracked:
        return (None,) * len(inputs)
    ys, gs = zip(*tracked, strict=True)
    return grad(ys, inputs, gs, retain_graph=True, create_graph=create_graph, allow_unused=True)


def _filled(grads: Many, like: Many) -> Many:
    """Zeros for what is missing."""
    return tuple([_zeros(x) if g is None else g for g, x in zip(grads, like, strict=True)])


def _zeros(x: Any) -> Any:
    return x._zeros(x.array.shape, x.array.dtype)


def _dependent(grads: Many) -> None:
    for i, g in enumerate(grads):
        if g is None:
            raise RuntimeError(
                f"The output of the user-provided function is independent of input {i}. This is not allowed in strict "
                f"mode."
            )


def _curved(grads: Many) -> None:
    for i, g in enumerate(grads):
        if g is None or not g.requires_grad:
            raise RuntimeError(
                "While computing the hessian, found that the jacobian of the user-provided function with respect to "
                f"input {i} is independent of the input. This is not allowed in strict mode. You should ensure that "
                "your function is twice differentiable and that the jacobian depends on the inputs (this would be "
                "violated by a linear function for example)."
            )


def _vector(v: Any, like: Many, many: bool, name: str, of_output: bool) -> Many:
    """The given vector, checked; 1 for a single number."""
    if v is None:
        if len(like) != 1 or like[0].array.size != 1:
            where = "user-provided function returns" if of_output else "input to the user-provided function is"
            raise RuntimeError(f"The vector v can only be None if the {where} a single Tensor with a single element.")
        return (like[0]._ones(like[0].array.shape, like[0].array.dtype),)
    _, vectors = _tuple(v, "v", name)
    if len(vectors) != len(like):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(like)} but got {len(vectors)}."
            if many
            else "The given v should contain a single Tensor."
        )
    for i, (a, b) in enumerate(zip(vectors, like, strict=True)):
        if a.array.shape != b.array.shape:
            entry = f"Entry {i} in v has" if len(like) > 1 else "v has"
            raise RuntimeError(f"{entry} invalid size: should be {b.shape} but got {a.shape}.")
    return vectors


def _done(values: Many, many: bool, create_graph: bool) -> Any:
    kept = values if create_graph else tuple([x.detach() if x.requires_grad else x for x in values])
    return kept if many else kept[0]


@_recorded
def vjp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), vᵀ J): the product of a vector, shaped like the outputs, and the Jacobian.

    >>> torch.autograd.functional.vjp(lambda x: x**2, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    many_in, fresh, many_out, outputs = _called(func, inputs, "vjp", create_graph)
    _require(outputs, strict)
    vectors = _vector(v, outputs, many_out, "vjp", True)
    grads = _pull(outputs, fresh, vectors, create_graph)
    if strict:
        _dependent(grads)
    return _done(outputs, many_out, create_graph), _done(_filled(grads, fresh), many_in, create_graph)


def _push(outputs: Many, inputs: Many, v: Many, create_graph: bool) -> Many:
    """J v: vᵀ J of a vector u is linear in u, and its own product with v is J v."""
    us = tuple([_zeros(y).requires_grad_() for y in outputs])
    pulled = [(g, w) for g, w in zip(_pull(outputs, inputs, us, True), v, strict=True) if g is not None]
    if not pulled or not any(g.requires_grad for g, _ in pulled):
        return (None,) * len(outputs)
    return _pull(tuple([g for g, _ in pulled]), us, tuple([w for _, w in pulled]), create_graph)


@_recorded
def jvp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), J v): the product of the Jacobian and a vector, shaped like the inputs.

    >>> torch.autograd.functional.jvp(lambda x: x**2, torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    many_in, given = _tuple(inputs, "inputs", "jvp")
    vectors = _vector(v, given, many_in, "jvp", False)
    _, fresh, many_out, outputs = _called(func, inputs, "jvp", create_graph)
    _require(outputs, strict)
    pushed = _filled(_push(outputs, fresh, vectors, create_graph), outputs)
    return _done(outputs, many_out, create_graph), _done(pushed, many_out, create_graph)


def _rows(y: Any, inputs: Many, create_graph: bool) -> Many:
    """The Jacobian of one output: for each input its derivatives, of shape y.shape + x.shape;
    None if there are none.
    """
    if not y.requires_grad or not y.array.size:
        return (None,) * len(inputs)
    one = y._ones((), y.array.dtype)
    each = [grad(element, inputs, one, True, create_graph, allow_unused=True) for element in y.reshape(-1).unbind(0)]
    return tuple([_stacked(column, y, x) for column, x in zip(zip(*each, strict=True), inputs, strict=True)])


def _stacked(column: Many, y: Any, x: Any) -> Any:
    if all(g is None for g in column):
        return None
    filled = [_zeros(x) if g is None else g for g in column]
    return filled[0]._stack(filled).reshape(*y.array.shape, *x.array.shape)


@_recorded
def jacobian(
    func: Any, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The derivatives of every output with respect to every input, of shape output.shape + input.shape.

    A tuple for several outputs, of tuples for several inputs. `vectorize` and `strategy` do not change the numbers: one
    backward pass is run for each element of the outputs.

    >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(f'Expected strategy to be either "forward-mode" or "reverse-mode", but got {strategy!r}.')
    many_in, fresh, many_out, outputs = _called(func, inputs, "jacobian", create_graph)
    _require(outputs, strict)
    table = []
    for i, y in enumerate(outputs):
        row = _rows(y, fresh, create_graph)
        for j, part in enumerate(row):
            if strict and part is None:
                raise RuntimeError(
                    f"Output {i} of the user-provided function is independent of input {j}. This is not allowed in "
                    f"strict mode."
                )
        blank = [y._zeros((*y.array.shape, *x.array.shape), x.array.dtype) for x in fresh]
        full = tuple([b if part is None else part for part, b in zip(row, blank, strict=True)])
        table.append(_done(full, many_in, create_graph))
    return tuple(table) if many_out else table[0]


def _single(value: Any, name: str) -> Any:
    if not isinstance(value, TensorBase):
        raise RuntimeError(f"The function given to {name} should return a single Tensor")
    if value.array.size != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {name} should contain a single element")
    return value.reshape(())


@_recorded
def hessian(
    func: Any, inputs: Any, create_graph: bool = False, strict: bool = False, vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The second derivatives of a function that returns one number: a table over pairs of inputs.

    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    many_in, given = _tuple(inputs, "inputs", "hessian")

    def gradient(*xs: Any) -> Many:
        y = _single(func(*xs), "hessian")
        _require((y,), strict)
        first = _pull((y,), xs, (y._ones((), y.array.dtype),), True)
        if strict:
            _curved(first)
        return _filled(first, xs)

    table = jacobian(gradient, given, create_graph, strict, vectorize, outer_jacobian_strategy)
    return table if many_in else table[0][0]


@_recorded
def vhp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), vᵀ H): the product of a vector and the Hessian of a function that returns one number.

    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "vhp")


@_recorded
def hvp(func: Any, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    """(func(inputs), H v); the Hessian is symmetric, so this is `vhp`.

    >>> torch.autograd.functional.hvp(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]), torch.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _hessian_product(func, inputs, v, create_graph, strict, "hvp")


def _hessian_product(func: Any, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str) -> Any:
    many_in, given = _tuple(inputs, "inputs", name)
    vectors = _vector(v, given, many_in, name, False)
    fresh = _fresh(given, create_graph)
    y = func(*fresh)
    flat = _single(y, name)
    _require((flat,), strict)
    first = _pull((flat,), fresh, (flat._ones((), flat.array.dtype),), True)
    if strict:
        _curved(first)
    known = [(g, w) for g, w in zip(first, vectors, strict=True) if g is not None]
    gs, ws = (tuple([pair[i] for pair in known]) for i in (0, 1))
    product = _filled(_pull(gs, fresh, ws, create_graph), fresh)
    return _done((y,), False, create_graph), _done(product, many_in, create_graph)


__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
