"""Norms, powers, ranks and condition of matrices, tensors solved as matrices, and the older names of linear algebra."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..errors import OperationError
from ..kernels import linalg as kernels
from . import linalg as L
from .arithmetic import refuse
from .autocast import in_float32, lowered
from .base import Op, T, conj, into, numpy_names, results, shown_as
from .join import tril
from .linalg import flipped, inv, inv_ex, matrices, svdvals
from .matmul import matmul
from .reduce import vector_norm
from .stats import powers, vector_cross
from .strided import diag_embed
from .view import diagonal as _diagonal
from .view import dim_in, movedim, narrow, reshape, select, unsqueeze
from .view import transpose as transposed

__all__ = [
    "adjoint", "cholesky_inverse", "cholesky_solve", "geqrf", "matrix_power", "ormqr", "pca_lowrank", "pinverse",
    "svd_lowrank", "triangular_solve",
]  # fmt: skip


# ---------------------------------------------------------------- norms


@numpy_names
def matrix_norm(A: T, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> T:
    """A norm of matrices in two dimensions: "fro", "nuc", inf and -inf (rows), 1 and -1 (columns), 2 and -2 (singular
    values).

    >>> torch.linalg.matrix_norm(torch.tensor([[3., 0.], [0., 4.]]), "nuc")
    tensor(7.)
    """
    x = A if dtype is None else A.to(dtype)
    matrices("linalg.matrix_norm", x)
    if len(dim) != 2 or dim_in(dim[0], x.array.ndim) == dim_in(dim[1], x.array.ndim):
        raise OperationError(
            "linalg.matrix_norm", f"dim must be a 2-tuple of different dimensions, got {tuple(dim)}", x
        )
    if ord == "fro":
        return vector_norm(x, 2, tuple(dim), keepdim)
    y = _norm_of_matrix(movedim(x, tuple(dim), (-2, -1)), ord)
    if not keepdim:
        return y
    for d in sorted([dim_in(d, x.array.ndim) for d in dim]):
        y = unsqueeze(y, d)
    return y


def old_norm(input: T, p: Any = "fro", dim: Any = None, keepdim: bool = False, out: Any = None, dtype: Any = None) -> T:
    """(Σ |x|ᵖ)^(1/p) over all dimensions or those given; "fro" is p = 2; "nuc" the sum of the singular values.

    >>> torch.norm(torch.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if p == "nuc":
        y = matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
    else:
        y = vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)
    return into(out, y, "norm")


def _norm_of_matrix(x: Any, ord: Any) -> Any:
    """Over the last two dimensions."""
    if ord == "nuc":
        return svdvals(x).sum(-1)
    if isinstance(ord, str) or abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if abs(ord) == 2:
        s = svdvals(x)
        return s.amax(-1) if ord > 0 else s.amin(-1)
    totals = vector_norm(x, 1, -2 if abs(ord) == 1 else -1)
    return totals.amax(-1) if ord > 0 else totals.amin(-1)


@numpy_names
def norm(A: T, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> T:
    """The norm of a vector or matrix: with two dimensions `matrix_norm`, else `vector_norm`;
    of everything for no `ord`.
    """
    if dim is not None:
        dims = (dim,) if isinstance(dim, int) else tuple(dim)
        if len(dims) not in (1, 2):
            raise OperationError(
                "linalg.norm", f"If dim is specified, it must be of length 1 or 2. Got {list(dims)}", A
            )
        if ord is not None and len(dims) == 2:
            return matrix_norm(A, ord, dims, keepdim, dtype=dtype)
        return vector_norm(A, 2 if ord is None else ord, dims, keepdim, dtype=dtype)
    if ord is None:
        return vector_norm(A, 2, None, keepdim, dtype=dtype)
    if A.array.ndim not in (1, 2):
        raise OperationError("linalg.norm", "If dim is not specified but ord is, the input must be 1D or 2D.", A)
    if A.array.ndim == 1:
        return vector_norm(A, ord, None, keepdim, dtype=dtype)
    return matrix_norm(A, ord, (0, 1), keepdim, dtype=dtype)


@in_float32
def cond(A: T, p: Any = None) -> T:
    """The condition number ‖A‖ ‖A⁻¹‖ of matrices, in any norm of `matrix_norm` (2 by default);
    inf for singular ones.
    """
    matrices("linalg.cond", A)
    if p in (None, 2, -2):
        s = svdvals(A)
        top, least = select(s, -1, 0), select(s, -1, -1)
        return least / top if p == -2 else top / least
    matrices("linalg.cond", A, square=True)
    inverse, info = inv_ex(A)
    product = matrix_norm(A, p) * matrix_norm(inverse, p)
    return product.masked_fill(info.ne(0), math.inf)


@in_float32
def matrix_rank(A: T, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> T:
    """How many singular values are larger than max(atol, rtol times the largest)."""
    matrices("linalg.matrix_rank", A, square=hermitian)
    x = A.detach()
    s = L.eigvalsh(x).abs() if hermitian else svdvals(x)
    absolute, relative = L.tolerances(A, tol if atol is None else atol, 0.0 if tol is not None else rtol)
    if not s.array.shape[-1]:
        return s.sum(-1).to(_int64(A))
    limit = (s.amax(-1) * s._wrap(relative.real)).maximum(s._wrap(absolute.real))
    return (s > unsqueeze(limit, -1)).sum(-1)


def _int64(x: Any) -> Any:
    return x._wrap(np.zeros(0, np.int64)).dtype


# ---------------------------------------------------------------- products


def matrix_power(A: T, n: int) -> T:
    """The product of n copies of square matrices; of the inverse for negative n.

    >>> torch.linalg.matrix_power(torch.tensor([[1., 1.], [0., 1.]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    if n not in (0, 1):
        refuse("linalg.matrix_power", "b", A)
    if A.array.ndim < 2 or A.array.shape[-1] != A.array.shape[-2]:
        raise OperationError("linalg.matrix_power", "A must be batches of square matrices", A)
    if n < 0:
        A, n = inv(A), -n
    if n == 0:
        one = diag_embed(A._ones((A.array.shape[-1],), A.array.dtype))
        return A * 0 + one if A.tracked() else one.expand(A.shape).clone()
    result: Any = None
    square: Any = A
    while n:
        if n & 1:
            result = square if result is None else matmul(result, square)
        n >>= 1
        square = matmul(square, square) if n else square
    return result if result is not A else A.clone()


def vecdot(x: T, y: T, *, dim: int = -1) -> T:
    """Σ x̄ y along a dimension."""
    refuse("linalg.vecdot", "biu", x, y)
    if dt.mixed:
        x, y = lowered(x, y)
    return (conj(x) * y).sum(dim)


@shown_as("LinalgCrossBackward0")
def cross(input: T, other: T, *, dim: int = -1) -> T:
    """The cross product along a dimension of size 3."""
    return vector_cross("linalg.cross", input, other, dim)


def diagonal(A: T, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> T:
    """The diagonal of matrices, as the last dimension of a view."""
    return _diagonal(A, offset, dim1, dim2)


def vander(x: T, *, N: int | None = None) -> T:
    """(..., n) → (..., n, N): the powers from 0 on."""
    refuse("linalg.vander", "b", x)
    if not x.array.ndim and N is None:
        raise OperationError("linalg.vander", "x must be at least 1D", x)
    if N is not None and N <= 0:
        raise RuntimeError(f"linalg.vander: N must be greater than 0, got {N}")
    x = x if x.array.ndim else reshape(x, 1)
    return powers(x, x.array.shape[-1] if N is None else N)


@shown_as("LinalgHouseholderProductBackward0")
@in_float32
def householder_product(A: T, tau: T) -> T:
    """The first columns of the product of the reflections 1 - τᵢ vᵢ vᵢᵀ, vᵢ below the diagonal of A (..., m, n)."""
    matrices("linalg.householder_product", A)
    m, n = A.array.shape[-2:]
    k = tau.array.shape[-1]
    if m < n or k > n or tau.array.dtype != A.array.dtype:
        raise OperationError(
            "linalg.householder_product", "expected A with m >= n, and at most n numbers tau of its dtype", A, tau
        )
    one = diag_embed(A._ones((m,), A.array.dtype))
    vectors = tril(A, -1) + narrow(one, -1, 0, n)
    y = narrow(one, -1, 0, n).expand(A.shape) if k else narrow(one, -1, 0, n) + vectors * 0
    for i in reversed(range(k)):
        v = narrow(vectors, -1, i, 1)
        y = y - unsqueeze(narrow(tau, -1, i, 1), -1) * matmul(v, matmul(flipped(v), y))
    return y


class Geqrf(Op):
    """R above the reflections whose product is Q, and their factors; it has no derivative"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        return tuple([a._wrap(x) for x in kernels.reflections(a.array)])

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


@in_float32
def geqrf(input: T) -> Any:
    """The named tuple (a, tau) of LAPACK: R, below it the reflections 1 - τᵢ vᵢ vᵢᵀ that `ormqr` multiplies, and τ."""
    matrices("geqrf", input)
    return results("geqrf", "a", "tau")(*Geqrf.apply(input))


@shown_as("OrmqrBackward0")
def ormqr(input: T, tau: T, other: T, left: bool = True, transpose: bool = False) -> T:
    """Q C, or C Q where not `left`, C = other (..., m, n), `transpose`: Qᵀ; Q is the whole product of the reflections
    1 - τᵢ vᵢ vᵢᵀ that `geqrf` gave.

    >>> a, tau = torch.geqrf(torch.tensor([[3.0, 0.0], [4.0, 1.0]]))
    >>> torch.ormqr(a, tau, torch.tensor([[3.0], [4.0]]), transpose=True)
    tensor([[-5.],
            [ 0.]])
    """
    matrices("ormqr", input)
    m, k = input.array.shape[-2], tau.array.shape[-1]
    side = other.array.shape[-2 if left else -1] if other.array.ndim > 1 else -1
    if side != m or k != min(side, input.array.shape[-1]) or not input.dtype == tau.dtype == other.dtype:
        raise OperationError(
            "ormqr",
            "expected input (..., m, k), tau (..., min(m, k)) and other (..., m, n), or (..., n, m) where not left, of "
            "one dtype",
            *(input, tau, other),
        )
    one = diag_embed(input._ones((m,), input.array.dtype))
    vectors = tril(narrow(input, -1, 0, k), -1) + narrow(one, -1, 0, k)
    y, flip = (other, transpose) if left else (flipped(other), not transpose)
    tau = conj(tau) if flip else tau
    for i in range(k) if flip else reversed(range(k)):
        v = narrow(vectors, -1, i, 1)
        y = y - unsqueeze(narrow(tau, -1, i, 1), -1) * matmul(v, matmul(flipped(v), y))
    return y if left else flipped(y)


# ---------------------------------------------------------------- tensors as matrices


@in_float32
def tensorinv(A: T, ind: int = 2) -> T:
    """The inverse of A for `tensordot` over its first `ind` dimensions."""
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', got {ind}")
    front, back = A.array.shape[:ind], A.array.shape[ind:]
    if math.prod(front) != math.prod(back):
        raise OperationError(
            "linalg.tensorinv",
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind])",
            A,
        )
    return reshape(inv(reshape(A, math.prod(front), -1)), *back, *front)


@in_float32
def tensorsolve(A: T, B: T, dims: Any = None) -> T:
    """X with tensordot(A, X, X.ndim) = B; `dims` of A are moved to the end first."""
    a: Any = A
    if dims is not None:
        last = [dim_in(d, A.array.ndim) for d in dims]
        a = A.permute(*[d for d in range(A.array.ndim) if d not in last], *last)
    rest = a.array.shape[B.array.ndim :]
    if math.prod(rest) != B.array.size:
        raise OperationError(
            "linalg.tensorsolve",
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == prod(self.shape[:other.ndim])",
            A,
            B,
        )
    return reshape(L.solve(reshape(a, B.array.size, -1), reshape(B, -1)), rest)


# ---------------------------------------------------------------- older names


def old_cholesky(input: T, upper: bool = False) -> T:
    """`linalg.cholesky` by its old name."""
    return L.cholesky(input, upper=upper)


class CholeskyInverse(Op):
    """y = (l lᵀ)⁻¹;  dl = -y (g + gᵀ) y l"""

    @staticmethod
    def forward(ctx: Any, l: Any, upper: bool) -> Any:
        y = l._wrap(kernels.gram_inverse(kernels.triangle(l.array, upper), upper))
        ctx.save_for_backward(l, y)
        ctx.upper = upper
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        l, y = ctx.saved_tensors
        common = -matmul(y, matmul(g + flipped(g), y))
        return matmul(l, common) if ctx.upper else matmul(common, l), None


class CholeskySolve(Op):
    """l lᵀ x = b;  db solves the same for g, dl = -(db xᵀ + x dbᵀ) l"""

    @staticmethod
    def forward(ctx: Any, b: Any, l: Any, upper: bool) -> Any:
        factor = kernels.adjoint(l.array) if upper else l.array
        half = kernels.solve_triangular(factor, b.array, False, False)
        x = b._wrap(kernels.solve_triangular(kernels.adjoint(factor), half, True, False))
        ctx.save_for_backward(l, x)
        ctx.upper = upper
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        l, x = ctx.saved_tensors
        db = CholeskySolve.apply(g, l, ctx.upper)
        product = matmul(db, flipped(x))
        common = -(product + flipped(product))
        return db, matmul(l, common) if ctx.upper else matmul(common, l), None


@in_float32
def cholesky_inverse(L_: T, upper: bool = False) -> T:
    """The inverse of L Lᵀ (of Lᵀ L where `upper`), from the one triangle that is read."""
    matrices("cholesky_inverse", L_, square=True)
    return CholeskyInverse.apply(L_, upper)


@in_float32
def cholesky_solve(B: T, L_: T, upper: bool = False) -> T:
    """X with L Lᵀ X = B (Lᵀ L where `upper`)."""
    matrices("cholesky_solve", B, L_)
    matrices("cholesky_solve", L_, square=True)
    l, b = L.together(L_, B)
    return CholeskySolve.apply(b, l, upper)


@shown_as("TriangularSolveBackward0")
@in_float32
def triangular_solve(b: T, A: T, upper: bool = True, transpose: bool = False, unitriangular: bool = False) -> Any:
    """The named tuple (solution, cloned_coefficient) of A X = b, of Aᵀ X = b where `transpose`."""
    a = transposed(A, -2, -1) if transpose else A
    x = L.solve_triangular(a, b, upper=upper != transpose, unitriangular=unitriangular)
    return results("triangular_solve", "solution", "cloned_coefficient")(x, A.clone())


def old_qr(input: T, some: bool = True) -> Any:
    """`linalg.qr` by its old name: complete where not `some`."""
    return results("qr", "Q", "R")(*L.qr(input, "reduced" if some else "complete"))


def old_svd(input: T, some: bool = True, compute_uv: bool = True) -> Any:
    """The named tuple (U, S, V) with input = U diag(S) Vᵀ; without `compute_uv` U and V are zeros."""
    u, s, vt = L.svd(input, full_matrices=not some)
    v = flipped(vt)
    if not compute_uv:
        u, v = u.detach() * 0, v.detach() * 0
    return results("svd", "U", "S", "V")(u, s, v)


@in_float32
def pinverse(input: T, rcond: float = 1e-15) -> T:
    """`linalg.pinv` by its old name."""
    return L.pinv(input, atol=0.0, rtol=rcond)


def adjoint(input: T) -> T:
    """The last two dimensions exchanged, and conjugated."""
    return flipped(input)


def svd_lowrank(A: T, q: int | None = 6, niter: int | None = 2, M: Any = None) -> Any:
    """U (m, q), S (q), V (n, q) of A - M approximately,
    by random projection and power iterations (Halko et al., 2009).
    """
    x = A if M is None else A - M
    m, n = x.array.shape[-2:]
    if m < n:
        u, s, v = svd_lowrank(flipped(x), q, niter)
        return v, s, u
    start = x._zeros((n, 6 if q is None else q), x.array.dtype).normal_()
    base = L.qr(matmul(x, start))[0]
    for _ in range(niter or 0):
        base = L.qr(matmul(x, L.qr(matmul(flipped(x), base))[0]))[0]
    u, s, vt = L.svd(matmul(flipped(base), x), full_matrices=False)
    return matmul(base, u), s, flipped(vt)


def pca_lowrank(A: T, q: int | None = None, center: bool = True, niter: int = 2) -> Any:
    """U, S, V of A, its columns centred, approximately: the principal components are V."""
    m, n = A.array.shape[-2:]
    q = min(6, m, n) if q is None else q
    if not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)
