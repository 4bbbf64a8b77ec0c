"""Elementwise kernels: one small scalar function each, lifted to arrays.

`@elementwise` turns a scalar function, written in the vocabulary of `maths`, into a kernel over arrays and Python
numbers. From the one definition come the jitted loop (contiguous operands of one shape, in threads when large) and the
numpy path (the same function applied to whole arrays: broadcasting, rare dtypes, no Numba).
"""

from __future__ import annotations

import contextvars
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import PART_NS, Kernel, load
from .layout import order_of, turned, turned_back
from .maths import narrowed, weak

Array = NDArray[Any]
Function = Callable[..., Any]

empty, ndarray = np.empty, np.ndarray  # looked up once: a small kernel takes less than a microsecond
FEW = 4096  # elements; with fewer, numpy broadcasts about as fast as a loop of ours
SMALL = 16384  # elements; with fewer, numpy's own function is faster: it is called in 0.3 µs, a loop in 0.9


def in_dtype(x: Any, dtype: np.dtype[Any]) -> Any:
    """A number in the dtype of the operands; one beyond the range of float32 is infinite."""
    try:
        if -3.4e38 < x < 3.4e38 or dtype.kind != "f":
            return dtype.type(x)
    except TypeError:  # a complex number
        return dtype.type(x)
    with np.errstate(over="ignore"):
        return dtype.type(x)


def _for_loop(x: Any, dtype: np.dtype[Any]) -> Any:
    """A number as a loop takes it: a float is narrowed in there."""
    return float(x) if dtype.kind == "f" else dtype.type(x)


# numpy's functions without numpy's warnings, in a context made once: `np.errstate` takes 0.8 µs a time.
_quiet = contextvars.copy_context()
_quiet.run(np.seterr, all="ignore")
_run = _quiet.run


def quietly(ufunc: Any, *operands: Any) -> Array:
    """What numpy's function gives, as an array, without numpy's warnings."""
    try:
        y = _run(ufunc, *operands)
    except RuntimeError:  # another thread is in the context, or a finalizer that runs inside of a ufunc's call
        with np.errstate(all="ignore"):
            y = ufunc(*operands)
    return y if type(y) is ndarray else np.asarray(y)


class Elementwise:
    """A kernel `f(*operands, out=None)`; operands are ndarrays of one dtype (bool masks aside) and Python numbers.

    The result has the operands' dtype, or `dtype`. `cost` is a guess of nanoseconds an element, for threading. `ufunc`
    is numpy's function for the same to the bit, if there is one: it computes small arrays.
    """

    def __init__(self, function: Function, dtype: Any = None, cost: float = 0.15, ufunc: Any = None) -> None:
        self.scalar = weak(function)
        self.dtype = None if dtype is None else np.dtype(dtype)
        self.cost = cost
        self.ufunc = ufunc
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.small = 2 * PART_NS / cost  # arrays of fewer elements are not worth a second thread
        self._loops: dict[str, Kernel] = {}  # by the kinds of the operands: "a" an array, "s" a number

    def __call__(self, *operands: Any, out: Array | None = None) -> Array:
        if out is None and len(operands) < 3:
            return self.one(*operands) if len(operands) == 1 else self.two(*operands)
        return self._mixed(operands, out)

    def one(self, x: Any) -> Array:
        """Of one operand. This and `two` are short ways for most calls: contiguous, with few elements or alike."""
        if type(x) is ndarray and x.flags.c_contiguous:
            n = x.size
            if n < SMALL and self.ufunc is not None:
                return quietly(self.ufunc, x)
            loop = self._loops.get("a")
            if loop is not None and n < self.small:
                y: Array = empty(x.shape, self.dtype or x.dtype)
                loop.run(0, n, y.ravel(), x.ravel())
                return y
        return self._mixed((x,), None)

    def two(self, a: Any, b: Any) -> Array:
        """Of two operands."""
        if type(a) is type(b) is ndarray:
            n = a.size
            if n < SMALL and b.size < SMALL and self.ufunc is not None and _in_rows(a, b):
                return quietly(self.ufunc, a, b)
            loop = self._loops.get("aa")
            if loop is not None and n < self.small and a.shape == b.shape and _in_rows(a, b):
                y: Array = empty(a.shape, self.dtype or b.dtype)
                loop.run(0, n, y.ravel(), a.ravel(), b.ravel())
                return y
        elif self.ufunc is not None:
            array, number = (a, b) if type(a) is ndarray else (b, a)
            if array.size < SMALL and type(number) is float and array.dtype.kind == "f" and array.flags.c_contiguous:
                return quietly(self.ufunc, a, b)
        return self._mixed((a, b), None)

    def write(self, x: Array, *others: Any) -> None:
        """The result over the first operand, a contiguous array; the others are alike, or numbers."""
        if self.ufunc is not None and x.size < SMALL:
            quietly(self.ufunc, x, *others, x)
            return
        kinds = "=" + "".join(["a" if type(y) is ndarray else "s" for y in others])
        loop = self._loops.get(kinds)
        if loop is None:
            loop = self._loops[kinds] = Kernel(_write_loop(self.scalar, kinds, self.dtype), self._numpy_write_loop)
        flat = [y.ravel() if type(y) is ndarray else _for_loop(y, x.dtype) for y in others]
        loop.split(x.size, self.cost, x.ravel(), *flat)

    def _mixed(self, operands: tuple[Any, ...], out: Array | None, dtype: Any = None) -> Array:
        """Any operands: contiguous arrays of one shape, and numbers, go to a loop; others to `_spread`."""
        shape: Any = None
        last = dtype
        kinds, flat, ready = "", [], True
        for x in operands:
            if type(x) is ndarray:
                if x.shape != shape:
                    if shape is not None:
                        return self._spread(operands, out, dtype)
                    shape = x.shape
                if not x.flags.c_contiguous:
                    return self._spread(operands, out, dtype)
                last = x.dtype  # of the last array: before it there may be a mask
                kinds += "a"
                flat.append(x.ravel())
            else:
                kinds += "s"
                flat.append(x)
                ready = ready and type(x) is float
        last = dtype or last
        if not ready or (last.kind != "f" and "s" in kinds):
            flat = [x if type(x) is ndarray else _for_loop(x, last) for x in flat]
        if out is None:
            out = empty(shape, self.dtype or last)
        elif not out.flags.c_contiguous or out.shape != shape:
            return self._into(out, self(*operands))
        loop = self._loops.get(kinds)
        if loop is None:
            loop = self._loops[kinds] = Kernel(_write_loop(self.scalar, kinds, self.dtype), self._numpy_loop)
        if out.size < self.small:
            loop.run(0, out.size, out.ravel(), *flat)
        else:
            loop.split(out.size, self.cost, out.ravel(), *flat)
        return out

    def _spread(self, operands: Any, out: Array | None, dtype: Any = None) -> Array:
        """Operands that broadcast or have strides: with their axes in the order that the result has in memory."""
        arrays = [x for x in operands if type(x) is ndarray]
        flat = [x for x in arrays if x.ndim]
        if 0 < len(flat) < len(arrays):  # those without dimensions are as good as numbers
            given = tuple([x if type(x) is not ndarray or x.ndim else x[()] for x in operands])
            return self._mixed(given, out, dtype or arrays[-1].dtype)
        order = order_of(arrays, np.broadcast(*arrays).shape) if out is None else None
        if order is None:
            return self._in_order(operands, arrays, out, dtype)
        operands = [turned(x, order) for x in operands]
        arrays = [x for x in operands if type(x) is ndarray]
        alike = all(x.shape == arrays[0].shape and x.flags.c_contiguous for x in arrays)
        result = self._mixed(tuple(operands), None, dtype) if alike else self._in_order(operands, arrays, None, dtype)
        return turned_back(result, order)

    def _in_order(self, operands: Any, arrays: list[Array], out: Array | None, dtype: Any) -> Array:
        """Operands whose result is row-major."""
        shape = np.broadcast(*arrays).shape
        small = self.cost < 1 and math.prod(shape) < FEW
        quick = small or not load()
        result = self.numpy(*operands) if quick else self._by_rows(operands, shape, dtype or arrays[-1].dtype)
        return result.copy() if out is None and not result.flags.c_contiguous else self._into(out, result)

    def _by_rows(self, operands: Any, shape: tuple[int, ...], dtype: Any) -> Array:
        """The result as a matrix: an operand is full, one row for all rows, or one number for each row."""
        arrays = [x for x in operands if type(x) is ndarray]
        k = min(range(len(shape) + 1), key=lambda k: sum(_copied(x.shape, shape, k) for x in arrays))
        out: Array = empty(shape, self.dtype or dtype)
        matrix = out.reshape(math.prod(shape[:k]), -1) if out.size else out.reshape(0, 1)
        kinds, flat = "", []
        for x in operands:
            kind = _kind(x.shape, shape, k) if type(x) is ndarray else "s"
            kinds += kind
            flat.append(_for_loop(x, dtype) if kind == "s" else _laid_out(x, shape, k, kind))
        loop = self._loops.get(kinds)
        if loop is None:
            loop = self._loops[kinds] = Kernel(
                _write_row_loop(self.scalar, kinds, self.dtype), self._numpy_row_loop(kinds)
            )
        loop.split(len(matrix), matrix.shape[1] * self.cost + 2, matrix, *flat)
        return out

    @staticmethod
    def _into(out: Array | None, result: Array) -> Array:
        if out is None:
            return result
        out[...] = result
        return out

    def numpy(self, *operands: Any) -> Array:
        """The same function applied to whole arrays."""
        dtype = self.dtype or np.result_type(*[x.dtype for x in operands if isinstance(x, (np.ndarray, np.generic))])
        with np.errstate(all="ignore"):
            return np.asarray(self.scalar(*operands)).astype(dtype, copy=False)

    def _numpy_loop(self, start: int, stop: int, out: Array, *operands: Any) -> None:
        with np.errstate(all="ignore"):
            out[start:stop] = self.scalar(*[x[start:stop] if isinstance(x, np.ndarray) else x for x in operands])

    def _numpy_write_loop(self, start: int, stop: int, x: Array, *others: Any) -> None:
        self._numpy_loop(start, stop, x, x, *others)

    def _numpy_row_loop(self, kinds: str) -> Function:
        def run(start: int, stop: int, out: Array, *operands: Any) -> None:
            part = slice(start, stop)
            cut = {"f": lambda x: x[part], "c": lambda x: x[part, None], "r": lambda x: x, "s": lambda x: x}
            with np.errstate(all="ignore"):
                out[part] = self.scalar(*[cut[kind](x) for kind, x in zip(kinds, operands, strict=True)])

        return run


def _in_rows(a: Array, b: Array) -> bool:
    return a.flags.c_contiguous and b.flags.c_contiguous


# ---------------------------------------------------------------- operands that broadcast, as those of a matrix


def _kind(own: tuple[int, ...], shape: tuple[int, ...], k: int) -> str:
    """What an operand is to a matrix of shape[:k] rows by shape[k:] columns: "f" full, "r" a row, "c" a column."""
    own = (1,) * (len(shape) - len(own)) + own
    if own == shape:
        return "f"
    if all(n == 1 for n in own[k:]):
        return "c"
    return "r" if all(n == 1 for n in own[:k]) else "f"


def _copied(own: tuple[int, ...], shape: tuple[int, ...], k: int) -> int:
    """How many elements of the operand have to be laid out anew; short rows are as good as a copy."""
    kind = _kind(own, shape, k)
    rows, columns = math.prod(shape[:k]), math.prod(shape[k:])
    if kind == "f":
        return (len(own) < len(shape) or own != shape) * rows * columns + rows * 8
    return (rows if kind == "c" else columns) + rows * 8


def _laid_out(x: Array, shape: tuple[int, ...], k: int, kind: str) -> Array:
    """The operand as a full matrix, as one row or as one column."""
    own = (1,) * (len(shape) - x.ndim) + x.shape
    if kind == "f":
        full = np.ascontiguousarray(np.broadcast_to(x, shape))
        return full.reshape(math.prod(shape[:k]), -1) if full.size else full.reshape(0, 1)
    part = slice(None, k) if kind == "c" else slice(k, None)
    return np.ascontiguousarray(np.broadcast_to(x.reshape(own[part]), shape[part])).reshape(-1)


def _narrowed(given: list[tuple[str, str]], out: str, dtype: Any) -> str:
    """Lines that give the numbers the width of the result or, where its dtype is a fixed one, of the last array."""
    like = out if dtype is None else [x for x, kind in given if kind != "s"][-1]
    return "".join([f"    {x} = narrowed({x}, {like})\n" for x, kind in given if kind == "s"])


def _write_row_loop(scalar: Function, kinds: str, dtype: Any) -> Function:
    """The loop over the rows of a matrix, as source."""
    names = [f"x{i}" for i in range(len(kinds))]
    given = list(zip(names, kinds, strict=True))
    cut = "".join(f"    {x} = {x}[start:stop]\n" for x, kind in [("out", "f"), *given] if kind in "fc")
    rows = "".join(f"        {x}_i = {x}[i]\n" for x, kind in given if kind in "fc")
    values = ", ".join({"f": f"{x}_i[j]", "c": f"{x}_i", "r": f"{x}[j]", "s": x}[kind] for x, kind in given)
    name = f"{scalar.__name__}_{kinds}"
    return _compiled(
        scalar,
        name,
        f"""
def {name}(start, stop, out, {", ".join(names)}):
{cut}{_narrowed(given, "out", dtype)}
    for i in range(out.shape[0]):
        y = out[i]
{rows}
        for j in range(y.size):
            y[j] = scalar({values})
""",
    )


def _compiled(scalar: Function, name: str, source: str) -> Function:
    namespace: dict[str, Any] = {"scalar": scalar, "narrowed": narrowed, "__name__": scalar.__module__}
    exec(source, namespace)
    function: Function = namespace[name]
    return function


def _write_loop(scalar: Function, kinds: str, dtype: Any) -> Function:
    """The loop over flat operands, as source: "a" is an array, "s" a number, "=" an array that takes the result.

    Where the result went to an array of its own that is the same memory, the loop would not be vectorised.
    """
    names = [f"x{i}" for i in range(len(kinds))]
    given = list(zip(names, kinds, strict=True))
    out = "x0" if kinds[0] == "=" else "out"
    arrays = list(dict.fromkeys([out, *[x for x, kind in given if kind != "s"]]))
    values = [x if kind == "s" else f"{x}[i]" for x, kind in given]
    name = f"{scalar.__name__}_{kinds.replace('=', 'w')}"
    # Sliced first, so that the index counts from 0: one that could be negative is checked, and the loop not vectorised.
    slices = "".join([f"    {x} = {x}[start:stop]\n" for x in arrays])
    return _compiled(
        scalar,
        name,
        f"""
def {name}(start, stop, {", ".join(dict.fromkeys([out, *names]))}):
{slices}{_narrowed(given, out, dtype)}
    for i in range({out}.size):
        {out}[i] = scalar({", ".join(values)})
""",
    )


def elementwise(dtype: Any = None, cost: float = 0.15, ufunc: Any = None) -> Callable[[Function], Elementwise]:
    """Make an elementwise kernel of a scalar function; `dtype`: of the result, where it is not the operands'."""
    return lambda function: Elementwise(function, dtype, cost, ufunc)
