"""The floors of docs/design.md: what may import what, and the figures of style, read from the source."""

import ast
import graphlib
import io
import statistics
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "minitorch"

# The table of docs/design.md. A new name at the top of the package must be given its floor here.
FLOORS = {
    "dtypes": 1,
    "device": 1,
    "errors": 1,
    "storage": 1,
    "formats": 1,
    "kernels": 2,
    "absent": 1,
    "missing": 1,
    "version": 1,
    "autograd": 3,
    "overrides": 3,
    "ops": 4,
    "size": 5,
    "formatting": 5,
    "tensor": 5,
    "creation": 5,
    "random": 5,
    "legacy": 5,
    "limits": 5,
    "settings": 5,
    "patterns": 5,
    "queries": 5,
    "out": 5,
    "_C": 6,
    "checks": 1,
    "return_types": 5,
    "functional": 6,
    "signal": 6,
    "torch_version": 6,
    "fft": 6,
    "foreach": 6,
    "futures": 6,
    "fx": 6,
    "_subclasses": 6,
    "_dynamo": 6,
    "onnx": 6,
    "_tensor_str": 6,
    "_inductor": 6,
    "aten": 6,
    "library": 6,
    "linalg": 6,
    "special": 6,
    "nn": 6,
    "optim": 6,
    "serialization": 6,
    "utils": 6,
    "viz": 6,
    "__config__": 6,
    "accelerator": 6,
    "amp": 6,
    "backends": 6,
    "compiler": 6,
    "cpu": 6,
    "cuda": 6,
    "distributed": 6,
    "distributions": 6,
    "func": 6,
    "hub": 6,
    "jit": 6,
    "mps": 6,
    "profiler": 6,
    "testing": 6,
    "multiprocessing": 6,
    "again": 7,
    "standin": 6,
    "types": 6,
    "xpu": 6,
    "": 7,  # minitorch/__init__.py
    "__main__": 8,
}

# The tape knows no kernel, although kernels lie below it.
FORBIDDEN = [("autograd", "kernels")]

NUMBA = {"numba", "llvmlite"}
EXTRAS = {"tqdm", "matplotlib"}  # optional: imported on use

# Above the kernels numpy serves dtypes, shapes and memory, with these names: none does arithmetic on elements. In the
# modules below data enters and leaves (or is printed); there numpy is free.
BOOKKEEPING = {
    *("ndarray", "dtype", "generic", "number", "integer", "floating", "inexact", "bool_", "bool"),
    *("float32", "float64", "int8", "int16", "int32", "int64", "uint8"),
    *(
        "result_type",
        "promote_types",
        "can_cast",
        "issubdtype",
        "iinfo",
        "finfo",
        "broadcast_shapes",
        "ndim",
        "may_share_memory",
    ),
    *("__version__", "empty", "zeros", "ones", "asarray", "ascontiguousarray", "broadcast_to", "lib", "errstate"),
}
MAY_COMPUTE = {
    *("creation", "patterns", "random", "formatting", "autograd.gradcheck"),
    *("utils.data.collate", "utils.data.worker", "utils.tensorboard"),
}
DATA = {"serialization"}  # packages of such modules


@dataclass(frozen=True)
class Import:
    """One import of a file: its line, the names it may mean (the longest first) and whether a function holds it."""

    line: int
    targets: tuple[str, ...]
    in_function: bool

    @property
    def package(self) -> str:
        return self.targets[0].partition(".")[0]


def module_name(path: Path) -> str:
    """`minitorch/nn/init.py` → `nn.init`; `minitorch/nn/__init__.py` → `nn`; `minitorch/__init__.py` → ``."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for path in sorted(ROOT.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(), str(path)) for name, path in SOURCES.items()}


def imports_of(module: str) -> list[Import]:
    """Every import of a module, wherever it stands (`if TYPE_CHECKING:` included)."""
    return list(_imports(module, TREES[module], in_function=False))


def _imports(module: str, node: ast.AST, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(child.lineno, (alias.name,), in_function)
        elif isinstance(child, ast.ImportFrom):
            origin = _origin(module, child)
            for alias in child.names:
                yield Import(child.lineno, (f"{origin}.{alias.name}", origin), in_function)
        else:
            inside = in_function or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(module, child, inside)


def _origin(module: str, node: ast.ImportFrom) -> str:
    """The absolute name of what is imported from."""
    if node.level == 0:
        return node.module or ""
    here = ["minitorch", *filter(None, module.split("."))]
    is_package = SOURCES[module].name == "__init__.py"
    base = here[: len(here) - node.level + is_package]
    return ".".join(base + ([node.module] if node.module else []))


def own_module(targets: tuple[str, ...]) -> str | None:
    """The module of the package that an import reaches; None for another package."""
    for target in targets:
        package, _, rest = target.partition(".")
        if package == "minitorch" and rest in SOURCES:
            return rest
    return None


def floor(module: str) -> int:
    """The floor a module stands on."""
    return FLOORS.get(module.partition(".")[0], 6)


def where(module: str, line: int) -> str:
    return f"{SOURCES[module].relative_to(ROOT.parent)}:{line}"


def report(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


def inner_imports() -> Iterator[tuple[str, Import, str]]:
    """(module, import, imported module) for all imports inside the package."""
    for module in SOURCES:
        for found in imports_of(module):
            target = own_module(found.targets)
            if target is not None:
                yield module, found, target


# ---------------------------------------------------------------- imports


def test_every_module_has_a_floor() -> None:
    report([f"{path}: give it a floor in FLOORS" for name, path in SOURCES.items() if name.split(".")[0] not in FLOORS])


def test_imports_point_down() -> None:
    report(
        [
            f"{where(module, found.line)}: floor {floor(module)} imports {target or 'minitorch'}, floor {floor(target)}"
            for module, found, target in inner_imports()
            if floor(target) > floor(module)
        ]
    )


def test_forbidden_imports() -> None:
    pairs = [(module, found, target) for module, found, target in inner_imports()]
    report(
        [
            f"{where(module, found.line)}: {above} must not know {below}"
            for above, below in FORBIDDEN
            for module, found, target in pairs
            if (module.split(".")[0], target.split(".")[0]) == (above, below)
        ]
    )


def test_no_cycles() -> None:
    graph: dict[str, set[str]] = {module: set() for module in SOURCES}
    for module, _, target in inner_imports():
        if module != target:
            graph[module].add(target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_imports_inside_functions() -> None:
    report(
        [
            f"{where(module, found.line)}: an import inside a function"
            for module in SOURCES
            for found in imports_of(module)
            if found.in_function and not _may_be_late(module, found)
        ]
    )


def _may_be_late(module: str, found: Import) -> bool:
    return (found.package in NUMBA and module == "kernels._jit") or (found.package in EXTRAS and floor(module) == 6)


def test_outside_packages() -> None:
    """numpy everywhere, Numba in one file, extras on use only, and nothing else (torch least of all)."""
    known = {"numpy", "minitorch"} | NUMBA | EXTRAS
    faults = []
    for module in SOURCES:
        for found in imports_of(module):
            is_standard = found.package in sys.stdlib_module_names
            if found.package == "importlib" and module != "standin":  # no way around the table
                is_standard = False
            numba_elsewhere = found.package in NUMBA and module != "kernels._jit"
            too_early = found.package in NUMBA | EXTRAS and not found.in_function
            if numba_elsewhere or too_early or not (is_standard or found.package in known):
                faults.append(f"{where(module, found.line)}: imports {found.targets[0]}")
    report(faults)


def test_nobody_computes_above_the_kernels() -> None:
    report(
        [
            f"{where(module, line)}: {use}"
            for module, tree in TREES.items()
            if floor(module) > 2 and module not in MAY_COMPUTE and module.partition(".")[0] not in DATA
            for line, use in _uses_of_numpy(tree)
            if use not in {f"np.{name}" for name in BOOKKEEPING}
        ]
    )


def _uses_of_numpy(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            yield node.lineno, f"np.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and node.module != "numpy.typing":
            if (node.module or "").partition(".")[0] == "numpy":
                yield node.lineno, f"from {node.module}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == "numpy" and (alias.name, alias.asname) != ("numpy", "np"):
                    yield node.lineno, f"import {alias.name}, but not as np"


# ---------------------------------------------------------------- style


def functions() -> Iterator[tuple[str, ast.FunctionDef, int]]:
    """(module, function, its lines without the docstring)."""
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                doc = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
                doc_lines = doc.end_lineno - doc.lineno + 1 if doc else 0
                yield module, node, node.end_lineno - node.lineno + 1 - doc_lines


def code_lines(path: Path) -> int:
    """Lines that hold code: no blank ones, comments or strings that stand alone."""
    lines: set[int] = set()
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    starts_line = True
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type == tokenize.STRING and starts_line:
            continue
        if token.type not in layout:
            lines.update(range(token.start[0], token.end[0] + 1))
        starts_line = token.type in layout and token.type != tokenize.COMMENT
    return len(lines)


def test_files_are_short() -> None:
    sizes = {path: code_lines(path) for path in SOURCES.values()}
    report([f"{path}: {size} lines of code, at most 600" for path, size in sizes.items() if size > 600])


def test_functions_are_short() -> None:
    found = list(functions())
    report(
        [
            f"{where(module, node.lineno)}: {node.name} has {size} lines, at most 60"
            for module, node, size in found
            if size > 60
        ]
    )
    sizes = [size for _, _, size in found]
    assert statistics.median(sizes) <= 6
    assert statistics.quantiles(sizes, n=10)[-1] <= 20


def test_everything_is_parsed() -> None:
    """The tests above see the package: guards against a moved folder."""
    assert {"dtypes", "kernels._jit", "tensor"} <= set(SOURCES)
