"""Recurrent layers over whole sequences, forward and backward through time.

The input's part of all gates is one matrix product, and so is the gradient of every weight. What is left, the product
with the state and the gates of every step, is one jitted loop over all steps, which threads run for some samples each.

Rows of all steps lie one below the other, (N, features); `steps` lists the (start, stop) of their rows in the order in
which they are run. A step with fewer rows than there are samples (of a packed batch, where short sequences have ended
or not yet begun) leaves the states of the others as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._blas import product
from ._jit import jit, jitable
from .maths import sigmoid, tanh
from .matmul import linear, linear_grad
from .panels import BLOCK, WIDTH, multiply, on_lines, pack, unpack

Array = NDArray[Any]
Steps = list[tuple[int, int]]
Grads = tuple[Array | None, ...]


# ---------------------------------------------------------------- what the cells share


def _project(x: Array, w: Array, b_ih: Array | None, b_hh: Array | None) -> Array:
    """x wᵀ + b_ih + b_hh."""
    return linear(x, w, b_ih if b_hh is None else b_hh if b_ih is None else b_ih + b_hh)


def _weights(dx: Array, dh: Array, x: Array, before: Array, bias: bool) -> Grads:
    """The gradients of w_ih, w_hh, b_ih and b_hh, from those of the products with x and with the states before."""
    _, w_ih, b_ih = linear_grad(dx, x, None, bias)
    _, w_hh, b_hh = linear_grad(dh, before, None, bias and dh is not dx)
    return w_ih, w_hh, b_ih, b_ih.copy() if b_ih is not None and b_hh is None else b_hh


def _thirds(x: Array) -> list[Array]:
    n = x.shape[1] // 3
    return [x[:, :n], x[:, n : 2 * n], x[:, 2 * n :]]


def _quarters(x: Array) -> list[Array]:
    n = x.shape[1] // 4
    return [x[:, k * n : (k + 1) * n] for k in range(4)]


def _table(steps: Steps) -> tuple[Array, Array]:
    """First row and number of rows of each step."""
    bounds = np.array(steps, np.int64).reshape(-1, 2)
    return bounds[:, 0].copy(), bounds[:, 1] - bounds[:, 0]


def _cost(steps: Steps, panels: Array) -> float:
    """Nanoseconds of a sample: 150 multiplications with panels a nanosecond, and 2 for each gate or state."""
    return len(steps) * (panels.size * 2 / 150 + len(panels) * WIDTH * 2)


def _parts_numpy(start: int, stop: int, offsets: Array, sizes: Array) -> list[tuple[slice, int]]:
    """For each step the rows of the samples from start to stop, and how many there are."""
    counts = (np.minimum(sizes, stop) - start).tolist()
    return [(slice(a + start, a + start + n), n) for a, n in zip(offsets.tolist(), counts, strict=True) if n > 0]


@jitable
def _memory(count: Any, panels: Any) -> Any:
    """Room for the left matrix of a product with `panels`, zeros where nothing is entered, and for its tile."""
    left = np.zeros((count + count % 2, panels.shape[1] // WIDTH), panels.dtype)
    return left, on_lines(BLOCK * WIDTH, panels.dtype)


@jitable
def _times(x: Any, panels: Any, out: Any, left: Any, tile: Any) -> None:
    """out = x @ the packed matrix."""
    for i in range(x.shape[0]):
        row, copy = x[i], left[i]
        for j in range(row.size):
            copy[j] = row[j]
    multiply(left[: x.shape[0] + x.shape[0] % 2], panels, out, tile)


# ---------------------------------------------------------------- LSTM


def _lstm_step_numpy(
    gates: Array, rec: Array, h: Array, c: Array, h_old: Array, c_old: Array, tanh_c: Array, y: Array
) -> None:
    gates += rec
    i, f, g, o = _quarters(gates)
    i[...], f[...], g[...], o[...] = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    n = len(gates)
    h_old[...], c_old[...] = h[:n], c[:n]
    c[:n] = f * c_old + i * g
    tanh_c[...] = np.tanh(c[:n])
    y[...] = o * tanh_c
    h[:n] = y


@jitable
def _lstm_step(gates: Any, rec: Any, h: Any, c: Any, h_old: Any, c_old: Any, tanh_c: Any, y: Any) -> None:
    """One step: gates + rec become the activations i, f, g, o; the states move on, what they were is kept."""
    size = h.shape[1]
    for b in range(gates.shape[0]):
        for part in range(4):
            act, more = gates[b, part * size : (part + 1) * size], rec[b, part * size : (part + 1) * size]
            if part == 2:
                for j in range(act.size):
                    act[j] = tanh(act[j] + more[j])
            else:
                for j in range(act.size):
                    act[j] = sigmoid(act[j] + more[j])
        i, f, g, o = gates[b, :size], gates[b, size : 2 * size], gates[b, 2 * size : 3 * size], gates[b, 3 * size :]
        state, cell, state_old, cell_old, t, out = h[b], c[b], h_old[b], c_old[b], tanh_c[b], y[b]
        for j in range(cell.size):
            cell_old[j] = cell[j]
            cell[j] = f[j] * cell[j] + i[j] * g[j]
        for j in range(cell.size):
            t[j] = tanh(cell[j])
        for j in range(cell.size):
            state_old[j] = state[j]
            new = o[j] * t[j]
            state[j] = new
            out[j] = new


def _lstm_back_numpy(dy: Array, gates: Array, c_old: Array, tanh_c: Array, dh: Array, dc: Array, dgates: Array) -> None:
    i, f, g, o = _quarters(gates)
    di, df, dg, do = _quarters(dgates)
    n = len(gates)
    d = dy + dh[:n]
    cell = dc[:n] + d * o * (1 - tanh_c * tanh_c)
    di[...], df[...] = cell * g * i * (1 - i), cell * c_old * f * (1 - f)
    dg[...], do[...] = cell * i * (1 - g * g), d * tanh_c * o * (1 - o)
    dc[:n] = cell * f


@jitable
def _lstm_back(dy: Any, gates: Any, c_old: Any, tanh_c: Any, dh: Any, dc: Any, dgates: Any) -> None:
    """One step back: the gradients of the gates before their activation, and of the cell state before the step."""
    size, one = dh.shape[1], dy.dtype.type(1)
    for b in range(gates.shape[0]):
        i, f, g, o = gates[b, :size], gates[b, size : 2 * size], gates[b, 2 * size : 3 * size], gates[b, 3 * size :]
        di, df = dgates[b, :size], dgates[b, size : 2 * size]
        dg, do = dgates[b, 2 * size : 3 * size], dgates[b, 3 * size :]
        dout, dstate, dcell, old, t = dy[b], dh[b], dc[b], c_old[b], tanh_c[b]
        for j in range(dcell.size):
            d = dout[j] + dstate[j]
            cell = dcell[j] + d * o[j] * (one - t[j] * t[j])
            di[j] = cell * g[j] * i[j] * (one - i[j])
            df[j] = cell * old[j] * f[j] * (one - f[j])
            dg[j] = cell * i[j] * (one - g[j] * g[j])
            do[j] = d * t[j] * o[j] * (one - o[j])
            dcell[j] = cell * f[j]


def _lstm_loop_numpy(
    start: int, stop: int, offsets: Array, sizes: Array, panels: Array, gates: Array, h: Array, c: Array, h_old: Array,
    c_old: Array, tanh_c: Array, y: Array,
) -> None:  # fmt: skip
    w, h, c = unpack(panels)[: h.shape[1], : gates.shape[1]], h[start:stop], c[start:stop]
    with np.errstate(all="ignore"):
        for at, n in _parts_numpy(start, stop, offsets, sizes):
            _lstm_step_numpy(gates[at], h[:n] @ w, h, c, h_old[at], c_old[at], tanh_c[at], y[at])


@jit(twin=_lstm_loop_numpy)
def _lstm_loop(
    start: int, stop: int, offsets: Any, sizes: Any, panels: Any, gates: Any, h: Any, c: Any, h_old: Any, c_old: Any,
    tanh_c: Any, y: Any,
) -> None:  # fmt: skip
    """All steps, for the samples from start to stop."""
    h, c = h[start:stop], c[start:stop]
    left, tile = _memory(stop - start, panels)
    rec = np.empty((stop - start, gates.shape[1]), gates.dtype)
    for t in range(offsets.size):
        n, a = min(stop, sizes[t]) - start, offsets[t] + start
        if n > 0:
            b = a + n
            _times(h[:n], panels, rec[:n], left, tile)
            _lstm_step(gates[a:b], rec, h, c, h_old[a:b], c_old[a:b], tanh_c[a:b], y[a:b])


def _lstm_back_loop_numpy(
    start: int, stop: int, offsets: Array, sizes: Array, panels: Array, dy: Array, gates: Array, c_old: Array,
    tanh_c: Array, dh: Array, dc: Array, dgates: Array,
) -> None:  # fmt: skip
    w, dh, dc = unpack(panels)[: gates.shape[1], : dh.shape[1]], dh[start:stop], dc[start:stop]
    with np.errstate(all="ignore"):
        for at, n in reversed(_parts_numpy(start, stop, offsets, sizes)):
            _lstm_back_numpy(dy[at], gates[at], c_old[at], tanh_c[at], dh, dc, dgates[at])
            dh[:n] = dgates[at] @ w


@jit(twin=_lstm_back_loop_numpy)
def _lstm_back_loop(
    start: int, stop: int, offsets: Any, sizes: Any, panels: Any, dy: Any, gates: Any, c_old: Any, tanh_c: Any, dh: Any,
    dc: Any, dgates: Any,
) -> None:  # fmt: skip
    """All steps back, for the samples from start to stop."""
    dh, dc = dh[start:stop], dc[start:stop]
    left, tile = _memory(stop - start, panels)
    for t in range(offsets.size - 1, -1, -1):
        n, a = min(stop, sizes[t]) - start, offsets[t] + start
        if n > 0:
            b = a + n
            _lstm_back(dy[a:b], gates[a:b], c_old[a:b], tanh_c[a:b], dh, dc, dgates[a:b])
            _times(dgates[a:b], panels, dh[:n], left, tile)


def lstm(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, steps: Steps
) -> tuple[tuple[Array, Array, Array], tuple[Array, ...]]:
    """(y (N, H), last h, last c), and what the gradient needs:
    activations, states before each step, tanh of the cells.
    """
    gates = _project(x, w_ih, b_ih, b_hh)
    h, c, panels = h.copy(), c.copy(), pack(w_hh.T)
    h_old, c_old, tanh_c, y = [np.empty((len(x), h.shape[1]), x.dtype) for _ in range(4)]
    kept = (gates, h, c, h_old, c_old, tanh_c, y)
    _lstm_loop.split(len(h), _cost(steps, panels), *_table(steps), panels, *kept)
    return (y, h, c), (gates, h_old, c_old, tanh_c)


def lstm_grad(
    dy: Array,
    dh: Array,
    dc: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    bias: bool,
    steps: Steps,
    saved: Any,
    need_x: bool,
) -> Grads:
    """The gradients of x, h, c, w_ih, w_hh, b_ih and b_hh."""
    gates, h_old, c_old, tanh_c = saved
    dh, dc, dgates, panels = dh.copy(), dc.copy(), np.empty_like(gates), pack(w_hh)
    known = (panels, np.ascontiguousarray(dy), gates, c_old, tanh_c)
    _lstm_back_loop.split(len(dh), _cost(steps, panels), *_table(steps), *known, dh, dc, dgates)
    dx = product(dgates, w_ih) if need_x else None
    return dx, dh, dc, *_weights(dgates, dgates, x, h_old, bias)


# ---------------------------------------------------------------- GRU


def _gru_step_numpy(gates: Array, rec: Array, bias: Array, h: Array, h_old: Array, hidden: Array, y: Array) -> None:
    (r, z, n), (rr, rz, rn) = _thirds(gates), _thirds(rec)
    r[...], z[...] = sigmoid(r + rr), sigmoid(z + rz)
    hidden[...] = rn + bias
    n[...] = np.tanh(n + r * hidden)
    h_old[...] = h[: len(gates)]
    y[...] = n + z * (h_old - n)
    h[: len(gates)] = y


@jitable
def _gru_step(gates: Any, rec: Any, bias: Any, h: Any, h_old: Any, hidden: Any, y: Any) -> None:
    """One step: gates + rec become the activations r, z, n; the state moves on; hidden = the state's part of n."""
    size = h.shape[1]
    for b in range(gates.shape[0]):
        both, more = gates[b, : 2 * size], rec[b, : 2 * size]
        for j in range(both.size):
            both[j] = sigmoid(both[j] + more[j])
        r, z, n, rn, part = both[:size], both[size:], gates[b, 2 * size :], rec[b, 2 * size :], hidden[b]
        for j in range(n.size):
            part[j] = rn[j] + bias[j]
            n[j] = tanh(n[j] + r[j] * part[j])
        state, old, out = h[b], h_old[b], y[b]
        for j in range(n.size):
            old[j] = state[j]
            new = n[j] + z[j] * (state[j] - n[j])
            state[j] = new
            out[j] = new


def _gru_back_numpy(dy: Array, gates: Array, h_old: Array, hidden: Array, dh: Array, dx: Array, ds: Array) -> None:
    (r, z, n), (dr, dz, dn) = _thirds(gates), _thirds(dx)
    size = len(gates)
    d = dy + dh[:size]
    dn[...] = d * (1 - z) * (1 - n * n)
    dz[...] = d * (h_old - n) * z * (1 - z)
    dr[...] = dn * hidden * r * (1 - r)
    ds[...] = dx
    _thirds(ds)[2][...] = dn * r
    dh[:size] = d * z


@jitable
def _gru_back(dy: Any, gates: Any, h_old: Any, hidden: Any, dh: Any, dx: Any, ds: Any) -> None:
    """One step back: the gradients dx and ds of the products with the input and the state,
    and of the state directly.
    """
    size, one = dh.shape[1], dy.dtype.type(1)
    for b in range(gates.shape[0]):
        r, z, n = gates[b, :size], gates[b, size : 2 * size], gates[b, 2 * size :]
        dr, dz, dn = dx[b, :size], dx[b, size : 2 * size], dx[b, 2 * size :]
        sr, sz, sn = ds[b, :size], ds[b, size : 2 * size], ds[b, 2 * size :]
        dout, dstate, old, part = dy[b], dh[b], h_old[b], hidden[b]
        for j in range(dstate.size):
            d = dout[j] + dstate[j]
            new = d * (one - z[j]) * (one - n[j] * n[j])
            update = d * (old[j] - n[j]) * z[j] * (one - z[j])
            reset = new * part[j] * r[j] * (one - r[j])
            dr[j], dz[j], dn[j] = reset, update, new
            sr[j], sz[j], sn[j] = reset, update, new * r[j]
            dstate[j] = d * z[j]


def _gru_loop_numpy(
    start: int,
    stop: int,
    offsets: Array,
    sizes: Array,
    panels: Array,
    bias: Array,
    gates: Array,
    h: Array,
    h_old: Array,
    hidden: Array,
    y: Array,
) -> None:
    w, h = unpack(panels)[: h.shape[1], : gates.shape[1]], h[start:stop]
    with np.errstate(all="ignore"):
        for at, n in _parts_numpy(start, stop, offsets, sizes):
            _gru_step_numpy(gates[at], h[:n] @ w, bias, h, h_old[at], hidden[at], y[at])


@jit(twin=_gru_loop_numpy)
def _gru_loop(
    start: int,
    stop: int,
    offsets: Any,
    sizes: Any,
    panels: Any,
    bias: Any,
    gates: Any,
    h: Any,
    h_old: Any,
    hidden: Any,
    y: Any,
) -> None:
    """All steps, for the samples from start to stop."""
    h = h[start:stop]
    left, tile = _memory(stop - start, panels)
    rec = np.empty((stop - start, gates.shape[1]), gates.dtype)
    for t in range(offsets.size):
        n, a = min(stop, sizes[t]) - start, offsets[t] + start
        if n > 0:
            b = a + n
            _times(h[:n], panels, rec[:n], left, tile)
            _gru_step(gates[a:b], rec, bias, h, h_old[a:b], hidden[a:b], y[a:b])


def _gru_back_loop_numpy(
    start: int, stop: int, offsets: Array, sizes: Array, panels: Array, dy: Array, gates: Array, h_old: Array,
    hidden: Array, dh: Array, dx: Array, ds: Array,
) -> None:  # fmt: skip
    w, dh = unpack(panels)[: gates.shape[1], : dh.shape[1]], dh[start:stop]
    with np.errstate(all="ignore"):
        for at, n in reversed(_parts_numpy(start, stop, offsets, sizes)):
            _gru_back_numpy(dy[at], gates[at], h_old[at], hidden[at], dh, dx[at], ds[at])
            dh[:n] += ds[at] @ w


@jit(twin=_gru_back_loop_numpy)
def _gru_back_loop(
    start: int, stop: int, offsets: Any, sizes: Any, panels: Any, dy: Any, gates: Any, h_old: Any, hidden: Any, dh: Any,
    dx: Any, ds: Any,
) -> None:  # fmt: skip
    """All steps back, for the samples from start to stop."""
    dh = dh[start:stop]
    left, tile = _memory(stop - start, panels)
    rec = np.empty_like(dh)
    for t in range(offsets.size - 1, -1, -1):
        n, a = min(stop, sizes[t]) - start, offsets[t] + start
        if n > 0:
            b = a + n
            _gru_back(dy[a:b], gates[a:b], h_old[a:b], hidden[a:b], dh, dx[a:b], ds[a:b])
            _times(ds[a:b], panels, rec[:n], left, tile)
            for i in range(n):
                row, more = dh[i], rec[i]
                for j in range(row.size):
                    row[j] += more[j]


def gru(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, steps: Steps
) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
    """(y (N, H), last h), and what the gradient needs: activations, states before each step, the state's part of n."""
    size = h.shape[1]
    merged, bias = b_ih, np.zeros(size, x.dtype)
    if b_hh is not None:
        merged = np.zeros(3 * size, x.dtype) if b_ih is None else b_ih.copy()
        merged[: 2 * size] += b_hh[: 2 * size]
        bias = np.ascontiguousarray(b_hh[2 * size :])
    gates, h, panels = linear(x, w_ih, merged), h.copy(), pack(w_hh.T)
    h_old, hidden, y = [np.empty((len(x), size), x.dtype) for _ in range(3)]
    _gru_loop.split(len(h), _cost(steps, panels), *_table(steps), panels, bias, gates, h, h_old, hidden, y)
    return (y, h), (gates, h_old, hidden)


def gru_grad(
    dy: Array, dh: Array, x: Array, w_ih: Array, w_hh: Array, bias: bool, steps: Steps, saved: Any, need_x: bool
) -> Grads:
    """The gradients of x, h, w_ih, w_hh, b_ih and b_hh."""
    gates, h_old, hidden = saved
    dh, dx, ds, panels = dh.copy(), np.empty_like(gates), np.empty_like(gates), pack(w_hh)
    known = (panels, np.ascontiguousarray(dy), gates, h_old, hidden)
    _gru_back_loop.split(len(dh), _cost(steps, panels), *_table(steps), *known, dh, dx, ds)
    return product(dx, w_ih) if need_x else None, dh, *_weights(dx, ds, x, h_old, bias)


# ---------------------------------------------------------------- the plain cell: tanh or relu


def _tanh_step_numpy(gates: Array, rec: Array, h: Array, h_old: Array) -> None:
    h_old[...] = h[: len(gates)]
    gates[...] = np.tanh(gates + rec)
    h[: len(gates)] = gates


@jitable
def _tanh_step(gates: Any, rec: Any, h: Any, h_old: Any) -> None:
    """One step: gates = tanh(gates + rec) is the new state."""
    for b in range(gates.shape[0]):
        act, more, state, old = gates[b], rec[b], h[b], h_old[b]
        for j in range(act.size):
            act[j] = tanh(act[j] + more[j])
        for j in range(act.size):
            old[j] = state[j]
            state[j] = act[j]


def _relu_step_numpy(gates: Array, rec: Array, h: Array, h_old: Array) -> None:
    h_old[...] = h[: len(gates)]
    gates[...] = np.maximum(gates + rec, 0)
    h[: len(gates)] = gates


@jitable
def _relu_step(gates: Any, rec: Any, h: Any, h_old: Any) -> None:
    """One step: gates = max(gates + rec, 0) is the new state."""
    for b in range(gates.shape[0]):
        act, more, state, old = gates[b], rec[b], h[b], h_old[b]
        for j in range(act.size):
            old[j] = state[j]
            v = act[j] + more[j]
            v = v if not v <= 0 else v * 0  # NaN stays
            act[j] = v
            state[j] = v


def _tanh_back_numpy(dy: Array, y: Array, dh: Array, dgates: Array) -> None:
    dgates[...] = (dy + dh[: len(y)]) * (1 - y * y)


@jitable
def _tanh_back(dy: Any, y: Any, dh: Any, dgates: Any) -> None:
    """One step back through tanh."""
    one = dy.dtype.type(1)
    for b in range(y.shape[0]):
        dout, out, dstate, d = dy[b], y[b], dh[b], dgates[b]
        for j in range(out.size):
            d[j] = (dout[j] + dstate[j]) * (one - out[j] * out[j])


def _relu_back_numpy(dy: Array, y: Array, dh: Array, dgates: Array) -> None:
    dgates[...] = np.where(y > 0, dy + dh[: len(y)], dy.dtype.type(0))


@jitable
def _relu_back(dy: Any, y: Any, dh: Any, dgates: Any) -> None:
    """One step back through relu."""
    zero = dy.dtype.type(0)
    for b in range(y.shape[0]):
        dout, out, dstate, d = dy[b], y[b], dh[b], dgates[b]
        for j in range(out.size):
            d[j] = dout[j] + dstate[j] if out[j] > zero else zero


def _plain_loop_numpy(
    start: int, stop: int, offsets: Array, sizes: Array, panels: Array, y: Array, h: Array, h_old: Array, relu: bool
) -> None:
    w, h = unpack(panels)[: h.shape[1], : y.shape[1]], h[start:stop]
    step = _relu_step_numpy if relu else _tanh_step_numpy
    with np.errstate(all="ignore"):
        for at, n in _parts_numpy(start, stop, offsets, sizes):
            step(y[at], h[:n] @ w, h, h_old[at])


@jit(twin=_plain_loop_numpy)
def _plain_loop(
    start: int, stop: int, offsets: Any, sizes: Any, panels: Any, y: Any, h: Any, h_old: Any, relu: Any
) -> None:
    """All steps, for the samples from start to stop."""
    h = h[start:stop]
    left, tile = _memory(stop - start, panels)
    rec = np.empty_like(h)
    for t in range(offsets.size):
        n, a = min(stop, sizes[t]) - start, offsets[t] + start
        if n > 0:
            b = a + n
            _times(h[:n], panels, rec[:n], left, tile)
            if relu:
                _relu_step(y[a:b], rec, h, h_old[a:b])
            else:
                _tanh_step(y[a:b], rec, h, h_old[a:b])


def _plain_back_loop_numpy(
    start: int,
    stop: int,
    offsets: Array,
    sizes: Array,
    panels: Array,
    dy: Array,
    y: Array,
    dh: Array,
    dgates: Array,
    relu: bool,
) -> None:
    w, dh = unpack(panels)[: y.shape[1], : dh.shape[1]], dh[start:stop]
    step = _relu_back_numpy if relu else _tanh_back_numpy
    with np.errstate(all="ignore"):
        for at, n in reversed(_parts_numpy(start, stop, offsets, sizes)):
            step(dy[at], y[at], dh, dgates[at])
            dh[:n] = dgates[at] @ w


@jit(twin=_plain_back_loop_numpy)
def _plain_back_loop(
    start: int, stop: int, offsets: Any, sizes: Any, panels: Any, dy: Any, y: Any, dh: Any, dgates: Any, relu: Any
) -> None:
    """All steps back, for the samples from start to stop."""
    dh = dh[start:stop]
    left, tile = _memory(stop - start, panels)
    for t in range(offsets.size - 1, -1, -1):
        n, a = min(stop, sizes[t]) - start, offsets[t] + start
        if n > 0:
            b = a + n
            if relu:
                _relu_back(dy[a:b], y[a:b], dh, dgates[a:b])
            else:
                _tanh_back(dy[a:b], y[a:b], dh, dgates[a:b])
            _times(dgates[a:b], panels, dh[:n], left, tile)


def rnn(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, steps: Steps, kind: str
) -> tuple[tuple[Array, Array], tuple[Array, ...]]:
    """(y (N, H), last h), and what the gradient needs: y, states before each step. `kind`: "tanh" or "relu"."""
    y, h, panels = _project(x, w_ih, b_ih, b_hh), h.copy(), pack(w_hh.T)
    h_old = np.empty_like(y)
    _plain_loop.split(len(h), _cost(steps, panels), *_table(steps), panels, y, h, h_old, kind == "relu")
    return (y, h), (y, h_old)


def rnn_grad(
    dy: Array,
    dh: Array,
    x: Array,
    w_ih: Array,
    w_hh: Array,
    bias: bool,
    steps: Steps,
    saved: Any,
    need_x: bool,
    kind: str,
) -> Grads:
    """The gradients of x, h, w_ih, w_hh, b_ih and b_hh."""
    y, h_old = saved
    dh, dgates, panels = dh.copy(), np.empty_like(y), pack(w_hh)
    known = (panels, np.ascontiguousarray(dy), y)
    _plain_back_loop.split(len(dh), _cost(steps, panels), *_table(steps), *known, dh, dgates, kind == "relu")
    return product(dgates, w_ih) if need_x else None, dh, *_weights(dgates, dgates, x, h_old, bias)
