"""Discrete Fourier transforms: `torch.fft`."""

from __future__ import annotations

import math
from typing import Any

from .creation import arange
from .dtypes import get_default_dtype
from .ops.fft import (
    fft,
    fft2,
    fftn,
    fftshift,
    hfft,
    hfft2,
    hfftn,
    ifft,
    ifft2,
    ifftn,
    ifftshift,
    ihfft,
    ihfft2,
    ihfftn,
    irfft,
    irfft2,
    irfftn,
    rfft,
    rfft2,
    rfftn,
)  # fmt: skip
from .ops.join import cat
from .out import with_out
from .tensor import Tensor

fft, ifft, rfft, irfft, hfft, ihfft = map(with_out, (fft, ifft, rfft, irfft, hfft, ihfft))
fft2, ifft2, rfft2, irfft2, hfft2, ihfft2 = map(with_out, (fft2, ifft2, rfft2, irfft2, hfft2, ihfft2))
fftn, ifftn, rfftn, irfftn, hfftn, ihfftn = map(with_out, (fftn, ifftn, rfftn, irfftn, hfftn, ihfftn))


@with_out
def fftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The frequencies of `fft` in its order, 0 to n/2 and then the negative ones; `d` is the time between samples.

    >>> torch.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    return _frequencies("fftfreq", n, d, [(0, (n + 1) // 2), (-(n // 2), 0)], dtype, device, requires_grad)


@with_out
def rfftfreq(
    n: int, d: float = 1.0, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """The frequencies of `rfft`, 0 to n/2; `d` is the time between samples.

    >>> torch.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    return _frequencies("rfftfreq", n, d, [(0, n // 2 + 1)], dtype, device, requires_grad)


def _frequencies(name: str, n: int, d: float, ranges: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    kind = get_default_dtype() if dtype is None else dtype
    if not kind.is_floating_point:
        raise RuntimeError(f"{name} requires a floating point or complex dtype, got {kind}")
    if n < 0:
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension {n}")
    whole = cat([arange(start, stop, dtype=kind, device=device) for start, stop in ranges])
    return (whole * (1.0 / (n * d) if n * d else math.inf)).requires_grad_(requires_grad)


__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "hfft2",
    "hfftn",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "ihfft2",
    "ihfftn",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]
