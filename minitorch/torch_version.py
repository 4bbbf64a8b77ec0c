"""The class of `torch.__version__`, where PyTorch has it."""

from .version import TorchVersion

__all__ = ["TorchVersion"]
