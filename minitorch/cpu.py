"""The CPU as a device among others: one, always there."""

from __future__ import annotations

from typing import Any

from .missing import missing_from


def is_available() -> bool:
    """True."""
    return True


def is_initialized() -> bool:
    """True."""
    return True


def device_count() -> int:
    """1."""
    return 1


def current_device() -> str:
    """'cpu'."""
    return "cpu"


def set_device(device: Any) -> None:
    """Nothing: there is one."""


def synchronize(device: Any = None) -> None:
    """Nothing: every operation is done when it returns."""


__getattr__ = missing_from(__name__)
