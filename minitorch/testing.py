"""`assert_close`: that two results are equal up to rounding."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import dtypes as dt
from .autograd.grad_mode import no_grad
from .creation import empty, from_numpy, tensor
from .limits import finfo
from .missing import missing_from
from .ops.compare import isclose
from .ops.parts import complex as paired
from .random import randint
from .tensor import Tensor

__all__ = ["assert_allclose", "assert_close", "make_tensor"]

# (rtol, atol) of each dtype; all others are compared exactly.
_TOLERANCES = {
    dt.float32: (1.3e-6, 1e-5),
    dt.complex64: (1.3e-6, 1e-5),
    dt.float64: (1e-7, 1e-7),
    dt.complex128: (1e-7, 1e-7),
}


class _Options(NamedTuple):
    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool
    allow_subclasses: bool
    msg: Any


def assert_close(
    actual: Any, expected: Any, *, allow_subclasses: bool = True, rtol: float | None = None, atol: float | None = None,
    equal_nan: bool = False, check_device: bool = True, check_dtype: bool = True, check_layout: bool = True,
    check_stride: bool = False, msg: Any = None,
) -> None:  # fmt: skip
    """AssertionError unless |actual - expected| <= atol + rtol |expected| everywhere, in shape and dtype too.

    Takes tensors, arrays, numbers, None, and sequences and mappings of these. Without `rtol` and `atol` (both or none)
    the dtype decides: float32 1.3e-6 and 1e-5, float64 1e-7 and 1e-7, integers and bools exactly. `msg` replaces the
    message, or makes a new one of it. TypeError for values that cannot be compared.

    >>> torch.testing.assert_close(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.000001]))
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            f"rtol and atol must both be specified or both be unspecified, but got rtol={rtol}, atol={atol}"
        )
    _compare(actual, expected, _Options(rtol, atol, equal_nan, check_dtype, check_stride, allow_subclasses, msg), "")


def make_tensor(
    *shape: Any, dtype: Any, device: Any = "cpu", low: Any = None, high: Any = None, requires_grad: bool = False,
    noncontiguous: bool = False, exclude_zero: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Random numbers from [low, high) for tests: by default from [-9, 9), integers from -9 to 9, uint8 from 0 to 9.

    `noncontiguous`: every other element of a larger tensor. `exclude_zero`: the smallest positive number instead of 0.
    ValueError for bounds that are NaN or not in order, and for integers that are to require grad.

    >>> torch.testing.make_tensor(2, 3, dtype=torch.float32, low=0, high=1).shape
    torch.Size([2, 3])
    """
    size = tuple(shape[0]) if len(shape) == 1 and not isinstance(shape[0], int) else shape
    whole = not (dtype.is_floating_point or dtype.is_complex)
    if requires_grad and whole:
        raise ValueError(
            f"`requires_grad=True` is not supported for boolean and integral dtypes, but got dtype={dtype}"
        )
    made = _random(size, dtype, device, *_bounds(dtype, whole, low, high))
    if exclude_zero:
        made[made == 0] = 1 if whole else finfo(dtype).tiny
    if noncontiguous and made.numel() > 1:
        made = made.repeat_interleave(2, dim=-1)[..., ::2]
    return made.requires_grad_() if requires_grad else made


def _bounds(dtype: Any, whole: bool, low: Any, high: Any) -> tuple[Any, Any]:
    """The bounds given, or those of the dtype."""
    first, last = {dt.bool: (0, 2), dt.uint8: (0, 10)}.get(dtype, (-9, 10 if whole else 9))
    first, last = first if low is None else low, last if high is None else high
    if first != first or last != last:
        raise ValueError(f"`low` and `high` cannot be NaN, but got low={first} and high={last}")
    if first > last or (first == last and not dtype.is_floating_point):
        raise ValueError(f"`low` must be less than `high`, but got {first} >= {last}")
    return first, last


def _random(size: Any, dtype: Any, device: Any, low: Any, high: Any) -> Tensor:
    if dtype.is_complex:
        part = dt.float64 if dtype is dt.complex128 else dt.float32
        pair = empty((*size, 2), dtype=part, device=device).uniform_(low, high)
        return paired(pair[..., 0], pair[..., 1])
    if dtype.is_floating_point:
        return empty(size, dtype=dtype, device=device).uniform_(low, high)
    return randint(math.ceil(low), math.ceil(high), size, dtype=dtype, device=device)


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: Any = None,
) -> None:
    """As `assert_close`, its older form: dtypes may differ, and NaN equals NaN."""
    assert_close(
        tensor(actual), tensor(expected), rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg
    )


def _compare(a: Any, b: Any, options: _Options, at: str) -> None:
    for kinds, compare in _COMPARISONS:
        if isinstance(a, kinds) and isinstance(b, kinds) and not isinstance(a, str | bytes):
            compare(a, b, options, at)
            return
    if a is None and b is None:
        return
    if a is None or b is None:
        _fail(f"None mismatch: {a!r:.100} is not {b!r:.100}", options, at)
    raise TypeError(f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}.{_where(at)}")


def _where(at: str) -> str:
    return f"\n\nThe failure occurred for item {at}" if at else ""


def _fail(text: str, options: _Options, at: str) -> None:
    text += _where(at)
    raise AssertionError(options.msg(text) if callable(options.msg) else options.msg or text)


def _compare_bools(a: Any, b: Any, options: _Options, at: str) -> None:
    if bool(a) is not bool(b):
        _fail(f"Booleans mismatch: {bool(a)} is not {bool(b)}", options, at)


def _compare_numbers(a: Any, b: Any, options: _Options, at: str) -> None:
    if options.check_dtype and type(a) is not type(b):
        _fail(f"The (d)types do not match: {type(a)} != {type(b)}.", options, at)
    kind = dt.float64 if isinstance(a, float) or isinstance(b, float) else dt.of_number(a)
    kind = dt.complex128 if isinstance(a, complex) or isinstance(b, complex) else kind
    _compare_values(tensor(a, dtype=kind), tensor(b, dtype=kind), options, at, "Scalars")


def _compare_sequences(a: Any, b: Any, options: _Options, at: str) -> None:
    if len(a) != len(b):
        _fail(f"The length of the sequences mismatch: {len(a)} != {len(b)}", options, at)
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        _compare(x, y, options, f"{at}[{i}]")


def _compare_mappings(a: Any, b: Any, options: _Options, at: str) -> None:
    if set(a) != set(b):
        lines = [f"Missing keys in the actual mapping: {sorted(map(str, set(b) - set(a)))}"]
        lines.append(f"Missing keys in the expected mapping: {sorted(map(str, set(a) - set(b)))}")
        _fail("\n".join(["The keys of the mappings do not match:", *lines]), options, at)
    for key in b:
        _compare(a[key], b[key], options, f"{at}[{key!r}]")


def _compare_arrays(a: Any, b: Any, options: _Options, at: str) -> None:
    _compare_tensors(from_numpy(np.asarray(a)), from_numpy(np.asarray(b)), options, at)


def _compare_tensors(a: Tensor, b: Tensor, options: _Options, at: str) -> None:
    if not options.allow_subclasses and type(a) is not type(b):
        raise TypeError(f"expected two tensors of one class, got {type(a)} and {type(b)}.{_where(at)}")
    checks: list[tuple[str, Any, Any]] = [("shape", a.shape, b.shape)]
    checks += [("dtype", a.dtype, b.dtype)] if options.check_dtype else []
    checks += [("stride()", a.stride(), b.stride())] if options.check_stride else []
    for name, first, second in checks:
        if first != second:
            _fail(f"The values for attribute '{name}' do not match: {first} != {second}.", options, at)
    _compare_values(a, b, options, at, "Scalars" if a.ndim == 0 else "Tensor-likes")


@no_grad()  # type: ignore[untyped-decorator]
def _compare_values(a: Tensor, b: Tensor, options: _Options, at: str, what: str) -> None:
    rtol, atol = _tolerances(a, b, options)
    common = dt.promote_types(a.dtype, b.dtype)
    a, b = a.detach().to(common), b.detach().to(common)
    close = isclose(a, b, rtol=rtol, atol=atol, equal_nan=options.equal_nan)
    if close.all():
        return
    _fail(_report(a, b, ~close, rtol, atol, what), options, at)


def _tolerances(a: Tensor, b: Tensor, options: _Options) -> tuple[float, float]:
    if options.rtol is not None and options.atol is not None:
        return options.rtol, options.atol
    pairs = [_TOLERANCES.get(x.dtype, (0.0, 0.0)) for x in (a, b)]
    return max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)


def _report(a: Tensor, b: Tensor, wrong: Tensor, rtol: float, atol: float, what: str) -> str:
    """How much differs, and where the most."""
    is_exact = rtol == 0 and atol == 0
    wide = dt.complex128 if a.is_complex() else dt.float64
    absolute = (a.to(wide) - b.to(wide)).abs()
    relative = absolute / b.to(wide).abs()
    lines = [f"{what} are not {'equal' if is_exact else 'close'}!", ""]
    if what == "Scalars":
        lines += [f"Expected {b.item()} but got {a.item()}."]
    else:
        count, total = int(wrong.sum()), wrong.numel()
        lines += [f"Mismatched elements: {count} / {total} ({count / total:.1%})"]
    for name, difference, allowed in (("absolute", absolute, atol), ("relative", relative, rtol)):
        lines.append(_largest(name, difference, wrong, "" if is_exact else f" (up to {allowed} allowed)"))
    return "\n".join(lines)


def _largest(name: str, difference: Tensor, wrong: Tensor, allowed: str) -> str:
    if not difference.ndim:
        return f"{name.title()} difference: {difference.item()}{allowed}"
    counted = difference.masked_fill(~wrong, -1)
    flat = int(counted.flatten().argmax())
    index: list[int] = []
    for size in reversed(difference.shape):
        flat, i = divmod(flat, size)
        index.insert(0, i)
    return f"Greatest {name} difference: {difference[tuple(index)].item()} at index {tuple(index)}{allowed}"


_COMPARISONS: tuple[tuple[Any, Callable[[Any, Any, _Options, str], None]], ...] = (
    (Tensor, _compare_tensors),
    (np.ndarray, _compare_arrays),
    ((bool, np.bool_), _compare_bools),
    ((int, float, complex, np.number), _compare_numbers),
    (Mapping, _compare_mappings),
    (Sequence, _compare_sequences),
)

__getattr__ = missing_from(__name__)
