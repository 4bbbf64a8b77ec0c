"""PyTorch's hub of models: minitorch opens no connection to the network."""

from __future__ import annotations

import os
from typing import Any, NoReturn

__all__ = ["download_url_to_file", "get_dir", "load", "load_state_dict_from_url", "set_dir"]

_dir: str | None = None


def get_dir() -> str:
    """Where PyTorch keeps what it downloaded."""
    home = os.environ.get("TORCH_HOME") or os.path.join(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "torch")
    return _dir or os.path.join(os.path.expanduser(home), "hub")


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


def load_state_dict_from_url(url: str, *args: Any, **kwargs: Any) -> Any:
    """An error."""
    _refuse("load_state_dict_from_url")


def download_url_to_file(url: str, *args: Any, **kwargs: Any) -> None:
    """An error."""
    _refuse("download_url_to_file")
