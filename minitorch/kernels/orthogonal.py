"""Orthogonal polynomials of whole degree, by their recurrence of three terms, in float64."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._jit import jit

Array = NDArray[Any]


class Family(NamedTuple):
    """p₀ = 1, p₁ = a x + b, pₖ₊₁ = ((c k + d) x pₖ + (e k + f) pₖ - (g k + h) pₖ₋₁) / (i k + 1)."""

    first: tuple[float, float]  # a, b
    by_x: tuple[float, float]  # c, d
    last: tuple[float, float] = (0, 0)  # e, f
    before: tuple[float, float] = (0, 1)  # g, h
    divisor: float = 0  # i
    shifted: bool = False  # of 2 x - 1


_CHEBYSHEV = {"t": (1, 0), "u": (2, 0), "v": (2, -1), "w": (2, 1)}
FAMILIES = {
    **{f"chebyshev_polynomial_{kind}": Family(first, (0, 2)) for kind, first in _CHEBYSHEV.items()},
    **{
        f"shifted_chebyshev_polynomial_{kind}": Family(first, (0, 2), shifted=True)
        for kind, first in _CHEBYSHEV.items()
    },
    "hermite_polynomial_h": Family((2, 0), (0, 2), before=(2, 0)),
    "hermite_polynomial_he": Family((1, 0), (0, 1), before=(1, 0)),
    "laguerre_polynomial_l": Family((-1, 1), (0, -1), last=(2, 1), before=(1, 0), divisor=1),
    "legendre_polynomial_p": Family((1, 0), (2, 1), before=(1, 0), divisor=1),
}


def _recurrence_numpy(out: Array, at: Array, degree: Array, numbers: Array) -> None:
    a, b, c, d, e, f, g, h, i = numbers
    before, last = np.ones(at.shape), a * at + b
    out[:] = np.where(degree == 1, last, np.where(degree == 0, 1.0, 0.0))
    with np.errstate(all="ignore"):
        for k in range(1, int(degree.max(initial=0))):
            x = ((c * k + d) * at + (e * k + f)) * last - (g * k + h) * before
            before, last = last, x / (i * k + 1)
            np.copyto(out, last, where=degree == k + 1)
            if np.isnan(last).all():
                np.copyto(out, last, where=degree > k)
                break


@jit(twin=_recurrence_numpy)
def _recurrence(out: Array, at: Array, degree: Array, numbers: Array) -> None:
    """Every polynomial by itself, up to its own degree."""
    a, b, c, d, e, f, g, h, i = numbers
    for j in range(len(out)):
        before, last = 1.0, a * at[j] + b
        for k in range(1, degree[j]):
            x = ((c * k + d) * at[j] + (e * k + f)) * last - (g * k + h) * before
            before, last = last, x / (i * k + 1)
            if last != last:  # and so it stays
                break
        out[j] = last if degree[j] > 0 else 1.0 if degree[j] == 0 else 0.0


def polynomial(name: str, x: Any, n: Any, dtype: Any) -> Array:
    """pₙ(x) of a family, 0 where n is negative; arrays or numbers that broadcast."""
    family = FAMILIES[name]
    with np.errstate(all="ignore"):
        at, degree = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(n).astype(np.int64))
        out = np.empty(at.size)
        place = np.ascontiguousarray(2 * at - 1 if family.shifted else at).reshape(-1)
        numbers = np.array([*family.first, *family.by_x, *family.last, *family.before, family.divisor])
        _recurrence(out, place, np.ascontiguousarray(degree).reshape(-1), numbers)
        return out.reshape(at.shape).astype(dtype)
