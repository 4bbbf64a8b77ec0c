"""Complex tensors in programs: gradients from real losses, views, files, printing, and spectra that are trained."""

from __future__ import annotations

import functools
import io

import numpy as np
import pytest

import minitorch as torch


def test_real_loss_of_complex_leaf() -> None:
    """|z|² has the gradient 2z, and a step against it makes it smaller."""
    z = torch.tensor([1 + 2j, -3j], requires_grad=True)
    (z * z.conj()).real.sum().backward()
    assert torch.allclose(z.grad, 2 * z.detach())


def test_real_leaf_through_complex_numbers() -> None:
    """The gradient of a real leaf is real: d/dt |e^(it) - 1|² = 2 sin t."""
    t = torch.linspace(0, 1, 5, requires_grad=True)
    (torch.polar(torch.ones(5), t) - 1).abs().square().sum().backward()
    assert t.grad.dtype is torch.float32
    assert torch.allclose(t.grad, 2 * t.detach().sin(), atol=1e-5)


def test_complex_root_is_refused() -> None:
    """A complex number is no loss."""
    z = torch.ones(1, dtype=torch.cfloat, requires_grad=True)
    with pytest.raises(RuntimeError, match="only for real scalar outputs"):
        (z * 2).sum().backward()


def test_parts_are_views() -> None:
    """A write to the real or imaginary part is a write to the number, and differentiated."""
    z = torch.zeros(2, dtype=torch.cfloat)
    z.imag = torch.tensor([1.0, 2.0])
    z.real[0] = 3
    assert z.tolist() == [3 + 1j, 2j]
    x = torch.ones(2, requires_grad=True)
    y = torch.zeros(2, dtype=torch.cfloat)
    y.imag.copy_(x)
    (y * y).real.sum().backward()
    assert x.grad.tolist() == [-2.0, -2.0]


def test_promotion() -> None:
    """Real meets complex."""
    z = torch.ones(2, dtype=torch.cfloat)
    assert (z + torch.ones(2, dtype=torch.int64)).dtype is torch.cfloat
    assert (z + torch.ones(2, dtype=torch.float64)).dtype is torch.cdouble
    assert (torch.ones(2) * 1j).dtype is torch.cfloat
    assert (torch.ones(2, dtype=torch.float64) + 1j).dtype is torch.cdouble
    with pytest.raises(RuntimeError, match="can't be cast"):
        torch.ones(2).mul_(1j)


@pytest.mark.parametrize("operation", [torch.lt, torch.maximum, torch.floor, torch.sort, torch.amax, torch.sign])
def test_no_order(operation: object) -> None:
    """Complex numbers are neither larger nor smaller."""
    z = torch.ones(2, dtype=torch.cfloat)
    with pytest.raises(RuntimeError):
        operation(z, z) if operation in (torch.lt, torch.maximum) else operation(z)  # type: ignore[operator]


def test_printing() -> None:
    """As PyTorch prints them."""
    assert repr(torch.tensor([1 + 2j, 0.5 - 1j])) == "tensor([1.0000+2.j, 0.5000-1.j])"
    assert repr(torch.zeros(1, dtype=torch.cdouble)) == "tensor([0.+0.j], dtype=torch.complex128)"


def test_saved_and_loaded() -> None:
    """Through a file, with its dtype."""
    file, z = io.BytesIO(), torch.randn(2, 3, dtype=torch.cdouble)
    torch.save({"z": z}, file)
    file.seek(0)
    assert torch.equal(torch.load(file)["z"], z)


def test_quotient_by_zero_and_of_huge_numbers() -> None:
    """No error, and no overflow on the way; compiled and not."""
    z = torch.tensor([1e200 + 1e200j, 1 + 0j, 3 + 4j, 1 - 2j], dtype=torch.cdouble)
    w = torch.tensor([2e200 + 2e200j, 0, 2j, -0.5 - 3j], dtype=torch.cdouble)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose((z / w).numpy(), z.numpy() / w.numpy())


def test_complex_least_squares_by_gradient_descent() -> None:
    """Complex weights are found from complex products."""
    torch.manual_seed(0)
    x, true = torch.randn(64, 3, dtype=torch.cfloat), torch.tensor([1 + 1j, -2j, 0.5])
    y, w = x @ true, torch.zeros(3, dtype=torch.cfloat, requires_grad=True)
    for _ in range(200):
        loss = (x @ w - y).abs().square().mean()
        (g,) = torch.autograd.grad(loss, w)
        w = (w - 0.2 * g).detach().requires_grad_()
    assert torch.allclose(w.detach(), true, atol=1e-3)


def test_spectrogram_loss_falls() -> None:
    """A signal is shaped until its spectrogram is that of another."""
    torch.manual_seed(0)
    time, window = torch.arange(128.0), torch.hann_window(32)
    target = torch.sin(0.3 * time + 0.002 * time**2)
    spectrogram = lambda x: torch.stft(x, 32, 8, window=window, return_complex=True).abs()  # noqa: E731
    signal = (0.5 * torch.randn(128)).requires_grad_()
    optimizer = torch.optim.Adam([signal], lr=0.05)
    losses = []
    for _ in range(120):
        optimizer.zero_grad()
        loss = (spectrogram(signal) - spectrogram(target)).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_filter_in_frequency() -> None:
    """A product of spectra is a circular convolution."""
    a, b = torch.randn(8, dtype=torch.float64), torch.randn(8, dtype=torch.float64)
    product = torch.fft.irfft(torch.fft.rfft(a) * torch.fft.rfft(b))
    expected = torch.stack([(a * b.flip(0).roll(k + 1)).sum() for k in range(8)])
    assert torch.allclose(product, expected)


@pytest.mark.parametrize("name", ["addmm", "addmv", "addr", "baddbmm", "addbmm"])
def test_complex_factors_of_a_sum_of_products(name):
    rng = np.random.default_rng(0)
    shapes = {"addmm": [(2, 2)] * 3, "addmv": [(2,), (2, 2), (2,)], "addr": [(2, 2), (2,), (2,)]}
    shapes |= {"baddbmm": [(2, 2, 2)] * 3, "addbmm": [(2, 2), (2, 2, 2), (2, 2, 2)]}
    given = [torch.tensor(rng.normal(size=s) + 1j * rng.normal(size=s), requires_grad=True) for s in shapes[name]]
    function = functools.partial(getattr(torch, name), beta=0.5 - 1j, alpha=0.3 + 0.7j)
    assert torch.autograd.gradcheck(function, given)


def test_residuals_of_complex_least_squares_are_real():
    a, b = torch.tensor([[1.0], [1j]]), torch.tensor([[1.0], [0.0]], dtype=torch.complex64)
    found = torch.linalg.lstsq(a, b, driver="gelsd")
    assert found.residuals.dtype is torch.float32
    torch.testing.assert_close(found.residuals, torch.tensor([0.5]))


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b: torch.logaddexp(a, b),
        lambda a, b: torch.logcumsumexp(a * b, 1),
        lambda a, b: torch.nn.functional.rms_norm(a, (3,), b[0]),
        lambda a, b: torch.nn.functional.rms_norm(a * b, (2, 3), eps=0.1),
    ],
    ids=["logaddexp", "logcumsumexp", "rms_norm", "rms_norm without weight"],
)
def test_derivatives_of_complex_compositions(function):
    rng = np.random.default_rng(0)
    given = [torch.tensor(rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)), requires_grad=True) for _ in "ab"]
    assert torch.autograd.gradcheck(function, given)
    assert torch.autograd.gradgradcheck(function, given)


def test_logarithms_of_complex_sums():
    """e to the power of each is the sum itself; large real parts do not overflow."""
    z = torch.tensor([1 + 2j, -1 + 3j, 0.5 - 1j, 2j], dtype=torch.complex128)
    torch.testing.assert_close(torch.logcumsumexp(z, 0).exp(), z.exp().cumsum(0))
    torch.testing.assert_close(torch.logaddexp(z, z.flip(0)).exp(), z.exp() + z.flip(0).exp())
    torch.testing.assert_close(torch.logaddexp(z + 1000, z).real, z.real + 1000)


@pytest.mark.parametrize("left", [True, False])
def test_ormqr_by_complex_reflections(left):
    """Q times, and its conjugate transpose times, a matrix: Q made whole by householder_product."""
    rng = np.random.default_rng(0)
    a, c = [torch.tensor(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))) for _ in "ac"]
    reflections, tau = torch.geqrf(a)
    q = torch.linalg.householder_product(reflections, tau)
    for transpose, factor in ((False, q), (True, q.mH)):
        wanted = factor @ c if left else c @ factor
        torch.testing.assert_close(torch.ormqr(reflections, tau, c, left, transpose), wanted)
