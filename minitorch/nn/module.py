"""`Module`: parameters, buffers and submodules under names, and a forward."""

from __future__ import annotations

import difflib
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from .. import dtypes as dt
from ..autograd.grad_mode import no_grad
from ..autograd.hooks import RemovableHandle, add_hook
from ..creation import empty_like
from ..device import check_device
from ..errors import not_a_tensor
from ..ops.copying import to_arguments
from ..tensor import Tensor
from . import hooks as H
from . import state as S
from .parameter import Buffer, Parameter

M = TypeVar("M", bound="Module")
T_destination = TypeVar("T_destination", bound=dict[str, Any])

_forward_hooks, _forward_pre_hooks, _backward_hooks, _backward_pre_hooks, _node_hooks = H.any_everywhere

_REGISTRIES = ("_parameters", "_buffers", "_modules")
_HOOKS = (
    *("_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    *("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_backward_hooks", "_backward_pre_hooks"),
    *("_state_dict_hooks", "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks"),
)


class MissingAttribute(AttributeError):
    """A module has no such attribute; the text names the nearest one it has (looked for only when it is read)."""

    def __init__(self, module: Any, name: str) -> None:
        super().__init__(f"'{type(module).__name__}' object has no attribute '{name}'", obj=module)
        self.missing = name

    def __str__(self) -> str:
        text = super().__str__()
        if "_modules" not in self.obj.__dict__:
            return f"{text} (Module.__init__() was not called: begin __init__ with super().__init__())"
        near = difflib.get_close_matches(self.missing, [n for n in dir(self.obj) if n != self.missing], 1)
        return f"{text}. Did you mean '{near[0]}'?" if near else text


class Module:
    """The base of all layers and models.

    Parameters, buffers and modules that are assigned to attributes are registered under the attribute's name:
    `parameters()`, `state_dict()`, `to()`, `train()` and their kin find them, in children too. Calling the module calls
    `forward`, between the hooks if there are any.

    >>> class Net(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.scale = torch.nn.Parameter(torch.ones(2))
    ...     def forward(self, x):
    ...         return x * self.scale
    >>> dict(Net().state_dict())
    {'scale': tensor([1., 1.])}
    """

    _version: int = 1  # of what it saves; goes into the metadata of state_dict
    dump_patches = False
    call_super_init = False
    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _forward_hooks: H.Hooks
    _forward_pre_hooks: H.Hooks
    _backward_hooks: H.Hooks
    _backward_pre_hooks: H.Hooks
    _is_full_backward_hook: bool | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args or kwargs:
            extra = f"unexpected keyword argument '{next(iter(kwargs))}'" if kwargs else f"{len(args)} more arguments"
            raise TypeError(f"{type(self).__name__}.__init__() got {extra}, which reached Module.__init__()")
        fresh: dict[str, Any] = {"training": True, "_parameters": {}, "_buffers": {}, "_modules": {}}
        fresh.update(_non_persistent_buffers_set=set(), _is_full_backward_hook=None)
        fresh.update([(name, OrderedDict()) for name in _HOOKS])
        self.__dict__.update(fresh)

    # ------------------------------------------------ the call

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes. Every subclass has its own."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if (
                self._forward_hooks or self._forward_pre_hooks or self._backward_hooks or self._backward_pre_hooks
                or _forward_hooks or _forward_pre_hooks or _backward_hooks or _backward_pre_hooks or _node_hooks
            ):  # fmt: skip
                return H.call_with_hooks(self, args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            explained = _explained(self, error)
            _note_place(self, explained)
            if explained is not error:
                raise explained.with_traceback(error.__traceback__) from None
            raise

    # ------------------------------------------------ registration

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Enter a parameter under a name; None reserves the name."""
        self._check_name(name, "_parameters", "parameter")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_type_name(param)}' object to parameter '{name}' "
                "(torch.nn.Parameter or None required)"
            )
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
                f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
            )
        self._parameters[name] = param if param is None else H.registered("parameter", self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Enter a tensor that is no parameter: it is cast with the module, and saved if it is persistent."""
        self._check_name(name, "_buffers", "buffer")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{_type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._enter_buffer(name, tensor, persistent)

    def _enter_buffer(self, name: str, tensor: Tensor | None, persistent: bool) -> None:
        self._buffers[name] = H.registered("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Enter a child under a name; None reserves the name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{_type_name(module)} is not a Module subclass")
        self._check_name(name, "_modules", "module")
        self._modules[name] = H.registered("module", self, name, module)

    register_module = add_module

    def _check_name(self, name: str, registry: str, what: str) -> None:
        if registry not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {_type_name(name)}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain "."' + (f", got: {name}" if what == "module" else ""))
        if not name:
            raise KeyError(f'{what} name can\'t be empty string ""')
        if name not in getattr(self, registry) and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    # ------------------------------------------------ attributes

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_modules" in own:
            if name in own["_parameters"]:  # a third faster than a loop, and every layer asks twice a call
                return own["_parameters"][name]
            if name in own["_modules"]:
                return own["_modules"][name]
            if name in own["_buffers"]:
                return own["_buffers"][name]
        raise MissingAttribute(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if isinstance(value, Parameter):
            self._make_room(name, "_parameters", "parameters")
            self.register_parameter(name, value)
        elif name in self.__dict__.get("_parameters", ()):
            self._set_registered(name, value)
        elif isinstance(value, Module):
            self._make_room(name, "_modules", "module")
            self._modules[name] = H.registered("module", self, name, value)
        elif isinstance(value, Buffer):
            self._make_room(name, "_buffers", "buffer")
            self._enter_buffer(name, value, value.persistent)
        elif not self._set_registered(name, value):
            object.__setattr__(self, name, value)

    def _make_room(self, name: str, registry: str, what: str) -> None:
        """Take the name away from wherever else it stands."""
        own = self.__dict__
        if registry not in own:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        own.pop(name, None)
        for other in _REGISTRIES:
            if other != registry:
                own[other].pop(name, None)
        own["_non_persistent_buffers_set"].discard(name)

    def _set_registered(self, name: str, value: Any) -> bool:
        """Assign a plain value to a registered name: None clears it, a buffer takes any tensor, else TypeError."""
        own = self.__dict__
        for registry, expected in _EXPECTED:
            if name not in own.get(registry, ()):
                continue
            if value is not None and not (registry == "_buffers" and isinstance(value, Tensor)):
                raise TypeError(f"cannot assign '{_type_name(value)}' as {expected.format(name)}")
            own[registry][name] = value
            return True
        return False

    def __delattr__(self, name: str) -> None:
        for registry in _REGISTRIES:
            if name in self.__dict__.get(registry, ()):
                del self.__dict__[registry][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = set(dir(type(self))) | set(self.__dict__)
        names.update(*[self.__dict__.get(registry, ()) for registry in _REGISTRIES])
        return sorted([name for name in names if not name[0].isdigit()])

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in _HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self.__dict__.setdefault("_non_persistent_buffers_set", set())

    # ------------------------------------------------ found by a dotted name

    def get_submodule(self, target: str) -> Module:
        """The module at `a.b.c`; itself for the empty string; AttributeError if there is none."""
        module: Any = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at `a.b.c`; with `strict`, only in the place of another one."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{parent._get_name()} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at `a.b.weight`; AttributeError if there is none."""
        return self._get_tensor(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at `a.b.mean`; AttributeError if there is none."""
        return self._get_tensor(target, "_buffers", "a buffer")

    def _get_tensor(self, target: str, registry: str, kind: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
        if name not in getattr(module, registry):
            raise AttributeError(f"`{name}` is not {kind}")
        return getattr(module, name)

    # ------------------------------------------------ walks

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """(dotted name, module) of this module and all below it; a module with several names once."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, child in self._modules.items():
            if child is not None:
                yield from child.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """(name, child) of the direct children, each once."""
        seen = set()
        for name, child in self._modules.items():
            if child is not None and child not in seen:
                seen.add(child)
                yield name, child

    def children(self) -> Iterator[Module]:
        """The direct children, each once."""
        for _, child in self.named_children():
            yield child

    def _named_members(
        self, get_members: Callable[[Module], Any], prefix: str = "", recurse: bool = True,
        remove_duplicate: bool = True,
    ) -> Iterator[tuple[str, Any]]:  # fmt: skip
        """(dotted name, member) of what `get_members` lists of each module; a member with several names once."""
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, member in get_members(module):
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield f"{path}.{name}" if path else name, member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, parameter) of this module and, with `recurse`, of all below it."""
        return self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, with `recurse`, of all below it, each once."""
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """(dotted name, buffer) of this module and, with `recurse`, of all below it."""
        return self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, with `recurse`, of all below it, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # ------------------------------------------------ changed as a whole

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` on every module, children first."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Set `training` here and below: dropout and batch norm behave differently while training."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self: M) -> M:
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Set `requires_grad` of all parameters."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for param in self.parameters():
            if set_to_none:
                param._grad = None
            elif param._grad is not None:
                param._grad = param._grad.detach()
                with no_grad():
                    param._grad.zero_()

    def _apply(self: M, fn: Callable[[Any], Any], recurse: bool = True) -> M:
        """Replace the data and the gradient of every parameter, and every buffer, by `fn` of it."""
        for child in self.children() if recurse else ():
            child._apply(fn)
        for param in self._parameters.values():
            if param is not None:
                _replace_data(param, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Cast floating parameters and buffers: `to(dtype)`, `to(device, dtype)`, `to(tensor)`; all on the CPU."""
        d, _ = to_arguments(args, kwargs)
        if d is None:
            return self
        if d.rank < 2:
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={d}")
        return self._cast(d)

    def _cast(self: M, d: dt.dtype) -> M:
        return self._apply(lambda x: x.to(d) if x.is_floating_point() or x.is_complex() else x)

    def type(self: M, dst_type: Any) -> M:
        """Cast all parameters and buffers, integers too."""
        return self._apply(lambda x: x.type(dst_type))

    def float(self: M) -> M:
        """Cast floating parameters and buffers to float32."""
        return self._apply(lambda x: x.float() if x.is_floating_point() else x)

    def double(self: M) -> M:
        """Cast floating parameters and buffers to float64."""
        return self._apply(lambda x: x.double() if x.is_floating_point() else x)

    def half(self: M) -> M:
        """Cast floating parameters and buffers to float16."""
        return self._apply(lambda x: x.half() if x.is_floating_point() else x)

    def bfloat16(self: M) -> M:
        """Cast floating parameters and buffers to bfloat16."""
        return self._apply(lambda x: x.bfloat16() if x.is_floating_point() else x)

    def cpu(self: M) -> M:
        """Itself: everything is on the CPU."""
        return self

    def cuda(self: M, device: Any = None) -> M:
        """An error: there is no such device."""
        return self.to("cuda" if device is None or isinstance(device, int) else device)

    def to_empty(self: M, *, device: Any, recurse: bool = True) -> M:
        """New memory for every parameter and buffer, whatever is in it."""
        check_device(device)
        return self._apply(empty_like, recurse=recurse)

    def share_memory(self: M) -> M:
        """Itself; accepted, as programs for several processes call it."""
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted; the module runs as it is."""

    # ------------------------------------------------ saved and loaded

    def get_extra_state(self) -> Any:
        """What a subclass saves beside its tensors; it then has `set_extra_state` too."""
        raise RuntimeError(_NO_EXTRA.format("get"))

    def set_extra_state(self, state: Any) -> None:
        """Put back what `get_extra_state` returned."""
        raise RuntimeError(_NO_EXTRA.format("set"))

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """All parameters and persistent buffers by dotted name, detached (unless `keep_vars`), on the same memory."""
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead: destination=, prefix=, keep_vars=",
                FutureWarning,
                stacklevel=2,
            )
        given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
        destination = given.get("destination", destination)
        prefix, keep_vars = given.get("prefix", prefix), given.get("keep_vars", keep_vars)
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local: dict[str, Any] = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        return self._run_state_dict_hooks(destination, prefix, local)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Enter the module's own tensors and extra state into `destination`."""
        for name, value in S.persistent_state(self).items():
            destination[prefix + name] = value if keep_vars else value.detach()
        if S.overrides(self, Module, "get_extra_state"):
            destination[prefix + S.EXTRA] = self.get_extra_state()

    def _run_state_dict_hooks(self, destination: Any, prefix: str, local: dict[str, Any]) -> Any:
        for hook in self._state_dict_hooks.values():
            new = hook(self, destination, prefix, local)
            if new is None:
                continue
            if not getattr(hook, "_from_public_api", False):
                destination = new
            else:
                raise RuntimeError("state_dict post-hook must return None")
        return destination

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Copy (or with `assign`, put) the tensors of `state_dict` into the module; returns the keys without a match.

        RuntimeError lists everything that does not fit, misshapen tensors and, if `strict`, missing and unexpected
        keys; then nothing has been changed.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        return S.Loader(self, state_dict, strict, assign).run()

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool,
        missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        """Take the module's own tensors from below `prefix`; what does not fit goes to the three lists.

        Subclasses that changed since they were saved rename keys here and call it. The writing itself happens when
        the whole tree has been looked at, or at once if `state_dict` is a plain dictionary.
        """
        problems = (missing_keys, unexpected_keys, error_msgs)
        for hook in self._load_state_dict_pre_hooks.values():
            hook(state_dict, prefix, local_metadata, strict, *problems)
        assign = local_metadata.get("assign_to_params_buffers", False)
        missing = missing_keys if strict else None
        plan = S.plan_tensors(self, state_dict, prefix, assign, missing, error_msgs)
        plan += self._plan_extra(state_dict, prefix + S.EXTRA, strict, missing_keys, unexpected_keys)
        if strict:
            unexpected_keys += S.unexpected_of(self, state_dict, prefix)
        if isinstance(state_dict, S.Loading):
            state_dict.plan += plan
        else:
            for write in plan:
                write()

    def _plan_extra(self, state: Any, key: str, strict: bool, missing: list[str], unexpected: list[str]) -> list[Any]:
        if S.overrides(self, Module, "set_extra_state"):
            if key in state:
                extra = state[key]
                return [lambda: self.set_extra_state(extra)]
            if strict:
                missing.append(key)
        elif strict and key in state:
            unexpected.append(key)
        return []

    # ------------------------------------------------ hooks

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before forward; a result replaces the arguments.

        `with_kwargs`: `hook(module, args, kwargs)`, which returns None or both. `prepend`: before the other hooks.
        """
        flags = [self._forward_pre_hooks_with_kwargs] if with_kwargs else []
        return H.add_module_hook(self._forward_pre_hooks, hook, prepend, *flags)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after forward; a result replaces the output.

        `with_kwargs`: `hook(module, args, kwargs, output)`. `always_call`: also when forward raised, with output None.
        """
        flags = [self._forward_hooks_with_kwargs] if with_kwargs else []
        flags += [self._forward_hooks_always_called] if always_call else []
        return H.add_module_hook(self._forward_hooks, hook, prepend, *flags)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when backward reaches the output; a result replaces the gradients."""
        return H.add_module_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when backward has left; a result replaces `grad_input`."""
        return self._add_backward_hook(hook, prepend, True)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The older form: it sees the gradients of the last operation in the module. Not both on one module."""
        return self._add_backward_hook(hook, False, False)

    def _add_backward_hook(self, hook: Callable[..., Any], prepend: bool, full: bool) -> RemovableHandle:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(
                "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only "
                "one of them."
            )
        self._is_full_backward_hook = full
        return H.add_module_hook(self._backward_hooks, hook, prepend)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before the module saves."""
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Any) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after the module saved, to change the dictionary."""
        hook._from_public_api = True
        return add_hook(self._state_dict_hooks, hook)

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The same; a result replaces the dictionary."""
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously registered via "
                "register_state_dict_post_hook"
            )
        return add_hook(self._state_dict_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, ...)`, with the arguments of `_load_from_state_dict`, before the module loads."""
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """The same, by default without the module as first argument."""
        return add_hook(self._load_state_dict_pre_hooks, _WithModule(hook, self) if with_module else hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after loading; clearing the lists excuses what they hold."""
        return add_hook(self._load_state_dict_post_hooks, hook)

    # ------------------------------------------------ printed

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of a layer without children."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        if len(lines) == 1 and not self._modules:
            return f"{self._get_name()}({extra})"
        lines += [f"({name}): {indented(repr(child))}" for name, child in self._modules.items()]
        return self._get_name() + ("(\n  " + "\n  ".join(lines) + "\n)" if lines else "()")


_EXPECTED = (
    ("_parameters", "parameter '{}' (torch.nn.Parameter or None expected)"),
    ("_modules", "child module '{}' (torch.nn.Module or None expected)"),
    ("_buffers", "buffer '{}' (torch.nn.Buffer, torch.Tensor or None expected)"),
)
_NO_EXTRA = (
    "Reached a code path in Module.{0}_extra_state() that should never be called: a module that saves more than its "
    "tensors overrides both get_extra_state() and set_extra_state()."
)


class _WithModule:
    """A hook whose first argument is the module; copied together with it."""

    def __init__(self, hook: Callable[..., Any], module: Module) -> None:
        self.hook = hook
        self.module = module

    def __call__(self, *args: Any) -> Any:
        return self.hook(self.module, *args)


def indented(text: str) -> str:
    """All lines but the first two spaces to the right."""
    return text.replace("\n", "\n  ")


def _type_name(value: Any) -> str:
    return value.type() if isinstance(value, Tensor) else type(value).__name__


def _replace_data(param: Any, fn: Callable[[Any], Any]) -> None:
    with no_grad():
        new = fn(param)
    if new is not param:
        param.data = new
    grad = param._grad
    if grad is not None:
        with no_grad():
            param._grad = fn(grad).requires_grad_(grad.requires_grad)


def _explained(module: Module, error: Exception) -> Exception:
    """An operation's AttributeError for what is no tensor as PyTorch's TypeError; any other error as it is."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    if not isinstance(error, AttributeError) or not place.startswith(_OPERATIONS):
        return error
    return not_a_tensor(module._get_name(), error)


_OPERATIONS = f"{__name__.partition('.')[0]}.ops."


def _note_place(module: Module, error: Exception) -> None:
    """Note on an error where it happened, as seen from `module`; the path grows as the error leaves the modules."""
    failing, old = getattr(error, "_module_place", (module, None))
    notes = getattr(error, "__notes__", None)
    path = next((name for name, m in module.named_modules() if m is failing), None)
    if path is None:
        return
    note = f"in {path} ({failing._get_name()}) of {module._get_name()}" if path else f"in {failing._get_name()}"
    if notes is not None and old in notes:
        notes.remove(old)
    error.add_note(note)
    error._module_place = (failing, note)  # type: ignore[attr-defined]


def hidden_modules(module: Module) -> list[str]:
    """The names of plain lists, tuples and dicts that hold modules or parameters which `parameters()` does not find."""
    known = {*module.modules(), *module.parameters()}
    found = []
    for path, owner in module.named_modules():
        for name, value in owner.__dict__.items():
            if name not in _REGISTRIES and any(x not in known for x in _held(value)):
                found.append(f"{path}.{name}" if path else name)
    return found


def _held(value: Any) -> Iterator[Module | Parameter]:
    """Modules and parameters inside nested lists, tuples and dicts."""
    if isinstance(value, (Module, Parameter)):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _held(item)
