"""The normal distribution of vectors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..ops.linalg import solve_triangular
from . import constraints
from .covariance import MATRICES, WithCovariance, factor, only
from .location_scale import AroundLoc
from .utils import standard_normal


class MultivariateNormal(WithCovariance, AroundLoc):
    """Normal vectors of mean `loc` and one of: covariance_matrix, precision_matrix (its inverse), scale_tril (its
    factor).

    >>> torch.distributions.MultivariateNormal(torch.zeros(2), torch.eye(2)).log_prob(torch.zeros(2))
    tensor(-1.8379)
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real_vector, **MATRICES}
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        name, matrix = only(covariance_matrix, precision_matrix, scale_tril)
        batch = np.broadcast_shapes(tuple(matrix.shape[:-2]), tuple(loc.shape[:-1]))
        setattr(self, name, matrix.expand(*batch, -1, -1))
        self.loc = loc.expand(*batch, -1)
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = factor(name, matrix)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new.loc = self.loc.expand(*batch_shape, -1)
        return super().expand(batch_shape, new)

    @property
    def variance(self) -> Any:
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        eps = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._unbroadcasted_scale_tril @ eps.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Any:
        distance = mahalanobis(self._unbroadcasted_scale_tril, self._checked(value) - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - self._half_log_det()

    def entropy(self) -> Any:
        h = 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self._half_log_det()
        return h.expand(self._batch_shape)


def mahalanobis(lower: Any, x: Any) -> Any:
    """|L⁻¹ x|² for a lower triangular L (..., n, n) and x (..., n), which broadcast."""
    z = solve_triangular(lower, x.unsqueeze(-1), upper=False)
    return z.squeeze(-1).pow(2).sum(-1)
