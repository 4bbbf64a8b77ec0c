"""Files: checkpoints in PyTorch's format, safetensors and npz."""

from ..errors import CheckpointError
from . import safetensors
from .archive import get_crc32_options, set_crc32_options
from .checkpoint import add_safe_globals, clear_safe_globals, get_safe_globals, load, safe_globals, save
from .npz import load_npz, save_npz

__all__ = [
    "CheckpointError",
    "add_safe_globals",
    "clear_safe_globals",
    "get_crc32_options",
    "get_safe_globals",
    "load",
    "load_npz",
    "safe_globals",
    "safetensors",
    "save",
    "save_npz",
    "set_crc32_options",
]
