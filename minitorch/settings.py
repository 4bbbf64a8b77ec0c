"""Switches that programs set as a matter of course:
accepted, remembered, and without effect on numbers that never vary.
"""

from __future__ import annotations

import warnings
from typing import Any, ClassVar

from . import dtypes as dt
from .device import Device, check_device

__all__ = [
    "are_deterministic_algorithms_enabled", "compile", "compiled_with_cxx11_abi", "get_default_device",
    "get_deterministic_debug_mode", "get_float32_matmul_precision", "get_num_interop_threads", "has_lapack", "has_mkl",
    "has_openmp", "has_spectral", "init_num_threads", "is_deterministic_algorithms_warn_only_enabled",
    "is_warn_always_enabled", "set_default_device", "set_default_tensor_type", "set_deterministic_debug_mode",
    "set_float32_matmul_precision", "set_flush_denormal", "set_num_interop_threads", "set_warn_always",
    "use_deterministic_algorithms",
]  # fmt: skip


class _Switches:
    """What was set last."""

    values: ClassVar[dict[str, Any]] = {
        "precision": "highest",
        "deterministic": False,
        "warn_only": False,
        "interop": 1,
        "warn_always": False,
    }


_values = _Switches.values


def get_float32_matmul_precision() -> str:
    """What `set_float32_matmul_precision` was told; products are always of full float32 precision."""
    return _values["precision"]


def set_float32_matmul_precision(precision: str) -> None:
    """Allow less precise products: remembered, no more. ValueError for a word other than highest, high and medium."""
    if precision not in ("highest", "high", "medium"):
        raise ValueError(f"precision {precision!r}: expected 'highest', 'high' or 'medium'")
    _values["precision"] = precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same numbers in every run: they always are here."""
    _values["deterministic"], _values["warn_only"] = bool(mode), bool(warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked for."""
    return _values["deterministic"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether `use_deterministic_algorithms` was asked for with `warn_only`."""
    return _values["warn_only"]


_MODES = ("default", "warn", "error")


def get_deterministic_debug_mode() -> int:
    """0, 1 where `use_deterministic_algorithms` was asked for with `warn_only`, 2 where without."""
    return (1 if _values["warn_only"] else 2) if _values["deterministic"] else 0


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms`, by 0, 1, 2 or "default", "warn", "error"; RuntimeError for anything else."""
    if debug_mode not in (*_MODES, 0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, 2 or one of {_MODES}, but got {debug_mode}")
    level = _MODES.index(debug_mode) if isinstance(debug_mode, str) else debug_mode
    use_deterministic_algorithms(level > 0, warn_only=level == 1)


def get_num_interop_threads() -> int:
    """What `set_num_interop_threads` was told; operations run one after the other."""
    return _values["interop"]


def set_num_interop_threads(count: int) -> None:
    """Remembered, no more. RuntimeError unless it is positive."""
    if count < 1:
        raise RuntimeError(f"set_num_interop_threads: expected a positive number of threads, got {count}")
    _values["interop"] = int(count)


def set_flush_denormal(mode: bool) -> bool:
    """False: the processor's treatment of denormal numbers is left as it is."""
    return False


def get_default_device() -> Device:
    """The CPU."""
    return Device("cpu")


def set_default_device(device: Any) -> None:
    """RuntimeError for any device but the CPU."""
    check_device(device)


def set_default_tensor_type(t: Any) -> None:
    """Make the dtype of a type like `torch.DoubleTensor`, or of its name, the default; an older `set_default_dtype`."""
    name = getattr(t, "__name__", str(t)).rpartition(".")[2]
    found = {"FloatTensor": dt.float32, "DoubleTensor": dt.float64}
    if name not in found:
        raise TypeError(f"only floating-point types are supported as the default type, got {name}")
    dt.set_default_dtype(found[name])


_said: set[str] = set()


def set_warn_always(b: bool) -> None:
    """Give warnings that are given once otherwise every time."""
    _values["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """Whether `set_warn_always` was asked for."""
    return _values["warn_always"]


def init_num_threads() -> None:
    """Accepted: threads are started when there is work for them."""


def compiled_with_cxx11_abi() -> bool:
    """True, as of PyTorch's builds: programs pass it on to C++ compilers."""
    return True


has_lapack, has_mkl, has_openmp, has_spectral = True, False, False, True  # what came with the build: numpy's LAPACK


def say_once(text: str) -> None:
    """Warn, the first time only, unless `set_warn_always` was asked for."""
    if text not in _said or _values["warn_always"]:
        _said.add(text)
        warnings.warn(text, stacklevel=3)


def compile(model: Any = None, **options: Any) -> Any:
    """`model` unchanged, also as a decorator: minitorch's kernels are compiled, programs are not. Says so once."""
    say_once("torch.compile leaves the program as it is: minitorch compiles its kernels, and nothing else")
    return (lambda function: function) if model is None else model
