"""What can be set for checkpoints: places, byte order, mapping, files without elements; and what a file names."""

import collections
import fractions
import io
import mmap

import pytest

import minitorch as torch
from minitorch import serialization
from minitorch.serialization import places


@pytest.fixture
def registry():
    before = list(places._registry)
    yield
    places._registry[:] = before


def saved(value):
    file = io.BytesIO()
    torch.save(value, file)
    file.seek(0)
    return file


def test_another_place_is_registered(registry):
    asked = []

    def bring(storage, location):
        asked.append(location)
        return storage if location.startswith("moon") else None

    serialization.register_package(5, lambda storage: "moon:1", bring)
    x = torch.tensor([1.0, 2.0])
    assert serialization.location_tag(x.untyped_storage()) == "moon:1"
    file = saved(x)
    assert torch.equal(torch.load(file), x)
    assert asked == ["moon:1"]
    assert b"moon:1" in file.getvalue()


def test_a_place_that_nobody_knows(registry):
    serialization.register_package(20, lambda storage: None, lambda storage, location: None)
    storage = torch.ones(2).untyped_storage()
    assert serialization.location_tag(storage) == "cpu"
    assert serialization.default_restore_location(storage, "cpu") is storage
    with pytest.raises(RuntimeError, match="'cuda:0', but minitorch runs on the CPU alone"):
        serialization.default_restore_location(storage, "cuda:0")


def test_names_that_would_be_refused():
    value = {"share": fractions.Fraction(1, 2), "counts": collections.Counter("aab"), "x": torch.ones(2)}
    assert serialization.get_unsafe_globals_in_checkpoint(saved(value)) == ["fractions.Fraction"]
    with serialization.safe_globals([fractions.Fraction]):
        assert serialization.get_unsafe_globals_in_checkpoint(saved(value)) == []
    with pytest.raises(ValueError, match=r"returned by torch\.save"):
        serialization.get_unsafe_globals_in_checkpoint(io.BytesIO(b"no checkpoint"))


def test_files_without_elements():
    x = {"weight": torch.ones(2, 3), "count": torch.tensor(3)}
    with serialization.skip_data():
        empty = saved(x)
    assert torch.equal(torch.load(empty)["weight"], torch.zeros(2, 3))
    with serialization.skip_data():
        assert torch.load(saved(x))["count"].item() == 0
    full = saved(x)
    with serialization.skip_data():
        assert torch.load(full)["weight"].sum() == 0
    full.seek(0)
    assert torch.load(full)["weight"].sum() == 6


def test_shared_mapping_writes_to_the_file(tmp_path):
    path = str(tmp_path / "x.pt")
    torch.save(torch.zeros(4), path)
    assert serialization.get_default_mmap_options() == mmap.MAP_PRIVATE
    torch.load(path, mmap=True).fill_(5)
    assert torch.load(path).tolist() == [0] * 4
    with serialization.set_default_mmap_options(mmap.MAP_SHARED):
        torch.load(path, mmap=True).fill_(5)
    assert serialization.get_default_mmap_options() == mmap.MAP_PRIVATE
    serialization.set_crc32_options(False)
    try:
        assert torch.load(path).tolist() == [5] * 4
    finally:
        serialization.set_crc32_options(True)
    with pytest.raises(ValueError, match="MAP_SHARED"):
        serialization.set_default_mmap_options(77)


def test_the_byte_order_of_files_that_say_none(monkeypatch):
    file = saved(torch.tensor([1, 256]))
    monkeypatch.setattr(serialization.archive.Archive, "__contains__", lambda self, name: _has(self, name))
    assert torch.load(file).tolist() == [1, 256]
    serialization.set_default_load_endianness(serialization.LoadEndianness.BIG)
    try:
        file.seek(0)
        assert torch.load(file).tolist() == [1 << 56, 1 << 48]
        assert serialization.get_default_load_endianness() is serialization.LoadEndianness.BIG
    finally:
        serialization.set_default_load_endianness(None)
    with pytest.raises(TypeError, match="LoadEndianness"):
        serialization.set_default_load_endianness("big")


def _has(archive, name):
    return name != "byteorder" and f"{archive.folder}/{name}" in archive.records
