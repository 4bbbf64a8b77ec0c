"""Bernoulli numbers relaxed to be continuous, with gradients."""

from __future__ import annotations

from typing import Any, ClassVar

from ..random import rand
from ..tensor import Tensor
from . import constraints
from .bernoulli import _Binary
from .transformed_distribution import TransformedDistribution
from .transforms import SigmoidTransform
from .utils import broadcast_all, clamp_probs


class LogitRelaxedBernoulli(_Binary):
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
        return _tensor(self.temperature, logits).log() + away - 2 * away.exp().log1p()


def _tensor(x: Any, like: Any) -> Any:
    return x if isinstance(x, Tensor) else like.new_tensor(x)


class RelaxedBernoulli(TransformedDistribution):
    """Numbers in (0, 1), the nearer to 0 or 1 the lower the temperature: Bernoulli numbers with gradients.

    Maddison, Mnih and Teh, 2017; Jang, Gu and Poole, 2017.

    >>> torch.distributions.RelaxedBernoulli(torch.tensor(0.1), torch.tensor([0.3])).sample().shape
    torch.Size([1])
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return super().expand(batch_shape, type(self).__new__(type(self)) if _instance is None else _instance)

    @property
    def temperature(self) -> Any:
        """How much is relaxed."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Any:
        """The log-odds of success."""
        return self.base_dist.logits

    @property
    def probs(self) -> Any:
        """The probability of success."""
        return self.base_dist.probs
