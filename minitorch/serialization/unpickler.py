"""A reader of pickles that runs nothing: a machine for the data they hold, with a list of the names it knows.

Why not `pickle.Unpickler` with a `find_class` of our own: its `BUILD` sets attributes on whatever lies on its stack,
also on the classes and functions that the list allows; and a single instruction makes it allocate gigabytes for its
memo. Here each instruction is a few lines, with the types it accepts. `pickletools` reads the instructions; it too runs
nothing.
"""

from __future__ import annotations

import pickletools
from collections import Counter, OrderedDict
from collections.abc import Callable
from types import NoneType
from typing import Any

from ..errors import CheckpointError

_SIZED = (str, bytes, bytearray, list, tuple, dict, set)


class Machine:
    """The state while one pickle is read: a stack, its marks and the memo.

    `find(name)` gives the meaning of a global; `callables` are those that may be called, `buildable` the classes whose
    instances take a state; `persistent_load(id)` gives what lies outside of the pickle. `size`, of the file, bounds
    what the calls may be given: a long text, made once and encoded a million times, would fill the memory from a small
    file.
    """

    def __init__(self, names: Names, persistent_load: Callable[[Any], Any], size: int) -> None:
        self.names = names
        self.budget = 16 * size + 4096
        self.persistent_load = persistent_load
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def load(self, file: Any) -> Any:
        """The object of the pickle that begins here; the file is left behind its end."""
        try:
            for instruction, argument, _ in pickletools.genops(file):
                step = STEPS.get(instruction.name)
                if step is None:
                    raise CheckpointError(f"the pickle has the instruction {instruction.name}, which is not executed")
                step(self, argument)
            return self.stack.pop()
        except CheckpointError:
            raise
        except (MemoryError, RecursionError):
            raise CheckpointError("the pickle asks for more memory than there is") from None
        except Exception as error:  # a damaged pickle can fail anywhere
            raise CheckpointError(f"the pickle is damaged: {type(error).__name__}: {brief(*error.args)}") from error

    def since_mark(self) -> list[Any]:
        """What was put on the stack after the last mark, taken off."""
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def call(self, function: Any, args: Any) -> Any:
        """The result of a function that may be called."""
        if id(function) not in self.names.callables or type(args) is not tuple:
            raise CheckpointError(f"the pickle calls {_named(function)}, which is not on the list")
        self.budget -= sum([len(a) for a in args if isinstance(a, _SIZED)])
        if self.budget < 0:
            raise CheckpointError("the pickle makes far larger objects than it holds data for")
        return function(*args)

    def build(self, target: Any, state: Any) -> None:
        """Give an object of a trusted class its state, and an OrderedDict its attributes."""
        if type(target) not in self.names.buildable:
            raise CheckpointError(f"the pickle sets attributes of a {type(target).__name__}")
        if type(target) is OrderedDict:
            _set_attributes(target, state)
        elif hasattr(target, "__setstate__"):
            target.__setstate__(state)
        else:
            target.__dict__.update(state)

    def new(self, kind: Any, args: Any) -> Any:
        """An instance of a class, without its `__init__`, if it is a trusted one."""
        if isinstance(kind, type) and kind in self.names.buildable:
            return kind.__new__(kind, *args)
        return self.call(kind, args)


class Names:
    """What the globals of a pickle mean: one table, `{"collections.OrderedDict": function, ...}`.

    Functions in it may be called; a class may be called only if `trusted`, and its instances then take a state.
    """

    def __init__(self, table: dict[str, Any], trusted: dict[str, Any]) -> None:
        self.table = {**table, **trusted}
        functions = [value for value in table.values() if callable(value) and not isinstance(value, type)]
        self.callables = {id(f): f for f in [*functions, *trusted.values()]}
        self.buildable = {OrderedDict, *[value for value in trusted.values() if isinstance(value, type)]}

    def find(self, module: str, name: str) -> Any:
        """The meaning of a name; CheckpointError if it has none."""
        if type(module) is not str or type(name) is not str:
            raise CheckpointError(f"the file names {brief(module)}.{brief(name)}, which is no name")
        full = f"{_PYTHON_2.get(module, module)}.{name}"
        if full not in self.table:
            raise CheckpointError(
                f"Weights only load failed: the file names {full}, which is not on the list of what is loaded without "
                "running foreign code. If you trust the file and need it: "
                f"torch.serialization.add_safe_globals([{name}]), or torch.load(..., weights_only=False), which runs "
                "whatever the file says."
            )
        return self.table[full]


def _named(value: Any) -> str:
    """A short name, made without calling a `__repr__` that may take for ever."""
    return getattr(value, "__qualname__", f"a {type(value).__name__}")


_PYTHON_2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}


# ---------------------------------------------------------------- plain values a pickle makes by calling something


def ordered_dict(pairs: Any = ()) -> OrderedDict[Any, Any]:
    """`collections.OrderedDict`."""
    return OrderedDict([(key(k), v) for k, v in pairs])


def counter(counts: Any = ()) -> Counter[Any]:
    """`collections.Counter`."""
    return Counter({key(k): counts[k] for k in counts})


def set_of(items: Any = ()) -> set[Any]:
    """`set`."""
    return {key(x) for x in items}


def frozenset_of(items: Any = ()) -> frozenset[Any]:
    """`frozenset`."""
    return frozenset([key(x) for x in items])


def encoded(text: str, encoding: str = "latin1") -> bytes:
    """`_codecs.encode`, as Python 3 writes bytes in protocol 2."""
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise CheckpointError(f"the pickle encodes {type(text).__name__} as {brief(encoding)}")
    return text.encode("latin-1")


def byte_array(data: Any = b"", encoding: str = "latin1") -> bytearray:
    """`bytearray` of bytes or text, not of a length: that would be memory for nothing."""
    return bytearray(data if type(data) is bytes else encoded(data, encoding))


def byte_string(data: bytes = b"") -> bytes:
    """`bytes`, which an empty one is written as; not of a length."""
    return data if type(data) is bytes else encoded(str(data))


def complex_number(real: float, imag: float = 0.0) -> complex:
    """`complex`."""
    return complex(real, imag)


PLAIN = {
    "collections.OrderedDict": ordered_dict,
    "collections.Counter": counter,
    "builtins.set": set_of,
    "builtins.frozenset": frozenset_of,
    "builtins.bytes": byte_string,
    "builtins.bytearray": byte_array,
    "builtins.complex": complex_number,
    "_codecs.encode": encoded,
}


def key(value: Any) -> Any:
    """A key of a dict or set: no large tuples of tuples, whose hash may take for ever."""
    pending, left = [value], 100
    while pending:
        item = pending.pop()
        if type(item) is tuple:
            left -= 1 + len(item)
            pending += item[: max(0, left)]
        if left < 0:
            raise CheckpointError("the pickle has a key of many or deeply nested tuples")
    return value


def brief(*values: Any) -> str:
    """Values in an error: numbers and texts, shortened; of others only the type, as their `repr` may take for ever."""
    shown = [
        f"{v!r:.200}" if type(v) in (str, bytes, int, float, bool, NoneType) else f"a {type(v).__name__}"
        for v in values
    ]
    return ", ".join(shown)


# ---------------------------------------------------------------- the instructions


def _push(machine: Machine, argument: Any) -> None:
    machine.stack.append(argument)


def _constant(value: Any) -> Callable[[Machine, Any], None]:
    return lambda machine, argument: machine.stack.append(value)


def _nothing(machine: Machine, argument: Any) -> None:
    pass


def _new(kind: Any) -> Callable[[Machine, Any], None]:
    return lambda machine, argument: machine.stack.append(kind())


def _old_text(machine: Machine, argument: Any) -> None:
    machine.stack.append(argument.encode("latin-1").decode("utf-8"))


def _mark(machine: Machine, argument: Any) -> None:
    machine.marks.append(len(machine.stack))


def _tuple(machine: Machine, argument: Any) -> None:
    machine.stack.append(tuple(machine.since_mark()))


def _tuple_of(count: int) -> Callable[[Machine, Any], None]:
    def step(machine: Machine, argument: Any) -> None:
        items = tuple(machine.stack[-count:])
        if len(items) != count:
            raise CheckpointError("the pickle takes more off its stack than there is")
        machine.stack[-count:] = [items]

    return step


def _put(machine: Machine, argument: int) -> None:
    machine.memo[argument] = machine.stack[-1]


def _memoize(machine: Machine, argument: Any) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _get(machine: Machine, argument: int) -> None:
    machine.stack.append(machine.memo[argument])


def _top(machine: Machine, kinds: tuple[type, ...], what: str) -> Any:
    target = machine.stack[-1]
    if type(target) not in kinds:
        raise CheckpointError(f"the pickle {what} a {type(target).__name__}")
    return target


def _append(machine: Machine, argument: Any) -> None:
    item = machine.stack.pop()
    _top(machine, (list,), "appends to").append(item)


def _appends(machine: Machine, argument: Any) -> None:
    items = machine.since_mark()
    _top(machine, (list,), "appends to").extend(items)


def _add_items(machine: Machine, argument: Any) -> None:
    items = machine.since_mark()
    _top(machine, (set,), "adds items to").update([key(x) for x in items])


def _frozenset(machine: Machine, argument: Any) -> None:
    machine.stack.append(frozenset_of(machine.since_mark()))


def _list(machine: Machine, argument: Any) -> None:
    machine.stack.append(machine.since_mark())


def _set_items(machine: Machine, items: list[Any]) -> None:
    target = _top(machine, (dict, OrderedDict, Counter), "sets items of")
    for k, v in zip(items[::2], items[1::2], strict=True):
        target[key(k)] = v


def _set_item(machine: Machine, argument: Any) -> None:
    value, k = machine.stack.pop(), machine.stack.pop()
    _set_items(machine, [k, value])


def _global(machine: Machine, argument: str) -> None:
    machine.stack.append(machine.names.find(*argument.split(" ", 1)))


def _stack_global(machine: Machine, argument: Any) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.names.find(module, name))


def _reduce(machine: Machine, argument: Any) -> None:
    args, function = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.call(function, args))


def _new_object(machine: Machine, argument: Any) -> None:
    args, kind = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.new(kind, args))


def _build(machine: Machine, argument: Any) -> None:
    state = machine.stack.pop()
    machine.build(machine.stack[-1], state)


def _set_attributes(target: OrderedDict[Any, Any], state: Any) -> None:
    """`_metadata` and the like, as state dicts carry them; nothing that hides a method."""
    for name, value in state.items():
        if type(name) is not str or hasattr(OrderedDict, name):
            raise CheckpointError(f"the pickle sets the attribute {brief(name)} of an OrderedDict")
        setattr(target, name, value)


def _persistent(machine: Machine, argument: Any) -> None:
    machine.stack.append(machine.persistent_load(machine.stack.pop()))


def _pop(machine: Machine, argument: Any) -> None:
    machine.stack.pop()


_PUSHED = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE"),
    *("SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
)

STEPS: dict[str, Callable[[Machine, Any], None]] = {
    **dict.fromkeys(_PUSHED, _push),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), _old_text),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    "REDUCE": _reduce,
    "NEWOBJ": _new_object,
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),
    "NEWFALSE": _constant(False),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": _new(list),
    "EMPTY_DICT": _new(dict),
    "EMPTY_SET": _new(set),
    "MARK": _mark,
    "POP": _pop,
    "TUPLE": _tuple,
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "LIST": _list,
    "FROZENSET": _frozenset,
    "MEMOIZE": _memoize,
    "APPEND": _append,
    "APPENDS": _appends,
    "ADDITEMS": _add_items,
    "SETITEM": _set_item,
    "SETITEMS": lambda machine, argument: _set_items(machine, machine.since_mark()),
    "GLOBAL": _global,
    "STACK_GLOBAL": _stack_global,
    "BUILD": _build,
    "BINPERSID": _persistent,
}
