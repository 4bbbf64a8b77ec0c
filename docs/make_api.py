"""Write docs/api.md: every public name with the first sentence of its docstring (`make docs`; a test compares)."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

PAGE = Path(__file__).parent / "api.md"
MODULES = [
    "",
    "amp",
    "autograd",
    "autograd.functional",
    "cuda",
    "distributions",
    "distributions.constraints",
    "distributions.transforms",
    "fft",
    "func",
    "jit",
    "linalg",
    "nn",
    "nn.functional",
    "nn.init",
    "nn.utils",
    "nn.utils.parametrizations",
    "nn.utils.parametrize",
    "nn.utils.prune",
    "nn.utils.rnn",
    "nn.parallel",
    "optim",
    "optim.lr_scheduler",
    "optim.swa_utils",
    "profiler",
    "serialization",
    "serialization.safetensors",
    "signal.windows",
    "special",
    "testing",
    "utils",
    "utils.benchmark",
    "utils.checkpoint",
    "utils.data",
    "viz",
]
HEAD = """# The public names

Made by `make docs` from `__all__` and the docstrings; `help(torch.name)` says more. Names, arguments and defaults are
PyTorch's; [differences.md](differences.md) says where they are not.
"""


def module(name: str) -> ModuleType:
    """A public module by its name inside minitorch."""
    return importlib.import_module(f"minitorch.{name}".rstrip("."))


def summary(value: Any) -> str:
    """The first sentence of a docstring, on one line; nothing for constants, whose docstring is their type's."""
    is_documented = inspect.isroutine(value) or isinstance(value, type | ModuleType | property)
    paragraph = (inspect.getdoc(value) or "" if is_documented else "").split("\n\n")[0]
    text = " ".join(paragraph.split())
    end = text.find(". ")
    return text if end < 0 else text[: end + 1]


def entry(name: str, value: Any) -> str:
    """One line of the page."""
    text = summary(value)
    return f"- `{name}`: {text}" if text else f"- `{name}`"


def methods(kind: type) -> dict[str, Any]:
    """The public methods and properties of a class, those it inherits from our own classes included."""
    names = {name for c in kind.__mro__ if c.__module__.startswith("minitorch") for name in vars(c)}
    found = {name: inspect.getattr_static(kind, name) for name in sorted(names) if not name.startswith("_")}
    return {
        name: value for name, value in found.items() if callable(value) or isinstance(value, property | staticmethod)
    }


def section(title: str, names: dict[str, Any]) -> str:
    """A heading and its lines."""
    lines = [entry(name, value) for name, value in sorted(names.items(), key=lambda item: item[0].lower())]
    return "\n".join([f"## {title}", "", *lines, ""])


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for name in MODULES:
        public = {key: getattr(module(name), key) for key in module(name).__all__}
        parts.append(section(f"torch.{name}".rstrip("."), public))
        if name == "":
            parts.append(section("torch.Tensor, methods and properties", methods(module("").Tensor)))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
