"""2x2 max pooling side by side has a loop of its own: it must choose as the general one, ties and NaN included."""

import numpy as np
import pytest

from minitorch.kernels import pool


@pytest.mark.parametrize("size", [(2, 2), (5, 7), (24, 24)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("way", ["compiled", "numpy"])
def test_values_and_indices_are_those_of_the_general_loop(size, dtype, way, monkeypatch):
    if way == "numpy":
        monkeypatch.setattr(pool._max_of_four, "run", pool._max_of_four.twin)
    rng = np.random.default_rng(0)
    x = rng.integers(-2, 3, (2, 3, *size)).astype(dtype)
    if dtype is not np.int64:
        x[rng.random(x.shape) < 0.2] = np.nan
        x[rng.random(x.shape) < 0.2] = -np.inf
    y, at = pool.max_pool(x, (2, 2), (2, 2), (0, 0), (1, 1), False)
    expected = np.empty((6, 1, *y.shape[2:]), dtype), np.empty((6, 1, *y.shape[2:]), np.int64)
    geometry = (1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1)
    pool._max_python(0, 6, x.reshape(6, 1, *x.shape[2:]), *expected, geometry)
    np.testing.assert_array_equal(y.ravel(), expected[0].ravel())
    np.testing.assert_array_equal(at.ravel(), expected[1].ravel())
