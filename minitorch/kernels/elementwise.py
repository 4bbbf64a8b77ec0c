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
empty, ndarray = np.empty, np.ndarray  # looked up once: a small kernel takes less than a microsecond


def in_dtype(x: Any, dtype: np.dtype[Any]) -> Any:
    """A number in the dtype of the operands; one beyond the range of float32 is infinite."""
    if -3.4e38 < x < 3.4e38 or dtype.kind != "f":
        return dtype.type(x)
    with np.errstate(over="ignore"):
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
        a, b = operands[0], operands[-1]
        if type(a) is type(b) is ndarray and out is None and a.flags.c_contiguous:
            # One array, or two alike: most calls, so these take a short way.
            if len(operands) == 1:
                pattern, flat = 3, (a.ravel(),)
            elif len(operands) == 2 and a.shape == b.shape and b.flags.c_contiguous:
                pattern, flat = 7, (a.ravel(), b.ravel())
            else:
                return self._mixed(operands, out)
            out = empty(a.shape, b.dtype if self.dtype is None else self.dtype)
            count = out.size
            if count * self.cost < SPLIT_NS and pattern in self._loops:
                self._loops[pattern].run(0, count, out.ravel(), *flat)
                return out
            return self._fill(out, pattern, flat)
        return self._mixed(operands, out)

    def _mixed(self, operands: tuple[Any, ...], out: Array | None) -> Array:
        """Any operands: contiguous arrays of one shape, and numbers, go to a loop; others to `_spread`."""
        shape, pattern, flat = None, 1, []
        for x in operands:
            if type(x) is ndarray:
                shape, dtype = x.shape if shape is None else shape, x.dtype  # before the last one there may be a mask
                if x.shape != shape or not x.flags.c_contiguous:
                    return self._spread(operands, out)
                pattern += pattern + 1
                flat.append(x.ravel())
            else:
                pattern += pattern
                flat.append(x)
        if pattern & (pattern + 1):  # numbers among the operands
            flat = [x if type(x) is ndarray else in_dtype(x, dtype) for x in flat]
        if out is None:
            out = empty(shape, dtype if self.dtype is None else self.dtype)
        elif not out.flags.c_contiguous or out.shape != shape:
            return self._into(out, self(*operands))
        return self._fill(out, pattern, flat)

    def _fill(self, out: Array, pattern: int, flat: Any) -> Array:
        """Run the loop of this pattern."""
        loop = self._loops.get(pattern)
        if loop is None:
            kinds = "".join("a" if type(x) is ndarray else "s" for x in flat)
            loop = self._loops[pattern] = Kernel(_write_loop(self.scalar, kinds), self._numpy_loop)
        loop.split(out.size, self.cost, out.ravel(), *flat)
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
