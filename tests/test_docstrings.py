"""Every example (`>>>`) in the documentation runs and prints what it says."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import minitorch as torch

ROOT = Path(__file__).parent.parent
FOUND = [m.name for m in pkgutil.walk_packages(torch.__path__, "minitorch.")]
MODULES = ["minitorch", *[name for name in FOUND if name != "minitorch.again"]]  # importing that one runs a program
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def examples(name):
    """The docstrings of a module that have examples."""
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    found = doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name), extraglobs=names)
    return [test for test in found if test.examples]


EXAMPLES = [test for name in MODULES for test in examples(name)]


def test_there_are_examples():
    assert len(EXAMPLES) > 30


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda test: test.name)
def test_example(example):
    torch.manual_seed(0)
    report = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(example, out=report.append, clear_globs=False)
    assert not result.failed, "".join(report)


def test_the_readme_shows_the_source_as_it_is():
    shown = re.findall(
        r"^```py\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    sources = [
        (ROOT / "minitorch" / name).read_text(encoding="utf-8") for name in ("kernels/scalar.py", "ops/pointwise.py")
    ]
    assert len(shown) == 2
    assert all(block in source for block, source in zip(shown, sources, strict=True))
