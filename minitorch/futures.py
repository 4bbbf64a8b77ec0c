"""Values that come later, `torch.futures`: of threads of the program's own, for nothing here runs on its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent import futures
from typing import Any, Generic, TypeVar

__all__ = ["Future", "collect_all", "wait_all"]


T = TypeVar("T")


class Future(Generic[T]):
    """A value that somebody sets once, and that others wait for or go on from.

    >>> later = torch.futures.Future()
    >>> more = later.then(lambda f: f.value() + 1)
    >>> later.set_result(2)
    >>> more.wait()
    3
    """

    def __init__(self, *, devices: Any = None) -> None:
        self._inner: futures.Future[Any] = futures.Future()

    def done(self) -> bool:
        """Whether there is a value or an error."""
        return self._inner.done()

    def wait(self) -> Any:
        """The value, once it is there; an error that was set instead is raised."""
        return self._inner.result()

    def value(self) -> Any:
        """The value, which must be there."""
        if not self.done():
            raise RuntimeError("Future.value(): there is no value yet, wait() for it")
        return self._inner.result()

    def set_result(self, result: Any) -> None:
        """Give the value, once."""
        if self.done():
            raise RuntimeError("Future.set_result(): the future has its value already")
        self._inner.set_result(result)

    def set_exception(self, result: BaseException) -> None:
        """Give an error in place of the value."""
        if not isinstance(result, Exception):
            raise AssertionError(f"{result} is of type {type(result)}, not an Exception.")
        self._inner.set_exception(result)

    def add_done_callback(self, callback: Callable[[Future[T]], Any]) -> None:
        """Call `callback(self)` once there is a value, or now."""
        self._inner.add_done_callback(lambda _: callback(self))

    def then(self, callback: Callable[[Future[T]], Any]) -> Future[Any]:
        """What `callback(self)` will give."""
        following: Future[Any] = Future()
        self.add_done_callback(lambda future: _settle(following, lambda: callback(future)))
        return following


def _settle(future: Future[Any], compute: Callable[[], Any]) -> None:
    try:
        future.set_result(compute())
    except Exception as error:
        future.set_exception(RuntimeError(f"{type(error).__name__}: {error}"))


def collect_all(futures: Sequence[Future[Any]]) -> Future[Any]:
    """A future of the list of these futures, done when all of them are."""
    whole: Future[Any] = Future()
    waiting, lock = set(map(id, futures)), threading.Lock()

    def note(future: Future[Any]) -> None:
        with lock:  # two may be done at once
            waiting.discard(id(future))
            if not waiting and not whole.done():
                whole.set_result(list(futures))

    for future in futures:
        future.add_done_callback(note)
    if not futures:
        whole.set_result([])
    return whole


def wait_all(futures: Sequence[Future[Any]]) -> list[Any]:
    """The values of all; the first error is raised."""
    return [future.wait() for future in collect_all(futures).wait()]
