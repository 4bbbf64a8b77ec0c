"""The words for how a tensor lies in memory, which programs pass as a matter of course: one layout, no choice."""

from __future__ import annotations

__all__ = [
    "channels_last", "channels_last_3d", "contiguous_format", "jagged", "layout", "legacy_contiguous_format",
    "memory_format", "preserve_format", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_csc", "sparse_csr", "strided",
]  # fmt: skip


class _Word:
    """A constant that prints as PyTorch's does, and is equal to the text."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, type(self) | str) and str(other) == str(self))

    def __hash__(self) -> int:
        return hash(str(self))


class layout(_Word):
    """The kind of a tensor's memory: `torch.strided`, always. The others are there to be compared with."""


class memory_format(_Word):
    """The order of the dimensions in memory that a program asks for: accepted, and without effect."""


strided = layout("strided")
sparse_coo, sparse_csr, sparse_csc = layout("sparse_coo"), layout("sparse_csr"), layout("sparse_csc")
sparse_bsr, sparse_bsc, jagged = layout("sparse_bsr"), layout("sparse_bsc"), layout("jagged")
contiguous_format = legacy_contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
