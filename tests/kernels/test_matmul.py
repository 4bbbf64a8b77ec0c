"""Matrix products: the kernels against einsum in float64, and every jitted loop against its numpy twin."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from kernels.twins import close, compared
from numpy.typing import NDArray

from minitorch.kernels import _jit, matmul
from minitorch.kernels._blas import sgemm_address
from minitorch.kernels._jit import Kernel

Array = NDArray[Any]
LOOPS = {name: kernel for name, kernel in vars(matmul).items() if isinstance(kernel, Kernel)}


def _numbers(dtype: Any, *shape: int) -> Array:
    return np.asarray(np.random.default_rng(len(shape)).normal(size=shape)).astype(dtype)


def _close(got: Array | None, want: Array, dtype: Any) -> None:
    assert got is not None
    assert (got.dtype, got.shape) == (dtype, want.shape)
    rtol = 1e-5 if dtype is np.float32 else 1e-12
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * 100)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rows", [(7,), (3, 5), (2, 0), (700, 40)])
def test_linear_and_its_gradients(dtype: Any, rows: tuple[int, ...]) -> None:
    x, w, b, g = _numbers(dtype, *rows, 6), _numbers(dtype, 4, 6), _numbers(dtype, 4), _numbers(dtype, *rows, 4)
    wide = [a.astype(np.float64) for a in (x, w, b, g)]
    _close(matmul.linear(x, w, None), wide[0] @ wide[1].T, dtype)
    _close(matmul.linear(x, w, b), wide[0] @ wide[1].T + wide[2], dtype)
    dx, dw, db = matmul.linear_grad(g, x, w, True)
    _close(dx, wide[3] @ wide[1], dtype)
    _close(dw, wide[3].reshape(-1, 4).T @ wide[0].reshape(-1, 6), dtype)
    _close(db, wide[3].reshape(-1, 4).sum(0), dtype)
    assert list(matmul.linear_grad(g, None, None, False)) == [None, None, None]


def test_strides_make_no_difference() -> None:
    x, w, b = _numbers(np.float64, 5, 12)[:, ::2], _numbers(np.float64, 6, 4).T, _numbers(np.float64, 8)[::2]
    _close(matmul.linear(x, w, b), np.ascontiguousarray(x) @ w.T + b, np.float64)


def test_products_of_stacks() -> None:
    a, b = _numbers(np.float64, 3, 4, 5), _numbers(np.float64, 3, 5, 2)
    _close(matmul.matmul(a, b), np.einsum("sij,sjk->sik", a, b), np.float64)
    _close(matmul.matmul(a, b[0]), np.einsum("sij,jk->sik", a, b[0]), np.float64)
    _close(matmul.summed_products(a, b), np.einsum("sij,sjk->ik", a, b), np.float64)
    _close(matmul.summed_products(a[:0], b[:0]), np.zeros((4, 2)), np.float64)
    _close(matmul.outer(a[0, 0], b[0, 0]), np.einsum("i,j->ij", a[0, 0], b[0, 0]), np.float64)


def test_plus() -> None:
    x, y = _numbers(np.float64, 3), _numbers(np.float64, 2, 3)
    _close(matmul.plus(x, y.copy(), 2, 0.5), 2 * x + 0.5 * y, np.float64)
    _close(matmul.plus(np.full(3, np.nan), y.copy(), 0, 1), y, np.float64)
    _close(matmul.plus(np.array(1), np.array([[5]]), 1.9, -1), np.array([[-4]]), np.int64)


def test_infinities_are_met_in_silence() -> None:
    program = (
        "import numpy as np; from minitorch.kernels import matmul as m\n"
        "x, y = np.full((3, 3), np.inf), np.zeros((3, 3))\n"
        "m.matmul(x, y), m.matmul(x[None], y[None]), m.linear(x, y, x[0]), m.summed_products(x[None], y[None])"
    )
    made = subprocess.run([sys.executable, "-W", "always", "-c", program], capture_output=True, text=True, check=True)
    assert "RuntimeWarning" not in made.stderr


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loops_do_what_their_twins_do(dtype: Any) -> None:
    assert set(LOOPS) == {"_add_rows", "_sum_rows", "_linear", "_linear_grad"}
    y, b = _numbers(dtype, 130, 40), _numbers(dtype, 40)
    sums, added = np.zeros((2, 40), dtype), [y.copy(), y.copy()]
    for i, name in enumerate(("run", "twin")):
        getattr(LOOPS["_add_rows"], name)(3, 120, added[i], b)
        getattr(LOOPS["_sum_rows"], name)(5, 30, y, sums[i])
    np.testing.assert_array_equal(*added)
    np.testing.assert_allclose(*sums, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(5, 7, 3), (1, 1, 1), (130, 40, 70), (130, 70, 40), (3, 0, 2), (0, 3, 2), (3, 2, 0)])
def test_one_call_of_a_linear_layer(shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    n, ins, outs = shape
    x, w, b, g = [_numbers(np.float32, *s) for s in ((n, ins), (outs, ins), (outs,), (n, outs))]

    def results() -> list[Any]:
        few = [matmul.linear_grad(g, a, c, bias) for a in (x, None) for c in (w, None) for bias in (True, False)]
        return [matmul.linear(x, w, b), matmul.linear(x, w, None), few]

    with compared(matmul) as met:
        at_once = results()
    assert met >= {"_linear", "_linear_grad"} or not all(shape) or not sgemm_address()
    monkeypatch.setattr(matmul, "sgemm_address", lambda: 0)
    close(at_once, results())


def test_several_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w, b = _numbers(np.float64, 500, 30), _numbers(np.float64, 20, 30), _numbers(np.float64, 20)
    alone = matmul.linear(x, w, b), matmul.linear_grad(matmul.linear(x, w, b), x, w, True)[2]
    monkeypatch.setattr(_jit, "PART_NS", 10)
    monkeypatch.setattr(_jit, "_threads", 4)
    np.testing.assert_array_equal(matmul.linear(x, w, b), alone[0])
    np.testing.assert_array_equal(matmul.linear_grad(alone[0], x, w, True)[2], alone[1])
