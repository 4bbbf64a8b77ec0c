"""The layers and losses as functions."""

from __future__ import annotations

import warnings
from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError as _DtypeError
from ..errors import OperationError as _OperationError
from ..missing import missing_from as _missing_from
from ..ops.activation import (
    celu,
    celu_,
    elu,
    elu_,
    gelu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    logsigmoid,
    mish,
    prelu,
    relu,
    relu6,
    relu_,
    rrelu_,
    selu,
    selu_,
    sigmoid,
    silu,
    softplus,
    softshrink,
    softsign,
    tanh,
    tanhshrink,
    threshold,
    threshold_,
)
from ..ops.activation import rrelu as _rrelu
from ..ops.activation import rrelu_with_slopes as _rrelu_with_slopes
from ..ops.attention import multi_head_attention_forward, scaled_dot_product_attention
from ..ops.autocast import as_given as _as_given
from ..ops.base import into as _into
from ..ops.conv import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ..ops.ctc import ctc_loss
from ..ops.einsum import einsum as _einsum
from ..ops.embedding import embedding, embedding_bag, one_hot
from ..ops.fractional import (
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d_with_indices,
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
    max_pool1d_with_indices,
    max_pool2d_with_indices,
    max_pool3d_with_indices,
)
from ..ops.gridsample import grid_sample
from ..ops.grouped import grouped_mm
from ..ops.join import broadcast_tensors as _broadcast_tensors
from ..ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from ..ops.margin import (
    cosine_embedding_loss,
    gaussian_nll_loss,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    poisson_nll_loss,
    soft_margin_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from ..ops.matmul import linear
from ..ops.norm import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from ..ops.pad import pad
from ..ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    avg_pool1d,
    avg_pool2d,
    avg_pool3d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from ..ops.random import alpha_dropout, dropout
from ..ops.random import feature_dropout as _feature_dropout
from ..ops.resample import (
    affine_grid,
    channel_shuffle,
    fold,
    interpolate,
    pixel_shuffle,
    pixel_unshuffle,
    unfold,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)
from ..ops.softmax import log_softmax as _log_softmax
from ..ops.softmax import softmax as _softmax
from ..ops.stats import pdist
from ..ops.unpool import (
    local_response_norm,
    lp_pool1d,
    lp_pool2d,
    lp_pool3d,
    max_unpool1d,
    max_unpool2d,
    max_unpool3d,
)
from ..overrides import door as _door

native_channel_shuffle = channel_shuffle


def _dim(name: str, dim: int | None, ndim: int) -> int:
    """The dimension that is meant where none is given: an old habit of PyTorch's, with a warning."""
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an "
            f"argument.",
            stacklevel=3,
        )
        return 0 if ndim in (0, 1, 3) else 1
    return dim


def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """eˣ / Σ eˣ along a dimension."""
    return _softmax(input, _dim("softmax", dim, input.ndim), dtype=dtype)


def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """x - ln Σ eˣ along a dimension."""
    return _log_softmax(input, _dim("log_softmax", dim, input.ndim), dtype=dtype)


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """e⁻ˣ / Σ e⁻ˣ along a dimension."""
    return _softmax(-input, _dim("softmin", dim, input.ndim), dtype=dtype)


def dropout1d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of (N, C, L) or (C, L)."""
    if input.ndim not in (2, 3):
        raise _OperationError("dropout1d", "Expected 2D or 3D input", input)
    return _feature_dropout(input, p, training, inplace, input.ndim - 1)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of (N, C, H, W)."""
    if input.ndim not in (3, 4):
        warnings.warn(f"dropout2d: expected 3 or 4 dimensions, got {list(input.shape)}", stacklevel=2)
    if input.ndim == 3:
        warnings.warn(f"dropout2d: the input {list(input.shape)} is taken for (N, C, L), not (C, H, W)", stacklevel=2)
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    if input.ndim not in (4, 5):
        warnings.warn(f"dropout3d: expected 4 or 5 dimensions, got {list(input.shape)}", stacklevel=2)
    return _feature_dropout(input, p, training, inplace, 2 if input.ndim == 5 else 1)


def feature_alpha_dropout(input: Any, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """Alpha dropout of whole channels."""
    return alpha_dropout(input, p, training, inplace, whole_channels=True)


def rrelu(input: Any, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> Any:
    """x where it is positive, elsewhere a x with a drawn from [lower, upper) for training, else their mean."""
    if lower > upper:
        raise RuntimeError(f"rrelu: Lower bound should be less than or equal to the upper bound, got {lower}, {upper}")
    if not training:
        return _rrelu(input, lower, upper, inplace=inplace)
    slopes = input.detach().clone().fill_(1)
    below = input.detach() <= 0  # only these draw, in their order
    drawn = input.new_empty(int(below.sum().item()), dtype=dt.float64).uniform_(lower, upper)
    y = _rrelu_with_slopes(input, slopes.masked_scatter(below, drawn.to(input.dtype)))
    return input.copy_(y) if inplace else y


def gumbel_softmax(logits: Any, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Any:
    """A sample of a softened choice: softmax((x + Gumbel noise) / tau) (Jang et al., 2016).

    `hard`: one-hot vectors, with the gradient of the soft ones.
    """
    noise = -logits.detach().clone().exponential_().log()
    soft = _softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    chosen = (soft.detach() * 0).scatter(dim, soft.detach().max(dim, keepdim=True)[1], 1.0)
    return chosen - soft.detach() + soft


@_as_given
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """y = x₁ᵀ W x₂ + b for (..., in1), (..., in2) and weight (out, in1, in2): (..., out)."""
    if weight.ndim != 3 or (input1.shape[-1], input2.shape[-1]) != weight.shape[1:]:
        raise _OperationError("bilinear", "expected (..., in1), (..., in2), (out, in1, in2)", input1, input2, weight)
    if input1.shape[:-1] != input2.shape[:-1]:
        raise _OperationError("bilinear", "input batch dimensions do not match", input1, input2)
    if weight.dtype is dt.bool and input1.numel():
        raise _DtypeError("bilinear", "products of bool tensors are not implemented", input1, input2, weight)
    y = _einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None) -> Any:
    """input / max(‖input‖ₚ, eps) along a dimension."""
    return _into(out, input / input.norm(p, dim, keepdim=True).clamp(min=eps), "normalize")


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x₁ · x₂ / (max(‖x₁‖, eps) max(‖x₂‖, eps)) along a dimension."""
    a, b = [x / x.norm(2, dim, keepdim=True).clamp(min=eps) for x in _broadcast_tensors(x1, x2)]
    return (a * b).sum(dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """‖x₁ - x₂ + eps‖ₚ over the last dimension."""
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)


__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "fold",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "grouped_mm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mish",
    "mse_loss",
    "multi_head_attention_forward",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "native_channel_shuffle",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

_door(globals())
__getattr__ = _missing_from(__name__)
