"""Every operation that PyTorch's tests list, on all its samples of float32: values and first derivatives."""

from __future__ import annotations

import random
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import minitorch

from .compare import Tolerance, difference, gradients, is_tensor, parts
from .translate import INSIDE, LeftOutError, Translation, Widening, dtype, function, named

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
METHODS = (types.MethodDescriptorType, types.FunctionType)
# docs/differences.md says why.
OTHER_GRADIENT = {"as_strided_scatter": "gradient: PyTorch's is wrong"}


@dataclass
class Report:
    """What became of the samples of one operation, module or optimizer."""

    name: str
    here: bool = True
    passed: int = 0
    left_out: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if not self.here:
            return "not there"
        if self.failures:
            return "failed"
        return "passed" if self.passed else "left out"


def infos() -> list[Any]:
    """The operations that programs can name: not PyTorch's internals, nor what only its CUDA build has."""
    inner = ("_", "torch.", "jiterator", "native_", "sparse.")
    found = [info for info in op_db if info.name.startswith("__") or not info.name.startswith(inner)]
    return sorted((info for info in found if torch.float32 in info.dtypes), key=title)


def title(info: Any) -> str:
    """`div (floor_rounding)`."""
    return info.name + (f" ({info.variant_test_name})" if info.variant_test_name else "")


def ours(info: Any) -> Any:
    """The same operation here; None if it is not."""
    wrapped = is_wrapped(info.op)
    places = [info.name, "Tensor." + info.name] + ["Tensor." + info.name + "_"] * wrapped
    known = next(filter(None, map(named, places)), None)
    return function(info.op) if known and wrapped else known


def is_wrapped(operation: Any) -> bool:
    """Whether it is a function of the samples themselves: to set a seed, or where there is a method alone."""
    return isinstance(operation, types.FunctionType) and operation.__module__.startswith(INSIDE)


def samples(info: Any) -> Iterator[Any]:
    """PyTorch's samples; none where making them needs what is not installed."""
    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    differentiable = torch.float32 in info.supported_backward_dtypes("cpu")
    try:
        yield from info.sample_inputs("cpu", torch.float32, requires_grad=differentiable)
    except ImportError:
        return


def run(info: Any, limit: int | None = None) -> Report:
    """All samples of an operation, or the first few."""
    report = Report(title(info))
    op = ours(info)
    if op is None:
        report.here = False
        return report
    tolerance = Tolerance(info.decorators or ())
    for i, sample in enumerate(samples(info)):
        if i == limit:
            break
        record(report, lambda s=sample: outcome(info, op, s, tolerance), sample.summary)
    return report


def record(report: Report, check: Any, describe: Any) -> None:
    """Count one sample; whatever is raised is its outcome."""
    try:
        wrong = check()
    except LeftOutError as why:
        report.left_out.append(str(why))
        return
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        report.failures.append(f"{wrong} [{describe()}]")
    else:
        report.passed += 1


class Call:
    """One call of an operation: its results, which of them want gradients, and the gradients of its leaves."""

    def __init__(self, library: Any, op: Any, finish: Any, given: Any, leaves: list[Any]) -> None:
        self.results = finish(op(given[0], *given[1], **given[2]))
        self.wants = [x.requires_grad for x in parts(self.results) if is_tensor(x)]
        self.library, self.leaves = library, leaves

    def gradients(self) -> list[Any]:
        return gradients(self.results, self.leaves, self.library)


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
    if info.name in OTHER_GRADIENT and not difference(ours.results, theirs.results, tolerance):
        raise LeftOutError(OTHER_GRADIENT[info.name])
    exactly = lambda: Call(torch, info.op, finish, wide, widen.leaves()[1])  # noqa: E731
    return compare(ours, theirs, exactly, tolerance) or others(info, sample, tolerance)


def others(info: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with the method, and with the operation in place: their values alone."""
    if is_wrapped(info.op) or info.name.startswith("__"):
        return ""
    variants = [v for v in (info.method_variant, info.inplace_variant) if isinstance(v, METHODS) and not is_wrapped(v)]
    with torch.no_grad(), minitorch.no_grad():
        return next(filter(None, [other(v, sample, tolerance) for v in variants]), "")


def other(method: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with a method."""
    name, given = f"Tensor.{method.__name__}", (sample.input, sample.args, sample.kwargs)
    own, finish = named(name), sample.output_process_fn_grad
    if own is None:
        return f"no {name}"
    mine, wide = Translation()(given), Widening()(given)
    try:
        expected = Call(torch, method, finish, given, []).results
    except Exception:
        return ""  # such as what would not fit in place
    result = Call(minitorch, own, function(finish), mine, []).results
    wrong = difference(result, expected, tolerance, lambda: Call(torch, method, finish, wide, []).results)
    return f"{name}: {wrong}" if wrong else ""


def reference(call: Any) -> Any:
    """PyTorch's call. A sample that it refuses itself, or whose result cannot exist here, is left out."""
    try:
        made = call()
    except Exception as error:
        raise LeftOutError("refused by PyTorch") from error
    for part in parts(made.results):
        if isinstance(part, torch.Tensor):
            dtype(part.dtype)
    return made


def compare(ours: Any, theirs: Any, exactly: Any, tolerance: Tolerance) -> str:
    """What is wrong with the results, with which of them want gradients, or with the gradients."""
    wrong = difference(ours.results, theirs.results, tolerance, lambda: exactly().results)
    if wrong:
        return wrong
    if ours.wants != theirs.wants:
        return f"requires_grad {ours.wants}, PyTorch {theirs.wants}"
    wrong = difference(ours.gradients(), theirs.gradients(), tolerance, lambda: exactly().gradients())
    return f"gradient: {wrong}" if wrong else ""
