"""The bounds of dtypes: `finfo` and `iinfo`."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes as dt

__all__ = ["finfo", "iinfo"]


class finfo:
    """The bounds of a floating dtype, the default one without an argument; of a complex one, those of its parts.

    `bits`, `eps` (the gap behind 1), `max`, `min`, `tiny` = `smallest_normal`, `resolution`.
    """

    def __init__(self, dtype: Any = None) -> None:
        d = dt.get_default_dtype() if dtype is None else dt.meant(dtype)
        if not isinstance(d, dt.dtype) or d.rank < 2:
            raise TypeError(
                f"torch.finfo() requires a floating point input type, got {d}. Use torch.iinfo for integers"
            )
        d = d.to_real()
        self.dtype, self.bits = d.name, d.itemsize * 8
        if d is dt.bfloat16:  # a float32 with 8 bits of precision
            self.eps, self.max, self.tiny, self.resolution = 2.0**-7, dt.largest(d), 2.0**-126, 0.01
        else:
            found: Any = np.finfo(d.name)
            self.eps, self.max, self.tiny = float(found.eps), float(found.max), float(found.tiny)
            self.resolution = float(f"{found.resolution:.0e}")
        self.min, self.smallest_normal = -self.max, self.tiny

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        return f"finfo({', '.join([f'{name}={getattr(self, name):g}' for name in names])}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, finfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)


class iinfo:
    """The bounds of an integer dtype: `bits`, `max`, `min`."""

    def __init__(self, dtype: Any) -> None:
        dtype = dt.meant(dtype)
        if not isinstance(dtype, dt.dtype) or dtype.rank != 1:
            raise TypeError(f"torch.iinfo() requires an integer input type, got {dtype}. Use torch.finfo for floats")
        found = np.iinfo(dtype.numpy)
        self.dtype, self.bits, self.max, self.min = dtype.name, found.bits, int(found.max), int(found.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, iinfo) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash(self.dtype)
