"""Parameters that are computed from others: `module.weight` becomes a function of what is trained.

The module gets a class of its own, with a property in the place of the tensor, and a child `parametrizations` that
holds the functions and what they start from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ...autograd.grad_mode import no_grad
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache: dict[tuple[int, str], Any] = {}
_caching = 0


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Inside, a parametrized tensor is computed once, however often it is asked for."""
    global _caching
    _caching += 1
    try:
        yield
    finally:
        _caching -= 1
        if not _caching:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The functions that make a tensor, first to last, and `original` (or `original0`, ...), what the first is given.

    A function may have `right_inverse`, which finds an original for a value that is assigned; it may return several.
    """

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before = original.detach()
        new = self._inverse_if_any(original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            _check_dtype(new, original, "When `right_inverse` outputs one tensor, it may not change the dtype.")
            _put(original, new)
            _register(self, "original", original)
        else:
            for i, part in enumerate(new):
                _check_tensor(part, f"'right_inverse' must return a Tensor or a Sequence of tensors, element {i}")
                part = Parameter(part, original.requires_grad) if isinstance(original, Parameter) else part
                _register(self, f"original{i}", part.requires_grad_(original.requires_grad))
        if not unsafe:
            _check_like(self(), before, "Registering a parametrization may not change")

    @no_grad()  # type: ignore[untyped-decorator]
    def _inverse_if_any(self, value: Any) -> Any:
        for module in reversed(list(self)):
            with contextlib.suppress(NotImplementedError):
                value = module.right_inverse(value) if hasattr(module, "right_inverse") else value
        if not isinstance(value, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(value).__name__}"
            )
        return value

    @no_grad()  # type: ignore[untyped-decorator]
    def right_inverse(self, value: Any) -> None:
        """Let the tensor have this value: put what the inverses make of it into the originals."""
        for module in reversed(list(self)):
            if not hasattr(module, "right_inverse"):
                raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
            value = module.right_inverse(value)
        values = [value] if self.is_tensor else value
        if not isinstance(values, Sequence) or len(values) != self.ntensors:
            raise ValueError(f"'right_inverse' must return a sequence of tensors of length {self.ntensors}.")
        for new, old in zip(values, self._originals(), strict=True):
            _check_tensor(new, "`right_inverse` should return a tensor")
            _check_dtype(new, old, "The tensor returned by `right_inverse` has another dtype than its original.")
            _put(old, new)

    def _originals(self) -> list[Any]:
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def forward(self) -> Any:
        """The tensor."""
        first, *others = self
        x = first(*self._originals())
        for module in others:
            x = module(x)
        return x


def register_parametrization(module: Any, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Any:
    """Let `module.tensor_name` be `parametrization(original)`; on one that has some already, after those.

    ValueError if there is no such parameter or buffer, or if its shape or dtype would change (unless `unsafe`).

    >>> class Symmetric(torch.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = torch.nn.utils.parametrize.register_parametrization(torch.nn.Linear(3, 3), "weight", Symmetric())
    >>> torch.equal(layer.weight, layer.weight.T)
    True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(getattr(module, tensor_name), parametrization)
        functions = module.parametrizations[tensor_name]
        functions.append(parametrization)
        functions.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        functions = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.__class__ = _own_class(type(module))
            module.parametrizations = ModuleDict()
        setattr(type(module), tensor_name, _property(tensor_name))
        module.parametrizations[tensor_name] = functions
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module is computed from others, or this one."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Make the tensor a plain one again, with the value it has (or with the original's, unless
    `leave_parametrized`).
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    functions = module.parametrizations[tensor_name]
    if not functions.is_tensor and not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    value = getattr(module, tensor_name)
    if functions.is_tensor:
        original = functions.original
        if leave_parametrized:
            _put(original, value.detach())
    else:
        original = Parameter(value.detach()) if value.requires_grad else value
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Any) -> type:
    """The class of the module, as it was made."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Any, to_module: Any, tensor_name: str | None = None) -> Any:
    """Give `to_module` the parametrizations and originals of `from_module`, of all tensors or of one."""
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for function in source:
            register_parametrization(to_module, name, function)
        target = to_module.parametrizations[name]
        for key in ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]:
            setattr(target, key, getattr(source, key))
    return to_module


# ---------------------------------------------------------------- how it is done


def _own_class(kind: type) -> type:
    """A subclass for one module, to hold its properties.

    It can be copied, but not pickled: nobody could find the class.
    """

    def getstate(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(): save that, make the module "
            "and its parametrizations anew, and load it."
        )

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            replica: Any = object.__new__(_own_class(kind))
            memo[id(self)] = replica
            replica.__dict__.update(deepcopy(self.__dict__, memo))
            for name in replica.parametrizations:
                setattr(type(replica), name, _property(name))
        return memo[id(self)]

    return type(f"Parametrized{kind.__name__}", (kind,), {"__getstate__": getstate, "__deepcopy__": copied})


def _property(name: str) -> property:
    def compute(self: Any) -> Any:
        functions = self.parametrizations[name]
        if not _caching:
            return functions()
        key = id(self), name
        if key not in _cache:
            _cache[key] = functions()
        return _cache[key]

    return property(compute, lambda self, value: self.parametrizations[name].right_inverse(value))


def _register(module: Module, name: str, tensor: Any) -> None:
    """Enter a tensor as what it is: a parameter or a buffer."""
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _put(target: Any, value: Any) -> None:
    if value is not target:
        target.data = value


def _check_tensor(x: Any, what: str) -> None:
    if not isinstance(x, Tensor):
        raise ValueError(f"{what}. Got {type(x).__name__}")


def _check_dtype(new: Any, old: Any, what: str) -> None:
    if new.dtype != old.dtype:
        raise ValueError(f"{what}\noriginal: {old.dtype}\nfound: {new.dtype}")


def _check_like(new: Any, old: Any, what: str) -> None:
    _check_tensor(new, "A parametrization must return a tensor")
    for name, a, b in (("dtype", old.dtype, new.dtype), ("shape", old.shape, new.shape)):
        if a != b:
            raise ValueError(
                f"{what} the {name} of the tensor, unless `unsafe` flag is enabled.\nunparametrized {name}: {a}\n"
                f"parametrized {name}: {b}"
            )


def _check_next(value: Any, parametrization: Any) -> None:
    """A further parametrization must lead from a tensor to one like it, and so must its inverse."""
    made = parametrization(value)
    _check_like(made, value, "Registering a parametrization may not change")
    if hasattr(parametrization, "right_inverse"):
        with contextlib.suppress(NotImplementedError):
            back = parametrization.right_inverse(made)
            _check_tensor(back, "parametrization.right_inverse must return a tensor")
            _check_like(back, value, "parametrization.right_inverse may not change")


__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params", "type_before_parametrizations",
]  # fmt: skip
