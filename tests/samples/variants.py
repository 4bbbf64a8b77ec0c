"""Other forms of an operation: the method, in place, with `out=`; its errors; its second derivatives."""

from __future__ import annotations

import types
from typing import Any

import torch

import minitorch

from .compare import Tolerance, difference, is_tensor, parts
from .report import Call, in_float64
from .translate import INSIDE, Copying, LeftOutError, Translation, Widening, function, named

# With out= in other strides these write beyond the memory of out, in PyTorch 2.13 (seen as a crash, sooner or later).
CRASHES = {"tril", "triu", "linalg.lu", "lu_unpack"}
MOST = 200  # numbers to differentiate by, in gradgradcheck
METHODS = (types.MethodDescriptorType, types.FunctionType)


def methods(info: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with the method, and with the operation in place."""
    found = [v for v in (info.method_variant, info.inplace_variant) if isinstance(v, METHODS) and not of_samples(v)]
    if not found:
        raise LeftOutError("no method")
    return next(filter(None, [method(v, sample, tolerance) for v in found]), "")


def of_samples(f: Any) -> bool:
    return isinstance(f, types.FunctionType) and f.__module__.startswith(INSIDE)


def method(theirs: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with a method."""
    name, finish = f"Tensor.{theirs.__name__}", sample.output_process_fn_grad
    given = (sample.input, sample.args, sample.kwargs)
    own = named(name)
    if own is None:
        return f"no {name}"
    mine, wide = Translation()(given), Widening()(given)
    try:
        expected = Call(torch, theirs, finish, Copying()(given), []).results
    except Exception as error:
        return refused(name, error, lambda: Call(minitorch, own, function(finish), mine, []))
    result = Call(minitorch, own, function(finish), mine, []).results
    wrong = difference(result, expected, tolerance, lambda: Call(torch, theirs, finish, wide, []).results)
    return f"{name}: {wrong}" if wrong else ""


def refused(name: str, theirs: Exception, call: Any) -> str:
    """What PyTorch refuses should be refused with an error of the same kind."""
    expected = kind_of(theirs)
    try:
        call()
    except expected:
        return ""
    except Exception as ours:
        return f"{name}: {type(ours).__name__}: {ours}; PyTorch {type(theirs).__name__}: {theirs}"
    return f"{name}: no error, PyTorch {type(theirs).__name__}: {theirs}"


def kind_of(error: Exception) -> Any:
    """The class of error that is expected here."""
    if type(error) is torch.linalg.LinAlgError:
        return minitorch.linalg.LinAlgError
    return type(error)


def error(info: Any, op: Any, sample: Any) -> str:
    """What is wrong with the error that a sample should cause."""
    given = (sample.input, sample.args, sample.kwargs)
    mine = Translation()(given)
    try:
        info.op(given[0], *given[1], **given[2])
    except Exception as theirs:
        return refused(info.name, theirs, lambda: op(mine[0], *mine[1], **mine[2]))
    raise LeftOutError("no error in PyTorch")


# ---------------------------------------------------------------- out=


def out(info: Any, op: Any, sample: Any, tolerance: Tolerance) -> str:
    """What is wrong with results written to tensors of their shape in other strides, or without elements."""
    if info.name in CRASHES:
        raise LeftOutError("PyTorch writes beyond the memory of out")
    given = (sample.input, sample.args, sample.kwargs)
    try:
        results = info.op(given[0], *given[1], **given[2])
    except Exception as theirs:
        raise LeftOutError("refused by PyTorch") from theirs
    several = results if isinstance(results, (list, tuple)) else [results]
    if not all(isinstance(x, torch.Tensor) for x in several):
        raise LeftOutError("no tensor")
    for prepare in (strided, emptied, narrow):
        if wrong := written(info, op, sample, prepare, several, tolerance):
            return f"out= {prepare.__name__}: {wrong}"
    return ""


def strided(x: torch.Tensor) -> torch.Tensor:
    """Memory for x in which the dimensions lie the other way round."""
    return torch.zeros(tuple(reversed(x.shape)), dtype=x.dtype).permute(tuple(reversed(range(x.ndim))))


def emptied(x: torch.Tensor) -> torch.Tensor:
    return torch.empty(0, dtype=x.dtype)


def narrow(x: torch.Tensor) -> torch.Tensor:
    """A dtype that numbers with fractions do not fit into."""
    return torch.zeros(x.shape, dtype=torch.int64)


def written(info: Any, op: Any, sample: Any, prepare: Any, results: Any, tolerance: Tolerance) -> str:
    """What is wrong after one call with `out`."""
    given, finish = (sample.input, sample.args, sample.kwargs), sample.output_process_fn_grad
    outs = [prepare(x) for x in results]
    theirs = outs[0] if len(outs) == 1 else tuple(outs)
    ours, mine = Translation()(theirs), Translation()(given)
    call = lambda: op(mine[0], *mine[1], **mine[2], out=ours)  # noqa: E731
    try:
        info.op(given[0], *given[1], **given[2], out=theirs)
    except Exception as error:
        return refused(prepare.__name__, error, call)
    made = call()
    if any(a is not b for a, b in zip(parts(made), parts(ours), strict=True)):
        return "the result is not out"
    wide = Widening()(given)
    exactly = lambda: in_float64(lambda: finish(info.op(wide[0], *wide[1], **wide[2])))  # noqa: E731
    return difference(function(finish)(ours), finish(theirs), tolerance, exactly)


# ---------------------------------------------------------------- second derivatives


def second(info: Any, op: Any, sample: Any) -> str:
    """What gradgradcheck says."""
    translate, finish = Translation(), function(sample.output_process_fn_grad)
    args = translate((sample.input, sample.args, sample.kwargs))
    leaves = translate.leaves()[1]
    wrapper = function(info.gradcheck_wrapper)
    if not leaves or sum(x.numel() for x in leaves) > MOST:
        raise LeftOutError("nothing to differentiate, or too much")

    def call(*_: Any) -> Any:
        made = finish(wrapper(op, args[0], *args[1], **args[2]))
        return tuple([y for y in parts(made) if is_tensor(y) and y.requires_grad])

    if not call():
        raise LeftOutError("nothing to differentiate")
    minitorch.manual_seed(0)
    minitorch.autograd.gradgradcheck(call, tuple(leaves), fast_mode=True, check_undefined_grad=False)
    return ""
