"""Mixed precision: there is none here. `autocast` and `GradScaler` let a program pass as it is."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from .device import Device

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available", "is_autocast_enabled"]


class autocast(contextlib.ContextDecorator):
    """A context, and a decorator, in which everything is computed in the dtype that it has."""

    def __init__(
        self, device_type: str = "cpu", dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        Device(device_type)  # RuntimeError for what is no device
        self.device, self.fast_dtype = device_type, dtype

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        return None


def is_autocast_available(device_type: str) -> bool:
    """False: no device computes in two precisions."""
    return False


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """False."""
    return False


class GradScaler:
    """Scales nothing: losses and gradients are float32, which does not underflow. It steps the optimizer."""

    def __init__(
        self, device: str = "cpu", init_scale: float = 65536.0, growth_factor: float = 2.0, backoff_factor: float = 0.5,
        growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        self.device = device

    def scale(self, outputs: Any) -> Any:
        """The outputs, unchanged."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing was scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(...)`."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """The scale stays 1."""

    def get_scale(self) -> float:
        """1."""
        return 1.0

    def is_enabled(self) -> bool:
        """False."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Nothing, as of any scaler that is not enabled."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The state of another scaler is left alone."""


def custom_fwd(fwd: Any = None, **options: Any) -> Any:
    """A Function's forward, unchanged."""
    return fwd if fwd is not None else functools.partial(custom_fwd, **options)


def custom_bwd(bwd: Any = None, **options: Any) -> Any:
    """A Function's backward, unchanged."""
    return bwd if bwd is not None else functools.partial(custom_bwd, **options)
