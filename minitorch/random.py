"""Random tensors, and the generators that they are drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import dtypes as dt
from .creation import _cast, _made, _numpy_dtype, _shape, empty_like
from .device import check_device
from .errors import DtypeError
from .kernels import random as kernels
from .kernels.cast import widened
from .kernels.rearrange import broadcast_shape
from .kernels.stream import Stream, from_bytes, to_bytes
from .ops import random as ops
from .ops.base import broadcast_error
from .ops.random import Normal, bernoulli, multinomial
from .tensor import Tensor


class Generator:
    """A stream of random numbers of its own, for the `generator=` of everything that draws.

    >>> g = torch.Generator().manual_seed(0)
    >>> torch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    def __init__(self, device: Any = "cpu") -> None:
        check_device(device)
        self.stream = Stream()

    def manual_seed(self, seed: int) -> Generator:
        """Start anew from a seed."""
        if not hasattr(seed, "__int__"):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= int(seed) < 2**64:
            raise ValueError(f"Overflow when unpacking long long: the seed {seed} has more than 64 bits")
        self.stream.seed(int(seed))
        return self

    def initial_seed(self) -> int:
        """The seed it was last started from."""
        return self.stream.initial

    def seed(self) -> int:
        """Start anew from a seed that the system draws, and return it."""
        seed = int(np.random.SeedSequence().entropy) & 0xFFFFFFFFFFFFFFFF  # type: ignore[arg-type]
        self.stream.seed(seed)
        return seed

    def get_state(self) -> Tensor:
        """The state, as a tensor of bytes."""
        return _made(to_bytes(self.stream))

    def set_state(self, state: Tensor) -> Generator:
        """Go on from a state that `get_state` gave."""
        if not isinstance(state, Tensor) or state.dtype is not dt.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        from_bytes(self.stream, state.array)
        return self

    def clone_state(self) -> Generator:
        """Another generator in the same state."""
        return Generator().set_state(self.get_state())

    @property
    def device(self) -> Any:
        """The CPU."""
        return Tensor._wrap(np.zeros(0)).device


default_generator = Generator.__new__(Generator)
default_generator.stream = ops.default_stream


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew: the same seed gives the same numbers, PyTorch's own."""
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Start the default generator from a seed that the system draws."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed the default generator was last started from."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Go on from a state of the default generator."""
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = (), enabled: bool = True, **kwargs: Any) -> Iterator[None]:
    """Inside, numbers are drawn as usual; afterwards the default generator goes on as if nothing had happened."""
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


# ---------------------------------------------------------------- random tensors


def _drawn(draw: Any, shape: Any, dtype: Any, generator: Any, device: Any, requires_grad: bool, *args: Any) -> Tensor:
    check_device(device)
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"argument 'generator' must be Generator, not {type(generator).__name__}")
    if draw is not kernels.integers and dtype.kind not in "fcV":
        raise DtypeError("rand", "random numbers that are not integers are not implemented for dtype", dt.of(dtype))
    array = np.empty(shape, dtype)
    draw(ops.stream_of(generator), array, *args)
    return _made(array, requires_grad)


def rand(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers from [0, 1)."""
    return _drawn(kernels.uniform, _shape(sizes, "rand", size), _numpy_dtype(dtype), generator, device, requires_grad)


def randn(
    *sizes: Any, size: Any = None, generator: Any = None, out: Any = None, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers with mean 0 and variance 1."""
    return _drawn(kernels.normal, _shape(sizes, "randn", size), _numpy_dtype(dtype), generator, device, requires_grad)


def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers from [low, high): `randint(high, size)` or `randint(low, high, size)`."""
    if size is None:
        high, size = None, high
    if low is None or high is None:
        low, high = 0, high if low is None else low
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    if isinstance(high, float) or isinstance(low, float) or isinstance(size, int):
        raise TypeError("randint(): expected integers low and high, and a tuple of ints as size")
    d = _numpy_dtype(dtype, dt.int64)
    if d.kind in "iu" and not (np.iinfo(d).min <= low and high - 1 <= np.iinfo(d).max):
        raise RuntimeError(f"randint: from {low} to {high} - 1 is out of bounds for {dt.of(d)}")
    return _drawn(
        kernels.integers, _shape((size,), "randint"), d, generator, device, requires_grad, int(low), int(high)
    )


def randperm(
    n: int,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """0 .. n - 1 in random order."""
    check_device(device)
    if n < 0:
        raise RuntimeError(f"randperm: n must be non-negative, got {n}")
    dt.check_fits(n, _numpy_dtype(dtype, dt.int64))
    order = kernels.permutation(ops.stream_of(generator), n)
    return _cast(order, _numpy_dtype(dtype, dt.int64), requires_grad)


def rand_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    generator: Any = None,
) -> Tensor:
    """Numbers from [0, 1) in the shape and dtype of `input`, drawn in the order of its memory."""
    x = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    return ops.uniform_(x, generator=generator).requires_grad_(requires_grad)


def randn_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    generator: Any = None,
) -> Tensor:
    """Normal numbers in the shape and dtype of `input`, drawn in the order of its memory."""
    x = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    return ops.normal_(x, generator=generator).requires_grad_(requires_grad)


def randint_like(
    input: Tensor,
    low: Any = None,
    high: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    generator: Any = None,
    **kwargs: Any,
) -> Tensor:
    """Integers from [low, high) in the shape and dtype of `input`, drawn in the order of its memory."""
    if low is None and high is None:
        raise TypeError("randint_like() missing 1 required argument: 'high'")
    if low is None or high is None:
        low, high = 0, high if low is None else low
    x = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    return ops.random_(x, low, high, generator=generator).requires_grad_(requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Normal numbers; mean and std may be tensors, or numbers with a size."""
    low = widened(std.array).min() if isinstance(std, Tensor) and std.array.size else std
    if not isinstance(low, Tensor) and low < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {low}")
    if size is not None:
        x = _drawn(kernels.normal, _shape((size,), "normal"), _numpy_dtype(dtype), generator, device, False, mean, std)
        return x.requires_grad_() if requires_grad else x
    return _normal_around(mean, std, generator, device)


def _normal_around(mean: Any, std: Any, generator: Any, device: Any) -> Tensor:
    """Normal numbers whose means or deviations are tensors; the result has gradients for both."""
    model = mean if isinstance(mean, Tensor) else std
    shape = broadcast_shape([np.shape(getattr(x, "array", x)) for x in (mean, std)])
    if shape is None:
        raise broadcast_error("normal", (mean, std)) or RuntimeError("normal: shapes do not broadcast")
    base = _drawn(kernels.normal, shape, model.array.dtype, generator, device, False)
    given = [x if isinstance(x, Tensor) else None for x in (mean, std)]
    drawn = base * (std.detach() if isinstance(std, Tensor) else std)
    drawn = drawn + (mean.detach() if isinstance(mean, Tensor) else mean)
    return Normal.apply(drawn, *given) if any(x is not None and x.requires_grad for x in given) else drawn


def thread_safe_generator() -> Generator | None:
    """The generator of a worker thread of a data loader; None everywhere else, and workers are processes here."""
    return None


__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
    "thread_safe_generator",
]
