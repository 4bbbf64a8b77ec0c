"""The kernels of grid_sample against their numpy twins."""

import itertools

import numpy as np
import pytest

from minitorch.kernels import gridsample as kernels

CASES = [
    (dims, mode, padding, corners)
    for dims, mode, padding, corners in itertools.product((2, 3), (1, 2, 4), (0, 1, 2), (True, False))
    if (dims, mode) != (3, 4)
]


@pytest.mark.parametrize(("dims", "mode", "padding", "corners"), CASES)
def test_twins(dims, mode, padding, corners):
    rng = np.random.default_rng(0)
    sizes = (4, 5, 3)[:dims]
    places = rng.uniform(-7, 12, (30, dims))
    places[0] = np.nan
    found, expected = [], []
    for run, into in ((kernels._taps, found), (kernels._taps_numpy, expected)):
        at, w = np.zeros((30, mode**dims), np.int64), np.empty((30, mode**dims))
        dw = np.empty((30, mode**dims, dims))
        run(0, 30, places, np.array(sizes), mode, padding, corners, at, w, dw)
        into += [at, w, dw]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)
    at, w, dw = [x.reshape(2, 15, *x.shape[1:]) for x in expected]
    x, g = rng.standard_normal((2, 3, *sizes)), rng.standard_normal((2, 3, 15))
    flat = x.reshape(2, 3, -1)
    for run, args, shape in (
        (kernels._collect, (flat, at, w), (2, 3, 15)),
        (kernels._scatter, (g, at, w), flat.shape),
        (kernels._lean, (g, flat, at, dw), (2, 15, dims)),
    ):
        a, b = np.zeros(shape), np.zeros(shape)
        run(0, 2, *args, a)
        run.twin(0, 2, *args, b)
        np.testing.assert_allclose(a, b, atol=1e-12)
