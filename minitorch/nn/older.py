"""Layers by names from before, which warn."""

from __future__ import annotations

import warnings
from typing import Any

from .loss import NLLLoss
from .module import Module

__all__ = ["Container", "NLLLoss2d", "factory_kwargs"]


class Container(Module):
    """Modules under the names of keywords: deprecated, `Module` itself can do it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        text = "`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`."
        warnings.warn(text, FutureWarning, stacklevel=2)
        for name, module in kwargs.items():
            self.add_module(name, module)


class NLLLoss2d(NLLLoss):
    """`NLLLoss`, which takes any number of dimensions: deprecated."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        text = "`NLLLoss2d` has been deprecated. Please use `NLLLoss` instead as a drop-in replacement."
        warnings.warn(text, FutureWarning, stacklevel=2)
        super().__init__(*args, **kwargs)


def factory_kwargs(kwargs: dict[str, Any] | None) -> dict[str, Any]:
    """The `device`, `dtype` and `memory_format` among keywords, and what `factory_kwargs` in them holds; TypeError for
    other keywords, or the same in both.
    """
    if kwargs is None:
        return {}
    simple = {"device", "dtype", "memory_format"}
    if unknown := kwargs.keys() - {*simple, "factory_kwargs"}:
        raise TypeError(f"unexpected kwargs {unknown}")
    found = dict(kwargs.get("factory_kwargs", {}))
    for key in simple & kwargs.keys():
        if key in found:
            raise TypeError(f"{key} specified twice, in **kwargs and in factory_kwargs")
        found[key] = kwargs[key]
    return found
