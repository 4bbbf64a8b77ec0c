"""`torch.multiprocessing`: Python's own, and `spawn`.

Tensors travel as pickles; no memory is shared between processes.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
from multiprocessing import *  # noqa: F403
from typing import Any

__all__ = [
    *multiprocessing.__all__,
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
]


class ProcessRaisedException(Exception):
    """A process that `spawn` started ended with an error."""


class SpawnContext:
    """The processes that `spawn` started."""

    def __init__(self, processes: list[Any]) -> None:
        self.processes = processes

    def pids(self) -> list[int]:
        """Their numbers."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Wait for them; whether all have ended. ProcessRaisedException if one failed: the others are ended, too."""
        alive = [p.sentinel for p in self.processes if p.is_alive()]
        if alive:  # waiting for none never ends
            multiprocessing.connection.wait(alive, timeout)
        codes = [process.exitcode for process in self.processes]  # read once: a process may end between two looks
        failed = [i for i, code in enumerate(codes) if code]
        if failed:
            _end(self.processes)
            message = f"process {failed[0]} ended with exit code {codes[failed[0]]}; its error stands above"
            raise ProcessRaisedException(message)
        return None not in codes


def _end(processes: list[Any]) -> None:
    for process in processes:
        process.terminate()
        process.join()


def spawn(
    fn: Any, args: Any = (), nprocs: int = 1, join: bool = True, daemon: bool = False, start_method: str = "spawn"
) -> SpawnContext | None:
    """Call `fn(i, *args)` in `nprocs` fresh processes, i = 0 .. nprocs - 1, and wait for them (or return them)."""
    context: Any = multiprocessing.get_context(start_method)
    processes = [context.Process(target=fn, args=(i, *args), daemon=daemon) for i in range(nprocs)]
    started = SpawnContext(processes)
    try:
        for process in processes:
            process.start()
    except BaseException:
        _end([p for p in processes if p.pid is not None])  # nobody would wait for those that did start
        raise
    while join and not started.join():
        pass
    return None if join else started


def get_all_sharing_strategies() -> set[str]:
    """Those that PyTorch has on Linux."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """What PyTorch says on Linux; there is none to choose here."""
    return "file_descriptor"


def set_sharing_strategy(new_strategy: str) -> None:
    """Nothing: no memory is shared."""
