"""Attention: queries take a share of the values, by how much they are like the keys."""

from __future__ import annotations

import math
import warnings
from typing import Any

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..errors import DtypeError, OperationError
from ..kernels import attention as kernels
from .autocast import lowered
from .base import Op, T, TensorBase, derivative
from .join import cat
from .matmul import linear, matmul
from .random import dropout
from .softmax import softmax
from .view import transpose


class ScaledDotProductAttention(Op):
    """y = P v, P = softmax(q kᵀ scale + mask);  dv = Pᵀ g, dS = P (g vᵀ - Σ g vᵀ P) scale, dq = dS k, dk = dSᵀ q"""

    title = "ScaledDotProductFlashAttentionForCpu"

    @staticmethod
    def forward(ctx: Any, q: Any, k: Any, v: Any, mask: Any, causal: bool, scale: float) -> Any:
        shape = q.array.shape
        weights = (*_four(q.array).shape[:3], k.array.shape[-2])
        added = None if mask is None else kernels.additive(mask.array, q.array.dtype, (*shape[:-1], weights[3]))
        added = None if added is None else added.reshape(weights)
        qs, ks, vs = [_four(x.array) for x in (q, k, v)]
        y, log_sum = kernels.attend(qs, ks, vs, mask=added, causal=causal, scale=scale)
        ctx.save_for_backward(q, k, v, mask, q._wrap(log_sum))
        ctx.how, ctx.added = (causal, scale), added
        return y.reshape(*shape[:-1], v.array.shape[-1])

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        q, k, v, mask, log_sum = ctx.saved_tensors
        needs, (causal, scale) = ctx.needs_input_grad, ctx.how
        if mode.grad:
            formula = lambda q, k, v: attend(q, k, v, mask, 0.0, causal, scale)  # noqa: E731
            return *derivative(formula, (q, k, v), needs, (g,)), None, None, None
        gs, qs, ks, vs = [_four(x.array) for x in (g, q, k, v)]
        grads = kernels.attend_grad(gs, qs, ks, vs, mask=ctx.added, log_sum=log_sum.array, causal=causal, scale=scale)
        shaped = [
            x._wrap(d.reshape(x.array.shape)) if n else None for x, d, n in zip((q, k, v), grads, needs, strict=False)
        ]
        return *shaped, None, None, None


def _four(x: Any) -> Any:
    """As (samples, heads, rows, features)."""
    if x.strides[-1] != x.itemsize:
        x = x.copy()
    if x.ndim == 4:
        return x
    lead = x.shape[:-2]
    return x.reshape(math.prod(lead[:-1]), lead[-1] if lead else 1, *x.shape[-2:])


def attend(q: Any, k: Any, v: Any, mask: Any, p: float, causal: bool, scale: float) -> Any:
    """The same made of operations: for dropout, for shapes that broadcast, and where a gradient is recorded."""
    scores = matmul(q * scale, transpose(k, -2, -1))
    if causal:
        scores = scores.masked_fill(_future(scores), -math.inf)
    elif mask is not None:
        is_bool = mask.array.dtype.kind == "b"
        scores = scores.masked_fill(mask.logical_not(), -math.inf) if is_bool else scores + mask
    shares = softmax(scores, -1)
    if mask is not None:
        shares = shares.masked_fill((scores == -math.inf).all(-1, keepdim=True), 0.0)
    return matmul(dropout(shares, p), v)


def _future(scores: Any) -> Any:
    """True where a column lies behind the row."""
    return scores.new_ones(scores.array.shape[-2:]).tril() == 0


def _check(q: Any, k: Any, v: Any, mask: Any, causal: bool) -> None:
    name = "scaled_dot_product_attention"
    if causal and mask is not None:
        raise RuntimeError(f"{name}: Explicit attn_mask should not be set when is_causal=True")
    if not q.array.dtype == k.array.dtype == v.array.dtype:
        raise DtypeError(name, "Expected query, key, and value to have the same dtype", q, k, v)
    if min(x.array.ndim for x in (q, k, v)) < 2:
        raise OperationError(name, "Expected query, key, and value to all be at least 2 dimensional", q, k, v)
    if mask is not None and mask.array.dtype.kind != "b" and mask.array.dtype != q.array.dtype:
        raise DtypeError(name, "Expected attn_mask dtype to be bool or float or to match query dtype", q, mask)


def _fits(q: Any, k: Any, v: Any, mask: Any, p: float) -> bool:
    """Whether the kernel takes it: floats, equal leading dimensions, no dropout, a mask that is not trained."""
    lead = q.array.shape[:-2]
    whole = (*q.array.shape[:-1], k.array.shape[-2])
    return (
        p == 0
        and q.array.dtype.kind in "fV"
        and lead == k.array.shape[:-2] == v.array.shape[:-2]
        and q.array.shape[-1] == k.array.shape[-1]
        and k.array.shape[-2] == v.array.shape[-2]
        and (mask is None or not mask.tracked())
        and (mask is None or _broadcasts(mask.array.shape, whole))
    )


def _broadcasts(shape: tuple[int, ...], whole: tuple[int, ...]) -> bool:
    pairs = zip(reversed(shape), reversed(whole), strict=False)
    return len(shape) <= len(whole) and all(m in (1, n) for m, n in pairs)


def scaled_dot_product_attention(
    query: T, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False, *,
    scale: float | None = None, enable_gqa: bool = False,
) -> T:  # fmt: skip
    """softmax(Q Kᵀ scale + mask) V (Vaswani et al., 2017): (..., L, E), (..., S, E), (..., S, F) -> (..., L, F).

    `attn_mask` broadcasts to (..., L, S): bool, True where a key counts, or numbers to add. `is_causal`: row i sees the
    keys up to i. `scale` is 1/√E by default. `enable_gqa`: fewer heads (dimension -3) of keys and values, each for
    several of the queries. A row that sees no key is 0.

    >>> x = torch.eye(2).unsqueeze(0)
    >>> torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[[1.0000, 0.0000],
             [0.3302, 0.6698]]])
    """
    if dt.mixed:
        query, key, value, attn_mask = lowered(query, key, value, attn_mask)
    q, k, v, mask = query, key, value, attn_mask
    _check(q, k, v, mask, is_causal)
    if enable_gqa:
        k, v = _repeated(q, k), _repeated(q, v)
    scale = 1 / math.sqrt(q.array.shape[-1] or 1) if scale is None else float(scale)
    if _fits(q, k, v, mask, dropout_p) and q.array.size and k.array.size and v.array.size:
        return ScaledDotProductAttention.apply(q, k, v, mask, is_causal, scale)
    return attend(q, k, v, mask, dropout_p, is_causal, scale)


def _repeated(q: Any, x: Any) -> Any:
    """Keys or values with each head as often as there are queries for it."""
    heads, groups = q.array.shape[-3], x.array.shape[-3]
    if heads % groups:
        raise OperationError(
            "scaled_dot_product_attention",
            f"Number of heads in key and value must divide the number of heads in query, got {groups} and {heads}",
            q,
            x,
        )
    return x if heads == groups else x.repeat_interleave(heads // groups, -3)


# ---------------------------------------------------------------- several heads


def additive_mask(mask: Any, name: str, dtype: Any, other: Any = None, other_name: str = "") -> Any:
    """A mask as numbers to add, in the numpy dtype of the input: of a bool one, -inf where it is True."""
    if mask is None:
        return None
    if mask.array.dtype.kind not in "bfV":
        raise AssertionError(f"only bool and floating types of {name} are supported, got {mask.dtype}")
    if other is not None and other.array.dtype != mask.array.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=4,
        )
    if mask.array.dtype.kind in "fV":
        return mask
    return mask._zeros(mask.array.shape, dtype).masked_fill(mask, -math.inf)


def _check_shapes(q: Any, k: Any, v: Any, padding: Any, mask: Any) -> None:
    name, n = "multi_head_attention_forward", q.array.ndim
    if n not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor")
    if k.array.ndim != n or v.array.ndim != n:
        raise AssertionError(
            f"{name}: for a {n}-D query expected key and value to be {n}-D but found {k.array.ndim}-D and "
            f"{v.array.ndim}-D"
        )
    if padding is not None and padding.array.ndim != n - 1:
        raise AssertionError(f"{name}: expected key_padding_mask to be None or {n - 1}-D, got {padding.array.ndim}-D")
    if mask is not None and mask.array.ndim not in (2, 3):
        raise AssertionError(f"{name}: expected attn_mask to be None, 2-D or 3-D but found {mask.array.ndim}-D")


def _projected(q: Any, k: Any, v: Any, weights: Any, bias: Any) -> Any:
    """Queries, keys and values: `weights` is one matrix for all three, one below the other, or three."""
    if isinstance(weights, TensorBase):
        if q is k and k is v:
            return linear(q, weights, bias).chunk(3, -1)
        weights = weights.chunk(3)
    biases = (None, None, None) if bias is None else bias.chunk(3)
    return tuple([linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True)])


def _in_heads(x: Any, heads: int, batch_first: bool) -> Any:
    """(rows, samples, heads * n), or with samples first, as (samples, heads, rows, n)."""
    split = x.view(*x.shape[:2], heads, -1)
    return split.permute(0, 2, 1, 3) if batch_first else split.permute(1, 2, 0, 3)


def _mask_in_heads(mask: Any, n: int, heads: int, length: int, width: int) -> Any:
    """(L, S) or (samples * heads, L, S) as (1 or samples, 1 or heads, L, S)."""
    wanted = (length, width) if mask.ndim == 2 else (n * heads, length, width)
    if tuple(mask.shape) != wanted:
        raise RuntimeError(f"The shape of the {mask.ndim}D attn_mask is {mask.shape}, but should be {wanted}.")
    return mask.view(1, 1, length, width) if mask.ndim == 2 else mask.view(n, heads, length, width)


def _longer(mask: Any) -> Any:
    """A mask with a column more, which nothing is added to."""
    return None if mask is None else cat([mask, mask.new_zeros((*mask.shape[:-1], 1))], -1)


def _with_row(x: Any, row: Any) -> Any:
    """(samples, heads, rows, n) with one more row."""
    return cat([x, row.expand(*x.shape[:2], 1, x.shape[3])], 2)


def _merged(mask: Any, padding: Any, n: int, width: int) -> Any:
    """The mask of positions, with the one of keys that are padding added."""
    if padding is None:
        return mask
    if tuple(padding.shape) != (n, width):
        raise AssertionError(f"expecting key_padding_mask shape of {(n, width)}, but got {padding.shape}")
    padding = padding.view(n, 1, 1, width)
    return padding if mask is None else mask + padding


def _given(static: Any, n: int, heads: int, size: int, name: str) -> Any:
    """Keys or values that are given whole, (samples * heads, rows, n), as (samples, heads, rows, n)."""
    if static.shape[0] != n * heads or static.shape[2] != size:
        raise AssertionError(f"expecting {name} of {n * heads} rows of {size}, but got {static.shape}")
    return static.view(n, heads, *static.shape[1:])


def _weighed(q: Any, k: Any, v: Any, mask: Any, p: float) -> tuple[Any, Any]:
    """Attention, and its shares."""
    if dt.mixed:
        (mask,) = lowered(mask)  # in PyTorch it is a term of the product
    scores = matmul(q * math.sqrt(1 / q.shape[-1]), transpose(k, -2, -1))
    shares = dropout(softmax(scores if mask is None else scores + mask, -1), p)
    return matmul(shares, v), shares


def heads_forward(
    q: Any, k: Any, v: Any, heads: int, projections: Any, bias: Any, extra: Any, zero: bool, p: float, out: Any,
    padding: Any, mask: Any, causal: bool, need_weights: bool, average: bool, static: Any, batch_first: bool,
) -> tuple[Any, Any]:  # fmt: skip
    """Attention in several heads, of 3-D inputs: projected in, attended, joined and projected out; and the shares."""
    q, k, v = [_in_heads(x, heads, batch_first) for x in _projected(q, k, v, projections, bias)]
    n, _, length, size = q.shape
    k, v = [
        x if s is None else _given(s, n, heads, size, "static_k and static_v")
        for x, s in zip((k, v), static, strict=True)
    ]
    mask = None if mask is None else _mask_in_heads(mask, n, heads, length, k.shape[2])
    if extra[0] is not None:
        k, v = [_with_row(x, e.view(1, heads, 1, size)) for x, e in zip((k, v), extra, strict=True)]
        mask, padding = _longer(mask), _longer(padding)
    if zero:
        k, v = [_with_row(x, x.new_zeros((1, 1, 1, size))) for x in (k, v)]
        mask, padding = _longer(mask), _longer(padding)
    mask = _merged(mask, padding, n, k.shape[2])
    shares = None
    if need_weights:
        y, shares = _weighed(q, k, v, mask, p)
        shares = shares.mean(1) if average else shares
    else:
        y = scaled_dot_product_attention(q, k, v, mask, p, causal)
    y = y.permute(0, 2, 1, 3) if batch_first else y.permute(2, 0, 1, 3)
    return linear(y.reshape(*y.shape[:2], heads * size), *out), shares


def _check_sizes(q: Any, k: Any, v: Any, embed_dim: int, heads: int, separate: bool) -> None:
    if q.shape[-1] != embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim}, but got {q.shape[-1]}")
    if embed_dim % heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {heads}")
    if separate and k.shape[:-1] != v.shape[:-1]:
        raise AssertionError(f"key's sequence and batch dims {k.shape[:-1]} do not match value's {v.shape[:-1]}")
    if not separate and k.shape != v.shape:
        raise AssertionError(f"key shape {k.shape} does not match value shape {v.shape}")


def multi_head_attention_forward(
    query: T, key: Any, value: Any, embed_dim_to_check: int, num_heads: int, in_proj_weight: Any, in_proj_bias: Any,
    bias_k: Any, bias_v: Any, add_zero_attn: bool, dropout_p: float, out_proj_weight: Any, out_proj_bias: Any,
    training: bool = True, key_padding_mask: Any = None, need_weights: bool = True, attn_mask: Any = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Any = None, k_proj_weight: Any = None,
    v_proj_weight: Any = None, static_k: Any = None, static_v: Any = None, average_attn_weights: bool = True,
    is_causal: bool = False, _batch_first: bool = False,
) -> tuple[Any, Any]:  # fmt: skip
    """Attention in several heads (Vaswani et al., 2017): the output (L, N, E), and the shares or None.

    query (L, N, E), key and value (S, N, ...), or without N; the shares are (N, L, S), or (N, heads, L, S). Masks are
    bool, True where a key does not count, or numbers to add: attn_mask (L, S) or (N * heads, L, S), key_padding_mask
    (N, S). What `nn.MultiheadAttention` calls.
    """
    q, k, v, mask, padding = query, key, value, attn_mask, key_padding_mask
    _check_shapes(q, k, v, padding, mask)
    if is_causal and mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. `nn.Transformer.generate_square_subsequent_mask` makes "
            "one."
        )
    _check_sizes(q, k, v, embed_dim_to_check, num_heads, use_separate_proj_weight)
    _check_biases(bias_k, bias_v, static_k, static_v)
    single = q.ndim == 2
    if single:
        q, k, v = _batch_of_one(q, k, v)
        padding = None if padding is None else padding.unsqueeze(0)
    dtype = q.array.dtype
    padding = additive_mask(padding, "key_padding_mask", dtype, mask, "attn_mask")
    causal = is_causal and padding is None and not need_weights
    mask = None if causal else additive_mask(mask, "attn_mask", dtype)
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    y, shares = heads_forward(
        q,
        k,
        v,
        num_heads,
        weights,
        in_proj_bias,
        (bias_k, bias_v),
        add_zero_attn,
        dropout_p if training else 0.0,
        (out_proj_weight, out_proj_bias),
        padding,
        mask,
        causal,
        need_weights,
        average_attn_weights,
        (static_k, static_v),
        _batch_first and not single,
    )
    if single:
        return y.squeeze(1), None if shares is None else shares.squeeze(0)
    return y, shares


def _check_biases(bias_k: Any, bias_v: Any, static_k: Any, static_v: Any) -> None:
    if (bias_k is None) != (bias_v is None):
        raise AssertionError("bias_k and bias_v are set both or not at all")
    if bias_k is not None and (static_k is not None or static_v is not None):
        raise AssertionError("bias cannot be added to static key and value.")


def _batch_of_one(q: Any, k: Any, v: Any) -> Any:
    """With a dimension for the batch; what was one tensor stays one."""
    made = {id(x): x.unsqueeze(1) for x in (q, k, v)}
    return made[id(q)], made[id(k)], made[id(v)]
