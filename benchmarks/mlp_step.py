"""One training step of an MLP 2-16-16-2, batch 32, SGD with momentum: minitorch beside PyTorch, in microseconds.

Each library runs in a process of its own, the two taking turns; the medians of all rounds are compared.

    python benchmarks/mlp_step.py [--rounds 5] [--threads 2]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

STEPS = 1000


def measure(library):
    """Run in the child: import time, first step, and the median step, in seconds."""
    start = time.perf_counter()
    torch = __import__(library)
    imported = time.perf_counter() - start
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn = nn.CrossEntropyLoss()
    x, y = torch.randn(32, 2), torch.randint(0, 2, (32,))

    def step():
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    start = time.perf_counter()
    step()
    first = time.perf_counter() - start
    for _ in range(100):
        step()
    times = []
    for _ in range(10):
        start = time.perf_counter()
        for _ in range(STEPS // 10):
            loss = step()
        times.append((time.perf_counter() - start) / (STEPS // 10))
    return {
        "import": imported,
        "first": first,
        "step": statistics.median(times),
        "loss": loss.item(),
        "version": torch.__version__,
    }


def child(library, threads):
    """Measure in a fresh process with the same number of threads for everybody."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    command = [sys.executable, __file__, "--measure", library]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)


def main():
    """Take turns, then print the table and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    results = {"minitorch": [], "torch": []}
    for _ in range(options.rounds):
        for library, rows in results.items():
            rows.append(child(library, options.threads))
    print(f"{'':10} {'version':14} {'import s':>9} {'first step s':>13} {'step µs':>9} {'loss':>8}")
    medians = {}
    for library, rows in results.items():
        import_, first, step = [statistics.median(r[k] for r in rows) for k in ("import", "first", "step")]
        medians[library] = step
        print(
            f"{library:10} {rows[0]['version']:14} {import_:9.3f} {first:13.3f} {step * 1e6:9.1f} {rows[0]['loss']:8.5f}"
        )
    ratio = medians["minitorch"] / medians["torch"]
    print(f"ratio minitorch / torch: {ratio:.2f} ({options.threads} threads, median of {options.rounds} rounds)")


if __name__ == "__main__":
    main()
