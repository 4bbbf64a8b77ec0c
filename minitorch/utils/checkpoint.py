"""Checkpoints of activations:
what lies inside is computed again in backward instead of being kept (Chen et al., 2016).
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from ..autograd.engine import grad
from ..autograd.function import Function
from ..autograd.grad_mode import enable_grad, mode
from ..autograd.node import Node
from ..nn.containers import Sequential
from ..random import fork_rng, get_rng_state, set_rng_state
from ..storage import tick
from ..tensor import Tensor


class CheckpointError(RuntimeError):
    """The second computation did not go as the first one."""


def noop_context_fn() -> tuple[Any, Any]:
    """The contexts of the two computations, unless others are given: none."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple[Any, Any]] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args, **kwargs)`, whose graph is dropped at once and made again in backward: less memory, more time.

    Gradients flow to the arguments and to whatever else the function uses, to any order. The second time the default
    generator starts from the same state (unless `preserve_rng_state=False`). `context_fn` gives two context managers,
    for the first time and for the second. Both settings of `use_reentrant` do the same here.

    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> torch.utils.checkpoint.checkpoint(lambda x: x.exp().sin(), x, use_reentrant=False).backward()
    >>> x.grad
    tensor(3.3129)
    """
    preserve = kwargs.pop("preserve_rng_state", True)
    if use_reentrant is None:
        _warn_of_choice("checkpoint")
    if use_reentrant is not False and kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if use_reentrant is not False and (context_fn is not noop_context_fn or debug):
        raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    first, second = context_fn()
    if not mode.grad:
        with first:
            return function(*args, **kwargs)
    return _Segment(function, args, kwargs, preserve, second).begin(first)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """Run functions one after the other (or the children of a `Sequential`),
    all but the last of `segments` parts checkpointed.
    """
    if use_reentrant is None:
        _warn_of_choice("checkpoint_sequential")
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children() if isinstance(functions, Sequential) else functions)
    size = len(functions) // segments
    for start in range(0, size * (segments - 1), size):
        part = _chain(functions[start : start + size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _chain(functions[size * (segments - 1) :])(input)


def _warn_of_choice(name: str) -> None:
    warnings.warn(
        f"torch.utils.checkpoint.{name}: the use_reentrant parameter should be passed explicitly. In version 2.9 we "
        "will raise an exception if use_reentrant is not passed in PyTorch; here both settings do the same.",
        stacklevel=3,
    )


def _chain(functions: list[Any]) -> Callable[[Any], Any]:
    def run(x: Any) -> Any:
        for function in functions:
            x = function(x)
        return x

    return run


# ---------------------------------------------------------------- what programs set and ask


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Accepted, without effect: the second computation always goes to its end."""
    yield


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Accepted, without effect: there is no log of operators to show."""
    yield


class GraphExecGroup:
    """Inside, each checkpointed part is computed again once at most, however many calls of backward meet it.

    Those calls must not go through the same results of a part. RuntimeError if such contexts are nested.
    """

    current: GraphExecGroup | None = None

    def __enter__(self) -> GraphExecGroup:
        if GraphExecGroup.current is not None:
            raise RuntimeError(f"GraphExecGroup contexts cannot be nested. Already inside {GraphExecGroup.current}")
        GraphExecGroup.current, self._made = self, {}
        return self

    def __exit__(self, *error: object) -> None:
        GraphExecGroup.current = None
        self._made.clear()

    _made: dict[int, Any]

    def again(self, segment: _Segment) -> Any:
        """What `segment.again()` gave the first time."""
        if id(segment) not in self._made:
            self._made[id(segment)] = (segment, segment.again())  # the segment is held, so that its id stays its own
        return self._made[id(segment)][1]


class CheckpointFunction:
    """The older way to call `checkpoint`: `CheckpointFunction.apply(function, preserve_rng_state, *args)`."""

    @staticmethod
    def apply(run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        """`run_function(*args)`, computed again in backward."""
        return checkpoint(run_function, *args, use_reentrant=True, preserve_rng_state=preserve_rng_state)


class DefaultDeviceType:
    """The device whose random state a checkpoint would keep beside the CPU's: remembered, no more."""

    _name = "cpu"

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        """Set it."""
        DefaultDeviceType._name = device

    @staticmethod
    def get_device_type() -> str:
        """What was set last; "cpu" at first."""
        return DefaultDeviceType._name


def get_device_states(*args: Any) -> tuple[list[int], list[Tensor]]:
    """The numbers and random states of the devices that the arguments lie on, the CPU aside: none."""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Give the devices these random states; RuntimeError if there are any, for the CPU is not among them."""
    if list(devices):
        raise RuntimeError(f"set_device_states: minitorch runs on the CPU alone, but got states for devices {devices}")


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs with tensors cut off from their graph; what required grad is a leaf that does."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(
            f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}: {inputs!r:.100}"
        )
    return tuple([x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs])


def check_backward_validity(inputs: Iterable[Any]) -> None:
    """Warn if no input requires grad."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2)


# ---------------------------------------------------------------- how it is done


class _Segment:
    """A computation that can be made again."""

    def __init__(self, function: Any, args: Any, kwargs: Any, preserve: bool, context: Any) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.state = get_rng_state() if preserve else None
        self.context, self.autocast = context, mode.autocast

    def begin(self, context: Any) -> Any:
        """The first time: the result, with one node in the place of the graph that made it."""
        start = tick()
        with context:
            result = self.function(*self.args, **self.kwargs)
        made = _made_since(start, result)
        if not made:
            return result
        given = [x for x in (*self.args, *self.kwargs.values()) if isinstance(x, Tensor)]
        values = [x.detach() for x in made]
        outputs = _Recomputed.apply(self, values, given, *_sources(start, made))
        new = {id(x): y for x, y in zip(made, outputs, strict=True)}
        return _mapped(lambda x: new.get(id(x), x), result)

    def again(self) -> tuple[list[Any], list[Any]]:
        """The second time: the same results, and the nodes of their graph."""
        with fork_rng(enabled=self.state is not None), enable_grad(), _autocast(self.autocast), self.context:
            if self.state is not None:
                set_rng_state(self.state)
            start = tick()
            made = _made_since(start, self.function(*self.args, **self.kwargs))
        return made, _nodes_since(start, made)


@contextlib.contextmanager
def _autocast(dtype: Any) -> Iterator[None]:
    """Autocast as it was the first time."""
    before, mode.autocast = mode.autocast, dtype
    try:
        yield
    finally:
        mode.autocast = before


class _Recomputed(Function):
    """The results of a segment, as a function of where its graph began;
    backward computes them again for their graph.
    """

    title = "Checkpoint"

    @staticmethod
    def forward(ctx: Any, segment: _Segment, values: list[Any], given: list[Any], *sources: Any) -> Any:
        ctx.segment, ctx.sources = segment, sources
        ctx.save_for_backward(*given)
        return tuple(values)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        _ = ctx.saved_tensors  # an error if an argument was written to
        group = GraphExecGroup.current
        outputs, nodes = ctx.segment.again() if group is None else group.again(ctx.segment)
        shapes = [x.shape for x in outputs]
        if shapes != [g.shape for g in grads]:
            raise CheckpointError(
                "torch.utils.checkpoint: the function gave other results when it was computed again: shapes "
                f"{[list(s) for s in shapes]} instead of {[list(g.shape) for g in grads]}"
            )
        ends = [_end(x) for x in ctx.sources]
        with _cut_off(nodes, ctx.sources, ends):
            keep = mode.grad or group is not None
            found = grad(outputs, ends, grads, retain_graph=keep, create_graph=mode.grad, allow_unused=True)
        return None, None, None, *found


@contextlib.contextmanager
def _cut_off(nodes: list[Any], sources: Any, ends: list[Any]) -> Iterator[None]:
    """Inside, the graph of a segment ends where it begins: gradients come out there, and hooks further down do not run.

    Afterwards it is whole again, for derivatives of the derivatives.
    """
    place = {_key(_edge_of(x)): (end, 0) for x, end in zip(sources, ends, strict=True)}
    inner = {id(node) for node in nodes}
    whole = [(node, node.edges) for node in nodes]
    for node, edges in whole:
        node.edges = [edge if not edge or id(edge[0]) in inner else place.get(_key(edge)) for edge in edges]
    try:
        yield
    finally:
        for node, edges in whole:
            node.edges = edges


def _key(edge: Any) -> tuple[int, int]:
    return id(edge[0]), edge[1]


def _edge_of(x: Any) -> Any:
    return x.current_edge() or (x, 0)


def _end(source: Any) -> Any:
    """A leaf of the shape and dtype of a source, without memory of its own."""
    shape, dtype = (
        (source.array.shape, source.array.dtype) if source.grad_fn is None else source.grad_fn.outputs[source.output_nr]
    )
    end = Tensor._wrap(np.broadcast_to(np.zeros((), dtype), shape))
    end._requires_grad = True
    return end


def _made_since(start: int, result: Any) -> list[Any]:
    """The tensors of a result whose graph began after a tick of the clock, each once."""
    found: dict[int, Any] = {}
    for x in _tensors(result):
        if x.grad_fn is not None and x.grad_fn.number > start:
            found[id(x)] = x
    return list(found.values())


def _nodes_since(start: int, made: list[Any]) -> list[Any]:
    """The nodes of the graph of some tensors that are younger than a tick of the clock."""
    seen: dict[int, Any] = {}
    stack = [x.grad_fn for x in made]
    while stack:
        node = stack.pop()
        if id(node) not in seen and isinstance(node, Node) and node.number > start:
            seen[id(node)] = node
            stack += [edge[0] for edge in node.edges if edge]
    return list(seen.values())


def _sources(start: int, made: list[Any]) -> list[Any]:
    """Tensors that stand for all places where the graph of `made` leads to what was there before."""
    nodes = _nodes_since(start, made)
    inner = {id(node) for node in nodes}
    edges = [edge for node in nodes for edge in node.edges if edge and id(edge[0]) not in inner]
    return [_standing_for(*edge) for edge in {_key(edge): edge for edge in edges}.values()]


def _standing_for(target: Any, nr: int) -> Any:
    """A leaf itself; for a node, a tensor without content at its place in the graph."""
    if not isinstance(target, Node):
        return target
    x = Tensor._zeros((0,), target.outputs[nr][1])
    x._requires_grad, x._edge = True, (target, nr)
    return x


def _tensors(x: Any) -> Iterable[Any]:
    if isinstance(x, Tensor):
        yield x
    elif isinstance(x, (tuple, list)):
        for item in x:
            yield from _tensors(item)
    elif isinstance(x, dict):
        yield from _tensors(list(x.values()))


def _mapped(f: Callable[[Any], Any], x: Any) -> Any:
    """A nest of tuples, lists and dictionaries, with `f` of its tensors."""
    if isinstance(x, Tensor):
        return f(x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*[_mapped(f, item) for item in x])
    if isinstance(x, (tuple, list)):
        return type(x)([_mapped(f, item) for item in x])
    return {key: _mapped(f, item) for key, item in x.items()} if isinstance(x, dict) else x


__all__ = [
    "CheckpointError",
    "CheckpointFunction",
    "DefaultDeviceType",
    "GraphExecGroup",
    "check_backward_validity",
    "checkpoint",
    "checkpoint_sequential",
    "detach_variable",
    "get_device_states",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
    "set_device_states",
]
