"""A node of the graph: the record of one operation, and its context while it runs."""

from __future__ import annotations

import functools
import os
import traceback
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NamedTuple

from ..storage import tick
from .grad_mode import ever, mode
from .hooks import RemovableHandle, add_hook
from .tensor_base import TensorBase

# Where an argument of forward came from: (Node or leaf tensor, which of its outputs); None for a tensor that needs no
# gradient, () for what is no tensor.
Edge = tuple[Any, int] | tuple[()] | None


class FunctionCtx:
    """What a Function's methods are given as `ctx`, and users see of a `grad_fn`: the public side of a node."""

    edges: Sequence[Edge] = ()  # one per argument of forward
    outputs: Sequence[Any] = ()  # (shape, numpy dtype) of each result
    function: Any = None
    number: int = -1
    materialize_grads: bool = True
    _saved: Any = ()  # None when freed
    _keeps_output: bool = False
    _packed: tuple[Any, ...] = ()  # what hooks made of the saved tensors
    _own: dict[int, int] | None = None  # which saved tensors are this node's outputs
    _dirty: tuple[Any, ...] = ()
    _constant: tuple[Any, ...] = ()
    _for_forward: tuple[Any, ...] | None = None
    _tensor_hooks: dict[int, Any] | None = None  # of its results, before the hooks of its own
    _pre_hooks: dict[int, Any] | None = None
    _hooks: dict[int, Any] | None = None
    _metadata: dict[Any, Any] | None = None

    # ------------------------------------------------ in forward

    @property
    def needs_input_grad(self) -> tuple[bool, ...]:
        """For each argument of forward, whether a gradient of it will be asked for."""
        return tuple([True if edge else False for edge in self.edges])  # noqa: SIM210  (bool() takes twice as long)

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for backward; numbers pass as they are."""
        self._saved = tensors

    def save_output_for_backward(self) -> None:
        """Keep the result, too: it becomes the last of the saved tensors."""
        self._keeps_output = True

    def save_for_forward(self, *tensors: Any) -> None:
        """Keep tensors for a `jvp`: they are `saved_for_forward`, and nothing here needs them."""
        self._for_forward = tensors

    @property
    def saved_for_forward(self) -> Any:
        """What `save_for_forward` was given; None without it."""
        return self._for_forward

    @property
    def to_save(self) -> Any:
        """What `save_for_backward` was given, while forward runs; None without it."""
        return self._saved or None

    @property
    def dirty_tensors(self) -> Any:
        """What `mark_dirty` was given; None without it."""
        return self._dirty or None

    @property
    def non_differentiable(self) -> Any:
        """What `mark_non_differentiable` was given; None without it."""
        return self._constant or None

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which inputs forward wrote to; they must be returned."""
        self._dirty = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which results have no derivative."""
        self._constant = tensors

    def mark_shared_storage(self, *pairs: Any) -> None:
        """An older way to say which inputs and outputs share memory, which is noticed without it: warns."""
        warnings.warn(
            "`mark_shared_storage` is deprecated. Tensors with shared storages are automatically tracked. "
            "Note that calls to `set_()` are not tracked",
            FutureWarning,
            stacklevel=2,
        )

    def set_materialize_grads(self, value: bool) -> None:
        """With False, an output without a gradient gives None to backward instead of zeros."""
        self.materialize_grads = value

    # ------------------------------------------------ in backward

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What forward saved; RuntimeError if it was freed, or written to since."""
        saved = self._saved
        if saved is None:
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved tensors after they have "
                "already been freed). Saved intermediate values of the graph are freed when you call .backward() or "
                "autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or "
                f"if you need to access saved tensors after calling backward. (at {self.name()})"
            )
        if self._packed:
            saved = tuple([x.unpack() if isinstance(x, Packed) else x for x in self._packed])
        for x in saved:
            if isinstance(x, TensorBase) and x._storage is not None and x._storage.written_at > self.number:
                raise RuntimeError(self._modified(x))
        if self._own and mode.grad:
            return tuple([self._as_output(x, i) for i, x in enumerate(saved)])
        return saved

    @property
    def saved_variables(self) -> tuple[Any, ...]:
        """`saved_tensors`, by an older name that warns."""
        warnings.warn("'saved_variables' is deprecated; use 'saved_tensors'", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    def maybe_clear_saved_tensors(self) -> None:
        """Free what was saved now, where the Function has `clear_saved_tensors_on_access`; else backward's end does."""
        if getattr(self.function, "clear_saved_tensors_on_access", False):
            self._saved, self._packed = None, ()

    def _as_output(self, x: Any, i: int) -> Any:
        """A saved output with its history again, for derivatives of the derivative."""
        nr = None if self._own is None else self._own.get(i)
        if nr is None:
            return x
        x = x._alias()
        x._requires_grad, x._edge = True, (self, nr)
        return x

    def _modified(self, x: Any) -> str:
        own = any(self._saved[i] is x for i in self._own or ())
        maker, nr = (self, 0) if own else x._edge or (None, 0)
        source = f", which is output {nr} of {maker.name()}," if maker else ""
        expected = x.storage.version_at(self.number)
        expected = "an earlier version" if expected is None else f"version {expected}"
        return (
            "one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{x.type()} {list(x.shape)}]{source} is at version {x.storage.version}; expected {expected} "
            f"instead. It was saved by {self.name()} and written by {x.storage.writer}. Hint: enable anomaly detection "
            f"to find the operation that failed to compute its "
            "gradient, with torch.autograd.set_detect_anomaly(True)."
        )

    # ------------------------------------------------ what people look at

    def name(self) -> str:
        """The node's name, such as `MulBackward0`; of a few, PyTorch says the namespace, too."""
        name = type(self).__name__
        return f"torch::autograd::{name}" if name in _WITH_NAMESPACE else name

    def seen_as_strided(self) -> None:
        """A view is made anew from its base, which was written to: PyTorch does so by strides, and says it."""
        rename(self, "AsStridedBackward0")  # type: ignore[arg-type]

    def _sequence_nr(self) -> int:
        return self.number

    @property
    def requires_grad(self) -> bool:
        """Whether an input requires grad."""
        return any(self.needs_input_grad)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """For each tensor among the inputs:
        the node that made it (an AccumulateGrad for a leaf, or None), and which output.
        """
        edges = [self.edges[i] for i in self.tensor_inputs()]
        return tuple([(_public(e[0]), e[1]) if e and type(e[0]) is not Nowhere else (None, 0) for e in edges])

    def tensor_inputs(self) -> list[int]:
        """Which arguments of forward count as inputs: the tensors, and the numbers that PyTorch makes tensors of."""
        numbers = getattr(self.function, "numbers", 0)
        return [i for i, edge in enumerate(self.edges) if edge != () or i < numbers]

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dictionary for whatever the user wants to note."""
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(grad_inputs, grad_outputs)` after the node has run; a result replaces `grad_inputs`."""
        if self._hooks is None:
            self._hooks = OrderedDict()
        return add_hook(self._hooks, hook)

    def register_prehook(self, hook: Any) -> RemovableHandle:
        """Call `hook(grad_outputs)` before the node runs; a result replaces `grad_outputs`."""
        if self._pre_hooks is None:
            self._pre_hooks = OrderedDict()
        return add_hook(self._pre_hooks, hook)

    def register_tensor_hook(self, hook: Any) -> RemovableHandle:
        """The same for a hook of one of the node's results: these run first."""
        if self._tensor_hooks is None:
            self._tensor_hooks = OrderedDict()
        return add_hook(self._tensor_hooks, hook)


class Node(FunctionCtx):
    """What an operation left for backward: `ctx` in its forward and backward, `grad_fn` of its results.

    Each Function has its own subclass, named as PyTorch names it (`MulBackward0`). An edge leads from a node to the
    node or the leaf that made its input; its number is always smaller.
    """

    _retained: dict[int, Any] | None = None
    _trace: Any = None

    # ------------------------------------------------ in forward

    def connect(self, outputs: Sequence[Any], fresh: bool = False) -> None:
        """Enter the graph: become the `grad_fn` of the outputs. `fresh`: forward could not save them, they are new."""
        self.number = tick()
        self.outputs = [(x.array.shape, x.array.dtype) if isinstance(x, TensorBase) else None for x in outputs]
        for nr, x in enumerate(outputs):
            if isinstance(x, TensorBase) and x.array.dtype.kind in "fcV" and not _among(x, self._constant):
                x._requires_grad, x._edge = True, (self, nr)
        if self._keeps_output:
            self._saved += (outputs[0],)
        self._after_connecting(fresh)

    def connect_one(self, x: Any) -> None:
        """`connect` for a result of one new tensor: a short way, because nearly every operation takes it."""
        self.number = tick()
        array = x.array
        self.outputs = ((array.shape, array.dtype),)
        if array.dtype.kind in "fcV":
            x._requires_grad, x._edge = True, (self, 0)
        if self._keeps_output:
            self._saved += (x._alias(),)
            self._own = {len(self._saved) - 1: 0}
        if ever.watched:
            self._after_connecting(True)

    def _after_connecting(self, fresh: bool) -> None:
        if self._saved and (self._keeps_output or not fresh):
            self._find_own()
        if ever.watched:
            self._refuse_inference_tensors()
            if mode.saved_hooks is not None:
                self._packed = tuple(
                    [mode.saved_hooks.pack(x, i in (self._own or ())) for i, x in enumerate(self._saved)]
                )
                self._saved = ()
        if mode.anomaly:
            self._trace = _stack_of_the_caller()

    def _find_own(self) -> None:
        """A saved output is kept as an alias without history, or it would hold the node that holds it."""
        saved = enumerate(self._saved)
        tensors = [(i, x._edge) for i, x in saved if isinstance(x, TensorBase)]
        own = {i: edge[1] for i, edge in tensors if edge is not None and edge[0] is self}
        if own:
            self._own = own
            self._saved = tuple([x._alias() if i in own else x for i, x in enumerate(self._saved)])

    def _refuse_inference_tensors(self) -> None:
        if any(isinstance(x, TensorBase) and x._inference for x in self._saved):
            raise RuntimeError(
                "Inference tensors cannot be saved for backward. To work around you can make a clone to get a "
                f"normal tensor and use it in autograd. (saved by {self.name()})"
            )

    def adopt(self, output: Any, target: Any) -> None:
        """`output` was copied into `target`: if it was saved, it is the target that is saved now."""
        for i in self._own or ():
            if self._saved[i].storage is output.storage:
                self._saved[i].array, self._saved[i]._storage = target.array, target.storage
                self.number = tick()  # the node is younger than this write

    # ------------------------------------------------ in backward

    def run(self, grads: list[Any]) -> tuple[Any, ...]:
        """The gradients of the inputs, from those of the outputs."""
        if len(grads) > 1 and self.materialize_grads:
            grads = self._materialize(grads)
        result = self.function.backward(self, *grads)
        if type(result) is not tuple:
            result = tuple(result) if isinstance(result, list) else (result,)
        return result if len(result) == len(self.edges) else self._fit(result)

    def _materialize(self, grads: list[Any]) -> list[Any]:
        some = next((g for g in grads if g is not None), None)
        if some is None or all(g is not None for g in grads):
            return grads
        pairs = zip(grads, self.outputs, strict=True)
        return [some._zeros(*meta) if g is None and meta else g for g, meta in pairs]

    def _fit(self, result: tuple[Any, ...]) -> tuple[Any, ...]:
        count = len(self.edges)
        if len(result) > count and all(g is None for g in result[count:]):
            return result[:count]
        raise RuntimeError(
            f"function {self.name()} returned an incorrect number of gradients (expected {count}, got {len(result)})"
        )

    def release(self) -> None:
        """Free what was saved."""
        if self._saved or self._packed:
            self._saved, self._packed = None, ()

    def retain(self, nr: int, tensor: Any) -> None:
        """Write the gradient of output `nr` to `tensor.grad`, while somebody holds the tensor."""
        if self._retained is None:
            self._retained = {}
        self._retained[nr] = weakref.ref(tensor)


class SavedHooks:
    """What saved tensors pass through on their way into the graph, and out of it."""

    def __init__(self, pack: Any, unpack: Any) -> None:
        self.pack_hook = pack
        self.unpack_hook = unpack

    def pack(self, x: Any, own: bool) -> Any:
        """A saved tensor as the hook leaves it, with its place in the graph (which a node's own output has not)."""
        if not isinstance(x, TensorBase):
            return x
        edge = None if own else edge_of(x)
        record, mode.grad = mode.grad, False
        version = x.storage.version
        try:
            packed = self.pack_hook(x._alias() if own else x)
        finally:
            mode.grad = record
        if x.storage.version != version:
            raise RuntimeError(
                "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can "
                "not be modified by in-place operations as this can lead to unexpected side-effects."
            )
        return Packed(packed, self.unpack_hook, edge)


class Packed:
    """A saved tensor as a hook left it."""

    def __init__(self, value: Any, hook: Any, edge: Any) -> None:
        self.value = value
        self.hook = hook
        self.edge = edge

    def unpack(self) -> Any:
        """The tensor again; while backward is recorded, in its place in the graph."""
        record, mode.grad = mode.grad, False
        try:
            x = self.hook(self.value)
        finally:
            mode.grad = record
        if not isinstance(x, TensorBase):
            raise TypeError(
                f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(x).__name__}"
            )
        x = x._alias()
        if record and self.edge is not None:
            _Unpacked(self.edge).connect((x,))
        return x


class _Unpacked(Node):
    """y = x, where a saved tensor comes back: its gradient goes on to the tensor that was saved."""

    def __init__(self, edge: Any) -> None:
        self.edges = (edge,)

    def run(self, grads: list[Any]) -> tuple[Any, ...]:
        return tuple(grads)


class Nowhere(Node):
    """Behind a view that was made in `no_grad`: it requires grad, as its base does, but no gradient goes further."""

    def __init__(self, x: Any) -> None:
        self.outputs = ((x.array.shape, x.array.dtype),)
        self.number = tick()

    def run(self, grads: list[Any]) -> tuple[Any, ...]:
        return ()


class GradientEdge(NamedTuple):
    """A node, and which of its outputs is meant: the place of a tensor in the graph."""

    node: Any
    output_nr: int


_run = Node.run


def watch_runs(measure: Any) -> None:
    """Let `measure(call, name, grads)` run every node from now on; None: nobody."""

    def watched(self: Node, grads: list[Any]) -> tuple[Any, ...]:
        result: tuple[Any, ...] = measure(functools.partial(_run, self), self.name(), grads)
        return result

    Node.run = _run if measure is None else watched  # type: ignore[method-assign]


class CustomNode(Node):
    """The node of a Function that users wrote: what its methods are given and what backward returns is checked."""

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for backward. Keep anything else as an attribute of `ctx`."""
        for i, x in enumerate(tensors):
            if x is not None and not isinstance(x, TensorBase):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type {type(x).__name__}: "
                    "assign other values to an attribute of ctx"
                )
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What forward saved; freed at once where the Function has `clear_saved_tensors_on_access`."""
        saved = super().saved_tensors
        if self.function.clear_saved_tensors_on_access:
            self.maybe_clear_saved_tensors()
        return saved

    def run(self, grads: list[Any]) -> tuple[Any, ...]:
        """The gradients of the inputs: tensors, or None."""
        result = super().run(grads)
        for i, g in enumerate(result):
            if g is None:
                continue
            if not isinstance(g, TensorBase):
                raise RuntimeError(
                    f"{self.name()}: expected Variable or None (got {type(g).__name__}) as the gradient at position "
                    f"{i + 1}"
                )
            if self.edges[i] == ():
                raise RuntimeError(
                    f"function {self.name()} returned a gradient different than None at position {i + 1}, but the "
                    "corresponding forward input was not a Variable"
                )
        return result

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{self.name()} object at {id(self):#x}>"


class AccumulateGrad:
    """The end of the graph at a leaf, as `next_functions` shows it; two of one leaf are equal."""

    next_functions = ()

    def __init__(self, variable: Any) -> None:
        self.variable = variable

    def name(self) -> str:
        """The name, with the words before it that PyTorch has there."""
        return "torch::autograd::AccumulateGrad"

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(grad_inputs, grad_outputs)` after the leaf's gradient was accumulated."""
        leaf: RemovableHandle = self.variable.register_post_accumulate_grad_hook(lambda x: hook((), (x.grad,)))
        return leaf

    def register_prehook(self, hook: Any) -> RemovableHandle:
        """Call `hook((grad,))` before the leaf's gradient is accumulated; a result replaces it."""

        def on_leaf(grad: Any) -> Any:
            replaced = hook((grad,))
            return replaced[0] if isinstance(replaced, (tuple, list)) else replaced

        leaf: RemovableHandle = self.variable.register_hook(on_leaf)
        return leaf

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AccumulateGrad) and other.variable is self.variable

    def __hash__(self) -> int:
        return id(self.variable)

    def __repr__(self) -> str:
        return f"<AccumulateGrad object at {id(self.variable):#x}>"


_WITH_NAMESPACE = ("CopyBackwards", "CopySlices", "NotImplemented")


def rename(node: Node, name: str) -> None:
    """Show a node under another name; nothing else of it changes."""
    kind: Any = type(node)
    node.__class__ = _named(kind, name)


def shown(x: Any, name: str) -> Any:
    """x itself; the node that made it, which must be new, is shown under another name."""
    if x._edge is not None:
        rename(x._edge[0], name)
    return x


@functools.cache
def _named(kind: Any, name: str) -> Any:
    return type(name, (kind,), {"__module__": kind.__module__})


def edges_of(args: tuple[Any, ...]) -> list[Edge]:
    """The edges from an operation to its arguments."""
    edges: list[Edge] = []
    for x in args:
        if not isinstance(x, TensorBase):
            edges.append(())
        elif x._view is not None:
            edges.append(edge_of(x))
        else:
            edges.append(x._edge or ((x, 0) if x._requires_grad else None))
    return edges


def edge_of(x: Any) -> Edge:
    """The edge to a tensor."""
    edge: Edge = x.current_edge() if mode.grad else x._edge  # first: it may find that `x` requires grad
    if edge or x._requires_grad:
        return edge or (x, 0)
    view = x._view
    return (Nowhere(x), 0) if view is not None and view.base._requires_grad else None


def _public(target: Any) -> Any:
    return target if isinstance(target, Node) else AccumulateGrad(target)


def _stack_of_the_caller() -> list[str]:
    """The lines that led here, without those of this package at the end."""
    frames = traceback.extract_stack()
    while len(frames) > 1 and frames[-1].filename.startswith(_PACKAGE):
        frames.pop()
    return traceback.format_list(frames)


_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "")


def _among(x: Any, others: tuple[Any, ...]) -> bool:
    return any(x is other for other in others)
