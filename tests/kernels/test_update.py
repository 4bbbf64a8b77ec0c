"""Optimizer steps: the jitted loop and the numpy path agree, whatever the order of memory."""

import numpy as np
import pytest

from minitorch.kernels import update
from minitorch.kernels.update import Update

# The number of state arrays, and the numbers of a step (sgd and rmsprop have states that may be absent).
STEPS = {
    "sgd": (1, (0.1, 0.9, 0.7, 0.01, -1, 1)),
    "adam": (3, (0.1, 0.1, 0.99, 0.01, 1e-8, 0.1, 0.9, 1, 0.3)),
    "nadam": (2, (0.1, 0.2, 0.1, 0.99, 0.01, 1e-8, 0.1, 0.9, -1, 0.3)),
    "radam": (2, (0.1, 0.1, 0.99, 0.01, 1e-8, 0.1, 0.9, 1, 1)),
    "adamax": (2, (0.1, 0.1, 0.99, 1e-8, 0.1, -1)),
    "adagrad": (1, (0.1, 1e-8, 0.1, -1)),
    "adadelta": (2, (0.5, 0.9, 0.1, 1e-6, 0.1, 1)),
    "rmsprop": (3, (0.1, 0.9, 0.1, 1e-8, 0.5, 1, 0.1, -1)),
    "rprop": (2, (0.5, 1.2, 0.3, 0.6, 1)),
    "asgd": (1, (0.1, 0.9, 0.5, 0.1, 1)),
    "descend": (0, (0.9, 0.1)),
}


def arrays(count, dtype, shape=(5, 7), order="C"):
    rng = np.random.default_rng(0)
    return [np.array(rng.random(shape) + 0.1 * (i > 1), dtype, order=order) for i in range(count + 2)]


def run(name, given, present=True):
    count, numbers = STEPS[name]
    kernel = getattr(update, name)
    state = given[2:] if present else [given[2], *[None] * (count - 1)]
    kernel(update.constants(given[0].dtype, *numbers), given[0], given[1], *state)
    return given


def test_every_step_is_here():
    assert {name for name, value in vars(update).items() if isinstance(value, Update)} == set(STEPS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STEPS)
def test_loop_and_numpy(name, dtype):
    count, numbers = STEPS[name]
    mine = run(name, arrays(count, dtype))
    p, g, *state = arrays(count, dtype)
    with np.errstate(all="ignore"):
        expected = getattr(update, name).scalar(p, g, *state, *[dtype(x) for x in numbers])
    for found, right in zip((mine[0], *mine[2:]), expected, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, right, rtol=2e-5 if dtype is np.float32 else 1e-12)
    np.testing.assert_array_equal(mine[1], g)


@pytest.mark.parametrize("name", STEPS)
def test_order_of_memory(name):
    count, _ = STEPS[name]
    expected = run(name, arrays(count, np.float64))
    columns = run(name, arrays(count, np.float64, order="F"))
    mixed = arrays(count, np.float64)
    mixed[1] = np.asfortranarray(mixed[1])
    gaps = [np.repeat(x, 2, axis=1)[:, ::2] for x in arrays(count, np.float64)]
    for found in (columns, run(name, mixed), run(name, gaps)):
        for x, y in zip(found, expected, strict=True):
            np.testing.assert_array_equal(x, y)


def test_absent_states_and_threads():
    (p, g, _), (q, h, w) = arrays(1, np.float32, (1 << 20,)), arrays(1, np.float32, (1 << 20,))
    c = update.constants(p.dtype, 0.1, 0, 1, 0, 1, 0)
    update.sgd(c, p, g, None)
    np.testing.assert_allclose(p, q - np.float32(0.1) * h, rtol=1e-6, atol=1e-7)
    update.sgd(c, q, h, w)
    np.testing.assert_array_equal(p, q)
    np.testing.assert_array_equal(w, h)


def test_complex_parameters_are_pairs():
    p = np.array([1 + 2j, 3 - 1j])
    g = np.array([1j, 2 + 0j])
    square = np.zeros(2, complex)
    update.adagrad(update.constants(p.dtype, 0.5, 0, 0, 1), p, g, square)
    np.testing.assert_allclose(square, [1j, 4])
    real, imaginary = np.array([1.0, 3.0]), np.array([2.0, -1.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(p.real, real - 0.5 * g.real / np.sqrt(square.real))
        np.testing.assert_allclose(p.imag, imaginary - 0.5 * g.imag / np.sqrt(square.imag))


@pytest.mark.parametrize("arrange", [lambda x: x, np.asfortranarray, lambda x: np.repeat(x, 2, axis=1)[:, ::2]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_scale_and_clip(arrange, dtype):
    x = np.arange(-6, 6).reshape(3, 4).astype(dtype)
    x[0, 0] = np.nan
    given = arrange(x.copy())
    update.scale(given, 0.5)
    np.testing.assert_allclose(given, x * dtype(0.5))
    if dtype is not np.complex128:
        update.clip(given, 1.25)
        np.testing.assert_allclose(given, np.clip(x * dtype(0.5), -1.25, 1.25))
