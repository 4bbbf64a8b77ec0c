"""Versions: which PyTorch minitorch follows, and its own."""

from __future__ import annotations

import re
from typing import Any

minitorch = "0.1.0"
follows = "2.13.0"  # the PyTorch whose behaviour the tests compare with
cuda = hip = xpu = None
debug = False
git_version = ""


def _key(version: Any) -> tuple[int, ...]:
    """The numbers of a version, as a text or a tuple; what comes after them does not count."""
    parts = version if isinstance(version, tuple | list) else re.findall(r"\d+", str(version).partition("+")[0])
    return tuple([int(part) for part in parts][:3])


class TorchVersion(str):
    """A version as a text that compares by its numbers, with texts and tuples: `torch.__version__ >= (1, 8)`."""

    __slots__ = ()

    def __lt__(self, other: Any) -> bool:
        return _key(self)[: len(_key(other))] < _key(other)

    def __le__(self, other: Any) -> bool:
        return _key(self)[: len(_key(other))] <= _key(other)

    def __gt__(self, other: Any) -> bool:
        return not self <= other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) and ("+" in other or not _key(other)):
            return str.__eq__(self, other)
        return isinstance(other, str | tuple | list) and _key(self)[: len(_key(other))] == _key(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)


__version__ = TorchVersion(f"{follows}+minitorch.{minitorch}")
