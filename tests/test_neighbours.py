"""Packages that are used beside PyTorch work with minitorch in its place: unmodified programs, run from the shell.

The packages come with the extra `neighbours`, which the tests' environment has and no user needs.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import minitorch

PROGRAMS = Path(__file__).parent / "neighbours"
PRINTED = {
    "einops": "True minitorch",
    "torchinfo": "27098 minitorch",
    "skorch": "['lr', 'module__units'] minitorch",
    "pandas": "minitorch",
}


def needs(package):
    """Skip where it is missing; it is not imported, as it would look for PyTorch."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


def shell(folder, *arguments):
    """What Python prints, with the minitorch that is tested here."""
    path = os.pathsep.join(filter(None, [str(Path(minitorch.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("package", PRINTED)
def test_programs(package, tmp_path):
    needs(package)
    assert shell(tmp_path, "-m", "minitorch", "run", str(PROGRAMS / f"with_{package}.py")) == PRINTED[package]


def test_every_program_is_run():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == {f"with_{package}" for package in PRINTED}


CONTEXT = """
import sys
import minitorch

with minitorch.as_torch("einops"):
    from einops import rearrange
    shape = rearrange(minitorch.ones(2, 3), "a b -> b a").shape
    from einops import _backends

assert "torch" in _backends.sys.modules and _backends.sys.modules["torch.nn"] is minitorch.nn
assert _backends.sys.path is sys.path and len(_backends.sys.modules) == len(list(_backends.sys.modules))
print(tuple(shape), "torch" in sys.modules)
"""


def test_the_context_shows_named_packages_their_torch(tmp_path):
    needs("einops")
    assert shell(tmp_path, "-c", CONTEXT) == "(3, 2) False"
