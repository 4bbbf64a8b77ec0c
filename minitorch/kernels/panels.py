"""A matrix product inside a jitted loop, for what cannot leave it: a recurrence whose every step multiplies.

The right matrix is packed once, in panels of 128 columns, so that the inner loop reads it in order and every distance
in it is known when it is compiled: only then LLVM vectorises it. Two rows times eight deep are sixteen multiply-adds
for ten loads and two stores. Measured on (32, 128) @ (128, 512), one thread of a processor with AVX-512: 19 us;
OpenBLAS 27 with its kernels for AVX-512, 41 with those for AVX2. Compiled for AVX2 alone it takes 61.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import jitable

Array = NDArray[Any]

WIDTH = 128  # columns of a panel
DEPTH = 8  # rows of a panel that are worked on together
BLOCK = 32  # rows of the left matrix that are worked on together: their results stay in the first cache


def deep(n: int) -> int:
    """The depth of a packed matrix of n rows."""
    return -(-n // DEPTH) * DEPTH


def pack(b: Array) -> Array:
    """(depth, n) as (panels, depth * 128), filled up with zeros to whole panels and to a depth of eights."""
    depth, n = b.shape
    panels = -(-n // WIDTH)
    whole = np.zeros((deep(depth), panels * WIDTH), b.dtype)
    whole[:depth, :n] = b
    packed = on_lines(panels * whole.shape[0] * WIDTH, b.dtype)
    packed.reshape(panels, -1, WIDTH)[...] = whole.reshape(-1, panels, WIDTH).swapaxes(0, 1)
    return packed.reshape(panels, -1)


def unpack(panels: Array) -> Array:
    """The packed matrix, with its zeros."""
    count = len(panels)
    return panels.reshape(count, -1, WIDTH).swapaxes(0, 1).reshape(-1, count * WIDTH)


@jitable
def on_lines(size: Any, dtype: Any) -> Any:
    """A flat array that begins at a cache line: a vector across two of them costs twice."""
    room = np.empty(size + 16, dtype)
    skip = (-room.ctypes.data % 64) // room.itemsize
    return room[skip : skip + size]


@jitable
def _add(a: Any, panel: Any, tile: Any) -> None:
    """tile += a @ panel, for an even number of rows, and a depth of eights."""
    for k in range(0, a.shape[1], DEPTH):
        b = panel[k * WIDTH : (k + DEPTH) * WIDTH]
        for i in range(0, a.shape[0], 2):
            t = tile[i * WIDTH : (i + 2) * WIDTH]
            p0, p1, p2, p3 = a[i, k], a[i, k + 1], a[i, k + 2], a[i, k + 3]
            p4, p5, p6, p7 = a[i, k + 4], a[i, k + 5], a[i, k + 6], a[i, k + 7]
            q0, q1, q2, q3 = a[i + 1, k], a[i + 1, k + 1], a[i + 1, k + 2], a[i + 1, k + 3]
            q4, q5, q6, q7 = a[i + 1, k + 4], a[i + 1, k + 5], a[i + 1, k + 6], a[i + 1, k + 7]
            for j in range(WIDTH):
                b0, b1, b2, b3 = b[j], b[WIDTH + j], b[2 * WIDTH + j], b[3 * WIDTH + j]
                b4, b5, b6, b7 = b[4 * WIDTH + j], b[5 * WIDTH + j], b[6 * WIDTH + j], b[7 * WIDTH + j]
                t[j] += p0 * b0 + p1 * b1 + p2 * b2 + p3 * b3 + p4 * b4 + p5 * b5 + p6 * b6 + p7 * b7
                t[WIDTH + j] += q0 * b0 + q1 * b1 + q2 * b2 + q3 * b3 + q4 * b4 + q5 * b5 + q6 * b6 + q7 * b7


@jitable
def multiply(a: Any, panels: Any, out: Any, tile: Any) -> None:
    """out = a @ the packed matrix. a has an even number of rows, one more than out at most; tile: 32 * 128 elements."""
    for first in range(0, out.shape[0], BLOCK):
        rows = a[first : first + BLOCK]
        results = out[first : first + BLOCK]
        for n in range(panels.shape[0]):
            tile[:] = 0
            _add(rows, panels[n], tile)
            for i in range(results.shape[0]):
                row, t = results[i, n * WIDTH : (n + 1) * WIDTH], tile[i * WIDTH : (i + 1) * WIDTH]
                for j in range(row.size):
                    row[j] = t[j]
