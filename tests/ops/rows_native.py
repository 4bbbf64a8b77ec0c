"""Rows of minitorch/ops/native.py, binned.py, ldl.py, and of the functions of flat.py that are no losses or norms."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.rows_linalg import MADE, SOFT
from ops.rows_norm import ROUGH
from ops.table import Array, Const, Rng, Row, Sample, call, calls, values

FREE = "signs of vectors are free"


def row(name: str, samples: Any, **options: Any) -> Row:
    given = {"method": False, "inplace": False, "nodes": MADE}
    return Row(name=name, samples=samples, **{**given, **options})


def _layers(rng: Rng) -> list[Sample]:
    x, w, b = values(rng, (2, 3, 4)), values(rng, (4,), 0.5, 2), values(rng, (4,))
    return [call(x, [4], w, b, 1e-5), call(x, [4], None, None, 0.1), call(x, (3, 4), None, None, 1e-5)]


def _groups(rng: Rng) -> list[Sample]:
    x, w, b = values(rng, (2, 4, 3)), values(rng, (4,), 0.5, 2), values(rng, (4,))
    return [call(x, w, b, 2, 4, 3, 2, 1e-5), call(x, None, None, 2, 4, 3, 4, 0.1)]


def _batches(rng: Rng) -> list[Sample]:
    x, w, b = values(rng, (3, 2, 4)), values(rng, (2,), 0.5, 2), values(rng, (2,))
    mean, var = Const(values(rng, (2,))), Const(values(rng, (2,), 0.5, 2))
    return [call(x, w, b, None, None, True, 0.1, 1e-5), call(x, w, b, mean, var, False, 0.1, 1e-5)]


def _statistics(x: Array, mean: Any, var: Any, momentum: float) -> Any:
    return x.mean((0, 2)), x.var((0, 2))


def _dropped(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [call(x, 0.5, True), call(x, 0.5, None), call(x, 0.3, False), call(x, 1.0, True), call(x, 0.0, True)]


def _convolutions(rng: Rng) -> list[Sample]:
    x, w, b = values(rng, (2, 4, 5)), values(rng, (6, 2, 3)), values(rng, (6,))
    turned, image = values(rng, (4, 3, 2)), values(rng, (1, 2, 4, 4))
    return [
        call(x, w, b, [1], [1], [1], False, [0], 2),
        call(x, turned, None, [2], [0], [1], True, [1], 1),
        call(image, values(rng, (3, 2, 3, 3)), None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1),
    ]


def _grids(rng: Rng) -> list[Sample]:
    x, grid = values(rng, (1, 2, 4, 4)), values(rng, (1, 3, 3, 2), -0.9, 0.9)
    return [call(x, grid, 0, 0, False), call(x, grid, 0, 1, True), call(x, grid, 2, 2, False)]


def _volumes(rng: Rng) -> list[Sample]:
    return [call(values(rng, (1, 2, 3, 4, 4)), values(rng, (1, 2, 2, 3, 3), -0.9, 0.9), 0, 0, False)]


def _bags(rng: Rng) -> list[Sample]:
    index, offsets = np.array([0, 1, 2, 4, 1]), np.array([0, 2, 2])
    w = values(rng, (5, 3))
    return [call(w, index, offsets, False, 2), call(w, index, offsets, False, 2, False, None, False, 1)]


def _segments(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    one, two = np.array([1, 0, 2]), np.array([[1, 3], [2, 2], [0, 4]])
    kinds = ("sum", "mean", "max", "min", "prod")
    full = [call(x, kind, lengths=two, axis=1, initial=1.0) for kind in kinds]
    return [*full, call(x, "sum", lengths=one), call(x, "prod", offsets=np.array([0, 2, 3]))]


def _reduced(
    x: Array, reduce: str, lengths: Any = None, offsets: Any = None, axis: int = 0, initial: Any = None
) -> Any:
    ufunc = {"sum": np.add, "mean": np.add, "max": np.maximum, "min": np.minimum, "prod": np.multiply}[reduce]
    if axis:
        return np.stack([_reduced(r, reduce, n, initial=initial) for r, n in zip(x, lengths, strict=True)])
    ends = np.cumsum(lengths) if offsets is None else offsets[1:]
    starts = [0, *ends[:-1]]
    first = {"prod": 1}.get(reduce, 0) if initial is None else initial
    made = [ufunc.reduce(x[a:b], axis=0, initial=first) for a, b in zip(starts, ends, strict=True)]
    if reduce == "mean":
        made = [m / max(b - a, 1) for m, a, b in zip(made, starts, ends, strict=True)]
    return np.stack(made)


def _experts(rng: Rng) -> list[Sample]:
    rows, experts, ends = values(rng, (8, 4)), values(rng, (2, 4, 8)), np.array([4, 8], np.int32)
    return [
        call(rows, experts, offs=ends),
        call(values(rng, (2, 8, 4)), experts),
        call(values(rng, (2, 8, 4)), values(rng, (4, 8)), offs=ends),
        call(values(rng, (4, 8)), values(rng, (8, 4)), offs=ends),
    ]


def _product_of_groups(a: Array, b: Array, offs: Any = None) -> Array:
    if offs is None:
        return a @ b
    if a.ndim == b.ndim:
        return np.stack([x @ y for x, y in zip(np.split(a, offs[:-1], 1), np.split(b, offs[:-1], 0), strict=True)])
    if a.ndim == 2:
        return np.concatenate([x @ y for x, y in zip(np.split(a, offs[:-1]), b, strict=True)])
    return np.concatenate([x @ y for x, y in zip(a, np.split(b, offs[:-1], 1), strict=True)], 1)


def _points(rng: Rng) -> list[Sample]:
    x = Const(values(rng, (9, 2), -1, 1))
    edges = [np.array([-1.0, 0.0, 0.4]), np.array([-0.9, 0.1])]
    return [
        call(x, bins=[3, 2]),
        call(x, bins=2),
        call(x, bins=[2, 2], range=[-0.5, 0.5, 0.0, 1.0], weight=Const(values(rng, (9,), 0.5, 2))),
        call(x, bins=[Const(e) for e in edges], density=True),
    ]


def _grid_of(x: Array, bins: Any, range: Any = None, weight: Any = None, density: bool = False) -> Any:
    spans = None if range is None else [range[:2], range[2:]]
    found, edges = np.histogramdd(x, bins, spans, weights=weight, density=density)
    return found, tuple(edges)


def _symmetric(rng: Rng, *shape: int) -> Array:
    x = values(rng, shape)
    return x + np.swapaxes(x, -1, -2)


def _zero_first(rng: Rng) -> Array:
    x = _symmetric(rng, 4, 4)
    x[0, 0] = 0
    return x


def _factors(rng: Rng) -> list[Sample]:
    return [call(_symmetric(rng, 3, 3)), call(_symmetric(rng, 2, 5, 5)), call(_zero_first(rng))]


def _solved(rng: Rng) -> list[Sample]:
    packed = np.array([[2.0, 0, 0], [0.5, 3.0, 0], [0.25, -1.0, 1.5]])
    block = np.array([[0.0, 0, 0], [2.0, 0.5, 0], [0.5, -0.5, 3.0]])
    b = values(rng, (3, 2))
    return [
        call(Const(packed), np.array([1, 3, 3], np.int32), b),
        call(Const(block), np.array([-3, -3, 3], np.int32), b),
        call(Const(packed), np.array([1, 2, 3], np.int32), values(rng, (2, 3, 2))),
    ]


ROWS = [
    row("native_layer_norm", _layers, nodes=True, tolerance=ROUGH),
    row("native_group_norm", _groups, oracle="mean and deviation require grad there, and have no derivative",
        tolerance=ROUGH),
    row("native_batch_norm", _batches, nodes=True, tolerance=ROUGH),
    row("batch_norm_update_stats", lambda rng: [call(Const(values(rng, (3, 2, 4))), None, None, 0.1)],
        numpy=_statistics, grad=False, tolerance=ROUGH),
    row("native_dropout", _dropped, random=True, result=None, noncontiguous="draws go by memory",
        oracle="whether PyTorch takes integers depends on p",
        errors=calls(call(np.ones(2), 2.0, True))),
    row("convolution", _convolutions, tolerance={"float32": (1e-4, 1e-4), "float64": (1e-9, 1e-10)}),
    row("constant_pad_nd", lambda rng: [call(values(rng, (3, 4)), [1, 0, 0, 2], 5.0), call(values(rng, (3,)), [-1, 1])],
        dtypes="fi"),
    row("affine_grid_generator", lambda rng: [call(values(rng, (2, 2, 3)), [2, 1, 3, 4], True)],
        oracle="PyTorch takes integers, too, but not in affine_grid"),
    row("grid_sampler", _grids, aliases=("grid_sampler_2d",), gradgrad="PyTorch has none for bicubic",
        tolerance={"float32": (1e-4, 1e-4), "float64": (1e-9, 1e-10)}),
    row("grid_sampler_3d", _volumes, tolerance={"float32": (1e-4, 1e-4), "float64": (1e-9, 1e-10)}),
    row("embedding_bag", _bags),
    row("embedding_renorm_", lambda rng: [call(Const(values(rng, (4, 2))), np.array([0, 2]), 0.5, 2.0)], writes=True,
        grad=False, noncontiguous="writes"),
    row("nn.functional.grouped_mm", _experts, numpy=_product_of_groups, oracle="PyTorch refuses float64",
        errors=calls(call(np.ones((8, 4)), np.ones((2, 4, 8))))),
    row("segment_reduce", _segments, numpy=_reduced, noncontiguous="an expanded vector of lengths has another sum",
        errors=calls(call(np.ones(3), "sum", lengths=np.array([1, 1])), call(np.ones(3), "sum"),
                     call(np.ones(3), "some", lengths=np.array([3])),
                     call(np.ones(3), "sum", lengths=np.array([4, -1])),
                     call(np.ones((1, 3)), "sum", lengths=np.array([[3]])))),
    row("histogramdd", _points, numpy=_grid_of, grad=False,
        errors=calls(call(np.ones(3), 2), call(np.ones((3, 2)), [2]), call(np.ones((3, 2)), 2, range=[0.0, 1.0]))),
    row("linalg.ldl_factor", _factors, grad="refused", nodes="PyTorch refuses without a name",
        noncontiguous="an expanded matrix is singular", tolerance=SOFT, result=None,
        errors=calls(call(np.zeros((2, 2))), call(np.ones((2, 3))), call(np.ones(3)))),
    row("linalg.ldl_factor_ex", _factors, grad="refused", nodes="PyTorch refuses without a name", result=None,
        noncontiguous="an expanded matrix is singular", tolerance=SOFT,
        errors=calls(call(np.zeros((2, 2)), check_errors=True))),
    row("linalg.ldl_solve", _solved, oracle="PyTorch has no derivative", noncontiguous="pivots are read as they are",
        errors=calls(call(np.ones((2, 2)), np.array([1], np.int32), np.ones((2, 1))),
                     call(np.ones((2, 2)), np.array([1.0, 2.0]), np.ones((2, 1))))),
    row("norm_except_dim", lambda rng: [call(values(rng, (3, 4))), call(values(rng, (3, 4)), 2, 1),
                                        call(values(rng, (2, 3)), 2, -1)]),
    row("frobenius_norm", lambda rng: [call(values(rng, (3, 4)), [1]), call(values(rng, (3, 4)), [0, 1], True)],
        errors=calls(call(np.ones((1, 1, 1)), [0, 1, 2]))),
    row("nuclear_norm", lambda rng: [call(values(rng, (3, 4))), call(values(rng, (3, 4)), True),
                                     call(values(rng, (2, 3, 4)), (1, 2))],
        noncontiguous="an expanded matrix is singular", tolerance=SOFT, errors=calls(call(np.ones(3)))),
    row("slogdet", lambda rng: [call(values(rng, (3, 3)) + 3 * np.eye(3))], method=True, tolerance=SOFT,
        noncontiguous="an expanded matrix is singular", errors=calls(call(np.ones((2, 3))))),
    row("lobpcg", lambda rng: [call(Const(_symmetric(rng, 6, 6)), 2), call(Const(np.diag([3.0, 1, 2])), largest=False)],
        grad=False, oracle=FREE, noncontiguous="an expanded matrix is singular",
        errors=calls(call(np.eye(4), 2), call(np.eye(4), tracker=print))),
    row("feature_alpha_dropout",
        lambda rng: [call(values(rng, (2, 3, 4)), 0.5, True), call(values(rng, (2, 3)), 0.5, False)],
        random=True, noncontiguous="draws go by memory", errors=calls(call(np.ones((2, 2)), 2.0, True))),
    *[
        row(name, lambda rng: [call(Const(values(rng, (2, 3, 4))), 0.5, True)], random=True, writes=True, grad=False,
            noncontiguous="draws go by memory", errors=calls(call(np.ones((2, 2)), 2.0, True)))
        for name in ("alpha_dropout_", "feature_dropout_", "feature_alpha_dropout_")
    ],
    row("Tensor.new_empty_strided", lambda rng: [call(values(rng, (2,)), (2, 3), (1, 2))], random=True, dtypes="fib",
        grad=False),
    row("Tensor.map2_", lambda rng: [call(*[Const(values(rng, (2, 3))) for _ in "xyz"], lambda x, y, z: x - y * z)],
        grad=False, noncontiguous="an expanded tensor cannot be written"),
    row("Tensor.module_load", lambda rng: [call(Const(values(rng, (2, 3))), Const(values(rng, (2, 3))))], grad=False,
        noncontiguous="writes"),
    row("Tensor.dim_order", lambda rng: [call(values(rng, (2, 3))), call(values(rng, (2, 3)), ambiguity_check=True)],
        grad=False, result=None, noncontiguous="strides are what it tells",
        errors=calls(call(np.ones((1, 3)), ambiguity_check=True), call(np.ones(3), ambiguity_check="no"))),
    row("Tensor.reinforce", lambda rng: [], errors=calls(call(np.ones(2), 1)), grad=False),
    *[
        row(name, lambda rng: [], errors=calls(call(np.eye(2), np.eye(2))), grad=False, oracle="removed", method=m)
        for name, m in (("eig", True), ("lstsq", True), ("matrix_rank", False), ("solve", True), ("symeig", True))
    ],
]  # fmt: skip
