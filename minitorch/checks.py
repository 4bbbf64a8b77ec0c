"""`torch._assert` and `torch._check` with its kin: conditions that programs state, and the errors where they fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Message = Callable[[], Any] | None


def _assert(condition: Any, message: Any) -> None:
    """AssertionError with the message unless the condition holds."""
    assert condition, message


def _assert_async(input: Any, assert_msg: str = "Expected Tensor with single nonzero value, but got zero") -> None:
    """RuntimeError with the message where a tensor of one element is zero."""
    if not input:
        raise RuntimeError(assert_msg)


def _checked(kind: type[Exception], cond: Any, message: Message) -> None:
    if not isinstance(cond, bool):
        raise TypeError(f"cond must be a bool, but got {type(cond)}")
    if message is not None and not callable(message):
        raise TypeError("message must be a callable")
    if not cond:
        raise kind("Expected cond to be True, but got False." if message is None else str(message()))


def _check(cond: Any, message: Message = None) -> None:
    """RuntimeError with what `message` returns unless `cond`, a bool, is True."""
    _checked(RuntimeError, cond, message)


def _check_index(cond: Any, message: Message = None) -> None:
    """IndexError, as `_check`."""
    _checked(IndexError, cond, message)


def _check_value(cond: Any, message: Message = None) -> None:
    """ValueError, as `_check`."""
    _checked(ValueError, cond, message)


def _check_type(cond: Any, message: Message = None) -> None:
    """TypeError, as `_check`."""
    _checked(TypeError, cond, message)


def _check_not_implemented(cond: Any, message: Message = None) -> None:
    """NotImplementedError, as `_check`."""
    _checked(NotImplementedError, cond, message)


def _check_with(error_type: type[Exception], cond: Any, message: Message) -> None:
    """An error of this type, as `_check`."""
    _checked(error_type, cond, message)


def _check_is_size(i: Any, message: Message = None) -> None:
    """RuntimeError unless the number is no less than 0."""
    _checked(RuntimeError, i >= 0, message)


functions = {
    check.__name__: check
    for check in (
        *(_assert, _assert_async, _check, _check_index, _check_value, _check_type, _check_not_implemented, _check_with),
        _check_is_size,
    )
}
