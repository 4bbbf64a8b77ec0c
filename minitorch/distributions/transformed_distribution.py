"""Distributions of transformed values."""

from __future__ import annotations

from typing import Any, ClassVar

from ..autograd.grad_mode import no_grad
from ..size import Size
from . import constraints
from .distribution import Distribution
from .independent import Independent
from .transforms import ComposeTransform, Transform
from .utils import sum_rightmost


class TransformedDistribution(Distribution):
    """The distribution of y = T(x) for x from `base_distribution`: log p(y) = log p(x) - log |dy/dx|.

    >>> base = torch.distributions.Normal(0.0, 1.0)
    >>> exp = torch.distributions.transforms.ExpTransform()
    >>> torch.distributions.TransformedDistribution(base, [exp]).log_prob(torch.tensor(1.0))
    tensor(-0.9189)
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(self, base_distribution: Any, transforms: Any, validate_args: bool | None = None) -> None:
        self.transforms = _listed(transforms)
        base_shape = base_distribution.batch_shape + base_distribution.event_shape
        whole = ComposeTransform(self.transforms)
        if len(base_shape) < whole.domain.event_dim:
            raise ValueError(
                f"base_distribution needs to have shape with size at least {whole.domain.event_dim}, but got "
                f"{base_shape}."
            )
        forward = whole.forward_shape(base_shape)
        base_distribution = base_distribution.expand(_batch_of(whole.inverse_shape(forward), base_distribution))
        missing = whole.domain.event_dim - len(base_distribution.event_shape)
        self.base_dist: Any = Independent(base_distribution, missing) if missing > 0 else base_distribution
        grown = whole.codomain.event_dim - whole.domain.event_dim
        event_dim = max(whole.codomain.event_dim, len(self.base_dist.event_shape) + grown)
        cut = len(forward) - event_dim
        super().__init__(Size(forward[:cut]), Size(forward[cut:]), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new.transforms = self.transforms
        base_shape = ComposeTransform(self.transforms).inverse_shape((*batch_shape, *self.event_shape))
        new.base_dist = self.base_dist.expand(_batch_of(base_shape, self.base_dist))
        return self._finish(new, batch_shape, self.event_shape)

    @constraints.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        last = self.transforms[-1].codomain
        missing = len(self.event_shape) - last.event_dim
        return constraints.independent(last, missing) if missing > 0 else last

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base has."""
        return self.base_dist.has_rsample

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self._forward(self.base_dist.rsample(sample_shape))

    def _forward(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Any) -> Any:
        y = self._checked(value)
        event_dim, total = len(self.event_shape), 0.0
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            event_dim += transform.domain.event_dim - transform.codomain.event_dim
            total = total - sum_rightmost(transform.log_abs_det_jacobian(x, y), event_dim - transform.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), event_dim - len(self.base_dist.event_shape))

    def _sign(self) -> Any:
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        return sign

    def cdf(self, value: Any) -> Any:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        return self._turned(self.base_dist.cdf(self._base_checked(value)))

    def _base_checked(self, value: Any) -> Any:
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return value

    def _turned(self, p: Any) -> Any:
        """Where the transform decreases, the probability of the other side."""
        sign = self._sign()
        if isinstance(sign, int):
            return p if sign == 1 else 1 - p
        return sign * (p - 0.5) + 0.5

    def icdf(self, value: Any) -> Any:
        return self._forward(self.base_dist.icdf(self._turned(value)))


def _listed(transforms: Any) -> list[Any]:
    if isinstance(transforms, Transform):
        return [transforms]
    if not isinstance(transforms, list) or not all(isinstance(t, Transform) for t in transforms):
        raise ValueError(f"transforms must be a Transform or a list of Transforms, but was {transforms}")
    return transforms


def _batch_of(shape: Any, base: Any) -> Any:
    return Size(shape)[: len(shape) - len(base.event_shape)]
