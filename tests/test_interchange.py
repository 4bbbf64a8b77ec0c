"""Memory shared with numpy: from_numpy, numpy(), __array__ and DLPack. tests/oracle/test_interchange.py has PyTorch's
side.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minitorch as torch


@pytest.mark.parametrize(
    "dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64"]
)
def test_both_ways_without_a_copy(dtype):
    array = np.zeros((2, 3), dtype)
    for x in (torch.from_numpy(array), torch.from_dlpack(array), torch.as_tensor(array), torch.asarray(array)):
        assert x.dtype is getattr(torch, dtype)
        assert np.shares_memory(x.numpy(), array)
    x = torch.from_dlpack(array)
    array[0, 1] = 1
    assert x.tolist() == array.tolist()
    back = np.from_dlpack(x.t())
    back[2, 1] = 1
    assert array[1, 2] == 1
    assert back.dtype == array.dtype


def test_numpy_and_force():
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Use tensor\.detach\(\)\.numpy\(\) instead"):
        x.numpy()
    assert np.shares_memory(x.numpy(force=True), x.detach().numpy())
    with pytest.raises(RuntimeError, match="requires grad"):
        np.asarray(x)
    with pytest.raises(BufferError, match="require gradient"):
        np.from_dlpack(x)


def test_array_protocol():
    x = torch.arange(3.0)
    assert np.shares_memory(np.asarray(x), x.numpy())
    assert not np.shares_memory(np.array(x), x.numpy())
    assert np.shares_memory(np.array(x, copy=False), x.numpy())
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    with pytest.raises(ValueError, match="copy"):
        np.array(x, dtype=np.float64, copy=False)
    assert np.concatenate([x, x]).tolist() == [0, 1, 2, 0, 1, 2]


def test_capsules():
    x = torch.arange(3)
    y = torch.from_dlpack(torch.to_dlpack(x))
    assert y.data_ptr() == x.data_ptr()
    assert x.__dlpack_device__() == (1, 0)
    copied = torch.from_dlpack(x, copy=True)
    assert copied.data_ptr() != x.data_ptr()
    with pytest.raises(TypeError, match="got int"):
        torch.from_dlpack(5)
    with pytest.raises(RuntimeError, match="CPU alone"):
        torch.from_dlpack(x, device="cuda")


def test_memory_that_no_tensor_describes():
    with pytest.raises(ValueError, match="negative"):
        torch.from_numpy(np.arange(3)[::-1])
    with pytest.raises(ValueError, match="negative"):
        torch.from_dlpack(np.arange(3)[::-1])
    with pytest.raises(ValueError, match="byte order"):
        torch.from_numpy(np.ones(2, ">f4" if np.little_endian else "<f4"))
    packed = np.zeros(3, [("a", np.float32), ("b", np.int8)])["a"]
    with pytest.raises(ValueError, match="multiple of the element byte size"):
        torch.from_numpy(packed)
    with pytest.raises(TypeError, match="only supported types"):
        torch.from_numpy(np.array(["a"]))
    with pytest.raises(TypeError, match=r"expected np\.ndarray"):
        torch.from_numpy([1])


def test_read_only_memory_can_be_read():
    array = np.ones(3, np.float32)
    array.flags.writeable = False
    x = torch.from_numpy(array)
    assert (x + 1).sum().item() == 6
    with pytest.raises(ValueError, match="read-only"):
        x.add_(1)
    assert array.tolist() == [1, 1, 1]


# ---------------------------------------------------------------- between processes

PROCESSES = """
import sys
import minitorch as torch
import minitorch.multiprocessing as mp

def double(x):
    return x * 2

def save(i, x, folder):
    torch.save(x * i, f"{folder}/{i}.pt")
    if i == 2:
        raise ValueError("two")

if __name__ == "__main__":
    with mp.get_context("spawn").Pool(1) as pool:
        print(pool.apply(double, (torch.arange(3),)).tolist())
        print(pool.apply(double, (torch.nn.Parameter(torch.ones(2)),)).tolist())
        print(type(pool.apply(torch.nn.Linear, (2, 1))).__name__)
    mp.spawn(save, (torch.arange(3), sys.argv[1]), nprocs=2)
    try:
        mp.spawn(save, (torch.arange(3), sys.argv[1]), nprocs=3)
    except mp.ProcessRaisedException as error:
        print(error)
"""


def test_tensors_in_other_processes(tmp_path):
    (tmp_path / "script.py").write_text(PROCESSES)
    path = os.pathsep.join(filter(None, [str(Path(torch.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": path},
    )
    expected = ["[0, 2, 4]", "[2.0, 2.0]", "Linear", "process 2 ended with exit code 1; its error stands above"]
    assert done.stdout.splitlines() == expected
    assert "ValueError: two" in done.stderr
    assert torch.load(tmp_path / "1.pt").tolist() == [0, 1, 2]


def test_a_process_that_fails_between_two_looks():
    class Failing:  # alive when asked first, then ended with code 1
        looks = 0

        @property
        def exitcode(self):
            self.looks += 1
            return None if self.looks == 1 else 1

        def is_alive(self):
            return self.looks == 0

        @property
        def sentinel(self):
            return here

        def terminate(self): ...
        def join(self): ...

    here, there = os.pipe()
    os.write(there, b"x")
    context = torch.multiprocessing.SpawnContext([Failing()])
    assert not context.join()
    with pytest.raises(torch.multiprocessing.ProcessRaisedException, match="process 0 ended with exit code 1"):
        context.join()
    os.close(here), os.close(there)
