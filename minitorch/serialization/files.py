"""Opening files, and replacing them whole: a crash or a full disk leaves the old one."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import EmptyCheckpointError


def is_path(f: Any) -> bool:
    """Whether `f` names a file, and is none itself."""
    return isinstance(f, str | os.PathLike)


@contextlib.contextmanager
def replacing(path: Any) -> Iterator[Any]:
    """A new file to write, which takes the place of `path` when all is written; on an error it vanishes.

    A symbolic link stays, and what it leads to is replaced. What is no ordinary file (a pipe, a device) is written to.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        with open(target, "wb") as file:
            yield file
        return
    fresh = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        with open(fresh, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, fresh)
        os.replace(fresh, target)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


@contextlib.contextmanager
def reading(f: Any) -> Iterator[Any]:
    """The file at a path, or a file object as it is: it must have `read` and `seek`."""
    if is_path(f):
        with open(f, "rb") as file:
            yield file
        return
    missing = [name for name in ("read", "seek", "tell", "readline") if not hasattr(f, name)]
    if missing:
        raise AttributeError(
            f"'{type(f).__name__}' object has no attribute '{missing[0]}': torch.load needs a path, or a file object "
            "with read, readline, seek and tell. Put what you have into an io.BytesIO first."
        )
    yield f


def check_not_empty(file: Any, start: int) -> None:
    """EmptyCheckpointError if nothing is left to read."""
    if not file.read(1):
        raise EmptyCheckpointError("the file is empty")
    file.seek(start)
