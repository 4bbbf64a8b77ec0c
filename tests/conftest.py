"""Settings that all tests share."""

import os
import sys
from pathlib import Path

import hypothesis
import pytest

# MINITORCH_WITHOUT_NUMBA=1: importing Numba fails, in this process and in those that tests start.
if os.environ.get("MINITORCH_WITHOUT_NUMBA") == "1":
    blocked = str(Path(__file__).parent / "without_numba")
    sys.path.insert(0, blocked)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [blocked, os.environ.get("PYTHONPATH")]))

# No deadline: the first call of a kernel compiles it. Derandomised: a run is the same everywhere.
hypothesis.settings.register_profile("minitorch", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "minitorch"))


@pytest.fixture(autouse=True)
def _same_random_numbers() -> None:
    """Every test starts from the same seed, whatever ran before it."""
    minitorch = sys.modules.get("minitorch")
    if hasattr(minitorch, "manual_seed"):
        minitorch.manual_seed(0)


def pytest_report_header() -> str:
    """Say which kernels are tested."""
    try:
        import numba
    except ImportError:
        return "kernels: the numpy twins, Numba cannot be imported"
    off = os.environ.get("MINITORCH_JIT") == "0"
    return "kernels: the numpy twins, MINITORCH_JIT=0" if off else f"kernels: Numba {numba.__version__}"
