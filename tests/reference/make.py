"""Write reference.npz: every case of cases.py, computed by PyTorch. Run in the environment of the oracle tests."""

from pathlib import Path

import numpy as np
import torch
from cases import CASES

FILE = Path(__file__).parent / "reference.npz"


def computed():
    """All arrays of all cases, by "case/array"."""
    return {f"{name}/{key}": array for name, run in CASES.items() for key, array in run(torch).items()}


if __name__ == "__main__":
    np.savez_compressed(FILE, **computed())
    print(f"{len(CASES)} cases written to {FILE}")
