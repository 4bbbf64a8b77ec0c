"""PyTorch's format before 1.6: five pickles in a row, then the elements of each storage. It is read, never written."""

from __future__ import annotations

import io
import struct
import tarfile
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import CheckpointError
from .archive import fill
from .facts import ITEMSIZE, MAGIC, PROTOCOL
from .stored import Source, Stored, swap_bytes
from .unpickler import brief

Unpickle = Callable[[Any, Callable[[Any], Any], int], Any]


class Bounded:
    """A file whose reads are never longer than what is left of it, so that a false length asks for no memory."""

    def __init__(self, file: Any) -> None:
        self.file = file
        start = file.tell()
        self.size = file.seek(0, io.SEEK_END)
        file.seek(start)

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes."""
        left = self.left()
        return self.file.read(left if count < 0 else min(count, left))

    def readline(self) -> bytes:
        """Up to the next line end."""
        return self.file.readline()

    def tell(self) -> int:
        """The position."""
        return self.file.tell()

    def left(self) -> int:
        """The bytes between here and the end."""
        return max(0, self.size - self.file.tell())


class Storages:
    """The storages that the pickle names; their memory is filled from what follows it."""

    def __init__(self, room: int, place: Callable[[Source, str, str], None]) -> None:
        self.room = room
        self.place = place
        self.stored: dict[str, Stored] = {}

    def load(self, identity: Any) -> Any:
        """The storage of `("storage", type, key, location, count, view)`; the class of `("module", class, ...)`."""
        if identity[0] == "module":
            return identity[1]
        _, kind, key, location, count, view = checked(identity)
        known = self.stored.get(key)
        if known is None:
            known = self.stored[key] = self._new(kind.dtype, key, count)
            self.place(known.source, location, known.dtype)
        if view is None:
            return known
        _, start, size = view
        if not all(type(n) is int and n >= 0 for n in (start, size)) or start + size > known.count:
            raise CheckpointError(f"a view in the file reaches beyond its storage: {start} + {size} of {known.count}")
        return Stored(known.source, known.dtype, size, start)

    def _new(self, dtype: str, key: str, count: int) -> Stored:
        nbytes = count * ITEMSIZE[dtype]
        self.room -= nbytes
        if self.room < 0:
            raise CheckpointError(f"storage {key!r:.50} is larger than what is left of the file: it is truncated")
        memory = np.empty(nbytes, np.uint8)
        return Stored(Source(key, nbytes, lambda: memory), dtype, count)


def checked(identity: Any) -> Any:
    if not (type(identity) is tuple and len(identity) == 6 and identity[0] == "storage"):
        raise CheckpointError("the file refers to something that is no storage")
    count = identity[4]
    if not (
        hasattr(identity[1], "dtype")
        and type(identity[2]) is type(identity[3]) is str
        and type(count) is int
        and 0 <= count < 2**60
    ):
        raise CheckpointError("the file describes a storage that cannot be")
    return identity


def starts(data: bytes) -> bool:
    """Whether a file that begins so is in the legacy format: with a pickle of a long number."""
    return data[:1] == b"\x80" and data[2:3] == b"\x8a"


def is_tar(file: Any, start: int) -> bool:
    """Whether the file is in PyTorch's oldest format, a tar."""
    file.seek(start + 257)
    magic = file.read(5)
    file.seek(start)
    return bool(magic == tarfile.POSIX_MAGIC[:5])


def load(file: Any, unpickle: Unpickle, unpickle_plain: Unpickle, place: Callable[[Source, str, str], None]) -> Any:
    """The object of a file in the legacy format; the file is left behind its end."""
    bounded = Bounded(file)
    if unpickle_plain(bounded, _nothing_outside, bounded.size) != MAGIC:
        raise CheckpointError(
            "the file is no checkpoint: it begins neither as a zip nor with the number of the older format"
        )
    version = unpickle_plain(bounded, _nothing_outside, bounded.size)
    if version != PROTOCOL:
        raise CheckpointError(f"the file has version {brief(version)} of the older format, expected {PROTOCOL}")
    system = unpickle_plain(bounded, _nothing_outside, bounded.size)
    little = not isinstance(system, dict) or system.get("little_endian", True) is True
    storages = Storages(bounded.left(), place)
    result = unpickle(bounded, storages.load, bounded.size)
    keys = unpickle_plain(bounded, _nothing_outside, bounded.size)
    _fill_all(file, storages.stored, keys, little)
    return result


def _nothing_outside(identity: Any) -> Any:
    raise CheckpointError("the file refers to a storage where none can be")


def _fill_all(file: Any, stored: dict[str, Stored], keys: Any, little: bool) -> None:
    if type(keys) is not list or any(type(key) is not str for key in keys) or sorted(keys) != sorted(stored):
        raise CheckpointError("the file does not hold the storages that its tensors need")
    for key in keys:
        known = stored[key]
        header = np.empty(8, np.uint8)
        fill(file, header)
        (count,) = struct.unpack("<q", header.tobytes())
        if count != known.count:
            raise CheckpointError(f"storage {key!r:.50} has {count} elements, but its tensors expect {known.count}")
        fill(file, known.source.read())
        if not little:
            swap_bytes(known.source.read(), known.dtype)
