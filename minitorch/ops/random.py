"""Operations that draw random numbers: fillers in place, choices, dropout."""

from __future__ import annotations

from typing import Any

from ..autograd.views import check_writable
from ..errors import DtypeError, OperationError
from ..kernels import random as kernels
from .arithmetic import mul, refuse
from .base import Op, T, TensorBase, inplace

default_stream = kernels.Stream()


def stream_of(generator: Any) -> kernels.Stream:
    """The stream of a Generator, or the default one."""
    return default_stream if generator is None else generator.stream


class NativeDropout(Op):
    """y = x mask, where the mask is 0 with probability p and 1 / (1 - p) otherwise;  dx = g mask"""

    title = "Mul"

    @staticmethod
    def forward(ctx: Any, x: Any, mask: Any) -> Any:
        ctx.save_for_backward(mask)
        return x._wrap(kernels.apply_mask(x.array, mask.array))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (mask,) = ctx.saved_tensors
        return mul(g, mask), None


# ---------------------------------------------------------------- fillers


def _filled(name: str, x: T, draw: Any, *args: Any, floating: bool = True) -> T:
    """Fill x in place by `draw(stream, array, ...)`; what it held before has no more gradient."""
    if floating and x.array.dtype.kind != "f":
        raise DtypeError(name, "expected a floating-point tensor", x)
    check_writable(x)
    generator, *rest = args
    fresh = x._zeros(x.array.shape, x.array.dtype)
    draw(stream_of(generator), fresh.array, *rest)
    return x.copy_(fresh)


def uniform_(self: T, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **old: Any) -> T:
    """Fill with numbers from [from, to)."""
    from_ = old.get("from", from_)
    if not from_ <= to:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}")
    return _filled("uniform_", self, kernels.uniform, generator, from_, to)


def normal_(self: T, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> T:
    """Fill with normal numbers."""
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    return _filled("normal_", self, kernels.normal, generator, mean, std)


def log_normal_(self: T, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> T:
    """Fill with numbers whose logarithm is normal."""
    if std <= 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    return _filled("log_normal_", self, kernels.log_normal, generator, mean, std)


def geometric_(self: T, p: float, *, generator: Any = None) -> T:
    """Fill with the number of the first success among trials of probability p, counted from 1."""
    refuse("geometric_", "b", self)
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    return _filled("geometric_", self, kernels.geometric, generator, p, floating=False)


def cauchy_(self: T, median: float = 0.0, sigma: float = 1.0, *, generator: Any = None) -> T:
    """Fill with numbers from a Cauchy distribution."""
    if sigma <= 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    return _filled("cauchy_", self, kernels.cauchy, generator, median, sigma)


def exponential_(self: T, lambd: float = 1.0, *, generator: Any = None) -> T:
    """Fill with exponentially distributed numbers of rate lambd."""
    if lambd <= 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    return _filled("exponential_", self, kernels.exponential, generator, lambd)


def bernoulli_(self: T, p: Any = 0.5, *, generator: Any = None) -> T:
    """Fill with ones with probability p (a number or a tensor), zeros otherwise."""
    chance = p.array if isinstance(p, TensorBase) else p
    _check_probability("bernoulli_", p)
    return _filled("bernoulli_", self, kernels.bernoulli, generator, chance, floating=False)


def random_(self: T, from_: int = 0, to: int | None = None, *, generator: Any = None) -> T:
    """Fill with integers from [from, to); with one number from [0, number)."""
    d = self.array.dtype
    if to is None:
        top = 2 ** (24 if d.itemsize == 4 else 53) + 1 if d.kind == "f" else 2 ** (d.itemsize * 8 - 1)
        from_, to = (0, from_) if from_ else (0, top)
    return _filled("random_", self, kernels.integers, generator, from_, to, floating=False)


def _check_probability(name: str, p: Any) -> None:
    values = p.array if isinstance(p, TensorBase) else None
    fine = 0 <= p <= 1 if values is None else bool(((values >= 0) & (values <= 1)).all())
    if not fine:
        raise RuntimeError(f"{name} expects p to be in [0, 1], but got p={p}")


# ---------------------------------------------------------------- what users call


def bernoulli(input: T, p: float | None = None, *, generator: Any = None) -> T:
    """Ones with the probabilities that input holds, zeros otherwise."""
    chance = input.detach() if p is None else p
    return bernoulli_(input._zeros(input.array.shape, input.array.dtype), chance, generator=generator)


def multinomial(input: T, num_samples: int, replacement: bool = False, *, generator: Any = None) -> T:
    """Indices drawn with the weights that input (a vector, or rows) holds."""
    if input.array.ndim not in (1, 2):
        raise OperationError("multinomial", "prob_dist must be 1 or 2 dim", input)
    if input.array.dtype.kind != "f":
        raise DtypeError("multinomial", "only supports floating-point dtypes for input", input)
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > input.array.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not kernels.can_draw(input.array):
        raise RuntimeError(
            "multinomial: probability tensor contains either `inf`, `nan` or element < 0, or a row sums to 0"
        )
    return input._wrap(kernels.multinomial(stream_of(generator), input.array, num_samples, replacement))


def dropout(input: T, p: float = 0.5, training: bool = True, inplace: bool = False) -> T:
    """Each element 0 with probability p, the others divided by 1 - p; unchanged when not training."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or not input.array.size:
        return input
    if inplace:
        return dropout_(input, p)
    return _masked(input, p, input.array.shape)


def _masked(input: T, p: float, shape: tuple[int, ...]) -> T:
    mask = input._wrap(kernels.dropout_mask(default_stream, shape, 1 - p, input.array.dtype))
    return NativeDropout.apply(input, mask)


def feature_dropout(input: T, p: float, training: bool, inplace: bool, dims: int) -> T:
    """Dropout of whole channels: of (N, C, ...), or of (C, ...) where there are `dims` dimensions behind the channels."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or not input.array.size:
        return input
    lead = input.array.ndim - dims if dims else 2
    shape = (*input.array.shape[:lead], *(1,) * (input.array.ndim - lead))
    y = _masked(input, p, shape)
    return input.copy_(y) if inplace else y


def alpha_dropout(
    input: T, p: float = 0.5, training: bool = False, inplace: bool = False, *, whole_channels: bool = False
) -> T:
    """Dropout to the negative saturation of SELU, then scaled to keep mean and variance (Klambauer et al., 2017)."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    shape = (*input.array.shape[:2], *(1,) * (input.array.ndim - 2)) if whole_channels else input.array.shape
    mask = bernoulli_(input._zeros(shape, input.array.dtype), 1 - p)
    low = -1.7580993408473766
    scale = ((1 - p) * (1 + p * low * low)) ** -0.5 if p < 1 else 0.0
    shift = (mask - 1) * (-low * scale) + (low * scale * p) * -1 if p < 1 else mask * 0
    y = input * (mask * scale) + shift
    return input.copy_(y) if inplace else y


dropout_ = inplace(dropout)
