"""Parameters and buffers whose shape is not known yet: they become tensors when a lazy module sees its first input."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes as dt
from ..device import Device, check_device
from ..overrides import disabled
from ..tensor import Tensor
from .parameter import Parameter

_NO_SHAPE = (
    "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` "
    "when trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the "
    "parameters before accessing their attributes."
)
_NO_VALUES = (
    "Attempted to use an uninitialized parameter or buffer. This error happens when you are using a `LazyModule` or "
    "explicitly manipulating `torch.nn.parameter.UninitializedParameter` objects. When using LazyModules Call "
    "`forward` with a dummy batch to initialize the parameters before calling torch functions"
)


class _Uninitialized(Tensor):
    """A dtype without a shape. Whatever needs the elements is an error; a cast is not."""

    __torch_function__ = staticmethod(disabled)
    becomes: type[Tensor] = Tensor
    _dtype: dt.dtype

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> Any:
        """Of a dtype (the default one unless told otherwise), to be given a shape by `materialize`."""
        check_device(device)
        made = object.__new__(cls)
        made._dtype, made._requires_grad = dtype or dt.get_default_dtype(), requires_grad
        return made

    @property
    def array(self) -> Any:  # type: ignore[override]
        """ValueError: there is none yet."""
        raise ValueError(_NO_VALUES)

    @property
    def shape(self) -> Any:
        """RuntimeError: it is not known yet."""
        raise RuntimeError(_NO_SHAPE)

    @property
    def dtype(self) -> dt.dtype:
        """The type that the elements will have."""
        return self._dtype

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return Device("cpu")

    @property
    def data(self) -> Any:
        """Itself."""
        return self

    @data.setter
    def data(self, value: Any) -> None:
        self._dtype = value.dtype

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a tensor of this shape, not filled."""
        check_device(device)
        made = Tensor._wrap(np.empty(tuple(shape), (dtype or self._dtype).numpy))
        self.__class__ = self.becomes  # type: ignore[assignment]
        self.array = made.array  # type: ignore[misc]

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return self._dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the dtype is a complex one."""
        return self._dtype.is_complex

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Uninitialised, of another dtype."""
        found = [a for a in (*args, kwargs.get("dtype")) if isinstance(a, dt.dtype)]
        return type(self)(self._requires_grad, dtype=found[0] if found else self._dtype)

    def float(self) -> Any:
        """Uninitialised, of float32."""
        return self.to(dt.float32)

    def double(self) -> Any:
        """Uninitialised, of float64."""
        return self.to(dt.float64)

    def detach(self) -> Any:
        """Itself: there is nothing to share yet."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return memo.setdefault(id(self), self.to())

    def __reduce_ex__(self, protocol: Any) -> Any:
        return type(self), (self._requires_grad, None, self._dtype)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"<{type(self).__name__}>"


class UninitializedParameter(_Uninitialized, Parameter):  # type: ignore[misc]
    """A parameter whose shape is not known yet."""

    becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        """Of a dtype, to be given a shape by `materialize`."""
        return _Uninitialized.__new__(cls, requires_grad, device, dtype)


class UninitializedBuffer(_Uninitialized):
    """A buffer whose shape is not known yet."""


def is_lazy(x: Any) -> bool:
    """Whether x has no shape yet."""
    return isinstance(x, _Uninitialized)
