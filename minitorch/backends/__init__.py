"""Libraries that PyTorch computes with. None is used here: their switches can be set, and mean nothing."""

from . import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
