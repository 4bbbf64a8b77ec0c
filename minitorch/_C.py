"""What programs ask of PyTorch's C++ library, which is not here."""

from __future__ import annotations

from .missing import missing_from
from .overrides import DisableTorchFunction as DisableTorchFunction
from .overrides import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass

__all__: list[str] = []


def _get_tracing_state() -> None:
    """None: nothing is traced."""
    return


def _log_api_usage_once(event: str) -> None:
    """Nothing: no log is kept."""


__getattr__ = missing_from(__name__)
