"""Sums of products over named dimensions: `einsum`, `tensordot`, `kron`, `chain_matmul`."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

from .. import dtypes as dt
from ..errors import DtypeError, OperationError
from .arithmetic import mul, refuse
from .autocast import as_given, lowered
from .base import T, TensorBase, into, promoted
from .matmul import _dims, _no_bools, _product, matmul
from .view import diagonal, dim_in, expand, permute, reshape, sum_to_size, view

__all__ = ["chain_matmul", "einsum", "kron", "tensordot"]

Labels = tuple[Any, ...]


def einsum(equation: Any, *operands: Any) -> Any:
    """Sums of products: letters name dimensions, those missing behind `->` are summed, repeated ones are a diagonal.

    >>> torch.einsum("ij,jk->ik", torch.eye(2), torch.tensor([[1., 2.], [3., 4.]]))
    tensor([[1., 2.],
            [3., 4.]])
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    inputs, output = _parse(equation.replace(" ", ""), tuple([x.array.ndim for x in operands]))
    terms = [_distinct(x, labels, equation) for x, labels in zip(operands, inputs, strict=True)]
    _check_sizes(equation, terms)
    x, labels = terms[0]
    for i in range(1, len(terms)):
        later = {label for _, other in terms[i + 1 :] for label in other} | set(output)
        x, labels = _contract(x, labels, *terms[i], later)
    x, labels = _sum_out(x, labels, set(output))
    return permute(x, *[labels.index(label) for label in output]) if labels != output else x


def _from_lists(args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The form `einsum(a, [0, 1], b, [1, 2], [0, 2])` as an equation."""
    pairs, last = args[: len(args) // 2 * 2], args[len(args) // 2 * 2 :]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

    def term(numbers: Any) -> str:
        return "".join("..." if n is Ellipsis else letters[n] for n in numbers)

    equation = ",".join(term(numbers) for numbers in pairs[1::2])
    return (f"{equation}->{term(last[0])}" if last else equation), pairs[::2]


@functools.lru_cache(256)
def _parse(equation: str, ranks: tuple[int, ...]) -> tuple[list[Labels], Labels]:
    """The labels of each operand and of the result; a dimension under `...` is labelled with a negative number."""
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise RuntimeError(f"einsum(): the equation {equation!r} has {len(terms)} operands, {len(ranks)} were given")
    inputs = [_labels(term, rank, equation) for term, rank in zip(terms, ranks, strict=True)]
    widest = max((sum(isinstance(label, int) for label in labels) for labels in inputs), default=0)
    dots = tuple(range(-widest, 0))
    if arrow:
        output = _labels(right, len(right.replace("...", "")) + ("..." in right) * widest, equation)
        unknown = set(output) - {label for labels in inputs for label in labels}
        if unknown or len(set(output)) < len(output):
            raise RuntimeError(f"einsum(): the output of {equation!r} must name dimensions of the operands, each once")
        return inputs, output
    letters = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
    return inputs, (*dots, *letters)


def _labels(term: str, ndim: int, equation: str) -> Labels:
    if not all(c.isalpha() for c in term.replace("...", "")) or term.count("...") > 1:
        raise RuntimeError(f"einsum(): {term!r} in {equation!r} is not made of letters and at most one '...'")
    head, dots, tail = term.partition("...")
    hidden = ndim - len(head) - len(tail)
    if hidden < 0 or (hidden and not dots):
        raise RuntimeError(f"einsum(): {term!r} in {equation!r} does not fit an operand with {ndim} dimensions")
    return (*head, *range(-hidden, 0), *tail)


def _distinct(x: Any, labels: Labels, equation: str) -> tuple[Any, Labels]:
    """A label that occurs twice becomes the diagonal of its dimensions."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            if x.array.shape[first] != x.array.shape[second]:
                raise OperationError(
                    "einsum", f"subscript {label} is repeated in {equation!r} but the sizes don't match", x
                )
            x = diagonal(x, 0, first, second)
            labels = (*[c for i, c in enumerate(labels) if i not in (first, second)], label)
    return x, labels


def _check_sizes(equation: str, terms: list[tuple[Any, Labels]]) -> None:
    sizes: dict[Any, int] = {}
    for x, labels in terms:
        for label, n in zip(labels, x.array.shape, strict=True):
            if sizes.setdefault(label, n) != n and 1 not in (n, sizes[label]):
                shapes = ", ".join(str(list(y.shape)) for y, _ in terms)
                raise RuntimeError(
                    f"einsum(): subscript {label} of {equation!r} has size {n} and size {sizes[label]} (operands "
                    f"{shapes})"
                )
            sizes[label] = max(sizes[label], n)


def _sum_out(x: Any, labels: Labels, kept: set[Any]) -> tuple[Any, Labels]:
    gone = [i for i, label in enumerate(labels) if label not in kept]
    if not gone:
        return x, labels
    rest = [n for i, n in enumerate(x.array.shape) if i not in gone]
    x = sum_to_size(x, [1 if i in gone else n for i, n in enumerate(x.array.shape)])
    return view(x, *rest) if rest else view(x, ()), tuple([c for c in labels if c in kept])


def _contract(a: Any, left: Labels, b: Any, right: Labels, later: set[Any]) -> tuple[Any, Labels]:
    """The product of two operands, summed over what they share and nobody needs later:
    one product of stacked matrices.
    """
    a, left = _sum_out(a, left, set(right) | later)
    b, right = _sum_out(b, right, set(left) | later)
    shared = [c for c in left if c in right]
    summed = [c for c in shared if c not in later]
    if dt.mixed and summed:
        a, b = lowered(a, b)
    a, b = _same_dtype(a, b) if summed else promoted(a, b)
    stack = [c for c in shared if c in later]
    only_a, only_b = [c for c in left if c not in shared], [c for c in right if c not in shared]
    sizes = {
        c: n for x, labels in ((a, left), (b, right)) for c, n in zip(labels, x.array.shape, strict=True) if n != 1
    }
    head, rows, depth, columns = [math.prod(sizes.get(c, 1) for c in g) for g in (stack, only_a, summed, only_b)]
    front = [head] if stack else []
    m = _arranged(a, left, (*stack, *only_a, *summed), sizes, (*front, rows, depth))
    n = _arranged(b, right, (*stack, *summed, *only_b), sizes, (*front, depth, columns))
    labels, product = (*stack, *only_a, *only_b), _product(m, n)
    return reshape(product, [sizes.get(c, 1) for c in labels]), labels


def _same_dtype(a: Any, b: Any) -> tuple[Any, Any]:
    if a.array.dtype is not b.array.dtype:
        raise DtypeError("einsum", "both operands of a product must have the same dtype", a, b)
    if a.array.dtype.kind == "b":
        _no_bools("einsum", a, b)
    return a, b


def _arranged(x: Any, labels: Labels, order: Labels, sizes: dict[Any, int], shape: tuple[int, ...]) -> Any:
    """The dimensions in an order, each of its full size, in another shape: only what is not so already is done."""
    if order != labels:
        x = permute(x, [labels.index(c) for c in order])
    full = tuple([sizes.get(c, 1) for c in order])
    if full != x.array.shape:
        x = expand(x, full)
    return reshape(x, shape) if full != shape else x


def tensordot(a: T, b: Any, dims: Any = 2, out: Any = None) -> T:
    """Products summed over the last `dims` dimensions of a and the first of b, or over the pairs listed."""
    left, right = _summed_dims(a, b, dims)
    is_dot = len(left) == a.array.ndim == b.array.ndim  # autocast leaves it alone
    if dt.mixed and not is_dot:
        a, b = lowered(a, b)
    a, b = _same_dtype(a, b)
    if len(left) != len(right):
        raise OperationError("tensordot", f"both dimension lists should have same length: {left} and {right}", a, b)
    a, b = _shrunk(a, b, left, right)
    names: list[Any] = [f"b{i}" for i in range(b.array.ndim)]
    for p, q in zip(left, right, strict=True):
        if a.array.shape[p] != b.array.shape[q]:
            raise OperationError(
                "tensordot", f"contracted dimensions need to match, but dim {p} and dim {q} differ", a, b
            )
        names[q] = f"a{p}"
    first = tuple([f"a{i}" for i in range(a.array.ndim)])
    kept = {c for c in (*first, *names) if (c in first) != (c in names)}
    contract = as_given(_contract) if is_dot else _contract
    result, labels = contract(a, first, b, tuple(names), kept)
    order = [labels.index(c) for c in (*first, *names) if c in kept]
    return into(out, permute(result, order) if order else result, "tensordot")


def _summed_dims(a: Any, b: Any, dims: Any) -> tuple[list[int], list[int]]:
    """The dimensions of a and of b that are summed over, in pairs."""
    dims = dims.tolist() if isinstance(dims, TensorBase) else dims
    if not isinstance(dims, int):
        left, right = [[given] if isinstance(given, int) else list(given) for given in dims]
        return [dim_in(d, a.array.ndim) for d in left], [dim_in(d, b.array.ndim) for d in right]
    if not 0 <= dims <= min(a.array.ndim, b.array.ndim):
        raise OperationError("tensordot", f"dims must lie between 0 and the smaller rank, but got dims={dims}", a, b)
    return list(range(a.array.ndim - dims, a.array.ndim)), list(range(dims))


def _shrunk(a: Any, b: Any, left: list[int], right: list[int]) -> tuple[Any, Any]:
    """A dimension of size 1 meets one of any size, which is summed."""
    for p, q in zip(left, right, strict=True):
        if a.array.shape[p] == 1 != b.array.shape[q]:
            b = b.sum(q, keepdim=True)
        elif b.array.shape[q] == 1 != a.array.shape[p]:
            a = a.sum(p, keepdim=True)
    return a, b


def kron(input: T, other: Any) -> T:
    """The Kronecker product: every element of `input` times the whole of `other`."""
    n = max(input.array.ndim, other.array.ndim)
    a = [1] * (n - input.array.ndim) + list(input.array.shape)
    b = [1] * (n - other.array.ndim) + list(other.array.shape)
    left = reshape(input, [s for p in a for s in (p, 1)])
    right = reshape(other, [s for q in b for s in (1, q)])
    return reshape(mul(left, right), [p * q for p, q in zip(a, b, strict=True)])


def chain_matmul(*matrices: Any, out: Any = None) -> Any:
    """The product of several matrices, in the order with the fewest multiplications."""
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    warnings.warn(
        "torch.chain_matmul is deprecated and will be removed in a future PyTorch release. Use torch.linalg.multi_dot "
        "instead, which accepts a list of two or more tensors.",
        stacklevel=2,
    )
    for x in matrices:
        _dims("chain_matmul", x, 2)
    return multi_dot(matrices, out=out) if len(matrices) > 1 else into(out, matrices[0], "chain_matmul")


def multi_dot(tensors: Any, *, out: Any = None) -> Any:
    """The product of several matrices (the first and last may be vectors),
    in the order with the fewest multiplications.
    """
    xs = list(tensors)
    refuse("linalg.multi_dot", "b", *xs)
    if len(xs) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(xs)}")
    first = xs[0].array.shape[0] if xs[0].array.ndim == 2 else 1
    rows = [first, *[x.array.shape[0] for x in xs[1:]]]
    columns = xs[-1].array.shape[1] if xs[-1].array.ndim == 2 else 1
    return into(out, _multiply(xs, _best_splits([*rows, columns]), 0, len(xs) - 1), "multi_dot")


def _best_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split the product of matrices i to j (Cormen et al., matrix-chain multiplication)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = {}
            for k in range(i, j):
                options[k] = cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
            split[i, j] = min(options, key=options.__getitem__)
            cost[i, j] = options[split[i, j]]
    return split


def _multiply(xs: list[Any], split: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return xs[i]
    k = split[i, j]
    return matmul(_multiply(xs, split, i, k), _multiply(xs, split, k + 1, j))
