"""What the distributions of successes and failures share."""

from __future__ import annotations

from typing import Any

from ..size import Size
from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, one_of, probs_to_logits


class WithOdds(Distribution):
    """A probability of success, given as `probs` or as log-odds `logits`."""

    _expandable: tuple[str, ...] = ("probs", "logits")

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        one_of(probs, logits)
        (value,) = broadcast_all(probs if logits is None else logits)
        setattr(self, "probs" if logits is None else "logits", value)
        super().__init__(value.size(), validate_args=validate_args)

    @lazy_property
    def probs(self) -> Any:
        """The probability of success."""
        return logits_to_probs(self.logits, is_binary=True)

    @lazy_property
    def logits(self) -> Any:
        """Its log-odds."""
        return probs_to_logits(self.probs, is_binary=True)

    @property
    def _param(self) -> Any:
        return self.probs if "probs" in self.__dict__ else self.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._param.size()


class WithCount(WithOdds):
    """The same, and a `total_count` of trials in its dtype; the two broadcast."""

    _expandable: tuple[str, ...] = ("total_count", "probs", "logits")

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        one_of(probs, logits)
        count, given = broadcast_all(total_count, probs if logits is None else logits)
        self.total_count = count.to(given.dtype)
        probs, logits = (given, None) if logits is None else (None, given)
        super().__init__(probs, logits, validate_args)
