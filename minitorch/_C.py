"""What programs ask of PyTorch's C++ library, which is not here."""

from __future__ import annotations

from .missing import missing_from
from .overrides import DisableTorchFunction as DisableTorchFunction
from .overrides import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from .overrides import disabled as _disabled_torch_function_impl  # noqa: F401

__all__: list[str] = []


class Graph:
    """For annotations of functions that an exporter would call; none does."""


class Node:
    """The same, of one operation."""


class Value:
    """The same, of one value."""


def _get_tracing_state() -> None:
    """None: nothing is traced."""
    return


def _are_functorch_transforms_active() -> bool:
    """False: `vmap` and its kin call the function as it is."""
    return False


def _log_api_usage_once(event: str) -> None:
    """Nothing: no log is kept."""


__getattr__ = missing_from(__name__)
