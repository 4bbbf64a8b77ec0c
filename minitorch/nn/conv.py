"""Convolution layers."""

from __future__ import annotations

import math
from typing import Any

from .. import creation as torch
from ..ops.conv import each, same_padding
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _Conv(Module):
    """Weight (out, in / groups, *kernel), transposed (in, out / groups, *kernel); it starts uniform in ±1/√fan-in."""

    dims: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check(in_channels, out_channels, groups, padding, each(stride, self.dims), padding_mode)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = each(kernel_size, self.dims), each(stride, self.dims)
        self.padding = padding if isinstance(padding, str) else each(padding, self.dims)
        self.dilation, self.groups, self.padding_mode = each(dilation, self.dims), groups, padding_mode
        self.output_padding: Any = (0,) * self.dims
        ends = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(torch.empty((*ends, *self.kernel_size), device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(torch.empty(out_channels, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = self.weight[0].numel()
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def forward(self, input: Any) -> Any:
        convolve = getattr(F, f"conv{self.dims}d")
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return convolve(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    @property
    def _reversed_padding_repeated_twice(self) -> list[int]:
        """The padding as `F.pad` takes it, the last dimension first."""
        if self.padding == "same":
            pairs = same_padding(self.kernel_size, self.dilation)
        else:
            pairs = tuple([(p, p) for p in each(0 if self.padding == "valid" else self.padding, self.dims)])
        return [p for pair in reversed(pairs) for p in pair]

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        shown = {
            "padding": (0,) * self.dims, "dilation": (1,) * self.dims, "output_padding": (0,) * self.dims, "groups": 1,
        }  # fmt: skip
        for name, default in shown.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        text += ", bias=False" if self.bias is None else ""
        return text + (f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else "")


def _check(in_channels: int, out_channels: int, groups: int, padding: Any, stride: Any, padding_mode: str) -> None:
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if in_channels % groups:
        raise ValueError("in_channels must be divisible by groups")
    if out_channels % groups:
        raise ValueError("out_channels must be divisible by groups")
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of 'same', 'valid'")
        if padding == "same" and any(s != 1 for s in stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
        raise ValueError(
            f"padding_mode must be one of 'zeros', 'reflect', 'replicate', 'circular', but got "
            f"padding_mode='{padding_mode}'"
        )


class Conv1d(_Conv):
    """A convolution of (N, C, L)."""

    dims = 1


class Conv2d(_Conv):
    """A convolution of (N, C, H, W).

    >>> torch.nn.Conv2d(3, 8, 3, padding="same")(torch.zeros(2, 3, 5, 5)).shape
    torch.Size([2, 8, 5, 5])
    """

    dims = 2


class Conv3d(_Conv):
    """A convolution of (N, C, D, H, W)."""

    dims = 3


class _ConvTranspose(_Conv):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype
        )
        self.output_padding = each(output_padding, self.dims)

    def forward(self, input: Any, output_size: Any = None) -> Any:
        convolve = getattr(F, f"conv_transpose{self.dims}d")
        extra = self.output_padding if output_size is None else self._extra(input, output_size)
        return convolve(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _extra(self, input: Any, output_size: Any) -> tuple[int, ...]:
        """The output padding that gives the size wanted."""
        wanted = list(output_size)[-self.dims :]
        geometry = zip(
            input.shape[-self.dims :], self.stride, self.padding, self.dilation, self.kernel_size, strict=True
        )
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, s, p, d, k in geometry]
        extra = tuple([w - m for w, m in zip(wanted, least, strict=True)])
        if any(e < 0 or e >= s for e, s in zip(extra, self.stride, strict=True)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {least} to less than a stride more"
            )
        return extra


class ConvTranspose1d(_ConvTranspose):
    """The transposed convolution of (N, C, L)."""

    dims = 1


class ConvTranspose2d(_ConvTranspose):
    """The transposed convolution of (N, C, H, W)."""

    dims = 2


class ConvTranspose3d(_ConvTranspose):
    """The transposed convolution of (N, C, D, H, W)."""

    dims = 3
