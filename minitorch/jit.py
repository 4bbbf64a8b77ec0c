"""TorchScript, a language of PyTorch's own: not here. What only marks a program passes, the rest is refused."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = [
    "ScriptModule",
    "export",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "load",
    "save",
    "script",
    "script_if_tracing",
    "trace",
    "unused",
]


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"torch.jit.{name} is not in minitorch: TorchScript compiles programs for PyTorch's own runtime. Use the "
        "function or module itself, and state_dict() to save one."
    )


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """An error."""
    _refuse("script")


def trace(func: Any, *args: Any, **kwargs: Any) -> Any:
    """An error."""
    _refuse("trace")


def load(f: Any, *args: Any, **kwargs: Any) -> Any:
    """An error."""
    _refuse("load")


def save(m: Any, f: Any, *args: Any, **kwargs: Any) -> None:
    """An error."""
    _refuse("save")


class ScriptModule:
    """The class of compiled modules, which nothing is an instance of."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("ScriptModule")


def _marked(fn: Any = None, **options: Any) -> Any:
    """The function, unchanged: a mark for a compiler that is not here."""
    return fn if callable(fn) else _marked


ignore = unused = export = interface = script_if_tracing = _marked
