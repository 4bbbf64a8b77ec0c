"""Write docs/coverage.md: the names PyTorch has, and which of them are here (`make coverage`; needs PyTorch).

`docs/used_names.tsv` lists names that ten or more public programs use, with the number of programs.
"""

import csv
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import minitorch
from minitorch.absent import reason

HERE = Path(__file__).parent
PAGE = HERE / "coverage.md"
USED = HERE / "used_names.tsv"

NAMESPACES = [
    "torch",
    "torch.Tensor",
    "torch.nn",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.Module",
    "torch.nn.utils",
    "torch.nn.utils.rnn",
    "torch.nn.utils.parametrize",
    "torch.nn.utils.parametrizations",
    "torch.nn.utils.prune",
    "torch.optim",
    "torch.optim.Optimizer",
    "torch.optim.lr_scheduler",
    "torch.optim.swa_utils",
    "torch.autograd",
    "torch.autograd.functional",
    "torch.autograd.graph",
    "torch.autograd.Function",
    "torch.linalg",
    "torch.special",
    "torch.fft",
    "torch.signal.windows",
    "torch.func",
    "torch.utils.data",
    "torch.utils.checkpoint",
    "torch.distributions",
    "torch.distributions.constraints",
    "torch.distributions.transforms",
    "torch.serialization",
    "torch.random",
    "torch.testing",
    "torch.amp",
    "torch.cuda",
    "torch.backends.cudnn",
    "torch.compiler",
    "torch.hub",
    "torch.distributed",
    "torch.nn.parallel",
    "torch.profiler",
    "torch.jit",
    "torch.accelerator",
    "torch.mps",
]

# Programs were searched for names of attributes, whatever the object: these are, nearly always, `dict.values`,
# `DataFrame.values`, `list.index`, `DataFrame.index` and the `name` of a file, a column or a model.
AMBIGUOUS = {"Tensor.values", "Tensor.index", "Tensor.name"}

HEAD = """# What of PyTorch is here

Made by `make coverage`, which compares the names that PyTorch {version} has with ours. That a name is here means: with
PyTorch's arguments, numbers and errors, except where [differences.md](differences.md) says otherwise.

| namespace | of PyTorch's names | here | refused | missing |
| --- | ---: | ---: | ---: | ---: |
"""


def find(package: ModuleType, dotted: str) -> Any:
    """What a dotted name means in a package; None if it has no such name."""
    value: Any = package
    for i, part in enumerate(dotted.split(".")[1:]):
        if not hasattr(value, part) and isinstance(value, ModuleType):
            _import(".".join([package.__name__, *dotted.split(".")[1 : i + 2]]))
        if not hasattr(value, part):
            return None
        value = getattr(value, part)
    return value


def _import(name: str) -> None:
    try:
        importlib.import_module(name)
    except ImportError:
        return


def public(space: Any, name: str) -> list[str]:
    """The names of a namespace that its users see: no modules, and nothing that it merely imported."""
    listed = getattr(space, "__all__", None) if name != "torch" else None
    names = listed or [
        key for key in dir(space) if not key.startswith("_") and _is_own(getattr(space, key, None), name)
    ]
    return sorted({key for key in names if not key.startswith("_")})


def _is_own(value: Any, name: str) -> bool:
    if isinstance(value, ModuleType):
        return name == "torch" and value.__name__ == f"torch.{value.__name__.rpartition('.')[2]}"
    home = getattr(value, "__module__", None)
    return home is None or (isinstance(home, str) and home.split(".")[0] in ("torch", "builtins"))


def compare(torch: ModuleType, namespace: str) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """The names that are here, those that are refused (by reason), and those that are missing."""
    ours = find(minitorch, namespace)
    here, refused, missing = [], {}, []
    for name in public(find(torch, namespace), namespace):
        if ours is not None and hasattr(ours, name):
            here.append(name)
        elif why := reason(f"{namespace}.{name}"):
            refused.setdefault(why, []).append(name)
        else:
            missing.append(name)
    return here, refused, missing


def used_and_missing(torch: ModuleType) -> Iterator[tuple[str, int, str]]:
    """(name, programs, reason) of what many programs use, PyTorch has, and is not here."""
    with open(USED, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            for full in () if row["name"] in AMBIGUOUS else _meanings(row["name"]):
                if find(torch, full) is not None and find(minitorch, full) is None:
                    yield full, int(row["programs"]), reason(full)


def _meanings(name: str) -> list[str]:
    """`Module/Tensor.to` → `torch.nn.Module.to`, `torch.Tensor.to`."""
    if name.startswith("torch."):
        return [name]
    homes = {
        "Tensor": "torch.Tensor",
        "Module": "torch.nn.Module",
        "Optimizer": "torch.optim.Optimizer",
        "LRScheduler": "torch.optim.lr_scheduler.LRScheduler",
        "Function": "torch.autograd.Function",
    }
    kinds, _, method = name.partition(".")
    return [f"{homes[kind]}.{method}" for kind in kinds.split("/") if kind in homes]


def page(torch: ModuleType) -> str:
    """The whole page."""
    rows, sections = [], []
    for namespace in NAMESPACES:
        here, refused, missing = compare(torch, namespace)
        counts = (len(here), sum(map(len, refused.values())), len(missing))
        rows.append(f"| `{namespace}` | {sum(counts)} | " + " | ".join(map(str, counts)) + " |")
        sections.append(_section(namespace, here, refused, missing))
    version = torch.__version__.partition("+")[0]
    return HEAD.format(version=version) + "\n".join(rows) + "\n\n" + _used(torch) + "\n".join(sections)


def _used(torch: ModuleType) -> str:
    lines = [
        "## What many programs use, and is not here",
        "",
        "With the number of public programs seen that use it. Not counted, because programs were searched for names of",
        "attributes, and these are mostly those of dicts, lists, files and pandas: "
        + ", ".join(f"`{name}`" for name in sorted(AMBIGUOUS))
        + ".",
        "",
    ]
    found = sorted(used_and_missing(torch), key=lambda item: (-item[1], item[0]))
    lines += [f"- `{name}` ({programs}){': ' + why if why else ''}" for name, programs, why in found] or ["Nothing."]
    return "\n".join([*lines, "", ""])


def _section(namespace: str, here: list[str], refused: dict[str, list[str]], missing: list[str]) -> str:
    lines = [f"## {namespace}", ""]
    lines += [f"Here: {_names(here)}.", ""] if here else []
    for why, names in sorted(refused.items()):
        lines += [f"Refused, because {why}: {_names(names)}.", ""]
    lines += [f"Missing: {_names(missing)}.", ""] if missing else []
    return "\n".join(lines)


def _names(names: list[str]) -> str:
    return " ".join([f"`{name}`" for name in names])


if __name__ == "__main__":
    text = page(importlib.import_module("torch"))
    if "--print" in sys.argv:
        print(text, end="")
    else:
        PAGE.write_text(text, encoding="utf-8")
