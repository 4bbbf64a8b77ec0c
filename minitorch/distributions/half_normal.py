"""The distribution of |x| for normal x."""

from __future__ import annotations

import math
from typing import Any

from .half import Half
from .normal import Normal


class HalfNormal(Half):
    """The absolute values of normal numbers of mean 0 and standard deviation `scale`.

    >>> torch.distributions.HalfNormal(1.0).mean
    tensor(0.7979)
    """

    base = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale.pow(2) * (1 - 2 / math.pi)
