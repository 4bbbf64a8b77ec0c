"""Decompositions of stacks of matrices, by LAPACK: numpy.linalg. What fails says in which matrix, and where."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jit, jitable

Array = NDArray[Any]


def qr(a: Array, mode: Any = "reduced") -> tuple[Array, Array]:
    """a = q r with orthonormal columns of q and upper triangular r, for a of shape (..., m, n)."""
    if mode == "r":
        return np.empty((0,), a.dtype), np.asarray(np.linalg.qr(a, "r"))
    q, r = np.linalg.qr(a, mode)
    return q, r


def reflections(a: Array) -> tuple[Array, Array]:
    """What LAPACK's geqrf gives of (..., m, n): R above reflections in one matrix, and their factors."""
    packed, factors = np.linalg.qr(a, "raw")
    return np.ascontiguousarray(np.swapaxes(packed, -1, -2)), np.asarray(factors)


def zero_pivots(packed: Array) -> Array:
    """(...) int32: the place of the first zero on the diagonal, from 1; 0 if there is none."""
    is_zero = np.diagonal(packed, axis1=-2, axis2=-1) == 0
    if not is_zero.shape[-1]:
        return np.zeros(is_zero.shape[:-1], np.int32)
    return np.where(is_zero.any(-1), is_zero.argmax(-1) + 1, 0).astype(np.int32)


def orthonormal(a: Array) -> Array:
    """Q of the QR decomposition of `a` (m, n), or of its transpose if it is wide; R has a positive diagonal."""
    wide = a.shape[0] < a.shape[1]
    q, r = qr(a.T if wide else a)
    q *= np.sign(np.diagonal(r))
    return np.ascontiguousarray(q.T if wide else q)


def _tried(
    function: Callable[..., Array], where: Callable[[Array], int], a: Array, *args: Array
) -> tuple[Array, Array]:
    """`function` of the whole stack; where that fails, of one matrix after the other, with what `where` says of it."""
    info = np.zeros(a.shape[:-2], np.int32)
    try:
        return function(a, *args), info
    except np.linalg.LinAlgError:
        pass
    like = args[-1] if args else a
    made = np.full(like.shape, np.nan, like.dtype)
    for i in np.ndindex(*info.shape):
        try:
            made[i] = function(a[i], *[x[i] for x in args])
        except np.linalg.LinAlgError:
            info[i] = where(a[i])
    return made, info


def _not_definite(a: Array) -> int:
    """The order of the first leading minor that is not positive."""
    for n in range(1, len(a) + 1):
        try:
            np.linalg.cholesky(a[:n, :n])
        except np.linalg.LinAlgError:
            return n
    return len(a)


def _zero_pivot(a: Array) -> int:
    """The place of the first zero on the diagonal of U, counted from 1."""
    diagonal = np.diagonal(lu(a)[0])
    zeros = np.flatnonzero(diagonal == 0)
    return int(zeros[0]) + 1 if zeros.size else len(a)


def cholesky(a: Array) -> tuple[Array, Array]:
    """Lower triangular l with a = l lᵀ, from the lower triangle of a; and info, 0 where it succeeded."""
    return _tried(np.linalg.cholesky, _not_definite, a)


def inv(a: Array) -> tuple[Array, Array]:
    """The inverse; and info, 0 where there is one."""
    return _tried(np.linalg.inv, _zero_pivot, a)


def solve(a: Array, b: Array) -> tuple[Array, Array]:
    """x with a x = b; and info, 0 where there is one."""
    return _tried(np.linalg.solve, _zero_pivot, a, b)


def solve_triangular(a: Array, b: Array, upper: bool, unit: bool) -> Array:
    """x with a x = b by substitution; only one triangle of a is read, without its diagonal where `unit`."""
    n = a.shape[-1]
    x = np.array(b, copy=True)
    for i in reversed(range(n)) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        x[..., i, :] -= (a[..., i : i + 1, known] @ x[..., known, :])[..., 0, :]
        if not unit:
            with np.errstate(all="ignore"):
                x[..., i, :] /= a[..., i, i, None]
    return x


def det(a: Array) -> Array:
    """The determinant."""
    return np.asarray(np.linalg.det(a))


def slogdet(a: Array) -> tuple[Array, Array]:
    """The sign of the determinant, and the logarithm of its absolute value."""
    sign, log = np.linalg.slogdet(a)
    return np.asarray(sign), np.asarray(log)


def svd(a: Array, full: bool) -> tuple[Array, Array, Array]:
    """a = u diag(s) vᵀ with descending s; the third is vᵀ."""
    u, s, vt = np.linalg.svd(a, full)
    return u, s, vt


def eigh(a: Array, uplo: Any) -> tuple[Array, Array]:
    """The ascending eigenvalues and the eigenvectors, in columns, of symmetric matrices; one triangle is read."""
    values, vectors = np.linalg.eigh(a, uplo)
    return values, vectors


def eig(a: Array) -> tuple[Array, Array]:
    """The eigenvalues and eigenvectors of square matrices, complex."""
    values, vectors = np.linalg.eig(a)
    kind = np.result_type(a.dtype, np.complex64)
    return values.astype(kind), vectors.astype(kind)


def pinv(a: Array, atol: Array, rtol: Array, hermitian: bool) -> Array:
    """The pseudoinverse; singular values up to max(atol, rtol times the largest) count as zero.

    Where `hermitian`, a is symmetric and only its lower triangle is read.
    """
    a = np.tril(a) + adjoint(np.tril(a, -1)) if hermitian else a
    u, s, vt = np.linalg.svd(a, False)
    top = s.max(-1, initial=0)
    limit = np.maximum(atol, rtol * top)[..., None]
    with np.errstate(divide="ignore"):
        inverse = np.where(s > limit, 1 / s, 0).astype(a.dtype)
    return np.ascontiguousarray(adjoint(vt) * inverse[..., None, :] @ adjoint(u))


def adjoint(a: Array) -> Array:
    """The last two dimensions exchanged, and conjugated."""
    return np.conj(np.swapaxes(a, -1, -2))


# ---------------------------------------------------------------- L U


@jitable
def _size(x: Any) -> Any:
    """How LAPACK compares pivots."""
    return np.abs(x.real) + np.abs(x.imag)


def _lu_numpy(start: int, stop: int, a: Array, pivots: Array) -> None:
    for m, order in zip(a[start:stop], pivots[start:stop], strict=True):
        for k in range(len(order)):
            p = k + int(np.argmax(_size(m[k:, k])))
            order[k] = p + 1
            m[[k, p]] = m[[p, k]]
            if m[k, k] != 0:
                m[k + 1 :, k] /= m[k, k]
                m[k + 1 :, k + 1 :] -= np.outer(m[k + 1 :, k], m[k, k + 1 :])


@jit(twin=_lu_numpy)
def _lu(start: int, stop: int, a: Any, pivots: Any) -> None:
    for s in range(start, stop):
        m, order = a[s], pivots[s]
        rows, columns = m.shape
        for k in range(order.size):
            p = k
            for i in range(k + 1, rows):
                if _size(m[i, k]) > _size(m[p, k]):
                    p = i
            order[k] = p + 1
            for j in range(columns):
                m[k, j], m[p, j] = m[p, j], m[k, j]
            if m[k, k] != 0:
                for i in range(k + 1, rows):
                    m[i, k] /= m[k, k]
                    scale, row, top = m[i, k], m[i], m[k]
                    for j in range(k + 1, columns):
                        row[j] -= scale * top[j]


def lu(a: Array) -> tuple[Array, Array]:
    """l and u in one matrix (the ones of l left out), and the row that each row was exchanged with, from 1."""
    rows, columns = a.shape[-2:]
    work = np.array(a, order="C", copy=True).reshape(math.prod(a.shape[:-2]), rows, columns)
    pivots = np.zeros((len(work), min(rows, columns)), np.int32)
    _lu.split(len(work), rows * columns * min(rows, columns) * 0.7, work, pivots)
    return work.reshape(a.shape), pivots.reshape(*a.shape[:-2], min(rows, columns))


def permutation(pivots: Array, rows: int) -> Array:
    """(..., rows, rows): the matrix p with a = p l u, of the exchanges of rows."""
    flat = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    matrices = np.zeros((len(flat), rows, rows))
    for matrix, exchanges in zip(matrices, flat, strict=True):
        order = np.arange(rows)
        for k, p in enumerate(exchanges):
            order[[k, p - 1]] = order[[p - 1, k]]
        matrix[order, np.arange(rows)] = 1
    return matrices.reshape(*pivots.shape[:-1], rows, rows)


# ---------------------------------------------------------------- the exponential

# The numerator of the diagonal Padé approximant of degree 13 (Higham, 2005).
_WEIGHTS = [
    math.factorial(26 - k) * math.factorial(13) / (math.factorial(26) * math.factorial(k) * math.factorial(13 - k))
    for k in range(14)
]


def matrix_exp(a: Array) -> Array:
    """eᵃ by scaling, a Padé approximant and squaring, in float64 or complex128."""
    if not a.size:
        return a.copy()
    x = a.astype(np.result_type(a.dtype, np.float64))
    norm = np.abs(x).sum(-2).max()
    halvings = max(0, math.ceil(math.log2(norm / 5.37))) if np.isfinite(norm) and norm > 0 else 0
    x = x / 2**halvings
    square, one = x @ x, np.eye(x.shape[-1])
    even, odd, power = _WEIGHTS[0] * one, _WEIGHTS[1] * one, one
    for k in range(2, 14, 2):
        power = power @ square
        even, odd = even + _WEIGHTS[k] * power, odd + _WEIGHTS[k + 1] * power
    odd = x @ odd
    y = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        y = y @ y
    return y.astype(a.dtype)


def triangle(a: Array, upper: bool) -> Array:
    """One triangle of a, with the diagonal."""
    return np.triu(a) if upper else np.tril(a)


def gram_inverse(factor: Array, upper: bool) -> Array:
    """The inverse of l lᵀ, of uᵀ u where `upper`."""
    other = adjoint(factor)
    return np.ascontiguousarray(np.linalg.inv(other @ factor if upper else factor @ other))
