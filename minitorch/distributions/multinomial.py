"""The multinomial distribution."""

from __future__ import annotations

from typing import Any

from ..creation import ones, zeros
from . import constraints
from .binomial import Binomial
from .categorical import OverClasses
from .utils import broadcast_all


class Multinomial(OverClasses):
    """How often each class came up in `total_count` draws of Categorical(probs, logits).

    >>> torch.distributions.Multinomial(4, torch.tensor([1.0, 3.0])).mean
    tensor([1., 3.])
    """

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, self._fresh(_instance))
        new.total_count = self.total_count
        return new

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        draws = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts = zeros(self._extended_shape(sample_shape), dtype=self.probs.dtype)
        return counts.scatter_add(-1, draws, ones(draws.shape, dtype=counts.dtype))

    def log_prob(self, value: Any) -> Any:
        logits, value = broadcast_all(self.logits, self._checked(value))
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        sure = (value == 0) & (logits == -float("inf"))
        return ways + (logits.masked_fill(sure, 0) * value).sum(-1)

    def entropy(self) -> Any:
        n = self.total_count
        one = Binomial(total_count=n, probs=self.probs)
        counts = one.enumerate_support(expand=False)[1:]
        weights = one.log_prob(counts).exp()
        spread = (weights * (counts + 1).lgamma()).sum((0, -1))
        return n * self._categorical.entropy() - (counts[-1].flatten()[0] + 1).lgamma() + spread
