"""PyTorch's programming model on a core that one person can read: `import minitorch as torch`.

Each module says in its `__all__` which of its names users are given, and the star imports below gather them. What
stands here is what is particular to the door: the public modules, older names, and the functions that take `out`.
"""

import math as _math
import sys as _sys
from types import ModuleType as _ModuleType

from . import _C as _library
from . import __config__ as __config__
from . import _dynamo as _dynamo
from . import _inductor as _inductor
from . import _subclasses as _subclasses
from . import _tensor_str as _tensor_str
from . import (
    accelerator,
    amp,
    autograd,
    backends,
    checks,
    compiler,
    cpu,
    cuda,
    distributed,
    distributions,
    fft,
    foreach,
    func,
    functional,
    futures,
    fx,
    hub,
    jit,
    library,
    linalg,
    mps,
    multiprocessing,
    nn,
    onnx,
    ops,
    optim,
    overrides,
    profiler,
    return_types,
    serialization,
    signal,
    special,
    testing,
    torch_version,
    types,
    utils,
    version,
    viz,
    xpu,
)  # fmt: skip
from . import aten as _aten  # noqa: F401 (it is torch.ops.aten)
from .amp import *
from .autograd.anomaly import *
from .autograd.grad_mode import *
from .creation import *
from .device import Device as _Device
from .dtypes import *
from .errors import AcceleratorError as AcceleratorError
from .errors import OutOfMemoryError as OutOfMemoryError
from .formats import *
from .formatting import set_printoptions as set_printoptions
from .func.vmap import vmap as vmap
from .fx import SymBool as SymBool
from .fx import SymFloat as SymFloat
from .fx import SymInt as SymInt
from .kernels._jit import get_num_threads as get_num_threads
from .kernels._jit import set_num_threads as set_num_threads
from .legacy import *
from .limits import *
from .missing import missing_from as _missing_from
from .nn.functional import bilinear as bilinear
from .nn.functional import cosine_similarity as cosine_similarity
from .nn.functional import pairwise_distance as pairwise_distance
from .ops import fractional as _fractional
from .ops import gamma as _gamma
from .ops import linalg as _linalg
from .ops import lu as _lu
from .ops import matrix as _matrix
from .ops import special as _special
from .ops.activation import *
from .ops.addmm import *
from .ops.arithmetic import *
from .ops.binary import *
from .ops.binned import *
from .ops.compare import *
from .ops.conv import *
from .ops.copies import *
from .ops.copying import *
from .ops.ctc import *
from .ops.cylinder import *
from .ops.einsum import *
from .ops.embedding import *
from .ops.flat import *
from .ops.fractional import *
from .ops.gather import *
from .ops.index import *
from .ops.join import *
from .ops.linalg import *
from .ops.lu import *
from .ops.margin import *
from .ops.matmul import *
from .ops.matrix import *
from .ops.native import *
from .ops.norm import *
from .ops.older import *
from .ops.parts import *
from .ops.pointwise import *
from .ops.pool import *
from .ops.random import *
from .ops.reduce import *
from .ops.resample import *
from .ops.rnn import *
from .ops.rounding import *
from .ops.scan import *
from .ops.softmax import *
from .ops.softmax import log_softmax_grad as _log_softmax_grad
from .ops.softmax import softmax_grad as _softmax_grad
from .ops.sort import *
from .ops.special import *
from .ops.stats import *
from .ops.stft import *
from .ops.strided import *
from .ops.view import *
from .out import WRITERS as _WRITERS
from .out import all_with_out as _all_with_out
from .overrides import DisableTorchFunction as DisableTorchFunction
from .overrides import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from .patterns import *
from .queries import *
from .random import *
from .serialization import load as load
from .serialization import save as save
from .settings import *
from .size import Size as Size
from .standin import as_torch as as_torch
from .storage import *
from .tensor import Tensor as Tensor

# The public modules, for type checkers too; every other public name is added below.
__all__ = [
    "accelerator", "amp", "autograd", "backends", "compiler", "cpu", "cuda", "distributed", "distributions",
    "fft", "func", "functional", "futures", "fx", "hub", "jit", "library", "linalg", "mps", "multiprocessing", "nn",
    "onnx", "optim", "overrides", "profiler", "return_types", "serialization", "signal", "special", "testing",
    "torch", "torch_version", "types", "utils", "version", "viz", "xpu",
]  # fmt: skip
del custom_bwd, custom_fwd, is_autocast_available  # of torch.amp alone

device, Future, Storage = _Device, futures.Future, FloatStorage
subtract, multiply, divide, true_divide, negative = sub, mul, div, div, neg
neg_ = negative_ = Tensor.neg_
swapdims, moveaxis, ger, trapz = transpose, movedim, outer, trapezoid
unsafe_split, unsafe_chunk, unsafe_split_with_sizes = split, chunk, split_with_sizes
native_channel_shuffle, adaptive_max_pool1d = channel_shuffle, _fractional.adaptive_max_pool1d_with_indices
inverse, mvlgamma, orgqr = _linalg.inv, _special.multigammaln, _matrix.householder_product
cholesky, norm, qr, svd = _matrix.old_cholesky, _matrix.old_norm, _matrix.old_qr, _matrix.old_svd
lu, lu_solve = _lu.old_lu, _lu.old_lu_solve
e, pi, inf, nan, newaxis = _math.e, _math.pi, _math.inf, _math.nan, None

globals().update(_all_with_out(globals(), _WRITERS))
globals().update(foreach.functions | checks.functions, _C=_library, _sample_dirichlet=_gamma.sample_dirichlet)
globals().update(_softmax_backward_data=_softmax_grad, _log_softmax_backward_data=_log_softmax_grad)
torch = _sys.modules[__name__]  # programs write `torch.torch.Tensor`, too

__version__ = version.__version__
__getattr__ = _missing_from(__name__)
__all__ += sorted(
    _name for _name, _value in globals().items() if not (_name.startswith("_") or isinstance(_value, _ModuleType))
)

for _space in (vars(linalg), vars(special), vars(functional)):
    overrides.door(_space)
globals().update({_n: vars(functional)[_n] for _n in functional.__all__ if not hasattr(globals()[_n], "asks")})
overrides.door(globals())
vars(ops)["__getattr__"] = library.namespace
