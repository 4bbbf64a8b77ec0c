"""Ready-made parametrizations of weights."""

from __future__ import annotations

from typing import Any

from ...autograd.grad_mode import no_grad
from ...creation import eye, zeros_like
from ...limits import finfo
from ...ops.compare import allclose
from ...ops.join import cat
from ...ops.linalg import matrix_exp, solve
from ...ops.matrix import geqrf, householder_product
from ...ops.older import norm_except_dim
from ...tensor import Tensor
from ..module import Module
from .parametrize import register_parametrization
from .spectral_norm import as_matrix, output_dim, unit
from .weight_norm import normalised


class _WeightNorm(Module):
    """g v / |v|."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return normalised(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """The lengths of a weight, and the weight as direction."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Train a weight as length g and direction v: weight = g v / |v|, a length for each index of `dim` (None: one).

    `parametrizations.weight.original0` is g, `original1` v; checkpoints with `weight_g` and `weight_v` are loaded too.
    Salimans and Kingma, 2016 (https://arxiv.org/abs/1602.07868).
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: Any, prefix: str, *others: Any) -> None:
        old = [f"{prefix}{name}_g", f"{prefix}{name}_v"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename)
    return module


class _SpectralNorm(Module):
    """A weight over its largest singular value uᵀ W v; while training u and v are moved closer by power iterations."""

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight, self.dim)
            u, v = (matrix.new_empty(n).normal_() for n in matrix.shape)
            self.register_buffer("_u", unit(u, eps))
            self.register_buffer("_v", unit(v, eps))
            self._power_method(matrix, 15)

    @no_grad()  # type: ignore[untyped-decorator]
    def _power_method(self, matrix: Any, n_power_iterations: int) -> None:
        for _ in range(n_power_iterations):
            self._u.copy_(unit(matrix.mv(self._v), self.eps))
            self._v.copy_(unit(matrix.t().mv(self._u), self.eps))

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return unit(weight, self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next call writes to them, before this one's backward
        return weight / u.dot(matrix.mv(v))

    def right_inverse(self, value: Any) -> Any:
        """The value itself: it need not have norm 1."""
        return value


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Divide a weight by its largest singular value, estimated by power iterations each time it is used in training.

    The weight's rows are its dimension `dim` (by default its outputs). Miyato et al., 2018
    (https://arxiv.org/abs/1802.05957).
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    dim = output_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it is wide), from a matrix without constraint: base @ Q(X).

    `base` is the weight that was assigned last, made orthogonal; without it Q(X) alone is the weight.
    """

    base: Any

    def __init__(self, weight: Any, orthogonal_map: str, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, weight: Any) -> Any:
        wide = weight.shape[-2] < weight.shape[-1]
        x = weight.mT if wide else weight
        q = _reflections(x) if self.orthogonal_map == "householder" else _rotation(x, self.orthogonal_map)
        if hasattr(self, "base"):
            q = self.base @ q
        return q.mT if wide else q

    @no_grad()  # type: ignore[untyped-decorator]
    def right_inverse(self, value: Any) -> Any:
        """What gives `value`: with a base, the value becomes the base and X is -1, which every map takes to ±1."""
        if value.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {value.shape}."
            )
        tall = value.mT if value.shape[-2] < value.shape[-1] else value
        if not hasattr(self, "base"):
            inner = self._reflectors(tall)
            return inner.mT if tall is not value else inner
        n, k = tall.shape[-2:]
        if n != k:
            self.base = _orthonormal(cat([tall, tall.new_empty((*tall.shape[:-1], n - k)).normal_()], -1))
        else:
            self.base = tall.clone() if _is_orthogonal(tall) else _orthonormal(tall)
        start = zeros_like(value)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start

    def _reflectors(self, tall: Any) -> Any:
        if self.orthogonal_map != "householder":
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                "use_trivialization=False."
            )
        a, tau = geqrf(tall)
        diagonal = a.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()  # the signs of the columns; those without a reflector are turned over
        diagonal[tau == 0.0] *= -1
        return a


def _rotation(x: Any, orthogonal_map: str) -> Any:
    """The exponential of a skew-symmetric matrix, or its Cayley transform (1 + A/2) (1 - A/2)⁻¹: the first columns."""
    n, k = x.shape[-2:]
    x = x.tril()
    if n != k:
        x = cat([x, x.new_zeros((*x.shape[:-1], n - k))], -1)
    a = x - x.mH
    if orthogonal_map == "matrix_exp":
        return matrix_exp(a)[..., :k]
    one = eye(n, dtype=a.dtype)
    return solve(one - a / 2, one + a / 2)[..., :k]


def _reflections(x: Any) -> Any:
    """The product of the Householder reflections whose vectors lie below the diagonal, times the diagonal's signs."""
    below = x.tril(-1)
    q = householder_product(below, 2.0 / (1.0 + (below * below).sum(-2)))
    return q * x.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


def _orthonormal(x: Any) -> Any:
    """The columns made orthonormal: Q of a QR decomposition whose R has a positive diagonal."""
    a, tau = geqrf(x)
    return householder_product(a, tau) * a.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def _is_orthogonal(q: Any) -> bool:
    n = q.shape[-1]
    eps = 10 * n * finfo(q.dtype).eps
    return bool(allclose(q.mH @ q, eye(n, dtype=q.dtype), atol=eps))


def orthogonal(
    module: Any, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Any:
    """Keep a weight orthogonal: its columns are orthonormal, its rows if there are more columns than rows.

    `orthogonal_map`: "matrix_exp" (by default for square and for complex weights), "cayley" or "householder" (for
    others). With `use_trivialization` the map moves around the weight that was assigned last, which trains better.
    Lezcano-Casado, 2019 (https://arxiv.org/abs/1909.09501).

    >>> layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
    >>> torch.allclose(layer.weight @ layer.weight.T, torch.eye(3), atol=1e-5)
    True
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    return register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization), unsafe=True)


__all__ = ["orthogonal", "spectral_norm", "weight_norm"]
