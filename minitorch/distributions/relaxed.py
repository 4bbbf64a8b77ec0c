"""What the relaxed distributions share: continuous values near discrete ones, the nearer the lower the temperature."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .transformed_distribution import TransformedDistribution


class Relaxed(TransformedDistribution):
    """A transform of a base distribution with a `temperature`, and `probs` or `logits`."""

    has_rsample = True

    @property
    def temperature(self) -> Any:
        """How much is relaxed."""
        return self.base_dist.temperature

    @property
    def logits(self) -> Any:
        """The log-odds of success, or the logarithms of the probabilities of the classes."""
        return self.base_dist.logits

    @property
    def probs(self) -> Any:
        """The probability of success, or those of the classes."""
        return self.base_dist.probs


def log_temperature(temperature: Any, like: Tensor) -> Tensor:
    """The logarithm of a temperature, which may be a number."""
    x: Tensor = temperature if isinstance(temperature, Tensor) else like.new_tensor(temperature)
    return x.log()
