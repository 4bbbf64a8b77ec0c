"""PyTorch's place for `minitorch.utils.data.collate`."""

from __future__ import annotations

import re

from ....missing import missing_from
from ..collate import collate, default_collate, default_collate_fn_map, default_convert

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

np_str_obj_array_pattern = re.compile(r"[SaUO]")  # dtypes of arrays that no tensor can hold
default_collate_err_msg_format = (
    "default_collate: batch must contain tensors, arrays, numbers, dicts or lists; found {}"
)

__getattr__ = missing_from(__name__)
