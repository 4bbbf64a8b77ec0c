"""The views of `view.py` and `strided.py` as copies: `view_copy`, `transpose_copy` and their like."""

from __future__ import annotations

import functools
from typing import Any

from ..autograd.grad_mode import mode
from . import parts, strided, view
from .base import Op, T
from .copying import clone, detach

__all__ = [
    "alias_copy", "as_strided_copy", "detach_copy", "diagonal_copy", "expand_copy", "permute_copy", "select_copy",
    "slice_copy", "split_copy", "split_with_sizes_copy", "squeeze_copy", "t_copy", "transpose_copy", "unbind_copy",
    "unfold_copy", "unsqueeze_copy", "view_as_complex_copy", "view_as_real_copy", "view_copy",
]  # fmt: skip


@functools.cache
def _copying(kind: Any) -> Any:
    """The Function of a view, whose results are copies; its node is called `ViewBackward0_copy`."""

    def forward(ctx: Any, x: Any, *args: Any) -> Any:
        found = kind.forward(ctx, x, *args)
        return tuple([part.copy() for part in found]) if isinstance(found, tuple) else found.copy()

    names = {"suffix": f"{kind.suffix}_copy", "title": kind.__dict__.get("title", kind.__name__), "moves": True}
    return type(
        kind.__name__,
        (Op,),
        {**names, "forward": staticmethod(forward), "backward": staticmethod(kind.backward)},
    )


def _copied(function: Any, name: str = "") -> Any:
    """A function that makes views, as one that makes copies: its last step is looked at, and done by copying."""
    name = name or function.__name__

    @functools.wraps(function)
    def call(input: Any, *args: Any, **kwargs: Any) -> Any:
        record, mode.grad = mode.grad, False
        try:
            found = function(input._share(input.array), *args, **kwargs)
        finally:
            mode.grad = record
        first = found[0] if isinstance(found, tuple) and found else found
        steps: Any = getattr(getattr(first, "_view", None), "steps", ())
        if len(steps) != 1:
            found = function(input, *args, **kwargs)
            return tuple([clone(part) for part in found]) if isinstance(found, tuple) else clone(found).contiguous()
        kind, rest, _ = steps[0]
        return _copying(kind).apply(input, *rest)

    call.__name__, call.__doc__ = f"{name}_copy", f"`{name}`, as a copy in memory of its own."
    return call


def _alias(input: T) -> T:
    return input._alias_view()


def _slice(input: T, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> T:
    key = (*[slice(None)] * view.dim_in(dim, input.array.ndim), slice(start, end, step))
    return view.Slice.apply(input, key)


alias_copy, slice_copy, detach_copy = _copied(_alias, "alias"), _copied(_slice, "slice"), _copied(detach)
as_strided_copy, unfold_copy = _copied(strided.as_strided), _copied(strided.unfold)
split_with_sizes_copy, view_as_complex_copy = _copied(strided.split_with_sizes), _copied(parts.view_as_complex)
view_as_real_copy, view_copy, expand_copy = _copied(parts.view_as_real), _copied(view.view), _copied(view.expand)
permute_copy, transpose_copy, t_copy = _copied(view.permute), _copied(view.transpose), _copied(view.t)
squeeze_copy, unsqueeze_copy, select_copy = _copied(view.squeeze), _copied(view.unsqueeze), _copied(view.select)
diagonal_copy, split_copy, unbind_copy = _copied(view.diagonal), _copied(view.split), _copied(view.unbind)
