"""Twenty steps of training give the losses that PyTorch printed (tests/reference/cases_steps.py)."""

from pathlib import Path

import numpy as np
import pytest
from cases_steps import CASES, RELATIVE

import minitorch

with np.load(Path(__file__).parent / "reference" / "steps.npz") as file:
    REFERENCE = dict(file)


@pytest.mark.parametrize("name", CASES)
def test_losses_of_twenty_steps(name):
    expected = REFERENCE[f"{name}/losses"]
    found = CASES[name](minitorch)["losses"]
    np.testing.assert_allclose(found, expected, rtol=RELATIVE)
    assert len(expected) == 20
    assert np.ptp(expected) > 0.1  # something was learnt, so that the steps are compared and not the start


def test_another_seed_gives_other_losses(monkeypatch):
    seed = minitorch.manual_seed
    monkeypatch.setattr(minitorch, "manual_seed", lambda _: seed(1))
    assert not np.allclose(CASES["mlp"](minitorch)["losses"], REFERENCE["mlp/losses"], rtol=RELATIVE)
