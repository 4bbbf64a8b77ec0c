"""Writes the pickle of a checkpoint: tensors as PyTorch writes them, with their storages outside of it."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from typing import Any

from numpy.typing import NDArray

from .. import dtypes as dt
from ..nn.parameter import Parameter
from ..size import Size
from ..storage import Storage, UntypedStorage
from ..tensor import Tensor
from . import written
from .places import location_tag

PROTOCOL = 2  # the one that PyTorch's reader of untrusted files understands


class View:
    """The memory of a storage, as elements of one dtype: what a tensor in the file is a view of."""

    def __init__(self, memory: NDArray[Any], dtype: dt.dtype) -> None:
        self.memory = memory
        self.dtype = dtype


class Pickler(pickle.Pickler):
    """Collects the storages that it meets in `memories`, each under a number."""

    def __init__(self, file: Any) -> None:
        super().__init__(file, PROTOCOL)
        self.memories: list[NDArray[Any]] = []
        self.numbers: dict[tuple[int, int], tuple[int, dt.dtype]] = {}

    def persistent_id(self, value: Any) -> Any:
        """`("storage", type, number, place, count)` of a storage."""
        if not isinstance(value, View):
            return None
        memory, d = value.memory, value.dtype
        place = (memory.ctypes.data if memory.nbytes else -id(memory), memory.nbytes)
        number, known = self.numbers.setdefault(place, (len(self.memories), d))
        if known is not d:
            raise RuntimeError(
                f"Cannot save multiple tensors or storages that view the same data as different types ({known} and {d})"
            )
        if number == len(self.memories):
            self.memories.append(memory)  # kept, so that its address stays its own
        return (
            "storage",
            written.storage_type(d.name),
            str(number),
            location_tag(UntypedStorage._over(Storage(memory))),
            memory.nbytes // d.itemsize,
        )

    def reducer_override(self, value: Any) -> Any:
        """How tensors, shapes and dtypes are written."""
        if isinstance(value, Parameter):
            return _reduced_parameter(value)
        if isinstance(value, Tensor):
            return _reduced_tensor(value)
        if isinstance(value, Size):
            return Size, (tuple(value),)
        if isinstance(value, dt.dtype):
            return value.name
        return NotImplemented


def pickled(value: Any) -> tuple[bytes, list[NDArray[Any]]]:
    """The pickle, in PyTorch's names, and the memory of the storages that it refers to."""
    file = io.BytesIO()
    pickler = Pickler(file)
    pickler.dump(value)
    return written.renamed(file.getvalue()), pickler.memories


def _reduced_parameter(x: Parameter) -> Any:
    parts: tuple[Any, ...] = (_plain(x), x.requires_grad, OrderedDict())
    attributes = _attributes(x)
    if attributes:
        return written._rebuild_parameter_with_state, (*parts, attributes)
    return written._rebuild_parameter, parts


def _plain(x: Tensor) -> Tensor:
    return x._share(x.array)


def _reduced_tensor(x: Tensor) -> Any:
    storage, d, offset, shape, strides = x._placed(x.storage)
    strides = tuple([s // d.itemsize for s in strides])
    args: Any = (
        View(storage.memory(), x.dtype),
        offset // d.itemsize,
        tuple(shape),
        strides,
        x.requires_grad,
        OrderedDict(),
    )
    attributes = _attributes(x)
    if attributes or type(x) is not Tensor:
        return written._rebuild_from_type_v2, (written._rebuild_tensor_v2, type(x), args, attributes)
    return written._rebuild_tensor_v2, args


def _attributes(x: Tensor) -> dict[str, Any]:
    """What a program hung on the tensor, without the marks of a buffer."""
    return {name: value for name, value in x._attributes().items() if name[0] != "_" and name != "persistent"}
