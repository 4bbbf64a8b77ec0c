"""Images resized, sampled at a grid, cut into patches, and channels turned into pixels."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from ..kernels import resample as kernels
from .arithmetic import refuse
from .base import Op, T, shown_as
from .conv import each
from .join import stack
from .matmul import matmul
from .pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .view import reshape, squeeze, unsqueeze

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


class Upsample(Op):
    """Each output a weighted sum of some inputs, axis by axis;  dx = g given back to them"""

    @staticmethod
    def forward(ctx: Any, x: Any, taps: Any) -> Any:
        ctx.taps = taps
        return kernels.resample(x.array, taps)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return UpsampleGrad.apply(g, ctx.taps), None


class UpsampleGrad(Op):
    """The transpose of Upsample;  dg = the gradient, resampled"""

    title = "UpsampleBackward"

    @staticmethod
    def forward(ctx: Any, g: Any, taps: Any) -> Any:
        ctx.taps = taps
        return kernels.resample_grad(g.array, taps)

    @staticmethod
    def backward(ctx: Any, gg: Any) -> Any:
        return Upsample.apply(gg, ctx.taps), None


def _kind(title: str) -> type[Upsample]:
    """The Function whose node has PyTorch's name."""
    return type(title, (Upsample,), {"title": title, "__doc__": Upsample.__doc__})


# The modes, with the number of spatial dimensions they are for.
_KINDS = {
    **{("nearest", n): _kind(f"UpsampleNearest{n}D") for n in (1, 2, 3)},
    **{("nearest-exact", n): _kind(f"UpsampleNearestExact{n}D") for n in (1, 2, 3)},
    ("linear", 1): _kind("UpsampleLinear1D"),
    ("bilinear", 2): _kind("UpsampleBilinear2D"),
    ("trilinear", 3): _kind("UpsampleTrilinear3D"),
    ("bicubic", 2): _kind("UpsampleBicubic2D"),
    ("bilinear smooth", 2): _kind("UpsampleBilinear2DAa"),
    ("bicubic smooth", 2): _kind("UpsampleBicubic2DAa"),
}
_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}
_DIMS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def _taps(mode: str, n: int, o: int, factor: float | None, d: Any, corners: bool) -> Any:
    """Where the outputs of one axis look, and with what weights."""
    if mode.startswith("nearest"):
        return kernels.nearest(n, o, factor, d, mode == "nearest-exact")
    if mode.endswith("smooth"):
        return kernels.smooth(n, o, factor, d, corners, 2 if mode.startswith("bilinear") else 4)
    return (kernels.cubic if mode == "bicubic" else kernels.linear)(n, o, factor, d, corners)


# ---------------------------------------------------------------- resizing


def _sizes(x: Any, size: Any, scale_factor: Any, recompute: bool) -> tuple[tuple[int, ...], Any]:
    """The size wanted, and the factors that positions are counted by (None: by the sizes)."""
    spatial = x.array.shape[2:]
    if (size is None) == (scale_factor is None):
        raise ValueError(
            "either size or scale_factor should be defined"
            if size is None
            else "only one of size or scale_factor should be defined"
        )
    given = scale_factor if size is None else size
    values = tuple(given) if isinstance(given, (tuple, list)) else (given,) * len(spatial)
    if len(values) != len(spatial):
        raise ValueError(
            "Input and output must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(spatial)} and {'scale_factor' if size is None else 'output size'} of {given}"
        )
    if size is not None:
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return tuple([int(v) for v in values]), (None,) * len(spatial)
    wanted = tuple([math.floor(n * f) for n, f in zip(spatial, values, strict=True)])
    return wanted, (None,) * len(spatial) if recompute else values


def _check_mode(x: Any, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if mode not in (*_DIMS, "nearest", "nearest-exact", "area") or not 3 <= x.array.ndim <= 5:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {x.array.ndim}D) for the modes: nearest | "
            f"linear | bilinear | bicubic | trilinear | area | nearest-exact (got {mode})"
        )
    if mode not in _DIMS and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    if antialias and (mode not in ("bilinear", "bicubic") or x.array.ndim != 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D tensor as input"
        )
    if mode in _DIMS and _DIMS[mode] != x.array.ndim - 2:
        raise NotImplementedError(f"Got {x.array.ndim}D input, but {mode} mode needs {_DIMS[mode] + 2}D input")


def _check_dtype(x: Any, mode: str) -> None:
    if x.array.dtype.kind not in "fV" and (x.array.dtype != np.uint8 or mode in ("area", "linear", "trilinear")):
        raise DtypeError(f"interpolate(mode={mode!r})", "expected a floating dtype", x)


def interpolate(
    input: T, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> T:  # fmt: skip
    """(N, C, ...) with its spatial dimensions resized to `size`, or by `scale_factor`.

    `mode`: "nearest", "nearest-exact" or "area" for one to three dimensions, "linear" for one, "bilinear" and "bicubic"
    for two, "trilinear" for three. `align_corners`: the outermost pixels keep their places. `antialias`: shrunk without
    moiré. NotImplementedError where the mode does not fit the dimensions.

    >>> torch.nn.functional.interpolate(torch.tensor([[[1., 3.]]]), scale_factor=2, mode="linear")
    tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    _check_mode(input, mode, align_corners, antialias)
    _check_dtype(input, mode)
    recompute = bool(recompute_scale_factor) or (mode == "area" and size is None)
    wanted, factors = _sizes(input, size, scale_factor, recompute)
    spatial = input.array.shape[2:]
    if any(n <= 0 for n in (*wanted, *spatial)):
        raise OperationError(
            "interpolate",
            f"Input and output sizes should be greater than 0, but got input {list(spatial)} and output {list(wanted)}",
            input,
        )
    if mode == "area":
        return _AREA[len(spatial)](input, wanted)
    d = dt.wide(input.array.dtype).type if input.array.dtype.kind in "fV" else np.float64
    name = mode + " smooth" if antialias else mode
    taps = []
    for dim, (n, o, f) in enumerate(zip(spatial, wanted, factors, strict=True), 2):
        taps.append((dim, n, _taps(name, n, o, f, d, bool(align_corners))))
    return _KINDS[name, len(spatial)].apply(input, taps)


def upsample(
    input: T, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> T:
    """The old name of `interpolate`."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: T, size: Any = None, scale_factor: Any = None) -> T:
    """The old name of `interpolate(mode="nearest")`."""
    return interpolate(input, size, scale_factor)


def upsample_bilinear(input: T, size: Any = None, scale_factor: Any = None) -> T:
    """The old name of `interpolate(mode="bilinear", align_corners=True)`."""
    return interpolate(input, size, scale_factor, "bilinear", True)


# ---------------------------------------------------------------- grids


def settled(name: str, align_corners: bool | None) -> bool:
    """False where nothing was said, with PyTorch's warning."""
    if align_corners is None:
        warnings.warn(
            f"{name}: align_corners is taken as False since PyTorch 1.3; specify it to say what you mean.", stacklevel=3
        )
    return bool(align_corners)


def _line(theta: Any, n: int, corners: bool) -> Any:
    """The coordinates of n pixels from -1 to 1."""
    line = theta._wrap(kernels.coordinates(n, corners, dt.wide(theta.array.dtype)))
    return line._cast(theta.array.dtype)


@shown_as("AffineGridGeneratorBackward0")
def affine_grid(theta: T, size: Any, align_corners: bool | None = None) -> T:
    """The grid for `grid_sample` of affine maps (N, 2, 3) over images of `size` (N, C, H, W);
    (N, 3, 4) over volumes.
    """
    dims = len(size) - 2
    align_corners = settled("affine_grid", align_corners)
    if dims not in (2, 3):
        raise NotImplementedError(
            f"affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{tuple(size)}."
        )
    if theta.array.ndim != 3 or theta.array.shape[1:] != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {tuple(size)}. Got "
            f"{tuple(theta.shape)}."
        )
    if theta.array.dtype.kind not in "fV":
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if any(n <= 0 for n in size):
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    spatial = tuple(size[2:])
    lines = [_line(theta, n, bool(align_corners)) for n in spatial]
    full = [x.view([-1 if i == j else 1 for j in range(dims)]).expand(*spatial) for i, x in enumerate(lines)]
    base = reshape(stack([*full[::-1], full[0] * 0 + 1], -1), 1, -1, dims + 1)
    return reshape(matmul(base, theta.transpose(1, 2)), len(theta), *spatial, dims)


# ---------------------------------------------------------------- patches


class Im2Col(Op):
    """Patches as columns;  dx = the columns' gradients added where the patches lie"""

    @staticmethod
    def forward(ctx: Any, x: Any, *how: Any) -> Any:
        ctx.args = x.array.shape[2:], *how
        return kernels.columns(x.array, *how)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Col2Im.apply(g, *ctx.args), None, None, None, None


class Col2Im(Op):
    """Columns added where their patches lie;  dx = the patches of g"""

    @staticmethod
    def forward(ctx: Any, x: Any, size: Any, *how: Any) -> Any:
        ctx.how = how
        return kernels.from_columns(x.array, size, *how)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return Im2Col.apply(g, *ctx.how), None, None, None, None, None


def unfold(input: T, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> T:
    """(N, C, H, W) → (N, C kh kw, patches): every patch of the planes as a column."""
    refuse("unfold", "iu", input)
    how = [each(v, 2) for v in (kernel_size, dilation, padding, stride)]
    x, single = _planes("unfold", input)
    counts = kernels.patch_counts(x.array.shape[2:], *how)
    if any(n <= 0 for n in counts):
        raise OperationError(
            "unfold",
            f"with kernel_size={how[0]}, dilation={how[1]}, padding={how[2]}, stride={how[3]}, calculated shape of "
            f"the array of sliding blocks as {tuple(counts)}, which is too small (non-positive)",
            input,
        )
    y = Im2Col.apply(x, *how)
    return squeeze(y, 0) if single else y


def _planes(name: str, x: Any) -> tuple[Any, bool]:
    if x.array.ndim not in (3, 4) or 0 in x.array.shape[1:]:
        raise OperationError(name, "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size", x)
    return (unsqueeze(x, 0), True) if x.array.ndim == 3 else (x, False)


def fold(input: T, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> T:
    """(N, C kh kw, patches) → (N, C, H, W) of `output_size`: columns added where their patches lie."""
    refuse("fold", "iu", input)
    size, *how = [each(v, 2) for v in (output_size, kernel_size, dilation, padding, stride)]
    if input.array.ndim not in (2, 3):
        raise OperationError("fold", "Expected 2D or 3D (batch mode) tensor for input", input)
    x = unsqueeze(input, 0) if input.array.ndim == 2 else input
    counts = kernels.patch_counts(size, *how)
    if x.array.shape[1] % math.prod(how[0]):
        raise OperationError(
            "fold",
            f"Expected size of input's dimension 1 to be divisible by the product of kernel_size {how[0]}, but got "
            f"{x.array.shape[1]}",
            input,
        )
    if x.array.shape[2] != math.prod(counts):
        raise OperationError(
            "fold",
            f"Given output_size={size}, kernel_size={how[0]}, dilation={how[1]}, padding={how[2]}, stride={how[3]}, "
            "expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{' * '.join(map(str, counts))} = {math.prod(counts)}, but got {x.array.shape[2]}",
            input,
        )
    y = Col2Im.apply(x, size, *how)
    return squeeze(y, 0) if input.array.ndim == 2 else y


# ---------------------------------------------------------------- channels and pixels


@shown_as("PixelShuffleBackward0")
def pixel_shuffle(input: T, upscale_factor: int) -> T:
    """(..., C r², H, W) → (..., C, H r, W r) (Shi et al., 2016)."""
    r = upscale_factor
    if input.array.ndim < 3:
        raise OperationError("pixel_shuffle", "expects input to have at least 3 dimensions", input)
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, c, h, w = input.array.shape
    if c % (r * r):
        raise OperationError(
            "pixel_shuffle",
            "expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
            f"input.size(-3)={c} is not divisible by {r * r}",
            input,
        )
    n = len(lead)
    split = reshape(input, *lead, c // (r * r), r, r, h, w)
    beside = split.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)  # each pixel's r beside it
    return reshape(beside, *lead, c // (r * r), h * r, w * r)


@shown_as("PixelUnshuffleBackward0")
def pixel_unshuffle(input: T, downscale_factor: int) -> T:
    """(..., C, H r, W r) → (..., C r², H, W): undoes `pixel_shuffle`."""
    r = downscale_factor
    if input.array.ndim < 3:
        raise OperationError("pixel_unshuffle", "expects input to have at least 3 dimensions", input)
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, c, h, w = input.array.shape
    if h % r or w % r:
        raise OperationError(
            "pixel_unshuffle", f"expects height and width to be divisible by downscale_factor={r}", input
        )
    n = len(lead)
    split = reshape(input, *lead, c, h // r, r, w // r, r)
    apart = split.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return reshape(apart, *lead, c * r * r, h // r, w // r)


@shown_as("ChannelShuffleBackward0")
def channel_shuffle(input: T, groups: int) -> T:
    """(N, C, ...) with its channels dealt out from `groups` groups in turn (Zhang et al., 2018)."""
    if input.array.ndim < 3:
        raise OperationError("channel_shuffle", "expects input to have at least 3 dimensions", input)
    n, c, *rest = input.array.shape
    if groups <= 0 or c % groups:
        raise OperationError(
            "channel_shuffle",
            f"Number of groups to divide channels in must be positive and divide {c}. Value of groups:{groups}",
            input,
        )
    return reshape(reshape(input, n, groups, c // groups, *rest).transpose(1, 2), input.array.shape)
