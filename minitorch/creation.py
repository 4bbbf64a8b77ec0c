"""Tensors from data, and tensors of zeros, ones and ranges. Data enters minitorch here."""

from __future__ import annotations

import math
import operator
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dtypes as dt
from .autograd.grad_mode import mode
from .device import check_device
from .kernels.cast import cast_array, widened
from .kernels.layout import made_like
from .ops.made import shape_of
from .storage import TypedStorage, UntypedStorage
from .tensor import Tensor


def _made(array: NDArray[Any], requires_grad: bool = False) -> Tensor:
    x = Tensor._wrap(array)
    x._inference = mode.inference
    if requires_grad:
        x.requires_grad = True
    return x


def _cast(array: NDArray[Any], d: np.dtype[Any], requires_grad: bool = False) -> Tensor:
    """A tensor of values that were computed in `wide(d)`, if not in `d` itself."""
    return _made(array if array.dtype is d else cast_array(array, d), requires_grad)


def _numpy_dtype(d: Any, default: dt.dtype | None = None) -> np.dtype[Any]:
    if d is None:
        return (default or dt.get_default_dtype()).numpy
    found = dt.meant(d)
    if not isinstance(found, dt.dtype):
        raise TypeError(f"expected a torch.dtype, got {d!r}")
    return found.numpy


COPIED = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
    "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor)."
)


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A tensor with a copy of `data`: a number, nested sequences, an ndarray or a tensor.

    Python floats give the default dtype (float32), integers int64, bools bool; ndarrays keep their dtype.

    >>> torch.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    check_device(device)
    if isinstance(data, Tensor):
        warnings.warn(COPIED, stacklevel=2)
    return _made(_array_of(data, dtype), requires_grad)


def _array_of(data: Any, dtype: Any) -> NDArray[Any]:
    """A fresh array of the data."""
    if isinstance(data, Tensor):
        data = data.array
    known = data.dtype if isinstance(data, (np.ndarray, np.generic)) else None
    if known is None:
        data = _unpacked(data)
        array = _from_python(data, whole=dtype is dt.uint64)
        known = _natural(array, data)
        if dtype is not None and array.dtype.kind in "iuf":
            _check_range(array, _numpy_dtype(dtype))
    else:
        array = np.asarray(data)
    target = known if dtype is None else _numpy_dtype(dtype)
    target = dt.of(np.dtype(target)).numpy
    if "V" in (array.dtype.kind, target.kind) or target.char == "e":
        return np.ascontiguousarray(cast_array(array, target)).reshape(array.shape)
    with np.errstate(all="ignore"):
        return np.array(array, dtype=target, order="C", copy=True)


def _unpacked(data: Any) -> Any:
    """Tensors inside of sequences, as arrays; those of one element, as numbers."""
    if isinstance(data, Tensor):
        return data.item() if data.array.size == 1 else widened(data.array)
    if isinstance(data, (list, tuple)) and any(isinstance(x, (Tensor, list, tuple)) for x in data):
        return [_unpacked(x) for x in data]
    return data


def _from_python(data: Any, whole: bool = False) -> NDArray[Any]:
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"expected sequences of equal length at every level: {error}") from None
    except OverflowError:
        raise ValueError("Overflow when unpacking long long") from None
    if array.dtype.kind in "OUSmM":
        kind = type(next(iter(np.asarray(data, object).flat), None)).__name__
        if array.dtype.kind == "O":
            if kind == "int":
                raise ValueError("Overflow when unpacking long long")
            raise RuntimeError(f"Could not infer dtype of {kind}: expected numbers, in sequences of equal length")
        raise TypeError(f"new(): invalid data type {kind!r}: expected numbers, in sequences of equal length")
    if array.dtype == np.uint64 and array.size and not whole and array.max() > np.iinfo(np.int64).max:
        raise ValueError("Overflow when unpacking long long")
    return array


def _check_range(array: NDArray[Any], d: np.dtype[Any]) -> None:
    """RuntimeError for numbers that an integer type cannot hold."""
    if d.kind in "iu" and array.size:
        for value in (array.min(), array.max()):
            dt.check_fits(value.item(), d)


def _natural(array: NDArray[Any], data: Any = None) -> np.dtype[Any]:
    """The dtype of data that came as Python numbers, or as numpy's, which keep their own."""
    if not array.size:
        return dt.get_default_dtype().numpy
    while isinstance(data, (list, tuple)):
        data = data[0]
    if isinstance(data, np.generic) and array.dtype in dt.dtype.by_numpy:
        return data.dtype if array.dtype.kind == data.dtype.kind == "f" else array.dtype
    kinds = {
        "b": dt.bool,
        "i": dt.int64,
        "u": dt.int64,
        "f": dt.get_default_dtype(),
        "c": dt.get_default_dtype().to_complex(),
    }
    return kinds[array.dtype.kind].numpy


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """A tensor of `data` that shares its memory where it can: a tensor or an ndarray of that dtype."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, np.ndarray) and (dtype is None or _numpy_dtype(dtype) == data.dtype):
        return from_numpy(data)
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False
) -> Tensor:
    """As `as_tensor`; `copy=True` always copies."""
    if copy is False and isinstance(obj, (list, tuple)):
        raise ValueError("asarray: can't alias arbitrary sequence into a tensor.")
    x = _made(_array_of(obj, dtype)) if copy else as_tensor(obj, dtype, device)
    return x.requires_grad_() if requires_grad else x


def from_numpy(ndarray: NDArray[Any]) -> Tensor:
    """A tensor on the memory of an ndarray: a write to one is seen in the other.

    ValueError for memory that a tensor cannot describe: negative strides, strides between elements, another byte order.
    An array that is read-only makes a tensor that cannot be written to.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if not ndarray.dtype.isnative:
        raise ValueError(
            f"given numpy array has byte order different from the native byte order ({ndarray.dtype}): convert it with "
            "array.astype(array.dtype.newbyteorder('='))"
        )
    if any(s % ndarray.itemsize for s in ndarray.strides if ndarray.itemsize):
        raise ValueError(
            f"given numpy array strides {ndarray.strides} not a multiple of the element byte size {ndarray.itemsize}: "
            f"copy it"
        )
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "supported: copy it."
        )
    return _made(dt.with_own_dtype(ndarray))


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a floating one."""
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the dtype is a complex one."""
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not 0; RuntimeError for more or fewer."""
    return bool(input)


def is_storage(obj: Any) -> bool:
    """Whether `obj` is the storage of a tensor."""
    return isinstance(obj, (TypedStorage, UntypedStorage))


def is_inference(input: Tensor) -> bool:
    """Whether it was made in inference mode."""
    return input.is_inference()


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape."""
    return input.shape == other.shape


def typename(obj: Any) -> str:
    """The full name of a value's type: `torch.FloatTensor` for a tensor."""
    if isinstance(obj, Tensor):
        return obj.type()
    if type(obj).__module__ == "builtins":
        return type(obj).__qualname__
    return f"{type(obj).__module__}.{type(obj).__qualname__}"


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor on the memory of another library's array, or of a DLPack capsule; `copy=True` copies it.

    BufferError for memory on a device or of a layout that a tensor cannot have; TypeError for an unknown dtype.

    >>> import numpy as np
    >>> torch.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    check_device(device)
    source = ext_tensor if hasattr(ext_tensor, "__dlpack__") else _Capsule(ext_tensor)
    x = from_numpy(np.from_dlpack(source))
    return x.clone() if copy else x


def to_dlpack(tensor: Tensor) -> Any:
    """A DLPack capsule on the memory of a tensor; one library can take it, once."""
    return tensor.__dlpack__()


class _Capsule:
    """A DLPack capsule, which is known by its type alone, as an array that gives it away."""

    def __init__(self, capsule: Any) -> None:
        if type(capsule).__name__ != "PyCapsule":
            raise TypeError(
                f"from_dlpack: expected an array with __dlpack__ or a capsule, got {type(capsule).__name__}"
            )
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return (1, 0)  # the CPU


def scalar_tensor(value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A 0-d tensor of a number, in the default floating dtype unless told otherwise."""
    return tensor(value, dtype=dtype or dt.get_default_dtype(), device=device, requires_grad=requires_grad)


# ---------------------------------------------------------------- filled


def _shape(sizes: tuple[Any, ...], name: str, size: Any = None) -> tuple[int, ...]:
    """The shape asked for as f(2, 3), f((2, 3)) or f(size=(2, 3))."""
    if not sizes and size is None:
        raise TypeError(f'{name}() missing 1 required positional arguments: "size"')
    return shape_of(name, sizes if size is None else (size,))


def zeros(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Zeros of the shape given, as integers or as one sequence."""
    check_device(device)
    return _made(np.zeros(_shape(sizes, "zeros", size), _numpy_dtype(dtype)), requires_grad)


def ones(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Ones of the shape given, as integers or as one sequence."""
    check_device(device)
    d = _numpy_dtype(dtype)
    return _cast(np.ones(_shape(sizes, "ones", size), dt.wide(d)), d, requires_grad)


def empty(
    *sizes: Any,
    size: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Memory of the shape given, whatever is in it."""
    check_device(device)
    return _made(np.empty(_shape(sizes, "empty", size), _numpy_dtype(dtype)), requires_grad)


def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """One number everywhere; the dtype is that of the number (float32 for a float)."""
    check_device(device)
    if isinstance(size, int):
        raise TypeError("full(): argument 'size' (position 1) must be tuple of ints, not int")
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    if isinstance(value, str):
        raise TypeError("full(): argument 'fill_value' (position 2) must be Number, not str")
    target = _numpy_dtype(dtype, dt.of_number(value))
    dt.check_fits(value, target)
    if target.kind not in "fV":  # as C converts: fractions cut off, -1 as a byte 255
        with np.errstate(all="ignore"):
            value = np.asarray(value).astype(target)
    return _cast(np.full(_shape((size,), "full"), value, dt.wide(target)), target, requires_grad)


def _like(make: Any, input: Tensor, dtype: Any, device: Any, requires_grad: bool, memory_format: Any) -> Tensor:
    """A tensor of an array `make(shape, dtype)`, laid out like input unless row-major order is asked for."""
    check_device(device)
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{make.__name__}_like(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    d = _numpy_dtype(dtype, input.dtype)
    kept = memory_format in (None, "torch.preserve_format")
    wide = dt.wide(d)
    return _cast(made_like(make, input.array, wide) if kept else make(input.array.shape, wide), d, requires_grad)


def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros of the shape, dtype and order in memory of `input`."""
    return _like(np.zeros, input, dtype, device, requires_grad, memory_format)


def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones of the shape, dtype and order in memory of `input`."""
    return _like(np.ones, input, dtype, device, requires_grad, memory_format)


def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Memory of the shape and dtype of `input`, in its order, whatever is in it."""
    return _like(np.empty, input, dtype, device, requires_grad, memory_format)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """One number everywhere, in the shape, dtype and order in memory of `input`."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    return _like(lambda shape, d: np.full(shape, value, d), input, dtype, device, requires_grad, memory_format)


def eye(
    n: int,
    m: int | None = None,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """An n x m matrix with ones on the diagonal."""
    check_device(device)
    if n < 0 or (m or 0) < 0:
        raise RuntimeError(f"eye: n and m must be greater or equal to 0, got n={n} and m={m}")
    d = _numpy_dtype(dtype)
    return _cast(np.eye(n, n if m is None else m, dtype=dt.wide(d)), d, requires_grad)


# ---------------------------------------------------------------- ranges


def arange(
    *bounds: Any,
    start: Any = None,
    end: Any = None,
    step: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`arange(end)`, `arange(start, end)`, `arange(start, end, step)`: the end is left out; integers give int64."""
    check_device(device)
    given = [_plain(b) for b in bounds]
    first, last, by = _bounds(given, _plain(start), _plain(end), _plain(step))
    if not all(math.isfinite(b) for b in (first, last)):
        raise RuntimeError(f"arange: unsupported range: {first} -> {last}")
    if dtype is not None and dt.meant(dtype).rank == 1:
        first, last, by = int(first), int(last), int(by)
    _check_step(first, last, by)
    natural = dt.int64 if all(isinstance(b, int) for b in (first, last, by)) else None
    target = _numpy_dtype(dtype, natural)
    if target.kind == "b":
        raise NotImplementedError("arange: not implemented for 'Bool'")
    count = int(np.ceil((last - first) / by)) if natural is None else -(-(last - first) // by)
    steps = np.arange(count, dtype=np.int64 if natural else np.float64)
    return _cast(first + steps * by, target, requires_grad)


def _check_step(first: Any, last: Any, by: Any) -> None:
    if by == 0:
        raise RuntimeError("arange: step must be nonzero")
    if (last - first) * by < 0:
        raise RuntimeError(
            f"arange: upper bound and lower bound inconsistent with step sign (start {first}, end {last}, step {by})"
        )


def _bounds(given: list[Any], start: Any, end: Any, step: Any) -> tuple[Any, Any, Any]:
    if len(given) == 1 and end is None:
        given = [0, *given] if start is None else [start, *given]
    first, last, by = (*given, None, None, None)[:3]
    first = start if first is None else first
    last = end if last is None else last
    by = step if by is None else by
    if last is None:
        raise TypeError("arange() missing required argument: 'end'")
    return 0 if first is None else first, last, 1 if by is None else by


def _plain(x: Any) -> Any:
    return x.item() if isinstance(x, (Tensor, np.generic)) else x


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers evenly spaced from start to end, both included."""
    check_device(device)
    steps = operator.index(steps)
    if steps < 0:
        raise RuntimeError(f"linspace: number of steps must be non-negative, got {steps}")
    first, last = _plain(start), _plain(end)
    whole = dt.complex64 if isinstance(first, complex) or isinstance(last, complex) else None
    d = _numpy_dtype(dtype, whole)
    return _cast(_line(*_ends(first, last, d), steps, dt.wide(d)), d, requires_grad)


def _ends(start: Any, end: Any, d: np.dtype[Any]) -> tuple[Any, Any]:
    """Both ends; for integers they are cut first, as in PyTorch."""
    return (int(start), int(end)) if d.kind in "iu" else (start, end)


def _line(start: Any, end: Any, steps: int, d: np.dtype[Any]) -> NDArray[Any]:
    """Counted from the nearer end, in the dtype itself, as PyTorch computes it."""
    kind = d if d.kind in "fc" else np.dtype(np.float64)
    i = np.arange(steps).astype(kind)
    step = (np.asarray(end, kind) - np.asarray(start, kind)) / kind.type(max(steps - 1, 1))
    up = np.asarray(start, kind) + step * i
    down = np.asarray(end, kind) - step * (kind.type(max(steps - 1, 0)) - i)
    return np.where(np.arange(steps) < steps // 2 + (steps == 1), up, down).astype(d)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` numbers from base**start to base**end, evenly spaced in the exponent."""
    check_device(device)
    steps = operator.index(steps)
    if steps < 0:
        raise RuntimeError(f"logspace: number of steps must be non-negative, got {steps}")
    d = _numpy_dtype(dtype)
    line = _line(*_ends(_plain(start), _plain(end), d), steps, np.dtype(np.float64))
    return _cast(np.power(float(base), line), d, requires_grad)


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.array.size


__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "from_dlpack", "from_numpy", "full", "full_like",
    "is_complex", "is_floating_point", "is_inference", "is_nonzero", "is_same_size", "is_storage", "is_tensor",
    "linspace", "logspace", "numel", "ones", "ones_like", "scalar_tensor", "tensor", "to_dlpack", "typename", "zeros",
    "zeros_like",
]  # fmt: skip
