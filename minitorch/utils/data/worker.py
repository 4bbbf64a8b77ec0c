"""Fetching batches, in this process or in workers; and the one pipe that joins a worker to the loader.

A worker answers its tasks in their order, so the loader, which knows who has the next batch, reads from that worker's
pipe and needs no queue that all share. A pipe that is closed tells the other side that this one is gone: then a worker
ends, even in the middle of a sample, and none is left behind.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import random
import signal
import threading
import time
import traceback
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...kernels._jit import set_num_threads
from ...random import manual_seed

END = "end of the dataset"  # instead of a batch, and so are:
READY = "ready for another pass"
ERROR = "error"
BATCH = "batch"
ALIVE_CHECK = 5.0  # seconds


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker a process is: `id` of `num_workers`, its `seed`, and its copy of the `dataset`."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker of a DataLoader, which one it is; None elsewhere."""
    return _info


# ---------------------------------------------------------------- fetching


@dataclass
class Recipe:
    """What it takes to make batches of a dataset."""

    dataset: Any
    iterable: bool
    batched: bool
    collate: Any
    drop_last: bool

    def fetcher(self) -> Any:
        """A function from indices to a batch, for one pass; StopIteration after the end of an iterable dataset."""
        return IterableFetcher(self) if self.iterable else self._by_index

    def _by_index(self, index: Any) -> Any:
        if not self.batched:
            return self.collate(self.dataset[index])
        together = getattr(self.dataset, "__getitems__", None)
        return self.collate(together(index) if together else [self.dataset[i] for i in index])


class IterableFetcher:
    """Batches of an iterable dataset; the indices only say how many samples a batch has."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.samples = iter(recipe.dataset)
        self.ended = False

    def __call__(self, index: Any) -> Any:
        if self.ended:
            raise StopIteration
        if not self.recipe.batched:
            return self.recipe.collate(next(self.samples))
        batch = self._take(len(index))
        if not batch or (self.recipe.drop_last and len(batch) < len(index)):
            raise StopIteration
        return self.recipe.collate(batch)

    def _take(self, count: int) -> list[Any]:
        batch: list[Any] = []
        for _ in range(count):
            try:
                batch.append(next(self.samples))
            except StopIteration:
                self.ended = True
                break
        return batch


# ---------------------------------------------------------------- the pipe


def send(pipe: Any, value: Any) -> None:
    """Pickle, the memory of arrays beside the rest: it is written as it is, without a copy."""
    buffers: list[Any] = []
    body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    parts = [b.raw() for b in buffers]
    pipe.send_bytes(pickle.dumps([len(body), *[part.nbytes for part in parts]]))
    pipe.send_bytes(body)
    for part in parts:
        if part.nbytes:
            pipe.send_bytes(part)


def receive(pipe: Any) -> Any:
    """What the other side sent; arrays lie in memory of their own."""
    _, *sizes = pickle.loads(pipe.recv_bytes())
    body = pipe.recv_bytes()
    buffers = [bytearray(size) for size in sizes]
    for buffer in buffers:
        if buffer:
            pipe.recv_bytes_into(buffer)
    return pickle.loads(body, buffers=buffers)


@dataclass
class Failure:
    """An exception of a worker, on its way to the loader."""

    kind: type[BaseException]
    text: str

    def error(self) -> BaseException:
        """An exception of the same type, whose message ends with the worker's traceback."""
        if issubclass(self.kind, KeyError):
            return KeyError(_Verbatim(self.text))
        try:
            return self.kind(self.text)
        except Exception:  # a type that wants other arguments
            return RuntimeError(self.text)


class _Verbatim(str):
    """A text that a KeyError shows with its line breaks."""

    def __repr__(self) -> str:
        return str(self)


def _failure(error: BaseException, worker: int) -> Failure:
    trace = "".join(traceback.format_exception(error))
    return Failure(
        type(error), f"Caught {type(error).__name__} in DataLoader worker process {worker}.\nOriginal {trace}"
    )


# ---------------------------------------------------------------- the worker


@dataclass
class Post:
    """One worker's place: its number among how many, the loader's seed, what to call first,
    and the loader's process.
    """

    id: int
    count: int
    base_seed: int
    init: Any
    parent: int


def work(recipe: Recipe, post: Post, pipe: Any, inherited: list[Any]) -> None:
    """The life of a worker: answer tasks until the loader closes the pipe."""
    for end in inherited:  # by a fork; while one is open here, its worker never sees it closed
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the loader, which then closes the pipe
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(pipe, tasks, post.parent), daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        _answer(recipe, post, pipe, tasks)


def _read(pipe: Any, tasks: Any, parent: int) -> None:
    """Take tasks off the pipe at once, so that the loader never waits for a busy worker; and notice when it is gone."""
    try:
        while True:
            while not pipe.poll(ALIVE_CHECK):
                if os.getppid() != parent:
                    raise EOFError
            if (task := pipe.recv()) is None:
                raise EOFError
            tasks.put(task)
    except (EOFError, OSError):
        tasks.put(None)
        time.sleep(0.5)  # time to end by itself; a sample may take much longer
        os._exit(1)


def _answer(recipe: Recipe, post: Post, pipe: Any, tasks: Any) -> None:
    fetch, failure = None, None
    try:
        _prepare(recipe, post)
        fetch = recipe.fetcher()
    except Exception as error:
        failure = _failure(error, post.id)
    while (task := tasks.get()) is not None:
        answer: tuple[str, Any] = (READY, None)
        if failure is not None:
            answer, failure = (ERROR, failure), None
        elif task == READY:
            fetch = recipe.fetcher()
        else:
            answer = _result(fetch, task, recipe.iterable, post.id)
        try:
            send(pipe, answer)
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # a batch, or the type of an exception, that cannot be pickled
            text = answer[1].text if answer[0] == ERROR else _failure(error, post.id).text
            send(pipe, (ERROR, Failure(RuntimeError, text)))


def _prepare(recipe: Recipe, post: Post) -> None:
    """Seeds of its own for every generator, then the user's function."""
    global _info
    set_num_threads(1)
    seed = post.base_seed + post.id
    random.seed(seed)
    manual_seed(seed)
    words = [post.id, post.base_seed & 0xFFFFFFFF, post.base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))
    _info = WorkerInfo(post.id, post.count, seed, recipe.dataset)
    if post.init is not None:
        post.init(post.id)


def _result(fetch: Any, task: Any, iterable: bool, worker: int) -> tuple[str, Any]:
    try:
        return BATCH, fetch(task[0])
    except StopIteration as error:
        return (END, None) if iterable else (ERROR, _failure(error, worker))
    except Exception as error:
        return ERROR, _failure(error, worker)
