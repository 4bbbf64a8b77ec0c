"""What is in a checkpoint: `python -m minitorch inspect FILE`. One tensor at a time is in memory."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from . import legacy, rebuild
from .archive import Archive, fill
from .checkpoint import Storages
from .facts import ITEMSIZE
from .files import reading
from .header import header
from .stored import Layout
from .unpickler import Machine, Names

_CHUNK = 1 << 20  # elements


class Row(NamedTuple):
    """One tensor: its name and dtype, its shape, how many bytes it has, and the mean,
    spread and NaNs of its elements.
    """

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
        yield from (
            _of_checkpoint(file, start) if start[:4] == b"PK\3\4" or legacy.starts(start) else _of_safetensors(file)
        )


def _of_checkpoint(file: Any, start: bytes) -> Iterator[Row]:
    if legacy.starts(start):
        content = legacy.load(file, _unpickle, _unpickle, _anywhere)
    else:
        archive = Archive(file)
        data = archive.read("data.pkl")
        content = _unpickle(io.BytesIO(data), Storages(archive, _anywhere, False).load, len(data))
    for name, plan in named(content):
        yield _row(name, plan.dtype, plan.shape, _elements(plan))


def _of_safetensors(file: Any) -> Iterator[Row]:
    entries, _, begin = header(file)
    for name, entry in sorted(entries.items(), key=lambda item: item[1].start):
        memory = np.empty(entry.end - entry.start, np.uint8)
        file.seek(begin + entry.start)
        fill(file, memory)
        yield _row(name, entry.dtype, entry.shape, _widened(memory, entry.dtype))


# ---------------------------------------------------------------- the structure, without the elements


class Unknown:
    """An object of a class that is not looked up: what it was made from is searched for tensors."""

    def __init__(self, content: Any) -> None:
        self.content = [content]


class _Names(Names):
    """The names of tensors; for all others, something that stands for them."""

    def find(self, module: str, name: str) -> Any:
        """The meaning of a name, or an Unknown."""
        try:
            return super().find(module, name)
        except CheckpointError:
            return Unknown(None)


class _Machine(Machine):
    """Reads any pickle, and still runs nothing."""

    def call(self, function: Any, args: Any) -> Any:
        """The result, or an Unknown that holds the arguments."""
        return Unknown(args) if isinstance(function, Unknown) else super().call(function, args)

    def build(self, target: Any, state: Any) -> None:
        """Give an object its state."""
        if isinstance(target, Unknown):
            target.content.append(state)
        else:
            super().build(target, state)


def _unpickle(file: Any, persistent_load: Any, size: int) -> Any:
    known = rebuild.names(_keep, {})
    return _Machine(_Names(known.table, {}), persistent_load, size).load(file)


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
    if isinstance(value, Unknown):
        return [pair for part in value.content for pair in _children(part)]
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list | tuple) else []


# ---------------------------------------------------------------- the elements


def _numpy(dtype: str) -> np.dtype[Any]:
    """The numpy dtype that holds the bits of these elements."""
    return np.dtype(dtype if dtype in _HELD else f"u{ITEMSIZE[dtype]}")


_HELD = {*("bool", "uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"), "float16"} | {
    *("float32", "float64", "complex64", "complex128")
}


def _elements(plan: Layout) -> NDArray[Any] | None:
    """The elements; None for more of them than there is memory in the file (a tensor that repeats itself)."""
    stored, width = plan.stored, ITEMSIZE[plan.dtype]
    if plan.numel > stored.source.nbytes // width:
        return None
    first = (stored.start * ITEMSIZE[stored.dtype] + plan.offset * width) if plan.numel else 0
    memory = stored.source.read() if plan.numel else np.empty(0, np.uint8)
    strides = [s * width for s in plan.strides] if plan.numel else None
    view: NDArray[Any] = np.ndarray(plan.shape, _numpy(plan.dtype), memory, first, strides)
    return _widened(view.reshape(-1).view(np.uint8), plan.dtype)


def _widened(memory: NDArray[Any], dtype: str) -> NDArray[Any] | None:
    """The numbers; None for dtypes whose bits numpy does not understand."""
    bits = memory.view(_numpy(dtype))
    if dtype == "bfloat16":  # the upper half of a float32
        return (bits.astype(np.uint32) << 16).view(np.float32)
    return bits if dtype in _HELD else None


def _row(name: str, dtype: str, shape: tuple[int, ...], elements: NDArray[Any] | None) -> Row:
    nbytes = math.prod(shape) * ITEMSIZE[dtype]
    if elements is None or not elements.size:
        return Row(name, dtype, shape, nbytes, math.nan, math.nan, 0)
    return Row(name, dtype, shape, nbytes, *_statistics(elements))


def _statistics(elements: NDArray[Any]) -> tuple[Any, float, int]:
    """Mean, standard deviation (n - 1) and NaNs, of the elements that are none."""
    chunks = [elements[i : i + _CHUNK] for i in range(0, elements.size, _CHUNK)]
    wide = np.complex128 if elements.dtype.kind == "c" else np.float64
    nans = sum([int(np.isnan(c).sum()) for c in chunks])
    count = elements.size - nans
    with np.errstate(all="ignore"):
        mean = sum([np.nansum(c, dtype=wide) for c in chunks]) / count if count else math.nan
        spread = sum([float(np.nansum(np.abs(c.astype(wide) - mean) ** 2)) for c in chunks])
    return mean, math.sqrt(spread / (count - 1)) if count > 1 else math.nan, nans


# ---------------------------------------------------------------- as text


def table(f: Any) -> str:
    """The tensors of a file, one a line, and their number and size."""
    found = list(rows(f))
    lines = [("name", "shape", "dtype", "size", "mean", "std", "nan"), *[_cells(row) for row in found]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = ["  ".join([_aligned(cell, i, widths[i]) for i, cell in enumerate(line)]).rstrip() for line in lines]
    nbytes = sum([row.nbytes for row in found])
    return "\n".join([*text, f"{len(found)} tensors, {_bytes(nbytes)}"])


def _cells(row: Row) -> tuple[str, ...]:
    shape = "x".join(map(str, row.shape)) or "scalar"
    numbers = [f"{row.mean:.4g}", f"{row.std:.4g}", str(row.nans)]
    return (row.name, shape, row.dtype, _bytes(row.nbytes), *numbers)


def _aligned(cell: str, column: int, width: int) -> str:
    return cell.ljust(width) if column < 3 else cell.rjust(width)


def _bytes(count: int) -> str:
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
