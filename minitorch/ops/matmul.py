"""Matrix products."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import mode
from ..errors import DtypeError, OperationError
from ..kernels import matmul as kernels
from .arithmetic import add, mul
from .base import Op, T, TensorBase, conj, inplace
from .view import expand, reshape, sum_to_size, transpose, unsqueeze, view


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


def _array(x: Any) -> Any:
    return None if x is None else x.array


def _rows(x: Any) -> Any:
    """As a matrix, the leading dimensions flattened."""
    n = x.array.shape[-1]
    return x if x.array.ndim == 2 else reshape(x, x.array.size // n if n else 0, n)


def _product(a: Any, b: Any) -> Any:
    """a @ b for two or more dimensions, a stack of one operand folded into rows where the other is a matrix."""
    if a.array.ndim == 2 == b.array.ndim:
        return Mm.apply(a, b)
    if b.array.ndim == 2 and a.array.flags.c_contiguous:
        return view(Mm.apply(_rows(a), b), *a.array.shape[:-1], b.array.shape[-1])
    return Bmm.apply(a, b)


# ---------------------------------------------------------------- what users call


def _check(name: str, a: Any, b: Any) -> None:
    """Equal dtypes, and an inner dimension that fits."""
    if a.array.dtype is not b.array.dtype:
        raise DtypeError(name, f"expected m1 and m2 to have the same dtype, but got: {a.dtype} != {b.dtype}", a, b)
    inner = b.array.shape[-2] if b.array.ndim > 1 else b.array.shape[0]
    if a.array.shape[-1] != inner:
        shapes = f"({_by(a)} and {_by(b)})"
        raise OperationError(name, f"mat1 and mat2 shapes cannot be multiplied {shapes}", a, b)


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
    return view(x, x.array.shape[-1])


def mm(input: T, mat2: Any) -> T:
    """The product of two matrices, (n, k) and (k, m)."""
    _dims("mm", input, 2)
    _dims("mm", mat2, 2)
    _check("mm", input, mat2)
    return Mm.apply(input, mat2)


def bmm(input: T, mat2: Any) -> T:
    """The products of two stacks of matrices, (b, n, k) and (b, k, m)."""
    _dims("bmm", input, 3)
    _dims("bmm", mat2, 3)
    _check("bmm", input, mat2)
    if input.array.shape[0] != mat2.array.shape[0]:
        raise OperationError(
            "bmm", "Expected size for first two dimensions of batch2 tensor to match: batches differ", input, mat2
        )
    return Bmm.apply(input, mat2)


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


def _plus(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return add(product, mul(expand(input, product.array.shape), 0)) if input.tracked() else product
    return add(input if beta == 1 else mul(input, beta), product)


def addmm(input: T, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha (mat1 @ mat2)."""
    return _plus(input, mm(mat1, mat2), beta, alpha)


def addmv(input: T, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha (mat @ vec)."""
    return _plus(input, mv(mat, vec), beta, alpha)


def addr(input: T, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha outer(vec1, vec2)."""
    return _plus(input, outer(vec1, vec2), beta, alpha)


def baddbmm(input: T, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha bmm(batch1, batch2)."""
    return _plus(input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: T, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha times the sum of bmm(batch1, batch2) over the stack."""
    product = bmm(batch1, batch2)
    return _plus(input, view(sum_to_size(product, 1, *product.array.shape[1:]), *product.array.shape[1:]), beta, alpha)


def linear(input: T, weight: Any, bias: Any = None) -> T:
    """input @ weight.T + bias over the last dimension: (..., in), (out, in), (out) -> (..., out)."""
    if weight.array.ndim == 1:
        product = matmul(input, weight)
        return product if bias is None else add(product, bias)
    if not input.array.ndim or input.array.shape[-1] != weight.array.shape[1]:
        rows = input.array.size // (input.array.shape[-1] or 1) if input.array.ndim else 1
        columns = input.array.shape[-1] if input.array.ndim else 1
        raise OperationError(
            "linear",
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{columns} and {weight.array.shape[1]}x{weight.array.shape[0]}): "
            f"the layer takes {weight.array.shape[1]} features, the input has {columns}",
            input, weight,
        )  # fmt: skip
    if input.array.dtype is not weight.array.dtype:
        raise DtypeError(
            "linear", f"mat1 and mat2 must have the same dtype, but got {input.dtype} and {weight.dtype}", input, weight
        )
    return Linear.apply(input, weight, bias)


addmm_, addmv_, addr_, baddbmm_, addbmm_ = map(inplace, (addmm, addmv, addr, baddbmm, addbmm))
