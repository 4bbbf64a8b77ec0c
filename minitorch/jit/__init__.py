"""TorchScript, a language of PyTorch's own: not here. Functions and modules given to it stay what they are; its files
are refused.
"""

from __future__ import annotations

import builtins
import types
from typing import Any, Final, NoReturn, Union, get_args, get_origin

from ..nn.module import Module
from ..settings import say_once

__all__ = [
    "Final",
    "ScriptModule",
    "TracerWarning",
    "annotate",
    "export",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "optimize_for_inference",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "trace",
    "trace_module",
    "unused",
]


def _refuse(name: str) -> NoReturn:
    raise NotImplementedError(
        f"torch.jit.{name} is not in minitorch: TorchScript's files are programs for PyTorch's own runtime. Save the "
        "state_dict() of a module instead."
    )


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The function, class or module itself, as it is. Says so once."""
    say_once("torch.jit leaves the program as it is: minitorch compiles its kernels, and nothing else")
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself, as it is. Says so once."""
    return script(func)


def trace_module(mod: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """The module itself, as it is. Says so once."""
    return script(mod)


def freeze(mod: Any, *args: Any, **kwargs: Any) -> Any:
    """The module itself, as it is."""
    return mod


optimize_for_inference = freeze


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value: its type is for a compiler that is not here."""
    return the_value


def load(f: Any, *args: Any, **kwargs: Any) -> Any:
    """An error."""
    _refuse("load")


def save(m: Any, f: Any, *args: Any, **kwargs: Any) -> None:
    """An error."""
    _refuse("save")


class ScriptModule(Module):
    """A Module like any other. No other module is an instance, whether `script` got it or not."""


class TracerWarning(Warning):
    """What PyTorch warns of when it traces; never given here."""


def _marked(fn: Any = None, **options: Any) -> Any:
    """The function, unchanged: a mark for a compiler that is not here."""
    return fn if callable(fn) else _marked


ignore = unused = export = interface = script_if_tracing = script_method = _marked
_script_if_tracing = _overload = _overload_method = _marked


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether a value is of a type of annotations: `list[int]`, `Optional[Tensor]`, `dict[str, list[int]]`, a tuple of
    such types. RuntimeError for a container of anything.
    """
    if builtins.isinstance(target_type, tuple):
        return any(isinstance(obj, kind) for kind in target_type)
    origin, inner = get_origin(target_type), get_args(target_type)
    if origin in (Union, types.UnionType):
        return any(isinstance(obj, kind) for kind in inner)
    if target_type in (list, dict, tuple) or (origin in (list, dict, tuple) and not inner):
        raise RuntimeError(f"torch.jit.isinstance: {target_type} does not say of what: list[int], for instance")
    return _holds(obj, origin, inner) if origin else builtins.isinstance(obj, target_type or type(None))


def _holds(obj: Any, kind: Any, inner: Any) -> bool:
    if not builtins.isinstance(obj, kind):
        return False
    if kind is tuple:
        return len(obj) == len(inner) and all(map(isinstance, obj, inner))
    if kind is dict:
        return all(isinstance(key, inner[0]) and isinstance(value, inner[1]) for key, value in obj.items())
    return all(isinstance(x, inner[0]) for x in obj)
