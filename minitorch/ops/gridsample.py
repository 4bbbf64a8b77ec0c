"""Images and volumes read at the places of a grid."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd.engine import grad
from ..autograd.grad_mode import mode as recording
from ..errors import DtypeError, OperationError
from ..kernels import gridsample as kernels
from .arithmetic import refuse, where
from .autocast import in_float32
from .base import Op, T
from .gather import gather
from .resample import settled
from .view import reshape

MODES = {"nearest": kernels.NEAREST, "bilinear": kernels.LINEAR, "bicubic": kernels.CUBIC}
PADDINGS = {"zeros": kernels.ZEROS, "border": kernels.BORDER, "reflection": kernels.REFLECTION}


class GridSampler2D(Op):
    """y = Σ over taps w(grid) x;  dx = Σ w g given back to the taps,  dgrid = Σ g x dw/dgrid

    While its gradient is recorded, that is taken of the same sum made of operations.
    """

    @staticmethod
    def forward(ctx: Any, x: Any, grid: Any, mode: str, padding: str, corners: bool) -> Any:
        ctx.save_for_backward(x, grid)
        ctx.how = mode, padding, corners
        at, w, dw = kernels.taps(grid.array, x.array.shape[2:], MODES[mode], PADDINGS[padding], corners)
        ctx.taps = at, w, dw if ctx.needs_input_grad[1] else None
        return kernels.collect(x.array, at, w, grid.array.shape[1:-1])

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, grid = ctx.saved_tensors
        if recording.grad:
            return *_recorded_gradients(g, x, grid, ctx.how, ctx.needs_input_grad), None, None, None
        at, w, dw = ctx.taps
        need_x, need_grid = ctx.needs_input_grad[:2]
        dx = g._wrap(kernels.scatter(g.array, at, w, x.array.shape[2:])) if need_x else None
        dgrid = g._wrap(kernels.lean(g.array, x.array, at, dw, grid.array.shape)) if need_grid else None
        return dx, dgrid, None, None, None


class GridSampler3D(GridSampler2D):
    """The same for volumes:  dx = Σ w g given back to the taps,  dgrid = Σ g x dw/dgrid"""


def _recorded_gradients(g: Any, x: Any, grid: Any, how: Any, needed: Any) -> list[Any]:
    """The gradients with a graph of their own, through operations."""
    inputs = [t.view_as(t) for t in (x, grid)]
    wanted = [t for t, need in zip(inputs, needed, strict=False) if need]
    found = iter(grad(_composed(*inputs, *how), wanted, g, create_graph=True, materialize_grads=True))
    return [next(found) if need else None for need in needed[:2]]


# ---------------------------------------------------------------- the sum, made of operations


def _unnormalised(x: Any, n: int, corners: bool) -> Any:
    """From [-1, 1] to pixels."""
    return (x + 1) * ((n - 1) / 2) if corners else ((x + 1) * n - 1) * 0.5


def _reflected(x: Any, low: float, high: float) -> Any:
    """Mirrored at both ends until inside."""
    span = high - low
    if span == 0:
        return x * 0
    away = (x - low).abs()
    flips, extra = (away / span).detach().floor(), away
    extra = away - flips * span
    return where(flips.remainder(2) == 0, extra + low, span - extra + low)


def _kept_inside(x: Any, n: int, padding_mode: str, corners: bool) -> Any:
    if padding_mode == "reflection":
        x = _reflected(x, 0, n - 1) if corners else _reflected(x, -0.5, n - 0.5)
    return x if padding_mode == "zeros" else x.clamp(0, n - 1)


def _sampled(flat: Any, places: Sequence[Any], size: Sequence[int]) -> Any:
    """(N, C, positions): the pixels at integer places, zero outside."""
    inside: Any = None
    index: Any = 0
    for x, n in zip(places, size, strict=True):
        fits = (x >= 0) & (x <= n - 1)
        inside = fits if inside is None else inside & fits
        index = index * n + x.clamp(0, n - 1).nan_to_num(0).to(_int64(x))
    found = gather(flat, 2, reshape(index, flat.shape[0], 1, -1).expand(-1, flat.shape[1], -1))
    return found * reshape(inside, flat.shape[0], 1, -1).to(flat.dtype)


def _int64(x: Any) -> Any:
    return x._wrap(np.zeros(0, np.int64)).dtype


def _cubic_weights(t: Any) -> list[Any]:
    """Those of the four neighbours, by the cubic of Keys (1981) with a = -3/4."""
    a = -0.75

    def outer(u: Any) -> Any:
        return ((a * u - 5 * a) * u + 8 * a) * u - 4 * a

    def inner(u: Any) -> Any:
        return ((a + 2) * u - (a + 3)) * u * u + 1

    return [outer(t + 1), inner(t), inner(1 - t), outer(2 - t)]


def _corner_sum(flat: Any, places: Sequence[Any], size: Sequence[int]) -> Any:
    """The sum over the corners of each cell, weighted by the nearness."""
    lows = [x.detach().floor() for x in places]
    total: Any = 0
    for corner in itertools.product((0, 1), repeat=len(places)):
        weight: Any = 1
        for x, low, side in zip(places, lows, corner, strict=True):
            weight = weight * (x - low if side else 1 - (x - low))
        at = [low + side for low, side in zip(lows, corner, strict=True)]
        total = total + _sampled(flat, at, size) * reshape(weight, flat.shape[0], 1, -1)
    return total


def _cubic_sum(flat: Any, places: Sequence[Any], size: Sequence[int], padding_mode: str, corners: bool) -> Any:
    lows = [x.detach().floor() for x in places]
    weights = [_cubic_weights(x - low) for x, low in zip(places, lows, strict=True)]
    total: Any = 0
    for i, j in itertools.product(range(4), repeat=2):
        taps = [low + (k - 1) for low, k in zip(lows, (i, j), strict=True)]
        at = [_kept_inside(tap, n, padding_mode, corners) for tap, n in zip(taps, size, strict=True)]
        weight = reshape(weights[0][i] * weights[1][j], flat.shape[0], 1, -1)
        total = total + _sampled(flat, at, size) * weight
    return total


def _composed(x: Any, grid: Any, mode: str, padding_mode: str, corners: bool) -> Any:
    size = x.array.shape[2:]
    flat = reshape(x, *x.array.shape[:2], -1)
    coordinates = grid.reshape(len(grid), -1, len(size)).unbind(-1)[::-1]  # x comes first, and along the last dimension
    places = [_unnormalised(c, n, corners) for c, n in zip(coordinates, size, strict=True)]
    if mode == "bicubic":
        y = _cubic_sum(flat, places, size, padding_mode, corners)
    else:
        places = [_kept_inside(p, n, padding_mode, corners) for p, n in zip(places, size, strict=True)]
        rounded = mode == "nearest"
        y = _sampled(flat, [p.round() for p in places], size) if rounded else _corner_sum(flat, places, size)
    return reshape(y, *x.array.shape[:2], *grid.array.shape[1:-1])


# ---------------------------------------------------------------- what users call


def _check_grid(x: Any, grid: Any, mode: str, padding_mode: str) -> None:
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', got {mode!r}"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"{padding_mode!r}"
        )
    dims = x.array.ndim - 2
    if dims not in (2, 3) or grid.array.ndim != x.array.ndim or grid.array.shape[-1] != dims:
        raise OperationError("grid_sample", "expected 4D or 5D input and a grid (N, ..., 2 or 3)", x, grid)
    if grid.array.shape[0] != x.array.shape[0] or 0 in x.array.shape[2:]:
        raise OperationError(
            "grid_sample", "expected grid and input of one batch size, and non-empty spatial dimensions", x, grid
        )
    if x.array.dtype != grid.array.dtype:
        raise DtypeError("grid_sample", "expected input and grid to have the same dtype", x, grid)
    refuse("grid_sample", "biuc", x)
    if mode == "bicubic" and dims == 3:
        raise OperationError("grid_sample", "bicubic interpolation only supports 4D input", x)


@in_float32
def grid_sample(
    input: T, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> T:
    """(N, C, H, W) read at the places (x, y) from -1 to 1 of a grid (N, H', W', 2); the same for three dimensions.

    `padding_mode`: what lies outside, "zeros", "border" or "reflection". `align_corners`: -1 and 1 are the centres of
    the outermost pixels rather than their edges (Jaderberg et al., 2015).
    """
    _check_grid(input, grid, mode, padding_mode)
    corners = settled("grid_sample", align_corners)
    kind = GridSampler2D if input.array.ndim == 4 else GridSampler3D
    return kind.apply(input, grid, mode, padding_mode, corners)
