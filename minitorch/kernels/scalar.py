"""One small function per elementwise operation, in the vocabulary of `maths`: no `if`, no loops."""

from __future__ import annotations

from typing import Any

from . import maths
from .elementwise import elementwise


@elementwise()
def add(a: Any, b: Any) -> Any:
    return a + b


@elementwise()
def mul(a: Any, b: Any) -> Any:
    return a * b


@elementwise(cost=2)
def sigmoid(x: Any) -> Any:
    return maths.sigmoid(x)
@elementwise(dtype=bool)
def lt(a: Any, b: Any) -> Any:
    return a < b
@elementwise(cost=2)
def gt0(a: Any, b: Any) -> Any:
    return maths.where(a>b,a,b)
