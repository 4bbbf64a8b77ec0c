"""The page docs/samples.md: totals, and a row for every operation, module and optimizer."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch

from . import modules, operations, optimizers
from .operations import Report

PAGE = Path(__file__).parents[2] / "docs" / "samples.md"

HEAD = """# PyTorch's own samples

Made by `make samples`. PyTorch {version} carries the inputs that its own tests run: each operation with many arguments,
each module, each optimizer with its configurations. Here both run all of them, float32 on the CPU; an operation also
as a method and in place, without gradients. A sample has passed if structure, dtypes, shapes and values of the results,
and the gradients of all inputs and parameters, are PyTorch's, within the tolerances of `torch.testing.assert_close` or
those that PyTorch's own tests allow. Where PyTorch in float32 is further than that from itself in float64, or is near
zero beside large values, twice its error or 1.3e-6 of the largest value is allowed. No gradient is a gradient of zeros.

What has passed has passed all its samples. Left out are samples that PyTorch refuses itself, and those of what is not
here on purpose: complex, half precision and sparse tensors. PyTorch's internals are not counted.

| | here | of them passed | failed | all samples left out | not there |
| --- | ---: | ---: | ---: | ---: | ---: |
"""
KINDS = [("operations", operations), ("modules", modules), ("optimizers", optimizers)]


def total(kind: str, reports: list[Report]) -> str:
    """The row of totals of a kind."""
    n = Counter(report.verdict for report in reports)
    tried = n["passed"] + n["failed"]
    passed = f"{n['passed']} ({n['passed'] / tried:.1%})"
    return f"| {kind} | {tried} | {passed} | {n['failed']} | {n['left out']} | {n['not there']} |"


def row(report: Report) -> str:
    """One report as a row of a table."""
    counts = f"{report.passed or ''} | {len(report.failures) or ''} | {len(report.left_out) or ''}"
    left_out = ", ".join(sorted(set(report.left_out)))
    remark = report.failures[0] if report.failures else left_out
    return f"| `{report.name}` | {report.verdict} | {counts} | {cell(remark)} |"


def cell(text: str) -> str:
    """A message, short and on one line."""
    text = re.sub(r"\s+", " ", text).replace("|", "/").replace("<", "&lt;")
    text = re.sub(r', device="cpu", dtype=torch\.float32|, broadcasts_input=False|, name=\'\'', "", text)
    return text if len(text) <= 180 else text[:177] + "..."


def page(reports: dict[str, list[Report]]) -> str:
    """The whole page."""
    text = HEAD.format(version=torch.__version__.partition("+")[0])
    text += "\n".join(total(kind, reports[kind]) for kind in reports) + "\n"
    for kind, group in reports.items():
        text += f"\n## {kind.capitalize()}\n\n| | | passed | failed | left out | first failure, or what is left out |\n"
        text += "| --- | --- | ---: | ---: | ---: | --- |\n" + "\n".join(map(row, group)) + "\n"
    return text


def passed(text: str) -> set[str]:
    """The names that have passed, according to a page."""
    return set(re.findall(r"^\| `(.*?)` \| passed \|", text, re.MULTILINE))


def run_all(limit: int | None = None, only: Iterable[str] | None = None) -> dict[str, list[Report]]:
    """The reports of all, or of those named."""
    wanted = None if only is None else set(only)
    reports: dict[str, list[Report]] = {}
    warnings.simplefilter("ignore")
    for kind, part in KINDS:
        chosen = [info for info in part.infos() if wanted is None or part.title(info) in wanted]
        reports[kind] = [part.run(info, limit) for info in chosen]
    return reports
