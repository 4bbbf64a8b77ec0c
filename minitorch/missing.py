"""Names that minitorch does not have: the error says why, or which name is nearest, and where it was asked for."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from .absent import reason

HERE = str(Path(__file__).parent)


def place() -> str:
    """`script.py, line 3`: the nearest caller outside of minitorch and the import machinery; empty if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename.startswith((HERE, "<frozen"))):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}" if frame is not None else ""


def hint(full: str, names: Any) -> str:
    """Why a name is not here, or which of the names is most similar."""
    name = full.rpartition(".")[2]
    public = [other for other in names if not other.startswith("_") or name.startswith("_")]
    alike = {other.lower(): other for other in public}
    near = difflib.get_close_matches(name, public, 1)
    near = near or [alike[other] for other in difflib.get_close_matches(name.lower(), list(alike), 1)]
    return reason(full) or (f"Did you mean '{near[0]}'?" if near else "")


def torch_name(module: str) -> str:
    """`minitorch.nn` as programs call it: `torch.nn`."""
    return "torch" + module.removeprefix("minitorch")


class MissingName(AttributeError):
    """A module has no such name. The text is made when it is read: programs ask with `hasattr`, too."""

    def __init__(self, module: str, name: str) -> None:
        super().__init__(name=name)
        self.module = module
        self.place = place()

    def __str__(self) -> str:
        full = f"{torch_name(self.module)}.{self.name}"
        more = hint(full, dir(sys.modules[self.module]))
        return f"minitorch has no '{full}' ({self.place}){': ' + more if more else ''}"


class MissingMember(AttributeError):
    """An object of PyTorch's has no such attribute or method here; the text is made when it is read."""

    def __init__(self, obj: Any, name: str) -> None:
        super().__init__(name=name)
        self.kind = type(obj)
        self.place = place()

    def __str__(self) -> str:
        known = [name for name in dir(self.kind) if not name.startswith("_")]
        more = hint(f"torch.{self.kind.__name__}.{self.name}", known)
        text = f"'{self.kind.__name__}' object has no attribute '{self.name}' ({self.place})"
        return f"{text}: {more}" if more else text


def missing_from(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module: MissingName for every name."""

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise MissingName(module, name)

    return __getattr__
