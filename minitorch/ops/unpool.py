"""Pooling undone, power-mean pooling, and normalisation over neighbouring channels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from ..kernels import index as kernels
from .arithmetic import refuse
from .autocast import in_float32, raised
from .base import Op, T, shown_as
from .conv import each
from .join import cat
from .pool import GetAt, avg_pool1d, avg_pool2d, avg_pool3d
from .view import reshape, squeeze, unsqueeze


class MaxUnpool(Op):
    """Zeros with x written at indices of the planes;  dx = g at the indices"""

    @staticmethod
    def forward(ctx: Any, x: Any, at: Any, shape: tuple[int, ...]) -> Any:
        ctx.save_for_backward(at)
        ctx.dims = len(shape) - 2
        planes = math.prod(shape[:2])
        y = np.zeros((planes, math.prod(shape[2:])), x.array.dtype)
        kernels.scatter(y, 1, at.array.reshape(planes, -1), x.array.reshape(planes, -1))
        return y.reshape(shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (at,) = ctx.saved_tensors
        return GetAt.apply(g, at, ctx.dims), None, None


def _unpooled_size(size: Any, kernel: Any, stride: Any, padding: Any, wanted: Any) -> tuple[int, ...]:
    geometry = zip(size, kernel, stride, padding, strict=True)
    usual = [(n - 1) * s + k - 2 * p for n, k, s, p in geometry]
    if wanted is None:
        return tuple(usual)
    sizes = tuple(wanted)[-len(usual) :] if len(wanted) == len(usual) + 2 else tuple(wanted)
    if len(sizes) != len(usual):
        raise ValueError(
            f"output_size should be a sequence containing {len(usual)} or {len(usual) + 2} elements, but it has a "
            f"length of '{len(wanted)}'"
        )
    for n, m, s in zip(sizes, usual, stride, strict=True):
        if not m - s < n < m + s:
            raise ValueError(f"invalid output_size {sizes}: each must be less than a stride away from {usual}")
    return sizes


def _unpool(dims: int, input: Any, indices: Any, kernel: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    name = f"max_unpool{dims}d"
    kernel, padding = each(kernel, dims), each(padding, dims)
    stride = kernel if stride is None else each(stride, dims)
    refuse(name, "biuc", input)
    if indices.array.dtype != np.int64:
        raise DtypeError(name, "elements in indices should be type int64", indices)
    if input.array.ndim not in (dims + 1, dims + 2) or input.array.shape != indices.array.shape:
        raise OperationError(
            name, f"expected {dims + 1}D or {dims + 2}D input and indices of its shape", input, indices
        )
    size = _unpooled_size(input.array.shape[-dims:], kernel, stride, padding, output_size)
    single = input.array.ndim == dims + 1
    x, at = (unsqueeze(input, 0), unsqueeze(indices, 0)) if single else (input, indices)
    volume = math.prod(size)
    if at.array.size and (at.min().item() < 0 or at.max().item() >= volume):
        raise RuntimeError(
            f"{name}: found an invalid max index (output volumes are of size {'x'.join(map(str, size))})"
        )
    y = MaxUnpool.apply(x, at, (*x.array.shape[:2], *size))
    return squeeze(y, 0) if single else y


@in_float32
def max_unpool1d(
    input: T, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> T:
    """Zeros with input (N, C, L) put back to where `max_pool1d(..., return_indices=True)` found it."""
    return _unpool(1, input, indices, kernel_size, stride, padding, output_size)


@shown_as("MaxUnpool2DBackward0")
@in_float32
def max_unpool2d(
    input: T, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> T:
    """Zeros with input (N, C, H, W) put back to where `max_pool2d(..., return_indices=True)` found it."""
    return _unpool(2, input, indices, kernel_size, stride, padding, output_size)


@shown_as("MaxUnpool3DBackward0")
@in_float32
def max_unpool3d(
    input: T, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> T:
    """Zeros with input (N, C, D, H, W) put back to where `max_pool3d(..., return_indices=True)` found it."""
    return _unpool(3, input, indices, kernel_size, stride, padding, output_size)


# ---------------------------------------------------------------- power means


def _power_pool(pool: Any, dims: int, input: Any, p: float, kernel: Any, stride: Any, ceil_mode: bool) -> Any:
    kernel = each(kernel, dims)
    mean = pool(input.pow(p), kernel, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu() * math.prod(kernel)).pow(1.0 / p)


def lp_pool1d(input: T, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> T:
    """(Σ xᵖ)^(1/p) over each window of (N, C, L)."""
    return _power_pool(avg_pool1d, 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: T, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> T:
    """(Σ xᵖ)^(1/p) over each window of (N, C, H, W)."""
    return _power_pool(avg_pool2d, 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: T, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> T:
    """(Σ xᵖ)^(1/p) over each window of (N, C, D, H, W)."""
    return _power_pool(avg_pool3d, 3, input, norm_type, kernel_size, stride, ceil_mode)


def local_response_norm(input: T, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> T:
    """x / (k + α mean of x² over `size` neighbouring channels)^β for (N, C, ...) (Krizhevsky et al., 2012)."""
    shape = input.array.shape
    if len(shape) < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {len(shape)} dimensions)")
    refuse("local_response_norm", "b", input)
    if not input.array.size:
        return input
    squares = reshape(input.square(), shape[0], 1, shape[1], -1)
    before, after = size // 2, (size - 1) // 2
    edges = [squares.new_zeros((shape[0], 1, n, squares.array.shape[-1])) for n in (before, after)]
    padded = cat([edges[0], squares, edges[1]], 2)
    mean = reshape(avg_pool2d(padded, (size, 1), 1), shape)
    if len(shape) > 3:  # PyTorch's is an avg_pool3d, which autocast raises
        (mean,) = raised(mean)
    return input / (mean * alpha + k).pow(beta)
