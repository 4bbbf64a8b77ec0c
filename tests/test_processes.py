"""Import, kernel cache and threads, seen from fresh processes."""

import os
import subprocess
import sys
import threading

import pytest

import minitorch as torch

STEP = """
import minitorch as torch
from minitorch import nn
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
x, y = torch.randn(32, 2), torch.randint(0, 2, (32,))
for _ in range(3):
    optimizer.zero_grad()
    loss = nn.CrossEntropyLoss()(model(x), y)
    loss.backward()
    optimizer.step()
print(f"{loss.item():.6f}")
"""


def start(code, **environment):
    """A Python process running the code."""
    settings = {**os.environ, **{k: str(v) for k, v in environment.items()}}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """What it printed; an error shows its standard error."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return out.strip()


def test_import_takes_neither_numba_nor_long():
    code = """
import sys, minitorch
assert 'numba' not in sys.modules and 'torch' not in sys.modules
print(len(minitorch.__all__))
"""
    assert int(finish(start(code))) > 100


def test_a_cold_cache_filled_by_eight_processes_at_once(tmp_path):
    processes = [start(STEP, MINITORCH_CACHE_DIR=tmp_path) for _ in range(8)]
    assert len({finish(p) for p in processes}) == 1
    if not _without_numba():
        assert list(tmp_path.glob("*.bin"))


def test_a_damaged_cache_is_compiled_anew(tmp_path):
    expected = finish(start(STEP, MINITORCH_CACHE_DIR=tmp_path))
    for file in tmp_path.glob("*.bin"):
        file.write_bytes(b"not a kernel")
    assert finish(start(STEP, MINITORCH_CACHE_DIR=tmp_path)) == expected


def test_without_a_home_and_with_a_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    expected = finish(start(STEP))
    assert finish(start(STEP, MINITORCH_CACHE_DIR=tmp_path / "file" / "folder")) == expected
    assert finish(start(STEP, HOME="/nonexistent/home", XDG_CACHE_HOME="", MINITORCH_CACHE_DIR="")) == expected


def test_without_the_compiler(tmp_path):
    assert finish(start(STEP, MINITORCH_JIT=0)) == finish(start(STEP))


def _without_numba():
    return os.environ.get("MINITORCH_WITHOUT_NUMBA") == "1" or os.environ.get("MINITORCH_JIT") == "0"


BIG = 1 << 21


def test_large_work_is_shared_and_gives_the_same_numbers():
    x = torch.randn(BIG)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = x.exp()
        torch.set_num_threads(4)
        assert torch.equal(x.exp(), alone)
    finally:
        torch.set_num_threads(threads)
    with pytest.raises(RuntimeError, match="positive"):
        torch.set_num_threads(0)


def test_several_python_threads_at_once():
    x = torch.randn(BIG)
    expected = x.exp().sum().item()
    found = []
    workers = [threading.Thread(target=lambda: found.append(x.exp().sum().item())) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_after_fork_kernels_still_run():
    x = torch.randn(BIG)
    expected = x.exp().sum().item()
    child = os.fork()
    if child == 0:
        os._exit(0 if x.exp().sum().item() == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
