"""Whether two results are alike: structure, dtypes, shapes, and values within PyTorch's tolerances."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

TOLERANCES = {  # of torch.testing.assert_close
    "bfloat16": (1.6e-2, 1e-5),
    "float16": (1e-3, 1e-5),
    **dict.fromkeys(("float32", "complex64"), (1.3e-6, 1e-5)),
    **dict.fromkeys(("float64", "complex128"), (1e-7, 1e-7)),
}


class Tolerance:
    """The tolerances of assert_close, and those that PyTorch's own tests allow an operation or a module."""

    def __init__(self, decorators: Any = (), **least: float) -> None:
        self.allowed = TOLERANCES | {d: (rtol, TOLERANCES[d][1]) for d, rtol in least.items()}
        for decorator in flat(decorators):
            for d, tol in getattr(decorator, "d", {}).items():
                self.allow(str(d).removeprefix("torch."), tol)

    def allow(self, dtype: str, tol: Any) -> None:
        if dtype in self.allowed and hasattr(tol, "rtol"):
            rtol, atol = self.allowed[dtype]
            self.allowed[dtype] = max(rtol, tol.rtol), max(atol, tol.atol)

    def of(self, dtype: str) -> tuple[float, float]:
        return self.allowed.get(dtype, (0, 0))


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

    Where a dtype cannot do better, PyTorch is not near itself: what is too far from it, but no further from the exact
    result than twice its own largest error, or by the relative tolerance from the largest value, is right.
    """
    a, b = parts(ours), parts(theirs)
    if len(a) != len(b):
        return f"{len(a)} results, PyTorch {len(b)}"
    wrong = [difference_of(p, q, tolerance) for p, q in zip(a, b, strict=True)]
    if any(wrong) and exactly is not None:
        exact = parts(exactly())
        wrong = [w if w and not as_good(*trio) else "" for w, *trio in zip(wrong, a, b, exact, strict=True)]
    return next(filter(None, wrong), "")


def as_good(ours: Any, theirs: Any, exact: Any) -> bool:
    """Whether the largest error is at most twice PyTorch's, or the tolerance of the largest value."""
    if not all(map(is_tensor, (ours, theirs, exact))) or not tuple(ours.shape) == theirs.shape == exact.shape:
        return False
    if kind(ours) != kind(theirs) or kind(ours) not in TOLERANCES or kind(exact) not in ("float64", "complex128"):
        return False
    whole = array(exact)
    with np.errstate(all="ignore"):
        errors = [float(np.abs(array(x).astype(whole.dtype) - whole).max(initial=0)) for x in (ours, theirs)]
        allowed = max(2 * errors[1], TOLERANCES[kind(ours)][0] * float(np.abs(whole).max(initial=0)))
    return bool(np.isfinite(errors).all() and errors[0] <= allowed)


def kind(x: Any) -> str:
    """The name of a tensor's dtype."""
    return str(x.dtype).rpartition(".")[2]


def array(x: Any) -> Any:
    """The elements of a tensor; halves as float32."""
    x = x.detach().float() if kind(x) in ("bfloat16", "float16") else x.detach()
    return x.numpy(force=True)


def difference_of(a: Any, b: Any, tolerance: Tolerance) -> str:
    """The same of two single values."""
    if (a is None or b is None) and not any(is_tensor(x) and x.count_nonzero() for x in (a, b)):
        return ""  # no gradient is a gradient of zeros
    if is_tensor(a) != is_tensor(b):
        return f"{type(a).__name__}, PyTorch {type(b).__name__}"
    if not is_tensor(a):
        return "" if word(a) == word(b) or (a != a and b != b) else f"{word(a)}, PyTorch {word(b)}"
    b = b.to_dense() if b.layout is not torch.strided else b.resolve_conj().resolve_neg()
    kinds = [kind(x) for x in (a, b)]
    if kinds[0] != kinds[1]:
        return f"{kinds[0]}, PyTorch {kinds[1]}"
    if tuple(a.shape) != tuple(b.shape):
        return f"shape {tuple(a.shape)}, PyTorch {tuple(b.shape)}"
    return apart(array(a), array(b), *tolerance.of(kinds[0]))


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
    """A fixed projection of what can be differentiated to a real number; None if nothing can be."""
    total: Any = None
    for k, y in enumerate(parts(results)):
        if is_tensor(y) and y.requires_grad:
            rng = np.random.default_rng(k)
            w = rng.uniform(0.5, 1.5, tuple(y.shape))
            if y.is_complex():
                w = w - 1j * rng.uniform(0.5, 1.5, tuple(y.shape))
            part = (y * library.from_numpy(np.asarray(w)).to(y.dtype)).sum()
            part = part.real if part.is_complex() else part
            total = part if total is None else total + part
    return total


def gradients(results: Any, leaves: list[Any], library: Any) -> list[Any]:
    """The gradients of that projection; None where there is none."""
    total = weighted(results, library)
    return [] if total is None or not leaves else list(library.autograd.grad(total, leaves, allow_unused=True))


def compare(ours: Any, theirs: Any, exactly: Any, tolerance: Tolerance) -> str:
    """What is wrong with the results of a call, with which of them want gradients, or with the gradients."""
    wrong = difference(ours.results, theirs.results, tolerance, lambda: exactly().results)
    if wrong:
        return wrong
    if ours.wants != theirs.wants:
        return f"requires_grad {ours.wants}, PyTorch {theirs.wants}"
    wrong = difference(ours.gradients(), theirs.gradients(), tolerance, lambda: exactly().gradients())
    return f"gradient: {wrong}" if wrong else ""
