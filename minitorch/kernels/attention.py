"""Attention: softmax(Q Kᵀ scale + mask) V, forward and backward, a block of rows at a time.

The weights of a block are made by BLAS in one small array, turned into shares in place and used; none are kept.
Backward makes them again from the logarithms of the rows' sums (Dao et al., 2022). Under a causal mask a block ends at
its last column that counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import maths
from ._jit import jit
from .reduce import largest_of_row

Array = NDArray[Any]

BLOCK = 1 << 16  # weights worked on together


def _columns_numpy(s: Array, causal: bool, first: int, rows: int) -> Array:
    """Which columns count: rows are `rows` of a matrix, from row `first`, again and again."""
    last = first + np.arange(len(s)) % rows if causal else np.full(len(s), s.shape[1])
    return np.asarray(np.arange(s.shape[1]) <= last[:, None])


def _share_numpy(s: Array, log_sum: Array, scale: float, causal: bool, first: int, rows: int) -> None:
    seen = _columns_numpy(s, causal, first, rows)
    x = np.where(seen, s * s.dtype.type(scale), -np.inf)
    top = x.max(1, keepdims=True)
    empty = top[:, 0] == -np.inf
    e = np.exp(x - np.where(top == -np.inf, 0, top))
    total = e.sum(1, keepdims=True)
    s[...] = np.where(empty[:, None], 0, e / total)
    log_sum[...] = np.where(empty, np.inf, (top + np.log(total))[:, 0])


@jit(twin=_share_numpy)
def _share(s: Any, log_sum: Any, scale: Any, causal: Any, first: Any, rows: Any) -> None:
    """In place, each row of weights times scale becomes shares that sum to 1 (0, where all are -inf);
    ln Σ e^x is kept.
    """
    factor, zero = s.dtype.type(scale), s.dtype.type(0)
    for i in range(s.shape[0]):
        count = min(first + i % rows + 1, s.shape[1]) if causal else s.shape[1]
        row, rest = s[i, :count], s[i, count:]
        for j in range(row.size):
            row[j] *= factor
        top = largest_of_row(row)
        if top == -np.inf:
            row[:] = zero
            log_sum[i] = np.inf
        else:
            for j in range(row.size):
                row[j] = maths.exp(row[j] - top)
            total = zero
            for j in range(row.size):
                total += row[j]
            part = s.dtype.type(1) / total
            for j in range(row.size):
                row[j] *= part
            log_sum[i] = top + maths.log(total)
        rest[:] = zero


def _unshare_numpy(
    s: Array, dp: Array, log_sum: Array, scale: float, slope: float, causal: bool, first: int, rows: int
) -> None:
    seen = _columns_numpy(s, causal, first, rows)
    s[...] = np.where(seen, np.exp(s * s.dtype.type(scale) - log_sum[:, None]), 0)
    total = s.sum(1, keepdims=True)  # 1, but for the rounding of large log sums
    s /= np.where(total == 0, 1, total)
    dp[...] = s * (dp - (s * dp).sum(1, keepdims=True)) * s.dtype.type(slope)


@jit(twin=_unshare_numpy)
def _unshare(s: Any, dp: Any, log_sum: Any, scale: Any, slope: Any, causal: Any, first: Any, rows: Any) -> None:
    """In place: s, weights again, become shares;
    dp, the shares' gradients, become those of Q Kᵀ (slope: its factor).
    """
    factor, out, zero = s.dtype.type(scale), s.dtype.type(slope), s.dtype.type(0)
    for i in range(s.shape[0]):
        count = min(first + i % rows + 1, s.shape[1]) if causal else s.shape[1]
        row, grad, level = s[i, :count], dp[i, :count], log_sum[i]
        for j in range(row.size):
            row[j] = maths.exp(row[j] * factor - level)
        total, dot = zero, zero
        for j in range(row.size):
            total += row[j]
        part = s.dtype.type(1) / maths.where(total == zero, s.dtype.type(1), total)
        for j in range(row.size):
            row[j] *= part  # they sum to 1, but for the rounding of large log sums
            dot += row[j] * grad[j]
        for j in range(row.size):
            grad[j] = row[j] * (grad[j] - dot) * out
        s[i, count:] = zero
        dp[i, count:] = zero


# ---------------------------------------------------------------- blocks

Block = tuple[slice, slice, slice, int]  # of samples, heads, rows; and up to which column


def _blocks(q: Array, k: Array, causal: bool) -> Iterator[Block]:
    """Blocks of (n, heads, length, width) weights: of whole samples, of whole heads, or of rows of one head."""
    n, heads, length, width = *q.shape[:3], k.shape[2]
    samples = max(1, BLOCK // max(heads * length * width, 1))
    group = heads if samples > 1 else max(1, BLOCK // max(length * width, 1))
    rows = length if group > 1 else max(16, BLOCK // max(width, 1))
    for i in range(0, n, samples):
        for h in range(0, heads, group):
            for r in range(0, length, rows):
                stop = min(r + rows, length)
                yield slice(i, i + samples), slice(h, h + group), slice(r, stop), min(stop, width) if causal else width


def _room(scratch: Array, a: Array, width: int) -> Array:
    """The start of the scratch memory, as an array of the weights of a's rows."""
    shape = (*a.shape[:3], width)
    return scratch[: math.prod(shape)].reshape(shape)


def _weights(q: Array, k: Array, scale: float, mask: Array | None, block: Block, out: Array) -> float:
    """out = q kᵀ, with mask scaled and added; the scale that is still to be applied."""
    i, h, r, width = block
    np.matmul(q, k.swapaxes(-2, -1), out=out)
    if mask is None:
        return scale
    out *= out.dtype.type(scale)
    out += mask[i, h, r, :width]
    return 1.0


def additive(mask: Array, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """The mask as numbers to add, of the shape of all weights: True is 0, False -inf."""
    if mask.dtype.kind == "b":
        mask = np.where(mask, dtype.type(0), dtype.type(-np.inf))
    return np.broadcast_to(mask, shape)


def _scratch(q: Array, k: Array, causal: bool) -> Array:
    """Memory for the weights of the largest block."""
    first = next(_blocks(q, k, causal=False), None)
    if first is None:
        return np.empty(0, q.dtype)
    i, h, r, width = first
    return np.empty(q[i, h, r, :1].size * width, q.dtype)


def attend(q: Array, k: Array, v: Array, mask: Array | None, causal: bool, scale: float) -> tuple[Array, Array]:
    """(n, heads, L, E), (n, heads, S, E), (n, heads, S, F) -> (n, heads, L, F), and log sums.

    In memory (n, L, heads, F), ready for the next layer, unless q is row-major: as PyTorch has it.
    """
    n, heads, length, _ = q.shape
    f = v.shape[3]
    if q.flags.c_contiguous:
        y = np.empty((n, heads, length, f), q.dtype)
    else:
        y = np.empty((n, length, heads, f), q.dtype).swapaxes(1, 2)
    log_sum = np.empty((n, heads, length), q.dtype)
    scratch = _scratch(q, k, causal)
    with np.errstate(all="ignore"):
        for block in _blocks(q, k, causal):
            i, h, r, width = block
            s = _room(scratch, q[i, h, r], width)
            left = _weights(q[i, h, r], k[i, h, :width], scale, mask, block, s)
            sums = np.empty(s.shape[:3], q.dtype)
            _share(s.reshape(-1, width), sums.reshape(-1), left, causal, r.start, s.shape[2])
            log_sum[i, h, r] = sums
            np.matmul(s, v[i, h, :width], out=y[i, h, r])
    return y, log_sum


def attend_grad(
    g: Array, q: Array, k: Array, v: Array, mask: Array | None, log_sum: Array, causal: bool, scale: float
) -> tuple[Array, Array, Array]:
    """The gradients of q, k and v."""
    dq, dk, dv = np.empty_like(q), np.zeros_like(k), np.zeros_like(v)
    first, second = _scratch(q, k, causal), _scratch(q, k, causal)
    with np.errstate(all="ignore"):
        for block in _blocks(q, k, causal):
            i, h, r, width = block
            qs, ks, vs, gs = q[i, h, r], k[i, h, :width], v[i, h, :width], g[i, h, r]
            s, dp = _room(first, qs, width), _room(second, qs, width)
            left = _weights(qs, ks, scale, mask, block, s)
            np.matmul(gs, vs.swapaxes(-2, -1), out=dp)
            sums = np.ascontiguousarray(log_sum[i, h, r]).reshape(-1)
            _unshare(s.reshape(-1, width), dp.reshape(-1, width), sums, left, scale, causal, r.start, s.shape[2])
            np.matmul(dp, ks, out=dq[i, h, r])
            _accumulate(dk[i, h, :width], dp, qs, r)
            _accumulate(dv[i, h, :width], s, gs, r)
    return dq, dk, dv


def _accumulate(total: Array, weights: Array, rows: Array, r: slice) -> None:
    """total += weightsᵀ rows; the first block of rows writes."""
    if r.start == 0:
        np.matmul(weights.swapaxes(-2, -1), rows, out=total)
    else:
        total += np.matmul(weights.swapaxes(-2, -1), rows)
