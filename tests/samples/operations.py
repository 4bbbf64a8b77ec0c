"""Every operation that PyTorch's tests list, on all its samples: values and first derivatives in each dtype."""

from __future__ import annotations

import random
import types
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import minitorch

from . import variants
from .compare import Tolerance, compare, parts
from .report import Call, LeftOutError, Report, in_float64, record, reference
from .translate import INSIDE, Translation, Widening, function, named

DTYPES = ["float32", "float64", "complex64", "bfloat16", "float16", "int64", "bool"]
COLUMNS = [*DTYPES, "methods", "out=", "errors"]
SLOW = ["reference", "second"]  # on demand: minutes each
# Their results are whatever lay in memory.
UNDEFINED = {
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "new_empty",
    "new_empty_strided",
    "resize_",
    "resize_as_",
}


def infos() -> list[Any]:
    """The operations that programs can name: not PyTorch's internals, nor what only its CUDA build has."""
    inner = ("_", "torch.", "jiterator", "native_", "sparse.")
    found = [info for info in op_db if info.name.startswith("__") or not info.name.startswith(inner)]
    return sorted((info for info in found if info.dtypes), key=title)


def title(info: Any) -> str:
    """`div (floor_rounding)`."""
    return info.name + (f" ({info.variant_test_name})" if info.variant_test_name else "")


def ours(info: Any) -> Any:
    """The same operation here; None if it is not."""
    wrapped = is_wrapped(info.op)
    places = [info.name, "Tensor." + info.name] + ["Tensor." + info.name + "_"] * wrapped
    found = [x for x in map(named, places) if x is not None and not isinstance(x, minitorch.dtype)]
    known = next(iter(found), None)
    return function(info.op) if known and wrapped else known


def is_wrapped(operation: Any) -> bool:
    """Whether it is a function of the samples themselves: to set a seed, or where there is a method alone."""
    return isinstance(operation, types.FunctionType) and operation.__module__.startswith(INSIDE)


def samples(info: Any, column: str) -> Iterator[Any]:
    """PyTorch's samples for a column; none where making them needs what is not installed."""
    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    d = getattr(torch, {"second": "float64"}.get(column, column), torch.float32)
    if not info.supports_dtype(d, "cpu"):
        return
    wants = column in ("second", *DTYPES) and d in info.supported_backward_dtypes("cpu")
    try:
        if column == "errors":
            yield from info.error_inputs("cpu") if info.error_inputs_func else ()
        elif column != "reference":
            yield from info.sample_inputs("cpu", d, requires_grad=wants)
        elif info.reference_inputs_func:
            yield from info.reference_inputs("cpu", d)
    except ImportError:
        return


def run(info: Any, limit: int | None = None, columns: Iterable[str] = COLUMNS) -> list[Report]:
    """All samples of an operation, or the first few, by column."""
    op = ours(info)
    if op is None:
        return [Report(title(info), column, here=False) for column in columns]
    return [run_column(info, op, column, limit) for column in columns]


def run_column(info: Any, op: Any, column: str, limit: int | None) -> Report:
    """One column of an operation."""
    report, tolerance = Report(title(info), column), Tolerance(info.decorators or ())
    check = CHECKS.get(column, outcome)
    for i, sample in enumerate(samples(info, column)):
        if i == limit:
            break
        describe = (sample.sample_input if column == "errors" else sample).summary
        record(report, lambda s=sample: check(info, op, s, tolerance), describe)
    return report


def outcome(info: Any, op: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with one sample."""
    given, finish = (sample.input, sample.args, sample.kwargs), sample.output_process_fn_grad
    translate, widen = Translation(), Widening()
    mine, wide = translate(given), widen(given)
    theirs = reference(lambda: Call(torch, info.op, finish, given, translate.leaves()[0]))
    ours = Call(minitorch, op, function(finish), mine, translate.leaves()[1])
    if info.name in UNDEFINED:
        shapes = [[tuple(x.shape) for x in parts(call.results)] for call in (ours, theirs)]
        return "" if shapes[0] == shapes[1] else f"shape {shapes[0]}, PyTorch {shapes[1]}"
    exactly = lambda: in_float64(lambda: Call(torch, info.op, finish, wide, widen.leaves()[1]))  # noqa: E731
    return compare(ours, theirs, exactly, tolerance)


def methods(info: Any, op: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with the method, and with the operation in place: their values alone."""
    if is_wrapped(info.op) or info.name.startswith("__"):
        raise LeftOutError("no method")
    return variants.methods(info, sample, tolerance)


def out(info: Any, op: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with the form that writes to `out`."""
    if not info.supports_out or is_wrapped(info.op) or info.name in UNDEFINED:
        raise LeftOutError("no out=")
    return variants.out(info, op, sample, tolerance)


def error(info: Any, op: Any, sample: Any, tolerance: Tolerance) -> str:
    return variants.error(info, op, sample.sample_input)


def second(info: Any, op: Any, sample: Any, tolerance: Tolerance) -> str:
    if not info.supports_gradgrad:
        raise LeftOutError("no second derivative")
    return variants.second(info, op, sample)


CHECKS = {"methods": methods, "out=": out, "errors": error, "second": second}
