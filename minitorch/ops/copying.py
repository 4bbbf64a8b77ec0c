"""Copies, casts and detaching."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..autograd.node import shown
from ..autograd.views import check_writable
from ..device import Device, check_device
from ..errors import OperationError
from ..kernels.cast import assign, cast_array
from ..kernels.rearrange import contiguous_copy, copy_of
from .base import Op, T, TensorBase, check_apart, check_overlap, overlaps_itself, overwrite

__all__ = ["clone", "detach", "detach_", "fill", "fill_", "zero_"]


class Clone(Op):
    """y = x in memory of its own;  dx = g"""

    moves = True

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return copy_of(x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g


class ToCopy(Op):
    """y = x in another dtype;  dx = g in the dtype of x (the engine casts it)"""

    moves = True

    @staticmethod
    def forward(ctx: Any, x: Any, dtype: np.dtype[Any]) -> Any:
        return x._wrap(cast_array(x.array, dtype))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g, None


class Copy(Op):
    """The new values of an overwritten tensor;  d old = 0, d new = g (the engine undoes broadcast and cast)"""

    moves = True
    title = "Copy"
    suffix = "Backwards"

    @staticmethod
    def forward(ctx: Any, old: Any, new: Any) -> Any:
        ctx.whole = old._view is None  # the base of a view gets its zeros from CopySlices
        return new._wrap(np.broadcast_to(cast_array(new.array, old.array.dtype), old.array.shape))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        need_old, _ = ctx.needs_input_grad
        return g._zeros(g.array.shape, g.array.dtype) if need_old and ctx.whole else None, g


def clone(input: T, *, memory_format: Any = None) -> T:
    """A copy in memory of its own, through which gradients flow; laid out like input, or `contiguous_format`."""
    kept = memory_format in (None, "torch.preserve_format")
    return Clone.apply(input) if kept else _Contiguous.apply(input)


def cast(input: T, dtype: np.dtype[Any]) -> T:
    """The tensor in a numpy dtype; itself if it has that dtype."""
    return input if input.array.dtype == dtype else ToCopy.apply(input, dtype)


def contiguous(input: T, memory_format: Any = None) -> T:
    """The tensor itself if its elements lie in row-major order, else a copy that does."""
    if input.array.flags.c_contiguous:
        return input
    return _Contiguous.apply(input)


class _Contiguous(Clone):
    """y = x, row-major;  dx = g"""

    title = "Clone"

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return contiguous_copy(x.array)


def detach(input: T) -> T:
    """The same memory, cut off from the graph."""
    return input._alias()


def detach_(self: T) -> T:
    """Cut this tensor off from the graph: it becomes a leaf that does not require grad."""
    if self._view is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead.")
    self._edge, self._requires_grad = None, False
    return self


def copy_(self: T, src: Any, non_blocking: bool = False) -> T:
    """Write the values of `src`, broadcast and cast, into this tensor. Gradients flow to `src`."""
    if isinstance(src, (bool, int, float, complex)):
        src = self._wrap(np.asarray(src))
    if not isinstance(src, TensorBase):
        raise TypeError(f"copy_(): argument 'src' (position 1) must be Tensor, not {type(src).__name__}")
    check_writable(self)
    if src.array.shape != self.array.shape:
        _check_broadcast(self, src)
    if src._storage is not None and src._storage is self._storage:
        check_apart(self, src, "copy_")
    if mode.grad and (src.tracked() or self.tracked()):
        return overwrite(self, Copy.apply(self, src), "copy_")
    check_overlap(self, "copy_")
    assign(self.array, src.array)
    self.storage.written("copy_")
    return self


def _check_broadcast(target: TensorBase, src: TensorBase) -> None:
    try:
        np.broadcast_to(src.array, target.array.shape)
    except ValueError:
        raise OperationError(
            "copy_", f"The size of tensor src {list(src.shape)} does not broadcast to {list(target.shape)}", target, src
        ) from None


def fill_(self: T, value: Any) -> T:
    """Write one number into every element."""
    if isinstance(value, TensorBase):
        if value.array.ndim:
            raise OperationError("fill_", "only supports 0-dimension value tensor", value)
        return _shown(copy_(self, value), "FillBackward3")
    return _fill_with(self, number_for(self, value), "FillBackward2")


def _shown(x: Any, name: str) -> Any:
    """x, whose overwriting is shown under this name, if it was recorded."""
    return shown(x, name) if mode.grad and x._view is None else x


def _fill_with(self: Any, value: Any, name: str) -> Any:
    """Write a 0-d tensor everywhere, also where elements share memory: they all become the same."""
    if not overlaps_itself(self.array) or (mode.grad and self.tracked()):
        return _shown(copy_(self, value), name)
    check_writable(self)
    self.array[...] = value.array
    self.storage.written("fill_")
    return self


def fill(input: T, value: Any) -> T:
    """A tensor like input with one number in every element.

    >>> torch.fill(torch.zeros(2), 3)
    tensor([3., 3.])
    """
    return fill_(clone(input), value)


def number_for(x: Any, value: Any) -> Any:
    """A number that is to be written into x as a 0-d tensor: a float in the dtype of x, with all its digits."""
    dt.check_fits(value, x.array.dtype)
    if isinstance(value, complex) and x.array.dtype.kind == "b":
        value = value != 0
    if isinstance(value, float) and x.array.dtype.kind in "fcV":
        return x._wrap(cast_array(np.asarray(value), x.array.dtype))
    return x._number(value)


def zero_(self: T) -> T:
    """Write zeros into every element."""
    return _fill_with(self, number_for(self, 0), "ZeroBackward0")


# ---------------------------------------------------------------- what a tensor is cast to


def caster(d: dt.dtype) -> Any:
    """The method that casts to a dtype."""

    def method(self: Any, memory_format: Any = None) -> Any:
        return cast(self, d.numpy)

    method.__name__ = d.name
    method.__doc__ = f"In {d.name}."
    return method


def to_arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[dt.dtype | None, bool]:
    """The dtype that `to` is asked for, if any, and whether a copy is wanted."""
    check_device(kwargs.get("device"))
    d = kwargs.get("dtype")
    d = d if d is None else dt.meant(d)
    for x in args:
        if isinstance(x, (dt.dtype, type)):
            d = dt.meant(x)
        elif isinstance(x, TensorBase):
            d = x.dtype
        elif isinstance(x, (str, Device)):
            check_device(x)
        elif x is not None and not isinstance(x, bool):
            raise TypeError(f"to() received an invalid argument {x!r}: expected a dtype, a device or a tensor")
    return d, kwargs.get("copy", len(args) > 1 and args[-1] is True and len(args) > 2)


def of_title(title: str) -> dt.dtype:
    """The dtype of a name like `torch.FloatTensor`."""
    name = title.removeprefix("torch.").removesuffix("Tensor")
    found = [d for d in dt.dtype.by_numpy.values() if name in (d.title, d.name)]
    if not found:
        raise ValueError(f"invalid type: {title!r}")
    return found[0]
