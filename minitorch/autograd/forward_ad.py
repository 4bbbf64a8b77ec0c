"""Dual numbers: a tensor with a tangent, and the tangents of what is made of it.

There is no forward mode below: a dual is an input of the graph, and the tangent of a result is its Jacobian times the
tangents of the duals, found by differentiating the vector-Jacobian product, which is linear in the vector.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, NamedTuple

from . import engine
from .grad_mode import enable_grad
from .tensor_base import TensorBase

_levels: list[dual_level] = []


class UnpackedDualTensor(NamedTuple):
    """A tensor and its tangent, None where it has none."""

    primal: Any
    tangent: Any


class dual_level:
    """Inside, tensors may be given tangents; afterwards these are gone.

    >>> import minitorch.autograd.forward_ad as fwAD
    >>> with fwAD.dual_level():
    ...     x = fwAD.make_dual(torch.tensor(3.0), torch.tensor(1.0))
    ...     fwAD.unpack_dual(x * x).tangent
    tensor(6.)
    """

    def __init__(self) -> None:
        self.given: list[tuple[Any, Any, Any]] = []  # the tensor, the dual and its tangent
        self.own: set[int] = set()  # duals that begin a graph of their own

    def __enter__(self) -> int:
        if _levels:
            raise RuntimeError("Nested forward mode AD is not supported at the moment")
        _levels.append(self)
        return 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self in _levels:
            _levels.remove(self)

    def dual(self, tensor: Any, tangent: Any) -> Any:
        """A tensor on the same memory that has the tangent."""
        with enable_grad():
            if tensor.requires_grad:
                made = tensor.view_as(tensor)
            else:
                made = tensor.detach().requires_grad_()
                self.own.add(id(made))
        self.given.append((tensor, made, tangent))
        return made

    def tangent(self, y: Any) -> Any:
        """The Jacobian of y by the duals times their tangents; None where y depends on none of them."""
        with enable_grad():
            vector = y._zeros(y.array.shape, y.array.dtype).requires_grad_()
            duals = [dual for _, dual, _ in self.given]
            found = engine.grad(y, duals, vector, create_graph=True, allow_unused=True)
            used = [(g, t) for g, (_, _, t) in zip(found, self.given, strict=True) if g is not None]
            pairs = [(g, t) for g, t in used if g.requires_grad]
            if not pairs:
                return vector.detach() if used else None
            gs, ts = zip(*pairs, strict=True)
            (pushed,) = engine.grad(gs, vector, ts, create_graph=True, materialize_grads=True)
        return self.cut(pushed)

    def cut(self, x: Any) -> Any:
        """x without its graph, if that reaches nothing outside of this level."""
        roots = [x.grad_fn] if x.grad_fn is not None else []
        targets = [edge[0] for node in engine._reachable(roots) for edge in node.edges if edge]
        outside = any(isinstance(t, TensorBase) and id(t) not in self.own for t in targets)
        return x if outside else x.detach()


def enter_dual_level() -> int:
    """Begin a level without `with`; `exit_dual_level` ends it."""
    return dual_level().__enter__()


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level that `enter_dual_level` began."""
    if not _levels:
        raise RuntimeError("Trying to exit a forward AD level but no level is entered")
    _levels.pop()


def make_dual(tensor: Any, tangent: Any, *, level: int | None = None) -> Any:
    """The tensor, on the same memory, with a tangent of the same shape and dtype."""
    if not _levels:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    for name, x in (("primal", tensor), ("tangent", tangent)):
        if not (x.is_floating_point() or x.is_complex()):
            raise ValueError(f"Expected {name} to be floating point or complex, but got: {x.dtype}")
    if tensor.shape != tangent.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(tensor.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )
    if tensor.dtype != tangent.dtype:
        raise RuntimeError(f"make_dual: the tangent must have the dtype {tensor.dtype}, got {tangent.dtype}")
    return _levels[-1].dual(tensor, tangent)


def unpack_dual(tensor: Any, *, level: int | None = None) -> UnpackedDualTensor:
    """A tensor without its tangent, and this, None where it has none."""
    if not _levels:
        return UnpackedDualTensor(tensor, None)
    here = _levels[-1]
    for plain, dual, tangent in here.given:
        if dual is tensor:
            return UnpackedDualTensor(plain, tangent)
    tangent = here.tangent(tensor) if tensor.requires_grad else None
    return UnpackedDualTensor(tensor if tangent is None else here.cut(tensor), tangent)
