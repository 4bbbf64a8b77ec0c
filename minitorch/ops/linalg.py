"""Linear algebra: decompositions, inverses, determinants, systems of equations.

Matrices (..., m, n), real or complex.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..errors import DtypeError, LinAlgError, OperationError
from ..kernels import linalg as kernels
from .arithmetic import where
from .autocast import in_float32, lowered
from .base import Op, T, TensorBase, also_called, conj, in_dtype, numbers, promoted, results, shown_as
from .join import cat, tril, triu
from .matmul import matmul
from .strided import diag_embed
from .view import diagonal, expand, narrow, reshape, select, squeeze, transpose, unsqueeze

__all__ = ["det", "logdet", "matrix_exp"]


def flipped(a: Any) -> Any:
    """The last two dimensions exchanged, and conjugated."""
    return conj(transpose(a, -2, -1))


class LinalgCholeskyEx(Op):
    """l lᵀ = a;  da = l⁻ᵀ Φ(lᵀ dl) l⁻¹, made symmetric, Φ the lower triangle with half the diagonal"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        l, info = kernels.cholesky(a.array)
        factor, status = a._wrap(l), a._wrap(info)
        ctx.save_for_backward(factor)
        ctx.mark_non_differentiable(status)
        return factor, status

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (l,) = ctx.saved_tensors
        p = tril(matmul(flipped(l), g))
        p = p - diag_embed(diagonal(p, 0, -2, -1)) * 0.5
        back = triangular(flipped(l), p, True, True, False)
        da = triangular(l, back, False, False, False)
        return (da + flipped(da)) * 0.5


class LinalgInvEx(Op):
    """y = a⁻¹;  da = -yᵀ g yᵀ"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        y, info = kernels.inv(a.array)
        inverse, status = a._wrap(y), a._wrap(info)
        ctx.save_for_backward(inverse)
        ctx.mark_non_differentiable(status)
        return inverse, status

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (y,) = ctx.saved_tensors
        return -matmul(flipped(y), matmul(g, flipped(y)))


class LinalgSolveEx(Op):
    """a x = b;  db = a⁻ᵀ g, da = -db xᵀ"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        x, info = kernels.solve(a.array, b.array)
        solution, status = a._wrap(x), a._wrap(info)
        ctx.save_for_backward(a, solution)
        ctx.mark_non_differentiable(status)
        return solution, status

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        a, x = ctx.saved_tensors
        db = LinalgSolveEx.apply(flipped(a), g)[0]
        return -matmul(db, flipped(x)) if ctx.needs_input_grad[0] else None, db


class LinalgSolveTriangular(Op):
    """a x = b for triangular a;  db = a⁻ᵀ g, da = the triangle of -db xᵀ"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, upper: bool, unit: bool) -> Any:
        x = a._wrap(kernels.solve_triangular(a.array, b.array, upper, unit))
        ctx.save_for_backward(a, x)
        ctx.args = upper, unit
        return x

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, x = ctx.saved_tensors
        upper, unit = ctx.args
        db = LinalgSolveTriangular.apply(flipped(a), g, not upper, unit)
        da = -matmul(db, flipped(x)) if ctx.needs_input_grad[0] else None
        if da is not None:
            da = triu(da, int(unit)) if upper else tril(da, -int(unit))
        return da, db, None, None


def triangular(a: Any, b: Any, upper: bool, left: bool, unit: bool) -> Any:
    """x with a x = b, or x a = b where not `left`; batches are broadcast already."""
    if left:
        return LinalgSolveTriangular.apply(a, b, upper, unit)
    return flipped(LinalgSolveTriangular.apply(flipped(a), flipped(b), not upper, unit))


class LinalgDet(Op):
    """y = det a;  da = g times the matrix of cofactors"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        ctx.save_for_backward(a)
        ctx.save_output_for_backward()
        return kernels.det(a.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, y = ctx.saved_tensors
        if a.array.size and (y == 0).any().item():
            return unsqueeze(unsqueeze(g, -1), -1) * _cofactors(a)
        return unsqueeze(unsqueeze(g * conj(y), -1), -1) * flipped(LinalgInvEx.apply(a)[0])


def _cofactors(a: Any) -> Any:
    """Of singular matrices too: det(u vᵀ) u diag(products of the other singular values) vᵀ."""
    u, s, vt = LinalgSvd.apply(a, False)
    n = s.array.shape[-1]
    others = []
    for i in range(n):
        rest = cat([narrow(s, -1, 0, i), narrow(s, -1, i + 1, n - i - 1)], -1)
        others.append(rest.prod(-1, keepdim=True))
    turn = conj(LinalgDet.apply(matmul(u, vt).detach()))
    return unsqueeze(unsqueeze(turn, -1), -1) * matmul(u * unsqueeze(cat(others, -1), -2), vt)


class LinalgSlogdet(Op):
    """The sign and ln |det a|;  da = g a⁻ᵀ"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        sign, log = [a._wrap(x) for x in kernels.slogdet(a.array)]
        ctx.save_for_backward(a, sign)
        return sign, log

    @staticmethod
    def backward(ctx: Any, g_sign: Any, g: Any) -> Any:
        a, sign = ctx.saved_tensors
        if a.array.dtype.kind == "c":  # the sign of a complex determinant turns
            g = g - (conj(g_sign) * sign).imag * 1j
        return unsqueeze(unsqueeze(g, -1), -1) * flipped(LinalgInvEx.apply(a)[0])


class LinalgQr(Op):
    """a = q r;  da = (dq + q M) r⁻ᵀ, M the lower triangle of r drᵀ - dqᵀ q, mirrored to the upper one"""

    @staticmethod
    def forward(ctx: Any, a: Any, how: str) -> Any:
        q, r = [a._wrap(x) for x in kernels.qr(a.array, how)]
        ctx.save_for_backward(q, r)
        ctx.how = how
        return q, r

    @staticmethod
    def backward(ctx: Any, dq: Any, dr: Any) -> Any:
        q, r = ctx.saved_tensors
        rows, columns = q.array.shape[-2] if q.array.ndim > 1 else 0, r.array.shape[-1]
        if ctx.how == "r":
            raise RuntimeError(
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
                "linalg.qr(A, mode='reduced') if you are going to require gradients."
            )
        if ctx.how == "complete" and rows > columns:
            raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
        if rows >= columns:
            return _qr_grad(q, r, dq, dr), None
        left, right = narrow(r, -1, 0, rows), narrow(r, -1, rows, columns - rows)
        d_right = narrow(dr, -1, rows, columns - rows)
        dq = dq + matmul(matmul(q, right), flipped(d_right))
        first = _qr_grad(q, left, dq, narrow(dr, -1, 0, rows))
        return cat([first, matmul(q, d_right)], -1), None


def _qr_grad(q: Any, r: Any, dq: Any, dr: Any) -> Any:
    m = matmul(r, flipped(dr)) - matmul(flipped(dq), q)
    mirrored = tril(m) + flipped(tril(m, -1))
    if q.array.dtype.kind == "c":
        mirrored = mirrored - diag_embed(diagonal(m, 0, -2, -1).imag) * 1j
    return triangular(flipped(r), dq + matmul(q, mirrored), False, False, False)


class LinalgEigh(Op):
    """a = q diag(l) qᵀ;  da = q (diag(dl) + qᵀ dq / (lⱼ - lᵢ)) qᵀ"""

    @staticmethod
    def forward(ctx: Any, a: Any, uplo: str) -> Any:
        values, vectors = [a._wrap(x) for x in kernels.eigh(a.array, uplo)]
        ctx.save_for_backward(values, vectors)
        ctx.set_materialize_grads(False)
        return values, vectors

    @staticmethod
    def backward(ctx: Any, dl: Any, dq: Any) -> Any:
        l, q = ctx.saved_tensors
        middle: Any = 0 if dl is None else in_dtype(diag_embed(dl), q.dtype)
        if dq is not None:
            turns = matmul(flipped(q), dq)  # of q only the turning part can change: the gradient is symmetric
            middle = middle + _over_gaps((turns - flipped(turns)) * 0.5, l)
        return matmul(matmul(q, middle), flipped(q)), None


def _over_gaps(x: Any, l: Any) -> Any:
    """x / (lⱼ - lᵢ), zero on the diagonal."""
    n = l.array.shape[-1]
    own = l._wrap(np.zeros((n, n), np.bool_))
    diagonal(own).fill_(True)
    gaps = unsqueeze(l, -2) - unsqueeze(l, -1)
    return where(own, 0.0, x / where(own, 1.0, gaps))


class LinalgSvd(Op):
    """a = u diag(s) vᵀ;  from ds: u diag(ds) vᵀ; from du and dv the turns between singular vectors"""

    @staticmethod
    def forward(ctx: Any, a: Any, full: bool) -> Any:
        u, s, vt = [a._wrap(x) for x in kernels.svd(a.array, full)]
        ctx.save_for_backward(u, s, vt)
        ctx.set_materialize_grads(False)
        return u, s, vt

    @staticmethod
    def backward(ctx: Any, du: Any, ds: Any, dvt: Any) -> Any:
        u, s, vt = ctx.saved_tensors
        k = s.array.shape[-1]
        u, vt = narrow(u, -1, 0, k), narrow(vt, -2, 0, k)
        du = None if du is None else narrow(du, -1, 0, k)
        dvt = None if dvt is None else narrow(dvt, -2, 0, k)
        inner: Any = 0 if ds is None else in_dtype(diag_embed(ds), u.dtype)
        squares, across, down = s.square(), unsqueeze(s, -2), unsqueeze(s, -1)
        if du is not None:
            turns = matmul(flipped(u), du)
            inner = inner + _over_gaps(_skew(turns), squares) * across
            if u.array.dtype.kind == "c":
                inner = inner + diag_embed(diagonal(turns, 0, -2, -1).imag / s) * 1j
        if dvt is not None:
            inner = inner + _over_gaps(_skew(matmul(vt, flipped(dvt))), squares) * down
        da = matmul(matmul(u, inner), vt)
        if du is not None and u.array.shape[-2] > k:
            rest = du - matmul(u, matmul(flipped(u), du))
            da = da + matmul(rest / across, vt)
        if dvt is not None and vt.array.shape[-1] > k:
            rest = dvt - matmul(matmul(dvt, flipped(vt)), vt)
            da = da + matmul(u, rest / down)
        return da, None


def _skew(x: Any) -> Any:
    return x - flipped(x)


class LinalgEig(Op):
    """a v = v diag(l), of columns of length 1;  da = v⁻ᴴ (diag(dl) + (vᴴdv - vᴴv Re diag(vᴴdv)) / (lⱼ - lᵢ)ᴴ) vᴴ"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        values, vectors = [a._wrap(x) for x in kernels.eig(a.array)]
        ctx.save_for_backward(values, vectors)
        ctx.set_materialize_grads(False)
        return values, vectors

    @staticmethod
    def backward(ctx: Any, dl: Any, dv: Any) -> Any:
        l, v = ctx.saved_tensors
        middle: Any = 0 if dl is None else diag_embed(dl)
        if dv is not None:
            turns = matmul(flipped(v), dv)
            lengths = matmul(flipped(v), v) * unsqueeze(diagonal(turns, 0, -2, -1).real, -2)
            middle = middle + _over_gaps(turns - lengths, conj(l))
        return LinalgSolveEx.apply(flipped(v), matmul(middle, flipped(v)))[0]


class LinalgPinv(Op):
    """y = a⁺;  da = -yᵀ g yᵀ + (1 - a y) gᵀ y yᵀ + yᵀ y gᵀ (1 - y a)"""

    @staticmethod
    def forward(ctx: Any, a: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
        ctx.save_for_backward(a)
        ctx.save_output_for_backward()
        return kernels.pinv(a.array, atol, rtol, hermitian)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, y = ctx.saved_tensors
        gt, yt = flipped(g), flipped(y)
        left, right = matmul(gt, matmul(y, yt)), matmul(matmul(yt, y), gt)
        da = -matmul(yt, matmul(g, yt)) + left - matmul(a, matmul(y, left)) + right - matmul(matmul(right, y), a)
        return da, None, None, None


class LinalgMatrixExp(Op):
    """y = eᵃ;  da = the upper right block of e^(aᵀ g; 0 aᵀ) (Van Loan, 1978)"""

    @staticmethod
    def forward(ctx: Any, a: Any) -> Any:
        ctx.save_for_backward(a)
        return kernels.matrix_exp(a.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (a,) = ctx.saved_tensors
        n, t = a.array.shape[-1], flipped(a)
        block = cat([cat([t, g], -1), cat([g * 0, t], -1)], -2)
        return narrow(narrow(LinalgMatrixExp.apply(block), -2, 0, n), -1, n, n)


# ---------------------------------------------------------------- arguments


def matrices(name: str, *xs: Any, square: bool = False) -> None:
    """RuntimeError unless all are stacks of (square) matrices of a floating or complex dtype."""
    for x in xs:
        if x.array.ndim < 2:
            raise OperationError(name, "The input tensor A must have at least 2 dimensions.", x)
        if x.array.dtype.kind not in "fcV":
            raise DtypeError(name, "Expected a floating point or complex tensor as input", x)
        if square and x.array.shape[-1] != x.array.shape[-2]:
            raise OperationError(
                name,
                f"A must be batches of square matrices, but they are {x.array.shape[-2]} by {x.array.shape[-1]} "
                f"matrices",
                x,
            )


def succeeded(name: str, info: Any, message: str) -> None:
    """LinAlgError with the first failure that `info` tells of."""
    failed = info.array.ravel()
    if failed.any():
        first = int(failed.argmax() if failed.dtype.kind == "b" else (failed != 0).argmax())
        place = f"(Batch element {first}): " if info.array.ndim else ""
        raise LinAlgError(name, place + message.format(int(failed[first])))


SINGULAR = "The diagonal element {} is zero, the {} could not be completed because the input matrix is singular."


def together(a: Any, b: Any) -> tuple[Any, Any]:
    """Stacks of matrices with their batches broadcast."""
    batch = np.broadcast_shapes(a.array.shape[:-2], b.array.shape[:-2])
    return _stacked(a, batch), _stacked(b, batch)


def _stacked(x: Any, batch: tuple[int, ...]) -> Any:
    return x if x.array.shape[:-2] == batch else expand(x, (*batch, *x.array.shape[-2:]))


# ---------------------------------------------------------------- what users call


@in_float32
def cholesky(A: T, *, upper: bool = False) -> T:
    """Lower triangular L with A = L Lᵀ for symmetric positive definite A (..., n, n); `upper`: its transpose.

    Only the lower triangle of A is read. LinAlgError if A is not positive definite.

    >>> torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    l, info = cholesky_ex(A)
    succeeded(
        "linalg.cholesky",
        info,
        "The factorization could not be completed because the input is not positive-definite (the leading minor of "
        "order {} is not positive-definite).",
    )
    return flipped(l) if upper else l


@in_float32
def cholesky_ex(A: T, *, upper: bool = False, check_errors: bool = False) -> Any:
    """The named tuple (L, info) of `cholesky`: info is 0, or the order of a minor that is not positive definite."""
    if check_errors:
        cholesky(A)
    matrices("linalg.cholesky", A, square=True)
    l, info = LinalgCholeskyEx.apply(A)
    return results("linalg_cholesky_ex", "L", "info")(flipped(l) if upper else l, info)


@in_float32
@also_called(input="A")
def inv(A: T) -> T:
    """The inverse of square matrices (..., n, n); LinAlgError if there is none."""
    y, info = inv_ex(A)
    succeeded("linalg.inv", info, SINGULAR.format("{}", "inversion"))
    return y


@in_float32
def inv_ex(A: T, *, check_errors: bool = False) -> Any:
    """The named tuple (inverse, info): info is 0, or the place of a zero pivot."""
    matrices("linalg.inv", A, square=True)
    y, info = LinalgInvEx.apply(A)
    if check_errors:
        succeeded("linalg.inv_ex", info, SINGULAR.format("{}", "inversion"))
    return results("linalg_inv_ex", "inverse", "info")(y, info)


def _is_vector(a: Any, b: Any) -> bool:
    return b.array.ndim == 1 or (a.array.ndim - 1 == b.array.ndim and b.array.shape == a.array.shape[:-1])


@in_float32
def solve(A: T, B: T, *, left: bool = True) -> T:
    """X with A X = B (X A = B where not `left`), for A (..., n, n) and B (..., n, k), or vectors (..., n).

    LinAlgError if a matrix is singular.
    """
    x, info = solve_ex(A, B, left=left)
    succeeded("linalg.solve", info, SINGULAR.format("{}", "solve"))
    return x


def solve_ex(A: T, B: T, *, left: bool = True, check_errors: bool = False) -> Any:
    """The named tuple (result, info): info is 0, or the place of a zero pivot."""
    if check_errors:
        solve(A, B, left=left)
    matrices("linalg.solve", A, square=True)
    vector = _is_vector(A, B)
    b = unsqueeze(B, -1) if vector else B
    if b.array.dtype != A.array.dtype:
        raise DtypeError("linalg.solve", "Expected A and B to have the same dtype", A, B)
    if vector and not left:
        raise OperationError(
            "linalg.solve", "Vector broadcasting of the left hand side is not supported for left=False", A, B
        )
    if b.array.shape[-2 if left else -1] != A.array.shape[-1]:
        equation = "AX = B" if left else "XA = B"
        raise OperationError("linalg.solve", f"Incompatible shapes of A and B for the equation {equation}", A, B)
    a, b = together(A, b)
    if left:
        x, info = LinalgSolveEx.apply(a, b)
        x = squeeze(x, -1) if vector else x
    else:
        x, info = LinalgSolveEx.apply(flipped(a), flipped(b))
        x = flipped(x)
    return results("linalg_solve_ex", "result", "info")(x, _status_of(A, info))


def _status_of(A: Any, info: Any) -> Any:
    """One status for each matrix of A, however many right-hand sides it was broadcast to."""
    for d, n in enumerate(reversed(A.array.shape[:-2]), 1):
        info = narrow(info, -d, 0, n)
    while info.array.ndim > A.array.ndim - 2:
        info = select(info, 0, 0)
    return info


def solve_triangular(A: T, B: T, *, upper: bool, left: bool = True, unitriangular: bool = False) -> T:
    """X with A X = B (X A = B where not `left`) for triangular A; the other triangle is not read."""
    matrices("linalg.solve_triangular", A, B)
    matrices("linalg.solve_triangular", A, square=True)
    if A.array.shape[-1] != B.array.shape[-2 if left else -1]:
        raise OperationError("linalg.solve_triangular", "Incompatible shapes of A and B for the equation", A, B)
    a, b = together(A, B)
    return triangular(a, b, upper, left, unitriangular)


@also_called(input="A")
def det(A: T) -> T:
    """The determinant of square matrices (..., n, n)."""
    matrices("linalg.det", A, square=True)
    return LinalgDet.apply(A)


@also_called(input="A")
def slogdet(A: T) -> Any:
    """The named tuple (sign, logabsdet) of the determinant of square matrices."""
    matrices("linalg.slogdet", A, square=True)
    return results("linalg_slogdet", "sign", "logabsdet")(*LinalgSlogdet.apply(A))


def logdet(input: T) -> T:
    """ln det of square matrices: NaN where it is negative, complex for complex ones."""
    sign, log = slogdet(input)
    if input.array.dtype.kind == "c":
        return sign.log() + log
    return where(sign < 0, float("nan"), log)


@in_float32
def qr(A: T, mode: str = "reduced") -> Any:
    """The named tuple (Q, R): A = Q R, Q with orthonormal columns, R upper triangular;
    `mode` "reduced", "complete" or "r".
    """
    matrices("linalg.qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or 'complete'"
        )
    return results("linalg_qr", "Q", "R")(*LinalgQr.apply(A, mode))


@in_float32
def eigh(A: T, UPLO: str = "L") -> Any:
    """The named tuple (eigenvalues, eigenvectors) of symmetric matrices, ascending; one triangle is read."""
    matrices("linalg.eigh", A, square=True)
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return results("linalg_eigh", "eigenvalues", "eigenvectors")(*LinalgEigh.apply(A, UPLO.upper()))


@in_float32
def eigvalsh(A: T, UPLO: str = "L") -> T:
    """The ascending eigenvalues of symmetric matrices."""
    return eigh(A, UPLO)[0]


@in_float32
def eig(A: T) -> Any:
    """The named tuple (eigenvalues, eigenvectors) of square matrices, complex; it cannot be differentiated."""
    matrices("linalg.eig", A, square=True)
    if not A.isfinite().all().item():
        raise RuntimeError("linalg.eig: input tensor should not contain infs or NaNs.")
    return results("linalg_eig", "eigenvalues", "eigenvectors")(*LinalgEig.apply(A))


@in_float32
def eigvals(A: T) -> T:
    """The complex eigenvalues of square matrices; they cannot be differentiated."""
    return eig(A)[0]


@in_float32
def svd(A: T, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """The named tuple (U, S, Vh): A = U diag(S) Vh, S descending;
    without `full_matrices` only the first min(m, n) vectors.
    """
    matrices("linalg.svd", A)
    return results("linalg_svd", "U", "S", "Vh")(*LinalgSvd.apply(A, full_matrices))


@in_float32
def svdvals(A: T, *, driver: str | None = None) -> T:
    """The singular values, descending."""
    matrices("linalg.svdvals", A)
    return LinalgSvd.apply(A, False)[1]


def tolerances(a: Any, atol: Any, rtol: Any) -> tuple[Any, Any]:
    """Absolute and relative tolerance as arrays: by default max(m, n) eps times the largest singular value."""
    d = dt.wide(a.array.dtype)
    least = max(a.array.shape[-2:]) * float(np.finfo(d).eps)
    absolute = 0.0 if atol is None else atol
    given = numbers(absolute).any() if isinstance(absolute, TensorBase) else absolute > 0
    relative = (0.0 if given else least) if rtol is None else rtol
    pair = [np.asarray(numbers(x) if isinstance(x, TensorBase) else x, d) for x in (absolute, relative)]
    return pair[0], pair[1]


def pinv(A: T, *args: Any, atol: Any = None, rtol: Any = None, hermitian: bool = False) -> T:
    """The pseudoinverse of matrices (..., m, n): (..., n, m); small singular values count as zero."""
    rtol = args[0] if args else rtol
    matrices("linalg.pinv", A, square=hermitian)
    y = LinalgPinv.apply(A, *tolerances(A, atol, rtol), hermitian)
    return lowered(y)[0] if dt.mixed else y  # PyTorch's ends in a product


def matrix_exp(A: T) -> T:
    """eᴬ of square matrices (..., n, n)."""
    matrices("linalg.matrix_exp", A, square=True)
    return LinalgMatrixExp.apply(A)


@shown_as("LinalgLstsqBackward0")
@in_float32
def lstsq(A: T, B: T, rcond: float | None = None, *, driver: str | None = None) -> Any:
    """The named tuple (solution, residuals, rank, singular_values): X that makes ‖A X - B‖ smallest.

    A (..., m, n), B (..., m, k) or vectors. `driver` as in PyTorch: "gelsy" (default), "gels", "gelsd" or "gelss";
    residuals are given where there are more rows than columns, by all drivers but "gelsy".
    """
    matrices("linalg.lstsq", A)
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            f"linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), got {driver}"
        )
    vector = _is_vector(A, B)
    a, b = promoted(A, unsqueeze(B, -1) if vector else B)
    if a.array.shape[-2] != b.array.shape[-2]:
        raise OperationError("linalg.lstsq", "input.size(-2) should match other.size(-2)", A, B)
    least = max(a.array.shape[-2:]) * float(np.finfo(dt.wide(a.array.dtype)).eps)
    x = matmul(LinalgPinv.apply(a, *tolerances(a, None, least if rcond is None else rcond), False), b)
    return results("linalg_lstsq", "solution", "residuals", "rank", "singular_values")(
        squeeze(x, -1) if vector else x, *_fit(a, b, x, least if rcond is None else rcond, driver or "gelsy")
    )


def _fit(a: Any, b: Any, x: Any, rcond: float, driver: str) -> tuple[Any, Any, Any]:
    """Residuals, rank and singular values, empty where the driver does not give them."""
    m, n = a.array.shape[-2:]
    before, mode.grad = mode.grad, False
    try:
        s = LinalgSvd.apply(a.detach(), False)[1]
        rank = (s > narrow(s, -1, 0, min(1, s.array.shape[-1])) * rcond).sum(-1)
    finally:
        mode.grad = before
    full = bool((rank == n).all().item())
    wanted = m > n and driver != "gelsy" and (full or driver == "gels")
    apart = (matmul(a, x) - b).abs()
    residuals = apart.square().sum(-2) if wanted else narrow(reshape(apart, -1), 0, 0, 0)
    values = s if driver in ("gelsd", "gelss") else s._zeros((0,), s.array.dtype)
    return residuals, rank if driver != "gels" else rank._zeros((0,), np.int64), values
