"""Whole small programs print what they print under PyTorch, from the same seed (tests/reference/cases_programs.py)."""

from pathlib import Path

import numpy as np
import pytest
from cases_programs import CASES

import minitorch as torch

with np.load(Path(__file__).parent / "reference" / "programs.npz") as file:
    REFERENCE = dict(file)


@pytest.mark.parametrize("name", CASES)
def test_prints_what_pytorch_prints(name):
    found, expected = CASES[name](torch)["printed"], REFERENCE[f"{name}/printed"]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-6)  # nothing has been trained yet
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_every_reference_has_a_program():
    assert set(REFERENCE) == {f"{name}/printed" for name in CASES}
