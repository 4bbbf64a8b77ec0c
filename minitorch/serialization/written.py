"""The names that stand in a checkpoint which we write: a pickle names classes and functions, and PyTorch must know
them.

The pickle is written with objects of this file in their places; `renamed` then puts PyTorch's names for ours.
"""

from __future__ import annotations

import pickletools
from typing import Any

from .. import dtypes as dt
from ..device import Device
from ..nn import modules
from ..size import Size
from ..tensor import Tensor
from .facts import STORAGE_OF, STORAGES

for _name in STORAGES:
    globals()[_name] = type(_name, (), {"__module__": __name__})


def _stand_in(name: str) -> Any:
    def function(*args: Any) -> Any:
        raise NotImplementedError("a checkpoint is read by torch.load")

    function.__module__, function.__name__, function.__qualname__ = __name__, name, name
    return function


_rebuild_tensor_v2 = _stand_in("_rebuild_tensor_v2")
_rebuild_parameter = _stand_in("_rebuild_parameter")
_rebuild_parameter_with_state = _stand_in("_rebuild_parameter_with_state")
_rebuild_from_type_v2 = _stand_in("_rebuild_from_type_v2")


def storage_type(dtype: str) -> Any:
    """What stands for the class of storages of a dtype."""
    return globals()[STORAGE_OF[dtype]]


def _theirs() -> dict[str, str]:
    """Our names, as pickle writes them, and PyTorch's."""
    table = {f"{__name__} {name}": f"torch {name}" for name in STORAGES}
    table |= {f"{__name__} {name}": f"torch._utils {name}" for name in globals() if name.startswith("_rebuild_")}
    table |= {f"{dt.__name__} {d.name}": f"torch {d.name}" for d in dt.dtype.by_numpy.values()}
    table |= {f"{kind.__module__} {kind.__name__}": f"torch {name}" for kind, name in _LANGUAGE}
    table |= {f"{kind.__module__} {kind.__name__}": f"{path} {kind.__name__}" for path, kind in modules.classes()}
    return {
        **table,
        f"{__name__} UntypedStorage": "torch.storage UntypedStorage",
        f"{__name__} _rebuild_from_type_v2": "torch._tensor _rebuild_from_type_v2",
    }


_LANGUAGE = ((Tensor, "Tensor"), (Size, "Size"), (Device, "device"))
THEIRS = _theirs()


def renamed(data: bytes) -> bytes:
    """A pickle of protocol 2 with PyTorch's names in the place of ours."""
    parts, done = [], 0
    for instruction, argument, position in pickletools.genops(data):
        if instruction.name == "GLOBAL" and argument in THEIRS and position is not None:
            parts += [data[done:position], b"c%s\n" % THEIRS[argument].replace(" ", "\n").encode()]
            done = position + len(argument) + 2
    return b"".join([*parts, data[done:]])
