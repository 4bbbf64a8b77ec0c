"""Single operations beside PyTorch's, forward and forward + backward: `python benchmarks/operations.py [NAMES]
[--write]`.

Both libraries run in one process with one thread, taking turns; the best of all rounds is compared, because what
disturbs a run of microseconds only ever makes it slower.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for pool in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{pool}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402

import minitorch  # noqa: E402

SIZES = (1, 4096, 1048576)
Operation = Callable[..., Any]  # of the library and its tensors


def method(name: str, *args: Any, **kwargs: Any) -> Operation:
    """A method of the first tensor, given the others."""
    return lambda lib, x, *others: getattr(x, name)(*others, *args, **kwargs)


def functional(name: str, *args: Any, **kwargs: Any) -> Operation:
    """A function of nn.functional."""
    return lambda lib, *tensors: getattr(lib.nn.functional, name)(*tensors, *args, **kwargs)


UNARY = """exp log log1p expm1 sqrt rsqrt sin cos tanh sigmoid relu erf abs neg square reciprocal sign floor round
softplus gelu silu leaky_relu elu hardtanh"""
OPERATIONS: dict[str, tuple[Operation, int]] = {
    **{
        name: (
            functional(name)
            if hasattr(torch.nn.functional, name) and name not in ("tanh", "sigmoid")
            else method(name),
            1,
        )
        for name in UNARY.split()
    },
    **{name: (method(name), 2) for name in ("add", "sub", "mul", "div", "maximum", "minimum", "pow", "atan2")},
    "add number": (lambda lib, x: x + 1.5, 1),
    "mul number": (lambda lib, x: x * 1.5, 1),
    "pow 2": (lambda lib, x: x**2, 1),
    "pow 3": (lambda lib, x: x**3, 1),
    "clamp": (method("clamp", 0.5, 1.5), 1),
    "where": (lambda lib, a, b: lib.where(a > b, a, b), 2),
    "lerp": (lambda lib, a, b: lib.lerp(a, b, 0.3), 2),
    "addcmul": (lambda lib, a, b, c: lib.addcmul(a, b, c), 3),
    "sum": (method("sum"), 1),
    "mean": (method("mean"), 1),
    "var": (method("var"), 1),
    "max": (method("max"), 1),
    "logsumexp": (method("logsumexp", 0), 1),
    "norm": (method("norm"), 1),
    "cumsum": (method("cumsum", 0), 1),
    "prod": (method("prod"), 1),
    "sum rows": (lambda lib, x: square(x).sum(1), 1),
    "sum columns": (lambda lib, x: square(x).sum(0), 1),
    "max rows": (lambda lib, x: square(x).max(1).values, 1),
    "softmax": (lambda lib, x: square(x).softmax(1), 1),
    "log_softmax": (lambda lib, x: square(x).log_softmax(1), 1),
    "layer_norm": (lambda lib, x: lib.nn.functional.layer_norm(square(x), square(x).shape[1:]), 1),
    "matmul": (lambda lib, a, b: square(a) @ square(b), 2),
    "transpose": (lambda lib, x: square(x).t().contiguous(), 1),
    "cat": (lambda lib, a, b: lib.cat([a, b]), 2),
    "stack": (lambda lib, a, b: lib.stack([a, b]), 2),
    "slice": (lambda lib, x: x[: x.shape[0] // 2 + 1], 1),
    "reshape": (lambda lib, x: x.reshape(1, -1), 1),
    "expand add": (lambda lib, a, b: square(a) + square(b)[0], 2),
    "flip": (lambda lib, x: x.flip(0), 1),
    "mse_loss": (functional("mse_loss"), 2),
    "smooth_l1_loss": (functional("smooth_l1_loss"), 2),
    "bce_with_logits": (lambda lib, a, b: lib.nn.functional.binary_cross_entropy_with_logits(a, b.detach()), 2),
    "clone": (method("clone"), 1),
}


def square(x: Any) -> Any:
    """A vector as a square matrix."""
    side = int(x.shape[0] ** 0.5)
    return x.view(side, side)


def tensors(lib: Any, count: int, size: int, grad: bool) -> list[Any]:
    """The operands: the same numbers in both libraries."""
    rng = np.random.default_rng(0)
    return [lib.tensor(rng.uniform(0.2, 2.0, size).astype("float32"), requires_grad=grad) for _ in range(count)]


def call(lib: Any, operation: Operation, operands: list[Any], backward: bool) -> Callable[[], Any]:
    """What is timed."""
    if not backward:
        return lambda: operation(lib, *operands)
    seed = lib.ones_like(operation(lib, *operands).detach())

    def both() -> None:
        operation(lib, *operands).backward(seed)
        for x in operands:
            x.grad = None

    return both


def best(ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int = 7) -> list[float]:
    """The best seconds a call of each, taking turns."""
    found = [float("inf"), float("inf")]
    start = time.perf_counter()
    for f in (ours, theirs):
        f()
        f()
    count = max(1, int(0.02 / max(time.perf_counter() - start, 1e-6) * 4))
    for _ in range(rounds):
        for i, f in enumerate((ours, theirs)):
            start = time.perf_counter()
            for _ in range(count):
                f()
            found[i] = min(found[i], (time.perf_counter() - start) / count)
    return found


def ratios(name: str, size: int) -> list[float]:
    """Ours / theirs, forward and with backward."""
    operation, count = OPERATIONS[name]
    result = []
    for backward in (False, True):
        try:
            ours, theirs = best(
                *[call(lib, operation, tensors(lib, count, size, backward), backward) for lib in (minitorch, torch)]
            )
            result.append(ours / theirs)
        except RuntimeError as error:
            if "grad" not in str(error):
                raise
            result.append(float("nan"))
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    for lib in (minitorch, torch):
        lib.set_num_threads(1)
    heads = [f"{size:,} {what}" for size in SIZES for what in ("fwd", "fwd+bwd")]
    lines = ["| operation | " + " | ".join(heads) + " |", "|" + " --- |" * (len(heads) + 1)]
    print("\n".join(lines), flush=True)
    rows = []
    for name in args.names or OPERATIONS:
        rows.append([r for size in SIZES for r in ratios(name, size)])
        lines.append(f"| {name} | " + " | ".join(f"{r:.2f}" for r in rows[-1]) + " |")
        print(lines[-1], flush=True)
    for i, limit in enumerate((1.0, 1.0, 1.0, 1.0, 1.1, 1.1)):
        column = [r[i] for r in rows if r[i] == r[i]]
        lines.append(
            f"{'' if i else chr(10)}- {heads[i]}: {sum(r <= limit for r in column) / len(column):.0%} at most {limit}"
        )
        print(lines[-1])
    if args.write:
        text = "# Operations\n\nThe time of minitorch divided by that of PyTorch, one thread; made by `make bench`.\n\n"
        (Path(__file__).parent / "OPERATIONS.md").write_text(text + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
