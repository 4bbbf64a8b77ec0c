"""Rows of minitorch/ops/index.py: x[key], x[key] = y, masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Const, Rng, Row, Sample, call, inf, nan, values

I, MASK = np.array([2, 0, -1]), np.array([True, False, True])
GRID = np.array([[True, False, True, False], [False, False, True, True], [True, True, False, False]])
ROW, COLUMN = np.array([[0], [2]]), np.array([[1, 3, 0]])
NOTHING = np.array([], np.int64)

# For a tensor of shape (3, 4, 2).
VIEWS: list[Any] = [
    0,
    -1,
    (1, 2),
    (1, 2, 0),
    slice(None),
    slice(1, 3),
    slice(None, None, 2),
    slice(-2, None),
    slice(5, 9),
    slice(2, 1),
    slice(-100, 100),
    ...,
    None,
    (),
    (None, 0),
    (..., 0),
    (0, ...),
    (0, ..., 1),
    (slice(None), 1),
    (slice(None), slice(1, 4, 2)),
    (slice(None), None, slice(0, 2)),
    (..., None),
    (None, ..., None),
    (0, None, slice(None), None, 1),
    (slice(0, 2), 3, slice(1, None)),
    (1, ..., slice(None, None, 2)),
    np.array(1),
    (np.array(1), np.array(-1)),
]
ARRAYS: list[Any] = [
    I,
    [0, 2],
    [1],
    ([0, 2], [1, 3]),
    (I, I),
    (I, np.array([0, 1, 3]), np.array([1, 0, 1])),
    (ROW, COLUMN),
    np.array([[0, 1], [2, 0]]),
    np.array([0]),
    NOTHING,
    (slice(None), I),
    (slice(None), slice(None), np.array([1, 0, 0])),
    (..., np.array([1, 1, 0])),
    (I, slice(1, 3)),
    (I, ..., 0),
    (0, I),
    (I, 1),
    (I, slice(None), np.array([0, 1, 1])),
    (None, I),
    (I, None),
    (slice(None, None, 2), I, None),
    (I, None, np.array([0, 1, 2])),
    (np.array([0, 0, 0]), np.array([1, 1, 1])),
    (I.astype(np.int32), 0),
    (slice(None), np.array([[0, 1], [3, 2]]), slice(0, 1)),
    range(2),
]
BOOLS: list[Any] = [(True, I), (I, True), (slice(None), True, I)]
# Where numpy would count the integers as arrays, or sees an ellipsis of no dimensions between two arrays.
MIXED: list[Any] = [
    (0, slice(None), np.array([0, 1, 1])),
    (slice(None), I, ..., np.array([0, 1, 1])),
    (I, 0, np.array([0, 1, 1])),
    (slice(None), 0, np.array([1, 0, 0])),
    (1, slice(None, None, 2), np.array([[1], [0]])),
    (np.array(1), slice(None), np.array([1, 0])),
    (0, slice(None), np.array([False, True])),
    ([0, 1], slice(None), 1),
    (I, slice(None), 0),
    (0, I, 1),
    [[0, 1], [1, 2]],
    [0, slice(None)],
]
MASKS: list[Any] = [
    MASK,
    GRID,
    np.stack([GRID, ~GRID], -1),
    [True, False, True],
    (MASK, 0),
    (MASK, slice(1, 3)),
    (slice(None), np.array([True, False, False, True])),
    (..., np.array([False, True])),
    (0, np.array([True, False, True, True])),
    (MASK, np.array([1, 3])),
    (MASK, np.array([True, False, True, False])),
    np.zeros(3, bool),
    (np.zeros((3, 4), bool), 1),
    (None, MASK),
    True,
    False,
    (True, 0),
    np.array(True),
    np.array(False),
    MASK.astype(np.uint8),
    (0, True),
    (..., True),
    (True, True),
    (True, False),
    (None, True),
]
OUTSIDE: list[Any] = [3, -4, (0, 4), (0, 0, 0, 0), (slice(None), 4), slice(None, None, 0), "a", 1.5]
BAD_ARRAYS: list[Any] = [
    np.array([3]),
    np.array([-4]),
    (I, np.array([0, 1])),
    np.array([True, False]),
    (slice(None), MASK),
    np.array([0.5, 1.0]),
    (I, I, np.array([0, 1, 2])),
    (MASK, np.array([0, 1, 2])),
    np.ones((3, 4, 3), bool),
    (slice(None, None, -1), I),
    I.astype(np.int16),
]


def _keys(*keys: Any) -> Any:
    def samples(rng: Rng) -> list[Sample]:
        return [call(values(rng, (3, 4, 2)), key) for key in keys]

    return samples


def _scalar_keys(rng: Rng) -> list[Sample]:
    keys: list[Any] = [(), ..., None, True, False, (None, None), np.array(True), (..., None)]
    return [call(values(rng, ()), key) for key in keys]


def _empty_keys(rng: Rng) -> list[Sample]:
    keys: list[Any] = [slice(None), (slice(None), 0), NOTHING, np.zeros(0, bool), (..., slice(0, 2)), (NOTHING, 1)]
    return [call(values(rng, (0, 3)), key) for key in keys]


def _get(x: Array, key: Any) -> Array:
    return x[_bytes_are_masks(key)]


def _bytes_are_masks(key: Any) -> Any:
    return key.astype(bool) if isinstance(key, np.ndarray) and key.dtype == np.uint8 else key


# ---------------------------------------------------------------- writing

# Keys of which no two indices meet, so that what is written does not depend on the order.
ONCE: list[Any] = [
    I[:2],
    [0, 2],
    ([0, 2], [1, 3]),
    (ROW, COLUMN),
    NOTHING,
    (slice(None), I[:2]),
    (..., np.array([1, 0])),
    (I[:2], slice(1, 3)),
    (0, I[:2]),
    (I[:2], slice(None), np.array([0, 1])),
    (None, I[:2]),
    (I[:2], ..., 0),
]


def _set(x: Array, key: Any, value: Any) -> Array:
    y = x.copy()
    y[_bytes_are_masks(key)] = value
    return y


def _assignments(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4, 2))
    made = []
    for key in [*VIEWS, *ONCE]:
        made.append(call(values(rng, (3, 4, 2)), key, values(rng, x[key].shape)))
    for key in [0, ..., (slice(None), 1), I[:2], (..., 0)]:
        made += [
            call(values(rng, (3, 4, 2)), key, v) for v in (2, values(rng, ()), values(rng, (1,)), values(rng, (1, 1)))
        ]
    return [
        *made,
        call(values(rng, (3, 4, 2)), 0, values(rng, (2,))),
        call(values(rng, (3, 4, 2)), 0, values(rng, (1, 4, 2))),
        call(values(rng, (3, 4, 2)), (slice(None), I[:2]), values(rng, (2, 1))),
        call(values(rng, (3, 4, 2)), 1, Const(values(rng, (4, 2)))),
        call(Const(values(rng, (3, 4, 2))), (1, I[:2]), values(rng, (2,))),
        call(Const(values(rng, (3, 4, 2))), 1, values(rng, (4, 2))),
        call(values(rng, ()), ..., 2),
        call(values(rng, ()), (), values(rng, ())),
        call(values(rng, (0, 3)), slice(None), 1),
    ]


def _masked_assignments(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4, 2))
    made = []
    for key in MASKS:
        if key is not False:  # of which PyTorch knows no gradient
            made.append(call(values(rng, (3, 4, 2)), key, values(rng, x[_bytes_are_masks(key)].shape)))
    for key in [MASK, GRID, np.stack([GRID, ~GRID], -1), (0, GRID[0])]:
        made += [call(values(rng, (3, 4, 2)), key, v) for v in (2, values(rng, ()), values(rng, (1,)))]
    return [
        *made,
        call(values(rng, (3, 4, 2)), GRID, values(rng, (2,))),
        call(Const(values(rng, (3,))), MASK, values(rng, (2,))),
    ]


def _mixed_assignments(rng: Rng) -> list[Sample]:
    once = MIXED[4:8]
    made = [call(values(rng, (3, 4, 2)), key, 2) for key in MIXED[:10]]
    return made + [call(values(rng, (3, 4, 2)), key, values(rng, ())) for key in once]


def _bad_assignments(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4, 2))
    shapes: list[tuple[Any, Any]] = [
        (0, np.ones((3, 2))),
        (slice(0, 2), np.ones((3, 4, 2))),
        (I, np.ones((2, 4, 2))),
        (MASK, np.ones((3, 4, 2))),
        (GRID, np.ones((4, 2))),
        (0, np.ones((2, 4, 2))),
        ((0, 0, 0), np.ones(2)),
    ]
    return [call(x, k, v) for k, v in shapes] + [call(x, k, 1.0) for k in [*OUTSIDE, *BAD_ARRAYS]]


# ---------------------------------------------------------------- index_put


def _put(x: Array, indices: Any, new: Any, accumulate: bool = False) -> Array:
    y = x.copy()
    key = tuple([slice(None) if i is None else i for i in indices])
    if accumulate and y.dtype.kind != "b":
        np.add.at(y, key, new)
    elif accumulate:
        np.logical_or.at(y, key, new)
    else:
        y[key] = new
    return y


def _puts(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    twice = np.array([1, 1, 1])
    return [
        call(x, (I[:2],), values(rng, (2, 4))),
        call(x, [I[:2]], values(rng, (4,))),
        call(x, (I[:2], np.array([1, 3])), values(rng, (2,))),
        call(x, (I[:2], np.array([1, 3])), values(rng, ())),
        call(x, (ROW, COLUMN), values(rng, (2, 3))),
        call(x, (np.array(1),), values(rng, (4,))),
        call(x, (I[:2].astype(np.int32),), values(rng, (4,))),
        call(x, (twice, twice), values(rng, (3,)), True),
        call(x, (twice,), values(rng, (3, 4)), accumulate=True),
        call(x, (twice,), values(rng, (1, 4)), accumulate=True),
        call(x, (np.array([0, 2, 0]), np.array([3, 1, 3])), values(rng, ()), True),
        call(x, (NOTHING,), values(rng, (0, 4))),
        call(x, (NOTHING, NOTHING), values(rng, ()), True),
        call(values(rng, (0, 4)), (NOTHING,), values(rng, (4,))),
    ]


def _masked_puts(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, (MASK,), values(rng, (2, 4))),
        call(x, (GRID,), values(rng, ())),
        call(x, (GRID,), values(rng, (6,))),
        call(x, (GRID,), values(rng, (1,)), True),
    ]


def _bad_puts(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, (I,), np.ones((2, 4))),
        call(x, (np.array([3]),), np.ones(4)),
        call(x, (np.array([3]),), np.ones(4), True),
        call(x, (I, I, I), np.ones(3)),
        call(x, (np.array([True, False]),), np.ones(4)),
        call(x, (I,), np.ones(4, np.float32)),
        call(x, (I,), np.ones((3, 3)), True),
        call(x, (I,), 1.0),
    ]


# ---------------------------------------------------------------- masks


def _fills(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, GRID, 2),
        call(x, GRID, values(rng, ())),
        call(x, MASK[:, None], -1),
        call(x, np.array(True), 3),
        call(x, GRID[0], 0),
        call(values(rng, ()), np.array(True), 1),
        call(values(rng, ()), np.array(False), 1),
        call(np.array([1, 2, 3]), MASK, 1.5),
        call(np.array([1, 2, 3]), MASK, Const(np.array(7.9))),
        call(x[:0], GRID[:0], 1),
    ]


def _widening_fills(rng: Rng) -> list[Sample]:
    return [call(values(rng, (4,)), GRID, 2), call(values(rng, ()), MASK, values(rng, ()))]


def _fill_special(rng: Rng) -> list[Sample]:
    x = np.array([nan, inf, 1.0])
    return [call(x, MASK, -inf), call(x, MASK, nan), call(x, ~MASK, 0.5)]


def _bad_fills(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, MASK, 1.0),
        call(x, GRID.astype(np.int64), 1.0),
        call(x, GRID.astype(np.float64), 1.0),
        call(x, GRID, np.ones(4)),
        call(x, GRID, "1"),
    ]


def _selections(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, GRID),
        call(x, GRID[0]),
        call(x, MASK[:, None]),
        call(values(rng, (4,)), GRID),
        call(values(rng, ()), np.array(True)),
        call(values(rng, ()), MASK),
        call(x, np.zeros((3, 4), bool)),
        call(x[:0], GRID[:0]),
    ]


def _bad_selections(rng: Rng) -> list[Sample]:
    return [call(np.ones((3, 4)), MASK), call(np.ones(3), np.array([1, 0, 1])), call(np.ones(3), np.ones(3))]


def _scatterings(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 4))
    return [
        call(x, GRID, values(rng, (6,))),
        call(x, GRID, values(rng, (3, 4))),
        call(x, GRID[0], values(rng, (2, 3))),
        call(x, MASK[:, None], values(rng, (8,))),
        call(x, np.zeros((3, 4), bool), values(rng, (0,))),
        call(values(rng, ()), np.array(True), values(rng, ())),
        call(x[:0], GRID[:0], values(rng, (0,))),
    ]


def _bad_scatterings(rng: Rng) -> list[Sample]:
    x = np.ones((3, 4))
    return [
        call(x, GRID, np.ones(5)),
        call(x, MASK, np.ones(12)),
        call(x, GRID.astype(np.int64), np.ones(12)),
        call(x, GRID, np.ones(12, np.float32)),
    ]


def _scattered(x: Array, mask: Array, source: Array) -> Array:
    mask = np.broadcast_to(mask, x.shape)
    y = x.copy()
    y[mask] = source.ravel()[: mask.sum()]
    return y


def _sparse(rng: Rng) -> list[Sample]:
    x = rng.integers(-1, 2, (3, 4)).astype(float)
    return [call(x), call(x[:, :1]), call(x[0]), call(x[:0]), call(np.zeros((2, 2)))]


def _numbers(rng: Rng) -> list[Sample]:
    return [call(np.array(3.0)), call(np.array(0.0))]


def _as_tuples(rng: Rng) -> list[Sample]:
    return [call(*s.args, as_tuple=True) for s in [*_sparse(rng), *_numbers(rng)]]


INDEX: dict[str, Any] = {"result": "int64", "grad": False, "dtypes": "fib", "method": True}
ANOTHER = "an expanded mask is another mask, which takes another number of values"

ROWS = [
    Row(name="Tensor.__getitem__", samples=_keys(*MIXED), dtypes="fib", variant="mixed", noncontiguous=ANOTHER),
    Row(
        name="Tensor.__setitem__",
        samples=_mixed_assignments,
        dtypes="fib",
        writes=True,
        variant="mixed",
        noncontiguous=ANOTHER,
    ),
    Row(
        name="Tensor.__getitem__",
        samples=_keys(*VIEWS),
        errors=_keys(*OUTSIDE),
        numpy=_get,
        dtypes="fib",
        nodes="a view is one node",
    ),
    Row(
        name="Tensor.__getitem__",
        samples=_keys(*ARRAYS),
        errors=_keys(*BAD_ARRAYS),
        numpy=_get,
        dtypes="fib",
        variant="arrays",
    ),
    Row(
        name="Tensor.__getitem__",
        samples=_keys(*MASKS, *BOOLS),
        numpy=_get,
        dtypes="fib",
        variant="masks",
        noncontiguous=ANOTHER,
    ),
    Row(
        name="Tensor.__getitem__",
        samples=_scalar_keys,
        numpy=_get,
        dtypes="fib",
        variant="number",
        nodes="a view is one node",
    ),
    Row(
        name="Tensor.__getitem__",
        samples=_empty_keys,
        numpy=_get,
        dtypes="fib",
        variant="empty",
        nodes="a view is one node",
    ),
    Row(
        name="Tensor.__setitem__", samples=_assignments, errors=_bad_assignments, numpy=_set, dtypes="fib", writes=True
    ),
    Row(
        name="Tensor.__setitem__",
        samples=_masked_assignments,
        numpy=_set,
        dtypes="fib",
        writes=True,
        variant="masks",
        noncontiguous=ANOTHER,
        nodes="PyTorch fills by index_put",
    ),
    Row(name="index_put", samples=_masked_puts, numpy=_put, dtypes="fib", variant="masks", noncontiguous=ANOTHER),
    Row(name="index_put", samples=_puts, errors=_bad_puts, numpy=_put, dtypes="fib"),
    Row(
        name="masked_fill",
        samples=_fills,
        special=_fill_special,
        errors=_bad_fills,
        numpy=lambda x, m, v: np.where(m, v, x),
        dtypes="fib",
        result=None,
    ),
    Row(
        name="masked_fill",
        samples=_widening_fills,
        numpy=lambda x, m, v: np.where(m, v, x),
        dtypes="fib",
        variant="widening",
        inplace=False,
    ),
    Row(
        name="masked_select",
        samples=_selections,
        errors=_bad_selections,
        numpy=lambda x, m: np.broadcast_arrays(x, m)[0][np.broadcast_to(m, np.broadcast_shapes(x.shape, m.shape))],
        dtypes="fib",
    ),
    Row(
        name="masked_scatter",
        samples=_scatterings,
        errors=_bad_scatterings,
        numpy=_scattered,
        dtypes="fib",
        noncontiguous=ANOTHER,
    ),
    Row(name="nonzero", samples=_sparse, numpy=np.argwhere, **INDEX),
    Row(name="nonzero", samples=_numbers, variant="number", **INDEX),
    Row(name="nonzero", samples=_as_tuples, variant="tuple", **INDEX),
    Row(name="argwhere", samples=_sparse, numpy=np.argwhere, **INDEX),
    Row(name="argwhere", samples=_numbers, variant="number", **INDEX),
]
