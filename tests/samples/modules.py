"""Every module that PyTorch's tests list: results, gradients of parameters and inputs, in training and in
evaluation.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_modules import FunctionInput, module_db

import minitorch

from .compare import Tolerance, compare, gradients, is_tensor, parts
from .report import Report, record, reference
from .translate import Translation, Widening, named

COLUMNS = ["float32", "float64"]


def infos() -> list[Any]:
    return sorted(module_db, key=title)


def title(info: Any) -> str:
    """`nn.Linear`."""
    return info.name if info.name.startswith("nn.") else "nn." + info.name


def run(info: Any, limit: int | None = None, columns: Iterable[str] = COLUMNS) -> list[Report]:
    """All samples of a module, or the first few, by dtype."""
    ours = named(title(info))
    if ours is None:
        return [Report(title(info), column, here=False) for column in columns]
    return [run_column(info, ours, column, limit) for column in columns]


def run_column(info: Any, ours: Any, column: str, limit: int | None) -> Report:
    """One dtype of a module."""
    report, tolerance = Report(title(info), column), Tolerance(info.decorators)
    for training in (True, False):
        for sample in samples(info, getattr(torch, column), training)[:limit]:
            check = lambda s=sample, t=training: outcome(info, ours, s, t, column, tolerance)  # noqa: E731
            record(report, check, lambda s=sample, t=training: f"{s.desc}, training={t}")
    return report


def samples(info: Any, dtype: torch.dtype, training: bool) -> list[Any]:
    """PyTorch's samples that can be run."""
    if dtype not in info.dtypes:
        return []
    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    made = info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=training)
    return [sample for sample in made if sample.forward_input is not None]


class Run:
    """One module on one input: its results, and the gradients of the parameters and inputs."""

    def __init__(self, library: Any, module: Any, given: Any, leaves: list[Any]) -> None:
        library.manual_seed(1)
        made = module(*given[0], **given[1])
        self.results = [made, list(module.buffers())]  # running statistics are results too
        self.leaves = [*module.parameters(), *leaves]
        self.wants = [x.requires_grad for x in parts(self.results) if is_tensor(x)]
        self.library = library

    def gradients(self) -> list[Any]:
        return gradients(self.results, [x for x in self.leaves if x.requires_grad], self.library)


def outcome(info: Any, ours: Any, sample: Any, training: bool, column: str, tolerance: Tolerance) -> str:
    """What is wrong with one sample."""
    made, given = sample.constructor_input, (sample.forward_input.args, sample.forward_input.kwargs)
    translate, widen = Translation(), Widening()
    wide, mine, wider = widen(given), translate(given), Widening()
    module = start(info, made, given).train(training).to(getattr(torch, column))
    own = ours(*Translation()(made.args), **Translation()(made.kwargs)).train(training).to(getattr(minitorch, column))
    fat = start(info, FunctionInput(*wider(made.args), **wider(made.kwargs)), given).train(training).double()
    own.load_state_dict(Translation()(dict(module.state_dict())))
    fat.load_state_dict(module.state_dict())
    theirs = reference(lambda: Run(torch, module, given, translate.leaves()[0]))
    mine_run = Run(minitorch, own, mine, translate.leaves()[1])
    return compare(mine_run, theirs, lambda: Run(torch, fat, wide, widen.leaves()[1]), tolerance)


def start(info: Any, made: Any, given: Any) -> Any:
    """A module of PyTorch's. A lazy one gets its shape from a first input."""
    module = info.module_cls(*made.args, **made.kwargs)
    if info.is_lazy:
        module.to(next(x.dtype for x in parts(given) if is_tensor(x)))(*given[0], **given[1])
    return module
