"""Measured times of small pieces of code: `torch.utils.benchmark.Timer`."""

from .measurement import Measurement, TaskSpec, ordered_unique, select_unit, set_torch_threads, trim_sigfig
from .timer import Language, Timer

__all__ = [
    "Language",
    "Measurement",
    "TaskSpec",
    "Timer",
    "ordered_unique",
    "select_unit",
    "set_torch_threads",
    "trim_sigfig",
]
