"""The memory of a tensor and of its views, which notices writes."""

from __future__ import annotations

import itertools
import struct
import sys
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dtypes as dt
from .device import Device

tick = itertools.count(1).__next__  # one clock numbers operations and writes, in the order that they happen


def _count_of_a_local() -> int:
    x = object()
    return sys.getrefcount(x)


ONE_REFERENCE = _count_of_a_local()  # what getrefcount says of a variable: 2, or 1 since Python 3.14, which lends it


class Storage:
    """An array, how often and when it was written to, and the name of the operation that wrote last.

    `tensor.storage()` shows it: the elements in the order of the memory, to be read and written one by one.
    """

    __slots__ = ("__weakref__", "array", "heir", "latest", "version", "writer", "written_at")

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.version = self.written_at = 0
        self.latest: deque[int] | None = None  # when the last writes happened, for errors to tell how many there were
        self.writer = ""
        self.heir: Any = None  # a weak reference to the storage that took this one's place in a tensor

    def written(self, by: str) -> None:
        """Note a write by the operation `by`."""
        self.version += 1
        self.written_at = tick()
        self.writer = by
        if self.latest is None:
            self.latest = deque(maxlen=16)
        self.latest.append(self.written_at)
        if self.heir is not None and (heir := self.heir()) is not None:
            heir.written(by)

    def replaced_by(self, heir: Storage) -> None:
        """A tensor has new memory (`x.data = y`) and its old versions: writes to either are writes to it."""
        heir.version, heir.written_at, heir.latest = self.version, self.written_at, self.latest and self.latest.copy()
        self.heir = weakref.ref(heir)

    def version_at(self, time: int) -> int | None:
        """The version that it had at a time of the clock; None if that is too many writes ago."""
        since = sum([at > time for at in self.latest or ()])
        return self.version - since if since < 16 else None

    def memory(self) -> NDArray[Any]:
        """The memory from the first to the last element as a flat array: not copied, unless strides are negative."""
        array = self.array
        if array.ndim == 1 and array.flags.c_contiguous:
            return array
        if not array.size or min(array.strides, default=0) < 0:
            return array.reshape(-1).copy()
        reach = sum([(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)]) // array.itemsize
        return np.lib.stride_tricks.as_strided(array, (reach + 1,), (array.itemsize,))

    def offset_of(self, array: NDArray[Any]) -> int | None:
        """How many bytes after the start an array of this memory begins; None for one that does not lie in it."""
        if not array.size or min(array.strides, default=0) < 0:
            return None
        memory = self.memory()
        offset = array.ctypes.data - memory.ctypes.data
        reach = sum([(n - 1) * s for n, s in zip(array.shape, array.strides, strict=True)])
        return offset if 0 <= offset <= memory.nbytes - reach - array.itemsize else None

    def __call__(self) -> Storage:
        """Itself: `tensor.storage()`, as PyTorch's programs write it."""
        return self

    @property
    def dtype(self) -> dt.dtype:
        """The type of the elements."""
        return dt.of(self.array.dtype)

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return Device("cpu")

    def size(self) -> int:
        """The number of elements."""
        return self.memory().size

    __len__ = size

    def element_size(self) -> int:
        """Bytes of an element."""
        return self.array.itemsize

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return [_number(x) for x in self.memory().tolist()]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, i: int) -> Any:
        if isinstance(i, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return _number(self.memory()[i].item())

    def __setitem__(self, i: Any, value: Any) -> None:
        self.memory()[i] = value if self.array.dtype.kind != "V" else _half(value)
        self.written("storage")

    def fill_(self, value: Any) -> Storage:
        """Write one number to every element."""
        self[:] = value
        return self

    def __repr__(self) -> str:
        rows = "".join([f" {x}\n" for x in self])
        return f"{rows}[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {len(self)}]"

    def __bool__(self) -> bool:
        return True  # also without elements

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.__array_interface__["data"][0]

    def nbytes(self) -> int:
        """Bytes from the first to the last element."""
        return self.memory().nbytes

    def cpu(self) -> Storage:
        """Itself: every storage is on the CPU."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Storage:
        copied: Storage = memo.setdefault(id(self), Storage(self.memory().copy()))
        return copied

    def __reduce__(self) -> Any:
        return Storage, (self.memory(),)


def _half(value: float) -> tuple[int]:
    """The 16 bits of a number as bfloat16: the first of its float32, to the nearest, or the even one."""
    bits = int.from_bytes(struct.pack("<f", value), "little")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16,)


def _number(x: Any) -> Any:
    """A Python number; of a bfloat16, which comes as its 16 bits: they begin a float32."""
    if not isinstance(x, tuple):
        return x
    return struct.unpack("<f", b"\0\0" + x[0].to_bytes(2, "little"))[0]
