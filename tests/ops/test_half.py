"""The table in float16 and bfloat16: what float32 gives of the same values, rounded once or a few times."""

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
from ops.table import Const, Name, Row, Sample, cast, copied, mapped, perform, resolve, rows, tensors

EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
BINS = "what bin a value falls into depends on its last digit"
MANY = "made of many operations, whose roundings add up"
SKIPPED = {
    "float_power": "computes in float64",
    "float_power-number": "computes in float64",
    "nextafter": "the next number is another one",
    "histc": BINS,
    "histogram": BINS,
    "frexp": "exponents",
    "bincount-weights": "sums in float64",
    **dict.fromkeys(("view_as_complex", "view_as_complex_copy", "complex", "polar"), "there is no complex32"),
    **dict.fromkeys(("linalg.pinv", "linalg.pinv-constant", "pinverse", "linalg.lstsq", "linalg.matrix_power"), MANY),
    **dict.fromkeys(("linalg.matrix_rank", "nn.functional.multi_head_attention_forward"), MANY),
    **dict.fromkeys(("ormqr", "linalg.cond", "linalg.tensorsolve", "linalg.norm", "linalg.matrix_norm"), MANY),
}
REFUSED = (
    "bessel",
    "airy",
    "polynomial",
)  # of torch.special: PyTorch has none of them for halves, nor do all work here
ROWS = [
    row
    for row in rows()
    if "f" in row.dtypes and not row.random and row.id not in SKIPPED and not any(part in row.id for part in REFUSED)
]


def build(sample: Sample, dtype: Any, widen: bool) -> tuple[Sample, list[Any]]:
    """The sample with values of a half dtype, or with the same values in float32; and those that are leaves."""
    leaves: list[Any] = []

    def one(x: Any) -> Any:
        if isinstance(x, Name):
            return resolve(minitorch, x.name)
        array = x.array if isinstance(x, Const) else x
        if not isinstance(array, np.ndarray):
            return x
        y = minitorch.from_numpy(copied(array))
        if y.is_floating_point():
            y = y.to(dtype).float() if widen else y.to(dtype)
            if not isinstance(x, Const):
                leaves.append(y.requires_grad_())
        return y

    return mapped(one, sample), leaves


def outcome(row: Row, sample: Sample, dtype: Any, widen: bool) -> tuple[list[Any], list[Any]]:
    """The results, and the gradients of a projection."""
    made, leaves = build(sample, dtype, widen)
    outputs = tensors(perform(row, resolve(minitorch, row.name), made))
    total = sum([(y.float() * weights(y)).sum() for y in outputs if y.requires_grad])
    if row.grad is not True or not isinstance(total, minitorch.Tensor):
        return outputs, []
    return outputs, list(minitorch.autograd.grad(total, leaves, allow_unused=True))


def weights(y: Any) -> Any:
    """Numbers for every element that all halves can hold."""
    return minitorch.linspace(0.5, 1.5, y.numel()).bfloat16().float().view(y.shape)


def close(a: Any, b: Any, dtype: str, roundings: float, terms: float = 0.0) -> None:
    """Within some units of the last digit, of the element or of the largest; or one, of terms that cancel."""
    assert a.shape == b.shape
    x, y = [np.asarray(t.detach().double().numpy()) for t in (a, b)]
    least = 2.0**-24 if dtype == "float16" else 0.0  # the smallest number there is
    largest = np.abs(y[np.isfinite(y)]).max(initial=0)
    within = EPS[dtype] * roundings
    np.testing.assert_allclose(x, y, rtol=within, atol=within * largest / 4 + EPS[dtype] * terms + least)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_halves(row: Row, dtype: str) -> None:
    """Values, shapes, dtypes and gradients: what float32 gives, but for some roundings."""
    half = getattr(minitorch, dtype)
    for sample in row.made():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sample = cast(sample, "float32")
            ours, grads = outcome(row, sample, half, False)
            theirs, expected = outcome(row, sample, half, True)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype is (half if b.dtype is minitorch.float32 else b.dtype), sample
            if b.is_floating_point():
                close(a, b, dtype, 3)
            else:
                assert minitorch.equal(a, b), sample
        for a, b in zip(grads, expected, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                assert a.dtype is half
                close(a, b, dtype, 8, CANCEL.get(row.id, 0.0))


# dx = y (g - Σ g y) of the rounded y, which PyTorch keeps as well: terms of up to 1, of which little may be left.
CANCEL = dict.fromkeys(("softmax", "nn.functional.softmax", "nn.functional.softmin"), 1.0)


def test_dtypes_that_no_tensor_has():
    for wanted in (minitorch.complex32, minitorch.float8_e4m3fn):
        for make in (
            lambda d: minitorch.ones(1).to(d),
            lambda d: minitorch.zeros(1, dtype=d),
            lambda d: minitorch.tensor([1], dtype=d),
        ):
            with pytest.raises(TypeError, match=f"{wanted}: no tensor has this dtype here"):
                make(wanted)
