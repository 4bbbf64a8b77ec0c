"""What is saved is whole: a process that is killed while it saves, and a disk that is full, leave the old file."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minitorch as torch

SAVING = """
import sys
import minitorch as torch
torch.save({"values": torch.zeros(200_000), "count": 0}, sys.argv[1])
print("begun", flush=True)
for i in range(1, 10_000):
    torch.save({"values": torch.full((200_000,), float(i)), "count": i}, sys.argv[1])
"""

LIMITED = """
import resource, signal, sys
import minitorch as torch
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    torch.save(torch.ones(200_000), sys.argv[1])
except OSError as error:
    print("refused", error.errno is not None)
"""


def started(program, *arguments):
    """A Python that runs it, with the minitorch that is tested here."""
    path = os.pathsep.join(filter(None, [str(Path(torch.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, env=environment)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no signals")
def test_killed_while_saving(tmp_path):
    file, counts, random_ = tmp_path / "state.pt", set(), random.Random(0)
    for _ in range(6):
        with started(SAVING, str(file)) as process:
            assert process.stdout.readline() == b"begun\n"
            time.sleep(random_.uniform(0.02, 0.2))
            os.kill(process.pid, signal.SIGKILL)
        state = torch.load(file)
        assert state["values"].unique().tolist() == [float(state["count"])]
        counts.add(state["count"])
    assert max(counts) > 0, "no file was replaced: the test sees nothing"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_full_disk_leaves_the_old_file(tmp_path):
    file = tmp_path / "state.pt"
    torch.save(torch.arange(3), file)
    with started(LIMITED, str(file)) as process:
        assert process.stdout.read() == b"refused True\n"
    assert torch.load(file).tolist() == [0, 1, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["state.pt"]
