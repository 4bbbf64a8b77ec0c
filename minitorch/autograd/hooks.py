"""The handle that takes a hook off again."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any


class RemovableHandle:
    """Returned by every `register_..._hook`: `remove()` takes the hook off; also a context manager.

    `hooks_dict_ref()` is the dictionary that has the hook under the number `id`, while somebody holds it.
    """

    next_id = 0

    def __init__(self, hooks: dict[int, Any], *others: dict[int, Any]) -> None:
        self.__setstate__((RemovableHandle.next_id, hooks, *others))

    def remove(self) -> None:
        """Take the hook off; a second call does nothing."""
        for held in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = held()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self) -> tuple[Any, ...]:
        return (self.id, self.hooks_dict_ref(), *[held() for held in self.extra_dict_ref])

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.id, *hooks = state
        self.hooks_dict_ref, *others = [_reference(OrderedDict() if d is None else d) for d in hooks]
        self.extra_dict_ref = tuple(others)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *error: object) -> None:
        self.remove()


def _reference(hooks: dict[int, Any]) -> Any:
    """Weak where the dictionary allows it (an OrderedDict does, a plain one does not)."""
    try:
        return weakref.ref(hooks)
    except TypeError:
        return lambda: hooks


def check_replaced(hook: Any, old: Any, new: Any) -> None:
    """An error unless what `hook` returned is a tensor like the gradient that it was given."""
    name = _name(hook)
    if not hasattr(new, "array"):
        raise TypeError(f"expected Variable, but hook '{name}' returned '{type(new).__name__}'")
    if new.array.shape != old.array.shape:
        sizes = f"(was {list(old.array.shape)} got {list(new.array.shape)})"
        raise RuntimeError(f"hook '{name}' has changed the size of value {sizes}")
    if new.array.dtype != old.array.dtype:
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {old.type()} got {new.type()})")


def check_count(hook: Any, new: tuple[Any, ...], count: int) -> None:
    """An error unless a hook of a node returned a gradient for each of the node's inputs."""
    if len(new) != count:
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(new)}, but expected {count})"
        )


def check_returns_none(hook: Any, new: Any) -> None:
    """An error if a hook that may change nothing returned something."""
    if new is not None:
        raise TypeError(f"expected None, but hook '{_name(hook)}' returned '{type(new).__name__}'")


def _name(hook: Any) -> str:
    return getattr(hook, "__name__", type(hook).__name__)


def add_hook(hooks: dict[int, Any], hook: Any) -> RemovableHandle:
    """Put `hook` into `hooks` and return its handle."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle
