"""Windows of M points, by name: `sym` ones for filters, others, one point of a longer period, for spectra.

All are 1 for M = 1 and empty for M = 0; ValueError where M is negative or the dtype is no floating one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

from .. import dtypes as dt
from ..creation import linspace, ones, zeros
from ..ops.special import i0
from ..tensor import Tensor

_Shape = Callable[..., Tensor]


def _window(shape: _Shape) -> _Shape:
    """A window of `shape(M, points, dtype, ...)`, where points is the length of the period."""

    @functools.wraps(shape)
    def make(
        M: int, *args: Any, sym: bool = True, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False, **kwargs: Any,
    ) -> Tensor:  # fmt: skip
        d = dt.get_default_dtype() if dtype is None else dtype
        if M < 0:
            raise ValueError(f"{shape.__name__} requires non-negative window length, got M={M}")
        if d not in (dt.float32, dt.float64):
            raise ValueError(f"{shape.__name__} expects float32 or float64 dtypes, got: {d}")
        if M < 2:
            return (zeros if M == 0 else ones)(M, dtype=d, device=device, requires_grad=requires_grad)
        made = shape(M, M - 1 if sym else M, d, *args, **kwargs)
        return made.requires_grad_(requires_grad)

    return make


def _line(start: float, step: float, M: int, d: Any) -> Tensor:
    return linspace(start, start + (M - 1) * step, M, dtype=d)


@_window
def exponential(M: int, period: int, d: Any, *, center: float | None = None, tau: float = 1.0) -> Tensor:
    """e^(-|n - center| / tau); a center other than the middle only where not `sym`."""
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if center is not None and period < M:
        raise ValueError("Center must be None for symmetric windows")
    middle = period / 2 if center is None else center
    return (-_line(-middle / tau, 1 / tau, M, d).abs()).exp()


@_window
def cosine(M: int, period: int, d: Any) -> Tensor:
    """sin(π (n + 1/2) / M)."""
    step = math.pi / (period + 1)
    return _line(step / 2, step, M, d).sin()


@_window
def gaussian(M: int, period: int, d: Any, *, std: float = 1.0) -> Tensor:
    """e^(-(n - middle)² / (2 std²))."""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    step = 1 / (std * math.sqrt(2))
    return (-(_line(-period / 2 * step, step, M, d) ** 2)).exp()


@_window
def kaiser(M: int, period: int, d: Any, *, beta: float = 12.0) -> Tensor:
    """I0(beta √(1 - x²)) / I0(beta), for x from -1 to 1."""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    x = _line(-1, 2 / period, M, d)
    return i0(beta * (1 - x * x).clamp(min=0).sqrt()) / i0(linspace(beta, beta, 1, dtype=d))


def _cosines(M: int, period: int, d: Any, weights: Iterable[float]) -> Tensor:
    """Σ (-1)ᵏ aₖ cos(2π k n / period)."""
    k = _line(0, 2 * math.pi / period, M, d)
    total: Any = 0
    for i, a in enumerate(weights):
        total = total + (i * k).cos() * (-a if i % 2 else a)
    return total


@_window
def general_cosine(M: int, period: int, d: Any, *, a: Iterable[float]) -> Tensor:
    """Σ (-1)ᵏ aₖ cos(2π k n / period)."""
    weights = list(a)
    if not weights:
        raise ValueError("Coefficients cannot be empty")
    return _cosines(M, period, d, weights)


@_window
def general_hamming(M: int, period: int, d: Any, *, alpha: float = 0.54) -> Tensor:
    """alpha - (1 - alpha) cos(2π n / period)."""
    return _cosines(M, period, d, (alpha, 1 - alpha))


@_window
def hamming(M: int, period: int, d: Any) -> Tensor:
    """0.54 - 0.46 cos(2π n / period)."""
    return _cosines(M, period, d, (0.54, 0.46))


@_window
def hann(M: int, period: int, d: Any) -> Tensor:
    """(1 - cos(2π n / period)) / 2.

    >>> torch.signal.windows.hann(5)
    tensor([0.0000, 0.5000, 1.0000, 0.5000, 0.0000])
    """
    return _cosines(M, period, d, (0.5, 0.5))


@_window
def blackman(M: int, period: int, d: Any) -> Tensor:
    """0.42 - 0.5 cos(2π n / period) + 0.08 cos(4π n / period)."""
    return _cosines(M, period, d, (0.42, 0.5, 0.08))


@_window
def nuttall(M: int, period: int, d: Any) -> Tensor:
    """The minimal four-term window of Nuttall (1981)."""
    return _cosines(M, period, d, (0.3635819, 0.4891775, 0.1365995, 0.0106411))


@_window
def bartlett(M: int, period: int, d: Any) -> Tensor:
    """1 - |x|, for x from -1 to 1."""
    return 1 - _line(-1, 2 / period, M, d).abs()


__all__ = [
    "bartlett",
    "blackman",
    "cosine",
    "exponential",
    "gaussian",
    "general_cosine",
    "general_hamming",
    "hamming",
    "hann",
    "kaiser",
    "nuttall",
]
