"""minitorch in PyTorch's place: unmodified programs run, as they import `torch` and are given minitorch."""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.metadata
import importlib.util
import os
import runpy
import sys
import sysconfig
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from .missing import hint, place, torch_name
from .version import __version__

NEIGHBOURS = ("einops", "skorch", "torchinfo", "torchsummary")  # tested with minitorch; `run` gives it to them
_LIBRARIES = tuple([os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")])


class as_torch:
    """A context in which `import torch`, and of its submodules, gives minitorch: `with minitorch.as_torch(): import
    script`.

    It holds for a program's own files. Installed packages that look for PyTorch are left alone, unless they are named:
    `as_torch("einops")`, which then also find it in their `sys.modules`. The real `sys.modules` is not touched, so
    nothing else in the process notices. Names that minitorch does not have are an ImportError or AttributeError, where
    they are used, with the nearest name that it has.
    """

    def __init__(self, *packages: str) -> None:
        self.packages = frozenset(packages)

    def __enter__(self) -> ModuleType:
        self._before = builtins.__import__
        builtins.__import__ = self._import
        return sys.modules[__package__ or "minitorch"]

    def __exit__(self, *error: object) -> None:
        builtins.__import__ = self._before

    def _import(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> ModuleType:  # fmt: skip
        ours = _ours(name)
        if level == 0 and name == "sys" and not fromlist and self._is_named(globals or {}):
            return _Sys("sys")
        if level == 0 and name.partition(".")[0] == "importlib" and self._is_for(globals or {}):
            self._before(name, globals, locals, fromlist, level)
            return _FACADES.get(name if fromlist else "importlib") or sys.modules[name]
        if level or ours == name or not self._is_for(globals or {}):
            return self._before(name, globals, locals, fromlist, level)
        try:
            module = self._before(ours, globals, locals, fromlist, 0)
        except ModuleNotFoundError as error:
            if not (error.name or "").startswith("minitorch"):
                raise
            raise ModuleNotFoundError(_no_module(name), name=name) from None
        for wanted in fromlist or ():
            if wanted != "*" and not hasattr(module, wanted):
                raise ImportError(_no_name(module, wanted), name=name)
        return module

    def _is_for(self, importer: dict[str, Any]) -> bool:
        """Whether this module's `import torch` means minitorch: the program's own, and the packages that were named."""
        if self._is_named(importer):
            return True
        file = importer.get("__file__")
        return importer.get("__spec__") is None if file is None else not _is_installed(file)

    def _is_named(self, importer: dict[str, Any]) -> bool:
        return importer.get("__name__", "").partition(".")[0] in self.packages


def _ours(name: str) -> str:
    """`minitorch.nn` for `torch.nn`; other names as they are."""
    return f"minitorch{name.removeprefix('torch')}" if name == "torch" or name.startswith("torch.") else name


class _Modules(MutableMapping[str, ModuleType]):
    """`sys.modules`, where `torch` is minitorch."""

    def __getitem__(self, name: str) -> ModuleType:
        return sys.modules[_ours(name)]

    def __setitem__(self, name: str, module: ModuleType) -> None:
        sys.modules[name] = module

    def __delitem__(self, name: str) -> None:
        del sys.modules[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**sys.modules, "torch": None})

    def __len__(self) -> int:
        return len(sys.modules.keys() | {"torch"})


class _Sys(ModuleType):
    """`sys` for a package that is given minitorch: einops, say, asks `sys.modules` whether its user has PyTorch."""

    modules = _Modules()

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(sys, name, value)


class _Facade(ModuleType):
    """A module with some functions of our own instead of its."""

    def __init__(self, module: ModuleType, **ours: Any) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(ours, __wrapped__=module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)


def _import_module(name: str, package: str | None = None) -> ModuleType:
    """`importlib.import_module`, which gives minitorch for torch."""
    try:
        return importlib.import_module(_ours(name), package)
    except ModuleNotFoundError as error:
        if _ours(name) == name or not (error.name or "").startswith("minitorch"):
            raise
        raise ModuleNotFoundError(_no_module(name), name=name) from None


def _find_spec(name: str, package: str | None = None) -> Any:
    """`importlib.util.find_spec`, which finds minitorch for torch."""
    return importlib.util.find_spec(_ours(name), package)


def _version(distribution_name: str) -> str:
    """`importlib.metadata.version`; that of torch is `torch.__version__`."""
    return str(__version__) if distribution_name == "torch" else importlib.metadata.version(distribution_name)


_UTIL = _Facade(importlib.util, find_spec=_find_spec)
_METADATA = _Facade(importlib.metadata, version=_version)
_FACADES = {
    "importlib": _Facade(importlib, import_module=_import_module, util=_UTIL, metadata=_METADATA),
    "importlib.util": _UTIL,
    "importlib.metadata": _METADATA,
}  # what programs look for PyTorch with


@functools.cache
def _is_installed(file: str) -> bool:
    path = os.path.abspath(file)
    is_package = {"site-packages", "dist-packages"} & set(Path(path).parts)
    return bool(is_package) or path.startswith(_LIBRARIES)


def _no_module(name: str) -> str:
    """`minitorch has no module 'torch.foo' (script.py, line 1)`, and why, or what is nearest."""
    beside = [torch_name(module).rpartition(".") for module in sys.modules if module.startswith("minitorch.")]
    known = [last for parent, _, last in beside if parent == name.rpartition(".")[0]]
    more = hint(name, known)
    return f"minitorch has no module '{name}' ({place()}){': ' + more if more else ''}"


def _no_name(module: ModuleType, name: str) -> str:
    full = f"{torch_name(module.__name__)}.{name}"
    more = hint(full, dir(module))
    return f"minitorch has no '{full}' to import ({place()}){': ' + more if more else ''}"


def run(script: str, arguments: list[str], packages: list[str]) -> None:
    """Run a program as `python script arguments...` does, with minitorch as its torch (and that of `packages`, and of
    NEIGHBOURS). A folder or archive is run by its `__main__`.
    """
    sys.argv = [script, *arguments]
    path = os.path.abspath(script)
    sys.path[0] = os.path.dirname(path) if os.path.isfile(path) else path
    os.environ[RUNNING] = os.pathsep.join([path, *packages])
    with as_torch(*NEIGHBOURS, *packages):
        if not script.endswith(".py"):
            runpy.run_path(script, run_name="__main__")
            return
        with open(script, "rb") as file:
            code = compile(file.read(), script, "exec")
        exec(code, _main_module(script).__dict__)


RUNNING = "MINITORCH_RUNNING"  # the program and packages, for the processes that it starts


def _main_module(script: str) -> ModuleType:
    """The module `__main__` of a program. A process that it spawns imports its main module again, by the name in its
    spec: that is `minitorch.again`, which runs the program once more.
    """
    module = ModuleType("__main__")
    spec = SimpleNamespace(name="minitorch.again", parent="", loader=None)
    vars(module).update(__file__=script, __builtins__=builtins, __spec__=spec)
    sys.modules["__main__"] = module
    return module


def run_again() -> dict[str, Any]:
    """In a process that a program spawned: what the program defines, with minitorch as its torch from now on."""
    script, *packages = os.environ[RUNNING].split(os.pathsep)
    as_torch(*NEIGHBOURS, *packages).__enter__()
    return runpy.run_path(script, run_name="__mp_main__")
