"""The order of dimensions in memory of convolutions' weights: accepted, there is one."""

from __future__ import annotations

from typing import Any


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """The module as it is: memory formats change nothing here."""
    return module


def convert_conv3d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    """The module as it is: memory formats change nothing here."""
    return module
