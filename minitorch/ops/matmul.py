"""Matrix products."""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..autograd.node import shown
from ..errors import DtypeError, OperationError
from ..kernels import matmul as kernels
from .arithmetic import add, mul
from .autocast import lowered
from .base import Op, T, TensorBase, conj, shown_as
from .view import UnsafeView, reshape, sum_to_size, transpose, unsqueeze, view

__all__ = ["bmm", "dot", "inner", "matmul", "mm", "mv", "outer", "vdot"]


class Mm(Op):
    """y = a b for matrices, or stacks of them;  da = g bᵀ, db = aᵀ g"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        need_a, need_b = ctx.needs_input_grad
        ctx.save_for_backward(a if need_b else None, b if need_a else None)
        return kernels.matmul(a.array, b.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        da = None if b is None else _product(g, conj(transpose(b, -2, -1)))
        db = None if a is None else _product(conj(transpose(a, -2, -1)), g)
        return da, db


class Bmm(Mm):
    """A product of stacks of matrices"""


class Mv(Op):
    """y = a x for a matrix and a vector;  da = g xᵀ, dx = aᵀ g"""

    @staticmethod
    def forward(ctx: Any, a: Any, x: Any) -> Any:
        ctx.save_for_backward(a, x)
        return kernels.matmul(a.array, x.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, x = ctx.saved_tensors
        need_a, need_x = ctx.needs_input_grad
        return outer(g, conj(x)) if need_a else None, Mv.apply(conj(transpose(a, 0, 1)), g) if need_x else None


class Dot(Op):
    """y = Σ aᵢ bᵢ;  da = g b, db = g a"""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any) -> Any:
        ctx.save_for_backward(a, b)
        return kernels.matmul(a.array, b.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        need_a, need_b = ctx.needs_input_grad
        return g * conj(b) if need_a else None, g * conj(a) if need_b else None


class Linear(Op):
    """y = x wᵀ + b over the last dimension;  dx = g w, dw = gᵀ x, db = Σ g"""

    title = "Addmm"

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any, b: Any) -> Any:
        edge_x, edge_w, _ = ctx.edges
        ctx.save_for_backward(x if edge_w else None, w if edge_x else None)
        return kernels.linear(x.array, w.array, None if b is None else b.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        need_b = bool(ctx.edges[2])
        if not mode.grad:
            grads = kernels.linear_grad(g.array, _array(x), _array(w), need_b)
            return tuple([None if d is None else g._wrap(d) for d in grads])
        dx = None if w is None else _product(g, w)
        dw = None if x is None else _product(transpose(_rows(g), 0, 1), _rows(x))
        return dx, dw, sum_to_size(g, g.array.shape[-1:]) if need_b else None


class LinearOfStack(Linear):
    """The same of more than two dimensions, which PyTorch ends with a view"""

    title = "View"


class LinearWithoutBias(Linear):
    """y = x wᵀ over the last dimension"""

    title = "Mm"


class LinearOfStackWithoutBias(Linear):
    """The same of more than two dimensions"""

    title = "UnsafeView"


def _array(x: Any) -> Any:
    return None if x is None else x.array


def _rows(x: Any) -> Any:
    """As a matrix, the leading dimensions flattened."""
    n = x.array.shape[-1]
    return x if x.array.ndim == 2 else reshape(x, math.prod(x.array.shape[:-1]), n)


def _product(a: Any, b: Any) -> Any:
    """a @ b for two or more dimensions, a stack of one operand folded into rows where the other is a matrix."""
    if a.array.ndim == 2 == b.array.ndim:
        return Mm.apply(a, b)
    if b.array.ndim == 2 and a.array.flags.c_contiguous:
        return UnsafeView.apply(Mm.apply(_rows(a), b), (*a.array.shape[:-1], b.array.shape[-1]))
    return Bmm.apply(a, b)


# ---------------------------------------------------------------- what users call


def _check(name: str, a: Any, b: Any) -> None:
    """Equal dtypes, and an inner dimension that fits."""
    if a.array.dtype is not b.array.dtype:
        raise DtypeError(name, f"expected m1 and m2 to have the same dtype, but got: {a.dtype} != {b.dtype}", a, b)
    if a.array.dtype.kind == "b":
        _no_bools(name, a, b)
    inner = b.array.shape[-2] if b.array.ndim > 1 else b.array.shape[0]
    if a.array.shape[-1] != inner:
        shapes = f"({_by(a)} and {_by(b)})"
        raise OperationError(name, f"mat1 and mat2 shapes cannot be multiplied {shapes}", a, b)


def _no_bools(name: str, a: Any, b: Any) -> None:
    """As in PyTorch, bool tensors have no products, unless there is nothing to multiply."""
    if a.array.ndim == b.array.ndim == 1 or (a.array.size and b.array.size):
        raise DtypeError(name, "products of bool tensors are not implemented: convert them first", a, b)


def _by(x: Any) -> str:
    return "x".join(map(str, x.array.shape))


def _dims(name: str, x: Any, *allowed: int) -> None:
    if x.array.ndim not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise OperationError(name, f"expected a tensor with {wanted} dimensions", x)


def matmul(input: T, other: Any) -> T:
    """The matrix product; dimensions before the last two are a stack and broadcast. A vector is a row or a column.

    Shapes (..., n, k) @ (..., k, m) -> (..., n, m); the dtypes must be equal.

    >>> torch.ones(2, 3) @ torch.ones(3)
    tensor([3., 3.])
    """
    if dt.mixed:
        input, other = lowered(input, other)
    a, b = input, other
    if not isinstance(b, TensorBase):
        raise TypeError(f"matmul(): argument 'other' must be Tensor, not {type(b).__name__}")
    m, n = a.array.ndim, b.array.ndim
    if not m or not n:
        raise OperationError("matmul", "both arguments to matmul need to be at least 1D", a, b)
    _check("matmul", a, b)
    if m <= 2 and n <= 2:
        return _small[m, n](a, b)
    if n == 1:
        return _last(_product(a, unsqueeze(b, 1)))
    if m == 1:
        product = Bmm.apply(unsqueeze(a, 0), b)
        return view(product, *product.array.shape[:-2], product.array.shape[-1])
    _check_stacks(a, b)
    return _product(a, b)


def _last(x: Any) -> Any:
    return view(x, *x.array.shape[:-1])


def _check_stacks(a: Any, b: Any) -> None:
    for p, q in zip(a.array.shape[-3::-1], b.array.shape[-3::-1], strict=False):
        if p != q and 1 not in (p, q):
            raise OperationError("matmul", f"the stacks of matrices do not broadcast: {p} and {q}", a, b)


_small: dict[tuple[int, int], Any] = {
    (1, 1): Dot.apply,
    (2, 1): Mv.apply,
    (2, 2): Mm.apply,
    (1, 2): lambda a, b: _first(Mm.apply(unsqueeze(a, 0), b)),
}


def _first(x: Any) -> Any:
    return shown(view(x, x.array.shape[-1]), "SqueezeBackward4")


def mm(input: T, mat2: Any) -> T:
    """The product of two matrices, (n, k) and (k, m)."""
    if dt.mixed:
        input, mat2 = lowered(input, mat2)
    _dims("mm", input, 2)
    _dims("mm", mat2, 2)
    _check("mm", input, mat2)
    return Mm.apply(input, mat2)


def bmm(input: T, mat2: Any) -> T:
    """The products of two stacks of matrices, (b, n, k) and (b, k, m)."""
    if dt.mixed:
        input, mat2 = lowered(input, mat2)
    _check_batches("bmm", input, mat2)
    return Bmm.apply(input, mat2)


def _check_batches(name: str, a: Any, b: Any) -> None:
    _dims(name, a, 3)
    _dims(name, b, 3)
    _check(name, a, b)
    if a.array.shape[0] != b.array.shape[0]:
        raise OperationError(name, "Expected the same number of matrices in both stacks: batches differ", a, b)


def mv(input: T, vec: Any) -> T:
    """The product of a matrix (n, k) and a vector (k)."""
    _dims("mv", input, 2)
    _dims("mv", vec, 1)
    _check("mv", input, vec)
    return Mv.apply(input, vec)


def dot(input: T, tensor: Any) -> T:
    """The sum of the products of two vectors' elements."""
    _dims("dot", input, 1)
    _dims("dot", tensor, 1)
    if input.array.shape != tensor.array.shape:
        raise OperationError(
            "dot",
            "inconsistent tensor size, expected tensor and src to have the same number of elements",
            input,
            tensor,
        )
    _check("dot", input, tensor)
    return Dot.apply(input, tensor)


@shown_as("VdotBackward0")
def vdot(input: T, other: Any) -> T:
    """`dot` with the complex conjugate of the first."""
    return dot(conj(input), other)


def inner(input: T, other: Any) -> T:
    """Products summed over the last dimension of both."""
    if not input.array.ndim or not other.array.ndim:
        return mul(input, other)
    if input.array.ndim == 1 == other.array.ndim:
        return dot(input, other)
    product = matmul(_rows(unsqueeze(input, 0)), transpose(_rows(unsqueeze(other, 0)), 0, 1))
    return reshape(product, *input.array.shape[:-1], *other.array.shape[:-1])


def outer(input: T, vec2: Any) -> T:
    """Every element of one vector times every element of another: (n), (m) -> (n, m)."""
    _dims("outer", input, 1)
    _dims("outer", vec2, 1)
    return mul(unsqueeze(input, 1), vec2)


def linear(input: T, weight: Any, bias: Any = None) -> T:
    """input @ weight.T + bias over the last dimension: (..., in), (out, in), (out) -> (..., out)."""
    if dt.mixed:
        input, weight, bias = lowered(input, weight, bias)
    x, w = input.array, weight.array
    if w.ndim == 1 and bias is None:
        return matmul(input, weight)
    if w.ndim != 2 or not x.ndim or x.shape[-1] != w.shape[1] or x.dtype is not w.dtype:
        raise _linear_error(input, weight)
    kind = x.dtype.kind
    if kind == "b":
        _no_bools("linear", input, weight)
    if kind == "c":
        y = matmul(input, transpose(weight, 0, 1))
        return y if bias is None else _biased(y, bias)
    if bias is None:
        return (LinearWithoutBias if x.ndim < 3 else LinearOfStackWithoutBias).apply(input, weight, None)
    b = bias.array
    if b.ndim != 1 or b.size != w.shape[0] or b.dtype is not w.dtype:
        return _biased(LinearWithoutBias.apply(input, weight, None), bias)
    return (Linear if x.ndim == 2 else LinearOfStack).apply(input, weight, bias)


def _linear_error(input: Any, weight: Any) -> OperationError:
    x, w = input.array, weight.array
    if w.ndim != 2:
        return OperationError("linear", "the weight must be a matrix", input, weight)
    columns = x.shape[-1] if x.ndim else 1
    if x.ndim and columns == w.shape[1]:
        problem = f"mat1 and mat2 must have the same dtype, but got {input.dtype} and {weight.dtype}"
        return DtypeError("linear", problem, input, weight)
    rows = x.size // (columns or 1)
    return OperationError(
        "linear",
        f"mat1 and mat2 shapes cannot be multiplied ({rows}x{columns} and {w.shape[1]}x{w.shape[0]}): the layer takes "
        f"{w.shape[1]} features, the input has {columns}",
        input,
        weight,
    )


def _biased(y: Any, bias: Any) -> Any:
    """A bias of another shape than (out,): it may broadcast, but not enlarge the result."""
    if bias.array.dtype is not y.array.dtype:
        raise DtypeError("linear", "the bias must have the dtype of the input and the weight", y, bias)
    result = add(y, bias)
    if result.array.shape != y.array.shape:
        raise OperationError("linear", "the bias does not broadcast to the result", y, bias)
    return result
