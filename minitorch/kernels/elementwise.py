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
        self.small = 2 * PART_NS / cost  # arrays of fewer elements are not worth a second thread
        self._loops: dict[str, Kernel] = {}  # by the kinds of the operands: "a" an array, "s" a number

    def __call__(self, *operands: Any, out: Array | None = None) -> Array:
        if out is None and len(operands) < 3:
            return self.one(*operands) if len(operands) == 1 else self.two(*operands)
        return self._mixed(operands, out)

    def one(self, x: Any) -> Array:
        """Of one operand. This and `two` are short ways for contiguous arrays that are alike: for most calls."""
        if type(x) is ndarray and x.flags.c_contiguous:
            loop, n = self._loops.get("a"), x.size
            if loop is not None and n < self.small:
                y: Array = empty(x.shape, self.dtype or x.dtype)
                loop.run(0, n, y.ravel(), x.ravel())
                return y
        return self._mixed((x,), None)

    def two(self, a: Any, b: Any) -> Array:
        """Of two operands."""
        if type(a) is type(b) is ndarray and a.shape == b.shape and a.flags.c_contiguous and b.flags.c_contiguous:
            loop, n = self._loops.get("aa"), a.size
            if loop is not None and n < self.small:
                y: Array = empty(a.shape, self.dtype or b.dtype)
                loop.run(0, n, y.ravel(), a.ravel(), b.ravel())
                return y
        return self._mixed((a, b), None)

    def _mixed(self, operands: tuple[Any, ...], out: Array | None) -> Array:
        """Any operands: contiguous arrays of one shape, and numbers, go to a loop; others to `_spread`."""
        shape: Any = None
        kinds, flat = "", []
        for x in operands:
            if type(x) is ndarray:
                if x.shape != shape:
                    if shape is not None:
                        return self._spread(operands, out)
                    shape = x.shape
                if not x.flags.c_contiguous:
                    return self._spread(operands, out)
                dtype = x.dtype  # of the last one: before it there may be a mask
                kinds += "a"
                flat.append(x.ravel())
            else:
                kinds += "s"
                flat.append(x)
        if "s" in kinds:
            flat = [x if type(x) is ndarray else in_dtype(x, dtype) for x in flat]
        if out is None:
            out = empty(shape, self.dtype or dtype)
        elif not out.flags.c_contiguous or out.shape != shape:
            return self._into(out, self(*operands))
        loop = self._loops.get(kinds)
        if loop is None:
            loop = self._loops[kinds] = Kernel(_write_loop(self.scalar, kinds), self._numpy_loop)
        if out.size < self.small:
            loop.run(0, out.size, out.ravel(), *flat)
        else:
            loop.split(out.size, self.cost, out.ravel(), *flat)
        return out

    def _spread(self, operands: Any, out: Array | None) -> Array:
        """Operands that broadcast or have strides: numpy for the cheap functions, contiguous copies for the others."""
        arrays = [x for x in operands if type(x) is ndarray]
        if any(x.ndim == 0 for x in arrays) and any(x.ndim for x in arrays):  # 0-d ones are as good as numbers
            return self._mixed(tuple([x[()] if type(x) is ndarray and not x.ndim else x for x in operands]), out)
        if self.cost < 1 or not load():
            result = self.numpy(*operands)
        else:
            shape = np.broadcast_shapes(*[x.shape for x in arrays])
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
