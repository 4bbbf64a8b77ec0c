"""Trees: tuples, lists and dicts of tensors, nested, taken apart and put together."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from ..size import Size


def is_branch(x: Any) -> bool:
    """Whether x holds other values."""
    return isinstance(x, (tuple, list, dict)) and not isinstance(x, Size)


def children(x: Any) -> list[Any]:
    """What a branch holds."""
    return list(x.values()) if isinstance(x, dict) else list(x)


def like(x: Any, values: list[Any]) -> Any:
    """A branch of the kind of x with other values."""
    if isinstance(x, dict):
        made = copy.copy(x)  # a defaultdict keeps its default
        made.update(zip(x, values, strict=True))
        return made
    return type(x)(*values) if hasattr(x, "_fields") else type(x)(values)


def leaves(x: Any) -> list[Any]:
    """Everything at the ends of the branches."""
    return [leaf for child in children(x) for leaf in leaves(child)] if is_branch(x) else [x]


def rebuilt(x: Any, values: list[Any]) -> Any:
    """A tree of the form of x with other leaves."""
    rest = iter(values)
    return _take(x, rest)


def _take(x: Any, rest: Any) -> Any:
    return like(x, [_take(child, rest) for child in children(x)]) if is_branch(x) else next(rest)


def mapped(function: Callable[[Any], Any], x: Any) -> Any:
    """A tree with a function applied to its leaves."""
    return like(x, [mapped(function, child) for child in children(x)]) if is_branch(x) else function(x)


def spread(prefix: Any, x: Any) -> list[Any]:
    """For each leaf of x the entry of `prefix`, a tree that may end where x goes on;
    ValueError where the two do not fit.
    """
    if not is_branch(prefix):
        return [prefix] * len(leaves(x))
    alike = is_branch(x) and isinstance(prefix, dict) == isinstance(x, dict) and len(prefix) == len(x)
    if not alike or (isinstance(x, dict) and list(prefix) != list(x)):
        raise ValueError
    pairs = zip(children(prefix), children(x), strict=True)
    return [entry for p, child in pairs for entry in spread(p, child)]
