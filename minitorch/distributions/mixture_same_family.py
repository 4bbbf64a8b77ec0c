"""Mixtures: one of several distributions of a family, chosen anew for every value."""

from __future__ import annotations

from typing import Any, ClassVar

from ..autograd.grad_mode import no_grad
from ..size import Size
from . import constraints
from .categorical import Categorical
from .distribution import Distribution


class MixtureSameFamily(Distribution):
    """Values of `component_distribution`, whose last batch dimension `mixture_distribution` (a Categorical) chooses
    from.

    >>> D = torch.distributions
    >>> parts = D.Normal(torch.tensor([-1.0, 1.0]), torch.ones(2))
    >>> D.MixtureSameFamily(D.Categorical(torch.ones(2)), parts).mean
    tensor(0.)
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self, mixture_distribution: Any, component_distribution: Any, validate_args: bool | None = None
    ) -> None:
        self._mixture_distribution, self._component_distribution = mixture_distribution, component_distribution
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError("The Mixture distribution needs to be an instance of torch.distributions.Categorical")
        if not isinstance(component_distribution, Distribution):
            raise ValueError("The Component distribution need to be an instance of torch.distributions.Distribution")
        count = component_distribution.batch_shape[-1]
        if mixture_distribution.param_shape[-1] != count:
            raise ValueError(
                f"`mixture_distribution component` ({mixture_distribution.param_shape[-1]}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({count})"
            )
        super().__init__(
            component_distribution.batch_shape[:-1], component_distribution.event_shape, validate_args=validate_args
        )

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        count = self.component_distribution.batch_shape[-1]
        new._component_distribution = self.component_distribution.expand((*batch_shape, count))
        new._mixture_distribution = self.mixture_distribution.expand(batch_shape)
        return self._finish(new, batch_shape, self._event_shape)

    @property
    def mixture_distribution(self) -> Any:
        """What chooses."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Any:
        """What is chosen from."""
        return self._component_distribution

    @constraints.dependent_property
    def support(self) -> Any:
        return self.component_distribution.support

    def _weights(self) -> Any:
        probs = self.mixture_distribution.probs
        return probs.reshape(probs.shape + Size([1] * len(self._event_shape)))

    def _mean_of(self, x: Any) -> Any:
        return (self._weights() * x).sum(-1 - len(self._event_shape))

    @property
    def mean(self) -> Any:
        return self._mean_of(self.component_distribution.mean)

    @property
    def variance(self) -> Any:
        away = self.component_distribution.mean - self.mean.unsqueeze(-1 - len(self._event_shape))
        return self._mean_of(self.component_distribution.variance) + self._mean_of(away.pow(2.0))

    def _lifted(self, x: Any) -> Any:
        """With a dimension for the components."""
        return x.unsqueeze(-1 - len(self._event_shape))

    def cdf(self, x: Any) -> Any:
        return (self.component_distribution.cdf(self._lifted(x)) * self.mixture_distribution.probs).sum(-1)

    def log_prob(self, x: Any) -> Any:
        inner = self.component_distribution.log_prob(self._lifted(self._checked(x)))
        return (inner + self.mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            at = len(sample_shape) + len(self._batch_shape)
            chosen = self.mixture_distribution.sample(sample_shape)
            drawn = self.component_distribution.sample(sample_shape)
            index = chosen.reshape(chosen.shape + Size([1] * (len(self._event_shape) + 1)))
            index = index.expand(*chosen.shape, 1, *self._event_shape)
            return drawn.gather(at, index).squeeze(at)
