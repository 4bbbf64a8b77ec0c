"""A storage in a file, read when it is first needed, and the tensors that are views of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import dtypes as dt
from ..errors import CheckpointError
from ..storage import Storage
from ..tensor import Tensor
from .facts import ITEMSIZE
from .unpickler import brief

MAX_DIMS = 64  # numpy's


class Source:
    """The memory of one storage: `read()` gives its bytes, once."""

    def __init__(self, name: str, nbytes: int, read: Callable[[], NDArray[Any]]) -> None:
        self.name = name
        self.nbytes = nbytes
        self.read = read
        self._storage: Storage | None = None

    def storage(self, dtype: dt.dtype) -> Storage:
        """The storage, of elements of `dtype` if this is its first use."""
        if self._storage is None:
            self._storage = Storage(self.read().view(dtype.numpy))
        return self._storage

    def replace(self, storage: Storage) -> None:
        """Use another storage from now on: `map_location` may give one."""
        self._storage = storage


def swap_bytes(memory: NDArray[Any], dtype: str) -> None:
    """Turn the numbers of another kind of machine around, in place."""
    unit = ITEMSIZE[dtype] // (2 if dtype.startswith("complex") else 1)
    if unit > 1:
        memory.view(f"u{unit}").byteswap(inplace=True)


@dataclass(frozen=True)
class Stored:
    """`count` elements of a dtype (by its name in the file) from `start` on, of a source."""

    source: Source
    dtype: str
    count: int
    start: int = 0


class Layout(NamedTuple):
    """A tensor as a file describes it: what it is a view of, and how. All numbers are checked, none is negative."""

    stored: Stored
    dtype: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    requires_grad: bool
    lazy: tuple[str, ...] = ()  # what is still to be done to the elements, such as "conj"

    @property
    def numel(self) -> int:
        return math.prod(self.shape)


def layout(
    stored: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, dtype: Any = None, metadata: Any = None
) -> Layout:  # fmt: skip
    """The checked layout of a tensor; CheckpointError if it reaches beyond its storage."""
    if not isinstance(stored, Stored) or not isinstance(requires_grad, bool):
        raise CheckpointError("a tensor in the file has no storage")
    shape, strides = _numbers(size, "size"), _numbers(stride, "stride")
    (offset,) = _numbers((offset,), "offset")
    if len(shape) != len(strides) or len(shape) > MAX_DIMS or math.prod(shape) > 2**62:
        raise CheckpointError(
            f"a tensor in the file has an impossible layout: size {shape!s:.200}, strides {strides!s:.200}"
        )
    name = stored.dtype if dtype is None else dtype
    room = stored.count * ITEMSIZE[stored.dtype] // ITEMSIZE[name]
    last = offset + sum([(n - 1) * s for n, s in zip(shape, strides, strict=True)])
    if math.prod(shape) and last >= room:
        raise CheckpointError(
            f"a tensor in the file reaches beyond its storage: size {shape}, strides {strides}, offset {offset}, but "
            f"storage {stored.source.name!r} has {room} elements of {name}"
        )
    return Layout(stored, name, offset, shape, strides, requires_grad, tuple(map(str, metadata or ())))


def _numbers(values: Any, what: str) -> tuple[int, ...]:
    numbers = tuple(values)
    if not all(type(n) is int and 0 <= n < 2**62 for n in numbers):
        raise CheckpointError(f"a tensor in the file has the {what} {brief(*numbers[:MAX_DIMS])}")
    return numbers


def held(name: str) -> dt.dtype:
    """The dtype of this name; CheckpointError if tensors cannot hold it here."""
    found = [d for d in dt.dtype.by_numpy.values() if d.name == name]
    if not found:
        have = ", ".join(d.name for d in dt.dtype.by_numpy.values())
        raise CheckpointError(
            f"the file holds a tensor of dtype torch.{name}, which minitorch does not have (it has {have}). Convert it "
            "with PyTorch before saving, for example with tensor.float()."
        )
    return found[0]


def tensor(plan: Layout) -> Tensor:
    """The tensor of a layout; tensors of one storage share it."""
    d = held(plan.dtype)
    if plan.lazy:
        raise CheckpointError(
            f"a tensor in the file is stored lazily ({', '.join(plan.lazy)}): save tensor.resolve_conj() or "
            "tensor.resolve_neg() instead"
        )
    storage = plan.stored.source.storage(d)
    x = Tensor._wrap(_view(storage.array, d, plan))
    x._storage = storage
    if plan.requires_grad:
        x.requires_grad = True
    return x


def _view(memory: NDArray[Any], d: dt.dtype, plan: Layout) -> NDArray[Any]:
    if not plan.numel:
        return np.empty(plan.shape, d.numpy)
    first = plan.stored.start * ITEMSIZE[plan.stored.dtype] + plan.offset * d.itemsize
    strides = [s * d.itemsize for s in plan.strides]
    return np.ndarray(plan.shape, d.numpy, memory, first, strides)  # numpy checks the bounds a second time
