"""The Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..limits import finfo
from ..random import rand
from ..size import Size
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, is_number

_EULER = 0.57721566490153286060


class Gumbel(Distribution):
    """Largest values: loc - scale log(-log u) for uniform u.

    >>> torch.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real
    has_rsample = True
    _expandable: tuple[str, ...] = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(Size() if is_number(loc, scale) else self.loc.size(), validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * _EULER

    @property
    def mode(self) -> Any:
        return self.loc

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
        y = (self.loc - self._checked(value)) / self.scale
        return y - y.exp() - self.scale.log()

    def cdf(self, value: Any) -> Any:
        return (-((self.loc - self._checked(value)) / self.scale).exp()).exp()

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Any:
        return self.scale.log() + (1 + _EULER)
