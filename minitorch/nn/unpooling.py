"""Layers that undo max pooling, and pool by power means."""

from __future__ import annotations

from typing import Any

from ..ops.conv import each
from . import functional as F
from .module import Module

__all__ = ["LPPool1d", "LPPool2d", "LPPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class _MaxUnpool(Module):
    dims: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = each(kernel_size, self.dims)
        self.stride = each(kernel_size if stride is None else stride, self.dims)
        self.padding = each(padding, self.dims)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        unpool = getattr(F, f"max_unpool{self.dims}d")
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Zeros with (N, C, L) put back to where `MaxPool1d(..., return_indices=True)` found it."""

    dims = 1


class MaxUnpool2d(_MaxUnpool):
    """Zeros with (N, C, H, W) put back to where `MaxPool2d(..., return_indices=True)` found it."""

    dims = 2


class MaxUnpool3d(_MaxUnpool):
    """Zeros with (N, C, D, H, W) put back to where `MaxPool3d(..., return_indices=True)` found it."""

    dims = 3


class _LPPool(Module):
    dims: int

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Any) -> Any:
        pool = getattr(F, f"lp_pool{self.dims}d")
        return pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        window = f"kernel_size={self.kernel_size}, stride={self.stride}, ceil_mode={self.ceil_mode}"
        return f"norm_type={self.norm_type}, {window}"


class LPPool1d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of (N, C, L)."""

    dims = 1


class LPPool2d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of (N, C, H, W)."""

    dims = 2


class LPPool3d(_LPPool):
    """(Σ xᵖ)^(1/p) over each window of (N, C, D, H, W)."""

    dims = 3
