"""Rows of minitorch/ops/special.py."""

from __future__ import annotations

import numpy as np
from ops.table import Const, Rng, Row, Sample, binary, call, calls, inf, nan, unary, values

S = "special."
ROUGH = {"float32": (2e-5, 2e-6), "float64": (1e-10, 1e-11)}
MADE = "made of operations"
EDGES = "gradients at the edge are infinite or not defined"

ROWS = [
    unary("i0", low=-12, high=12, tolerance=ROUGH, result="float", awkward="PyTorch says NaN at infinity"),
    *[
        unary(
            S + name,
            low=-12,
            high=12,
            tolerance=ROUGH,
            result="float",
            method=False,
            awkward="PyTorch says NaN at infinity",
        )
        for name in ("i0e", "i1", "i1e")
    ],
    unary(S + "erfcx", low=-3, high=12, tolerance=ROUGH, result="float", method=False, awkward=EDGES),
    unary(S + "ndtr", low=-5, high=5, result="float", method=False, nodes=MADE),
    unary(S + "log_ndtr", low=-20, high=5, tolerance=ROUGH, result="float", method=False, awkward=EDGES),
    unary(S + "ndtri", low=0.001, high=0.999, tolerance=ROUGH, result="float", method=False, dtypes="f", awkward=EDGES),
    unary(S + "entr", low=0.1, high=2, result="float", method=False, nodes=MADE, awkward=EDGES),
    binary(S + "xlog1py", low=0.1, high=2, result="float", method=False, nodes=MADE, awkward=EDGES, inplace=False),
    Row(
        name="polygamma",
        dtypes="f",
        method=False,
        inplace=False,
        tolerance={**ROUGH, "float64": (1e-8, 1e-9)},
        nodes="digamma for n = 0",
        samples=calls(*[lambda r, n=n: call(n, values(r, (4,), 0.2, 9)) for n in (0, 1, 2, 3)]),
        errors=calls(call(-1, np.ones(2))),
    ),
    Row(
        name="Tensor.polygamma",
        dtypes="f",
        tolerance={**ROUGH, "float64": (1e-8, 1e-9)},
        inplace="Tensor.polygamma_",
        samples=calls(lambda r: call(values(r, (4,), 0.2, 9), 1)),
    ),
    Row(
        name="mvlgamma",
        dtypes="f",
        method="mvlgamma",
        inplace="Tensor.mvlgamma_",
        nodes=MADE,
        samples=calls(lambda r: call(values(r, (4,), 2, 5), 3), lambda r: call(values(r, (2,), 2, 5), 1)),
        errors=calls(call(np.ones(2), 0)),
    ),
    Row(
        name=S + "zeta",
        dtypes="f",
        method=False,
        tolerance=ROUGH,
        samples=calls(
            lambda r: call(Const(values(r, (4,), 1.2, 6)), values(r, (4,), 0.2, 9)),
            lambda r: call(2.5, values(r, (3,), 0.2, 9)),
        ),
        nodes=MADE,
    ),
]

# ---------------------------------------------------------------- without derivatives

CRUDE = {"float32": (2e-5, 2e-6), "float64": (1e-6, 1e-6)}  # PyTorch's are of seven digits near their zeros
LARGE = "of 1e30 nothing is known but the size"
PLAIN = ("bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "spherical_bessel_j0", "airy_ai")
MODIFIED = ("modified_bessel_k0", "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1")
POLYNOMIALS = (
    *("chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w"),
    *(f"shifted_chebyshev_polynomial_{kind}" for kind in "tuvw"),
    *("hermite_polynomial_h", "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p"),
)


def _degrees(r: Rng) -> list[Sample]:
    x = values(r, (3, 5), -1.5, 1.5)
    return [
        *[call(x, n) for n in (-1, 0, 1, 2, 3, 9)],
        call(x, np.array([0, 1, 2, 5, 12])),
        call(x, Const(np.array([[0.7], [3.9], [-2.0]]))),
        call(0.3, np.arange(5)),
        call(np.ones((0, 2)), 3),
    ]


ROWS += [
    *[
        unary(S + name, low=-30, high=40, grad=False, result="float", method=False, tolerance=CRUDE, awkward=LARGE)
        for name in PLAIN
    ],
    *[
        unary(S + name, low=0.01, high=40, grad=False, result="float", method=False, tolerance=ROUGH)
        for name in MODIFIED
    ],
    *[
        unary(
            S + name, low=-12, high=12, grad=False, result="float", method=False, awkward="PyTorch says NaN at infinity"
        )
        for name in ("modified_bessel_i0", "modified_bessel_i1")
    ],
    *[
        Row(
            name=S + name,
            dtypes="f",
            grad=False,
            method=False,
            result=None,
            samples=_degrees,
            nodes=MADE,
            tolerance=ROUGH,
        )
        for name in POLYNOMIALS
    ],
    *[
        Row(
            name=name,
            dtypes="f",
            result=None,
            aliases=(f"special.{alias}",),
            tolerance={"float32": (2e-5, 2e-6), "float64": (1e-8, 1e-9)},  # PyTorch's has nine digits
            samples=calls(
                lambda r: call(Const(values(r, (4, 5), 0.1, 20)), values(r, (5,), 0.1, 20)),
                lambda r: call(Const(values(r, (3,), 0.1, 2)), values(r, (2, 1), 0.5, 3)),
                lambda r: call(Const(np.ones(0)), np.ones((2, 0))),
            ),
            special=calls(
                call(
                    Const(np.array([0, 0, 0, 1, 1, -1, 1, inf, 1, inf, inf, nan, 0])),
                    Const(np.array([0, 1, inf, 0, inf, 1, -1, 1, nan, inf, 0, 1, -1])),
                )
            ),
            errors=calls(call(np.ones(2, np.int64), np.ones(2, np.int64)), call(np.ones(2), np.ones(3))),
        )
        for name, alias in (("igamma", "gammainc"), ("igammac", "gammaincc"))
    ],
]
