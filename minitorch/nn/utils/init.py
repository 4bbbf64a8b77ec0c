"""Modules without their initial values."""

from __future__ import annotations

import inspect
from typing import Any

from ...random import fork_rng
from ..init import _skipped
from ..module import Module


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """`module_cls(*args, **kwargs)`, for a class that takes a `device`; what its parameters hold is not specified.

    RuntimeError for anything else. Nothing is filled and no random number drawn: memory is as it was found.

    >>> torch.nn.utils.skip_init(torch.nn.Linear, 3, 2).weight.shape
    torch.Size([2, 3])
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    with _skipped(), fork_rng():
        return module_cls(*args, **kwargs)
