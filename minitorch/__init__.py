"""PyTorch's programming model on a core that one person can read: `import minitorch as torch`."""

from . import autograd, nn, optim
from .autograd.grad_mode import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
)  # fmt: skip
from .creation import (
    arange, as_tensor, asarray, complex, empty, empty_like, eye, from_numpy, full, full_like, is_tensor, linspace,
    logspace, numel, ones, ones_like, scalar_tensor, tensor, zeros, zeros_like,
)  # fmt: skip
from .device import Device as device
from .dtypes import (
    bool, byte, cdouble, cfloat, char, complex128, complex64, double, dtype, float, float32, float64,
    get_default_dtype, int, int16, int32, int64, int8, long, promote_types, set_default_dtype, short, uint8,
)  # fmt: skip
from .formatting import set_printoptions
from .kernels._jit import get_num_threads, set_num_threads
from .ops.activation import (
    celu, celu_, hardshrink, prelu, relu, relu_, rrelu, rrelu_, selu, selu_, sigmoid, sigmoid_, tanh, tanh_,
    threshold, threshold_,
)  # fmt: skip
from .ops.arithmetic import add, div, floor_divide, mul, neg, pow, rsub, sub, where
from .ops.binary import (
    addcdiv, addcmul, arctan2, atan2, copysign, float_power, fmax, fmin, fmod, heaviside, hypot, ldexp, ldexp_,
    lerp, logaddexp, logaddexp2, maximum, minimum, nextafter, remainder, xlogy, xlogy_,
)  # fmt: skip
from .ops.compare import (
    allclose, bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, eq, equal,
    ge, greater, greater_equal, gt, isclose, isfinite, isinf, isnan, isneginf, isposinf, isreal, le, less,
    less_equal, logical_and, logical_not, logical_or, logical_xor, lt, ne, not_equal, signbit,
)  # fmt: skip
from .ops.copying import clone, detach
from .ops.einsum import chain_matmul, einsum, kron, tensordot
from .ops.gather import (
    embedding, gather, index_add, index_copy, index_fill, index_select, scatter, scatter_add, scatter_reduce, take,
    take_along_dim,
)  # fmt: skip
from .ops.index import argwhere, index_put, index_put_, masked_fill, masked_scatter, masked_select, nonzero
from .ops.join import (
    atleast_1d, atleast_2d, atleast_3d, block_diag, broadcast_tensors, cat, column_stack, concat, concatenate,
    dstack, flip, fliplr, flipud, hstack, meshgrid, repeat_interleave, roll, rot90, row_stack, stack, tile, tril,
    triu, vstack,
)  # fmt: skip
from .ops.matmul import addbmm, addmm, addmv, addmv_, addr, baddbmm, bmm, dot, inner, matmul, mm, mv, outer, vdot
from .ops.norm import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from .ops.pointwise import (
    abs, abs_, absolute, acos, acos_, acosh, acosh_, angle, arccos, arccos_, arccosh, arccosh_, arcsin, arcsin_,
    arcsinh, arcsinh_, arctan, arctan_, arctanh, arctanh_, asin, asin_, asinh, asinh_, atan, atan_, atanh, atanh_,
    ceil, ceil_, clamp, clamp_, clamp_max, clamp_max_, clamp_min, clamp_min_, clip, clip_, cos, cos_, cosh, cosh_,
    deg2rad, deg2rad_, digamma, erf, erf_, erfc, erfc_, erfinv, exp, exp2, exp2_, exp_, expm1, expm1_, fix, fix_,
    floor, floor_, frac, frac_, lgamma, log, log10, log10_, log1p, log1p_, log2, log2_, log_, logit, logit_,
    nan_to_num, nan_to_num_, positive, rad2deg, rad2deg_, reciprocal, reciprocal_, round, round_, rsqrt, rsqrt_,
    sgn, sign, sin, sin_, sinc, sinc_, sinh, sinh_, sqrt, sqrt_, square, square_, tan, tan_, trunc, trunc_,
)  # fmt: skip
from .ops.random import alpha_dropout, bernoulli, dropout, dropout_, feature_dropout, multinomial
from .ops.reduce import (
    all, amax, amin, aminmax, any, argmax, argmin, count_nonzero, cummax, cummin, cumprod, cumsum, logcumsumexp,
    logsumexp, max, mean, min, nanmean, nansum, norm, prod, std, std_mean, sum, var, var_mean,
)  # fmt: skip
from .ops.softmax import log_softmax, softmax
from .ops.sort import (
    argsort, bincount, bucketize, histc, kthvalue, median, msort, searchsorted, sort, topk, unique,
    unique_consecutive,
)  # fmt: skip
from .ops.view import (
    broadcast_to, chunk, diagonal, flatten, movedim, narrow, permute, reshape, select, split, squeeze, t, transpose,
    unbind, unflatten, unsqueeze,
)  # fmt: skip
from .ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .ops.pool import adaptive_avg_pool1d, avg_pool1d, max_pool1d, max_pool2d, max_pool3d
from .ops.loss import binary_cross_entropy_with_logits, kl_div
from .random import (
    Generator, default_generator, fork_rng, get_rng_state, initial_seed, manual_seed, normal, rand, rand_like,
    randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)  # fmt: skip
from .size import Size
from .tensor import Tensor

subtract, multiply, divide, true_divide, negative = sub, mul, div, div, neg
swapaxes, swapdims, moveaxis, ger = transpose, transpose, movedim, outer
strided, contiguous_format, preserve_format = "torch.strided", "torch.contiguous_format", "torch.preserve_format"

__version__ = "0.1.0"

__all__ = [
    "Generator", "Size", "Tensor", "abs", "abs_", "absolute", "acos", "acos_", "acosh", "acosh_",
    "adaptive_avg_pool1d", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addmv_", "addr", "all",
    "allclose", "alpha_dropout", "amax", "amin", "aminmax", "angle", "any", "arange", "arccos", "arccos_",
    "arccosh", "arccosh_", "arcsin", "arcsin_", "arcsinh", "arcsinh_", "arctan", "arctan2", "arctan_", "arctanh",
    "arctanh_", "argmax", "argmin", "argsort", "argwhere", "as_tensor", "asarray", "asin", "asin_", "asinh",
    "asinh_", "atan", "atan2", "atan_", "atanh", "atanh_", "atleast_1d", "atleast_2d", "atleast_3d", "autograd",
    "avg_pool1d", "baddbmm", "batch_norm", "bernoulli", "binary_cross_entropy_with_logits", "bincount",
    "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "block_diag", "bmm", "bool", "broadcast_tensors", "broadcast_to", "bucketize", "byte", "cat", "cdouble", "ceil",
    "ceil_", "celu", "celu_", "cfloat", "chain_matmul", "char", "chunk", "clamp", "clamp_", "clamp_max",
    "clamp_max_", "clamp_min", "clamp_min_", "clip", "clip_", "clone", "column_stack", "complex", "complex128",
    "complex64", "concat", "concatenate", "contiguous_format", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "copysign", "cos", "cos_", "cosh", "cosh_", "count_nonzero", "cummax",
    "cummin", "cumprod", "cumsum", "default_generator", "deg2rad", "deg2rad_", "detach", "device", "diagonal",
    "digamma", "div", "divide", "dot", "double", "dropout", "dropout_", "dstack", "dtype", "einsum", "embedding",
    "empty", "empty_like", "enable_grad", "eq", "equal", "erf", "erf_", "erfc", "erfc_", "erfinv", "exp", "exp2",
    "exp2_", "exp_", "expm1", "expm1_", "eye", "feature_dropout", "fix", "fix_", "flatten", "flip", "fliplr",
    "flipud", "float", "float32", "float64", "float_power", "floor", "floor_", "floor_divide", "fmax", "fmin",
    "fmod", "fork_rng", "frac", "frac_", "from_numpy", "full", "full_like", "gather", "ge", "ger",
    "get_default_dtype", "get_num_threads", "get_rng_state", "greater", "greater_equal", "group_norm", "gt",
    "hardshrink", "heaviside", "histc", "hstack", "hypot", "index_add", "index_copy", "index_fill", "index_put",
    "index_put_", "index_select", "inference_mode", "initial_seed", "inner", "instance_norm", "int", "int16",
    "int32", "int64", "int8", "is_grad_enabled", "is_inference_mode_enabled", "is_tensor", "isclose", "isfinite",
    "isinf", "isnan", "isneginf", "isposinf", "isreal", "kl_div", "kron", "kthvalue", "layer_norm", "ldexp",
    "ldexp_", "le", "lerp", "less", "less_equal", "lgamma", "linspace", "log", "log10", "log10_", "log1p", "log1p_",
    "log2", "log2_", "log_", "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp", "logical_and", "logical_not",
    "logical_or", "logical_xor", "logit", "logit_", "logspace", "logsumexp", "long", "lt", "manual_seed",
    "masked_fill", "masked_scatter", "masked_select", "matmul", "max", "max_pool1d", "max_pool2d", "max_pool3d",
    "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm", "moveaxis", "movedim", "msort", "mul",
    "multinomial", "multiply", "mv", "nan_to_num", "nan_to_num_", "nanmean", "nansum", "narrow", "ne", "neg",
    "negative", "nextafter", "nn", "no_grad", "nonzero", "norm", "normal", "not_equal", "numel", "ones",
    "ones_like", "optim", "outer", "permute", "positive", "pow", "prelu", "preserve_format", "prod",
    "promote_types", "rad2deg", "rad2deg_", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm", "reciprocal", "reciprocal_", "relu", "relu_", "remainder", "repeat_interleave", "reshape",
    "rms_norm", "roll", "rot90", "round", "round_", "row_stack", "rrelu", "rrelu_", "rsqrt", "rsqrt_", "rsub",
    "scalar_tensor", "scatter", "scatter_add", "scatter_reduce", "searchsorted", "seed", "select", "selu", "selu_",
    "set_default_dtype", "set_grad_enabled", "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short",
    "sigmoid", "sigmoid_", "sign", "signbit", "sin", "sin_", "sinc", "sinc_", "sinh", "sinh_", "softmax", "sort",
    "split", "sqrt", "sqrt_", "square", "square_", "squeeze", "stack", "std", "std_mean", "strided", "sub",
    "subtract", "sum", "swapaxes", "swapdims", "t", "take", "take_along_dim", "tan", "tan_", "tanh", "tanh_",
    "tensor", "tensordot", "threshold", "threshold_", "tile", "topk", "transpose", "tril", "triu", "true_divide",
    "trunc", "trunc_", "uint8", "unbind", "unflatten", "unique", "unique_consecutive", "unsqueeze", "var",
    "var_mean", "vdot", "vstack", "where", "xlogy", "xlogy_", "zeros", "zeros_like",
]  # fmt: skip
