"""`save` and `load`: checkpoints in PyTorch's own format."""

from __future__ import annotations

import contextlib
import io
import pickle
import pickletools
import secrets
import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import numpy as np

from ..errors import CheckpointError
from . import legacy, rebuild, written
from .archive import Archive, Writer
from .facts import ALIGNMENT, ITEMSIZE
from .files import check_not_empty, is_path, reading, replacing
from .options import default_order, options
from .pickler import PROTOCOL, pickled
from .places import Place, placing
from .stored import Source, Stored, swap_bytes, tensor
from .unpickler import Machine


def save(
    obj: Any, f: Any, pickle_module: Any = pickle, pickle_protocol: int = PROTOCOL,
    _use_new_zipfile_serialization: bool = True, _disable_byteorder_record: bool = False,
) -> None:  # fmt: skip
    """Write `obj` (tensors, modules, state dicts, in lists and dicts of any depth) to a path or a file object.

    The file is in PyTorch's format, and PyTorch loads it. Tensors that share memory are written with their whole
    storage, once. A path is replaced when everything is written: until then the old file stays. RuntimeError for one
    memory seen as two dtypes; ValueError for a pickle module or protocol other than Python's, 2.

    >>> import io
    >>> file = io.BytesIO()
    >>> torch.save({"weight": torch.ones(2)}, file)
    >>> torch.load(io.BytesIO(file.getvalue()))
    {'weight': tensor([1., 1.])}
    """
    if pickle_module is not pickle or pickle_protocol != PROTOCOL or not _use_new_zipfile_serialization:
        raise ValueError(
            f"save() writes PyTorch's zip format with Python's pickle of protocol {PROTOCOL}, which torch.load reads "
            "safely; no other module, protocol or format"
        )
    data, memories = pickled(obj)
    if is_path(f):
        with replacing(f) as file:
            _write(file, PurePath(f).stem or "archive", data, memories)
    elif hasattr(f, "write"):
        _write(f, "archive", data, memories)
    else:
        raise AttributeError(
            f"expected 'f' to be string, path, or a file-like object with a 'write' attribute, got {type(f).__name__}"
        )


def _write(file: Any, folder: str, data: bytes, memories: list[Any]) -> None:
    with Writer(file, folder) as records:
        records.add("data.pkl", data)
        records.add(".format_version", b"1")
        records.add(".storage_alignment", str(ALIGNMENT).encode())
        records.add("byteorder", sys.byteorder.encode())
        for number, memory in enumerate(memories):
            records.add(f"data/{number}", bytes(memory.nbytes) if options.skip_data else memory.view("u1").data)
        records.add("version", b"3\n")
        records.add(".data/serialization_id", str(secrets.randbelow(10**40)).zfill(40).encode())


# ---------------------------------------------------------------- loading


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None,
    mmap: bool | None = None, **pickle_load_args: Any,
) -> Any:  # fmt: skip
    """The object in a file that `save`, or PyTorch's, wrote: a path or a file object with `read` and `seek`.

    Nothing in the file is run: it may hold tensors, parameters, dtypes, and plain containers, numbers and texts, and
    classes named by `add_safe_globals`. Any other name, and any damage, is a CheckpointError. `weights_only=False` also
    makes objects of any class, by running whatever the file says: **only for files you trust**.

    `map_location`: "cpu" (or a dict or function, as in PyTorch) for tensors saved on a GPU. `mmap`: the tensors of a
    path stay in the file until they are touched. The formats are PyTorch's zip and its legacy one; the older tar is
    refused.
    """
    _check_arguments(f, pickle_module, weights_only, mmap, pickle_load_args)
    place = placing(map_location)
    with reading(f) as file:
        start = file.tell()
        check_not_empty(file, start)
        magic = file.read(4)
        file.seek(start)
        if magic == b"PK\3\4":
            return _load_zip(file, start, place, weights_only is not False, bool(mmap))
        if mmap:
            raise RuntimeError("mmap can only be used with checkpoints in the zip format, which this file is not")
        if legacy.is_tar(file, start):
            raise CheckpointError(
                "the file is in the tar format that PyTorch wrote before version 0.1.10, which minitorch does not "
                "read: load it with PyTorch and save it again"
            )
        unpickle = _unpickle_safely if weights_only is not False else _unpickle_trusting
        return legacy.load(file, unpickle, _unpickle_safely, place)


def _check_arguments(f: Any, module: Any, weights_only: Any, mmap: Any, others: dict[str, Any]) -> None:
    if module is not None and (weights_only is not False or module is not pickle):
        raise RuntimeError(
            "load() reads with Python's own pickle, and only where weights_only=False: leave pickle_module out"
        )
    if mmap and not is_path(f):
        raise ValueError("f must be a string filename in order to use mmap argument")
    unknown = sorted(set(others) - {"encoding"})
    if unknown:
        raise TypeError(f"load() got an unexpected keyword argument {unknown[0]!r}")


def _load_zip(file: Any, start: int, place: Place, safely: bool, mapped: bool) -> Any:
    if start:
        raise RuntimeError(
            f"a checkpoint in the zip format must begin where its file does: seek(0) first (it is at {start})"
        )
    archive = Archive(file, mapped)
    order = archive.read("byteorder") if "byteorder" in archive else default_order().encode()
    if order not in (b"little", b"big"):
        raise CheckpointError(f"the checkpoint has an unknown byte order: {order!r:.50}")
    storages = Storages(archive, place, order.decode() != sys.byteorder)
    data = archive.read("data.pkl")
    return (_unpickle_safely if safely else _unpickle_trusting)(io.BytesIO(data), storages.load, len(data))


class Storages:
    """The storages of a zip, each read when the pickle first names it."""

    def __init__(self, archive: Archive, place: Place, swapped: bool) -> None:
        self.archive = archive
        self.place = place
        self.swapped = swapped
        self.stored: dict[str, Stored] = {}

    def load(self, identity: Any) -> Stored:
        """The storage of `("storage", type, key, location, count)`."""
        _, kind, key, location, count, _ = legacy.checked((*identity, None) if type(identity) is tuple else identity)
        if key not in self.stored:
            self.stored[key] = self._new(kind.dtype, key, count)
            self.place(self.stored[key].source, location, kind.dtype)
        known = self.stored[key]
        return Stored(known.source, kind.dtype, known.source.nbytes // ITEMSIZE[kind.dtype])

    def _new(self, dtype: str, key: str, count: int) -> Stored:
        record = f"data/{key}"
        nbytes = self.archive.nbytes(record)
        if nbytes != count * ITEMSIZE[dtype]:
            raise CheckpointError(
                f"storage {key!r:.50} has {nbytes} bytes, but its tensors expect {count} elements of {dtype}"
            )
        return Stored(Source(key, nbytes, lambda: self._memory(record, dtype)), dtype, count)

    def _memory(self, record: str, dtype: str) -> Any:
        if options.skip_data:
            return np.zeros(self.archive.nbytes(record), np.uint8)
        memory = self.archive.array(record)
        if self.swapped:
            swap_bytes(memory, dtype)
        return memory


# ---------------------------------------------------------------- the two ways to read a pickle


def _unpickle_safely(file: Any, persistent_load: Any, size: int) -> Any:
    return Machine(rebuild.names(tensor, _trusted), persistent_load, size).load(file)


def _unpickle_trusting(file: Any, persistent_load: Any, size: int) -> Any:
    return _Trusting(file, persistent_load).load()


class _Trusting(pickle.Unpickler):
    """Python's own machine, which runs what the file says; PyTorch's names mean ours."""

    def __init__(self, file: Any, persistent_load: Any) -> None:
        super().__init__(file, encoding="utf-8")
        self.load_outside = persistent_load
        self.table = rebuild.names(tensor, _trusted).table

    def persistent_load(self, pid: Any) -> Any:
        """A storage."""
        return self.load_outside(pid)

    def find_class(self, module: str, name: str) -> Any:
        """What a name means: ours for PyTorch's, and any other that can be imported."""
        full = f"{module}.{name}"
        if full in self.table and module.partition(".")[0] == "torch":
            return self.table[full]
        package, _, rest = module.partition(".")
        if package != "torch":
            return super().find_class(module, name)
        try:
            return super().find_class(f"minitorch.{rest}".rstrip("."), name)
        except (ImportError, AttributeError):
            raise CheckpointError(f"the file needs {full}, which minitorch does not have") from None


# ---------------------------------------------------------------- names the user trusts

_trusted: dict[str, Any] = {}


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Let `load` call these functions and make objects of these classes (or `(class, "its.full.name")`)."""
    for item in safe_globals:
        value, name = item if isinstance(item, tuple) else (item, f"{item.__module__}.{item.__qualname__}")
        _trusted[name] = value
        theirs = written.THEIRS.get(" ".join(name.rsplit(".", 1)))
        if theirs is not None:
            _trusted[theirs.replace(" ", ".")] = value


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` was given."""
    return list({id(value): value for value in _trusted.values()}.values())


def clear_safe_globals() -> None:
    """Trust nothing again."""
    _trusted.clear()


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The full names of the functions and classes in a checkpoint that `load` would refuse; nothing in it is run.

    >>> import fractions, io
    >>> file = io.BytesIO()
    >>> torch.save({"share": fractions.Fraction(1, 2)}, file)
    >>> torch.serialization.get_unsafe_globals_in_checkpoint(file)
    ['fractions.Fraction']
    """
    with reading(f) as file:
        file.seek(0)
        if file.read(4) != b"PK\3\4":
            raise ValueError("Expected input to be a checkpoint returned by torch.save")
        data = Archive(file).read("data.pkl")
    table = rebuild.names(tensor, _trusted).table
    return [name for name in dict.fromkeys(_globals(data)) if name not in table]


def _globals(data: bytes) -> Iterator[str]:
    """The names in a pickle: each `GLOBAL`, and each `STACK_GLOBAL` of the two texts before it."""
    texts: list[str] = []
    for operation, argument, _ in pickletools.genops(data):
        if operation.name == "GLOBAL":
            yield str(argument).replace(" ", ".")
        elif operation.name == "STACK_GLOBAL" and len(texts) > 1:
            yield ".".join(texts[-2:])
        elif isinstance(argument, str):
            texts.append(argument)


@contextlib.contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """As `add_safe_globals`, until the end of the `with` block."""
    before = dict(_trusted)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _trusted.clear()
        _trusted.update(before)
