"""Results written to tensors that are given: the keyword `out` of the functions that have it."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from numbers import Number
from typing import Any

import numpy as np

from . import dtypes as dt
from . import overrides
from .autograd.grad_mode import mode
from .creation import tensor
from .errors import DtypeError, OperationError
from .ops.base import check_overlap, into
from .tensor import Tensor

# The functions of `torch` itself that take `out`. The package opens with them; inside it the plain ones are called.
WRITERS = [
    "abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "alias_copy",
    "all", "amax", "amin", "aminmax", "angle", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan",
    "arctan2", "arctanh", "argmax", "argmin", "as_strided_copy", "asin", "asinh", "atan", "atan2", "atanh", "baddbmm",
    "bernoulli", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "bmm", "bucketize", "cat", "ceil", "cholesky", "cholesky_inverse", "cholesky_solve", "clamp", "clamp_max",
    "clamp_min", "clip", "column_stack", "complex", "concat", "concatenate", "conj_physical", "copysign", "cos", "cosh",
    "cross", "cummax", "cummin", "cumprod", "cumsum", "deg2rad", "detach_copy", "diag", "diagonal_copy", "diff",
    "digamma", "div", "divide", "dot", "dstack", "empty", "eq", "erf", "erfc", "erfinv", "exp", "exp2", "expand_copy",
    "expm1", "eye", "fix", "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp", "full",
    "gather", "gcd", "ge", "geqrf", "ger", "greater", "greater_equal", "gt", "heaviside", "histc", "histogram",
    "hstack", "hypot", "i0", "igamma", "igammac", "index_add", "index_copy", "index_reduce", "index_select", "inner",
    "inverse", "isin", "isneginf", "isposinf", "kron", "kthvalue", "lcm", "ldexp", "le", "lerp", "less", "less_equal",
    "lgamma", "linspace", "log", "log10", "log1p", "log2", "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp",
    "logical_and", "logical_not", "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "lt", "lu_solve",
    "lu_unpack", "masked_select", "matmul", "matrix_power", "max", "maximum", "mean", "median", "min", "minimum", "mm",
    "mode", "msort", "mul", "multinomial", "multiply", "mv", "mvlgamma", "nan_to_num", "nanmean", "nanmedian",
    "nanquantile", "nansum", "narrow_copy", "ne", "neg", "negative", "nextafter", "nonzero", "normal", "not_equal",
    "ones", "ormqr", "outer", "permute_copy", "polar", "polygamma", "pow", "prod", "qr", "quantile", "rad2deg", "rand",
    "randint", "randn", "randperm", "range", "reciprocal", "remainder", "renorm", "round", "row_stack", "rsqrt",
    "scatter", "scatter_add", "scatter_reduce", "searchsorted", "select_copy", "sgn", "sigmoid", "sign", "signbit",
    "sin", "sinc", "sinh", "slice_copy", "slice_scatter", "softmax", "sort", "split_copy", "split_with_sizes_copy",
    "sqrt", "square", "squeeze_copy", "stack", "std", "std_mean", "sub", "subtract", "sum", "svd", "t_copy", "take",
    "take_along_dim", "tan", "tanh", "topk", "transpose_copy", "triangular_solve", "tril", "triu", "true_divide",
    "trunc", "unbind_copy", "unfold_copy", "unsqueeze_copy", "var", "var_mean", "vdot", "view_as_complex_copy",
    "view_as_real_copy", "view_copy", "vstack", "where", "xlogy", "zeros",
]  # fmt: skip


def with_out(function: Any, name: str = "", module: str = "") -> Any:
    """The function with a keyword `out`: a tensor (or several) that its result is written to, and returned."""
    name = name or function.__name__

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if overrides.anyone and (answer := overrides.ask(call, args, kwargs)) is not overrides.unasked:
            return answer
        out = kwargs.pop("out", None) if kwargs else None
        if isinstance(out, Tensor) and name in _IN_DTYPE_OF_OUT and kwargs.get("dtype") is None:
            kwargs["dtype"] = out.dtype
        try:
            result = function(*args, **kwargs)
        except (AttributeError, TypeError, ValueError) as error:
            if not mode.plain and overrides.has_torch_function([*args, *kwargs.values()]):
                given = kwargs if out is None else {**kwargs, "out": out}
                return overrides.handle_torch_function(call, [*args, *given.values()], *args, **given)
            if name in _OF_NUMBERS and args and isinstance(args[0], Number) and isinstance(args[-1], Number):
                return call(tensor(args[0]), *args[1:], **kwargs, out=out)
            if (explained := overrides.no_tensor(function, args, kwargs, error)) is error:
                raise
            raise explained from None
        return result if out is None else _fill(name, result, out, args)

    call.asks = True  # type: ignore[attr-defined]
    call.__module__ = module or sys._getframe(1).f_globals["__name__"]  # for pickle
    call.__name__ = call.__qualname__ = name
    return call


def all_with_out(space: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """The functions of these names, with `out`. What has several names is one function, and called as it was made."""
    first = {id(space[name]): name for name in reversed(names)}
    made = {}
    for key, name in first.items():
        function = space[name]
        own = function.__name__
        made[key] = with_out(function, own if space.get(own) is function else name, space["__name__"])
    return {name: made[id(space[name])] for name in names}


def _fill(name: str, result: Any, out: Any, args: Any) -> Any:
    """Write the result, one tensor or several, to `out`."""
    if isinstance(result, Tensor):
        return _written(name, result, out, args)
    if not isinstance(out, (tuple, list)) or len(out) != len(result):
        given = f"{len(out)}" if isinstance(out, (tuple, list)) else type(out).__name__
        raise TypeError(f"{name}(): argument 'out' must be tuple of {len(result)} Tensors, not {given}")
    for x, place in zip(result, out, strict=True):
        _written(name, x, place, args)
    return type(result)(*out) if hasattr(result, "_fields") else tuple(out)


_OF_NUMBERS = {"add", "sub", "mul", "div", "floor_divide"}  # two numbers will do
_IN_DTYPE_OF_OUT = {"arange", "linspace", "logspace", "cumsum", "cumprod"}
_EXACT = {"gather", "complex", "polar", "multinomial", "bucketize", "searchsorted", "isin"}  # convert no dtype
_WITH_INDICES = {"max", "min", "sort", "topk", "kthvalue", "median", "mode", "cummax", "cummin"}  # nor these an index
_OF_BOOLS = {"all", "any", "isneginf", "isposinf", "signbit"}  # take bool or uint8
_APART = {"cat", "gather", "index_select", "take", "kthvalue", "masked_select"}  # never write to what they read


def _check_out(name: str, result: Any, out: Any, args: Any) -> None:
    """RuntimeError for a dtype that is not converted, and for memory that is written twice or read as well."""
    if out.dtype is not result.dtype and not _converts(name, result, out):
        raise DtypeError(name, f"Expected out tensor to have dtype {result.dtype}, but got {out.dtype} instead", out)
    check_overlap(out, name)
    for x in _tensors(args):
        if np.may_share_memory(x.array, out.array) and (name in _APART or not _same(x, out)):
            raise OperationError(
                name,
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                "memory location. Please clone() the tensor before performing the operation.",
                x,
                out,
            )


def _converts(name: str, result: Any, out: Any) -> bool:
    """Whether a function writes its result to another dtype."""
    if name in _OF_BOOLS:
        return out.dtype is dt.uint8
    is_index = name in _WITH_INDICES and result.array.dtype == np.int64
    return not is_index and name not in _EXACT


def _tensors(args: Any) -> Iterator[Tensor]:
    """The tensors among arguments, and in lists among them."""
    for given in args:
        yield from (x for x in (given if isinstance(given, (list, tuple)) else [given]) if isinstance(x, Tensor))


def _same(x: Any, out: Any) -> bool:
    """Whether two tensors lie in the same place, or interleave: with gaps, they need not have an element in common."""
    if not (x.is_contiguous() and out.is_contiguous()):
        return True
    return x.data_ptr() == out.data_ptr() and x.shape == out.shape


def _written(name: str, result: Any, out: Any, args: Any) -> Any:
    if isinstance(out, Tensor) and dt.can_cast(result.dtype, out.dtype):
        _check_out(name, result, out, args)
    return into(out, result, name)
