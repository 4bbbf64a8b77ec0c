"""Kernels against their numpy twins: while public functions run, every call is made by both, and compared."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from minitorch.kernels import _jit
from minitorch.kernels._jit import Kernel

Array = NDArray[Any]
Calls = Mapping[str, Callable[[], Any]]
TOLERANCE = {4: (2e-5, 2e-5), 8: (1e-10, 1e-10)}  # by the size of a float: relative, absolute


def kernels_of(module: types.ModuleType) -> dict[str, Kernel]:
    """The kernels that a module defines."""
    found = {name: value for name, value in vars(module).items() if isinstance(value, Kernel)}
    return {name: kernel for name, kernel in found.items() if kernel.python.__module__ == module.__name__}


def arrays_in(x: Any) -> list[Array]:
    """The arrays in nested lists and tuples."""
    if isinstance(x, (list, tuple)):
        return [a for v in x for a in arrays_in(v)]
    return [] if x is None else [np.asarray(x)]


def close(got: Any, want: Any, what: object = "") -> None:
    """The same arrays, up to rounding."""
    for a, b in zip(arrays_in(got), arrays_in(want), strict=True):
        assert a.shape == b.shape, what
        if a.dtype.kind == "f":
            rtol, atol = TOLERANCE[a.dtype.itemsize]
            np.testing.assert_allclose(a, b, rtol, atol, err_msg=str(what))
        else:
            np.testing.assert_array_equal(a, b, str(what))


def _copied(args: tuple[Any, ...]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


@contextmanager
def compared(module: types.ModuleType) -> Iterator[set[str]]:
    """Every call of a kernel of this module is compared with its twin; gives the names of those that were called."""
    met: set[str] = set()
    kernels = kernels_of(module)

    def watched(name: str, kernel: Kernel) -> Any:
        own = [kernel.run]

        def run(*args: Any) -> Any:
            before = _copied(args)
            kernel.run = own[0]  # the first run compiles, and puts the outcome here
            try:
                result = kernel(*args)
            finally:
                own[0], kernel.run = kernel.run, run
            close([result, args], [kernel.twin(*before), before], name)
            met.add(name)
            return result

        return run, own

    watchers = {name: watched(name, kernel) for name, kernel in kernels.items()}
    try:
        for name, (run, _) in watchers.items():
            kernels[name].run = run
        yield met
    finally:
        for name, (_, own) in watchers.items():
            kernels[name].run = own[0]


def check_twins(module: types.ModuleType, calls: Calls) -> None:
    """All kernels of the module are reached by the calls, and agree with their twins."""
    threads = _jit.get_num_threads()
    try:
        _jit.set_num_threads(1)
        with compared(module) as met:
            for call in calls.values():
                call()
    finally:
        _jit.set_num_threads(threads)
    assert met == set(kernels_of(module)), "kernels that no call reaches"


def check_threads(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    """With work shared among three threads, however small it is, the results are those of one thread."""
    threads = _jit.get_num_threads()
    try:
        _jit.set_num_threads(1)
        alone = {name: call() for name, call in calls.items()}
        _jit.set_num_threads(3)
        monkeypatch.setattr(_jit, "PART_NS", 1e-3)
        assert _jit.parts_of(2, 1.0) == 2
        for name, call in calls.items():
            close(call(), alone[name], name)
    finally:
        _jit.set_num_threads(threads)
