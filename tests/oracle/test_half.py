"""float16 and bfloat16 beside PyTorch: rounding, dtypes of results, autocast's lists, random numbers, training."""

from __future__ import annotations

import io
import itertools
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

torch = pytest.importorskip("torch")

EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7}
HALVES = list(EPS)
WORSE = "PyTorch's own rounding is the larger"
APART = {
    **dict.fromkeys(("linalg.matrix_exp", "matrix_exp"), "NaN in PyTorch"),
    **dict.fromkeys(("nn.functional.grid_sample", "grid_sampler", "grid_sampler_3d", "special.i0e", "histc"), WORSE),
}
ROWS = [row for row in rows() if "f" in row.dtypes and row.oracle is True and row.id not in APART]


def build(module: Any, sample: Sample, dtype: str) -> Sample:
    """The sample with values of a half dtype."""

    def one(x: Any) -> Any:
        if isinstance(x, Name):
            return resolve(module, x.name)
        array = x.array if isinstance(x, Const) else x
        if not isinstance(array, np.ndarray):
            return x
        y = module.from_numpy(copied(array))
        return y.to(getattr(module, dtype)) if array.dtype.kind == "f" else y

    return mapped(one, sample)


def outputs(module: Any, row: Row, sample: Sample, dtype: str) -> list[Any] | Exception:
    """The tensors of the result, or the error."""
    try:
        made = build(module, sample, dtype)
        if row.random:
            module.manual_seed(0)
        return tensors(perform(row, resolve(module, row.name), made))
    except Exception as error:
        return error


def array(x: Any) -> Any:
    return x.detach().double().numpy() if x.is_floating_point() else x.detach().numpy(force=True)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_operations(row: Row, dtype: str) -> None:
    """Dtypes, shapes and values, to some roundings; PyTorch may refuse what we compute, but not we what it does."""
    for sample in row.made():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = outputs(torch, row, cast(sample, "float32"), dtype)
            ours = outputs(minitorch, row, cast(sample, "float32"), dtype)
        if isinstance(theirs, Exception) or "torch.complex32" in map(str, [x.dtype for x in theirs]):
            continue  # there is no complex32 here
        assert not isinstance(ours, Exception), f"{ours!r}: {sample}"
        assert [str(x.dtype) for x in ours] == [str(x.dtype) for x in theirs], sample
        assert [tuple(x.shape) for x in ours] == [tuple(x.shape) for x in theirs], sample
        for a, b in zip(map(array, ours), map(array, theirs), strict=True):
            if row.random:
                continue
            if b.dtype.kind == "f":
                largest = np.abs(b[np.isfinite(b)]).max(initial=0)
                within = 2.5 * EPS[dtype]
                np.testing.assert_allclose(a, b, rtol=within, atol=within * largest / 3 + 3e-5, err_msg=str(sample))
            else:
                np.testing.assert_array_equal(a, b, err_msg=str(sample))


@pytest.mark.parametrize("dtype", HALVES)
def test_rounding(dtype: str) -> None:
    """A million bit patterns of float32, and from other dtypes."""
    bits = np.random.default_rng(0).integers(0, 1 << 32, 1_000_000, dtype=np.uint32)
    x = np.concatenate([bits.view(np.float32), np.linspace(-70000, 70000, 9999, dtype=np.float32)])
    for given in (x, x[-9999:].astype(np.float64) / 3, x[-9999:].astype(np.int64)):
        ours, theirs = [array(m.from_numpy(given.copy()).to(getattr(m, dtype))) for m in (minitorch, torch)]
        np.testing.assert_array_equal(ours, theirs)


NAMES = ["bool", "uint8", "int8", "int32", "int64", "float16", "bfloat16", "float32", "float64"]


def test_promotion() -> None:
    for a, b in itertools.product(NAMES, NAMES):
        found = []
        for m in (minitorch, torch):
            d, e = getattr(m, a), getattr(m, b)
            x, y = m.ones(2, dtype=d), m.ones(2, dtype=e)
            mixed = [m.promote_types(d, e), m.can_cast(d, e), m.result_type(x, y[0]), m.result_type(x, 1.5)]
            found.append([str(r) for r in (*mixed, (x * y).dtype, (x + y[0]).dtype, (x * 2.5).dtype, (x / y).dtype)])
        assert found[0] == found[1], (a, b)


@pytest.mark.parametrize("dtype", HALVES)
def test_printing(dtype: str) -> None:
    for values in ([1.5, -2.0, 1e-5, 3e4], [[1.0, 2.0]], [], [np.inf, np.nan], 3.14159):
        ours, theirs = [m.tensor(values).to(getattr(m, dtype)) for m in (minitorch, torch)]
        assert repr(ours) == repr(theirs)
        assert str(ours.tolist()) == str(theirs.tolist())


@pytest.mark.parametrize("dtype", HALVES)
def test_random_numbers(dtype: str) -> None:
    """PyTorch's, from the same seed; of normal numbers nearly all, because a logarithm may round to the other side."""
    drawn = []
    for m in (minitorch, torch):
        d = getattr(m, dtype)
        m.manual_seed(1)
        made = [m.rand(50, dtype=d), m.empty(30, dtype=d).uniform_(), m.randn(7, dtype=d), m.randn(400, dtype=d)]
        drawn.append([array(x) for x in made])
    for a, b in zip(*drawn, strict=True):
        assert np.mean(a == b) > 0.97


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_autocast(dtype: str) -> None:
    """The dtypes of all results under autocast are PyTorch's."""
    for row in ROWS:
        for sample in row.made():
            found = []
            for m in (torch, minitorch):
                with warnings.catch_warnings(), m.autocast("cpu", dtype=m.bfloat16):
                    warnings.simplefilter("ignore")
                    got = outputs(m, row, cast(sample, "float32"), dtype)
                found.append(got if isinstance(got, Exception) else [str(x.dtype) for x in got])
            assert isinstance(found[0], Exception) or found[0] == found[1], (row.id, found, sample)


def losses(m: Any, way: str) -> list[float]:
    """Of a small network: in bfloat16, or under autocast with a scaler."""
    rng = np.random.default_rng(0)
    x, y = m.from_numpy(rng.standard_normal((64, 4)).astype(np.float32)), m.from_numpy(rng.integers(0, 3, 64))
    m.manual_seed(0)
    model = m.nn.Sequential(m.nn.Linear(4, 16), m.nn.LayerNorm(16), m.nn.GELU(), m.nn.Linear(16, 3))
    if way == "bfloat16":
        model, x = model.to(m.bfloat16), x.to(m.bfloat16)
    optimizer = m.optim.SGD(model.parameters(), lr=0.5)
    scaler = m.amp.GradScaler("cpu", init_scale=1024.0)
    found = []
    for _ in range(25):
        optimizer.zero_grad()
        with m.autocast("cpu", dtype=m.bfloat16, enabled=way == "autocast"):
            loss = m.nn.functional.cross_entropy(model(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        found.append(loss.item())
    return found


@pytest.mark.parametrize("way", ["bfloat16", "autocast"])
def test_training(way: str) -> None:
    ours, theirs = losses(minitorch, way), losses(torch, way)
    assert ours[-1] < 0.9 * ours[0]
    np.testing.assert_allclose(ours[:5], theirs[:5], rtol=0.02)
    np.testing.assert_allclose(ours, theirs, rtol=0.1)


@pytest.mark.parametrize("dtype", HALVES)
def test_files(dtype: str) -> None:
    """Each reads what the other wrote, views of one storage too."""
    for writer, reader in ((minitorch, torch), (torch, minitorch)):
        x = writer.arange(12.0).view(3, 4).to(getattr(writer, dtype))
        file = io.BytesIO()
        writer.save({"x": x, "part": x[1:, ::2]}, file)
        file.seek(0)
        found = reader.load(file)
        assert found["part"].tolist() == x[1:, ::2].tolist()
        assert str(found["x"].dtype) == f"torch.{dtype}"
        found["x"].zero_()
        assert found["part"].float().sum().item() == 0
