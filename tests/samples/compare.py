"""Whether two results are alike: structure, dtypes, shapes, and values within PyTorch's tolerances."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

TOLERANCES = {"float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}  # torch.testing.assert_close


class Tolerance:
    """The tolerances of assert_close, and those that PyTorch's own tests allow an operation or a module."""

    def __init__(self, decorators: Any = (), rtol: float = 1.3e-6) -> None:
        self.rtol, self.atol = rtol, TOLERANCES["float32"][1]
        for decorator in flat(decorators):
            allowed = getattr(decorator, "d", {}).get(torch.float32)
            if hasattr(allowed, "rtol"):
                self.rtol, self.atol = max(self.rtol, allowed.rtol), max(self.atol, allowed.atol)

    def of(self, dtype: str) -> tuple[float, float]:
        return TOLERANCES["float64"] if dtype in ("float64", "complex128") else (self.rtol, self.atol)


def flat(decorators: Any) -> list[Any]:
    """The decorators for the CPU, those inside a DecorateInfo included."""
    found = []
    for each in decorators:
        if getattr(each, "device_type", None) in (None, "cpu"):
            found += list(getattr(each, "decorators", [each]))
    return found


def parts(x: Any) -> list[Any]:
    """The tensors and values of a result, in order."""
    if isinstance(x, dict):
        x = list(x.values())
    return [part for item in x for part in parts(item)] if isinstance(x, (list, tuple)) else [x]


def is_tensor(x: Any) -> bool:
    return hasattr(x, "requires_grad")


def difference(ours: Any, theirs: Any, tolerance: Tolerance, exactly: Any = None) -> str:
    """What differs first; nothing, if nothing does. `exactly()` is PyTorch's result in float64.

    Where float32 cannot do better, PyTorch is not near itself: what is too far from it, but no further from the exact
    result than twice its own largest error, or by the relative tolerance from the largest value, is right.
    """
    a, b = parts(ours), parts(theirs)
    if len(a) != len(b):
        return f"{len(a)} results, PyTorch {len(b)}"
    wrong = [difference_of(p, q, tolerance) for p, q in zip(a, b, strict=True)]
    if any(wrong) and exactly is not None:
        exact = parts(exactly())
        wrong = [w if not as_good(*map(array, trio)) else "" for w, *trio in zip(wrong, a, b, exact, strict=True)]
    return next(filter(None, wrong), "")


def as_good(ours: Any, theirs: Any, exact: Any) -> bool:
    """Whether the largest error is at most twice PyTorch's, or the tolerance of the largest value."""
    if not ours.dtype == theirs.dtype == np.float32 or not ours.shape == theirs.shape == exact.shape:
        return False
    errors = [float(np.abs(x.astype(np.float64) - exact).max(initial=0)) for x in (ours, theirs)]
    allowed = max(2 * errors[1], TOLERANCES["float32"][0] * float(np.abs(exact).max(initial=0)))
    return bool(np.isfinite(errors).all() and errors[0] <= allowed)


def array(x: Any) -> Any:
    """As an array; what is no tensor as an empty one."""
    return x.detach().numpy(force=True) if is_tensor(x) else np.empty(0, bool)


def difference_of(a: Any, b: Any, tolerance: Tolerance) -> str:
    """The same of two single values."""
    if (a is None or b is None) and not any(is_tensor(x) and x.count_nonzero() for x in (a, b)):
        return ""  # no gradient is a gradient of zeros
    if is_tensor(a) != is_tensor(b):
        return f"{type(a).__name__}, PyTorch {type(b).__name__}"
    if not is_tensor(a):
        return "" if word(a) == word(b) or (a != a and b != b) else f"{word(a)}, PyTorch {word(b)}"
    b = b.to_dense() if b.layout is not torch.strided else b.resolve_conj().resolve_neg()
    kinds = [str(x.dtype).rpartition(".")[2] for x in (a, b)]
    if kinds[0] != kinds[1]:
        return f"{kinds[0]}, PyTorch {kinds[1]}"
    if tuple(a.shape) != tuple(b.shape):
        return f"shape {tuple(a.shape)}, PyTorch {tuple(b.shape)}"
    return apart(a.detach().numpy(), b.detach().numpy(force=True), *tolerance.of(kinds[0]))


def word(x: Any) -> str:
    """A value as a word: a dtype or a size is of another class there."""
    return str(x).replace("minitorch.", "torch.")


def apart(a: Any, b: Any, rtol: float, atol: float) -> str:
    """How far apart the values are, if too far."""
    if a.dtype.kind not in "fc":
        return "" if np.array_equal(a, b) else f"{int((a != b).sum())} of {a.size} values differ"
    with np.errstate(all="ignore"):
        near = np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    if near.all():
        return ""
    i = int(np.argmin(near))
    return f"{int((~near).sum())} of {a.size} values differ: {a.flat[i]:.7g}, PyTorch {b.flat[i]:.7g}"


def weighted(results: Any, library: Any) -> Any:
    """A fixed projection of what can be differentiated to a number; None if nothing can be."""
    total: Any = None
    for k, y in enumerate(parts(results)):
        if is_tensor(y) and y.requires_grad:
            w = np.random.default_rng(k).uniform(0.5, 1.5, tuple(y.shape)).astype(str(y.dtype).rpartition(".")[2])
            part = (y * library.from_numpy(w)).sum()
            total = part if total is None else total + part
    return total


def gradients(results: Any, leaves: list[Any], library: Any) -> list[Any]:
    """The gradients of that projection; None where there is none."""
    total = weighted(results, library)
    if total is None or not leaves or total.is_complex():
        return []
    return list(library.autograd.grad(total, leaves, allow_unused=True))
