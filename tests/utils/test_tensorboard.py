"""Event files, read again: records with right checksums, and in them what was written."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

import minitorch as torch
from minitorch.utils.tensorboard import SummaryWriter, _checksum, _pixels


def fields(data):
    """(number, value) of the fields of a protocol buffer."""
    at, found = 0, []

    def varint():
        nonlocal at
        n = shift = 0
        while True:
            byte, at = data[at], at + 1
            n, shift = n | (byte & 127) << shift, shift + 7
            if byte < 128:
                return n

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            found.append((key >> 3, varint()))
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        found.append((key >> 3, data[at : at + size]))
        at += size
    return found


def events(folder):
    """The events of the one file in a folder, as lists of fields."""
    (path,) = folder.glob("events.out.tfevents.*")
    data, found = path.read_bytes(), []
    while data:
        (n,) = struct.unpack("<Q", data[:8])
        event = data[12 : 12 + n]
        assert data[8:12] == _checksum(data[:8])
        assert data[12 + n : 16 + n] == _checksum(event)
        found.append(dict(fields(event)))
        data = data[16 + n :]
    assert found[0][3] == b"brain.Event:2"
    return found[1:]


def values(folder):
    """(tag, step, fields of the value) of each event."""
    found = []
    for event in events(folder):
        ((_, value),) = fields(event[5])
        content = dict(fields(value))
        found.append((content[1].decode(), event.get(2), content))
    return found


def test_the_checksum_is_castagnolis():
    assert _checksum(b"123456789") == struct.pack("<I", ((0xE3069283 >> 15 | 0xE3069283 << 17) + 0xA282EAD8) % 2**32)


def test_scalars(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", torch.tensor(0.5**step, requires_grad=True), step)
        writer.add_scalar("accuracy", np.float64(0.75))
        writer.add_scalars("both", {"train": 1, "test": torch.tensor([2.0])}, 7)
        with pytest.raises(AssertionError, match="scalar should be 0D"):
            writer.add_scalar("loss", torch.ones(2))
        assert writer.get_logdir() == str(tmp_path)
    found = [(tag, step, struct.unpack("<f", value[2])[0]) for tag, step, value in values(tmp_path)]
    assert found == [("loss", 0, 1.0), ("loss", 1, 0.5), ("loss", 2, 0.25), ("accuracy", None, 0.75)]
    assert [struct.unpack("<f", v[2])[0] for _, _, v in values(tmp_path / "both_test")] == [2.0]


def test_histograms(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("numbers", torch.arange(10), 3, bins=5)
        writer.add_histogram("weights", torch.randn(1000))
    (_, step, numbers), (_, _, weights) = values(tmp_path)
    proto = dict(fields(numbers[5]))
    assert step == 3
    assert [struct.unpack("<d", proto[i])[0] for i in range(1, 6)] == [0, 9, 10, 45, 285]
    np.testing.assert_allclose(np.frombuffer(proto[6]), [0, 1.8, 3.6, 5.4, 7.2, 9])
    assert np.frombuffer(proto[7]).tolist() == [0, 2, 2, 2, 2, 2]
    assert np.frombuffer(dict(fields(weights[5]))[7]).sum() == 1000


def test_images(tmp_path):
    image = torch.rand(3, 4, 5)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("one", image)
        writer.add_image("grey", image[0], dataformats="HW")
        writer.add_images("two", torch.stack([image, image]))
        with pytest.raises(ValueError, match="format"):
            writer.add_image("one", image, dataformats="HW")
    sizes = []
    for _, _, value in values(tmp_path):
        proto = dict(fields(value[4]))
        sizes.append((proto[1], proto[2], proto[3]))
    assert sizes == [(4, 5, 3), (4, 5, 3), (4, 10, 3)]
    png = dict(fields(values(tmp_path)[0][2][4]))[4]
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    start = png.index(b"IDAT")
    (size,) = struct.unpack(">I", png[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(png[start + 4 : start + 4 + size]), np.uint8).reshape(4, 16)
    assert (rows[:, 1:].reshape(4, 5, 3) == (image * 255).byte().permute(1, 2, 0).numpy()).all()


def test_texts_and_settings(tmp_path):
    torch.settings._said.clear()
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("note", "**bold**", 1)
        writer.add_hparams({"lr": 0.1}, {"loss": 2.0})
        with pytest.warns(UserWarning, match="add_graph writes nothing"):
            writer.add_graph(torch.nn.Linear(1, 1), torch.ones(1))
    (tag, _, value), *others = values(tmp_path)
    assert tag == "note/text_summary"
    assert dict(fields(value[8]))[8] == b"**bold**"
    assert b"text" in value[9]
    assert [tag for tag, _, _ in others] == ["hparams/text_summary", "loss"]


def test_the_usual_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    writer = SummaryWriter(comment="_first")
    writer.close()
    writer.add_scalar("late", 1)  # a file of its own, as after PyTorch's close
    writer.close()
    assert Path(writer.log_dir).parent == Path("runs")
    assert writer.log_dir.endswith("_first")
    assert len(list(Path(writer.log_dir).iterdir())) == 2


def test_events_are_on_disk_before_the_end(tmp_path):
    """TensorBoard reads while the program writes."""
    writer = SummaryWriter(tmp_path, max_queue=2)
    for step in range(3):
        writer.add_scalar("loss", 1.0, step)
    assert [step for _, step, _ in values(tmp_path)] == [0, 1, 2]
    writer.close()
    writer.add_scalar("late", 1.0)
    writer.close()


def test_pixels_that_are_no_bytes(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for i, image in enumerate((np.eye(2, dtype=bool), np.eye(2, dtype=np.int64), np.eye(2) * 300)):
            assert _pixels(image, "HW")[..., 0].tolist() == [[255, 0], [0, 255]], i
        with pytest.raises(ValueError, match=r"1, 3 or 4 channels.*\(4, 4, 2\)"):
            writer.add_image("x", torch.zeros(2, 4, 4))
