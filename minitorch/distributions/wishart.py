"""The Wishart distribution, of covariance matrices."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ..creation import arange
from ..ops.arithmetic import where
from ..ops.linalg import slogdet
from ..ops.matrix import cholesky_solve
from ..ops.special import multigammaln
from ..ops.strided import diag_embed
from ..patterns import tril_indices
from ..tensor import Tensor
from . import constraints
from .chi2 import Chi2
from .covariance import MATRICES, WithCovariance, factor, only
from .distribution import ExponentialFamily
from .utils import standard_normal


class Wishart(WithCovariance, ExponentialFamily):
    """Sums of x xᵀ over `df` normal vectors x of mean 0 and one of: covariance_matrix, precision_matrix, scale_tril.

    `df` may be any number above the count of rows less 1. Drawn by Bartlett's decomposition.

    >>> torch.distributions.Wishart(torch.tensor(2.0), torch.eye(2)).mean
    tensor([[2., 0.],
            [0., 2.]])
    """

    arg_constraints: ClassVar[Any] = {**MATRICES, "df": constraints.greater_than(0)}
    support = constraints.positive_definite
    has_rsample = True

    def __init__(
        self, df: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        name, matrix = only(covariance_matrix, precision_matrix, scale_tril)
        df = df if isinstance(df, Tensor) else matrix.new_tensor(float(df))
        n = matrix.shape[-1]
        if bool((df <= n - 1).any()):
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {n - 1}.")
        batch = np.broadcast_shapes(tuple(matrix.shape[:-2]), tuple(df.shape))
        self.df = df.expand(batch)
        setattr(self, name, matrix.expand(*batch, -1, -1))
        super().__init__(batch, matrix.shape[-2:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = factor(name, matrix)
        self._chi2 = Chi2(self.df.unsqueeze(-1) - arange(n, dtype=matrix.dtype).expand(*batch, -1))

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new.df = self.df.expand(batch_shape)
        new._chi2 = self._chi2.expand((*batch_shape, self._event_shape[0]))
        return super().expand(batch_shape, new)

    @property
    def _df(self) -> Any:
        return self.df.view(*self._batch_shape, 1, 1)

    @property
    def mean(self) -> Any:
        return self._df * self.covariance_matrix

    @property
    def mode(self) -> Any:
        count = self.df - self.covariance_matrix.shape[-1] - 1
        count = where(count <= 0, math.nan, count)
        return count.view(*self._batch_shape, 1, 1) * self.covariance_matrix

    @property
    def variance(self) -> Any:
        v = self.covariance_matrix
        d = v.diagonal(dim1=-2, dim2=-1)
        return self._df * (v.pow(2) + d.unsqueeze(-1) * d.unsqueeze(-2))

    def rsample(self, sample_shape: Any = ()) -> Any:
        n = self._event_shape[0]
        noise = diag_embed(self._chi2.rsample(sample_shape).sqrt())
        rows, columns = tril_indices(n, n, -1)
        below = standard_normal((*sample_shape, *self._batch_shape, n * (n - 1) // 2), self.df)
        noise = noise.clone()
        noise[..., rows, columns] = below
        moved = self._unbroadcasted_scale_tril @ noise
        return moved @ moved.mT

    def log_prob(self, value: Any) -> Any:
        value = self._checked(value)
        n, half = self._event_shape[0], 0.5 * self.df
        inner = cholesky_solve(value, self._unbroadcasted_scale_tril).diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = half * n * math.log(2) + 2 * half * self._half_log_det() + multigammaln(half, n)
        return 0.5 * (self.df - n - 1) * slogdet(value)[1] - 0.5 * inner - norm

    def entropy(self) -> Any:
        n, half = self._event_shape[0], 0.5 * self.df
        digammas = multidigamma(half, n)
        h = (n + 1) * (self._half_log_det() + 0.5 * n * math.log(2)) + multigammaln(half, n) + half * n
        return h - 0.5 * (self.df - n - 1) * digammas


def multidigamma(x: Any, n: int) -> Any:
    """Σ ψ(x - j/2) over j < n."""
    return (x.unsqueeze(-1) - 0.5 * arange(n, dtype=x.dtype)).digamma().sum(-1)
