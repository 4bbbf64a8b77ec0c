"""minitorch beside PyTorch on every workload: `python benchmarks/run.py [NAMES] [--rounds 5] [--threads 1 2]
[--write]`.

Each library runs in a process of its own, the two taking turns; the medians of all rounds are compared. `--write` puts
the table into benchmarks/RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from workloads import WORKLOADS

HERE = Path(__file__).parent
LIBRARIES = ("minitorch", "torch")
HEAD = """# Results

Written by `make bench`: {machine}; Python {python}, numpy {numpy}, numba {numba}, torch {torch}. Medians of
{rounds} rounds, each library in its own process, taking turns. "first" is the first step with a warm kernel cache,
"cold" with an empty one.

"""
COLUMNS = [
    "workload", "threads", "minitorch µs", "torch µs", "ratio", "first s", "cold s", "torch first s", "import s",
    "torch import s", "peak MB", "torch peak MB",
]  # fmt: skip


def child(library: str, name: str, threads: int, seconds: float, **environment: str) -> dict[str, float]:
    """One process of one library."""
    limits = {f"{pool}_NUM_THREADS": str(threads) for pool in ("OMP", "OPENBLAS", "MKL")}
    command = [sys.executable, str(HERE / "child.py"), library, name, str(threads), str(seconds)]
    # PYTHONPATH: the package beside this folder, installed or not.
    paths = {"PYTHONPATH": os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))}
    settings = {**os.environ, **limits, **paths, **environment}
    settings.pop("PYTHONDONTWRITEBYTECODE", None)  # an import would compile the sources every time
    done = subprocess.run(command, env=settings, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{library} {name}:\n{done.stderr}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def compare(name: str, threads: int, rounds: int, seconds: float) -> dict[str, Any]:
    """All rounds of one workload."""
    runs: dict[str, list[dict[str, float]]] = {library: [] for library in LIBRARIES}
    child("minitorch", name, threads, 0)  # fills the kernel cache
    for _ in range(rounds):
        for library in LIBRARIES:
            runs[library].append(child(library, name, threads, seconds))
    with tempfile.TemporaryDirectory() as empty:
        cold = child("minitorch", name, threads, 0, MINITORCH_CACHE_DIR=empty)["first"]
    medians = {lib: {key: statistics.median(r[key] for r in rows) for key in rows[0]} for lib, rows in runs.items()}
    return {"name": name, "threads": threads, "cold": cold, **medians}


def line(row: dict[str, Any]) -> str:
    """One line of the table."""
    ours, theirs = row["minitorch"], row["torch"]
    cells = [
        row["name"],
        row["threads"],
        f"{ours['step'] * 1e6:,.0f}",
        f"{theirs['step'] * 1e6:,.0f}",
        f"**{ours['step'] / theirs['step']:.2f}**",
        f"{ours['first']:.2f}",
        f"{row['cold']:.1f}",
        f"{theirs['first']:.2f}",
        f"{ours['import']:.2f}",
        f"{theirs['import']:.2f}",
        f"{ours['memory']:.0f}",
        f"{theirs['memory']:.0f}",
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def table(names: Any, thread_counts: Any, rounds: int, seconds: float) -> list[str]:
    """The lines of the table, printed as they come, and the mean of the ratios."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    print("\n".join(lines), flush=True)
    ratios = []
    for threads in dict.fromkeys(thread_counts):
        for name in names:
            row = compare(name, threads, rounds, seconds)
            ratios.append(row["minitorch"]["step"] / row["torch"]["step"])
            lines.append(line(row))
            print(lines[-1], flush=True)
    mean = math.exp(statistics.fmean(map(math.log, ratios)))
    lines.append(f"\nGeometric mean of the ratios: {mean:.2f}")
    print(lines[-1])
    return lines


def main() -> None:
    """Measure, print, and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=" ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, os.cpu_count() or 1])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    lines = table(args.names or WORKLOADS, args.threads, args.rounds, args.seconds)
    if args.write:
        versions = {name: version(name) for name in ("numpy", "numba", "torch")}
        machine = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}"
        head = HEAD.format(machine=machine, python=platform.python_version(), rounds=args.rounds, **versions)
        (HERE / "RESULTS.md").write_text(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
