"""Where the time of a program goes: operations, steps of backward and named parts, measured while somebody watches.

Watching exchanges the two gates, `Function.apply` and `Node.run`, for measuring ones; otherwise nothing is spent.
"""

from __future__ import annotations

import functools
import json
import os
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .function import watch_applications
from .node import watch_runs
from .tensor_base import TensorBase


class FunctionEvent:
    """One measured call: its name, when it began and ended (µs), the shapes of its tensors and the calls inside it."""

    def __init__(self, name: str, shapes: list[list[int]], parent: FunctionEvent | None) -> None:
        self.name = self.key = name
        self.input_shapes, self.cpu_parent, self.thread = shapes, parent, threading.get_ident()
        self.cpu_children: list[FunctionEvent] = []
        self.end = self.start = time.perf_counter_ns() / 1000
        if parent is not None:
            parent.cpu_children.append(self)

    count = 1

    @property
    def cpu_time_total(self) -> float:
        """Microseconds from begin to end."""
        return self.end - self.start

    @property
    def self_cpu_time_total(self) -> float:
        """The same without the measured calls inside."""
        return self.cpu_time_total - sum(child.cpu_time_total for child in self.cpu_children)

    def __repr__(self) -> str:
        return f"<FunctionEvent {self.name}: {self.cpu_time_total:.3f}us>"


class _Watcher:
    """Who watches, and which calls are under way in each thread."""

    def __init__(self) -> None:
        self.events: list[FunctionEvent] | None = None
        self.depth = threading.local()

    def begin(self, name: str, args: Any = ()) -> FunctionEvent | None:
        """A new event inside the one under way; None if nobody watches."""
        if self.events is None:
            return None
        stack = self.depth.__dict__.setdefault("stack", [])
        event = FunctionEvent(
            name, [list(x.shape) for x in args if isinstance(x, TensorBase)], stack[-1] if stack else None
        )
        self.events.append(event)
        stack.append(event)
        return event

    def end(self, event: FunctionEvent | None) -> None:
        """Its end, and that of whatever inside it was left by an error."""
        stack = self.depth.__dict__.get("stack", [])
        while event is not None and event in stack:
            stack.pop().end = time.perf_counter_ns() / 1000

    def measured(self, call: Callable[..., Any], name: str, *args: Any) -> Any:
        """The result of a call, measured."""
        event = self.begin(name, args[0] if args and type(args[0]) is list else args)
        try:
            return call(*args)
        finally:
            self.end(event)


watcher = _Watcher()


def start() -> list[FunctionEvent]:
    """Watch from now on; the list that events are appended to. RuntimeError if somebody watches."""
    if watcher.events is not None:
        raise RuntimeError("a profiler is running already: profilers cannot be nested")
    events: list[FunctionEvent] = []
    watcher.events = events
    watcher.depth = threading.local()
    watch_applications(watcher.measured)
    watch_runs(watcher.measured)
    return events


def stop() -> None:
    """Watch no longer."""
    watch_applications(None)
    watch_runs(None)
    watcher.events = None


class record_function:
    """A part of a program under a name, in a `with` or as a decorator; free while nobody watches.

    >>> with torch.profiler.record_function("load"):
    ...     x = torch.ones(2)
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args
        self._event: FunctionEvent | None = None

    def __enter__(self) -> record_function:
        self._event = watcher.begin(self.name)
        return self

    def __exit__(self, *error: object) -> None:
        watcher.end(self._event)

    def __call__(self, function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return function(*args, **kwargs)

        return call


# ---------------------------------------------------------------- summed up


class FunctionEventAvg:
    """All events of one name (and shapes): how many, and their times in microseconds."""

    def __init__(self, key: str, shapes: list[list[int]]) -> None:
        self.key, self.input_shapes = key, shapes
        self.count, self.cpu_time_total, self.self_cpu_time_total = 0, 0.0, 0.0

    def add(self, other: Any) -> FunctionEventAvg:
        """Count an event, or other events, in. Inside itself a name's time counts once."""
        self.count += other.count
        parent = getattr(other, "cpu_parent", None)
        while parent is not None and parent.name != self.key:
            parent = parent.cpu_parent
        self.cpu_time_total += other.cpu_time_total if parent is None else 0.0
        self.self_cpu_time_total += other.self_cpu_time_total
        return self

    @property
    def cpu_time(self) -> float:
        """Microseconds a call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time={readable(self.self_cpu_time_total)} "
            f"cpu_time={readable(self.cpu_time)} input_shapes={self.input_shapes}>"
        )


def readable(microseconds: float) -> str:
    """A time in the unit that suits it."""
    if microseconds >= 1e6:
        return f"{microseconds / 1e6:.3f}s"
    return f"{microseconds / 1e3:.3f}ms" if microseconds >= 1e3 else f"{microseconds:.3f}us"


_SORTS = {
    **dict.fromkeys(("cpu_time_total", "cpu_time_total_str"), "cpu_time_total"),
    **{name: name for name in ("self_cpu_time_total", "cpu_time", "count", "key")},
}


class EventList(list[Any]):
    """Events, or sums of events."""

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all events together."""
        return float(sum(event.self_cpu_time_total for event in self))

    def key_averages(self, group_by_input_shapes: bool = False) -> EventList:
        """A `FunctionEventAvg` for each name, and with `group_by_input_shapes` for each name and shapes."""
        found: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shapes else []
            key = event.key, str(shapes)
            found.setdefault(key, FunctionEventAvg(event.key, shapes)).add(event)
        return EventList(found.values())

    def export_chrome_trace(self, path: Any) -> None:
        """Write the events as JSON that chrome://tracing and Perfetto show."""
        text = json.dumps({"schemaVersion": 1, "traceEvents": [_traced(event) for event in self]})
        Path(path).write_text(text, encoding="utf-8")

    def total_average(self) -> FunctionEventAvg:
        """All events as one."""
        total = FunctionEventAvg("Total", [])
        for event in self:
            total.count += event.count
            total.self_cpu_time_total += event.self_cpu_time_total
        total.cpu_time_total = total.self_cpu_time_total
        return total

    def table(self, sort_by: str | None = None, row_limit: int = 100, header: str | None = None, **options: Any) -> str:
        """A table of the events, those with the most of `sort_by` first: "cpu_time_total", "self_cpu_time_total",
        "cpu_time", "count", or none.
        """
        if sort_by is not None and sort_by not in _SORTS:
            raise ValueError(f"table: cannot sort by {sort_by!r}: expected one of {sorted(_SORTS)}")
        events = list(self)
        if sort_by is not None:
            events.sort(key=lambda e: getattr(e, _SORTS[sort_by]), reverse=sort_by != "key")
        total = self.self_cpu_time_total or 1.0
        rows = [["Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "# of Calls"]]
        rows += [_row(event, total) for event in (events[:row_limit] if row_limit >= 0 else events)]
        widths = [max(len(row[i]) for row in rows) for i in range(7)]
        line = "  ".join("-" * width for width in widths)
        shown = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        top = [header] if header else []
        end = f"Self CPU time total: {readable(self.self_cpu_time_total)}"
        return "\n".join([*top, line, shown[0], line, *shown[1:], line, end, ""])


def _traced(event: FunctionEvent) -> dict[str, Any]:
    return {
        "ph": "X",
        "cat": "cpu_op",
        "name": event.name,
        "pid": os.getpid(),
        "tid": event.thread,
        "ts": event.start,
        "dur": event.cpu_time_total,
        "args": {"Input Dims": event.input_shapes},
    }


def _row(event: Any, total: float) -> list[str]:
    mean = event.cpu_time_total / event.count
    return [
        event.key,
        f"{100 * event.self_cpu_time_total / total:.2f}%",
        readable(event.self_cpu_time_total),
        f"{100 * event.cpu_time_total / total:.2f}%",
        readable(event.cpu_time_total),
        readable(mean),
        str(event.count),
    ]


# ---------------------------------------------------------------- the older profiler


def check_measurable(**options: Any) -> None:
    """RuntimeError if something is asked for that nothing here measures."""
    if refused := [name for name, value in options.items() if value]:
        raise RuntimeError(f"torch.profiler.profile measures times; leave out {', '.join(refused)}")


class profile:
    """Measure what happens in a `with`, unless not `enabled`; `torch.profiler.profile` can do more.

    >>> with torch.autograd.profiler.profile() as prof:
    ...     y = torch.ones(2) * 3
    >>> [(e.key, e.count) for e in prof.key_averages()]
    [('Mul', 1)]
    """

    def __init__(
        self, enabled: bool = True, *, use_cuda: bool = False, use_device: str | None = None,
        record_shapes: bool = False, with_flops: bool = False, profile_memory: bool = False, with_stack: bool = False,
        with_modules: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        check_measurable(
            profile_memory=profile_memory, with_flops=with_flops, with_stack=with_stack, with_modules=with_modules
        )
        if use_cuda or use_device not in (None, "cpu"):
            warnings.warn("CUDA is not available, disabling CUDA profiling", UserWarning, stacklevel=2)
        self.enabled, self.function_events = enabled, None

    function_events: EventList | None

    def __enter__(self) -> profile:
        if self.enabled:
            self._found = start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.enabled:
            stop()
            self.function_events = EventList(self._found)

    def _finished(self) -> EventList:
        if self.function_events is None:
            raise RuntimeError("Profiler didn't finish running")
        return self.function_events

    def key_averages(self, group_by_input_shape: bool = False, **options: Any) -> EventList:
        """The measured calls summed by name, and with `group_by_input_shape` by shapes."""
        return self._finished().key_averages(group_by_input_shape)

    def total_average(self) -> FunctionEventAvg:
        """All calls as one."""
        return self._finished().total_average()

    def table(self, sort_by: str | None = None, row_limit: int = 100, **options: Any) -> str:
        """A table of the calls."""
        return self._finished().table(sort_by, row_limit, **options)

    def export_chrome_trace(self, path: Any) -> None:
        """Write the measured calls as JSON that chrome://tracing and Perfetto show."""
        self._finished().export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        """Microseconds of all calls together."""
        return self._finished().self_cpu_time_total

    def __repr__(self) -> str:
        return "<unfinished torch.autograd.profile>" if self.function_events is None else self.table()
