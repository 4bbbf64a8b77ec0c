"""Bernoulli numbers relaxed to be continuous, with gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from ..random import rand
from . import constraints
from .odds import WithOdds
from .relaxed import Relaxed, log_temperature
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs


class LogitRelaxedBernoulli(WithOdds):
    """The log-odds of `RelaxedBernoulli`: (logistic noise + logits) / temperature."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        super().__init__(probs, logits, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, self._fresh(_instance))
        new.temperature = self.temperature
        return new

    def rsample(self, sample_shape: Any = ()) -> Any:
        p = clamp_probs(self.probs.expand(self._extended_shape(sample_shape)))
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=p.dtype))
        return (u.log() - (-u).log1p() + p.log() - (-p).log1p()) / self.temperature

    def log_prob(self, value: Any) -> Any:
        logits, x = broadcast_all(self.logits, self._checked(value))
        away = logits - x * self.temperature
        return log_temperature(self.temperature, logits) + away - 2 * away.exp().log1p()


class RelaxedBernoulli(Relaxed):
    """Numbers in (0, 1), the nearer to 0 or 1 the lower the temperature: Bernoulli numbers with gradients.

    Maddison, Mnih and Teh, 2017; Jang, Gu and Poole, 2017.

    >>> torch.distributions.RelaxedBernoulli(torch.tensor(0.1), torch.tensor([0.3])).sample().shape
    torch.Size([1])
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)
