"""Rows of minitorch/ops/resample.py and unpool.py."""

from __future__ import annotations

from typing import Any

import numpy as np
from ops.table import Const, Rng, Row, Sample, call, calls, values

F = "nn.functional."
FLOATS: dict[str, Any] = {"dtypes": "f"}
SPREAD = {"float32": (2e-4, 2e-5), "float64": (1e-9, 1e-10)}


def _resized(rng: Rng) -> list[Sample]:
    line, plane, volume = values(rng, (2, 2, 5)), values(rng, (1, 2, 3, 4)), values(rng, (1, 1, 2, 3, 2))
    made = [call(x, scale_factor=2) for x in (line, plane, volume)]
    made += [call(x, size=3, mode=m) for x in (line, plane) for m in ("nearest", "nearest-exact", "area")]
    made += [call(x, scale_factor=1.7, mode="nearest-exact") for x in (line, plane, volume)]
    for corners in (True, False, None):
        made += [call(line, size=8, mode="linear", align_corners=corners)]
        made += [call(line, scale_factor=0.6, mode="linear", align_corners=corners)]
        made += [call(plane, size=(5, 2), mode=m, align_corners=corners) for m in ("bilinear", "bicubic")]
        made += [call(plane, scale_factor=(1.5, 2.5), mode=m, align_corners=corners) for m in ("bilinear", "bicubic")]
        made += [call(volume, size=(3, 2, 4), mode="trilinear", align_corners=corners)]
    made += [call(plane, scale_factor=1.3, mode="bilinear", recompute_scale_factor=True)]
    made += [call(plane, scale_factor=0.5, mode="area"), call(plane, size=1, mode="bilinear", align_corners=True)]
    made += [call(plane, size=(2, 3), mode=m, antialias=True) for m in ("bilinear", "bicubic")]
    made += [call(values(rng, (1, 1, 9, 7)), size=(4, 9), mode=m, antialias=True) for m in ("bilinear", "bicubic")]
    return made


def _bad_sizes(rng: Rng) -> list[Sample]:
    line, plane = np.ones((1, 1, 4)), np.ones((1, 1, 4, 4))
    return [
        call(plane),
        call(plane, size=2, scale_factor=2),
        call(plane, size=(2, 2, 2)),
        call(plane, size=2, mode="linear"),
        call(line, size=2, mode="bilinear"),
        call(plane, size=2, align_corners=True),
        call(plane, size=2, mode="cubic"),
        call(line, size=2, mode="linear", antialias=True),
        call(np.ones((2, 2)), size=2),
        call(plane, size=(2, 2), recompute_scale_factor=True),
        call(plane, size=(0, 2)),
    ]


def _upsampled(rng: Rng) -> list[Sample]:
    return [call(values(rng, (1, 2, 3, 2)), scale_factor=2), call(values(rng, (1, 1, 2, 2)), size=(3, 5))]


def _grids(rng: Rng) -> list[Sample]:
    image, volume = values(rng, (2, 2, 4, 5)), values(rng, (1, 2, 3, 2, 4))
    grid, grid3 = values(rng, (2, 3, 2, 2), -1.4, 1.4), values(rng, (1, 2, 2, 2, 3), -1.4, 1.4)
    made = []
    for padding in ("zeros", "border", "reflection"):
        for corners in (True, False):
            how = {"padding_mode": padding, "align_corners": corners}
            made += [call(image, grid, mode=m, **how) for m in ("bilinear", "bicubic")]
            made += [call(volume, grid3, mode="bilinear", **how)]
            made += [call(image, Const(grid), mode="nearest", **how), call(volume, Const(grid3), mode="nearest", **how)]
    return made


def _bad_grids(rng: Rng) -> list[Sample]:
    image, grid = np.ones((1, 1, 3, 3)), np.ones((1, 2, 2, 2))
    return [
        call(image, grid, mode="linear", align_corners=True),
        call(image, grid, padding_mode="wrap", align_corners=True),
        call(image, np.ones((1, 2, 2, 3)), align_corners=True),
        call(image, np.ones((2, 2, 2, 2)), align_corners=True),
        call(np.ones((1, 1, 2, 2, 2)), np.ones((1, 2, 2, 2, 3)), mode="bicubic", align_corners=True),
    ]


def _affine(rng: Rng) -> list[Sample]:
    flat, deep = values(rng, (2, 2, 3)), values(rng, (1, 3, 4))
    made = [call(flat, (2, 1, 3, 4), align_corners=c) for c in (True, False)]
    return made + [call(deep, (1, 2, 2, 3, 1), align_corners=c) for c in (True, False)]


def _patched(rng: Rng) -> list[Sample]:
    return [
        call(values(rng, (2, 3, 4, 5)), (2, 3)),
        call(values(rng, (1, 2, 5, 6)), 2, dilation=2, padding=1, stride=(2, 1)),
        call(values(rng, (2, 3, 3)), kernel_size=2),
    ]


def _folded(rng: Rng) -> list[Sample]:
    return [
        call(values(rng, (2, 18, 9)), (4, 5), (2, 3)),
        call(values(rng, (1, 8, 18)), (5, 6), 2, dilation=2, padding=1, stride=(2, 1)),
        call(values(rng, (12, 4)), (3, 3), kernel_size=2),
    ]


def _unpooled(rng: Rng, dims: int) -> list[Sample]:
    size = (8, 6, 4)[-dims:]
    half = tuple([n // 2 for n in size])
    count = int(np.prod(half))
    at = np.stack([np.sort(rng.permutation(int(np.prod(size)))[:count]) for _ in range(6)]).reshape(2, 3, *half)
    return [
        call(values(rng, (2, 3, *half)), at, 2),
        call(values(rng, (3, *half)), at[0], 2, stride=2, padding=0),
        call(values(rng, (2, 3, *half)), at, 2, output_size=[n + 1 for n in size]),
    ]


def _bad_unpools(rng: Rng) -> list[Sample]:
    x, at = np.ones((1, 1, 2, 2)), np.arange(4).reshape(1, 1, 2, 2)
    return [call(x, at + 90, 2), call(x, at[..., :1], 2), call(x, at, 2, output_size=(9, 9)), call(x, at * 1.0, 2)]


def _powers(rng: Rng, dims: int) -> list[Sample]:
    shape = (2, 2, *(5, 4, 4)[:dims])
    return [
        call(values(rng, shape, 0.2, 2), 2, 2),
        call(values(rng, shape, 0.2, 2), 3.0, 2, stride=1),
        call(values(rng, shape, 0.2, 2), 2, 3, 2, True),
    ]


ROWS = [
    Row(
        name=F + "interpolate",
        samples=_resized,
        errors=_bad_sizes,
        tolerance=SPREAD,
        nodes="adaptive_avg_pool, which area is, has a node of another name",
        **FLOATS,
    ),
    Row(name=F + "upsample", samples=_upsampled, **FLOATS),
    Row(name=F + "upsample_nearest", samples=_upsampled, **FLOATS),
    Row(name=F + "upsample_bilinear", samples=_upsampled, **FLOATS),
    Row(
        name=F + "grid_sample",
        samples=_grids,
        errors=_bad_grids,
        tolerance=SPREAD,
        **FLOATS,
    ),
    Row(
        name=F + "affine_grid",
        samples=_affine,
        nodes="a product of matrices",
        errors=calls(call(np.ones((2, 3, 3)), (2, 1, 3, 3), True), call(np.ones((2, 2, 3)), (2, 1, 3), True)),
        **FLOATS,
    ),
    Row(name=F + "unfold", samples=_patched, errors=calls(call(np.ones((1, 1, 2, 2)), 3)), **FLOATS),
    Row(
        name=F + "fold",
        samples=_folded,
        errors=calls(call(np.ones((1, 5, 4)), (3, 3), 2), call(np.ones((1, 4, 5)), (3, 3), 2), call(np.ones(4), 2, 1)),
        **FLOATS,
    ),
    Row(
        name=F + "pixel_shuffle",
        samples=calls(lambda r: call(values(r, (2, 8, 2, 3)), 2), lambda r: call(values(r, (9, 1, 2)), 3)),
        errors=calls(call(np.ones((5, 2, 2)), 2), call(np.ones((2, 2)), 2), call(np.ones((4, 2, 2)), 0)),
        nodes="a permutation",
        dtypes="fib",
    ),
    Row(
        name=F + "pixel_unshuffle",
        samples=calls(lambda r: call(values(r, (2, 2, 4, 6)), 2), lambda r: call(values(r, (1, 3, 6)), 3)),
        errors=calls(call(np.ones((1, 3, 2)), 2), call(np.ones((2, 2)), 2)),
        nodes="a permutation",
        dtypes="fib",
    ),
    Row(
        name=F + "channel_shuffle",
        samples=calls(lambda r: call(values(r, (2, 6, 2)), 3), lambda r: call(values(r, (1, 4, 2, 2)), 2)),
        errors=calls(call(np.ones((1, 3, 2)), 2), call(np.ones((2, 2)), 2)),
        nodes="a permutation",
        oracle="PyTorch's has no derivative on the CPU",
        **FLOATS,
    ),
    *[
        Row(
            name=F + f"max_unpool{n}d",
            samples=lambda r, n=n: _unpooled(r, n),
            nodes="PyTorch flattens the planes",
            **FLOATS,
        )
        for n in (1, 3)
    ],
    Row(
        name=F + "max_unpool2d",
        samples=lambda r: _unpooled(r, 2),
        errors=_bad_unpools,
        nodes="PyTorch flattens the planes",
        **FLOATS,
    ),
    *[Row(name=F + f"lp_pool{n}d", samples=lambda r, n=n: _powers(r, n), **FLOATS) for n in (1, 2, 3)],
    Row(
        name=F + "local_response_norm",
        samples=calls(
            lambda r: call(values(r, (2, 5, 3)), 3),
            lambda r: call(values(r, (2, 4, 2, 2)), 2, alpha=0.5, beta=0.6, k=1.5),
            lambda r: call(values(r, (1, 5, 2, 1, 2)), size=4, alpha=0.3),
        ),
        errors=calls(call(np.ones((2, 2)), 2)),
        **FLOATS,
    ),
]
