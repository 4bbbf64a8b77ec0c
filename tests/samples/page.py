"""The page docs/samples.md: totals, and a row for every operation, module and optimizer."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch

from . import modules, operations, optimizers, variants
from .reasons import why_not
from .report import Report

PAGE = Path(__file__).parents[2] / "docs" / "samples.md"

HEAD = """# PyTorch's own samples

Made by `make samples`. PyTorch {version} carries the inputs that its own tests run: each operation with many arguments,
each module, each optimizer with its configurations. Here both run all of them on the CPU. A sample has passed if
structure, dtypes, shapes and values of the results, and the gradients of all inputs and parameters, are PyTorch's,
within the tolerances of `torch.testing.assert_close` or those that PyTorch's own tests allow. Where PyTorch is further
than that from itself in float64, or is near zero beside large values, twice its error or the relative tolerance of the
largest value is allowed. No gradient is a gradient of zeros.

Operations have these columns:

- the dtypes: values and, where PyTorch has them, first derivatives;
- methods: the same as a method, and in place, in float32, without gradients: values, or an error where PyTorch has one;
- out=: written to tensors of other strides, of no elements, and of int64: values, or an error of the same class;
- errors: PyTorch's samples of wrong arguments: an error of the same class.

`PYTHONPATH=tests python -m samples NAME...` runs single operations, these with two columns more: reference, the larger
inputs that PyTorch compares with NumPy (NaN, infinities, extreme values), in float32, and second, `gradgradcheck` by
minitorch itself, in float64, of inputs of up to {most} numbers.

A cell is the number of samples that have passed, or how many of how many. Left out (–) are samples that PyTorch refuses
itself, and those of what is not here on purpose, such as sparse tensors. PyTorch's internals are not counted.

"""
KINDS = [("operations", operations), ("modules", modules), ("optimizers", optimizers)]


def totals(kind: str, groups: list[list[Report]]) -> str:
    """The table of totals of a kind, a row for each column."""
    lines = [
        f"## {kind.capitalize()}",
        "",
        "| | tried | passed | failed | not there |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for column in zip(*groups, strict=True):
        n = Counter(report.verdict for report in column)
        tried = n["passed"] + n["failed"]
        passed = f"{n['passed']} ({n['passed'] / max(tried, 1):.1%})"
        lines.append(f"| {column[0].column} | {tried} | {passed} | {n['failed']} | {n['not there']} |")
    return "\n".join(lines) + "\n"


def table(groups: list[list[Report]]) -> str:
    """A row for each operation, module or optimizer."""
    columns = [report.column for report in groups[0]]
    lines = ["| | " + " | ".join(columns) + " |", "| --- |" + " ---: |" * len(columns)]
    lines += [f"| `{group[0].name}` | " + " | ".join(map(cell, group)) + " |" for group in groups]
    return "\n".join(lines) + "\n"


def cell(report: Report) -> str:
    """How many samples have passed."""
    words = {"failed": f"**{report.passed}/{report.passed + len(report.failures)}**", "passed": str(report.passed)}
    return words.get(report.verdict, {"left out": "–", "not there": "not there"}.get(report.verdict, ""))


def failures(groups: list[list[Report]]) -> str:
    """What failed first, for every cell in which something has."""
    failed = [report for group in groups for report in group if report.failures]
    lines = [f"| `{r.name}` | {r.column} | {shown(why_not(r.name, r.column) or r.failures[0])} |" for r in failed]
    head = ["What differs, and why; where no reason is known, the first failure:", "", "| | | |", "| --- | --- | --- |"]
    return "\n".join([*head, *lines]) + "\n" if lines else ""


def shown(text: str) -> str:
    """A message, short and on one line."""
    text = re.sub(r"\s+", " ", text).replace("|", "/").replace("<", "&lt;")
    text = re.sub(r', device="cpu", dtype=torch\.float32|, broadcasts_input=False|, name=\'\'', "", text)
    return text if len(text) <= 220 else text[:217] + "..."


def page(reports: dict[str, list[list[Report]]]) -> str:
    """The whole page."""
    text = HEAD.format(version=torch.__version__.partition("+")[0], most=variants.MOST)
    parts = [(totals(kind, groups), failures(groups), table(groups)) for kind, groups in reports.items()]
    return text + "\n".join(filter(None, [part for group in parts for part in group]))


def passed(text: str) -> set[tuple[str, str]]:
    """The names and columns that have passed, according to a page."""
    found, columns = set(), []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| | "):
            columns = cells[1:]
        elif line.startswith("| `"):
            found |= {(cells[0].strip("`"), c) for c, n in zip(columns, cells[1:], strict=False) if n.isdigit()}
    return found


def run_all(only: Iterable[str] = ()) -> dict[str, list[list[Report]]]:
    """The reports of all, or of those named."""
    warnings.simplefilter("ignore")
    wanted = set(only)
    reports: dict[str, list[list[Report]]] = {}
    for kind, part in KINDS:
        chosen = [info for info in part.infos() if not wanted or part.title(info) in wanted]
        columns = [*part.COLUMNS, *(getattr(part, "SLOW", []) if wanted else [])]
        reports[kind] = [part.run(info, columns=columns) for info in chosen]
    return {kind: groups for kind, groups in reports.items() if groups}
