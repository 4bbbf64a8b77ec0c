"""`DataLoader`: batches of a dataset, made in this process or in workers."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.context import BaseContext
from typing import Any, Generic, TypeVar

from ...kernels._jit import available_cores
from . import worker as W
from .collate import default_collate, default_convert
from .dataset import IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, random_seed
from .worker import get_worker_info

T_co = TypeVar("T_co", covariant=True)

_FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}


class _DatasetKind:
    Map = 0
    Iterable = 1


class _InfiniteConstantSampler(Sampler[None]):
    """None, forever: the sampler of an iterable dataset, which has an order of its own."""

    def __iter__(self) -> Iterator[None]:
        while True:
            yield None


class DataLoader(Generic[T_co]):
    """Batches of a dataset, one pass for each `for` loop.

    dataset: by index, or an `IterableDataset`. batch_size: None gives single samples. shuffle: a new order each pass,
    drawn from `generator`. sampler, batch_sampler: an order of one's own, of samples or of batches. num_workers:
    processes that make batches ahead, `prefetch_factor` each; kept for the next pass with `persistent_workers`, started
    by `multiprocessing_context`. collate_fn: how samples become a batch. drop_last: leave out a last batch that is
    short. timeout: seconds to wait for a worker, 0 for ever. worker_init_fn: called in each worker with its number.
    in_order: False gives batches as they get ready. pin_memory is accepted and changes nothing.

    ValueError for options that contradict each other. An exception in a worker is raised here, with its traceback.

    >>> data = torch.utils.data.TensorDataset(torch.arange(5), torch.arange(5) * 10)
    >>> for x, y in torch.utils.data.DataLoader(data, batch_size=3):
    ...     print(x, y)
    tensor([0, 1, 2]) tensor([ 0, 10, 20])
    tensor([3, 4]) tensor([30, 40])
    """

    _complete = False

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        iterable = isinstance(dataset, IterableDataset)
        self._dataset_kind = _DatasetKind.Iterable if iterable else _DatasetKind.Map
        if iterable:
            _check_iterable(shuffle, sampler, batch_sampler)
        _check_order(batch_size, shuffle, sampler, batch_sampler, drop_last)
        self.sampler = _sampler(dataset, iterable, shuffle, generator) if sampler is None else sampler
        self.batch_size = batch_size if batch_sampler is None else None
        self.batch_sampler = batch_sampler
        if self.batch_size is not None:
            self.batch_sampler = BatchSampler(self.sampler, self.batch_size, drop_last)
        self.drop_last = drop_last
        self.generator = generator
        self.collate_fn = collate_fn or (default_collate if self._auto_collation else default_convert)
        self.persistent_workers = persistent_workers
        self._announced: int | None = None  # the length that an iterable dataset was said to have
        self._iterator: _MultiProcessingDataLoaderIter | None = None
        self._complete = True
        self.check_worker_number_rationality()

    @property
    def multiprocessing_context(self) -> Any:
        """How workers are started: None, or a context of `multiprocessing`."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        self._context = context if context is None else _context(context, self.num_workers)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._complete and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def _get_iterator(self) -> Any:
        """A new pass; loaders of one's own override it."""
        return (_MultiProcessingDataLoaderIter if self.num_workers else _SingleProcessDataLoaderIter)(self)

    def __iter__(self) -> Any:
        if self.num_workers == 0 or not self.persistent_workers:
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator.again(self)
        return self._iterator

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.batch_sampler if self._auto_collation else self.sampler

    def __len__(self) -> int:
        if self._dataset_kind == _DatasetKind.Map:
            return len(self._index_sampler)
        count = self._announced = len(self.dataset)
        if self.batch_size is None:
            return count
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)

    def _recipe(self) -> W.Recipe:
        iterable = self._dataset_kind == _DatasetKind.Iterable
        return W.Recipe(self.dataset, iterable, self._auto_collation, self.collate_fn, self.drop_last)

    def check_worker_number_rationality(self) -> None:
        """Warn of more workers than cores."""
        if self.num_workers > available_cores():
            warnings.warn(
                f"This DataLoader will create {self.num_workers} worker processes in total. Our suggested max number "
                f"of worker in current system is {available_cores()}, one for each core that this process may use: "
                "more get in each other's way.",
                stacklevel=3,
            )


def _check_workers(num_workers: int, timeout: float, prefetch_factor: int | None, persistent: bool) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to enable "
            "multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_iterable(shuffle: bool | None, sampler: Any, batch_sampler: Any) -> None:
    options = {"shuffle": shuffle or None, "sampler": sampler, "batch_sampler": batch_sampler}
    for name, value in options.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}"
            )


def _check_order(batch_size: int | None, shuffle: bool | None, sampler: Any, batches: Any, drop_last: bool) -> None:
    """The order is said in one way: by `shuffle`, `sampler` or `batch_sampler`."""
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batches is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batches is None and batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def _sampler(dataset: Any, iterable: bool, shuffle: bool | None, generator: Any) -> Sampler[Any]:
    if iterable:
        return _InfiniteConstantSampler()
    return RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)


def _context(context: Any, num_workers: int) -> BaseContext:
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
            "num_workers=0"
        )
    if isinstance(context, str):
        valid = multiprocessing.get_all_start_methods()
        if context not in valid:
            raise ValueError(
                f"multiprocessing_context option should specify a valid start method in {valid!r}, but got "
                f"multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, "
            f"but got multiprocessing_context={context}"
        )
    return context


# ---------------------------------------------------------------- a pass


class _BaseDataLoaderIter:
    """One pass, in this process."""

    # It does not hold the loader, which may hold it: a circle would keep workers alive until it is collected.
    def __init__(self, loader: DataLoader[Any]) -> None:
        self.sampler = loader._index_sampler
        self.indices = iter(self.sampler)
        self.base_seed = random_seed(loader.generator)  # drawn with no workers too: what follows is the same
        self.given, self.announced = 0, loader._announced
        self.timeout = loader.timeout
        self._start(loader)

    def _start(self, loader: DataLoader[Any]) -> None:
        if self.timeout:
            raise AssertionError("timeout is for workers: it needs num_workers > 0")
        self._fetch = loader._recipe().fetcher()

    def __iter__(self) -> Any:
        return self

    def __len__(self) -> int:
        return len(self.sampler)

    def __next__(self) -> Any:
        batch = self._next()
        self.given += 1
        if self.announced is not None and self.given > self.announced:
            warnings.warn(
                f"Length of IterableDataset was reported to be {self.announced} (when accessing len(dataloader)), but "
                f"{self.given} samples have been fetched.",
                stacklevel=2,
            )
        return batch

    def _next(self) -> Any:
        return self._fetch(next(self.indices))

    def __getstate__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot be pickled")


_pipes: weakref.WeakSet[Any] = weakref.WeakSet()  # the loaders' ends of all pipes


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """The same, under the name that PyTorch has for it."""


class _Worker:
    """A worker process, seen from the loader."""

    def __init__(self, context: Any, recipe: W.Recipe, post: W.Post) -> None:
        self.pipe, theirs = context.Pipe()
        _pipes.add(self.pipe)
        inherited = list(_pipes) if context.get_start_method() == "fork" else []
        self.process = context.Process(target=W.work, args=(recipe, post, theirs, inherited), daemon=True)
        try:
            self.process.start()
        finally:
            theirs.close()
        self.ended = False

    def ask(self, task: Any) -> None:
        """Send a task."""
        try:
            self.pipe.send(task)
        except (BrokenPipeError, ConnectionResetError):
            raise self._died() from None

    def answer(self) -> tuple[str, Any]:
        """Read the next answer."""
        try:
            kind, value = W.receive(self.pipe)
        except (EOFError, ConnectionResetError):
            raise self._died() from None
        return kind, value

    def _died(self) -> RuntimeError:
        self.process.join(1)
        code = self.process.exitcode
        how = "" if code is None else f" by signal {-code}" if code < 0 else f" with exit code {code}"
        return RuntimeError(f"DataLoader worker (pid(s) {self.process.pid}) exited unexpectedly{how}")


def _dismiss(workers: list[_Worker], owner: int) -> None:
    """End the workers: gently by closing the pipes, then by force."""
    if os.getpid() != owner:  # a fork's copy: the workers are not its children
        return
    for worker in workers:
        with contextlib.suppress(OSError):
            worker.pipe.send(None)
        worker.pipe.close()
    for worker in workers:
        worker.process.join(2)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
    workers.clear()


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """One pass (with persistent workers several), by workers in turn."""

    def _start(self, loader: DataLoader[Any]) -> None:
        if not loader.prefetch_factor:
            raise AssertionError("prefetch_factor must be greater than 0 with workers")
        self.ahead, self.in_order, self.persistent = loader.prefetch_factor, loader.in_order, loader.persistent_workers
        context, count = loader.multiprocessing_context or multiprocessing.get_context(), loader.num_workers
        self.workers: list[_Worker] = []
        self.dismiss = weakref.finalize(self, _dismiss, self.workers, os.getpid())
        recipe = loader._recipe()
        for i in range(count):
            post = W.Post(i, count, self.base_seed, loader.worker_init_fn, os.getpid())
            self.workers.append(_Worker(context, recipe, post))
        self._begin()

    def again(self, loader: DataLoader[Any]) -> None:
        """Begin another pass with the same workers; answers to what was asked before are thrown away."""
        for worker in self.workers:
            worker.ask(W.READY)
        for worker in self.workers:
            while worker.answer()[0] != W.READY:
                pass
            worker.ended = False
        self.given, self.announced = 0, loader._announced
        self._begin()

    def _begin(self) -> None:
        self.indices = iter(self.sampler)
        self.turn = 0
        self.asked: deque[_Worker] = deque()  # who owes a batch, in the order of the batches
        for _ in range(self.ahead * len(self.workers)):
            self._ask()

    def _ask(self) -> None:
        """Give the next batch to the next worker that has samples left."""
        if all(worker.ended for worker in self.workers):
            return
        try:
            index = next(self.indices)
        except StopIteration:
            return
        while self.workers[self.turn].ended:
            self.turn = (self.turn + 1) % len(self.workers)
        worker = self.workers[self.turn]
        self.turn = (self.turn + 1) % len(self.workers)
        worker.ask((index,))
        self.asked.append(worker)

    def _next(self) -> Any:
        while self.asked:
            worker = self._whose_turn()
            kind, value = worker.answer()
            if kind == W.END:
                if not worker.ended:
                    worker.ended = True
                    self._ask()
                continue
            self._ask()
            if kind == W.ERROR:
                raise value.error()
            return value
        if not self.persistent:
            self.dismiss()
        raise StopIteration

    def _whose_turn(self) -> _Worker:
        """The worker whose answer is next, once it has come."""
        open_ = {worker.pipe: worker for worker in ([self.asked[0]] if self.in_order else self.asked)}
        ready = multiprocessing.connection.wait(list(open_), self.timeout or None)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds")
        worker = open_[ready[0]]
        self.asked.remove(worker)
        return worker


__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]
