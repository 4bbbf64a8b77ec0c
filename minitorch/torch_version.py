"""The class of `torch.__version__`, under the name that PyTorch's programs import it by."""

from __future__ import annotations

from .version import TorchVersion, __version__

__all__ = ["TorchVersion", "__version__"]
