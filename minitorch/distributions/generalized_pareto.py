"""The generalised Pareto distribution, of what exceeds a threshold."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..ops.arithmetic import where
from ..random import rand
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all


class GeneralizedPareto(Distribution):
    """Numbers x ≥ loc with distribution function 1 - (1 + k z)^(-1/k), z = (x - loc) / scale and k = concentration;
    1 - e^-z for k = 0. For negative k they end at loc - scale / k.

    >>> torch.distributions.GeneralizedPareto(0.0, 1.0, 0.0).mean
    tensor(1.)
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True
    _expandable: tuple[str, ...] = ("loc", "scale", "concentration")

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        end = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, where(self.concentration < 0, end, math.inf))

    def _split(self) -> tuple[Any, Any]:
        """Whether the concentration is 0, and one that is not."""
        flat = self.concentration == 0
        return flat, where(flat, 1.0, self.concentration)

    def _survived(self, value: Any) -> Any:
        """The logarithm of the probability of more than `value`."""
        z = (value - self.loc) / self.scale
        flat, k = self._split()
        return where(flat, -self._series(z), -(k * z).log1p() / k)

    def _series(self, z: Any) -> Any:
        """z - k z² / 2, which has the value and the derivative of log(1 + k z) / k at k = 0."""
        finite = where(z.isinf(), 0.0, z)  # 0 times infinity is no number
        return z * (1 - self.concentration * finite / 2)

    @property
    def mean(self) -> Any:
        k = self.concentration
        return where(k < 1, self.loc + self.scale / (1 - where(k < 1, k, 0.0)), math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        k = where(self.concentration < 0.5, self.concentration, 0.0)
        whole = self.scale.pow(2) / ((1 - k).pow(2) * (1 - 2 * k))
        return where(self.concentration < 0.5, whole, math.nan)

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value: Any) -> Any:
        return (1 + self.concentration) * self._survived(self._checked(value)) - self.scale.log()

    def cdf(self, value: Any) -> Any:
        return 1 - self._survived(self._checked(value)).exp()

    def icdf(self, value: Any) -> Any:
        rest = (-value).log1p()
        flat, k = self._split()
        return self.loc + self.scale * where(flat, -self._series(rest), (-k * rest).expm1() / k)

    def entropy(self) -> Any:
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)
