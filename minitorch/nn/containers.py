"""Modules that hold modules or parameters, as Python's lists and dictionaries do."""

from __future__ import annotations

import itertools
import operator
from collections import OrderedDict
from collections.abc import Callable, ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeVar

from ..tensor import Tensor
from .module import Module, indented
from .parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

C = TypeVar("C", bound=Any)


def _position(index: Any, length: int) -> int:
    """An index from 0, of one that may count from the end."""
    place = operator.index(index)
    if not -length <= place < length:
        raise IndexError(f"index {place} is out of range")
    return place % length


def _iterable(values: Any, what: str, of: str = "an iterable") -> Any:
    if not isinstance(values, Iterable):
        raise TypeError(f"{what} should be called with {of}, but got {type(values).__name__}")
    return values


def _pairs(values: Any, what: str) -> Iterator[tuple[Any, Any]]:
    """The (key, value) pairs of a mapping or of an iterable of pairs."""
    _iterable(values, what, "an iterable of key/value pairs")
    if hasattr(values, "items"):
        yield from values.items()
        return
    for i, pair in enumerate(values):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{what} sequence element #{i} should be Iterable; is {type(pair).__name__}")
        pair = tuple(pair)
        if len(pair) != 2:
            raise ValueError(f"{what} sequence element #{i} has length {len(pair)}; 2 is required")
        yield pair


class _ModuleSequence(Module):
    """Modules under the names "0", "1", ... (or, in a Sequential, names of their own), with the methods of a list."""

    def _renumber(self, modules: Iterable[Any]) -> None:
        self._modules.clear()
        self._modules.update([(str(i), module) for i, module in enumerate(modules)])

    def _key(self, index: Any) -> str:
        return list(self._modules)[_position(index, len(self))]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._key(index), module)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        if not isinstance(index, slice):
            index = _position(index, len(modules))
        del modules[index]
        self._renumber(modules)

    def append(self: C, module: Module) -> C:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: C, modules: Iterable[Module]) -> C:
        """Add modules at the end."""
        for module in list(_iterable(modules, f"{type(self).__name__}.extend")):
            self.append(module)
        return self

    def __iadd__(self: C, other: Iterable[Module]) -> C:
        return self.extend(other)

    def pop(self, key: int | slice) -> Any:
        """Take a module (or the modules of a slice) out, and return it."""
        module = self[key]
        del self[key]
        return module

    def __getitem__(self, index: int | slice) -> Any:
        raise NotImplementedError


class Sequential(_ModuleSequence):
    """Modules called one after the other, each with the result of the one before.

    `Sequential(a, b)` names them "0" and "1"; `Sequential(OrderedDict(first=a, second=b))` as the dictionary does.

    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU())
    >>> net(torch.ones(4, 2)).shape
    torch.Size([4, 3])
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        named = len(args) == 1 and isinstance(args[0], OrderedDict)
        for name, module in args[0].items() if named else enumerate(args):
            self.add_module(str(name) if isinstance(name, int) else name, module)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._key(index)]

    def insert(self, index: int, module: Module) -> Sequential:
        """Put a module before the one at `index`; all names become numbers."""
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def __iadd__(self: C, other: Any) -> C:
        return self.extend(_sequential(other, "add"))

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *_sequential(other, "add"))

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*list(self) * self._factor(times))

    __rmul__ = __mul__

    def __imul__(self: C, times: int) -> C:
        return self.extend(list(self) * (self._factor(times) - 1))

    def _factor(self, times: Any) -> int:
        if not isinstance(times, int):
            raise TypeError(f"unsupported operand type(s) for *: {type(self)} and {type(times)}")
        if times <= 0:
            raise ValueError(f"Non-positive multiplication factor {times} for {type(self)}")
        return times


def _sequential(other: Any, what: str) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(f"{what} operator supports only objects of Sequential class, but {type(other)} is given.")
    return other


class ModuleList(_ModuleSequence):
    """A list of modules that `parameters()` finds. It is not called itself.

    >>> layers = torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)])
    >>> len(list(layers.parameters()))
    6
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return self._modules[self._key(index)]

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at `index`."""
        modules = list(self)
        modules.insert(index, module)
        self.add_module(str(len(self)), module)  # it says so if this is no module
        self._renumber(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(itertools.chain(self, other))

    def __repr__(self) -> str:
        """Neighbours that print alike on one line: `(0-3): 4 x Linear(...)`."""
        name = self._get_name()
        lines = []
        start = 0
        for text, group in itertools.groupby([repr(module) for module in self]):
            count = len(list(group))
            label = f"({start}): " if count == 1 else f"({start}-{start + count - 1}): {count} x "
            lines.append(indented(f"{label}{text}"))
            start += count
        return name + ("(\n  " + "\n  ".join(lines) + "\n)" if lines else "()")


class ModuleDict(Module):
    """A dictionary of modules that `parameters()` finds.

    >>> acts = torch.nn.ModuleDict({"relu": torch.nn.ReLU()})
    >>> acts["relu"]
    ReLU()
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take a module out, and return it."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Any]:
        """The pairs of name and module."""
        return self._modules.items()

    def values(self) -> ValuesView[Any]:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Enter the modules of a mapping, or of pairs."""
        for key, module in _pairs(modules, "ModuleDict.update"):
            self[key] = module


# ---------------------------------------------------------------- parameters


def _as_parameter(value: Any) -> Any:
    """A tensor as a parameter; anything else as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _described(value: Any, kind: Callable[[Any], Any]) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    title = "Parameter" if isinstance(value, Parameter) else type(value).__name__
    size = "x".join([str(n) for n in value.shape])
    return f"{title} containing: [{kind(value)} of size {size}]"


class ParameterList(Module):
    """A list of parameters that `parameters()` finds; tensors become parameters, other values are only kept.

    >>> weights = torch.nn.ParameterList([torch.zeros(2), torch.zeros(3)])
    >>> [w.shape for w in weights]
    [torch.Size([2]), torch.Size([3])]
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[i] for i in range(len(self))])

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice):
            return getattr(self, str(_position(index, len(self))))
        picked = type(self)()
        return picked.extend([self[i] for i in range(*index.indices(len(self)))])

    def __setitem__(self, index: int, param: Any) -> None:
        setattr(self, str(_position(index, len(self))), _as_parameter(param))

    def append(self: C, value: Any) -> C:
        """Add a value at the end."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self: C, values: Iterable[Any]) -> C:
        """Add values at the end."""
        if isinstance(values, Tensor):
            raise TypeError(f"{type(self).__name__}.extend should be called with an iterable, but got Tensor")
        for value in list(_iterable(values, f"{type(self).__name__}.extend")):
            self.append(value)
        return self

    def __iadd__(self: C, values: Iterable[Any]) -> C:
        return self.extend(values)

    def extra_repr(self) -> str:
        return "\n".join([f"  ({i}): {_described(x, lambda x: x.dtype)}" for i, x in enumerate(self)])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")


class ParameterDict(Module):
    """A dictionary of parameters that `parameters()` finds; tensors become parameters, other values are only kept.

    >>> weights = torch.nn.ParameterDict({"left": torch.zeros(2)})
    >>> "left" in weights, len(weights)
    (True, 1)
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, _checked(key))

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, _checked(key), _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def copy(self) -> ParameterDict:
        """A dictionary of its own with the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value at `key`, entered if it was not there."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self._keys):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take a value out, and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last pair out, and return it."""
        key = next(reversed(self))
        return key, self.pop(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value at `key`, or `default`."""
        return self[key] if key in self._keys else default

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary with the same value at all `keys`."""
        return ParameterDict([(key, default) for key in keys])

    def keys(self) -> KeysView[str]:
        """The keys, in the order in which they were entered."""
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The pairs of key and value."""
        return ((key, self[key]) for key in self._keys)

    def values(self) -> Iterable[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def update(self, parameters: Any) -> None:
        """Enter the values of a mapping, or of pairs."""
        for key, value in _pairs(parameters, "ParameterDict.update"):
            self[key] = value

    def extra_repr(self) -> str:
        return "\n".join([f"  ({key}): {_described(x, Tensor.type)}" for key, x in self.items()])

    def __call__(self, input: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def __or__(self, other: ParameterDict) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other: Mapping[str, Any]) -> ParameterDict:
        joined = ParameterDict(other)
        joined.update(self)
        return joined

    def __ior__(self: C, other: ParameterDict) -> C:
        self.update(other)
        return self


def _checked(key: Any) -> str:
    if not isinstance(key, str):
        kind = type(key).__name__
        raise TypeError(
            f"Index given to ParameterDict cannot be used as a key as it is not a string (type is '{kind}')."
        )
    return key
