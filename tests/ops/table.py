"""The table of operations: one row each. It drives the generic tests here and those against PyTorch in tests/oracle.

Rows stand in the files `rows_<family>.py` beside this one, each with a list `ROWS`. In a sample,

- floating arrays are *values*: they are cast to the dtype under test, and differentiated;
- `Const(array)` are values that are not differentiated;
- integer and bool arrays are *indices and masks*: they stay as they are;
- `Name("float64")` is looked up in the module under test; everything else is passed as it is.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Rng = np.random.Generator
Samples = Callable[[Rng], "list[Sample]"]

nan, inf = np.nan, np.inf
SPECIAL = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 1e30, -1e30])
FEWER = np.array([nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 2.5, -3.0])
TOLERANCE = {"float32": (2e-5, 2e-6), "float64": (1e-9, 1e-11)}  # relative, absolute
WIDE = {
    "complex128": "float64",
    "complex64": "float32",
    "own": "float64",
}  # complex numbers are as precise as their parts


@dataclass(frozen=True)
class Const:
    """Floating values that are not differentiated, such as running statistics."""

    array: Array


@dataclass(frozen=True)
class Name:
    """Something of the module under test, such as a dtype."""

    name: str


@dataclass(frozen=True)
class Sample:
    """The arguments of one call."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


def call(*args: Any, **kwargs: Any) -> Sample:
    """A sample, written as the call."""
    return Sample(args, kwargs)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the tests know of one operation."""

    name: str  # as in `torch.exp`, `torch.nn.functional.relu`, `torch.Tensor.view`: without the `torch.`
    samples: Samples
    special: Samples | None = None  # calls with NaN, infinities and zeros; compared, not differentiated
    errors: Samples | None = None  # calls that must be refused
    numpy: Callable[..., Any] | None = None  # the same of ndarrays: the reference
    dtypes: str = "f"  # f: floating, i: integers, b: bool, c: complex, o: the samples' own
    result: str | None = (
        "same"  # its dtype: same, float (from integers), long (from integers), bool, int64, None: unknown
    )
    grad: bool | str = True  # whether it can be differentiated; "refused": it requires grad, but backward is an error
    differences: bool | str = True  # whether finite differences give the gradient; or why not
    gradgrad: bool | str = True  # and twice; or why not
    method: str | bool = True  # the Tensor method; True: the one of that name, if there is one; False: none
    inplace: str | bool = True  # the same for the form that writes
    aliases: tuple[str, ...] = ()  # other names of the same function
    noncontiguous: bool | str = True  # whether any strides will do; or why not
    writes: bool = False  # whether it returns nothing, and its result is what it did to its first argument
    random: bool = False  # whether it draws numbers: then seeds are set, and values are not compared
    oracle: bool | str = True  # whether PyTorch computes the same; or why not
    awkward: bool | str = True  # whether PyTorch agrees on `special`, for float64; or why not
    nodes: bool | str = True  # whether its node is called as in PyTorch; or why not
    tolerance: dict[str, tuple[float, float]] | None = None
    variant: str = ""

    @property
    def id(self) -> str:
        """The name in the tests' output."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    def rng(self) -> Rng:
        """Random numbers that depend on the name alone."""
        return np.random.default_rng(zlib.crc32(self.id.encode()))

    def made(self) -> list[Sample]:
        """The samples."""
        return self.samples(self.rng())

    def within(self, dtype: str) -> tuple[float, float]:
        """Relative and absolute tolerance."""
        return {**TOLERANCE, **(self.tolerance or {})}.get(WIDE.get(dtype, dtype), (0.0, 0.0))

    def doubles(self) -> list[str]:
        """The wide dtypes in which it is differentiated."""
        wide = {"f": "float64", "c": "complex128", "o": "own"}
        return [wide[kind] for kind in self.dtypes if kind in wide]

    def short(self) -> str:
        """The last part of the name."""
        return self.name.rpartition(".")[2]

    def sweep(self) -> list[str]:
        """The dtypes that values are cast to."""
        names = {
            "f": ["float64", "float32"],
            "i": ["int64", "int32", "uint8"],
            "b": ["bool"],
            "c": ["complex128", "complex64"],
            "o": ["own"],
        }
        return [d for kind in self.dtypes for d in names[kind]]


def rows() -> list[Row]:
    """All rows of all files beside this one."""
    files = sorted(Path(__file__).parent.glob("rows_*.py"))
    return [row for file in files for row in importlib.import_module(f"ops.{file.stem}").ROWS]


# ---------------------------------------------------------------- samples become arguments


def resolve(module: Any, name: str) -> Any:
    """`nn.functional.relu` of the module under test; None if it has no such thing."""
    for part in name.split("."):
        module = getattr(module, part, None)
    return module


def mapped(f: Callable[[Any], Any], x: Any) -> Any:
    """`f` of everything in nested lists, tuples and dictionaries."""
    if isinstance(x, Sample):
        return Sample(mapped(f, x.args), mapped(f, x.kwargs))
    if isinstance(x, dict):
        return {k: mapped(f, v) for k, v in x.items()}
    if isinstance(x, (list, tuple)) and not hasattr(x, "_fields"):
        return type(x)([mapped(f, v) for v in x])
    return f(x)


def is_value(x: Any) -> bool:
    """Whether x is an array of values."""
    return isinstance(x, Const) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")


def cast_array(a: Array, dtype: str) -> Array:
    """Values in another dtype; nothing but zero becomes zero."""
    if dtype == "own":
        return a
    kind = np.dtype(dtype).kind
    a = a.real if a.dtype.kind == "c" != kind else a
    if kind == "b":
        return np.asarray(a > 0)
    if kind == "u":
        a = np.abs(a)
    if kind == "c" and a.dtype.kind != "c":
        a = a + 1j * np.where(a == 0, 0, np.cos(3 * a))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.sign(a) * np.ceil(np.abs(a)) if kind in "iu" else a).astype(dtype)


def cast(sample: Any, dtype: str) -> Any:
    """The sample with its values in `dtype`."""

    def one(x: Any) -> Any:
        if isinstance(x, Const):
            return Const(cast_array(x.array, dtype))
        return cast_array(x, dtype) if is_value(x) else x

    return mapped(one, sample)


def arrays(sample: Sample) -> Sample:
    """The sample for the reference: constants as arrays."""
    return mapped(lambda x: x.array if isinstance(x, Const) else x, sample)


def build(module: Any, sample: Sample, requires_grad: bool = False) -> tuple[Sample, list[Any]]:
    """The sample with tensors of `module` (strides are kept), and those that are leaves."""
    leaves: list[Any] = []

    def one(x: Any) -> Any:
        if isinstance(x, Name):
            return resolve(module, x.name)
        if isinstance(x, Const):
            return module.from_numpy(copied(x.array))
        if not isinstance(x, np.ndarray):
            return x
        tensor = module.from_numpy(copied(x))
        if requires_grad and x.dtype.kind in "fc":
            leaves.append(tensor.requires_grad_())
        return tensor

    return mapped(one, sample), leaves


def perform(row: Row, function: Any, sample: Sample) -> Any:
    """The result of a call on tensors; of one that only writes, a copy of its first argument that was written to."""
    if not row.writes:
        return function(*sample.args, **sample.kwargs)
    written = sample.args[0].clone()
    function(written, *sample.args[1:], **sample.kwargs)
    return written


def copied(a: Array) -> Array:
    """A copy with the same strides where they can be written to, so that tests never share memory."""
    return a.copy() if a.flags.c_contiguous else a


def tensors(result: Any) -> list[Any]:
    """The tensors in a result, in order."""
    found: list[Any] = []
    mapped(lambda x: found.append(x) if hasattr(x, "requires_grad") else None, _plain(result))
    return found


def _plain(x: Any) -> Any:
    return [_plain(v) for v in x] if isinstance(x, (tuple, list)) else x


# ---------------------------------------------------------------- families


def values(rng: Rng, shape: Sequence[int], low: float = -2, high: float = 2, avoid: Sequence[float] = ()) -> Array:
    """Uniform numbers that keep a tenth away from the points to avoid."""
    x = np.asarray(rng.uniform(low, high, tuple(shape)))
    for point in avoid:
        x = np.where(np.abs(x - point) < 0.1, point + 0.1 + np.abs(x - point), x)
    return np.ascontiguousarray(x) if x.ndim else x


def distinct(rng: Rng, shape: Sequence[int], step: float = 0.25) -> Array:
    """Numbers of which no two are equal or close, in random order, around 0."""
    n = int(np.prod(shape))
    return np.asarray((rng.permutation(n) - n / 2 + 0.3).reshape(tuple(shape)) * step)


def unary(
    name: str, numpy: Any = None, *, low: float = -2, high: float = 2, avoid: Sequence[float] = (), **options: Any
) -> Row:
    """A function of one tensor, element by element."""
    extra = options.pop("calls", [{}])  # keyword arguments of further calls

    def samples(rng: Rng) -> list[Sample]:
        shapes = [(5,), (), (2, 3), (0,), (2, 0, 3)]
        made = [call(values(rng, s, low, high, avoid), **extra[0]) for s in shapes]
        return made + [call(values(rng, (4,), low, high, avoid), **more) for more in extra[1:]]

    def special(rng: Rng) -> list[Sample]:
        return [call(SPECIAL.copy(), **more) for more in extra]

    return Row(name=name, numpy=numpy, **{"samples": samples, "special": special, "dtypes": "fib", **options})


_PAIRS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((4,), (4,)),
    ((), ()),
    ((2, 3), (3,)),
    ((1,), (2, 2)),
    ((2, 1), (1, 3)),
    ((3,), ()),
    ((0,), (1,)),
    ((2, 0), (2, 1)),
]


def binary(
    name: str,
    numpy: Any = None,
    *,
    low: float = -2,
    high: float = 2,
    low2: float | None = None,
    high2: float | None = None,
    avoid: Sequence[float] = (),
    numbers: Sequence[Any] = (2, 1.5),
    **options: Any,
) -> Row:
    """A function of two tensors that broadcast, the second maybe a number. `avoid`: for the second."""
    low2, high2 = low if low2 is None else low2, high if high2 is None else high2
    extra = options.pop("calls", [{}])

    def samples(rng: Rng) -> list[Sample]:
        pairs = [(values(rng, s, low, high), values(rng, t, low2, high2, avoid)) for s, t in _PAIRS]
        made = [call(a, b, **more) for more in extra for a, b in (pairs if more is extra[0] else pairs[:1])]
        return made + [call(values(rng, (3,), low, high), n, **more) for n in numbers for more in extra]

    def special(rng: Rng) -> list[Sample]:
        return [call(np.repeat(FEWER, len(FEWER)), np.tile(FEWER, len(FEWER)), **more) for more in extra]

    def errors(rng: Rng) -> list[Sample]:
        return [call(np.ones((2, 3)), np.ones((4,)), **extra[0])]

    given = {"samples": samples, "special": special, "errors": errors, "dtypes": "fib", **options}
    return Row(name=name, numpy=numpy, **given)


_DIMS: list[dict[str, Any]] = [{}, {"dim": 0}, {"dim": -1, "keepdim": True}]


def reduction(name: str, numpy: Any = None, *, several: bool = True, whole: bool = True, **options: Any) -> Row:
    """A function of the elements along dimensions. `several`: dim may be a tuple; `whole`: it may be left out."""
    low, high, zero = options.pop("low", -2), options.pop("high", 2), options.pop("empty", True)
    extra = options.pop("calls", [{}])

    def samples(rng: Rng) -> list[Sample]:
        dims = [d for d in _DIMS if whole or d] + (
            [{"dim": (0, 2)}, {"dim": (0, -1), "keepdim": True}] if several else []
        )
        made = [call(distinct(rng, (2, 3, 2)) * (high - low) / 4 + (low + high) / 2, **d, **extra[0]) for d in dims]
        made += [call(distinct(rng, (4,)) + (low + high) / 2, dim=0, **more) for more in extra]
        made += [call(np.asarray(0.7 + (low + high) / 2), dim=0, **extra[0])]
        return made + ([call(np.ones((2, 0, 3)), dim=d, **extra[0]) for d in (0, 1, 2)] if zero else [])

    def special(rng: Rng) -> list[Sample]:
        rows = [
            [nan, 1.0, 2.0],
            [1.0, nan, inf],
            [inf, 1.0, -2.0],
            [-inf, 0.0, 3.0],
            [inf, -inf, 1.0],
            [0.0, -0.0, 0.0],
        ]
        return [call(np.array(rows), dim=1, **more) for more in extra]

    def errors(rng: Rng) -> list[Sample]:
        return [call(np.ones((2, 3)), dim=2, **extra[0]), call(np.ones((2, 3)), dim=-3, **extra[0])]

    given = {"samples": samples, "special": special, "errors": errors, "dtypes": "fib", **options}
    return Row(name=name, numpy=numpy, **given)


def calls(*made: Sample | Callable[[Rng], Sample]) -> Samples:
    """Samples listed one by one; a function is called with the random numbers."""
    return lambda rng: [m(rng) if callable(m) else m for m in made]
