"""What has passed PyTorch's own samples, according to docs/samples.md, still passes the first of them."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest")  # PyTorch's samples stand in modules that import it

from samples import modules, operations, optimizers
from samples.page import PAGE, passed

FIRST = 2
KNOWN = passed(PAGE.read_text(encoding="utf-8"))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("part", [operations, modules, optimizers], ids=["operations", "modules", "optimizers"])
def test_still_passes(part: Any) -> None:
    infos = [info for info in part.infos() if (part.title(info), "float32") in KNOWN]
    assert infos
    reports = [report for info in infos for report in part.run(info, FIRST, ["float32"])]
    assert not [(r.name, r.failures[0]) for r in reports if r.failures]
