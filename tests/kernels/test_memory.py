"""Freed memory is kept where the C library is glibc, and nobody has said otherwise."""

import ctypes

import pytest

from minitorch.kernels import _memory


@pytest.fixture(autouse=True)
def no_word(monkeypatch):
    for name in ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES", "MINITORCH_KEEP_MEMORY"):
        monkeypatch.delenv(name, raising=False)


def glibc():
    try:
        return hasattr(ctypes.CDLL(None), "gnu_get_libc_version")
    except (OSError, TypeError):
        return False


def test_it_is_kept():
    assert _memory.keep_memory() == glibc()


@pytest.mark.parametrize(("name", "value"), [("MALLOC_TRIM_THRESHOLD_", "1"), ("MINITORCH_KEEP_MEMORY", "0")])
def test_unless_somebody_says_otherwise(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert not _memory.keep_memory()


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    assert not _memory.keep_memory()
