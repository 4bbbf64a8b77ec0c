"""Matrix products: numpy's BLAS, reached so that no operand is copied and no warning about floats is raised."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._blas import product, products
from ._jit import jit

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


def _sum_rows_numpy(start: int, stop: int, g: Array, out: Array) -> None:
    with np.errstate(all="ignore"):
        out[start:stop] = g[:, start:stop].sum(0)


@jit(twin=_sum_rows_numpy)
def _sum_rows(start: int, stop: int, g: Any, out: Any) -> None:
    """The sum of all rows, for the columns from start to stop;
    64 rows at a time, to keep the error of long sums small.
    """
    out = out[start:stop]
    part = np.empty_like(out)
    out[:] = 0
    for first in range(0, g.shape[0], 64):
        part[:] = 0
        for i in range(first, min(first + 64, g.shape[0])):
            row = g[i, start:stop]
            for j in range(part.size):
                part[j] += row[j]
        for j in range(part.size):
            out[j] += part[j]


def _matrix(x: Array) -> Array:
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def linear(x: Array, w: Array, b: Array | None) -> Array:
    """x wᵀ + b over the last axis: (..., in), (out, in), (out) -> (..., out)."""
    y = product(x if x.ndim == 2 else _matrix(x), w.T)
    if b is not None:
        _add_rows.split(len(y), b.size * 0.1, y, b if b.flags.c_contiguous else b.copy())
    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], w.shape[0])


def linear_grad(g: Array, x: Array | None, w: Array | None, bias: bool) -> list[Array | None]:
    """The gradients of x, w and b of `linear`: of x where w is given, of w where x is given."""
    rows = g if g.ndim == 2 else _matrix(g)
    dx = None if w is None else product(rows, w)
    if dx is not None and g.ndim != 2:
        dx = dx.reshape(*g.shape[:-1], dx.shape[1])
    return [
        dx,
        None if x is None else product(rows.T, x if x.ndim == 2 else _matrix(x)),
        sum_rows(rows) if bias else None,
    ]


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
