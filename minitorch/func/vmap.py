"""`vmap`: a function of single samples as a function of batches, by a loop over the samples."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.grad_mode import no_grad
from ..ops.join import stack
from ..random import default_generator
from ..tensor import Tensor
from . import tree

Function = Callable[..., Any]


def vmap(
    func: Function, in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *, chunk_size: int | None = None
) -> Function:
    """`func` over dimension `in_dims` of its tensors (None: the same for all samples), results stacked at `out_dims`.

    It is a loop: right, and as slow as one. `randomness` says whether samples draw "different" numbers, the "same", or
    (the default, "error") none. Trees of tensors go in and out; keyword arguments are the same for all samples.

    >>> torch.vmap(torch.dot)(torch.ones(2, 3), torch.ones(2, 3))
    tensor([3., 3.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")
    name = getattr(func, "__name__", repr(func))

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        samples = _samples(name, in_dims, args)
        if not samples:
            return _empty(name, func, in_dims, out_dims, args, kwargs)
        results = _called(func, samples, kwargs, randomness)
        return _gathered(name, results, out_dims)

    return wrapper


# ---------------------------------------------------------------- inputs


def _dims(name: str, in_dims: Any, args: tuple[Any, ...]) -> list[Any]:
    """For each tensor among the arguments the dimension to map over, or None."""
    start = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{start}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    try:
        dims = tree.spread(in_dims, args)
    except ValueError:
        raise ValueError(
            f"{start}: in_dims is not compatible with the structure of `inputs`: it has {len(tree.leaves(in_dims))} "
            f"entries for {len(args)} arguments of types {[type(a).__name__ for a in args]}."
        ) from None
    return [_dim(start, dim, x) for dim, x in zip(dims, tree.leaves(args), strict=True)]


def _dim(start: str, dim: Any, x: Any) -> Any:
    if dim is None:
        return None
    if not isinstance(dim, int):
        raise ValueError(
            f"{start}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
        )
    if not isinstance(x, Tensor):
        raise ValueError(
            f"{start}: Got in_dim={dim} for an input but the input is of type {type(x)}. We cannot vmap over "
            "non-Tensor arguments, please use None as the respective in_dim"
        )
    if not -x.dim() <= dim < x.dim():
        raise ValueError(
            f"{start}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {x.dim()} so "
            f"expected in_dim to satisfy -{x.dim()} <= in_dim < {x.dim()}."
        )
    return dim


def _samples(name: str, in_dims: Any, args: tuple[Any, ...]) -> list[Any]:
    """The arguments of each sample."""
    dims, values = _dims(name, in_dims, args), tree.leaves(args)
    sizes = [x.shape[dim] for x, dim in zip(values, dims, strict=True) if dim is not None]
    if not sizes:
        raise ValueError(f"vmap({name}, in_dims={in_dims}, ...)(<inputs>): expected at least one input to map over")
    if len(set(sizes)) > 1:
        raise ValueError(
            f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the "
            "mapped dimension"
        )
    parts = [[x] * sizes[0] if dim is None else x.unbind(dim) for x, dim in zip(values, dims, strict=True)]
    return [tree.rebuilt(args, list(row)) for row in zip(*parts, strict=True)]


# ---------------------------------------------------------------- the loop


def _called(func: Function, samples: list[Any], kwargs: dict[str, Any], randomness: str) -> list[Any]:
    stream = default_generator.stream
    before = stream.get_state()
    results = []
    for sample in samples:
        if randomness == "same":
            stream.set_state(before)
        results.append(func(*sample, **kwargs))
        if randomness == "error" and not _same(before, stream.get_state()):
            stream.set_state(before)
            raise RuntimeError(
                "vmap: called random operation while in randomness error mode. Please either use the 'same' or "
                "'different' randomness flags on vmap or perform the randomness operation out of vmap"
            )
    return results


def _same(a: Any, b: Any) -> bool:
    """Whether two states of a stream are one."""
    words, others = [Tensor._wrap(state[0].view(np.int32)) for state in (a, b)]
    return bool(a[1:4] == b[1:4]) and words.equal(others)


def _gathered(name: str, results: list[Any], out_dims: Any) -> Any:
    columns = [tree.leaves(result) for result in results]
    for leaf, dim in zip(columns[0], _out_dims(name, out_dims, results[0]), strict=True):
        if dim is not None and not isinstance(leaf, Tensor):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(leaf)}. Did you mean to set "
                "out_dims= to None for output?"
            )
    dims = _out_dims(name, out_dims, results[0])
    stacked = [
        column[0] if dim is None else stack(column, dim)
        for column, dim in zip(zip(*columns, strict=True), dims, strict=True)
    ]
    return tree.rebuilt(results[0], stacked)


def _out_dims(name: str, out_dims: Any, result: Any) -> list[Any]:
    try:
        return tree.spread(out_dims, result)
    except ValueError:
        if isinstance(out_dims, tuple) and len(out_dims) == 1 and isinstance(result, Tensor):
            return [out_dims[0]]
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            f"`outputs`, which is of type {type(result).__name__} with {len(tree.leaves(result))} tensors."
        ) from None


def _empty(name: str, func: Function, in_dims: Any, out_dims: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """No samples: the shapes are those of a sample of zeros."""
    one = [
        x if dim is None else x.new_zeros([n for i, n in enumerate(x.shape) if i != dim % x.dim()])
        for x, dim in zip(tree.leaves(args), _dims(name, in_dims, args), strict=True)
    ]
    with no_grad():
        result = _gathered(name, [func(*tree.rebuilt(args, one), **kwargs)], out_dims)
    dims = _out_dims(name, out_dims, result)
    empty = [
        x if dim is None else x.narrow(dim, 0, 0).clone() for x, dim in zip(tree.leaves(result), dims, strict=True)
    ]
    return tree.rebuilt(result, empty)
