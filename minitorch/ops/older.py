"""Functions and methods from PyTorch's earlier days, and of kinds of tensors that there are not."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

from ..formats import channels_last, channels_last_3d, memory_format
from ..kernels.layout import order_of
from ..kernels.strided import applied
from . import linalg
from .base import T, TensorBase, numbers, overwrite, results, shown_as
from .index import nonzero
from .join import cat
from .matrix import matrix_norm
from .reduce import vector_norm
from .view import expand, narrow, reshape

__all__ = [
    "eig", "frobenius_norm", "lobpcg", "lstsq", "matrix_rank", "nonzero_static", "norm_except_dim", "nuclear_norm",
    "slogdet", "solve", "symeig",
]  # fmt: skip


def resize(self: T, *sizes: Any) -> T:
    """`reshape`, by a name that warns: only the shape can change, not the number of elements."""
    warnings.warn("non-inplace resize is deprecated", stacklevel=2)
    return _resized(self, tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes)


def resize_as(self: T, tensor: TensorBase) -> T:
    """`reshape` to the shape of a tensor, by a name that warns."""
    warnings.warn("non-inplace resize_as is deprecated", stacklevel=2)
    return _resized(self, tensor.array.shape)


def _resized(x: Any, sizes: tuple[int, ...]) -> Any:
    if math.prod(sizes) != x.array.size:
        raise RuntimeError(
            f"requested resize to {'x'.join(map(str, sizes))} ({math.prod(sizes)} elements in total), but the given "
            f"tensor has a size of {'x'.join(map(str, x.array.shape))} ({x.array.size} elements): only the "
            "shape can change"
        )
    return reshape(x, sizes)


def to_dense(self: T, dtype: Any = None, *, masked_grad: bool | None = None) -> T:
    """Itself, cast if a dtype is given: there are only dense tensors here."""
    return self if dtype is None else self.to(dtype)


def nonzero_static(input: T, *, size: int, fill_value: int = -1) -> Any:
    """(size, ndim): the indices of the first `size` elements that are not zero, and rows of `fill_value` behind them.

    >>> torch.nonzero_static(torch.tensor([0, 3, 0, 4]), size=3)
    tensor([[ 1],
            [ 3],
            [-1]])
    """
    if size < 0:
        raise RuntimeError(f"nonzero_static: 'size' must be an non-negative integer, got {size}")
    found: Any = nonzero(input)
    count = min(size, found.array.shape[0])
    rest = found.new_full((size - count, input.array.ndim), fill_value)
    return cat([narrow(found, 0, 0, count), rest], 0)


# ---------------------------------------------------------------- matrices


def slogdet(input: T) -> Any:
    """`linalg.slogdet`, by the name that `torch` and methods have for its result.

    >>> torch.slogdet(torch.eye(2))
    torch.return_types.slogdet(
    sign=tensor(1.),
    logabsdet=tensor(0.))
    """
    return results("slogdet", "sign", "logabsdet")(*linalg.slogdet(input))


def lobpcg(
    A: T, k: int | None = None, B: Any = None, X: Any = None, n: int | None = None, iK: Any = None,
    niter: int | None = None, tol: float | None = None, largest: bool | None = None, method: str | None = None,
    tracker: Any = None, ortho_iparams: Any = None, ortho_fparams: Any = None, ortho_bparams: Any = None,
) -> tuple[T, T]:  # fmt: skip
    """The k largest (or smallest) eigenvalues e of a symmetric A, and vectors x: A x = e B x, with xᵀ B x = 1.

    All eigenvalues are computed, by `linalg.eigh`, and k of them returned: exact, so that what steers PyTorch's
    iteration (`niter`, `tol`, `method`, ...) changes nothing. k is by default the number of columns of X, or 1.
    ValueError for a k above a third of A's size, as in PyTorch.
    """
    k = (1 if X is None else X.array.shape[-1]) if k is None else k
    m = A.array.shape[-1]
    n = k if n is None else n
    if m < 3 * n:
        raise ValueError(
            f"LOBPCG algorithm is not applicable when the number of A rows (={m}) is smaller than 3 x the number of "
            f"requested eigenpairs (={n})"
        )
    if tracker is not None:
        raise NotImplementedError("lobpcg: there is no iteration that a tracker could follow")
    values, vectors = _eigen(A, B)
    if largest is None or largest:
        values, vectors = values.flip(-1), vectors.flip(-1)
    return narrow(values, -1, 0, k), narrow(vectors, -1, 0, k)


def _eigen(A: Any, B: Any) -> Any:
    """Those of A x = e B x: with B = L Lᵀ, of L⁻¹ A L⁻ᵀ."""
    if B is None:
        return linalg.eigh(A)
    l = linalg.cholesky(B)
    half = linalg.solve_triangular(l, A, upper=False)
    values, y = linalg.eigh(linalg.solve_triangular(l.mH, half, upper=True, left=False))
    return values, linalg.solve_triangular(l.mH, y, upper=True)


# ---------------------------------------------------------------- norms


def norm_except_dim(v: T, pow: int = 2, dim: int = 0) -> T:
    """The norm over all dimensions but one, which stay with size 1; over all of them for -1."""
    if dim == -1:
        return vector_norm(v, pow)
    return vector_norm(v, pow, [d for d in range(v.ndim) if d != dim % v.ndim], keepdim=True)


@shown_as("NormBackward1")
def frobenius_norm(input: T, dim: Any, keepdim: bool = False) -> T:
    """The square root of the sum of the squares over one or two dimensions, or all for `[]`."""
    dims = [dim] if isinstance(dim, int) else list(dim)
    if len(dims) > 2:
        raise RuntimeError(f"frobenius_norm: Expected at most 2 dimensions, but got {len(dims)} dimensions instead.")
    return vector_norm(input, 2, dims or None, keepdim)


def nuclear_norm(input: T, dim: Any = None, keepdim: bool = False) -> T:
    """The sum of the singular values of matrices in two dimensions, by default of a matrix."""
    if isinstance(dim, bool):
        dim, keepdim = None, dim
    if dim is None and input.array.ndim != 2:
        raise RuntimeError(f"nuclear_norm: Expected a tensor with 2 dimensions, but got {input.array.ndim} dimensions.")
    return matrix_norm(input, "nuc", (-2, -1) if dim is None else tuple(dim), keepdim)


# ---------------------------------------------------------------- methods


def map2_(self: T, x: Any, y: Any, callable: Any) -> T:
    """Call a Python function on the elements of three tensors and write what it returns; slow."""
    if self.tracked() or x.tracked() or y.tracked():
        raise RuntimeError("Can't call map2_() on Variable that requires grad. Use var.detach().map2_() instead.")
    arrays = [numbers(self), *[numbers(expand(other, self.array.shape)) for other in (x, y)]]
    return overwrite(self, self._wrap(applied(callable, *arrays)), "map2_")


def module_load(self: T, other: T, assign: bool = False) -> T:
    """What `Module.load_state_dict` makes of a value of a state dict: a copy into this tensor, or the value itself."""
    return other.detach() if assign else self.copy_(other).detach()


def volatile(self: T) -> bool:
    """False: `no_grad` took the place of volatile variables."""
    warnings.warn("volatile was removed (Variable.volatile is always False)", UserWarning, stacklevel=2)
    return False


def dim_order(self: T, *, ambiguity_check: Any = False) -> tuple[int, ...]:
    """The dimensions from the outermost in memory to the innermost.

    With `ambiguity_check=True`, RuntimeError where several orders would do: a dimension of size 1, two of one stride.
    """
    formats = ambiguity_check if isinstance(ambiguity_check, list) else []
    if not isinstance(ambiguity_check, bool | list) or not all(isinstance(x, memory_format) for x in formats):
        raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
    if ambiguity_check and _several_orders(self) and sum([_lies_as(self, x) for x in formats]) != 1:
        raise RuntimeError(
            "The tensor does not have unique dim order, or cannot map to exact one of the given memory formats: size "
            f"{tuple(self.array.shape)}, strides {self.stride()}"
        )
    return order_of((self.array,), self.array.shape) or tuple(range(self.array.ndim))


def _several_orders(x: Any) -> bool:
    strides = x.array.strides
    return 1 in x.array.shape or any(a == b for a, b in itertools.pairwise(strides))


def _lies_as(x: Any, wanted: memory_format) -> bool:
    dims = {channels_last: 4, channels_last_3d: 5}.get(wanted)
    array = x.array if dims is None else x.array.transpose(0, *range(2, dims), 1) if x.array.ndim == dims else None
    return array is not None and array.flags.c_contiguous


# ---------------------------------------------------------------- removed


def _removed(name: str, instead: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(f"This function was deprecated since version 1.9 and is now removed. {instead} ({name})")

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"A RuntimeError: PyTorch removed it. {instead}"
    return function


eig = _removed("eig", "Use torch.linalg.eig or eigvals, whose results are complex.")
lstsq = _removed("lstsq", "Use torch.linalg.lstsq(A, B), with the arguments the other way round.")
matrix_rank = _removed("matrix_rank", "Use torch.linalg.matrix_rank, where `symmetric` is called `hermitian`.")
solve = _removed("solve", "Use torch.linalg.solve(A, B), with the arguments the other way round.")
symeig = _removed("symeig", "Use torch.linalg.eigh or eigvalsh, whose default is the lower triangle.")


def reinforce(self: T, reward: Any) -> None:
    """A RuntimeError: PyTorch removed it. `torch.distributions` have `log_prob` for it."""
    raise RuntimeError(
        "reinforce() was removed. Use torch.distributions instead: loss = -distribution.log_prob(action) * reward"
    )
