"""PyTorch's place for how tensors are printed."""

from __future__ import annotations

from typing import Any

from . import formatting
from .formatting import set_printoptions
from .kernels.cast import widened
from .missing import missing_from

__all__ = ["PRINT_OPTS", "set_printoptions"]


class _Options:
    """`PRINT_OPTS.threshold` and the others: what `set_printoptions` has set, now."""

    def __getattr__(self, name: str) -> Any:
        return getattr(formatting._options, name)


PRINT_OPTS = _Options()


def _tensor_str(self: Any, indent: int) -> str:
    """The values alone."""
    return formatting._body(widened(self.array), indent)


def _str(self: Any) -> str:
    """The tensor as it is printed."""
    return formatting.format_tensor(self)


__getattr__ = missing_from(__name__)
