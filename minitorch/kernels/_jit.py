"""The only importer of Numba: compiles lazily, caches on disk, shares work among threads.

A kernel is a plain Python function over ndarrays and numbers, given to `@jit(twin=...)`. It is compiled for the
argument types of its first call. Where Numba cannot be imported (or `MINITORCH_JIT=0`), its numpy twin runs instead.

Compiled code is kept in `MINITORCH_CACHE_DIR`, else `$XDG_CACHE_HOME/minitorch`, else `~/.cache/minitorch`, one file
per kernel and signature, written atomically. Numba's own cache is not used: it overlooks a change in a function called
from another file, and two processes that fill one index at the same time can load each other's code.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import pickle
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

Function = Callable[..., Any]

# Vectorises sums, but leaves NaN and infinity alone (no "nnan", no "ninf"). "arcp" and "afn" are left out: with them
# 1 / sqrt(0) was NaN, from an estimate of the processor's that LLVM refines.
FASTMATH = {"reassoc", "contract", "nsz"}
OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": FASTMATH}


# ---------------------------------------------------------------- Numba, when it is first needed

_lock = threading.RLock()
_numba: Any = None  # None: not asked for yet; False: cannot be had
_waiting: list[Callable[[Any], None]] = []


def load() -> Any:
    """Numba, imported on the first call; False where it cannot be imported."""
    global _numba
    if _numba is None:
        with _lock:
            if _numba is None:
                _numba = _import_numba()
    return _numba


def _import_numba() -> Any:
    if os.environ.get("MINITORCH_JIT") == "0":
        return False
    try:
        import numba
        import numba.extending
    except ImportError:
        return False
    for register in _waiting:
        register(numba)
    return numba


def _when_loaded(register: Callable[[Any], None]) -> None:
    if _numba:
        register(_numba)
    else:
        _waiting.append(register)


def word(implementation: Callable[..., Function], options: dict[str, Any] = OPTIONS) -> Callable[[Function], Function]:
    """Give a numpy function a second meaning inside kernels:
    `implementation(*types)` returns the function to compile.
    """

    def decorate(function: Function) -> Function:
        _when_loaded(lambda numba: numba.extending.overload(function, jit_options=options)(implementation))
        return function

    return decorate


def bitcast(function: Function) -> Function:
    """Let `function(value, like)` mean, inside kernels, the bits of a number read as one of another type."""

    def register(numba: Any) -> None:
        @numba.extending.intrinsic  # type: ignore[untyped-decorator]
        def reinterpret(context: Any, value: Any, like: Any) -> Any:
            def generate(target: Any, builder: Any, signature: Any, args: Any) -> Any:
                return builder.bitcast(args[0], target.get_value_type(like))

            return like(value, like), generate

        numba.extending.overload(function)(lambda value, like: lambda value, like: reinterpret(value, like))

    _when_loaded(register)
    return function


def jitable(function: Function) -> Function:
    """A small helper that kernels may call; it stays a plain Python function everywhere else."""
    _when_loaded(lambda numba: numba.extending.register_jitable(**OPTIONS)(function))
    return function


# ---------------------------------------------------------------- kernels


class Kernel:
    """A function from ndarrays to ndarrays, compiled per argument types on first use."""

    def __init__(self, function: Function, twin: Function) -> None:
        self.python = function
        self.twin = twin
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.run: Function = self._first_run

    def __call__(self, *args: Any) -> Any:
        return self.run(*args)

    def _first_run(self, *args: Any) -> Any:
        numba = load()
        self.run = _compile(numba, self.python) if numba else self.twin
        return self.run(*args)

    def split(self, count: int, cost: float, *args: Any) -> None:
        """Run `kernel(start, stop, *args)` over `range(count)`, in threads where it pays;
        `cost`: nanoseconds an item.
        """
        if count * cost < 2 * PART_NS:
            self.run(0, count, *args)
        else:
            share(self.run, count, cost, *args)


def jit(twin: Function) -> Callable[[Function], Kernel]:
    """Make a kernel of a function; `twin` computes the same with numpy, from the same arguments."""
    return lambda function: Kernel(function, twin)


def _compile(numba: Any, function: Function) -> Any:
    dispatcher = numba.njit(**OPTIONS)(function)
    folder = _cache_folder()
    if folder is not None:
        dispatcher._cache = _disk_cache(numba, folder, f"{function.__module__}.{function.__qualname__}")
    return dispatcher


# ---------------------------------------------------------------- the cache on disk


def _cache_folder() -> Path | None:
    """Where compiled kernels are kept; None where there is no home folder."""
    named = os.environ.get("MINITORCH_CACHE_DIR")
    if named:
        return Path(named)
    shared = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(shared) if shared else Path.home() / ".cache") / "minitorch"
    except RuntimeError:
        return None


_digest: str | None = None


def _sources_digest(numba: Any) -> str:
    """A digest of every kernel source and of the versions: a change in any of them makes all cached code stale."""
    global _digest
    if _digest is None:
        import llvmlite

        parts = [sys.version, numba.__version__, llvmlite.__version__]
        parts += [path.read_text() for path in sorted(Path(__file__).parent.glob("*.py"))]
        _digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return _digest


def _disk_cache(numba: Any, folder: Path, name: str) -> Any:
    """An object with the interface of Numba's function caches: one file per kernel and signature, no index."""
    from numba.core.caching import CompileResultCacheImpl, NullCache

    form: Any = CompileResultCacheImpl  # its two methods use nothing of an instance

    class DiskCache(NullCache):
        def _path(self, signature: Any, target: Any) -> Path:
            key = (name, str(signature), str(target.codegen().magic_tuple()), _sources_digest(numba))
            return folder / f"{name.rpartition('.')[2]}-{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.bin"

        def load_overload(self, signature: Any, target_context: Any) -> Any:
            try:
                payload = pickle.loads(self._path(signature, target_context).read_bytes())
                target_context.refresh()
                return form.rebuild(None, target_context, payload)
            except Exception:  # missing, unreadable or damaged: it is compiled anew
                return None

        def save_overload(self, signature: Any, data: Any) -> None:
            try:
                payload = pickle.dumps(form.reduce(None, data))
                _write_atomically(self._path(signature, data.target_context), payload)
            except Exception:  # a cache that cannot be written is no cache
                return

    return DiskCache()


def _write_atomically(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


# ---------------------------------------------------------------- threads

# Kernels run without the GIL, so plain Python threads share their work. A pool of our own sleeps when idle: it neither
# starves the threads of numpy's BLAS, nor dies in a forked child, nor aborts when two Python threads use it. Handing a
# part over costs about 40 microseconds, so a part must be worth more.
PART_NS = 100_000

_threads: int | None = None
_tasks: SimpleQueue[Any] = SimpleQueue()
_workers: list[threading.Thread] = []


def available_cores() -> int:
    """Cores this process may use: its affinity, cut by the cgroup's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        return cores


def get_num_threads() -> int:
    """How many threads a kernel may use."""
    global _threads
    if _threads is None:
        _threads = int(os.environ.get("OMP_NUM_THREADS") or available_cores())
    return _threads


def set_num_threads(count: int) -> None:
    """Let every kernel use at most `count` threads."""
    global _threads
    if count < 1:
        raise RuntimeError(f"set_num_threads: expected a positive number of threads, got {count}")
    _threads = int(count)


def parts_of(count: int, cost: float) -> int:
    """Into how many parts `count` items of `cost` nanoseconds are worth cutting."""
    if count * cost < 2 * PART_NS:
        return 1
    return max(1, min(get_num_threads(), count, int(count * cost / PART_NS)))


def share(work: Function, count: int, cost: float, *args: Any) -> None:
    """Run `work(start, stop, *args)` over `range(count)`, in threads where it pays.

    Such work must not share in its turn.
    """
    if (parts := parts_of(count, cost)) == 1:
        work(0, count, *args)
    else:
        _run_parts(work, count, parts, args)


def _run_parts(run: Function, count: int, parts: int, args: tuple[Any, ...]) -> None:
    _start_workers(parts - 1)
    _keep_apart()
    bounds = [count * i // parts for i in range(parts + 1)]
    done: SimpleQueue[BaseException | None] = SimpleQueue()
    for i in range(1, parts):
        _tasks.put((run, (bounds[i], bounds[i + 1], *args), done))
    try:
        run(bounds[0], bounds[1], *args)
    finally:
        failures = [done.get() for _ in range(1, parts)]
    for failure in failures:
        if failure is not None:
            raise failure


def _start_workers(count: int) -> None:
    global _taken
    with _lock:
        while len(_workers) < count:
            name = f"minitorch-{len(_workers)}"
            _workers.append(threading.Thread(target=_work, args=(_tasks,), daemon=True, name=name))
            _workers[-1].start()
            _taken = -1


# Where the other cores look busy when a worker wakes up (a neighbour, or an idle thread of BLAS, which yields in a
# loop for
# 26 ms after each product), Linux puts the worker onto the core of the thread that woke it, and leaves it there: two
# threads then take as long as one. So the workers are told which core is taken, whenever that has changed.
_taken = -1


def _core_query() -> Function:
    """The C library's `sched_getcpu`, or what says -1 where there is none."""
    try:
        return cast(Function, ctypes.CDLL(None).sched_getcpu)
    except (OSError, AttributeError, TypeError):
        return lambda: -1


_current_core = _core_query()


def _keep_apart() -> None:
    global _taken
    core = _current_core()
    if core == _taken or not hasattr(os, "sched_setaffinity"):
        return
    _taken = core
    try:
        others = os.sched_getaffinity(0) - {core}
        for worker in list(_workers):
            if others and worker.native_id is not None:
                os.sched_setaffinity(worker.native_id, others)
    except OSError:  # not allowed here: then the system's choice stands
        return


def _work(tasks: SimpleQueue[Any]) -> None:
    while True:
        run, args, done = tasks.get()
        try:
            run(*args)
        except BaseException as failure:
            done.put(failure)
        else:
            done.put(None)


def _forget_workers() -> None:
    """In a forked child: the threads are gone, the queue may be locked, so start afresh."""
    global _workers, _tasks, _lock, _taken
    _workers, _tasks, _lock, _taken = [], SimpleQueue(), threading.RLock(), -1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
