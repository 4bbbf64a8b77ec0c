"""Safetensors, npz and `python -m minitorch inspect`."""

import contextlib
import io
import json
import struct
import subprocess
import sys

import numpy as np
import pytest

import minitorch as torch
from minitorch import nn
from minitorch.__main__ import main
from minitorch.serialization import CheckpointError, load_npz, safetensors, save_npz

TENSORS = {
    "b": torch.tensor([True, False]),
    "x": torch.arange(6.0).reshape(2, 3),
    "empty": torch.empty(0, 3),
    "n": torch.tensor(5),
    "d": torch.tensor([1.5], dtype=torch.float64),
    "s": torch.tensor([1, 2, 3], dtype=torch.int16),
}


def same(a, b):
    assert set(a) == set(b)
    for name in a:
        assert a[name].dtype is b[name].dtype
        assert a[name].shape == b[name].shape
        assert torch.equal(a[name], b[name])


def raw(header, data=b""):
    """A safetensors file of this header."""
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack("<Q", len(text)) + text + data


def test_safetensors(tmp_path):
    path = tmp_path / "a.safetensors"
    safetensors.save_file(TENSORS, path, {"format": "pt"})
    assert path.read_bytes() == safetensors.save(TENSORS, {"format": "pt"})
    same(safetensors.load_file(path), TENSORS)
    same(safetensors.load(path.read_bytes()), TENSORS)
    with safetensors.safe_open(path, framework="pt", device="cpu") as file:
        same({name: file.get_tensor(name) for name in file}, TENSORS)
        assert file.metadata() == {"format": "pt"}


def test_safetensors_by_hand():
    x = raw({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}, np.array([1, 2], np.float32).tobytes())
    assert safetensors.load(x)["a"].tolist() == [1, 2]


def entry(dtype="F32", shape=(2,), data_offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(data_offsets)}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\1\2",
        struct.pack("<Q", 2**63),
        struct.pack("<Q", 100) + b"{}",
        raw(b"{"),
        raw(b"[]"),
        raw(b"\xff"),
        raw(b"[" * 10_000),
        raw({"a": entry()}),
        raw({"a": entry()}, bytes(9)),
        raw({"a": entry(shape=(3,))}, bytes(8)),
        raw({"a": entry("X9")}, bytes(8)),
        raw({"a": entry(shape=(-2,))}, bytes(8)),
        raw({"a": entry(), "b": entry()}, bytes(8)),
        raw({"a": 5}, bytes(8)),
        raw({"a": entry(data_offsets=(1, 9))}, bytes(9)),
        raw({"a": entry(shape=(2**62, 2**62))}, bytes(8)),
        raw({"a": entry("F8_E4M3", (8,))}, bytes(8)),
        raw({"a": entry(shape=(True, 2))}, bytes(8)),
        raw({"__metadata__": {"a": 1}}),
        raw(
            b'{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}',
            bytes(4),
        ),
    ],
)
def test_damaged_safetensors(data):
    with pytest.raises(CheckpointError):
        safetensors.load(data)


def test_what_safetensors_do_not_take():
    x = torch.ones(2, 3)
    with pytest.raises(ValueError, match="non contiguous"):
        safetensors.save({"x": x.t()})
    with pytest.raises(RuntimeError, match="'x' and 'y' share memory"):
        safetensors.save({"x": x, "y": x[1]})
    with pytest.raises(ValueError, match="expected a dict"):
        safetensors.save([x])
    with pytest.raises(ValueError, match="received list"):
        safetensors.save({"x": [1]})
    with pytest.raises(ValueError, match="texts"):
        safetensors.save({"x": x}, {"a": 1})


def test_npz(tmp_path):
    save_npz(tmp_path / "a.npz", TENSORS)
    same(load_npz(tmp_path / "a.npz"), TENSORS)
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["x"].tolist() == TENSORS["x"].tolist()
    file = io.BytesIO()
    np.savez(file, a=np.array([1, 2], ">f4"), b=np.ones((2, 3), order="F"))
    back = load_npz(io.BytesIO(file.getvalue()))
    assert back["a"].tolist() == [1, 2]
    assert back["b"].is_contiguous()


def test_npz_refused(tmp_path):
    for arrays in ({"a": np.array([None])}, {"a": np.array("text")}):
        file = io.BytesIO()
        np.savez(file, **arrays)
        with pytest.raises(CheckpointError):
            load_npz(io.BytesIO(file.getvalue()))
    for data in (b"", b"nothing", b"PK\3\4 and nothing"):
        with pytest.raises(CheckpointError):
            load_npz(io.BytesIO(data))


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_npz_damaged(write):
    """Whatever is wrong with a byte, the error is one."""
    file = io.BytesIO()
    write(file, a=np.arange(50.0))
    for place in range(0, len(file.getvalue()), 3):
        for value in (1, 0xA5):
            data = bytearray(file.getvalue())
            data[place] ^= value
            with contextlib.suppress(CheckpointError):
                load_npz(io.BytesIO(bytes(data)))


def test_inspect(tmp_path, capsys):
    torch.save({"net": nn.Linear(2, 1).state_dict(), "x": [torch.tensor([1.0, float("nan"), 3.0])]}, tmp_path / "a.pt")
    assert main(["inspect", str(tmp_path / "a.pt")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["net.weight", "net.bias", "x.0"]
    assert lines[3].split() == ["x.0", "3", "float32", "12", "B", "2", "1.414", "1"]
    assert lines[4] == "3 tensors, 24 B"


def test_inspect_runs_nothing_and_reads_whole_modules(tmp_path, capsys):
    torch.save(nn.Sequential(nn.Linear(2, 1)), tmp_path / "a.pt")
    assert main(["inspect", str(tmp_path / "a.pt")]) == 0
    assert "_modules.0._parameters.weight" in capsys.readouterr().out
    safetensors.save_file(TENSORS, tmp_path / "a.safetensors")
    assert main(["inspect", str(tmp_path / "a.safetensors")]) == 0
    assert "6 tensors" in capsys.readouterr().out


def test_inspect_from_the_shell(tmp_path):
    (tmp_path / "text").write_text("no checkpoint")
    done = subprocess.run(
        [sys.executable, "-m", "minitorch", "inspect", str(tmp_path / "text")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no safetensors file" in done.stderr
    assert "Traceback" not in done.stderr
