"""Loaders with workers: what goes through the pipes, and that no process is left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pytest

import minitorch as torch
from minitorch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset, get_worker_info, random_split

pytestmark = pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")


class Samples(Dataset):
    """Sample i is f(i)."""

    def __init__(self, f, n=8):
        self.f, self.n = f, n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        return self.f(index)


def alive(pid):
    """Whether a process runs, or is a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def all_gone(pids, seconds=10):
    """Whether the processes end within some seconds."""
    end = time.monotonic() + seconds
    while any(alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


def pid_of(index):
    return os.getpid()


def test_large_tensors_pass_and_can_be_written_to():
    big = torch.randn(6, 300, 301)
    batches = list(DataLoader(TensorDataset(big, torch.arange(6)), 2, num_workers=2))
    assert torch.equal(torch.cat([x for x, _ in batches]), big)
    assert torch.cat([i for _, i in batches]).tolist() == [0, 1, 2, 3, 4, 5]
    batches[0][0].mul_(0)
    assert batches[0][0].abs().sum() == 0


def test_views_parameters_and_other_things_pass():
    def make(i):
        base = torch.arange(6.0).view(2, 3)
        return {
            "t": base.T,
            "empty": torch.zeros(0, 2),
            "p": torch.nn.Parameter(base[0]),
            "n": None,
            "i": i,
            "b": torch.tensor(True),
        }

    (found,) = DataLoader(Samples(make, 1), None, num_workers=1)
    assert found["t"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert found["empty"].shape == (0, 2)
    assert isinstance(found["p"], torch.nn.Parameter)
    assert found["p"].requires_grad
    assert found["b"].item() is True


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_start_methods(method):
    data = TensorDataset(torch.arange(6))
    loader = DataLoader(data, 3, num_workers=1, multiprocessing_context=method)
    assert [x.tolist() for (x,) in loader] == [[0, 1, 2], [3, 4, 5]]


def test_a_finished_pass_leaves_no_process():
    pids = torch.cat(list(DataLoader(Samples(pid_of), 2, num_workers=2))).unique().tolist()
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert not any(alive(pid) for pid in pids)


def test_an_abandoned_pass_leaves_no_process():
    batches = iter(DataLoader(Samples(pid_of, 1000), 1, num_workers=2))
    pids = [next(batches).item() for _ in range(2)]
    assert all(alive(pid) for pid in pids)
    del batches
    assert not any(alive(pid) for pid in pids)


def test_a_busy_worker_does_not_hold_up_the_end():
    batches = iter(DataLoader(Samples(lambda i: os.getpid() if i == 0 else time.sleep(60)), 1, num_workers=1))
    pid = next(batches).item()
    start = time.monotonic()
    del batches
    assert time.monotonic() - start < 5
    assert not alive(pid)


def test_an_older_loader_ends_while_a_younger_one_lives():
    old = iter(DataLoader(Samples(pid_of, 100), 1, num_workers=1))
    first = next(old).item()
    young = iter(DataLoader(Samples(pid_of, 100), 1, num_workers=1))
    second = next(young).item()
    start = time.monotonic()
    del old
    assert time.monotonic() - start < 1
    assert not alive(first)
    assert alive(second)
    assert next(young).item() == second


def test_a_worker_that_is_killed_is_an_error():
    def die(i):
        if i == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return i

    batches = iter(DataLoader(Samples(die), 1, num_workers=2))
    with pytest.raises(RuntimeError, match=r"DataLoader worker \(pid\(s\) \d+\) exited unexpectedly by signal 9"):
        list(batches)


def test_a_worker_that_takes_too_long_is_an_error():
    slow = DataLoader(Samples(lambda i: time.sleep(60)), 1, num_workers=1, timeout=0.2)
    with pytest.raises(RuntimeError, match=r"timed out after 0\.2 seconds"):
        next(iter(slow))


def test_an_error_carries_the_traceback_and_the_pass_goes_on():
    def bad(i):
        if i == 1:
            raise ValueError("this sample is bad")
        return i

    batches = iter(DataLoader(Samples(bad, 3), 1, num_workers=2))
    assert next(batches).item() == 0
    with pytest.raises(
        ValueError, match=r"(?s)Caught ValueError in DataLoader worker process 1.*in bad.*this sample is bad"
    ):
        next(batches)
    assert next(batches).item() == 2


def test_what_cannot_be_pickled_is_an_error():
    with pytest.raises(RuntimeError, match="local object"):
        next(iter(DataLoader(Samples(lambda i: lambda: i), None, num_workers=1)))


def test_an_error_in_worker_init_fn():
    def init(number):
        raise OSError(f"no place for {number}")

    with pytest.raises(OSError, match="no place for 0"):
        next(iter(DataLoader(Samples(pid_of), num_workers=1, worker_init_fn=init)))


def test_persistent_workers_stay():
    loader = DataLoader(Samples(pid_of), 1, num_workers=2, persistent_workers=True)
    passes = [{x.item() for x in loader} for _ in range(2)]
    partial = next(iter(loader)).item()  # abandoned in the middle
    passes.append({x.item() for x in loader})
    assert passes[0] == passes[1] == passes[2]
    assert partial in passes[0]
    assert len(passes[0]) == 2
    pids = passes[0]
    del loader
    assert all_gone(pids)


def test_batches_out_of_order_are_all_there():
    def wait(i):
        time.sleep(0.3 if i == 0 else 0)
        return i

    loader = DataLoader(Samples(wait), 1, num_workers=2, in_order=False)
    found = [x.item() for x in loader]
    assert sorted(found) == list(range(8))
    assert found[0] != 0


def test_workers_know_themselves():
    class Shards(IterableDataset):
        def __iter__(self):
            info = get_worker_info()
            return iter(range(info.id, 10, info.num_workers))

    assert get_worker_info() is None
    found = torch.cat(list(DataLoader(Shards(), 2, num_workers=2)))
    assert found.sort().values.tolist() == list(range(10))


def test_the_same_seed_gives_the_same_pass():
    loader = DataLoader(Samples(lambda i: torch.rand(())), 2, shuffle=True, num_workers=2)

    def run():
        torch.manual_seed(7)
        return torch.cat(list(loader)).tolist()

    assert run() == run()
    assert len(set(run())) == 8


def test_more_workers_than_cores_are_warned_of():
    with pytest.warns(UserWarning, match="will create 1000 worker processes"):
        DataLoader(Samples(pid_of), num_workers=1000)


def test_the_length_an_iterable_dataset_promises():
    class Short(IterableDataset):
        def __iter__(self):
            return iter(range(4))

        def __len__(self):
            return 2

    loader = DataLoader(Short(), None)
    assert len(loader) == 2
    with pytest.warns(UserWarning, match="reported to be 2"):
        list(loader)


PROGRAM = """
import os, signal, sys, time
from minitorch.utils.data import DataLoader, Dataset

signal.signal(signal.SIGINT, signal.default_int_handler)  # where the tests run in the background, it may be ignored

class Slow(Dataset):
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        if index > 3:
            time.sleep(60)
        return os.getpid()

if __name__ == "__main__":
    loader = DataLoader(Slow(), 1, num_workers=2)
    for i, pid in enumerate(loader):
        print(pid.item(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_worker_survives_its_loader(tmp_path, number):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")])}
    process = subprocess.Popen(
        [sys.executable, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    pids = {int(process.stdout.readline()) for _ in range(4)}
    assert len(pids) == 2
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as Ctrl-C in a terminal: to all of them
    else:
        process.send_signal(number)
    _, err = process.communicate(timeout=240)
    assert process.returncode != 0
    assert all_gone(pids)
    if number == signal.SIGINT:
        assert err.count("KeyboardInterrupt") == 1


def test_training_from_a_loader():
    x = torch.randn(256, 4)
    y = x @ torch.randn(4, 1)
    train, rest = random_split(TensorDataset(x, y), [0.75, 0.25])
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)

    def loss_of(data):
        with torch.no_grad():
            return sum(torch.nn.functional.mse_loss(model(a), b).item() for a, b in DataLoader(data, 32))

    before = loss_of(rest)
    for _ in range(20):
        for a, b in DataLoader(train, 32, shuffle=True):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(a), b).backward()
            optimizer.step()
    assert loss_of(rest) < before / 20
