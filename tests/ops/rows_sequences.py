"""Rows of minitorch/ops/rnn.py, attention.py and the bags of embedding.py."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from ops.table import Array, Rng, Row, Sample, call, values

FLOATS: dict[str, Any] = {"dtypes": "f", "method": False, "inplace": False}
COMPOSED = "made of other nodes there"
INTEGERS = np.array([[1, 2]])


# ---------------------------------------------------------------- recurrent


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _lstm_cell(x: Array, hx: Any, w: Array, u: Array, b: Any = None, d: Any = None) -> tuple[Array, Array]:
    h, c = hx
    gates = x @ w.T + h @ u.T + (0 if b is None else b) + (0 if d is None else d)
    i, f, g, o = np.split(gates, 4, 1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def _gru_cell(x: Array, h: Array, w: Array, u: Array, b: Any = None, d: Any = None) -> Array:
    first, second = x @ w.T + (0 if b is None else b), h @ u.T + (0 if d is None else d)
    (r, z, n), (rh, zh, nh) = np.split(first, 3, 1), np.split(second, 3, 1)
    r, z = _sigmoid(r + rh), _sigmoid(z + zh)
    return np.asarray((1 - z) * np.tanh(n + r * nh) + z * h)


def _plain_cell(act: Callable[[Array], Array]) -> Callable[..., Array]:
    def cell(x: Array, h: Array, w: Array, u: Array, b: Any = None, d: Any = None) -> Array:
        return act(x @ w.T + h @ u.T + (0 if b is None else b) + (0 if d is None else d))

    return cell


_tanh_cell, _relu_cell = _plain_cell(np.tanh), _plain_cell(lambda x: np.maximum(x, 0))


def _weights(rng: Rng, gates: int, size: int, hidden: int = 3, bias: bool = True) -> list[Array]:
    shapes = [(gates * hidden, size), (gates * hidden, hidden), *[(gates * hidden,)] * (2 if bias else 0)]
    return [values(rng, s, -0.7, 0.7) for s in shapes]


def _cell_samples(gates: int) -> Callable[[Rng], list[Sample]]:
    def samples(rng: Rng) -> list[Sample]:
        states = [values(rng, (2, 3)) for _ in range(2)]
        hx: Any = tuple(states) if gates == 4 else states[0]
        return [
            call(values(rng, (2, 4)), hx, *_weights(rng, gates, 4)),
            call(values(rng, (2, 4)), hx, *_weights(rng, gates, 4, bias=False)),
        ]

    return samples


def _cell_refused(gates: int) -> Callable[[Rng], list[Sample]]:
    def errors(rng: Rng) -> list[Sample]:
        h = np.ones((2, 3))
        hx: Any = (h, h) if gates == 4 else h
        other: Any = (h[:1], h[:1]) if gates == 4 else h[:1]
        weights = _weights(rng, gates, 4)
        return [call(np.ones((2, 5)), hx, *weights), call(np.ones((2, 4)), other, *weights)]

    return errors


def _layer(cell: Callable[..., Any], gates: int) -> Callable[..., Any]:
    """Layers as loops over a cell: the reference."""

    def direction(rows: list[Array], state: Any, weights: Any) -> tuple[list[Array], Any]:
        """Rows of steps in the order in which they run; the state's other rows stay."""
        outputs = []
        for x in rows:
            part = tuple([s[: len(x)] for s in state])
            new = cell(x, part if gates == 4 else part[0], *weights)
            new = new if isinstance(new, tuple) else (new,)
            state = tuple([np.concatenate([a, s[len(x) :]]) for a, s in zip(new, state, strict=True)])
            outputs.append(new[0])
        return outputs, state

    def layers(rows: list[Array], hx: Any, params: Any, biases: bool, count: int, both: bool) -> Any:
        states = hx if isinstance(hx, tuple) else (hx,)
        size, lasts, ways = 4 if biases else 2, [], 2 if both else 1
        for at in range(0, count * ways, ways):
            found = []
            for k in range(ways):
                start = tuple([s[at + k] for s in states])
                weights = params[(at + k) * size : (at + k + 1) * size]
                y, last = direction(rows[::-1] if k else rows, start, weights)
                found.append(y[::-1] if k else y)
                lasts.append(last)
            rows = [np.concatenate(pair, 1) for pair in zip(*found, strict=True)]
        return rows, [np.stack(s) for s in zip(*lasts, strict=True)]

    def run(*args: Any) -> Any:
        if isinstance(args[3], bool):
            x, hx, params, biases, count, _, _, both, first = args
            y, last = layers(list(x.swapaxes(0, 1) if first else x), hx, params, biases, count, both)
            return (np.stack(y, 1 if first else 0), *last)
        x, sizes, hx, params, biases, count, _, _, both = args
        y, last = layers(np.split(x, np.cumsum(sizes)[:-1]), hx, params, biases, count, both)
        return (np.concatenate(y), *last)

    return run


def _layer_samples(gates: int) -> Callable[[Rng], list[Sample]]:
    def samples(rng: Rng) -> list[Sample]:
        def hx(count: int) -> Any:
            states = [values(rng, (count, 2, 3)) for _ in range(2)]
            return tuple(states) if gates == 4 else states[0]

        one, none = _weights(rng, gates, 4), _weights(rng, gates, 4, bias=False)
        deep = [w for size in (4, 4, 6, 6) for w in _weights(rng, gates, size)]
        sizes = np.array([2, 2])
        return [
            call(values(rng, (3, 2, 4)), hx(1), one, True, 1, 0.0, True, False, False),
            call(values(rng, (2, 3, 4)), hx(1), none, False, 1, 0.0, False, False, True),
            call(values(rng, (2, 2, 4)), hx(4), deep, True, 2, 0.0, True, True, False),
            call(values(rng, (4, 4)), sizes, hx(2), deep[:8], True, 1, 0.0, True, True),
        ]

    return samples


def _layer_refused(gates: int) -> Callable[[Rng], list[Sample]]:
    def errors(rng: Rng) -> list[Sample]:
        h = np.ones((1, 2, 3))
        hx: Any = (h, h) if gates == 4 else h
        how = (True, 1, 0.0, True, False, False)
        return [call(np.ones((3, 2, 5)), hx, _weights(rng, gates, 4), *how)]

    return errors


def _recurrent(name: str, cell: Callable[..., Any], gates: int) -> list[Row]:
    single = name + "_cell"
    oracle: Any = "PyTorch takes integers" if gates == 1 else True  # tests/oracle/test_sequences.py compares these
    return [
        Row(
            name=single,
            samples=_cell_samples(gates),
            errors=_cell_refused(gates),
            numpy=cell,
            nodes=COMPOSED,
            oracle=oracle,
            **FLOATS,
        ),
        Row(
            name=name,
            samples=_layer_samples(gates),
            errors=_layer_refused(gates),
            numpy=_layer(cell, gates),
            nodes=COMPOSED,
            oracle=oracle,
            **FLOATS,
        ),
    ]


# ---------------------------------------------------------------- attention


def _softmax(x: Array) -> Array:
    with np.errstate(invalid="ignore"):
        e = np.exp(x - np.where(np.isfinite(t := x.max(-1, keepdims=True)), t, 0))
        total = e.sum(-1, keepdims=True)
    return np.asarray(e / np.where(total == 0, 1, total))


def _attend(
    q: Array,
    k: Array,
    v: Array,
    attn_mask: Any = None,
    dropout_p: float = 0,
    is_causal: bool = False,
    scale: Any = None,
    enable_gqa: bool = False,
) -> Array:
    if enable_gqa:
        k, v = [np.repeat(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v)]
    scores = q @ k.swapaxes(-2, -1) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = np.tril(np.ones(scores.shape[-2:], bool))
    if attn_mask is not None:
        scores = np.where(attn_mask, scores, -np.inf) if attn_mask.dtype == bool else scores + attn_mask
    return _softmax(scores) @ v


def _attend_samples(rng: Rng) -> list[Sample]:
    def three(*lead: int, keys: int = 4, groups: int | None = None) -> list[Array]:
        other = lead if groups is None else (*lead[:-1], groups)
        return [values(rng, (*lead, 3, 2)), values(rng, (*other, keys, 2)), values(rng, (*other, keys, 3))]

    seen = np.array([[True, False, True, False], [True, True, True, True], [False] * 4])
    return [
        call(*three(2, 2)),
        call(*three(2, 2), is_causal=True),
        call(*three(3), scale=0.3),
        call(*three(2, 2), attn_mask=seen),
        call(*three(2), attn_mask=np.broadcast_to(seen, (2, 3, 4)).copy()),
        call(*three(), attn_mask=values(rng, (3, 4))),
        call(*three(2, 2, keys=2), attn_mask=values(rng, (2, 1, 3, 2))),
        call(*three(1, 4, groups=2), enable_gqa=True),
        call(values(rng, (2, 1, 3, 2)), values(rng, (3, 4, 2)), values(rng, (3, 4, 2))),
    ]


def _attend_refused(rng: Rng) -> list[Sample]:
    x, i = np.ones((2, 3, 4)), np.ones((2, 3, 4), np.int64)
    return [
        call(x, x, x, attn_mask=np.ones((3, 3)), is_causal=True),
        call(x, x, x, attn_mask=np.ones((3, 3), np.int64)),
        call(x, x, x.astype(np.float32)),
        call(x[0, 0], x, x),
        call(x, np.ones((2, 3, 5)), x),
        call(i, i, i),
    ]


def _heads_samples(rng: Rng) -> list[Sample]:
    q, k = values(rng, (3, 2, 4)), values(rng, (5, 2, 4))
    w, b, out, c = values(rng, (12, 4)), values(rng, (12,)), values(rng, (4, 4)), values(rng, (4,))
    extra = values(rng, (1, 1, 4)), values(rng, (1, 1, 4))
    hidden = np.array([[False, True, False, True, False]] * 2)
    separate = {"use_separate_proj_weight": True} | {f"{n}_proj_weight": values(rng, (4, 4)) for n in "qkv"}
    return [
        call(q, q, q, 4, 2, w, b, None, None, False, 0.0, out, c),
        call(q, k, k, 4, 2, w, b, None, None, False, 0.0, out, c, need_weights=False, key_padding_mask=hidden),
        call(q, k, k, 4, 2, w, b, *extra, True, 0.0, out, c, attn_mask=values(rng, (3, 5)), average_attn_weights=False),
        call(q, k, k, 4, 2, None, None, None, None, False, 0.0, out, None, **separate),
        call(q[:, 0], k[:, 0], k[:, 0], 4, 2, w, b, None, None, False, 0.0, out, c),
    ]


def _heads_refused(rng: Rng) -> list[Sample]:
    x, w = np.ones((3, 2, 4)), np.ones((12, 4))
    rest = (w, None, None, None, False, 0.0, np.ones((4, 4)), None)
    return [call(x, x, x, 4, 2, *rest, is_causal=True), call(x, x, x, 4, 2, *rest, attn_mask=np.ones((3, 4)))]


# ---------------------------------------------------------------- bags


def _bag(
    input: Array, weight: Array, offsets: Any = None, mode: str = "mean", padding_idx: Any = None, **how: Any
) -> Array:
    if input.ndim == 1:
        ends = offsets.tolist() + ([] if how.get("include_last_offset") else [len(input)])
        bags = [range(a, b) for a, b in itertools.pairwise(ends)]
        flat = input
    else:
        bags = [range(i * input.shape[1], (i + 1) * input.shape[1]) for i in range(len(input))]
        flat = input.reshape(-1)
    factor = how.get("per_sample_weights")
    factor = np.ones(len(flat)) if factor is None else factor.reshape(-1)
    rows = []
    for bag in bags:
        found = [weight[flat[i]] * factor[i] for i in bag if flat[i] != padding_idx]
        reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
        rows.append(reduce(found, 0) if found else np.zeros(weight.shape[1]))
    return np.stack(rows)


def _bag_samples(rng: Rng) -> list[Sample]:
    pairs, flat, offsets = np.array([[1, 2], [0, 0], [3, 2]]), np.array([1, 2, 2, 3]), np.array([0, 3, 3])
    table = values(rng, (4, 3))
    return [
        *[call(pairs, table, mode=mode) for mode in ("sum", "mean", "max")],
        *[call(flat, table, offsets, mode=mode) for mode in ("sum", "mean", "max")],
        *[call(flat, table, offsets, mode=mode, padding_idx=2) for mode in ("sum", "mean", "max")],
        call(flat, table, np.array([0, 1, 4]), include_last_offset=True),
        call(pairs, table, mode="sum", per_sample_weights=values(rng, (3, 2))),
    ]


def _bag_refused(rng: Rng) -> list[Sample]:
    table, flat = np.ones((4, 3)), np.array([1, 2])
    return [
        call(np.array([[4]]), table),
        call(np.ones((1, 1)), table),
        call(flat, table),
        call(flat, table, np.array([1])),
        call(flat, table, np.array([0, 3])),
        call(flat.reshape(1, 2), table, np.array([0])),
        call(flat, table, np.array([0]), mode="min"),
        call(flat, table, np.array([0]), per_sample_weights=np.ones(2)),
    ]


ROWS = [
    *_recurrent("lstm", _lstm_cell, 4),
    *_recurrent("gru", _gru_cell, 3),
    *_recurrent("rnn_tanh", _tanh_cell, 1),
    *_recurrent("rnn_relu", _relu_cell, 1),
    Row(
        name="nn.functional.scaled_dot_product_attention",
        samples=_attend_samples,
        errors=_attend_refused,
        numpy=_attend,
        nodes="PyTorch takes one of several kernels",
        gradgrad=True,
        **FLOATS,
    ),
    Row(
        name="nn.functional.multi_head_attention_forward",
        samples=_heads_samples,
        errors=_heads_refused,
        nodes=COMPOSED,
        tolerance={"float32": (2e-4, 2e-5)},
        **FLOATS,
    ),
    Row(
        name="nn.functional.embedding_bag",
        samples=_bag_samples,
        errors=_bag_refused,
        numpy=_bag,
        nodes="PyTorch has a node of its own for it",
        result=None,
        **FLOATS,
    ),
]
