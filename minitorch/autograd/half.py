"""Half precision at the gate: operations see float32, their results are rounded, the node keeps what came."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dtypes import is_bare, is_half, of
from ..errors import DtypeError
from .grad_mode import mode
from .node import Node
from .tensor_base import TensorBase

FLOAT32 = np.dtype(np.float32)


def widened(x: Any) -> Any:
    """A tensor of float16 or bfloat16 as float32; anything else as it is."""
    return x._cast(FLOAT32) if isinstance(x, TensorBase) and is_half(x.array.dtype) else x


_BITS = ("bitwise_and", "bitwise_or", "bitwise_xor", "eq", "ne", "isnan", "Cast", "Where")
_SUMS = ("Mul", "MulOfNumber", "Div", "DivOfNumber", "Sum", "Prod", "Cumsum", "Cumprod")
_PLACES = ("Cat", "Stack", "Roll", "ConstantPadNd", "IndexSelect", "Sort", "Unique")
_OF_BARE = frozenset((*_BITS, *_SUMS, *_PLACES))  # what uint16 and its kin compute, as in PyTorch


def half_among(name: str, args: tuple[Any, ...]) -> bool:
    """Whether a tensor among the arguments is of a half dtype; an error for what uint16 and its kin do not compute."""
    found = False
    for x in args:
        if isinstance(x, TensorBase):
            found |= x.array.dtype.char in "eV"
            if is_bare(x.array.dtype) and name not in _OF_BARE:
                raise DtypeError(name, f"not implemented for '{of(x.array.dtype).title}'", *args)
    return found


def compute(run: Any, node: HalfNode, args: tuple[Any, ...]) -> Any:
    """The result of a forward on float32 copies of the arguments, in the dtype of the first floating one."""
    before, mode.grad = mode.grad, False
    try:
        wide = [widened(x) for x in args]
        result = run(node, *wide)
        given = {id(w): x for w, x in zip(wide, args, strict=True)}
        node._saved = tuple([given.get(id(x), x) for x in node._saved])
        d = next(x.array.dtype for x in args if isinstance(x, TensorBase) and x.array.dtype.kind in "fcV")
        like = next(x for x in wide if isinstance(x, TensorBase))
        parts = [_rounded(x, d, like) for x in (result if type(result) is tuple else (result,))]
        return tuple(parts) if type(result) is tuple else parts[0]
    finally:
        mode.grad = before


def _rounded(x: Any, d: np.dtype[Any], like: Any) -> Any:
    """A result of float32 in a half dtype; in its place, if it is a tensor, because the node may have saved it."""
    array = x.array if isinstance(x, TensorBase) else x
    if not is_half(d) or not isinstance(array, np.ndarray) or array.dtype != FLOAT32:
        return x
    array = like._wrap(array)._cast(d).array
    if isinstance(x, TensorBase):
        x.array = array
        return x
    return array


class HalfNode(Node):
    """A node whose backward computes in float32, too: what it is given and what it saved is widened when it runs."""

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What forward saved, in float32; RuntimeError if it was freed, or written to since."""
        return tuple([widened(x) for x in super().saved_tensors])

    def run(self, grads: list[Any]) -> tuple[Any, ...]:
        """The gradients of the inputs, which the engine casts to the dtypes of these."""
        if len(grads) > 1 and self.materialize_grads:
            grads = self._materialize(grads)
        return super().run([widened(g) for g in grads])


_nodes: dict[Any, type[HalfNode]] = {}


def half_node(kind: type[Node]) -> type[HalfNode]:
    """The `HalfNode` of an operation, of the same name as its node."""
    made = _nodes.get(kind)
    if made is None:
        made = _nodes[kind] = type(kind.__name__, (HalfNode, kind), {"__module__": kind.__module__})
    return made
