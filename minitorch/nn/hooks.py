"""How a module with hooks is called: before forward, after it, and around its gradients."""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict
from typing import Any

from ..autograd.function import Function
from ..autograd.grad_mode import mode
from ..autograd.hooks import RemovableHandle
from ..ops.matmul import Linear, LinearWithoutBias
from ..tensor import Tensor

Hooks = OrderedDict[int, Any]

_CALLED = ("forward", "forward_pre", "backward", "backward_pre", "backward_of_node")

# The hooks of every module.
everywhere: dict[str, Hooks] = {kind: OrderedDict() for kind in (*_CALLED, "with_kwargs", "always_called")}
registrations: dict[str, Hooks] = {kind: OrderedDict() for kind in ("parameter", "buffer", "module")}
any_everywhere: list[Hooks] = [everywhere[kind] for kind in _CALLED]


def add_module_hook(hooks: Hooks, hook: Any, prepend: bool, *flags: Hooks) -> RemovableHandle:
    """Put `hook` last (or first) into `hooks`, its number into each of `flags`; the handle takes it off everywhere."""
    handle = RemovableHandle(hooks, *flags)
    hooks[handle.id] = hook
    for flag in flags:
        flag[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


def registered(kind: str, module: Any, name: str, value: Any) -> Any:
    """`value`, or what the hooks on registrations of this kind make of it."""
    for hook in registrations[kind].values():
        new = hook(module, name, value)
        value = value if new is None else new
    return value


# ---------------------------------------------------------------- the call


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Forward between its hooks. If it raises, the hooks that are always called are called with the result None."""
    called: set[int] = set()
    state: list[Any] = [args, kwargs]
    try:
        _run_pre_hooks(module, state)
        around = _around(module)
        state[0] = around.enter(state[0]) if around else state[0]
        result = module.forward(*state[0], **state[1])
        result = _run_forward_hooks(module, state, result, called)
        result = around.leave(result) if around else result
        _watch_node(module, state[0], result)
        return result
    except Exception:
        _run_remaining(module, state, called)
        raise


def _run_pre_hooks(module: Any, state: list[Any]) -> None:
    for hooks, flags in (
        (everywhere["forward_pre"], everywhere["with_kwargs"]),
        (module._forward_pre_hooks, module._forward_pre_hooks_with_kwargs),
    ):
        for key, hook in list(hooks.items()):
            if key in flags:
                _pre_with_kwargs(hook, module, state)
            else:
                new = hook(module, state[0])
                if new is not None:
                    state[0] = new if isinstance(new, tuple) else (new,)


def _pre_with_kwargs(hook: Any, module: Any, state: list[Any]) -> None:
    new = hook(module, state[0], state[1])
    if new is None:
        return
    if not isinstance(new, tuple) or len(new) != 2:
        raise RuntimeError(f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {new}.")
    state[0], state[1] = new


def _forward_hooks(module: Any) -> list[tuple[int, Any, bool, bool]]:
    """(number, hook, with_kwargs, always_call) of the forward hooks, in their order."""
    both = (
        (everywhere["forward"], everywhere["with_kwargs"], everywhere["always_called"]),
        (module._forward_hooks, module._forward_hooks_with_kwargs, module._forward_hooks_always_called),
    )
    return [(key, hook, key in named, key in always) for hooks, named, always in both for key, hook in hooks.items()]


def _call_forward_hook(hook: Any, named: bool, module: Any, state: list[Any], result: Any) -> Any:
    new = hook(module, state[0], state[1], result) if named else hook(module, state[0], result)
    return result if new is None else new


def _run_forward_hooks(module: Any, state: list[Any], result: Any, called: set[int]) -> Any:
    for key, hook, named, _ in _forward_hooks(module):
        called.add(key)
        result = _call_forward_hook(hook, named, module, state, result)
    return result


def _run_remaining(module: Any, state: list[Any], called: set[int]) -> None:
    """After an error: the hooks that are always called and have not been."""
    for key, hook, named, always in _forward_hooks(module):
        if not always or key in called:
            continue
        try:
            _call_forward_hook(hook, named, module, state, None)
        except Exception as error:
            warnings.warn(
                "module forward hook with ``always_call=True`` raised an exception that was silenced as another error "
                f"was raised in forward: {error}",
                stacklevel=4,
            )


# ---------------------------------------------------------------- gradients


class BackwardHookFunction(Function):
    """y = x, a place in the graph where the gradients that enter or leave a module pass;  dx = g"""

    @staticmethod
    def forward(ctx: Any, *tensors: Any) -> Any:
        ctx.mark_non_differentiable(*[x for x in tensors if not x.requires_grad])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return grads


class _Around:
    """The backward hooks of one call of a module: a gate before it and one behind it."""

    def __init__(self, module: Any, hooks: list[Any], pre_hooks: list[Any]) -> None:
        self.module = module
        self.hooks = hooks
        self.pre_hooks = pre_hooks
        self.inputs = 0
        self.has_gate = False
        self.grad_outputs: Any = None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, passed through the gate at whose backward the hooks run."""
        self.inputs = len(args)
        args, places, node = _gate(args)
        if node is not None:
            self.has_gate = True
            node.register_hook(lambda grads, _: self._entered(grads, places))
        return args

    def leave(self, result: Any) -> Any:
        """The result, passed through the gate at whose backward the gradient is noted."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=4,
            )
        values = result if isinstance(result, tuple) else (result,)
        values, places, node = _gate(values)
        if node is None:
            return result
        node.register_prehook(lambda grads: self._left(grads, places, len(values)))
        if not isinstance(result, tuple):
            return values[0]
        return values if type(result) is tuple else type(result)(*values)

    def _left(self, grads: tuple[Any, ...], places: list[int], count: int) -> Any:
        """Backward reaches the result: the pre-hooks, and the hooks too if no input requires grad."""
        outer = _spread(grads, places, count)
        for hook in self.pre_hooks:
            new = hook(self.module, outer)
            outer = outer if new is None else _fitting(new, outer, "Backward pre hook", "grad_output")
        self.grad_outputs = outer
        if not self.has_gate:
            self._without_inputs()
        return tuple([outer[i] for i in places])

    def _without_inputs(self) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients.",
            stacklevel=2,
        )
        for hook in self.hooks:
            new = hook(self.module, (None,) * self.inputs, self.grad_outputs)
            if new is not None and not (isinstance(new, tuple) and all(g is None for g in new)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )

    def _entered(self, grads: tuple[Any, ...], places: list[int]) -> Any:
        """Backward has left the module: the hooks see the gradients of its inputs, and may replace them."""
        if self.grad_outputs is None:
            return None  # no gradient entered by the result
        inner = _spread(grads, places, self.inputs)
        for hook in self.hooks:
            new = hook(self.module, inner, self.grad_outputs)
            inner = inner if new is None else _fitting(new, inner, "Backward hook", "grad_input")
        self.grad_outputs = None
        return tuple([inner[i] for i in places])


def _around(module: Any) -> _Around | None:
    own = module._backward_hooks.values() if module._is_full_backward_hook else ()
    hooks = [*everywhere["backward"].values(), *own]
    pre_hooks = [*everywhere["backward_pre"].values(), *module._backward_pre_hooks.values()]
    return _Around(module, hooks, pre_hooks) if hooks or pre_hooks else None


def _gate(values: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[int], Any]:
    """The values, tensors through one node; the places of these, and the node (None where none requires grad)."""
    places = [i for i, x in enumerate(values) if isinstance(x, Tensor)] if mode.grad else []
    if not any(values[i].requires_grad for i in places):
        return values, [], None
    passed = BackwardHookFunction.apply(*[values[i] for i in places])
    through = list(values)
    for i, x in zip(places, passed, strict=True):
        through[i] = x
    return tuple(through), places, next(x.grad_fn for x in passed if x.requires_grad)


def _spread(grads: tuple[Any, ...], places: list[int], count: int) -> tuple[Any, ...]:
    """The gradients at their places, None elsewhere."""
    spread = [None] * count
    for i, g in zip(places, grads, strict=True):
        spread[i] = g
    return tuple(spread)


def _fitting(new: Any, old: tuple[Any, ...], who: str, what: str) -> tuple[Any, ...]:
    result: tuple[Any, ...] = new if isinstance(new, tuple) else (new,)
    if len(result) != len(old):
        raise RuntimeError(f"{who} returned an invalid number of {what}, got {len(result)}, but expected {len(old)}")
    return result


# ---------------------------------------------------------------- the older backward hooks


def _watch_node(module: Any, args: Any, result: Any) -> None:
    """The older hooks hang on the node that made the result: they see its gradients, which may not be the module's."""
    own = () if module._is_full_backward_hook else module._backward_hooks.values()
    hooks = [*everywhere["backward_of_node"].values(), *own]
    node = _first_tensor(result).grad_fn if hooks else None
    if node is None:
        return
    for hook in hooks:
        node.register_hook(_of_module(hook, module, node.function))
    missed = _what_is_missed(args, result, node)
    if missed:
        warnings.warn(
            f"Using a non-full backward hook when {missed} is deprecated: the hook will miss some of the gradients. "
            "register_full_backward_hook sees all of them.",
            FutureWarning,
            stacklevel=4,
        )


def _of_module(hook: Any, module: Any, function: Any) -> Any:
    @functools.wraps(hook, updated=())
    def on_node(grad_input: Any, grad_output: Any) -> Any:
        if function not in (Linear, LinearWithoutBias):
            return hook(module, grad_input, grad_output)
        new = hook(module, _shown_by_linear(*grad_input), grad_output)
        return new if new is None else _kept_by_linear(*new)

    return on_node


def _shown_by_linear(x: Any, weight: Any, *bias: Any) -> tuple[Any, ...]:
    """The gradients as PyTorch's product has them: bias + x @ weight.T."""
    return *bias, x, None if weight is None else weight.t()


def _kept_by_linear(*new: Any) -> tuple[Any, ...]:
    *bias, x, weight = new
    return x, None if weight is None else weight.t(), *bias


def _first_tensor(result: Any) -> Any:
    while not isinstance(result, Tensor):
        result = next(x for x in result.values() if isinstance(x, Tensor)) if isinstance(result, dict) else result[0]
    return result


def _what_is_missed(args: Any, result: Any, node: Any) -> str | None:
    """Why the gradients of one node are not those of the module."""
    results = (result,) if isinstance(result, Tensor) else result
    if not (isinstance(results, tuple) and all(isinstance(x, Tensor) for x in results)):
        return "the module does not return a single Tensor or a tuple of Tensors"
    if not all(isinstance(x, Tensor) for x in args):
        return "the module does not take as input a single Tensor or a tuple of Tensors"
    if {x.grad_fn for x in results} - {None, node}:
        return "outputs are generated by different autograd Nodes"
    if {x.grad_fn for x in args} - {None} != {n for n, _ in node.next_functions}:
        return "the forward contains multiple autograd Nodes"
    return None


# ---------------------------------------------------------------- hooks of all modules


def register_module_forward_pre_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, args)` before the forward of every module; a result replaces the arguments."""
    return add_module_hook(everywhere["forward_pre"], hook, False)


def register_module_forward_hook(hook: Any, *, with_kwargs: bool = False, always_call: bool = False) -> RemovableHandle:
    """Call `hook(module, args, output)` after the forward of every module; a result replaces the output."""
    flags = [everywhere[kind] for kind, on in (("with_kwargs", with_kwargs), ("always_called", always_call)) if on]
    return add_module_hook(everywhere["forward"], hook, False, *flags)


def register_module_full_backward_pre_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, grad_output)` when backward reaches the output of any module."""
    return add_module_hook(everywhere["backward_pre"], hook, False)


def register_module_full_backward_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` when backward has left any module."""
    return _add_backward_hook("backward", "backward_of_node", hook)


def register_module_backward_hook(hook: Any) -> RemovableHandle:
    """The older form: it sees the gradients of the last operation in each module."""
    return _add_backward_hook("backward_of_node", "backward", hook)


def _add_backward_hook(kind: str, other: str, hook: Any) -> RemovableHandle:
    if everywhere[other]:
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks as a global Module hook. Please use only "
            "one of them."
        )
    return add_module_hook(everywhere[kind], hook, False)


def register_module_parameter_registration_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, name, param)` when a module registers a parameter; a result replaces it."""
    return add_module_hook(registrations["parameter"], hook, False)


def register_module_buffer_registration_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, name, buffer)` when a module registers a buffer; a result replaces it."""
    return add_module_hook(registrations["buffer"], hook, False)


def register_module_module_registration_hook(hook: Any) -> RemovableHandle:
    """Call `hook(module, name, submodule)` when a module registers a child; a result replaces it."""
    return add_module_hook(registrations["module"], hook, False)
