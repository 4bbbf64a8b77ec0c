"""Snippets give what PyTorch gives: values, dtypes, shapes, kinds of errors, warnings. See behaviours/snippets.py."""

import pytest
from behaviours.snippets import Runner, all_snippets, answers, same

import minitorch

ANSWERS = answers()
SNIPPETS = [pytest.param(code, id=f"{name}{i}") for i, (name, code) in enumerate(all_snippets())]


@pytest.fixture(scope="module")
def runner():
    return Runner(minitorch)


@pytest.mark.parametrize("code", SNIPPETS)
def test_answer(runner, code):
    ours, theirs = runner.run(code), ANSWERS[code]
    assert same(theirs, ours), f"{code}\nPyTorch: {theirs}\nminitorch: {ours}"
