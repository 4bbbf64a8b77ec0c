"""Orthogonal polynomials of whole degree, by their recurrence of three terms, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Family(NamedTuple):
    """p₀ = 1, p₁ = `first(x)`, pₖ₊₁ = `step(k, x, pₖ, pₖ₋₁)`; `shifted`: of 2 x - 1."""

    first: Callable[[Any], Any]
    step: Callable[[int, Any, Any, Any], Any]
    shifted: bool = False


def _chebyshev(k: int, x: Any, p: Any, q: Any) -> Any:
    return 2 * x * p - q


FAMILIES = {
    "chebyshev_polynomial_t": Family(lambda x: x, _chebyshev),
    "chebyshev_polynomial_u": Family(lambda x: 2 * x, _chebyshev),
    "chebyshev_polynomial_v": Family(lambda x: 2 * x - 1, _chebyshev),
    "chebyshev_polynomial_w": Family(lambda x: 2 * x + 1, _chebyshev),
    "shifted_chebyshev_polynomial_t": Family(lambda x: x, _chebyshev, True),
    "shifted_chebyshev_polynomial_u": Family(lambda x: 2 * x, _chebyshev, True),
    "shifted_chebyshev_polynomial_v": Family(lambda x: 2 * x - 1, _chebyshev, True),
    "shifted_chebyshev_polynomial_w": Family(lambda x: 2 * x + 1, _chebyshev, True),
    "hermite_polynomial_h": Family(lambda x: 2 * x, lambda k, x, p, q: 2 * x * p - 2 * k * q),
    "hermite_polynomial_he": Family(lambda x: x, lambda k, x, p, q: x * p - k * q),
    "laguerre_polynomial_l": Family(lambda x: 1 - x, lambda k, x, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1)),
    "legendre_polynomial_p": Family(lambda x: x, lambda k, x, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1)),
}


def polynomial(name: str, x: Any, n: Any, dtype: Any) -> Array:
    """pₙ(x) of a family, 0 where n is negative; arrays or numbers that broadcast."""
    family = FAMILIES[name]
    with np.errstate(all="ignore"):
        at, degree = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(n).astype(np.int64))
        y = 2 * at - 1 if family.shifted else at
        before, last = np.ones(y.shape), np.asarray(family.first(y))
        result = np.where(degree == 1, last, np.where(degree == 0, 1.0, 0.0))
        for k in range(1, int(degree.max(initial=0))):
            before, last = last, np.asarray(family.step(k, y, last, before))
            result = np.where(degree == k + 1, last, result)
        return result.astype(dtype)
