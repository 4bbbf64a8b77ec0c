"""Backward: gradients flow from the roots to the leaves, in the order of the nodes' numbers."""

from __future__ import annotations

import contextlib
import heapq
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from ..storage import ONE_REFERENCE
from .grad_mode import ever, mode
from .hooks import check_count, check_replaced, check_returns_none
from .node import AccumulateGrad, GradientEdge, Node
from .tensor_base import TensorBase


class Sweep:
    """One backward pass. Every edge leads to a smaller number, so the largest waiting number is always ready."""

    def __init__(self, wanted: Wanted | None) -> None:
        self.order: list[int] = []  # a heap of negated numbers
        self.waiting: dict[int, list[Any]] = {}  # by number: [node, gradient of its first output, of its second, ...]
        self.leaves: dict[int, list[Any]] = {}  # by id: [leaf, gradient]
        self.wanted = wanted
        self.captured: dict[tuple[int, int], Any] = {}
        self.roots: list[Any] = []
        self.retained: list[tuple[Any, Any]] = []  # tensors that are no leaves, and the gradients that they keep

    def reached(self) -> set[int]:
        """The ids of the nodes and leaves that this pass comes to."""
        if self.wanted is not None:
            return self.wanted.enter
        nodes = _reachable(self.roots)
        return {id(n) for n in (*nodes, *self.roots)} | {id(e[0]) for n in nodes for e in n.edges if e}

    def send(self, edge: tuple[Any, int], grad: Any, sender: Node | None) -> None:
        """Add `grad` to what waits at the end of `edge`."""
        target, nr = edge
        array = grad.array
        if isinstance(target, Node):
            shape, dtype = target.outputs[nr]
            if array.shape != shape or array.dtype is not dtype:
                grad = _fit(grad, shape, dtype, sender, edge)
            slot = self.waiting.get(target.number)
            if slot is None:
                heapq.heappush(self.order, -target.number)
                self.waiting[target.number] = slot = [None] * (1 + len(target.outputs))
                slot[0] = target
            nr += 1
            slot[nr] = grad if slot[nr] is None else slot[nr] + grad
        else:
            to = target.array
            if array.shape != to.shape or array.dtype is not to.dtype:
                grad = _fit(grad, to.shape, to.dtype, sender, edge)
            slot = self.leaves.get(id(target))
            if slot is None:
                self.leaves[id(target)] = [target, grad]
            else:
                slot[1] = slot[1] + grad

    def run(self, retain_graph: bool) -> None:
        """Run every node that a gradient reaches, the youngest first."""
        order, waiting, send, wanted = self.order, self.waiting, self.send, self.wanted
        while order:
            node, *grads = waiting.pop(-heapq.heappop(order))
            if node._tensor_hooks or node._retained or node._pre_hooks:
                grads = _run_pre_hooks(node, grads, self.retained)
            if wanted is not None:
                if id(node) in wanted.targets:
                    self.captured.update({(id(node), nr): grad for nr, grad in enumerate(grads)})
                if id(node) not in wanted.run:
                    continue
            result = _run_watched(node, grads) if ever.watched and mode.anomaly else node.run(grads)
            if node._hooks:
                result = _run_hooks(node, result, tuple(grads))
            for edge, grad in zip(node.edges, result, strict=False):
                if edge and grad is not None and (wanted is None or id(edge[0]) in wanted.enter):
                    send(edge, grad, node)
            if not retain_graph:
                node.release()


def _run_hooks(node: Node, result: tuple[Any, ...], grads: tuple[Any, ...]) -> tuple[Any, ...]:
    """Hooks see the gradients of the tensors among forward's arguments, and may replace them."""
    tensors = node.tensor_inputs()
    shown = tuple([result[i] for i in tensors])
    for hook in list((node._hooks or {}).values()):
        replaced = hook(shown, grads)
        if replaced is not None:
            shown = tuple(replaced) if isinstance(replaced, (tuple, list)) else (replaced,)
            check_count(hook, shown, len(tensors))
    changed = dict(zip(tensors, shown, strict=False))
    return tuple([changed.get(i, g) for i, g in enumerate(result)])


def _run_watched(node: Node, grads: list[Any]) -> tuple[Any, ...]:
    """Under anomaly detection: any error, and any NaN, is reported with the line of the forward call."""
    try:
        result = node.run(grads)
        for i, grad in enumerate(result):
            if mode.check_nan and grad is not None and node.edges[i] and grad.isnan().any().item():
                raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")
    except Exception as error:
        trace = "".join(node._trace) if node._trace else "  (made while anomaly detection was off)"
        error.add_note(f"{node.name()} was recorded by this forward call:\n{trace}")
        with contextlib.suppress(Warning):  # where warnings are errors, the error itself says enough
            warnings.warn(
                f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{trace}"
                if node._trace
                else f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly "
                "during forward pass for more information.",
                stacklevel=2,
            )
        raise
    return result


def _run_pre_hooks(node: Node, grads: list[Any], retained: list[tuple[Any, Any]]) -> list[Any]:
    """The hooks of the node's results, what is kept for their `.grad`, and then the hooks of the node itself."""
    grads = _replaced(node._tensor_hooks, grads)
    for nr, reference in (node._retained or {}).items():
        tensor = reference()
        if tensor is not None and tensor.grad_fn is node and grads[nr] is not None:
            retained.append((tensor, grads[nr]))
    return _replaced(node._pre_hooks, grads)


def _replaced(hooks: dict[int, Any] | None, grads: list[Any]) -> list[Any]:
    for hook in list((hooks or {}).values()):
        new = hook(tuple(grads))
        if new is not None:
            grads = list(new) if isinstance(new, (tuple, list)) else [new]
    return grads


def _fit(grad: Any, shape: tuple[int, ...], dtype: Any, sender: Node | None, edge: Any) -> Any:
    """Undo a broadcast, and a promotion; anything else is an error of the operation that sent the gradient."""
    if grad.array.shape != shape:
        try:
            grad = grad._sum_to(shape)
        except RuntimeError as error:
            raise RuntimeError(
                f"Function {sender.name() if sender else 'backward'} returned an invalid gradient at index "
                f"{sender.edges.index(edge) if sender else 0} - got {list(grad.array.shape)} but expected shape "
                f"compatible with {list(shape)}"
            ) from error
    return grad if grad.array.dtype == dtype else grad._cast(dtype)


# ---------------------------------------------------------------- which nodes lead to an input


def _reachable(roots: Sequence[Any]) -> list[Node]:
    """Every node that can be reached from the roots, the oldest first."""
    seen: dict[int, Node] = {}
    stack = [r for r in roots if isinstance(r, Node)]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen[id(node)] = node
        stack += [e[0] for e in node.edges if e and isinstance(e[0], Node)]
    return sorted(seen.values(), key=lambda n: n.number)


class Wanted:
    """Ids of the nodes and leaves on a way from the roots to the inputs, the `targets`:
    which gradients `enter`, and which nodes `run`.
    """

    def __init__(self, roots: Sequence[Any], inputs: Sequence[tuple[Any, int]]) -> None:
        self.targets = {id(target) for target, _ in inputs}
        self.enter = set(self.targets)
        self.run: set[int] = set()
        for node in _reachable(roots):
            if any(e and id(e[0]) in self.enter for e in node.edges):
                self.enter.add(id(node))
                self.run.add(id(node))


# ---------------------------------------------------------------- the ways in


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Add the gradients of `tensors` to the `.grad` of the leaves they were made from (or of `inputs` alone).

    `grad_tensors` are the gradients of some later value with respect to `tensors`; None means 1 for a scalar.
    """
    if grad_tensors is not None and grad_variables is not None:
        raise RuntimeError(
            "`grad_tensors` and `grad_variables` (deprecated) arguments both passed to `backward()`: pass the first "
            "alone."
        )
    roots = _listed(tensors)
    grads = _listed(grad_tensors if grad_variables is None else grad_variables)
    targets = None if inputs is None else [_target(x) for x in _listed(inputs)]
    if targets == []:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    for x in _listed(inputs):
        x.retain_grad()  # of a leaf, it does nothing
    retain = create_graph if retain_graph is None else retain_graph
    pass_ = _sweep(roots, grads, retain, create_graph, targets, through=True)
    _accumulate_all(pass_, create_graph)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, as new tensors; nothing is added to any `.grad`.

    >>> x = torch.tensor(2.0, requires_grad=True)
    >>> torch.autograd.grad(x**3, x)
    (tensor(12.),)
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False."
        )
    retain = create_graph if retain_graph is None else retain_graph
    roots, wanted, grads = _listed(outputs), _listed(inputs), _listed(grad_outputs)
    if not wanted:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if is_grads_batched:
        return _grad_batched(roots, wanted, grads, retain, create_graph, allow_unused)
    pass_ = _sweep(roots, grads, retain, create_graph, [_target(x) for x in wanted])
    results = [_result(pass_, x) for x in wanted]
    if materialize_grads:
        return tuple(
            [x._zeros(x.array.shape, x.array.dtype) if g is None else g for x, g in zip(wanted, results, strict=True)]
        )
    if not allow_unused and any(g is None for g in results):
        raise RuntimeError(
            f"The differentiated Tensor at index {next(i for i, g in enumerate(results) if g is None)} appears to not "
            "have been used in the graph. Set allow_unused=True if this is the desired behavior."
        )
    return tuple(results)


def _grad_batched(
    roots: Any, wanted: Any, grads: Any, retain: bool, create: bool, unused: bool | None
) -> tuple[Any, ...]:
    """One pass for each entry of the leading dimension of `grad_outputs`, stacked."""
    count = grads[0].array.shape[0]
    rows = [
        grad(roots, wanted, [g[i] for g in grads], retain or i + 1 < count, create, allow_unused=unused)
        for i in range(count)
    ]
    return tuple([None if column[0] is None else column[0]._stack(column) for column in zip(*rows, strict=True)])


def _listed(x: Any) -> list[Any]:
    if x is None:
        return []
    return [x] if isinstance(x, (TensorBase, GradientEdge)) else list(x)


def _target(x: Any) -> tuple[Any, int]:
    if isinstance(x, GradientEdge):
        return root_edge(x)
    if not isinstance(x, TensorBase):
        raise RuntimeError(f"all inputs have to be Tensors, but got {type(x).__name__}")
    if not x.tracked():
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return root_edge(x)


def _result(pass_: Sweep, x: Any) -> Any:
    target, nr = root_edge(x)
    if isinstance(target, Node):
        return pass_.captured.get((id(target), nr))
    slot = pass_.leaves.get(id(target))
    return None if slot is None else slot[1]


def _sweep(
    roots: list[Any], grads: list[Any], retain_graph: bool, create_graph: bool, inputs: Any, through: bool = False
) -> Sweep:
    """Send `grads` through the graph from `roots`; `inputs`: edges, where only their gradients are asked for.

    `through`: run the nodes that made the inputs, too, as PyTorch does where it accumulates: what they saved is freed.
    """
    if grads and len(grads) != len(roots):
        raise RuntimeError(f"got {len(roots)} tensors and {len(grads)} gradients")
    starts = [(root_edge(r), _root_grad(r, grads[i] if grads else None, i)) for i, r in enumerate(roots)]
    pass_ = Sweep(None if inputs is None else Wanted([edge[0] for edge, _ in starts], inputs))
    if through and pass_.wanted is not None:
        pass_.wanted.run |= pass_.wanted.targets
    pass_.roots = [edge[0] for edge, _ in starts]
    record, mode.grad = mode.grad, create_graph
    outer, mode.backward, mode.plain = (mode.backward, mode.plain), pass_, True
    try:
        while starts:  # emptied, so that nobody else holds a gradient that a leaf may keep
            edge, g = starts.pop(0)
            if pass_.wanted is None or id(edge[0]) in pass_.wanted.enter:
                pass_.send(edge, g, None)
            del g
        del grads
        pass_.run(retain_graph)
        for slot in pass_.leaves.values():
            if slot[0]._hooks:
                _run_leaf_hooks(slot)
        for tensor, g in pass_.retained:
            tensor._grad = _own(g) if tensor._grad is None else tensor._grad + g
    finally:
        mode.grad, (mode.backward, mode.plain) = record, outer
    return pass_


def root_edge(root: Any) -> tuple[Any, int]:
    """The node that made a tensor, or a leaf itself, and which output it is."""
    if isinstance(root, GradientEdge):
        return (root.node.variable, 0) if isinstance(root.node, AccumulateGrad) else (root.node, root.output_nr)
    return root.current_edge() or (root, 0)


def _root_grad(root: Any, given: Any, i: int) -> Any:
    """The gradient that `root` starts with: the one given, or 1."""
    if isinstance(root, GradientEdge):
        if given is None:
            raise RuntimeError(f"element {i} is a GradientEdge, which has no shape: grad_outputs must be given")
        return given
    if not root._requires_grad:  # made anew by now, if it is a view whose base was written to
        raise RuntimeError(
            f"element {i} of tensors does not require grad and does not have a grad_fn. Nothing it was computed from "
            "requires grad, or the graph was cut on the way: by detach(), item(), numpy(), no_grad() or a cast to "
            "integers."
        )
    if given is None:
        if root.array.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs (element {i} has shape "
                f"{tuple(root.array.shape)})"
            )
        if root.array.dtype.kind == "c":
            raise RuntimeError(
                f"grad can be implicitly created only for real scalar outputs but got {root.dtype}: take its real part"
            )
        return root._ones(root.array.shape, root.array.dtype)
    if given.array.shape != root.array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {given.shape} and output[{i}] has a shape of "
            f"{root.shape}."
        )
    return given


def _run_leaf_hooks(slot: list[Any]) -> None:
    for hook in list(slot[0]._hooks.values()):
        replaced = hook(slot[1])
        if replaced is not None:
            check_replaced(hook, slot[1], replaced)
            slot[1] = replaced


def _accumulate_all(pass_: Sweep, create_graph: bool) -> None:
    """Add what reached the leaves to their `.grad`; nothing was written before every node had run."""
    record, mode.grad = mode.grad, create_graph
    try:
        for slot in pass_.leaves.values():
            if slot[0]._requires_grad:  # it may have been switched off since
                _accumulate(slot, create_graph)
    finally:
        mode.grad = record
    for leaf, _ in pass_.leaves.values():
        if leaf._post_hooks:
            for hook in list(leaf._post_hooks.values()):
                check_returns_none(hook, hook(leaf))


def _accumulate(slot: list[Any], create_graph: bool) -> None:
    leaf, old = slot[0], slot[0]._grad
    if old is None:
        if create_graph:
            leaf._grad = _own(slot[1])
        else:
            leaf._grad = slot[1] if _alone(slot) else _own(slot[1].detach())
    elif create_graph:
        leaf._grad = old + slot[1]
    else:
        old.add_(slot[1])


def _own(grad: Any) -> Any:
    """A copy in row-major order, so that `.grad` may be written to and flattened."""
    return grad.clone() if grad.array.flags.c_contiguous else grad.contiguous()


def _alone(slot: list[Any]) -> bool:
    """Whether `slot` holds the only reference to its gradient and to the memory below, so that `.grad` may keep it."""
    grad = slot[1]
    array, storage = grad.array, grad._storage  # held by this name, the tensor and its storage; an alias counts, too
    if sys.getrefcount(grad) != ONE_REFERENCE + 1 or not array.flags.c_contiguous:
        return False
    if array.base is None:
        return sys.getrefcount(array) == ONE_REFERENCE + (1 if storage is None else 2)
    # Another shape of a whole memory, which only `base`, the array and the storage may know.
    base = array.base
    return (
        storage is not None
        and storage.array is base
        and base.base is None
        and base.size == array.size
        and sys.getrefcount(array) == ONE_REFERENCE + 1
        and sys.getrefcount(storage) == ONE_REFERENCE + 1
        and sys.getrefcount(base) == ONE_REFERENCE + 2
    )


def check_grad(x: Any, grad: Any) -> None:
    """An error unless `grad` is a tensor like `x`, and may be assigned to `x.grad`."""
    if grad is x:
        raise RuntimeError("can't assign Variable as its own grad")
    if not isinstance(grad, TensorBase):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(grad).__name__}")
    if grad.array.shape != x.array.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(grad.shape)}' to a tensor of size '{list(x.shape)}'"
        )
    if grad.array.dtype != x.array.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{grad.dtype}' to a tensor with dtype '{x.dtype}'"
        )
