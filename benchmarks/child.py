"""One measurement, in a process of its own: `child.py LIBRARY WORKLOAD THREADS SECONDS` prints JSON."""

from __future__ import annotations

import importlib
import json
import resource
import statistics
import sys
import time

from workloads import WORKLOADS


def measure(library: str, name: str, threads: int, seconds: float) -> dict[str, float]:
    """Seconds of import, first step and median step; peak memory in MB."""
    start = time.perf_counter()
    torch = importlib.import_module(library)
    imported = time.perf_counter() - start
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    step = WORKLOADS[name](torch)
    start = time.perf_counter()
    step()
    first = time.perf_counter() - start
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 20:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    kept = times[len(times) // 5 :]  # the beginning warms the caches
    return {
        "import": imported,
        "first": first,
        "step": statistics.median(kept),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))))
