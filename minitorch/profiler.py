"""Where the time of a program goes: `torch.profiler`, for the one thing that runs here, the CPU.

Measured are the operations that can be recorded for backward, under the name of their node's beginning (`Addmm`), the
steps of backward (`AddmmBackward0`), and what `record_function` names. What is not an operation of the tape
(comparisons, new tensors, random numbers, an optimizer's kernels) counts as time of the part it is in.
"""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from .autograd.profiler import EventList, check_measurable, record_function, start, stop
from .missing import missing_from

__all__ = [
    "ProfilerAction", "ProfilerActivity", "kineto_available", "profile", "record_function", "schedule",
    "supported_activities", "tensorboard_trace_handler",
]  # fmt: skip


class ProfilerActivity(enum.Enum):
    """What can be measured; here the CPU."""

    CPU = 0
    XPU = 1
    CUDA = 3


class ProfilerAction(enum.Enum):
    """What a schedule says of a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


def supported_activities() -> set[ProfilerActivity]:
    """{ProfilerActivity.CPU}."""
    return {ProfilerActivity.CPU}


def kineto_available() -> bool:
    """False: that is PyTorch's library."""
    return False


def schedule(
    *, wait: int, warmup: int, active: int, repeat: int = 0, skip_first: int = 0, skip_first_wait: int = 0
) -> Callable[[int], ProfilerAction]:
    """What to do in each step: after `skip_first`, again and again (or `repeat` times) wait, warm up, and record.

    >>> plan = torch.profiler.schedule(wait=1, warmup=1, active=2)
    >>> [plan(step).name for step in range(5)]
    ['NONE', 'WARMUP', 'RECORD', 'RECORD_AND_SAVE', 'NONE']
    """
    if min(wait, warmup, repeat, skip_first) < 0 or active <= 0:
        raise AssertionError(
            f"Invalid profiler schedule arguments: wait={wait}, warmup={warmup}, active={active}, repeat={repeat}, "
            f"skip_first={skip_first}"
        )

    def plan(step: int) -> ProfilerAction:
        step -= skip_first - (wait if skip_first_wait else 0)
        if step < (wait if skip_first_wait else 0):
            return ProfilerAction.NONE
        cycle, at = divmod(step, wait + warmup + active)
        if (repeat and cycle >= repeat) or at < wait:
            return ProfilerAction.NONE
        if at < wait + warmup:
            return ProfilerAction.WARMUP
        is_last = at == wait + warmup + active - 1
        return ProfilerAction.RECORD_AND_SAVE if is_last else ProfilerAction.RECORD

    return plan


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[Any], None]:
    """For `on_trace_ready`: write each trace to a file of its own in a folder, as `export_chrome_trace` does."""
    if use_gzip:
        raise RuntimeError("tensorboard_trace_handler: use_gzip=True is not implemented: traces are plain files here")

    def write(profiler: Any) -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker_name or f'pid{os.getpid()}'}.{time.time_ns()}.pt.trace.json"
        profiler.export_chrome_trace(os.path.join(dir_name, name))

    return write


class profile:
    """Measure what happens in a `with`; then `key_averages().table()` or `export_chrome_trace(path)`.

    With a `schedule` only the steps that it says, `step()` being called after each; `on_trace_ready` is called with the
    profiler whenever a record is whole. Shapes are always recorded. `profile_memory`, `with_stack`, `with_flops` and
    `with_modules` are a RuntimeError: nothing here measures those.

    >>> with torch.profiler.profile() as prof:
    ...     y = torch.ones(2) * 3
    >>> [(e.key, e.count) for e in prof.key_averages()]
    [('Mul', 1)]
    """

    def __init__(
        self, *, activities: Iterable[ProfilerActivity] | None = None, schedule: Any = None, on_trace_ready: Any = None,
        record_shapes: bool = False, profile_memory: bool = False, with_stack: bool = False, with_flops: bool = False,
        with_modules: bool = False, acc_events: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        check_measurable(
            profile_memory=profile_memory, with_flops=with_flops, with_stack=with_stack, with_modules=with_modules
        )
        self.activities = set(activities) if activities is not None else supported_activities()
        if not any(isinstance(kind, ProfilerActivity) for kind in self.activities):
            raise AssertionError(f"No valid profiler activities found: {activities!r} has no ProfilerActivity")
        self.schedule, self.on_trace_ready = schedule, on_trace_ready
        self.step_num, self._events, self._running = 0, EventList(), False
        self._step: record_function | None = None

    @property
    def current_action(self) -> ProfilerAction:
        """What is done in this step."""
        action: ProfilerAction = self.schedule(self.step_num) if self.schedule else ProfilerAction.RECORD
        return action

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin."""
        self._begin_step()

    def stop(self) -> None:
        """End; what was recorded until now is ready."""
        was_running = self._running
        self._end_step(True)
        if was_running and self.on_trace_ready:
            self.on_trace_ready(self)

    def step(self) -> None:
        """The next step begins."""
        is_whole = self.current_action is ProfilerAction.RECORD_AND_SAVE
        self._end_step(is_whole)
        if is_whole and self.on_trace_ready:
            self.on_trace_ready(self)
        self.step_num += 1
        self._begin_step()

    def _begin_step(self) -> None:
        records = self.current_action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if records and not self._running:
            self._found, self._running = start(), True
        if self._running and self.schedule:
            self._step = record_function(f"ProfilerStep#{self.step_num}").__enter__()

    def _end_step(self, is_whole: bool) -> None:
        if self._step is not None:
            self._step.__exit__()
            self._step = None
        if self._running and is_whole:
            stop()
            self._events, self._running = EventList(self._found), False

    def events(self) -> EventList:
        """The measured calls, in the order in which they began."""
        return self._events

    def key_averages(self, group_by_input_shape: bool = False, group_by_stack_n: int = 0) -> EventList:
        """The measured calls summed by name, and with `group_by_input_shape` by shapes."""
        return self._events.key_averages(group_by_input_shape)

    def export_chrome_trace(self, path: Any) -> None:
        """Write the measured calls as JSON that chrome://tracing and Perfetto show."""
        self._events.export_chrome_trace(path)


__getattr__ = missing_from(__name__)
