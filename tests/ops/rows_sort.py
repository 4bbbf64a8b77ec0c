"""Rows of minitorch/ops/sort.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, distinct, inf, nan, values

AWKWARD = np.array([[nan, 1.0, -inf, 2.0], [inf, nan, 1.0, nan], [-0.0, 0.0, 3.0, 3.0], [inf, inf, -inf, 0.5]])
TIES = np.array([[1.0, 3.0, 3.0, 1.0], [2.0, 2.0, 2.0, 2.0], [0.0, -1.0, -1.0, 0.0]])
WORDS = np.array([3, 1, 1, 2, 3, 3])


def distinct_whole(rng: Rng, shape: Any) -> Array:
    """Numbers that are distinct as integers too."""
    return distinct(rng, shape, 1.0)


def order(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    """The places of the elements in order; equal ones stay in theirs."""
    if not x.ndim:
        return np.zeros((), np.int64)
    if x.dtype.kind in "bu":
        x = x.astype(np.int64)
    if not descending:
        return np.argsort(x, dim, kind="stable")
    return np.lexsort((-x, x == x), axis=dim)  # NaN first, then the largest


def _at(x: Array, places: Array, dim: int = -1) -> tuple[Array, Array]:
    return (np.take_along_axis(x, places, dim) if x.ndim else x), places


def _sort(x: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> tuple[Array, Array]:
    return _at(x, order(x, dim, descending), dim)


def _topk(x: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple[Array, Array]:
    if not x.ndim:
        return x, np.zeros((), np.int64)
    return _at(x, np.take(order(x, dim, largest), np.arange(k), dim), dim)


def _one(x: Array, position: int, dim: int, keepdim: bool) -> tuple[Array, Array]:
    if not x.ndim:
        return x, np.zeros((), np.int64)
    value, place = _at(x, np.take(order(x, dim), [position], dim), dim)
    return (value, place) if keepdim else (value.squeeze(dim), place.squeeze(dim))


def _kthvalue(x: Array, k: int, dim: int = -1, keepdim: bool = False) -> tuple[Array, Array]:
    return _one(x, k - 1, dim, keepdim)


def _broken(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median; NaN, and the place of the first one, where there is one."""
    if dim is None:
        return np.nan if not x.size or np.isnan(x).any() else _median(x)
    if not x.ndim:
        return x, np.zeros((), np.int64)
    value, place = _median(x, dim, True)
    bad = np.isnan(x).any(dim, keepdims=True)
    first = np.argmax(np.isnan(x), dim, keepdims=True)
    return [
        np.where(bad, a, b) if keepdim else np.where(bad, a, b).squeeze(dim)
        for a, b in ((np.nan, value), (first, place))
    ]


def _median(x: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        return _one(x.reshape(-1), (x.size - 1) // 2, 0, False)[0]
    return _one(x, ((x.shape[dim] if x.ndim else 1) - 1) // 2, dim, keepdim)


def _samples(rng: Rng) -> list[Sample]:
    x = distinct_whole(rng, (3, 4))
    return [
        call(x),
        call(x, 0),
        call(x, dim=1, descending=True),
        call(x, -1, False),
        call(x, 0, True),
        call(distinct_whole(rng, (2, 3, 2)), 1),
        call(distinct_whole(rng, ())),
        call(distinct_whole(rng, ()), 0, True),
        call(np.zeros((0, 3)), 0),
        call(np.zeros((2, 0))),
    ]


def _stable(rng: Rng) -> list[Sample]:
    """Keywords of the stable form, and equal elements."""
    x = rng.integers(0, 4, (3, 40)).astype(float)
    return [
        call(x, stable=True),
        call(x, stable=True, dim=0),
        call(x, stable=True, dim=-1, descending=True),
        call(x, dim=0, stable=True, descending=True),
    ]


def _special(rng: Rng) -> list[Sample]:
    return [call(x, stable=True, dim=d, descending=r) for x in (AWKWARD, TIES) for d in (0, 1) for r in (False, True)]


def _errors(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 3)), 2), call(np.ones((2, 3)), -3), call(np.ones(()), 1)]


def _best(rng: Rng) -> list[Sample]:
    x = distinct_whole(rng, (3, 5))
    return [
        call(x, 2),
        call(x, 3, 0),
        call(x, 2, dim=1, largest=False),
        call(x, k=5, dim=-1, largest=True, sorted=True),
        call(x, 0),
        call(x, 1, 0, False),
        call(distinct_whole(rng, ()), 1),
        call(np.zeros((2, 0)), 0),
        call(distinct_whole(rng, (2, 3, 2)), 2, 1),
        call(distinct_whole(rng, (60,)), 7),
        call(distinct_whole(rng, (60,)), 7, largest=False),
    ]


def _unsorted(rng: Rng) -> list[Sample]:
    return [
        call(distinct_whole(rng, (3, 5)), 5, sorted=False),
        call(distinct_whole(rng, (60,)), 7, sorted=False, largest=False),
    ]


def _best_special(rng: Rng) -> list[Sample]:
    rows = np.array([[nan, 1.0, -inf, 2.0], [inf, 0.0, 1.0, nan], [-0.5, 0.0, 3.0, 4.0]])
    return [call(rows, k, 1, largest) for k in (1, 2, 4) for largest in (True, False)]


def _best_errors(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3))
    return [call(x, 4), call(x, -1), call(x, 3, 0), call(x, 1, 2), call(np.ones(()), 2)]


def _kth(rng: Rng) -> list[Sample]:
    x = distinct_whole(rng, (3, 5))
    return [
        call(x, 1),
        call(x, 5),
        call(x, 2, 0),
        call(x, 3, dim=1, keepdim=True),
        call(x, 2, -2, True),
        call(distinct_whole(rng, ()), 1),
        call(np.zeros((0, 3)), 2, 1),
        call(distinct_whole(rng, (50,)), 20),
    ]


def _kth_special(rng: Rng) -> list[Sample]:
    rows = np.array([[nan, 1.0, -inf, 2.0], [inf, 0.0, 1.0, nan], [-0.5, 0.0, 3.0, 4.0]])
    return [call(rows, k, 1) for k in (1, 2, 3, 4)]


def _kth_errors(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3))
    return [call(x, 0), call(x, 4), call(x, -1), call(x, 1, 2), call(x, 3, 0)]


def _medians(rng: Rng) -> list[Sample]:
    x = distinct_whole(rng, (3, 4))
    return [
        call(x),
        call(x, 0),
        call(x, dim=1, keepdim=True),
        call(x, -1),
        call(distinct_whole(rng, ())),
        call(distinct_whole(rng, ()), 0),
        call(distinct_whole(rng, (2, 3, 3)), 1),
        call(distinct_whole(rng, (1,))),
        call(np.zeros((0, 3)), 1),
        call(distinct_whole(rng, (51,))),
    ]


def _median_special(rng: Rng) -> list[Sample]:
    rows = np.array([[nan, 1.0, -inf, 2.0], [inf, 0.0, 1.0, -inf], [-0.5, 0.0, 3.0, nan]])
    twice = np.array([[nan, 1.0, nan, 2.0], [3.0, nan, 1.0, nan]])
    return [
        call(rows, 1),
        call(rows, 0),
        call(rows),
        call(rows[1]),
        call(np.zeros(0)),
        call(twice, 1),
        call(twice, 1, True),
    ]


def _median_errors(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 0)), 1), call(np.ones((2, 3)), 2)]


# ---------------------------------------------------------------- distinct elements


def _numbers(rng: Rng) -> list[Sample]:
    x = rng.integers(-1, 3, (3, 4)).astype(float)
    return [
        call(x),
        call(x[:0]),
        call(np.asarray(x[0, 0])),
        call(x, sorted=True),
        call(WORDS),
        call(WORDS.astype(np.uint8)),
    ]


def _with_counts(rng: Rng) -> list[Sample]:
    x = rng.integers(-1, 3, (3, 4)).astype(float)
    made = [call(x, return_inverse=True), call(x, return_counts=True), call(x, True, True, True)]
    return [
        *made,
        call(WORDS, return_inverse=True, return_counts=True),
        call(x[:0], return_inverse=True, return_counts=True),
    ]


def _entries(rng: Rng) -> list[Sample]:
    x = rng.integers(0, 2, (5, 2)).astype(float)
    return [
        call(x, dim=0),
        call(x, dim=1, return_inverse=True, return_counts=True),
        call(x, True, True, True, -2),
        call(rng.integers(0, 2, (4, 2, 2)).astype(float), dim=0, return_counts=True),
    ]


def _unique(
    x: Array, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: Any = None
) -> Any:
    kept, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    inverse = inverse.reshape(x.shape if dim is None else -1)
    found = [kept, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    return found if len(found) > 1 else kept


def _runs(x: Array, return_inverse: bool = False, return_counts: bool = False, dim: Any = None) -> Any:
    rows = list(x.reshape(-1)) if dim is None else list(np.moveaxis(x, dim, 0))
    starts = [i for i in range(len(rows)) if not i or np.any(rows[i] != rows[i - 1])]
    group = np.cumsum([i in starts for i in range(len(rows))]).astype(np.int64) - 1
    kept = np.take(x.reshape(-1) if dim is None else x, np.array(starts, np.int64), 0 if dim is None else dim)
    inverse = group.reshape(x.shape) if dim is None else group
    counts = np.diff([*starts, len(rows)]).astype(np.int64)
    found = [kept, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    return found if len(found) > 1 else kept


def _neighbours(rng: Rng) -> list[Sample]:
    x = np.array([[1.0, 1.0, 2.0], [2.0, 3.0, 1.0]])
    return [
        call(x),
        call(x, return_inverse=True),
        call(x, return_counts=True),
        call(x, return_inverse=True, return_counts=True),
        call(WORDS, return_inverse=True, return_counts=True),
        call(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 2.0]]), dim=0, return_inverse=True, return_counts=True),
        call(np.array([[1.0, 2.0], [1.0, 2.0], [3.0, 2.0]]), return_counts=True, dim=-1),
        call(np.array(2.0)),
        call(np.zeros(0)),
        call(np.zeros((2, 0, 3)), dim=1),
    ]


# ---------------------------------------------------------------- places and counts

EDGES = np.array([1.0, 3.0, 3.0, 5.0])


def _searched(
    edges: Array, x: Any, *, out_int32: bool = False, right: bool = False, side: Any = None, sorter: Any = None
) -> Array:
    how: Any = side or ("right" if right else "left")
    if edges.ndim == 1:
        return np.asarray(np.searchsorted(edges, x, how, sorter))
    rows = [
        np.searchsorted(e, v, how, None if sorter is None else s)
        for e, v, s in zip(
            edges.reshape(-1, edges.shape[-1]),
            x.reshape(-1, x.shape[-1]),
            (edges if sorter is None else sorter).reshape(-1, edges.shape[-1]),
            strict=True,
        )
    ]
    return np.stack(rows).reshape(x.shape)


def _searches(rng: Rng) -> list[Sample]:
    x = np.array([[0.0, 1.0, 3.0], [4.0, 5.0, 9.0]])
    return [
        call(EDGES, x),
        call(EDGES, x, right=True),
        call(EDGES, x, side="right"),
        call(EDGES, x, side="left"),
        call(np.stack([EDGES, EDGES + 1]), x),
        call(np.stack([EDGES, EDGES + 1]), x, right=True, out_int32=True),
        call(EDGES, np.array(3.0)),
        call(EDGES, 3),
        call(EDGES, x[:0]),
        call(EDGES[:0], x),
        call(EDGES[::-1].copy(), x, sorter=np.array([3, 1, 2, 0])),
        call(np.stack([EDGES[::-1], EDGES]), x, sorter=np.array([[3, 1, 2, 0], [0, 1, 2, 3]])),
    ]


def _search_special(rng: Rng) -> list[Sample]:
    return [call(np.array([-inf, 0.0, inf]), np.array([nan, inf, -inf, 1.0]), right=r) for r in (False, True)]


def _search_errors(rng: Rng) -> list[Sample]:
    x = np.ones((3, 2))
    return [
        call(np.stack([EDGES, EDGES]), x),
        call(np.stack([EDGES, EDGES]), 1.0),
        call(EDGES, x, side="middle"),
        call(EDGES, x, side="left", right=True),
        call(EDGES, x, sorter=np.array([0, 1])),
        call(EDGES, x, sorter=np.array([0, 1, 2, 9])),
        call(EDGES, x, sorter=EDGES),
    ]


def _buckets(rng: Rng) -> list[Sample]:
    x = np.array([[0.0, 1.0, 3.0], [4.0, 5.0, 9.0]])
    return [
        call(x, EDGES),
        call(x, EDGES, right=True),
        call(x, EDGES, out_int32=True),
        call(3, EDGES),
        call(x[:0], EDGES),
    ]


def _bucketed(x: Any, edges: Array, *, out_int32: bool = False, right: bool = False) -> Array:
    return np.asarray(np.searchsorted(edges, x, "right" if right else "left"))


def _bucket_errors(rng: Rng) -> list[Sample]:
    return [call(np.ones(2), np.ones((2, 2)))]


def _counts(rng: Rng) -> list[Sample]:
    return [
        call(WORDS),
        call(WORDS, minlength=6),
        call(WORDS[:0]),
        call(WORDS[:0], minlength=2),
        call(WORDS.astype(np.uint8)),
    ]


def _weighted(rng: Rng) -> list[Sample]:
    return [
        call(WORDS, values(rng, (6,))),
        call(WORDS, weights=values(rng, (6,)), minlength=5),
        call(WORDS, np.arange(6)),
    ]


def _count_errors(rng: Rng) -> list[Sample]:
    return [
        call(np.array([0.5])),
        call(np.array([-1])),
        call(np.array([[1]])),
        call(WORDS, np.ones(3)),
        call(WORDS, minlength=-1),
        call(np.array([True])),
    ]


def _histograms(rng: Rng) -> list[Sample]:
    x = values(rng, (3, 20))
    return [call(x), call(x, 5), call(x, bins=4, min=-1, max=1), call(x, 3, -5, 5), call(np.ones(4), 3), call(x[0], 1)]


def _hist(x: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    if min == max:
        min, max = x.min(), x.max()
    return np.histogram(x, bins, (min - 1, max + 1) if min == max else (min, max))[0].astype(float)


def _hist_errors(rng: Rng) -> list[Sample]:
    return [
        call(np.ones(3), 0),
        call(np.ones(3), -1),
        call(np.ones(3), 3, 2, 1),
        call(np.array([nan])),
        call(np.ones(3), 3, 0, inf),
    ]


FORMS: dict[str, Any] = {"dtypes": "fib"}
INDICES: dict[str, Any] = {"dtypes": "fib", "result": "int64", "grad": False}
SETS: dict[str, Any] = {"dtypes": "fib", "grad": "refused"}
PLACES: dict[str, Any] = {"dtypes": "fi", "grad": False, "result": None}

ROWS = [
    Row(name="sort", samples=_samples, special=_special, errors=_errors, numpy=_sort, **FORMS),
    Row(name="sort", samples=_stable, numpy=_sort, variant="stable", differences="equal elements are kinks", **FORMS),
    Row(name="argsort", samples=_samples, special=_special, errors=_errors, numpy=order, **INDICES),
    Row(name="argsort", samples=_stable, numpy=order, variant="stable", **INDICES),
    Row(
        name="msort",
        samples=lambda rng: [call(distinct(rng, s)) for s in ((4,), (3, 2), (0, 2), (2, 2, 2))],
        numpy=lambda x: np.sort(x, 0),
        nodes="composed",
        **FORMS,
    ),
    Row(name="topk", samples=_best, special=_best_special, errors=_best_errors, numpy=_topk),
    Row(name="topk", samples=_unsorted, variant="unsorted", oracle="in any order"),
    Row(name="kthvalue", samples=_kth, special=_kth_special, errors=_kth_errors, numpy=_kthvalue),
    Row(name="median", samples=_medians, special=_median_special, errors=_median_errors, numpy=_broken),
    Row(name="unique", samples=_numbers, numpy=_unique, **SETS),
    Row(name="unique", samples=_with_counts, numpy=_unique, variant="counts", **SETS),
    Row(name="unique", samples=_entries, numpy=_unique, variant="entries", **SETS),
    Row(name="unique_consecutive", samples=_neighbours, numpy=_runs, **SETS),
    Row(
        name="searchsorted",
        samples=_searches,
        special=_search_special,
        errors=_search_errors,
        numpy=_searched,
        **PLACES,
    ),
    Row(name="bucketize", samples=_buckets, errors=_bucket_errors, numpy=_bucketed, **PLACES),
    Row(name="bincount", samples=_counts, errors=_count_errors, numpy=np.bincount, grad=False, result="int64"),
    Row(
        name="bincount",
        samples=_weighted,
        numpy=np.bincount,
        grad="refused",
        result=None,
        dtypes="fi",
        variant="weights",
    ),
    Row(name="histc", samples=_histograms, errors=_hist_errors, numpy=_hist, grad=False),
]
