"""Accelerators of any kind: there is none."""

from __future__ import annotations

from typing import Any

from .missing import missing_from


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """None."""
    return


def synchronize(device: Any = None) -> None:
    """Nothing: every operation is done when it returns."""


__getattr__ = missing_from(__name__)
