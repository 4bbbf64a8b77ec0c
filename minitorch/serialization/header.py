"""The header of a safetensors file: which tensors it has, and where. Everything is checked before it is believed."""

from __future__ import annotations

import io
import json
import math
import struct
from typing import Any

from ..errors import CheckpointError
from .stored import MAX_DIMS

# The format's names of dtypes, and ours.
_DTYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "BOOL": "bool",
    "U64": "uint64",
    "U32": "uint32",
    "U16": "uint16",
    "U8": "uint8",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
    "C64": "complex64",
}
NAMES = {ours: theirs for theirs, ours in _DTYPES.items()}
_WIDTHS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "BOOL": 1}
_WIDTHS |= {"U64": 8, "U32": 4, "U16": 2, "U8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "C64": 8}
_LONGEST_HEADER = 100_000_000  # the format's limit
METADATA = "__metadata__"


class Entry:
    """One tensor of a header, checked: its dtype (by our name), its shape and where its bytes lie."""

    def __init__(self, name: str, described: Any) -> None:
        if not isinstance(described, dict) or set(described) != {"dtype", "shape", "data_offsets"}:
            raise CheckpointError(f"tensor {name!r:.100}: expected dtype, shape and data_offsets in the header")
        kind, self.shape = described["dtype"], tuple(_numbers(name, described["shape"]))
        if kind not in _DTYPES:
            raise CheckpointError(f"tensor {name!r:.100} has the unknown dtype {kind!r:.50}")
        offsets = _numbers(name, described["data_offsets"])
        nbytes = math.prod(self.shape) * _WIDTHS[kind]
        if len(self.shape) > MAX_DIMS or len(offsets) != 2 or offsets[1] - offsets[0] != nbytes:
            raise CheckpointError(
                f"tensor {name!r:.100} of shape {self.shape!s:.100} does not take up the bytes {offsets!s:.50}"
            )
        self.dtype = _DTYPES[kind]
        self.start, self.end = offsets


def _numbers(name: str, values: Any) -> list[int]:
    if not isinstance(values, list) or not all(type(n) is int and 0 <= n < 2**62 for n in values):
        raise CheckpointError(f"tensor {name!r:.100} has sizes that are none: {values!s:.100}")
    return values


def header(file: Any) -> tuple[dict[str, Entry], dict[str, str], int]:
    """The tensors, the metadata and where the elements begin; CheckpointError unless they fill the file exactly."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    prefix = file.read(8)
    length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else size
    if length > min(_LONGEST_HEADER, size - 8):
        raise CheckpointError("the file is no safetensors file, or truncated: its header is longer than itself")
    described = _parsed(file.read(length))
    metadata = described.pop(METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise CheckpointError("the metadata of the file are not texts")
    entries = {name: Entry(name, entry) for name, entry in described.items()}
    _check_filled(entries, size - 8 - length)
    return entries, metadata, 8 + length


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        described = json.loads(text.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"the header of the file cannot be read: {error!s:.200}") from None
    if not isinstance(described, dict):
        raise CheckpointError("the header of the file is no JSON object")
    return described


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice in it")
    return dict(pairs)


def _check_filled(entries: dict[str, Entry], size: int) -> None:
    """No tensor overlaps another, none reaches beyond the end, and nothing else is in the file."""
    end = 0
    for start, stop in sorted((entry.start, entry.end) for entry in entries.values()):
        if start != end:
            raise CheckpointError("the tensors of the file overlap, or leave gaps")
        end = stop
    if end != size:
        raise CheckpointError(
            f"the file has {size} bytes of tensors, but its header describes {end}: it is damaged or truncated"
        )
