"""Mixed precision: `autocast`, which lowers products to bfloat16 or float16, and `GradScaler`."""

from __future__ import annotations

import copy
import functools
import math
import threading
import warnings
from collections import defaultdict
from typing import Any

from . import dtypes as dt
from .autograd.grad_mode import mode, no_grad
from .device import Device
from .tensor import Tensor

__all__ = [
    "GradScaler",
    "autocast",
    "autocast_decrement_nesting",
    "autocast_increment_nesting",
    "clear_autocast_cache",
    "custom_bwd",
    "custom_fwd",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "get_autocast_ipu_dtype",
    "get_autocast_xla_dtype",
    "is_autocast_available",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "is_autocast_ipu_enabled",
    "is_autocast_xla_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_autocast_gpu_dtype",
    "set_autocast_ipu_dtype",
    "set_autocast_ipu_enabled",
    "set_autocast_xla_dtype",
    "set_autocast_xla_enabled",
]


class _Dtypes(threading.local):
    """What autocast lowers to on each device, where it is not told."""

    def __init__(self) -> None:
        self.of: defaultdict[str, dt.dtype] = defaultdict(lambda: dt.float16)
        self.of.update(dict.fromkeys(("cpu", "hpu", "xla"), dt.bfloat16))
        self.nesting = 0


_dtypes = _Dtypes()


def get_autocast_dtype(device_type: str) -> dt.dtype:
    """The dtype that autocast lowers to on a device."""
    return _dtypes.of[Device(device_type).type]


def set_autocast_dtype(device_type: str, dtype: dt.dtype) -> None:
    """Make `dtype` the one that autocast lowers to on a device."""
    device = Device(device_type).type
    if not isinstance(dtype, dt.dtype):
        raise TypeError(f"set_autocast_dtype(): argument 'dtype' must be torch.dtype, not {type(dtype).__name__}")
    _dtypes.of[device] = dtype
    if mode.autocast is not None and device == "cpu":
        mode.autocast = dtype.numpy


def is_autocast_available(device_type: str) -> bool:
    """Whether there is autocast on a device: on the CPU."""
    return Device(device_type).type == "cpu"


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether autocast is on for a device; without an argument, for the GPU, as in PyTorch."""
    return Device(device_type).type == "cpu" and mode.autocast is not None


def set_autocast_enabled(device_type: str, enabled: bool) -> None:
    """Switch autocast on or off, for the CPU; there is none for other devices."""
    if Device(device_type).type == "cpu":
        dt.mixed = dt.mixed or enabled
        mode.autocast = get_autocast_dtype("cpu").numpy if enabled else None


def _older(verb: str, device: str, what: str, function: Any) -> Any:
    """`get_autocast_cpu_dtype()` and its like: a name for one device, which warns."""
    name, now = f"{verb}_autocast_{device}_{what}", f"{verb}_autocast_{what}"
    kind = "cuda" if device == "gpu" else device

    def call(*args: Any) -> Any:
        warnings.warn(
            f"torch.{name}() is deprecated. Please use torch.{now}('{kind}') instead.", DeprecationWarning, stacklevel=2
        )
        return function(kind, *args)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"`{now}('{kind}')`, by an older name that warns."
    return call


get_autocast_cpu_dtype, get_autocast_gpu_dtype, get_autocast_ipu_dtype, get_autocast_xla_dtype = [
    _older("get", device, "dtype", get_autocast_dtype) for device in ("cpu", "gpu", "ipu", "xla")
]
set_autocast_cpu_dtype, set_autocast_gpu_dtype, set_autocast_ipu_dtype, set_autocast_xla_dtype = [
    _older("set", device, "dtype", set_autocast_dtype) for device in ("cpu", "gpu", "ipu", "xla")
]
is_autocast_cpu_enabled, is_autocast_ipu_enabled, is_autocast_xla_enabled = [
    _older("is", device, "enabled", is_autocast_enabled) for device in ("cpu", "ipu", "xla")
]
set_autocast_cpu_enabled, set_autocast_ipu_enabled, set_autocast_xla_enabled = [
    _older("set", device, "enabled", set_autocast_enabled) for device in ("cpu", "ipu", "xla")
]


def autocast_increment_nesting() -> int:
    """Count one more region of autocast, and say how many there are: for programs that make their own."""
    _dtypes.nesting += 1
    return _dtypes.nesting


def autocast_decrement_nesting() -> int:
    """Count one region of autocast less, and say how many are left."""
    _dtypes.nesting -= 1
    return _dtypes.nesting


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Accepted: casts are not kept."""


def is_autocast_cache_enabled() -> bool:
    """False: casts are not kept."""
    return False


def clear_autocast_cache() -> None:
    """There is nothing to clear: casts are not kept."""


_UNSUPPORTED = (
    "In CPU autocast, but the target dtype is not supported. Disabling autocast.\n"
    "CPU Autocast only supports dtypes of torch.bfloat16, torch.float16 currently."
)


class autocast:
    """A context, and a decorator, in which products are computed in a half dtype and losses in float32.

    By PyTorch's lists for the CPU: `matmul`, `linear`, convolutions, attention and LSTMs cast their float32 operands to
    `dtype` (bfloat16 by default); losses, `prod`, linear algebra and some more cast halves to float32; everything else
    computes in the dtype that it gets. Gradients have the dtype of the parameters.

    >>> with torch.autocast("cpu", dtype=torch.bfloat16):
    ...     y = torch.ones(2, 2) @ torch.ones(2, 2)
    >>> y
    tensor([[2., 2.],
            [2., 2.]], dtype=torch.bfloat16)
    """

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = Device(device_type).type
        self.fast_dtype = get_autocast_dtype(self.device) if dtype is None else dtype
        self._enabled = enabled
        if enabled and self.device == "cuda":
            self._disable("CUDA is not available: minitorch runs on the CPU alone. Disabling autocast.")
        elif enabled and self.fast_dtype not in (dt.bfloat16, dt.float16):
            self._disable(_UNSUPPORTED)
        self._before: list[Any] = []

    def _disable(self, reason: str) -> None:
        warnings.warn(reason, UserWarning, stacklevel=3)
        self._enabled = False

    def __enter__(self) -> autocast:
        self._before.append((mode.autocast, _dtypes.of[self.device]))
        if self.device == "cpu":
            set_autocast_dtype("cpu", self.fast_dtype)
            set_autocast_enabled("cpu", self._enabled)
        return self

    def __exit__(self, *error: object) -> None:
        mode.autocast, _dtypes.of[self.device] = self._before.pop()

    def __call__(self, function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            own = copy.copy(self)  # several threads may be in the function at once
            own._before = []
            with own:
                return function(*args, **kwargs)

        return call


def custom_fwd(fwd: Any = None, *, device_type: str = "cpu", cast_inputs: Any = None) -> Any:
    """For the forward of a Function: its backward then runs under the same autocast.

    With `cast_inputs`, under autocast, floating arguments are cast to that dtype and autocast is off inside.
    """
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @functools.wraps(fwd)
    def call(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        on = is_autocast_enabled(device_type)
        ctx._dtype, ctx._fwd_used_autocast = get_autocast_dtype(device_type), on and cast_inputs is None
        if cast_inputs is None or not on:
            return fwd(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return fwd(ctx, *_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))

    return call


def custom_bwd(bwd: Any = None, *, device_type: str = "cpu") -> Any:
    """For the backward of a Function whose forward has `custom_fwd`: autocast is as it was there."""
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)

    @functools.wraps(bwd)
    def call(ctx: Any, *grads: Any) -> Any:
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(ctx, *grads)

    return call


def _cast(x: Any, d: dt.dtype) -> Any:
    """Floating tensors, at any depth, in a dtype; float64 stays."""
    if isinstance(x, Tensor):
        return x.to(d) if x.is_floating_point() and x.dtype is not dt.float64 else x
    if isinstance(x, dict):
        return {_cast(key, d): _cast(value, d) for key, value in x.items()}
    return type(x)([_cast(y, d) for y in x]) if isinstance(x, (list, tuple)) else x


class GradScaler:
    """Scales the loss, so that small gradients do not vanish in float16, and the gradients back before each step.

    A step with an infinite gradient, or NaN, is left out, and the scale falls by `backoff_factor`; after
    `growth_interval` steps without one it grows by `growth_factor`. With `device="cuda"` (PyTorch's default) it warns
    and does nothing.

    >>> p = torch.tensor([1.0], requires_grad=True)
    >>> scaler, optimizer = torch.amp.GradScaler("cpu"), torch.optim.SGD([p], lr=0.1)
    >>> scaler.scale((p * 3).sum()).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> p
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self, device: str = "cuda", init_scale: float = 65536.0, growth_factor: float = 2.0,
        backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True,
    ) -> None:  # fmt: skip
        self._device, self._enabled = device, enabled
        if enabled and Device(device).type == "cuda":
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available. Disabling.", UserWarning, stacklevel=2
            )
            self._enabled = False
        if growth_factor <= 1:
            raise AssertionError("The growth factor must be > 1.0.")
        if backoff_factor >= 1:
            raise AssertionError("The backoff factor must be < 1.0.")
        self._init_scale, self._scale, self._growth_tracker = init_scale, None, 0
        self._growth_factor, self._backoff_factor, self._growth_interval = (
            growth_factor,
            backoff_factor,
            growth_interval,
        )
        self._stages: dict[int, str] = {}  # by the id of an optimizer: "unscaled" or "stepped" since the last update
        self._infinite: dict[int, bool] = {}  # whether one of its gradients was

    _scale: Tensor | None

    def scale(self, outputs: Any) -> Any:
        """The outputs, a tensor or tensors in lists and tuples, times the scale."""
        if not self._enabled:
            return outputs
        if self._scale is None:
            self._scale = Tensor._ones((), "float32") * self._init_scale
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, str) or not hasattr(outputs, "__iter__"):
            raise ValueError("outputs must be a Tensor or an iterable of Tensors")
        parts = [self.scale(x) for x in outputs]
        return parts if isinstance(outputs, list) else tuple(parts)

    def _scaled(self, method: str) -> Tensor:
        if self._scale is None:
            raise AssertionError(
                f"Attempted {method} but _scale is None. This may indicate your script did not use "
                "scaler.scale(loss or outputs) earlier in the iteration."
            )
        return self._scale

    @no_grad()  # type: ignore[untyped-decorator]
    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients by the scale, before something looks at them; `step` does so otherwise."""
        if not self._enabled:
            return
        scale, stage = self._scaled("unscale_"), self._stages.get(id(optimizer))
        if stage == "unscaled":
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        if stage == "stepped":
            raise RuntimeError("unscale_() is being called after step().")
        grads = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        if any(g.dtype is dt.float16 for g in grads):
            raise ValueError("Attempting to unscale FP16 gradients.")
        if not grads:
            raise AssertionError("No inf checks were recorded for this optimizer.")
        self._infinite[id(optimizer)] = not all(g.isfinite().all() for g in grads)
        for g in grads:
            g.mul_(1 / scale.item())
        self._stages[id(optimizer)] = "unscaled"

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(...)`, unless a gradient is infinite or NaN."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._scaled("step")
        if self._stages.get(id(optimizer)) == "stepped":
            raise RuntimeError("step() has already been called since the last update().")
        if id(optimizer) not in self._stages:
            self.unscale_(optimizer)
        result = None if self._infinite[id(optimizer)] else optimizer.step(*args, **kwargs)
        self._stages[id(optimizer)] = "stepped"
        return result

    @no_grad()  # type: ignore[untyped-decorator]
    def update(self, new_scale: Any = None) -> None:
        """The scale of the next iteration: `new_scale`, or what the gradients since the last update say."""
        if not self._enabled:
            return
        scale = self._scaled("update")
        if new_scale is not None:
            scale.fill_(new_scale)
        elif not self._infinite:
            raise AssertionError("No inf checks were recorded prior to update.")
        else:
            self._adapt(scale, any(self._infinite.values()))
        self._stages.clear()
        self._infinite.clear()

    def _adapt(self, scale: Tensor, infinite: bool) -> None:
        self._growth_tracker = 0 if infinite else self._growth_tracker + 1
        if infinite:
            scale.mul_(self._backoff_factor)
        elif self._growth_tracker == self._growth_interval:
            larger, self._growth_tracker = scale * self._growth_factor, 0
            if math.isfinite(larger.item()):
                scale.copy_(larger)

    def get_scale(self) -> float:
        """The scale; 1 if not enabled."""
        if not self._enabled:
            return 1.0
        return float(self._init_scale if self._scale is None else self._scale.item())

    def get_growth_factor(self) -> float:
        """What the scale grows by."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Set what the scale grows by."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale falls by."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Set what the scale falls by."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """How many steps without an infinite gradient let the scale grow."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Set how many steps without an infinite gradient let the scale grow."""
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Whether it scales."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """The scale, the factors and how far the next growth is; nothing, if not enabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from the state of another enabled scaler."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale, self._growth_tracker = state_dict["scale"], state_dict["_growth_tracker"]
        if self._scale is not None:
            self._scale.fill_(self._init_scale)
        self._growth_factor, self._backoff_factor = state_dict["growth_factor"], state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
