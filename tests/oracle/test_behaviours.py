"""The answers that the tests of behaviours compare with are PyTorch's."""

import pytest
import torch
from behaviours.snippets import Runner, all_snippets, answers, same

ANSWERS = answers()


def test_every_answer_has_a_snippet():
    assert ANSWERS.keys() == {code for _, code in all_snippets()}, "run `python tests/behaviours/snippets.py`"


@pytest.mark.parametrize("code", [pytest.param(code, id=f"{name}{i}") for i, (name, code) in enumerate(all_snippets())])
def test_answer(code):
    runner = Runner(torch)
    assert same(ANSWERS[code], runner.run(code)), code
