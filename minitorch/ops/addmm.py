"""Matrix products added to a tensor: addmm, addmv, addr, baddbmm, addbmm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from ..kernels import matmul as kernels
from .autocast import lowered
from .base import Op, T, conj, inplace, older_order, promoted
from .matmul import Mv, _check, _check_batches, _dims, _product, matmul, outer
from .view import expand, transpose

__all__ = ["addbmm", "addmm", "addmv", "addmv_", "addr", "baddbmm"]


class Addmm(Op):
    """y = beta x + alpha a b for matrices;  dx = beta g, da = alpha g bᵀ, db = alpha aᵀ g"""

    product: Callable[..., Any] = staticmethod(kernels.matmul)

    @classmethod
    def forward(cls, ctx: Any, x: Any, a: Any, b: Any, beta: Any, alpha: Any) -> Any:
        ctx.save_for_backward(a, b)
        ctx.factors = beta, alpha
        return kernels.plus(x.array, cls.product(a.array, b.array), beta, alpha)

    @classmethod
    def backward(cls, ctx: Any, g: Any) -> Any:
        a, b = ctx.saved_tensors
        beta, alpha = map(conj, ctx.factors)
        _, need_a, need_b, _, _ = ctx.needs_input_grad
        scaled = g if alpha == 1 else g * alpha
        da = cls.left(scaled, a, conj(b)) if need_a else None
        db = cls.right(scaled, conj(a), b) if need_b else None
        return g if beta == 1 else g * beta, da, db, None, None

    @staticmethod
    def left(g: Any, a: Any, b: Any) -> Any:
        """The gradient of a"""
        return _product(g, transpose(b, -2, -1))

    @staticmethod
    def right(g: Any, a: Any, b: Any) -> Any:
        """The gradient of b"""
        return _product(transpose(a, -2, -1), g)


class Baddbmm(Addmm):
    """y = beta x + alpha a b for stacks of matrices"""


class Addbmm(Addmm):
    """y = beta x + alpha Σ aᵢ bᵢ over a stack of matrices"""

    product = staticmethod(kernels.summed_products)

    @staticmethod
    def left(g: Any, a: Any, b: Any) -> Any:
        """The gradient of a"""
        return _product(expand(g, (b.array.shape[0], *g.array.shape)), transpose(b, -2, -1))

    @staticmethod
    def right(g: Any, a: Any, b: Any) -> Any:
        """The gradient of b"""
        return _product(transpose(a, -2, -1), expand(g, (a.array.shape[0], *g.array.shape)))


class Addmv(Addmm):
    """y = beta x + alpha a v for a matrix and a vector;  da = alpha g vᵀ, dv = alpha aᵀ g"""

    @staticmethod
    def left(g: Any, a: Any, b: Any) -> Any:
        """The gradient of the matrix"""
        return outer(g, b)

    @staticmethod
    def right(g: Any, a: Any, b: Any) -> Any:
        """The gradient of the vector"""
        return Mv.apply(transpose(a, 0, 1), g)


class Addr(Addmm):
    """y = beta x + alpha u vᵀ for vectors;  du = alpha g v, dv = alpha gᵀ u"""

    product = staticmethod(kernels.outer)

    @staticmethod
    def left(g: Any, a: Any, b: Any) -> Any:
        """The gradient of the first vector"""
        return matmul(g, b)

    @staticmethod
    def right(g: Any, a: Any, b: Any) -> Any:
        """The gradient of the second vector"""
        return matmul(transpose(g, 0, 1), a)


def _added(function: Any, x: Any, a: Any, b: Any, shape: tuple[int, ...], beta: Any, alpha: Any) -> Any:
    """Apply, where x has the dtype of the product and can be expanded to its shape."""
    name = function.__name__.lower()
    if x.array.dtype is not a.array.dtype:
        raise DtypeError(name, "the tensor to add to and the factors must have the same dtype", x, a, b)
    if x.array.dtype.kind == "b" and function not in (Addr, Addmv):
        raise DtypeError(name, "products of bool tensors are not implemented: convert them first", x, a, b)
    if not _expands(x.array.shape, shape):
        raise OperationError(
            name, f"the tensor to add to cannot be expanded to the shape of the product, {list(shape)}", x, a, b
        )
    return function.apply(x, a, b, beta, alpha)


def _expands(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    """Whether a shape can be expanded to another."""
    sizes = zip(reversed(old), reversed(new), strict=False)
    return len(old) <= len(new) and all(m in (1, n) for m, n in sizes)


# ---------------------------------------------------------------- what users call


def _in_older_order(name: str, *args: Any) -> tuple[Any, ...]:
    (beta, *alpha), tensors = older_order(name, *args, most=2)
    return *tensors, beta, *(alpha or [1])


def addmm(input: T, mat1: Any, mat2: Any, *older: Any, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha (mat1 @ mat2) for matrices (n, k) and (k, m); with beta = 0, NaNs in input are forgotten.

    >>> torch.addmm(torch.ones(2), torch.eye(2), torch.eye(2), alpha=3)
    tensor([[4., 1.],
            [1., 4.]])
    """
    if older:
        input, mat1, mat2, beta, alpha = _in_older_order("addmm", input, mat1, mat2, *older)
    if dt.mixed:
        input, mat1, mat2 = lowered(input, mat1, mat2)
    _dims("addmm", mat1, 2)
    _dims("addmm", mat2, 2)
    _check("addmm", mat1, mat2)
    return _added(Addmm, input, mat1, mat2, (mat1.array.shape[0], mat2.array.shape[1]), beta, alpha)


def addmv(input: T, mat: Any, vec: Any, *older: Any, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha (mat @ vec) for a matrix (n, m) and a vector (m)."""
    if older:
        input, mat, vec, beta, alpha = _in_older_order("addmv", input, mat, vec, *older)
    _dims("addmv", mat, 2)
    _dims("addmv", vec, 1)
    _check("addmv", mat, vec)
    return _added(Addmv, input, mat, vec, mat.array.shape[:1], beta, alpha)


def addr(input: T, vec1: Any, vec2: Any, *older: Any, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha outer(vec1, vec2) in the common dtype; bools are combined with "and" and "or"."""
    if older:
        input, vec1, vec2, beta, alpha = _in_older_order("addr", input, vec1, vec2, *older)
    _dims("addr", vec1, 1)
    _dims("addr", vec2, 1)
    x, a, b = promoted(input, vec1, vec2)
    if x.array.dtype.kind not in "fcV" and (isinstance(beta, float) or isinstance(alpha, float)):
        raise DtypeError("addr", "For integral input tensors, argument beta and alpha must not be floating point", x)
    return _added(Addr, x, a, b, (a.array.size, b.array.size), beta, alpha)


def baddbmm(input: T, batch1: Any, batch2: Any, *older: Any, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha bmm(batch1, batch2) for stacks of matrices (s, n, k) and (s, k, m)."""
    if older:
        input, batch1, batch2, beta, alpha = _in_older_order("baddbmm", input, batch1, batch2, *older)
    if dt.mixed:
        input, batch1, batch2 = lowered(input, batch1, batch2)
    _check_batches("baddbmm", batch1, batch2)
    shape = (*batch1.array.shape[:2], batch2.array.shape[2])
    return _added(Baddbmm, input, batch1, batch2, shape, beta, alpha)


def addbmm(input: T, batch1: Any, batch2: Any, *older: Any, beta: Any = 1, alpha: Any = 1) -> T:
    """beta input + alpha times the sum of bmm(batch1, batch2) over the stack."""
    if older:
        input, batch1, batch2, beta, alpha = _in_older_order("addbmm", input, batch1, batch2, *older)
    if dt.mixed:
        input, batch1, batch2 = lowered(input, batch1, batch2)
    _check_batches("addbmm", batch1, batch2)
    return _added(Addbmm, input, batch1, batch2, (batch1.array.shape[1], batch2.array.shape[2]), beta, alpha)


addmm_, addmv_, addr_, baddbmm_, addbmm_ = map(inplace, (addmm, addmv, addr, baddbmm, addbmm))
