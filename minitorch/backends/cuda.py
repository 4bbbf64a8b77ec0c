"""CUDA's libraries, which are not here."""

import contextlib
from collections.abc import Iterator
from typing import Any


class _Matmul:
    """Switches of matrix products."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = _Matmul()


def is_built() -> bool:
    """False."""
    return False


@contextlib.contextmanager
def sdp_kernel(**enabled: Any) -> Iterator[None]:
    """A context in which attention is computed as always."""
    yield


def _switch(enabled: bool) -> None:
    """Nothing: attention is computed in one way."""


enable_flash_sdp = enable_mem_efficient_sdp = enable_math_sdp = enable_cudnn_sdp = _switch
