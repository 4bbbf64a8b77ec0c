"""What all operations share: the kinds of Function, promotion at the front, and writing in place."""

from __future__ import annotations

import functools
import itertools
import sys
import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any, TypeVar
from typing import cast as taken_as

import numpy as np
from numpy.typing import NDArray

from .. import dtypes as dt
from ..autograd import engine
from ..autograd.function import Function
from ..autograd.grad_mode import ever, mode
from ..autograd.half import half_among, widened
from ..autograd.node import rename
from ..autograd.tensor_base import T as T
from ..autograd.tensor_base import TensorBase as TensorBase
from ..autograd.views import check_takes_history, check_writable, take_history
from ..errors import DtypeError, OperationError
from ..kernels import cast
from ..kernels import scalar as kernels
from ..kernels.elementwise import Elementwise
from ..storage import ONE_REFERENCE, tick

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

_NUMBERS = (bool, int, float, complex, np.generic, np.ndarray)


class Op(Function):
    """A built-in operation: a Function whose node is named as in PyTorch (`MulBackward0`),
    and whose forward may return ndarrays.
    """

    suffix = "Backward0"
    builtin = True


class Pointwise(Op):
    """An elementwise operation: forward is its kernel; it saves its inputs, its output or nothing."""

    kernel: Any  # Elementwise, or OnComplex
    saves = "inputs"

    @classmethod
    def forward(cls, ctx: Any, *args: Any) -> Any:
        if cls.saves == "inputs":
            ctx.save_for_backward(*args)
        elif cls.saves == "output":
            ctx.save_output_for_backward()
        return broadcast_kernel(cls.kernel, args)


def also_called(**names: str) -> Callable[[F], F]:
    """A function whose keywords have other names too: `also_called(axis="dim")` lets `axis=1` mean `dim=1`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs and not names.keys().isdisjoint(kwargs):
                kwargs = {names.get(name, name): value for name, value in kwargs.items()}
            return function(*args, **kwargs)

        return taken_as(F, call)

    return decorate


numpy_names = also_called(axis="dim", keepdims="keepdim")  # PyTorch takes NumPy's names too


def like(args: Any) -> Any:
    """The first tensor among the arguments: results are wrapped as it is."""
    first = args[0]
    if isinstance(first, TensorBase):
        return first
    found = [a for a in args if isinstance(a, TensorBase)]
    if not found:
        raise TypeError(f"argument 'input' (position 1) must be Tensor, not {type(first).__name__}: {first!r}")
    return found[0]


def broadcast_kernel(kernel: Elementwise, args: Any) -> Array:
    """Run an elementwise kernel on tensors and numbers; shapes that do not broadcast are an error naming both."""
    try:
        if len(args) == 1:
            return kernel.one(args[0].array)
        if len(args) == 2:
            a, b = args
            return kernel.two(a.array if isinstance(a, TensorBase) else a, b.array if isinstance(b, TensorBase) else b)
        return kernel(*[a.array if isinstance(a, TensorBase) else a for a in args])
    except ValueError as error:
        raise broadcast_error(kernel.__name__, args) or error from None


def broadcast_error(name: str, args: Any) -> OperationError | None:
    """The error for the first pair of shapes that do not broadcast; None if all do."""
    tensors = [a for a in args if isinstance(a, TensorBase)]
    for a, b in itertools.pairwise(tensors):
        for i in range(1, min(a.ndim, b.ndim) + 1):
            m, n = a.shape[-i], b.shape[-i]
            if m != n and 1 not in (m, n):
                return OperationError(
                    name,
                    f"The size of tensor a ({m}) must match the size of tensor b ({n}) at non-singleton dimension "
                    f"{max(a.ndim, b.ndim) - i}",
                    *args,
                )
    return None


def numbers(x: TensorBase) -> Array:
    """The elements to compute with: halves as float32, others as they are."""
    return cast.widened(x.array) if dt.mixed else x.array


def pointwise(kernel: Elementwise, *args: Any) -> Any:
    """The result of an elementwise kernel that has no derivative, such as a comparison."""
    if dt.mixed and half_among(kernel.__name__, args):
        args = tuple([widened(x) for x in args])
    result = like(args)._wrap(broadcast_kernel(kernel, args))
    if ever.inference and mode.inference:
        result._inference = True
    return result


# ---------------------------------------------------------------- promotion


def promoted(*operands: Any) -> tuple[Any, ...]:
    """The operands in their common dtype. Tensors are cast where they must be, numbers stay numbers."""
    first = operands[0]
    if isinstance(first, TensorBase):
        d = first.array.dtype
        if all(isinstance(x, TensorBase) and x.array.dtype is d for x in operands):  # mostly
            return operands
    for x in operands:
        if not isinstance(x, (TensorBase, *_NUMBERS)):
            raise TypeError(f"expected tensors and numbers, got {type(x).__name__}: {x!r}")
    if not any(isinstance(x, TensorBase) for x in operands):
        raise TypeError(f"expected at least one tensor, got {', '.join(map(repr, operands))}")
    common = dt.result_dtype([_number(x) for x in operands])
    return tuple([in_dtype(x, common) for x in operands])


# The numpy dtypes that a Python integer does not change, and that need not cut it off.
INT64 = "".join([char for char in "lq" if np.dtype(char).itemsize == 8])
_HOLDS_INT = "efdFDV" + INT64


def pair(a: Any, b: Any) -> tuple[Any, Any]:
    """`promoted(a, b)`, quick where nothing has to be done."""
    if isinstance(a, TensorBase):
        d = a.array.dtype
        if isinstance(b, TensorBase):
            if b.array.dtype is d:
                return a, b
        elif (type(b) is int and d.char in _HOLDS_INT) or (type(b) is float and d.kind in "fcV"):
            return a, b
    elif isinstance(b, TensorBase) and b.array.dtype.kind in "fcV" and (type(a) is float or type(a) is int):
        return a, b
    return promoted(a, b)


def floating(x: T) -> T:
    """An integer or bool tensor in the default floating dtype; others as they are."""
    return x if x.array.dtype.kind in "fcV" else x._cast(dt.get_default_dtype().numpy)


def floating_pair(a: Any, b: Any) -> tuple[Any, Any]:
    """`pair`, with integers cast to the default floating dtype."""
    if d_of(a).kind in "fcV" or d_of(b).kind in "fcV":
        return pair(a, b)
    return pair(in_dtype(a, dt.get_default_dtype()), in_dtype(b, dt.get_default_dtype()))


def d_of(x: Any) -> np.dtype[Any]:
    """The numpy dtype of an operand."""
    return x.array.dtype if isinstance(x, TensorBase) else np.asarray(x).dtype


def in_dtype(x: Any, d: dt.dtype) -> Any:
    """A tensor cast to `d`, or a number that fits it (an integer wraps around, as in C)."""
    if isinstance(x, TensorBase):
        return x if x.array.dtype is d.numpy else x._cast(d.numpy)
    x = _number(x)
    if d.rank == 1 and d.itemsize < 8:
        return int(np.asarray(x).astype(d.numpy))
    return x


def _number(x: Any) -> Any:
    """A numpy scalar or 0-d array as a Python number."""
    return x.item() if isinstance(x, (np.generic, np.ndarray)) and not np.ndim(x) else x


def older_order(name: str, *args: Any, most: int = 1) -> tuple[list[Any], list[Any]]:
    """(numbers, tensors) of a call in the order of PyTorch's first years, numbers before the tensors that they scale:
    `x.addcmul_(0.5, a, b)`. TypeError if it is none, or has more numbers than `most`.
    """
    args = tuple([as_number(a) if 0 < i < len(args) - 2 else a for i, a in enumerate(args)])
    numbers, tensors = [[a for a in args if isinstance(a, TensorBase) == kind] for kind in (False, True)]
    if len(tensors) != 3 or not 1 <= len(numbers) <= most or not all(isinstance(a, TensorBase) for a in args[-2:]):
        raise TypeError(f"{name}() takes tensors, and numbers by keyword, but got {[type(a).__name__ for a in args]}")
    warn_of_order(name)
    return numbers, tensors


def as_number(x: Any) -> Any:
    """The number of a tensor without dimensions; all else as it is."""
    return x.item() if isinstance(x, TensorBase) and not x.array.ndim else x


def warn_of_order(name: str) -> None:
    """The order is deprecated."""
    warnings.warn(
        f"This overload of {name} is deprecated: give the factors as keywords, after the tensors", stacklevel=4
    )


# ---------------------------------------------------------------- writing in place


def inplace(function: Any, kernel: Elementwise | None = None, dtypes: str = "fd") -> Any:
    """The in-place form of an operation: its result is written to the memory of its first argument.

    What the operation saved of the old values is kept apart by a copy, if anything was. The tensor then comes from the
    operation's node; the base of a view, from a `CopySlices` node above it. With a `kernel`, what is not recorded and
    needs no promotion is written at once, without memory in between, if it is of one of the `dtypes`.
    """
    name = function.__name__ + "_"

    @functools.wraps(function)
    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        check_writable(self)
        for x in args:
            if isinstance(x, TensorBase) and x is not self and x._storage is not None and x._storage is self._storage:
                check_apart(self, x, name)
        if kernel is not None and not kwargs and len(args) < 2 and _goes_directly(self, args, dtypes):
            kernel.write(self.array, *[x.array if isinstance(x, TensorBase) else x for x in args])
            self.storage.written(name)
            return self
        if not mode.grad:
            return overwrite(self, function(self, *args, **kwargs), name)
        old = self._same_place()
        result = function(old, *args, **kwargs)
        check_overwrite(self, result, name)
        if sys.getrefcount(old) > ONE_REFERENCE:
            old.keep_apart()
        return overwrite(self, result, name)

    write.__name__ = name
    write.__doc__ = f"`{function.__name__}`, written to this tensor's memory."
    return write


def _goes_directly(x: TensorBase, others: tuple[Any, ...], dtypes: str) -> bool:
    """Whether x can be overwritten element by element:
    contiguous, of one of these dtypes, others that are alike or numbers of their kind, no record.
    """
    array = x.array
    if (
        array.dtype.char not in dtypes
        or not (array.flags.c_contiguous and array.flags.writeable)
        or (mode.grad and x.tracked())
    ):
        return False
    for y in others:
        if not isinstance(y, TensorBase):
            if type(y) is not int and (type(y) is not float or array.dtype.kind != "f"):
                return False
        elif (
            y.array.dtype is not array.dtype
            or y.array.shape != array.shape
            or not y.array.flags.c_contiguous
            or (mode.grad and y.tracked())
            or (y.array is not array and np.may_share_memory(array, y.array))
        ):
            return False
    return True


def overwrite(target: T, result: Any, name: str) -> T:
    """Put the values of `result` into the memory of `target`, and its history in place of the target's."""
    check_overwrite(target, result, name)
    recorded = mode.grad and result.tracked()
    if recorded:
        check_takes_history(target)
    cast.assign(target.array, result.array)
    target.storage.written(name)
    if recorded:
        take_history(target, result)
    return target


def into(out: Any, result: Any, name: str) -> Any:
    """The result; written to `out` if one is given, which then is the result, in its shape.

    TypeError for what is no tensor; RuntimeError if one of the two requires grad, or for a dtype of a lower kind than
    that of the result.
    """
    if out is None:
        return result
    if not isinstance(out, TensorBase):
        raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if mode.grad and (result.tracked() or out.tracked()):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
            "arguments requires grad."
        )
    if not dt.can_cast(result.dtype, out.dtype):
        raise DtypeError(
            name, f"result type {result.dtype.title} can't be cast to the desired output type {out.dtype.title}", out
        )
    if out.array.shape != result.array.shape:
        if out.array.size:
            warnings.warn(
                f"An output with one or more elements was resized since it had shape {list(out.shape)}, which does "
                f"not match the required output shape {list(result.shape)}.",
                stacklevel=3,
            )
        out.resize_(*result.array.shape)
    return out.copy_(result.detach())


def check_overwrite(target: TensorBase, result: TensorBase, name: str) -> None:
    """RuntimeError if `result` has another shape than `target`, a dtype of a higher kind,
    or if its memory overlaps itself.
    """
    if result.array.shape != target.array.shape:
        raise OperationError(
            name, f"output with shape {list(target.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    if result.array.dtype is not target.array.dtype and not dt.can_cast(result.dtype, target.dtype):
        raise OperationError(
            name, f"result type {result.dtype.title} can't be cast to the desired output type {target.dtype.title}"
        )
    check_overlap(target, name)


def check_overlap(target: TensorBase, name: str) -> None:
    """RuntimeError if two elements of what is to be written to share memory."""
    if 0 in target.array.strides and overlaps_itself(target.array):
        raise OperationError(
            name,
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation.",
        )


def check_apart(target: Any, source: Any, name: str, same: bool = True) -> None:
    """RuntimeError if the source lies partly in the memory that is written; `same`: it may be just that memory."""
    a, b = target.array, source.array
    if not (a.flags.forc and b.flags.forc and np.may_share_memory(a, b)):
        return
    if not (same and _steps(a) == _steps(b) and np.lib.array_utils.byte_bounds(a) == np.lib.array_utils.byte_bounds(b)):
        raise OperationError(
            name,
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
            "memory location. Please clone() the tensor before performing the operation.",
            target,
            source,
        )


def _steps(array: Array) -> list[tuple[int, int]]:
    """The sizes and strides of the dimensions; of those of size 1 numpy says what it likes."""
    return [(n, s if n > 1 else 0) for n, s in zip(array.shape, array.strides, strict=True)]


def overlaps_itself(array: Array) -> bool:
    """Whether two elements share memory because a dimension was expanded."""
    return array.size > 0 and any(s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True))


# ---------------------------------------------------------------- rules


def conj(x: Any) -> Any:
    """The complex conjugate; a real tensor or number as it is."""
    if isinstance(x, TensorBase):
        return x.conj() if x.array.dtype.kind == "c" else x
    return x.conjugate() if type(x) is complex else x


def fused(kernel: Elementwise, formula: Callable[..., Any], g: Any, *args: Any) -> Any:
    """A gradient: one pass of `kernel` while nothing is recorded, else `formula`, the same made of operations.
    The formula serves for complex numbers, too.
    """
    by_formula = mode.grad or g.array.dtype.kind == "c"
    return formula(g, *args) if by_formula else pointwise(kernel, g, *args)


def by_text(kernel: Elementwise, *args: Any) -> Any:
    """The same where the kernel is arithmetic alone: its text is the formula."""
    return fused(kernel, kernel.scalar, *args)


def rule_of(kernel: Elementwise) -> Any:
    """`by_text` as the rule of an operation."""
    return staticmethod(functools.partial(by_text, kernel))


def product(g: Any, x: Any) -> Any:
    """g conj(x), a gradient."""
    return by_text(kernels.mul, g, conj(x))


def derivative(formula: Callable[..., Any], inputs: Any, needs: Any, grads: Any) -> list[Any]:
    """The gradients of the inputs that need one, recorded: those of `formula`, which computes the outputs anew.

    For a fused backward, to be differentiated in turn: it saved its inputs, and `formula` is made of operations.
    """
    places = [x.view_as(x) if need else x for x, need in zip(inputs, needs, strict=False)]
    outputs = formula(*places)
    several = outputs if isinstance(outputs, tuple) else (outputs,)
    pairs = [(y, g) for y, g in zip(several, grads, strict=True) if g is not None and y.tracked()]
    wanted = [x for x, need in zip(places, needs, strict=False) if need]
    found = iter(
        engine.grad([y for y, _ in pairs], wanted, [g for _, g in pairs], create_graph=True, allow_unused=True)
    )
    return [next(found) if need else None for _, need in zip(places, needs, strict=False)]


# ---------------------------------------------------------------- operations made of operations


def shown_as(name: str) -> Callable[[F], F]:
    """A function made of several operations, for which PyTorch has one: the node of its result is called so, too.

    Only its name changes, `grad_fn=<CdistBackward0>`: the nodes of the other operations lie below it, as before.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if not mode.grad:
                return function(*args, **kwargs)
            start = tick()
            result = function(*args, **kwargs)
            for x in result if isinstance(result, tuple) else (result,):
                node = x.grad_fn if isinstance(x, TensorBase) else None
                if node is not None and node.number > start:
                    rename(node, name)
            return result

        return taken_as(F, call)

    return decorate


# ---------------------------------------------------------------- several results


@functools.cache
def results(operation: str, *fields: str) -> Any:
    """The named tuple that an operation returns, `torch.return_types.max(values=..., indices=...)`."""
    names: Any = fields or ("values", "indices")
    make: Any = namedtuple
    kind = make(operation, names)
    shown = ",\n".join(f"{name}={{!r}}" for name in names)
    kind.__repr__ = lambda self: f"torch.return_types.{operation}(\n{shown.format(*self)})"
    kind.__module__ = "torch.return_types"
    return kind
