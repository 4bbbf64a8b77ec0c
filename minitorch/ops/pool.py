"""Pooling over one to three dimensions."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from ..kernels import pool as kernels
from .arithmetic import no_complex
from .autocast import in_float32, raised
from .base import Op, T, numbers, shown_as
from .conv import check_numbers, each
from .view import squeeze, unsqueeze

__all__ = ["adaptive_avg_pool1d", "avg_pool1d", "max_pool1d", "max_pool2d", "max_pool3d"]


class MaxPool(Op):
    """The largest value of each window and its index;  dx = zeros with g added at the indices"""

    title = "MaxPool2DWithIndices"

    @staticmethod
    def forward(ctx: Any, x: Any, dims: int, values: Any, indices: Any) -> Any:
        at = x._wrap(indices)
        ctx.save_for_backward(at)
        ctx.mark_non_differentiable(at)
        ctx.args = x.array.shape, dims
        return x._wrap(values), at

    @staticmethod
    def backward(ctx: Any, g: Any, _: Any) -> Any:
        (at,) = ctx.saved_tensors
        return PutAt.apply(g, at, *ctx.args), None, None, None


class MaxPool3d(MaxPool):
    """The same of (N, C, D, H, W)"""

    title = "MaxPool3DWithIndices"


class AdaptiveMaxPool2d(MaxPool):
    """The same of windows that share a plane out"""

    title = "AdaptiveMaxPool2D"


class AdaptiveMaxPool3d(MaxPool):
    """The same of windows that share a block out"""

    title = "AdaptiveMaxPool3D"


class PutAt(Op):
    """Zeros with x added at indices of the planes;  dx = g at the indices"""

    title = "MaxUnpool"

    @staticmethod
    def forward(ctx: Any, x: Any, at: Any, shape: Any, dims: int) -> Any:
        ctx.save_for_backward(at)
        ctx.dims = dims
        return kernels.put_at(x.array, at.array, shape, dims)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (at,) = ctx.saved_tensors
        return GetAt.apply(g, at, ctx.dims), None, None, None


class GetAt(Op):
    """The elements at indices of the planes;  dx = zeros with g added there"""

    title = "MaxPoolBackward"

    @staticmethod
    def forward(ctx: Any, x: Any, at: Any, dims: int) -> Any:
        ctx.save_for_backward(at)
        ctx.args = x.array.shape, dims
        return kernels.get_at(x.array, at.array, dims)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (at,) = ctx.saved_tensors
        return PutAt.apply(g, at, *ctx.args), None, None


class AvgPool(Op):
    """The mean of each window;  dx = g shared evenly among its elements"""

    title = "AvgPool2D"

    @staticmethod
    def forward(ctx: Any, x: Any, windows: Any) -> Any:
        ctx.args = windows, x.array.shape
        return kernels.average(x.array, windows)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Share.apply(g, *ctx.args), None


class AvgPool3d(AvgPool):
    """The same of (N, C, D, H, W)"""

    title = "AvgPool3D"


class AdaptiveAvgPool2d(AvgPool):
    """The same of windows that share a plane out"""

    title = "AdaptiveAvgPool2D"


class AdaptiveAvgPool3d(AvgPool):
    """The same of windows that share a block out"""

    title = "AdaptiveAvgPool3D"


class Share(Op):
    """Values shared evenly among windows: the derivative of AvgPool;  dx = the mean of each window of g"""

    title = "AvgPool2DBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, windows: Any, shape: Any) -> Any:
        ctx.windows = windows
        return kernels.share(g.array, windows, shape)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return AvgPool.apply(g, ctx.windows), None, None


# ---------------------------------------------------------------- arguments


def _batched(name: str, dims: int, x: Any) -> tuple[Any, bool]:
    """Whether x is a single sample, and x with a batch dimension, which alone may be empty."""
    single = x.array.ndim == dims + 1
    if (x.array.ndim != dims + 2 and not single) or 0 in x.array.shape[0 if single else 1 :]:
        raise OperationError(
            name,
            f"Expected {dims + 1}D or {dims + 2}D tensor, where no dimension but that of the batch may be empty",
            x,
        )
    return (unsqueeze(x, 0) if single else x), single


def _floats(name: str, x: Any) -> None:
    if x.array.dtype.kind not in "fV":
        raise DtypeError(name, "expected a floating-point tensor", x)


def _numbers(name: str, x: Any) -> None:
    if x.array.dtype.kind == "b":
        raise DtypeError(name, "pooling of bool tensors is not implemented: convert them first", x)


def _sliding(name: str, size: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> Any:
    """The arguments as one number per dimension each, checked."""
    dims = len(size)
    kernel = each(kernel, dims)
    stride = kernel if stride is None or stride in ((), []) else each(stride, dims)
    padding, dilation = each(padding, dims), each(dilation, dims)
    check_numbers(name, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
    if any(2 * p > k for k, p in zip(kernel, padding, strict=True)):
        raise RuntimeError(
            f"{name}: pad should be at most half of effective kernel size, but got pad={padding} and "
            f"kernel_size={kernel}"
        )
    output = [kernels.output_size(*a, ceil_mode) for a in zip(size, kernel, stride, padding, dilation, strict=True)]
    if min(output) <= 0:
        raise RuntimeError(
            f"{name}: Given input size {list(size)}, calculated output size {output}: output size is too small"
        )
    return kernel, stride, padding, dilation


def _max(
    name: str, dims: int, input: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Any:
    x, single = _batched(name, dims, input)
    _numbers(name, x)
    size = x.array.shape[2:]
    kernel, stride, padding, dilation = _sliding(name, size, kernel, stride, padding, dilation, ceil_mode)
    function = MaxPool3d if dims == 3 else MaxPool
    found = kernels.max_pool(numbers(x), kernel, stride, padding, dilation, ceil_mode)
    values, indices = function.apply(x, dims, *found)
    return (squeeze(values, 0), squeeze(indices, 0)) if single else (values, indices)


def _average(
    name: str,
    dims: int,
    input: Any,
    kernel: Any,
    stride: Any,
    padding: Any,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor: Any,
) -> Any:
    no_complex(name, input)
    x, single = _batched(name, dims, input)
    if x.array.dtype.kind not in "fV" and x.array.dtype != np.int64:
        raise DtypeError(name, "expected a floating-point tensor, or one of int64", x)
    if divisor == 0:
        raise RuntimeError(f"{name}: divisor must be not zero")
    size = x.array.shape[2:]
    kernel, stride, padding, _ = _sliding(name, size, kernel, stride, padding, 1, ceil_mode)
    windows = kernels.sliding_windows(size, kernel, stride, padding, ceil_mode, count_include_pad, divisor)
    y = (AvgPool3d if dims == 3 else AvgPool).apply(x, windows)
    return squeeze(y, 0) if single else y


def _adaptive_size(name: str, output_size: Any, size: Any) -> tuple[int, ...]:
    wanted = tuple(output_size) if isinstance(output_size, Iterable) else (output_size,) * len(size)
    if len(wanted) != len(size):
        raise RuntimeError(f"{name}: expected {len(size)} numbers for output_size, but got {output_size}")
    found = tuple([n if o is None else index(o) for o, n in zip(wanted, size, strict=True)])
    if min(found) < 0:
        raise RuntimeError(f"{name}: elements of output_size must not be negative, but got {output_size}")
    return found


def _adaptive_average(name: str, dims: int, input: Any, output_size: Any) -> Any:
    _check_sizes(name, input, output_size)
    x, single = _batched(name, dims, input)
    _floats(name, x)
    size = x.array.shape[2:]
    wanted = _adaptive_size(name, output_size, size)
    if dims > 1 and wanted == (1,) * dims:
        return input.mean(tuple(range(-dims, 0)), keepdim=True)
    function = {1: AvgPool, 2: AdaptiveAvgPool2d, 3: AdaptiveAvgPool3d}[dims]
    y = function.apply(x, kernels.adaptive_windows(size, wanted))
    return squeeze(y, 0) if single else y


def _check_sizes(name: str, x: Any, sizes: Any) -> None:
    """ValueError where two or three sizes are given for fewer dimensions and that of the channels."""
    if isinstance(sizes, (tuple, list)) and 1 < len(sizes) >= x.array.ndim:
        raise ValueError(f"{name}: Input dimension should be at least {len(sizes) + 1}, got {x.array.ndim}")


def _adaptive_max(name: str, dims: int, input: Any, output_size: Any) -> Any:
    _check_sizes(name, input, output_size)
    x, single = _batched(name, dims, input)
    _floats(name, x)
    size = x.array.shape[2:]
    found = kernels.window_max(numbers(x), kernels.adaptive_windows(size, _adaptive_size(name, output_size, size)))
    function = {1: MaxPool, 2: AdaptiveMaxPool2d, 3: AdaptiveMaxPool3d}[dims]
    values, indices = function.apply(x, dims, *found)
    return (squeeze(values, 0), squeeze(indices, 0)) if single else (values, indices)


# ---------------------------------------------------------------- what users call


@shown_as("SqueezeBackward1")
def max_pool1d(
    input: T,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window of (N, C, L); with return_indices also where it stood."""
    if not return_indices:
        _floats("max_pool1d", input)  # with indices, PyTorch pools integers too
    both = _max("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)
    return both if return_indices else both[0]


def max_pool2d(
    input: T,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window of (N, C, H, W);
    with return_indices also where it stood in the flattened plane.
    """
    both = _max("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)
    return both if return_indices else both[0]


def max_pool3d(
    input: T,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window of (N, C, D, H, W); with return_indices also where it stood."""
    if not return_indices:
        (input,) = raised(input)
    both = _max("max_pool3d", 3, input, kernel_size, stride, padding, dilation, ceil_mode)
    return both if return_indices else both[0]


@shown_as("SqueezeBackward1")
def avg_pool1d(
    input: T,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> T:
    """The mean of each window of (N, C, L)."""
    return _average("avg_pool1d", 1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: T,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> T:
    """The mean of each window of (N, C, H, W)."""
    return _average(
        "avg_pool2d", 2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@in_float32
def avg_pool3d(
    input: T,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> T:
    """The mean of each window of (N, C, D, H, W)."""
    return _average(
        "avg_pool3d", 3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


@shown_as("SqueezeBackward1")
def adaptive_avg_pool1d(input: T, output_size: Any) -> T:
    """The mean of windows that share (N, C, L) out to `output_size` positions."""
    return _adaptive_average("adaptive_avg_pool1d", 1, input, output_size)


def adaptive_avg_pool2d(input: T, output_size: Any) -> T:
    """The mean of windows that share (N, C, H, W) out to `output_size` positions."""
    return _adaptive_average("adaptive_avg_pool2d", 2, input, output_size)


@in_float32
def adaptive_avg_pool3d(input: T, output_size: Any) -> T:
    """The mean of windows that share (N, C, D, H, W) out to `output_size` positions."""
    return _adaptive_average("adaptive_avg_pool3d", 3, input, output_size)


@shown_as("SqueezeBackward1")
def adaptive_max_pool1d(input: T, output_size: Any, return_indices: bool = False) -> Any:
    """The largest value of windows that share (N, C, L) out to `output_size` positions."""
    both = _adaptive_max("adaptive_max_pool1d", 1, input, output_size)
    return both if return_indices else both[0]


def adaptive_max_pool2d(input: T, output_size: Any, return_indices: bool = False) -> Any:
    """The largest value of windows that share (N, C, H, W) out to `output_size` positions."""
    both = _adaptive_max("adaptive_max_pool2d", 2, input, output_size)
    return both if return_indices else both[0]


@in_float32
def adaptive_max_pool3d(input: T, output_size: Any, return_indices: bool = False) -> Any:
    """The largest value of windows that share (N, C, D, H, W) out to `output_size` positions."""
    both = _adaptive_max("adaptive_max_pool3d", 3, input, output_size)
    return both if return_indices else both[0]
