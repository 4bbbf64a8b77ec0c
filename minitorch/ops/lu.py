"""Triangular factors of a matrix with exchanged rows, and what they solve."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..kernels import linalg as kernels
from ..kernels.cast import cast_array
from .autocast import in_float32
from .base import Op, T, into, numbers, results, shown_as
from .join import cat, tril, triu
from .linalg import flipped, matrices, succeeded, together, triangular
from .matmul import matmul
from .strided import diag_embed
from .view import diagonal, narrow

__all__ = ["lu_unpack"]


class LinalgLuFactor(Op):
    """p l u = a, l and u in one;  da = p l⁻ᵀ (lower of lᵀ dl + upper of du uᵀ) u⁻ᵀ in the square corner"""

    title = "LinalgLuFactorEx"

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        packed, pivots = [a._wrap(x) for x in kernels.lu(a.array)]
        ctx.save_for_backward(packed, pivots)
        ctx.mark_non_differentiable(pivots)
        return packed, pivots

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        packed, pivots = ctx.saved_tensors
        m, n = packed.array.shape[-2:]
        k = min(m, n)
        corner, inner, rest = _corner(packed, k), _corner(g, k), None
        l, u = tril(corner, -1) + diag_embed(packed._ones((k,), packed.array.dtype)), triu(corner)
        if n > k:  # the columns to the right are l⁻¹ pᵀ a
            rest = triangular(flipped(l), narrow(g, -1, k, n - k), True, True, True)
            inner = inner - tril(matmul(rest, flipped(narrow(packed, -1, k, n - k))), -1)
        if m > k:  # the rows below are pᵀ a u⁻¹
            rest = triangular(flipped(u), narrow(g, -2, k, m - k), False, False, False)
            inner = inner - triu(matmul(flipped(narrow(packed, -2, k, m - k)), rest))
        inner = tril(matmul(flipped(l), tril(inner, -1)), -1) + triu(matmul(triu(inner), flipped(u)))
        back = triangular(flipped(u), triangular(flipped(l), inner, True, True, True), False, False, False)
        back = back if rest is None else cat([back, rest], -1 if n > k else -2)
        return matmul(permutation_matrix(packed, pivots), back)


def _corner(x: Any, k: int) -> Any:
    return narrow(narrow(x, -1, 0, k), -2, 0, k)


def permutation_matrix(packed: Any, pivots: Any) -> Any:
    """p of p l u, in the dtype of the factors."""
    made = kernels.permutation(pivots.array, packed.array.shape[-2])
    return packed._wrap(cast_array(made, packed.array.dtype))


# ---------------------------------------------------------------- what users call


def lu_factor(A: T, *, pivot: bool = True) -> Any:
    """The named tuple (LU, pivots): L and U in one matrix, and the row that each row was exchanged with, from 1.

    LinAlgError where U has a zero on its diagonal: `lu_factor_ex` says so by a number instead.
    """
    found = _factor("linalg.lu_factor", A, pivot)
    succeeded("linalg.lu_factor", _zero_pivots(found[0]), ZERO)
    return results("linalg_lu_factor", "LU", "pivots")(*found)


ZERO = "U[{0},{0}] is zero and using it on lu_solve would result in a division by zero."


def _factor(name: str, A: Any, pivot: bool) -> Any:
    matrices(name, A)
    if not pivot:
        raise RuntimeError(f"{name}: LU without pivoting is not implemented on the CPU")
    return LinalgLuFactor.apply(A)


def _zero_pivots(packed: Any) -> Any:
    """For each matrix the place of the first zero on the diagonal, from 1; 0 if there is none."""
    return packed._wrap(kernels.zero_pivots(numbers(packed)))


def lu_factor_ex(A: T, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """The named tuple (LU, pivots, info): info is 0, or the place of the first zero on U's diagonal.

    >>> torch.linalg.lu_factor_ex(torch.zeros(2, 2)).info
    tensor(1, dtype=torch.int32)
    """
    packed, pivots = _factor("linalg.lu_factor_ex", A, pivot)
    info = _zero_pivots(packed)
    if check_errors:
        succeeded("linalg.lu_factor_ex", info, ZERO)
    return results("linalg_lu_factor_ex", "LU", "pivots", "info")(packed, pivots, info)


@in_float32
def old_lu(A: T, pivot: bool = True, get_infos: bool = False, out: Any = None) -> Any:
    """(LU, pivots), with `get_infos` (LU, pivots, info): `linalg.lu_factor` and `lu_factor_ex` under an older name."""
    warnings.warn(
        "torch.lu is deprecated in favor of torch.linalg.lu_factor / torch.linalg.lu_factor_ex and will be removed in "
        "a future PyTorch release.",
        stacklevel=2,
    )
    packed, pivots = _factor("lu", A, pivot)
    found = (packed, pivots, _zero_pivots(packed)) if get_infos else (packed, pivots)
    if out is not None:
        found = tuple([into(place, x, "lu") for place, x in zip(out, found, strict=True)])
    return results("_lu_with_info", "LU", "pivots", "info")(*found) if get_infos else found


@shown_as("LuUnpackBackward0")
def lu_unpack(LU_data: T, LU_pivots: T, unpack_data: bool = True, unpack_pivots: bool = True) -> Any:
    """The named tuple (P, L, U) of what `lu_factor` gave: A = P L U."""
    m, n = LU_data.array.shape[-2:]
    k = min(m, n)
    l, u = narrow(tril(LU_data, -1), -1, 0, k), narrow(triu(LU_data), -2, 0, k)
    one = np.zeros((m, k), LU_data.array.dtype)
    ones = LU_data._wrap(one)
    diagonal(ones).fill_(1)
    return results("lu_unpack", "P", "L", "U")(permutation_matrix(LU_data, LU_pivots), l + ones, u)


@shown_as("LinalgLuBackward0")
def lu(A: T, *, pivot: bool = True) -> Any:
    """The named tuple (P, L, U): A = P L U, P a permutation, L with ones on its diagonal, U upper triangular."""
    return results("linalg_lu", "P", "L", "U")(*lu_unpack(*_factor("linalg.lu", A, pivot)))


@shown_as("LinalgLuSolveBackward0")
@in_float32
def lu_solve(LU: T, pivots: T, B: T, *, left: bool = True, adjoint: bool = False) -> T:
    """X with A X = B, of what `lu_factor(A)` gave; `adjoint`: with Aᵀ; X A = B where not `left`."""
    matrices("linalg.lu_solve", LU, square=True)
    lu_, b = together(LU, B if left else flipped(B))
    p = permutation_matrix(LU, pivots)
    if adjoint == left:  # Aᵀ = Uᵀ Lᵀ Pᵀ
        y = triangular(flipped(lu_), b, False, True, False)
        x = matmul(p, triangular(flipped(lu_), y, True, True, True))
    else:
        y = triangular(lu_, matmul(flipped(p), b), False, True, True)
        x = triangular(lu_, y, True, True, False)
    return x if left else flipped(x)


def old_lu_solve(b: T, LU_data: T, LU_pivots: T) -> T:
    """`linalg.lu_solve` in its old order."""
    return lu_solve(LU_data, LU_pivots, b)
