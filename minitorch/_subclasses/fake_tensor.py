"""The question whether a tensor has no values: every tensor has."""

from __future__ import annotations

import contextlib

from ..missing import missing_from


def is_fake(x: object) -> bool:
    """False."""
    return False


def unset_fake_temporarily() -> contextlib.nullcontext[None]:
    """A context: nothing."""
    return contextlib.nullcontext()


class FakeTensor:
    """For `isinstance`, which is always False."""


__getattr__ = missing_from(__name__)
