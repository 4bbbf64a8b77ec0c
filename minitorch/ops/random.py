"""Operations that draw random numbers: fillers in place, choices, dropout."""

from __future__ import annotations

from operator import index
from typing import Any

from .. import dtypes as dt
from ..autograd.grad_mode import mode
from ..autograd.views import check_writable
from ..errors import DtypeError, OperationError
from ..kernels import random as kernels
from ..kernels import reduce, scalar
from ..kernels.cast import widened
from ..kernels.layout import empty_like
from ..kernels.stream import Stream
from .arithmetic import mul, no_complex, refuse
from .base import Op, T, TensorBase, check_overwrite, inplace

__all__ = ["bernoulli", "multinomial"]


default_stream = Stream()


def stream_of(generator: Any) -> Stream:
    """The stream of a Generator, or the default one."""
    return default_stream if generator is None else generator.stream


class NativeDropout(Op):
    """y = x mask, where the mask is 0 with probability p and 1 / (1 - p) otherwise;  dx = g mask"""

    title = "Mul"

    @staticmethod
    def forward(ctx: Any, x: Any, mask: Any) -> Any:
        ctx.save_for_backward(mask)
        return x._wrap(scalar.mul(x.array, mask.array))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (mask,) = ctx.saved_tensors
        return mul(g, mask), None


class Bernoulli(Op):
    """1 with probability p, 0 otherwise;  dp = 0"""

    @staticmethod
    def forward(ctx: Any, x: Any, p: Any, generator: Any) -> Any:
        ctx.given = p is not None
        drawn = x._zeros(x.array.shape, x.array.dtype)
        return bernoulli_(drawn, x.detach() if p is None else p, generator=generator)

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        if ctx.given:
            raise NotImplementedError("bernoulli: the derivative is not implemented where p is given")
        return g._zeros(g.array.shape, g.array.dtype), None, None


class Normal(Op):
    """Normal numbers drawn with means and deviations;  their gradients are 0"""

    @staticmethod
    def forward(ctx: Any, drawn: Any, *given: Any) -> Any:
        ctx.save_for_backward(*given)
        return drawn.array

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        zeros = [None if x is None else x._zeros(x.array.shape, x.array.dtype) for x in ctx.saved_tensors]
        return None, *zeros


# ---------------------------------------------------------------- fillers


def _filled(name: str, x: T, draw: Any, *args: Any, floating: bool = True, kinds: str = "fV") -> T:
    """Fill x in place by `draw(stream, array, ...)`; what it held before has no more gradient."""
    if floating and x.array.dtype.kind not in kinds:
        raise DtypeError(name, "expected a floating-point tensor", x)
    check_writable(x)
    check_overwrite(x, x, name)
    generator, *rest = args
    draw(stream_of(generator), x.array, *rest)
    if mode.grad and x.tracked():
        return x.copy_(x.detach().clone())
    x.storage.written(name)
    return x


def uniform_(self: T, from_: float = 0.0, to: float = 1.0, *, generator: Any = None, **named: Any) -> T:
    """Fill with numbers from [from, to)."""
    from_ = _from(named, from_)
    if not from_ <= to:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={from_} > to={to}")
    return _filled("uniform_", self, kernels.uniform, generator, from_, to, kinds="fcV")


def normal_(self: T, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> T:
    """Fill with normal numbers."""
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")
    return _filled("normal_", self, kernels.normal, generator, mean, std, kinds="fcV")


def log_normal_(self: T, mean: float = 1.0, std: float = 2.0, *, generator: Any = None) -> T:
    """Fill with numbers whose logarithm is normal."""
    if std <= 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    return _filled("log_normal_", self, kernels.log_normal, generator, mean, std)


def geometric_(self: T, p: float, *, generator: Any = None) -> T:
    """Fill with the number of the first success among trials of probability p, counted from 1."""
    no_complex("geometric_", self)
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
    no_complex("bernoulli_", self)
    _check_probability("bernoulli_", p)
    if not isinstance(p, TensorBase):
        return _filled("bernoulli_", self, kernels.bernoulli, generator, p, floating=False)
    if p.array.dtype.kind not in "fV" and p.array.size:
        raise DtypeError("bernoulli_", "expected floating-point probabilities", self, p)
    chance = p.expand(self.array.shape).array
    return _filled("bernoulli_", self, kernels.bernoulli, generator, chance, floating=self.array.size > 0)


def random_(self: T, from_: int | None = None, to: int | None = None, *, generator: Any = None, **named: Any) -> T:
    """Fill with integers from [from, to); with one number from [0, number); without, from 0 to the dtype's largest."""
    no_complex("random_", self)
    from_ = _from(named, from_)
    if from_ is None and to is None:
        return _filled("random_", self, kernels.any_integers, generator, floating=False)
    low, high = (0, from_) if to is None else (from_ or 0, to)
    _check_range(self, index(low), index(high))
    return _filled("random_", self, kernels.integers, generator, index(low), index(high), floating=False)


def _from(named: dict[str, Any], default: Any) -> Any:
    """The argument that is called `from`, a word of Python's."""
    unknown = set(named) - {"from"}
    if unknown:
        raise TypeError(f"got an unexpected keyword argument {unknown.pop()!r}")
    return named.get("from", default)


def _check_range(x: T, low: int, high: int) -> None:
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    bits = 8 * x.array.dtype.itemsize
    half = 2 ** (bits - 1)
    ends = {"b": (0, 2), "u": (0, 2 * half), "i": (-half, half)}.get(x.array.dtype.kind)
    if ends is not None and not ends[0] <= low < high <= ends[1]:
        raise DtypeError("random_", f"[{low}, {high}) is out of bounds for the dtype", x)


def _check_probability(name: str, p: Any) -> None:
    if isinstance(p, TensorBase):
        axes = tuple(range(p.array.ndim))
        fine = not p.array.size or (
            reduce.amin(widened(p.array), axes) >= 0 and reduce.amax(widened(p.array), axes) <= 1
        )
    else:
        fine = 0 <= p <= 1
    if not fine:
        raise RuntimeError(f"{name} expects p to be in [0, 1], but got p={p}")


# ---------------------------------------------------------------- what users call


def bernoulli(input: T, p: float | None = None, *, generator: Any = None) -> T:
    """Ones with the probabilities that input holds, zeros otherwise."""
    no_complex("bernoulli", input)
    return Bernoulli.apply(input, p, generator)


def multinomial(input: T, num_samples: int, replacement: bool = False, *, generator: Any = None) -> T:
    """Indices drawn with the weights that input (a vector, or rows) holds."""
    if input.array.ndim not in (1, 2):
        raise OperationError("multinomial", "prob_dist must be 1 or 2 dim", input)
    if input.array.dtype.kind not in "fV":
        raise DtypeError("multinomial", "only supports floating-point dtypes for input", input)
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > input.array.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if not kernels.can_draw(widened(input.array)):
        raise RuntimeError(
            "multinomial: probability tensor contains either `inf`, `nan` or element < 0, or a row sums to 0"
        )
    return input._wrap(kernels.multinomial(stream_of(generator), widened(input.array), num_samples, replacement))


def dropout(input: T, p: float = 0.5, training: bool = True, inplace: bool = False) -> T:
    """Each element 0 with probability p, the others divided by 1 - p; unchanged when not training."""
    if not _drops("dropout", input, p, training):
        return input
    if inplace:
        return dropout_(input, p)
    return _masked(input, p, input.array.shape)


def _drops(name: str, x: T, p: float, training: bool) -> bool:
    """Whether there is anything to do."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0 or not x.array.size:
        return False
    if x.array.dtype.kind not in "fV" and p < 1:
        raise DtypeError(name, "expected a floating-point tensor", x)
    return True


def _masked(x: T, p: float, shape: tuple[int, ...]) -> T:
    if p == 1:
        return x * x._zeros((), x.array.dtype)
    like = x.array if shape == x.array.shape else None
    return NativeDropout.apply(
        x, x._wrap(kernels.dropout_mask(default_stream, shape, 1 - p, dt.wide(x.array.dtype), like))
    )


def feature_dropout(input: T, p: float, training: bool, inplace: bool = False, lead: int = 2) -> T:
    """Dropout of whole channels: of (N, C, ...), or of (C, ...) where `lead` is 1."""
    if not _drops("feature_dropout", input, p, training):
        return input
    y = _masked(input, p, _per_channel("feature_dropout", input, lead))
    return input.copy_(y) if inplace else y


def _per_channel(name: str, x: T, lead: int) -> tuple[int, ...]:
    if x.array.ndim < 2:
        raise OperationError(name, "Feature dropout requires at least 2 dimensions in the input", x)
    return (*x.array.shape[:lead], *(1,) * (x.array.ndim - lead))


def alpha_dropout(
    input: T, p: float = 0.5, training: bool = False, inplace: bool = False, *, whole_channels: bool = False
) -> T:
    """Dropout to the negative saturation of SELU, then scaled to keep mean and variance (Klambauer et al., 2017)."""
    if not _drops("alpha_dropout", input, p, training):
        return input
    y = _saturated(input, p, _per_channel("alpha_dropout", input, 2) if whole_channels else input.array.shape)
    return input.copy_(y) if inplace else y


def _saturated(x: T, p: float, shape: tuple[int, ...]) -> T:
    if p == 1:
        return x * x._zeros((), x.array.dtype)
    whole = shape == x.array.shape
    mask = bernoulli_(x._wrap(empty_like(x.array)) if whole else x._zeros(shape, x.array.dtype), 1 - p)
    low = -1.7580993408473766  # what SELU tends to: minus its scale times its alpha
    scale = ((1 - p) * (1 + p * low * low)) ** -0.5
    return x * (mask * scale) + ((mask - 1) * (-low * scale) - low * scale * p)


dropout_ = inplace(dropout)
