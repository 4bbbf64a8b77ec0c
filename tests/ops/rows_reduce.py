"""Rows of minitorch/ops/reduce.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from ops.table import Array, Const, Name, Rng, Row, Sample, binary, call, distinct, inf, nan, reduction, values


def along(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f(x, axis, keepdims, ...)` of numpy with PyTorch's keywords, where a number is a vector of one."""

    def reference(x: Array, dim: Any = None, keepdim: bool = False, dtype: Any = None, **rest: Any) -> Any:
        if not x.ndim:
            return f(x.reshape(1), 0, False, **rest)
        dim = tuple(dim) if isinstance(dim, list) else dim
        return f(x, tuple(range(x.ndim)) if dim is None or dim == () else dim, keepdim, **rest)

    return reference


def plain(f: Callable[..., Any]) -> Callable[..., Any]:
    """A numpy function `f(x, axis=, keepdims=)`."""
    return along(lambda x, axis, keepdims: f(x, axis=axis, keepdims=keepdims))


def one_by_one(f: Callable[..., Any]) -> Callable[..., Any]:
    """A numpy function that takes None or one axis."""
    return along(lambda x, axis, keepdims: f(x, axis=None if axis == tuple(range(x.ndim)) else axis, keepdims=keepdims))


def _spread(f: Callable[..., Any]) -> Callable[..., Any]:
    def spread(x: Array, axis: Any, keepdims: bool, unbiased: bool = True, correction: Any = None) -> Any:
        ddof = int(unbiased) if correction is None else correction
        return f(x, axis=axis, keepdims=keepdims, ddof=ddof)

    return along(spread)


def _with_mean(f: Callable[..., Any]) -> Callable[..., Any]:
    def both(x: Array, axis: Any, keepdims: bool, **rest: Any) -> Any:
        return f(x, axis, keepdims, **rest), x.mean(axis, keepdims=keepdims)

    return along(both)


def _with_index(f: Callable[..., Any], arg: Callable[..., Any]) -> Callable[..., Any]:
    def both(x: Array, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            return f(x)
        if not x.ndim:
            return x, np.zeros((), np.int64)
        return f(x, axis=dim, keepdims=keepdim), arg(x, axis=dim, keepdims=keepdim)

    return both


def _logsumexp(x: Array, axis: Any, keepdims: bool) -> Any:
    x = x.astype(np.float64)
    return np.logaddexp.reduce(x, axis, keepdims=keepdims) if isinstance(axis, int) else _several(x, axis, keepdims)


def _several(x: Array, axes: Any, keepdims: bool) -> Any:
    for axis in sorted([a % x.ndim for a in axes], reverse=True):
        x = np.logaddexp.reduce(x, axis, keepdims=keepdims)
    return x


def _norm(x: Array, p: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None, **rest: Any) -> Any:
    p = rest.get("ord", p)
    p = 2 if p in ("fro", None) else p
    axis = tuple(range(x.ndim)) if dim is None or dim == () else dim
    if not x.ndim:
        axis, x = 0, x.reshape(1)
    a = np.abs(x)
    if p == 0:
        return (a != 0).sum(axis, keepdims=keepdim).astype(float)
    if np.isinf(p):
        return (a.max if p > 0 else a.min)(axis, keepdims=keepdim)
    return (a**p).sum(axis, keepdims=keepdim) ** (1 / p)


# ---------------------------------------------------------------- samples

AWKWARD = np.array(
    [[nan, 1.0, 2.0], [1.0, nan, inf], [inf, 1.0, -2.0], [-inf, 0.0, 3.0], [inf, -inf, 1.0], [0, -0.0, 0]]
)
TIES = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0], [-1.0, 0.0, -1.0]])


def refused(*more: Any, dims: bool = True) -> Callable[[Rng], list[Sample]]:
    """Dimensions that are not there, and further calls."""
    bad = [call(np.ones((2, 3)), dim=d) for d in (2, -3)] if dims else []
    return lambda rng: [*bad, *more]


def _products(rng: Rng) -> list[Sample]:
    one, two = values(rng, (3, 2), 0.5, 2), values(rng, (3, 2), 0.5, 2)
    one[1, 0], two[0, 0], two[2, 0] = 0, 0, 0
    made = [call(x, **d) for x in (one, two) for d in ({}, {"dim": 0}, {"dim": -1, "keepdim": True})]
    return [*made, call(np.zeros(1)), call(np.zeros((2, 1)), dim=1), call(np.zeros((0, 2)), dim=0), call(np.zeros(0))]


def _spreads(rng: Rng) -> list[Sample]:
    x = distinct(rng, (3, 4))
    return [
        call(x),
        call(x, 1),
        call(x, False),
        call(x, True),
        call(x, 0, False, True),
        call(x, (0, 1), False),
        call(x, None, True),
        call(x, dim=0, unbiased=False),
        call(x, dim=0, unbiased=True, keepdim=True),
        call(x, unbiased=False),
        call(x, None, correction=0),
        call(x, dim=(1,), correction=2, keepdim=True),
        call(x, dim=[0, -1], correction=1),
        call(x, 1, correction=0.5),
        call(x + 1000, 1),
    ]


def _spread_special(rng: Rng) -> list[Sample]:
    few = np.array([[1.0], [2.0]])
    return [call(AWKWARD, dim=1), call(few, dim=1), call(few, dim=0, correction=3), call(few, dim=1, correction=0)]


def _extremes(rng: Rng) -> list[Sample]:
    x = distinct(rng, (2, 3, 2))
    dims: list[dict[str, Any]] = [{}, {"dim": 0}, {"dim": 1, "keepdim": True}, {"dim": -1}]
    return [
        *[call(x, **d) for d in dims],
        call(distinct(rng, ())),
        call(distinct(rng, ()), dim=0),
        call(distinct(rng, ()), dim=-1, keepdim=True),
        call(np.ones((2, 0, 3)), dim=0),
        call(np.ones((2, 0, 3)), dim=2, keepdim=True),
    ]


def _extreme_special(rng: Rng) -> list[Sample]:
    return [call(AWKWARD, dim=1), call(AWKWARD), call(TIES, dim=1), call(TIES), call(TIES, dim=0, keepdim=True)]


def _extreme_errors(name: str) -> Callable[[Rng], list[Sample]]:
    del name
    return refused(call(np.ones((2, 0)), dim=1), call(np.ones((2, 0))), call(np.ones((2, 0)), dim=5))


def _all_dims(rng: Rng) -> list[Sample]:
    """For what takes several dimensions but refuses empty ones."""
    x = distinct(rng, (2, 3, 2))
    dims: list[dict[str, Any]] = [{"dim": (0, 2)}, {"dim": [0, -1], "keepdim": True}, {"dim": ()}, {"dim": (1,)}]
    return [*_extremes(rng), *[call(x, **d) for d in dims]]


def _norms(rng: Rng) -> list[Sample]:
    x = distinct(rng, (3, 4))
    made = [call(x, p) for p in (2, 1, 3, 0.5, 1.5, inf, -inf, 0, -1, 2.5)]
    return [
        *made,
        call(x),
        call(x, p=1, dim=1),
        call(x, 2, (0, 1), True),
        call(x, 3, dim=-1, keepdim=True),
        call(x, inf, dim=0),
        call(x, -inf, dim=(0,)),
        call(distinct(rng, ()), 2),
        call(distinct(rng, ()), 1, dim=0),
        call(np.ones((2, 0, 3)), 2, dim=1),
        call(np.ones((2, 0, 3)), 1, dim=0),
        call(x, 2, dtype=Name("float64")),
    ]


def _torch_norms(rng: Rng) -> list[Sample]:
    x = distinct(rng, (3, 4))
    return [*_norms(rng), call(x, "fro"), call(x, "fro", dim=0), call(x, p="fro", dim=(0, 1), keepdim=True)]


def _norm_special(rng: Rng) -> list[Sample]:
    zeros = np.zeros((2, 3))
    return [call(x, p, dim=1) for x in (AWKWARD, zeros, TIES) for p in (2, 1, 3, inf, -inf, 0)]


def _nothing_counts(rng: Rng) -> list[Sample]:
    gaps = values(rng, (3, 4))
    gaps[gaps > 0.5] = nan
    gaps[0] = 1.0
    return [call(gaps, **d) for d in ({}, {"dim": 0}, {"dim": 1, "keepdim": True}, {"dim": (0, 1)})]


def _counts(rng: Rng) -> list[Sample]:
    x = rng.integers(-1, 2, (2, 3, 2)).astype(float)
    dims: list[dict[str, Any]] = [{}, {"dim": 0}, {"dim": -1}, {"dim": (0, 2)}, {"dim": ()}]
    return [*[call(x, **d) for d in dims], call(np.zeros((0, 2))), call(np.zeros((0, 2)), dim=0), call(np.ones(()))]


def _truths(rng: Rng) -> list[Sample]:
    x = rng.integers(0, 2, (2, 3, 2)).astype(float)
    dims: list[dict[str, Any]] = [{}, {"dim": 0}, {"dim": -1, "keepdim": True}, {"dim": (0, 2)}, {"dim": [1, 2]}]
    made = [call(x, **d) for d in dims]
    return [*made, call(x[:0]), call(x[:0], dim=0), call(np.ones(())), call(np.zeros(()), dim=0), call(x[0], 1, True)]


def _dtyped(rng: Rng) -> list[Sample]:
    x = distinct(rng, (2, 3)) * 3
    return [
        call(x, dtype=Name("float64")),
        call(x, dim=1, dtype=Name("float64")),
        call(x, 0, True, dtype=Name("float64")),
    ]


def _whole_dtyped(rng: Rng) -> list[Sample]:
    x = distinct(rng, (2, 3)) * 3
    return [call(Const(x), dtype=Name("int64")), call(Const(x), dim=1, dtype=Name("int32"))]


TWICE = call(np.ones((2, 3)), dim=(1, -1))
BOTH = call(np.ones((2, 3)), dim=(0, 1))
NONE_TRUE = {"grad": False, "result": None}
LONG = {"result": "int64", "grad": False}

RUNNING = "PyTorch's running mean of infinities is NaN"

ROWS = [
    reduction("sum", plain(np.sum), result="long", errors=refused(TWICE)),
    reduction("mean", plain(np.mean), dtypes="f", errors=refused(TWICE)),
    reduction("prod", one_by_one(np.prod), several=False, low=0.3, high=2, result="long", errors=refused(BOTH)),
    Row(name="prod", samples=_products, numpy=one_by_one(np.prod), variant="zeros"),
    Row(name="sum", samples=_dtyped, numpy=plain(np.sum), dtypes="fib", result=None, variant="dtype"),
    Row(name="mean", samples=_dtyped, numpy=plain(np.mean), dtypes="fib", result=None, variant="dtype"),
    Row(name="prod", samples=_dtyped, numpy=one_by_one(np.prod), dtypes="fib", result=None, variant="dtype"),
    Row(name="nansum", samples=_dtyped, numpy=plain(np.nansum), dtypes="fib", result=None, variant="dtype"),
    Row(name="nanmean", samples=_dtyped, numpy=plain(np.nanmean), result=None, variant="dtype", nodes="composed"),
    Row(name="sum", samples=_whole_dtyped, result=None, grad=False, variant="integers"),
    Row(name="prod", samples=_whole_dtyped, result=None, grad=False, variant="integers"),
    Row(name="nansum", samples=_whole_dtyped, result=None, grad=False, variant="integers"),
    Row(name="var", samples=_spreads, special=_spread_special, errors=refused(TWICE)),
    Row(name="std", samples=_spreads, special=_spread_special, errors=refused(TWICE)),
    Row(name="var_mean", awkward=RUNNING, samples=_spreads, special=_spread_special, errors=refused(TWICE)),
    Row(name="std_mean", awkward=RUNNING, samples=_spreads, special=_spread_special, errors=refused(TWICE)),
    reduction("var", _spread(np.var), calls=[{"correction": 0}, {"correction": 1}], dtypes="f", variant="dims"),
    reduction(
        "std", _spread(np.std), calls=[{"unbiased": False}], empty=False, whole=False, dtypes="f", variant="dims"
    ),
    reduction(
        "var_mean",
        awkward=RUNNING,
        numpy=_with_mean(_spread(np.var)),
        calls=[{"correction": 0}],
        dtypes="f",
        variant="dims",
    ),
    reduction(
        "std_mean",
        empty=False,
        awkward=RUNNING,
        numpy=_with_mean(_spread(np.std)),
        calls=[{"correction": 0}],
        dtypes="f",
        variant="dims",
    ),
    Row(
        name="max",
        samples=_extremes,
        special=_extreme_special,
        errors=_extreme_errors("max"),
        numpy=_with_index(np.max, np.argmax),
        dtypes="fib",
    ),
    Row(
        name="min",
        samples=_extremes,
        special=_extreme_special,
        errors=_extreme_errors("min"),
        numpy=_with_index(np.min, np.argmin),
        dtypes="fib",
    ),
    binary("max", np.maximum, numbers=(), variant="tensors", result=None),
    binary("min", np.minimum, numbers=(), variant="tensors", result=None),
    Row(
        name="amax",
        samples=_all_dims,
        special=_extreme_special,
        errors=_extreme_errors("amax"),
        numpy=plain(np.max),
        dtypes="fib",
    ),
    Row(
        name="amin",
        samples=_all_dims,
        special=_extreme_special,
        errors=_extreme_errors("amin"),
        numpy=plain(np.min),
        dtypes="fib",
    ),
    Row(
        name="aminmax",
        samples=_extremes,
        special=_extreme_special,
        errors=refused(call(np.ones((2, 0)), dim=1), call(np.ones((2, 0)))),
        numpy=along(lambda x, a, k: (np.min(x, a, keepdims=k), np.max(x, a, keepdims=k))),
        dtypes="fib",
    ),
    Row(
        name="argmax",
        samples=_extremes,
        special=_extreme_special,
        errors=_extreme_errors("argmax"),
        numpy=one_by_one(np.argmax),
        dtypes="fi",
        **LONG,
    ),
    Row(
        name="argmin",
        samples=_extremes,
        special=_extreme_special,
        errors=_extreme_errors("argmin"),
        numpy=one_by_one(np.argmin),
        dtypes="fi",
        **LONG,
    ),
    Row(name="all", samples=_truths, numpy=plain(np.all), errors=refused(TWICE), dtypes="fib", **NONE_TRUE),
    Row(name="any", samples=_truths, numpy=plain(np.any), errors=refused(TWICE), dtypes="fib", **NONE_TRUE),
    reduction("logsumexp", along(_logsumexp), whole=False, result="float"),
    Row(
        name="norm",
        samples=_torch_norms,
        special=_norm_special,
        errors=refused(TWICE),
        numpy=_norm,
        dtypes="f",
        result=None,
    ),
    reduction("nansum", plain(np.nansum), result="long"),
    reduction("nanmean", empty=False, numpy=plain(np.nanmean), dtypes="f", nodes="composed"),
    Row(name="nansum", samples=_nothing_counts, numpy=plain(np.nansum), variant="gaps"),
    Row(name="nanmean", samples=_nothing_counts, numpy=plain(np.nanmean), variant="gaps", nodes="composed"),
    Row(name="count_nonzero", samples=_counts, numpy=plain(np.count_nonzero), errors=refused(), dtypes="fib", **LONG),
]
