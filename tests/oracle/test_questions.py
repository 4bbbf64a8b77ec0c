"""The questions of scripts, answered as PyTorch's CPU build answers them; and the page of what is here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import minitorch as mini

ROOT = Path(__file__).parents[2]

QUESTIONS = {
    "cuda": lambda t: [
        t.cuda.is_available(),
        t.cuda.device_count(),
        t.cuda.is_initialized(),
        t.cuda.memory_allocated(),
    ],
    "quiet": lambda t: [t.cuda.empty_cache(), t.cuda.manual_seed(1), t.cuda.manual_seed_all(1)],
    "others": lambda t: [
        t.backends.mps.is_available(),
        t.xpu.is_available(),
        t.accelerator.current_accelerator(),
        t.accelerator.device_count(),
    ],
    "versions": lambda t: [
        t.__version__ >= (1, 8),
        t.__version__ >= "2.13",
        t.__version__ < "2.14",
        t.__version__ > "2.9.1",
        t.version.cuda,
    ],
    "version text": lambda t: t.__version__.split("+")[0],
    "finfo": lambda t: [repr(t.finfo(d)) for d in (t.float32, t.float64, t.float16, t.bfloat16)] + [repr(t.finfo())],
    "finfo numbers": lambda t: [
        (f.eps, f.max, f.min, f.tiny, f.bits, f.resolution) for f in map(t.finfo, (t.float32, t.float64, t.bfloat16))
    ],
    "iinfo": lambda t: (
        [repr(t.iinfo(d)) for d in (t.int8, t.uint8, t.int16)] + [t.iinfo(t.int64).max, t.iinfo(t.int64).bits]
    ),
    "precision": lambda t: [t.get_float32_matmul_precision(), t.are_deterministic_algorithms_enabled()],
    "legacy": lambda t: [
        t.FloatTensor([1, 2]),
        t.LongTensor([1]).dtype,
        t.ByteTensor(2, 3).shape,
        isinstance(t.ones(1), t.FloatTensor),
    ],
    "typed": lambda t: [t.ones(1).type(t.DoubleTensor), t.ones(1).type("torch.LongTensor"), t.typename(t.ones(1))],
    "variable": lambda t: [
        t.autograd.Variable(t.ones(1), requires_grad=True),
        isinstance(t.ones(1), t.autograd.Variable),
    ],
    "moves": lambda t: [t.ones(1).is_pinned(), t.ones(1).is_shared(), t.ones(1).get_device(), t.ones(1).is_cuda],
    "constants": lambda t: [t.pi, t.e, t.inf, t.newaxis, t.float16, t.half, t.bfloat16.itemsize],
    "scaler": lambda t: [
        t.amp.GradScaler("cuda", enabled=False).state_dict(),
        t.amp.GradScaler("cuda", enabled=False).get_scale(),
    ],
    "pairs": lambda t: [t.nn.modules.utils._pair(3), t.nn.modules.utils._pair([1, 2]), t.nn.modules.utils._triple("a")],
    "jit": lambda t: [t.jit.is_scripting(), t.jit.is_tracing(), t.compiler.is_compiling()],
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers(name):
    assert repr(QUESTIONS[name](mini)) == repr(QUESTIONS[name](torch))


ERRORS = {
    "gpu": lambda t: t.cuda.get_device_name(),
    "current": lambda t: t.cuda.current_device(),
    "finfo": lambda t: t.finfo(t.int8),
    "typed": lambda t: t.cuda.FloatTensor(2),
    "iinfo": lambda t: t.iinfo(t.float32),
    "precision": lambda t: t.set_num_interop_threads(0),
    "name": lambda t: t.no_such_name,
    "module": lambda t: t.nn.no_such_name,
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011
        ERRORS[name](torch)
    with pytest.raises(theirs.type):
        ERRORS[name](mini)


COMPARED = {
    "far": lambda t: (t.ones(3), t.tensor([1, 1.1, 1])),
    "shape": lambda t: (t.ones(2), t.ones(3)),
    "dtype": lambda t: (t.ones(2), t.ones(2).double()),
    "integers": lambda t: (t.tensor([1, 2]), t.tensor([1, 3])),
    "0-d": lambda t: (t.tensor(1.0), t.tensor(1.1)),
    "numbers": lambda t: (1.0, 1.1),
    "nested": lambda t: ({"a": [1, 2]}, {"a": [1, 3]}),
    "length": lambda t: ([1], [1, 2]),
    "bools": lambda t: (True, False),
    "kinds": lambda t: (1, 1.0),
    "texts": lambda t: ("a", "a"),
    "mixed": lambda t: (1.0, t.tensor(1.0)),
    "nan": lambda t: (t.tensor([float("nan")]),) * 2,
    "none": lambda t: (None, None),
    "near": lambda t: (t.ones(2), t.ones(2) + 1e-6),
    "near64": lambda t: (t.ones(2).double(), t.ones(2).double() + 1e-6),
    "keys": lambda t: ({"a": 1}, {"b": 1}),
}


@pytest.mark.parametrize("name", COMPARED)
def test_assert_close(name):
    outcomes = [_outcome(t, *COMPARED[name](t)) for t in (torch, mini)]
    assert outcomes[0] == outcomes[1]


def _outcome(t, a, b):
    """What `assert_close` says, without the numbers that depend on the last bit."""
    try:
        t.testing.assert_close(a, b)
    except (AssertionError, TypeError) as error:
        lines = str(error).splitlines()
        return (
            type(error).__name__,
            lines[0].replace("minitorch.tensor.", "torch."),
            [x for x in lines if "Mismatched" in x or "item" in x],
        )
    return "close"


def test_the_page_of_coverage_is_up_to_date():
    """Compared in a process of its own: which of PyTorch's modules are there depends on what was imported."""
    command = [sys.executable, str(ROOT / "docs" / "make_coverage.py"), "--print"]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    assert (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == done.stdout, "run `make coverage`"


def test_what_is_refused_is_not_here():
    """A name that we have is not listed as left out, except what only answers a question."""
    from minitorch.absent import reason

    answering = ("cuda", "fx", "jit", "compiler", "hub", "backends", "mps", "xpu", "accelerator", "distributed")
    answering += ("onnx", "SymBool", "SymFloat", "SymInt", "sparse_csr")  # marks, for isinstance and comparisons
    both = [name for name in mini.__all__ if reason(f"torch.{name}") and name not in answering]
    assert not both
