"""Normal vectors whose covariance is a matrix of low rank plus a diagonal."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..ops.linalg import cholesky, solve_triangular
from ..ops.strided import diag_embed
from . import constraints
from .location_scale import AroundLoc
from .multivariate_normal import mahalanobis
from .utils import standard_normal


class LowRankMultivariateNormal(AroundLoc):
    """Normal vectors (n) of mean `loc` and covariance W Wᵀ + D: W = cov_factor (n, rank), D of diagonal cov_diag (n).

    Inverse and determinant are those of the capacitance 1 + Wᵀ D⁻¹ W (rank, rank), by Woodbury's formula.

    >>> d = torch.distributions.LowRankMultivariateNormal(torch.zeros(2), torch.tensor([[1.], [0.]]), torch.ones(2))
    >>> d.covariance_matrix
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: bool | None = None) -> None:
        n = loc.shape[-1] if loc.dim() else 0
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2] != n:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {n} x m, got {cov_factor.shape}")
        if cov_diag.shape[-1:] != loc.shape[-1:]:
            raise ValueError(f"cov_diag must be a batch of vectors with shape ({n},), got {cov_diag.shape}")
        lead = [tuple(x.shape[:-k]) for x, k in ((loc, 1), (cov_factor, 2), (cov_diag, 1))]
        try:
            batch = np.broadcast_shapes(*lead)
        except ValueError:
            raise ValueError(f"Incompatible batch shapes: loc, cov_factor, cov_diag have {lead}") from None
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        self.loc = loc.expand(*batch, -1)
        self.cov_factor = cov_factor.expand(*batch, *cov_factor.shape[-2:])
        self.cov_diag = cov_diag.expand(*batch, -1)
        self._capacitance_tril = _capacitance(cov_factor, cov_diag)
        super().__init__(batch, loc.shape[-1:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new.loc = self.loc.expand(*batch_shape, *self._event_shape)
        new.cov_diag = self.cov_diag.expand(*batch_shape, *self._event_shape)
        new.cov_factor = self.cov_factor.expand(*batch_shape, *self.cov_factor.shape[-2:])
        for name in ("_unbroadcasted_cov_factor", "_unbroadcasted_cov_diag", "_capacitance_tril"):
            setattr(new, name, getattr(self, name))
        return self._finish(new, batch_shape, self._event_shape)

    @property
    def variance(self) -> Any:
        own = self._unbroadcasted_cov_factor.pow(2).sum(-1) + self._unbroadcasted_cov_diag
        return own.expand(self._batch_shape + self._event_shape)

    def _full(self, matrix: Any) -> Any:
        return matrix.expand(*self._batch_shape, -1, -1)

    @property
    def scale_tril(self) -> Any:
        """The lower triangular factor of the covariance."""
        w, d = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        root = d.sqrt().unsqueeze(-1)
        inner = (w / root) @ (w / root).mT + diag_embed(d * 0 + 1)
        return self._full(root * cholesky(inner))

    @property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        w = self._unbroadcasted_cov_factor
        return self._full(w @ w.mT + diag_embed(self._unbroadcasted_cov_diag))

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        w, d = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag
        a = solve_triangular(self._capacitance_tril, w.mT / d.unsqueeze(-2), upper=False)
        return self._full(diag_embed(d.reciprocal()) - a.mT @ a)

    def rsample(self, sample_shape: Any = ()) -> Any:
        shape = self._extended_shape(sample_shape)
        low = standard_normal((*shape[:-1], *self.cov_factor.shape[-1:]), self.loc)
        own = standard_normal(shape, self.loc)
        moved = (self._unbroadcasted_cov_factor @ low.unsqueeze(-1)).squeeze(-1)
        return self.loc + moved + self._unbroadcasted_cov_diag.sqrt() * own

    def log_prob(self, value: Any) -> Any:
        distance = self._distance(self._checked(value) - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + self._log_det() + distance)

    def _distance(self, x: Any) -> Any:
        """xᵀ Σ⁻¹ x."""
        d = self._unbroadcasted_cov_diag
        inner = (self._unbroadcasted_cov_factor.mT @ (x / d).unsqueeze(-1)).squeeze(-1)
        return (x.pow(2) / d).sum(-1) - mahalanobis(self._capacitance_tril, inner)

    def _log_det(self) -> Any:
        return 2 * self._capacitance_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + (
            self._unbroadcasted_cov_diag.log().sum(-1)
        )

    def entropy(self) -> Any:
        h = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + self._log_det())
        return h.expand(self._batch_shape)


def _capacitance(w: Any, d: Any) -> Any:
    """The lower triangular factor of 1 + Wᵀ D⁻¹ W."""
    k = w.mT @ (w / d.unsqueeze(-1))
    return cholesky(k + diag_embed(k.new_ones(k.shape[-1])))
