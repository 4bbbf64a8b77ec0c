"""The graph from outside: its edges, hooks on several gradients at once, and hooks on what is saved for backward."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from . import engine
from .grad_mode import ever, mode
from .hooks import RemovableHandle
from .node import AccumulateGrad, GradientEdge, Node, SavedHooks
from .tensor_base import TensorBase


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The place of a tensor in the graph: the node that made it (of a leaf, its AccumulateGrad), and which output.

    `autograd.grad` and `backward` take it in the place of the tensor, whose memory may then be freed.
    """
    if not isinstance(tensor, TensorBase):
        raise AttributeError(f"get_gradient_edge expects a Tensor, not {type(tensor).__name__}")
    if not tensor.tracked():
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    node = tensor.grad_fn
    return GradientEdge(AccumulateGrad(tensor), 0) if node is None else GradientEdge(node, tensor.output_nr)


def increment_version(tensor: Any) -> None:
    """Note that the memory of a tensor (or of several) was written to, by something that autograd did not see."""
    if not isinstance(tensor, (TensorBase, Iterable)):
        raise RuntimeError(f"increment_version expect a Iterable[Tensor] as input, not {type(tensor).__name__}")
    for x in [tensor] if isinstance(tensor, TensorBase) else tensor:
        x.storage.written("increment_version")


# ---------------------------------------------------------------- several gradients


class _Several:
    """The handles of the hooks on several tensors, removed together."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self.handles = handles

    def remove(self) -> None:
        """Take all of them off."""
        for handle in self.handles:
            handle.remove()

    def __enter__(self) -> _Several:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def register_multi_grad_hook(tensors: Sequence[Any], fn: Callable[..., None], *, mode: str = "all") -> Any:
    """Call `fn` in each backward pass: with the gradients of all tensors, None for those that the pass does not reach,
    when the last of them is known; with `mode="any"`, with the first gradient that is known.

    >>> x = torch.ones(2, requires_grad=True)
    >>> y, z = x * 2, x * 3
    >>> with torch.autograd.graph.register_multi_grad_hook((y, z), lambda grads: print(len(grads))):
    ...     (y + z).sum().backward()
    2
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    collected = _Collected(list(tensors), fn)
    hook = collected.hook_for_all if mode == "all" else collected.hook_for_any
    return _Several([x.register_hook(hook(i)) for i, x in enumerate(collected.tensors)])


class _Collected:
    """The gradients that backward passes, of one thread or of several, have brought so far."""

    def __init__(self, tensors: list[Any], fn: Callable[..., None]) -> None:
        self.tensors = tensors
        self.fn = fn
        self.passes: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()  # [gradients, how many are still to come]

    def hook_for_all(self, i: int) -> Callable[[Any], None]:
        """The hook of the i-th tensor: the last one calls `fn`."""

        def hook(grad: Any) -> None:
            brought = self.passes.get(mode.backward) or self._begin()
            grads, _ = brought
            grads[i] = grad
            brought[1] -= 1
            if not brought[1]:
                self.fn(grads)

        return hook

    def _begin(self) -> list[Any]:
        reached = mode.backward.reached()
        expected = sum(id(engine.root_edge(x)[0]) in reached for x in self.tensors)
        self.passes[mode.backward] = brought = [[None] * len(self.tensors), expected]
        return brought

    def hook_for_any(self, i: int) -> Callable[[Any], None]:
        """The hook of the i-th tensor: the first one calls `fn`."""

        def hook(grad: Any) -> None:
            if mode.backward not in self.passes:
                self.passes[mode.backward] = []
                self.fn(grad)

        return hook


# ---------------------------------------------------------------- what is saved


class saved_tensors_hooks:
    """Inside, what operations save for backward goes through `pack_hook`, and back through `unpack_hook` when needed.

    `pack_hook(tensor)` may return anything, such as a copy on a disk; `unpack_hook` makes a tensor with the same
    contents of it. Neither is recorded.

    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.autograd.graph.saved_tensors_hooks(lambda t: t.numpy(), lambda a: torch.from_numpy(a)):
    ...     y = x.exp()
    >>> y.sum().backward()
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.hooks = SavedHooks(pack_hook, unpack_hook)

    def __enter__(self) -> None:
        if mode.hooks_refused is not None:
            raise RuntimeError(mode.hooks_refused)
        self.before, mode.saved_hooks = mode.saved_hooks, self.hooks
        ever.watched = True

    def __exit__(self, *error: object) -> None:
        mode.saved_hooks = self.before


class save_on_cpu(saved_tensors_hooks):
    """Keeps what is saved on the CPU, where it is already."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda x: x, lambda x: x)


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside, entering `saved_tensors_hooks` is an error with this message."""
    if mode.saved_hooks is not None:
        raise RuntimeError(error_message)
    before, mode.hooks_refused = mode.hooks_refused, error_message
    try:
        yield
    finally:
        mode.hooks_refused = before


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[None]:
    """Inside, tensors may be written to after an operation has saved them: it saves copies."""
    with saved_tensors_hooks(lambda x: x.clone(), lambda x: x):
        yield


__all__ = [
    "GradientEdge",
    "Node",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]
