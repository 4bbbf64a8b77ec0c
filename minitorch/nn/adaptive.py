"""A softmax over many classes, most of them rare: the rare ones in clusters, with fewer features each."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

from .. import creation as torch
from ..ops.join import cat
from . import functional as F
from .containers import ModuleList, Sequential
from .linear import Linear
from .module import Module


class _ASMoutput(NamedTuple):
    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-probabilities of the targets and their loss, -mean, for classes in order of frequency (Grave et al., 2017).

    The first `cutoffs[0]` classes and the clusters [cutoffs[i], cutoffs[i + 1]) share a softmax, the classes within a
    cluster another, of in_features / div_value^(i + 1) features. `forward(input (N, in_features), target (N,))`.

    >>> loss = torch.nn.AdaptiveLogSoftmaxWithLoss(64, 1000, [10, 100])
    >>> loss(torch.randn(4, 64), torch.tensor([0, 9, 10, 999])).output.shape
    torch.Size([4])
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
        head_bias: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        bounds = list(cutoffs)
        if not bounds:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        in_order = all(a < b for a, b in itertools.pairwise([0, *bounds, n_classes]))
        if not in_order or any(int(c) != c for c in bounds):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each "
                f"value is between 1 and n_classes-1, got {bounds} for {n_classes} classes"
            )
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*bounds, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = bounds[0], len(bounds)
        self.head_size = self.shortlist_size + self.n_clusters
        made = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **made)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            hidden = int(in_features // div_value ** (i + 1))
            down, up = Linear(in_features, hidden, bias=False, **made), Linear(hidden, high - low, bias=False, **made)
            self.tail.append(Sequential(down, up))

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        self.head.reset_parameters()
        for down, up in self.tail:
            down.reset_parameters()
            up.reset_parameters()

    def forward(self, input: Any, target: Any) -> _ASMoutput:
        _check(input, target, self.n_classes)
        x, classes = (input, target) if target.ndim else (input.unsqueeze(0), target.unsqueeze(0))
        place = classes.clone()  # in the head: the class itself, or its cluster
        head = F.log_softmax(self.head(x), dim=1)
        parts = torch.zeros(len(classes), dtype=head.dtype)
        for i, (low, high) in enumerate(itertools.pairwise(self.cutoffs)):
            rows = ((classes >= low) & (classes < high)).nonzero().squeeze(1)
            if len(rows):
                place[rows] = self.shortlist_size + i
                inside = F.log_softmax(self.tail[i](x.index_select(0, rows)), dim=1)
                found = inside.gather(1, (classes[rows] - low).unsqueeze(1)).squeeze(1)
                parts = parts.index_copy(0, rows, found)
        output = parts + head.gather(1, place.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if target.ndim else output.squeeze(0), loss)

    def log_prob(self, input: Any) -> Any:
        """(N, n_classes): the log-probabilities of all classes."""
        head = F.log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, tail in enumerate(self.tail):
            parts.append(F.log_softmax(tail(input), dim=1) + head[:, self.shortlist_size + i].unsqueeze(1))
        return cat(parts, 1)

    def predict(self, input: Any) -> Any:
        """(N,): the most probable classes; all are compared where a cluster is the most probable in the head."""
        best = self.head(input).argmax(1)
        if not bool((best >= self.shortlist_size).any()):
            return best
        rows = (best >= self.shortlist_size).nonzero().squeeze(1)
        best[rows] = self.log_prob(input[rows]).argmax(1)
        return best


def _check(input: Any, target: Any, classes: int) -> None:
    if target.ndim not in (0, 1):
        raise RuntimeError(f"0D or 1D target tensor expected, multi-target not supported, got shape {target.shape}")
    if target.ndim == 1 and (input.ndim != 2 or len(input) != len(target)):
        raise RuntimeError(
            "Input and target should have the same size in the batch dimension, "
            f"got {list(input.shape)} and {list(target.shape)}"
        )
    if target.ndim == 0 and input.ndim != 1:
        raise RuntimeError(f"0D target tensor expects 1D input tensors, got {list(input.shape)}")
    if target.numel() and not 0 <= int(target.min()) <= int(target.max()) < classes:
        raise RuntimeError(
            f"Target values should be in [0, {classes - 1}], but values in range "
            f"[{int(target.min())}, {int(target.max())}] were found."
        )
