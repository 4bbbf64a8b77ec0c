"""Rows of minitorch/ops/norm.py. What happens to running statistics is tested in test_running_statistics.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, inf, nan, values

ROUGH = {"float64": (1e-7, 1e-9), "float32": (1e-4, 1e-5)}
WRITES = "writes running statistics, which cannot lie in expanded memory"


def _per_channel(a: Any, x: Array) -> Any:
    return a.reshape(1, -1, *[1] * (x.ndim - 2))


def _affine(x: Array, w: Any, b: Any) -> Array:
    x = x if w is None else x * w
    return x if b is None else x + b


def _standard(x: Array, axes: Any, eps: float) -> Array:
    if not x.size:
        return x
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)


def _layer_norm(x: Array, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Array:
    return _affine(_standard(x, tuple(range(-len(shape), 0)), eps), weight, bias)


def _rms_norm(x: Array, shape: Any, weight: Any = None, eps: float | None = None) -> Array:
    axes = tuple(range(-len(shape), 0))
    least = np.finfo(x.dtype).eps if eps is None else eps
    return _affine(x / np.sqrt(np.square(x).mean(axes, keepdims=True) + least), weight, None)


def _group_norm(x: Array, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Array:
    parts = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    y = _standard(parts, tuple(range(2, parts.ndim)), eps).reshape(x.shape)
    return _affine(y, *[None if a is None else _per_channel(a, x) for a in (weight, bias)])


def batch_norm(
    x: Array, mean: Any, var: Any, weight: Any = None, bias: Any = None, training: bool = False, momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:  # fmt: skip
    if training or mean is None:
        y = _standard(x, (0, *range(2, x.ndim)), eps)
    else:
        y = (x - _per_channel(mean, x)) / np.sqrt(_per_channel(var, x) + eps)
    return _affine(y, *[None if a is None else _per_channel(a, x) for a in (weight, bias)])


def instance_norm(
    x: Array, mean: Any = None, var: Any = None, weight: Any = None, bias: Any = None, use_input_stats: bool = True,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Array:  # fmt: skip
    if not use_input_stats:
        return batch_norm(x, mean, var, weight, bias, False, momentum, eps)
    y = _standard(x, tuple(range(2, x.ndim)), eps)
    return _affine(y, *[None if a is None else _per_channel(a, x) for a in (weight, bias)])


# ---------------------------------------------------------------- samples


def _layers(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 3, 4))
    w, b = values(rng, (4,), 0.5, 2), values(rng, (4,))
    return [
        call(x, (4,), w, b),
        call(x, (4,)),
        call(x, [4], weight=w),
        call(x, (4,), bias=b),
        call(x, (3, 4), values(rng, (3, 4), 0.5, 2), values(rng, (3, 4))),
        call(x, (2, 3, 4), eps=0.1),
        call(x[0, 0], (4,), w, b, 1e-3),
        call(x[:, :, :1], (1,)),
        call(x[:0], (4,), w, b),
        call(x[:, :, :0], (0,)),
    ]


def _rms(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 3, 4))
    w = values(rng, (4,), 0.5, 2)
    return [
        call(x, (4,), w),
        call(x, (4,)),
        call(x, [4], w, 1e-3),
        call(x, (3, 4), values(rng, (3, 4), 0.5, 2), eps=1e-5),
        call(x, (2, 3, 4)),
        call(x[0, 0], (4,), w),
        call(x[:0], (4,), w),
        call(x, (4,), np.array([1, 2, -1, 0])),
    ]


def _groups(rng: Rng) -> list[Sample]:
    x, flat = values(rng, (2, 4, 3, 2)), values(rng, (2, 4))
    w, b = values(rng, (4,), 0.5, 2), values(rng, (4,))
    return [
        call(x, 2, w, b),
        call(x[:, :, :, 0], 2),
        call(x[:, :, 0], 1, weight=w),
        call(x[:, :, 0], 4, w, eps=1e-2),
        call(flat, 2, w, b),
        call(values(rng, (1, 2, 2, 1, 3)), 1),
        call(x[:0], 2, w, b),
    ]


def _groups_with_bias(rng: Rng) -> list[Sample]:
    return [call(values(rng, (2, 4, 2)), 4, bias=values(rng, (4,)), eps=1e-2)]


def _batches(rng: Rng) -> list[Sample]:
    x, flat, row = values(rng, (3, 2, 2, 2)), values(rng, (4, 2)), values(rng, (2, 2, 3))
    w, b = values(rng, (2,), 0.5, 2), values(rng, (2,))

    def running() -> tuple[Const, Const]:
        return Const(values(rng, (2,))), Const(values(rng, (2,), 0.5, 2))

    return [
        call(x, *running(), w, b, True),
        call(x, *running(), w, b, False),
        call(flat, None, None, w, b, training=True),
        call(flat, None, None, training=True, eps=0.1),
        call(flat, *running()),
        call(row, *running(), weight=w, training=True, momentum=0.3),
        call(row, *running(), bias=b, eps=1e-2),
        call(row[:1], None, None, w, b, True),
        call(values(rng, (2, 2, 1, 2, 1)), *running(), w, b, True),
        call(flat[:1], *running(), w, b),
    ]


def _empty_batches(rng: Rng) -> list[Sample]:
    x, w, b = np.ones((0, 2, 3)), values(rng, (2,), 0.5, 2), values(rng, (2,))
    return [call(x, Const(values(rng, (2,))), Const(values(rng, (2,), 0.5, 2)), w, b)]


def _instances(rng: Rng) -> list[Sample]:
    x, row = values(rng, (2, 2, 2, 3)), values(rng, (2, 2, 4))
    w, b = values(rng, (2,), 0.5, 2), values(rng, (2,))
    made = [
        call(x, weight=w, bias=b),
        call(row),
        call(row, weight=w, eps=0.1),
        call(row, bias=b),
        call(values(rng, (1, 2, 1, 2, 2))),
    ]
    return [*made, call(x, Const(values(rng, (2,))), Const(values(rng, (2,), 0.5, 2)), w, b, False)]


def _running_instances(rng: Rng) -> list[Sample]:
    x, row = values(rng, (2, 2, 2, 3)), values(rng, (2, 2, 4))
    w, b = values(rng, (2,), 0.5, 2), values(rng, (2,))

    def running() -> tuple[Const, Const]:
        return Const(values(rng, (2,))), Const(values(rng, (2,), 0.5, 2))

    return [call(x, *running(), w, b, True, 0.3), call(row, *running()), call(row, *running(), weight=w, momentum=1.0)]


# ---------------------------------------------------------------- NaN and infinities


def _odd_rows() -> Array:
    return np.array([[nan, 1.0, 2.0], [1.0, inf, 2.0], [-inf, inf, 0.0], [2.0, 2.0, 2.0], [0.0, -0.0, 0.0], [1, 2, 4]])


def _odd_layers(rng: Rng) -> list[Sample]:
    return [call(_odd_rows(), (3,)), call(_odd_rows(), (3,), np.array([1.0, 0.0, -2.0]), np.array([0.0, inf, nan]))]


def _odd_rms(rng: Rng) -> list[Sample]:
    return [call(_odd_rows(), (3,)), call(_odd_rows(), (3,), np.array([1.0, 0.0, -2.0]))]


def _odd_batches(rng: Rng) -> list[Sample]:
    x, w, b = _odd_rows().T.copy(), np.array([1.0, 2.0, 0.0, -1.0, 1.0, 3.0]), np.zeros(6)
    mean, var = np.array([0.0, nan, inf, 2.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 0.0, inf, 1.0])
    return [call(x, None, None, w, b, True), call(x, Const(mean), Const(var), w, b), call(x, Const(mean), Const(var))]


# ---------------------------------------------------------------- mistakes


def _no_layers(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3))
    return [
        call(x, (2,)),
        call(x, (3, 3)),
        call(x, ()),
        call(x, (1, 2, 3)),
        call(x, (3,), np.ones(2)),
        call(x, (3,), np.ones((1, 3))),
        call(x, (3,), np.ones(3), np.ones(2)),
        call(np.ones((2, 3), np.int64), (3,)),
        call(x, (3,), np.ones(3, np.float32), np.ones(3, np.float32)),
        call(x, 3),
    ]


def _no_rms(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3))
    return [
        call(x, (2,)),
        call(x, ()),
        call(x, (3,), np.ones(2)),
        call(np.ones((2, 3), np.int64), (3,)),
        call(x, 3),
    ]


def _no_groups(rng: Rng) -> list[Sample]:
    x = np.ones((2, 4, 3))
    return [
        call(x, 3),
        call(x, -1),
        call(x, 2, np.ones(3)),
        call(x, 2, np.ones(4), np.ones(2)),
        call(x, 2, np.ones((1, 4))),
        call(np.ones(4), 2),
        call(np.ones((1, 2)), 2),
        call(np.ones((2, 4, 3), np.int64), 2),
        call(x, 2, np.ones(4, np.float32), np.ones(4, np.float32)),
    ]


def _no_batches(rng: Rng) -> list[Sample]:
    x, one, two = np.ones((3, 2)), Const(np.ones(1)), Const(np.ones(2))
    return [
        call(x, one, two),
        call(x, two, one),
        call(x, two, two, np.ones(3)),
        call(x, two, two, np.ones(2), np.ones(1)),
        call(x, None, None),
        call(x, two, None),
        call(x, None, two),
        call(np.ones(2), two, two),
        call(np.ones((1, 2)), two, two, training=True),
        call(np.ones((1, 2, 1)), None, None, training=True),
        call(np.ones((3, 2), np.int64), None, None, training=True),
        call(x, two, two, np.ones(2, np.float32), np.ones(2, np.float32)),
    ]


def _no_instances(rng: Rng) -> list[Sample]:
    x, one, two = np.ones((3, 2, 4)), Const(np.ones(1)), Const(np.ones(2))
    return [
        call(x, one, two),
        call(x, two, two, np.ones(3)),
        call(x, use_input_stats=False),
        call(np.ones((3, 2))),
        call(np.ones((3, 2, 1))),
        call(np.ones(3)),
        call(np.ones((3, 2, 4), np.int64)),
    ]


ROWS = [
    Row(
        name="nn.functional.layer_norm",
        samples=_layers,
        special=_odd_layers,
        errors=_no_layers,
        numpy=_layer_norm,
        aliases=("layer_norm",),
        tolerance=ROUGH,
    ),
    Row(
        name="nn.functional.rms_norm",
        samples=_rms,
        special=_odd_rms,
        errors=_no_rms,
        numpy=_rms_norm,
        aliases=("rms_norm",),
        tolerance=ROUGH,
        nodes="PyTorch's is made of several operations",
    ),
    Row(
        name="nn.functional.group_norm",
        samples=_groups,
        errors=_no_groups,
        numpy=_group_norm,
        aliases=("group_norm",),
        tolerance=ROUGH,
        nodes="ours are rows to normalise, then a scale and a shift",
    ),
    Row(
        name="nn.functional.group_norm",
        samples=_groups_with_bias,
        numpy=_group_norm,
        tolerance=ROUGH,
        oracle="PyTorch asks the missing weight for its device",
        variant="bias",
    ),
    Row(
        name="nn.functional.batch_norm",
        samples=_empty_batches,
        numpy=batch_norm,
        oracle="where there is nothing to compute, PyTorch takes bools",
        variant="nothing",
    ),
    Row(
        name="nn.functional.batch_norm",
        samples=_batches,
        special=_odd_batches,
        errors=_no_batches,
        numpy=batch_norm,
        tolerance=ROUGH,
    ),
    Row(
        name="nn.functional.instance_norm",
        samples=_instances,
        errors=_no_instances,
        numpy=instance_norm,
        tolerance=ROUGH,
        nodes="PyTorch's is a batch norm, viewed",
    ),
    Row(
        name="nn.functional.instance_norm",
        samples=_running_instances,
        numpy=instance_norm,
        tolerance=ROUGH,
        noncontiguous=WRITES,
        variant="running",
    ),
]
