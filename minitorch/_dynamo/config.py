"""The compiler's settings: any can be set, and none has an effect."""

from __future__ import annotations

import contextlib
from typing import Any

suppress_errors = False
verbose = False
cache_size_limit = recompile_limit = 8
capture_scalar_outputs = capture_dynamic_output_shape_ops = False
optimize_ddp = True
automatic_dynamic_shapes = True


def patch(*settings: Any, **more: Any) -> contextlib.nullcontext[None]:
    """A context with other settings."""
    return contextlib.nullcontext()
