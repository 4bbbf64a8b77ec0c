"""The class of compiled modules: there are none, as `torch.compile` gives the module back."""

from __future__ import annotations

from ..missing import missing_from
from ..nn import Module


class OptimizedModule(Module):
    """For `isinstance`, which is always False."""


__getattr__ = missing_from(__name__)
