"""Measured times: how often code runs, the statistics, and how they are printed."""

import pytest

import minitorch as torch
from minitorch.utils.benchmark import Language, Measurement, TaskSpec, Timer, select_unit, trim_sigfig

SPEC = TaskSpec("f(x)", "x = 1", label="sum", sub_label="4 x 8", description="ours")


class Clock:
    """Each look at it takes `step` seconds."""

    def __init__(self, step):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


def test_a_statement_runs_as_often_as_it_says():
    runs = []
    m = Timer("runs.append(torch.ones(n))", setup="n = 2", globals={"runs": runs}).timeit(50)
    assert (m.number_per_run, len(m.raw_times)) == (50, 1)
    assert len(runs) == 52
    assert runs[0].shape == (2,)
    assert m.median == m.mean == m.times[0] == m.raw_times[0] / 50


def test_measurements_go_on_until_there_are_enough():
    called = []
    timer = Timer(timer=Clock(0.01))
    m = timer.blocked_autorange(callback=lambda number, seconds: called.append((number, seconds)), min_run_time=0.005)
    assert (m.number_per_run, len(m.raw_times), len(called)) == (1, 1, 1)
    assert len(Timer(timer=Clock(0.01)).adaptive_autorange().raw_times) == 4
    assert len(Timer(timer=Clock(3.0)).adaptive_autorange(threshold=-1).raw_times) == 4


def test_threads():
    before = torch.get_num_threads()
    seen = []
    Timer("seen.append(torch.get_num_threads())", globals={"seen": seen}, num_threads=2).timeit(1)
    assert set(seen) == {2}
    assert torch.get_num_threads() == before


def test_statistics():
    m = Measurement(10, [10.0, 20.0, 30.0, 40.0, 90.0], SPEC)
    assert m.times == [1, 2, 3, 4, 9]
    assert (m.median, m.iqr) == (3, 2)
    assert m.mean == pytest.approx(3.8)
    assert m.has_warnings
    assert m.num_threads == 1
    assert m.as_row_name == "4 x 8"
    assert m.significant_figures == 1
    assert Measurement(1, [1.0, 1.0, 1.0, 1.0], SPEC).significant_figures == 4
    (both,) = Measurement.merge([m, Measurement(1, [5.0], SPEC)])
    assert both.raw_times == [1, 2, 3, 4, 9, 5]
    with pytest.raises(AttributeError, match="colour"):
        _ = m.colour


def test_the_printed_form():
    lines = repr(Measurement(100, [4e-5, 4e-5, 5e-5, 6e-5, 6e-5], SPEC)).splitlines()
    assert lines[0].startswith("<torch.utils.benchmark.utils.common.Measurement object at 0x")
    assert lines[1:4] == ["sum: 4 x 8", "ours", "setup: x = 1"]
    assert lines[4:7] == [
        "  Median: 500.00 ns",
        "  IQR:    200.00 ns (400.00 to 600.00)",
        "  5 measurements, 100 runs per measurement, 1 thread",
    ]
    assert lines[7] == "  WARNING: Interquartile range is 40.0% of the median measurement."
    assert lines[8] == "           This suggests significant environmental influence."
    one = repr(Measurement(10, [0.02], TaskSpec("a = 1\nb = 2", "pass", num_threads=2))).splitlines()[1:]
    assert one == ["stmt:", "  a = 1", "  b = 2", "", "  2.00 ms", "  1 measurement, 10 runs , 2 threads"]


def test_units_and_figures():
    assert [select_unit(t)[0] for t in (2e-9, 3e-5, 4e-3, 5.0)] == ["ns", "us", "ms", "s"]
    assert trim_sigfig(3.14159, 2) == pytest.approx(3.1)


def test_what_is_refused():
    for wrong in ({"stmt": 5}, {"language": Language.CPP}, {"global_setup": "x"}):
        with pytest.raises(ValueError):  # noqa: PT011
            Timer(**wrong)
    with pytest.raises(NotImplementedError, match="blocked_autorange"):
        Timer().repeat()
    with pytest.raises(NotImplementedError, match="blocked_autorange"):
        Timer().autorange()


def test_what_it_runs_on():
    assert f"minitorch {torch.version.minitorch}" in torch.__config__.show()
    assert f"get_num_threads() : {torch.get_num_threads()}" in torch.__config__.parallel_info()
