"""x[...] and x[...] = y: integers, slices, None, ..., masks and arrays of indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.grad_mode import mode
from ..autograd.views import check_writable
from ..errors import DtypeError, OperationError
from ..kernels import index as kernels
from .arithmetic import where
from .base import Op, T, TensorBase, check_overwrite, inplace, overwrite
from .copying import copy_, number_for
from .view import Select, Slice, expand


class Index(Op):
    """The elements at arrays of indices;  dx = zeros with g added there"""

    @staticmethod
    def forward(ctx: Any, x: Any, key: tuple[Any, ...]) -> Any:
        ctx.key, ctx.shape = key, x.array.shape
        return kernels.advanced_get(x.array, key)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        zeros = g._zeros(ctx.shape, g.array.dtype)
        return IndexPut.apply(zeros, g, ctx.key, True), None


class IndexPut(Op):
    """x with values written (or added) at arrays of indices;  dx = g, zero where written, dvalues = g there"""

    @staticmethod
    def forward(ctx: Any, x: Any, values: Any, key: tuple[Any, ...], accumulate: bool) -> Any:
        ctx.key, ctx.accumulate = key, accumulate
        y = x.array.copy()
        kernels.advanced_put(y, key, values.array if isinstance(values, TensorBase) else values, accumulate)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        need_x, need_values, _, _ = ctx.needs_input_grad
        dx = g if ctx.accumulate or not need_x else IndexPut.apply(g, 0, ctx.key, False)
        return dx if need_x else None, Index.apply(g, ctx.key) if need_values else None, None, None


# ---------------------------------------------------------------- keys


def normal_key(x: Any, key: Any) -> tuple[tuple[Any, ...], bool]:
    """The key as a tuple of what numpy takes, and whether arrays are among it."""
    parts = key if isinstance(key, tuple) else (key,)
    if isinstance(key, list) and any(isinstance(k, (slice, type(None), type(Ellipsis))) for k in key):
        parts = tuple(key)
    normal = tuple([_part(k) for k in parts])
    advanced = any(isinstance(k, np.ndarray) for k in normal)
    _check(x, normal)
    return normal, advanced


def _part(k: Any) -> Any:
    if isinstance(k, TensorBase):
        if k.array.dtype.kind not in "iub":
            raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, got {k.dtype}")
        array = k.array.astype(bool) if k.array.dtype == np.uint8 else k.array
        return int(array) if not array.ndim and array.dtype.kind == "i" else array
    if isinstance(k, slice):
        return _slice(k)
    if isinstance(k, (bool, np.bool_)):
        return np.asarray(k)
    if k is None or k is Ellipsis:
        return k
    if isinstance(k, (list, tuple, range)):
        array = np.asarray([x.array if isinstance(x, TensorBase) else x for x in k])
        return array if array.size else array.astype(np.int64)
    if isinstance(k, np.ndarray):
        return k
    return k.__index__() if hasattr(k, "__index__") else _refuse(k)


def _refuse(k: Any) -> Any:
    raise TypeError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
        f"(got {type(k).__name__})"
    )


def _slice(k: slice) -> slice:
    start, stop, step = [x if x is None else x.__index__() for x in (k.start, k.stop, k.step)]
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero")
    return slice(start, stop, step)


def _check(x: Any, key: tuple[Any, ...]) -> None:
    """IndexError in PyTorch's words where there are too many indices or an integer is out of range."""
    used = sum(
        k.ndim if isinstance(k, np.ndarray) and k.dtype.kind == "b" else k is not None and k is not Ellipsis
        for k in key
    )
    if used > x.array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {x.array.ndim}")
    axis = 0
    for k in key:
        if k is Ellipsis:
            axis += x.array.ndim - used
        elif k is not None:
            _check_part(x, k, axis)
            axis += k.ndim if isinstance(k, np.ndarray) and k.dtype.kind == "b" else 1


def _check_part(x: Any, k: Any, axis: int) -> None:
    if isinstance(k, int):
        n = x.array.shape[axis]
        if not -n <= k < n:
            raise IndexError(f"index {k} is out of bounds for dimension {axis} with size {n}")
    elif isinstance(k, np.ndarray) and k.dtype.kind == "b":
        for d, n in enumerate(k.shape):
            if n != x.array.shape[axis + d]:
                raise IndexError(
                    f"The shape of the mask {list(k.shape)} at index {d} does not match the shape of the indexed tensor "
                    f"{list(x.array.shape)} at index {axis + d}"
                )


# ---------------------------------------------------------------- what users call


def getitem(self: T, key: Any) -> T:
    """self[key]: a view for integers, slices, None and ...; a copy where there are masks or arrays of indices."""
    if type(key) is int and self.array.ndim:
        n = self.array.shape[0]
        if not -n <= key < n:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size {n}")
        return Select.apply(self, (key,))
    normal, advanced = normal_key(self, key)
    if advanced:
        return Index.apply(self, normal)
    parts = [k for k in normal if k is not Ellipsis and not (isinstance(k, slice) and k == slice(None))]
    return (Select if parts and isinstance(parts[-1], int) else Slice).apply(self, normal)


def setitem(self: Any, key: Any, value: Any) -> None:
    """self[key] = value: a number or a tensor that broadcasts, cast to the dtype. Gradients flow to value."""
    normal, advanced = normal_key(self, key)
    if not isinstance(value, TensorBase):
        value = self._wrap(np.asarray(value)) if isinstance(value, np.ndarray) else number_for(self, value)
    if not advanced:
        part = Slice.apply(self, normal)
        _fill(part, _trimmed(value, part.array.ndim))
        return
    mask = normal[0]
    if len(normal) == 1 and mask.dtype.kind == "b" and mask.shape == self.array.shape and not value.array.ndim:
        masked_fill_(self, self._wrap(mask), value)
    else:
        index_put_(self, normal, value)


def _fill(part: Any, value: Any) -> None:
    try:
        copy_(part, value)
    except OperationError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of shape "
            f"{list(part.shape)}"
        ) from None


def _trimmed(value: Any, ndim: int) -> Any:
    """Leading dimensions of size 1 that the place does not have are left out, as numpy and PyTorch do."""
    while value.array.ndim > ndim and value.array.shape[0] == 1:
        value = value.squeeze(0)
    return value


def index_put(input: T, indices: Any, values: Any, accumulate: bool = False) -> T:
    """input with values written (or added) at the arrays of indices."""
    key, _ = normal_key(
        input, tuple([Ellipsis if i is None else i for i in indices] if None in [*map(_is_none, indices)] else indices)
    )
    values = values.to(input.dtype) if isinstance(values, TensorBase) else values
    return IndexPut.apply(input, values, key, accumulate)


def _is_none(x: Any) -> Any:
    return None if x is None else 0


def index_put_(self: T, indices: Any, values: Any, accumulate: bool = False) -> T:
    """Write (or add) values at the arrays of indices."""
    check_writable(self)
    values = values if isinstance(values, TensorBase) else self._number(values)
    if mode.grad and (self.tracked() or values.tracked()):
        old = self._same_place()
        result = IndexPut.apply(old, values.to(self.dtype), tuple(indices), accumulate)
        return overwrite(self, result, "index_put_")
    check_overwrite(self, self, "index_put_")
    key, _ = normal_key(self, tuple(indices))
    try:
        kernels.advanced_put(self.array, key, values.array.astype(self.array.dtype), accumulate)
    except ValueError as error:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be written: {error}"
        ) from None
    self.storage.written("index_put_")
    return self


def masked_fill(input: T, mask: Any, value: Any) -> T:
    """value where the mask (bool, broadcast) holds, input elsewhere."""
    if mask.array.dtype.kind != "b":
        raise DtypeError("masked_fill", "masked_fill_ only supports boolean masks", mask)
    if isinstance(value, TensorBase):
        if value.array.ndim:
            raise OperationError("masked_fill", "only supports a 0-dimensional value tensor", value)
        value = value.to(input.dtype)
    elif input.array.dtype.kind in "iu" and isinstance(value, float):
        if value != int(value):
            raise DtypeError(
                "masked_fill", f"value cannot be converted to type {input.dtype} without overflow", input, value
            )
        value = int(value)
    return where(mask, value, input)


def masked_select(input: T, mask: Any) -> T:
    """The elements where the mask holds, as a vector; both broadcast."""
    if mask.array.dtype.kind != "b":
        raise DtypeError("masked_select", "expected BoolTensor for mask", mask)
    shape = np.broadcast_shapes(input.array.shape, mask.array.shape)
    return Index.apply(expand(input, shape), (np.broadcast_to(mask.array, shape),))


def masked_scatter(input: T, mask: Any, source: Any) -> T:
    """input with the elements of source, one after the other, where the mask holds."""
    if mask.array.dtype.kind != "b":
        raise DtypeError("masked_scatter", "expected BoolTensor for mask", mask)
    shape = np.broadcast_shapes(input.array.shape, mask.array.shape)
    key = (np.broadcast_to(mask.array, shape),)
    count = int(key[0].sum())
    if source.array.size < count:
        raise RuntimeError(f"masked_scatter: expected at least {count} elements in source, got {source.array.size}")
    return IndexPut.apply(expand(input, shape), source.reshape(-1)[:count], key, False)


def nonzero(input: T, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: (count, dimensions), or a vector per dimension."""
    if as_tuple:
        return tuple([input._wrap(i) for i in kernels.nonzero(input.array)])
    return input._wrap(kernels.nonzero_rows(input.array))


def argwhere(input: T) -> T:
    """The indices of the elements that are not zero: (count, dimensions)."""
    return nonzero(input)


masked_fill_, masked_scatter_ = inplace(masked_fill), inplace(masked_scatter)
