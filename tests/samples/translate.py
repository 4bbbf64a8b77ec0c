"""Arguments made for PyTorch, as minitorch's: tensors of any dtype with their strides and storages, functions."""

from __future__ import annotations

import functools
import types
from typing import Any

import numpy as np
import torch

import minitorch
import minitorch.nn.functional

INSIDE = "torch.testing._"
DTYPES = {str(d): d for d in vars(minitorch).values() if isinstance(d, minitorch.dtype)}
SPACES = {"": torch, "nn.functional.": torch.nn.functional}


class LeftOutError(Exception):
    """A sample needs what minitorch leaves out on purpose, such as sparse tensors."""


class Translation:
    """Translates the values of one sample; remembers the tensors, so that one that is met twice stays one."""

    def __init__(self) -> None:
        self.tensors: dict[int, tuple[torch.Tensor, Any]] = {}
        self.storages: dict[int, tuple[Any, Any]] = {}

    def leaves(self) -> tuple[list[torch.Tensor], list[Any]]:
        """The tensors that are differentiated, theirs and ours."""
        pairs = [pair for pair in self.tensors.values() if pair[0].requires_grad]
        return [theirs for theirs, _ in pairs], [ours for _, ours in pairs]

    def __call__(self, x: Any) -> Any:
        """Ours for theirs."""
        if isinstance(x, torch.Tensor):
            if id(x) not in self.tensors:
                self.tensors[id(x)] = (x, self.tensor(x))
            return self.tensors[id(x)][1]
        if isinstance(x, torch.Size):
            return self.other(x)
        if isinstance(x, (list, tuple)):
            return type(x)(*map(self, x)) if hasattr(x, "_fields") else type(x)(map(self, x))
        return {key: self(value) for key, value in x.items()} if isinstance(x, dict) else self.other(x)

    def tensor(self, x: torch.Tensor) -> Any:
        """A tensor of minitorch, which sees the same part of a copy of its storage, byte by byte."""
        d, wants = dtype(x.dtype), x.requires_grad
        if x.layout is not torch.strided or x.device.type != "cpu" or x.ndim > 64:
            raise LeftOutError(f"{x.layout} on {x.device}, {x.ndim} dimensions".replace("torch.", ""))
        x = x.detach().resolve_conj().resolve_neg()
        row = self.bytes(x.untyped_storage())
        row = row[: row.numel() // d.itemsize * d.itemsize].view(d)
        return row.as_strided(tuple(x.shape), x.stride(), x.storage_offset()).detach().requires_grad_(wants)

    def bytes(self, storage: Any) -> Any:
        """A copy of a storage. A clone first, for what numpy has seen cannot be resized any more."""
        if storage._cdata not in self.storages:
            whole = torch.empty(0, dtype=torch.uint8).set_(storage.clone())
            self.storages[storage._cdata] = storage, minitorch.from_numpy(whole.numpy())
        return self.storages[storage._cdata][1]

    def other(self, x: Any) -> Any:
        """What holds no tensor."""
        if isinstance(x, torch.dtype):
            return dtype(x)
        if isinstance(x, torch.Size):
            return minitorch.Size(x)
        if isinstance(x, torch.device):
            return minitorch.device(str(x))
        if isinstance(x, (torch.memory_format, torch.layout)):
            return named(str(x).removeprefix("torch."))
        return module(x) if isinstance(x, torch.nn.Module) else function(x)


WIDE = {
    **dict.fromkeys((torch.float32, torch.bfloat16, torch.float16), torch.float64),
    torch.complex64: torch.complex128,
}


class Widening(Translation):
    """The same values in float64 or complex128, for PyTorch itself."""

    def tensor(self, x: torch.Tensor) -> Any:
        return x.detach().to(WIDE.get(x.dtype, x.dtype), copy=True).requires_grad_(x.requires_grad)

    def other(self, x: Any) -> Any:
        return WIDE.get(x, x) if isinstance(x, torch.dtype) else x


class Copying(Translation):
    """The same, for PyTorch itself: what writes to its arguments gets a copy."""

    def tensor(self, x: torch.Tensor) -> Any:
        x, wants = x.detach().resolve_conj().resolve_neg(), x.requires_grad
        copy = torch.empty(0, dtype=x.dtype)
        copy.set_(x.untyped_storage().clone(), x.storage_offset(), x.shape, x.stride())
        return copy.requires_grad_(wants)

    def other(self, x: Any) -> Any:
        return x


def dtype(x: torch.dtype) -> Any:
    """The dtype of the same name."""
    if (found := DTYPES.get(str(x))) is None:
        raise LeftOutError(str(x).removeprefix("torch."))
    return found


def named(dotted: str) -> Any:
    """What a name of PyTorch's means here; None if nothing."""
    value: Any = minitorch
    for part in dotted.split("."):
        value = getattr(value, part, None)
    return value


def seeded(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Random operations run from the seed that PyTorch's samples use."""
    minitorch.manual_seed(42)
    return op(*args, **kwargs)


def function(x: Any) -> Any:
    """A function of the samples with `torch` meaning minitorch; a function of PyTorch by its name."""
    if isinstance(x, functools.partial):
        return functools.partial(function(x.func), *map(function, x.args), **x.keywords)
    if isinstance(x, types.BuiltinFunctionType):
        return next((named(p + x.__name__) for p, s in SPACES.items() if getattr(s, x.__name__, None) is x), x)
    if not isinstance(x, types.FunctionType) or not x.__module__.startswith("torch"):
        return x
    if not x.__module__.startswith(INSIDE):
        return named(path(x))
    if x.__name__ == "wrapper_set_seed":
        return seeded
    names = x.__globals__ | {"torch": minitorch, "F": minitorch.nn.functional, "np": np, "wrapper_set_seed": seeded}
    closure = tuple(types.CellType(function(cell.cell_contents)) for cell in x.__closure__ or ())
    made = types.FunctionType(x.__code__, names, x.__name__, x.__defaults__, closure)
    made.__kwdefaults__ = x.__kwdefaults__
    return made


def module(x: torch.nn.Module) -> Any:
    """A module that is an argument, made anew with its weights."""
    made = named(f"nn.{type(x).__name__}")(*of_layer(x))
    if repr(made) != repr(x):
        raise LeftOutError(repr(x))
    made.load_state_dict(Translation()(dict(x.state_dict())))
    return made.train(x.training)


def of_layer(x: Any) -> tuple[Any, ...]:
    """The arguments that made a layer of a transformer, the only module with arguments among the samples."""
    if not isinstance(x, torch.nn.TransformerEncoderLayer):
        return ()
    attention, norm = x.self_attn, x.norm1
    sizes = (attention.embed_dim, attention.num_heads, x.linear1.out_features)
    return (
        *sizes,
        x.dropout.p,
        function(x.activation),
        norm.eps,
        attention.batch_first,
        x.norm_first,
        norm.bias is not None,
    )


def path(x: Any) -> str:
    """`torch.nn.functional.pad` → `nn.functional.pad`."""
    return f"{x.__module__}.{x.__qualname__}".removeprefix("torch.")
