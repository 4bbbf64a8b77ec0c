"""What the distributions with a covariance matrix share."""

from __future__ import annotations

from typing import Any

from ..creation import eye
from ..ops.linalg import cholesky, solve_triangular
from ..ops.matrix import cholesky_inverse
from . import constraints
from .distribution import Distribution
from .utils import lazy_property

MATRICES = {
    "covariance_matrix": constraints.positive_definite,
    "precision_matrix": constraints.positive_definite,
    "scale_tril": constraints.lower_cholesky,
}


class WithCovariance(Distribution):
    """A covariance, given as `covariance_matrix`, as its inverse `precision_matrix` or as its factor `scale_tril`."""

    _unbroadcasted_scale_tril: Any

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new._unbroadcasted_scale_tril = self._unbroadcasted_scale_tril
        for name in MATRICES:
            if name in self.__dict__:
                setattr(new, name, getattr(self, name).expand(*batch_shape, -1, -1))
        return self._finish(new, batch_shape, self._event_shape)

    @lazy_property
    def scale_tril(self) -> Any:
        """The lower triangular factor L of the covariance L Lᵀ."""
        return self._full(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        return self._full(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        return self._full(cholesky_inverse(self._unbroadcasted_scale_tril))

    def _full(self, matrix: Any) -> Any:
        return matrix.expand(*self._batch_shape, -1, -1)

    def _half_log_det(self) -> Any:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def only(*given: Any) -> tuple[str, Any]:
    """The name and the matrix of the one that is given of the three."""
    found = [(name, matrix) for name, matrix in zip(MATRICES, given, strict=True) if matrix is not None]
    if len(found) != 1:
        raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
    name, matrix = found[0]
    if matrix.dim() < 2:
        title = "scale_tril matrix" if name == "scale_tril" else name
        raise ValueError(f"{title} must be at least two-dimensional, with optional leading batch dimensions")
    return name, matrix


def factor(name: str, matrix: Any) -> Any:
    """The lower triangular factor of the covariance."""
    if name == "scale_tril":
        return matrix
    return cholesky(matrix) if name == "covariance_matrix" else _of_precision(matrix)


def _of_precision(p: Any) -> Any:
    """L with L Lᵀ = P⁻¹: with P flipped in both directions = K Kᵀ, the flipped Kᵀ is L⁻¹."""
    inverse = cholesky(p.flip(-2, -1)).flip(-2, -1).mT
    return solve_triangular(inverse, eye(p.shape[-1], dtype=p.dtype), upper=False)
