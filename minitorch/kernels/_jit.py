"""The only importer of Numba: compiles lazily, caches on disk, shares work among threads.

A kernel is a plain Python function over ndarrays and numbers, given to `@jit(twin=...)`. It is compiled for the
argument types of its first call. Where Numba cannot be imported (or `MINITORCH_JIT=0`), its numpy twin runs instead.

Compiled code is kept in `MINITORCH_CACHE_DIR`, else `$XDG_CACHE_HOME/minitorch`, else `~/.cache/minitorch`, one file
per kernel and signature, written atomically. Numba's own cache is not used: it overlooks a change in a function called
from another file, and two processes that fill one index at the same time can load each other's code.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import inspect
import itertools
import os
import pickle
import platform
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, cast

import numpy as np

Function = Callable[..., Any]

# Vectorises sums, but leaves NaN and infinity alone (no "nnan", no "ninf"). "arcp" and "afn" are left out: with them
# 1 / sqrt(0) was NaN, from an estimate of the processor's that LLVM refines.
FASTMATH = {"reassoc", "contract", "nsz"}
# Nothing calls a kernel from C.
OPTIONS = {"nogil": True, "error_model": "numpy", "fastmath": FASTMATH, "no_cfunc_wrapper": True}


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
        def register(numba: Any) -> None:
            numba.extending.overload(function, jit_options={**options, **_helper(numba)})(implementation)

        _when_loaded(register)
        return function

    return decorate


def _instructions(function: Function, form: Function, generate: Callable[..., Any]) -> Function:
    """Let a function mean, inside kernels, the instructions that `generate(target, builder, types, arguments)` writes.
    `form(numba.types, *types)`: the type of its result, and those to which its arguments are converted.

    This is nothing to compile by itself, as the wrapper of an intrinsic is: 50 ms for each use with other types.
    """

    def register(numba: Any) -> None:
        def typing(*types: Any) -> Any:
            return numba.core.typing.signature(*form(numba.types, *types))

        def code(target: Any, builder: Any, signature: Any, args: Any) -> Any:
            value = generate(target, builder, signature.args, args)
            return target.get_dummy_value() if value is None else value

        typing.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
        numba.extending.type_callable(function)(lambda context: typing)
        numba.extending.lower_builtin(function, numba.types.VarArg(numba.types.Any))(code)

    _when_loaded(register)
    return function


def _data(target: Any, builder: Any, array: Any, value: Any) -> Any:
    """The pointer to the numbers of an array."""
    return target.make_array(array)(target, builder, value).data


def _call_of(builder: Any, name: str, write: Callable[..., None], args: Any) -> None:
    """A call of a function that `write(builder, *arguments)` writes, once for all calls with such arguments.

    Taken in at each call, it is compiled as often, and runs slower in the middle of so much else.
    """
    from llvmlite import ir

    name = f"minitorch.{name}.{args[0].type.pointee}"
    function = builder.module.globals.get(name)
    if function is None:
        form = ir.FunctionType(ir.VoidType(), [x.type for x in args])
        function = ir.Function(builder.module, form, name)
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        function.attributes.add("nounwind")
        body = ir.IRBuilder(function.append_basic_block())
        write(body, *function.args)
        body.ret_void()
    builder.call(function, args)


def bitcast(function: Function) -> Function:
    """Let `function(value, like)` mean, inside kernels, the bits of a number read as one of another type."""

    def generate(target: Any, builder: Any, types: Any, args: Any) -> Any:
        return builder.bitcast(args[0], target.get_value_type(types[1]))

    return _instructions(function, lambda types, value, like: (like, value, like), generate)


def calls_sgemm(function: Function) -> Function:
    """Let function(address, turn_a, turn_b, m, n, k, a, lda, b, ldb, more, c, ldc) mean, inside kernels, a call of the
    `cblas_sgemm` with 64-bit integers at that address: c = a b (1: of the transpose), plus `more` c, in rows. Of the
    flat arrays a, b and c the first elements count. A kernel that multiplies so keeps off the GIL between products.
    """

    def form(types: Any, *given: Any) -> Any:
        return types.void, *[t if isinstance(t, types.Array) else types.int64 for t in given]

    return _instructions(function, form, _write_call)


def _write_call(target: Any, builder: Any, types: Any, args: Any) -> None:
    from llvmlite import ir

    i32, i64, f32, pointer = ir.IntType(32), ir.IntType(64), ir.FloatType(), ir.IntType(8).as_pointer()
    given = [
        x if x.type == i64 else builder.bitcast(_data(target, builder, t, x), pointer)
        for t, x in zip(types, args, strict=True)
    ]
    address, turn_a, turn_b, m, n, k, a, lda, b, ldb, more, c, ldc = given
    turns = [builder.trunc(builder.add(turn, i64(111)), i32) for turn in (turn_a, turn_b)]
    form = [i32, i32, i32, i64, i64, i64, f32, pointer, i64, pointer, i64, f32, pointer, i64]
    function = builder.inttoptr(address, ir.FunctionType(ir.VoidType(), form).as_pointer())
    by_rows, one = i32(101), f32(1.0)
    builder.call(function, [by_rows, *turns, m, n, k, one, a, lda, b, ldb, builder.sitofp(more, f32), c, ldc])


def moves_rows(gather: int = 1, scatter: int = 1, add: bool = False) -> Callable[[Function], Function]:
    """Let function(target, v, source, u, n) mean, inside kernels, that n numbers from source[u::gather]
    go to target[v::scatter], or are added there; both are flat. They go in vectors of fixed lengths: of a loop whose
    length is known at run time only, LLVM vectorises stretches of 32, and asks before each whether the arrays overlap.
    """

    def form(types: Any, target: Any, v: Any, source: Any, u: Any, n: Any) -> Any:
        return types.void, target, types.int64, source, types.int64, types.int64

    def decorate(function: Function) -> Function:
        def generate(target: Any, builder: Any, types: Any, args: Any) -> None:
            ends = [builder.gep(_data(target, builder, types[i], args[i]), [args[i + 1]]) for i in (0, 2)]
            write = functools.partial(_write_moves, gather=gather, scatter=scatter, add=add)
            _call_of(builder, function.__name__, write, [*ends, args[4]])

        return _instructions(function, form, generate)

    return decorate


def _write_moves(b: Any, to: Any, origin: Any, n: Any, gather: int, scatter: int, add: bool) -> None:
    """A loop over vectors of 16 numbers, then one over vectors of 4, and one over what is left."""
    from llvmlite import ir

    def pointer(base: Any, index: Any, step: int, length: int) -> Any:
        wide = ir.VectorType(number, length * step if length > 1 else 1)
        return b.bitcast(b.gep(base, [b.mul(index, n.type(step))]), wide.as_pointer())

    def every(step: int, vector: Any, other: Any, indices: list[int]) -> Any:
        chosen = ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices)
        return vector if step == 1 else b.shuffle_vector(vector, other, chosen)

    number = to.type.pointee
    plus = b.add if isinstance(number, ir.IntType) else b.fadd
    at, before = n.type(0), b.block
    for length in (16, 4, 1):
        again, body, after = [b.append_basic_block(f"{name}_{length}") for name in ("again", "body", "after")]
        b.branch(again)
        b.position_at_end(again)
        here = b.phi(n.type)
        here.add_incoming(at, before)
        end = b.add(here, n.type(length))
        # With a step, a vector that ends with the last number would go beyond it.
        b.cbranch(b.icmp_signed("<" if gather * scatter > 1 < length else "<=", end, n), body, after)
        b.position_at_end(body)
        apart, spread = (gather, scatter) if length > 1 else (1, 1)
        value = b.load(pointer(origin, here, gather, length), align=1)
        value = every(apart, value, ir.Constant(value.type, ir.Undefined), list(range(0, length * apart, apart)))
        zeros = ir.Constant(value.type, None)
        places = [i // spread if i % spread == 0 else length for i in range(length * spread)]
        value = every(spread, value, zeros, places)
        place = pointer(to, here, scatter, length)
        if add:
            value = plus(b.load(place, align=1), value)
        b.store(value, place, align=1)
        here.add_incoming(end, b.block)
        b.branch(again)
        b.position_at_end(after)
        at, before = here, after


class _Lanes:
    """A vector of numbers inside a kernel: arithmetic with it writes instructions."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _apply(self, name: str, a: Any, b: Any) -> _Lanes:
        from llvmlite import ir

        form = self.value.type
        values = [x.value if isinstance(x, _Lanes) else ir.Constant(form, [float(x)] * form.count) for x in (a, b)]
        return _Lanes(self.builder, getattr(self.builder, name)(*values, flags=sorted(FASTMATH)))

    def __add__(self, other: Any) -> _Lanes:
        return self._apply("fadd", self, other)

    def __sub__(self, other: Any) -> _Lanes:
        return self._apply("fsub", self, other)

    def __mul__(self, other: Any) -> _Lanes:
        return self._apply("fmul", self, other)

    def __rmul__(self, other: Any) -> _Lanes:
        return self._apply("fmul", other, self)


LANES = 16  # numbers in a vector; a processor with shorter ones takes several


def on_rows(formula: Function, gather: bool = False, scatter: bool = False) -> Function:
    """Of a formula from numbers to numbers make what, inside kernels, computes it for whole rows at once:
    `name(target, v, apart, source, u, between, n)` takes its arguments from source[u + between k + i] and puts its
    results to target[v + apart k + i], k counting them, for all i below n, a multiple of 16; the arrays are flat.

    `gather`: the first four arguments are interleaved, at source[u + 4 i + k], and the others in rows of length n from
    source[u + between] on. `scatter`: so are the results, four of them. What is written here is vectors already: LLVM
    neither has to make them of loops, nor to find out that the rows do not overlap, which took it seconds.
    """

    def rows(target: Any, v: Any, apart: Any, source: Any, u: Any, between: Any, n: Any) -> None:
        raise RuntimeError(f"{formula.__name__}: only inside kernels")

    def form(types: Any, target: Any, v: Any, apart: Any, source: Any, u: Any, between: Any, n: Any) -> Any:
        long = types.int64
        return types.void, target, long, long, source, long, long, long

    def generate(target: Any, builder: Any, types: Any, args: Any) -> None:
        to, origin = [builder.gep(_data(target, builder, types[i], args[i]), [args[i + 1]]) for i in (0, 3)]
        write = functools.partial(_write_rows, formula=formula, gather=gather, scatter=scatter)
        _call_of(builder, f"{formula.__name__}.{gather:d}{scatter:d}", write, [to, args[2], origin, args[5], args[6]])

    return _instructions(rows, form, generate)


def _write_rows(
    b: Any, to: Any, apart: Any, origin: Any, between: Any, n: Any, formula: Function, gather: bool, scatter: bool
) -> None:
    """A loop over vectors of each row."""
    from llvmlite import ir

    number, long = to.type.pointee, n.type

    def at(base: Any, count: int, *terms: Any) -> Any:
        wide = ir.VectorType(number, count * LANES)
        return b.bitcast(b.gep(base, [functools.reduce(b.add, terms)]), wide.as_pointer())

    def times(x: Any, factor: int) -> Any:
        return b.mul(x, long(factor))

    def chosen(x: Any, y: Any, indices: list[int]) -> Any:
        return b.shuffle_vector(x, y, ir.Constant(ir.VectorType(ir.IntType(32), len(indices)), indices))

    before, body, after = b.block, b.append_basic_block("rows"), b.append_basic_block("after_rows")
    b.branch(body)
    b.position_at_end(body)
    i = b.phi(long)
    i.add_incoming(long(0), before)
    inputs = []
    if gather:
        mixed = b.load(at(origin, 4, times(i, 4)), align=1)
        inputs = [chosen(mixed, mixed, list(range(k, 4 * LANES, 4))) for k in range(4)]
    others = formula.__code__.co_argcount - len(inputs)
    places = [(between, times(n, k), i) if gather else (times(between, k), i) for k in range(others)]
    inputs += [b.load(at(origin, 1, *place), align=1) for place in places]
    results = [lanes.value for lanes in formula(*[_Lanes(b, x) for x in inputs])]
    if scatter:
        left, right = [chosen(x, y, list(range(2 * LANES))) for x, y in (results[:2], results[2:])]
        mixed = chosen(left, right, [k * LANES + j for j in range(LANES) for k in range(4)])
        b.store(mixed, at(to, 4, times(i, 4)), align=1)
    else:
        for k, result in enumerate(results):
            b.store(result, at(to, 1, times(apart, k), i), align=1)
    following = b.add(i, long(LANES))
    i.add_incoming(following, body)
    b.cbranch(b.icmp_signed("<", following, n), body, after)
    b.position_at_end(after)


def jitable(function: Function) -> Function:
    """A small helper that kernels may call; it stays a plain Python function everywhere else."""
    _when_loaded(lambda numba: numba.extending.register_jitable(**OPTIONS, **_helper(numba))(function))
    return function


@functools.cache
def _helper(numba: Any) -> dict[str, Any]:
    """Options for what only kernels call: its code is kept for them to take in. To optimise it and to make machine
    code of it, which nothing runs, took as long as to do so with the kernels themselves.
    """
    try:
        from numba.core import codegen, compiler

        library: Any = codegen.JITCodeLibrary
        pipeline: Any = compiler.Compiler
    except (ImportError, AttributeError):
        return {}

    class Taken(library):  # type: ignore[misc]
        def _optimize_final_module(self) -> None:
            return

        def _finalize_final_module(self) -> None:
            from llvmlite.binding import parse_assembly

            # Numba writes the address of the function's constants to a variable of this name.
            names = [v.name for v in self._final_module.global_variables if v.name.startswith("_ZN08NumbaEnv")]
            lines = [f'@"{name}" = common global i8* null' for name in names]
            head = str(self._codegen._create_empty_module("names"))
            self._codegen._add_module(parse_assembly("\n".join([head, *lines])))
            self._codegen._engine.finalize_object()
            self._finalized = True

        def get_pointer_to_function(self, name: str) -> int:
            self._ensure_finalized()
            return 0

    class TakenCompiler(pipeline):  # type: ignore[misc]
        def define_pipelines(self) -> Any:
            state = self.state
            state.library = Taken(state.targetctx.codegen(), state.func_id.func_qualname)
            return super().define_pipelines()

    return {"pipeline_class": TakenCompiler}


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

# Kernels run without the GIL, so plain Python threads share their work: neither do they starve the threads of numpy's
# BLAS, nor die in a forked child, nor abort when two Python threads use them. To wake a sleeping thread takes 40
# microseconds, so a worker that has just had work looks for more in a compiled loop for a while, and goes to sleep
# then; handing work over takes 11 microseconds meanwhile. Nobody waits for work that is not begun: the caller
# does it itself.
PART_NS = 40_000  # what a part must be worth
SPIN_US = 200.0  # how long a worker looks for more work, and a caller at unfinished work, before they sleep
SETTLE_US = 2.0  # how long a worker then waits until the caller is in its kernel and the GIL is free
STALL_US = 300.0  # a wait longer than this and most of the caller's share: another process has taken the core

_threads: int | None = None


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
    parts = parts_of(count, cost)
    if parts == 1:
        work(0, count, *args)
    else:
        _pool.run(work, [count * i // parts for i in range(parts + 1)], args)


# ---------------------------------------------------------------- looking at a number that another thread writes


def _word_of(function: Function, generate: Callable[[Any, Any, Any], Any]) -> Function:
    """Let `function(array, index, ...)` mean, inside kernels, what `generate(builder, pointer, arguments)` makes."""

    def write(target: Any, builder: Any, types: Any, args: Any) -> Any:
        return generate(builder, builder.gep(_data(target, builder, types[0], args[0]), [args[1]]), args[2])

    return _instructions(function, lambda types, array, i, value: (array.dtype, array, i, value), write)


# What tells a processor that this is a loop that waits, so that its other thread goes first.
_RELAX = "llvm.x86.sse2.pause" if platform.machine() in ("x86_64", "AMD64") else None


def _load(builder: Any, pointer: Any, value: Any) -> Any:
    if _RELAX:
        from llvmlite import ir

        builder.call(builder.module.declare_intrinsic(_RELAX, (), ir.FunctionType(ir.VoidType(), [])), [])
    return builder.load_atomic(pointer, "acquire", 8)


def _store(builder: Any, pointer: Any, value: Any) -> Any:
    builder.store_atomic(value, pointer, "release", 8)
    return value


@functools.partial(_word_of, generate=_load)
def _seen(cells: Any, i: int, value: int) -> Any:
    """cells[i], as other threads left it."""
    return cells[i]


@functools.partial(_word_of, generate=_store)
def _tell(cells: Any, i: int, value: int) -> Any:
    """cells[i] = value, for other threads to see, with all that was written before."""
    cells[i] = value


def _watch_numpy(cells: Any, i: int, value: int, turns: int) -> bool:
    return bool(cells[i] != value)


@jit(twin=_watch_numpy)
def _watch(cells: Any, i: int, value: int, turns: int) -> bool:
    """Look, so many times, whether cells[i] is no longer the value."""
    while turns > 0 and _seen(cells, i, 0) == value:
        turns -= 1
    return turns > 0


def _rest_numpy(done: Any, part: int, bell: Any, heard: int, turns: int, settle: int) -> int:
    done[part] = 1
    return int(bell[0])


@jit(twin=_rest_numpy)
def _rest(done: Any, part: int, bell: Any, heard: int, turns: int, settle: int) -> int:
    """Report a part as done, then wait for the bell to ring again; both without the GIL."""
    _tell(done, part, 1)
    now = _seen(bell, 0, 0)
    for _ in range(turns):
        if now != heard:
            break
        now = _seen(bell, 0, 0)
    if now != heard:
        for _ in range(settle):
            _seen(bell, 0, 0)
    return now


def _turns_in(microseconds: float) -> int:
    """How many looks of `_watch` take that long."""
    cells, times = np.zeros(1, np.int64), []
    for _ in range(5):
        start = time.perf_counter()
        _watch(cells, 0, 0, 200)
        times.append(time.perf_counter() - start)
    return max(1, int(microseconds * 200e-6 / max(min(times), 1e-7)))


# ---------------------------------------------------------------- the pool


class _Job:
    """Work in parts. The caller does the first, then all that nobody has begun."""

    def __init__(self, work: Function, bounds: list[int], args: tuple[Any, ...]) -> None:
        self.work, self.args = work, args
        self.parts = list(itertools.pairwise(bounds))
        self.left = list(range(len(self.parts) - 1, -1, -1))  # nobody has begun these
        self.done = np.zeros(len(self.parts), np.int64)  # 1: the part is
        self.failures: list[BaseException | None] = []  # one entry for each part that a worker did
        self.sleeper: SimpleQueue[None] | None = None  # where the caller waits

    def take(self) -> int:
        """A part that nobody has begun; -1: there is none."""
        try:
            return self.left.pop()
        except IndexError:
            return -1

    def do(self, part: int) -> None:
        """Run one part."""
        self.work(*self.parts[part], *self.args)

    def serve(self, part: int) -> None:
        """Run one part in a worker."""
        failure: BaseException | None = None
        try:
            self.do(part)
        except BaseException as error:
            failure = error
        self.failures.append(failure)  # first this, then the look: the caller does it the other way round
        if self.sleeper is not None:
            self.sleeper.put(None)

    def own_share(self) -> tuple[int, float]:
        """The caller's parts; how many are left to others, and the moment when the first was done."""
        others, now = len(self.parts), 0.0
        try:
            while (part := self.take()) >= 0:
                others -= 1
                self.done[part] = 1
                self.do(part)
                now = now or time.perf_counter()
        except BaseException:
            while self.take() >= 0:
                others -= 1
            self.wait(others, 0)
            raise
        return others, now

    def wait(self, others: int, turns: int) -> None:
        """Wait until the others have done their parts: look for a while, then sleep."""
        for part in range(len(self.parts)):
            _watch(self.done, part, 0, turns)
        if len(self.failures) < others:
            self.sleeper = SimpleQueue()
            while len(self.failures) < others:
                self.sleeper.get()


class _Pool:
    """Threads that take parts of jobs, started when they are needed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.workers: list[threading.Thread] = []
        self.jobs: deque[_Job] = deque()  # each as often as it can use a worker
        self.sleepers: deque[Any] = deque()  # the locks on which workers sleep
        self.bell = np.zeros(1, np.int64)  # counts the calls for help
        self.turns = self.settle = 1
        self.taken = -1  # the core of the caller
        self.alone_until, self.patience = 0.0, 30

    def run(self, work: Function, bounds: list[int], args: tuple[Any, ...]) -> None:
        """Run work(start, stop, *args) between neighbouring bounds."""
        start = time.perf_counter()
        if start < self.alone_until:
            for first, last in itertools.pairwise(bounds):
                work(first, last, *args)
            return
        job = _Job(work, bounds, args)
        self.call(job, len(job.parts) - 1)
        others, first_done = job.own_share()
        if others:
            job.wait(others, self.turns)
            self.judge(first_done - start, time.perf_counter() - first_done)
        if others < len(job.parts) - 1:
            self.withdraw(job)
        for failure in job.failures:
            if failure is not None:
                raise failure

    def judge(self, own: float, waited: float) -> None:
        """After a stall, work alone for 30 times as long, and if the next comes within a second, for twice that."""
        if waited > 0.7 * own + STALL_US * 1e-6:
            now = time.perf_counter()
            self.patience = min(2 * self.patience, 240) if now < self.alone_until + 1 else 30
            self.alone_until = now + self.patience * waited

    def call(self, job: _Job, count: int) -> None:
        """Ring for workers, and wake those that sleep."""
        if len(self.workers) < count:
            self.start(count)
        self.keep_apart()
        self.jobs.extend([job] * count)
        self.bell[0] += 1
        for _ in range(min(count, len(self.sleepers))):
            try:
                self.sleepers.popleft().release()
            except IndexError:  # another caller was faster
                return

    def withdraw(self, job: _Job) -> None:
        """Nobody came for it in time: do not keep its arrays."""
        try:
            while True:
                self.jobs.remove(job)
        except ValueError:
            return

    def start(self, count: int) -> None:
        """Have that many workers."""
        with self.lock:
            self.turns, self.settle = _turns_in(SPIN_US), _turns_in(SETTLE_US)
            _rest(np.zeros(1, np.int64), 0, self.bell, 0, 1, 1)  # compiled here, not by all workers at once
            while len(self.workers) < count:
                name = f"minitorch-{len(self.workers)}"
                self.workers.append(threading.Thread(target=self.serve, daemon=True, name=name))
                self.workers[-1].start()
                self.taken = -1

    # Where the other cores look busy when a worker wakes up (a neighbour, or an idle thread of BLAS, which yields in a
    # loop for 26 ms after each product), Linux puts the worker onto the core of the thread that woke it, and leaves it
    # there: two threads then take as long as one. So the workers are told which core is taken, whenever that changed.
    def keep_apart(self) -> None:
        """Keep the workers off the core of the caller."""
        core = _current_core()
        if core == self.taken or not hasattr(os, "sched_setaffinity"):
            return
        self.taken = core
        try:
            others = os.sched_getaffinity(0) - {core}
            for worker in list(self.workers):
                if others and worker.native_id is not None:
                    os.sched_setaffinity(worker.native_id, others)
        except OSError:  # not allowed here: then the system's choice stands
            return

    def serve(self) -> None:
        """The life of a worker."""
        bed = threading.Lock()
        bed.acquire()
        done, part, heard = np.zeros(1, np.int64), 0, 0
        while True:
            now = _rest(done, part, self.bell, heard, self.turns, self.settle)
            if now == heard and not self.jobs:
                self.sleep(bed)
            heard = now
            try:
                job = self.jobs.popleft()
            except IndexError:
                continue
            if (taken := job.take()) >= 0:
                job.serve(taken)
                done, part = job.done, taken
            del job  # and with it the arrays

    def sleep(self, bed: Any) -> None:
        """Until somebody calls; in `call` the job is there before anyone is woken."""
        self.sleepers.append(bed)
        if self.jobs:
            try:
                self.sleepers.remove(bed)
                return
            except ValueError:  # just called
                pass
        bed.acquire()


def _core_query() -> Function:
    """The C library's `sched_getcpu`, or what says -1 where there is none."""
    try:
        return cast(Function, ctypes.CDLL(None).sched_getcpu)
    except (OSError, AttributeError, TypeError):
        return lambda: -1


_current_core = _core_query()
_pool = _Pool()


def _forget_workers() -> None:
    """In a forked child: the threads are gone, locks may be held, so start afresh."""
    global _pool, _lock
    _pool, _lock = _Pool(), threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
