"""`torch.compiler`: marks for a compiler of programs, of which there is none."""

from __future__ import annotations

from typing import Any

__all__ = ["allow_in_graph", "disable", "is_compiling", "is_dynamo_compiling", "reset"]


def is_compiling() -> bool:
    """False."""
    return False


is_dynamo_compiling = is_compiling


def disable(fn: Any = None, recursive: bool = True, **options: Any) -> Any:
    """The function, unchanged."""
    return (lambda function: function) if fn is None else fn


def allow_in_graph(fn: Any) -> Any:
    """The function, unchanged."""
    return fn


def reset() -> None:
    """Nothing was compiled."""
