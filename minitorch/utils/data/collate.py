"""How samples become a batch."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from ...creation import as_tensor, tensor
from ...dtypes import float64
from ...ops.join import stack
from ...tensor import Tensor

Map = dict[Any, Callable[..., Any]]


def default_collate(batch: Any) -> Any:
    """A batch of samples: tensors and arrays stacked, numbers as a tensor, dictionaries and sequences of such, strings
    as they are.

    TypeError for anything else, RuntimeError for sequences of unequal length.

    >>> torch.utils.data.default_collate([{"x": 1, "y": [0.5, "a"]}, {"x": 2, "y": [1.5, "b"]}])
    {'x': tensor([1, 2]), 'y': [tensor([0.5000, 1.5000], dtype=torch.float64), ('a', 'b')]}
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data: Any) -> Any:
    """Arrays and numpy's numbers in `data`, at any depth, as tensors; everything else as it is."""
    if isinstance(data, (np.ndarray, np.generic)):
        return data if data.dtype.kind in "SUOaV" else as_tensor(data)
    if isinstance(data, Mapping):
        return _mapping_like(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*[default_convert(x) for x in data])
    if isinstance(data, tuple):
        return [default_convert(x) for x in data]
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _sequence_like(data, [default_convert(x) for x in data])
    return data


def collate(batch: Any, *, collate_fn_map: Map | None = None) -> Any:
    """A batch by a function for each type, `f(batch, collate_fn_map=)`, through dictionaries and sequences."""
    first = batch[0]
    function = _function_for(first, collate_fn_map or {})
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)
    again = functools.partial(collate, collate_fn_map=collate_fn_map)
    if isinstance(first, Mapping):
        return _mapping_like(first, {key: again([sample[key] for sample in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*[again(samples) for samples in zip(*batch, strict=False)])
    if not isinstance(first, Sequence):
        raise TypeError(_REFUSAL.format(type(first)))
    lengths = [len(sample) for sample in batch]
    if len(set(lengths)) > 1:
        raise RuntimeError(f"each element in list of batch should be of equal size, but got the sizes {lengths}")
    columns = [again(samples) for samples in zip(*batch, strict=True)]
    return columns if isinstance(first, tuple) else _sequence_like(first, columns)


_REFUSAL = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def _function_for(first: Any, table: Map) -> Any:
    if type(first) in table:
        return table[type(first)]
    return next((function for kind, function in table.items() if isinstance(first, kind)), None)


def _mapping_like(model: Any, items: dict[Any, Any]) -> Any:
    """The items in a mapping of the same type, or in a dictionary where that cannot be made."""
    try:
        if not isinstance(model, MutableMapping):
            return type(model)(items)
        made = copy.copy(model)
        made.update(items)
        return made
    except TypeError:
        return items


def _sequence_like(model: Any, items: list[Any]) -> Any:
    """The items in a sequence of the same type, or in a list where that cannot be made."""
    try:
        if not isinstance(model, MutableSequence):
            return type(model)(items)
        made = copy.copy(model)
        for i, item in enumerate(items):
            made[i] = item
        return made
    except TypeError:
        return items


def _arrays(batch: Any, *, collate_fn_map: Map | None = None) -> Any:
    if batch[0].dtype.kind in "SUOaV":
        raise TypeError(_REFUSAL.format(batch[0].dtype))
    return collate([as_tensor(x) for x in batch], collate_fn_map=collate_fn_map)


default_collate_fn_map: Map = {
    Tensor: lambda batch, *, collate_fn_map=None: stack(batch, 0),
    np.ndarray: _arrays,
    (np.bool_, np.number, np.object_): lambda batch, *, collate_fn_map=None: as_tensor(np.asarray(batch)),
    float: lambda batch, *, collate_fn_map=None: tensor(batch, dtype=float64),
    int: lambda batch, *, collate_fn_map=None: tensor(batch),
    str: lambda batch, *, collate_fn_map=None: batch,
    bytes: lambda batch, *, collate_fn_map=None: batch,
}
