"""Write docs/samples.md; say what has passed no longer."""

import torch

from .page import PAGE, page, passed, run_all, total

torch.set_num_threads(1)
before = passed(PAGE.read_text(encoding="utf-8")) if PAGE.exists() else set()
reports = run_all()
PAGE.write_text(page(reports), encoding="utf-8")
print(*[total(kind, group) for kind, group in reports.items()], sep="\n")
if lost := sorted(before - passed(PAGE.read_text(encoding="utf-8"))):
    raise SystemExit(f"passed before, and no longer: {', '.join(lost)}")
