"""Operations on lists of tensors, one tensor after the other: `torch._foreach_mul_(grads, 0.5)`.

PyTorch's own optimizers use them, and those of many programs: they are private by name only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import linalg
from .tensor import Tensor

_UNARY = (
    "abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 log1p log2 neg reciprocal round "
    "rsqrt sigmoid sign sin sinh sqrt tan tanh trunc"
)
_BINARY = "add sub mul div maximum minimum clamp_min clamp_max pow lerp"
_METHODS = {"maximum": "clamp_min", "minimum": "clamp_max"}  # with a tensor or a number, and in place


def _split(name: str, first: Any, args: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The arguments for each tensor of `first`: entries of lists, and the same of what is no list."""
    if not isinstance(first, (list, tuple)) or not all(isinstance(x, Tensor) for x in first):
        raise TypeError(f"{name}() expects a list or tuple of tensors first, but got {type(first).__name__}")
    if not first:
        raise RuntimeError(f"Tensor list must have at least one tensor: {name} got none")
    for a in args:
        if isinstance(a, (list, tuple)) and len(a) != len(first):
            kind = "Tensor lists" if isinstance(a[0] if a else None, Tensor) else "Tensor list and scalar list"
            raise RuntimeError(f"{kind} must have the same number of tensors, got {len(first)} and {len(a)} in {name}")
    return [tuple(a[i] if isinstance(a, (list, tuple)) else a for a in args) for i in range(len(first))]


def _one_number(name: str, other: Any) -> None:
    """A tensor beside a list stands for one number."""
    if isinstance(other, Tensor) and other.ndim:
        raise RuntimeError(
            f"{name}: scalar tensor expected to be 0 dim but it has {other.ndim} dimensions, {other.numel()} elements"
        )


def _over(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The function for lists of a method: of one list, or of it with other lists or numbers."""

    def foreach(self: Any, *args: Any, **options: Any) -> tuple[Any, ...]:
        for other in args:
            _one_number(name, other)
        parts = _split(name, self, args)
        return tuple([method(x, *part, **options) for x, part in zip(self, parts, strict=True)])

    return foreach


def _fraction(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """The function for lists of `addcmul` or `addcdiv`: `value` is a number, a list or a tensor of them."""

    def foreach(self: Any, tensor1: Any, tensor2: Any, value: Any = 1, *, scalars: Any = None) -> tuple[Any, ...]:
        value = value if scalars is None else scalars
        values = value.tolist() if isinstance(value, Tensor) else value
        parts = _split(name, self, (tensor1, tensor2, values))
        return tuple([method(x, a, b, value=v) for x, (a, b, v) in zip(self, parts, strict=True)])

    return foreach


def _in_place(function: Callable[..., Any]) -> Callable[..., Any]:
    """The form that writes: it gives the list that it got."""

    def foreach(self: Any, *args: Any, **options: Any) -> Any:
        function(self, *args, **options)
        return self

    return foreach


def _named(name: str, function: Callable[..., Any]) -> tuple[str, Callable[..., Any]]:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name.removeprefix('_foreach_')}` of every tensor of a list."
    return name, function


def _both(short: str, kind: Callable[..., Any]) -> list[tuple[str, Callable[..., Any]]]:
    name, method = f"_foreach_{short}", _METHODS.get(short, short)
    plain, written = kind(name, getattr(Tensor, method)), kind(f"{name}_", getattr(Tensor, f"{method}_"))
    return [_named(name, plain), _named(f"{name}_", _in_place(written))]


def _pow(base: Any, exponents: Any) -> tuple[Any, ...]:
    """Powers of every tensor, or of one number to every tensor."""
    if isinstance(base, (int, float)):
        return tuple([base**x for x in exponents])
    return _over("_foreach_pow", Tensor.pow)(base, exponents)


def _norm(self: Any, ord: Any = 2, dtype: Any = None) -> tuple[Any, ...]:
    """The norm of every tensor, as of a vector."""
    _split("_foreach_norm", self, ())
    return tuple([linalg.vector_norm(x, ord, dtype=dtype) for x in self])


def _copy(x: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    return x.copy_(src, non_blocking)


def grouped(tensorlistlist: Sequence[Sequence[Any]], with_indices: bool = False) -> dict[Any, Any]:
    """The lists by device and dtype of the tensors in the first one: {(device, dtype): (lists, indices)}, with the
    places that they had if `with_indices`.
    """
    if not tensorlistlist:
        raise RuntimeError("grouping tensors by device and dtype: expected at least one list, but got none")
    groups: dict[Any, Any] = {}
    for i, entries in enumerate(zip(*tensorlistlist, strict=True)):
        if entries[0] is None:
            raise RuntimeError(f"grouping tensors by device and dtype: entry {i} of the first list is None")
        lists, indices = groups.setdefault((entries[0].device, entries[0].dtype), ([[] for _ in entries], []))
        for group, entry in zip(lists, entries, strict=True):
            group.append(entry)
        indices += [i] * with_indices
    return groups


_WITHOUT_WRITING = {f"_foreach_{short}": getattr(Tensor, short) for short in ("clone", "max", "mm")}
functions = dict(
    [
        *[pair for short in _UNARY.split() for pair in _both(short, _over)],
        *[pair for short in _BINARY.split() for pair in _both(short, _over)],
        *[pair for short in ("addcmul", "addcdiv") for pair in _both(short, _fraction)],
        *[_named(name, _over(name, method)) for name, method in _WITHOUT_WRITING.items()],
        _named("_foreach_zero_", _in_place(_over("_foreach_zero_", Tensor.zero_))),
        _named("_foreach_copy_", _in_place(_over("_foreach_copy_", _copy))),
        _named("_foreach_norm", _norm),
        _named("_foreach_pow", _pow),
    ]
)
