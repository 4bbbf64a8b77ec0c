"""The vocabulary of kernels: functions that mean the same on an array (numpy) and on a number inside a jitted loop.

On arrays and Python numbers each is the numpy function. Inside a kernel it is a branch-free scalar that LLVM vectorises.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ._jit import jitable, word


@word(lambda c, a, b: lambda c, a, b: a if c else b)
def where(c: Any, a: Any, b: Any) -> Any:
    """`a` where `c` holds, else `b`."""
    return np.where(c, a, b)


def _quiet(name: str, function: Callable[..., Any], scalar: Callable[..., Any]) -> Callable[..., Any]:
    """A unary word: numpy's function on arrays, `scalar` in kernels."""

    def call(x: Any) -> Any:
        return function(x)

    call.__name__ = call.__qualname__ = name
    return word(lambda x: scalar)(call)


exp = _quiet("exp", np.exp, lambda x: math.exp(x))
log = _quiet("log", np.log, lambda x: math.log(x))
tanh = _quiet("tanh", np.tanh, lambda x: math.tanh(x))
sin = _quiet("sin", np.sin, lambda x: math.sin(x))
cos = _quiet("cos", np.cos, lambda x: math.cos(x))
expm1 = _quiet("expm1", np.expm1, lambda x: math.expm1(x))
log1p = _quiet("log1p", np.log1p, lambda x: math.log1p(x))
_erf_array = np.vectorize(math.erf, otypes=[np.float64])
erf = _quiet("erf", lambda x: _erf_array(x).astype(np.asarray(x).dtype), lambda x: math.erf(x))


@jitable
def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return 1 / (1 + exp(-x))
