"""Write the .npz files (every case of the cases_*.py) and the texts of tests/programs, both computed by PyTorch.

Run in the environment of the oracle tests.
"""

import runpy
from pathlib import Path

import cases
import cases_distributions
import cases_func
import cases_layers
import cases_programs
import cases_steps
import numpy as np
import scripts
import torch

FOLDER = Path(__file__).parent
FILES = {
    "reference.npz": cases.CASES,
    "layers.npz": cases_layers.CASES,
    "distributions.npz": cases_distributions.CASES,
    "func.npz": cases_func.CASES,
    "programs.npz": cases_programs.CASES,
    "steps.npz": cases_steps.CASES,
}


def computed(cases):
    """All arrays of all cases, by "case/array"."""
    return {f"{name}/{key}": array for name, run in cases.items() for key, array in run(torch).items()}


if __name__ == "__main__":
    for name, chosen in FILES.items():
        np.savez_compressed(FOLDER / name, **computed(chosen))
        print(f"{len(chosen)} cases written to {FOLDER / name}")
    for name in scripts.NAMES:
        text = scripts.printed(name, lambda path: runpy.run_path(path, run_name="__main__"))
        (scripts.FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
    print(f"{len(scripts.NAMES)} texts written to {scripts.FOLDER}")
