"""`Timer`: runs a statement often enough to say how long it takes."""

from __future__ import annotations

import enum
import statistics
import sys
import textwrap
import time
import timeit
from collections.abc import Callable
from typing import Any

from .measurement import Measurement, TaskSpec, set_torch_threads

Callback = Callable[[int, float], Any]


class Language(enum.Enum):
    """What a statement is written in: Python, here."""

    PYTHON = 0
    CPP = 1


class Timer:
    """Measures a statement of Python, given as text, after a setup; `globals` are its names, and `torch`.

    By default with one thread. `label`, `sub_label` and `description` say what it is when a measurement is printed.

    >>> from minitorch.utils.benchmark import Timer
    >>> timer = Timer("x + x", globals={"x": torch.ones(3)})
    >>> timer.timeit(10).number_per_run
    10
    """

    def __init__(
        self, stmt: str = "pass", setup: str = "pass", global_setup: str = "",
        timer: Callable[[], float] = time.perf_counter, globals: dict[str, Any] | None = None,
        label: str | None = None, sub_label: str | None = None, description: str | None = None, env: str | None = None,
        num_threads: int = 1, language: Language | str = Language.PYTHON,
    ) -> None:  # fmt: skip
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if language not in (Language.PYTHON, "py", "python"):
            raise ValueError(f"Invalid language `{language}`: minitorch runs Python, and compiles no C++")
        if global_setup:
            raise ValueError(f"global_setup is C++ only, got `{global_setup}`: put this code into `setup`")
        names = {"torch": sys.modules[__name__.partition(".")[0]], **(globals or {})}
        stmt, setup = _plain(stmt), _plain(setup)
        self._timer = timeit.Timer(stmt, setup, timer, names)
        self._task_spec = TaskSpec(stmt, setup, global_setup, label, sub_label, description, env, num_threads)

    def _run(self, number: int) -> float:
        return max(self._timer.timeit(number), 1e-9)

    def timeit(self, number: int = 1000000) -> Measurement:
        """One measurement of `number` runs, after some that do not count."""
        with set_torch_threads(self._task_spec.num_threads):
            self._run(max(number // 100, 2))
            return Measurement(number, [self._run(number)], self._task_spec)

    def blocked_autorange(self, callback: Callback | None = None, min_run_time: float = 0.2) -> Measurement:
        """Measurements for `min_run_time` seconds, each of so many runs that the clock does not matter."""
        return self._until(lambda times: True, min_run_time, None, callback)

    def adaptive_autorange(
        self, threshold: float = 0.1, *, min_run_time: float = 0.01, max_run_time: float = 10.0,
        callback: Callback | None = None,
    ) -> Measurement:  # fmt: skip
        """Measurements until their middle half lies within `threshold` of the median, or `max_run_time` is over."""

        def steady(times: list[float]) -> bool:
            return len(times) > 3 and Measurement(1, times, self._task_spec).meets_confidence(threshold)

        return self._until(steady, min_run_time, max_run_time, callback)

    def _until(self, enough: Any, least: float, most: float | None, callback: Callback | None) -> Measurement:
        with set_torch_threads(self._task_spec.num_threads):
            number, times = self._block(least), [0.0][:0]
            while sum(times) < least or not enough(times):
                times.append(self._run(number))
                if callback is not None:
                    callback(number, times[-1])
                if most is not None and sum(times) > most:
                    break
        return Measurement(number, times, self._task_spec)

    def _block(self, least: float) -> int:
        """How many runs make the clock's share smaller than a ten-thousandth."""
        clock, number = statistics.median([self._run(0) for _ in range(5)]), 1
        while True:
            taken = self._run(number)
            if taken > least or (clock / taken <= 1e-4 and taken >= least / 1000):
                return number
            number *= 10

    def repeat(self, repeat: int = -1, number: int = -1) -> None:
        """NotImplementedError, as in PyTorch: use `blocked_autorange`."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback: Any = None) -> None:
        """NotImplementedError, as in PyTorch: use `blocked_autorange`."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")


def _plain(code: str) -> str:
    """Code without the indentation and the empty line that a block of text brings."""
    return textwrap.dedent(code).removeprefix("\n").rstrip()
