"""What every script asks: devices, versions, switches, old names; and what a name that is missing says."""

import math
import pickle
import warnings

import numpy as np
import pytest

import minitorch as torch
from minitorch import nn


def test_there_is_no_gpu():
    assert not torch.cuda.is_available()
    assert torch.cuda.device_count() == 0
    assert torch.cuda.max_memory_allocated() == 0
    for quiet in (torch.cuda.empty_cache, torch.cuda.synchronize, torch.cuda.reset_peak_memory_stats):
        assert quiet() is None
    torch.cuda.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    for error in (torch.cuda.get_device_name, torch.cuda.current_device, torch.cuda.get_device_properties):
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"):
            error()
    for other in (torch.mps, torch.xpu, torch.accelerator, torch.backends.mps, torch.backends.cudnn, torch.distributed):
        assert not other.is_available()
    assert torch.accelerator.current_accelerator() is None
    with pytest.raises(TypeError, match=r"torch\.cuda\.FloatTensor"):
        torch.cuda.FloatTensor(2)
    assert not isinstance(torch.ones(1), torch.cuda.FloatTensor)


def test_to_the_gpu_is_a_clear_error():
    for move in (
        torch.ones(1).cuda,
        nn.Linear(1, 1).cuda,
        lambda: torch.ones(1).to("cuda:0"),
        lambda: torch.ones(1, device="cuda"),
    ):
        with pytest.raises(RuntimeError, match="runs on the CPU alone"):
            move()
    x = torch.ones(1)
    assert x.cpu() is x
    assert x.pin_memory() is x
    assert not x.is_cuda
    assert not x.is_mps


def test_switches_mean_nothing():
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = True
    torch.backends.cuda.matmul.allow_tf32 = True
    assert torch.backends.cudnn.version() is None
    torch.set_float32_matmul_precision("high")
    assert torch.get_float32_matmul_precision() == "high"
    torch.set_float32_matmul_precision("highest")
    torch.use_deterministic_algorithms(True, warn_only=True)
    assert torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    torch.set_num_interop_threads(2)
    assert torch.get_num_interop_threads() == 2
    torch.set_num_interop_threads(1)
    torch.set_default_device("cpu")
    assert str(torch.get_default_device()) == "cpu"
    with pytest.raises(ValueError, match="'highest'"):
        torch.set_float32_matmul_precision("low")
    with pytest.raises(RuntimeError, match="CPU alone"):
        torch.set_default_device("cuda")


def test_versions():
    version = torch.__version__
    assert version >= (1, 8)
    assert version > "1.13.1"
    assert version >= "2.13"
    assert not version < "2.13.0"
    assert version < (3,)
    assert version != "2.12.1"
    assert version == "2.13.0"
    assert tuple(map(int, version.split(".")[:2])) == (2, 13)
    assert torch.version.cuda is None
    assert pickle.loads(pickle.dumps(str(version))) == version


def test_mixed_precision_of_a_gpu_is_off():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.ones(3, 2)
    with pytest.warns(UserWarning, match="CUDA is not available"):
        scaler = torch.amp.GradScaler("cuda")
    with pytest.warns(UserWarning, match="CUDA is not available"):
        contexts = [torch.autocast(device_type="cuda", dtype=torch.float16), torch.cuda.amp.autocast()]
    with contexts[0], contexts[1]:
        loss = model(x).square().mean()
    assert loss.dtype is torch.float32
    assert scaler.scale(loss) is loss
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    before = model.weight.detach().clone()
    scaler.step(optimizer)
    scaler.update()
    assert not torch.equal(before, model.weight)
    assert torch.cuda.amp.GradScaler(enabled=False).state_dict() == {}
    with pytest.raises(RuntimeError, match="Expected one of"):
        torch.autocast("gpu")


def test_names_of_half_dtypes():
    assert str(torch.float16) == "torch.float16"
    assert torch.half is torch.float16
    assert isinstance(torch.bfloat16, torch.dtype)
    assert pickle.loads(pickle.dumps(torch.bfloat16)) is torch.bfloat16


def test_compile_says_so_once():
    torch.settings._said.clear()
    with pytest.warns(UserWarning, match="leaves the program as it is"):
        compiled = torch.compile(test_versions)
    assert compiled is test_versions
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.compile(mode="max-autotune")(test_versions) is test_versions
    assert not torch.compiler.is_compiling()


def test_scripts_stay_programs():
    torch.settings._said.clear()
    with pytest.warns(UserWarning, match="leaves the program as it is"):
        assert torch.jit.script(test_versions) is test_versions
    layer = nn.Linear(2, 1)
    assert torch.jit.trace(layer, torch.ones(1, 2)) is layer
    assert torch.jit.freeze(layer.eval()) is layer
    assert torch.jit.annotate(int, 3) == 3
    for refused in (torch.jit.save, torch.jit.load):
        with pytest.raises(NotImplementedError, match=r"torch\.jit\.\w+ is not in minitorch"):
            refused(layer, "layer.pt")

    class Doubled(torch.jit.ScriptModule):
        @torch.jit.script_method
        def forward(self, x):
            return x * 2

    assert Doubled()(torch.ones(1)).item() == 2
    assert torch.jit.ignore(test_versions) is test_versions
    assert torch.jit.unused()(test_versions) is test_versions
    assert not torch.jit.is_scripting()
    with pytest.raises(NotImplementedError, match="downloads nothing"):
        torch.hub.load_state_dict_from_url("https://example.com/a.pt")


def test_typed_constructors():
    assert torch.FloatTensor([1, 2]).dtype is torch.float32
    assert torch.LongTensor([1.0, 2.0]).tolist() == [1, 2]
    assert torch.ByteTensor(2, 3).shape == (2, 3)
    assert torch.FloatTensor(torch.ones(2, 3).size()).shape == (2, 3)
    assert torch.Tensor(size=(2, 1)).shape == (2, 1)
    assert torch.Tensor().shape == (0,)
    assert torch.Tensor((2, 1)).tolist() == [2, 1]
    with pytest.raises(TypeError, match=r"expected a tensor of torch\.float32, got torch\.int64"):
        torch.FloatTensor(torch.arange(2))
    assert torch.ones(2).double().new(1, 2).shape == (1, 2)
    assert torch.arange(2).new([1.5, 2]).tolist() == [1, 2]
    assert isinstance(torch.ones(1), torch.FloatTensor)
    assert not isinstance(torch.ones(1), torch.DoubleTensor)
    assert torch.ones(1).type(torch.DoubleTensor).dtype is torch.float64
    assert torch.ones(1).type("torch.LongTensor").dtype is torch.int64
    try:
        torch.set_default_tensor_type(torch.DoubleTensor)
        assert torch.ones(1).dtype is torch.float64
        torch.set_default_tensor_type("torch.FloatTensor")
        assert torch.ones(1).dtype is torch.float32
    finally:
        torch.set_default_dtype(torch.float32)
    with pytest.raises(TypeError, match="floating-point"):
        torch.set_default_tensor_type(torch.LongTensor)


def test_variables_are_tensors():
    from minitorch.autograd import Variable

    x = torch.ones(2)
    v = Variable(x, requires_grad=True)
    (v * 3).sum().backward()
    assert v.grad.tolist() == [3, 3]
    assert isinstance(x, Variable)
    assert not x.requires_grad
    assert v.data_ptr() == x.data_ptr()
    assert torch.autograd.variable.Variable is Variable


def test_questions_about_values():
    x = torch.ones(1)
    assert torch.is_floating_point(x)
    assert not torch.is_complex(x)
    assert torch.is_nonzero(x)
    assert torch.is_storage(x.storage())
    assert torch.typename(x) == "torch.FloatTensor"
    assert (torch.pi, torch.e, torch.inf) == (math.pi, math.e, math.inf)
    assert math.isnan(torch.nan)
    assert x[torch.newaxis].shape == (1, 1)


@pytest.mark.parametrize("name", ["float32", "float64", "float16"])
def test_finfo(name):
    ours, numpys = torch.finfo(getattr(torch, name)), np.finfo(name)
    assert (ours.eps, ours.max, ours.min, ours.tiny, ours.bits) == (
        numpys.eps,
        numpys.max,
        numpys.min,
        numpys.tiny,
        numpys.bits,
    )
    assert torch.finfo(torch.bfloat16).max == float.fromhex("0x1.fep127")
    with pytest.raises(TypeError, match="iinfo"):
        torch.finfo(torch.int8)


def test_iinfo():
    assert (torch.iinfo(torch.int8).min, torch.iinfo(torch.uint8).max, torch.iinfo(torch.int64).bits) == (-128, 255, 64)
    assert repr(torch.iinfo(torch.int8)) == "iinfo(min=-128, max=127, dtype=int8)"
    with pytest.raises(TypeError, match="finfo"):
        torch.iinfo(torch.float32)


# ---------------------------------------------------------------- places


def test_places_of_layers():
    import minitorch.nn.modules.conv
    import minitorch.utils.hooks
    from minitorch.nn.attention import SDPBackend, sdpa_kernel
    from minitorch.nn.modules.batchnorm import _BatchNorm
    from minitorch.nn.modules.utils import _pair, _triple
    from minitorch.nn.parameter import Parameter

    assert minitorch.nn.modules.conv.Conv2d is nn.Conv2d
    assert isinstance(nn.BatchNorm2d(1), _BatchNorm)
    assert _pair(3) == (3, 3)
    assert _triple([1, 2, 3]) == (1, 2, 3)
    assert Parameter is nn.Parameter
    assert nn.modules.Linear is nn.Linear
    assert issubclass(nn.ConvTranspose1d, minitorch.nn.modules.conv._ConvTransposeNd)
    assert issubclass(nn.InstanceNorm2d, minitorch.nn.modules.instancenorm._InstanceNorm)
    assert minitorch.nn.modules.transformer._get_activation_fn("gelu").__name__ == "gelu"
    assert len(minitorch.nn.modules.transformer._get_clones(nn.ReLU(), 3)) == 3
    assert minitorch.utils.hooks.RemovableHandle
    with sdpa_kernel([SDPBackend.MATH]):
        nn.functional.scaled_dot_product_attention(*[torch.ones(1, 2, 3)] * 3)


def test_missing_names_say_more():
    with pytest.raises(
        AttributeError, match=r"no 'torch\.sofmax' \(.*test_questions\.py, line \d+\): Did you mean 'softmax'"
    ):
        torch.sofmax  # noqa: B018
    with pytest.raises(AttributeError, match=r"torch\._C\.parse_ir'.*C\+\+ library"):
        torch._C.parse_ir  # noqa: B018
    with pytest.raises(AttributeError, match=r"torch\.sparse_coo_tensor'.*dense"):
        torch.sparse_coo_tensor([])
    with pytest.raises(AttributeError, match=r"torch\.distributed\.fsdp'.*one process"):
        torch.distributed.fsdp("a")
    with pytest.raises(AttributeError, match=r"torch\.nn\.Conv4d'.*Did you mean 'Conv\dd'"):
        nn.Conv4d(1, 1, 1)
    with pytest.raises(AttributeError, match=r"torch\.nn\.functional\.rellu'.*'relu'"):
        nn.functional.rellu(1)
    assert not hasattr(torch, "nothing_like_it")


# ---------------------------------------------------------------- assert_close


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (
            torch.tensor([1.0, 2.0]),
            torch.tensor([1.0, 2.1]),
            r"1 / 2 \(50\.0%\)(.|\n)*absolute difference: 0\.09.* at index \(1,\)",
        ),
        (torch.ones(2), torch.ones(3), "'shape' do not match"),
        (torch.ones(2), torch.ones(2).double(), "'dtype' do not match"),
        ({"a": [1, 2.0]}, {"a": [1, 2.1]}, r"item \['a'\]\[1\]"),
        ({"a": 1}, {"b": 1}, "keys"),
        ([1], [1, 2], "length"),
        (True, False, "Booleans"),
        (1, 1.0, "types do not match"),
        (None, 1, "None mismatch"),
        (torch.tensor(math.nan), torch.tensor(math.nan), "Scalars are not close"),
        (torch.tensor([[1, 2]]), torch.tensor([[1, 3]]), r"not equal(.|\n)*index \(0, 1\)"),
        (np.ones(2), np.zeros(2), "not close"),
    ],
)
def test_not_close(a, b, said):
    with pytest.raises(AssertionError, match=said):
        torch.testing.assert_close(a, b)


def test_close():
    torch.testing.assert_close(torch.ones(2), torch.ones(2) + 1e-6)
    torch.testing.assert_close({"a": (1, [None, 2.0])}, {"a": (1, [None, 2.0])})
    torch.testing.assert_close(torch.ones(2), torch.ones(2).double(), check_dtype=False)
    torch.testing.assert_close(torch.tensor(math.nan), torch.tensor(math.nan), equal_nan=True)
    torch.testing.assert_close(1.0, 1.05, rtol=0, atol=0.1)
    with pytest.raises(AssertionError, match="mine"):
        torch.testing.assert_close(1, 2, msg="mine")
    with pytest.raises(ValueError, match="both"):
        torch.testing.assert_close(1, 2, rtol=1)
    with pytest.raises(TypeError, match="handle inputs"):
        torch.testing.assert_close("a", "a")


def test_results_that_programs_view_are_row_major():
    """Which of PyTorch's are, of inputs that are not: `view` of them works."""
    x = torch.rand(2, 4, 5).transpose(1, 2)
    for y in (
        torch.cat([x, x], 1),
        torch.stack([x, x], 1),
        x[:, [0, 1]],
        x[torch.tensor([1, 0])],
        x.masked_fill(x > 0.5, 0.0),
        x.tril(),
        x.triu(),
        x.mean(0),
        x.sum(0, keepdim=True),
        x.amax(0),
    ):
        assert y.is_contiguous()


def test_printed_forms_of_modules_and_optimizers():
    assert str(nn.Hardswish(inplace=True)) == "Hardswish()"
    assert str(nn.ReLU6(inplace=True)) == "ReLU6(inplace=True)"
    groups = [{"params": [torch.ones(1)]}, {"params": [torch.ones(1)], "lr": 0.5}]
    lines = str(torch.optim.SGD(groups, lr=0.1)).splitlines()
    assert lines[lines.index("Parameter Group 1") - 1] == ""


def test_ctc_loss_takes_labels_that_were_padded_as_floats():
    scores = torch.randn(8, 2, 5).log_softmax(-1)
    labels = torch.tensor([[1, 2], [3, 1]])
    whole = nn.functional.ctc_loss(scores, labels, [8, 8], [2, 2])
    assert nn.functional.ctc_loss(scores, labels.float(), [8, 8], [2, 2]) == whole


def test_operations_by_their_c_names():
    add = torch.ops.aten.add
    assert all(pickle.loads(pickle.dumps(f)) is f for f in (torch.ops.aten, add, add.Tensor))
    with pytest.raises(NotImplementedError, match=r"torch\.ops\.aten\.nowhere: minitorch has no function"):
        torch.ops.aten.nowhere(1)
