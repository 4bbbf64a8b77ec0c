"""Elementwise kernels: one small scalar function each, lifted to arrays.

`@elementwise` turns a scalar function, written in the vocabulary of `maths`, into a kernel over arrays and Python
numbers. From the one definition come the jitted loop (contiguous operands of one shape, in threads when large) and the
numpy path (the same function applied to whole arrays: broadcasting, rare dtypes, no Numba).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._jit import PART_NS, Kernel, load
from .maths import weak

Array = NDArray[Any]
Function = Callable[..., Any]

SPLIT_NS = 2 * PART_NS
BOOL = np.dtype(np.bool_)


def in_dtype(x: Any, dtype: np.dtype[Any]) -> Any:
    """A number in the dtype of the operands; one beyond the range of float32 is infinite."""
    if dtype.kind == "f" and not -3.4e38 < x < 3.4e38:
        with np.errstate(over="ignore"):
            return dtype.type(x)
    return dtype.type(x)


class Elementwise:
    """A kernel `f(*operands, out=None)`; operands are ndarrays of one dtype (bool masks aside) and Python numbers.

    The result has the operands' dtype, or `dtype`. `cost` is a guess of nanoseconds an element, for threading.
    """

    def __init__(self, function: Function, dtype: Any = None, cost: float = 0.5) -> None:
        self.scalar = weak(function)
        self.dtype = None if dtype is None else np.dtype(dtype)
        self.cost = cost
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self._loops: dict[int, Kernel] = {}  # by which operands are arrays, as bits behind a leading 1

    def __call__(self, *operands: Any, out: Array | None = None) -> Array:
        shape: Any = None
        values, pattern = [], 1
        for x in operands:
            if type(x) is np.ndarray:
                if shape is None:
                    shape, dtype = x.shape, x.dtype
                elif x.shape != shape:
                    return self._spread(operands, out)
                elif dtype is BOOL:  # a mask: the dtype is that of the values behind it
                    dtype = x.dtype
                if not x.flags.c_contiguous:
                    return self._spread(operands, out)
                values.append(x.ravel())
                pattern += pattern + 1
            else:
                values.append(x)
                pattern += pattern
        if out is None:
            out = np.empty(shape, self.dtype or dtype)
        elif not out.flags.c_contiguous or out.shape != shape:
            return self._into(out, self(*operands))
        loop = self._loops.get(pattern) or self._loop(pattern, operands)
        if pattern & (pattern + 1):  # numbers among the operands
            values = [x if type(x) is np.ndarray else in_dtype(x, dtype) for x in values]
        count = out.size
        if count * self.cost < SPLIT_NS:
            loop.run(0, count, out.ravel(), *values)
        else:
            loop.split(count, self.cost, out.ravel(), *values)
        return out

    def _spread(self, operands: Any, out: Array | None) -> Array:
        """Operands that broadcast or have strides: numpy for the cheap functions, contiguous copies for the others."""
        arrays = [x for x in operands if isinstance(x, np.ndarray)]
        shape = np.broadcast_shapes(*[x.shape for x in arrays])
        if shape:
            operands = [x[()] if isinstance(x, np.ndarray) and not x.ndim else x for x in operands]
        if self.cost < 1 or not load():
            result = self.numpy(*operands)
        else:
            result = self(*[np.ascontiguousarray(np.broadcast_to(x, shape)) if np.ndim(x) else x for x in operands])
        return result if out is None else self._into(out, result)

    @staticmethod
    def _into(out: Array, result: Array) -> Array:
        out[...] = result
        return out

    def numpy(self, *operands: Any) -> Array:
        """The same function applied to whole arrays."""
        dtype = self.dtype or np.result_type(*[x.dtype for x in operands if isinstance(x, (np.ndarray, np.generic))])
        with np.errstate(all="ignore"):
            return np.asarray(self.scalar(*operands)).astype(dtype, copy=False)

    def _loop(self, pattern: int, operands: Any) -> Kernel:
        kinds = "".join("a" if isinstance(x, np.ndarray) else "s" for x in operands)
        loop = self._loops[pattern] = Kernel(_write_loop(self.scalar, kinds), self._numpy_loop)
        return loop

    def _numpy_loop(self, start: int, stop: int, out: Array, *operands: Any) -> None:
        with np.errstate(all="ignore"):
            out[start:stop] = self.scalar(*[x[start:stop] if isinstance(x, np.ndarray) else x for x in operands])


def _write_loop(scalar: Function, pattern: str) -> Function:
    """The loop over flat operands, as source: "a" in the pattern is an array, "s" a number."""
    names = [f"x{i}" for i in range(len(pattern))]
    values = [f"{x}[i]" if c == "a" else x for x, c in zip(names, pattern, strict=True)]
    name = f"{scalar.__name__}_{pattern}"
    # Sliced first, so that the index counts from 0: one that could be negative is checked, and the loop not vectorised.
    slices = [f"    {x} = {x}[start:stop]\n" for x, c in zip(["out", *names], "a" + pattern, strict=True) if c == "a"]
    source = f"""
def {name}(start, stop, out, {", ".join(names)}):
{"".join(slices)}
    for i in range(out.size):
        out[i] = scalar({", ".join(values)})
"""
    namespace: dict[str, Any] = {"scalar": scalar, "__name__": scalar.__module__}
    exec(source, namespace)
    function: Function = namespace[name]
    return function


def elementwise(dtype: Any = None, cost: float = 0.5) -> Callable[[Function], Elementwise]:
    """Make an elementwise kernel of a scalar function; `dtype`: of the result, where it is not the operands'."""
    return lambda function: Elementwise(function, dtype, cost)
