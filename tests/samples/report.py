"""What became of samples, and one call of an operation by either library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch

from .compare import gradients, is_tensor, parts
from .translate import LeftOutError, dtype


@dataclass
class Report:
    """What became of the samples of one operation, module or optimizer, in one column of its table."""

    name: str
    column: str
    here: bool = True
    passed: int = 0
    left_out: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        if not self.here:
            return "not there"
        if self.failures:
            return "failed"
        return "passed" if self.passed else "left out" if self.left_out else ""


def record(report: Report, check: Any, describe: Any) -> None:
    """Count one sample; whatever is raised is its outcome."""
    try:
        wrong = check()
    except LeftOutError as why:
        report.left_out.append(str(why))
        return
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    if wrong:
        report.failures.append(f"{wrong} [{describe()}]")
    else:
        report.passed += 1


class Call:
    """One call of an operation: its results, which of them want gradients, and the gradients of its leaves."""

    def __init__(self, library: Any, op: Any, finish: Any, given: Any, leaves: list[Any]) -> None:
        self.results = finish(op(given[0], *given[1], **given[2]))
        self.wants = [x.requires_grad for x in parts(self.results) if is_tensor(x)]
        self.library, self.leaves = library, leaves

    def gradients(self) -> list[Any]:
        return gradients(self.results, self.leaves, self.library)


def in_float64(call: Any) -> Any:
    """A call of PyTorch's that makes float64 of integers."""
    torch.set_default_dtype(torch.float64)
    try:
        return call()
    finally:
        torch.set_default_dtype(torch.float32)


def reference(call: Any) -> Any:
    """PyTorch's call. A sample that it refuses itself, or whose result cannot exist here, is left out."""
    try:
        made = call()
    except Exception as error:
        raise LeftOutError("refused by PyTorch") from error
    for part in parts(made.results):
        if isinstance(part, torch.Tensor):
            dtype(part.dtype)
    return made
