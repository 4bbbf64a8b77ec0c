"""PyTorch's place for what `register_..._hook` gives back."""

from ..autograd.hooks import RemovableHandle

__all__ = ["RemovableHandle"]
