"""What distributions of absolute values share."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..creation import as_tensor
from ..ops.arithmetic import where
from . import constraints
from .distribution import Distribution
from .transformed_distribution import TransformedDistribution
from .transforms import AbsTransform


class Half(TransformedDistribution):
    """The distribution of |x| for x of a distribution that is symmetric about 0."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    support = constraints.nonnegative
    base: type[Distribution]

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        kind: Any = self.base
        super().__init__(kind(0, scale, validate_args=False), AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Any:
        """The scale of x."""
        return self.base_dist.scale

    @property
    def mode(self) -> Any:
        return self.scale.detach() * 0

    def log_prob(self, value: Any) -> Any:
        value = as_tensor(self._checked(value), dtype=self.scale.dtype)
        inner = self.base_dist.log_prob(value) + math.log(2)
        return where(value >= 0, inner, -math.inf)

    def cdf(self, value: Any) -> Any:
        return 2 * self.base_dist.cdf(self._checked(value)) - 1

    def icdf(self, prob: Any) -> Any:
        return self.base_dist.icdf((prob + 1) / 2)

    def entropy(self) -> Any:
        return self.base_dist.entropy() - math.log(2)
