"""Element types, and the type that an operation on several of them has."""

from __future__ import annotations

import builtins
from typing import Any, ClassVar

import numpy as np

__all__ = [
    "bfloat16", "bool", "byte", "cdouble", "cfloat", "chalf", "char", "complex32", "complex64", "complex128", "double",
    "dtype", "float", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float16",
    "float32", "float64", "get_default_dtype", "half", "int", "int8", "int16", "int32", "int64", "long",
    "set_default_dtype", "short", "uint8", "uint16", "uint32", "uint64",
]  # fmt: skip


class dtype:
    """The type of a tensor's elements, such as `float32`; compared by identity."""

    by_numpy: ClassVar[dict[np.dtype[Any], dtype]] = {}

    def __init__(self, name: str, numpy: Any, title: str, rank: builtins.int) -> None:
        self.name = name
        self.numpy = np.dtype(numpy)
        self.title = title  # as in "FloatTensor"
        self.rank = rank  # of its category: bool, integer, floating, complex
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = rank == 2
        self.is_complex = rank == 3
        self.is_signed = self.numpy.kind in "ifc"
        dtype.by_numpy[self.numpy] = self

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return (of_name, (self.name,))

    def to_complex(self) -> dtype:
        """The complex type of the same precision."""
        return complex128 if self is float64 else complex64

    def to_real(self) -> dtype:
        """The real type of the same precision."""
        return {complex64: float32, complex128: float64}.get(self, self)


mixed = False  # whether a half or bare dtype, or autocast, was ever asked for: until then nobody needs to look for them


class _Rare(dtype):
    """A dtype that operations look for only once somebody has asked for its numpy dtype: until then no array has it."""

    def _enter(self, numpy: Any) -> None:
        self._numpy = np.dtype(numpy)
        dtype.by_numpy[self._numpy] = self

    @property
    def numpy(self) -> np.dtype[Any]:
        """The numpy dtype of the elements."""
        global mixed
        mixed = True
        return self._numpy


class _Half(_Rare):
    """A floating dtype of two bytes. Its elements move as they are; operations compute with them in float32.

    numpy computes with float16 slowly and does not know bfloat16, whose elements are bits to it: a record of one
    field (kind "V", the only one). No array of halves is made before somebody has asked for its numpy dtype here.
    """

    def __init__(self, name: str, numpy: Any, title: str) -> None:
        self.name, self.title, self.rank, self.itemsize = name, title, 2, 2
        self.is_floating_point, self.is_complex, self.is_signed = True, False, True
        self._enter(numpy)


class _Bare(_Rare):
    """An unsigned dtype that holds numbers and computes little: products, bits and equality, as in PyTorch."""

    def __init__(self, name: str, numpy: Any, title: str) -> None:
        self.name, self.title, self.rank, self.itemsize = name, title, 1, np.dtype(numpy).itemsize
        self.is_floating_point = self.is_complex = self.is_signed = False
        self._enter(numpy)


class _Unheld(dtype):
    """A dtype that programs compare with, and that no tensor has: TypeError for one in it."""

    def __init__(self, name: str, rank: builtins.int, itemsize: builtins.int) -> None:
        self.name, self.title, self.rank, self.itemsize = name, name, rank, itemsize
        self.is_floating_point, self.is_complex, self.is_signed = rank == 2, rank == 3, True

    def __reduce__(self) -> str:
        return self.name

    @property
    def numpy(self) -> np.dtype[Any]:
        """TypeError."""
        raise TypeError(f"torch.{self.name}: no tensor has this dtype here")


bool = dtype("bool", np.bool_, "Bool", 0)
uint8 = dtype("uint8", np.uint8, "Byte", 1)
int8 = dtype("int8", np.int8, "Char", 1)
int16 = dtype("int16", np.int16, "Short", 1)
int32 = dtype("int32", np.int32, "Int", 1)
int64 = dtype("int64", np.int64, "Long", 1)
float32 = dtype("float32", np.float32, "Float", 2)
float64 = dtype("float64", np.float64, "Double", 2)
complex64 = dtype("complex64", np.complex64, "ComplexFloat", 3)
complex128 = dtype("complex128", np.complex128, "ComplexDouble", 3)

float16 = half = _Half("float16", np.float16, "Half")
bfloat16 = _Half("bfloat16", [("bfloat16", np.uint16)], "BFloat16")

uint16 = _Bare("uint16", np.uint16, "UInt16")
uint32 = _Bare("uint32", np.uint32, "UInt32")
uint64 = _Bare("uint64", np.uint64, "UInt64")

complex32 = chalf = _Unheld("complex32", 3, 4)
float8_e4m3fn, float8_e5m2 = _Unheld("float8_e4m3fn", 2, 1), _Unheld("float8_e5m2", 2, 1)
float8_e4m3fnuz, float8_e5m2fnuz = _Unheld("float8_e4m3fnuz", 2, 1), _Unheld("float8_e5m2fnuz", 2, 1)
float8_e8m0fnu = _Unheld("float8_e8m0fnu", 2, 1)

byte, char, short, int, long = uint8, int8, int16, int32, int64
float, double, cfloat, cdouble = float32, float64, complex64, complex128

_default = float32


def of_name(name: str) -> dtype:
    """The dtype called `name`."""
    return next(d for d in dtype.by_numpy.values() if d.name == name)


def of(array_dtype: np.dtype[Any]) -> dtype:
    """The dtype of an ndarray's elements; TypeError for one that tensors cannot hold."""
    try:
        return dtype.by_numpy[array_dtype]
    except KeyError:
        held = ", ".join(d.name for d in dtype.by_numpy.values())
        raise TypeError(
            f"can't convert np.ndarray of type {array_dtype}. The only supported types are: {held}."
        ) from None


def is_half(d: np.dtype[Any]) -> builtins.bool:
    """Whether a numpy dtype is that of float16 or bfloat16."""
    return d.char in "eV"


def wide(d: np.dtype[Any]) -> np.dtype[Any]:
    """The numpy dtype that is computed in: float32 for halves, others as they are."""
    return float32.numpy if d.char in "eV" else d


def largest(d: dtype) -> builtins.float:
    """The largest finite number of a floating dtype."""
    return (2 - 2.0**-7) * 2.0**127 if d is bfloat16 else builtins.float(np.finfo(d.numpy).max)


def with_own_dtype(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array, with the one dtype object that operations compare by identity: an unpickled array has another."""
    own = of(array.dtype).numpy
    return array if array.dtype is own else array.view(own)


def get_default_dtype() -> dtype:
    """The dtype of floating-point tensors made without one."""
    return _default


def set_default_dtype(d: dtype) -> None:
    """Make `d`, a floating dtype, that of floating-point tensors made without one."""
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, got {d}")
    _default = d


def _ends(kind: Any, info: Any) -> tuple[Any, Any]:
    return kind(info.min), kind(info.max)


_BOUNDS: dict[np.dtype[Any], tuple[Any, Any]] = {
    **{d: _ends(builtins.float, np.finfo(d)) for d in map(np.dtype, "efd")},
    bfloat16._numpy: (-largest(bfloat16), largest(bfloat16)),
    **{d: _ends(builtins.int, np.iinfo(d)) for d in map(np.dtype, "bhiq")},
    **{d: (-builtins.int(np.iinfo(d).max), builtins.int(np.iinfo(d).max)) for d in map(np.dtype, "BHIQ")},  # -1 is 255
}


def check_fits(value: Any, d: np.dtype[Any]) -> None:
    """RuntimeError unless a number can be written into this dtype. Fractions are cut off."""
    bounds = _BOUNDS.get(d)
    if bounds is None or type(value) is builtins.bool:
        return
    if isinstance(value, complex):
        fits = value.imag == 0
    else:
        fits = bounds[0] <= value <= bounds[1] or (d.kind in "fV" and not abs(value) < np.inf)
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {of(d).name} without overflow: {value}")


def of_number(value: Any) -> dtype:
    """The dtype a Python number has as a tensor."""
    if isinstance(value, builtins.bool):
        return bool
    if isinstance(value, builtins.int):
        return int64
    if isinstance(value, builtins.float):
        return _default
    if isinstance(value, complex):
        return _default.to_complex()
    return of(np.asarray(value).dtype)


def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that both can be cast to, as PyTorch's table has it: `promote_types(uint8, int8)` is int16."""
    if a is b:
        return a
    if isinstance(a, _Bare) or isinstance(b, _Bare):
        return _promote_bare(a, b)
    if bfloat16 in (a, b) and a.rank == b.rank:
        return float32 if float16 in (a, b) else b if a is bfloat16 else a
    if a.rank == b.rank:
        return of(np.promote_types(a.numpy, b.numpy))
    low, high = sorted((a, b), key=lambda d: d.rank)
    if high.is_complex and low is float64:  # an integer never widens a float, a float64 widens a complex
        return complex128
    return high


def _promote_bare(a: dtype, b: dtype) -> dtype:
    for d in (a, b):
        if d.is_floating_point:
            return d
    raise RuntimeError(
        "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
        f"{a.title} and {b.title}: cast one to the other's dtype"
    )


def is_bare(d: np.dtype[Any]) -> builtins.bool:
    """Whether a numpy dtype is that of uint16, uint32 or uint64."""
    return d.kind == "u" and d.itemsize > 1


_python_types = {builtins.float: float64, builtins.int: int64, builtins.bool: bool, complex: complex128}


def meant(d: Any) -> Any:
    """The dtype that Python's `int`, `float`, `bool` or `complex` stand for; anything else as it is."""
    return d if isinstance(d, dtype) else _python_types.get(d, d)


_scalar_kind = {builtins.bool: 0, builtins.int: 1, builtins.float: 2, complex: 3}


def result_dtype(operands: Any) -> dtype:
    """The dtype of an operation on tensors and Python numbers.

    Tensors with dimensions decide; 0-d tensors, and behind them numbers, only if their category is higher
    (bool < integer < floating < complex).
    """
    levels: list[dtype | None] = [None, None, None]
    for x in operands:
        kind = _scalar_kind.get(type(x))
        level, d = (2, of_number(x)) if kind is not None else (0 if x.ndim else 1, x.dtype)
        seen = levels[level]
        levels[level] = d if seen is None else promote_types(seen, d)
    result: dtype | None = None
    for d in levels:
        if d is not None and (result is None or d.rank > result.rank):
            result = d if result is None or d.rank < 3 else _complex_of(d, result)
    assert result is not None
    return result


def _complex_of(d: dtype, narrower: dtype) -> dtype:
    return narrower.to_complex() if narrower.is_floating_point else d


def can_cast(from_: dtype, to: dtype) -> builtins.bool:
    """Whether an in-place result of `from_` may be written to a tensor of `to`: the category must not fall."""
    return from_.rank <= to.rank
