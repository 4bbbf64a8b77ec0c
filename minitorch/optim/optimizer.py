"""What all optimizers share: parameter groups, state, hooks, and their checkpoints."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from ..autograd.grad_mode import enable_grad, no_grad
from ..autograd.hooks import RemovableHandle, add_hook
from ..tensor import Tensor

required = object()  # the default of an option that every group must give


class Optimizer:
    """Updates parameters from their gradients. A subclass has `defaults` and a method `step`.

    `params`: tensors, named tensors, or dictionaries of options with a key `params`, each a group.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._hooks: dict[str, OrderedDict[int, Any]] = defaultdict(OrderedDict)
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got a Tensor"
            )
        groups = list(params)
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list. Layers that are kept in a plain list or dict are not found by "
                "parameters(): keep them in nn.ModuleList, nn.Sequential or nn.ModuleDict, parameters in "
                "nn.ParameterList."
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "step" in cls.__dict__:
            cls.step = _hooked(cls.__dict__["step"])  # type: ignore[method-assign]

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter once.

        `closure` computes the loss and its gradients again, and its loss is returned.
        """
        raise NotImplementedError

    @staticmethod
    def profile_hook_step(func: Callable[..., Any]) -> Callable[..., Any]:
        """`func`, a step, between its hooks: a class that is assigned a step later needs it, others have it already."""
        return _hooked(func)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is None:
                    continue
                if set_to_none:
                    p._grad = None
                else:
                    p._grad = p._grad.detach()
                    with no_grad():
                        p._grad.zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with options of their own; what is not given is as in `defaults`."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = {**param_group, **_parameters(param_group["params"])}
        for name, default in self.defaults.items():
            if default is required and name not in group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            group.setdefault(name, default)
        if group.get("fused") and group.get("foreach"):
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        _check_group(group, self.param_groups)
        self.param_groups.append(group)

    # ------------------------------------------------ checkpoints

    def state_dict(self) -> dict[str, Any]:
        """The state and the options; parameters are numbered through all groups."""
        for hook in list(self._hooks["state_dict_pre"].values()):
            hook(self)
        number = {id(p): i for i, p in enumerate(self._all())}
        options = [{name: value for name, value in g.items() if name != "params"} for g in self.param_groups]
        numbers = [[number[id(p)] for p in g["params"]] for g in self.param_groups]
        groups = [{**o, "params": n} for o, n in zip(options, numbers, strict=True)]
        state = {number.get(id(p), p) if isinstance(p, Tensor) else p: s for p, s in self.state.items()}
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in list(self._hooks["state_dict_post"].values()):
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    @no_grad()  # type: ignore[untyped-decorator]
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and options of `state_dict`; nothing changes if its groups do not fit."""
        state_dict = dict(state_dict)
        for hook in list(self._hooks["load_state_dict_pre"].values()):
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        saved = deepcopy(state_dict["param_groups"])
        _check_saved(saved, self.param_groups)
        parameters = dict(zip(chain.from_iterable(g["params"] for g in saved), self._all(), strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            p = parameters.get(key)
            state[key if p is None else p] = value if p is None else _fitted(value, p)
        groups = [_renewed(new, old) for new, old in zip(saved, self.param_groups, strict=True)]
        self.__setstate__({"state": state, "param_groups": groups})
        for hook in list(self._hooks["load_state_dict_post"].values()):
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__.setdefault("_hooks", defaultdict(OrderedDict))
        for group in self.param_groups:  # saved before there were all of these options
            for name, default in self.defaults.items():
                group.setdefault(name, default)

    def _all(self) -> list[Tensor]:
        return [p for g in self.param_groups for p in g["params"]]

    # ------------------------------------------------ hooks

    def register_step_pre_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return new (args, kwargs).

        args[0] is the optimizer.
        """
        return add_hook(self._hooks["step_pre"], hook)

    def register_step_post_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return add_hook(self._hooks["step_post"], hook)

    def register_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict`."""
        return self._register("state_dict_pre", hook, prepend)

    def register_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after `state_dict`; a result replaces it."""
        return self._register("state_dict_post", hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before `load_state_dict`; a result replaces it."""
        return self._register("load_state_dict_pre", hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Any, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after `load_state_dict`."""
        return self._register("load_state_dict_post", hook, prepend)

    def _register(self, name: str, hook: Any, prepend: bool) -> RemovableHandle:
        handle = add_hook(self._hooks[name], hook)
        if prepend:
            self._hooks[name].move_to_end(handle.id, last=False)
        return handle

    def _step_hooks(self, name: str) -> list[Any]:
        """The hooks for every optimizer and this one's own, which lie closer to the step."""
        hooks = self.__dict__.get("_hooks", {})  # some wrap an optimizer without calling our __init__
        own, common = hooks.get(name, ()), _everywhere[name]
        if not own and not common:
            return []
        pair = (own, common) if name == "step_post" else (common, own)
        return [hook for hooks in pair if hooks for hook in hooks.values()]

    def __repr__(self) -> str:
        groups = [
            "\n".join(
                [f"Parameter Group {i}", *[f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]]
            )
            for i, group in enumerate(self.param_groups)
        ]
        return "\n".join([f"{type(self).__name__} (", "\n\n".join(groups), ")"])


_everywhere: dict[str, OrderedDict[int, Any]] = {"step_pre": OrderedDict(), "step_post": OrderedDict()}


def register_optimizer_step_pre_hook(hook: Any) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before each step of every optimizer; it may return new (args, kwargs)."""
    return add_hook(_everywhere["step_pre"], hook)


def register_optimizer_step_post_hook(hook: Any) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after each step of every optimizer."""
    return add_hook(_everywhere["step_post"], hook)


def _hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """`step` between its hooks."""

    @functools.wraps(step)
    def run(*args: Any, **kwargs: Any) -> Any:
        self = args[0]
        for hook in self._step_hooks("step_pre"):
            replaced = hook(self, args, kwargs)
            if replaced is None:
                continue
            if not (isinstance(replaced, tuple) and len(replaced) == 2):
                raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")
            args, kwargs = replaced
        self._opt_called = True  # learning rate schedulers ask whether there was a step
        result = step(*args, **kwargs)
        for hook in self._step_hooks("step_post"):
            hook(self, args, kwargs)
        return result

    return run


def closure_loss(closure: Callable[[], Any] | None) -> Any:
    """The loss that `closure` computes, with gradients on; None without one."""
    if closure is None:
        return None
    with enable_grad():
        return closure()


def options(arguments: dict[str, Any], order: str = "") -> dict[str, Any]:
    """The defaults of an optimizer: what its `__init__` was given beside the parameters. Call it with `locals()`.

    In the order of the arguments, or in another `order`, by their names: groups and checkpoints keep it.
    """
    names = order.split() or [name for name in arguments if name not in ("self", "params", "__class__")]
    return {name: arguments[name] for name in names}


def check_options(
    lr: Any,
    eps: float = 0,
    betas: tuple[Any, ...] = (),
    weight_decay: float = 0,
    says: str = "Invalid learning rate: {}",
) -> None:
    """ValueError unless the options that most optimizers have make sense."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not lr >= 0:
        raise ValueError(says.format(lr))
    check_range("epsilon value", eps, eps >= 0)
    for i, beta in enumerate(betas):
        check_range(f"beta parameter at index {i}", beta, 0 <= beta < 1)
    check_range("weight_decay value", weight_decay, weight_decay >= 0)


def check_range(name: str, value: Any, ok: bool) -> None:
    """ValueError unless `ok`."""
    if not ok:
        raise ValueError(f"Invalid {name}: {value}")


def _parameters(params: Any) -> dict[str, Any]:
    """The tensors of a group as a list, and their names where they came with names."""
    if isinstance(params, Tensor):
        return {"params": [params]}
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
            "will change between runs. Please use a list instead."
        )
    params = list(params)
    named = [isinstance(p, tuple) for p in params]
    if True in named and False in named:
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    if params and named[0]:
        return {"params": [p for _, p in params], "param_names": [name for name, _ in params]}
    return {"params": params}


def _check_group(group: dict[str, Any], others: Iterable[dict[str, Any]]) -> None:
    for p in group["params"]:
        if not isinstance(p, Tensor):
            raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
        if not p.is_leaf and not p.retains_grad:
            raise ValueError("can't optimize a non-leaf Tensor")
    known = {id(p) for g in others for p in g["params"]}
    ids = [id(p) for p in group["params"]]
    if len(set(ids)) < len(ids):
        warnings.warn(
            "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error",
            stacklevel=5,
        )
    if known & set(ids):
        raise ValueError("some parameters appear in more than one parameter group")


def _check_saved(saved: list[dict[str, Any]], own: list[dict[str, Any]]) -> None:
    if len(saved) != len(own):
        raise ValueError(
            f"loaded state dict has a different number of parameter groups ({len(saved)}, expected {len(own)})"
        )
    for i, (new, old) in enumerate(zip(saved, own, strict=True)):
        if len(new["params"]) != len(old["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group "
                f"(group {i}: {len(new['params'])} parameters, expected {len(old['params'])})"
            )


def _renewed(new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """A saved group with the parameters that are there now, and their names."""
    names = {"param_names": old["param_names"]} if "param_names" in old and "param_names" not in new else {}
    return {**new, **names, "params": old["params"]}


def _fitted(value: Any, p: Tensor, key: str | None = None) -> Any:
    """Saved state in the dtype of its parameter; the step count keeps its own."""
    if isinstance(value, Tensor):
        return value.clone() if key == "step" or not p.is_floating_point() else value.to(p.dtype, copy=True)
    if isinstance(value, dict):
        return {k: _fitted(v, p, k) for k, v in value.items()}
    return value
