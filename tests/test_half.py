"""float16 and bfloat16: rounding, dtypes, tensors in and out, files, training; autocast and the scaler."""

from __future__ import annotations

import copy
import io
import pickle
import threading
from typing import Any

import numpy as np
import pytest

import minitorch as torch
import minitorch.nn.functional as F
from minitorch import nn
from minitorch.kernels import cast
from minitorch.serialization import safetensors

HALVES = [torch.float16, torch.bfloat16]
both = pytest.mark.parametrize("half", HALVES)


# ---------------------------------------------------------------- rounding


def patterns() -> Any:
    return np.arange(1 << 16, dtype=np.uint32).astype(np.uint16)


def nearest(x: Any, values: Any, overflow: float) -> Any:
    """The nearest of sorted values, of two the one with an even place: what rounding means, found by search."""
    i = np.clip(np.searchsorted(values, x), 1, len(values) - 1)
    low, high = values[i - 1], values[i]
    up = (x - low > high - x) | ((x - low == high - x) & (i % 2 == 0))
    return np.where(x >= overflow, np.inf, np.where(up, high, low))


@pytest.mark.parametrize("way", ["loop", "numpy"])
def test_every_float16(way: str) -> None:
    bits = patterns()
    expected = bits.view(np.float16).astype(np.float32)
    value = cast.float16_value if way == "loop" else cast.float16_value.numpy
    rounded = cast.float16_bits if way == "loop" else cast.float16_bits.numpy
    np.testing.assert_array_equal(value(bits.astype(np.uint32)), expected)
    back = rounded(expected.view(np.uint32))
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(back[known], bits[known])
    assert np.isnan(back[~known].view(np.float16)).all()


@pytest.mark.parametrize("way", ["loop", "numpy"])
def test_every_bfloat16(way: str) -> None:
    bits = patterns()
    values = (bits.astype(np.uint32) << 16).view(np.float32)
    rounded = cast.bfloat16_bits if way == "loop" else cast.bfloat16_bits.numpy
    back = rounded(values.view(np.uint32))
    known = ~np.isnan(values)
    np.testing.assert_array_equal(back[known], bits[known])
    assert np.isnan(cast.widened(back[~known].view(torch.bfloat16.numpy))).all()


@both
def test_rounding_is_to_the_nearest_and_even(half: Any) -> None:
    """Points in between, halfway and beside it, of all positive numbers."""
    values = cast.widened(patterns()[: 1 << 15].view(half.numpy))
    values = np.sort(values[np.isfinite(values)]).astype(np.float64)
    step = values[-1] - values[-2]
    between = [values[:-1] + np.diff(values) * part for part in (0.25, 0.5, 0.75)]
    x = np.concatenate([*between, [values[-1] + step * 0.49, values[-1] + step * 0.5]])
    x = x[x.astype(np.float32) == x]  # what is no float32 is rounded twice, as in PyTorch
    for sign in (1, -1):
        got = cast.widened(cast.cast_array((sign * x).astype(np.float32), half.numpy))
        np.testing.assert_array_equal(got * sign, nearest(x, values, values[-1] + step * 0.5).astype(np.float32))


@both
def test_nan_infinity_and_zeros(half: Any) -> None:
    x = torch.tensor([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e39, -1e39, 1e-45]).to(half)
    np.testing.assert_array_equal(x.float().numpy()[1:], [np.inf, -np.inf, 0.0, 0.0, np.inf, -np.inf, 0.0])
    assert x[0].isnan()
    assert x.signbit().tolist() == [False, False, True, False, True, False, True, False]


def test_float16_by_way_of_float32() -> None:
    assert torch.tensor(1 + 2.0**-11 + 2.0**-40, dtype=torch.float64).half().item() == 1.0  # PyTorch rounds twice, too
    assert torch.tensor([70000, -70000, 2049]).half().tolist() == [np.inf, -np.inf, 2048.0]
    assert torch.tensor([1.9, -1.9]).bfloat16().int().tolist() == [1, -1]


# ---------------------------------------------------------------- dtypes


def test_promotion() -> None:
    table = {
        ("float16", "bfloat16"): "float32",
        ("float16", "float32"): "float32",
        ("bfloat16", "float64"): "float64",
        ("bfloat16", "int64"): "bfloat16",
        ("float16", "bool"): "float16",
        ("float16", "uint8"): "float16",
        ("bfloat16", "complex64"): "complex64",
        ("bfloat16", "bfloat16"): "bfloat16",
    }
    for (a, b), c in table.items():
        for pair in ((a, b), (b, a)):
            d, e = [getattr(torch, name) for name in pair]
            assert torch.promote_types(d, e) is getattr(torch, c)
            if c != "complex64":
                assert (torch.ones(2, dtype=d) + torch.ones(2, dtype=e)).dtype is getattr(torch, c)


@both
def test_numbers_and_scalars_are_weak(half: Any) -> None:
    x = torch.ones(2, dtype=half)
    assert (x + 1).dtype is (x * 0.5).dtype is (2 / x).dtype is half
    assert (x + torch.tensor(1.0, dtype=torch.float64)).dtype is half
    assert (torch.ones(2) + torch.tensor(1.0, dtype=half)).dtype is torch.float32
    assert torch.result_type(x, 1.0) is torch.result_type(torch.arange(2), x) is half
    assert torch.can_cast(half, torch.float32)
    assert torch.can_cast(torch.float64, half)
    assert not torch.can_cast(half, torch.int64)


def test_default_dtype() -> None:
    try:
        torch.set_default_dtype(torch.bfloat16)
        assert torch.ones(1).dtype is torch.tensor(1.5).dtype is torch.arange(0, 1, 0.5).dtype is torch.bfloat16
        assert torch.tensor([1, 2]).sqrt().dtype is nn.Linear(1, 1).weight.dtype is torch.bfloat16
        assert repr(torch.tensor([1.5])) == "tensor([1.5000])"
    finally:
        torch.set_default_dtype(torch.float32)


# ---------------------------------------------------------------- tensors in and out


@both
def test_made(half: Any) -> None:
    made = [
        (torch.tensor([1, 2.5], dtype=half), [1, 2.5]),
        (torch.tensor([True, False], dtype=half), [1, 0]),
        (torch.zeros(2, dtype=half), [0, 0]),
        (torch.ones(2, dtype=half), [1, 1]),
        (torch.full((2,), 1.5, dtype=half), [1.5, 1.5]),
        (torch.arange(3, dtype=half), [0, 1, 2]),
        (torch.linspace(0, 1, 3, dtype=half), [0, 0.5, 1]),
        (torch.eye(2, dtype=half)[0], [1, 0]),
        (torch.ones_like(torch.zeros(2, dtype=half)), [1, 1]),
        (torch.zeros(2, dtype=half).new_full((2,), 3), [3, 3]),
        (torch.zeros(2, dtype=half).new_tensor([1, 2]), [1, 2]),
        (torch.hann_window(4, dtype=half), [0, 0.5, 1, 0.5]),
        (torch.tensor([3]).to(half), [3]),
        (torch.tensor([3.0]).type(half), [3]),
    ]
    for x, expected in made:
        assert x.dtype is half
        assert x.tolist() == expected
    assert torch.empty(2, dtype=half).element_size() == half.itemsize == 2
    for x in (torch.rand(1000, dtype=half), torch.randn(1000, dtype=half), torch.rand(9, 9).to(half).uniform_()):
        assert x.dtype is half
        assert x.isfinite().all()
    assert torch.rand(100000, dtype=half).max() < 1


@both
def test_taken_out(half: Any) -> None:
    x = torch.tensor([[1.5, -2.0], [0.25, 3.0]], dtype=half)
    assert x[0, 0].item() == 1.5
    assert (float(x[1, 0]), int(x[1, 1]), bool(x[0, 0])) == (0.25, 3, True)
    assert x.type() == {torch.float16: "torch.HalfTensor", torch.bfloat16: "torch.BFloat16Tensor"}[half]
    assert repr(x) == f"tensor([[ 1.5000, -2.0000],\n        [ 0.2500,  3.0000]], dtype={half})"
    assert copy.deepcopy(x).equal(x)
    assert pickle.loads(pickle.dumps(x)).add(1).equal(x + 1)


def test_numpy() -> None:
    array = np.array([1.5, 2], np.float16)
    x = torch.from_numpy(array)
    x += 1
    assert array.tolist() == [2.5, 3]
    assert x.numpy() is array
    assert torch.from_dlpack(x).dtype is torch.float16
    with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
        torch.ones(1, dtype=torch.bfloat16).numpy()
    with pytest.raises(TypeError, match="Got unsupported ScalarType BFloat16"):
        np.asarray(torch.ones(1, dtype=torch.bfloat16))


@both
def test_views_and_writes(half: Any) -> None:
    x = torch.zeros(3, 4, dtype=half)
    x[1] = torch.tensor([1.0, 2, 3, 4])
    x[:, 0] = 5
    x.t()[3].add_(0.5)
    x[x > 4.2] = 7
    x[torch.tensor([0, 2]), torch.tensor([1, 1])] = torch.tensor([8.0, 9], dtype=half)
    x.index_put_((torch.tensor([2, 2]),), torch.ones(4, dtype=half), accumulate=True)
    expected = [[7, 8, 0, 0.5], [7, 2, 3, 7], [9, 11, 2, 2.5]]
    assert x.tolist() == expected
    assert x.t().contiguous().tolist() == np.array(expected).T.tolist()
    assert torch.cat([x, x], 1).dtype is torch.stack([x, x]).dtype is half
    y = torch.ones(2, dtype=half)
    assert y.copy_(torch.tensor([3, 4])) is y
    with pytest.raises(RuntimeError, match="can't be cast"):
        torch.ones(2, dtype=torch.int64).add_(y)
    large = torch.rand(200, 300).to(half)
    assert large.t().contiguous().t().equal(large)


@both
def test_in_place_writes_are_noticed(half: Any) -> None:
    x = torch.ones(2, dtype=half, requires_grad=True)
    y = x * 2
    z = y * y
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()


@both
def test_gradients(half: Any) -> None:
    x = torch.tensor([1.0, 2.0], dtype=half, requires_grad=True)
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    y = (x * w).exp() * 0.01 + x
    assert y.dtype is torch.float32
    y.sum().backward()
    assert (x.grad.dtype, w.grad.dtype) == (half, torch.float32)
    z = x * x
    assert type(z.grad_fn).__name__ == "MulBackward0"
    assert z.grad_fn.next_functions[0][0].variable is x
    (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    assert (g.tolist(), h.tolist()) == ([3, 12], [6, 12])
    assert (g.dtype, h.dtype) == (half, half)


@both
def test_sums_do_not_lose_small_numbers(half: Any) -> None:
    assert torch.full((10000,), 0.25, dtype=half).sum().item() == 2500 - 4 * (half is torch.bfloat16)
    assert torch.ones(1 << 10, dtype=half).mean().item() == 1


# ---------------------------------------------------------------- files


@both
def test_files(half: Any) -> None:
    x = torch.randn(4, 3).to(half)
    file = io.BytesIO()
    torch.save({"x": x, "part": x[1:, ::2], "p": nn.Parameter(x.clone())}, file)
    file.seek(0)
    found = torch.load(file)
    assert found["part"].equal(x[1:, ::2])
    found["x"].zero_()
    assert not found["part"].any()  # they share memory
    assert found["p"].dtype is half
    read = safetensors.load(safetensors.save({"x": x, "y": x.t().contiguous()}))
    assert read["x"].equal(x)
    assert read["y"].equal(x.t())


# ---------------------------------------------------------------- training


def spirals() -> tuple[Any, Any]:
    g = torch.Generator().manual_seed(3)
    x = torch.randn(64, 2, generator=g)
    return x, (x[:, 0] * x[:, 1] > 0).long()


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 32), nn.LayerNorm(32), nn.GELU(), nn.Linear(32, 2))


OPTIMIZERS = ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Adafactor"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_in_bfloat16(name: str) -> None:
    model = net().to(torch.bfloat16)
    x, y = spirals()
    rates = {"SGD": 0.5, "Adadelta": 1.0, "Adagrad": 0.05, "ASGD": 0.5, "Adafactor": 0.05, "RAdam": 0.05}
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=rates.get(name, 0.01))
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x.bfloat16()), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimizer.step()
        losses.append(loss.item())
    assert {p.dtype for p in model.parameters()} == {p.grad.dtype for p in model.parameters()} == {torch.bfloat16}
    assert losses[-1] < 0.8 * losses[0]
    state = optimizer.state_dict()["state"]
    assert all(s.dtype in (torch.bfloat16, torch.float32) for of_one in state.values() for s in of_one.values())


@both
def test_layers(half: Any) -> None:
    """Those whose kernels keep state, write to buffers, or are called outside of Functions."""
    x = torch.randn(2, 3, 8, 8)
    layers: list[tuple[Any, Any]] = [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)), x),
        (nn.LSTM(8, 5), x[0]),
        (nn.GRU(8, 5), x[0]),
        (nn.MultiheadAttention(8, 2), (x[0],) * 3),
        (nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0), x[0]),
        (nn.GroupNorm(3, 3), x),
        (nn.InstanceNorm2d(3, track_running_stats=True), x),
    ]
    for layer, input in layers:
        inputs = input if isinstance(input, tuple) else (input,)
        lower = copy.deepcopy(layer).to(half)
        expected = layer(*inputs)
        found = lower(*[i.to(half) for i in inputs])
        a, b = [r[0] if isinstance(r, tuple) else r for r in (found, expected)]
        assert a.dtype is half
        torch.testing.assert_close(a.float(), b, rtol=0.05, atol=0.05)
        for p, q in zip(lower.buffers(), layer.buffers(), strict=True):
            torch.testing.assert_close(p.float(), q.float(), rtol=0.02, atol=0.1)
    bag = nn.EmbeddingBag(5, 3, mode="mean").to(half)
    assert bag(torch.tensor([[1, 2], [3, 4]])).dtype is half


# ---------------------------------------------------------------- autocast


LOWERED = {
    "matmul": lambda x, y: x @ y,
    "mm": torch.mm,
    "bmm": lambda x, y: torch.bmm(x[None], y[None]),
    "addmm": lambda x, y: torch.addmm(x, x, y),
    "baddbmm": lambda x, y: torch.baddbmm(x[None], x[None], y[None]),
    "linear": F.linear,
    "conv1d": lambda x, y: F.conv1d(x[None], y[..., None]),
    "conv_transpose2d": lambda x, y: F.conv_transpose2d(x[None, :, :, None], y[:, :, None, None]),
    "attention": lambda x, y: F.scaled_dot_product_attention(x[None], y[None], y[None]),
    "einsum": lambda x, y: torch.einsum("ij,jk->ik", x, y),
    "prelu": lambda x, y: F.prelu(x, y[0, :1]),
    "vecdot": torch.linalg.vecdot,
    "tensordot": lambda x, y: torch.tensordot(x, y, 1),
    "pinv": lambda x, y: torch.linalg.pinv(x),
}
IN_FLOAT32 = {
    "mse": F.mse_loss,
    "l1": F.l1_loss,
    "smooth l1": F.smooth_l1_loss,
    "cross entropy": lambda x, y: F.cross_entropy(x, torch.tensor([0, 1, 2])),
    "nll": lambda x, y: F.nll_loss(x, torch.tensor([0, 1, 2])),
    "kl_div": lambda x, y: F.kl_div(x, y, reduction="sum"),
    "bce": lambda x, y: F.binary_cross_entropy_with_logits(x, y),
    "cosine": lambda x, y: F.cosine_embedding_loss(x, y, torch.ones(3)),
    "triplet": lambda x, y: F.triplet_margin_loss(x, y, x),
    "prod": lambda x, y: x.prod(),
    "trace": lambda x, y: x.trace(),
    "cdist": torch.cdist,
    "qr": lambda x, y: torch.linalg.qr(x)[0],
    "pad": lambda x, y: F.pad(x[None], (1, 1), mode="reflect"),
    "avg_pool3d": lambda x, y: F.avg_pool3d(x[None, None], 1),
    "max_pool3d": lambda x, y: F.max_pool3d(x[None, None], 1),
    "fractional": lambda x, y: F.fractional_max_pool2d(x[None], 2, 2),
    "response": lambda x, y: F.local_response_norm(x[None, None], 3),
    "geqrf": lambda x, y: torch.geqrf(x)[0],
}
AS_IT_COMES = {
    "add": torch.add,
    "softmax": lambda x, y: x.softmax(-1),
    "layer_norm": lambda x, y: F.layer_norm(x, (3,)),
    "sum": lambda x, y: x.sum(),
    "exp": lambda x, y: x.exp(),
    "mv": lambda x, y: torch.mv(x, y[0]),
    "outer by einsum": lambda x, y: torch.einsum("i,j->ij", x[0], y[0]),
    "dot by tensordot": lambda x, y: torch.tensordot(x, y, 2),
    "bilinear": lambda x, y: F.bilinear(x, x, y[None]),
    "max_pool3d with indices": lambda x, y: F.max_pool3d(x[None, None], 1, return_indices=True)[0],
    "pad of volumes": lambda x, y: F.pad(x[None, None], (1, 1, 1, 1, 0, 0), mode="reflect"),
    "weighted mse": lambda x, y: F.mse_loss(x, y, weight=y),
    "weighted l1": lambda x, y: F.l1_loss(x, y, weight=y),
}


@both
def test_lists(half: Any) -> None:
    x, y = torch.rand(3, 3), torch.rand(3, 3)
    with torch.autocast("cpu", dtype=half):
        for name, f in LOWERED.items():
            assert f(x, y).dtype is f(x.to(half), y).dtype is half, name
            if name != "einsum":
                assert f(x.double(), y.double()).dtype is torch.float64, name
        for name, f in IN_FLOAT32.items():
            assert f(x, y).dtype is f(x.to(half), y.to(half)).dtype is torch.float32, name
        for name, f in AS_IT_COMES.items():
            assert f(x, y).dtype is torch.float32, name
            assert f(x.to(half), y.to(half)).dtype is half, name
        assert torch.cat([x, y.to(half)]).dtype is torch.stack([x, y.to(half)]).dtype is torch.float32
    assert (x @ y).dtype is torch.float32


def test_autocast_is_a_switch() -> None:
    x = torch.ones(2, 2)
    assert not torch.is_autocast_enabled("cpu")
    with torch.amp.autocast("cpu"):
        assert torch.is_autocast_enabled("cpu")
        assert torch.get_autocast_dtype("cpu") is (x @ x).dtype is torch.bfloat16
        with torch.autocast("cpu", enabled=False):
            assert (x @ x).dtype is torch.float32
        with torch.autocast("cpu", dtype=torch.float16):
            assert torch.get_autocast_dtype("cpu") is (x @ x).dtype is torch.float16
        seen: list[Any] = []
        other = threading.Thread(target=lambda: seen.append((x @ x).dtype))
        other.start()
        other.join()
        assert seen == [torch.float32]
        assert (x @ x).dtype is torch.bfloat16
    with torch.cpu.amp.autocast():
        assert (x @ x).dtype is torch.bfloat16
    with pytest.raises(ZeroDivisionError), torch.autocast("cpu"):
        raise ZeroDivisionError
    assert not torch.is_autocast_enabled("cpu")

    @torch.autocast("cpu", dtype=torch.bfloat16)
    def product(x: Any) -> Any:
        return x @ x

    assert product(x).dtype is torch.bfloat16
    with pytest.warns(UserWarning, match="target dtype is not supported"):
        nothing = torch.autocast("cpu", dtype=torch.float64)
    with nothing:
        assert (x @ x).dtype is torch.float32
    with pytest.raises(ValueError, match="Expected `device_type` of type `str`"):
        torch.autocast(torch.device("cpu"))


def test_training_under_autocast() -> None:
    x, y = spirals()
    losses = {}
    for on in (False, True):
        model = net()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(60):
            optimizer.zero_grad()
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=on):
                loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        assert loss.dtype is model[0].weight.dtype is model[0].weight.grad.dtype is torch.float32
        losses[on] = loss.item()
    assert losses[False] < 0.1
    assert 0 < abs(losses[True] - losses[False]) < 0.05


def test_recurrent_layers_under_autocast() -> None:
    x = torch.randn(3, 2, 4)
    with torch.autocast("cpu"):
        assert nn.LSTM(4, 5)(x)[0].dtype is torch.bfloat16
        assert nn.GRU(4, 5)(x)[0].dtype is torch.float32
        assert nn.GRU(4, 5)(nn.Linear(4, 4)(x))[0].dtype is torch.bfloat16
        assert nn.LSTMCell(4, 5)(x[0])[0].dtype is torch.float32


class Scaled(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu")
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        Scaled.seen = torch.is_autocast_enabled("cpu")
        return g @ w.t(), x.t() @ g

    seen: Any = None


class InFloat32(Scaled):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x @ w


def test_custom_functions_under_autocast() -> None:
    x, w = torch.ones(2, 2, requires_grad=True), torch.ones(2, 2, requires_grad=True)
    with torch.autocast("cpu"):
        y = Scaled.apply(x, w)
        z = InFloat32.apply(x.bfloat16(), w)
    assert (y.dtype, z.dtype) == (torch.bfloat16, torch.float32)
    y.sum().backward()
    assert Scaled.seen is True
    assert x.grad.dtype is w.grad.dtype is torch.float32
    z.sum().backward()
    assert Scaled.seen is False


# ---------------------------------------------------------------- the scaler


def test_scaler() -> None:
    p = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2)
    with pytest.raises(AssertionError, match="_scale is None"):
        scaler.step(optimizer)
    assert scaler.scale([p.detach(), (torch.ones(()),)])[1][0].item() == 4
    scaler.scale((p * 2).sum()).backward()
    assert p.grad.tolist() == [8, 8]
    scaler.unscale_(optimizer)
    assert p.grad.tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="already been called on this optimizer"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    with pytest.raises(RuntimeError, match="already been called since"):
        scaler.step(optimizer)
    scaler.update()
    torch.testing.assert_close(p.detach(), torch.full((2,), 0.8))
    before = p.detach().clone()
    p.grad.fill_(torch.inf)
    scaler.step(optimizer)
    scaler.update()
    assert p.equal(before)
    assert scaler.get_scale() == 2
    for _ in range(2):
        p.grad.fill_(1)
        scaler.step(optimizer)
        scaler.update()
    assert scaler.get_scale() == 4
    other = torch.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    assert other.state_dict() == scaler.state_dict()
    with pytest.raises(AssertionError, match="No inf checks"):
        scaler.update()
    q = nn.Parameter(torch.ones(1).half())
    q.grad = torch.ones(1).half()
    with pytest.raises(ValueError, match="FP16"):
        scaler.step(torch.optim.SGD([q], lr=0.1))


def test_the_dtype_of_autocast_is_left_as_it_was() -> None:
    for device, expected in (("cpu", torch.bfloat16), ("cuda", torch.float16), ("xpu", torch.float16)):
        with torch.autocast(device, dtype=torch.bfloat16, enabled=False):
            pass
        assert torch.get_autocast_dtype(device) is expected


def test_a_function_under_autocast_in_two_threads() -> None:
    """Each goes back to what it had before, whoever leaves first."""
    inside, left, after = threading.Barrier(2), threading.Event(), {}

    @torch.autocast("cpu")
    def run(waits: bool) -> None:
        inside.wait(60)
        if waits:
            assert left.wait(60)

    def first() -> None:
        torch.set_autocast_enabled("cpu", True)
        run(False)
        after["first"] = torch.is_autocast_enabled("cpu")
        left.set()

    def second() -> None:
        run(True)
        after["second"] = torch.is_autocast_enabled("cpu")

    threads = [threading.Thread(target=f) for f in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert after == {"first": True, "second": False}


def test_what_is_no_dtype_or_no_tensor() -> None:
    with pytest.raises(TypeError, match=r"must be torch\.dtype, not str"):
        torch.set_autocast_dtype("cpu", "half")
    assert torch.get_autocast_dtype("cpu") == torch.bfloat16
    with pytest.raises(ValueError, match="must be a Tensor or an iterable"):
        torch.amp.GradScaler("cpu").scale("x")
