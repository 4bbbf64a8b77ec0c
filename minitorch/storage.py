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

__all__ = [
    "BFloat16Storage", "BoolStorage", "ByteStorage", "CharStorage", "ComplexDoubleStorage", "ComplexFloatStorage",
    "DoubleStorage", "FloatStorage", "HalfStorage", "IntStorage", "LongStorage", "ShortStorage", "TypedStorage",
    "UntypedStorage",
]  # fmt: skip

tick = itertools.count(1).__next__  # one clock numbers operations and writes, in the order that they happen


def _count_of_a_local() -> int:
    x = object()
    return sys.getrefcount(x)


ONE_REFERENCE = _count_of_a_local()  # what getrefcount says of a variable: 2, or 1 since Python 3.14, which lends it


class Storage:
    """An array, how often and when it was written to, and the name of the operation that wrote last.

    Programs see it as `TypedStorage` (`tensor.storage()`), element by element, or as `UntypedStorage`, byte by byte.
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

    def __call__(self) -> TypedStorage:
        """`tensor.storage()`, as PyTorch's programs write it."""
        return TypedStorage._over(self, dt.of(self.array.dtype))

    def __deepcopy__(self, memo: dict[int, Any]) -> Storage:
        copied: Storage = memo.setdefault(id(self), Storage(self.memory().copy()))
        return copied

    def __reduce__(self) -> Any:
        return Storage, (self.memory(),)


class _Elements:
    """What storages of both kinds share: `_storage`, and a flat array of what they count."""

    _storage: Storage

    def _array(self) -> NDArray[Any]:
        raise NotImplementedError

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return Device("cpu")

    is_cuda = False

    def size(self) -> int:
        """The number of elements."""
        return self._array().size

    __len__ = size

    def element_size(self) -> int:
        """Bytes of an element."""
        return self._array().itemsize

    def nbytes(self) -> int:
        """Bytes from the first to the last element."""
        return self._storage.memory().nbytes

    def data_ptr(self) -> int:
        """The address of the first element."""
        address: int = self._storage.array.__array_interface__["data"][0]
        return address

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return [_number(x) for x in self._array().tolist()]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __bool__(self) -> bool:
        return True  # also without elements

    def __setitem__(self, i: Any, value: Any) -> None:
        array = self._array()
        array[i] = value if array.dtype.kind != "V" else _half(value)
        self._storage.written("storage")

    def fill_(self, value: Any) -> Any:
        """Write one number to every element."""
        self[:] = value
        return self

    def copy_(self, source: Any, non_blocking: bool = False) -> Any:
        """Write the elements of another storage to this one."""
        self[:] = source.tolist() if self._array().dtype.kind != "V" else source._array()
        return self

    def cpu(self) -> Any:
        """Itself: every storage is on the CPU."""
        return self

    def is_shared(self) -> bool:
        """False: processes share no memory here."""
        return False

    def is_pinned(self, device: Any = "cuda") -> bool:
        """False: memory is pinned for a GPU."""
        return False

    def resizable(self) -> bool:
        """True: `resize_` gives it other memory."""
        return True

    def share_memory_(self) -> Any:
        """Itself, unshared: tensors travel between processes as pickles."""
        return self

    def _as(self, d: dt.dtype) -> TypedStorage:
        return TypedStorage(self.tolist(), dtype=d)

    def _eq(self, other: object) -> bool:
        return isinstance(other, type(self)) and other._storage is self._storage

    def __eq__(self, other: object) -> bool:
        return self._eq(other)

    def __hash__(self) -> int:
        return id(self._storage)


def _cast_to(name: str) -> Any:
    def cast(self: Any) -> TypedStorage:
        return self._as(dt.of_name(name))

    cast.__doc__ = f"A copy as {name}."
    return cast


for _short, _name in {
    "float": "float32", "double": "float64", "half": "float16", "bfloat16": "bfloat16", "long": "int64", "int": "int32",
    "short": "int16", "char": "int8", "byte": "uint8", "bool": "bool",
}.items():  # fmt: skip
    setattr(_Elements, _short, _cast_to(_name))


class UntypedStorage(_Elements):
    """The bytes of a tensor's memory. Of a number: so many of them; of a sequence: these.

    >>> torch.tensor([1, 256], dtype=torch.int16).untyped_storage().tolist()
    [1, 0, 0, 1]
    """

    def __init__(self, *args: Any, device: Any = None) -> None:
        self._storage = Storage(_fresh(args, np.dtype(np.uint8)))

    @classmethod
    def _over(cls, storage: Storage) -> UntypedStorage:
        made = cls.__new__(cls)
        made._storage = storage
        return made

    def _array(self) -> NDArray[Any]:
        memory: NDArray[Any] = self._storage.memory()
        return memory.view(np.uint8)

    def __getitem__(self, i: Any) -> Any:
        if not isinstance(i, slice):
            return self._array()[i].item()
        return UntypedStorage._over(Storage(self._array()[i]))

    def resize_(self, size: int) -> UntypedStorage:
        """So many bytes, of which the first are what they were. Tensors that exist keep the memory that they have."""
        old = self._array()
        if size != old.size:
            new = np.zeros(size, np.uint8)
            new[: old.size] = old[:size]
            d = self._storage.array.dtype
            self._storage.array = new.view(d) if size % d.itemsize == 0 else new
            self._storage.written("resize_")
        return self

    def clone(self) -> UntypedStorage:
        """The same bytes in memory of their own."""
        return UntypedStorage._over(Storage(self._storage.memory().copy()))

    def untyped(self) -> UntypedStorage:
        """Itself."""
        return self

    def __repr__(self) -> str:
        rows = "".join([f" {x}\n" for x in self])
        return f"{rows}[torch.storage.UntypedStorage(device=cpu) of size {len(self)}]"

    def __reduce__(self) -> Any:
        return UntypedStorage._over, (self._storage,)

    def __deepcopy__(self, memo: dict[int, Any]) -> UntypedStorage:
        return UntypedStorage._over(self._storage.__deepcopy__(memo))


class TypedStorage(_Elements):
    """The elements of a tensor's memory, in its order. Of a number: so many of them; of a sequence: these.

    >>> torch.arange(3).storage().tolist()
    [0, 1, 2]
    """

    dtype: dt.dtype

    def __init__(self, *args: Any, wrap_storage: Any = None, dtype: Any = None, device: Any = None) -> None:
        self.dtype = dt.get_default_dtype() if dtype is None else dtype
        if wrap_storage is not None:
            self._storage = wrap_storage._storage
        elif self.dtype.numpy.kind != "V":
            self._storage = Storage(_fresh(args, self.dtype.numpy))
        else:
            bits = [_half(x) for x in args[0]] if args and not isinstance(args[0], int) else args[0] if args else 0
            self._storage = Storage(_fresh((bits,), self.dtype.numpy))

    @classmethod
    def _over(cls, storage: Storage, d: dt.dtype) -> TypedStorage:
        made = cls.__new__(cls)
        made._storage, made.dtype = storage, d
        return made

    def _array(self) -> NDArray[Any]:
        memory: NDArray[Any] = self._storage.memory()
        return memory if memory.dtype == self.dtype.numpy else memory.view(self.dtype.numpy)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        if not hasattr(i, "__index__"):
            raise RuntimeError(f"can't index a {type(self)} with {type(i)}")
        return _number(self._array()[i].item())

    def untyped(self) -> UntypedStorage:
        """The same memory, byte by byte."""
        return UntypedStorage._over(self._storage)

    def resize_(self, size: int) -> TypedStorage:
        """So many elements, of which the first are what they were. Tensors that exist keep the memory they have."""
        self.untyped().resize_(size * self.dtype.itemsize)
        return self

    def clone(self) -> TypedStorage:
        """The same elements in memory of their own."""
        return TypedStorage._over(Storage(self._array().copy()), self.dtype)

    def pickle_storage_type(self) -> str:
        """What files call it: "FloatStorage"."""
        return f"{self.dtype.title}Storage"

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """Its type as text, "torch.FloatStorage"; or a copy in another dtype."""
        return f"torch.{self.pickle_storage_type()}" if dtype is None else self._as(getattr(dtype, "dtype", dtype))

    def __repr__(self) -> str:
        rows = "".join([f" {x}\n" for x in self])
        return f"{rows}[torch.storage.TypedStorage(dtype={self.dtype}, device=cpu) of size {len(self)}]"

    def __reduce__(self) -> Any:
        return TypedStorage._over, (self._storage, self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> TypedStorage:
        return TypedStorage._over(self._storage.__deepcopy__(memo), self.dtype)


class _OfDtype(type):
    """Calling it makes a `TypedStorage` of its dtype; its instances are the storages of that dtype."""

    dtype: dt.dtype

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return TypedStorage(*args, dtype=cls.dtype, **kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype


class FloatStorage(metaclass=_OfDtype):
    """Storages of float32."""

    dtype = dt.float32


class DoubleStorage(metaclass=_OfDtype):
    """Storages of float64."""

    dtype = dt.float64


class HalfStorage(metaclass=_OfDtype):
    """Storages of float16."""

    dtype = dt.float16


class BFloat16Storage(metaclass=_OfDtype):
    """Storages of bfloat16."""

    dtype = dt.bfloat16


class LongStorage(metaclass=_OfDtype):
    """Storages of int64."""

    dtype = dt.int64


class IntStorage(metaclass=_OfDtype):
    """Storages of int32."""

    dtype = dt.int32


class ShortStorage(metaclass=_OfDtype):
    """Storages of int16."""

    dtype = dt.int16


class CharStorage(metaclass=_OfDtype):
    """Storages of int8."""

    dtype = dt.int8


class ByteStorage(metaclass=_OfDtype):
    """Storages of uint8."""

    dtype = dt.uint8


class BoolStorage(metaclass=_OfDtype):
    """Storages of bool."""

    dtype = dt.bool


class ComplexFloatStorage(metaclass=_OfDtype):
    """Storages of complex64."""

    dtype = dt.complex64


class ComplexDoubleStorage(metaclass=_OfDtype):
    """Storages of complex128."""

    dtype = dt.complex128


typed_storages: dict[dt.dtype, Any] = {
    kind.dtype: kind for kind in list(globals().values()) if isinstance(kind, _OfDtype)
}


def _fresh(args: tuple[Any, ...], d: np.dtype[Any]) -> NDArray[Any]:
    """Memory of its own: of so many zeros, or with these elements."""
    if len(args) > 1:
        raise TypeError(f"a storage takes a size or a sequence of elements, got {len(args)} arguments")
    given = args[0] if args else 0
    return np.zeros(given, d) if isinstance(given, int) else np.array(list(given), d)


def _half(value: float) -> tuple[int]:
    """The 16 bits of a number as bfloat16: the first of its float32, to the nearest, or the even one."""
    bits = int.from_bytes(struct.pack("<f", value), "little")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16,)


def _number(x: Any) -> Any:
    """A Python number; of a bfloat16, which comes as its 16 bits: they begin a float32."""
    if not isinstance(x, tuple):
        return x
    return struct.unpack("<f", b"\0\0" + x[0].to_bytes(2, "little"))[0]
