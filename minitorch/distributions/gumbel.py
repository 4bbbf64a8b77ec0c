"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any

from ..limits import finfo
from ..random import rand
from .location_scale import LocationScale

_EULER = 0.57721566490153286060


class Gumbel(LocationScale):
    """Largest values: loc - scale log(-log u) for uniform u.

    >>> torch.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * _EULER

    @property
    def stddev(self) -> Any:
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev.pow(2)

    def rsample(self, sample_shape: Any = ()) -> Any:
        info = finfo(self.loc.dtype)
        units = rand(self._extended_shape(sample_shape), dtype=self.loc.dtype) * (1 - info.eps - info.tiny) + info.tiny
        return self.icdf(units)

    def log_prob(self, value: Any) -> Any:
        z = self._standard(value)
        return -z - (-z).exp() - self.scale.log()

    def cdf(self, value: Any) -> Any:
        return (-(-self._standard(value)).exp()).exp()

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Any:
        return self.scale.log() + (1 + _EULER)
