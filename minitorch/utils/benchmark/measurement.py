"""What was measured, of which code, and how it is printed."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import statistics
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from ...kernels._jit import get_num_threads, set_num_threads

_UNSTEADY, _DISTURBED = 0.1, 0.25  # of the median, as the middle half of the times spreads
_LEAST = 25e-9  # seconds: no confidence interval is shorter


@dataclasses.dataclass(frozen=True)
class TaskSpec:
    """What a Timer was given."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        """The label, or the code."""
        if self.label is None and "\n" in self.stmt:
            sub = f" ({self.sub_label})" if self.sub_label else ""
            return f"stmt:{sub}\n{textwrap.indent(self.stmt, '  ')}"
        return (self.stmt if self.label is None else self.label) + (f": {self.sub_label}" if self.sub_label else "")

    def setup_str(self) -> str:
        """The code that prepares, if there is any."""
        if self.setup in ("", "pass"):
            return ""
        return f"setup:\n{textwrap.indent(self.setup, '  ')}" if "\n" in self.setup else f"setup: {self.setup}"

    def summarize(self) -> str:
        """Title, description and setup, as a measurement prints them."""
        parts = [part for part in (self.title, self.description or "", self.setup_str()) if part]
        return "\n".join([f"{part}\n" if "\n" in part else part for part in parts])


@dataclasses.dataclass(repr=False)
class Measurement:
    """Times of a statement: `raw_times` in seconds, each of `number_per_run` runs."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name in {field.name for field in dataclasses.fields(TaskSpec)}:
            return getattr(self.task_spec, name)
        raise AttributeError(f"'Measurement' object has no attribute {name!r}")

    @property
    def times(self) -> list[float]:
        """Seconds of one run, for each measurement."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        """The median time of one run."""
        return statistics.median(self.times)

    @property
    def mean(self) -> float:
        """The mean time of one run."""
        return statistics.fmean(self.times)

    @property
    def iqr(self) -> float:
        """From the first quartile of the times to the third."""
        return self._quantile(0.75) - self._quantile(0.25)

    def _quantile(self, q: float) -> float:
        times = sorted(self.times)
        place = q * (len(times) - 1)
        low = math.floor(place)
        high = min(low + 1, len(times) - 1)
        return times[low] + (times[high] - times[low]) * (place - low)

    @property
    def significant_figures(self) -> int:
        """How many figures of the median mean something, from 1 to 4, by the spread of the middle half."""
        times = sorted(self.times)
        middle = times[len(times) // 4 : math.ceil(3 * len(times) / 4)]
        interval = max(1.645 * statistics.pstdev(middle) / math.sqrt(len(middle)), _LEAST)
        return min(max(math.floor(math.log10(self.median / interval)), 1), 4)

    def meets_confidence(self, threshold: float = _UNSTEADY) -> bool:
        """Whether the middle half of the times lies within this part of the median."""
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self) -> bool:
        """Whether the times spread so far that printing says so."""
        return not self.meets_confidence()

    @property
    def title(self) -> str:
        """The label, or the code."""
        return self.task_spec.title

    @property
    def as_row_name(self) -> str:
        """What a table calls its row."""
        return self.task_spec.sub_label or self.task_spec.stmt or "[Unknown]"

    def _warning(self) -> list[str]:
        if self.meets_confidence():
            return []
        mild, gross = "This could indicate system fluctuation.", "This suggests significant environmental influence."
        says = mild if self.meets_confidence(_DISTURBED) else gross
        share = self.iqr / self.median * 100
        return [f"  WARNING: Interquartile range is {share:.1f}% of the median measurement.", f"           {says}"]

    def __repr__(self) -> str:
        n, threads = len(self.raw_times), self.task_spec.num_threads
        unit, scale = select_unit(self.median)
        lines = [
            f"<torch.utils.benchmark.utils.common.Measurement object at {id(self):#x}>",
            self.task_spec.summarize(),
            f"  {'Median: ' if n > 1 else ''}{self.median / scale:.2f} {unit}",
        ]
        if n >= 4:
            low, high = self._quantile(0.25) / scale, self._quantile(0.75) / scale
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})")
        per = "per measurement," if n > 1 else ","
        threads_text = f"{threads} thread{'s' if threads > 1 else ''}"
        lines.append(f"  {n} measurement{'s' if n > 1 else ''}, {self.number_per_run} runs {per} {threads_text}")
        return "\n".join([*lines, *self._warning()])

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """One measurement for each piece of code, of all its times."""
        groups: dict[TaskSpec, list[float]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).extend(m.times)
        return [Measurement(1, times, spec) for spec, times in groups.items()]


def select_unit(t: float) -> tuple[str, float]:
    """("us", 1e-6) and so on: the unit in which a time is a number from 1 to 1000, if there is one."""
    thousands = math.floor(math.log10(t) // 3) if t > 0 else 0
    return {-3: ("ns", 1e-9), -2: ("us", 1e-6), -1: ("ms", 1e-3)}.get(thousands, ("s", 1))


def trim_sigfig(x: float, n: int) -> float:
    """x with n significant figures: 3.14159 with 2 is 3.1."""
    scale = 10.0 ** (math.ceil(math.log10(abs(x))) - n)
    return float(round(x / scale) * scale)


def ordered_unique(elements: Iterable[Any]) -> list[Any]:
    """The elements, each once, in their order."""
    return list(dict.fromkeys(elements))


@contextlib.contextmanager
def set_torch_threads(n: int) -> Iterator[None]:
    """Inside, operations use n threads."""
    before = get_num_threads()
    set_num_threads(n)
    try:
        yield
    finally:
        set_num_threads(before)
