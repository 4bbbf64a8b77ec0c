"""What programs say to PyTorch's tracer at their top; the tracer itself is not here."""

from __future__ import annotations

from typing import Any

from ..missing import missing_from
from . import experimental

__all__ = ["experimental", "wrap"]


def wrap(fn_or_name: Any) -> Any:
    """The function (or its name), as it is: a mark for a tracer that is not here."""
    return fn_or_name


__getattr__ = missing_from(__name__)
