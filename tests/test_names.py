"""Names that programs meet rarely: words, switches, older forms, files as memory, named tuples."""

import math
import warnings

import numpy as np
import pytest

import minitorch as torch
from minitorch import settings


def test_words_for_memory():
    assert repr(torch.strided) == "torch.strided"
    assert isinstance(torch.ones(2).layout, torch.layout)
    assert torch.ones(2).layout is torch.strided
    assert torch.legacy_contiguous_format is torch.contiguous_format
    assert isinstance(torch.channels_last_3d, torch.memory_format)
    assert torch.channels_last != torch.channels_last_3d
    assert len({torch.strided, torch.channels_last, torch.strided}) == 2


def test_older_names_of_autocast_warn():
    with pytest.warns(DeprecationWarning, match="get_autocast_dtype"):
        assert torch.get_autocast_cpu_dtype() is torch.bfloat16
    with pytest.warns(DeprecationWarning, match=r"is_autocast_enabled\('cpu'\)"):
        assert not torch.is_autocast_cpu_enabled()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.set_autocast_cpu_enabled(True)
        assert torch.is_autocast_cpu_enabled()
        torch.set_autocast_cpu_enabled(False)
        assert torch.get_autocast_gpu_dtype() is torch.float16
        torch.set_autocast_xla_dtype(torch.float16)
        assert torch.get_autocast_xla_dtype() is torch.float16
        torch.set_autocast_xla_dtype(torch.bfloat16)
    assert torch.autocast_increment_nesting() == 1
    assert torch.autocast_decrement_nesting() == 0


def test_warnings_that_are_given_once():
    with pytest.warns(UserWarning, match="only once"):
        settings.say_once("only once")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        settings.say_once("only once")
    torch.set_warn_always(True)
    try:
        assert torch.is_warn_always_enabled()
        with pytest.warns(UserWarning, match="only once"):
            settings.say_once("only once")
    finally:
        torch.set_warn_always(False)


def test_answers():
    assert torch.has_lapack
    assert not torch.has_mkl
    assert torch.compiled_with_cxx11_abi() is True
    assert torch.init_num_threads() is None
    assert torch.is_distributed(torch.ones(1)) is False
    assert torch.random.thread_safe_generator() is None
    assert issubclass(torch.AcceleratorError, RuntimeError)
    assert torch.torch_version.TorchVersion("1.10.0") > (1, 2)


def test_functions_have_two_homes():
    assert torch.functional.einsum is torch.einsum
    assert torch.functional.split is torch.split
    assert set(torch.functional.__all__) <= set(torch.__all__)


def test_subclasses_as_plain_tensors():
    class Mine(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            raise AssertionError("not asked")

    with torch.DisableTorchFunctionSubclass(), torch.DisableTorchFunction():
        assert torch.add(torch.ones(2).as_subclass(Mine), 1).tolist() == [2, 2]


def test_public_functions_ask_the_classes_of_their_arguments():
    class Mine(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func.__name__

    x = torch.ones(2).as_subclass(Mine)
    assert torch.clone(x) == "clone"
    assert torch.nn.functional.dropout(x) == "dropout"
    assert torch.linalg.diagonal(x) == "diagonal"
    assert torch.special.expit(x) == "sigmoid"


def test_memory_in_another_order():
    x = torch.empty_permuted((2, 3, 4), (2, 0, 1), requires_grad=True)
    assert x.shape == (2, 3, 4)
    assert x.stride() == (3, 1, 6)
    assert x.is_leaf
    assert x.requires_grad
    assert x.dim_order() == (2, 0, 1)
    assert torch.ones(3, 1).dim_order() == (0, 1)
    with pytest.raises(RuntimeError, match="each dimension"):
        torch.empty_permuted((2, 3), (0, 0))


def test_a_file_as_memory(tmp_path):
    path = str(tmp_path / "numbers")
    np.arange(4, dtype=np.float32).tofile(path)
    x = torch.from_file(path, size=4)
    assert x.tolist() == [0, 1, 2, 3]
    x.fill_(7)
    assert torch.from_file(path, size=4).tolist() == [0, 1, 2, 3]
    torch.from_file(path, shared=True, size=4).mul_(2)
    assert torch.from_file(path, size=4).tolist() == [0, 2, 4, 6]
    with pytest.raises(RuntimeError, match="5 elements"):
        torch.from_file(path, size=5)
    torch.from_file(path, shared=True, size=6, dtype=torch.int64).fill_(1)
    assert torch.from_file(path, size=6, dtype=torch.int64).tolist() == [1] * 6


def test_named_tuples_have_classes():
    kinds = torch.return_types
    x = torch.tensor([[2.0, 1.0], [0.0, 3.0]])
    assert isinstance(torch.max(x, 1), kinds.max)
    assert isinstance(x.sort(), kinds.sort)
    assert isinstance(torch.linalg.qr(x), kinds.linalg_qr)
    assert isinstance(x.slogdet(), kinds.slogdet)
    assert isinstance(torch.linalg.slogdet(x), kinds.linalg_slogdet)
    assert isinstance(torch.histogram(x, 2), kinds.histogram)
    assert repr(torch.linalg.slogdet(x)).startswith("torch.return_types.linalg_slogdet(\nsign=tensor(1.),")


def test_older_methods():
    x = torch.ones(2)
    with pytest.warns(UserWarning, match="volatile was removed"):
        assert x.volatile is False
    assert x.cfloat().dtype is torch.complex64
    assert x.cdouble().dtype is torch.complex128
    assert x.const_data_ptr() == x.data_ptr()
    with pytest.raises(RuntimeError, match=r"torch\.linalg\.solve"):
        x.solve(x)
    with pytest.raises(RuntimeError, match="log_prob"):
        x.reinforce(1)
    with pytest.raises(RuntimeError, match="requires grad"):
        torch.ones(2, requires_grad=True).map2_(x, x, lambda a, b, c: a)


def test_eigenvectors_of_a_pencil():
    torch.manual_seed(0)
    a, b = torch.randn(6, 6, dtype=torch.float64), torch.randn(6, 6, dtype=torch.float64)
    a, b = a + a.T, b @ b.T + torch.eye(6)
    e, x = torch.lobpcg(a, k=2, B=b)
    torch.testing.assert_close(a @ x, b @ x * e)
    torch.testing.assert_close(x.T @ b @ x, torch.eye(2, dtype=torch.float64))
    assert e[0] > e[1]


@pytest.mark.parametrize("name", torch.signal.windows.__all__)
def test_windows(name):
    window = getattr(torch.signal.windows, name)
    options = {"a": [0.4, 0.5, 0.1]} if name == "general_cosine" else {}
    for m in (0, 1, 2, 7):
        w = window(m, dtype=torch.float64, **options)
        assert w.shape == (m,)
        torch.testing.assert_close(w, w.flip(0))
        longer = window(m + 1, dtype=torch.float64, **options)
        if m > 1:  # of one more point, the last is left out
            torch.testing.assert_close(window(m, sym=False, dtype=torch.float64, **options), longer[:-1])
    assert window(7, **options)[3].item() == pytest.approx(1, abs=0.01)
    with pytest.raises(ValueError, match="non-negative"):
        window(-1, **options)
    with pytest.raises(ValueError, match="float32 or float64"):
        window(3, dtype=torch.int64, **options)


def test_values_of_windows():
    w = torch.signal.windows
    n = np.arange(5)
    np.testing.assert_allclose(w.gaussian(5, std=2.0).numpy(), np.exp(-((n - 2) ** 2) / 8), rtol=1e-6)
    np.testing.assert_allclose(w.exponential(5, tau=3.0).numpy(), np.exp(-np.abs(n - 2) / 3), rtol=1e-6)
    np.testing.assert_allclose(w.cosine(5).numpy(), np.sin(math.pi * (n + 0.5) / 5), rtol=1e-6)
    np.testing.assert_allclose(w.kaiser(5, beta=6.0).numpy(), np.kaiser(5, 6.0), rtol=1e-5)
    np.testing.assert_allclose(w.blackman(5, dtype=torch.float64).numpy(), np.blackman(5), atol=1e-12)
    np.testing.assert_allclose(w.hamming(5).numpy(), np.hamming(5), rtol=1e-5)
    np.testing.assert_allclose(w.bartlett(5).numpy(), np.bartlett(5), rtol=1e-6)
    np.testing.assert_allclose(w.general_hamming(5, alpha=0.6).numpy(), 0.6 - 0.4 * np.cos(n * math.pi / 2), rtol=1e-5)
    for wrong in ({"std": -1.0}, {"tau": 0.0}, {"beta": -1.0}, {"a": []}, {"center": 1.0}):
        name = {"std": "gaussian", "beta": "kaiser", "a": "general_cosine"}.get(next(iter(wrong)), "exponential")
        with pytest.raises(ValueError):  # noqa: PT011
            getattr(w, name)(4, **wrong)
