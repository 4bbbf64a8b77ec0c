"""Snippets of a line or a few, and what each of them gives: values, dtypes, shapes, errors, warnings, printed text.

The same snippet runs under PyTorch and under minitorch. `*.txt` hold them, separated by empty lines; what PyTorch
answers is in `answers.json`, so that the tests need no PyTorch. `python tests/behaviours/snippets.py` writes it, where
PyTorch is.
"""

from __future__ import annotations

import ast
import builtins
import collections
import contextlib
import copy
import functools
import importlib
import io
import itertools
import json
import math
import operator
import pickle
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

HERE = Path(__file__).parent
ANSWERS = HERE / "answers.json"
_NAMESPACES = {
    "nn": "nn",
    "F": "nn.functional",
    "data": "utils.data",
    "parametrize": "nn.utils.parametrize",
    "prune": "nn.utils.prune",
    "rnn": "nn.utils.rnn",
    "LR": "optim.lr_scheduler",
    "optim": "optim",
    "D": "distributions",
}
_LIBRARIES = (np, math, copy, collections, itertools, functools, operator, pickle, io, warnings)


def all_snippets() -> list[tuple[str, str]]:
    """(name of the file, snippet) of every snippet."""
    found = []
    for path in sorted(HERE.glob("*.txt")):
        blocks = re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
        found += [(path.stem, block.strip("\n")) for block in blocks if block.strip()]
    return found


def answers() -> dict[str, Any]:
    """What PyTorch answers, by snippet."""
    return json.loads(ANSWERS.read_text(encoding="utf-8"))


class Runner:
    """Runs snippets under one library, called `torch` in them."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        if torch.__name__ == "torch":
            torch.set_warn_always(True)  # not once a process: the answers depend on no order
        self.places = {short: self.imported("torch." + name) for short, name in _NAMESPACES.items()}

    def imported(self, name: str) -> Any:
        """A module of the library by PyTorch's name for it."""
        return importlib.import_module(name.replace("torch", self.torch.__name__, 1))

    def run(self, code: str) -> dict[str, Any]:
        """What the snippet gives: the value of its last expression or the error, the warnings, what it prints."""
        names = {"torch": self.torch, "err": self.err, "imp": self.imported, "__name__": "__main__", **self.places}
        names.update({("np" if m is np else m.__name__): m for m in _LIBRARIES})
        self.torch.manual_seed(0)
        printed = io.StringIO()
        answer: dict[str, Any] = {}
        with warnings.catch_warnings(record=True) as said, contextlib.redirect_stdout(printed):
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", "TypedStorage is deprecated")  # PyTorch says so once a process, always
            try:
                answer["value"] = self.summary(_value_of(code, names))
            except Exception as error:
                answer["error"] = _kinds(error)
        answer["warnings"] = [w.category.__name__ for w in said if not issubclass(w.category, DeprecationWarning)]
        answer["printed"] = _plain(printed.getvalue())
        return json.loads(json.dumps(answer))

    def err(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """The result, or the kinds of the error."""
        try:
            return function(*args, **kwargs)
        except Exception as error:
            return {"error": _kinds(error)}

    def summary(self, x: Any) -> Any:
        """A value as JSON can hold it."""
        torch = self.torch
        if isinstance(x, torch.Tensor):
            kind = [type(x).__name__, str(x.dtype), [int(n) for n in x.shape], x.requires_grad, x.is_leaf]
            return {"tensor": [*kind, _node(x), self.summary(x.detach().tolist())]}
        if type(x) in (bool, int, float, type(None)):
            return x
        if isinstance(x, str):
            return _plain(str(x))
        if isinstance(x, (tuple, list, types.GeneratorType)):
            return {_sequence(x): [self.summary(item) for item in x]}
        if isinstance(x, dict):
            pairs = [[self.summary(key), self.summary(value)] for key, value in x.items()]
            return {type(x).__name__: sorted(pairs, key=repr) if type(x) is dict else pairs}
        if isinstance(x, np.ndarray):
            return {"array": [str(x.dtype), list(x.shape), x.tolist()]}
        if isinstance(x, type):
            return {"class": x.__name__}
        if isinstance(x, (set, frozenset)):
            return {"set": sorted(map(repr, x))}
        return {"repr": _plain(repr(x))}


def _value_of(code: str, names: dict[str, Any]) -> Any:
    tree = ast.parse(code)
    last = ast.Expression(tree.body.pop().value) if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<snippet>", "exec"), names)
    return eval(compile(last, "<snippet>", "eval"), names) if last else None


def _kinds(error: Exception) -> list[str]:
    """The names of the error's class and of its bases, Python's own."""
    return [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"][:-3] or ["Exception"]


def _sequence(x: Any) -> str:
    if isinstance(x, tuple) and type(x) is not tuple:
        return type(x).__name__.split(".")[-1].replace("_out", "")
    return "generator" if isinstance(x, types.GeneratorType) else type(x).__name__


def _node(x: Any) -> str | None:
    return None if x.grad_fn is None else x.grad_fn.name().replace("torch::autograd::", "")


def _plain(text: str) -> str:
    """Without addresses, and with one name for both libraries."""
    text = text.replace("minitorch.tensor.Tensor", "torch.Tensor").replace("minitorch", "torch")
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def same(theirs: Any, ours: Any) -> bool:
    """Whether two answers agree: numbers up to rounding, errors if ours is one of theirs."""
    if isinstance(theirs, float) and isinstance(ours, float):
        return math.isclose(theirs, ours, rel_tol=2e-5, abs_tol=1e-6) or (theirs != theirs and ours != ours)
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if "error" in theirs and "error" in ours:
            return theirs["error"][0] in ours["error"] and _rest(theirs) == _rest(ours)
        return theirs.keys() == ours.keys() and all(same(theirs[k], ours[k]) for k in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(same, theirs, ours))
    return type(theirs) is type(ours) and theirs == ours


def _rest(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "error"}


def write_answers() -> None:
    """Ask PyTorch."""
    runner = Runner(importlib.import_module("torch"))
    found = {code: runner.run(code) for _, code in all_snippets()}
    lines = ",\n".join(f"{json.dumps(code)}: {json.dumps(answer)}" for code, answer in found.items())
    ANSWERS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write_answers()
    builtins.print(len(answers()), "answers")
