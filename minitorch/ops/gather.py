"""Elements at indices along one dimension: gather, scatter, index_select and kin, embedding."""

from __future__ import annotations

from typing import Any

from ..errors import DtypeError, OperationError
from ..kernels import index as kernels
from .base import Op, T, TensorBase, inplace
from .view import dim_in


class Gather(Op):
    """y[i][j] = x[index[i][j]][j];  dx = zeros with g added at the indices"""

    @staticmethod
    def forward(ctx: Any, x: Any, axis: int, index: Any) -> Any:
        ctx.save_for_backward(index)
        ctx.args = axis, x.array.shape
        return kernels.gather(x.array, axis, index.array)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        axis, shape = ctx.args
        return put_at(g, index, axis, shape), None, None


class PutAt(Op):
    """Zeros with x added at indices along a dimension: the derivative of Gather;  dx = g gathered"""

    title = "GatherBackward"

    @staticmethod
    def forward(ctx: Any, x: Any, index: Any, axis: int, shape: tuple[int, ...]) -> Any:
        ctx.save_for_backward(index)
        ctx.axis = axis
        y = x._zeros(shape, x.array.dtype).array
        kernels.scatter_add(y, axis, index.array, x.array)
        return y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (index,) = ctx.saved_tensors
        return Gather.apply(g, ctx.axis, index), None, None, None


def put_at(x: Any, index: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with the values of x added at `index` along a dimension."""
    return PutAt.apply(x, index, axis, shape)
