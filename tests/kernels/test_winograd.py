"""Winograd's algorithm against plain sums: the kernels and their twins, all tile counts, cuts and paddings."""

import numpy as np
import pytest

from minitorch.kernels import _jit, columns, conv, winograd


@pytest.fixture(params=[1, 3], autouse=True)
def threads(request, monkeypatch):
    """Alone, and shared among three threads however small the work is."""
    before = _jit.get_num_threads()
    _jit.set_num_threads(request.param)
    if request.param > 1:
        monkeypatch.setattr(_jit, "PART_NS", 10)
    yield
    _jit.set_num_threads(before)


SHAPES = [  # images, channels in, channels out, height, width, padding (above, left)
    (1, 4, 8, 20, 20, (0, 0)),
    (3, 5, 9, 26, 26, (1, 1)),
    (16, 4, 8, 5, 7, (1, 2)),
    (2, 70, 80, 13, 30, (2, 0)),
    (1, 4, 8, 12, 250, (1, 1)),
]


def plain(x, w, pad, size):
    """The correlation in float64, from a definition without tricks."""
    n, _, height, width = x.shape
    padded = np.zeros((n, x.shape[1], height + size[0] + 6, width + size[1] + 6))
    padded[:, :, pad[0] : pad[0] + height, pad[1] : pad[1] + width] = x
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (2, 3))[:, :, : size[0], : size[1]]
    return np.einsum("nchwij,ocij->nohw", windows, w.astype(np.float64), optimize=True)


def sample(n, ins, outs, height, width, pad):
    rng = np.random.default_rng(n * height + width)
    x = rng.standard_normal((n, ins, height, width)).astype(np.float32)
    w = rng.standard_normal((outs, ins, 3, 3)).astype(np.float32)
    size = (height + 2 * pad[0] - 2, width + 2 * pad[1] - 2)
    return x, w, rng.standard_normal(outs).astype(np.float32), size


def close(result, expected):
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


@pytest.fixture(params=["compiled", "calls", "numpy"])
def twins(request, monkeypatch):
    """The compiled kernels (where Numba is) that call BLAS, those that are called one by one, and the numpy twins."""
    if request.param != "compiled":
        monkeypatch.setattr(winograd, "sgemm_address", lambda: 0)
    if request.param == "numpy":
        for name in ("_inputs", "_grads", "_outputs", "_points", "_unpoints"):
            kernel = getattr(winograd, name)
            monkeypatch.setattr(kernel, "run", kernel.twin)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_correlation(shape, twins):
    x, w, b, size = sample(*shape)
    y = winograd.convolve(x, w, b, size, shape[5], False)
    close(y, plain(x, w, shape[5], size) + b[:, None, None])


@pytest.mark.parametrize("shape", SHAPES)
def test_turned_filters_give_the_gradient_of_the_input(shape, twins):
    x, w, _, size = sample(*shape)
    g = np.random.default_rng(1).standard_normal((len(x), len(w), *size)).astype(np.float32)
    back = (2 - shape[5][0], 2 - shape[5][1])
    turned = winograd.convolve(g, w, None, x.shape[2:], back, True)
    close(turned, plain(g, w.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1], back, x.shape[2:]))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_gradient_of_the_filters(shape, twins):
    x, w, _, size = sample(*shape)
    g = np.random.default_rng(1).standard_normal((len(x), len(w), *size)).astype(np.float32)
    expected = np.empty(w.shape)
    for i, j in np.ndindex(3, 3):  # the derivative by one filter point is the sum over x, shifted, times g
        point = np.zeros((x.shape[1], x.shape[1], 3, 3))
        point[range(x.shape[1]), range(x.shape[1]), i, j] = 1
        expected[:, :, i, j] = np.einsum("nchw,nohw->oc", plain(x, point, shape[5], size), g.astype(np.float64))
    close(winograd.correlate(x, g, shape[5]), expected)


def test_rounding_stays_below_what_the_usual_points_give():
    x, w, b, size = sample(2, 256, 16, 16, 16, (1, 1))
    expected = plain(x, w, (1, 1), size) + b[:, None, None]
    error = np.abs(winograd.convolve(x, w, b, size, (1, 1), False) - expected).max()
    assert error < 1.2e-5 * expected.std()


def test_it_is_left_alone_where_it_does_not_pay_or_apply():
    assert winograd.pays(8, 16, 16, (32, 32))
    assert not winograd.pays(8, 16, 1, (32, 32))  # one channel in
    assert not winograd.pays(1, 512, 512, (7, 7))  # the filters' transform would cost more than it saves
    assert not winograd.pays(8, 16, 16, (32, 257))  # a row of tiles is wider than a block


@pytest.mark.parametrize(("stride", "dilation"), [((1, 1), (1, 1)), ((2, 1), (1, 2)), ((2, 2), (1, 1))])
@pytest.mark.parametrize("per_channel", [1, 2])
def test_one_filter_per_channel_agrees_with_columns(stride, dilation, per_channel):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4, 11, 9))
    w, b = rng.standard_normal((4 * per_channel, 1, 3, 2)), rng.standard_normal(4 * per_channel)
    p = conv.plan((11, 9), (3, 2), stride, (1, 1), dilation, 4)
    images = x[:, :, None]
    y = conv._forward_by_channel(images, w, b, p).reshape(3, len(w), *p.output)
    np.testing.assert_allclose(y, columns.forward(images, w, b, p).reshape(y.shape), atol=1e-12)
    g = rng.standard_normal(y.shape)
    np.testing.assert_allclose(conv._input_by_channel(g, w, 4, p), columns.grad_input(g, w, 4, p), atol=1e-12)
    np.testing.assert_allclose(
        conv._weight_by_channel(images, g, p).ravel(), columns.grad_weight(images, g, p).ravel(), atol=1e-12
    )
