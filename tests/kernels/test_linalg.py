"""Decompositions of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from minitorch.kernels import linalg


@pytest.mark.parametrize("shape", [(5, 3), (3, 3), (2, 4, 3), (2, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_qr(shape: tuple[int, ...], dtype: Any) -> None:
    a = np.random.default_rng(0).normal(size=shape).astype(dtype)
    q, r = linalg.qr(a)
    size = min(shape[-2:])
    close = {"rtol": 1e-4, "atol": 1e-5} if dtype is np.float32 else {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(q @ r, a, **close)
    np.testing.assert_allclose(
        np.swapaxes(q, -1, -2) @ q, np.broadcast_to(np.eye(size), (*shape[:-2], size, size)), **close
    )
    np.testing.assert_array_equal(r, np.triu(r))
    assert q.dtype == r.dtype == dtype


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 3)])
def test_orthonormal(shape: tuple[int, int]) -> None:
    a = np.random.default_rng(1).normal(size=shape)
    q = linalg.orthonormal(a)
    assert q.shape == shape
    assert q.flags.c_contiguous
    gram = q @ q.T if shape[0] < shape[1] else q.T @ q
    np.testing.assert_allclose(gram, np.eye(min(shape)), atol=1e-12)
    tall = (q.T @ a) if shape[0] >= shape[1] else (q @ a.T)
    assert (np.diagonal(tall) > 0).all()  # R of the decomposition, whose diagonal is positive
