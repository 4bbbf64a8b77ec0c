"""Whether operations are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`; per thread."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Generator
from typing import Any, TypeVar

__all__ = [
    "enable_grad", "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_grad_enabled",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])


class _Mode(threading.local):
    grad = True
    inference = False
    anomaly = False
    check_nan = True
    saved_hooks: Any = None  # what tensors that are saved pass through
    hooks_refused: str | None = None  # the error for such hooks
    backward: Any = None  # the pass that runs
    plain = False  # whether subclasses of Tensor are not asked what functions do with them
    autocast: Any = None  # the numpy dtype that autocast lowers products to, while it is on


mode = _Mode()


class _Ever:
    """Whether, in any thread, something rare was used that every operation would have to look for."""

    inference = False
    watched = False  # anomaly detection, or inference mode, or hooks on what is saved


ever = _Ever()


class _Switch:
    """A change of the mode, as a context manager and as a decorator of functions and generators."""

    def _change(self) -> None:
        raise NotImplementedError

    def clone(self) -> _Switch:
        """A fresh switch that does the same."""
        return type(self)()

    def __enter__(self) -> Any:
        self._before = (mode.grad, mode.inference)
        self._change()

    def __exit__(self, *error: object) -> None:
        mode.grad, mode.inference = self._before

    def __call__(self, function: F) -> F:
        if inspect.isclass(function):
            warnings.warn(
                "Decorating classes is deprecated and will be disabled in future versions. You should only decorate "
                "functions or methods: put the decorator on __init__ to keep what it does today.",
                FutureWarning,
                stacklevel=2,
            )
        if inspect.isgeneratorfunction(function):
            return _switch_generator(self, function)  # type: ignore[return-value]

        @functools.wraps(function)
        def switched(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return switched  # type: ignore[return-value]


def _switch_generator(switch: _Switch, function: Callable[..., Any]) -> Callable[..., Any]:
    """The switch holds while the generator runs, not while its consumer does."""

    @functools.wraps(function)
    def switched(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        generator = function(*args, **kwargs)
        call: Callable[[], Any] = lambda: next(generator)  # noqa: E731
        while True:
            try:
                with switch.clone():
                    value = call()
            except StopIteration as stop:
                return stop.value
            call = yield from _relay(switch, generator, value)

    return switched


def _relay(switch: _Switch, generator: Any, value: Any) -> Generator[Any, Any, Callable[[], Any]]:
    """Hand `value` to the consumer; what it sends or throws is what the generator is resumed with."""
    try:
        sent = yield value
    except GeneratorExit:
        with switch.clone():
            generator.close()
        raise
    except BaseException as error:
        thrown = error
        return lambda: generator.throw(thrown)
    return lambda: generator.send(sent)


class no_grad(_Switch):
    """Operations inside are not recorded: their results do not require grad.

    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def _change(self) -> None:
        mode.grad = False


class enable_grad(_Switch):
    """Operations inside are recorded again, also within `no_grad`."""

    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def _change(self) -> None:
        mode.grad = True


class set_grad_enabled(_Switch):
    """Switch recording on or off: from the call on, and as a context manager until its end."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._outside = is_grad_enabled()
        self._change()

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def clone(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __enter__(self) -> None:
        super().__enter__()
        self._before = (self._outside, self._before[1])

    def __call__(self, function: F) -> F:
        mode.grad = self._outside  # made as a decorator: it holds inside the function only
        return super().__call__(function)

    def _change(self) -> None:
        mode.grad = self.mode


class inference_mode(_Switch):
    """As `no_grad`, and the tensors made inside can never enter a recorded operation that would save them."""

    def __new__(cls, mode: Any = True) -> Any:
        return cls()(mode) if callable(mode) else super().__new__(cls)

    def __init__(self, mode: bool = True) -> None:
        self.mode = bool(mode)

    def clone(self) -> inference_mode:
        return inference_mode(self.mode)

    def _change(self) -> None:
        if self.mode:
            mode.grad, mode.inference = False, True
            ever.inference = ever.watched = True
        else:
            mode.grad, mode.inference = True, False


class set_multithreading_enabled(_Switch):
    """Accepted, as a call and as a context, without effect: backward runs in the thread that calls it, always."""

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)

    def clone(self) -> set_multithreading_enabled:
        return type(self)(self.mode)

    def _change(self) -> None:
        pass


class enforce_grad_layout_policy(set_multithreading_enabled):
    """Accepted, as a call and as a context, without effect: a gradient that arrives is kept as it lies in memory."""

    def __init__(self, enable: bool = True) -> None:
        super().__init__(enable)


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread."""
    return mode.grad


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode`."""
    return mode.inference
