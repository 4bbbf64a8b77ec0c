"""Products of several matrices that lie side by side in one: a mixture of experts, without a loop in the program."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from .base import T, shown_as
from .join import cat, stack
from .matmul import bmm, matmul
from .view import narrow


@shown_as("GroupedMmBackward0")
def grouped_mm(mat_a: T, mat_b: T, *, offs: Any = None, bias: Any = None, out_dtype: Any = None) -> T:
    """Products of groups of matrices; `offs` (int32) says where each group of a 2-D matrix ends.

    a (rows, k), b (groups, k, n): each group of rows with its b, (rows, n). a (groups, m, k), b (k, columns): each a
    with its columns, (m, columns). a (m, k), b (k, n): groups of k, (groups, m, n). Both 3-D, without `offs`: `bmm`.

    >>> a, b = torch.ones(3, 2), torch.stack([torch.eye(2), torch.eye(2) * 5])
    >>> torch.nn.functional.grouped_mm(a, b, offs=torch.tensor([1, 3], dtype=torch.int32))
    tensor([[1., 1.],
            [5., 5.],
            [5., 5.]])
    """
    _check(mat_a, mat_b, offs, bias, out_dtype)
    if offs is None:
        return bmm(mat_a, mat_b)
    ends = offs.array.tolist()
    pieces = list(zip([0, *ends[:-1]], ends, strict=True))
    groups = len(mat_a if mat_a.array.ndim == 3 else mat_b if mat_b.array.ndim == 3 else ends)
    if len(ends) != groups:
        raise OperationError("grouped_mm", f"matrix batch sizes have to match: {len(ends)} offsets", mat_a, mat_b)
    parts_a = list(mat_a) if mat_a.array.ndim == 3 else _parts(mat_a, pieces, 0 if mat_b.array.ndim == 3 else 1)
    parts_b = list(mat_b) if mat_b.array.ndim == 3 else _parts(mat_b, pieces, 1 if mat_a.array.ndim == 3 else 0)
    found = [matmul(a, b) for a, b in zip(parts_a, parts_b, strict=True)]
    if mat_a.array.ndim == mat_b.array.ndim:
        return stack(found)
    dim, size = (0, mat_a.array.shape[0]) if mat_a.array.ndim == 2 else (1, mat_b.array.shape[1])
    return cat([*found, _rest(found[0], dim, size - ends[-1])], dim)


def _parts(x: Any, pieces: Any, dim: int) -> list[Any]:
    return [narrow(x, dim, start, end - start) for start, end in pieces]


def _rest(x: Any, dim: int, size: int) -> Any:
    """Zeros for what lies behind the last group."""
    shape = list(x.array.shape)
    shape[dim] = size
    return x._zeros(tuple(shape), x.array.dtype)


def _check(a: Any, b: Any, offs: Any, bias: Any, out_dtype: Any) -> None:
    if {a.array.ndim, b.array.ndim} - {2, 3}:
        raise OperationError("grouped_mm", "expected matrices of 2 or 3 dimensions", a, b)
    if a.array.dtype != b.array.dtype or a.array.dtype.kind not in "fV":
        raise DtypeError("grouped_mm", "Expected mat_a and mat_b to be floating matrices, both alike", a, b)
    if (offs is None) != (a.array.ndim == b.array.ndim == 3):
        raise OperationError(
            "grouped_mm",
            "Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d",
            a,
            b,
        )
    if offs is not None and (offs.array.dtype != np.int32 or offs.array.ndim != 1):
        raise DtypeError("grouped_mm", "Offsets have to be int32, in one dimension", offs)
    if bias is not None:
        raise OperationError("grouped_mm", "Bias not supported yet, as in PyTorch", a, b)
    if out_dtype is not None and out_dtype is not a.dtype:
        raise DtypeError("grouped_mm", "Grouped gemm output dtype must match `mat_a` dtype", a)
    if a.array.shape[-1] != b.array.shape[-2]:
        raise OperationError("grouped_mm", "contraction dimension of mat_a and mat_b must match", a, b)
