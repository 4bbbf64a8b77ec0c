"""Rows of minitorch/ops/linalg.py, lu.py and matrix.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, calls, values

L = "linalg."
FREE = "LAPACK chooses the signs of the vectors: tests/oracle/test_linalg.py compares what does not depend on them"
MADE = "made of operations"
SOFT = {"float32": (2e-3, 2e-4), "float64": (1e-8, 1e-9)}


def regular(rng: Rng, *shape: int) -> Array:
    """Matrices far from singular."""
    return values(rng, shape) + 3 * np.eye(shape[-2], shape[-1])


def _definite(rng: Rng, *shape: int) -> Const:
    x = values(rng, shape)
    return Const(x @ np.swapaxes(x, -1, -2) + 2 * np.eye(shape[-1]))


def over(*shapes: tuple[int, ...], **how: Any) -> Any:
    """A call with a stack of matrices far from singular, for each shape."""
    return lambda rng: [call(regular(rng, *s), **how) for s in shapes]


def several(*samples: Any) -> Any:
    return lambda rng: [s for make in samples for s in make(rng)]


def row(name: str, samples: Any, **options: Any) -> Row:
    # of an expanded layout all rows are equal: most of what is computed here does not exist
    given = {
        "dtypes": "f",
        "noncontiguous": "an expanded matrix is singular",
        "method": False,
        "inplace": False,
        "tolerance": SOFT,
        "result": None,
        **options,
    }
    return Row(name=name, samples=samples, **given)


STACKS = over((3, 3), (2, 3, 3), (1, 1), (0, 2, 2))
ODD = calls(call(np.ones((2, 3))), call(np.ones(3)))
SINGULAR = calls(call(np.ones((2, 3))), call(np.ones(3)), call(np.zeros((2, 2))))


def _solved(rng: Rng) -> list[Sample]:
    return [
        call(regular(rng, 3, 3), values(rng, (3, 2))),
        call(regular(rng, 3, 3), values(rng, (3,))),
        call(regular(rng, 2, 3, 3), values(rng, (2, 3))),
        call(regular(rng, 2, 1, 3, 3), values(rng, (4, 3, 2))),
        call(regular(rng, 3, 3), values(rng, (2, 3)), left=False),
    ]


def _triangles(rng: Rng) -> list[Sample]:
    return [
        call(regular(rng, 3, 3), values(rng, (3, 2)), upper=True),
        call(regular(rng, 2, 3, 3), values(rng, (3, 2)), upper=False),
        call(regular(rng, 3, 3), values(rng, (2, 3)), upper=True, left=False),
        call(regular(rng, 3, 3), values(rng, (3, 2)), upper=False, unitriangular=True),
    ]


def _norms(rng: Rng) -> list[Sample]:
    x, stack = values(rng, (3, 4)), values(rng, (2, 3, 3))
    orders = ("fro", "nuc", np.inf, -np.inf, 1, -1, 2, -2)
    made = [call(x, o) for o in orders] + [call(stack, o, dim=(0, 2), keepdim=True) for o in orders]
    return [*made, call(stack), call(stack, "nuc", (2, 0))]


def _any_norms(rng: Rng) -> list[Sample]:
    x, v = values(rng, (3, 4)), values(rng, (5,), avoid=(0.0,))
    return [
        *[call(v, o) for o in (None, 2, 1, np.inf, -np.inf, 3.5, 0)],
        *[call(x, o) for o in (None, "fro", "nuc", 1, 2)],
        call(x, dim=0), call(x, 3, 1, keepdim=True), call(x, 1, (0, 1)), call(x, dim=(1, 0)),
        call(values(rng, (2, 2, 2))), call(values(rng, (2, 2, 2)), "nuc", (0, 1)),
    ]  # fmt: skip


def _reflected(rng: Rng) -> list[Sample]:
    a, tau = values(rng, (2, 4, 3)), values(rng, (2, 3))
    c = values(rng, (2, 4, 2))
    return [
        call(a, tau, c),
        call(a, tau, c, transpose=True),
        call(a, tau, c.swapaxes(-1, -2).copy(), False),
        call(a[0], tau[0], c[0].T.copy(), False, True),
    ]


def _lu(function: Any) -> Any:
    """What `lu_factor` of PyTorch's conventions gives, for functions that take it."""

    def factored(a: Array) -> tuple[Array, Array]:
        a, pivots = a.copy(), []
        for k in range(len(a)):
            p = k + int(np.argmax(np.abs(a[k:, k])))
            pivots.append(p + 1)
            a[[k, p]] = a[[p, k]]
            a[k + 1 :, k] /= a[k, k]
            a[k + 1 :, k + 1 :] -= np.outer(a[k + 1 :, k], a[k, k + 1 :])
        return a, np.array(pivots, np.int32)

    return lambda rng: function(rng, *factored(values(rng, (3, 3))))


def _lu_solved(rng: Rng, packed: Array, pivots: Array) -> list[Sample]:
    return [
        call(packed, pivots, values(rng, (3, 2)) if left else values(rng, (2, 3)), left=left, adjoint=adjoint)
        for left in (True, False)
        for adjoint in (True, False)
    ]


ROWS = [
    row(
        L + "cholesky",
        lambda r: [call(_definite(r, 3, 3)), call(_definite(r, 2, 2, 2), upper=True)],
        grad=False,
        errors=several(ODD, calls(call(-np.eye(2)))),
    ),
    row(
        L + "cholesky_ex",
        lambda r: [call(_definite(r, 3, 3)), call(Const(-np.eye(2)))],
        grad=False,
        tolerance={"float32": (9, 9), "float64": (9, 9)},
        oracle="what is left of a matrix that fails is not defined",
    ),
    row("cholesky", lambda r: [call(_definite(r, 3, 3)), call(_definite(r, 2, 2, 2), True)], grad=False, method=True),
    row(
        "cholesky_inverse",
        lambda r: [call(Const(np.tril(regular(r, 3, 3)))), call(Const(np.triu(regular(r, 2, 2, 2))), True)],
        grad=False,
        method=True,
    ),
    row(
        "cholesky_solve",
        lambda r: [
            call(values(r, (3, 2)), Const(np.tril(regular(r, 3, 3)))),
            call(values(r, (3, 2)), Const(np.triu(regular(r, 3, 3))), True),
        ],
        method=True,
    ),
    row(L + "inv", STACKS, errors=SINGULAR, numpy=np.linalg.inv),
    row(L + "inv_ex", STACKS, errors=ODD),
    row("inverse", STACKS, numpy=np.linalg.inv, method=True),
    row(
        L + "solve",
        _solved,
        nodes="a vector is a matrix for a moment",
        errors=calls(
            call(np.ones((2, 3)), np.ones(2)), call(np.zeros((2, 2)), np.ones(2)), call(np.eye(2), np.ones(3))
        ),
    ),
    row(L + "solve_ex", _solved, nodes="a vector is a matrix for a moment"),
    row(L + "solve_triangular", _triangles, errors=calls(call(np.eye(2), np.ones((3, 1)), upper=True))),
    row(
        "triangular_solve",
        lambda r: [
            call(values(r, (3, 2)), regular(r, 3, 3)),
            call(values(r, (3, 2)), regular(r, 3, 3), False, True),
            call(values(r, (3, 1)), regular(r, 3, 3), True, False, True),
        ],
        nodes=MADE,
        method=True,
    ),
    row(L + "det", STACKS, errors=ODD, numpy=np.linalg.det),
    row(
        L + "det",
        calls(call(np.array([[1.0, 2.0], [2.0, 4.0]]))),
        variant="singular",
        gradgrad="degenerate twice",
        oracle="PyTorch gives the gradient 0 there, which it is not",
    ),
    row("det", STACKS, numpy=np.linalg.det, method=True),
    row(
        L + "slogdet",
        several(over((3, 3), (2, 3, 3)), lambda r: [call(np.array([[0.0, 1.0], [2.0, 0.0]]))]),
        errors=ODD,
    ),
    row("slogdet", over((3, 3)), method=True),
    row(
        "logdet",
        several(lambda r: [call(regular(r, 3, 3)), call(regular(r, 2, 2, 2))]),
        errors=ODD,
        method=True,
        nodes=MADE,
    ),
    row(
        L + "qr",
        lambda r: [call(values(r, s), m) for s in ((3, 3), (4, 2), (2, 4, 3), (2, 4)) for m in ("reduced",)],
        errors=several(calls(call(np.ones(3)), call(np.ones((2, 2)), "some"))),
    ),
    row(L + "qr", lambda r: [call(values(r, (2, 4)), "complete")], variant="complete"),
    row(L + "qr", lambda r: [call(values(r, (3, 2)), "r")], variant="r", grad="refused"),
    row("qr", lambda r: [call(values(r, (4, 3)))], method=True),
    row(
        L + "eigh",
        lambda r: [call(Const(values(r, (3, 3)))), call(Const(values(r, (2, 2, 2))), "U")],
        errors=ODD,
        oracle=FREE,
        grad=False,
    ),
    row(
        L + "eigvalsh",
        lambda r: [call(Const(values(r, (3, 3)))), call(Const(values(r, (2, 2, 2))), "U")],
        errors=ODD,
        grad=False,
        numpy=lambda a, u="L": np.linalg.eigvalsh(a, u),
    ),
    row(L + "eig", lambda r: [call(values(r, (3, 3)))], errors=ODD, differences=FREE, gradgrad=FREE, oracle=FREE),
    row(L + "eigvals", lambda r: [call(Const(values(r, (3, 3))))], grad=False, oracle="their order is LAPACK's"),
    row(
        L + "svd",
        lambda r: [call(Const(values(r, (3, 3)))), call(Const(values(r, (2, 4, 3))), False)],
        grad=False,
        oracle=FREE,
        errors=calls(call(np.ones(3))),
    ),
    row(
        L + "svdvals",
        lambda r: [call(values(r, (3, 3))), call(values(r, (2, 4, 3))), call(values(r, (2, 3)))],
        numpy=lambda a: np.linalg.svd(a, compute_uv=False),
    ),
    row(
        "svd",
        lambda r: [
            call(Const(values(r, (3, 3)))),
            call(Const(values(r, (4, 3))), False),
            call(Const(values(r, (3, 2))), True, False),
        ],
        grad=False,
        oracle=FREE,
        method=True,
    ),
    row(
        L + "pinv",
        lambda r: [call(values(r, (3, 2))), call(values(r, (2, 2, 3))), call(values(r, (3, 3)), rtol=1e-6)],
        numpy=lambda a, rtol=None: np.linalg.pinv(a),
    ),
    row(
        L + "pinv",
        lambda r: [
            call(_definite(r, 3, 3), hermitian=True),
            call(Const(np.ones((2, 2)))),
            call(Const(np.eye(2)), atol=2.0),
        ],
        variant="constant",
        grad=False,
    ),
    row("pinverse", lambda r: [call(values(r, (3, 2)))], numpy=np.linalg.pinv, method=True),
    row(
        L + "matrix_exp",
        several(STACKS, lambda r: [call(values(r, (3, 3), -9, 9))]),
        errors=ODD,
        tolerance={"float32": (2e-3, 2e-2), "float64": (1e-7, 1e-7)},
    ),
    row("matrix_exp", over((3, 3)), method=True),
    row(L + "lu_factor", lambda r: [call(values(r, s)) for s in ((3, 3), (2, 3, 3))], errors=calls(call(np.ones(3)))),
    row(L + "lu_factor", lambda r: [call(values(r, s)) for s in ((4, 2), (2, 3), (2, 5, 3))], variant="oblong"),
    row(
        L + "lu_factor_ex",
        lambda r: [call(values(r, s)) for s in ((3, 3), (2, 3, 3), (4, 2))],
        errors=calls(call(np.ones(3)), call(np.zeros((2, 2)), check_errors=True), call(np.ones((2, 2)), pivot=False)),
    ),
    row(
        "geqrf",
        lambda r: [call(values(r, s)) for s in ((3, 3), (2, 4, 2), (2, 3))],
        grad="refused",
        method="geqrf",
        errors=calls(call(np.ones(3)), call(np.ones((3, 3), np.int64))),
    ),
    row(
        "ormqr",
        _reflected,
        nodes=MADE,
        method="ormqr",
        oracle="LAPACK's reflections only",
        errors=calls(
            call(np.ones((3, 2)), np.ones(2), np.ones((2, 3))), call(np.ones((3, 2)), np.ones(3), np.ones((3, 3)))
        ),
    ),
    row(
        L + "lu_factor",
        lambda r: [call(np.ones((0, 3, 2)))],
        variant="empty",
        oracle="PyTorch takes integers where there is nothing",
    ),
    row(
        L + "lu",
        lambda r: [call(values(r, s)) for s in ((3, 3), (2, 3, 3))],
        nodes=MADE,
        oracle="P requires no grad there",
    ),
    row(L + "lu_solve", _lu(_lu_solved), nodes=MADE, noncontiguous="pivots are read as they are"),
    row(
        "lu_solve",
        _lu(lambda r, a, p: [call(values(r, (3, 2)), a, p)]),
        nodes=MADE,
        noncontiguous="pivots are read as they are",
        method=True,
    ),
    row("lu_unpack", _lu(lambda r, a, p: [call(a, p)]), nodes=MADE, noncontiguous="pivots are read as they are"),
    row(
        L + "lstsq",
        lambda r: [
            call(values(r, (4, 2)), values(r, (4, 3))),
            call(values(r, (2, 3, 3)), values(r, (2, 3, 1))),
            call(values(r, (2, 4)), values(r, (2, 1))),
        ],
        nodes=MADE,
        errors=calls(call(np.ones((2, 2)), np.ones((3, 1)))),
        oracle="PyTorch's residuals have no gradient",
    ),
    row(
        L + "matrix_norm",
        _norms,
        nodes=MADE,
        errors=calls(
            call(np.ones(3)),
            call(np.ones((2, 2)), 3),
            call(np.ones((2, 2)), "max"),
            call(np.ones((2, 2)), "fro", (0, 0)),
        ),
    ),
    row(L + "norm", _any_norms, nodes=MADE, errors=calls(call(np.ones((2, 2, 2)), 2), call(np.ones((2, 2)), "max"))),
    row(
        L + "vector_norm",
        lambda r: (
            [call(values(r, (3, 4), avoid=(0.0,)), o) for o in (2, 1, 0, 3.5, np.inf)]
            + [call(values(r, (3, 4)), dim=1, keepdim=True)]
        ),
        errors=calls(call(np.ones(2), dim=2)),
    ),
    row(
        L + "cond", lambda r: [call(regular(r, 3, 3), p) for p in (None, 2, -2)] + [call(values(r, (4, 2)))], nodes=MADE
    ),
    row(
        L + "cond",
        lambda r: [call(regular(r, 3, 3), p) for p in ("fro", "nuc", 1, -1, np.inf)] + [call(regular(r, 2, 3, 3), 1)],
        variant="norms",
        oracle="PyTorch's backward fails there",
    ),
    row(
        L + "matrix_rank",
        lambda r: [
            call(Const(np.diag([1.0, 0.0, 2.0]))),
            call(Const(np.diag([1.0, 0.1, 2.0])), 0.5),
            call(Const(np.ones((2, 3, 3))), hermitian=True),
            call(Const(np.diag([1.0, 0.1])), rtol=0.2),
        ],
        grad=False,
        result="int64",
    ),
    row(
        L + "matrix_power",
        lambda r: [call(regular(r, 3, 3), n) for n in (0, 1, 2, 3, 7, -1, -3)] + [call(regular(r, 2, 2, 2), 5)],
        nodes=MADE,
        errors=calls(call(np.ones((2, 3)), 2)),
    ),
    row("matrix_power", lambda r: [call(regular(r, 3, 3), 3)], nodes=MADE, method=True),
    row(
        L + "multi_dot",
        lambda r: [
            call([values(r, (2, 3)), values(r, (3, 4)), values(r, (4, 2))]),
            call([values(r, (3,)), values(r, (3, 4)), values(r, (4,))]),
        ],
        nodes=MADE,
    ),
    row(
        L + "vecdot",
        lambda r: [call(values(r, (2, 3)), values(r, (3,))), call(values(r, (2, 3)), values(r, (2, 3)), dim=0)],
        nodes=MADE,
    ),
    row(
        L + "cross",
        lambda r: [call(values(r, (2, 3)), values(r, (2, 3))), call(values(r, (3, 2)), values(r, (3, 1)), dim=0)],
        nodes=MADE,
        errors=calls(call(np.ones(2), np.ones(2))),
    ),
    row(L + "diagonal", lambda r: [call(values(r, (2, 3, 4)), offset=1)], nodes=True),
    row(
        L + "vander",
        lambda r: [call(values(r, (3,))), call(values(r, (2, 3)), N=2), call(np.array(2.0), N=2)],
        nodes=MADE,
        errors=calls(call(np.array(1.0)), call(np.ones(2), N=0)),
    ),
    row(
        L + "householder_product",
        lambda r: [call(values(r, (4, 3)), values(r, (2,))), call(values(r, (2, 3, 3)), values(r, (2, 3)))],
        nodes=MADE,
        errors=calls(call(np.ones((2, 3)), np.ones(2))),
    ),
    row("orgqr", lambda r: [call(values(r, (4, 3)), values(r, (2,)))], nodes=MADE, method=True),
    row(
        L + "tensorinv",
        lambda r: [call(values(r, (2, 3, 6))), call(values(r, (4, 2, 2)), ind=1)],
        nodes=MADE,
        errors=calls(call(np.ones((2, 3))), call(np.ones((2, 2)), 0)),
    ),
    row(
        L + "tensorsolve",
        lambda r: [call(values(r, (2, 3, 6)), values(r, (2, 3))), call(values(r, (2, 6, 3)), values(r, (2, 3)), (1,))],
        nodes=MADE,
        errors=calls(call(np.ones((2, 3)), np.ones(2))),
    ),
    row("adjoint", lambda r: [call(values(r, (2, 3)))], nodes=MADE, method=True),
    row("svd_lowrank", lambda r: [call(Const(values(r, (6, 4))), 3)], grad=False, random=True, oracle=FREE),
    row("pca_lowrank", lambda r: [call(Const(values(r, (6, 4))), 3)], grad=False, random=True, oracle=FREE),
]
