"""PyTorch's hub of models: minitorch opens no connection to the network."""

from __future__ import annotations

import os
import re
from typing import Any, NoReturn
from urllib.parse import urlparse

from .serialization import load as _load

__all__ = ["download_url_to_file", "get_dir", "load", "load_state_dict_from_url", "set_dir"]

HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")  # the part of a file's name that is its hash
_dir: str | None = None


def _get_torch_home() -> str:
    home = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return os.path.expanduser(home)


def get_dir() -> str:
    """Where PyTorch keeps what it downloaded."""
    return _dir or os.path.join(_get_torch_home(), "hub")


def set_dir(d: Any) -> None:
    """Another folder, for `get_dir`."""
    global _dir
    _dir = os.path.expanduser(d)


def _refuse(what: str) -> NoReturn:
    raise NotImplementedError(
        f"torch.hub.{what}: minitorch downloads nothing. Fetch the file yourself, and open it with torch.load or with "
        "torch.serialization.safetensors."
    )


def load(repo_or_dir: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
    """An error."""
    _refuse("load")


def load_state_dict_from_url(
    url: str, model_dir: str | None = None, map_location: Any = None, progress: bool = True, check_hash: bool = False,
    file_name: str | None = None, weights_only: bool = False,
) -> Any:  # fmt: skip
    """What lies in the file of this name in `model_dir` (`get_dir()/checkpoints`), where PyTorch puts what it
    downloads. NotImplementedError if it is not there: minitorch does not fetch it.
    """
    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    file = os.path.join(folder, file_name or os.path.basename(urlparse(url).path))
    if not os.path.exists(file):
        _refuse(f"load_state_dict_from_url: there is no {file}")
    return _load(file, map_location=map_location, weights_only=weights_only)


def download_url_to_file(url: str, *args: Any, **kwargs: Any) -> None:
    """An error."""
    _refuse("download_url_to_file")
