"""Every elementwise kernel against its numpy path: dtypes, broadcasting, strides, numbers, `out=`."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import scalar
from minitorch.kernels.elementwise import Elementwise

Array = NDArray[Any]

KERNELS = {name: kernel for name, kernel in vars(scalar).items() if isinstance(kernel, Elementwise)}
BITWISE = [name for name in KERNELS if name.startswith("bitwise")]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor", "logical_not"]
WHOLE = [
    "neg",
    "add",
    "sub",
    "mul",
    "floor_divide",
    "trunc_divide",
    "remainder",
    "fmod",
    "pow",
    "square",
    "abs",
    "sign",
]
WHOLE += ["maximum", "minimum", "clamp", "clamp_min", "clamp_max", "heaviside", "where", "relu", "relu_grad"]
WHOLE += [*BITWISE, *COMPARISONS]
BOOLS = ["add", "mul", "maximum", "minimum", "where", *COMPARISONS]
BOOLS += ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not"]
AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -3.0, np.inf, -np.inf, np.nan]


def _arity(name: str) -> int:
    return len(inspect.signature(KERNELS[name].scalar).parameters)


def _operands(name: str, dtype: Any, size: int = 64) -> list[Array]:
    """Operands of one dtype, a mask first for `where`; whole numbers include 0, -1 and, once, the least there is."""
    rng = np.random.default_rng(len(name))
    kind = np.dtype(dtype).kind
    if kind == "f":
        operands = [(rng.normal(size=size) * 2).astype(dtype) for _ in range(_arity(name))]
    else:
        low, high = {"b": (0, 2), "u": (0, 5), "i": (-4, 5)}[kind]
        operands = [rng.integers(low, high, size).astype(dtype) for _ in range(_arity(name))]
    if kind == "i" and name not in ("pow", *BITWISE):
        operands[0][:9] = np.iinfo(dtype).min
    if name == "where":
        operands[0] = operands[0] > 0
    return operands


def _check(name: str, operands: list[Any]) -> None:
    kernel = KERNELS[name]
    want, got = kernel.numpy(*operands), kernel(*operands)
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    if want.dtype.kind == "f":
        tolerance = 64 * float(np.finfo(want.dtype).eps)
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [name for name in KERNELS if name not in BITWISE])
def test_floats_equal_numpy(name: str, dtype: Any) -> None:
    """Values, dtype and shape."""
    _check(name, _operands(name, dtype))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, np.int8])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers_equal_numpy(name: str, dtype: Any) -> None:
    """Values wrap around as in numpy; neither x / 0 nor the least number / -1 traps."""
    _check(name, _operands(name, dtype))


@pytest.mark.parametrize("name", BOOLS)
def test_bools_equal_numpy(name: str) -> None:
    """Where the operation is defined on them."""
    _check(name, _operands(name, np.bool_))


@pytest.mark.parametrize(
    "name", ["add", "div", "maximum", "fmax", "fmin", "remainder", "fmod", "floor_divide", "atan2"]
)
def test_awkward_pairs_equal_numpy(name: str) -> None:
    """Zeros, infinities and NaN in all pairs."""
    _check(name, [x.ravel() for x in np.meshgrid(*[np.array(AWKWARD, np.float32)] * 2)])


NUMBERS = {"leaky_relu": (0.1,), "clamp": (-1.0, 1.0), "softplus": (2.0, 20.0), "elu": (1.5, 1.0, 0.5), "add": (2,)}


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_among_the_operands_take_the_arrays_type(name: str, dtype: Any) -> None:
    """As arrays of that number would."""
    x = _operands(name, dtype)[0]
    got = KERNELS[name](x, *NUMBERS[name])
    want = KERNELS[name](x, *[np.full_like(x, number) for number in NUMBERS[name]])
    assert got.dtype == dtype
    np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("name", ["sub", "div", "atan2"])
def test_the_number_may_come_first(name: str) -> None:
    """Also where the order matters."""
    x = _operands(name, np.float32)[0]
    np.testing.assert_allclose(KERNELS[name](2.0, x), KERNELS[name](np.full_like(x, 2), x), rtol=1e-6)


SHAPES = [
    ((3, 1), (1, 4)),
    ((2, 3, 4), (4,)),
    ((), (5,)),
    ((0, 3), (1, 3)),
    ((), ()),
    ((1,), (0,)),
    ((2, 1, 3), (4, 1)),
]


@pytest.mark.parametrize("name", ["add", "atan2", "lt"])
@pytest.mark.parametrize("shapes", SHAPES)
def test_operands_broadcast(name: str, shapes: Any) -> None:
    """A cheap kernel by numpy, a dear one by its loop; the result is an array, of no dimensions too."""
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape).astype(np.float32) for shape in shapes)
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    assert isinstance(KERNELS[name](a, b), np.ndarray)
    _check(name, [a, b])


@pytest.mark.parametrize("name", ["neg", "exp"])
def test_operands_may_have_any_strides(name: str) -> None:
    """Transposed, stepped, reversed, broadcast without a copy."""
    x = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    for view in (x.T, x[::2, 1::3], x[::-1], np.broadcast_to(x[:1], (4, 8)), x[:, 0]):
        _check(name, [view])


@pytest.mark.parametrize("name", ["mul", "hypot"])
def test_out_is_filled_and_returned(name: str) -> None:
    """Contiguous, strided, one of the operands itself, and where operands broadcast."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 5, 6)).astype(np.float32)
    want = KERNELS[name].numpy(a, b)
    for out in (np.empty_like(a), np.empty((6, 5), np.float32).T, np.empty((5, 12), np.float32)[:, ::2]):
        assert KERNELS[name](a, b, out=out) is out
        np.testing.assert_allclose(out, want, rtol=1e-6)
    np.testing.assert_allclose(KERNELS[name](a, b[0], out=np.empty_like(a)), KERNELS[name].numpy(a, b[0]), rtol=1e-6)
    KERNELS[name](a, b, out=a)
    np.testing.assert_allclose(a, want, rtol=1e-6)


def test_a_long_array_is_shared_among_threads() -> None:
    """Each part is computed once, with the same result."""
    x = np.random.default_rng(0).normal(size=1_000_003).astype(np.float32)
    whole = KERNELS["sigmoid"](x)
    parts = [KERNELS["sigmoid"](part) for part in np.array_split(x, 50)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_every_kernel_says_what_it_does() -> None:
    """The docstring and the name survive the decorator."""
    assert all(kernel.__doc__ and kernel.__name__ == name for name, kernel in KERNELS.items())
