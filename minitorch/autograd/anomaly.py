"""Anomaly detection: errors in backward show the forward call that caused them, and NaN is an error."""

from __future__ import annotations

import warnings

from .grad_mode import ever, mode

__all__ = ["is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_anomaly_enabled"]


class set_detect_anomaly:
    """Switch anomaly detection on or off: from the call on, and as a context manager until its end."""

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = _get()
        _set(mode, check_nan)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        _set(*self._before)


def set_anomaly_enabled(mode: bool, check_nan: bool = True) -> None:
    """Switch anomaly detection on or off."""
    _set(mode, check_nan)


class detect_anomaly:
    """Inside, an error in backward names the line of forward, and a NaN gradient is an error (with `check_nan`)."""

    def __init__(self, check_nan: bool = True) -> None:
        self.check_nan = check_nan
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def __enter__(self) -> None:
        self._before = _get()
        _set(True, self.check_nan)

    def __exit__(self, *error: object) -> None:
        _set(*self._before)


def is_anomaly_enabled() -> bool:
    """Whether anomaly detection is on in this thread."""
    return mode.anomaly


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection, when it is on, makes a NaN gradient an error."""
    return mode.check_nan


def _get() -> tuple[bool, bool]:
    return mode.anomaly, mode.check_nan


def _set(anomaly: bool, check_nan: bool) -> None:
    mode.anomaly, mode.check_nan = anomaly, check_nan
    ever.watched = ever.watched or anomaly
