"""Parts of PyTorch's tracer that programs ask whether it is at work."""

from __future__ import annotations

from . import proxy_tensor

__all__ = ["proxy_tensor"]
