"""Names that PyTorch has and minitorch does not: the error says why, or which name is nearest, and where it was asked for."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

HERE = str(Path(__file__).parent)


def place() -> str:
    """`script.py, line 3`: the nearest caller outside of minitorch and the import machinery; empty if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (frame.f_code.co_filename.startswith((HERE, "<frozen"))):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}" if frame is not None else ""


def nearest(name: str, names: Any) -> str:
    """`Did you mean ...?` with the most similar of the names; empty if none is similar."""
    public = [other for other in names if not other.startswith("_") or name.startswith("_")]
    alike = {other.lower(): other for other in public}
    near = difflib.get_close_matches(name, public, 1)
    near = near or [alike[other] for other in difflib.get_close_matches(name.lower(), list(alike), 1)]
    return f"Did you mean '{near[0]}'?" if near else ""


class MissingName(AttributeError):
    """A module has no such name. The text is made when it is read: programs ask with `hasattr`, too."""

    def __init__(self, module: str, name: str, reason: str, names: Any) -> None:
        super().__init__(name=name)
        self.module = module
        self.reason = reason
        self.names = names
        self.place = place()

    def __str__(self) -> str:
        hint = self.reason or nearest(str(self.name), self.names)
        text = f"minitorch has no '{torch_name(self.module)}.{self.name}' ({self.place})"
        return f"{text}: {hint}" if hint else text


def torch_name(module: str) -> str:
    """`minitorch.nn` as programs call it: `torch.nn`."""
    return "torch" + module.removeprefix("minitorch")


def missing_from(module: str, reasons: Mapping[str, str] | str = "") -> Callable[[str], Any]:
    """The `__getattr__` of a module: MissingName for every name, with its reason, or that of all."""

    def __getattr__(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        reason = reasons if isinstance(reasons, str) else reasons.get(name, "")
        raise MissingName(module, name, reason, dir(sys.modules[module]))

    return __getattr__
