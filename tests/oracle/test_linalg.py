"""Decompositions against PyTorch through what does not depend on the signs that LAPACK chooses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

RNG = np.random.default_rng(7)
SQUARE, TALL, WIDE = RNG.standard_normal((2, 4, 4)), RNG.standard_normal((5, 3)), RNG.standard_normal((3, 5))
WEIGHT = RNG.standard_normal((5, 5))


def weigh(t: Any, x: Any) -> Any:
    return (x * t.tensor(WEIGHT[: x.shape[-2], : x.shape[-1]])).sum()


def symmetric(x: Any) -> Any:
    return (x + x.mT) / 2


def definite(x: Any) -> Any:
    return x @ x.mT


def both(u: Any, v: Any) -> Any:
    """The projection that vectors span, whatever their signs."""
    return (u[..., :2] @ v.mT[..., :2, :]) * 3


PROGRAMS: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
    "cholesky": (SQUARE, lambda t, x: weigh(t, t.linalg.cholesky(definite(x)))),
    "cholesky upper": (SQUARE, lambda t, x: weigh(t, t.linalg.cholesky(definite(x), upper=True))),
    "cholesky_inverse": (SQUARE, lambda t, x: weigh(t, t.cholesky_inverse(x.tril()))),
    "cholesky_inverse upper": (SQUARE, lambda t, x: weigh(t, t.cholesky_inverse(x, upper=True))),
    "cholesky_solve": (
        SQUARE,
        lambda t, x: weigh(t, t.cholesky_solve(t.tensor(WEIGHT[:4, :2]), x.tril() + 3 * t.eye(4))),
    ),
    "eigh values": (SQUARE, lambda t, x: (t.linalg.eigh(symmetric(x))[0] ** 2).sum()),
    "eigh vectors": (SQUARE, lambda t, x: weigh(t, both(*[t.linalg.eigh(symmetric(x))[1]] * 2))),
    "eigh upper": (SQUARE, lambda t, x: weigh(t, both(*[t.linalg.eigh(symmetric(x), UPLO="U")[1]] * 2))),
    "eigvalsh": (SQUARE, lambda t, x: t.linalg.eigvalsh(symmetric(x)).exp().sum()),
    "svd values": (TALL, lambda t, x: (t.linalg.svd(x).S ** 3).sum()),
    "svd u": (TALL, lambda t, x: weigh(t, both(*[t.linalg.svd(x, full_matrices=False).U] * 2))),
    "svd v": (WIDE, lambda t, x: weigh(t, both(*[t.linalg.svd(x, full_matrices=False).Vh.mT] * 2))),
    "svd v, tall": (TALL, lambda t, x: weigh(t, both(*[t.linalg.svd(x, full_matrices=False).Vh.mT] * 2))),
    "svd u v": (SQUARE, lambda t, x: weigh(t, both(t.linalg.svd(x).U, t.linalg.svd(x).Vh.mT))),
    "old svd": (TALL, lambda t, x: weigh(t, both(t.svd(x).U, t.svd(x).V))),
    "nuclear norm": (WIDE, lambda t, x: t.linalg.matrix_norm(x, "nuc")),
    "qr": (TALL, lambda t, x: weigh(t, t.linalg.qr(x).R.abs()) + weigh(t, both(*[t.linalg.qr(x).Q] * 2))),
    "qr wide": (WIDE, lambda t, x: weigh(t, t.linalg.qr(x).R.abs())),
    "lu": (SQUARE, lambda t, x: weigh(t, t.linalg.lu(x)[1]) + weigh(t, t.linalg.lu(x)[2])),
    "lu_solve": (SQUARE, lambda t, x: weigh(t, t.linalg.lu_solve(*t.linalg.lu_factor(x), t.tensor(WEIGHT[:4, :2])))),
    "lstsq": (TALL, lambda t, x: weigh(t, t.linalg.lstsq(x, t.tensor(WEIGHT[:, :2])).solution)),
    "lstsq wide": (WIDE, lambda t, x: weigh(t, t.linalg.lstsq(x, t.tensor(WEIGHT[:3, :2])).solution)),
    "pinv hermitian": (SQUARE, lambda t, x: weigh(t, t.linalg.pinv(definite(x), hermitian=True))),
    "whiten": (
        TALL,
        lambda t, x: weigh(t, t.linalg.solve_triangular(t.linalg.cholesky(x.mT @ x), x.mT, upper=False).mT),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_value_gradient_and_hessian(name: str) -> None:
    array, program = PROGRAMS[name]
    found = []
    for t in (torch, minitorch):
        x = t.tensor(array, requires_grad=True)
        y = program(t, x)
        (g,) = t.autograd.grad(y, x, create_graph=True)
        (gg,) = t.autograd.grad((g * t.tensor(array).sin()).sum(), x)
        found.append([v.detach().numpy() for v in (y, g, gg)])
    for theirs, ours in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-7)


def failures(t: Any) -> list[Any]:
    """What is said of matrices for which there is no result."""
    a = t.tensor([[[1.0, 2.0], [2.0, 1.0]], [[4.0, 0.0], [0.0, 9.0]], [[1.0, 2.0], [2.0, 4.0]]])
    said: list[Any] = [t.linalg.cholesky_ex(a).info.tolist(), t.linalg.inv_ex(a).info.tolist()]
    for program in (t.linalg.cholesky, t.linalg.inv, lambda x: t.linalg.inv_ex(x, check_errors=True)):
        try:
            program(a)
        except t.linalg.LinAlgError as error:
            said.append(str(error))
    return said


def test_failures() -> None:
    assert failures(minitorch) == failures(torch)


def shown(t: Any) -> list[str]:
    a = t.tensor([[4.0, 1.0], [1.0, 3.0]])
    return [
        repr(t.linalg.slogdet(a)), repr(t.linalg.inv_ex(a)), repr(t.linalg.lu_factor(a)), repr(t.linalg.eigvals(a)),
        repr(t.linalg.lstsq(a, a).rank), repr(t.linalg.lstsq(a, a, driver="gelsd").rank), repr(t.logdet(-a + 1)),
    ]  # fmt: skip


def test_shown() -> None:
    for ours, theirs in zip(shown(minitorch), shown(torch), strict=True):
        assert ours.replace("-0.", "0.") == theirs.replace("-0.", "0.")
