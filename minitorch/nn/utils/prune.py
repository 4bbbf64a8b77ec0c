"""Pruning: elements of a parameter held at zero by a mask, `name_mask`; `name_orig` goes on being trained."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Iterator
from typing import Any

from ...creation import ones_like, zeros_like
from ...ops.reduce import vector_norm
from ...random import rand, rand_like
from .convert_parameters import parameters_to_vector


class BasePruningMethod:
    """The base of all methods, and the hook that applies the mask before each forward.

    A subclass has `compute_mask(t, default_mask)` and a PRUNING_TYPE: "unstructured" sees the elements still there,
    "structured" the channels still there along its `dim`, "global" everything.
    """

    PRUNING_TYPE = "unstructured"
    _tensor_name: Any = None

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask, from what tells how important elements are and from the mask before."""
        raise NotImplementedError(f"{type(self).__name__} has no compute_mask")

    def apply_mask(self, module: Any) -> Any:
        """The parameter with its mask."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        original = getattr(module, self._tensor_name + "_orig")
        return getattr(module, self._tensor_name + "_mask").to(original.dtype) * original

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune a parameter, or prune it further; returns the method, or the container of all on it."""
        method = cls(*args, **kwargs)
        method._tensor_name = name
        value = getattr(module, name)
        scores = _scores(importance_scores, value, name)
        key = _find(module, name)
        if key is None:
            mask = method.compute_mask(scores, default_mask=ones_like(value))
            module.register_parameter(name + "_orig", value)
            del module._parameters[name]
        else:
            method = _joined(module._forward_pre_hooks[key], method)
            mask = method.compute_mask(scores, default_mask=getattr(module, name + "_mask").detach().clone())
            del module._forward_pre_hooks[key]
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A tensor with its mask, by itself."""
        mask = ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(_scores(importance_scores, t, "t"), default_mask=mask)

    def remove(self, module: Any) -> None:
        """Make the parameter a plain one again, pruned for good."""
        name, value = self._tensor_name, self.apply_mask(module)
        delattr(module, name)
        original = module._parameters.pop(name + "_orig")
        original.data = value.data
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


def _scores(scores: Any, t: Any, name: str) -> Any:
    if scores is not None and scores.shape != t.shape:
        raise AssertionError(
            f"importance_scores should have the same shape as parameter {name}, got {scores.shape} vs {t.shape}"
        )
    return t if scores is None else scores


def _find(module: Any, name: str) -> int | None:
    """The key of the hook that prunes this parameter."""
    hooks = module._forward_pre_hooks.items()
    return next((k for k, hook in hooks if isinstance(hook, BasePruningMethod) and hook._tensor_name == name), None)


def _joined(old: Any, new: Any) -> Any:
    container = old if isinstance(old, PruningContainer) else PruningContainer(old)
    container.add_pruning_method(new)
    return container


class PruningContainer(BasePruningMethod):
    """Several methods on one parameter; a new one prunes what the others left."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add a method for the same parameter."""
        if method is not None and not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer "
                f"{self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of the last method, within what the mask so far leaves."""
        method, mask = self._pruning_methods[-1], default_mask.to(t.dtype)
        part = _part(method, t, mask)
        new = mask.clone()
        new[part] = method.compute_mask(t[part], default_mask=mask[part]).to(new.dtype)
        return new


def _part(method: Any, t: Any, mask: Any) -> Any:
    """The index of what a method sees."""
    everything: list[Any] = [slice(None)] * t.ndim
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    if method.PRUNING_TYPE == "structured":
        if not hasattr(method, "dim"):
            raise AttributeError(
                'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
            )
        dim = method.dim % t.ndim
        everything[dim] = mask.sum([d for d in range(t.ndim) if d != dim]) != 0
    elif method.PRUNING_TYPE != "global":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    return tuple(everything)


# ---------------------------------------------------------------- the methods


class Identity(BasePruningMethod):
    """Prune nothing, but make the mask."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask before."""
        return default_mask


def _number(amount: Any) -> int | float:
    return int(amount) if isinstance(amount, numbers.Integral) else float(amount)


class _Amount(BasePruningMethod):
    """A method that prunes a number or a share of the elements or channels."""

    def __init__(self, amount: Any) -> None:
        if not isinstance(amount, numbers.Real):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        self.amount = _number(amount)
        if self.amount < 0 or (isinstance(self.amount, float) and self.amount > 1):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")

    def _count(self, total: int) -> int:
        count = self.amount if isinstance(self.amount, int) else round(self.amount * total)
        if count > total:
            raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={total}")
        return count


def _without(mask: Any, order: Any, count: int, largest: bool) -> Any:
    """The mask without the `count` elements that come first in the order."""
    mask = mask.clone()
    if count:
        mask.view(-1)[order.reshape(-1).topk(count, largest=largest).indices] = 0
    return mask


class RandomUnstructured(_Amount):
    """Elements at random."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask before, without elements drawn at random."""
        count = self._count(t.numel())
        return _without(default_mask, rand_like(t) if count else t, count, largest=True)


class L1Unstructured(_Amount):
    """The elements of smallest absolute value."""

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask before, without the smallest elements."""
        return _without(default_mask, t.detach().abs(), self._count(t.numel()), largest=False)


class _Structured(_Amount):
    """A method that prunes whole channels: all elements of one index of a dimension."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def _kept(self, t: Any, count: int) -> Any:
        """The index, along the dimension, of the channels that stay."""
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask before, without channels."""
        if t.ndim <= 1:
            raise ValueError(
                f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} "
                f"with {t.ndim} dims"
            )
        if self.dim >= t.ndim:
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        count = self._count(t.shape[self.dim])
        if count == 0:
            return default_mask
        index: list[Any] = [slice(None)] * t.ndim
        index[self.dim] = self._kept(t, count)
        mask = zeros_like(t)
        mask[tuple(index)] = 1
        return mask * default_mask.to(mask.dtype)


class RandomStructured(_Structured):
    """Channels at random."""

    def _kept(self, t: Any, count: int) -> Any:
        chance = rand(t.shape[self.dim])
        return chance > chance.kthvalue(count).values


class LnStructured(_Structured):
    """The channels of smallest Ln norm."""

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Any, count: int) -> Any:
        others = [d for d in range(t.ndim) if d != self.dim % t.ndim]
        norm = vector_norm(t.detach(), 2 if self.n == "fro" else self.n, others)
        return norm.topk(t.shape[self.dim] - count).indices


class CustomFromMask(BasePruningMethod):
    """A mask of one's own."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """Both masks."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}"
            )
        return default_mask * self.mask.to(default_mask.dtype)


# ---------------------------------------------------------------- what users call


def identity(module: Any, name: str) -> Any:
    """Make a mask of ones."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: float) -> Any:
    """Prune a number of elements (or with a float, a share of them) at random."""
    RandomUnstructured.apply(module, name, amount=amount)
    return module


def l1_unstructured(module: Any, name: str, amount: float, importance_scores: Any = None) -> Any:
    """Prune the elements of smallest absolute value (or of smallest score).

    >>> layer = torch.nn.Linear(4, 1, bias=False)
    >>> _ = torch.nn.utils.prune.l1_unstructured(layer, "weight", amount=0.5)
    >>> int((layer.weight == 0).sum())
    2
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: float, dim: int) -> Any:
    """Prune channels along a dimension at random."""
    RandomStructured.apply(module, name, amount=amount, dim=dim)
    return module


def ln_structured(module: Any, name: str, amount: float, n: Any, dim: int, importance_scores: Any = None) -> Any:
    """Prune the channels of smallest Ln norm along a dimension."""
    LnStructured.apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    """Prune where the mask is 0."""
    CustomFromMask.apply(module, name, mask=mask)
    return module


def global_unstructured(parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any) -> None:
    """Prune several parameters, given as (module, name), as if they were one."""
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    values = [getattr(module, name) for module, name in pairs]
    found = parameters_to_vector([scores.get(pair, x) for pair, x in zip(pairs, values, strict=True)])
    masks = [getattr(module, name + "_mask", ones_like(x)) for (module, name), x in zip(pairs, values, strict=True)]
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of '
            f"type {method.PRUNING_TYPE}"
        )
    mask = PruningContainer(method).compute_mask(found, parameters_to_vector(masks))
    for (module, name), x, part in zip(pairs, values, mask.split([x.numel() for x in values]), strict=True):
        custom_from_mask(module, name, part.view(x.shape))


def remove(module: Any, name: str) -> Any:
    """Make the parameter a plain one again, with its zeros; ValueError if it is not pruned."""
    key = _find(module, name)
    if key is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    module._forward_pre_hooks.pop(key).remove(module)
    return module


def is_pruned(module: Any) -> bool:
    """Whether a parameter of the module, or of one below it, is pruned."""
    hooks = [hook for m in module.modules() for hook in m._forward_pre_hooks.values()]
    return any(isinstance(hook, BasePruningMethod) for hook in hooks)


__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer",
    "RandomStructured", "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned",
    "l1_unstructured", "ln_structured", "random_structured", "random_unstructured", "remove",
]  # fmt: skip
