"""Functions of functions: gradients, Jacobians, batches, modules as functions of their parameters."""

from ..missing import missing_from as _missing_from
from .calls import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .rearranging import rearrange
from .transforms import (
    debug_unwrap,
    functionalize,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
)
from .vmap import vmap

__all__ = [
    "debug_unwrap",
    "functional_call",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "rearrange",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]

__getattr__ = _missing_from(__name__)
