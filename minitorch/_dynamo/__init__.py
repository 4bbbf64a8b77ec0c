"""What programs say to PyTorch's compiler of programs, which is not here: marks and settings without effect."""

from __future__ import annotations

from typing import Any

from ..compiler import allow_in_graph, disable, is_compiling, reset
from ..missing import missing_from
from . import config, eval_frame
from .eval_frame import OptimizedModule

__all__ = [
    "OptimizedModule",
    "allow_in_graph",
    "config",
    "disable",
    "disallow_in_graph",
    "eval_frame",
    "graph_break",
    "is_compiling",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "reset",
]

disallow_in_graph = allow_in_graph


def graph_break(msg: str = "") -> None:
    """Nothing: there is no graph to break."""


def mark_dynamic(t: Any, index: Any, **options: Any) -> None:
    """Nothing: no shape is compiled in."""


def mark_static(t: Any, index: Any = None) -> None:
    """Nothing, as `mark_dynamic`."""


def mark_static_address(t: Any, guard: bool = False) -> None:
    """Nothing, as `mark_dynamic`."""


maybe_mark_dynamic = mark_dynamic

__getattr__ = missing_from(__name__)
