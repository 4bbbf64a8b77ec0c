"""`state_dict` and `load_state_dict`: what a module saves, and how it is put back, wholly or not at all."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..autograd.grad_mode import no_grad
from ..tensor import Tensor
from .parameter import Parameter, is_lazy

EXTRA = "_extra_state"  # the key of what get_extra_state returns


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class _IncompatibleKeys(_Keys):
    """What `load_state_dict` returns: the keys it did not find, and those it had no place for."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if any(self) else "<All keys matched successfully>"

    __str__ = __repr__


class Loading(OrderedDict[str, Any]):
    """A state dict while it is loaded: `plan` collects what is to be written once everything is known to fit."""

    plan: list[Callable[[], None]]

    def below(self, prefix: str) -> Loading:
        """The part whose keys begin with `prefix`."""
        return loading({k: v for k, v in self.items() if k.startswith(prefix)}, self.plan)


def loading(state: Mapping[str, Any], plan: list[Callable[[], None]]) -> Loading:
    """A copy of a state dict, with its plan."""
    made = Loading(state)
    made.plan = plan
    return made


# ---------------------------------------------------------------- one module


def persistent_state(module: Any) -> dict[str, Any]:
    """The module's own parameters and persistent buffers, by name; None left out."""
    skip = module._non_persistent_buffers_set
    buffers = [(name, x) for name, x in module._buffers.items() if name not in skip]
    return {name: x for name, x in (*module._parameters.items(), *buffers) if x is not None}


def overrides(module: Any, base: type, name: str) -> bool:
    """Whether the class of the module has a method of its own instead of the base's."""
    return getattr(type(module), name) is not getattr(base, name)


def plan_tensors(
    module: Any, state: Mapping[str, Any], prefix: str, assign: bool, missing: list[str] | None, errors: list[str]
) -> list[Any]:
    """What has to be written into the module's own tensors; what stands against it goes to `missing` and `errors`."""
    plan: list[Any] = []
    for name, old in persistent_state(module).items():
        key = prefix + name
        if key in state:
            plan += _plan_tensor(module, name, key, old, state[key], assign, errors)
        elif missing is not None:
            missing.append(key)
    return plan


def _plan_tensor(
    module: Any, name: str, key: str, old: Any, new: Any, assign: bool, errors: list[str]
) -> list[Callable[[], None]]:
    if not isinstance(new, Tensor):
        errors.append(
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(new)}"
        )
        return []
    if is_lazy(old) and is_lazy(new):
        return []
    if old.ndim == 0 and new.ndim == 1 and new.numel() == 1:
        new = new[0]  # checkpoints from before there were 0-d tensors
    if new.shape != old.shape:
        errors.append(
            f"size mismatch for {key}: copying a param with shape {new.shape} from checkpoint, the shape in current "
            f"model is {old.shape}."
        )
        return []
    return [lambda: _assign(module, name, old, new) if assign else _copy(old, new)]


def _copy(old: Any, new: Any) -> None:
    with no_grad():
        old.copy_(new)


def _assign(module: Any, name: str, old: Any, new: Any) -> None:
    if isinstance(old, Parameter):
        new = new if isinstance(new, Parameter) else Parameter(new, requires_grad=False)
        new.requires_grad_(old.requires_grad)
    setattr(module, name, new)


def unexpected_of(module: Any, state: Mapping[str, Any], prefix: str) -> list[str]:
    """The keys below `prefix` for which the module has neither a child nor a tensor."""
    own = persistent_state(module)
    found = []
    for key in state:
        if not key.startswith(prefix) or key == prefix + EXTRA:
            continue
        first, dot, _ = key[len(prefix) :].partition(".")
        if first not in (module._modules if dot else own):
            found.append(key)
    return found


# ---------------------------------------------------------------- the whole


class Loader:
    """One `load_state_dict`: first everything is looked at, then everything is written, or nothing."""

    def __init__(self, module: Any, state: Mapping[str, Any], strict: bool, assign: bool) -> None:
        self.module = module
        self.strict, self.assign = strict, assign
        self.metadata = getattr(state, "_metadata", None)
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []
        self.post_hooks: list[tuple[Any, Any]] = []
        self.state = loading(state, [])

    def run(self) -> _IncompatibleKeys:
        """Load; RuntimeError with all problems if there are any, and then nothing has changed."""
        self._look(self.module, self.state, "")
        keys = _IncompatibleKeys(self.missing, self.unexpected)
        written = not self._problems()
        if written:
            self._write()
        self._run_post_hooks(keys)
        problems = self._problems()
        if problems:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(self.module).__name__}:\n\t" + "\n\t".join(problems)
            )
        if not written:  # a hook excused what was missing
            self._write()
        return keys

    def _look(self, module: Any, state: Loading, prefix: str) -> None:
        version = {} if self.metadata is None else self.metadata.get(prefix[:-1], {})
        if self.assign:
            version = {**version, "assign_to_params_buffers": True}
        module._load_from_state_dict(state, prefix, version, True, self.missing, self.unexpected, self.errors)
        for name, child in module._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                self._look(child, state.below(below), below)
        self.post_hooks += [(module, hook) for hook in module._load_state_dict_post_hooks.values()]

    def _write(self) -> None:
        for write in self.state.plan:
            write()

    def _run_post_hooks(self, keys: _IncompatibleKeys) -> None:
        for module, hook in self.post_hooks:
            if hook(module, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new "
                    "values, they change incompatible_keys in place"
                )

    def _problems(self) -> list[str]:
        """All that stands against loading, a line each."""
        kinds = (("Missing", self.missing), ("Unexpected", self.unexpected)) if self.strict else ()
        listed = [f"{kind} key(s) in state_dict: {_quoted(keys)}. " for kind, keys in kinds if keys]
        return listed + self.errors


def _quoted(keys: list[str]) -> str:
    return ", ".join([f'"{key}"' for key in keys])
