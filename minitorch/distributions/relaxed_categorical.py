"""One-hot vectors relaxed to be continuous, with gradients."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..random import rand
from . import constraints
from .categorical import OverClasses
from .relaxed import Relaxed, log_temperature
from .transforms import ExpTransform
from .utils import broadcast_all, clamp_probs


class ExpRelaxedCategorical(OverClasses):
    """The logarithms of `RelaxedOneHotCategorical`: log softmax of (Gumbel noise + logits) / temperature."""

    support = constraints.real_vector
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
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        scores = (self.logits - (-u.log()).log()) / self.temperature
        return scores - scores.logsumexp(-1, True)

    def log_prob(self, value: Any) -> Any:
        n = self._categorical._num_events
        logits, x = broadcast_all(self.logits, self._checked(value))
        score = logits - x * self.temperature
        return (
            (score - score.logsumexp(-1, True)).sum(-1)
            + math.lgamma(n)
            + log_temperature(self.temperature, logits) * (n - 1)
        )


class RelaxedOneHotCategorical(Relaxed):
    """Probabilities, the nearer to a one-hot vector the lower the temperature: one-hot vectors with gradients.

    Maddison, Mnih and Teh, 2017; Jang, Gu and Poole, 2017.

    >>> torch.distributions.RelaxedOneHotCategorical(torch.tensor(0.5), torch.ones(3)).sample().shape
    torch.Size([3])
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base, ExpTransform(), validate_args=validate_args)
