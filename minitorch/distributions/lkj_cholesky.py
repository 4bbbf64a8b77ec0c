"""Factors of random correlation matrices."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ..autograd.grad_mode import no_grad
from ..creation import arange
from ..limits import finfo
from ..ops.join import cat
from ..ops.special import multigammaln
from ..ops.strided import diag_embed
from ..size import Size
from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all, standard_normal


class LKJCholesky(Distribution):
    """Lower triangular factors of correlation matrices of `dim` rows with density ∝ det^(concentration - 1).

    Lewandowski, Kurowicka and Joe, 2009; drawn row by row, by their onion method.

    >>> x = torch.distributions.LKJCholesky(3, 0.5).sample()
    >>> torch.allclose((x @ x.T).diagonal(), torch.ones(3))
    True
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive}
    support = constraints.corr_cholesky

    def __init__(self, dim: int, concentration: Any = 1.0, validate_args: bool | None = None) -> None:
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        at = arange(dim - 1, dtype=self.concentration.dtype)
        at = cat([at.new_zeros((1,)), at])
        marginal = self.concentration + 0.5 * (dim - 2)
        self._beta = Beta(at + 0.5, marginal.unsqueeze(-1) - 0.5 * at)
        super().__init__(self.concentration.size(), Size((dim, dim)), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._fresh(_instance)
        new.dim, new.concentration = self.dim, self.concentration.expand(batch_shape)
        new._beta = self._beta.expand((*batch_shape, self.dim))
        return self._finish(new, batch_shape, self.event_shape)

    def sample(self, sample_shape: Any = ()) -> Any:
        with no_grad():
            y = self._beta.sample(sample_shape).unsqueeze(-1)
            directions = standard_normal(self._extended_shape(sample_shape), self.concentration).tril(-1)
            directions = directions / directions.norm(dim=-1, keepdim=True)
            directions[..., 0, :] = 0.0
            w = y.sqrt() * directions
            rest = (1 - (w**2).sum(-1)).clamp(min=finfo(w.dtype).tiny).sqrt()
            return w + diag_embed(rest)

    def log_prob(self, value: Any) -> Any:
        diagonal = self._checked(value).diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = arange(2, self.dim + 1, dtype=self.concentration.dtype)
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - order
        n = self.dim - 1
        alpha = self.concentration + 0.5 * n
        norm = 0.5 * n * math.log(math.pi) + multigammaln(alpha - 0.5, n) - alpha.lgamma() * n
        return (order * diagonal.log()).sum(-1) - norm
