"""Pooling layers with windows at random distances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import functional as F
from .module import Module

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]


class _FractionalMaxPool(Module):
    dims: int
    _random_samples: Any

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        name = type(self).__name__
        self.kernel_size, self.return_indices = _each(kernel_size, self.dims), return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else _each(output_size, self.dims)
        self.output_ratio = None if output_ratio is None else _each(output_ratio, self.dims)
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Any) -> Any:
        pool = getattr(F, f"fractional_max_pool{self.dims}d")
        return pool(
            input, self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        )


def _each(value: Any, dims: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, Iterable) else (value,) * dims


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest value of windows of (N, C, H, W) at distances drawn for each plane (Graham, 2014).

    `output_size` windows along each dimension, or the fraction `output_ratio` of it.
    """

    dims = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest value of windows of (N, C, D, H, W) at distances drawn for each block."""

    dims = 3
