"""Every operation of the table: values, dtypes, memory layouts, derivatives, in-place and method forms."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import minitorch
import minitorch.nn.functional
import minitorch.ops
from minitorch.autograd import gradcheck, gradgradcheck
from minitorch.dtypes import can_cast

sys.path.insert(0, str(Path(__file__).parents[1]))  # the table lies in tests/ops
from ops.table import (
    Const,
    Row,
    Sample,
    arrays,
    build,
    cast,
    cast_array,
    is_value,
    mapped,
    perform,
    resolve,
    rows,
    tensors,
)

# Older names warn.
pytestmark = pytest.mark.filterwarnings(
    "ignore:torch.lu is deprecated", "ignore:non-inplace resize", "ignore:Using a non-tuple sequence"
)

Array = NDArray[Any]
ROWS = rows()
DTYPES = {"int64": minitorch.int64, "bool": minitorch.bool, "float32": minitorch.float32, "float64": minitorch.float64}


def over(select: Callable[[Row], bool] = lambda row: True) -> Any:
    """Run a test for each row that is selected."""
    chosen = [row for row in ROWS if select(row)]
    return pytest.mark.parametrize("row", chosen, ids=[row.id for row in chosen])


def run(row: Row, sample: Sample, requires_grad: bool = False, function: Any = None) -> tuple[Any, list[Any]]:
    """The result and the leaves."""
    made, leaves = build(minitorch, sample, requires_grad)
    if row.random:
        minitorch.manual_seed(0)
    function = function or resolve(minitorch, row.name)
    assert function is not None, f"there is no torch.{row.name}"
    return perform(row, function, made), leaves


def same(row: Row, result: Any, expected: Any, dtype: str, what: object) -> None:
    """Values and shapes within the row's tolerance."""
    rtol, atol = row.within(dtype)
    got, wanted = _leaves(result), _leaves(expected)
    assert len(got) == len(wanted), what
    for g, w in zip(got, wanted, strict=True):
        assert g.shape == w.shape, f"{what}: {g.shape} instead of {w.shape}"
        if g.dtype.kind not in "fc":
            with np.errstate(invalid="ignore"):
                np.testing.assert_array_equal(g, w.astype(g.dtype), err_msg=str(what))
        else:
            np.testing.assert_allclose(g, w, rtol=rtol, atol=atol, err_msg=str(what))


def _leaves(x: Any) -> list[Array]:
    if isinstance(x, (tuple, list)):
        return [a for v in x for a in _leaves(v)]
    return [x.detach().numpy() if isinstance(x, minitorch.Tensor) else np.asarray(x)]


def projected(result: Any) -> Any:
    """One number that depends on every element of every differentiable output."""
    total: Any = None
    for y in tensors(result):
        if y.requires_grad:
            w = np.random.default_rng(y.numel()).uniform(0.5, 1.5, tuple(y.shape))
            part = (y * minitorch.from_numpy(cast_array(w, y.dtype.name))).sum()
            part = part.real if part.is_complex() else part
            total = part if total is None else total + part
    return total


def gradients(row: Row, sample: Sample, function: Any = None) -> list[Array]:
    """The gradients of a projection of the result by every leaf."""
    result, leaves = run(row, sample, requires_grad=True, function=function)
    total = projected(result)
    if total is None:
        return []
    found = minitorch.autograd.grad(total, leaves, allow_unused=True, materialize_grads=True)
    return [g.numpy() for g in found]


# ---------------------------------------------------------------- values


def expected_dtype(row: Row, sample: Sample) -> Any:
    """The dtype by the row's rule, from the dtype of its values; None if there is no rule."""
    found: list[Any] = []
    mapped(lambda x: found.append(x.dtype) if isinstance(x, np.ndarray) else None, sample)
    if row.result in DTYPES:
        return DTYPES[row.result]
    if row.result is None or not found:
        return None
    d = minitorch.from_numpy(np.empty(0, found[0])).dtype
    if row.result == "float" and not d.is_floating_point and not d.is_complex:
        return minitorch.float32
    if row.result == "long" and not d.is_floating_point and not d.is_complex:
        return minitorch.int64
    return d


def reference(row: Row, sample: Sample) -> Any:
    """What the reference says: of float32 values it is computed in float64."""

    def widened(x: Any) -> Any:
        wanted = is_value(x) and isinstance(x, np.ndarray)
        return x.astype(np.result_type(x.dtype, np.float64)) if wanted else x

    wide = mapped(widened, arrays(sample))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means of nothing
        return row.numpy(*wide.args, **wide.kwargs)  # type: ignore[misc]


@over()
def test_values(row: Row) -> None:
    """The reference's values and shapes; the rule's dtype; from no result does the input change."""
    for sample in row.made():
        for dtype in row.sweep():
            given = cast(sample, dtype)
            before = cast(sample, dtype)
            result, _ = run(row, given)
            if row.numpy is not None and not row.random:
                precision = "float64" if dtype in ("float64", "complex128", "own") else "float32"
                same(row, result, reference(row, given), precision, (dtype, given))
            wanted = expected_dtype(row, arrays(given))
            first = tensors(result)
            if wanted is not None and first:
                assert first[0].dtype is wanted, (dtype, given)
            _check_unchanged(given, before)


def _check_unchanged(a: Sample, b: Sample) -> None:
    for x, y in zip(_arrays_in(a), _arrays_in(b), strict=True):
        np.testing.assert_array_equal(x, y)


def _arrays_in(sample: Sample) -> list[Array]:
    found: list[Array] = []
    mapped(lambda x: found.append(x) if isinstance(x, np.ndarray) else None, arrays(sample))
    return found


@over(lambda row: row.special is not None and row.numpy is not None)
def test_special_values(row: Row) -> None:
    """NaN, infinities and signed zeros go where the reference sends them."""
    for sample in row.special(row.rng()):  # type: ignore[misc]
        result, _ = run(row, sample)
        same(row, result, reference(row, sample), "float64", sample)


@over(lambda row: row.errors is not None)
def test_refusals(row: Row) -> None:
    """What makes no sense is refused with an exception of a builtin type."""
    for sample in row.errors(row.rng()):  # type: ignore[misc]
        with pytest.raises((RuntimeError, ValueError, IndexError, TypeError, AssertionError)) as caught:
            run(row, sample)
        assert str(caught.value), sample


# ---------------------------------------------------------------- memory layouts


def _transposed(a: Array) -> Array:
    return np.asfortranarray(a) if a.ndim else a


def _strided(a: Array) -> Array:
    if not a.ndim:
        return a
    wide = np.full((*a.shape[:-1], 2 * a.shape[-1] + 1), 7, a.dtype)
    wide[..., 1::2] = a
    return wide[..., 1::2]


def _expanded(a: Array) -> Array:
    if not a.ndim or not a.shape[0]:
        return a
    return np.lib.stride_tricks.as_strided(a[:1].copy(), a.shape, (0, *a.strides[1:]))


def _laid_out(layout: Callable[[Array], Array], sample: Sample) -> Sample:
    def one(x: Any) -> Any:
        if isinstance(x, Const):
            return Const(layout(x.array))
        return layout(x) if isinstance(x, np.ndarray) else x

    return mapped(one, sample)  # type: ignore[no-any-return]


def _contiguous(sample: Sample) -> Sample:
    return _laid_out(lambda a: a.copy(order="C"), sample)


@over(lambda row: row.noncontiguous is True)
@pytest.mark.parametrize("layout", [_transposed, _strided, _expanded], ids=["transposed", "strided", "expanded"])
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_layouts(row: Row, layout: Any) -> None:
    """However the elements lie in memory, result and gradients are the same."""
    dtype = (*row.doubles(), "int64")[0]
    for sample in row.made():
        laid = _laid_out(layout, cast(sample, dtype))
        plain = _contiguous(laid)
        same(row, run(row, laid)[0], run(row, plain)[0], "float64", (layout, plain))
        if row.grad is True and row.doubles():
            same(row, gradients(row, laid), gradients(row, plain), "float64", (layout, plain))


# ---------------------------------------------------------------- derivatives


def _of_leaves(row: Row, sample: Sample) -> tuple[Callable[..., Any], list[Any]]:
    """The operation as a function of its differentiable arguments, returning its differentiable outputs."""
    made, leaves = build(minitorch, sample, requires_grad=True)
    function = resolve(minitorch, row.name)
    places = {id(x): i for i, x in enumerate(leaves)}

    def f(*given: Any) -> Any:
        if row.random:
            minitorch.manual_seed(0)
        swapped = mapped(lambda x: given[places[id(x)]] if id(x) in places else x, made)
        outputs = tensors(perform(row, function, swapped))
        return tuple([y for y in outputs if y.requires_grad])

    return f, leaves


@over(lambda row: row.grad is True and row.differences is True)
def test_gradcheck(row: Row) -> None:
    """The derivatives are those of finite differences."""
    checked = 0
    for sample in [cast(s, dtype) for dtype in row.doubles() for s in row.made()]:
        f, leaves = _of_leaves(row, sample)
        if leaves:
            assert f(*leaves), f"no result requires grad: {sample}"
            assert gradcheck(f, leaves), sample
            checked += 1
    assert checked


@over(lambda row: row.grad is True and row.differences is True and row.gradgrad is True)
def test_gradgradcheck(row: Row) -> None:
    """And so are the derivatives of the derivatives."""
    for sample in [cast(s, dtype) for dtype in row.doubles() for s in row.made()]:
        f, leaves = _of_leaves(row, sample)
        if leaves:
            assert gradgradcheck(f, leaves), sample


@over(lambda row: row.grad is not True and "f" in row.dtypes)
def test_without_derivative(row: Row) -> None:
    """Where there is no derivative the result does not require grad, or backward refuses."""
    for sample in row.made():
        result, leaves = run(row, sample, requires_grad=True)
        if row.grad == "refused":
            if leaves:
                with pytest.raises((RuntimeError, NotImplementedError)):
                    projected(result).backward()
        else:
            assert not any(y.requires_grad for y in tensors(result)), sample


@over(lambda row: row.grad is True)
def test_no_grad(row: Row) -> None:
    """Nothing is recorded under no_grad (a view requires grad as its base does), and the values are the same."""
    for sample in row.made()[:3]:
        with minitorch.no_grad():
            result, leaves = run(row, sample, requires_grad=True)
        own = {id(x) for x in leaves}
        results = [y for y in tensors(result) if id(y) not in own]
        assert all(y.is_leaf for y in results)
        assert not any(y.requires_grad and y._view is None for y in results)
        same(row, result, run(row, sample, requires_grad=True)[0], "float64", sample)


# ---------------------------------------------------------------- other forms


def method_of(row: Row) -> Any:
    """The Tensor method that does the same, if there is one."""
    if row.method is False or row.name.startswith("Tensor."):
        return None
    if isinstance(row.method, str):
        return getattr(minitorch.Tensor, row.method)
    return None if "." in row.name else getattr(minitorch.Tensor, row.short(), None)


def inplace_of(row: Row) -> Any:
    """The form that writes to its first argument, if there is one."""
    if row.inplace is False:
        return None
    if isinstance(row.inplace, str):
        return resolve(minitorch, row.inplace)
    name = row.name + "_"
    return resolve(minitorch, name) or (None if "." in row.name else getattr(minitorch.Tensor, name, None))


@over(lambda row: method_of(row) is not None)
def test_method(row: Row) -> None:
    """The method gives what the function gives."""
    for sample in row.made():
        made, _ = build(minitorch, sample)
        if made.args and isinstance(made.args[0], minitorch.Tensor):
            same(row, run(row, sample, function=method_of(row))[0], run(row, sample)[0], "float64", sample)


@over(lambda row: inplace_of(row) is not None)
def test_inplace(row: Row) -> None:
    """The form that writes returns its first argument, with the same values and gradients, at a later version."""
    function = inplace_of(row)
    tried = 0
    for sample in row.made():
        expected, _ = run(row, sample)
        made, _ = build(minitorch, sample)
        first = made.args[0]
        if not isinstance(first, minitorch.Tensor) or first.shape != expected.shape:
            continue
        if not can_cast(expected.dtype, first.dtype):
            continue
        tried += 1
        _check_written(row, function, sample, expected)
        if row.grad is True:
            outside = gradients(row, sample)
            same(
                row, gradients(row, sample, lambda x, *a, **k: function(x.clone(), *a, **k)), outside, "float64", sample
            )
    assert tried


def _check_written(row: Row, function: Any, sample: Sample, expected: Any) -> None:
    made, _ = build(minitorch, sample)
    first = made.args[0]
    version, address = first._version, first.data_ptr()
    if row.random:
        minitorch.manual_seed(0)
    assert function(*made.args, **made.kwargs) is first
    assert first._version > version
    assert first.data_ptr() == address
    same(row, first, expected.to(first.dtype), "float64", sample)


# ---------------------------------------------------------------- nothing is left out


def _operations() -> Iterator[tuple[str, Any]]:
    """All functions of minitorch/ops that do not begin with _."""
    for info in pkgutil.iter_modules(minitorch.ops.__path__):
        module = importlib.import_module(f"minitorch.ops.{info.name}")
        for name, value in vars(module).items():
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{info.name}.{name}", value


def _exported() -> set[int]:
    """What users can call: functions of the package and of nn.functional, and methods."""
    public = [getattr(minitorch, name) for name in minitorch.__all__]
    functional = [v for k, v in vars(minitorch.nn.functional).items() if not k.startswith("_")]
    methods = [v for k, v in vars(minitorch.Tensor).items() if not k.startswith("_") or k.endswith("__")]
    return {_plain(v) for v in (*public, *functional, *methods)}


def _plain(function: Any) -> int:
    """Which function it is, below what the public door puts around it."""
    return id(inspect.unwrap(function)) if callable(function) else id(function)


def _covered() -> set[int]:
    found: list[Any] = []
    for row in ROWS:
        found += [resolve(minitorch, row.name), method_of(row), inplace_of(row)]
        found += [resolve(minitorch, name) for name in row.aliases]
    return {_plain(f) for f in found if f is not None}


def test_every_operation_has_a_row() -> None:
    """A public operation without a row in the table is not tested."""
    exported, covered = _exported(), _covered()
    missing = [name for name, f in _operations() if _plain(f) in exported and _plain(f) not in covered]
    assert not missing, f"{len(missing)} operations have no row in tests/ops/rows_*.py: {' '.join(missing)}"


def test_functional_has_rows() -> None:
    """So is a function of nn.functional that is made of others."""
    own = {k: v for k, v in vars(minitorch.nn.functional).items() if inspect.isfunction(v) and not k.startswith("_")}
    covered = _covered()
    home = {k: inspect.unwrap(v).__module__ for k, v in own.items()}
    missing = [k for k, v in own.items() if home[k] == "minitorch.nn.functional" and _plain(v) not in covered]
    assert not missing, f"no row in tests/ops/rows_*.py: {' '.join(missing)}"


def test_aliases_exist() -> None:
    """Every name in the table means something."""
    named = [name for row in ROWS for name in (row.name, *row.aliases)]
    assert not [name for name in named if resolve(minitorch, name) is None]
