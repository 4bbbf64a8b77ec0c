"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..nn.module import Module
from ..nn.norm import _BatchNorm
from ..ops.join import stack


def functional_call(
    module: Module, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: dict[str, Any] | None = None, *,
    tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """module(*args, **kwargs) with the parameters and buffers of one or several dicts in the place of its own.

    Gradients flow to what the dicts hold. Names that the module does not have are passed over, unless `strict`.

    >>> layer = torch.nn.Linear(2, 1, bias=False)
    >>> torch.func.functional_call(layer, {"weight": torch.ones(1, 2)}, torch.ones(2))
    tensor([2.])
    """
    given = _merged(parameter_and_buffer_dicts)
    places = _places(module)
    if strict:
        _compare(module, set(given), set(places))
    wanted = _tied(places, given) if tie_weights else {k: v for k, v in given.items() if k in places}
    arguments = () if args is None else args if isinstance(args, tuple) else (args,)
    with _replaced(places, wanted):
        return module(*arguments, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence) or not all(isinstance(d, dict) for d in dicts):
        raise ValueError(
            f"Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got {type(dicts)}"
        )
    names = [name for d in dicts for name in d]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{twice} appeared in multiple dictionaries; behavior of functional call is ambiguous")
    return {name: x for d in dicts for name, x in d.items()}


def _places(module: Module) -> dict[str, tuple[dict[str, Any], str]]:
    """For each full name, tied ones too, the dict of a module that holds the tensor, and its key there."""
    return {
        f"{prefix}.{name}".lstrip("."): (registry, name)
        for prefix, part in module.named_modules(remove_duplicate=False)
        for registry in (part._parameters, part._buffers)
        for name, x in registry.items()
        if x is not None
    }


def _compare(module: Module, given: set[str], known: set[str]) -> None:
    problems = [
        f"\n\t{title} key(s): {', '.join([repr(name) for name in sorted(names)])}."
        for title, names in (("Unexpected", given - known), ("Missing", known - given))
        if names
    ]
    if problems:
        raise RuntimeError(f"Error(s) in reparametrizing for {type(module).__name__}:{''.join(problems)}")


def _tied(places: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Names that share a tensor in the module share the new one."""
    groups: dict[int, list[str]] = {}
    for name, (registry, key) in places.items():
        groups.setdefault(id(registry[key]), []).append(name)
    wanted: dict[str, Any] = {}
    for names in groups.values():
        values = [given[name] for name in names if name in given]
        if any(x is not values[0] for x in values):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(names)}, which are tied. Consider using "
                f"tie_weights=False"
            )
        wanted |= {name: values[0] for name in names if values}
    return wanted


@contextmanager
def _replaced(places: dict[str, Any], wanted: dict[str, Any]) -> Iterator[None]:
    """The tensors in their places; afterwards those that were there before."""
    before = [(*places[name], places[name][0][places[name][1]]) for name in wanted]
    try:
        for name, x in wanted.items():
            registry, key = places[name]
            registry[key] = x
        yield
    finally:
        for registry, key, x in before:
            registry[key] = x


def replace_all_batch_norm_modules_(root: Module) -> Module:
    """Take the running statistics of all batch norms in a module away, in place: `vmap` cannot write to them."""
    for module in root.modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(parameters, buffers) of several models of one kind, stacked along a new first dimension: for `vmap`.

    >>> models = [torch.nn.Linear(2, 3) for _ in range(4)]
    >>> torch.func.stack_module_state(models)[0]["weight"].shape
    torch.Size([4, 3, 2])
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({m.training for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return _stacked(parameters), _stacked(buffers)


def _stacked(states: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: _leaf(name, [state[name] for state in states]) for name in states[0]}


def _leaf(name: str, tensors: list[Any]) -> Any:
    tracked = {x.requires_grad for x in tensors}
    if len(tracked) > 1:
        raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
    return stack([x.detach() for x in tensors]).requires_grad_(tracked.pop())
