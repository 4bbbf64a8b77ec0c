"""Rows of the functions of nn.functional that are made of others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, calls, distinct, inf, nan, values

COMPOSED = "made of other operations than PyTorch's"
INTEGERS, BOOLS = np.array([1, 2]), np.array([True, False])

# ---------------------------------------------------------------- products and distances


def _bilinear(a: Array, b: Array, weight: Array, bias: Any = None) -> Array:
    y = np.einsum("...i,oij,...j->...o", a, weight, b)
    return y if bias is None else y + bias


def _bilinear_samples(rng: Rng) -> list[Sample]:
    a, b = values(rng, (2, 3, 2)), values(rng, (2, 3, 4))
    w, bias = values(rng, (5, 2, 4)), values(rng, (5,))
    return [
        call(a[:, 0], b[:, 0], w, bias),
        call(a, b, w),
        call(a, b, w, bias),
        call(a[0, 0], b[0, 0], w, bias),
        call(a[:0], b[:0], w, bias),
    ]


def _bilinear_mistakes(rng: Rng) -> list[Sample]:
    a, b, w = np.ones((2, 2)), np.ones((2, 4)), np.ones((5, 2, 4))
    return [
        call(b, b, w),
        call(a, a, w),
        call(np.ones((3, 2)), b, w),
        call(np.ones((1, 2)), b, w),
        call(np.ones(2), b, w),
        call(a, b, w, np.ones(4)),
    ]


def _norm(x: Array, p: float, dim: Any, keepdims: bool = True) -> Array:
    if p == inf:
        return np.abs(x).max(dim, keepdims=keepdims)
    if p == 0:
        return (x != 0).sum(dim, keepdims=keepdims).astype(float)
    return np.asarray((np.abs(x) ** p).sum(dim, keepdims=keepdims) ** (1 / p))


def _normalize(x: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Array:
    return x / np.maximum(_norm(x, p, dim), eps)


def _normalize_samples(rng: Rng) -> list[Sample]:
    x = distinct(rng, (2, 3, 4))
    hows: list[dict[str, Any]] = [
        {},
        {"p": 1},
        {"p": 3},
        {"dim": 0},
        {"dim": -1, "eps": 5.0},
        {"dim": (0, 2)},
        {"p": inf},
    ]
    made = [call(x, **how) for how in hows]
    return [*made, call(x[0, 0], dim=0), call(np.zeros((2, 2)) + 1e-3, eps=1.0), call(x[:0]), call(x[:, :, :0])]


def _normalize_odd(rng: Rng) -> list[Sample]:
    x = np.array([[nan, 1.0], [inf, 1.0], [-inf, inf], [0.0, 1.0], [1e300, 1.0]])
    return [call(x), call(x, p=1), call(x, dim=0)]


def _cosine(a: Array, b: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    a, b = np.broadcast_arrays(a, b)
    near = [x / np.maximum(_norm(x, 2, dim), eps) for x in (a, b)]
    return np.asarray((near[0] * near[1]).sum(dim))


def _cosine_samples(rng: Rng) -> list[Sample]:
    a, b = values(rng, (2, 3, 4)), values(rng, (2, 3, 4))
    return [
        call(a, b),
        call(a, b, dim=0),
        call(a, b, -1, 1e-6),
        call(a[0, 0], b[0, 0], dim=0),
        call(a, b[:1]),
        call(a[:, :, :1], b[0]),
        call(a, b[0, 0], dim=2),
        call(a[:0], b[:0]),
    ]


def _cosine_below_eps(rng: Rng) -> list[Sample]:
    return [call(values(rng, (2, 3, 4)), values(rng, (2, 3, 4)), eps=5.0)]


def _cosine_odd(rng: Rng) -> list[Sample]:
    a = np.array([[nan, 1.0], [inf, 1.0], [0.0, 0.0], [1e200, 1.0], [1e-200, 1e-200]])
    return [call(a, np.array([[1.0, 2.0]])), call(a[3:], a[3:])]


def _distance(a: Array, b: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Array:
    return _norm(a - b + eps, p, -1, keepdim)


def _distance_samples(rng: Rng) -> list[Sample]:
    a, b = distinct(rng, (2, 3, 4)), distinct(rng, (2, 3, 4), 0.37) + 0.1
    hows: list[dict[str, Any]] = [{}, {"p": 1}, {"p": 3}, {"p": inf}, {"eps": 0.1}, {"keepdim": True}]
    made = [call(a, b, **how) for how in hows]
    return [
        *made,
        call(a[0], b[0]),
        call(a[0, 0], b[0, 0]),
        call(a[0], b[0, :1]),
        call(a[:, 0], b[0, 0]),
        call(a[:0], b[:0]),
    ]


def _distance_odd(rng: Rng) -> list[Sample]:
    a = np.array([[nan, 1.0], [inf, 1.0], [0.0, 0.0], [inf, -inf]])
    return [call(a, np.array([[1.0, 2.0]])), call(a, a), call(a, np.zeros(2), eps=0.0)]


def _apart(rng: Rng) -> list[Sample]:
    return [call(np.ones((2, 3)), np.ones((2, 4)))]


# ---------------------------------------------------------------- classes


def _one_hot(t: Array, num_classes: int = -1) -> Array:
    return np.eye(int(t.max()) + 1 if num_classes < 0 else num_classes, dtype=np.int64)[t]


def _hots(rng: Rng) -> list[Sample]:
    t = np.array([[0, 2], [1, 0]])
    return [call(t), call(t, 5), call(t[0], num_classes=3), call(np.array(1)), call(t[:0], 4), call(t, -1)]


def _no_hots(rng: Rng) -> list[Sample]:
    t = np.array([0, 2])
    return [
        call(t, 2),
        call(t - 1),
        call(t[:0]),
        call(t.astype(np.int32)),
        call(np.array([0.0, 1.0])),
        call(BOOLS),
        call(t, 0),
        call(t[:0], 0),
    ]


# ---------------------------------------------------------------- padding

MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _pad(x: Array, pad: Any, mode: str = "constant", value: Any = None) -> Array:
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2], strict=True))[::-1]
    grown = [(max(a, 0), max(b, 0)) for a, b in pairs]
    cut = [(max(-a, 0), max(-b, 0)) for a, b in pairs]
    if mode in ("constant", "circular"):  # first cut off, then added
        x = x[tuple([slice(a, n - b) for n, (a, b) in zip(x.shape, cut, strict=True)])]
    if mode == "constant":
        return np.pad(x, grown, constant_values=value or 0)
    y = np.pad(x, grown, MODES[mode])  # type: ignore[call-overload]
    return y if mode == "circular" else y[tuple([slice(a, n - b) for n, (a, b) in zip(y.shape, cut, strict=True)])]


def _constants(rng: Rng) -> list[Sample]:
    x = values(rng, (2, 3, 4))
    return [
        call(x, (1, 2)),
        call(x, [1, 0, 0, 2]),
        call(x, (1, 1, 2, 0, 1, 3)),
        call(x, (1, -1)),
        call(x, (-1, -2, 1, -1)),
        call(x, (2, 1), "constant", 3),
        call(x, (0, 1, 1, 0), value=2),
        call(x, (0, 0)),
        call(x, ()),
        call(x, (-4, 0)),
        call(x[0, 0], (1, 1)),
        call(x[:0], (1, 1)),
        call(x[:, :0], (1, 1, 1, 1)),
    ]


def _mirrored(mode: str) -> Any:
    def samples(rng: Rng) -> list[Sample]:
        x, image = values(rng, (2, 3, 4)), values(rng, (1, 2, 3, 4))
        made = [call(x, (1, 2), mode), call(x[0], (2, 1), mode=mode), call(x, (0, 3), mode)]
        made += [call(image, (1, 2, 2, 1), mode), call(image[0], (1, 0, 0, 2), mode)]
        made += [call(values(rng, (1, 1, 2, 3, 2)), (1, 1, 2, 0, 1, 1), mode)]
        made += [call(x, (-1, 2), mode), call(image, (1, -2, 0, 1), mode)]
        return [*made, call(x, (4, 4), mode)] if mode == "circular" else [*made, call(x[:0], (1, 1), mode)]

    return samples


def _no_padding(rng: Rng) -> list[Sample]:
    x = np.ones((2, 3, 4))
    return [
        call(x, (1,)),
        call(x, (1, 2, 3)),
        call(x, (1,) * 8),
        call(x, (-3, -2)),
        call(x, (1, 1), "mirror"),
    ]


def _no_mirror(mode: str) -> Any:
    far: dict[str, Any] = {"reflect": [(4, 0), (0, 4)], "circular": [(5, 0), (0, 5)], "replicate": []}

    def errors(rng: Rng) -> list[Sample]:
        x = np.ones((2, 3, 4))
        made = [call(x, pad, mode) for pad in far[mode]]
        made += [call(x, (1,), mode), call(x, (1,) * 6, mode), call(x[0, 0], (1, 1), mode), call(x, (-3, -2), mode)]
        return [*made, call(x[:, :, :0], (1, 1), mode)]

    return errors


# ---------------------------------------------------------------- attention


def _attention(
    q: Array, k: Array, v: Array, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: Any = None, enable_gqa: bool = False,
) -> Array:  # fmt: skip
    if enable_gqa:
        k, v = [np.repeat(a, q.shape[-3] // a.shape[-3], -3) for a in (k, v)]
    scores = q @ np.swapaxes(k, -1, -2) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = np.tril(np.ones(scores.shape[-2:], bool))
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -inf) if attn_mask.dtype == bool else scores + attn_mask
    if not scores.size:
        return scores @ v
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True) @ v)


def _attentions(rng: Rng) -> list[Sample]:
    def made(*front: int, heads: int = 0) -> tuple[Array, Array, Array]:
        inner = (*front[:-1], heads) if heads else front
        return values(rng, (*front, 3, 4)), values(rng, (*inner, 5, 4)), values(rng, (*inner, 5, 2))

    q, k, v = made(2, 2)
    allowed = np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    return [
        call(q, k, v),
        call(q, k, v, is_causal=True),
        call(q, k, v, allowed),
        call(q, k, v, values(rng, (3, 5))),
        call(q, k, v, attn_mask=values(rng, (2, 1, 3, 5))),
        call(q, k, v, scale=0.3),
        call(*made(2)),
        call(*made()),
        call(*made(2), is_causal=True, scale=2.0),
        call(*made(1, 4, heads=2), enable_gqa=True),
        call(q[:, :, :1], k[:, :, :1], v[:, :, :1], is_causal=True),
        call(q, k[:1], v[:1]),
    ]


def _no_attention(rng: Rng) -> list[Sample]:
    q, k, v = np.ones((0, 2, 3, 4)), np.ones((0, 2, 5, 4)), np.ones((0, 2, 5, 2))
    return [call(q, k, v), call(q, k, v, is_causal=True)]


def _attention_mistakes(rng: Rng) -> list[Sample]:
    q, k, v = np.ones((2, 3, 4)), np.ones((2, 5, 4)), np.ones((2, 5, 2))
    return [
        call(q, k[:, :, :3], v),
        call(q, k, v[:, :4]),
        call(q, k, v, np.ones((3, 4), bool)),
        call(q, k, v, np.ones((3, 5), bool), is_causal=True),
        call(q, k.astype(np.float32), v),
        call(q, k, v, np.ones((3, 5), np.int64)),
        call(np.ones((2, 3, 4), np.int64), np.ones((2, 5, 4), np.int64), np.ones((2, 5, 2), np.int64)),
        call(np.ones(4), np.ones(4), np.ones(4)),
    ]


ROWS = [
    Row(
        name="nn.functional.bilinear",
        samples=_bilinear_samples,
        errors=_bilinear_mistakes,
        numpy=_bilinear,
        nodes=COMPOSED,
        tolerance={"float32": (1e-4, 1e-5)},
    ),
    Row(
        name="nn.functional.normalize",
        samples=_normalize_samples,
        special=_normalize_odd,
        errors=calls(call(np.ones((2, 3)), dim=2), call(INTEGERS, dim=0)),
        numpy=_normalize,
    ),
    Row(
        name="nn.functional.cosine_similarity",
        samples=_cosine_samples,
        special=_cosine_odd,
        errors=_apart,
        numpy=_cosine,
        nodes=COMPOSED,
    ),
    Row(
        name="nn.functional.cosine_similarity",
        samples=_cosine_below_eps,
        numpy=_cosine,
        oracle="PyTorch's gradient is that of the norm, even where eps takes its place",
        variant="eps",
    ),
    Row(
        name="nn.functional.pairwise_distance",
        samples=_distance_samples,
        special=_distance_odd,
        errors=_apart,
        numpy=_distance,
        tolerance={"float64": (1e-8, 1e-10)},
        nodes=COMPOSED,
    ),
    Row(
        name="nn.functional.one_hot",
        samples=_hots,
        errors=_no_hots,
        numpy=_one_hot,
        dtypes="i",
        result="int64",
        grad=False,
    ),
    Row(name="nn.functional.pad", samples=_constants, errors=_no_padding, numpy=_pad, dtypes="fib", nodes=COMPOSED),
    *[
        Row(
            name="nn.functional.pad",
            samples=_mirrored(mode),
            errors=_no_mirror(mode),
            numpy=_pad,
            nodes=COMPOSED,
            variant=mode,
        )
        for mode in ("reflect", "replicate", "circular")
    ],
    Row(
        name="nn.functional.scaled_dot_product_attention",
        samples=_attentions,
        errors=_attention_mistakes,
        numpy=_attention,
        nodes=COMPOSED,
        tolerance={"float64": (1e-7, 1e-9), "float32": (1e-4, 1e-5)},
    ),
    Row(
        name="nn.functional.scaled_dot_product_attention",
        samples=_no_attention,
        numpy=_attention,
        oracle="where there is nothing to compute, PyTorch takes integers and bools",
        variant="nothing",
    ),
]
