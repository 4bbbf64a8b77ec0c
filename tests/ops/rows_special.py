"""Rows of minitorch/ops/special.py."""

from __future__ import annotations

import numpy as np
from ops.table import Const, Row, binary, call, calls, unary, values

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
