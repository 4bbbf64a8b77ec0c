"""What can be set for reading and writing checkpoints."""

from __future__ import annotations

import enum
import mmap
import sys
import threading


class LoadEndianness(enum.Enum):
    """The order of the bytes of a number."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class SourceChangeWarning(Warning):
    """The source of a class is not what it was when a file was written: never given here, no source is kept."""


class _Options(threading.local):
    check_sums = True
    endianness: LoadEndianness | None = None
    mmap_flags = getattr(mmap, "MAP_PRIVATE", 2)
    skip_data = False


options = _Options()


def get_default_load_endianness() -> LoadEndianness | None:
    """The order of bytes in files that do not say theirs; None: that of this machine."""
    return options.endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Set the order of bytes in files that do not say theirs. TypeError for anything but a LoadEndianness or None."""
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError(
            f"set_default_load_endianness: expected a LoadEndianness or None, got {type(endianness).__name__}"
        )
    options.endianness = endianness


def default_order() -> str:
    """ "little" or "big": the order of bytes in files that do not say theirs."""
    return {LoadEndianness.LITTLE: "little", LoadEndianness.BIG: "big"}.get(
        options.endianness or LoadEndianness.NATIVE, sys.byteorder
    )


def get_default_mmap_options() -> int:
    """`mmap.MAP_PRIVATE`, or what `set_default_mmap_options` was told."""
    return options.mmap_flags


class set_default_mmap_options:
    """How `load(mmap=True)` maps a file, from the call on or inside a `with` block.

    `mmap.MAP_PRIVATE`: a write to a tensor stays in memory. `mmap.MAP_SHARED`: it changes the file. ValueError for
    anything else.
    """

    def __init__(self, flags: int) -> None:
        if flags not in (mmap.MAP_PRIVATE, mmap.MAP_SHARED):
            raise ValueError(
                "Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, "
                f"but got {flags}"
            )
        self._before, options.mmap_flags = options.mmap_flags, flags

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        options.mmap_flags = self._before


class skip_data:
    """Inside a `with` block, `save` leaves room for the elements of tensors and `load` makes tensors of zeros.

    >>> import io
    >>> file = io.BytesIO()
    >>> with torch.serialization.skip_data():
    ...     torch.save(torch.ones(2), file)
    >>> torch.load(io.BytesIO(file.getvalue()))
    tensor([0., 0.])
    """

    def __init__(self, materialize_fake_tensors: bool = False) -> None:
        self.materialize_fake_tensors = materialize_fake_tensors  # accepted: there are none

    def __enter__(self) -> None:
        self._before, options.skip_data = options.skip_data, True

    def __exit__(self, *error: object) -> None:
        options.skip_data = self._before
