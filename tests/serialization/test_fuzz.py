"""Thousands of damaged files: each is loaded or refused with a CheckpointError, quickly, in little memory."""

import io
import random
import struct
import tracemalloc
import zipfile
import zlib

import pytest

import minitorch as torch
from minitorch import nn
from minitorch.serialization import CheckpointError, safetensors

from .test_checkpoint import legacy_file

STATE = {
    "weight": torch.arange(6.0).reshape(2, 3), "row": torch.arange(6.0)[2:4], "p": nn.Parameter(torch.ones(2)),
    "group": [{"lr": 0.1, "params": [0, 1], "name": "a", "on": True, "none": None, "big": 2**70}], "i": torch.arange(3),
}  # fmt: skip
LIMIT = 2_000_000  # bytes, for files of 3 kB


def zipped():
    file = io.BytesIO()
    torch.save(STATE, file)
    return file.getvalue()


def with_right_checksums(data, random_):
    """A zip with its pickle damaged, and a directory that fits again: what is inside is looked at."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        record = archive.getinfo("archive/data.pkl")
        name, extra = struct.unpack_from("<HH", data, record.header_offset + 26)
        start = record.header_offset + 30 + name + extra
    content = damaged(data[start : start + record.file_size], random_, keep_length=True)
    out = bytearray(data)
    out[start : start + record.file_size] = content
    old, new = struct.pack("<I", record.CRC), struct.pack("<I", zlib.crc32(content))
    return bytes(out.replace(old, new))


def damaged(data, random_, keep_length=False):
    """The data with one to four faults: bytes changed, cut out, doubled, or a number made large."""
    out = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(len(out))
        length = random_.choice((1, 1, 1, 2, 4, 8))
        kind = random_.randrange(4 if keep_length else 6)
        if kind == 0:
            out[at] ^= 1 << random_.randrange(8)
        elif kind == 1:
            out[at] = random_.choice(b"\x00\x7f\xff(.]}tRbsuaeqhQcXKJM\x85\x86\x87\x8a\x81\x93")
        elif kind == 2:
            out[at : at + length] = random_.choice((b"\xff", b"\x7f", b"\x00")) * len(out[at : at + length])
        elif kind == 3:
            source = random_.randrange(len(out))
            piece = out[source : source + length]
            out[at : at + len(piece)] = piece[: len(out) - at]
        elif kind == 4:
            del out[at : at + length]
        else:
            out[at:at] = out[at : at + length]
    return bytes(out) if not keep_length or len(out) == len(data) else data


def load(data):
    return torch.load(io.BytesIO(data))


KINDS = {
    "zip": (2500, zipped, damaged, load),
    "zip, checksums right": (4000, zipped, with_right_checksums, load),
    "legacy": (2500, lambda: legacy_file(STATE), damaged, load),
    "safetensors": (
        2500,
        lambda: safetensors.save({"a": torch.ones(2, 3), "b": torch.arange(3)}),
        damaged,
        safetensors.load,
    ),
}  # 11,500 files; fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind):
    count, make, damage, read = KINDS[kind]
    random_, data = random.Random(0), make()
    read(data)
    outcomes = {"loaded": 0, "refused": 0}
    for i in range(count):
        file = damage(data, random_)
        outcomes[_within_limit(read, file) if i % 20 == 0 else _outcome(read, file)] += 1
    assert outcomes["refused"] > count // 5
    assert outcomes["loaded"] > 0, "every file is refused: the test sees nothing"


def _within_limit(read, data):
    """The outcome, in little memory (measured now and then: it takes ten times as long)."""
    tracemalloc.start()
    try:
        outcome = _outcome(read, data)
        assert tracemalloc.get_traced_memory()[1] < LIMIT
    finally:
        tracemalloc.stop()
    return outcome


def _outcome(read, data):
    try:
        read(data)
    except CheckpointError:
        return "refused"
    except RuntimeError as error:  # a damaged location: "cpu" became something else
        assert "Attempting to deserialize object on device" in str(error)  # noqa: PT017
        return "refused"
    return "loaded"
