"""Subclasses of Tensor, and `__torch_function__`: classes that say themselves what torch's functions do with them.

What an operation makes of a subclass is of that subclass. A class with a `__torch_function__` of its own is asked
instead: by its methods, and by the public functions, which look for one as soon as there is such a subclass, and
where they do not know an argument.
"""

from __future__ import annotations

import functools
import inspect
import threading
import types as kinds
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .autograd.grad_mode import mode
from .autograd.tensor_base import TensorBase
from .errors import not_a_tensor

_new = object.__new__
_OPERATORS = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"),
    *("and", "or", "xor", "lshift", "rshift"),
)
_NAMES = {"truediv": "div", "floordiv": "floor_divide", "mod": "remainder", "invert": "bitwise_not"}
_NAMES |= {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
_OTHERS = (
    *("neg", "abs", "pos", "invert", "getitem", "setitem", "len", "contains", "iter"),
    *("eq", "ne", "lt", "le", "gt", "ge"),
)
_OWN = ("as_subclass", "data_ptr", "register_hook", "retain_grad", "backward", "numpy", "tolist", "item")

anyone = False  # whether there is a class with a `__torch_function__` of its own
public: list[dict[str, Any]] = []  # the namespaces that went through `door`


class DisableTorchFunctionSubclass:
    """Inside, subclasses of Tensor are treated as plain tensors."""

    def __enter__(self) -> None:
        self.before, mode.plain = mode.plain, True

    def __exit__(self, *error: object) -> None:
        mode.plain = self.before


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """Inside, modes are not asked either."""

    def __enter__(self) -> None:
        super().__enter__()
        self.modes, _entered.modes = _entered.modes, []

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        _entered.modes = self.modes


class _Entered(threading.local):
    def __init__(self) -> None:
        self.modes: list[TorchFunctionMode] = []  # the last of which is asked first


_entered = _Entered()  # the modes that this thread is inside of


class TorchFunctionMode:
    """Inside, every public function and method of tensors is given to `__torch_function__` of the mode.

    While it answers, the modes around it are asked instead.

    >>> class Count(torch.overrides.TorchFunctionMode):
    ...     def __torch_function__(self, func, types, args=(), kwargs=None):
    ...         print(func.__name__)
    ...         return func(*args, **(kwargs or {}))
    >>> with Count():
    ...     x = torch.ones(2) + 1
    ones
    add
    """

    def __init__(self) -> None:
        pass

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise NotImplementedError("a TorchFunctionMode defines __torch_function__")

    def __enter__(self) -> Any:
        global anyone, _inside
        anyone = True
        with _changing:
            _inside += 1
            if _inside == 1:
                _watch_methods(_base[0])
        _entered.modes = [*_entered.modes, self]
        return self

    def __exit__(self, *error: object) -> None:
        global _inside
        _entered.modes = _entered.modes[:-1]
        with _changing:
            _inside -= 1
            if _inside == 0:
                _unwatch_methods(_base[0])


class BaseTorchFunctionMode(TorchFunctionMode):
    """A mode that runs every function as it is."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


_unwatched: dict[str, Any] = {}  # Tensor's methods as they are outside of modes
_inside = 0  # how often a mode was entered and not left yet, in all threads
_changing = threading.Lock()


def _watch_methods(base: Any) -> None:
    """Let the methods and operators of plain tensors ask the modes."""
    for name, function in list(vars(base).items()):
        if isinstance(function, kinds.FunctionType) and name[0] != "_" and name not in _OWN:
            _unwatched[name] = function
            setattr(base, name, asking(function))
    for short in [*_OPERATORS, *_OTHERS, *("r" + name for name in _OPERATORS)]:
        name = f"__{short}__"
        if name in vars(base):
            _unwatched[name] = vars(base)[name]
            setattr(base, name, asking(_unwatched[name], _public_method(base, short)))


def _unwatch_methods(base: Any) -> None:
    for name, function in _unwatched.items():
        setattr(base, name, function)
    _unwatched.clear()


unasked = object()  # the answer where nobody is asked


def ask(public_api: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What a mode, or the class of an argument, makes of a call; `unasked` if there is neither."""
    values = [*args, *kwargs.values()]
    modes = _entered.modes
    if modes:
        _entered.modes = modes[:-1]
        try:
            return modes[-1].__torch_function__(public_api, tuple(_asked(values)), args, kwargs)
        finally:
            _entered.modes = modes
    if not mode.plain and has_torch_function(values):
        return handle_torch_function(public_api, values, *args, **kwargs)
    return unasked


# ---------------------------------------------------------------- who is asked


def _asked(args: Iterable[Any]) -> list[type]:
    """The classes with a `__torch_function__` among the arguments and in lists of them, subclasses first."""
    found: list[type] = []
    for x in _flat(args):
        kind = type(x)
        if kind in found or not _overrides(kind):
            continue
        before = [i for i, other in enumerate(found) if issubclass(kind, other)]
        found.insert(before[0] if before else len(found), kind)
    return found


def _flat(args: Iterable[Any]) -> Iterator[Any]:
    for x in args:
        if isinstance(x, (list, tuple)):
            yield from x
        else:
            yield x


def _overrides(kind: type) -> bool:
    function = getattr(kind, "__torch_function__", None)
    return function is not None and function is not disabled and kind is not _base[0]


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    """Whether an argument has a `__torch_function__` that is not switched off."""
    return bool(_asked(relevant_args))


def handle_torch_function(public_api: Any, relevant_args: Iterable[Any], *args: Any, **kwargs: Any) -> Any:
    """What the first class with an answer makes of the call; TypeError if none has one."""
    asked = _asked(relevant_args)
    for kind in asked:
        result = kind.__torch_function__(public_api, tuple(asked), args, kwargs)  # type: ignore[attr-defined]
        if result is not NotImplemented:
            return result
    raise TypeError(
        f"no implementation found for 'torch.{public_api.__name__}': all __torch_function__ handlers returned "
        f"NotImplemented: {asked}"
    )


def is_tensor_like(inp: Any) -> bool:
    """Whether it is a tensor, or has a `__torch_function__`."""
    return isinstance(inp, TensorBase) or hasattr(type(inp), "__torch_function__")


def is_tensor_method_or_property(func: Callable[..., Any]) -> bool:
    """Whether a function is one of Tensor's methods."""
    return getattr(_base[0], getattr(func, "__name__", ""), None) is func


def wrap_torch_function(dispatcher: Callable[..., Iterable[Any]]) -> Callable[..., Any]:
    """A decorator: a function that asks the classes of the arguments that `dispatcher(*args)` names."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            relevant = dispatcher(*args, **kwargs)
            if has_torch_function(relevant):
                return handle_torch_function(call, relevant, *args, **kwargs)
            return function(*args, **kwargs)

        return call

    return decorate


# ---------------------------------------------------------------- the default answer


def disabled(func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """The `__torch_function__` of classes like Parameter, of which operations make plain tensors."""
    return NotImplemented


def default(cls: type, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Run the function; tensors among its results become this class."""
    if not all(issubclass(cls, kind) for kind in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
    return _as(cls, result)


def _as(cls: type, x: Any) -> Any:
    if isinstance(x, TensorBase):
        return x if isinstance(x, cls) else as_subclass(x, cls)
    if isinstance(x, (tuple, list)):
        items = [_as(cls, item) for item in x]
        return type(x)(*items) if hasattr(x, "_fields") else type(x)(items)
    return x


def as_subclass(self: Any, cls: type) -> Any:
    """The same memory and the same place in the graph, as an instance of a subclass of Tensor."""
    if not (isinstance(cls, type) and issubclass(cls, TensorBase)):
        raise TypeError(f"as_subclass(): argument 'cls' must be a subclass of Tensor, not {cls!r}")
    made = self._alias_view() if mode.grad and self.tracked() else self._alias()
    made.__class__ = cls
    return made


def make_subclass(cls: Any, data: Any, require_grad: bool = False) -> Any:
    """The memory of a tensor as an instance of a subclass, without its history."""
    made = data._alias()
    made.__class__, made._requires_grad = cls, require_grad
    return made


# ---------------------------------------------------------------- what a subclass is given

_base: list[Any] = [None]  # Tensor itself


def prepare(base: type, cls: Any) -> None:
    """Called for each new subclass of Tensor: results of its instances are to be its instances."""
    global anyone
    _base[0] = base
    if cls.__torch_function__ is disabled:
        return
    cls._printed = cls.__name__
    cls._wrap = staticmethod(lambda array: _of(base if mode.plain else cls, array))
    cls._share = lambda self, array: _retyped(base._share(self, array), base if mode.plain else cls)  # type: ignore[attr-defined]
    for name in _OPERATORS:
        if f"__r{name}__" not in cls.__dict__ and hasattr(base, f"__r{name}__"):
            setattr(cls, f"__r{name}__", _reflected(cls, getattr(base, f"__r{name}__")))
    if "__torch_function__" in cls.__dict__:
        _ask_methods(base, cls)
        anyone = True


def _of(cls: type, array: Any) -> Any:
    x: Any = _new(cls)
    x.array = array
    return x


def _retyped(x: Any, cls: type) -> Any:
    x.__class__ = cls
    return x


def _reflected(cls: type, method: Any) -> Any:
    """An operator of a number or plain tensor and a subclass: Python asks the subclass first."""

    @functools.wraps(method)
    def operator(self: Any, other: Any) -> Any:
        result = method(self, other)
        return _as(cls, result) if isinstance(result, TensorBase) else result

    return operator


def _ask_methods(base: Any, cls: Any) -> None:
    """Methods and operators of the class go through its `__torch_function__`, those that it has itself aside."""
    own = {name for kind in cls.__mro__[: cls.__mro__.index(base)] for name in kind.__dict__ if kind is not cls}
    own |= set(cls.__dict__) - {f"__r{name}__" for name in _OPERATORS}
    for name, function in vars(base).items():
        if isinstance(function, kinds.FunctionType) and name[0] != "_" and name not in (*own, *_OWN):
            setattr(cls, name, _asking(function))
    for short in [*_OPERATORS, *_OTHERS, *("r" + name for name in _OPERATORS)]:
        name = f"__{short}__"
        if name in vars(base) and name not in own:
            setattr(cls, name, _asking(getattr(base, name), _public_method(base, short)))


def _public_method(base: Any, short: str) -> Any:
    """What PyTorch calls an operator: `Tensor.mul` for `*`, `Tensor.__getitem__` for an index."""
    name = _NAMES.get(short, short)
    return getattr(base, name, None) if hasattr(base, name) else getattr(base, f"__{short}__")


def _asking(plain: Any, shown: Any = None) -> Any:
    @functools.wraps(plain)
    def method(*args: Any, **kwargs: Any) -> Any:
        if mode.plain:
            return plain(*args, **kwargs)
        return handle_torch_function(shown or plain, [*args, *kwargs.values()], *args, **kwargs)

    return method


# ---------------------------------------------------------------- the public functions


def door(names: dict[str, Any]) -> None:
    """Let the public functions of a namespace ask classes with a `__torch_function__` and say what is no tensor."""
    public.append(names)
    for name in names["__all__"]:
        if not takes_arguments(names[name]):
            continue
        if not hasattr(names[name], "asks"):
            names[name] = asking(names[name])
        if names[name].__name__ == name:
            names[name].__module__ = names["__name__"]  # where it is found by what is pickled


_TENSORS = {"mask", "index", "source", "src", "mat2", "vec", "vec2", "tensor"}  # parameters that are tensors


def method_door(cls: Any) -> None:
    """The same for the methods that take tensors beside the first."""
    for name, function in list(vars(cls).items()):
        if isinstance(function, kinds.FunctionType) and name[0] != "_" and not hasattr(function, "asks"):
            others = list(function.__annotations__.items())[1:]
            if name.endswith("_as") or any(
                kind == "T" or other in _TENSORS for other, kind in others if other != "return"
            ):
                setattr(cls, name, asking(function))


def takes_arguments(function: Any) -> bool:
    """Whether it is a Python function that can be given something."""
    code = function.__code__ if isinstance(function, kinds.FunctionType) else None
    return code is not None and bool(code.co_argcount or code.co_flags & inspect.CO_VARARGS)


def asking(function: Any, shown: Any = None) -> Any:
    """A public function that asks modes and the classes of its arguments, and says which argument is no tensor.

    `shown`: what it is called to those, if not itself.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if anyone and (answer := ask(shown or call, args, kwargs)) is not unasked:
            return answer
        try:
            return function(*args, **kwargs)
        except (AttributeError, TypeError, ValueError) as error:
            if not mode.plain and has_torch_function([*args, *kwargs.values()]):
                return handle_torch_function(call, [*args, *kwargs.values()], *args, **kwargs)
            if (explained := no_tensor(function, args, kwargs, error)) is error:
                raise
            raise explained from None

    call.asks = True  # type: ignore[attr-defined]
    return call


_NO_NUMBER = ("could not convert string", "invalid literal for int()")


def no_tensor(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], error: Exception) -> Exception:
    """The error for an argument that is no tensor or no number, from Python's own; another error as it is."""
    if isinstance(error, ValueError) and str(error).startswith(_NO_NUMBER):
        return TypeError(f"{function.__name__}(): an argument must be a number, not str: {error}")
    if not isinstance(error, AttributeError):
        return error
    names = inspect.unwrap(function).__code__.co_varnames
    given = [*zip(names, args, strict=False), *kwargs.items()]
    here = [i for i, (_, value) in enumerate(given) if value is error.obj]
    where = f"argument '{given[here[0]][0]}' (position {here[0] + 1})" if here else "an argument"
    return not_a_tensor(function.__name__, error, where)


__all__ = [
    "BaseTorchFunctionMode",
    "DisableTorchFunction",
    "DisableTorchFunctionSubclass",
    "TorchFunctionMode",
    "handle_torch_function",
    "has_torch_function",
    "is_tensor_like",
    "is_tensor_method_or_property",
    "wrap_torch_function",
]
