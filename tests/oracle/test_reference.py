"""The committed reference numbers are what PyTorch computes today."""

from pathlib import Path

import numpy as np
import torch
from cases import CASES

FOLDER = Path(__file__).parents[1] / "reference"


def test_reference_numbers_are_pytorchs():
    with np.load(FOLDER / "reference.npz") as file:
        reference = dict(file)
    computed = {f"{name}/{key}": array for name, run in CASES.items() for key, array in run(torch).items()}
    assert set(computed) == set(reference)
    for key, array in computed.items():
        np.testing.assert_allclose(array, reference[key], rtol=1e-10, atol=1e-12, err_msg=key)
