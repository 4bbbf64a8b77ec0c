"""torch.profiler: what is counted, what is timed, what a schedule says, what is written."""

import json
import time

import pytest

import minitorch as torch
from minitorch.autograd.function import Function
from minitorch.autograd.node import Node
from minitorch.profiler import ProfilerAction, ProfilerActivity, profile, record_function, schedule


def counts(prof):
    return {event.key: event.count for event in prof.key_averages()}


def test_operations_and_backward_are_counted():
    x = torch.ones(3, requires_grad=True)
    with profile(activities=[ProfilerActivity.CPU]) as prof:
        for _ in range(4):
            ((x * x).exp() + 1).sum().backward()
    found = counts(prof)
    assert found["Mul"] >= 4  # the rule of Mul multiplies, too
    assert found["Exp"] == found["ExpBackward0"] == found["MulBackward0"] == found["SumBackward0"] == 4
    before = len(prof.events())
    _ = x * x
    assert len(prof.events()) == before


def test_nothing_is_left_behind():
    apply, run = Function.__dict__["apply"], Node.run
    with pytest.raises(ZeroDivisionError), profile():
        raise ZeroDivisionError
    assert Function.__dict__["apply"] is apply
    assert Node.run is run
    with profile(), pytest.raises(RuntimeError, match="nested"):
        profile().start()
    with record_function("unwatched"):
        pass


def test_time_is_that_which_passes():
    with profile() as prof, record_function("outer"):
        time.sleep(0.02)
        with record_function("inner"):
            time.sleep(0.03)
    sums = {event.key: event for event in prof.key_averages()}
    outer, inner = sums["outer"], sums["inner"]
    assert inner.cpu_time_total >= 30_000
    assert outer.cpu_time_total >= inner.cpu_time_total + 20_000
    assert outer.self_cpu_time_total == pytest.approx(outer.cpu_time_total - inner.cpu_time_total)
    assert prof.key_averages().self_cpu_time_total == pytest.approx(outer.cpu_time_total)
    assert prof.key_averages().total_average().count == 2


def test_own_functions_users_see():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    x = torch.ones(2, requires_grad=True)
    with profile() as prof:
        Double.apply(x).sum().backward()
    assert counts(prof)["Double"] == counts(prof)["DoubleBackward"] == 1
    double = next(event for event in prof.events() if event.name == "Double")
    assert [child.name for child in double.cpu_children] == ["Mul"]
    assert double.input_shapes == [[2]]


def test_a_decorator():
    @record_function("twice")
    def twice(x):
        return x + x

    with profile() as prof:
        twice(torch.ones(1))
    assert counts(prof) == {"twice": 1, "Add": 1}


def test_table():
    with profile() as prof:
        for n in (1, 2, 2):
            torch.ones(n).exp()
    averages = prof.key_averages(group_by_input_shape=True)
    assert {(e.key, str(e.input_shapes)): e.count for e in averages} == {("Exp", "[[1]]"): 1, ("Exp", "[[2]]"): 2}
    text = prof.key_averages().table(sort_by="cpu_time_total", row_limit=5)
    assert "Self CPU %" in text
    assert "Exp" in text.splitlines()[3]
    assert text.splitlines()[3].split()[-1] == "3"
    assert text.splitlines()[-1].startswith("Self CPU time total: ")
    with pytest.raises(ValueError, match="sort"):
        prof.key_averages().table(sort_by="cuda_time")


def test_a_schedule(tmp_path):
    ready = []

    def on_ready(prof):
        ready.append(counts(prof))
        torch.profiler.tensorboard_trace_handler(str(tmp_path), "worker")(prof)

    with profile(schedule=schedule(wait=1, warmup=1, active=2, repeat=2), on_trace_ready=on_ready) as prof:
        for _ in range(9):
            torch.ones(2).exp()
            prof.step()
    assert ready == [
        {"ProfilerStep#2": 1, "ProfilerStep#3": 1, "Exp": 2},
        {"ProfilerStep#6": 1, "ProfilerStep#7": 1, "Exp": 2},
    ]
    files = sorted(tmp_path.glob("worker.*.pt.trace.json"))
    assert len(files) == 2
    events = json.loads(files[0].read_text())["traceEvents"]
    assert sorted(event["name"] for event in events) == ["Exp", "Exp", "ProfilerStep#2", "ProfilerStep#3"]
    assert all(event["ph"] == "X" and event["dur"] > 0 for event in events)


def test_a_schedule_skips():
    plan = schedule(wait=1, warmup=0, active=1, repeat=1, skip_first=2)
    none, save = ProfilerAction.NONE, ProfilerAction.RECORD_AND_SAVE
    assert [plan(step) for step in range(6)] == [none, none, none, save, none, none]
    with pytest.raises(AssertionError):
        schedule(wait=1, warmup=1, active=0)


@pytest.mark.parametrize("option", ["profile_memory", "with_stack", "with_flops", "with_modules"])
def test_what_is_not_measured(option):
    with pytest.raises(RuntimeError, match=option):
        profile(**{option: True})


def test_the_older_profiler(tmp_path):
    x = torch.ones(2, requires_grad=True)
    with torch.autograd.profiler.profile(record_shapes=True) as prof:
        (x * 3).sum().backward()
    counts = {e.key: e.count for e in prof.key_averages()}
    assert counts["Mul"] == 1  # backward multiplies, too, but by the kernel
    assert counts["MulBackward0"] == 1
    assert prof.self_cpu_time_total > 0
    assert "MulBackward0" in prof.table(sort_by="cpu_time_total")
    assert str(prof) == prof.table()
    assert prof.total_average().count == len(prof.function_events)
    prof.export_chrome_trace(tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"][0]["name"] == "Mul"


def test_the_older_profiler_switched_off():
    with torch.autograd.profiler.profile(enabled=False) as prof:
        _ = torch.ones(2) * 2
    assert repr(prof) == "<unfinished torch.autograd.profile>"
    with pytest.raises(RuntimeError, match="didn't finish"):
        prof.key_averages()
    with pytest.raises(RuntimeError, match="leave out with_flops"):
        torch.autograd.profiler.profile(with_flops=True)
    with pytest.warns(UserWarning, match="disabling CUDA"):
        torch.autograd.profiler.profile(use_cuda=True)
