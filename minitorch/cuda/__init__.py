"""The questions that programs ask about GPUs: there is none. What needs one is an error."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any, NoReturn

from ..errors import OutOfMemoryError
from ..missing import missing_from
from . import amp

__all__ = [
    "CUDAGraph",
    "Event",
    "OutOfMemoryError",
    "Stream",
    "amp",
    "current_device",
    "current_stream",
    "default_stream",
    "device",
    "device_count",
    "empty_cache",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "init",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "reset_max_memory_allocated",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "stream",
    "synchronize",
]


_initialized = False


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def _refuse() -> NoReturn:
    raise AssertionError(
        "Torch not compiled with CUDA enabled: minitorch runs on the CPU alone. Ask torch.cuda.is_available() first."
    )


def init() -> None:
    """An error."""
    _refuse()


def current_device() -> int:
    """An error."""
    _refuse()


def set_device(device: Any) -> None:
    """An error."""
    _refuse()


def get_device_name(device: Any = None) -> str:
    """An error."""
    _refuse()


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """An error."""
    _refuse()


def get_device_properties(device: Any = None) -> Any:
    """An error."""
    _refuse()


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """An error."""
    _refuse()


@contextlib.contextmanager
def device(device: Any) -> Iterator[None]:
    """A context in which everything stays on the CPU."""
    yield


class _NoTensor(type):
    """The type of the tensors of one dtype on a GPU: there is none."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"type torch.cuda.{cls.__name__} not available: minitorch runs on the CPU alone")


def _no_tensor(name: str) -> Any:
    return _NoTensor(name, (), {"__doc__": "Tensors on a GPU: none.", "__module__": "torch.cuda"})


BoolTensor, ByteTensor, CharTensor = _no_tensor("BoolTensor"), _no_tensor("ByteTensor"), _no_tensor("CharTensor")
ShortTensor, IntTensor, LongTensor = _no_tensor("ShortTensor"), _no_tensor("IntTensor"), _no_tensor("LongTensor")
HalfTensor, FloatTensor, DoubleTensor = _no_tensor("HalfTensor"), _no_tensor("FloatTensor"), _no_tensor("DoubleTensor")


class _NeedsOne(type):
    """A class of things that a GPU has: it can be named."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(f"torch.cuda.{cls.__name__} needs a GPU: minitorch runs on the CPU alone")


class Stream(metaclass=_NeedsOne):
    """A queue of a GPU. RuntimeError."""


class Event(metaclass=_NeedsOne):
    """A mark in a queue of a GPU. RuntimeError."""


class CUDAGraph(metaclass=_NeedsOne):
    """Recorded work of a GPU. RuntimeError."""


def current_stream(device: Any = None) -> Stream:
    """An error."""
    _refuse()


default_stream = current_stream

# ---------------------------------------------------------------- nothing to do


@contextlib.contextmanager
def stream(stream: Any) -> Iterator[None]:
    """A context for None, the only stream that can be had: nothing."""
    yield


def manual_seed(seed: int) -> None:
    """Nothing: `torch.manual_seed` starts the only generator."""


def manual_seed_all(seed: int) -> None:
    """Nothing, as `manual_seed`."""


def seed() -> None:
    """Nothing, as `manual_seed`."""


def seed_all() -> None:
    """Nothing, as `manual_seed`."""


def empty_cache() -> None:
    """Nothing: there is no cache."""


def ipc_collect() -> None:
    """Nothing: there is no cache."""


def synchronize(device: Any = None) -> None:
    """Nothing: every operation is done when it returns."""


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing: no memory of a GPU is counted."""


reset_max_memory_allocated = reset_peak_memory_stats


def memory_allocated(device: Any = None) -> int:
    """0."""
    return 0


memory_reserved = memory_cached = max_memory_allocated = max_memory_reserved = memory_allocated

__getattr__ = missing_from(__name__)
