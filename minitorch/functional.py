"""Functions that stand in `torch` as well: older programs take them from here."""

from .nn import functional
from .ops.einsum import chain_matmul, einsum, tensordot
from .ops.join import atleast_1d, atleast_2d, atleast_3d, block_diag, broadcast_tensors, meshgrid
from .ops.lu import old_lu as lu
from .ops.matrix import old_norm as norm
from .ops.matrix import pca_lowrank, svd_lowrank
from .ops.sort import unique, unique_consecutive
from .ops.stats import cartesian_prod, cdist, unravel_index
from .ops.stft import istft, stft
from .ops.view import split
from .queries import broadcast_shapes
from .tensor import Tensor as Tensor

F = functional

__all__ = [
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
    "pca_lowrank",
    "split",
    "stft",
    "svd_lowrank",
    "tensordot",
    "unique",
    "unique_consecutive",
    "unravel_index",
]
