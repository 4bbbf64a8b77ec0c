"""Safetensors: a length, a JSON header, and the elements. `load_file`, `save_file`, `load`, `save`, `safe_open`."""

from __future__ import annotations

import io
import itertools
import json
import mmap
import struct
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..device import check_device
from ..tensor import Tensor
from .archive import aligned, fill
from .files import reading, replacing
from .header import METADATA, NAMES, Entry, header
from .stored import held, swap_bytes

__all__ = ["load", "load_file", "safe_open", "save", "save_file"]


def _tensor(entry: Entry, memory: Any) -> Tensor:
    d = held(entry.dtype)
    if sys.byteorder == "big":
        swap_bytes(memory, entry.dtype)
    return Tensor._wrap(memory.view(d.numpy).reshape(entry.shape))


def _read(file: Any, entry: Entry, start: int) -> Tensor:
    held(entry.dtype)
    memory = np.empty(entry.end - entry.start, np.uint8)
    file.seek(start + entry.start)
    fill(file, memory)
    return _tensor(entry, memory)


def load_file(filename: Any, device: Any = "cpu") -> dict[str, Tensor]:
    """The tensors of a file, by name; CheckpointError for a damaged one."""
    check_device(device)
    with reading(filename) as file:
        entries, _, start = header(file)
        return {name: _read(file, entry, start) for name, entry in entries.items()}


def load(data: bytes) -> dict[str, Tensor]:
    """The tensors in the bytes of a file, by name."""
    return load_file(io.BytesIO(data))


class safe_open:
    """A file whose tensors are loaded one by one, when they are asked for.

    `with safe_open(path, framework="pt") as f: f.get_tensor(name)`; `f.keys()`, `f.metadata()`.
    """

    def __init__(self, filename: Any, framework: str = "pt", device: Any = "cpu") -> None:
        check_device(device)
        with open(filename, "rb") as file:
            self._entries, self._metadata, self._start = header(file)
            self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def __enter__(self) -> safe_open:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """The file stays mapped as long as a tensor of it lives."""

    def keys(self) -> list[str]:
        """The names, in the order of the file."""
        return sorted(self._entries, key=lambda name: self._entries[name].start)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def metadata(self) -> dict[str, str] | None:
        """The texts that were saved beside the tensors."""
        return self._metadata or None

    def get_tensor(self, name: str) -> Tensor:
        """One tensor; KeyError if there is none of that name."""
        entry = self._entries[name]
        memory = np.frombuffer(self._memory, np.uint8, entry.end - entry.start, self._start + entry.start)
        return _tensor(entry, aligned(memory))


# ---------------------------------------------------------------- writing


def save_file(tensors: dict[str, Tensor], filename: Any, metadata: dict[str, str] | None = None) -> None:
    """Write named tensors to a path, whole or not at all; `metadata` are texts.

    ValueError for what is no dict of contiguous tensors; RuntimeError for tensors that share memory.
    """
    parts = _parts(tensors, metadata)
    with replacing(filename) as file:
        for part in parts:
            file.write(part)


def save(tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a file of named tensors.

    >>> data = torch.serialization.safetensors.save({"a": torch.tensor([1.0, 2.0])})
    >>> torch.serialization.safetensors.load(data)
    {'a': tensor([1., 2.])}
    """
    return b"".join(_parts(tensors, metadata))


def _parts(tensors: dict[str, Tensor], metadata: dict[str, str] | None) -> list[Any]:
    _check(tensors, metadata)
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))  # wide ones first: all lie aligned
    described: dict[str, Any] = {METADATA: metadata} if metadata else {}
    end = 0
    for name in order:
        start, end = end, end + tensors[name].nbytes
        kind = NAMES[tensors[name].dtype.name]
        described[name] = {"dtype": kind, "shape": list(tensors[name].shape), "data_offsets": [start, end]}
    text = json.dumps(described, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return [struct.pack("<Q", len(text)), text, *[_bytes(tensors[name]) for name in order]]


def _bytes(x: Tensor) -> Any:
    memory = x.array.reshape(-1).view(np.uint8)
    if sys.byteorder == "big":
        memory = memory.copy()
        swap_bytes(memory, x.dtype.name)
    return memory.data


def _check(tensors: Any, metadata: Any) -> None:
    if not isinstance(tensors, dict):
        raise ValueError(f"expected a dict of [str, torch.Tensor], but received {type(tensors).__name__}")
    if metadata is not None and not all(isinstance(text, str) for pair in metadata.items() for text in pair):
        raise ValueError("the metadata of a safetensors file are texts under texts")
    for name, x in tensors.items():
        _check_tensor(name, x)
    places = sorted((x.data_ptr(), x.data_ptr() + x.nbytes, name) for name, x in tensors.items() if x.nbytes)
    for (_, end, first), (start, _, second) in itertools.pairwise(places):
        if start < end:
            raise RuntimeError(f"the tensors {first!r} and {second!r} share memory: save a clone() of one of them")


def _check_tensor(name: Any, x: Any) -> None:
    if not isinstance(name, str) or name == METADATA or not isinstance(x, Tensor):
        raise ValueError(f"key {name!r}: expected torch.Tensors under names, but received {type(x).__name__}")
    if x.dtype.name not in NAMES or x.dtype is dt.complex128:
        raise ValueError(f"tensor {name!r} is {x.dtype}, which the safetensors format does not have")
    if not x.is_contiguous():
        raise ValueError(f"You are trying to save a non contiguous tensor: {name!r}. Call .contiguous() before saving")
