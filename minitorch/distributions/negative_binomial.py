"""The negative binomial distribution: successes before the last of some failures."""

from __future__ import annotations

from typing import Any, ClassVar

from ..autograd.grad_mode import no_grad
from ..ops.activation import logsigmoid
from ..ops.arithmetic import where
from ..patterns import poisson
from . import constraints
from .gamma import Gamma
from .odds import WithCount


class NegativeBinomial(WithCount):
    """How many trials of probability `probs` (or log-odds `logits`) succeed before `total_count` have failed.

    >>> torch.distributions.NegativeBinomial(3.0, torch.tensor(0.5)).mean
    tensor(3.)
    """

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    @property
    def mean(self) -> Any:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            rates = Gamma(self.total_count, (-self.logits).exp(), validate_args=False)
            return poisson(rates.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        value = self._checked(value)
        whole = self.total_count * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        norm = (1.0 + value).lgamma() + self.total_count.lgamma() - (self.total_count + value).lgamma()
        return whole - where(self.total_count + value == 0.0, 0.0, norm)
