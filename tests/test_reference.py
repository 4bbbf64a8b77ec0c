"""Every layer, loss and optimizer against numbers that PyTorch computed (tests/reference)."""

from pathlib import Path

import numpy as np
import pytest
from cases import CASES as FIRST
from cases_distributions import CASES as DRAWN
from cases_func import CASES as NESTED
from cases_layers import CASES as SECOND

import minitorch as torch

FOLDER = Path(__file__).parent / "reference"
CASES = {**FIRST, **SECOND, **DRAWN, **NESTED}
REFERENCE = {}
for name in ("reference.npz", "layers.npz", "distributions.npz", "func.npz"):
    with np.load(FOLDER / name) as file:
        REFERENCE.update(file)


# PyTorch's own gradient of hardsigmoid has 1/6 in float32, also for float64; so has the entropy of Multinomial its
# count.
# Its trigamma function is good to ten digits.
TOLERANCE = {"Hardsigmoid": 1e-7, "Multinomial density": 1e-7, "kl Beta Normal": 1e-8, "kl Gamma Exponential": 1e-8}
TOLERANCE |= {"VonMises density": 1e-5, "GeneralizedPareto": 1e-4, "kl Gamma Gumbel": 1e-7}
TOLERANCE |= {f"kl Beta {q}": 1e-6 for q in ("ContinuousBernoulli", "Exponential", "Gamma")}


@pytest.mark.parametrize("name", CASES)
def test_as_in_pytorch(name):
    expected = {key.partition("/")[2]: array for key, array in REFERENCE.items() if key.partition("/")[0] == name}
    found = CASES[name](torch)
    assert expected
    assert set(found) == set(expected)
    for key, array in expected.items():
        assert found[key].shape == array.shape, key
        assert found[key].dtype == array.dtype or array.dtype.kind == "U", key
        if array.dtype.kind == "U":
            assert str(found[key]) == str(array), key
            continue
        np.testing.assert_allclose(found[key], array, rtol=TOLERANCE.get(name, 1e-9), atol=1e-10, err_msg=key)
