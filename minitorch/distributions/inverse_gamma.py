"""The distribution of 1 / x for gamma distributed x."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..ops.arithmetic import where
from . import constraints
from .gamma import Gamma
from .transformed_distribution import TransformedDistribution
from .transforms import PowerTransform


class InverseGamma(TransformedDistribution):
    """Numbers whose reciprocals come from Gamma(concentration, rate).

    >>> torch.distributions.InverseGamma(torch.tensor(2.0), torch.tensor(3.0)).mean
    tensor(3.)
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        super().__init__(base, PowerTransform(-(base.rate.detach() ** 0)), validate_args=validate_args)

    @property
    def concentration(self) -> Any:
        """The shape of the gamma distribution."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Any:
        """Its rate, the scale of these numbers."""
        return self.base_dist.rate

    @property
    def mean(self) -> Any:
        whole = self.rate / (where(self.concentration > 1, self.concentration, 2.0) - 1)
        return where(self.concentration > 1, whole, math.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = where(self.concentration > 2, self.concentration, 3.0)
        return where(self.concentration > 2, self.rate.square() / ((a - 1).square() * (a - 2)), math.inf)

    def entropy(self) -> Any:
        a = self.concentration
        return a + self.rate.log() + a.lgamma() - (1 + a) * a.digamma()
