"""Write docs/samples.md; say what has passed no longer. With names of operations: run these, and print their page."""

import sys

import torch

from .page import PAGE, page, passed, run_all, totals

torch.set_num_threads(1)
if only := sys.argv[1:]:
    print(page(run_all(only)))
    raise SystemExit
before = passed(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else set()
reports = run_all()
PAGE.write_text(page(reports), encoding="utf-8")
print(*[totals(kind, groups) for kind, groups in reports.items()], sep="\n")
if lost := sorted(before - passed(PAGE.read_text(encoding="utf-8"))):
    raise SystemExit(f"passed before, and no longer: {', '.join(map(' '.join, lost))}")
