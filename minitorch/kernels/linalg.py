"""Decompositions of matrices, by LAPACK."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def qr(a: NDArray[Any], mode: Any = "reduced") -> tuple[NDArray[Any], NDArray[Any]]:
    """a = q r with orthonormal columns of q and upper triangular r, for a of shape (..., m, n)."""
    q, r = np.linalg.qr(a, mode)
    return q, r


def orthonormal(a: NDArray[Any]) -> NDArray[Any]:
    """Q of the QR decomposition of `a` (m, n), or of its transpose if it is wide; R has a positive diagonal."""
    wide = a.shape[0] < a.shape[1]
    q, r = qr(a.T if wide else a)
    q *= np.sign(np.diagonal(r))
    return np.ascontiguousarray(q.T if wide else q)
