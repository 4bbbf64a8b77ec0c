"""`Function`: an operation with a forward and a backward, and `apply`, the one gate through which all of them go."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..errors import not_a_tensor
from .grad_mode import ever, mode
from .half import compute, half_among, half_node
from .node import CustomNode, FunctionCtx, Node, edges_of
from .tensor_base import TensorBase, View
from .views import check_writable, rebase

ndarray = np.ndarray  # looked up once


class Function(FunctionCtx):
    """A differentiable operation. Subclass it with two static methods, and call `apply`.

    `forward(ctx, *args)` computes the result and leaves on `ctx` what backward needs. `backward(ctx, *grads)` gets one
    gradient per result and returns one per argument of forward, None where there is none. It is written with tensor
    operations, so it can itself be differentiated. Alternatively `forward(*args)` has no `ctx`, and
    `setup_context(ctx, inputs, output)` saves.

    >>> class Square(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, grad):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * grad
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> Square.apply(x).backward()
    >>> x.grad
    tensor(6.)
    """

    suffix = "Backward"  # of the node's name
    title: str  # its beginning, where it is not the name of the class
    builtin = False  # whether its forward calls kernels alone, and never returns an argument
    numbers = 0  # how many of the first arguments, if they are numbers, are inputs of the graph all the same
    view = False  # whether the result shares the memory of the first argument
    moves = False  # whether elements only go to other places, so that halves need not be widened
    refusal: str | None = None  # why a write through such a view is an error
    generate_vmap_rule = False  # for PyTorch: `vmap` is a loop here, which needs no rule
    boxed_grads_call = False  # whether backward takes the gradients as one list, which it may empty
    clear_saved_tensors_on_access = False  # whether `ctx.saved_tensors` can be read once only
    _widens = False
    _node: type[Node]
    _run_forward: Callable[..., Any]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        _take_vjp(cls)
        module = cls.__module__ if cls.builtin else "torch.autograd.function"
        cls._node = type(
            cls.__dict__.get("title", cls.__name__) + cls.suffix,
            (Node if cls.builtin else CustomNode,),
            {"function": _Boxed(cls) if cls.boxed_grads_call else cls, "__module__": module},
        )
        separate = cls.setup_context is not Function.setup_context
        forward = _forward_and_setup(cls) if separate else cls.forward
        cls._widens = cls.builtin and not (cls.view or cls.moves)
        cls._run_forward = staticmethod(forward if cls.builtin else unrecorded(forward))
        if not cls.builtin and "apply" not in cls.__dict__:
            named = _apply_bound if separate else _apply_named
            cls.apply = classmethod(named)  # type: ignore[assignment, method-assign]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated: the methods of "
            f"{type(self).__name__} are static. Call {type(self).__name__}.apply(...), do not make an instance of it."
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the result. Overridden in every subclass."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what backward needs, where forward has no `ctx`."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the inputs. Overridden in every differentiable subclass."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom autograd.Function to use it with "
            "backward mode AD."
        )

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """`backward`, by another name: a subclass defines one of the two."""
        return Function.backward(ctx, *grad_outputs)

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """The derivative along a direction. Nothing calls it here: directions go through backward, twice."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """What the operation is under `torch.vmap`. Nothing calls it here: `vmap` is a loop over the samples."""
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap staticmethod or set "
            "generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward, and record it if an argument requires grad."""
        if dtypes.mixed and cls._widens and half_among(cls.__name__, args):
            return cls._apply_half(args)
        record = mode.grad
        node = cls._node()
        # What is not recorded, as in backward, needs no edges; but a user's forward may ask which inputs require grad.
        node.edges = edges_of(args) if record or not cls.builtin else (None,) * len(args)
        try:
            result = cls._run_forward(node, *args)
        except AttributeError as error:
            if not cls.builtin or (explained := not_a_tensor(cls.__name__.lower(), error)) is error:
                raise
            raise explained from None
        if cls.builtin and type(result) is ndarray:  # nearly always
            first = args[0]
            if not isinstance(first, TensorBase):
                first = _first_tensor(args)
            x = _view_of(first, result, (cls, args[1:], None), cls.refusal) if cls.view else first._wrap(result)
            if record:
                if any(node.edges):
                    node.connect_one(x)
            elif ever.inference and mode.inference and not cls.view:
                x._inference = True
            return x
        return cls._connected(node, args, result, record)

    @classmethod
    def _apply_half(cls, args: tuple[Any, ...]) -> Any:
        node = half_node(cls._node)()
        node.edges = edges_of(args)
        return cls._connected(node, args, compute(cls._run_forward, node, args), mode.grad)

    @classmethod
    def _connected(cls, node: Node, args: tuple[Any, ...], result: Any, record: bool) -> Any:
        """The results as tensors that come from the node."""
        several = type(result) is tuple
        outputs = [cls._wrap(node, x, args, nr) for nr, x in enumerate(result if several else (result,))]
        if node._dirty:
            _write_back(node, outputs, record and any(node.edges))
        elif record:
            if any(node.edges):
                node.connect(outputs)
        elif ever.inference and mode.inference and not cls.view:
            _mark_inference(outputs)
        return tuple(outputs) if several else outputs[0]

    @classmethod
    def _wrap(cls, node: Node, x: Any, args: tuple[Any, ...], nr: int) -> Any:
        """A tensor of a result: of an ndarray, or of an argument that was returned as it came (on the same memory)."""
        if type(x) is ndarray:
            if cls.view:
                return _view_of(args[0], x, (cls, args[1:], nr), cls.refusal)
            return (args[0] if isinstance(args[0], TensorBase) else _first_tensor(args))._wrap(x)
        if cls.builtin or not isinstance(x, TensorBase) or any(x is d for d in node._dirty):
            return x
        if any(x is a for a in args):
            constant, x = any(x is c for c in node._constant), _view_of_argument(x)
            node._constant += (x,) if constant else ()
        if x._view is not None:
            x._view.refusal = _IN_FUNCTION
        return x


class _Boxed:
    """A Function whose backward takes the gradients as one list."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.clear_saved_tensors_on_access = function.clear_saved_tensors_on_access

    def backward(self, ctx: Any, *grads: Any) -> Any:
        """The gradients of the inputs."""
        return self.function.backward(ctx, list(grads))


def _take_vjp(cls: type[Function]) -> None:
    """A Function may call its backward `vjp`, but not have both."""
    if "vjp" not in cls.__dict__:
        return
    if "backward" in cls.__dict__:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You should only implement "
            "one of them."
        )
    setattr(cls, "backward", cls.__dict__["vjp"])  # noqa: B010  (a static method stays one)


_apply: Any = Function.__dict__["apply"]


def watch_applications(measure: Any) -> None:
    """Let `measure(call, name, *args)` call every operation from now on; None: nobody."""

    def watched(cls: Any, *args: Any) -> Any:
        return measure(functools.partial(_apply.__func__, cls), cls.__dict__.get("title", cls.__name__), *args)

    Function.apply = _apply if measure is None else classmethod(watched)  # type: ignore[method-assign, assignment]


def _view_of_argument(x: TensorBase) -> TensorBase:
    alias: TensorBase = x._alias()
    alias._view = View(x if x._view is None else x._view.base, (), x.storage.version, _IN_FUNCTION)
    return alias


def _first_tensor(args: tuple[Any, ...]) -> Any:
    return next(a for a in args if isinstance(a, TensorBase))


def unrecorded(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A user's forward, which is made of operations, without recording them."""

    def run(node: Node, *args: Any) -> Any:
        before, mode.grad = mode.grad, False
        try:
            return forward(node, *args)
        finally:
            mode.grad = before

    return run


def _apply_bound(cls: type[Function], *args: Any, **kwargs: Any) -> Any:
    """`apply` where forward has no `ctx`:
    keywords and defaults become positional arguments, as `backward` counts them.
    """
    call = inspect.signature(cls.forward).bind(*args, **kwargs)
    call.apply_defaults()
    if call.kwargs:
        raise TypeError(f"{cls.__name__}.forward may not have keyword-only arguments: {', '.join(call.kwargs)}")
    return Function.apply.__func__(cls, *call.args)  # type: ignore[attr-defined]


def _apply_named(cls: type[Function], *args: Any, **kwargs: Any) -> Any:
    """`apply`, where forward's arguments may be given by name: to `backward` they are positional all the same."""
    if kwargs:
        args = inspect.signature(cls.forward).bind(None, *args, **kwargs).args[1:]
    return Function.apply.__func__(cls, *args)  # type: ignore[attr-defined]


def _forward_and_setup(cls: type[Function]) -> Callable[..., Any]:
    def forward(ctx: Node, *args: Any) -> Any:
        output = cls.forward(*args)
        cls.setup_context(ctx, args, output)
        return output

    return forward


def _mark_inference(outputs: list[Any]) -> None:
    for x in outputs:
        if isinstance(x, TensorBase):
            x._inference = True


def _view_of(source: TensorBase, array: Any, step: tuple[Any, Any, int | None], refusal: str | None) -> Any:
    """A tensor of an array on the memory of `source`, which remembers its base and the steps from there."""
    x = source._share(array)
    if source._inference:
        x._inference = True
    older, version = source._view, source.storage.version
    refusal = refusal or (None if mode.grad else _IN_NO_GRAD)
    if older is None:
        x._view = View(source, (step,), version, refusal)
    else:
        x._view = View(older.base, (*older.steps, step), version, refusal or older.refusal)
    return x


_IN_NO_GRAD = (
    "A view was created in no_grad mode and {happened} with grad mode enabled. Whether that write should be recorded "
    "is not clear: put the view and the write both inside no_grad, or both outside."
)
_IN_FUNCTION = (
    "Output {nr} of {node} is a view and {happened}. The view was created inside a custom Function, or is an argument "
    "that it returned; the write would bypass the Function's backward. Return a clone from forward instead."
)


def _write_back(node: Node, outputs: list[Any], record: bool) -> None:
    """Forward wrote to the inputs that it marked dirty: they now come from this node."""
    for x in node._dirty:
        if not any(x is y for y in outputs):
            raise RuntimeError(
                f"{node.name()}: Some elements marked as dirty during the forward method were not returned as output. "
                "The inputs that are modified inplace must all be outputs of the Function."
            )
        if record:
            check_writable(x)
        x.storage.written(node.name())
    if record:
        node.connect(outputs)
        for x in node._dirty:
            rebase(x, x._edge)
            x._retain_again()


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """For a backward that is not made of recorded operations: its result cannot be differentiated again."""

    def run(ctx: Any, *grads: Any) -> Any:
        record, mode.grad = mode.grad, False
        try:
            result = backward(ctx, *grads)
        finally:
            mode.grad = record
        if not record or not any(isinstance(g, TensorBase) and g.tracked() for g in grads):
            return result
        several = result if isinstance(result, tuple) else (result,)
        barred = tuple([_Once.apply(g, *grads) if isinstance(g, TensorBase) else g for g in several])
        return barred if isinstance(result, tuple) else barred[0]

    return run


class _Once(Function):
    """A result of a once-differentiable backward: the identity, with an error for a derivative."""

    @staticmethod
    def forward(ctx: Any, x: Any, *grads: Any) -> Any:
        return x

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")
