"""What is in a checkpoint: `python -m minitorch inspect FILE`. One tensor at a time is in memory."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from . import legacy, rebuild, safetensors
from .archive import Archive, fill
from .checkpoint import Storages
from .facts import ITEMSIZE
from .files import reading
from .stored import Layout, Stored
from .unpickler import Machine

_CHUNK = 1 << 20  # elements


class Row(NamedTuple):
    """One tensor: its name and dtype, its shape, how many bytes it has, and the mean, spread and NaNs of its elements."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    mean: float
    std: float
    nans: int


def rows(f: Any) -> Iterator[Row]:
    """The tensors of a checkpoint or a safetensors file, in its order. CheckpointError for any other file."""
    with reading(f) as file:
        start = file.read(8)
        file.seek(0)
        if start[:4] == b"PK\3\4" or legacy.starts(start):
            for name, plan in named(_checkpoint(file)):
                yield _row(name, plan.dtype, plan.shape, _elements(plan))
            return
        entries, _, begin = safetensors.header(file)
        for name, entry in sorted(entries.items(), key=lambda item: item[1].start):
            memory = np.empty(entry.end - entry.start, np.uint8)
            file.seek(begin + entry.start)
            fill(file, memory)
            yield _row(name, entry.dtype, entry.shape, memory.view(_numpy(entry.dtype)))


def _checkpoint(file: Any) -> Any:
    """The object of a checkpoint, with a `Layout` for each tensor; the elements of a zip stay in the file."""
    if not legacy.starts(file.read(8)):
        archive = Archive(file)
        data = archive.read("data.pkl")
        machine = Machine(rebuild.names(_keep, {}), Storages(archive, _anywhere).load, len(data), lenient=True)
        return machine.load(io.BytesIO(data))
    file.seek(0)
    return legacy.load(file, _unpickle, _unpickle, _anywhere)


def _unpickle(file: Any, persistent_load: Any, size: int) -> Any:
    return Machine(rebuild.names(_keep, {}), persistent_load, size, lenient=True).load(file)


def _keep(plan: Layout) -> Layout:
    return plan


def _anywhere(source: Any, location: str, dtype: str) -> None:
    pass


def named(value: Any, name: str = "") -> Iterator[tuple[str, Layout]]:
    """(dotted name, layout) of the tensors inside of dicts, lists, tuples and objects."""
    pending, seen = [(name, value)], set()
    while pending:
        name, value = pending.pop()
        if isinstance(value, Layout):
            yield name, value
        elif id(value) not in seen:
            seen.add(id(value))
            pending += [(f"{name}.{key}".lstrip("."), child) for key, child in _children(value)][::-1]


def _children(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return _children(value.content) if isinstance(value, Unknown) else []
