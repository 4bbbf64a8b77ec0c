"""The question whether an exporter is at work: there is none."""

from __future__ import annotations

from .missing import missing_from

__all__ = ["is_in_onnx_export"]


def is_in_onnx_export() -> bool:
    """False."""
    return False


__getattr__ = missing_from(__name__)
