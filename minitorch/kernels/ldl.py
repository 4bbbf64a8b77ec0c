"""Symmetric matrices as L D Lᵀ, by the pivots of Bunch and Kaufman (1977), packed as LAPACK's sytrf does.

A step takes one column, with a diagonal element of D, or two, with a block. `pivots[k]` is the row that row k was
exchanged with, from 1; both rows of a block have that of the second, negative. Earlier columns keep their order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_ALPHA = (1 + math.sqrt(17)) / 8  # bounds the growth of the elements, after one column or two


def factor(a: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """The packed factors (lower triangles) of (..., n, n), the pivots, and where D has a zero (from 1; 0: nowhere)."""
    packed, pivots = np.tril(a), np.zeros(a.shape[:-1], np.int32)
    info = np.zeros(a.shape[:-2], np.int32)
    for i in np.ndindex(*info.shape):
        info[i] = _factor(packed[i], pivots[i], hermitian and a.dtype.kind == "c")
    return packed, pivots, info


def _size(x: Array) -> Array:
    return np.abs(x.real) + np.abs(x.imag) if x.dtype.kind == "c" else np.abs(x)


def _factor(a: Array, pivots: Array, hermitian: bool) -> int:
    n, k, info = len(a), 0, 0
    while k < n:
        if hermitian:
            a[k, k] = a[k, k].real
        if not (np.any(_size(a[k:, k])) or np.isnan(a[k, k])):
            info, pivots[k], k = info or k + 1, k + 1, k + 1
            continue
        at, step = _pivot(a, k)
        _exchange(a, k, k + step - 1, at, hermitian)
        _eliminate(a, k, step, hermitian)
        pivots[k : k + step] = at + 1 if step == 1 else -(at + 1)
        k += step
    return info


def _pivot(a: Array, k: int) -> tuple[int, int]:
    """Which row comes to the front, and how many columns the step takes."""
    here = _size(a[k:, k])
    if len(here) == 1:
        return k, 1
    row = k + 1 + int(here[1:].argmax())
    largest = here[row - k]
    if here[0] >= _ALPHA * largest:
        return k, 1
    there = max(_size(a[row, k:row]).max(), _size(a[row + 1 :, row]).max(initial=0))
    if here[0] >= _ALPHA * largest * (largest / there):
        return k, 1
    return (row, 1) if _size(a[row : row + 1, row])[0] >= _ALPHA * there else (row, 2)


def _exchange(a: Array, k: int, i: int, j: int, hermitian: bool) -> None:
    """Exchange rows and columns i < j of the lower triangle from column k on."""
    if i == j:
        return
    a[j + 1 :, [i, j]] = a[j + 1 :, [j, i]]
    middle = a[i + 1 : j, i].copy()
    a[i + 1 : j, i] = _mirrored(a[j, i + 1 : j], hermitian)
    a[j, i + 1 : j] = _mirrored(middle, hermitian)
    a[i, i], a[j, j] = a[j, j], a[i, i]
    if hermitian:
        a[j, i] = a[j, i].conj()
    if i > k:
        a[[i, j], k] = a[[j, i], k]


def _mirrored(x: Array, hermitian: bool) -> Array:
    return x.conj() if hermitian else x


def _block(a: Array, k: int, step: int, hermitian: bool) -> Array:
    block = a[k : k + step, k : k + step].copy()
    if step == 2:
        block[0, 1] = _mirrored(block[1, 0], hermitian)
    return block


def _eliminate(a: Array, k: int, step: int, hermitian: bool) -> None:
    below = a[k + step :, k : k + step].copy()
    l = below @ np.linalg.inv(_block(a, k, step, hermitian))
    a[k + step :, k + step :] -= np.tril(l @ _mirrored(below.T, hermitian))
    a[k + step :, k : k + step] = l


def solve(packed: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
    """x with a x = b, for the factors (..., n, n) of a and b (..., n, m) of one batch."""
    x = b.copy()
    hermitian = hermitian and packed.dtype.kind == "c"
    for i in np.ndindex(*b.shape[:-2]):
        _solve(packed[i], pivots[i], x[i], hermitian)
    return x


def _solve(a: Array, pivots: Array, x: Array, hermitian: bool) -> None:
    steps = _steps(pivots)
    for k, step in steps:
        _swap_rows(x, k + step - 1, abs(int(pivots[k])) - 1)
        x[k + step :] -= a[k + step :, k : k + step] @ x[k : k + step]
        x[k : k + step] = np.linalg.solve(_block(a, k, step, hermitian), x[k : k + step])
    for k, step in steps[::-1]:
        x[k : k + step] -= _mirrored(a[k + step :, k : k + step].T, hermitian) @ x[k + step :]
        _swap_rows(x, k + step - 1, abs(int(pivots[k])) - 1)


def _steps(pivots: Array) -> list[tuple[int, int]]:
    found, k = [], 0
    while k < len(pivots):
        found.append((k, 1 if pivots[k] > 0 else 2))
        k += found[-1][1]
    return found


def _swap_rows(x: Array, i: int, j: int) -> None:
    if i != j:
        x[[i, j]] = x[[j, i]]
