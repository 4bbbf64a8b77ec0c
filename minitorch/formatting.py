"""How a tensor is printed: to the letter as PyTorch prints it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dtypes as dt
from .kernels.cast import widened

Show = Callable[[Any], str]


@dataclass(frozen=True)
class PrintOptions:
    """What `set_printoptions` sets."""

    precision: int = 4  # digits after the point
    threshold: float = 1000  # above so many elements only the edges are shown
    edgeitems: int = 3  # how many at each edge
    linewidth: int = 80
    sci_mode: bool | None = None  # None: decided by the values


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}
_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """How tensors are printed from now on.

    `precision`: digits after the point. `threshold`: above so many elements only `edgeitems` at each edge are shown.
    `linewidth`: characters a line. `profile`: "default", "short" or "full", changed by the rest. `sci_mode`: always or
    never 1.0000e+00; None leaves it to the values.

    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.12345])
    tensor([1.12])
    >>> torch.set_printoptions(profile="default")
    """
    global _options
    if profile is not None and profile not in _PROFILES:
        raise ValueError(f"unknown profile {profile!r}: expected one of {', '.join(_PROFILES)}")
    base = _options if profile is None else _PROFILES[profile]
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    _options = replace(base, **{name: x for name, x in given.items() if x is not None}, sci_mode=sci_mode)  # type: ignore[arg-type]


def format_tensor(t: Any) -> str:
    """`tensor([...], dtype=..., grad_fn=...)`, on as many lines as it takes."""
    head = f"{t._printed}("
    body = _body(widened(t.array), len(head)) if t.array.size else "[]"
    return _with_suffixes(head + body, _suffixes(t), len(head))


def _suffixes(t: Any) -> list[str]:
    shape, default = t.array.shape, dt.get_default_dtype()
    empty = not t.array.size
    usual = {default} if empty else {default, default.to_complex(), dt.int64, dt.bool}
    says_size = len(shape) != 1 if empty else not _options.edgeitems
    found = [f"size={tuple(shape)}"] if says_size else []
    found += [] if t.dtype in usual else [f"dtype={t.dtype}"]
    maker = _name_of_maker(t)
    if maker is not None:
        found.append(f"grad_fn=<{maker}>")
    elif t.requires_grad:
        found.append("requires_grad=True")
    return found


def _name_of_maker(t: Any) -> str | None:
    try:
        return None if t.grad_fn is None else type(t.grad_fn).__name__
    except RuntimeError:  # a view whose base was written to in a way that has no derivative
        return "Invalid"


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    """Each suffix on the last line while there is room, else on a line of its own."""
    used = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if used + len(suffix) + 2 > _options.linewidth:
            text += f",\n{' ' * indent}{suffix}"
            used = indent + len(suffix)
        else:
            text += f", {suffix}"
            used += len(suffix) + 2
    return text + ")"


# ---------------------------------------------------------------- the elements


def _body(array: NDArray[Any], indent: int) -> str:
    shortened = array.size > _options.threshold
    shown = _edges(array) if shortened else array
    if array.dtype.kind == "c":
        show, width = _complex_format(shown)
    else:
        show, width = _real_format(shown)
    return _nested(array, indent, shortened, show, width)


def _edges(array: NDArray[Any]) -> NDArray[Any]:
    """The elements that are shown of a large array."""
    edge = _options.edgeitems
    for axis, size in enumerate(array.shape):
        if size > 2 * edge:
            array = np.take(array, [*range(edge), *range(size - edge, size)], axis)
    return array


def _nested(array: NDArray[Any], indent: int, shortened: bool, show: Show, width: int) -> str:
    """Brackets, commas and line ends around the elements; blocks of more dimensions are further apart."""
    if array.ndim == 0:
        return show(array.item())
    if array.ndim == 1:
        return _row(array, indent, shortened, show, width)
    parts = [_nested(part, indent + 1, shortened, show, width) for part in _ends(array, shortened)]
    if shortened and len(array) > 2 * _options.edgeitems:
        parts.insert(_options.edgeitems, "...")
    gap = "," + "\n" * (array.ndim - 1) + " " * (indent + 1)
    return "[" + gap.join(parts) + "]"


def _ends(array: NDArray[Any], shortened: bool) -> list[Any]:
    edge = _options.edgeitems
    if not shortened or len(array) <= 2 * edge:
        return list(array)
    return [*array[:edge], *array[len(array) - edge :]]


def _row(array: NDArray[Any], indent: int, shortened: bool, show: Show, width: int) -> str:
    """One vector, wrapped to the width of the line."""
    texts = [show(x.item()) for x in _ends(array, shortened)]
    if shortened and len(array) > 2 * _options.edgeitems:
        texts.insert(_options.edgeitems, " ..." if _options.edgeitems else "...")
    per_line = max(1, (_options.linewidth - indent) // (width + 2))
    lines = [", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


# ---------------------------------------------------------------- one element


def _complex_format(values: NDArray[Any]) -> tuple[Show, int]:
    show_real, real_width = _real_format(values.real)
    show_imag, imag_width = _real_format(values.imag)

    def show(value: complex) -> str:
        imag = show_imag(value.imag).lstrip()
        return show_real(value.real) + ("" if imag[0] == "-" else "+") + imag + "j"

    return show, real_width + imag_width + 1


def _real_format(values: NDArray[Any]) -> tuple[Show, int]:
    """How each of these numbers is written, and the width that they are aligned to."""
    if values.dtype.kind == "f":
        plain, width = _float_format(values.astype(np.float64).ravel())
    else:
        plain = str
        width = max([len(str(x)) for x in values.ravel().tolist()], default=1)
    return lambda value: plain(value).rjust(width), width


def _float_format(values: NDArray[Any]) -> tuple[Show, int]:
    """Whole numbers as `1.`, others with `precision` digits, and both as `1.0000e+00` where they lie far apart."""
    counted = values[np.isfinite(values) & (values != 0)]
    if not counted.size:
        return _whole, 1
    is_whole = bool((counted == np.ceil(counted)).all())
    digits = _options.precision
    show: Show = _whole if is_whole else f"{{:.{digits}f}}".format
    if _is_scientific(np.abs(counted)):
        show = f"{{:.{digits}e}}".format
    return show, max([len(show(x)) for x in counted.tolist()])


def _is_scientific(sizes: NDArray[Any]) -> bool:
    if _options.sci_mode is not None:
        return _options.sci_mode
    low, high = sizes.min(), sizes.max()
    with np.errstate(over="ignore"):
        return bool(high / low > 1000 or high > 1e8 or low < 1e-4)


def _whole(value: float) -> str:
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
