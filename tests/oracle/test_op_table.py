"""The operation table against PyTorch: values, dtypes, shapes, refusals, gradients, names of nodes and methods."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minitorch
import minitorch.nn.functional

sys.path.insert(0, str(Path(__file__).parents[1]))  # the table lies in tests/ops
from ops.table import Row, Sample, build, cast, cast_array, perform, resolve, rows, tensors

# Older names warn.
pytestmark = pytest.mark.filterwarnings("ignore:torch.lu is deprecated", "ignore:non-inplace resize")

torch = pytest.importorskip("torch")

ROWS = [row for row in rows() if row.oracle is True]
DTYPES = ["float64", "float32", "int64", "bool", "complex128", "complex64"]
# Where complex dtypes are not what they are in PyTorch: in gradients only, and altogether.
_NO_DERIVATIVE = "PyTorch computes it, but has no derivative for complex numbers; here there is one"
_REFUSED = "PyTorch computes it; here it is refused"
_NOT_HERMITIAN = "the samples are not Hermitian, and say nothing"
_EMPTY = "PyTorch lets empty or 0-d tensors pass"
OTHER_GRADIENTS: dict[str, str] = {
    **dict.fromkeys(("nn.functional.silu", "nn.functional.bilinear", "nn.functional.embedding"), _NO_DERIVATIVE),
    **dict.fromkeys(("nn.functional.embedding-padding", "index_reduce", "select_scatter"), _NO_DERIVATIVE),
    **dict.fromkeys([f"scatter_reduce-{how}" for how in ("sum", "prod", "mean", "zeros")], _NO_DERIVATIVE),
    **dict.fromkeys(("slice_scatter", "conv_tbc"), _NO_DERIVATIVE),
    "geqrf": "its results do not say that they require grad in PyTorch",
    "pow-number": "the derivative of 0 to a complex power is 0 here, NaN in PyTorch",
    "renorm": "PyTorch's gradient of the largest absolute value is NaN in complex64",
    "cumprod-dtype": "PyTorch's gradient through the cast to float64 is complex",
}
OTHER_COMPLEX: dict[str, str] = {
    "nn.functional.cosine_similarity": "PyTorch refuses it; here it is computed",
    "bincount-weights": _REFUSED,
    **dict.fromkeys([f"nn.functional.adaptive_avg_pool{n}d" for n in (1, 2, 3)], _REFUSED),
    **dict.fromkeys(("lstm_cell", "lstm", "gru_cell", "gru"), _REFUSED),
    **dict.fromkeys(("linalg.cholesky", "cholesky", "cholesky_inverse", "linalg.pinv-constant"), _NOT_HERMITIAN),
    **dict.fromkeys(("Tensor.bernoulli_", "Tensor.random_", "bucketize", "mode"), _EMPTY),
}
over = pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])


class Outcome:
    """What one module made of one sample: results and gradients, or an error."""

    def __init__(self, module: Any, row: Row, sample: Sample, grad: bool) -> None:
        self.error: Exception | None = None
        self.outputs: list[Any] = []
        self.others: list[Any] = []
        self.grads: list[Any] = []
        try:
            made, leaves = build(module, sample, grad)
            if row.random:
                module.manual_seed(0)
            result = perform(row, resolve(module, row.name), made)
        except Exception as error:
            self.error = error
            return
        self.outputs, self.others = tensors(result), plain(result)
        self.leaves = [x.detach().numpy() for x in leaves]
        if grad and row.grad is True:
            self.grads = gradients(module, self.outputs, leaves)


def gradients(module: Any, outputs: list[Any], leaves: list[Any]) -> list[Any]:
    """The gradients of a fixed random projection of the outputs; None where there is none."""
    total: Any = None
    for k, y in enumerate(outputs):
        if y.requires_grad:
            w = np.random.default_rng(k).uniform(0.5, 1.5, tuple(y.shape))
            w = cast_array(w, str(y.dtype).rpartition(".")[2])
            part = (y * module.from_numpy(w)).sum()
            part = part.real if y.is_complex() else part
            total = part if total is None else total + part
    return [] if total is None else list(module.autograd.grad(total, leaves, allow_unused=True))


def plain(x: Any) -> list[Any]:
    """What is no tensor in a result."""
    if isinstance(x, (tuple, list)):
        return [v for item in x for v in plain(item)]
    return [] if hasattr(x, "requires_grad") else [x]


def array(x: Any) -> Any:
    return x.detach().numpy(force=True)  # forced: some zeros of PyTorch's have no memory


def compare(row: Row, sample: Sample, dtype: str, grad: bool) -> None:
    """One sample through both."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = Outcome(torch, row, sample, grad)
        ours = Outcome(minitorch, row, sample, grad)
    what = f"{dtype} {sample}"
    if theirs.error is not None or ours.error is not None:
        assert theirs.error is not None, f"only ours refuses {what}: {ours.error!r}"
        assert ours.error is not None, f"only PyTorch refuses {what}: {theirs.error!r}"
        return
    assert len(ours.outputs) == len(theirs.outputs), what
    assert ours.others == theirs.others, what
    for i, (a, b) in enumerate(zip(ours.outputs, theirs.outputs, strict=True)):
        assert str(a.dtype) == str(b.dtype), f"output {i}: {a.dtype}, PyTorch {b.dtype}: {what}"
        assert tuple(a.shape) == tuple(b.shape), f"output {i}: {a.shape}, PyTorch {b.shape}: {what}"
        assert a.requires_grad == b.requires_grad, f"output {i}: requires_grad {a.requires_grad}: {what}"
        if not row.random:
            close(row, array(a), array(b), f"output {i}: {what}")
    if not row.random:
        compare_gradients(row, ours, theirs, what)


def compare_gradients(row: Row, ours: Outcome, theirs: Outcome, what: str) -> None:
    """Gradients by each leaf: dtype, values, and None at the same places. By a NaN no gradient means anything."""
    assert len(ours.grads) == len(theirs.grads), f"{len(ours.grads)} gradients, PyTorch {len(theirs.grads)}: {what}"
    for i, (a, b) in enumerate(zip(ours.grads, theirs.grads, strict=True)):
        assert (a is None) == (b is None), f"gradient {i}: {a}, PyTorch {b}: {what}"
        if a is not None:
            assert str(a.dtype) == str(b.dtype), f"gradient {i}: {a.dtype}, PyTorch {b.dtype}: {what}"
            known = ~np.isnan(ours.leaves[i])
            close(row, np.where(known, array(a), 0), np.where(known, array(b), 0), f"gradient {i}: {what}", slack=5)


def close(row: Row, a: Any, b: Any, what: str, slack: float = 1) -> None:
    """Within the tolerance of the row and dtype; exactly, where there are no floats."""
    assert a.shape == b.shape, f"{a.shape}, PyTorch {b.shape}: {what}"
    if a.dtype.kind in "fc":
        rtol, atol = row.within("float32" if a.dtype.itemsize * (1 + (a.dtype.kind == "f")) <= 8 else "float64")
        np.testing.assert_allclose(a, b, rtol=rtol * slack, atol=atol * slack, err_msg=what)
    else:
        np.testing.assert_array_equal(a, b, err_msg=what)


@over
@pytest.mark.parametrize("dtype", DTYPES)
def test_against_torch(row: Row, dtype: str) -> None:
    """Values, dtypes, shapes, who requires grad, gradients; and refusals of a dtype."""
    is_complex = dtype.startswith("complex")
    if is_complex and row.id in OTHER_COMPLEX:
        return
    grad = row.id not in OTHER_GRADIENTS if is_complex else dtype.startswith("float")
    for sample in row.made():
        compare(row, cast(sample, dtype), dtype, grad)


def test_other_complex_rows_exist() -> None:
    """The list of exceptions names rows."""
    assert set(OTHER_COMPLEX) | set(OTHER_GRADIENTS) <= {row.id for row in rows()}


@over
def test_special_values(row: Row) -> None:
    """NaN, infinities, zeros: values, and what the gradients are there."""
    for sample in [] if row.special is None or row.awkward is not True else row.special(row.rng()):
        compare(row, sample, "float64", True)


@over
def test_refusals(row: Row) -> None:
    """PyTorch refuses these too, with an exception of the same type."""
    for sample in [] if row.errors is None else row.errors(row.rng()):
        theirs, ours = Outcome(torch, row, sample, False), Outcome(minitorch, row, sample, False)
        assert theirs.error is not None, sample
        assert ours.error is not None, sample
        kind = next(k for k in type(theirs.error).__mro__ if k.__module__ == "builtins")
        kind = RuntimeError if kind is NotImplementedError else kind
        assert isinstance(ours.error, kind), f"{ours.error!r}, PyTorch {theirs.error!r}: {sample}"


@over
def test_node_names(row: Row) -> None:
    """`grad_fn` is called as in PyTorch."""
    if row.nodes is not True or row.grad is not True:
        return
    for sample in row.made()[:2]:
        given = cast(sample, "float64")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs, ours = Outcome(torch, row, given, True), Outcome(minitorch, row, given, True)
        names = [[y.grad_fn and type(y.grad_fn).__name__ for y in o.outputs] for o in (ours, theirs)]
        assert names[0] == names[1], sample


@pytest.mark.parametrize("row", [r for r in ROWS if "." not in r.name], ids=lambda row: row.id)
def test_methods_exist(row: Row) -> None:
    """Where PyTorch has a method or an in-place form, so have we."""
    for name in (row.name, row.name + "_") if row.inplace else (row.name,):
        for where in ("Tensor.", ""):
            if resolve(torch, where + name) is not None:
                assert resolve(minitorch, where + name) is not None, where + name


SHOWN = [
    "mode",
    "cdist",
    "pdist",
    "dist",
    "renorm",
    "cross",
    "linalg.cross",
    "put",
    "index_reduce",
    "trapezoid",
    "nn.functional.soft_margin_loss",
    "nn.functional.multi_margin_loss",
    "nn.functional.multilabel_margin_loss",
    "nn.functional.margin_ranking_loss",
    "vdot",
    "block_diag",
    "Tensor.repeat",
    "tile",
    "rot90",
    "nn.functional.pixel_shuffle",
    "nn.functional.pixel_unshuffle",
    "nn.functional.channel_shuffle",
    "nn.functional.affine_grid",
    "nn.functional.embedding_bag",
    "nn.functional.group_norm",
    "special.entr",
    "special.xlog1py",
    "mvlgamma",
    "polygamma",
    "linalg.householder_product",
    "ormqr",
    "triangular_solve",
    "lu_solve",
    "linalg.lu_solve",
    "linalg.lu",
    "lu_unpack",
    "linalg.lstsq",
    "constant_pad_nd",
    "conv_tbc",
    "narrow_copy",
    "segment_reduce",
    "native_dropout",
    "nn.functional.max_unpool2d",
    "nn.functional.max_unpool3d",
    "frobenius_norm",
]


@pytest.mark.parametrize("row", [row for row in ROWS if row.name in SHOWN], ids=lambda row: row.id)
def test_shown_node_names(row: Row) -> None:
    """Of operations that are several here and one there: the node of the result is called as in PyTorch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = cast(row.made()[0], "float64")
        theirs, ours = Outcome(torch, row, given, True), Outcome(minitorch, row, given, True)
    names = [[y.grad_fn and type(y.grad_fn).__name__ for y in o.outputs] for o in (ours, theirs)]
    assert names[0] == names[1]
