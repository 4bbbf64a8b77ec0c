"""The distribution of |x| for x from a Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any

from ..creation import full
from .cauchy import Cauchy
from .half import Half


class HalfCauchy(Half):
    """The absolute values of Cauchy(0, scale).

    >>> torch.distributions.HalfCauchy(1.0).cdf(torch.tensor(1.0))
    tensor(0.5000)
    """

    base = Cauchy

    @property
    def mean(self) -> Any:
        return full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def variance(self) -> Any:
        return self.base_dist.variance
