"""Tensors in numpy's `.npz` files."""

from __future__ import annotations

import zipfile
import zlib
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..errors import CheckpointError
from ..tensor import Tensor
from .files import reading, replacing

# How numpy, zipfile and zlib meet a file that is none of theirs; a RuntimeError is of zipfile, about a password.
_DAMAGE = (ValueError, EOFError, AttributeError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)


def save_npz(f: Any, tensors: dict[str, Tensor]) -> None:
    """Write named tensors to a path (whole or not at all) or a file object; numpy reads them with `np.load`."""
    arrays = {name: x.detach().numpy() for name, x in tensors.items()}
    if hasattr(f, "write"):
        np.savez(f, **arrays)  # type: ignore[arg-type]
        return
    with replacing(f) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def load_npz(f: Any) -> dict[str, Tensor]:
    """The arrays of an `.npz` file as tensors, by name.

    CheckpointError for a damaged file, or one with Python objects.
    """
    try:
        with reading(f) as file, np.load(file, allow_pickle=False) as arrays:
            return {name: _tensor(name, arrays[name]) for name in arrays.files}
    except _DAMAGE as error:
        raise CheckpointError(f"the file is no npz file of numbers, or damaged: {error!s:.200}") from None


def _tensor(name: str, array: Any) -> Tensor:
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype not in dt.dtype.by_numpy:
        raise CheckpointError(f"array {name!r} is {array.dtype}, which tensors cannot hold")
    return Tensor._wrap(np.ascontiguousarray(array).reshape(array.shape))
