"""Optimizers that update one parameter after the other, most by one pass of a kernel over it and its state."""

from __future__ import annotations

from typing import Any

from ..kernels import update
from ..tensor import Tensor
from .optimizer import Optimizer, closure_loss


class PerParameter(Optimizer):
    """A subclass updates one parameter at a time."""

    def step(self, closure: Any = None) -> Any:
        """Update every parameter that has a gradient."""
        loss = closure_loss(closure)
        for group in self.param_groups:
            made: dict[Any, Any] = {}
            for p in group["params"]:
                if p._grad is not None:
                    self._update(p, group, made)
        return loss

    def _update(self, p: Tensor, group: dict[str, Any], made: dict[Any, Any]) -> None:
        """One step of a parameter, with the options of its group.

        `made` keeps, until the end of the step, what several parameters of the group share.
        """
        raise NotImplementedError


class PerElement(PerParameter):
    """A subclass names its `kernel` and its state arrays (`slots`, in the kernel's order),
    and computes the kernel's numbers.
    """

    kernel: update.Update
    slots: tuple[str, ...]
    alike = True  # whether parameters of one dtype that took as many steps share the kernel's numbers

    def _update(self, p: Tensor, group: dict[str, Any], made: dict[Any, Any]) -> None:
        state = self.state[p] or self._start(p, group)
        taken, array = state["step"].array, p.array
        step = int(taken) + 1
        taken.fill(step)
        c = made.get((array.dtype, step)) if self.alike else None
        if c is None:
            c = made[array.dtype, step] = update.constants(array.dtype, *self._numbers(group, state, step))
        self.kernel(c, array, p._grad.array, *[state[name].array if name in state else None for name in self.slots])
        p.storage.written(type(self).__name__ + ".step")

    def _numbers(self, group: dict[str, Any], state: dict[str, Any], step: int) -> tuple[float, ...]:
        """What the kernel takes beside arrays, at step number `step` (from 1)."""
        raise NotImplementedError

    def _start(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step."""
        state: dict[str, Any] = self.state[p]
        state.update(step=p._zeros((), "float32"), **self._numbers_kept(p, group))
        for name in self._slots(group):
            state[name] = p._zeros(p.array.shape, p.array.dtype)
        return state

    def _numbers_kept(self, p: Tensor, group: dict[str, Any]) -> dict[str, Any]:
        """What the state holds beside the count of steps and the slots."""
        return {}

    def _slots(self, group: dict[str, Any]) -> tuple[str, ...]:
        """Those of the slots that a group's options ask for."""
        return self.slots

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for of_one in self.state.values():  # old checkpoints count in plain numbers
            if "step" in of_one and not isinstance(of_one["step"], Tensor):
                of_one["step"] = Tensor._ones((), "float32") * float(of_one["step"])


def sign_of(group: dict[str, Any]) -> int:
    """-1 where a group goes uphill."""
    return -1 if group["maximize"] else 1


def decay_of(group: dict[str, Any]) -> tuple[float, float]:
    """(what is added to the gradient of p, as a share of p; what p is multiplied by):
    one of the two is weight decay.
    """
    if group["decoupled_weight_decay"]:
        return 0.0, 1 - float(group["lr"]) * group["weight_decay"]
    return group["weight_decay"], 1.0
