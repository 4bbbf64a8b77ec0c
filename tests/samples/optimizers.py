"""Every optimizer that PyTorch's tests list: the parameters after each of twenty steps, with every configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_optimizers import _get_optim_inputs_including_global_cliquey_kwargs as all_inputs
from torch.testing._internal.common_optimizers import optim_db

import minitorch

from .compare import Tolerance, difference
from .report import Report, record
from .translate import LeftOutError, Translation, named

COLUMNS = ["float32"]
STEPS = 20
# A step of it is twenty iterations; without a line search they are chaotic, and the last bits of a float32 decide soon.
FEWER = {"optim.LBFGS": 5}
DTYPES = {"optim.LBFGS": "float64"}
# PyTorch orthogonalises in bfloat16: the tolerance is that of assert_close for it.
TOLERANCES = {"optim.Muon": Tolerance(float32=1.6e-2)}


def infos() -> list[Any]:
    return sorted(optim_db, key=title)


def title(info: Any) -> str:
    """`optim.SGD`."""
    return "optim." + info.optim_cls.__name__


def run(info: Any, limit: int | None = None, columns: Iterable[str] = COLUMNS) -> list[Report]:
    """All configurations of an optimizer, those for PyTorch's other implementations included, or the first few."""
    report = Report(title(info), "float32")
    ours = named(title(info))
    if ours is None:
        report.here = False
        return [report]
    for sample in all_inputs("cpu", torch.float32, info, skip=("differentiable",))[:limit]:
        record(report, lambda s=sample: outcome(info, ours, s.kwargs), lambda s=sample: f"{s.kwargs}")
    return [report]


def outcome(info: Any, ours: Any, kwargs: dict[str, Any]) -> str:
    """What is wrong with one configuration."""
    if info.only_supports_sparse_grads:
        raise LeftOutError("sparse")
    dtype, steps = DTYPES.get(title(info), "float32"), FEWER.get(title(info), STEPS)
    kwargs = {k: v.to(getattr(torch, dtype)) if isinstance(v, torch.Tensor) else v for k, v in kwargs.items()}
    theirs = train(torch, info.optim_cls, kwargs, dtype, steps)
    mine = train(minitorch, ours, Translation()(kwargs), dtype, steps)
    return difference(mine, theirs, TOLERANCES.get(title(info), Tolerance()))


def train(library: Any, optimizer: Any, kwargs: dict[str, Any], dtype: str, steps: int) -> list[Any]:
    """The losses and the parameters of a small regression, over some steps."""
    rng = np.random.default_rng(0)
    x, y, *start = [library.from_numpy(rng.standard_normal(s).astype(dtype)) for s in [(8, 5), (8, 3), (5, 4), (4, 3)]]
    params = [p.clone().requires_grad_() for p in start]
    made = optimizer(params, **kwargs)

    def closure() -> Any:
        made.zero_grad()
        loss = ((x @ params[0]).tanh() @ params[1] - y).pow(2).mean()
        loss.backward()
        return loss

    seen = []
    for _ in range(steps):
        seen += [made.step(closure).detach(), *[p.detach().clone() for p in params]]
    return seen
