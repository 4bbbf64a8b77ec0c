"""`rearrange`: dimensions taken apart, ordered and joined, as a pattern says (Rogozhnikov, 2022)."""

from __future__ import annotations

import math
import re
from typing import Any

from ..ops.join import stack
from ..tensor import Tensor

Side = list[list[str]]  # for each dimension the names of its axes


def rearrange(tensor: Any, pattern: str, **axes_lengths: int) -> Tensor:
    """A tensor (or several, stacked) with its axes in another order, split and joined: `"b (h w) c -> b c h w", h=2`.

    Names in parentheses are one dimension, `...` the dimensions that have no name, `()` or 1 one of size 1. ValueError
    for a pattern that makes no sense, RuntimeError where a size does not divide.

    >>> torch.func.rearrange(torch.arange(6), "(a b) -> b a", a=2)
    tensor([[0, 3],
            [1, 4],
            [2, 5]])
    """
    x = tensor if isinstance(tensor, Tensor) else stack(tuple(tensor))
    left, right = _sides(pattern, x.ndim)
    sizes = _sizes(x.shape, left, axes_lengths, pattern)
    axes = [name for group in left for name in group]
    split = x.reshape([sizes[name] for name in axes])
    turned = split.permute([axes.index(name) for group in right for name in group])
    return turned.reshape([math.prod([sizes[name] for name in group]) for group in right])


_REST = ("...", "(...)")  # the dimensions without a name: each by itself, or as one


def _sides(pattern: str, ndim: int) -> tuple[Side, Side]:
    if pattern.count("->") != 1:
        raise ValueError(f"rearrange: expected one '->' in the pattern {pattern!r}")
    left, right = [_groups(side, pattern) for side in pattern.split("->")]
    spare = ndim - sum(group != ["..."] for group in left)
    if spare < 0 or (spare and ["..."] not in left):
        raise ValueError(f"rearrange: the pattern {pattern!r} does not fit a tensor of {ndim} dimensions")
    rest = [f"...{i}" for i in range(spare)]
    left, right = [_widened(side, rest) for side in (left, right)]
    names = [[name for group in side for name in group] for side in (left, right)]
    if sorted(names[0]) != sorted(names[1]) or len({*names[0]}) < len(names[0]):
        raise ValueError(f"rearrange: both sides of {pattern!r} must have the same names, each once")
    return left, right


def _groups(side: str, pattern: str) -> Side:
    words = re.findall(r"\([^()]*\)|[^\s()]+|[()]", re.sub(r"\(\s*\.\.\.\s*\)", "(...)", side))
    groups = [[word] if word in _REST or word[0] != "(" else word.strip("()").split() for word in words]
    found = [[name for name in group if name != "1"] for group in groups]
    if {"(", ")"} & {*words} or any(not (name.isidentifier() or name in _REST) for group in found for name in group):
        raise ValueError(f"rearrange: the pattern {pattern!r} holds something other than names, '...' and parentheses")
    return found


def _widened(side: Side, rest: list[str]) -> Side:
    """`...` alone is a dimension for each of the rest; within parentheses they are all in one."""
    made: Side = []
    for group in side:
        if group == ["..."]:
            made += [[name] for name in rest]
        else:
            made.append([name for word in group for name in (rest if word in _REST else [word])])
    return made


def _sizes(shape: Any, left: Side, given: dict[str, int], pattern: str) -> dict[str, int]:
    unknown = sorted(set(given) - {name for group in left for name in group})
    if unknown:
        raise ValueError(f"rearrange: {unknown} are no names of the pattern {pattern!r}")
    sizes = dict(given)
    for n, group in zip(shape, left, strict=True):
        open_ = [name for name in group if name not in sizes]
        known = math.prod([sizes[name] for name in group if name in sizes])
        if len(open_) > 1:
            raise ValueError(f"rearrange: the sizes of {open_} in {pattern!r} are not known: give all but one")
        if open_:
            sizes[open_[0]] = n // known if known else 0
        if math.prod([sizes[name] for name in group]) != n:
            raise RuntimeError(f"rearrange: a dimension of size {n} is no product of {group} with the sizes {given}")
    return sizes
