"""Operations of a program's own with a name: `torch.library.custom_op`, found again as `torch.ops.namespace.name`.

PyTorch shows them to its compilers as one operation. Here a function runs as it is; what counts is the gradient that
was registered for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

from .autograd.function import Function
from .missing import missing_from
from .tensor import Tensor

_ops: dict[str, CustomOpDef] = {}


class CustomOpDef:
    """What `custom_op` makes of a function: called like it, it records one node."""

    def __init__(self, name: str, function: Callable[..., Any], mutated: Any) -> None:
        self._qualname, self._init_fn, self._mutated = name, function, mutated
        self._signature = inspect.signature(function)
        self._kernel: Callable[..., Any] = function
        self._setup: Any = None
        self._backward: Any = None
        self._fake: Any = None
        self._function = _recorded(self)
        self.__name__, self.__doc__ = name.partition("::")[2], function.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        call = self._signature.bind(*args, **kwargs)
        call.apply_defaults()
        names = list(self._signature.parameters) if self._mutated == "unknown" else list(self._mutated)
        if not names:
            return self._function.apply(*call.args, call.kwargs)
        result = self._kernel(**call.arguments)
        for x in [call.arguments[name] for name in names]:
            if isinstance(x, Tensor):
                x.storage.written(self._qualname)
        return result

    def register_autograd(self, backward: Callable[..., Any], /, *, setup_context: Any = None) -> None:
        """`backward(ctx, *grads)` gives the gradients; `setup_context(ctx, inputs, output)` saves what it needs."""
        if self._mutated:
            raise RuntimeError(f"Cannot register autograd formula for non-functional operator {self._qualname}")
        self._backward, self._setup = backward, setup_context

    def register_kernel(self, device_types: Any, func: Any = None, /) -> Any:
        """Another implementation for devices; that of the CPU is the one that runs."""
        if func is None:
            return lambda func: self.register_kernel(device_types, func)
        kinds = [device_types] if isinstance(device_types, str) or device_types is None else device_types
        if None in kinds or "cpu" in kinds:
            self._kernel = func
        return func

    def register_fake(self, func: Any, /) -> Any:
        """Kept and never called: it tells PyTorch's compilers shapes."""
        self._fake = func
        return func

    def register_vmap(self, func: Any = None, /) -> Any:
        """Accepted and never called: `vmap` is a loop here."""
        return func

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"


def _recorded(op: CustomOpDef) -> Any:
    """A Function that runs an operation, whose last argument are the keywords; without a registered gradient its
    backward is an error.
    """

    def forward(ctx: Any, *args: Any) -> Any:
        *inputs, keywords = args
        result = op._kernel(*inputs, **keywords)
        if op._setup is not None:
            more = {"keyword_only_inputs": keywords} if keywords else {}
            op._setup(ctx=ctx, inputs=tuple(inputs), output=result, **more)
        return result

    def backward(ctx: Any, *grads: Any) -> Any:
        if op._backward is None:
            raise RuntimeError(
                f"Trying to backward through {op._qualname.replace('::', '.')}.default but no autograd formula was "
                "registered. Please use register_autograd to add one."
            )
        found = op._backward(ctx, *grads)
        return (*found, None) if isinstance(found, (tuple, list)) else (found, None)

    name = f"GeneratedBackwardFor_{op._qualname.replace('::', '_')}_default"
    return type(name, (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def custom_op(
    name: str,
    fn: Any = None,
    /,
    *,
    mutates_args: str | Iterable[str],
    device_types: Any = None,
    schema: str | None = None,
    tags: Any = None,
) -> Any:
    """A decorator: a function with annotations as the operation "namespace::name".

    `mutates_args` names the tensors that it writes to. `register_autograd` gives it a gradient.

    >>> @torch.library.custom_op("docs::double", mutates_args=())
    ... def double(x: torch.Tensor) -> torch.Tensor:
    ...     return x * 2
    >>> torch.ops.docs.double(torch.ones(2))
    tensor([2., 2.])
    """
    if fn is None:
        return lambda fn: custom_op(name, fn, mutates_args=mutates_args, device_types=device_types, schema=schema)
    if name.count("::") != 1:
        raise ValueError(f"custom_op: the name must be 'namespace::name', got {name!r}")
    if schema is None:
        _check_annotations(fn)
    _ops[name] = CustomOpDef(name, fn, mutates_args if isinstance(mutates_args, str) else set(mutates_args))
    return _ops[name]


def _check_annotations(function: Any) -> None:
    signature = inspect.signature(function)
    for parameter in signature.parameters.values():
        if parameter.annotation is inspect.Parameter.empty:
            raise ValueError(
                f"infer_schema(func): Parameter {parameter.name} must have a type annotation. Got func with signature "
                f"{signature})"
            )


def _found(op: Any) -> CustomOpDef:
    if isinstance(op, CustomOpDef):
        return op
    if op not in _ops:
        raise RuntimeError(f"torch.library: there is no operation {op!r}; make one with custom_op")
    return _ops[op]


def register_autograd(op: Any, backward: Callable[..., Any], /, *, setup_context: Any = None, lib: Any = None) -> None:
    """The gradient of an operation, given by itself or by its name: see `CustomOpDef.register_autograd`."""
    _found(op).register_autograd(backward, setup_context=setup_context)


def register_fake(op: Any, func: Any = None, /, *, lib: Any = None, _stacklevel: int = 1) -> Any:
    """Accepted: what it registers tells PyTorch's compilers shapes."""
    return (lambda func: register_fake(op, func)) if func is None else _found(op).register_fake(func)


def register_kernel(op: Any, device_types: Any, func: Any = None, /, *, lib: Any = None) -> Any:
    """Another implementation of an operation: see `CustomOpDef.register_kernel`."""
    return _found(op).register_kernel(device_types, func)


class _Namespace:
    """`torch.ops.namespace`: the operations of this name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> CustomOpDef:
        found = _ops.get(f"{self._name}::{name}")
        if found is None:
            raise AttributeError(f"'_OpNamespace' '{self._name}' object has no attribute '{name}'")
        return found


def namespace(name: str) -> _Namespace:
    """`torch.ops.name`, if `custom_op` has made an operation there."""
    if not any(known.startswith(f"{name}::") for known in _ops):
        raise AttributeError(f"torch.ops has no namespace {name!r}: torch.library.custom_op makes operations")
    return _Namespace(name)


__all__ = ["CustomOpDef", "custom_op", "register_autograd", "register_fake", "register_kernel"]
__getattr__ = missing_from(__name__)
