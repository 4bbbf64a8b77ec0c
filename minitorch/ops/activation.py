"""Activations. The gradients of most are one pass of a kernel of their own.

Integers are refused, except where PyTorch takes them: `relu`, `hardtanh`, `threshold`, and `sigmoid` and `tanh`, which
make floats of them. `inplace=True` writes the result to the input.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from ..kernels import complexes
from ..kernels import scalar as kernels
from ..kernels.maths import GELU_CUBE, GELU_SCALE, PDF_SCALE, ROOT_HALF
from . import base
from .arithmetic import refuse, where
from .autocast import lowered
from .base import Op, T, fused, in_dtype
from .join import cat
from .pointwise import Unary, analytic, erf, exp, on_complex
from .rounding import abs
from .view import chunk, dim_in, reshape

__all__ = [
    "celu", "celu_", "hardshrink", "prelu", "relu", "relu_", "rrelu", "rrelu_", "selu", "selu_", "sigmoid", "sigmoid_",
    "tanh", "tanh_", "threshold", "threshold_",
]  # fmt: skip

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


class Relu(Unary):
    """y = max(x, 0);  dx = g where y > 0"""

    kernel = kernels.relu
    saves = "output"
    rule = staticmethod(lambda g, y: fused(kernels.relu_grad, lambda g, y: where(y <= 0, 0.0, g), g, y))


class LeakyRelu(Unary):
    """y = x above 0, slope x below;  dx = g or slope g"""

    kernel = kernels.leaky_relu

    @staticmethod
    def rule(g: Any, x: Any, slope: Any) -> Any:
        """The gradient of x."""
        return fused(kernels.leaky_relu_grad, lambda g, x, slope: where(x > 0, g, g * slope), g, x, slope)


class RreluWithNoise(LeakyRelu):
    """y = x above 0, slope x below, the slope drawn at random;  dx = g or slope g"""


class PreluKernel(LeakyRelu):
    """y = x above 0, w x below;  dx = g or w g, dw = g x below"""

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        need_x, need_w = ctx.needs_input_grad
        dw = where(x > 0, 0.0, g * x) if need_w else None
        return LeakyRelu.rule(g, x, w) if need_x else None, dw


class Elu(Unary):
    """y = s (x above 0, α (e^(cx) - 1) below);  dx = g s (1 above 0, α c e^(cx) below)"""

    kernel = kernels.elu

    @staticmethod
    def rule(g: Any, x: Any, alpha: float, scale: float, inner: float) -> Any:
        """The gradient of x."""
        return fused(kernels.elu_grad, _elu_grad, g, x, alpha, scale, inner)


class Celu(Elu):
    """y = x above 0, α (e^(x/α) - 1) below;  dx = g (1 above 0, e^(x/α) below)"""


def _elu_grad(g: Any, x: Any, alpha: float, scale: float, inner: float) -> Any:
    above = x > 0
    return g * where(above, scale, exp(where(above, 0.0, x) * inner) * (alpha * inner * scale))


class Gelu(Unary):
    """y = x Φ(x);  dx = g (Φ(x) + x φ(x))"""

    kernel = kernels.gelu
    rule = staticmethod(lambda g, x: fused(kernels.gelu_grad, _gelu_grad, g, x))


def _gelu_grad(g: Any, x: Any) -> Any:
    below = (erf(x * ROOT_HALF) + 1) * 0.5
    return g * (below + x * exp(x * x * -0.5) * PDF_SCALE)


class GeluTanh(Unary):
    """y = x (1 + t) / 2, t = tanh(√(2/π) (x + 0.044715 x³));  dx = g (1 + t + x dt) / 2"""

    title = "Gelu"
    kernel = kernels.gelu_tanh
    rule = staticmethod(lambda g, x: fused(kernels.gelu_tanh_grad, _gelu_tanh_grad, g, x))


def _gelu_tanh_grad(g: Any, x: Any) -> Any:
    square = x * x * GELU_CUBE
    t = tanh(x * (square + 1) * GELU_SCALE)
    slope = (square * 3 + 1) * GELU_SCALE
    return g * 0.5 * (t + 1 + x * (1 - t * t) * slope)


@on_complex(complexes.silu, rule=staticmethod(lambda g, x: _silu_grad(g, x)))
class Silu(Unary):
    """y = x σ(x);  dx = g σ(x) (1 + x (1 - σ(x)))"""

    kernel = kernels.silu
    rule = staticmethod(lambda g, x: fused(kernels.silu_grad, _silu_grad, g, x))


def _silu_grad(g: Any, x: Any) -> Any:
    s = sigmoid(x)
    return g * s * (x * (1 - s) + 1)


class Mish(Unary):
    """y = x t, t = tanh(ln(1 + eˣ));  dx = g (t + x σ(x) (1 - t²))"""

    kernel = kernels.mish
    rule = staticmethod(lambda g, x: fused(kernels.mish_grad, _mish_grad, g, x))


def _mish_grad(g: Any, x: Any) -> Any:
    t = tanh(softplus(x))
    return g * (t + x * sigmoid(x) * (1 - t * t))


@on_complex(complexes.sigmoid)
class Sigmoid(Unary):
    """y = 1 / (1 + e^-x);  dx = g y (1 - y)"""

    kernel = kernels.sigmoid
    saves = "output"
    rule = staticmethod(lambda g, y: fused(kernels.sigmoid_grad, lambda g, y: g * (y * (1 - y)), g, y))


@on_complex(complexes.tanh)
class Tanh(Unary):
    """y = tanh x;  dx = g (1 - y²)"""

    kernel = kernels.tanh
    saves = "output"
    rule = staticmethod(lambda g, y: fused(kernels.tanh_grad, lambda g, y: g * (1 - y * y), g, y))


class LogSigmoid(Unary):
    """y = ln σ(x);  dx = g σ(-x)"""

    kernel = kernels.logsigmoid
    rule = staticmethod(lambda g, x: fused(kernels.logsigmoid_grad, lambda g, x: g * sigmoid(-x), g, x))


class Softplus(Unary):
    """y = ln(1 + e^(βx)) / β, x where βx is above the threshold;  dx = g σ(βx), g above"""

    kernel = kernels.softplus

    @staticmethod
    def rule(g: Any, x: Any, beta: float, threshold: float) -> Any:
        """The gradient of x."""
        return fused(kernels.softplus_grad, _softplus_grad, g, x, beta, threshold)


def _softplus_grad(g: Any, x: Any, beta: float, threshold: float) -> Any:
    t = x * beta
    return where(t > threshold, g, g * sigmoid(t))


class Hardtanh(Unary):
    """y = x between lo and hi;  dx = g strictly between them"""

    kernel = kernels.clamp

    @staticmethod
    def rule(g: Any, x: Any, lo: float, hi: float) -> Any:
        """The gradient of x."""
        return fused(kernels.hardtanh_grad, lambda g, x, lo, hi: where((x <= lo) | (x >= hi), 0.0, g), g, x, lo, hi)


class Hardswish(Unary):
    """y = x clamp(x + 3, 0, 6) / 6;  dx = g (0 up to -3, x/3 + 1/2, 1 from 3)"""

    kernel = kernels.hardswish
    rule = staticmethod(lambda g, x: fused(kernels.hardswish_grad, _hardswish_grad, g, x))


def _hardswish_grad(g: Any, x: Any) -> Any:
    return where(x <= -3, 0.0, where(x < 3, g * (x / 3 + 0.5), g))


class Hardsigmoid(Unary):
    """y = clamp(x + 3, 0, 6) / 6;  dx = g / 6 between -3 and 3"""

    kernel = kernels.hardsigmoid
    rule = staticmethod(lambda g, x: fused(kernels.hardsigmoid_grad, _hardsigmoid_grad, g, x))


def _hardsigmoid_grad(g: Any, x: Any) -> Any:
    return where((x > -3) & (x < 3), g / 6, 0.0)


class Softshrink(Unary):
    """y = x drawn λ toward 0;  dx = g where |x| > λ"""

    kernel = kernels.softshrink
    rule = staticmethod(lambda g, x, lam: fused(kernels.shrink_grad, _shrink_grad, g, x, lam))


class Hardshrink(Softshrink):
    """y = x where |x| > λ, else 0;  dx = g where |x| > λ"""

    kernel = kernels.hardshrink


def _shrink_grad(g: Any, x: Any, lam: float) -> Any:
    return where((x >= -lam) & (x <= lam), 0.0, g)


class Threshold(Unary):
    """y = x above t, else a number;  dx = g above t"""

    kernel = kernels.threshold

    @staticmethod
    def rule(g: Any, x: Any, t: float, value: float) -> Any:
        """The gradient of x."""
        return fused(kernels.threshold_grad, lambda g, x, t: where(x <= t, 0.0, g), g, x, t)


class Glu(Op):
    """y = a σ(b), a and b the halves of x;  da = g σ(b), db = g a σ(b) (1 - σ(b))"""

    @staticmethod
    def forward(ctx: Any, x: Any, dim: int) -> Any:
        ctx.save_for_backward(x, dim)
        a, b = chunk(x, 2, dim)
        return kernels.mul(a.array, kernels.sigmoid(b.array))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, dim = ctx.saved_tensors
        a, b = chunk(x, 2, dim)
        s = sigmoid(b)
        return cat([g * s, g * a * (s * (1 - s))], dim), None


# ---------------------------------------------------------------- what users call: relu and its kin


def relu(input: T, inplace: bool = False) -> T:
    """max(input, 0). The derivative at 0 is 0. Not for bool tensors.

    >>> torch.relu(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if inplace:
        return relu_(input)
    refuse("relu", "bc", input)
    return Relu.apply(input)


def relu6(input: T, inplace: bool = False) -> T:
    """input between 0 and 6."""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: T, negative_slope: float = 0.01, inplace: bool = False) -> T:
    """input above 0, `negative_slope` times it below."""
    if inplace:
        return leaky_relu_(input, negative_slope)
    refuse("leaky_relu", "biuc", input)
    return LeakyRelu.apply(input, negative_slope)


def rrelu(input: T, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False, inplace: bool = False) -> T:
    """leaky_relu with the mean of `lower` and `upper` as slope. For training, `rrelu_with_slopes` takes drawn ones."""
    if training:
        raise OperationError("rrelu", "slopes must be drawn for training: use torch.nn.functional.rrelu", input)
    if inplace:
        return rrelu_(input, lower, upper)
    refuse("rrelu", "biuc", input)
    return RreluWithNoise.apply(input, (lower + upper) / 2)


def rrelu_with_slopes(input: T, slopes: T) -> T:
    """leaky_relu with a slope for each element, a tensor of the shape and dtype of input."""
    refuse("rrelu", "biuc", input)
    return RreluWithNoise.apply(input, slopes)


def prelu(input: T, weight: T) -> T:
    """input above 0, `weight` times it below; weight has one element, or one per channel (dimension 1 of input)."""
    if dt.mixed:
        input, weight = lowered(input, weight)
    if input.array.dtype is not weight.array.dtype:
        raise DtypeError("prelu", "Type promoting not supported", input, weight)
    refuse("prelu", "biuc", input)
    if weight.array.size != 1:
        weight = _per_channel(input, weight)
    elif weight.array.ndim != input.array.ndim:
        weight = reshape(weight, (1,) * input.array.ndim)
    return PreluKernel.apply(input, weight)


def _per_channel(x: Any, weight: Any) -> Any:
    """The weights, shape (C,), as (1, C, 1, ...)."""
    channels = x.array.shape[1] if x.array.ndim > 1 else 1
    if weight.array.ndim != 1 or weight.array.size != channels:
        raise OperationError(
            "prelu",
            f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {weight.array.size} "
            f"and channel size = {channels}",
            x,
            weight,
        )
    return reshape(weight, (1, channels, *(1,) * (x.array.ndim - 2)))


def threshold(input: T, threshold: float, value: float, inplace: bool = False) -> T:
    """input where it is above `threshold`, else `value`."""
    if inplace:
        return threshold_(input, threshold, value)
    refuse("threshold", "bc", input)
    return Threshold.apply(input, in_dtype(threshold, input.dtype), in_dtype(value, input.dtype))


# ---------------------------------------------------------------- what users call: exponential units


def elu(input: T, alpha: float = 1.0, inplace: bool = False) -> T:
    """input above 0, alpha (e^input - 1) below (Clevert et al. 2015)."""
    if inplace:
        return elu_(input, alpha)
    refuse("elu", "biuc", input)
    return Elu.apply(input, alpha, 1.0, 1.0)


def selu(input: T, inplace: bool = False) -> T:
    """elu, scaled so that activations keep mean 0 and variance 1 (Klambauer et al. 2017)."""
    if inplace:
        return selu_(input)
    refuse("selu", "biuc", input)
    return Elu.apply(input, SELU_ALPHA, SELU_SCALE, 1.0)


def celu(input: T, alpha: float = 1.0, inplace: bool = False) -> T:
    """input above 0, alpha (e^(input / alpha) - 1) below (Barron 2017): smooth at 0 for every alpha."""
    if inplace:
        return celu_(input, alpha)
    refuse("celu", "biuc", input)
    if alpha == 0:
        raise OperationError("celu", "ZeroDivisionError: alpha cannot be 0 for CELU", input)
    return Celu.apply(input, alpha, 1.0, 1 / alpha)


def gelu(input: T, *, approximate: str = "none") -> T:
    """input times the normal distribution function (Hendrycks and Gimpel 2016); `approximate="tanh"`: nearly so."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"gelu: approximate argument must be either none or tanh, got {approximate!r}")
    refuse("gelu", "biuc", input)
    return (Gelu if approximate == "none" else GeluTanh).apply(input)


def silu(input: T, inplace: bool = False) -> T:
    """input σ(input)."""
    if inplace:
        return silu_(input)
    refuse("silu", "biu", input)
    return analytic(Silu, input)


def mish(input: T, inplace: bool = False) -> T:
    """input tanh(softplus(input)) (Misra 2019)."""
    if inplace:
        return mish_(input)
    refuse("mish", "biuc", input)
    return Mish.apply(input)


def softplus(input: T, beta: float = 1.0, threshold: float = 20.0) -> T:
    """ln(1 + e^(beta input)) / beta; input itself where beta input is above `threshold`."""
    refuse("softplus", "biuc", input)
    return Softplus.apply(input, beta, threshold)


# ---------------------------------------------------------------- what users call: sigmoids


def sigmoid(input: T) -> T:
    """1 / (1 + e^-input). Integers give the default floating dtype."""
    return analytic(Sigmoid, input)


def tanh(input: T) -> T:
    """The hyperbolic tangent. Integers give the default floating dtype."""
    return analytic(Tanh, input)


def logsigmoid(input: T) -> T:
    """The logarithm of sigmoid, without underflow."""
    refuse("logsigmoid", "biuc", input)
    return LogSigmoid.apply(input)


def hardtanh(input: T, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> T:
    """input between `min_val` and `max_val`. The gradient is 0 at the bounds."""
    if inplace:
        return hardtanh_(input, min_val, max_val)
    if min_val > max_val:
        raise ValueError(f"hardtanh: min_val cannot be greater than max_val, got {min_val} and {max_val}")
    refuse("hardtanh", "bc", input)
    if input.array.dtype.kind not in "fV":
        min_val, max_val = int(min_val), int(max_val)
    if input.array.dtype.kind == "u" and min_val < 0:
        raise DtypeError("hardtanh", "cannot do hardtanh on an unsigned type with negative limits", input)
    return Hardtanh.apply(input, min_val, max_val)


def hardswish(input: T, inplace: bool = False) -> T:
    """input hardsigmoid(input) (Howard et al. 2019)."""
    if inplace:
        return hardswish_(input)
    refuse("hardswish", "biuc", input)
    return Hardswish.apply(input)


def hardsigmoid(input: T, inplace: bool = False) -> T:
    """input / 6 + 1/2 between 0 and 1."""
    if inplace:
        return hardsigmoid_(input)
    refuse("hardsigmoid", "biuc", input)
    return Hardsigmoid.apply(input)


def softsign(input: T) -> T:
    """input / (1 + |input|)."""
    return input / (abs(input) + 1)


# ---------------------------------------------------------------- what users call: shrinking, gating


def tanhshrink(input: T) -> T:
    """input - tanh(input)."""
    return input - tanh(input)


def softshrink(input: T, lambd: float = 0.5) -> T:
    """input drawn `lambd` toward 0, and 0 within."""
    if lambd < 0:
        raise RuntimeError(f"softshrink: lambda must be greater or equal to 0, but found to be {lambd}.")
    refuse("softshrink", "biuc", input)
    return Softshrink.apply(input, lambd)


def hardshrink(input: T, lambd: float = 0.5) -> T:
    """input where |input| is above `lambd`, else 0."""
    refuse("hardshrink", "biuc", input)
    return Hardshrink.apply(input, lambd)


def glu(input: T, dim: int = -1) -> T:
    """a σ(b), a and b the halves of input along `dim` (Dauphin et al. 2016), whose size must be even."""
    if not input.array.ndim:
        raise OperationError("glu", "glu does not support 0-dimensional tensors", input)
    axis = dim_in(dim, input.array.ndim)
    size = input.array.shape[axis]
    if size % 2:
        raise OperationError("glu", f"Halving dimension must be even, but dimension {axis} is size {size}", input)
    refuse("glu", "biuc", input)
    return Glu.apply(input, axis)


relu_, relu6_, leaky_relu_, rrelu_, threshold_ = map(base.inplace, (relu, relu6, leaky_relu, rrelu, threshold))
elu_, selu_, celu_, silu_, mish_ = map(base.inplace, (elu, selu, celu, silu, mish))
sigmoid_, tanh_, hardtanh_ = map(base.inplace, (sigmoid, tanh, hardtanh))
hardswish_, hardsigmoid_ = map(base.inplace, (hardswish, hardsigmoid))
