"""The names a checkpoint uses for tensors, and what they mean here; nothing else is called when one is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import dtypes as dt
from ..device import Device
from ..errors import CheckpointError
from ..nn.parameter import Parameter
from ..size import Size
from ..tensor import Tensor
from .facts import ITEMSIZE, STORAGES
from .stored import Layout, layout
from .unpickler import PLAIN, Names, brief


class StorageType:
    """The class of a storage, as a file names it: it says the dtype, and `untyped` ones count bytes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dtype = STORAGES[name]


class DtypeName:
    """A dtype that files name and minitorch does not have."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


# ---------------------------------------------------------------- tensors

Build = Callable[[Layout], Any]


class Rebuild:
    """The functions that a checkpoint calls to make tensors; `build` makes each from its checked layout."""

    def __init__(self, build: Build) -> None:
        self.build = build

    def tensor(self, storage: Any, offset: int, size: Any, stride: Any) -> Any:
        """`_rebuild_tensor`."""
        return self.build(layout(storage, offset, size, stride, False))

    def tensor_v2(
        self, storage: Any, offset: int, size: Any, stride: Any, grad: bool, hooks: Any = None, metadata: Any = None
    ) -> Any:
        """`_rebuild_tensor_v2`."""
        return self.build(layout(storage, offset, size, stride, grad, None, metadata))

    def tensor_v3(
        self,
        storage: Any,
        offset: int,
        size: Any,
        stride: Any,
        grad: bool,
        hooks: Any,
        dtype: Any,
        metadata: Any = None,
    ) -> Any:
        """`_rebuild_tensor_v3`: the storage is bytes, the dtype stands beside it."""
        return self.build(layout(storage, offset, size, stride, grad, dtype.name, metadata))

    def parameter(self, data: Any, requires_grad: bool, hooks: Any = None) -> Any:
        """`_rebuild_parameter`."""
        return Parameter(data, requires_grad) if isinstance(data, Tensor) else data

    def parameter_with_state(self, data: Any, requires_grad: bool, hooks: Any, state: Any) -> Any:
        """`_rebuild_parameter_with_state`."""
        return _with_attributes(self.parameter(data, requires_grad), state)

    def from_type(self, function: Any, kind: Any, args: Any, state: Any) -> Any:
        """`_rebuild_from_type_v2`: a tensor with attributes, or of a subclass that the user trusts."""
        if getattr(function, "__self__", None) is not self or function == self.from_type:
            raise CheckpointError("a tensor in the file is made by a function that is not on the list")
        made = function(*args)
        if isinstance(made, Tensor) and kind not in (Tensor, Parameter):
            made.__class__ = kind
        return _with_attributes(made, state)

    def table(self) -> dict[str, Any]:
        """All of them, by their names in a file."""
        return {
            "torch._utils._rebuild_tensor": self.tensor,
            "torch._utils._rebuild_tensor_v2": self.tensor_v2,
            "torch._utils._rebuild_tensor_v3": self.tensor_v3,
            "torch._utils._rebuild_parameter": self.parameter,
            "torch._utils._rebuild_parameter_with_state": self.parameter_with_state,
            "torch._tensor._rebuild_from_type_v2": self.from_type,
        }


def _with_attributes(x: Any, state: Any) -> Any:
    """The tensor, with the attributes that a program gave it; none of ours is overwritten."""
    for name, value in (state if isinstance(state, dict) else {}).items():
        if type(name) is not str or name.startswith("_") or hasattr(x, name):
            raise CheckpointError(f"the file sets the attribute {brief(name)} of a tensor")
        if isinstance(x, Tensor):
            setattr(x, name, value)
    return x


def size(dims: Iterable[int] = ()) -> Size:
    """`torch.Size`."""
    return Size(dims)


def device(name: str, index: int | None = None) -> Device:
    """`torch.device`."""
    if type(name) is not str:
        raise CheckpointError(f"the file names a device by {brief(name)}")
    return Device(name, index)


def layout_name(name: str) -> str:
    """`torch.serialization._get_layout`: only strided tensors are held."""
    if name != "torch.strided":
        raise CheckpointError(f"the file holds a tensor of the layout {brief(name)}: only strided ones are loaded")
    return name


def _dtype(name: str) -> Any:
    found = [d for d in dt.dtype.by_numpy.values() if d.name == name]
    return found[0] if found else DtypeName(name)


_PLACES = ("torch", "torch.cuda", "torch.storage")
_FIXED = {
    **PLAIN,
    **{f"{place}.{name}": StorageType(name) for place in _PLACES for name in STORAGES},
    "torch.Size": size,
    "torch.device": device,
    "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter,
    "torch.serialization._get_layout": layout_name,
}


def names(build: Build, trusted: dict[str, Any]) -> Names:
    """What the globals of a checkpoint mean, with `build` to make tensors and the names that the user trusts."""
    dtypes = {f"torch.{name}": _dtype(name) for name in ITEMSIZE}
    return Names({**_FIXED, **dtypes, **Rebuild(build).table()}, trusted)
