"""Tensors that belong to a module: what is learned (`Parameter`), and what is only kept (`Buffer`).

Both can be without a shape until a lazy module sees its first input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes as dt
from ..device import Device, check_device
from ..overrides import disabled
from ..tensor import Tensor

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter"]


class Parameter(Tensor):
    """A leaf that a module trains: the memory of `data`, cut off from its graph, that requires grad by default.

    Assigned to an attribute of a module it appears in `module.parameters()`. Without `data` it is empty, of shape (0,).

    >>> torch.nn.Parameter(torch.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        """Of the memory of `data`; RuntimeError if it requires grad and its dtype is neither floating nor complex."""
        if data is not None and not isinstance(data, Tensor):
            raise TypeError(f"Parameter data must be a Tensor, not {type(data).__name__}")
        made = Tensor(0) if data is None else data._alias()
        if requires_grad and made.array.dtype.kind not in "fcV":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients "
                f"(this one is {made.dtype}: give Parameter requires_grad=False)"
            )
        made.__class__ = cls
        made.requires_grad = requires_grad
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            copied = self._wrap(self.array.copy(order="K"))
            copied.__class__ = self.__class__
            copied._requires_grad = self._requires_grad
            memo[id(self)] = copied
        return memo[id(self)]


class _MarkedAsBuffer(type):
    """Instances are tensors that were marked by `Buffer`: they stay plain tensors."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and "_is_buffer" in instance.__dict__


class Buffer(Tensor, metaclass=_MarkedAsBuffer):
    """A tensor that a module keeps and does not train: assigned to an attribute it becomes a buffer.

    A `persistent` one is part of `state_dict()`.
    """

    __torch_function__ = staticmethod(disabled)

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        """A plain tensor on the memory of `data`, marked."""
        made = Tensor(0) if data is None else data._alias()
        made.persistent, made._is_buffer = persistent, True
        return made


# ---------------------------------------------------------------- without a shape

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
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        made = Tensor._wrap(np.empty(sizes, (dtype or self._dtype).numpy))
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

    def __new__(
        cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> Any:
        """Of a dtype, to be given a shape by `materialize`."""
        made = _Uninitialized.__new__(cls, requires_grad, device, dtype)
        made.persistent, made._is_buffer = persistent, True
        return made


def is_lazy(x: Any) -> bool:
    """Whether x has no shape yet."""
    return isinstance(x, _Uninitialized)


def refuse_lazy(what: str, *tensors: Any) -> None:
    """ValueError if a tensor has no shape yet."""
    if any(is_lazy(x) for x in tensors):
        raise ValueError(
            f"The module passed to `{what}` can't have uninitialized parameters. Make sure to run the dummy forward "
            "before."
        )
