"""Calls in other processes, of which there are none: programs ask whether they are available."""

from __future__ import annotations

from ..missing import missing_from

__all__ = ["is_available"]


def is_available() -> bool:
    """False."""
    return False


__getattr__ = missing_from(__name__)
