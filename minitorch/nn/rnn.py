"""Recurrent layers: a state goes along a sequence, and every step gives an output."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

from .. import creation as torch
from ..autograd.grad_mode import mode
from ..ops import rnn as ops
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
_RUN = {"RNN_TANH": ops.rnn_tanh, "RNN_RELU": ops.rnn_relu, "LSTM": ops.lstm, "GRU": ops.gru}


class RNNBase(Module):
    """What the recurrent layers share: parameters by layer and direction, checks, and packed, padded or single
    sequences.

    Layer k has `weight_ih_lk`, `weight_hh_lk`, and maybe `bias_ih_lk`, `bias_hh_lk` and `weight_hr_lk`; backwards in
    time the same with `_reverse`. All start uniform in ±1/√hidden_size.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        _check_arguments(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, proj_size)
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                shapes = self._shapes(layer)
                self._all_weights.append([f"{name}_l{layer}{suffix}" for name in shapes])
                for name, shape in zip(self._all_weights[-1], shapes.values(), strict=True):
                    setattr(self, name, Parameter(torch.empty(shape, device=device, dtype=dtype)))
        self.reset_parameters()

    def _shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """The shapes of a layer's parameters, in order."""
        gates, out = _GATES[self.mode] * self.hidden_size, self.proj_size or self.hidden_size
        size = self.input_size if layer == 0 else out * (2 if self.bidirectional else 1)
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, size), "weight_hh": (gates, out)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        return shapes | ({"weight_hr": (self.proj_size, self.hidden_size)} if self.proj_size else {})

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: the parameters need no other place in memory."""

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters of every layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        for name, default in {**defaults, "bidirectional": False}.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text

    # ------------------------------------------------ forward

    def forward(self, input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.ndim not in (2, 3):
            raise ValueError(f"{self._title()}: Expected input to be 2D or 3D, got {input.ndim}D instead")
        single = input.ndim == 2
        states = None if hx is None else self._batched_states(hx, single)
        x = input.unsqueeze(0 if self.batch_first else 1) if single else input
        states = self._states(x, states, x.shape[0 if self.batch_first else 1], 3)
        y, *last = _RUN[self.mode](x, *self._arguments(states), self.batch_first)
        if single:
            y, last = y.squeeze(0 if self.batch_first else 1), [s.squeeze(1) for s in last]
        return y, self._result(last)

    def _packed(self, input: PackedSequence, hx: Any) -> Any:
        data, batch_sizes, order, back = input
        states = None if hx is None else self._listed(hx)
        if states is not None and order is not None:
            states = [s.index_select(1, order) for s in states]
        states = self._states(data, states, int(batch_sizes[0]), 2)
        y, *last = _RUN[self.mode](data, batch_sizes, *self._arguments(states))
        if back is not None:
            last = [s.index_select(1, back) for s in last]
        return PackedSequence(y, batch_sizes, order, back), self._result(last)

    def _arguments(self, states: list[Any]) -> tuple[Any, ...]:
        """What the operation takes behind the input."""
        how = (self.num_layers, self.dropout, self.training, self.bidirectional)
        return self._result(states), self._flat_weights, self.bias, *how

    def _title(self) -> str:
        return self.mode.partition("_")[0]

    def _listed(self, hx: Any) -> list[Any]:
        return [hx]

    def _result(self, states: list[Any]) -> Any:
        return states[0]

    def _sizes(self) -> list[int]:
        """The size of each state."""
        return [self.hidden_size]

    def _batched_states(self, hx: Any, single: bool) -> list[Any]:
        """The states given, with a dimension for the batch."""
        states = self._listed(hx)
        wanted, what = (2, "unbatched 2-D") if single else (3, "batched 3-D")
        if any(s.ndim != wanted for s in states):
            raise RuntimeError(self._wrong_rank(what, wanted, states))
        return [s.unsqueeze(1) for s in states] if single else states

    def _wrong_rank(self, what: str, wanted: int, states: list[Any]) -> str:
        return f"For {what} input, hx should also be {wanted}-D but got {states[0].ndim}-D tensor"

    def _states(self, x: Any, states: list[Any] | None, batch: int, ndim: int) -> list[Any]:
        """The states to begin with, zeros where none are given; an error unless input and states fit the layer."""
        self._check_input(x, ndim)
        count = self.num_layers * (2 if self.bidirectional else 1)
        shapes = [(count, batch, size) for size in self._sizes()]
        if states is None:
            return [x.new_zeros(shape) for shape in shapes]
        for k, (state, shape) in enumerate(zip(states, shapes, strict=True)):
            if tuple(state.shape) != shape:
                place = f"[{k}]" if len(shapes) > 1 else ""
                raise RuntimeError(f"Expected hidden{place} size {shape}, got {list(state.shape)}")
        return states

    def _check_input(self, x: Any, ndim: int) -> None:
        weight = self._flat_weights[0]
        if x.dtype != weight.dtype and mode.autocast is None:
            raise ValueError(
                f"RNN input dtype ({x.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({x.dtype})"
            )
        if x.ndim != ndim:
            raise RuntimeError(f"input must have {ndim} dimensions, got {x.ndim}")
        if x.shape[-1] != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {x.shape[-1]}"
            )


def _check_arguments(
    mode: str,
    input_size: Any,
    hidden_size: Any,
    num_layers: int,
    bias: Any,
    batch_first: Any,
    dropout: Any,
    proj_size: int,
) -> None:
    if not isinstance(dropout, numbers.Number) or isinstance(dropout, bool) or not 0 <= dropout <= 1:  # type: ignore[operator]
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:  # type: ignore[operator]
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )
    typed = {"bias": (bias, bool), "batch_first": (batch_first, bool)}
    for name, (value, kind) in (typed | {"input_size": (input_size, int), "hidden_size": (hidden_size, int)}).items():
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
    for name, size in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
        if size <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if proj_size >= hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")
    if mode not in _GATES:
        raise ValueError(f"Unrecognized RNN mode: {mode}")


class RNN(RNNBase):
    """h = tanh(W x + b + U h + b'), or relu, step by step (Elman, 1990): (output, h_n) of (input, h_0).

    input (T, B, in), or (B, T, in) with batch_first, or (T, in), or a PackedSequence; h_0 and h_n
    (num_layers * directions, B, hidden_size). `bidirectional` runs a second state backwards in time.

    >>> y, h = torch.nn.RNN(3, 4)(torch.ones(5, 2, 3))
    >>> y.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        **other: Any,
    ) -> None:
        _no_projection(other)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        mode = f"RNN_{nonlinearity.upper()}"
        super().__init__(
            mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = nonlinearity


def _no_projection(other: dict[str, Any]) -> None:
    if "proj_size" in other:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")
    if other:
        raise TypeError(f"got an unexpected keyword argument '{next(iter(other))}'")


class GRU(RNNBase):
    """r, z = σ(W x + b + U h + b'), n = tanh(W x + b + r (U h + b')), h = (1 - z) n + z h (Cho et al., 2014).

    (output, h_n) of (input, h_0), in the shapes of `RNN`.

    >>> y, h = torch.nn.GRU(3, 4, batch_first=True)(torch.ones(2, 5, 3))
    >>> y.shape, h.shape
    (torch.Size([2, 5, 4]), torch.Size([1, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, device: Any = None, dtype: Any = None, **other: Any,
    ) -> None:  # fmt: skip
        _no_projection(other)
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )


class LSTM(RNNBase):
    """i, f, o = σ(W x + b + U h + b'), g = tanh(...), c = f c + i g, h = o tanh(c) (Hochreiter and Schmidhuber, 1997).

    (output, (h_n, c_n)) of (input, (h_0, c_0)), in the shapes of `RNN`. With `proj_size` the output, and h, is W' h.

    >>> y, (h, c) = torch.nn.LSTM(3, 4, bidirectional=True)(torch.ones(5, 2, 3))
    >>> y.shape, c.shape
    (torch.Size([5, 2, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def _listed(self, hx: Any) -> list[Any]:
        return list(hx)

    def _result(self, states: list[Any]) -> Any:
        return tuple(states)

    def _sizes(self) -> list[int]:
        return [self.proj_size or self.hidden_size, self.hidden_size]

    def _wrong_rank(self, what: str, wanted: int, states: list[Any]) -> str:
        ranks = ", ".join(f"{s.ndim}-D" for s in states)
        return f"For {what} input, hx and cx should also be {wanted}-D but got ({ranks}) tensors"


# ---------------------------------------------------------------- single steps


class RNNCellBase(Module):
    """What the cells share: `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`, uniform in ±1/√hidden_size."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        gates = num_chunks * hidden_size
        shapes = {"weight_ih": (gates, input_size), "weight_hh": (gates, hidden_size)}
        for name, shape in {**shapes, "bias_ih": (gates,), "bias_hh": (gates,)}.items():
            made = bias or name in shapes
            self.register_parameter(name, Parameter(torch.empty(shape, device=device, dtype=dtype)) if made else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if self.bias is not True:
            text += f", bias={self.bias}"
        return text + (f", nonlinearity={self.nonlinearity}" if getattr(self, "nonlinearity", "tanh") != "tanh" else "")

    def _step(self, cell: Any, input: Any, states: Any, names: tuple[str, ...]) -> list[Any]:
        """The new states of `cell`, of one row or a batch of rows; without states they begin as zeros."""
        kind = self._get_name()
        if input.ndim not in (1, 2):
            raise ValueError(f"{kind}: Expected input to be 1D or 2D, got {input.ndim}D instead")
        single = input.ndim == 1
        x = input.unsqueeze(0) if single else input
        if states is None:
            states = [x.new_zeros((len(x), self.hidden_size)) for _ in names]
        else:
            for name, s in zip(names, states, strict=True):
                if s.ndim not in (1, 2):
                    raise ValueError(f"{kind}: Expected {name} to be 1D or 2D, got {s.ndim}D instead")
            states = [s.unsqueeze(0) for s in states] if single else states
        hx = states[0] if len(names) == 1 else tuple(states)
        found = cell(x, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        new = list(found) if isinstance(found, tuple) else [found]
        return [s.squeeze(0) for s in new] if single else new


class RNNCell(RNNCellBase):
    """h' = tanh(W x + b + U h + b'), or relu: of rows (B, in) and states (B, hidden), or of one (in) and (hidden)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        cell = ops.rnn_tanh_cell if self.nonlinearity == "tanh" else ops.rnn_relu_cell
        return self._step(cell, input, None if hx is None else [hx], ("hidden",))[0]


class LSTMCell(RNNCellBase):
    """One step of `LSTM`: (h', c') of rows (B, in) and states (h, c), each (B, hidden)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return tuple(self._step(ops.lstm_cell, input, hx, ("hx[0]", "hx[1]")))


class GRUCell(RNNCellBase):
    """One step of `GRU`: h' of rows (B, in) and states (B, hidden)."""

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step(ops.gru_cell, input, None if hx is None else [hx], ("hidden",))[0]
