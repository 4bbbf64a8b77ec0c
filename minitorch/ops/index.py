"""x[...] and x[...] = y: integers, slices, None, ..., masks and arrays of indices."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Sequence
from typing import Any
from typing import cast as taken_as

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..autograd.views import check_writable
from ..errors import DtypeError, OperationError
from ..kernels import index as kernels
from ..kernels.layout import in_rows
from ..kernels.rearrange import broadcast_shape
from ..kernels.scalar import where as pick
from .arithmetic import where
from .base import Op, T, TensorBase, broadcast_error, inplace, numbers, overlaps_itself, overwrite
from .copying import copy_, number_for
from .gather import number_in
from .view import NewAxis, Select, Slice, Whole, expand

__all__ = ["argwhere", "index_put", "index_put_", "masked_fill", "masked_scatter", "masked_select", "nonzero"]

Key = tuple[Any, ...]


class Index(Op):
    """The elements at arrays of indices;  dx = zeros with g added there"""

    moves = True

    @staticmethod
    def forward(ctx: Any, x: Any, key: Key) -> Any:
        if any(ctx.edges):
            ctx.save_for_backward(*[k.copy() if isinstance(k, np.ndarray) else k for k in key])  # users may write to it
        ctx.shape = x.array.shape
        return kernels.advanced_get(x.array, key)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        zeros = g._zeros(ctx.shape, g.array.dtype)
        return IndexPut.apply(zeros, g, ctx.saved_tensors, True), None


class IndexPut(Op):
    """x with values written (or added) at arrays of indices;  dx = g, zero where written, dvalues = g there"""

    @staticmethod
    def forward(ctx: Any, x: Any, values: Any, key: Key, accumulate: bool) -> Any:
        ctx.key, ctx.accumulate = key, accumulate
        y = x.array.copy()
        kernels.advanced_put(y, key, values.array if isinstance(values, TensorBase) else values, accumulate)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        need_x, need_values, _, _ = ctx.needs_input_grad
        dx = g if ctx.accumulate or not need_x else IndexPut.apply(g, 0, ctx.key, False)
        return dx if need_x else None, Index.apply(g, ctx.key) if need_values else None, None, None


class MaskedSelect(Index):
    """The elements where a mask holds, as a vector;  dx = zeros with g there"""


class MaskedScatter(IndexPut):
    """x with values written where a mask holds;  dx = g, zero there, dvalues = g there"""


class MaskedFill(Op):
    """x with a number where the mask holds;  dx = g, zero there, dvalue = Σ g there (the engine sums)"""

    @staticmethod
    def forward(ctx: Any, x: Any, mask: Any, value: Any) -> Any:
        ctx.save_for_backward(mask)
        return in_rows(pick(mask.array, value.array if isinstance(value, TensorBase) else value, x.array))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (mask,) = ctx.saved_tensors
        need_x, _, need_value = ctx.needs_input_grad
        return MaskedFill.apply(g, mask, 0.0) if need_x else None, None, where(mask, g, 0.0) if need_value else None


class MaskedFillTensor(MaskedFill):
    """x with the value of a 0-d tensor where the mask holds"""

    title = "MaskedFill"
    suffix = "Backward1"


# ---------------------------------------------------------------- keys


def normal_key(x: Any, key: Any) -> tuple[Key, Key | None]:
    """What numpy takes, in two steps: integers, slices and None first (a view), then arrays, if there are any.

    In one step numpy would count an integer beside arrays as one of them, and order the dimensions by it.
    """
    plain = _plain(x.array.shape, key if type(key) is tuple else (key,))
    if plain is not None:
        return plain, None
    parts = [_part(k) for k in _listed(key)]
    used = _check(x, parts)
    if not any(isinstance(k, np.ndarray) for k in parts):
        return tuple(parts), None
    hidden = [slice(None)] * (x.array.ndim - used)
    spelled = [k for part in parts for k in (hidden if part is Ellipsis else [part])]
    basic = [k for part in spelled for k in _basic(part)]
    return tuple(basic), tuple([k for part in spelled for k in _advanced(part)])


_ENDS = (int, type(None))


def _plain(shape: tuple[int, ...], key: Key) -> Key | None:
    """A key of integers and slices without steps that fits the shape: most are, and numpy takes them as they are."""
    if len(key) > len(shape):
        return None
    for k, n in zip(key, shape, strict=False):
        if type(k) is int:
            if not -n <= k < n:
                return None
        elif type(k) is not slice or k.step is not None or type(k.start) not in _ENDS or type(k.stop) not in _ENDS:
            return None
    return key


def _listed(key: Any) -> Any:
    """The parts of a key. A list of anything but numbers is a tuple, as in numpy of old and in PyTorch."""
    if isinstance(key, tuple):
        return key
    nested = (slice, type(None), type(Ellipsis), TensorBase, np.ndarray, list, tuple)
    if not (isinstance(key, list) and any(isinstance(k, nested) for k in key)):
        return (key,)
    warnings.warn(
        "Using a non-tuple sequence for multidimensional indexing is deprecated: x[[a, b]] is read as x[a, b]. Write "
        "x[tuple(indices)], or x[torch.tensor(indices)] if the list is one index",
        UserWarning,
        stacklevel=4,
    )
    return key


def _basic(part: Any) -> list[Any]:
    """The view before arrays are looked up: a lone bool stands for a new dimension, a mask for as many as it has."""
    if not isinstance(part, np.ndarray):
        return [part]
    return [slice(None)] * (part.ndim if part.dtype.kind == "b" else 1) or [None]


def _advanced(part: Any) -> list[Any]:
    """What remains of a part after that view."""
    if isinstance(part, np.ndarray):
        return [part if part.ndim else part.reshape(1)]
    return [] if isinstance(part, int) else [slice(None)]


def _viewed(x: Any, basic: Key) -> Any:
    return x if all(isinstance(k, slice) and k == slice(None) for k in basic) else Slice.apply(x, basic)


def _part(k: Any) -> Any:
    if isinstance(k, TensorBase):
        array = _array(k)
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


def _array(k: Any) -> Any:
    """The indices of a tensor; bytes are a mask."""
    d = k.array.dtype
    if d.kind not in "iub" or d in (np.int8, np.int16) or dt.is_bare(d):
        raise IndexError(f"tensors used as indices must be long, int, byte or bool tensors, got {k.dtype}")
    return k.array.astype(bool) if d == np.uint8 else k.array


def _refuse(k: Any) -> Any:
    kind = TypeError if isinstance(k, str) else IndexError
    raise kind(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices "
        f"(got {type(k).__name__})"
    )


def _slice(k: slice) -> slice:
    start, stop, step = [x if x is None else operator.index(x) for x in (k.start, k.stop, k.step)]
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero")
    return slice(start, stop, step)


def _check(x: Any, key: Sequence[Any]) -> int:
    """How many dimensions the key uses. IndexError where there are too many, or an integer is out of range."""
    used = sum([_width(k) for k in key])
    if used > x.array.ndim == 0:
        raise IndexError(
            "invalid index of a 0-dim tensor (too many indices for tensor of dimension 0). Use `tensor.item()` to "
            "convert it to a number"
        )
    if used > x.array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {x.array.ndim}")
    axis = 0
    for k in key:
        if k is Ellipsis:
            axis += x.array.ndim - used
        elif k is not None:
            _check_part(x, k, axis)
            axis += _width(k)
    return used


def _width(k: Any) -> int:
    if isinstance(k, np.ndarray) and k.dtype.kind == "b":
        return k.ndim
    return int(k is not None and k is not Ellipsis)


def _check_part(x: Any, k: Any, axis: int) -> None:
    if isinstance(k, int):
        n = x.array.shape[axis]
        if not -n <= k < n:
            raise IndexError(f"index {k} is out of bounds for dimension {axis} with size {n}")
    elif isinstance(k, np.ndarray) and k.dtype.kind == "b":
        for d, n in enumerate(k.shape):
            if n != x.array.shape[axis + d]:
                raise IndexError(
                    f"The shape of the mask {list(k.shape)} at index {d} does not match the shape of the indexed "
                    f"tensor {list(x.array.shape)} at index {axis + d}"
                )


# ---------------------------------------------------------------- what users call


def getitem(self: T, key: Any) -> T:
    """self[key]: a view for integers, slices, None and ...; a copy where there are masks or arrays of indices."""
    if type(key) is int and self.array.ndim:
        n = self.array.shape[0]
        if not -n <= key < n:
            raise IndexError(f"index {key} is out of bounds for dimension 0 with size {n}")
        return Select.apply(self, (key,))
    basic, advanced = normal_key(self, key)
    if advanced is not None:
        return Index.apply(_viewed(self, basic), advanced)
    return _last_step(basic).apply(self, basic)


def _last_step(key: Key) -> type[Slice]:
    """The operation of the last part that changes anything: PyTorch takes one part after the other."""
    parts = [k for k in key if k is not Ellipsis and not (isinstance(k, slice) and k == slice(None))]
    if not parts:
        return Whole if key == (Ellipsis,) else Slice
    return Select if isinstance(parts[-1], int) else NewAxis if parts[-1] is None else Slice


def setitem(self: Any, key: Any, value: Any) -> None:
    """self[key] = value: a number or a tensor that broadcasts, cast to the dtype. Gradients flow to value."""
    if key is False:
        return
    basic, advanced = normal_key(self, key)
    if not isinstance(value, TensorBase):
        value = self._wrap(np.asarray(value)) if isinstance(value, np.ndarray) else number_for(self, value)
    if advanced is None:
        part = Slice.apply(self, basic)
        _fill(part, _trimmed(value, part.array.ndim))
        return
    part, mask = _viewed(self, basic), advanced[0]
    if len(advanced) == 1 and mask.dtype.kind == "b" and mask.shape == part.array.shape and not value.array.ndim:
        masked_fill_(part, self._wrap(mask), value)
    else:
        _put_(part, advanced, value.to(self.dtype), False)


def _fill(part: Any, value: Any) -> None:
    try:
        copy_(part, value)
    except OperationError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(value.shape)} cannot be broadcast to indexing result of "
            f"shape {list(part.shape)}"
        ) from None


def _trimmed(value: Any, ndim: int) -> Any:
    """Leading dimensions of size 1 that the place does not have are left out, as numpy and PyTorch do."""
    while value.array.ndim > ndim and value.array.shape[0] == 1:
        value = value.squeeze(0)
    return value


def index_put(input: T, indices: Any, values: Any, accumulate: bool = False) -> T:
    """input with values (a tensor that broadcasts) written, or added, at the tensors of indices;
    None: a whole dimension.
    """
    return IndexPut.apply(input, values, _put_key(input, indices, values), accumulate)


def index_put_(self: T, indices: Any, values: Any, accumulate: bool = False) -> T:
    """Write (or add) values at the tensors of indices."""
    return _put_(self, _put_key(self, indices, values), values, accumulate)


def _put_key(x: Any, indices: Any, values: Any) -> Key:
    if not isinstance(values, TensorBase):
        raise TypeError(f"index_put(): argument 'values' (position 3) must be Tensor, not {type(values).__name__}")
    if values.array.dtype is not x.array.dtype:
        raise DtypeError("index_put", "requires the source and destination dtypes to match", x, values)
    if not isinstance(indices, (tuple, list)):
        raise TypeError(
            f"index_put(): argument 'indices' (position 1) must be tuple of Tensors, not {type(indices).__name__}"
        )
    key = tuple([slice(None) if i is None else _array(i) for i in indices])
    _check(x, key)
    return key


def _put_(self: Any, key: Key, values: Any, accumulate: bool, name: str = "index_put_") -> Any:
    check_writable(self)
    if (accumulate and dt.is_half(self.array.dtype)) or (mode.grad and (self.tracked() or values.tracked())):
        return overwrite(self, IndexPut.apply(self._same_place(), values, key, accumulate), name)
    if overlaps_itself(self.array):  # PyTorch still allows it here, where other writes are errors
        warnings.warn(
            f"Use of {name} on expanded tensors is deprecated: several elements have one place in memory. Please "
            "clone() the tensor before performing this operation.",
            stacklevel=3,
        )
    kernels.advanced_put(self.array, key, values.array, accumulate)
    self.storage.written(name)
    return self


def masked_fill(input: T, mask: Any, value: Any) -> T:
    """value (a number or 0-d tensor, in the dtype of input) where the mask (bool, broadcast) holds, input elsewhere.

    >>> torch.masked_fill(torch.tensor([1, 2, 3]), torch.tensor([True, False, True]), 0)
    tensor([0, 2, 0])
    """
    _mask_shape("masked_fill", input, mask)
    if not isinstance(value, TensorBase):
        return MaskedFill.apply(input, mask, number_in("masked_fill", input, value))
    if value.array.ndim:
        raise OperationError("masked_fill", "only supports a 0-dimensional value tensor", value)
    if value.array.dtype.kind == "c" and input.array.dtype.kind != "c":
        raise DtypeError("masked_fill", "a complex value cannot be converted without overflow", input, value)
    return MaskedFillTensor.apply(input, mask, value.to(input.dtype))


def _mask_shape(name: str, x: Any, mask: Any) -> tuple[int, ...]:
    """The shape that a tensor and a mask broadcast to."""
    if mask.array.dtype.kind != "b":
        raise DtypeError(name, "expected a mask of bools", x, mask)
    shape = broadcast_shape([x.array.shape, mask.array.shape])
    if shape is None:
        raise broadcast_error(name, (x, mask)) or ValueError(name)
    return shape


def masked_select(input: T, mask: Any) -> T:
    """The elements where the mask holds, as a vector; both broadcast."""
    shape = _mask_shape("masked_select", input, mask)
    return MaskedSelect.apply(expand(input, shape), (np.broadcast_to(mask.array, shape),))


def masked_scatter(input: T, mask: Any, source: Any) -> T:
    """input with the elements of source, one after the other, where the mask holds."""
    shape = _mask_shape("masked_scatter", input, mask)
    if source.array.dtype is not input.array.dtype:
        raise DtypeError("masked_scatter", "expected self and source to have same dtypes", input, source)
    key = (np.broadcast_to(mask.array, shape),)
    count = int(key[0].sum())
    if source.array.size < count:
        raise RuntimeError(f"masked_scatter: expected at least {count} elements in source, got {source.array.size}")
    return MaskedScatter.apply(expand(input, shape), source.reshape(-1)[:count], key, False)


def nonzero(input: T, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: (count, dimensions), or a vector per dimension."""
    if as_tuple:
        return tuple([input._wrap(i) for i in kernels.nonzero(numbers(input))])
    return input._wrap(kernels.nonzero_rows(numbers(input)))


def argwhere(input: T) -> T:
    """The indices of the elements that are not zero: (count, dimensions)."""
    return nonzero(input)


_masked_fill_, masked_scatter_ = inplace(masked_fill), inplace(masked_scatter)


def masked_fill_(self: T, mask: Any, value: Any) -> T:
    """`masked_fill`, written to this tensor's memory. Where elements share a place, it is filled if one of them is."""
    if not overlaps_itself(self.array) or (mode.grad and self.tracked()):
        return taken_as(T, _masked_fill_(self, mask, value))
    filled = masked_fill(self, mask, value)
    key = (np.broadcast_to(mask.array, self.array.shape),)
    return taken_as(T, _put_(self, key, masked_select(filled, mask), False, "masked_fill_"))
