"""Files: checkpoints in PyTorch's format, safetensors and npz."""

from ..errors import CheckpointError
from . import safetensors
from .archive import get_crc32_options, set_crc32_options
from .checkpoint import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    get_unsafe_globals_in_checkpoint,
    load,
    safe_globals,
    save,
)
from .npz import load_npz, save_npz
from .options import (
    LoadEndianness,
    SourceChangeWarning,
    get_default_load_endianness,
    get_default_mmap_options,
    set_default_load_endianness,
    set_default_mmap_options,
    skip_data,
)
from .pickler import PROTOCOL as DEFAULT_PROTOCOL  # noqa: F401
from .places import MAP_LOCATION as MAP_LOCATION
from .places import default_restore_location, location_tag, register_package

__all__ = [
    "CheckpointError",
    "LoadEndianness",
    "SourceChangeWarning",
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "load_npz",
    "location_tag",
    "register_package",
    "safe_globals",
    "safetensors",
    "save",
    "save_npz",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
    "skip_data",
]
