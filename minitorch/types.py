"""Names for annotations."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from .device import Device as _Device
from .dtypes import dtype
from .size import Size
from .tensor import Tensor

_int, _float, _bool, _complex = builtins.int, builtins.float, builtins.bool, builtins.complex
_dtype, _device = dtype, _Device
_size = Size | list[int] | tuple[int, ...]
_TensorOrTensors = Tensor | Sequence[Tensor]
Number = builtins.int | builtins.float | builtins.bool
Device = _Device | str | int | None
FileLike = Any
Storage = Any
