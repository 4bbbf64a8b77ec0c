"""The tensor: an array with a place in the graph. Its methods are the operations, one line each."""

from __future__ import annotations

import builtins
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import dtypes as dt
from . import formats, formatting, overrides
from .autograd import engine
from .autograd.grad_mode import mode
from .autograd.hooks import RemovableHandle, add_hook, check_replaced
from .autograd.tensor_base import TensorBase
from .device import Device, check_device
from .kernels.cast import BFLOAT16_ONE, cast_array, number, widened
from .ops import activation as N
from .ops import addmm as AM
from .ops import arithmetic as A
from .ops import binary as B
from .ops import compare as Q
from .ops import copying as C
from .ops import cylinder as CY
from .ops import einsum as E
from .ops import gather as G
from .ops import index as I
from .ops import join as J
from .ops import linalg as L
from .ops import lu as LU
from .ops import made as MD
from .ops import matmul as M
from .ops import matrix as MX
from .ops import older as O
from .ops import parts as PT
from .ops import pointwise as P
from .ops import random as X
from .ops import reduce as R
from .ops import rounding as D
from .ops import scan as K
from .ops import softmax as F
from .ops import sort as S
from .ops import special as SP
from .ops import stats as ST
from .ops import stft as SF
from .ops import strided as SV
from .ops import view as V
from .size import Size, legacy_alias, legacy_array, size_of
from .storage import Storage, UntypedStorage, typed_storages

_new = object.__new__


_OPERANDS = (TensorBase, int, float, complex, np.generic, np.ndarray)


def _operator(function: Any) -> Any:
    """The method behind an operator: operands that tensors do not know are left to the other side."""

    def operator(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind is Tensor or kind is float or kind is int:  # nearly always
            return function(self, other)
        if not isinstance(other, _OPERANDS):
            if overrides.has_torch_function((other,)):
                return overrides.handle_torch_function(function, (other,), self, other)
            return NotImplemented
        return function(self, other if not isinstance(other, np.ndarray) else Tensor._wrap(other))

    operator.__name__ = function.__name__
    operator.__doc__ = function.__doc__
    return operator


def _swapped(function: Any) -> Any:
    def swapped(self: Any, other: Any) -> Any:
        return function(other, self)

    swapped.__name__ = function.__name__
    return _operator(swapped)


class Tensor(TensorBase):
    """An n-dimensional array of one dtype, whose operations can be recorded and differentiated.

    Make one with `torch.tensor(data)`; see `minitorch.creation`.
    """

    __array_priority__ = 1000  # an ndarray on the left lets our reflected operators answer
    is_sparse = is_quantized = is_mkldnn = is_cuda = is_mps = is_xpu = is_meta = is_nested = is_ipu = is_maia = False
    is_mtia = is_vulkan = is_xla = False
    is_cpu = True
    _printed = "tensor"  # a subclass prints its own name

    def __new__(
        cls, *args: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Any:
        """`Tensor(2, 3)` and `Tensor(x.size())`: float, not filled; `Tensor([1, 2])`: float, with these values.

        `torch.tensor` is the better way.
        """
        check_device(device)
        kind = dt.get_default_dtype() if dtype is None else dtype
        args = args if size is None else (Size(size),)
        alone = len(args) == 1 and isinstance(args[0], Tensor)
        made = legacy_alias(args[0], dtype) if alone else Tensor._wrap(legacy_array(args, kind))
        if cls is not Tensor:
            made.__class__ = cls
        made._requires_grad = requires_grad
        return made

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        overrides.prepare(Tensor, cls)

    __torch_function__: Any = classmethod(overrides.default)
    as_subclass, _make_subclass = overrides.as_subclass, staticmethod(overrides.make_subclass)

    # ------------------------------------------------ made of an array

    @staticmethod
    def _wrap(array: NDArray[Any]) -> Tensor:
        """A tensor of this array, with a storage of its own."""
        x: Tensor = _new(Tensor)
        x.array = array
        return x

    def _share(self, array: NDArray[Any]) -> Tensor:
        """A tensor of an array that is a view of this tensor's memory."""
        x: Tensor = _new(Tensor)
        x.array = array
        x._storage = self.storage
        return x

    def _alias(self) -> Tensor:
        """The same memory, without history."""
        x = self._share(self.array)
        x._inference = self._inference
        return x

    def _alias_view(self) -> Tensor:
        """The same memory, as a recorded view."""
        return V.View.apply(self, self.array.shape)

    def _same_place(self) -> Tensor:
        """The same memory and the same place in the graph, with a storage of its own:
        the old value in an in-place write.
        """
        x = Tensor._wrap(self.array)
        x._requires_grad, x._edge = self.tracked(), self.current_edge()
        return x

    def keep_apart(self) -> None:
        """Copy the memory, because the original is about to be overwritten."""
        self.storage.written("an in-place operation")
        self.array = self.array.copy()
        self._storage = None

    @staticmethod
    def _zeros(shape: Any, dtype: Any) -> Tensor:
        return Tensor._wrap(np.zeros(shape, dtype))

    @staticmethod
    def _ones(shape: Any, dtype: Any) -> Tensor:
        array = np.empty(shape, dtype)
        array.fill(1 if array.dtype.kind != "V" else BFLOAT16_ONE)
        return Tensor._wrap(array)

    @staticmethod
    def _number(value: Any, kind: Any = None) -> Tensor:
        """A number as a 0-d tensor, in the dtype that it has by itself (or that a `kind` of number has)."""
        d = dt.of_number(value if kind is None else kind(0))
        array = np.asarray(value, dt.wide(d.numpy))
        return Tensor._wrap(array if array.dtype is d.numpy else cast_array(array, d.numpy))

    _cast = C.cast

    # ------------------------------------------------ what it is

    @property
    def shape(self) -> Size:
        """The size of each dimension."""
        return size_of(self.array.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    def dim(self) -> builtins.int:
        """The number of dimensions."""
        return self.array.ndim

    ndimension = dim

    @property
    def dtype(self) -> dt.dtype:
        """The type of the elements."""
        return dt.dtype.by_numpy[self.array.dtype]

    @property
    def device(self) -> Device:
        """Always the CPU."""
        return Device("cpu")

    @property
    def layout(self) -> formats.layout:
        """Always strided."""
        return formats.strided

    @property
    def itemsize(self) -> int:
        """Bytes an element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.array.nbytes

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return size_of(self.array.shape) if dim is None else self.array.shape[V.dim_in(dim, self.ndim)]

    def numel(self) -> int:
        """The number of elements."""
        return self.array.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes an element."""
        return self.array.itemsize

    def stride(self, dim: int | None = None) -> Any:
        """How many elements apart neighbours are, in each dimension or one."""
        strides = tuple([s // self.array.itemsize for s in self.array.strides])
        return strides if dim is None else strides[V.dim_in(dim, self.ndim)]

    def storage_offset(self) -> int:
        """How many elements after the start of its storage the tensor begins."""
        starts = [a.__array_interface__["data"][0] for a in (self.array, self.storage.array)]
        return (starts[0] - starts[1]) // self.array.itemsize

    def data_ptr(self) -> int:
        """The address of the first element; 0 where there are no elements."""
        return self.array.__array_interface__["data"][0] if self.array.size else 0

    const_data_ptr = data_ptr

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in row-major order without gaps."""
        return self.array.flags.c_contiguous

    def is_conj(self) -> bool:
        """False: conjugates and negatives are computed at once, and nothing is spread over processes."""
        return False

    is_neg = is_distributed = is_conj

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating one."""
        return self.array.dtype.kind in "fV"

    def is_complex(self) -> bool:
        """Whether the dtype is a complex one."""
        return self.array.dtype.kind == "c"

    def is_signed(self) -> bool:
        """Whether the dtype has negative values."""
        return self.dtype.is_signed

    def is_inference(self) -> bool:
        """Whether it was made in inference mode."""
        return self._inference

    def is_nonzero(self) -> builtins.bool:
        """Whether the one element is not zero."""
        return bool(self)

    def is_same_size(self, other: Tensor) -> builtins.bool:
        """Whether another tensor has the same shape."""
        return self.array.shape == other.array.shape

    def get_device(self) -> int:
        """-1: the CPU."""
        return -1

    # ------------------------------------------------ its place in the graph

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are computed for this tensor."""
        return self.tracked()

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not isinstance(value, builtins.bool):
            raise RuntimeError(f"requires_grad must be a bool, got {type(value).__name__}")
        if value and self.grad_fn is not None:
            raise RuntimeError("you can only change requires_grad flags of leaf variables.")
        self._set_requires_grad(value)

    def _set_requires_grad(self, value: bool) -> None:
        if self.grad_fn is not None:
            if value:
                return
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in "
                "a subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if value and self.array.dtype.kind not in "fcV":
            raise RuntimeError(
                f"Only Tensors of floating point and complex dtype can require gradients (this one is {self.dtype})"
            )
        if value and self._inference and not mode.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set `requires_grad`."""
        if not isinstance(requires_grad, builtins.bool):
            raise TypeError(f"requires_grad_(): argument 'requires_grad' must be bool, not {type(requires_grad)}")
        self._set_requires_grad(requires_grad)
        return self

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward accumulated; None before."""
        grad = self._grad
        if grad is None and self._edge is not None and not self._retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed: backward() fills it "
                "for leaves only, so it is None. Call .retain_grad() on this tensor before backward() to have it "
                "kept.",
                UserWarning,
                stacklevel=2,
            )
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            engine.check_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def data(self) -> Tensor:
        """The same memory, cut off from the graph; writes to it are not noticed."""
        x = self._share(self.array)
        x._storage = Storage(self.storage.array)  # a version of its own
        return x

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        old = self.storage
        self.array, self._storage = value.array, Storage(value.storage.array)
        old.replaced_by(self.storage)

    @property
    def _base(self) -> Any:
        return None if self._view is None else self._view.base

    def _is_view(self) -> bool:
        return self._view is not None

    @property
    def _version(self) -> int:
        if self._inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.storage.version

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:
        """Add the gradients of this tensor to the `.grad` of the leaves it was made from.

        `gradient`: of some later value with respect to this tensor; not needed for a scalar. `retain_graph`: keep what
        was saved, to go backward again. `create_graph`: record backward itself. `inputs`: accumulate into these alone.
        """
        engine.backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(grad)` when this tensor's gradient is known; a result replaces it."""
        if not self.tracked():
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self.grad_fn
        if node is None:
            self._hooks = OrderedDict() if self._hooks is None else self._hooks
            return add_hook(self._hooks, hook)
        nr = self.output_nr

        def on_output(grads: tuple[Any, ...]) -> Any:
            new = hook(grads[nr]) if grads[nr] is not None else None
            if new is None:
                return None
            check_replaced(hook, grads[nr], new)
            return (*grads[:nr], new, *grads[nr + 1 :])

        return node.register_tensor_hook(on_output)

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(tensor)` after a backward pass has added to this leaf's `.grad`."""
        if not self.tracked():
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        self._post_hooks = OrderedDict() if self._post_hooks is None else self._post_hooks
        return add_hook(self._post_hooks, hook)

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor in `.grad`, though it is no leaf."""
        if not self.tracked():
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.current_edge() is not None:
            self._retains_grad = True
            self._retain_again()

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called."""
        return self._retains_grad

    # ------------------------------------------------ out of the graph

    def item(self) -> Any:
        """The one element, as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar")
        return widened(self.array).item()

    def tolist(self) -> Any:
        """The elements as nested lists; a 0-d tensor as a number."""
        return widened(self.array).tolist()

    def numpy(self, *, force: bool = False) -> NDArray[Any]:
        """The array that holds the elements: the same memory."""
        if mode.grad and self.tracked() and not force:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if self.array.dtype.kind == "V":
            raise TypeError("Got unsupported ScalarType BFloat16: numpy has no bfloat16, convert with tensor.float()")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        array = self.numpy()
        if dtype is None or array.dtype == dtype:
            return array.copy() if copy else array
        if copy is False:
            raise ValueError(f"a copy is needed to turn {self.dtype} into {np.dtype(dtype)}")
        return array.astype(dtype)

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        """The memory as a DLPack capsule, for other libraries. BufferError for a tensor that requires grad."""
        if self.tracked():
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        return self.array.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        return self.array.__dlpack_device__()

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return Tensor._wrap(np.asarray(array))

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                "Boolean value of Tensor with no values is ambiguous"
                if not self.array.size
                else "Boolean value of Tensor with more than one value is ambiguous"
            )
        return bool(widened(self.array))

    def __int__(self) -> int:
        return int(number(self.array, real=True))

    def __float__(self) -> float:
        return float(number(self.array, real=True))

    def __complex__(self) -> complex:
        return complex(number(self.array))

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.array.item())

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.array.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(V.unbind(self, 0))

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return formatting.format_tensor(self)

    def __format__(self, spec: str) -> str:
        if not self.array.ndim and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if id(self) in memo:
            return memo[id(self)]
        if self.grad_fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the "
                "moment. Copy tensor.detach() instead."
            )
        storage, dtype, offset, shape, strides = self._placed(deepcopy(self.storage, memo))
        copied = _rebuild(type(self), storage, dtype, offset, shape, strides, self.tracked(), {})
        memo[id(self)] = copied
        copied.__dict__.update(deepcopy(self._attributes(), memo))
        copied._grad = None if self._grad is None else self._grad.__deepcopy__(memo)
        return copied

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild, (type(self), *self._placed(self.storage), self.requires_grad, self._attributes())

    def _placed(self, storage: Storage) -> Any:
        """A storage like this tensor's and where in it the tensor lies: what `_rebuild` takes."""
        array, offset = self.array, self.storage.offset_of(self.array)
        if offset is None:
            storage, array, offset = Storage(array.copy()), array.copy(), 0
        return storage, array.dtype, offset, array.shape, array.strides

    def _attributes(self) -> dict[str, Any]:
        """What a program or a module hung on the tensor."""
        return {name: value for name, value in vars(self).items() if name not in _OWN}

    def untyped_storage(self) -> UntypedStorage:
        """The bytes of the memory, which tensors may share."""
        return UntypedStorage._over(self.storage)

    def storage_type(self) -> Any:
        """The class that older programs call the storages of this dtype, such as `torch.FloatStorage`."""
        return typed_storages[self.dtype]

    # ------------------------------------------------ copies and casts

    clone, contiguous, detach = C.clone, C.contiguous, C.detach
    detach_, copy_, fill_, zero_ = C.detach_, C.copy_, C.fill_, C.zero_

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """In another dtype: `to(dtype)`, `to(device, dtype)`, `to(other)`;
        itself if nothing changes (unless `copy=True`).
        """
        d, copy = C.to_arguments(args, kwargs)
        moved = self if d is None else C.cast(self, d.numpy)
        return C.clone(self) if copy and moved is self else moved

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The name of the type (`torch.FloatTensor`), or the tensor cast to a dtype or a type of that name."""
        if dtype is None:
            return f"torch.{self.dtype.title}Tensor"
        wanted = dt.get_default_dtype() if dtype is Tensor else dtype
        return self.to(C.of_title(wanted) if isinstance(wanted, str) else getattr(wanted, "dtype", wanted))

    def type_as(self, other: Tensor) -> Tensor:
        """In the dtype of another tensor."""
        return C.cast(self, other.array.dtype)

    def cpu(self, memory_format: Any = None) -> Tensor:
        """Itself: every tensor is on the CPU."""
        return self

    def cuda(self, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
        """An error: there is no such device."""
        check_device("cuda" if device is None else device)
        return self

    def half(self, memory_format: Any = None) -> Tensor:
        """In float16."""
        return self.to(dt.float16)

    def bfloat16(self, memory_format: Any = None) -> Tensor:
        """In bfloat16."""
        return self.to(dt.bfloat16)

    def pin_memory(self, device: Any = None) -> Tensor:
        """Itself: without a GPU no memory is pinned."""
        return self

    def is_pinned(self, device: Any = None) -> builtins.bool:
        """False."""
        return False

    def share_memory_(self) -> Tensor:
        """Itself; accepted, as programs for several processes call it."""
        return self

    def is_shared(self) -> builtins.bool:
        """False."""
        return False

    float, double = C.caster(dt.float32), C.caster(dt.float64)
    int, long, short, char, byte = map(C.caster, (dt.int32, dt.int64, dt.int16, dt.int8, dt.uint8))
    bool, cfloat, cdouble = map(C.caster, (dt.bool, dt.complex64, dt.complex128))

    # ------------------------------------------------ arithmetic

    add, sub, subtract, mul, multiply, div, divide, true_divide = A.add, A.sub, A.sub, A.mul, A.mul, A.div, A.div, A.div
    add_, sub_, mul_, div_ = A.add_, A.sub_, A.mul_, A.div_
    neg, negative, pow, pow_, neg_ = A.neg, A.neg, A.pow, A.pow_, A.neg_
    floor_divide = A.floor_divide

    def where(self, condition: Any, other: Any) -> Any:
        """self where the condition holds, other elsewhere."""
        return A.where(condition, self, other)

    __add__ = __radd__ = _operator(A.add)
    __mul__ = __rmul__ = _operator(A.mul)
    __sub__, __rsub__ = _operator(A.sub), _operator(A.rsub)
    __truediv__, __rtruediv__ = _operator(A.div), _operator(P.rdiv)
    __floordiv__, __rfloordiv__ = _operator(A.floor_divide), _swapped(A.floor_divide)
    __pow__, __rpow__ = _operator(A.pow), _swapped(A.pow)
    __iadd__, __isub__, __imul__ = _operator(A.add_), _operator(A.sub_), _operator(A.mul_)
    __itruediv__, __ipow__, __ifloordiv__ = _operator(A.div_), _operator(A.pow_), _operator(A.floor_divide_)
    __neg__ = A.neg

    # ------------------------------------------------ functions of one tensor

    square, sqrt, rsqrt, reciprocal, exp, exp2, expm1 = P.square, P.sqrt, P.rsqrt, P.reciprocal, P.exp, P.exp2, P.expm1
    log, log2, log10, log1p, logit = P.log, P.log2, P.log10, P.log1p, P.logit
    sin, cos, tan, asin, acos, atan = P.sin, P.cos, P.tan, P.asin, P.acos, P.atan
    sinh, cosh, asinh, acosh, atanh = P.sinh, P.cosh, P.asinh, P.acosh, P.atanh
    arcsin, arccos, arctan, arcsinh, arccosh, arctanh = P.asin, P.acos, P.atan, P.asinh, P.acosh, P.atanh
    sinc, deg2rad, rad2deg, angle = P.sinc, P.deg2rad, P.rad2deg, D.angle
    erf, erfc, erfinv, lgamma, digamma = P.erf, P.erfc, P.erfinv, P.lgamma, P.digamma
    abs, absolute, sign, sgn, positive = D.abs, D.abs, D.sign, D.sgn, D.positive
    floor, ceil, trunc, fix, round, frac = D.floor, D.ceil, D.trunc, D.trunc, D.round, D.frac
    nan_to_num, clamp, clip, clamp_min, clamp_max = D.nan_to_num, D.clamp, D.clamp, D.clamp_min, D.clamp_max
    square_, sqrt_, rsqrt_, reciprocal_, exp_, exp2_ = P.square_, P.sqrt_, P.rsqrt_, P.reciprocal_, P.exp_, P.exp2_
    expm1_, log_, log2_, log10_, log1p_, logit_ = P.expm1_, P.log_, P.log2_, P.log10_, P.log1p_, P.logit_
    sin_, cos_, tan_, asin_, acos_, atan_ = P.sin_, P.cos_, P.tan_, P.asin_, P.acos_, P.atan_
    sinh_, cosh_, asinh_, acosh_, atanh_ = P.sinh_, P.cosh_, P.asinh_, P.acosh_, P.atanh_
    arcsin_, arccos_, arctan_, arcsinh_, arccosh_, arctanh_ = P.asin_, P.acos_, P.atan_, P.asinh_, P.acosh_, P.atanh_
    sinc_, deg2rad_, rad2deg_ = P.sinc_, P.deg2rad_, P.rad2deg_
    erf_, erfc_, erfinv_, lgamma_, digamma_ = P.erf_, P.erfc_, P.erfinv_, P.lgamma_, P.digamma_
    abs_, absolute_, sign_, sgn_ = D.abs_, D.abs_, D.sign_, D.sgn_
    floor_, ceil_, trunc_, fix_, round_, frac_ = D.floor_, D.ceil_, D.trunc_, D.trunc_, D.round_, D.frac_
    nan_to_num_, clamp_, clip_, clamp_min_, clamp_max_ = D.nan_to_num_, D.clamp_, D.clamp_, D.clamp_min_, D.clamp_max_
    __abs__, __pos__ = D.abs, D.positive

    igamma, igamma_, igammac, igammac_ = CY.igamma, CY.igamma_, CY.igammac, CY.igammac_
    i0, i0_, mvlgamma, mvlgamma_ = SP.i0, SP.i0_, SP.multigammaln, SP.mvlgamma_
    polygamma, polygamma_ = SP._method_polygamma, SP.polygamma_
    conj, conj_physical, resolve_conj, resolve_neg = PT.conj, PT.conj_physical, PT.resolve_conj, PT.resolve_neg
    conj_physical_ = PT.conj_physical_
    stft, istft = SF.stft, SF.istft
    real, imag = property(PT.real, PT.set_real), property(PT.imag, PT.set_imag)

    # ------------------------------------------------ functions of two and three tensors

    maximum, minimum, fmax, fmin = B.maximum, B.minimum, B.fmax, B.fmin
    remainder, fmod, atan2, arctan2, hypot, copysign = B.remainder, B.fmod, B.atan2, B.atan2, B.hypot, B.copysign
    nextafter, heaviside, ldexp, float_power = B.nextafter, B.heaviside, B.ldexp, B.float_power
    logaddexp, logaddexp2, xlogy = B.logaddexp, B.logaddexp2, B.xlogy
    lerp, addcmul, addcdiv = B.lerp, B.addcmul, B.addcdiv
    remainder_, fmod_, atan2_, arctan2_, hypot_ = B.remainder_, B.fmod_, B.atan2_, B.atan2_, B.hypot_
    copysign_ = B.copysign_
    nextafter_, heaviside_, ldexp_, float_power_ = B.nextafter_, B.heaviside_, B.ldexp_, B.float_power_
    xlogy_, lerp_, addcmul_, addcdiv_ = B.xlogy_, B.lerp_, B.addcmul_, B.addcdiv_
    floor_divide_, subtract_, multiply_, divide_, true_divide_ = A.floor_divide_, A.sub_, A.mul_, A.div_, A.div_
    negative_ = A.neg_
    __mod__, __rmod__, __imod__ = _operator(B.remainder), _swapped(B.remainder), _operator(B.remainder_)

    # ------------------------------------------------ activations

    relu, sigmoid, tanh, prelu, hardshrink = N.relu, N.sigmoid, N.tanh, N.prelu, N.hardshrink
    relu_, sigmoid_, tanh_ = N.relu_, N.sigmoid_, N.tanh_

    # ------------------------------------------------ comparisons, logic, bits

    eq, ne, lt, le, gt, ge = Q.eq, Q.ne, Q.lt, Q.le, Q.gt, Q.ge
    not_equal, less, less_equal, greater, greater_equal = Q.ne, Q.lt, Q.le, Q.gt, Q.ge
    logical_and, logical_or, logical_xor, logical_not = Q.logical_and, Q.logical_or, Q.logical_xor, Q.logical_not
    bitwise_and, bitwise_or, bitwise_xor, bitwise_not = Q.bitwise_and, Q.bitwise_or, Q.bitwise_xor, Q.bitwise_not
    bitwise_left_shift, bitwise_right_shift = Q.bitwise_left_shift, Q.bitwise_right_shift
    isnan, isinf, isfinite, isposinf, isneginf = Q.isnan, Q.isinf, Q.isfinite, Q.isposinf, Q.isneginf
    isreal, signbit, isclose, allclose, equal = Q.isreal, Q.signbit, Q.isclose, Q.allclose, Q.equal
    eq_, ne_, lt_, le_, gt_, ge_ = Q.eq_, Q.ne_, Q.lt_, Q.le_, Q.gt_, Q.ge_
    not_equal_, less_, less_equal_, greater_, greater_equal_ = Q.ne_, Q.lt_, Q.le_, Q.gt_, Q.ge_
    logical_and_, logical_or_, logical_xor_ = Q.logical_and_, Q.logical_or_, Q.logical_xor_
    logical_not_ = Q.logical_not_
    bitwise_and_, bitwise_or_, bitwise_xor_ = Q.bitwise_and_, Q.bitwise_or_, Q.bitwise_xor_
    bitwise_not_ = Q.bitwise_not_
    bitwise_left_shift_, bitwise_right_shift_ = Q.bitwise_left_shift_, Q.bitwise_right_shift_

    __eq__, __ne__ = _operator(Q.eq), _operator(Q.ne)
    __lt__, __le__, __gt__, __ge__ = _operator(Q.lt), _operator(Q.le), _operator(Q.gt), _operator(Q.ge)
    __and__ = __rand__ = _operator(Q.bitwise_and)
    __or__ = __ror__ = _operator(Q.bitwise_or)
    __xor__ = __rxor__ = _operator(Q.bitwise_xor)
    __lshift__, __rlshift__ = _operator(Q.bitwise_left_shift), _swapped(Q.bitwise_left_shift)
    __rshift__, __rrshift__ = _operator(Q.bitwise_right_shift), _swapped(Q.bitwise_right_shift)
    __iand__, __ior__, __ixor__ = _operator(Q.bitwise_and_), _operator(Q.bitwise_or_), _operator(Q.bitwise_xor_)
    __ilshift__, __irshift__ = _operator(Q.bitwise_left_shift_), _operator(Q.bitwise_right_shift_)
    __invert__ = Q.bitwise_not

    # ------------------------------------------------ matrix products

    matmul, mm, bmm, mv, dot, vdot, inner, outer = M.matmul, M.mm, M.bmm, M.mv, M.dot, M.vdot, M.inner, M.outer
    ger = M.outer
    addmm, addmv, addr, baddbmm, addbmm = AM.addmm, AM.addmv, AM.addr, AM.baddbmm, AM.addbmm
    addmm_, addmv_, addr_, baddbmm_, addbmm_ = AM.addmm_, AM.addmv_, AM.addr_, AM.baddbmm_, AM.addbmm_
    kron = E.kron
    __matmul__, __rmatmul__ = _operator(M.matmul), _swapped(M.matmul)

    # ------------------------------------------------ reductions

    sum, mean, prod, var, std, nansum, nanmean = R.sum, R.mean, R.prod, R.var, R.std, R.nansum, R.nanmean
    max, min, amax, amin, aminmax, argmax, argmin = R.max, R.min, R.amax, R.amin, R.aminmax, R.argmax, R.argmin
    all, any, count_nonzero, logsumexp, norm = R.all, R.any, R.count_nonzero, R.logsumexp, MX.old_norm
    cumsum, cumprod, cummax, cummin, logcumsumexp = K.cumsum, K.cumprod, K.cummax, K.cummin, K.logcumsumexp
    cumsum_, cumprod_ = K.cumsum_, K.cumprod_
    softmax, log_softmax = F.softmax, F.log_softmax

    # ------------------------------------------------ order

    sort, argsort, msort, topk, kthvalue, median = S.sort, S.argsort, S.msort, S.topk, S.kthvalue, S.median
    unique, unique_consecutive, bincount, histc = S.unique, S.unique_consecutive, S.bincount, S.histc

    mode, quantile, nanquantile, nanmedian, histogram = ST.mode, ST.quantile, ST.nanquantile, ST.nanmedian, ST.histogram
    cov, corrcoef, dist, renorm, cross = ST.cov, ST.corrcoef, ST.dist, ST.renorm, ST.cross
    diff, gcd, lcm, frexp = ST.diff, ST.gcd, ST.lcm, ST.frexp
    renorm_, gcd_, lcm_ = ST.renorm_, ST.gcd_, ST.lcm_

    # ------------------------------------------------ linear algebra

    det, slogdet, logdet, inverse, pinverse, matrix_exp = L.det, O.slogdet, L.logdet, L.inv, MX.pinverse, L.matrix_exp
    matrix_power, qr, svd, cholesky, triangular_solve = (
        MX.matrix_power, MX.old_qr, MX.old_svd, MX.old_cholesky, MX.triangular_solve,
    )  # fmt: skip
    geqrf, ormqr, lu = MX.geqrf, MX.ormqr, LU.old_lu
    cholesky_inverse, cholesky_solve, orgqr = MX.cholesky_inverse, MX.cholesky_solve, MX.householder_product

    lu_solve = LU.old_lu_solve

    # ------------------------------------------------ indexing

    __getitem__, __setitem__ = I.getitem, I.setitem
    index_put, index_put_, masked_select, nonzero = I.index_put, I.index_put_, I.masked_select, I.nonzero
    argwhere = I.argwhere
    masked_fill, masked_fill_ = I.masked_fill, I.masked_fill_
    masked_scatter, masked_scatter_ = I.masked_scatter, I.masked_scatter_
    gather, take, take_along_dim, index_select = G.gather, G.take, G.take_along_dim, G.index_select
    scatter, scatter_add, scatter_reduce = G.scatter, G.scatter_add, G.scatter_reduce
    scatter_, scatter_add_, scatter_reduce_ = G.scatter_, G.scatter_add_, G.scatter_reduce_
    index_add, index_copy, index_fill = G.index_add, G.index_copy, G.index_fill
    index_add_, index_copy_, index_fill_ = G.index_add_, G.index_copy_, G.index_fill_
    put, put_, index_reduce, index_reduce_ = ST.put, ST.put_, ST.index_reduce, ST.index_reduce_

    # ------------------------------------------------ random numbers

    uniform_, normal_, log_normal_, exponential_ = X.uniform_, X.normal_, X.log_normal_, X.exponential_
    geometric_, cauchy_ = X.geometric_, X.cauchy_
    bernoulli_, bernoulli, random_, multinomial = X.bernoulli_, X.bernoulli, X.random_, X.multinomial

    # ------------------------------------------------ new tensors of the same dtype

    def new(self, *args: Any, device: Any = None) -> Tensor:
        """The older way: `x.new(2, 3)` is not filled, `x.new([1, 2])` has these values, both in this dtype."""
        return Tensor(*args, dtype=self.dtype, device=device)

    new_tensor, new_full, new_zeros, new_ones, new_empty, new_empty_strided = (
        MD.new_tensor, MD.new_full, MD.new_zeros, MD.new_ones, MD.new_empty, MD.new_empty_strided,
    )  # fmt: skip

    # ------------------------------------------------ joined, repeated, flipped

    flip, fliplr, flipud, roll, rot90 = J.flip, J.fliplr, J.flipud, J.roll, J.rot90
    tril, triu, tril_, triu_ = J.tril, J.triu, J.tril_, J.triu_
    repeat, tile, repeat_interleave = J.repeat, J.tile, J.repeat_interleave

    @staticmethod
    def _stack(tensors: Any) -> Tensor:
        return J.stack(tensors)

    # ------------------------------------------------ shapes

    view = V.view
    reshape, flatten, unflatten = V.reshape, V.flatten, V.unflatten
    squeeze, unsqueeze, transpose, swapaxes, swapdims = V.squeeze, V.unsqueeze, V.transpose, V.swapaxes, V.transpose
    permute, movedim, moveaxis, expand, broadcast_to = V.permute, V.movedim, V.movedim, V.expand, V.expand
    diagonal = V.diagonal
    as_strided, unfold, ravel, adjoint = SV.as_strided, SV.unfold, SV.ravel, MX.adjoint
    diag, diag_embed, diagflat, trace = SV.diag, SV.diag_embed, SV.diagflat, SV.trace
    tensor_split, hsplit, vsplit, dsplit = SV.tensor_split, SV.hsplit, SV.vsplit, SV.dsplit
    split_with_sizes = unsafe_split_with_sizes = SV.split_with_sizes
    unsafe_split, unsafe_chunk, map2_, dim_order = V.split, V.chunk, O.map2_, O.dim_order
    module_load, volatile, reinforce, symeig = O.module_load, property(O.volatile), O.reinforce, O.symeig
    eig, lstsq, solve = O.eig, O.lstsq, O.solve
    select_scatter, slice_scatter, diagonal_scatter = SV.select_scatter, SV.slice_scatter, SV.diagonal_scatter
    as_strided_scatter, fill_diagonal_, narrow_copy = SV.as_strided_scatter, SV.fill_diagonal_, SV.narrow_copy
    squeeze_, unsqueeze_, transpose_, t_ = SV.squeeze_, SV.unsqueeze_, SV.transpose_, SV.t_
    swapaxes_, swapdims_, as_strided_ = SV.transpose_, SV.transpose_, SV.as_strided_
    resize, resize_as, to_dense, nonzero_static = O.resize, O.resize_as, O.to_dense, O.nonzero_static
    resize_, resize_as_, apply_, map_ = SV.resize_, SV.resize_as_, SV.apply_, SV.map_
    set_, is_set_to, __contains__, __reversed__ = SV.set_, SV.is_set_to, SV.contains, SV.reverse
    t, narrow, select, unbind, split, chunk = V.t, V.narrow, V.select, V.unbind, V.split, V.chunk
    sum_to_size, _sum_to = V.sum_to_size, V.sum_to

    view_as, reshape_as, expand_as = V.view_as, V.reshape_as, V.expand_as

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        return V.permute(self, dims=tuple(range(self.ndim)[::-1]))

    @property
    def H(self) -> Tensor:
        """The transpose of a matrix, conjugated."""
        return PT.conj(V.t(V.one_matrix(self)))

    @property
    def mH(self) -> Tensor:
        """The last two dimensions exchanged, and conjugated."""
        return PT.conj(V.transpose(self, -2, -1))

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged."""
        if self.array.ndim < 2:
            raise RuntimeError(f"mT is only supported on matrices or batches of matrices. Got {self.ndim}-D tensor.")
        return V.transpose(self, -2, -1)


_OWN = {*TensorBase.__annotations__, "_retains_grad"}


def _rebuild(
    kind: type[Tensor], storage: Storage, dtype: Any, offset: int, shape: Any, strides: Any, requires_grad: bool,
    attributes: dict[str, Any],
) -> Tensor:  # fmt: skip
    """A tensor that was pickled: one of a storage, which the pickle holds once."""
    memory = storage.memory() if storage.array.size else None
    array = np.ndarray(shape, dtype, memory, offset, strides if memory is not None else None)
    x = Tensor._wrap(dt.with_own_dtype(array))
    x._storage = storage
    x.__class__ = kind
    x._requires_grad = requires_grad
    x.__dict__.update(attributes)
    return x


overrides.method_door(Tensor)
