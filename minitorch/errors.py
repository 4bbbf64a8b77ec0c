"""Errors that carry the operation, and the shapes and dtypes it met."""

from __future__ import annotations

import pickle
from typing import Any

_NO_TENSORS = (int, float, complex, str, bytes, list, tuple, dict, set, range, type(None))


class NotATensor(TypeError, AttributeError):
    """An argument that had to be a tensor. Both types, for PyTorch raises the one here and the other there."""


def not_a_tensor(name: str, error: AttributeError, where: str = "an argument") -> Exception:
    """The error for an argument that had to be a tensor, from Python's error; an unrelated error as it is."""
    value = error.obj
    kind = type(value)
    if error.name is None or (not isinstance(value, _NO_TENSORS) and kind.__module__ != "numpy"):
        return error
    shown = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return NotATensor(f"{name}(): {where} must be Tensor, not {shown}: {value!r:.60}")


def describe(operand: Any) -> str:
    """`torch.float32 (3, 4)` for a tensor, the value itself for anything else."""
    shape, dtype = getattr(operand, "shape", None), getattr(operand, "dtype", None)
    return repr(operand) if dtype is None else f"{dtype} {tuple(shape or ())}"


class OperationError(RuntimeError):
    """An operation that refused its operands: `op`, and what it met as `operands`."""

    def __init__(self, op: str, problem: str, *operands: Any) -> None:
        self.op = op
        self.operands = tuple(describe(x) for x in operands)
        met = f" (got {', '.join(self.operands)})" if operands else ""
        super().__init__(f"{op}: {problem}{met}")


class DtypeError(OperationError, NotImplementedError, TypeError):
    """An operation that was given a dtype which it cannot take. Of all three types, for PyTorch raises any of them."""


class CheckpointError(pickle.UnpicklingError, RuntimeError):
    """A file that is damaged, hostile, or holds what is not loaded; nothing of it was."""


class EmptyCheckpointError(CheckpointError, EOFError):
    """A file in which nothing is left to read."""


class OutOfMemoryError(RuntimeError):
    """A GPU without memory left, which programs catch; the CPU's is Python's MemoryError."""


class AcceleratorError(RuntimeError):
    """An error of a device: programs catch it, nothing raises it."""


class LinAlgError(OperationError):
    """A decomposition or an inverse that does not exist, such as the inverse of a singular matrix."""


class IndexingError(OperationError, IndexError):
    """Indices that an operation cannot take. Both types, for PyTorch raises the one here and the other there."""


class OutOfRange(IndexError, RuntimeError):
    """An index outside of a dimension. Both types, for the same reason."""
