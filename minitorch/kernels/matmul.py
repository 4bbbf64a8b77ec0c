"""Matrix products: numpy's BLAS, reached so that no operand is copied and no warning about floats is raised."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._blas import ALONE, SMALL, one_thread, product, products, sgemm, sgemm_address
from ._jit import jit, jitable

Array = NDArray[Any]


def matmul(a: Array, b: Array) -> Array:
    """a @ b for all ranks; a stack of transposed matrices is not copied."""
    if a.ndim == 2 == b.ndim:
        return product(a, b)
    return products(a, b)


def _add_rows_numpy(start: int, stop: int, y: Array, b: Array) -> None:
    with np.errstate(all="ignore"):
        y[start:stop] += b


@jit(twin=_add_rows_numpy)
def _add_rows(start: int, stop: int, y: Any, b: Any) -> None:
    """b added to every row."""
    y = y[start:stop]
    for i in range(y.shape[0]):
        row = y[i]
        for j in range(b.size):
            row[j] += b[j]


@jitable
def _sum_of_rows(g: Any, start: int, out: Any) -> None:
    """The sum of all rows, for the columns from `start`; 64 rows at a time, to keep the error of long sums small."""
    part = np.empty_like(out)
    out[:] = 0
    for first in range(0, g.shape[0], 64):
        part[:] = 0
        for i in range(first, min(first + 64, g.shape[0])):
            row = g[i, start:]
            for j in range(part.size):
                part[j] += row[j]
        for j in range(part.size):
            out[j] += part[j]


def _sum_rows_numpy(start: int, stop: int, g: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = g[:, start:stop].sum(0)


@jit(twin=_sum_rows_numpy)
def _sum_rows(start: int, stop: int, g: Any, out: Any) -> None:
    """The sum of all rows, for the columns from start to stop."""
    _sum_of_rows(g, start, out[start:stop])


# ---------------------------------------------------------------- a linear layer: one call for all of its products


def _linear_numpy(gemm: int, x: Array, w: Array, b: Array, y: Array) -> None:
    with np.errstate(all="ignore"):
        np.matmul(x, w.T, out=y)
        if b.size:
            y += b


@jit(twin=_linear_numpy)
def _linear(gemm: Any, x: Any, w: Any, b: Any, y: Any) -> None:
    """y = x wᵀ + b; an empty b is none."""
    if b.size:
        for i in range(y.shape[0]):
            y[i] = b
    ins, outs = x.shape[1], w.shape[0]
    sgemm(gemm, 0, 1, x.shape[0], outs, ins, x, ins, w, ins, 1 if b.size else 0, y, outs)


def _linear_grad_numpy(gemm: int, g: Array, x: Array, w: Array, dx: Array, dw: Array, db: Array) -> None:
    with np.errstate(all="ignore"):
        if dx.size:
            np.matmul(g, w, out=dx)
        if dw.size:
            np.matmul(g.T, x, out=dw)
        if db.size:
            db[...] = g.sum(0)


@jit(twin=_linear_grad_numpy)
def _linear_grad(gemm: Any, g: Any, x: Any, w: Any, dx: Any, dw: Any, db: Any) -> None:
    """dx = g w, dw = gᵀ x, db = Σ g, each where there is room for it."""
    rows, outs = g.shape
    if dx.size:
        ins = w.shape[1]
        sgemm(gemm, 0, 0, rows, ins, outs, g, outs, w, ins, 0, dx, ins)
    if dw.size:
        ins = x.shape[1]
        sgemm(gemm, 1, 0, outs, ins, rows, g, outs, x, ins, 0, dw, ins)
    if db.size:
        _sum_of_rows(g, 0, db)


def _matrix(x: Array) -> Array:
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def linear(x: Array, w: Array, b: Array | None) -> Array:
    """x wᵀ + b over the last axis: (..., in), (out, in), (out) -> (..., out)."""
    rows = x if x.ndim == 2 else _matrix(x)
    bias = _NO_ROW if b is None else b
    work, gemm = w.size * len(rows), sgemm_address()
    if gemm and 0 < work < ALONE and _direct(rows, w, bias):
        y = np.empty((len(rows), len(w)), x.dtype)
        _quickly(_linear, work, gemm, rows, w, bias, y)
    else:
        y = product(rows, w.T)
        if b is not None:
            _add_rows.split(len(y), b.size * 0.1, y, b if b.flags.c_contiguous else b.copy())
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])


def linear_grad(g: Array, x: Array | None, w: Array | None, bias: bool) -> list[Array | None]:
    """The gradients of x, w and b of `linear`: of x where w is given, of w where x is given."""
    rows = g if g.ndim == 2 else _matrix(g)
    a, b = _NO_MATRIX if x is None else _matrix(x), _NO_MATRIX if w is None else w
    work, gemm = rows.size * max(a.shape[1], b.shape[1]), sgemm_address()
    if gemm and 0 < work < ALONE and _direct(rows, a, b):
        dx, dw = np.empty((len(rows), b.shape[1]), g.dtype), np.empty((rows.shape[1], a.shape[1]), g.dtype)
        db = np.empty(rows.shape[1] if bias else 0, g.dtype)
        _quickly(_linear_grad, work, gemm, rows, a, b, dx, dw, db)
    else:
        dx = _NO_MATRIX if w is None else product(rows, b)
        dw = _NO_MATRIX if x is None else product(rows.T, a)
        db = sum_rows(rows) if bias else _NO_ROW
    if g.ndim != 2:
        dx = dx.reshape(*g.shape[:-1], dx.shape[1])
    return [None if w is None else dx, None if x is None else dw, db if bias else None]


_NO_MATRIX, _NO_ROW = np.empty((0, 0), np.float32), np.empty(0, np.float32)


def _direct(a: Array, b: Array, c: Array) -> bool:
    """Whether kernels may hand these to BLAS as they lie in memory."""
    return a.dtype.char == "f" and a.flags.c_contiguous and b.flags.c_contiguous and c.flags.c_contiguous


def _quickly(kernel: Any, work: int, *args: Any) -> None:
    """Run a kernel whose products, of `work` multiplications, are not worth a second thread."""
    if work < SMALL:
        kernel.run(*args)
    else:
        with one_thread:
            kernel.run(*args)


def sum_rows(x: Array) -> Array:
    """The sum of the rows of a matrix."""
    out = np.empty(x.shape[1], x.dtype)
    _sum_rows.split(out.size, len(x) * 0.2, x if x.flags.c_contiguous else x.copy(), out)
    return out


def outer(a: Array, b: Array) -> Array:
    """Every element of one vector times every element of the other."""
    with np.errstate(all="ignore"):
        return np.asarray(a[:, None] * b)


def summed_products(a: Array, b: Array) -> Array:
    """The sum of the products of two stacks of matrices (s, n, k) and (s, k, m): one product of wide matrices."""
    s, n, k = a.shape
    return product(a.transpose(1, 0, 2).reshape(n, s * k), b.reshape(s * k, b.shape[2]))


def plus(x: Array, product: Array, beta: Any, alpha: Any) -> Array:
    """beta x + alpha product, written over `product`; with beta = 0, x is not read. Integers take whole factors."""
    with np.errstate(all="ignore"):
        if alpha != 1:
            product *= np.asarray(alpha).astype(product.dtype)
        if beta != 0:
            product += x if beta == 1 else x * np.asarray(beta).astype(x.dtype)
    return product
