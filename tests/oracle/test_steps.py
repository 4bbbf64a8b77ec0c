"""The same script from the same seed, twenty steps in PyTorch and here: losses agree, no weights copied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from cases_steps import CASES, RELATIVE

import minitorch

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("name", CASES)
def test_losses_agree(name: str) -> None:
    found, expected = CASES[name](minitorch)["losses"], CASES[name](torch)["losses"]
    np.testing.assert_allclose(found, expected, rtol=RELATIVE)


@pytest.mark.parametrize("name", CASES)
def test_committed_losses_are_pytorchs(name: str) -> None:
    with np.load(Path(__file__).parents[1] / "reference" / "steps.npz") as file:
        np.testing.assert_allclose(CASES[name](torch)["losses"], file[f"{name}/losses"], rtol=RELATIVE)
