"""The committed reference numbers are what PyTorch computes today."""

import runpy
from pathlib import Path

import cases
import cases_distributions
import cases_func
import cases_layers
import cases_programs
import numpy as np
import pytest
import scripts
import torch

FOLDER = Path(__file__).parents[1] / "reference"


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # by torch.func itself
@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch's, on even kernels and on the mean of kl_div
@pytest.mark.parametrize(
    ("file", "chosen"),
    [
        ("reference.npz", cases.CASES),
        ("layers.npz", cases_layers.CASES),
        ("distributions.npz", cases_distributions.CASES),
        ("func.npz", cases_func.CASES),
    ],
    ids=["first", "layers", "distributions", "func"],
)
def test_reference_numbers_are_pytorchs(file, chosen):
    with np.load(FOLDER / file) as opened:
        reference = dict(opened)
    computed = {f"{name}/{key}": array for name, run in chosen.items() for key, array in run(torch).items()}
    assert set(computed) == set(reference)
    for key, array in computed.items():
        if array.dtype.kind == "U":
            assert str(array) == str(reference[key])
            continue
        np.testing.assert_allclose(array, reference[key], rtol=1e-10, atol=1e-12, err_msg=key)


def test_programs_print_under_pytorch_what_is_committed():
    """Not to the last bit: the order of PyTorch's sums depends on its threads and on the processor."""
    with np.load(FOLDER / "programs.npz") as opened:
        reference = dict(opened)
    assert set(reference) == {f"{name}/printed" for name in cases_programs.CASES}
    for name, run in cases_programs.CASES.items():
        np.testing.assert_allclose(
            run(torch)["printed"], reference[f"{name}/printed"], rtol=1e-5, atol=1e-6, err_msg=name
        )


@pytest.mark.parametrize("name", scripts.NAMES)
def test_texts_of_scripts_are_pytorchs(name, monkeypatch):
    monkeypatch.setattr("sys.argv", ["pytest"])
    # torch.testing's own parts, which other tests import, freeze the switches that scripts set.
    monkeypatch.setitem(torch.backends.ContextProp.__set__.__globals__, "flags_frozen", lambda: False)
    text = scripts.printed(name, lambda path: runpy.run_path(path, run_name="__main__"))
    expected = (scripts.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert scripts.differences(text, expected) == []
