"""The zip that a checkpoint is: uncompressed records, whose sizes and checksums are compared before they are used."""

from __future__ import annotations

import contextlib
import io
import mmap
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from .facts import ALIGNMENT
from .options import options

_LOCAL = struct.Struct("<4s22xHH")  # of the header before each record: its signature, the lengths of name and extra


def get_crc32_options() -> bool:
    """Whether the checksums of records are compared when a checkpoint is loaded."""
    return options.check_sums


def set_crc32_options(compute_crc32: bool) -> None:
    """Compare the checksums of records when a checkpoint is loaded, or do not:
    PyTorch can be told to write wrong ones.
    """
    options.check_sums = bool(compute_crc32)


class Archive:
    """The records of a checkpoint in the zip format, read from a file with `seek` and `read`."""

    def __init__(self, file: Any, mapped: bool = False) -> None:
        self.file = file
        self.size = file.seek(0, io.SEEK_END)
        self.memory = _mapped(file) if mapped else None
        self.records = _records(file, self.size)
        self.folder = _folder(self.records)

    def __contains__(self, name: str) -> bool:
        return f"{self.folder}/{name}" in self.records

    def nbytes(self, name: str) -> int:
        """The size of a record."""
        return self._record(name).file_size

    def read(self, name: str) -> bytes:
        """The content of a record."""
        return self._content(name).tobytes()

    def array(self, name: str) -> NDArray[Any]:
        """The content of a record as an array of bytes: of its own, or mapped into memory."""
        if self.memory is None:
            return self._content(name)
        record = self._record(name)
        return aligned(np.frombuffer(self.memory, np.uint8, record.file_size, self._start(record)))

    def _record(self, name: str) -> zipfile.ZipInfo:
        if name not in self:
            raise CheckpointError(f"the checkpoint has no record {name!r:.100}: the file is damaged, or it is none")
        return self.records[f"{self.folder}/{name}"]

    def _content(self, name: str) -> NDArray[Any]:
        record = self._record(name)
        content = np.empty(record.file_size, np.uint8)
        self.file.seek(self._start(record))
        fill(self.file, content)
        if options.check_sums and zlib.crc32(content.data) != record.CRC:
            raise CheckpointError(
                f"record {name!r} does not have its checksum: the file is damaged (or was written with checksums "
                "switched off: torch.serialization.set_crc32_options(False) loads it unchecked)"
            )
        return content

    def _start(self, record: zipfile.ZipInfo) -> int:
        """Where the content begins; CheckpointError if it does not lie within the file."""
        if record.header_offset < 0:
            raise CheckpointError(f"record {record.filename!r:.100} does not lie in the file: it is damaged")
        self.file.seek(record.header_offset)
        header = self.file.read(_LOCAL.size)
        signature, name, extra = _LOCAL.unpack(header) if len(header) == _LOCAL.size else (b"", 0, 0)
        start = record.header_offset + _LOCAL.size + name + extra
        if signature != b"PK\3\4" or start + record.file_size > self.size:
            raise CheckpointError(f"record {record.filename!r:.100} does not lie where the file says: it is damaged")
        return start


def _mapped(file: Any) -> mmap.mmap:
    """The file in memory, where a write changes no file, or (`set_default_mmap_options`) changes this one."""
    if options.mmap_flags != getattr(mmap, "MAP_SHARED", None):
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    with open(file.name, "r+b") as writable:
        return mmap.mmap(writable.fileno(), 0)


def aligned(content: NDArray[Any]) -> NDArray[Any]:
    """The bytes, where a number of any dtype may begin."""
    return content if content.ctypes.data % 16 == 0 else content.copy()


def fill(file: Any, content: NDArray[Any]) -> None:
    """Read as many bytes as `content` takes; CheckpointError if there are fewer."""
    room = content.data
    while len(room):
        got = file.readinto(room) if hasattr(file, "readinto") else _copied(file, room)
        if not got:
            raise CheckpointError("the file ends before its last tensor: it is truncated")
        room = room[got:]


def _copied(file: Any, room: memoryview) -> int:
    data = file.read(len(room))
    room[: len(data)] = data
    return len(data)


def _records(file: Any, size: int) -> dict[str, zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(file) as archive:
            found = archive.infolist()
    except Exception as error:  # zipfile meets damage with errors of many kinds
        raise CheckpointError(
            f"the file is a damaged or truncated checkpoint: its directory cannot be read ({error!s:.200})"
        ) from None
    for record in found:
        if (
            record.compress_type != zipfile.ZIP_STORED
            or record.compress_size != record.file_size
            or record.flag_bits & 1
        ):
            raise CheckpointError(
                f"record {record.filename!r:.100} is compressed or encrypted: no checkpoint has such records"
            )
    records = {record.filename: record for record in found}
    if len(records) < len(found):
        raise CheckpointError("two records of the checkpoint have the same name")
    if sum([record.file_size for record in found]) > size:
        raise CheckpointError("the records of the checkpoint claim to be larger than the file")
    return records


def _folder(records: dict[str, zipfile.ZipInfo]) -> str:
    """The folder that all records lie in."""
    pickles = [name for name in records if name.count("/") == 1 and name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise CheckpointError("the zip file is no checkpoint: it has no record data.pkl")
    folder = pickles[0].removesuffix("/data.pkl")
    if f"{folder}/constants.pkl" in records:
        raise CheckpointError(
            "the file is a TorchScript archive (torch.jit.save), a program: minitorch loads only data"
        )
    return folder


class Writer:
    """Writes the records of a checkpoint, each where it can be mapped into memory."""

    def __init__(self, file: Any, folder: str) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True)
        self.folder = folder

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: Any, *error: object) -> None:
        with contextlib.suppress(*() if kind is None else (Exception,)):
            self.zip.close()  # after an error too, or its end would be written whenever it is collected

    def add(self, name: str, content: Any) -> None:
        """Append a record."""
        record = zipfile.ZipInfo(f"{self.folder}/{name}")
        record.file_size = memoryview(content).nbytes
        record.extra = self._padding(record)
        with self.zip.open(record, "w") as out:
            out.write(content)

    def _padding(self, record: zipfile.ZipInfo) -> bytes:
        """An extra field that moves the content to a multiple of `ALIGNMENT`."""
        large = 20 if record.file_size * 1.05 > zipfile.ZIP64_LIMIT else 0  # zipfile's own extra field
        assert self.zip.fp is not None
        content = self.zip.fp.tell() + 30 + len(record.filename.encode()) + large + 4
        length = -content % ALIGNMENT
        return struct.pack("<2sH", b"FB", length) + bytes(length)
