"""Writes to tensors that are part of a graph: what is refused, and what the history is afterwards."""

from __future__ import annotations

from typing import Any

from ..storage import tick
from .grad_mode import mode
from .node import Node, edge_of
from .tensor_base import TensorBase, View, replay


def check_writable(x: TensorBase) -> None:
    """RuntimeError if a write to `x` must not happen, recorded or not."""
    if x._inference and not mode.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed. Write to a clone of it, which "
            "is a normal tensor."
        )
    if not mode.grad:
        return
    view = x._view
    if view is None:
        if x._requires_grad and x._edge is None:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. Write under "
                "torch.no_grad() to change its values, or to a clone of it to have the write differentiated."
            )
        return
    tracked = x.tracked() or view.base._requires_grad
    if tracked and view.refusal:
        raise x._refused(view, "is being modified inplace")
    if tracked and view.base._edge is None:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation. Write under "
            "torch.no_grad() to change its values, or to a view of a clone to have the write differentiated."
        )


def check_takes_history(x: TensorBase) -> None:
    """RuntimeError if `x` is a view that may not take the history of what is written to it."""
    if x._view is not None and x._view.refusal:
        raise x._refused(x._view, "is being modified inplace")


def take_history(x: TensorBase, result: TensorBase) -> None:
    """`x` was overwritten with `result`: from now on it comes from where the result came."""
    edge: Any = result._edge
    edge[0].adopt(result, x)
    if x._view is None:
        x._requires_grad, x._edge = True, edge
        x._retain_again()
    else:
        rebase(x, edge)


def rebase(x: TensorBase, edge: Any) -> None:
    """A write through the view `x`, recorded at `edge`, gives its base a new history."""
    view = x._view
    if view is not None:
        base = view.base
        base._requires_grad, base._edge = True, (CopySlices(base, view, edge), 0)
        base._retain_again()
        view.version = -1  # the view's own grad_fn is made anew, from the base, when it is asked for


class CopySlices(Node):
    """A write through a view, seen from the base: what was overwritten has no gradient, what was written gets it."""

    def __init__(self, base: TensorBase, view: View, written: Any) -> None:
        self.edges = (edge_of(base), written)
        self.outputs = ((base.array.shape, base.array.dtype),)
        self.number = tick()
        self.steps = view.steps

    def run(self, grads: list[Any]) -> tuple[Any, ...]:
        whole = grads[0].clone()
        part = replay(self.steps, whole)
        new = part.clone()
        part.zero_()
        return whole, new
