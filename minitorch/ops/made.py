"""`x.new_zeros` and its kin: new tensors in the dtype of another."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..device import check_device
from ..kernels.cast import cast_array
from .base import Array, TensorBase
from .view import dims_of


def _dtype(x: Any, dtype: Any) -> np.dtype[Any]:
    return x.array.dtype if dtype is None else dt.meant(dtype).numpy


def _made(x: Any, array: Array, dtype: Any, device: Any, requires_grad: bool) -> Any:
    check_device(device)
    made = x._wrap(cast_array(array, _dtype(x, dtype)))
    return made.requires_grad_() if requires_grad else made


def shape_of(name: str, sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """The shape of a new tensor, from the sizes of a call `f(2, 3)` or `f((2, 3))`."""
    shape = dims_of(sizes)
    if any(n < 0 for n in shape):
        raise RuntimeError(f"{name}: Trying to create tensor with negative dimension: {list(shape)}")
    return shape


def _filled(fill: Any, meaning: str) -> Any:
    name = f"new_{fill.__name__}"

    def method(
        self: Any, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        shape = shape_of(name, sizes if size is None else (size,))
        return _made(self, fill(shape, dt.wide(_dtype(self, dtype))), dtype, device, requires_grad)

    method.__name__ = name
    method.__doc__ = f"{meaning} of a shape, in this dtype unless told otherwise."
    return method


new_zeros, new_ones = _filled(np.zeros, "Zeros"), _filled(np.ones, "Ones")
new_empty = _filled(np.empty, "Memory")


def new_tensor(self: Any, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Any:
    """A tensor with a copy of `data`, in this dtype unless told otherwise."""
    if isinstance(data, TensorBase):
        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than tensor.new_tensor(sourceTensor).",
            stacklevel=2,
        )
        data = data.array
    return _made(self, np.asarray(data), dtype, device, requires_grad)


def new_empty_strided(
    self: Any, size: Any, stride: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False, **unused: Any
) -> Any:
    """Memory of a shape and of strides (in elements), in this dtype unless told otherwise."""
    shape, steps = shape_of("new_empty_strided", (size,)), dims_of((stride,))
    reach = 0 if 0 in shape else sum([(n - 1) * s for n, s in zip(shape, steps, strict=True)]) + 1
    whole = _made(self, np.empty(reach, dt.wide(_dtype(self, dtype))), dtype, device, False)
    width = whole.array.itemsize
    made = whole._share(np.lib.stride_tricks.as_strided(whole.array, shape, [s * width for s in steps]))
    return made.requires_grad_() if requires_grad else made


def new_full(
    self: Any, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Any:
    """One number everywhere, in this dtype unless told otherwise."""
    target = _dtype(self, dtype)
    value = fill_value.item() if isinstance(fill_value, TensorBase) else fill_value
    dt.check_fits(value, target)
    array = np.empty(shape_of("new_full", (size,)), dt.wide(target))
    array.fill(cast_array(np.asarray(value), dt.wide(target)))
    return _made(self, array, dtype, device, requires_grad)
