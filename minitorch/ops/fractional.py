"""Max pooling over windows at random distances, and the forms of max pooling that always say where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import DtypeError, OperationError
from ..kernels import fractional as kernels
from ..kernels import random as draws
from ..kernels.cast import widened
from .autocast import in_float32
from .base import T, TensorBase, numbers
from .conv import each
from .pool import (
    MaxPool,
    _batched,
    _floats,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from .random import default_stream
from .view import squeeze

__all__ = ["max_pool1d_with_indices"]


class FractionalMaxPool2d(MaxPool):
    """The largest value of each of the windows and its index;  dx = zeros with g added at the indices"""

    title = "FractionalMaxPool2D"


class FractionalMaxPool3d(MaxPool):
    """The same of (N, C, D, H, W)"""

    title = "FractionalMaxPool3D"


def _ratios(output_ratio: Any, dims: int) -> tuple[float, ...]:
    return tuple(output_ratio) if isinstance(output_ratio, Iterable) else (output_ratio,) * dims


def _wanted(name: str, x: Any, dims: int, output_size: Any, output_ratio: Any) -> tuple[int, ...]:
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is not None:
        return tuple(each(output_size, dims))
    return tuple([int(n * r) for n, r in zip(x.array.shape[2:], _ratios(output_ratio, dims), strict=True)])


def _samples(name: str, x: Any, dims: int, given: Any) -> Any:
    """(N, C, dims) numbers from [0, 1): drawn, or those given."""
    shape = (*x.array.shape[:2], dims)
    if given is None:
        drawn = np.empty(shape, x.array.dtype)
        draws.uniform(default_stream, drawn)
        return drawn
    if not isinstance(given, TensorBase) or given.array.shape[1:] != shape[1:] or len(given.array) < shape[0]:
        raise OperationError(name, f"expected _random_samples of shape {list(shape)}, or for more images", given)
    if given.array.dtype != x.array.dtype:
        raise DtypeError(name, "expected _random_samples of the dtype of input", x, given)
    return given.array[: shape[0]]


def _fractional(
    name: str, dims: int, input: Any, kernel_size: Any, output_size: Any, output_ratio: Any, given: Any
) -> Any:
    x, single = _batched(name, dims, input)
    _floats(name, x)
    kernel, wanted = each(kernel_size, dims), _wanted(name, x, dims, output_size, output_ratio)
    for n, k, o in zip(x.array.shape[2:], kernel, wanted, strict=True):
        most = n if dims == 2 else n - 1  # as in PyTorch
        if not (k > 0 and o > 0 and o + k - 1 <= most):
            raise OperationError(
                name, f"{o} windows of size {k} do not fit: output + kernel - 1 must be from 1 to {most}", input
            )
    found = kernels.fractional_max(numbers(x), kernel, wanted, widened(_samples(name, x, dims, given)))
    values, indices = (FractionalMaxPool2d if dims == 2 else FractionalMaxPool3d).apply(x, dims, *found)
    return (squeeze(values, 0), squeeze(indices, 0)) if single else (values, indices)


@in_float32
def fractional_max_pool2d_with_indices(
    input: T, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """(values, indices) of `fractional_max_pool2d`."""
    return _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples)


@in_float32
def fractional_max_pool3d_with_indices(
    input: T, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """(values, indices) of `fractional_max_pool3d`."""
    return _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(
    input: T, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """The largest value of windows of (N, C, H, W) at distances drawn for each plane (Graham, 2014).

    `output_size` windows along each dimension, or the fraction `output_ratio` of it; they overlap, and the last ends at
    the edge. `_random_samples`, (N, C, 2) from [0, 1), takes the place of the random numbers: of columns, then of rows.

    >>> x = torch.arange(25.).view(1, 1, 5, 5)
    >>> F.fractional_max_pool2d(x, 2, 3, _random_samples=torch.tensor([[[0.1, 0.9]]]))
    tensor([[[[ 6.,  7.,  9.],
              [11., 12., 14.],
              [21., 22., 24.]]]])
    """
    both = fractional_max_pool2d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )
    return both if return_indices else both[0]


def fractional_max_pool3d(
    input: T, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """The largest value of windows of (N, C, D, H, W) at distances drawn for each block (Graham, 2014); the arguments
    are those of `fractional_max_pool2d`. `_random_samples`, (N, C, 3): of depth, rows and columns.
    """
    both = fractional_max_pool3d_with_indices(
        input, kernel_size, output_size, output_ratio, return_indices, _random_samples
    )
    return both if return_indices else both[0]


# ---------------------------------------------------------------- with indices


def max_pool1d_with_indices(
    input: T, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """(values, indices) of `max_pool1d`."""
    return max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(
    input: T, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """(values, indices) of `max_pool2d`."""
    return max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input: T, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """(values, indices) of `max_pool3d`."""
    return max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode, True)


def adaptive_max_pool1d_with_indices(input: T, output_size: Any, return_indices: bool = False) -> Any:
    """(values, indices) of `adaptive_max_pool1d`."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(input: T, output_size: Any, return_indices: bool = False) -> Any:
    """(values, indices) of `adaptive_max_pool2d`."""
    return adaptive_max_pool2d(input, output_size, True)


def adaptive_max_pool3d_with_indices(input: T, output_size: Any, return_indices: bool = False) -> Any:
    """(values, indices) of `adaptive_max_pool3d`."""
    return adaptive_max_pool3d(input, output_size, True)
