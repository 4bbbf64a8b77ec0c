"""Recurrent cells and layers: the plain one (tanh or relu), LSTM and GRU, over padded and packed batches."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..errors import DtypeError, OperationError
from ..kernels import rnn as kernels
from .autocast import aligned, lowered
from .base import Op, T, derivative, shown_as
from .join import cat, stack
from .matmul import linear
from .random import dropout
from .view import reshape, transpose

__all__ = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"]

Steps = list[tuple[int, int]]  # the rows of each step, in the order in which they are run
Weights = Sequence[Any]  # w_ih, w_hh, b_ih, b_hh; and for an LSTM with a projection w_hr


def _arrays(**tensors: Any) -> dict[str, Any]:
    return {name: None if x is None else x.array for name, x in tensors.items()}


def _known(ctx: Any, bias: bool, kept: Any) -> dict[str, Any]:
    """What every gradient kernel takes besides states and weights."""
    arrays = [t.array for t in kept]
    return {"bias": bias, "steps": ctx.steps, "saved": arrays, "need_x": ctx.needs_input_grad[0]}


# ---------------------------------------------------------------- one layer in one direction


class LstmLayer(Op):
    """i, f, g, o = σ, σ, tanh, σ (W x + U h + b);  c = f c + i g, h = o tanh(c), step by step;
    backward through time
    """

    title = "Lstm"

    @staticmethod
    def forward(ctx: Any, x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, steps: Steps) -> Any:
        arrays = _arrays(x=x, h=h, c=c, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
        results, kept = kernels.lstm(**arrays, steps=steps)
        ctx.save_for_backward(x, h, c, w_ih, w_hh, b_ih, b_hh, *[x._wrap(a) for a in kept])
        ctx.steps = steps
        return results

    @staticmethod
    def backward(ctx: Any, dy: Any, dh: Any, dc: Any) -> Any:
        x, h, c, w_ih, w_hh, b_ih, b_hh, *kept = ctx.saved_tensors
        needs = ctx.needs_input_grad
        if mode.grad:
            inputs = (x, h, c, w_ih, w_hh, b_ih, b_hh)
            return *derivative(partial(lstm_steps, steps=ctx.steps), inputs, needs, (dy, dh, dc)), None
        known = _arrays(dy=dy, dh=dh, dc=dc, x=x, w_ih=w_ih, w_hh=w_hh)
        bias = b_ih is not None or b_hh is not None
        grads = kernels.lstm_grad(**known, **_known(ctx, bias, kept))
        return *[None if g is None else x._wrap(g) for g in grads], None


class GruLayer(Op):
    """r, z = σ(W x + U h + b), n = tanh(W x + b + r (U h + b'));  h = (1 - z) n + z h, step by step"""

    title = "Gru"

    @staticmethod
    def forward(ctx: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, steps: Steps) -> Any:
        arrays = _arrays(x=x, h=h, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
        results, kept = kernels.gru(**arrays, steps=steps)
        ctx.save_for_backward(x, h, w_ih, w_hh, b_ih, b_hh, *[x._wrap(a) for a in kept])
        ctx.steps = steps
        return results

    @staticmethod
    def backward(ctx: Any, dy: Any, dh: Any) -> Any:
        x, h, w_ih, w_hh, b_ih, b_hh, *kept = ctx.saved_tensors
        needs = ctx.needs_input_grad
        if mode.grad:
            inputs = (x, h, w_ih, w_hh, b_ih, b_hh)
            return *derivative(partial(gru_steps, steps=ctx.steps), inputs, needs, (dy, dh)), None
        known = _arrays(dy=dy, dh=dh, x=x, w_ih=w_ih, w_hh=w_hh)
        bias = b_ih is not None or b_hh is not None
        grads = kernels.gru_grad(**known, **_known(ctx, bias, kept))
        return *[None if g is None else x._wrap(g) for g in grads], None


class RnnLayer(Op):
    """h = tanh(W x + U h + b), or max(…, 0), step by step"""

    title = "Rnn"

    @staticmethod
    def forward(ctx: Any, x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, steps: Steps, kind: str) -> Any:
        arrays = _arrays(x=x, h=h, w_ih=w_ih, w_hh=w_hh, b_ih=b_ih, b_hh=b_hh)
        results, (y, before) = kernels.rnn(**arrays, steps=steps, kind=kind)
        y = x._wrap(y)
        ctx.save_for_backward(x, h, w_ih, w_hh, b_ih, b_hh, y, x._wrap(before))
        ctx.steps, ctx.kind = steps, kind
        return y, x._wrap(results[1])

    @staticmethod
    def backward(ctx: Any, dy: Any, dh: Any) -> Any:
        x, h, w_ih, w_hh, b_ih, b_hh, *kept = ctx.saved_tensors
        needs = ctx.needs_input_grad
        if mode.grad:
            inputs = (x, h, w_ih, w_hh, b_ih, b_hh)
            formula = partial(rnn_steps, steps=ctx.steps, kind=ctx.kind)
            return *derivative(formula, inputs, needs, (dy, dh)), None, None
        known = _arrays(dy=dy, dh=dh, x=x, w_ih=w_ih, w_hh=w_hh)
        bias = b_ih is not None or b_hh is not None
        grads = kernels.rnn_grad(**known, **_known(ctx, bias, kept), kind=ctx.kind)
        return *[None if g is None else x._wrap(g) for g in grads], None, None


# ---------------------------------------------------------------- the same, made of operations


def _run(steps: Steps, state: tuple[Any, ...], move: Callable[..., tuple[Any, ...]]) -> tuple[Any, ...]:
    """(y, *last state): `move(start, stop, *state)` gives the new rows of the state,
    of which the first is the output.
    """
    outputs = {}
    for a, b in steps:
        new = move(a, b, *[s[: b - a] for s in state])
        outputs[a] = new[0]
        state = tuple([_over(n, s) for n, s in zip(new, state, strict=True)])
    return cat([outputs[a] for a in sorted(outputs)]), *state


def _over(new: Any, old: Any) -> Any:
    """The new rows, and the old ones of sequences that have ended."""
    return new if len(new) == len(old) else cat([new, old[len(new) :]])


def lstm_steps(
    x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, steps: Steps, w_hr: Any = None
) -> tuple[Any, ...]:
    """`LstmLayer` made of operations: where a gradient is recorded, and with a projection of the output by w_hr."""
    gates = linear(x, w_ih, b_ih)

    def move(a: int, b: int, h: Any, c: Any) -> tuple[Any, ...]:
        i, f, g, o = (gates[a:b] + linear(h, w_hh, b_hh)).chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        return h if w_hr is None else linear(h, w_hr), c

    return _run(steps, (h, c), move)


def gru_steps(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, steps: Steps) -> tuple[Any, ...]:
    """`GruLayer` made of operations."""
    gates = linear(x, w_ih, b_ih)

    def move(a: int, b: int, h: Any) -> tuple[Any, ...]:
        (r, z, n), (rh, zh, nh) = gates[a:b].chunk(3, 1), linear(h, w_hh, b_hh).chunk(3, 1)
        n = (n + (r + rh).sigmoid() * nh).tanh()
        return (n + (z + zh).sigmoid() * (h - n),)

    return _run(steps, (h,), move)


def rnn_steps(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, steps: Steps, kind: str) -> tuple[Any, ...]:
    """`RnnLayer` made of operations."""
    gates = linear(x, w_ih, b_ih)

    def move(a: int, b: int, h: Any) -> tuple[Any, ...]:
        total = gates[a:b] + linear(h, w_hh, b_hh)
        return (total.tanh() if kind == "tanh" else total.relu(),)

    return _run(steps, (h,), move)


def _lstm(x: Any, state: tuple[Any, ...], weights: Weights, steps: Steps) -> tuple[Any, ...]:
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    if w_hr is not None or x.is_complex():
        h, c = state
        return lstm_steps(x, h, c, w_ih, w_hh, b_ih, b_hh, steps, w_hr)
    return LstmLayer.apply(x, *state, w_ih, w_hh, b_ih, b_hh, steps)


def _gru(x: Any, state: tuple[Any, ...], weights: Weights, steps: Steps) -> tuple[Any, ...]:
    run: Any = gru_steps if x.is_complex() else GruLayer.apply
    return run(x, *state, *weights[:4], steps)


def _rnn(x: Any, state: tuple[Any, ...], weights: Weights, steps: Steps, kind: str) -> tuple[Any, ...]:
    run: Any = rnn_steps if x.is_complex() else RnnLayer.apply
    return run(x, *state, *weights[:4], steps, kind)


def _rnn_tanh(x: Any, state: tuple[Any, ...], weights: Weights, steps: Steps) -> tuple[Any, ...]:
    return _rnn(x, state, weights, steps, "tanh")


def _rnn_relu(x: Any, state: tuple[Any, ...], weights: Weights, steps: Steps) -> tuple[Any, ...]:
    return _rnn(x, state, weights, steps, "relu")


# ---------------------------------------------------------------- layers on layers


def _weights_of(params: Sequence[Any], biases: bool, count: int) -> list[Weights]:
    """The parameters by layer and direction: (w_ih, w_hh, b_ih, b_hh, w_hr), None for those that there are not."""
    size = len(params) // max(count, 1)
    if len(params) != count * size or size not in ((4, 5) if biases else (2, 3)):
        raise RuntimeError(f"expected {4 if biases else 2} or one more weights for each of {count}, got {len(params)}")
    groups = [list(params[k * size : (k + 1) * size]) for k in range(count)]
    if not biases:
        groups = [[*g[:2], None, None, *g[2:]] for g in groups]
    return [[*g, None] if len(g) == 4 else g for g in groups]


def _layers(
    name: str, layer: Any, x: Any, states: tuple[Any, ...], params: Sequence[Any], biases: bool, num_layers: int,
    p: float, train: bool, bidirectional: bool, steps: Steps,
) -> tuple[Any, ...]:  # fmt: skip
    """All layers over the rows of all steps, with dropout between them: (y, *last states)."""
    count = 2 if bidirectional else 1
    weights = _weights_of(params, biases, num_layers * count)
    lasts = []
    for k in range(num_layers):
        outputs = []
        for d in range(count):
            at = k * count + d
            _check(name, x, weights[at])
            given = tuple([s[at] for s in states])
            y, *last = layer(x, given, weights[at], steps[::-1] if d else steps)
            outputs.append(y)
            lasts.append(last)
        x = cat(outputs, 1) if bidirectional else outputs[0]
        if p and train and k < num_layers - 1:
            x = dropout(x, p)
    return x, *[stack(list(s)) for s in zip(*lasts, strict=True)]


def _check(name: str, x: Any, weights: Weights) -> None:
    w = weights[0]
    if x.array.dtype.kind not in "fcV":
        raise DtypeError(name, "expected a floating-point or complex input", x)
    if x.array.dtype is not w.array.dtype:
        raise DtypeError(name, f"input and weights must have the same dtype, got {x.dtype} and {w.dtype}", x, w)
    if x.array.shape[-1] != w.array.shape[-1]:
        wanted = w.array.shape[-1]
        raise OperationError(name, f"input.size(-1) must be equal to input_size. Expected {wanted}", x, w)


def _states(name: str, hx: Any, count: int) -> tuple[Any, ...]:
    states = tuple(hx) if isinstance(hx, (tuple, list)) else (hx,)
    if len(states) != count:
        raise RuntimeError(f"{name} expects {count} hidden states, got {len(states)}")
    return states


def _padded(
    name: str,
    layer: Any,
    input: Any,
    states: tuple[Any, ...],
    params: Any,
    biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Any, ...]:
    if input.array.ndim != 3:
        raise OperationError(name, "expected an input with 3 dimensions", input)
    x = transpose(input, 0, 1) if batch_first else input
    length, batch = x.array.shape[:2]
    if not length:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    steps = [(t * batch, (t + 1) * batch) for t in range(length)]
    rows = reshape(x, length * batch, x.array.shape[2])
    y, *last = _layers(name, layer, rows, states, params, biases, num_layers, dropout, train, bidirectional, steps)
    y = reshape(y, length, batch, y.array.shape[1])
    return transpose(y, 0, 1) if batch_first else y, *last


def _packed_steps(batch_sizes: Any, rows: int) -> Steps:
    """The rows of each step of a packed batch."""
    ends = list(itertools.accumulate(batch_sizes.tolist()))
    if not ends or ends[-1] != rows:
        raise RuntimeError(
            f"expected batch_sizes that sum to the {rows} rows of the packed batch, got {batch_sizes.tolist()}"
        )
    return list(zip([0, *ends[:-1]], ends, strict=True))


def _run_layers(name: str, layer: Any, count: int, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Both ways to call: `(input, hx, params, has_biases, ...)`,
    and of a packed batch `(data, batch_sizes, hx, ...)`.
    """
    if len(args) != 9:
        raise TypeError(f"{name}() takes 9 arguments, by position, got {len(args)}")
    if isinstance(args[3], bool):
        input, hx, params, biases, num_layers, p, train, bidirectional, batch_first = args
        states = _states(name, hx, count)
        input, params = aligned(states[0], input, params)
        return _padded(name, layer, input, states, params, biases, num_layers, p, train, bidirectional, batch_first)
    data, batch_sizes, hx, params, biases, num_layers, p, train, bidirectional = args
    steps, states = _packed_steps(batch_sizes, len(data.array)), _states(name, hx, count)
    data, params = aligned(states[0], data, params)
    return _layers(name, layer, data, states, params, biases, num_layers, p, train, bidirectional, steps)


# ---------------------------------------------------------------- what users call


def lstm(*args: Any) -> tuple[Any, Any, Any]:
    """Layers of long short-term memory (Hochreiter and Schmidhuber, 1997): (output, h_n, c_n).

    `lstm(input, (h, c), params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`, or of a packed
    batch `lstm(data, batch_sizes, (h, c), params, has_biases, num_layers, dropout, train, bidirectional)`.
    """
    if dt.mixed:
        args = lowered(*args)
    y, h, c = _run_layers("lstm", _lstm, 2, args)
    return y, h, c


def gru(*args: Any) -> tuple[Any, Any]:
    """Layers of gated recurrent units (Cho et al., 2014): (output, h_n); arguments as of `lstm`, with h alone."""
    y, h = _run_layers("gru", _gru, 1, args)
    return y, h


def rnn_tanh(*args: Any) -> tuple[Any, Any]:
    """Layers of the plain recurrence with tanh (Elman, 1990): (output, h_n); arguments as of `lstm`, with h alone."""
    y, h = _run_layers("rnn_tanh", _rnn_tanh, 1, args)
    return y, h


def rnn_relu(*args: Any) -> tuple[Any, Any]:
    """Layers of the plain recurrence with relu: (output, h_n); arguments as of `lstm`, with h alone."""
    y, h = _run_layers("rnn_relu", _rnn_relu, 1, args)
    return y, h


def _cell(name: str, layer: Any, input: Any, hx: Any, count: int, weights: Weights) -> tuple[Any, ...]:
    states = _states(name, hx, count)
    input, weights = aligned(states[0], input, weights)
    _check(name, input, weights)
    for s in states:
        if s.array.ndim != 2 or s.array.shape != (len(input.array), weights[1].array.shape[1]):
            raise OperationError(
                name, f"expected hidden states of shape ({len(input.array)}, {weights[1].array.shape[1]})", s
            )
    return layer(input, states, weights, [(0, len(input.array))])[1:]


@shown_as("MulBackward0")
def lstm_cell(input: T, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[T, T]:
    """One step of an LSTM on rows (B, in), from the states hx = (h, c), each (B, hidden): the new (h, c)."""
    h, c = _cell("lstm_cell", _lstm, input, hx, 2, (w_ih, w_hh, b_ih, b_hh, None))
    return h, c


@shown_as("AddBackward0")
def gru_cell(input: T, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> T:
    """One step of a GRU on rows (B, in), from the state hx (B, hidden): the new state."""
    return _cell("gru_cell", _gru, input, hx, 1, (w_ih, w_hh, b_ih, b_hh))[0]


def rnn_tanh_cell(input: T, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> T:
    """tanh(W x + b_ih + U h + b_hh), the new state (B, hidden), of rows (B, in) and the state hx."""
    return _cell("rnn_tanh_cell", _rnn_tanh, input, hx, 1, (w_ih, w_hh, b_ih, b_hh))[0]


def rnn_relu_cell(input: T, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> T:
    """max(W x + b_ih + U h + b_hh, 0), the new state (B, hidden), of rows (B, in) and the state hx."""
    return _cell("rnn_relu_cell", _rnn_relu, input, hx, 1, (w_ih, w_hh, b_ih, b_hh))[0]
