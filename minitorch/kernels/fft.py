"""Fourier transforms, by numpy's pocketfft, which keeps float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_FACTOR: dict[str, Any] = {"1": "backward", "1/n": "forward", "1/√n": "ortho"}  # in numpy's words
_OF_INVERSE: dict[str, Any] = {"1": "forward", "1/n": "backward", "1/√n": "ortho"}


def complex_to_complex(x: Array, axes: Sequence[int], factor: str, inverse: bool) -> Array:
    """Sums of x e^(∓2πi jk/n) along axes, times "1", "1/n" or "1/√n", n elements along all axes."""
    if not axes or not x.size:
        return x.copy()
    if inverse:
        return np.fft.ifftn(x, axes=axes, norm=_OF_INVERSE[factor])
    return np.fft.fftn(x, axes=axes, norm=_FACTOR[factor])


def real_to_complex(x: Array, axes: Sequence[int], factor: str) -> Array:
    """The same of real numbers: of the last axis the frequencies from 0 to n/2, which say all."""
    if not x.size:
        last = axes[-1] % x.ndim
        shape = [n // 2 + 1 if i == last else n for i, n in enumerate(x.shape)]
        return np.zeros(shape, np.result_type(x.dtype, np.complex64))
    return np.fft.rfftn(x, axes=axes, norm=_FACTOR[factor])


def complex_to_real(x: Array, axes: Sequence[int], factor: str, n: int) -> Array:
    """The inverse of that, n real numbers along the last axis."""
    sizes = [*[x.shape[a] for a in axes[:-1]], n]
    if not x.size:
        last = axes[-1] % x.ndim
        return np.zeros([n if i == last else m for i, m in enumerate(x.shape)], x.real.dtype)
    return np.fft.irfftn(x, sizes, axes, norm=_OF_INVERSE[factor])


def mirrored(x: Array, axis: int, n: int) -> Array:
    """From the frequencies 0 to n/2 of real numbers all n: those beyond are conjugates of those before."""
    at = [slice(None)] * x.ndim
    at[axis] = slice(1, (n + 1) // 2)
    return np.concatenate([x, np.conj(np.flip(x[tuple(at)], axis))], axis)
