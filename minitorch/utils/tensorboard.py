"""Event files for TensorBoard, as `torch.utils.tensorboard` writes them; nothing has to be installed to write them.

A file is a row of records: length, its checksum, an Event, its checksum (TensorFlow's TFRecord). The Events are
protocol buffers, of which the few fields that are needed are spelled out here.
"""

from __future__ import annotations

import io
import itertools
import os
import socket
import struct
import time
import zlib
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..settings import say_once
from ..tensor import Tensor

__all__ = ["SummaryWriter"]

Array = NDArray[Any]

# ---------------------------------------------------------------- protocol buffers


def _varint(n: int) -> bytes:
    n &= (1 << 64) - 1  # negative numbers in two's complement
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _doubles(field: int, values: Array) -> bytes:
    return _bytes(field, np.asarray(values, "<f8").tobytes())


# ---------------------------------------------------------------- records


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # CRC-32C, Castagnoli's polynomial
        table.append(byte)
    return table


_TABLE = _crc_table()


def _checksum(data: bytes) -> bytes:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


_count = itertools.count()


class _EventFile:
    """A file that stays open until `close`. At most `most` events, and none for longer than `seconds`, wait in memory
    until the next one is written.
    """

    def __init__(self, folder: str, suffix: str, most: int, seconds: float) -> None:
        self.most, self.seconds, self.waiting, self.flushed = most, seconds, 0, time.monotonic()
        os.makedirs(folder, exist_ok=True)
        name = (
            f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}.{next(_count)}{suffix}"
        )
        self.file = open(os.path.join(folder, name), "wb")  # noqa: SIM115
        self.write(_double(1, time.time()) + _bytes(3, "brain.Event:2"))

    def write(self, event: bytes) -> None:
        length = struct.pack("<Q", len(event))
        self.file.write(length + _checksum(length) + event + _checksum(event))
        self.waiting += 1
        if self.waiting >= self.most or time.monotonic() - self.flushed >= self.seconds:
            self.flush()

    def flush(self) -> None:
        if not self.file.closed:
            self.file.flush()
        self.waiting, self.flushed = 0, time.monotonic()

    def add(self, value: bytes, step: Any, walltime: float | None) -> None:
        """An Event with a Summary of one Value."""
        number = b"" if step is None else _integer(2, int(step))
        self.write(_double(1, time.time() if walltime is None else walltime) + number + _bytes(5, _bytes(1, value)))


# ---------------------------------------------------------------- values


def _array(x: Any) -> Array:
    return np.asarray(x.detach().numpy() if isinstance(x, Tensor) else x)


def _edges() -> Array:
    grown = np.multiply.accumulate([1e-12, *[1.1] * 773])  # up to 1e20, each a tenth more
    return np.concatenate([-grown[::-1], [0], grown])


def _histogram(values: Array, bins: Any) -> bytes:
    """A HistogramProto: extremes, sums, the upper edges of the bins and what each holds; empty ones at the ends go."""
    x = values.astype(np.float64).reshape(-1)
    if not x.size:
        raise ValueError("The input has no element.")
    counts, edges = np.histogram(x, _edges() if bins == "tensorflow" else bins)
    full = np.flatnonzero(counts)
    first, last = (int(full[0]), int(full[-1])) if full.size else (0, 0)
    before = [0] if counts[first] else []  # an empty bin below tells the lower edge of the first
    limits = [*edges[first : first + len(before)], *edges[first + 1 : last + 2]]
    numbers = (x.min(), x.max(), x.size, x.sum(), x.dot(x))
    proto = b"".join([_double(i + 1, float(n)) for i, n in enumerate(numbers)])
    return proto + _doubles(6, np.array(limits)) + _doubles(7, np.array([*before, *counts[first : last + 1]]))


def _png(pixels: Array) -> bytes:
    """(height, width, channels) of bytes as a PNG file."""
    height, width, channels = pixels.shape
    if channels not in (3, 4):
        raise ValueError(f"add_image: expected 1, 3 or 4 channels, got (rows, columns, channels) = {pixels.shape}")
    kind = 2 if channels == 3 else 6

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join([b"\0" + row.tobytes() for row in pixels])
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _pixels(image: Array, formats: str) -> Array:
    """An image, or several side by side, as (height, width, channels) of bytes; what is no byte is from 0 to 1."""
    formats = formats.upper()
    if sorted(formats) != sorted(set(formats)) or len(formats) != image.ndim:
        raise ValueError(f"size of input tensor and input format are different: {image.shape} and {formats!r}")
    wanted = [axis for axis in "NHWC" if axis in formats]
    x = image.transpose([formats.index(axis) for axis in wanted])
    x = x if "C" in wanted else x[..., None]
    x = np.concatenate(list(x), 1) if "N" in wanted else x
    x = np.repeat(x, 3, -1) if x.shape[-1] == 1 else x
    return np.ascontiguousarray(x if x.dtype == np.uint8 else (np.clip(x, 0, 1) * 255).astype(np.uint8))


def _image(pixels: Array) -> bytes:
    height, width, channels = pixels.shape
    numbers = b"".join([_integer(i + 1, n) for i, n in enumerate((height, width, channels))])
    return numbers + _bytes(4, _png(pixels))


# ---------------------------------------------------------------- what users call


class SummaryWriter:
    """Writes scalars, histograms, images and texts to an event file in a folder, `runs/...` if none is given.

    `with SummaryWriter("runs/first") as writer: writer.add_scalar("loss", loss, step)`
    """

    def __init__(
        self, log_dir: Any = None, comment: str = "", purge_step: int | None = None, max_queue: int = 10,
        flush_secs: int = 120, filename_suffix: str = "",
    ) -> None:  # fmt: skip
        now = datetime.now().strftime("%b%d_%H-%M-%S")
        self.log_dir = str(log_dir) if log_dir else os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self._how = filename_suffix, max_queue, flush_secs
        self.files = {self.log_dir: _EventFile(self.log_dir, *self._how)}

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def _add(self, tag: str, field: bytes, step: Any, walltime: float | None, folder: str = "") -> None:
        place = os.path.join(self.log_dir, folder) if folder else self.log_dir
        if place not in self.files or self.files[place].file.closed:
            self.files[place] = _EventFile(place, *self._how)
        self.files[place].add(_bytes(1, tag) + field, step, walltime)

    def add_scalar(
        self, tag: str, scalar_value: Any, global_step: Any = None, walltime: float | None = None,
        new_style: bool = False, double_precision: bool = False,
    ) -> None:  # fmt: skip
        """A number: of Python, numpy or a tensor with one element."""
        value = _array(scalar_value)
        if value.size != 1:
            raise AssertionError(f"scalar should be 0D, got {value.size} numbers for '{tag}'")
        self._add(tag, _float(2, float(value.reshape(()))), global_step, walltime)

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: dict[str, Any], global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Several numbers for one diagram, each in a folder of its own, as TensorBoard wants it."""
        for tag, value in tag_scalar_dict.items():
            folder = f"{main_tag.replace('/', '_')}_{tag}"
            self._add(main_tag, _float(2, float(_array(value).reshape(()))), global_step, walltime, folder)

    def add_histogram(
        self, tag: str, values: Any, global_step: Any = None, bins: Any = "tensorflow", walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:  # fmt: skip
        """How values are distributed; `bins` as for `numpy.histogram`, or TensorFlow's."""
        self._add(tag, _bytes(5, _histogram(_array(values), bins)), global_step, walltime)

    def add_image(
        self, tag: str, img_tensor: Any, global_step: Any = None, walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:  # fmt: skip
        """An image of bytes, or of other numbers from 0 to 1 (also of bools), with 1, 3 or 4 channels."""
        self._add(tag, _bytes(4, _image(_pixels(_array(img_tensor), dataformats))), global_step, walltime)

    def add_images(
        self, tag: str, img_tensor: Any, global_step: Any = None, walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:  # fmt: skip
        """Several images, side by side."""
        self.add_image(tag, img_tensor, global_step, walltime, dataformats)

    def add_figure(
        self, tag: str, figure: Any, global_step: Any = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """A matplotlib figure as an image."""
        file = io.BytesIO()
        figure.savefig(file, format="png")
        width, height = [int(n) for n in struct.unpack(">II", file.getvalue()[16:24])]
        numbers = _integer(1, height) + _integer(2, width) + _integer(3, 4)
        self._add(tag, _bytes(4, numbers + _bytes(4, file.getvalue())), global_step, walltime)

    def add_text(self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None) -> None:
        """A text, which TensorBoard shows as Markdown."""
        metadata = _bytes(1, _bytes(1, "text"))
        tensor = _integer(1, 7) + _bytes(2, _bytes(2, _integer(1, 1))) + _bytes(8, text_string)
        self._add(f"{tag}/text_summary", _bytes(9, metadata) + _bytes(8, tensor), global_step, walltime)

    def add_hparams(
        self, hparam_dict: dict[str, Any], metric_dict: dict[str, Any], hparam_domain_discrete: Any = None,
        run_name: str | None = None, global_step: Any = None,
    ) -> None:  # fmt: skip
        """The settings as a text, what they led to as numbers."""
        rows = "\n".join([f"| {name} | {value} |" for name, value in hparam_dict.items()])
        self.add_text("hparams", f"| setting | value |\n| --- | --- |\n{rows}", global_step)
        for name, value in metric_dict.items():
            self.add_scalar(name, value, global_step)

    def add_graph(self, model: Any, input_to_model: Any = None, verbose: bool = False, **options: Any) -> None:
        """Nothing is written, and that is said once: there is no tracer to draw a model."""
        say_once("SummaryWriter.add_graph writes nothing: there is no tracer that could draw the model")

    def flush(self) -> None:
        """Write what is still in memory."""
        for events in self.files.values():
            events.flush()

    def close(self) -> None:
        """End the files."""
        for events in self.files.values():
            events.file.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
