"""Whole scripts in the manner of tutorials and repositories (tests/programs), unchanged: they print what they print
under PyTorch.
"""

import pytest
from scripts import FOLDER, NAMES, differences, printed

import minitorch
from minitorch.standin import run


@pytest.mark.parametrize("name", NAMES)
def test_prints_what_pytorch_prints(name, monkeypatch):
    monkeypatch.setattr("sys.argv", ["pytest"])
    monkeypatch.syspath_prepend("")  # the folder of the script takes its place
    default = minitorch.get_default_dtype()
    try:
        found = printed(name, lambda path: run(path, [], []))
    finally:
        minitorch.set_default_dtype(default)
    expected = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert expected
    assert differences(found, expected) == []


def test_differences_are_seen():
    assert differences("loss 0.12345 at 3", "loss  0.12346 at 3") == []
    assert differences("loss 0.1234 at 3", "loss 0.1244 at 3")
    assert differences("loss 0.1 at 3", "loss 0.1 at 4")
    assert differences("Linear(2, 3)", "Conv(2, 3)")
    assert differences("a\nb", "a")
    assert differences("nan", "1.0")
