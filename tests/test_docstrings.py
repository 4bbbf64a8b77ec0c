"""Every example (`>>>`) in the documentation runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import minitorch as torch

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
