"""The continuous Bernoulli distribution, of numbers between 0 and 1."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..ops.arithmetic import where
from ..ops.loss import binary_cross_entropy_with_logits
from ..random import rand
from . import constraints
from .distribution import ExponentialFamily
from .odds import WithOdds
from .utils import broadcast_all, clamp_probs


class ContinuousBernoulli(WithOdds, ExponentialFamily):
    """Numbers x in [0, 1] with density ∝ p^x (1 - p)^(1-x) (Loaiza-Ganem and Cunningham, 2019).

    Near p = 1/2, between `lims`, where the formulas cancel, their Taylor series are taken.

    >>> torch.distributions.ContinuousBernoulli(torch.tensor(0.5)).mean
    tensor(0.5000)
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(
        self, probs: Any = None, logits: Any = None, lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(probs, logits, validate_args)
        if "probs" in self.__dict__:
            self.probs = clamp_probs(self.probs)
        self._lims = lims

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, self._fresh(_instance))
        new._lims = self._lims
        return new

    def _regular(self) -> tuple[Any, Any]:
        """Whether the formulas hold, and probabilities for which they do."""
        outside = (self.probs <= self._lims[0]) | (self.probs > self._lims[1])
        return outside, where(outside, self.probs, self._lims[0])

    def _log_norm(self) -> Any:
        """log of 2 atanh(1 - 2p) / (1 - 2p)."""
        outside, p = self._regular()
        is_low = p <= 0.5
        gap = where(is_low, (-2.0 * where(is_low, p, 0.0)).log1p(), (2.0 * where(is_low, 1.0, p) - 1.0).log())
        x = (self.probs - 0.5).pow(2)
        series = math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x
        return where(outside, ((-p).log1p() - p.log()).abs().log() - gap, series)

    @property
    def mean(self) -> Any:
        outside, p = self._regular()
        x = self.probs - 0.5
        whole = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        return where(outside, whole, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self) -> Any:
        outside, p = self._regular()
        x = (self.probs - 0.5).pow(2)
        whole = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / ((-p).log1p() - p.log()).pow(2)
        return where(outside, whole, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    @property
    def stddev(self) -> Any:
        return self.variance.sqrt()

    def rsample(self, sample_shape: Any = ()) -> Any:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Any) -> Any:
        logits, value = broadcast_all(self.logits, self._checked(value))
        return -binary_cross_entropy_with_logits(logits, value, reduction="none") + self._log_norm()

    def cdf(self, value: Any) -> Any:
        value = self._checked(value)
        outside, p = self._regular()
        whole = (p.pow(value) * (1.0 - p).pow(1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(outside, whole, value)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, inside))

    def icdf(self, value: Any) -> Any:
        outside, p = self._regular()
        rest = (-p).log1p()
        return where(outside, ((-p + value * (2.0 * p - 1.0)).log1p() - rest) / (p.log() - rest), value)

    def entropy(self) -> Any:
        rest = (-self.probs).log1p()
        return self.mean * (rest - self.probs.log()) - self._log_norm() - rest
