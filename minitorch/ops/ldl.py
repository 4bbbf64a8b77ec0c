"""Symmetric matrices, definite or not, as L D Lᵀ, and what these factors solve."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from ..kernels import ldl as kernels
from .autocast import in_float32
from .base import Op, T, results
from .linalg import matrices, succeeded, together


class LinalgLdlFactor(Op):
    """l d lᵀ = a, packed in one; no derivative, as in PyTorch"""

    title = "LinalgLdlFactorEx"

    @staticmethod
    def forward(ctx: Any, a: Any, hermitian: bool) -> Any:
        packed, pivots, info = [a._wrap(x) for x in kernels.factor(a.array, hermitian)]
        ctx.mark_non_differentiable(pivots, info)
        return packed, pivots, info

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise RuntimeError("derivative for linalg.ldl_factor is not implemented: use linalg.solve or linalg.eigh")


class LinalgLdlSolve(Op):
    """a x = b with the factors of a;  db = a⁻ᵀ g; none for the factors, as in PyTorch"""

    @staticmethod
    def forward(ctx: Any, packed: Any, pivots: Any, b: Any, hermitian: bool) -> Any:
        ctx.save_for_backward(packed, pivots)
        ctx.hermitian = hermitian
        return kernels.solve(packed.array, pivots.array, b.array, hermitian)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        if ctx.needs_input_grad[0]:
            raise RuntimeError("derivative of linalg.ldl_solve with respect to LD is not implemented")
        packed, pivots = ctx.saved_tensors
        if ctx.hermitian:
            return None, None, LinalgLdlSolve.apply(packed, pivots, g, True), None
        return None, None, LinalgLdlSolve.apply(packed.conj(), pivots, g, False), None


def _factor(name: str, A: Any, hermitian: bool) -> Any:
    matrices(name, A, square=True)
    return LinalgLdlFactor.apply(A, hermitian)


_SINGULAR = "the factor D is exactly singular: its block {} is zero"


def ldl_factor(A: T, *, hermitian: bool = False) -> Any:
    """The named tuple (LD, pivots) of a symmetric (`hermitian`: Hermitian) matrix, of whose lower triangle it is made.

    By the pivots of Bunch and Kaufman (1977): D has blocks of 1 and 2 rows, and pivots tells which rows were exchanged,
    as LAPACK's sytrf does. LinAlgError where D is singular: `ldl_factor_ex` says so by a number instead.

    >>> torch.linalg.ldl_factor(torch.tensor([[0., 1.], [1., 0.]])).pivots
    tensor([-2, -2], dtype=torch.int32)
    """
    packed, pivots, info = _factor("linalg.ldl_factor", A, hermitian)
    succeeded("linalg.ldl_factor", info, _SINGULAR)
    return results("linalg_ldl_factor", "LD", "pivots")(packed, pivots)


def ldl_factor_ex(A: T, *, hermitian: bool = False, check_errors: bool = False) -> Any:
    """The named tuple (LD, pivots, info) of `ldl_factor`; info is 0, or the place of the first zero block of D."""
    found = _factor("linalg.ldl_factor_ex", A, hermitian)
    if check_errors:
        succeeded("linalg.ldl_factor_ex", found[2], _SINGULAR)
    return results("linalg_ldl_factor_ex", "LD", "pivots", "info")(*found)


@in_float32
def ldl_solve(LD: T, pivots: T, B: T, *, hermitian: bool = False) -> T:
    """X with A X = B (..., n, m), of what `ldl_factor(A)` gave.

    >>> A, B = torch.tensor([[0., 1.], [1., 0.]]), torch.tensor([[3.], [5.]])
    >>> torch.linalg.ldl_solve(*torch.linalg.ldl_factor(A), B)
    tensor([[5.],
            [3.]])
    """
    matrices("linalg.ldl_solve", LD, square=True)
    matrices("linalg.ldl_solve", B)
    if pivots.array.shape != LD.array.shape[:-1]:
        raise OperationError(
            "linalg.ldl_solve",
            f"Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots with shape {list(pivots.shape)}",
            LD,
        )
    if pivots.array.dtype.kind not in "iu":
        raise DtypeError("linalg.ldl_solve", "Expected pivots to be integers", pivots)
    ld, b = together(LD, B)
    at = pivots._wrap(np.broadcast_to(pivots.array, ld.array.shape[:-1]))
    return LinalgLdlSolve.apply(ld, at, b, hermitian)
