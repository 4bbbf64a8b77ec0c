"""How parameters begin. Every function fills its tensor in place, without recording it, and returns it."""

from __future__ import annotations

import functools
import math
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from .. import creation, random
from ..autograd.grad_mode import no_grad
from ..kernels import linalg
from ..kernels.cast import widened
from ..missing import missing_from as _missing_from
from ..tensor import Tensor

_GAINS = {
    **dict.fromkeys(("linear", "conv1d", "conv2d", "conv3d", "sigmoid"), 1),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), 1),
    "tanh": 5.0 / 3,
    "relu": math.sqrt(2.0),
    "selu": 3.0 / 4,
}

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]


_Fill = TypeVar("_Fill", bound=Callable[..., Any])


class _Skipping(threading.local):
    """Whether tensors are left as they are, in this thread."""

    on = False


_skipping = _Skipping()


@contextmanager
def _skipped() -> Iterator[None]:
    """Inside, nothing is filled and no number drawn: modules are made with whatever was in memory."""
    before, _skipping.on = _skipping.on, True
    try:
        yield
    finally:
        _skipping.on = before


def _unless_skipped(fill: _Fill) -> _Fill:
    @functools.wraps(fill)
    def call(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
        return tensor if _skipping.on else fill(tensor, *args, **kwargs)

    return cast(_Fill, call)


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The factor by which weights before this nonlinearity are scaled; `param`: the slope of leaky_relu.

    >>> torch.nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        return _leaky_gain(0.01 if param is None else param)
    if nonlinearity not in _GAINS:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return _GAINS[nonlinearity]


def _leaky_gain(slope: Any) -> float:
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {slope} not a valid number")
    return math.sqrt(2.0 / (1 + slope**2))


# ---------------------------------------------------------------- plain


@_unless_skipped
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform in [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


@_unless_skipped
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with this mean and standard deviation."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


@_unless_skipped
def constant_(tensor: Tensor, val: float) -> Tensor:
    """The same number everywhere."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


@_unless_skipped
def eye_(tensor: Tensor) -> Tensor:
    """The identity, for a tensor of two dimensions; ValueError for any other."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        return tensor.copy_(creation.eye(*tensor.shape))


@_unless_skipped
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution's weights (out, in, ...) that hand channels on unchanged, in each of `groups`.

    ValueError if the tensor has not 3, 4 or 5 dimensions, or `groups` does not divide the first.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    out, channels, *kernel = tensor.shape
    if out % groups:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = out // groups
    middle = tuple([size // 2 for size in kernel])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for d in range(min(per_group, channels)):
                tensor[(group * per_group + d, d, *middle)] = 1
    return tensor


@_unless_skipped
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    """Normal, without what lies outside [a, b]: drawn, and drawn again where it was refused."""
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
            "incorrect.",
            stacklevel=2,
        )
    kept = _normal_cdf((b - mean) / std) - _normal_cdf((a - mean) / std)
    draw = _draw_normal if kept > 0.3 else _draw_uniform
    with no_grad():
        result, refused = draw(tensor, mean, std, a, b, generator)
        while refused.any():
            again, still = draw(tensor, mean, std, a, b, generator)
            result = result.where(~refused, again)
            refused = refused & still
        return tensor.copy_(result)


def _draw_normal(like: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> tuple[Any, Any]:
    """Normal numbers, refused outside [a, b]."""
    drawn = creation.empty_like(like).normal_(mean, std, generator=generator)
    low, high = (creation.tensor(bound, dtype=like.dtype) for bound in (a, b))
    return drawn, (drawn < low) | (drawn > high)


def _draw_uniform(like: Tensor, mean: float, std: float, a: float, b: float, generator: Any) -> tuple[Any, Any]:
    """Uniform numbers in [a, b], each refused with the chance that the normal density leaves below its peak there."""
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    drawn = creation.empty_like(like).uniform_(a, b, generator=generator)
    log_density = ((drawn - mean) / std) ** 2 * -0.5 - peak
    chance = creation.empty_like(like).uniform_(generator=generator)
    return drawn, chance.log() > log_density


def _normal_cdf(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


# ---------------------------------------------------------------- by the number of connections


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input has, for weights (out, in, *kernel)."""
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    out, channels, *kernel = tensor.shape
    field = math.prod(kernel)
    return channels * field, out * field


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Uniform with standard deviation gain √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    """Normal with standard deviation gain √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), generator)


def _xavier_std(tensor: Tensor, gain: float) -> float:
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Uniform with standard deviation gain / √fan (He et al., 2015); `a`: leaky_relu's slope, `mode`: which fan."""
    if _is_empty(tensor):
        return tensor
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    """Normal with standard deviation gain / √fan (He et al., 2015); `a`: leaky_relu's slope, `mode`: which fan."""
    if _is_empty(tensor):
        return tensor
    return normal_(tensor, 0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


def _is_empty(tensor: Tensor) -> bool:
    if 0 not in tensor.shape:
        return False
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
    return True


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]


# ---------------------------------------------------------------- matrices


@_unless_skipped
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    """Orthonormal rows or columns, whichever are fewer, times `gain`; dimensions after the first count as one.

    Q of the QR decomposition of normal numbers, with the signs that make it uniformly distributed (Saxe et al., 2014;
    Mezzadri, 2007). ValueError for fewer than 2 dimensions.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.size(0)
    drawn = creation.empty((rows, tensor.numel() // rows), dtype=tensor.dtype).normal_(0, 1, generator=generator)
    q = Tensor._wrap(linalg.orthonormal(widened(drawn.array)))
    with no_grad():
        return tensor.copy_(q.view(tensor.shape)).mul_(gain)


@_unless_skipped
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Normal with standard deviation `std`, and zero in the fraction `sparsity` of every column (Martens, 2010)."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[random.randperm(rows)[:zeros], column] = 0
    return tensor


# ---------------------------------------------------------------- older names


def _older(function: Any) -> Any:
    """The function under its name without the underscore, which warns."""
    new = function.__name__

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        text = f"`nn.init.{new[:-1]}` is now deprecated in favor of `nn.init.{new}`."
        warnings.warn(text, FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = new[:-1]
    call.__doc__ = f"`{new}` by its older name: deprecated."
    return call


uniform, normal, constant, eye, dirac = map(_older, (uniform_, normal_, constant_, eye_, dirac_))
xavier_uniform, xavier_normal = _older(xavier_uniform_), _older(xavier_normal_)
kaiming_uniform, kaiming_normal = _older(kaiming_uniform_), _older(kaiming_normal_)
orthogonal, sparse = _older(orthogonal_), _older(sparse_)

__getattr__ = _missing_from(__name__)
