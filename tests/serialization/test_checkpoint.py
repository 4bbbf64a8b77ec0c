"""Checkpoints: what comes back, what is refused, and what a failure leaves behind. tests/oracle compares with
PyTorch.
"""

import collections
import copy
import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

import minitorch as torch
from minitorch import nn
from minitorch.serialization import CheckpointError

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64", "complex128"]


def again(value, **options):
    """Saved and loaded."""
    file = io.BytesIO()
    torch.save(value, file)
    return torch.load(io.BytesIO(file.getvalue()), **options)


def same(a, b):
    assert type(a) is type(b), (type(a), type(b))
    if isinstance(a, torch.Tensor):
        assert a.dtype is b.dtype
        assert a.requires_grad == b.requires_grad
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert a == b


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_every_dtype_and_shape(dtype, shape):
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 2, shape).astype(dtype))
    same(again(x), x)


def test_plain_values():
    value = {
        "none": None,
        "numbers": [True, 1, -1, 255, 65536, 2**70, -(2**70), 1.5, float("inf"), 1 + 2j],
        "text": "täxt",
        "bytes": [b"", b"\x00\xff", bytearray(b"ab")],
        "tuple": (1, (2, (3, ()))),
        "set": {1, 2},
        "frozen": frozenset([1]),
        "dtype": torch.int8,
        "size": torch.Size([2, 3]),
        "device": torch.device("cuda:1"),
        "ordered": collections.OrderedDict(a=1),
        "counter": collections.Counter("aab"),
        3: {(1, "a"): 2},
    }
    same(again(value), value)


def test_lists_that_hold_themselves():
    loop: list = []
    loop.append(loop)
    back = again(loop)
    assert back[0] is back


def test_views_share_a_storage_again():
    base = torch.arange(12.0).reshape(3, 4)
    back = again([base, base[1], base.t(), base[:, ::2], base.detach(), base.data, base[1:].data])
    back[0].zero_()
    assert all(not x.any() for x in back)
    assert len({x.untyped_storage().data_ptr() for x in back}) == 1
    assert back[1].storage_offset() == 4
    assert back[2].stride() == (1, 4)


def test_a_view_alone_takes_its_storage_along():
    x = torch.arange(1000.0)[10:12]
    back = again(x)
    same(back, x)
    assert back.untyped_storage().nbytes() == 4000


def test_odd_memory():
    expanded = torch.ones(1).expand(1000, 1000)
    file = io.BytesIO()
    torch.save(expanded, file)
    assert len(file.getvalue()) < 3000
    assert torch.load(io.BytesIO(file.getvalue())).stride() == (0, 0)
    strided = torch.from_numpy(np.arange(10.0)[1::3])
    same(again(strided), strided)
    fortran = torch.from_numpy(np.asfortranarray(np.arange(6.0).reshape(2, 3)))
    same(again(fortran), fortran)


def test_one_memory_as_two_dtypes():
    x = np.zeros(4, np.float32)
    with pytest.raises(RuntimeError, match="view the same data as different types"):
        again([torch.from_numpy(x), torch.from_numpy(x.view(np.int32))])


def test_parameters_and_attributes():
    p = nn.Parameter(torch.ones(2))
    frozen = nn.Parameter(torch.ones(2, dtype=torch.int64), requires_grad=False)
    p.note = "mine"
    x = torch.ones(1)
    x.tag = [1]
    back = again([p, frozen, x, (p * 2)])
    same(back[:2], [p, frozen])
    assert back[0].note == "mine"
    assert back[2].tag == [1]
    assert back[3].requires_grad
    assert back[3].is_leaf


def test_training_goes_on_where_it_stopped(tmp_path):
    def fresh():
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
        return model, torch.optim.Adam(model.parameters(), lr=0.1, amsgrad=True)

    def train(model, optimizer, steps):
        for _ in range(steps):
            optimizer.zero_grad()
            model(torch.randn(8, 3)).square().mean().backward()
            optimizer.step()

    model, optimizer = fresh()
    train(model, optimizer, 3)
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "rng": torch.get_rng_state()}
    torch.save(state, tmp_path / "checkpoint.pt")
    train(model, optimizer, 3)

    other, other_optimizer = fresh()
    state = torch.load(tmp_path / "checkpoint.pt")
    assert state["model"]._metadata["1"] == {"version": 2}
    other.load_state_dict(state["model"])
    other_optimizer.load_state_dict(state["optimizer"])
    torch.set_rng_state(state["rng"])
    train(other, other_optimizer, 3)
    same(dict(other.state_dict()), dict(model.state_dict()))


def test_whole_modules_only_if_trusted(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    torch.save(model, tmp_path / "model.pt")
    with pytest.raises(CheckpointError, match=r"names torch\.nn\.modules\.container\.Sequential.*add_safe_globals"):
        torch.load(tmp_path / "model.pt")
    x = torch.ones(1, 2)
    same(torch.load(tmp_path / "model.pt", weights_only=False)(x), model(x))
    with torch.serialization.safe_globals([nn.Sequential, nn.Linear, nn.ReLU]):
        same(torch.load(tmp_path / "model.pt")(x), model(x))
        assert nn.Linear in torch.serialization.get_safe_globals()
    assert torch.serialization.get_safe_globals() == []


class Point:
    """A class of a user's own."""

    def __init__(self, x):
        self.x = x


def test_own_classes():
    with pytest.raises(CheckpointError, match="Point"):
        again(Point(1))
    assert again(Point(torch.ones(1)), weights_only=False).x.tolist() == [1]
    torch.serialization.add_safe_globals([Point])
    try:
        assert again(Point(2)).x == 2
    finally:
        torch.serialization.clear_safe_globals()


# ---------------------------------------------------------------- files


def test_paths_objects_and_mmap(tmp_path):
    x = torch.arange(1000.0)
    path = tmp_path / "a.pt"
    torch.save({"x": x, "bytes": torch.arange(3, dtype=torch.uint8), "y": x.double()}, str(path))
    with open(path, "rb") as file:
        same(torch.load(file)["x"], x)
    mapped = torch.load(path, mmap=True)
    same(mapped["x"], x)
    same(mapped["y"], x.double())
    mapped["x"].zero_()  # a private copy: the file keeps its numbers
    same(torch.load(path)["x"], x)
    with pytest.raises(ValueError, match="string filename"):
        torch.load(io.BytesIO(path.read_bytes()), mmap=True)
    with pytest.raises(AttributeError, match="BytesIO"):
        torch.load(iter([b""]))
    with pytest.raises(AttributeError, match="'write' attribute"):
        torch.save(x, 3)


def test_contents_lie_aligned(tmp_path):
    torch.save([torch.ones(1), torch.ones(3), torch.ones(1, dtype=torch.float64)], tmp_path / "a.pt")
    with zipfile.ZipFile(tmp_path / "a.pt") as archive:
        assert archive.testzip() is None
        data = (tmp_path / "a.pt").read_bytes()
        for record in archive.infolist():
            name, extra = struct.unpack_from("<26xHH", data, record.header_offset)
            assert (record.header_offset + 30 + name + extra) % 64 == 0


class Full(io.RawIOBase):
    """A file on a full disk."""

    def __init__(self, room):
        self.room = room

    def writable(self):
        return True

    def write(self, data):
        self.room -= len(memoryview(data).cast("B"))
        if self.room < 0:
            raise OSError(28, "No space left on device")
        return len(data)


@pytest.mark.parametrize("room", [0, 500, 3000])
def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch, room):
    path = tmp_path / "a.pt"
    torch.save(torch.ones(3), path)
    os.chmod(path, 0o640)
    with pytest.raises(Exception, match="pickle"):
        torch.save(lambda: 0, path)
    with pytest.raises(OSError, match="No space"):
        torch.save(torch.ones(5000), Full(room))

    def full(self, name, content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("minitorch.serialization.archive.Writer.add", full)
        with pytest.raises(OSError, match="No space"):
            torch.save(torch.zeros(3), path)
    assert torch.load(path).tolist() == [1, 1, 1]
    assert os.listdir(tmp_path) == ["a.pt"]
    torch.save(torch.zeros(3), path)
    assert torch.load(path).tolist() == [0, 0, 0]
    assert path.stat().st_mode & 0o777 == 0o640


def test_links_are_followed(tmp_path):
    (tmp_path / "link.pt").symlink_to(tmp_path / "real.pt")
    torch.save(torch.ones(1), tmp_path / "link.pt")
    assert (tmp_path / "link.pt").is_symlink()
    assert torch.load(tmp_path / "real.pt").tolist() == [1]


def test_arguments():
    with pytest.raises(ValueError, match="protocol 2"):
        torch.save(1, io.BytesIO(), pickle_protocol=4)
    with pytest.raises(TypeError, match="nonsense"):
        torch.load(io.BytesIO(b"x"), nonsense=1)
    with pytest.raises(CheckpointError, match="empty"):
        torch.load(io.BytesIO(b""))


# ---------------------------------------------------------------- map_location


def _on_gpu():
    """A checkpoint whose tensors say that they were on a GPU."""
    file = io.BytesIO()
    torch.save(torch.arange(2.0), file)
    return rebuilt(file.getvalue(), lambda data: data.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"))


def rebuilt(data, change, name="data.pkl", **options):
    """A checkpoint with one of its records changed, and right checksums."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", **options) as new:
        for record in old.infolist():
            content = old.read(record)
            new.writestr(record.filename, change(content) if record.filename.endswith("/" + name) else content)
    return out.getvalue()


@pytest.mark.parametrize(
    "place", ["cpu", torch.device("cpu"), {"cuda:0": "cpu"}, lambda storage, location: storage, lambda s, _: s.cpu()]
)
def test_map_location(place):
    assert torch.load(io.BytesIO(_on_gpu()), map_location=place).tolist() == [0, 1]


def test_map_location_refused():
    for place in (None, {"cuda:1": "cpu"}, lambda storage, location: None):
        with pytest.raises(RuntimeError, match=r"'cuda:0'.*map_location"):
            torch.load(io.BytesIO(_on_gpu()), map_location=place)
    with pytest.raises(RuntimeError, match="CPU alone"):
        torch.load(io.BytesIO(_on_gpu()), map_location="cuda:0")


# ---------------------------------------------------------------- refused by name


def _checkpoint(pickled):
    file = io.BytesIO()
    torch.save(torch.ones(2), file)
    return io.BytesIO(rebuilt(file.getvalue(), lambda _: pickled))


class Gadget:
    """Runs something when it is unpickled."""

    def __reduce__(self):
        return os.system, ("exit 1",)


GADGETS = {
    "system": pickle.dumps(Gadget(), 2),
    "protocol 4": pickle.dumps(Gadget(), 4),
    "eval": b"\x80\x02c__builtin__\neval\nX\x03\x00\x00\x001+1\x85R.",
    "getattr": b"\x80\x02cbuiltins\ngetattr\n.",
    "instance": b"(S'exit 1'\nios\nsystem\n.",
    "object": b"(cos\nsystem\nS'exit 1'\no.",
    "extension": b"\x80\x02\x82\x01.",
    "class attribute": b"\x80\x02ctorch\nTensor\n}X\x05\x00\x00\x00shapeK\x01sb.",
    "class slots": b"\x80\x02ctorch\nTensor\nN}X\x05\x00\x00\x00shapeK\x01s\x86b.",
    "function code": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aK\x01sb.",
    "class called": b"\x80\x02ctorch\nTensor\nK\x05\x85R.",
    "class made": b"\x80\x02ctorch\nTensor\nK\x05\x85\x81.",
    "hidden method": b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsK\x01sb.",
    "nested rebuild": b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(c_codecs\nencode\nctorch\nTensor\n)}tR.",
    "length": b"\x80\x02cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
    "huge bytes": b"\x80\x05\x96\x00\x00\x00\x00\x00\x00\x00\x40.",
    "huge text": b"\x80\x02X\xff\xff\xff\xff.",
    "set of lists": b"\x80\x02c__builtin__\nset\n]]a\x85R.",
    "endless hash": b"\x80\x02}N" + b"2\x86" * 60 + b"Ns.",
    "endless hash, memo": b"\x80\x02}N" + b"q\x00h\x00\x86" * 60 + b"Ns.",
    "stack": b"\x80\x02\x86\x86R.",
    "append": b"\x80\x02}Na.",
    "nothing": b"",
    "no end": b"\x80\x02]",
}


@pytest.mark.parametrize("name", GADGETS)
def test_gadgets(name):
    with pytest.raises(CheckpointError):
        torch.load(_checkpoint(GADGETS[name]))
    assert not hasattr(torch.serialization.rebuild.Rebuild, "a")
    assert isinstance(torch.Tensor.shape, property)


def test_a_memo_of_four_billion_places_takes_no_memory():
    assert torch.load(_checkpoint(b"\x80\x02Nr\xff\xff\xff\xff.")) is None


LARGE = b"N" + b"q\x00h\x00\x86" * 60  # a tuple of a tuple of ..., whose repr and hash have 2 ** 60 steps
FOR_EVER = {
    "key": b"\x80\x02}" + LARGE + b"Ns.",
    "device": b"\x80\x02ctorch\ndevice\n" + LARGE + b"\x85R.",
    "encoding": b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00a" + LARGE + b"\x86R.",
    "name": b"\x80\x04" + LARGE + LARGE + b"\x93.",
    "size": b"\x80\x02ctorch._utils\n_rebuild_tensor\n(NK\x00" + LARGE + LARGE + b"tR.",
    "attribute": b"\x80\x02ccollections\nOrderedDict\n)R}" + LARGE + b"Nsb.",
    "identity": b"\x80\x02" + LARGE + b"Q.",
    "set": b"\x80\x02c__builtin__\nset\n]" + LARGE + b"a\x85R.",
    "layout": b"\x80\x02ctorch.serialization\n_get_layout\n" + LARGE + b"\x85R.",
    "wide key": b"\x80\x02}(" + b"N" * 500 + b"tNs.",
}


@pytest.mark.parametrize("name", FOR_EVER)
def test_small_files_that_would_take_for_ever(name):
    with pytest.raises(CheckpointError):
        torch.load(_checkpoint(FOR_EVER[name]))


def test_a_text_made_large_by_calls():
    text = b"\x80\x02c_codecs\nencode\nq\x00X" + struct.pack("<I", 100_000) + b"a" * 100_000 + b"\x85q\x010]("
    with pytest.raises(CheckpointError, match="far larger"):
        torch.load(_checkpoint(text + b"h\x00h\x01R" * 10_000 + b"e."))


def _tensor(*args):
    """A pickle that rebuilds a tensor of the storage of two floats with these arguments."""

    def number(n):
        return b"\x8a\x09" + int(n).to_bytes(9, "little", signed=True)

    def numbers(values):
        return b"(" + b"".join(map(number, values)) + b"t"

    offset, size, stride, count, kind = args
    storage = (
        b"(X\x07\x00\x00\x00storagectorch\n"
        + kind
        + b"\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu"
        + number(count)
        + b"tQ"
    )
    grad = b"\x89ccollections\nOrderedDict\n)R"
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + number(offset)
        + numbers(size)
        + numbers(stride)
        + grad
        + b"tR."
    )


FLOATS = b"FloatStorage"


def test_layouts():
    same(torch.load(_checkpoint(_tensor(0, [2], [1], 2, FLOATS))), torch.ones(2))
    same(torch.load(_checkpoint(_tensor(1, [3, 1], [0, 7], 2, FLOATS))), torch.ones(3, 1))


@pytest.mark.parametrize(
    "args",
    [
        (0, [3], [1], 2, FLOATS), (1, [2], [1], 2, FLOATS), (2, [1], [1], 2, FLOATS), (0, [2], [2], 2, FLOATS),
        (0, [-1], [1], 2, FLOATS), (-1, [1], [1], 2, FLOATS), (1, [2], [-1], 2, FLOATS), (0, [2, 2], [1], 2, FLOATS),
        (0, [2**40, 2**40], [0, 0], 2, FLOATS), (0, [2], [2**62], 2, FLOATS), (2**63, [1], [1], 2, FLOATS),
        (0, [1] * 65, [1] * 65, 2, FLOATS), (0, [0, 2**63], [1, 1], 2, FLOATS), (0, [2], [1], 3, FLOATS),
        (0, [2], [1], 2**61, FLOATS), (0, [2], [1], -1, FLOATS), (0, [2], [1], 2, b"DoubleStorage"),
        (0, [1], [1], 1, b"HalfNelson"), (0, [4], [1], 4, b"QInt8Storage"), (0, [8], [1], 8, b"QUInt2x4Storage"),
    ],
)  # fmt: skip
def test_impossible_layouts(args):
    with pytest.raises(CheckpointError):
        torch.load(_checkpoint(_tensor(*args)))


@pytest.mark.parametrize(("kind", "name"), [(b"QInt8Storage", "qint8")])
def test_dtypes_that_we_do_not_have_are_named(kind, name):
    count = 8 // torch.serialization.facts.ITEMSIZE[name]
    with pytest.raises(CheckpointError, match=rf"torch\.{name}, which minitorch does not have"):
        torch.load(_checkpoint(_tensor(0, [count], [1], count, kind)))


def test_damaged_files(tmp_path):
    file = io.BytesIO()
    torch.save(torch.ones(100), file)
    data = file.getvalue()
    for length in range(1, len(data) - 1, 37):
        with pytest.raises(CheckpointError):
            torch.load(io.BytesIO(data[:length]))
    at = data.index(np.ones(100, np.float32).tobytes())
    damaged = bytearray(data)
    damaged[at] ^= 1
    with pytest.raises(CheckpointError, match="checksum"):
        torch.load(io.BytesIO(damaged))
    torch.serialization.set_crc32_options(False)
    try:
        assert torch.load(io.BytesIO(damaged))[1:].sum() == 99
    finally:
        torch.serialization.set_crc32_options(True)


def test_bombs():
    file = io.BytesIO()
    torch.save(torch.ones(1000), file)
    with pytest.raises(CheckpointError, match="compressed"):
        torch.load(io.BytesIO(rebuilt(file.getvalue(), lambda x: x, compression=zipfile.ZIP_DEFLATED)))
    # One content under many names: a directory may point to the same bytes again and again.
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w") as archive:
        archive.writestr("a/data.pkl", b"\x80\x02N.")
        archive.writestr("a/data/0", bytes(100_000))
        for i in range(1, 50):
            record = copy.copy(archive.getinfo("a/data/0"))
            record.filename = f"a/data/{i}"
            archive.filelist.append(record)
    with pytest.raises(CheckpointError, match=r"larger than the file|directory"):
        torch.load(io.BytesIO(bomb.getvalue()))


def test_other_files():
    def archive(**records):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as out:
            for name, content in records.items():
                out.writestr(name.replace("__", "/").replace("_", "."), content)
        return io.BytesIO(file.getvalue())

    with pytest.raises(CheckpointError, match="TorchScript"):
        torch.load(archive(a__data_pkl=b"", a__constants_pkl=b""))
    with pytest.raises(CheckpointError, match=r"no record data\.pkl"):
        torch.load(archive(readme_txt=b""))
    with pytest.raises(CheckpointError, match="no checkpoint"):
        torch.load(io.BytesIO(pickle.dumps(5, 2)))
    with pytest.raises(CheckpointError):
        torch.load(io.BytesIO(b"hello, this is a text"))
    tar = bytearray(1024)
    tar[257:262] = b"ustar"
    with pytest.raises(CheckpointError, match=r"tar format.*0\.1\.10"):
        torch.load(io.BytesIO(tar))


# ---------------------------------------------------------------- the legacy format


def legacy_file(value, little=True):
    """A file as PyTorch wrote it before 1.6."""
    from minitorch.serialization import facts, pickler, written

    class Pickler(pickler.Pickler):
        def persistent_id(self, value):
            identity = super().persistent_id(value)
            return None if identity is None else (*identity, None)

    out, body = io.BytesIO(), io.BytesIO()
    made = Pickler(body)
    made.dump(value)
    for part in (facts.MAGIC, facts.PROTOCOL, {"protocol_version": 1001, "little_endian": little}):
        pickle.dump(part, out, 2)
    out.write(written.renamed(body.getvalue()))
    pickle.dump([str(i) for i in range(len(made.memories))], out, 2)
    for memory in made.memories:
        out.write(struct.pack("<q", memory.size))
        out.write((memory if little else memory.byteswap()).tobytes())
    return out.getvalue()


@pytest.mark.parametrize("little", [True, False])
def test_legacy(little):
    x = torch.arange(6.0).reshape(2, 3)
    value = {
        "x": x,
        "row": x[1],
        "p": nn.Parameter(torch.ones(2)),
        "i": torch.arange(3),
        "c": torch.ones(1, dtype=torch.complex64),
    }
    back = torch.load(io.BytesIO(legacy_file(value, little)))
    same(back, value)
    back["x"].zero_()
    assert not back["row"].any()


def test_two_legacy_objects_in_one_file():
    file = io.BytesIO(legacy_file(torch.ones(2)) + legacy_file(torch.zeros(3)))
    assert torch.load(file).tolist() == [1, 1]
    assert torch.load(file).tolist() == [0, 0, 0]


def test_truncated_legacy():
    data = legacy_file([torch.ones(100), Point(1)])
    with pytest.raises(CheckpointError, match="Point"):
        torch.load(io.BytesIO(data))
    assert torch.load(io.BytesIO(data), weights_only=False)[1].x == 1
    data = legacy_file(torch.ones(100))
    for length in range(1, len(data), 7):
        with pytest.raises(CheckpointError):
            torch.load(io.BytesIO(data[:length]))


# ---------------------------------------------------------------- pickle and deepcopy


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_share_what_was_shared(copied):
    base = torch.arange(12.0).reshape(3, 4)
    value = [base, base[1], base.t(), torch.empty(0, 3), torch.ones(1).expand(5)]
    back = copied(value)
    same(back, value)
    back[0].zero_()
    assert not back[1].any()
    assert not back[2].any()
    assert base.any()
    x = torch.ones(2)
    x.tag = [1]
    assert copied(x).tag == [1]


def test_pickles_of_what_was_computed():
    x = torch.ones(2, requires_grad=True) * 2
    back = pickle.loads(pickle.dumps(x))
    assert back.requires_grad
    assert back.is_leaf
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(x)
