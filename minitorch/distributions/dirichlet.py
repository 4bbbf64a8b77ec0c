"""The Dirichlet distribution: probabilities of classes."""

from __future__ import annotations

from typing import Any, ClassVar

from ..ops.gamma import sample_dirichlet
from . import constraints
from .distribution import ExponentialFamily


class Dirichlet(ExponentialFamily):
    """Probabilities p with density ∝ Π p^(a-1), a the `concentration` (..., n).

    >>> torch.distributions.Dirichlet(torch.tensor([1.0, 3.0])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: bool | None = None) -> None:
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new.concentration = self.concentration.expand(*batch_shape, *self._event_shape)
        return self._finish(new, batch_shape, self._event_shape)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, True)

    @property
    def mode(self) -> Any:
        above = (self.concentration - 1).clamp(min=0.0)
        mode = above / above.sum(-1, True)
        corner = (self.concentration < 1).all(dim=-1)
        if bool(corner.any()):
            best = mode.argmax(-1, keepdim=True)
            mode = mode.masked_scatter(
                corner.unsqueeze(-1).expand(mode.shape), (mode * 0).nan_to_num().scatter(-1, best, 1.0)[corner]
            )
        return mode

    @property
    def variance(self) -> Any:
        total = self.concentration.sum(-1, True)
        return self.concentration * (total - self.concentration) / (total.pow(2) * (total + 1))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        a = self.concentration
        return (a - 1.0).xlogy(self._checked(value)).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Any:
        a, k = self.concentration, self.concentration.size(-1)
        total = a.sum(-1)
        rest = (a - 1.0) * a.digamma()
        return a.lgamma().sum(-1) - total.lgamma() - (k - total) * total.digamma() - rest.sum(-1)
