"""Every elementwise kernel against PyTorch: values on ordinary and awkward numbers, gradients against its autograd."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import scalar
from minitorch.kernels.elementwise import Elementwise

torch = pytest.importorskip("torch")
F = torch.nn.functional

Array = NDArray[Any]
KERNELS = {name: kernel for name, kernel in vars(scalar).items() if isinstance(kernel, Elementwise)}
AWKWARD = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 2.5, -2.5, 6.0, 30.0, -30.0, 200.0, -200.0]
AWKWARD += [1e30, -1e30, np.inf, -np.inf, np.nan]


def _elu(x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    return torch._C._nn.elu(x, alpha, scale, input_scale)


def _unreduced(reduce: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: reduce(x, y, reduction="none")


# Kernels whose name is not that of the function in torch, and what they take besides tensors.
RENAMED: dict[str, Callable[..., Any]] = {
    "trunc_divide": lambda a, b: torch.div(a, b, rounding_mode="trunc"),
    "addcmul": lambda x, a, b, value: torch.addcmul(x, a, b, value=value),
    "addcdiv": lambda x, a, b, value: torch.addcdiv(x, a, b, value=value),
    "clamp_min": torch.clamp_min,
    "nan_to_num": torch.nan_to_num,
    "relu": torch.relu,
    "elu": _elu,
    "leaky_relu": F.leaky_relu,
    "logsigmoid": F.logsigmoid,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "softshrink": F.softshrink,
    "hardshrink": F.hardshrink,
    "threshold": F.threshold,
    "smooth_l1": lambda x, y, beta: F.smooth_l1_loss(x, y, reduction="none", beta=beta),
    "huber": lambda x, y, delta: F.huber_loss(x, y, reduction="none", delta=delta),
    "cube": lambda x: torch.pow(x, 3),
    "square_difference": _unreduced(F.mse_loss),
    "bce": _unreduced(F.binary_cross_entropy),
    "bce_with_logits": _unreduced(F.binary_cross_entropy_with_logits),
    "bce_with_logits_weighted": lambda x, y, w: F.binary_cross_entropy_with_logits(
        x, y, reduction="none", pos_weight=torch.tensor(w, dtype=x.dtype)
    ),
}
NUMBERS: dict[str, tuple[float, ...]] = {
    "addcmul": (0.5,),
    "addcdiv": (0.5,),
    "clamp": (-1.0, 2.0),
    "clamp_min": (-1.0,),
    "clamp_max": (2.0,),
    "nan_to_num": (0.5, 7.0, -7.0),
    "elu": (1.5, 1.1, 0.7),
    "leaky_relu": (0.1,),
    "softplus": (2.0, 20.0),
    "softshrink": (0.5,),
    "hardshrink": (0.5,),
    "threshold": (0.5, -4.0),
    "smooth_l1": (0.8,),
    "huber": (0.8,),
    "bce_with_logits_weighted": (3.0,),
}
BITWISE = [name for name in KERNELS if name.startswith("bitwise")]
# What is a part of a gradient, or takes what no function of PyTorch does: the operation table tests them.
PARTS = ["affine_grad", "angle_grad", "prod_grad", "norm_grad", "variance_grad", "logsumexp_grad", "scaled_product"]
OF_TWO: dict[str, tuple[Callable[..., Any], int]] = {  # kernel: the function, and for which argument
    "divisor_grad": (torch.div, 1),
    "larger_grad": (torch.maximum, 0),
    "pow_base_grad": (torch.pow, 0),
    "pow_exponent_grad": (torch.pow, 1),
}
GRADIENTS = [name for name in KERNELS if name.endswith("_grad") and name not in (*PARTS, *OF_TWO)]
FLOATS = [name for name in KERNELS if name not in (*BITWISE, *GRADIENTS, *PARTS, *OF_TWO, "where", "ldexp")]
WHOLE = [
    "add",
    "sub",
    "mul",
    "floor_divide",
    "trunc_divide",
    "remainder",
    "fmod",
    "square",
    "neg",
    "abs",
    "sign",
    "pow",
]
WHOLE += ["maximum", "minimum", "clamp_min", "heaviside", "eq", "lt", "logical_and", "logical_xor", *BITWISE]


def _reference(name: str) -> Callable[..., Any]:
    found = RENAMED.get(name) or getattr(torch, name)
    assert callable(found)
    return found  # type: ignore[no-any-return]


def _operands(name: str, dtype: Any, pairs: bool) -> list[Array]:
    """Arrays for the operands that are tensors: all pairs of awkward numbers, or ordinary ones."""
    count = len(inspect.signature(KERNELS[name].scalar).parameters) - len(NUMBERS.get(name, ()))
    if pairs and count == 2:
        return [x.ravel().astype(dtype) for x in np.meshgrid(AWKWARD, AWKWARD)]
    if pairs and count == 1:
        return [np.array(AWKWARD, dtype)]
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=500) * 3 for _ in range(count)]
    if name == "bce":
        arrays = [rng.uniform(0, 1, 500) for _ in range(2)]
    return [x.astype(dtype) for x in arrays]


def _check(name: str, arrays: list[Array], tolerance: float) -> None:
    numbers = NUMBERS.get(name, ())
    want = _reference(name)(*[torch.from_numpy(x) for x in arrays], *numbers).numpy()
    for got in (KERNELS[name](*arrays, *numbers), KERNELS[name].numpy(*arrays, *numbers)):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance / 4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", FLOATS)
def test_ordinary_floats(name: str, dtype: Any) -> None:
    """To a few units in the last place."""
    _check(name, _operands(name, dtype, pairs=False), 40 * float(np.finfo(dtype).eps))


# Probabilities are not awkward; the others take three tensors; PyTorch's gelu(inf) is NaN.
@pytest.mark.parametrize("name", sorted({*FLOATS} - {"bce", "addcmul", "addcdiv", "lerp", "gelu"}))
def test_awkward_floats(name: str) -> None:
    """Zeros, infinities, NaN, large and small; in all pairs where there are two operands."""
    _check(name, _operands(name, np.float32, pairs=True), 5e-6)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_numbers(name: str, dtype: Any) -> None:
    """Negative ones and those that wrap around; never a division by zero, which PyTorch refuses."""
    rng = np.random.default_rng(0)
    count = len(inspect.signature(KERNELS[name].scalar).parameters)
    arrays = [rng.integers(0 if dtype == np.uint8 else -9, 10, 300).astype(dtype) for _ in range(count)]
    if "div" in name or name in ("remainder", "fmod", "pow") or "shift" in name:
        arrays[1][arrays[1] <= 0] = 3
    want = _reference(name)(*[torch.from_numpy(x) for x in arrays]).numpy()
    got = KERNELS[name](*arrays)
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)


def _takes_result(name: str) -> bool:
    bases = ("sigmoid", "tanh", "sqrt", "rsqrt", "reciprocal", "expm1", "tan")
    return name in [f"{base}_grad" for base in bases]


def _gradient_operands(name: str, dtype: Any) -> tuple[list[Array], tuple[float, ...]]:
    base = name.removesuffix("_grad")
    numbers = {"clamp": (-1.0, 2.0), "hardtanh": (-1.0, 2.0), "shrink": (0.5,)}.get(base, NUMBERS.get(base, ()))
    numbers = numbers[:1] if base == "threshold" else numbers
    count = 2 if base in ("smooth_l1", "huber", "square_difference") or base.startswith("bce") else 1
    edges = [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 3.0, -3.0]
    arrays = [np.concatenate([np.random.default_rng(i).normal(size=300) * 3, edges]) for i in range(count)]
    if base in ("sqrt", "rsqrt", "reciprocal"):
        arrays = [abs(x) + 0.1 for x in arrays]
    if base == "erf":
        numbers = (2 / math.sqrt(math.pi),)
    if base == "bce":
        arrays = [np.random.default_rng(i).uniform(0.01, 0.99, 300) for i in range(2)]
    return [x.astype(dtype) for x in arrays], numbers


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name: str, dtype: Any) -> None:
    """g times the derivative that PyTorch's autograd finds, at the edges too."""
    arrays, numbers = _gradient_operands(name, dtype)
    base = name.removesuffix("_grad")
    functions = {"hardtanh": F.hardtanh, "shrink": F.hardshrink, "threshold": lambda x, t: F.threshold(x, t, 9.0)}
    functions["erf"] = lambda x, factor: torch.erf(x)
    x = torch.from_numpy(arrays[0]).requires_grad_()
    y = functions.get(base, RENAMED.get(base) or getattr(torch, base, None))(
        x, *[torch.from_numpy(a) for a in arrays[1:]], *numbers
    )
    g = np.random.default_rng(9).normal(size=arrays[0].shape).astype(dtype)
    y.backward(torch.from_numpy(g))
    first = y.detach().numpy() if _takes_result(name) else arrays[0]
    got = KERNELS[name](g, first, *arrays[1:], *numbers)
    # PyTorch multiplies with 1 / 6 in float32.
    tolerance = 1e-7 if name == "hardsigmoid_grad" else 60 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(got, x.grad.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OF_TWO)
def test_gradients_of_two(name: str, dtype: Any) -> None:
    """The same for functions of two tensors."""
    function, which = OF_TWO[name]
    rng = np.random.default_rng(3)
    pair = [torch.from_numpy(rng.uniform(0.2, 3, 300).astype(dtype)) for _ in range(2)]
    pair[1][:20] = pair[0][:20]
    pair[which].requires_grad_()
    g = rng.normal(size=300).astype(dtype)
    function(*pair).backward(torch.from_numpy(g))
    got = KERNELS[name](g, *[x.detach().numpy() for x in pair])
    tolerance = 60 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(got, pair[which].grad.numpy(), rtol=tolerance, atol=tolerance)


def test_where() -> None:
    """A mask and two arrays."""
    a, b = np.random.default_rng(0).normal(size=(2, 50)).astype(np.float32)
    want = torch.where(torch.from_numpy(a > 0), torch.from_numpy(a), torch.from_numpy(b)).numpy()
    np.testing.assert_array_equal(KERNELS["where"](a > 0, a, b), want)
