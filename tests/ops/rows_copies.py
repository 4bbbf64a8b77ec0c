"""Rows of minitorch/ops/copies.py: the views of `torch`, as copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.rows_parts import of_complex
from ops.table import Row, call, calls, values

COMPLEX = "PyTorch's has no derivative for complex numbers"


def row(name: str, *args: Any, shape: tuple[int, ...] = (3, 4), **options: Any) -> Row:
    given = {"dtypes": "fib", "method": False, "inplace": False}
    return Row(name=f"{name}_copy", samples=lambda rng: [call(values(rng, shape), *args)], **{**given, **options})


ROWS = [
    row("alias", numpy=lambda x: x, nodes="the alias is a view in PyTorch's own shape"),
    row("detach", numpy=lambda x: x, grad=False, oracle="requires grad there, and has no derivative"),
    row("view", (2, 6), numpy=lambda x, size: x.reshape(size), noncontiguous="a view needs strides that allow it"),
    row("as_strided", (2, 2), (1, 2), noncontiguous="memory as it is",
        numpy=lambda x, size, steps: np.ravel(x)[[[0, 2], [1, 3]]]),
    row("unfold", 1, 2, 2, numpy=lambda x, d, size, step: x.reshape(3, 2, 2), noncontiguous=True),
    row("expand", (2, 3, 4), numpy=np.broadcast_to),
    row("permute", (1, 0), numpy=np.transpose, errors=calls(call(np.ones((2, 2)), (0, 0)))),
    row("transpose", 0, 1, numpy=np.swapaxes),
    row("t", numpy=np.transpose, errors=calls(call(np.ones((1, 1, 1))))),
    row("squeeze", shape=(1, 3, 1), numpy=np.squeeze),
    row("squeeze", 0, shape=(1, 3, 1), numpy=np.squeeze, variant="dim"),
    row("unsqueeze", 1, numpy=np.expand_dims),
    row("select", 1, 2, numpy=lambda x, d, i: x[:, 2], oracle=COMPLEX),
    row("slice", 1, 0, None, 2, numpy=lambda x, *_: x[:, ::2], oracle=COMPLEX),
    row("diagonal", 1, numpy=np.diagonal),
    row("split", 2, numpy=lambda x, n: (x[:2], x[2:])),
    row("split_with_sizes", [1, 3], 1, numpy=lambda x, n, d: (x[:, :1], x[:, 1:])),
    row("unbind", numpy=lambda x: tuple(x)),
    of_complex("view_as_real_copy", lambda x: np.stack([x.real, x.imag], -1), variant="", method=False),
    row("view_as_complex", shape=(3, 2), dtypes="f", numpy=lambda x: x[..., 0] + 1j * x[..., 1], result=None,
        oracle="PyTorch's has no derivative", noncontiguous="the pairs must lie side by side"),
]  # fmt: skip
