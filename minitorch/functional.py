"""The functions that PyTorch keeps in `torch.functional`, under that name."""

from __future__ import annotations

from .nn import functional as F
from .ops.einsum import chain_matmul, einsum, tensordot
from .ops.join import atleast_1d, atleast_2d, atleast_3d, block_diag, broadcast_tensors, meshgrid
from .ops.lu import lu
from .ops.matrix import norm
from .ops.sort import unique, unique_consecutive
from .ops.stats import cartesian_prod, cdist, unravel_index
from .ops.stft import istft, stft
from .ops.view import split
from .queries import broadcast_shapes
from .tensor import Tensor

__all__ = [
    "F",
    "Tensor",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "block_diag",
    "broadcast_shapes",
    "broadcast_tensors",
    "cartesian_prod",
    "cdist",
    "chain_matmul",
    "einsum",
    "istft",
    "lu",
    "meshgrid",
    "norm",
    "split",
    "stft",
    "tensordot",
    "unique",
    "unique_consecutive",
    "unravel_index",
]
