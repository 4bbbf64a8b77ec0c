"""Recurrent layers, packed batches, attention, transformers, bags: the same program run with PyTorch and with
minitorch.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")

Program = Callable[[Any], Any]


def plain(value: Any) -> Any:
    """A result in a form that compares: tensors as dtype, shape and rounded numbers."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        numbers = np.asarray(value.detach().double().numpy())
        return [str(value.dtype), tuple(value.shape), value.requires_grad, numbers]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value if isinstance(value, (int, float, str, type(None))) else repr(value)


def outcome(program: Program, library: Any) -> Any:
    """What a program returns, or the error that it raises."""
    library.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(program(library))
        except Exception as error:
            kinds = (k for k in type(error).__mro__ if k.__module__ == "builtins")
            kind = next(k for k in kinds if k is not NotImplementedError)  # a RuntimeError, too
            return (kind.__name__, re.sub(r"torch\.Size\((\[[\d, ]*\])\)", r"\1", str(error)))


def agree(ours: Any, theirs: Any, path: str = "") -> None:
    """Equal; arrays within float32's rounding, which small sums of large numbers have too."""
    if isinstance(theirs, np.ndarray):
        atol = max(1e-5, 2e-6 * float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=atol, err_msg=path)
    elif isinstance(theirs, dict):
        assert list(ours) == list(theirs), path
        for key in theirs:
            agree(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), path
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            agree(a, b, f"{path}[{i}]")
    else:
        assert ours == theirs, path


def compare(program: Program) -> None:
    ours, theirs = (outcome(program, library) for library in (minitorch, torch))
    if isinstance(theirs, tuple) or isinstance(ours, tuple):
        assert isinstance(ours, tuple), f"only PyTorch refuses: {theirs}"
        assert isinstance(theirs, tuple), f"only ours refuses: {ours}"
        assert ours[0] == theirs[0], (ours, theirs)
        first = theirs[1].split(". ")[0][:30].lstrip("_")
        assert first in ours[1], f"{ours[1]}\n{theirs[1]}"
    else:
        agree(ours, theirs)


def numbers(library: Any, *shape: int, seed: int = 0, grad: bool = False) -> Any:
    """Normal numbers of numpy's, float32."""
    x = library.tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))
    return x.requires_grad_() if grad else x


def through(library: Any, module: Any, *args: Any, **kwargs: Any) -> Any:
    """The module's keys, printed form, outputs, and the gradients of all its parameters."""
    result = module(*args, **kwargs)
    outputs = _tensors(result)
    total = sum((y * numbers(library, *y.shape, seed=i)).sum() for i, y in enumerate(outputs) if y.requires_grad)
    total.backward()
    grads = {name: p.grad for name, p in module.named_parameters()}
    inputs = [x.grad for x in _tensors([*args, *kwargs.values()]) if x.is_leaf and x.requires_grad]
    return repr(module), dict(module.state_dict()), outputs, grads, inputs


def _tensors(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [t for v in x for t in _tensors(v)]
    return [x] if hasattr(x, "requires_grad") else []


# ---------------------------------------------------------------- recurrent layers

LAYERS: dict[str, dict[str, Any]] = {
    "plain": {}, "two layers": {"num_layers": 2}, "no bias": {"bias": False}, "batch first": {"batch_first": True},
    "both ways": {"bidirectional": True}, "all": {"num_layers": 3, "bidirectional": True, "batch_first": True},
    "dropout": {"num_layers": 2, "dropout": 0.5, "bidirectional": True},
}  # fmt: skip
KINDS: dict[str, dict[str, Any]] = {
    "RNN": {}, "RNN relu": {"nonlinearity": "relu"}, "LSTM": {}, "LSTM projected": {"proj_size": 2}, "GRU": {},
}  # fmt: skip


def _layer(library: Any, kind: str, options: dict[str, Any]) -> Any:
    return getattr(library.nn, kind.split()[0])(3, 4, **KINDS[kind], **options)


def _states(library: Any, layer: Any, batch: int | None) -> Any:
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    sizes = [layer.proj_size or layer.hidden_size] + ([layer.hidden_size] if layer.mode == "LSTM" else [])
    made = [
        numbers(library, *((count, size) if batch is None else (count, batch, size)), seed=9 + i, grad=True)
        for i, size in enumerate(sizes)
    ]
    return tuple(made) if len(made) > 1 else made[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("given", [False, True], ids=["zeros", "states"])
def test_recurrent_layer(kind: str, name: str, given: bool) -> None:
    """Parameters as drawn, names, printed form, outputs, all gradients; of a batch, of one sequence, of a packed
    batch.
    """

    def program(library: Any, packed: bool, batch: int | None) -> Any:
        layer = _layer(library, kind, LAYERS[name])
        if LAYERS[name].get("dropout"):
            layer.eval()  # the masks of PyTorch's dropout depend on the processor
        shape = (5, 3) if batch is None else (batch, 5, 3) if layer.batch_first else (5, batch, 3)
        x = numbers(library, *shape, grad=True)
        given_states = (_states(library, layer, batch),) if given else ()
        if packed:
            pack = library.nn.utils.rnn.pack_padded_sequence
            x = pack(x, [2, 5, 1], batch_first=layer.batch_first, enforce_sorted=False)
        return through(library, layer, x, *given_states)

    compare(lambda library: program(library, False, 3))
    compare(lambda library: program(library, False, None))
    compare(lambda library: program(library, True, 3))


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("bias", [True, False])
def test_cell(kind: str, bias: bool) -> None:
    def program(library: Any, batch: tuple[int, ...], given: bool) -> Any:
        cell = getattr(library.nn, kind)(3, 4, bias=bias)
        states = [numbers(library, *batch, 4, seed=i, grad=True) for i in range(2)]
        hx: Any = tuple(states) if kind == "LSTMCell" else states[0]
        return through(library, cell, numbers(library, *batch, 3, grad=True), *([hx] if given else []))

    for batch in ((), (2,)):
        for given in (True, False):
            compare(lambda library, b=batch, g=given: program(library, b, g))  # type: ignore[misc]
    compare(lambda library: through(library, library.nn.RNNCell(3, 4, bias, "relu"), numbers(library, 2, 3)))


def _pair(library: Any, *shape: int) -> Any:
    return numbers(library, *shape), numbers(library, *shape)


ERRORS: dict[str, Program] = {
    "dropout": lambda t: t.nn.LSTM(3, 4, dropout=2),
    "dropout bool": lambda t: t.nn.GRU(3, 4, dropout=True),
    "sizes": lambda t: t.nn.LSTM(0, 4),
    "hidden": lambda t: t.nn.LSTM(3, 0),
    "layers": lambda t: t.nn.LSTM(3, 4, 0),
    "float size": lambda t: t.nn.LSTM(3.0, 4),
    "bias": lambda t: t.nn.LSTM(3, 4, bias=1),
    "batch_first": lambda t: t.nn.LSTM(3, 4, batch_first=1),
    "projection": lambda t: t.nn.LSTM(3, 4, proj_size=4),
    "projection below 0": lambda t: t.nn.LSTM(3, 4, proj_size=-1),
    "projection of a GRU": lambda t: t.nn.GRU(3, 4, proj_size=2),
    "nonlinearity": lambda t: t.nn.RNN(3, 4, nonlinearity="step"),
    "mode": lambda t: t.nn.RNNBase("LSTN", 3, 4),
    "input of one dimension": lambda t: t.nn.LSTM(3, 4)(numbers(t, 3)),
    "features": lambda t: t.nn.LSTM(3, 4)(numbers(t, 5, 2, 4)),
    "dtype": lambda t: t.nn.GRU(3, 4)(numbers(t, 5, 2, 3).double()),
    "state": lambda t: t.nn.GRU(3, 4)(numbers(t, 5, 2, 3), numbers(t, 1, 3, 4)),
    "state of an LSTM": lambda t: t.nn.LSTM(3, 4)(numbers(t, 5, 2, 3), _pair(t, 1, 3, 4)),
    "cell state": lambda t: t.nn.LSTM(3, 4)(numbers(t, 5, 2, 3), (numbers(t, 1, 2, 4), numbers(t, 1, 2, 5))),
    "rank of the state": lambda t: t.nn.GRU(3, 4)(numbers(t, 5, 2, 3), numbers(t, 1, 4)),
    "rank of the states": lambda t: t.nn.LSTM(3, 4)(numbers(t, 5, 3), _pair(t, 1, 1, 4)),
    "no steps": lambda t: t.nn.LSTM(3, 4)(numbers(t, 0, 2, 3)),
    "cell": lambda t: t.nn.LSTMCell(3, 4)(numbers(t, 1, 2, 3)),
    "cell's state": lambda t: t.nn.GRUCell(3, 4)(numbers(t, 2, 3), numbers(t, 1, 2, 4)),
    "cell's nonlinearity": lambda t: t.nn.RNNCell(3, 4, nonlinearity="step")(numbers(t, 2, 3)),
    "lengths": lambda t: t.nn.utils.rnn.pack_padded_sequence(numbers(t, 3, 2), [1, 2]),
    "length 0": lambda t: t.nn.utils.rnn.pack_padded_sequence(numbers(t, 3, 2), [2, 0]),
    "number of lengths": lambda t: t.nn.utils.rnn.pack_padded_sequence(numbers(t, 3, 2), [2]),
    "total length": lambda t: t.nn.utils.rnn.pad_packed_sequence(_packed(t), total_length=2),
    "padding side": lambda t: t.nn.utils.rnn.pad_sequence([numbers(t, 2)], padding_side="up"),
    "no iterable": lambda t: t.nn.utils.rnn.pad_sequence(3),
    "no pair": lambda t: t.nn.utils.rnn.PackedSequence(numbers(t, 2)),
    "heads": lambda t: t.nn.MultiheadAttention(5, 2),
    "no heads": lambda t: t.nn.MultiheadAttention(4, 0),
    "hint alone": lambda t: t.nn.MultiheadAttention(4, 2)(*[numbers(t, 3, 2, 4)] * 3, is_causal=True),
    "mask's shape": lambda t: t.nn.MultiheadAttention(4, 2)(*[numbers(t, 3, 2, 4)] * 3, attn_mask=numbers(t, 3, 4)),
    "activation": lambda t: t.nn.TransformerEncoderLayer(4, 2, activation="tanh"),
    "batches": lambda t: _transformer(t)(numbers(t, 3, 2, 4), numbers(t, 3, 3, 4)),
    "model": lambda t: _transformer(t)(numbers(t, 3, 2, 4), numbers(t, 3, 2, 5)),
    "mask and causal": lambda t: _attend(t, attn_mask=numbers(t, 3, 3), is_causal=True),
    "mask's dtype": lambda t: _attend(t, attn_mask=numbers(t, 3, 3).double()),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_error(name: str) -> None:
    compare(ERRORS[name])


def test_warning_of_dropout() -> None:
    for library in (minitorch, torch):
        with pytest.warns(UserWarning, match="dropout option adds dropout after all but last"):
            library.nn.LSTM(3, 4, dropout=0.5)


def test_dropout_between_layers() -> None:
    """In training the layers differ from evaluation, by the same seed alike; of one layer they do not."""
    for count, differs in ((1, False), (2, True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            layer = minitorch.nn.LSTM(3, 4, count, dropout=0.5)
        x = numbers(minitorch, 5, 2, 3)
        found = []
        for mode in (True, True, False):
            minitorch.manual_seed(1)
            found.append(layer.train(mode)(x)[0].detach().numpy())
        np.testing.assert_array_equal(found[0], found[1])
        assert (found[0] != found[2]).any() == differs


# ---------------------------------------------------------------- packed batches


def _packed(library: Any) -> Any:
    return library.nn.utils.rnn.pack_sequence([numbers(library, n, 2, seed=n) for n in (4, 3, 1)])


PACKED: dict[str, Program] = {
    "pack": lambda t: list(t.nn.utils.rnn.pack_padded_sequence(numbers(t, 4, 3), [4, 2, 2])),
    "pack tensor": lambda t: list(t.nn.utils.rnn.pack_padded_sequence(numbers(t, 4, 3), t.tensor([4, 2, 2]))),
    "pack batch first": lambda t: list(t.nn.utils.rnn.pack_padded_sequence(numbers(t, 3, 5, 2), [4, 2, 1], True)),
    "pack unsorted": lambda t: list(
        t.nn.utils.rnn.pack_padded_sequence(numbers(t, 3, 4, 2), [1, 4, 2], batch_first=True, enforce_sorted=False)
    ),
    "pad packed": lambda t: t.nn.utils.rnn.pad_packed_sequence(_packed(t)),
    "pad packed batch first": lambda t: t.nn.utils.rnn.pad_packed_sequence(_packed(t), True, -1.0, 6),
    "there and back": lambda t: t.nn.utils.rnn.pad_packed_sequence(
        t.nn.utils.rnn.pack_padded_sequence(numbers(t, 4, 3), [1, 4, 2], enforce_sorted=False)
    ),
    "pad": lambda t: t.nn.utils.rnn.pad_sequence([numbers(t, n, 2) for n in (1, 3, 2)]),
    "pad batch first": lambda t: t.nn.utils.rnn.pad_sequence([numbers(t, n) for n in (1, 3)], True, 7.0),
    "pad left": lambda t: t.nn.utils.rnn.pad_sequence([numbers(t, n) for n in (1, 3)], True, 7.0, "left"),
    "pad integers": lambda t: t.nn.utils.rnn.pad_sequence([t.arange(n) for n in (1, 3)], True),
    "unpad": lambda t: t.nn.utils.rnn.unpad_sequence(numbers(t, 4, 3, 2), t.tensor([4, 2, 1])),
    "pack sequence": lambda t: list(_packed(t)),
    "unpack sequence": lambda t: t.nn.utils.rnn.unpack_sequence(_packed(t)),
    "invert": lambda t: t.nn.utils.rnn.invert_permutation(t.tensor([2, 0, 1])),
    "printed": lambda t: repr(t.nn.utils.rnn.pack_sequence([t.arange(2), t.arange(1)])),
    "of a pair": lambda t: list(t.nn.utils.rnn.PackedSequence((t.arange(3), t.tensor([2, 1])))),
    "in double": lambda t: list(_packed(t).to(t.float64)),
    "is itself": lambda t: [(p := _packed(t)).to(t.float32) is p, p.cpu() is p, p.is_cuda],
    "gradient": lambda t: _gradient_of_packing(t),
}  # fmt: skip


def _gradient_of_packing(library: Any) -> Any:
    x = numbers(library, 4, 3, 2, grad=True)
    packed = library.nn.utils.rnn.pack_padded_sequence(x, [2, 4, 1], enforce_sorted=False)
    padded, _ = library.nn.utils.rnn.pad_packed_sequence(packed)
    (padded * numbers(library, *padded.shape, seed=3)).sum().backward()
    return x.grad


@pytest.mark.parametrize("name", PACKED)
def test_packed(name: str) -> None:
    compare(PACKED[name])


# ---------------------------------------------------------------- attention

ATTENTION: dict[str, dict[str, Any]] = {
    "plain": {},
    "no bias": {"bias": False},
    "more": {"add_bias_kv": True},
    "zero": {"add_zero_attn": True},
    "both": {"add_bias_kv": True, "add_zero_attn": True},
    "batch first": {"batch_first": True},
    "sizes": {"kdim": 5, "vdim": 6},
    "all": {"kdim": 5, "vdim": 6, "batch_first": True, "add_bias_kv": True, "bias": False},
}


def _bool(library: Any, *shape: int) -> Any:
    """Where True nothing is seen; the first column is seen."""
    hidden = np.random.default_rng(5).random(shape) > 0.5
    hidden[..., 0] = False
    return library.tensor(hidden)


MASKS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "none": lambda t: {},
    "bool": lambda t: {"attn_mask": _bool(t, 4, 6)},
    "float": lambda t: {"attn_mask": numbers(t, 4, 6)},
    "by head": lambda t: {"attn_mask": _bool(t, 4, 4, 6)},
    "padding": lambda t: {"key_padding_mask": _bool(t, 2, 6)},
    "padding of floats": lambda t: {"key_padding_mask": numbers(t, 2, 6)},
    "two": lambda t: {"key_padding_mask": _bool(t, 2, 6), "attn_mask": _bool(t, 4, 6)},
    "mixed": lambda t: {"key_padding_mask": numbers(t, 2, 6), "attn_mask": _bool(t, 4, 6)},
    "heads": lambda t: {"average_attn_weights": False},
    "no weights": lambda t: {"need_weights": False},
    "no weights, bool": lambda t: {"need_weights": False, "attn_mask": _bool(t, 4, 6)},
    "no weights, padding": lambda t: {"need_weights": False, "key_padding_mask": _bool(t, 2, 6)},
    "no weights, two": lambda t: {
        "need_weights": False, "key_padding_mask": _bool(t, 2, 6), "attn_mask": numbers(t, 4, 4, 6)
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ATTENTION)
@pytest.mark.parametrize("mask", MASKS)
def test_multihead_attention(name: str, mask: str) -> None:
    def program(library: Any) -> Any:
        options = ATTENTION[name]
        module = library.nn.MultiheadAttention(8, 2, **options)
        shapes = [(4, 2, 8), (6, 2, options.get("kdim", 8)), (6, 2, options.get("vdim", 8))]
        inputs = [numbers(library, *shape, seed=i, grad=True) for i, shape in enumerate(shapes)]
        if options.get("batch_first"):
            inputs = [x.detach().transpose(0, 1).contiguous().requires_grad_() for x in inputs]
        return through(library, module, *inputs, **MASKS[mask](library))

    compare(program)


def _self(library: Any, *shape: int, **options: Any) -> Any:
    x = numbers(library, *shape, grad=True)
    return through(library, library.nn.MultiheadAttention(8, 4, batch_first=True), x, x, x, **options)


@pytest.mark.parametrize("shape", [(5, 8), (3, 5, 8)])
def test_attention_to_itself(shape: tuple[int, ...]) -> None:
    def causal(library: Any) -> Any:
        return library.nn.Transformer.generate_square_subsequent_mask(5)

    compare(lambda t: _self(t, *shape))
    compare(lambda t: _self(t, *shape, need_weights=False))
    compare(lambda t: _self(t, *shape, attn_mask=causal(t), is_causal=True))
    compare(lambda t: _self(t, *shape, attn_mask=causal(t), is_causal=True, need_weights=False))


def _attend(library: Any, shape: Any = (2, 4, 3, 5), keys: int = 3, groups: int = 4, **options: Any) -> Any:
    """Scaled dot product attention and its gradients."""
    lead = shape[:-3] if len(shape) > 2 else ()
    heads = (groups,) if len(shape) > 2 else ()
    q = numbers(library, *shape, grad=True)
    k = numbers(library, *lead, *heads, keys, shape[-1], seed=1, grad=True)
    v = numbers(library, *lead, *heads, keys, 7, seed=2, grad=True)
    y = library.nn.functional.scaled_dot_product_attention(q, k, v, **options)
    (y * numbers(library, *y.shape, seed=3)).sum().backward()
    return y, q.grad, k.grad, v.grad


@pytest.mark.parametrize("keys", [3, 8])
@pytest.mark.parametrize("shape", [(3, 5), (4, 3, 5), (2, 4, 3, 5), (2, 4, 200, 16)])
def test_scaled_dot_product(shape: tuple[int, ...], keys: int) -> None:
    def run(library: Any, **options: Any) -> Any:
        return _attend(library, shape, keys, **options)

    compare(lambda t: run(t))
    compare(lambda t: run(t, is_causal=True))
    compare(lambda t: run(t, scale=0.3))
    compare(lambda t: run(t, attn_mask=_bool(t, shape[-2], keys)))
    compare(lambda t: run(t, attn_mask=numbers(t, shape[-2], keys)))
    compare(lambda t: run(t, attn_mask=numbers(t, 1, keys)))
    hidden = np.zeros((shape[-2], keys), bool)
    hidden[1:, :2] = True
    compare(lambda t: run(t, attn_mask=t.tensor(hidden)))


def test_grouped_queries() -> None:
    compare(lambda t: _attend(t, groups=2, enable_gqa=True))
    compare(lambda t: _attend(t, groups=1, enable_gqa=True, is_causal=True))


# ---------------------------------------------------------------- transformers


def _transformer(library: Any, **options: Any) -> Any:
    return library.nn.Transformer(4, 2, 1, 2, 6, 0.0, **options)


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "norm first": {"norm_first": True},
    "batch first": {"batch_first": True},
    "gelu": {"activation": "gelu"},
    "no bias": {"bias": False, "layer_norm_eps": 1e-3},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_transformer(name: str) -> None:
    """Printed form, keys, parameters as drawn, output, gradients; with and without masks."""

    def program(library: Any, masked: bool) -> Any:
        model = _transformer(library, **OPTIONS[name])
        shape = (2, 5, 4) if OPTIONS[name].get("batch_first") else (5, 2, 4)
        masks = {}
        if masked:
            causal = library.nn.Transformer.generate_square_subsequent_mask(5)
            padding = _bool(library, 2, 5)
            masks = {"src_key_padding_mask": padding, "tgt_mask": causal, "memory_key_padding_mask": padding}
        return through(library, model, numbers(library, *shape, grad=True), numbers(library, *shape, seed=1), **masks)

    compare(lambda t: program(t, False))
    compare(lambda t: program(t, True))


def test_transformer_layers() -> None:
    def encoder(library: Any, **options: Any) -> Any:
        layer = library.nn.TransformerEncoderLayer(4, 2, 6, 0.0, activation=library.nn.GELU(), batch_first=True)
        stack = library.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        return through(library, stack, numbers(library, 3, 5, 4, grad=True), **options)

    def causal(library: Any) -> Any:
        return library.nn.Transformer.generate_square_subsequent_mask(5)

    compare(lambda t: encoder(t))
    compare(lambda t: encoder(t, mask=causal(t)))
    compare(lambda t: encoder(t, mask=causal(t), is_causal=True))
    compare(lambda t: encoder(t, mask=_bool(t, 5, 5), src_key_padding_mask=_bool(t, 3, 5)))
    compare(lambda t: encoder(t, mask=numbers(t, 5, 5)))


def test_subsequent_mask() -> None:
    compare(lambda t: t.nn.Transformer.generate_square_subsequent_mask(3))
    compare(lambda t: t.nn.Transformer.generate_square_subsequent_mask(3, dtype=t.float64))


# ---------------------------------------------------------------- tables, bags, distances

BAG_OPTIONS: dict[str, dict[str, Any]] = {
    "mean": {}, "sum": {"mode": "sum"}, "max": {"mode": "max"}, "padding": {"padding_idx": 2}, "padding sum":
    {"padding_idx": -5, "mode": "sum"}, "padding max": {"padding_idx": 2, "mode": "max"}, "last":
    {"include_last_offset": True}, "short": {"max_norm": 0.5},
}  # fmt: skip


@pytest.mark.parametrize("name", BAG_OPTIONS)
def test_embedding_bag(name: str) -> None:
    def program(library: Any, flat: bool) -> Any:
        bags = library.nn.EmbeddingBag(7, 3, **BAG_OPTIONS[name])
        if not flat:
            return through(library, bags, library.tensor([[1, 2, 2], [6, 0, 2], [2, 2, 2]]))
        ends = [7] if bags.include_last_offset else []
        return through(library, bags, library.tensor([1, 2, 2, 6, 0, 0, 5]), library.tensor([0, 3, 3, 5, *ends]))

    compare(lambda t: program(t, False))
    compare(lambda t: program(t, True))


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_bags_by_frequency(mode: str) -> None:
    """Equal frequencies: PyTorch takes that of another index where they differ."""
    index = [[1, 2, 2], [1, 0, 0]]
    compare(lambda t: through(t, t.nn.EmbeddingBag(7, 3, mode=mode, scale_grad_by_freq=True), t.tensor(index)))


def test_weighed_bags() -> None:
    def program(library: Any, **options: Any) -> Any:
        bags = library.nn.EmbeddingBag(7, 3, mode="sum", **options)
        weights = numbers(library, 4, grad=True)
        return through(library, bags, library.tensor([1, 2, 2, 6]), library.tensor([0, 3]), weights)

    compare(lambda t: program(t))
    compare(lambda t: program(t, padding_idx=2))
    compare(lambda t: t.nn.EmbeddingBag.from_pretrained(numbers(t, 4, 3), mode="max")(t.tensor([[1, 2]])))


def _bag(library: Any, *args: Any, **options: Any) -> Any:
    return library.nn.functional.embedding_bag(*args, **options)


BAG_ERRORS: dict[str, Program] = {
    "dimensions": lambda t: _bag(t, t.ones(1, 1, 1, dtype=t.int64), t.ones(2, 3)),
    "offsets of rows": lambda t: _bag(t, t.ones(1, 1, dtype=t.int64), t.ones(2, 3), t.tensor([0])),
    "no offsets": lambda t: _bag(t, t.ones(1, dtype=t.int64), t.ones(2, 3)),
    "matrix of offsets": lambda t: _bag(t, t.ones(1, dtype=t.int64), t.ones(2, 3), t.tensor([[0]])),
    "mode": lambda t: _bag(t, t.ones(1, 1, dtype=t.int64), t.ones(2, 3), mode="min"),
    "max by frequency": lambda t: _bag(
        t, t.ones(1, 1, dtype=t.int64), t.ones(2, 3), mode="max", scale_grad_by_freq=True
    ),
    "weights": lambda t: _bag(t, t.ones(1, 1, dtype=t.int64), t.ones(2, 3), per_sample_weights=t.ones(1, 1)),
    "weights' shape": lambda t: _bag(
        t, t.ones(1, 2, dtype=t.int64), t.ones(2, 3), mode="sum", per_sample_weights=t.ones(1, 1)
    ),
    "first offset": lambda t: _bag(t, t.ones(3, dtype=t.int64), t.ones(2, 3), t.tensor([1, 2])),
    "last offset": lambda t: _bag(t, t.ones(3, dtype=t.int64), t.ones(2, 3), t.tensor([0, 5])),
    "padding": lambda t: t.nn.EmbeddingBag(3, 2, padding_idx=3),
}


@pytest.mark.parametrize("name", BAG_ERRORS)
def test_error_of_bags(name: str) -> None:
    compare(BAG_ERRORS[name])


@pytest.mark.parametrize("options", [{}, {"padding_idx": 2}, {"scale_grad_by_freq": True}, {"max_norm": 0.7}])
def test_embedding(options: dict[str, Any]) -> None:
    compare(lambda t: through(t, t.nn.Embedding(7, 3, **options), t.tensor([[1, 2, 2], [6, 0, 2]])))
    compare(lambda t: through(t, t.nn.Embedding(7, 3, **options), t.tensor([4, 4, 2], dtype=t.int32)))


def test_distances() -> None:
    for options in ({}, {"dim": 0, "eps": 0.1}):
        compare(lambda t, o=options: t.nn.CosineSimilarity(**o)(numbers(t, 4, 3), numbers(t, 4, 3, seed=1)))  # type: ignore[misc]
        compare(lambda t, o=options: t.nn.CosineSimilarity(**o)(numbers(t, 4, 3), numbers(t, 1, 3, seed=1)))  # type: ignore[misc]
    for p in (1.0, 2.0, 3.0):
        compare(lambda t, p=p: t.nn.PairwiseDistance(p, keepdim=True)(numbers(t, 4, 3), numbers(t, 4, 3, seed=1)))  # type: ignore[misc]
    compare(lambda t: [repr(t.nn.PairwiseDistance(1.0)), repr(t.nn.CosineSimilarity(0))])
    compare(lambda t: through(t, t.nn.Bilinear(3, 4, 5), numbers(t, 2, 3), numbers(t, 2, 4)))
